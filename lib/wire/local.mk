# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
foundation_sources += \
	%D%/arp.c %D%/arp.h \
	%D%/cm.c %D%/cm.h \
	%D%/cm_rep.c %D%/cm_rep.h \
	%D%/cm_req.c %D%/cm_req.h \
	%D%/cm_small.c %D%/cm_small.h \
	%D%/crc.c %D%/crc.h \
	%D%/encap.h \
	%D%/grh.c %D%/grh.h \
	%D%/ib_packet.c %D%/ib_packet.h \
	%D%/ib_units.c %D%/ib_units.h \
	%D%/icmp.c %D%/icmp.h \
	%D%/icmpv6.c %D%/icmpv6.h \
	%D%/ip.c %D%/ip.h \
	%D%/ip6.c %D%/ip6.h \
	%D%/ipoib_cm.c %D%/ipoib_cm.h \
	%D%/mad.c %D%/mad.h \
	%D%/membership.c \
	%D%/mgid.c %D%/mgid.h \
	%D%/nd.c %D%/nd.h \
	%D%/sa.c %D%/sa.h \
	%D%/sa_class_port_info.c %D%/sa_class_port_info.h \
	%D%/sa_mcmember.c %D%/sa_mcmember.h \
	%D%/sa_path.c %D%/sa_path.h \
	%D%/smp.c %D%/smp.h \
	%D%/smp_node.c %D%/smp_node.h \
	%D%/smp_port.c %D%/smp_port.h \
	%D%/types.c
