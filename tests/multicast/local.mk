# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
unit_tests += %D%/test_multicast
%C%_test_multicast_SOURCES = \
	%D%/main.c \
	%D%/multicast_rig.c %D%/multicast_rig.h \
	%D%/test_join.c \
	%D%/test_machine.c \
	%D%/test_members.c \
	%D%/test_model.c \
	%D%/test_room.c
