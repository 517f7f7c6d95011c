/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The global route header: 40 octets, the shape of an IPv6 header, in front of every multicast
 * datagram and of unicast ones that need it. A receive buffer of a UD queue pair begins with
 * its 40 octets always; the completion tells whether they mean something.
 */
#ifndef IPOIB__WIRE_GRH_H
#define IPOIB__WIRE_GRH_H

#include <stddef.h>
#include <stdint.h>

#include <ipoib/types.h>

#define IPOIB__GRH_LENGTH 40
/* Next header: an InfiniBand transport header (BTH) follows. */
#define IPOIB__GRH_NEXT_BTH 0x1b

struct ipoib__grh {
	uint8_t traffic_class;
	uint32_t flow_label;	 /* 20 bits */
	uint16_t payload_length; /* octets after the GRH up to the ICRC, that included */
	uint8_t next_header;
	uint8_t hop_limit;
	struct ipoib_gid source;
	struct ipoib_gid destination;
};

/* Who a datagram was for. */
enum ipoib__cast {
	IPOIB__CAST_UNICAST = 1,
	IPOIB__CAST_MULTICAST,
	IPOIB__CAST_BROADCAST, /* the broadcast group of an IPoIB link */
};

/*
 * -EPROTO: the version is not 6. The next header is told and not judged: adapters on Ethernet
 * put the header of their own network here.
 */
int ipoib__grh_decode(struct ipoib__grh *out, const void *bytes, size_t length);
int ipoib__grh_encode(void *bytes, size_t room, const struct ipoib__grh *grh);

/* Who the datagram was for, by the destination GID. One that came without a GRH was unicast. */
enum ipoib__cast ipoib__grh_cast(const struct ipoib__grh *grh);

#endif
