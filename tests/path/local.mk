# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
unit_tests += %D%/test_path
%C%_test_path_SOURCES = \
	%D%/main.c \
	%D%/path_rig.c %D%/path_rig.h \
	%D%/test_ask.c \
	%D%/test_flush.c \
	%D%/test_keep.c \
	%D%/test_machine.c \
	%D%/test_model.c
