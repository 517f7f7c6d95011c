/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * ICMP for IPv4: echo, and the two errors that a link layer gives for packets that it will not
 * send (RFC 792, RFC 1191 section 4).
 *
 * An error is built from the packet that caused it and nothing else: no table, no route, no
 * context that might be missing where errors are made. FreeBSD's lacked one there, and the
 * machine panicked.
 */
#ifndef IPOIB__WIRE_ICMP_H
#define IPOIB__WIRE_ICMP_H

#include <stddef.h>
#include <stdint.h>

#define IPOIB__ICMP_HEADER_LENGTH 8

/* Types. */
enum {
	IPOIB__ICMP_ECHO_REPLY = 0,
	IPOIB__ICMP_UNREACHABLE = 3,
	IPOIB__ICMP_ECHO_REQUEST = 8,
};

/* Codes of IPOIB__ICMP_UNREACHABLE. */
enum {
	IPOIB__ICMP_HOST_UNREACHABLE = 1,
	IPOIB__ICMP_FRAGMENTATION_NEEDED = 4,
};

/* An error with its IP header is never longer (RFC 1812 section 4.3.2.3). */
#define IPOIB__ICMP_ERROR_MAX 576

struct ipoib__icmp_echo {
	uint8_t type; /* IPOIB__ICMP_ECHO_REQUEST or _REPLY */
	uint16_t id;
	uint16_t sequence;
	const uint8_t *data; /* on decoding: inside the bytes given */
	size_t data_length;
};

/*
 * An ICMP message without its IP header; all octets given are the message, data included.
 * -EBADMSG: wrong checksum. -EPROTO: not an echo.
 */
int ipoib__icmp_echo_decode(struct ipoib__icmp_echo *out, const void *bytes, size_t length);
int ipoib__icmp_echo_encode(void *bytes, size_t room, const struct ipoib__icmp_echo *echo);

/*
 * Builds the whole IPv4 packet that tells the sender of an offending one why it was not sent:
 * type 3 with code 1, or code 4 and the mtu that would have fitted. source is whom it shall
 * come from, in network order. Out and offending must not overlap.
 *
 * Returns the octets written, or
 *  -EINVAL: offending is not a whole IPv4 packet, or type and code are not of the two, or mtu
 *           is not one to quote for this packet: below 68, or no less than the packet's length
 *           (I5); mtu is ignored for code 1;
 *  -EPERM: no error may be sent in answer to this packet (RFC 1122 section 3.2.2);
 *  -ENOBUFS: no room; IPOIB__ICMP_ERROR_MAX is always enough.
 *
 * A packet cannot tell that it came as a link broadcast or goes to the directed broadcast of a
 * subnet: that prohibition is the caller's to keep.
 */
int ipoib__icmp_error_build(void *out, size_t room, const void *offending, size_t length,
			    uint8_t type, uint8_t code, uint16_t mtu, const uint8_t source[4]);

#endif
