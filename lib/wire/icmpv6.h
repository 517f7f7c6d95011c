/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The two ICMPv6 errors that a link layer gives for packets that it will not send (RFC 4443
 * sections 3.1 and 3.2). As wire/icmp.h's, an error is built from the packet that caused it and
 * nothing else.
 */
#ifndef IPOIB__WIRE_ICMPV6_H
#define IPOIB__WIRE_ICMPV6_H

#include <stddef.h>
#include <stdint.h>

#include "wire/ip.h"

#define IPOIB__ICMPV6_HEADER_LENGTH 8
/* Where the checksum of an ICMPv6 message stands. */
#define IPOIB__ICMPV6_CHECKSUM_AT 2

/* Types. */
enum {
	IPOIB__ICMPV6_UNREACHABLE = 1,
	IPOIB__ICMPV6_PACKET_TOO_BIG = 2,
	IPOIB__ICMPV6_ECHO_REQUEST = 128,
	IPOIB__ICMPV6_ECHO_REPLY = 129,
	IPOIB__ICMPV6_REDIRECT = 137,
};

/* Codes of IPOIB__ICMPV6_UNREACHABLE. */
enum {
	IPOIB__ICMPV6_ADDRESS_UNREACHABLE = 3,
};

/* An error with its IP header is never longer than what every link takes (RFC 4443 section 2.4). */
#define IPOIB__ICMPV6_ERROR_MAX IPOIB__IPV6_MTU_MIN

/*
 * Builds the whole IPv6 packet that tells the sender of an offending one why it was not sent:
 * type 1 with code 3, or type 2 with code 0 and the mtu that would have fitted. source is whom it
 * shall come from, in network order. Out and offending must not overlap.
 *
 * Returns the octets written, or
 *  -EINVAL: offending is not a whole IPv6 packet, or type and code are not of the two, or mtu is
 *           not one to quote for this packet: below 1280, or no less than the packet's length
 *           (I5); mtu is ignored for type 1;
 *  -EPERM: no error may be sent in answer to this packet (RFC 4443 section 2.4 (e)), or it cannot
 *          be told whether one may; a packet to a group may be too big, as RFC 8201 wants it;
 *  -ENOBUFS: no room; IPOIB__ICMPV6_ERROR_MAX is always enough.
 *
 * A packet cannot tell that it came as a link multicast: that prohibition is the caller's to keep.
 */
int ipoib__icmpv6_error_build(void *out, size_t room, const void *offending, size_t length,
			      uint8_t type, uint8_t code, uint32_t mtu, const uint8_t source[16]);

#endif
