/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * What IPv6 has and IPv4 has not: addresses made of others, headers between the fixed one and
 * what is carried, and a checksum that covers the addresses.
 */
#ifndef IPOIB__WIRE_IP6_H
#define IPOIB__WIRE_IP6_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wire/ip.h"

/* ff02::1. */
extern const uint8_t ipoib__ipv6_all_nodes[16];

bool ipoib__ipv6_is_unspecified(const uint8_t address[16]);
/* fe80::/10. */
bool ipoib__ipv6_is_link_local(const uint8_t address[16]);
bool ipoib__ipv6_is_multicast(const uint8_t address[16]);
/* ff02::1:ff00:0/104. */
bool ipoib__ipv6_is_solicited_node(const uint8_t address[16]);

/* The group in which who has the address is asked for (RFC 4291 section 2.7.1). */
void ipoib__ipv6_solicited_node(uint8_t out[16], const uint8_t address[16]);

/*
 * How an interface identifier comes of a port GUID (RFC 4391 section 8). A GUID in modified
 * EUI-64 format is taken as it is, one in plain EUI-64 format has its universal/local bit
 * toggled; the GUID itself does not say which it is.
 */
enum ipoib__identifier {
	/*
	 * Sets the bit, as Linux does: right for a GUID of either format that is unique in the
	 * world, wrong only for a plain one that an administrator made up.
	 */
	IPOIB__IDENTIFIER_AUTO,
	IPOIB__IDENTIFIER_KEEP,
	IPOIB__IDENTIFIER_TOGGLE,
};

/* fe80:: and the interface identifier of a port GUID. */
void ipoib__ipv6_link_local(uint8_t out[16], const uint8_t guid[8], enum ipoib__identifier how);

/* What stands behind the fixed header and all extension headers. */
struct ipoib__ipv6_upper {
	uint8_t protocol; /* IPOIB__IP_PROTOCOL_ICMPV6, ... */
	bool fragment;	  /* of a packet: protocol is what the whole of it carries */
	bool headless;	  /* a fragment that is not the first: bytes begin anywhere */
	const uint8_t *bytes;
	size_t length;
};

/*
 * Walks the extension headers of a packet that ipoib__ipv6_decode() has taken. Returns 0, or
 * -EINVAL when one of them is truncated or there are more than anyone sends.
 */
int ipoib__ipv6_upper(struct ipoib__ipv6_upper *out, const struct ipoib__ipv6 *header,
		      const void *packet);

/*
 * The Internet checksum over the pseudo header (RFC 8200 section 8.1) and a message of protocol,
 * in host order. Over a message that holds its own checksum it is 0 when that is right.
 */
uint16_t ipoib__ipv6_checksum(const struct ipoib__ipv6 *header, uint8_t protocol,
			      const void *message, size_t length);

#endif
