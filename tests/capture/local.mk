# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
unit_tests += %D%/test_capture
%C%_test_capture_SOURCES = \
	%D%/main.c \
	%D%/sink.c %D%/sink.h \
	%D%/suites.h \
	%D%/test_erf.c \
	%D%/test_life.c \
	%D%/test_record.c

# An independent reader: tshark reads what sample writes.
check_PROGRAMS += %D%/sample
%C%_sample_SOURCES = %D%/sample.c
script_tests += %D%/tshark.sh
