# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
unit_tests += %D%/test_datapath
%C%_test_datapath_SOURCES = \
	%D%/main.c \
	%D%/suites.h \
	%D%/test_adjacency.c
