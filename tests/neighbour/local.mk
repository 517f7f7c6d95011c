# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
unit_tests += %D%/test_neighbour
%C%_test_neighbour_SOURCES = \
	%D%/main.c \
	%D%/neighbour_rig.c %D%/neighbour_rig.h \
	%D%/test_attack.c \
	%D%/test_first.c \
	%D%/test_flux.c \
	%D%/test_gc.c \
	%D%/test_hints.c \
	%D%/test_laws.c \
	%D%/test_machine.c \
	%D%/test_machine_table.c \
	%D%/test_model.c \
	%D%/test_prefix.c \
	%D%/test_table.c \
	%D%/test_trial.c
