# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
unit_tests += %D%/test_interface
%C%_test_interface_SOURCES = \
	%D%/bench.c %D%/bench.h \
	%D%/connected_rig.c %D%/connected_rig.h \
	%D%/fake.c %D%/fake.h \
	%D%/fake_ops.c \
	%D%/fake_rc.c \
	%D%/fake_ud.c \
	%D%/first_rig.c %D%/first_rig.h \
	%D%/handles_rig.c %D%/handles_rig.h \
	%D%/main.c \
	%D%/nd_rig.c %D%/nd_rig.h \
	%D%/rail.c \
	%D%/region_rig.c %D%/region_rig.h \
	%D%/suites.h \
	%D%/test_addresses.c \
	%D%/test_advertisement.c \
	%D%/test_arp.c \
	%D%/test_asking.c \
	%D%/test_back_pressure.c \
	%D%/test_buffers.c \
	%D%/test_burst.c \
	%D%/test_configuration.c \
	%D%/test_connected.c \
	%D%/test_connected_faults.c \
	%D%/test_contract.c \
	%D%/test_derive.c \
	%D%/test_entries.c \
	%D%/test_fairness.c \
	%D%/test_faults.c \
	%D%/test_first.c \
	%D%/test_first_rails.c \
	%D%/test_groups.c \
	%D%/test_handles.c \
	%D%/test_handles_end.c \
	%D%/test_header.c \
	%D%/test_link.c \
	%D%/test_lost.c \
	%D%/test_nd.c \
	%D%/test_origin.c \
	%D%/test_own.c \
	%D%/test_partition.c \
	%D%/test_prefix.c \
	%D%/test_probe.c \
	%D%/test_proof.c \
	%D%/test_queues.c \
	%D%/test_receive.c \
	%D%/test_recovery.c \
	%D%/test_region.c \
	%D%/test_region_end.c \
	%D%/test_reentrancy.c \
	%D%/test_room.c \
	%D%/test_sender.c \
	%D%/test_turns.c
