# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
unit_tests += %D%/test_sa
%C%_test_sa_SOURCES = \
	%D%/bench.c %D%/bench.h \
	%D%/main.c \
	%D%/suites.h \
	%D%/test_answer.c \
	%D%/test_client.c
