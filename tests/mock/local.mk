# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
unit_tests += %D%/test_mock
%C%_test_mock_SOURCES = \
	%D%/asker.c %D%/asker.h \
	%D%/client.c %D%/client.h \
	%D%/fixture.c %D%/fixture.h \
	%D%/main.c \
	%D%/manager.c %D%/manager.h \
	%D%/rc_rig.c %D%/rc_rig.h \
	%D%/suites.h \
	%D%/test_attach.c \
	%D%/test_cm_faults.c \
	%D%/test_connect.c \
	%D%/test_crowd.c \
	%D%/test_device.c \
	%D%/test_fabric.c \
	%D%/test_faults.c \
	%D%/test_frame.c \
	%D%/test_hca.c \
	%D%/test_hca_port.c \
	%D%/test_partition.c \
	%D%/test_peer.c \
	%D%/test_rc_faults.c \
	%D%/test_rc_life.c \
	%D%/test_rc_rules.c \
	%D%/test_rc_socket.c \
	%D%/test_sa_groups.c \
	%D%/test_sa_kernel.c \
	%D%/test_sa_path.c \
	%D%/test_sa_rules.c \
	%D%/test_sm.c \
	%D%/test_sma.c \
	%D%/test_sma_hostile.c \
	%D%/test_sma_process.c \
	%D%/test_transport.c
