# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
unit_tests += %D%/test_wire
%C%_test_wire_SOURCES = \
	%D%/main.c \
	%D%/test_arp.c \
	%D%/test_bytes.c \
	%D%/test_cm.c \
	%D%/test_codecs.c \
	%D%/test_grh.c \
	%D%/test_ib_packet.c \
	%D%/test_ib_units.c \
	%D%/test_icmp.c \
	%D%/test_icmp_error.c \
	%D%/test_icmpv6.c \
	%D%/test_ip.c \
	%D%/test_ip6.c \
	%D%/test_membership.c \
	%D%/test_mgid.c \
	%D%/test_nd.c \
	%D%/test_nd_refused.c \
	%D%/test_sa.c \
	%D%/test_smp.c \
	%D%/test_types.c \
	%D%/wire.c %D%/wire.h

# An independent reader: tshark reads the packets that sample writes.
check_PROGRAMS += %D%/sample
%C%_sample_SOURCES = %D%/sample.c
script_tests += %D%/tshark.sh
