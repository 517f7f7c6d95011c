# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
unit_tests += %D%/test_cm
%C%_test_cm_SOURCES = \
	%D%/main.c \
	%D%/pair.c %D%/pair.h \
	%D%/peer.c %D%/peer.h \
	%D%/suites.h \
	%D%/test_bounds.c \
	%D%/test_chaos.c \
	%D%/test_exchange.c \
	%D%/test_hostile.c \
	%D%/test_states.c

# An independent reader: tshark reads the messages that sample writes.
check_PROGRAMS += %D%/sample
%C%_sample_SOURCES = %D%/sample.c
script_tests += %D%/tshark.sh
