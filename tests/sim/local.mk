# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
unit_tests += %D%/test_sim
%C%_test_sim_SOURCES = \
	%D%/host.c \
	%D%/machines.c %D%/machines.h \
	%D%/main.c \
	%D%/suites.h \
	%D%/test_addresses.c \
	%D%/test_connected.c \
	%D%/test_connections.c \
	%D%/test_data.c \
	%D%/test_fabric_events.c \
	%D%/test_fabric_moves.c \
	%D%/test_first_contact.c \
	%D%/test_first_packets.c \
	%D%/test_flood.c \
	%D%/test_flux.c \
	%D%/test_forged.c \
	%D%/test_ipv6.c \
	%D%/test_origin.c \
	%D%/test_partition.c \
	%D%/test_prefix.c \
	%D%/test_seeds.c \
	%D%/test_story.c \
	%D%/test_weak_peer.c \
	%D%/witness.c %D%/witness.h \
	%D%/world.c %D%/world.h
