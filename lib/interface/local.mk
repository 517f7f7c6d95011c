# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
core_sources += \
	%D%/address.c \
	%D%/ah.c \
	%D%/answer.c \
	%D%/arp.c \
	%D%/arp_heard.c \
	%D%/ask.c \
	%D%/burst.h \
	%D%/channel.c \
	%D%/choose.c \
	%D%/config.c \
	%D%/connected.c \
	%D%/context.c \
	%D%/control.c \
	%D%/data.c \
	%D%/defend.c \
	%D%/dialled.c \
	%D%/derive.c %D%/derive.h \
	%D%/entries.c \
	%D%/fate.c \
	%D%/first.c %D%/first.h \
	%D%/foreign.c \
	%D%/groups.c \
	%D%/handles.c \
	%D%/icmp.c \
	%D%/interface.c %D%/interface.h \
	%D%/lid.c \
	%D%/link.c \
	%D%/members.c \
	%D%/names.c \
	%D%/nd.c \
	%D%/nd_heard.c \
	%D%/next_hop.c \
	%D%/notices.c \
	%D%/objects.h \
	%D%/origin.c %D%/origin.h \
	%D%/own.c \
	%D%/packet.c \
	%D%/packets.h \
	%D%/peer.c \
	%D%/pool.c %D%/pool.h \
	%D%/post.c \
	%D%/receive.c \
	%D%/record.c \
	%D%/refill.c \
	%D%/region.c \
	%D%/resolve.c \
	%D%/route.c \
	%D%/runtime.c \
	%D%/send.c \
	%D%/sender.c \
	%D%/source.c \
	%D%/system.c \
	%D%/transmit.c \
	%D%/transport.c \
	%D%/view.c \
	%D%/waiting.c
