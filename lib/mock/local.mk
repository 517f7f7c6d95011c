# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
fabric_sources += \
	%D%/attach.c %D%/attach.h \
	%D%/connect.c \
	%D%/device.c %D%/device.h \
	%D%/fabric.c %D%/fabric.h \
	%D%/fabric_attach.c \
	%D%/fabric_cast.c %D%/fabric_cast.h \
	%D%/fabric_copy.c %D%/fabric_copy.h \
	%D%/fabric_device.c \
	%D%/fabric_endnode.h \
	%D%/fabric_external.c %D%/fabric_external.h \
	%D%/fabric_faults.c \
	%D%/fabric_group.c %D%/fabric_group.h \
	%D%/fabric_internal.c \
	%D%/fabric_manager.h \
	%D%/fabric_partition.c \
	%D%/fabric_peer.c %D%/fabric_peer.h \
	%D%/fabric_port.c \
	%D%/fabric_queue.c %D%/fabric_queue.h \
	%D%/fabric_sa.c %D%/fabric_sa.h \
	%D%/fabric_sa_group.c \
	%D%/fabric_sa_path.c \
	%D%/fabric_sm.c \
	%D%/fabric_socket.c \
	%D%/fabric_switch.c \
	%D%/frame.c %D%/frame.h \
	%D%/hca.c %D%/hca.h \
	%D%/hca_memory.c \
	%D%/hca_port.c \
	%D%/hca_rc.c %D%/hca_rc.h \
	%D%/hca_rc_port.c \
	%D%/hca_rc_receive.c \
	%D%/hca_rc_send.c \
	%D%/hca_receive.c \
	%D%/hca_send.c \
	%D%/hca_ud.c \
	%D%/hello.c %D%/hello.h \
	%D%/open.c \
	%D%/port.h \
	%D%/port_cm.c %D%/port_cm.h \
	%D%/sma.h \
	%D%/sma_attribute.c \
	%D%/sma_port.c \
	%D%/sma_switch.c \
	%D%/sma_way.c \
	%D%/socket.c %D%/socket.h \
	%D%/transport.c
