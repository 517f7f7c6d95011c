# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# Over rdma-core: what this needs, no other folder does.
verbs_sources += \
	%D%/address.c %D%/address.h \
	%D%/ah.c %D%/ah.h \
	%D%/cm.c %D%/cm.h \
	%D%/cq.c %D%/cq.h \
	%D%/device.c %D%/device.h \
	%D%/event.c %D%/event.h \
	%D%/gid.c %D%/gid.h \
	%D%/hold.c %D%/hold.h \
	%D%/join.c %D%/join.h \
	%D%/list.c \
	%D%/memory.c %D%/memory.h \
	%D%/name.c %D%/name.h \
	%D%/open.c \
	%D%/pkey.c %D%/pkey.h \
	%D%/poll.c \
	%D%/port.c %D%/port.h \
	%D%/posted.c %D%/posted.h \
	%D%/question.c %D%/question.h \
	%D%/rc.c %D%/rc.h \
	%D%/rc_ask.c \
	%D%/rc_by_gid.c %D%/rc_by_gid.h \
	%D%/rc_cm.c \
	%D%/rc_leave.c \
	%D%/rc_listen.c \
	%D%/rc_make.c \
	%D%/rc_parts.h \
	%D%/rc_private.c %D%/rc_private.h \
	%D%/rc_queue.c \
	%D%/rc_state.c \
	%D%/resolve.c %D%/resolve.h \
	%D%/route.c %D%/route.h \
	%D%/status.c %D%/status.h \
	%D%/subnet.c %D%/subnet.h \
	%D%/transport.c %D%/transport.h \
	%D%/ud.c %D%/ud.h \
	%D%/ud_receive.c \
	%D%/ud_send.c \
	%D%/ud_state.c \
	%D%/verbs.c %D%/verbs.h
# The SA client on a real port.
umad_sources += \
	%D%/umad.c %D%/umad.h \
	%D%/umad_channel.c %D%/umad_channel.h
