# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
unit_tests += %D%/test_sim
%C%_test_sim_SOURCES = \
	%D%/main.c \
	%D%/suites.h \
	%D%/test_connected.c \
	%D%/test_fabric_events.c \
	%D%/test_first_packets.c \
	%D%/test_seeds.c \
	%D%/test_story.c \
	%D%/world.c %D%/world.h
