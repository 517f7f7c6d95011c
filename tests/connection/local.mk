# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
unit_tests += %D%/test_connection
%C%_test_connection_SOURCES = \
	%D%/connection_rig.c %D%/connection_rig.h \
	%D%/main.c \
	%D%/test_limits.c \
	%D%/test_loss.c \
	%D%/test_machine.c \
	%D%/test_machine_table.c \
	%D%/test_model.c \
	%D%/test_set.c
