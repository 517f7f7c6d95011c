# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
unit_tests += %D%/test_mtu
%C%_test_mtu_SOURCES = \
	%D%/main.c \
	%D%/suites.h \
	%D%/test_decide.c \
	%D%/test_fragment.c
