/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * ARP with the 20-octet addresses of IPoIB (RFC 826; RFC 4391 section 9.2). The four octets of
 * encapsulation in front of it are wire/encap.h's.
 */
#ifndef IPOIB__WIRE_ARP_H
#define IPOIB__WIRE_ARP_H

#include <stddef.h>
#include <stdint.h>

#include <ipoib/types.h>

#define IPOIB__ARP_LENGTH 56
/* Hardware type "InfiniBand". */
#define IPOIB__ARP_HARDWARE 32

enum {
	IPOIB__ARP_REQUEST = 1,
	IPOIB__ARP_REPLY = 2,
};

struct ipoib__arp {
	uint16_t operation; /* IPOIB__ARP_REQUEST or _REPLY */
	struct ipoib_link_address sender_link;
	uint8_t sender_ip[4];
	/* Zero in a request of ours; in a request of others it means nothing. */
	struct ipoib_link_address target_link;
	uint8_t target_ip[4];
};

/*
 * -EINVAL: truncated, or address lengths that are not 20 and 4 (I33).
 * -EPROTO: another hardware or protocol type. -EOPNOTSUPP: neither request nor reply.
 */
int ipoib__arp_decode(struct ipoib__arp *out, const void *bytes, size_t length);
int ipoib__arp_encode(void *bytes, size_t room, const struct ipoib__arp *arp);

#endif
