/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * ICMP echo packets (RFC 792) in IPv4, as octets.
 *
 *      0         1         2                   4
 *      +---------+---------+-------------------+
 *      | 4 | IHL |   TOS   |   total length    |
 *      |  identification   | flags, offset / 8 |
 *      |   TTL   | proto 1 |  header checksum  |
 *      |                source                 |
 *      |              destination              |
 *      +---------+---------+-------------------+
 *      |  type   | code 0  |     checksum      |
 *      |    identifier     |  sequence number  |
 *      | data ...                              |
 */
#ifndef EXAMPLES_PING_PACKET_H
#define EXAMPLES_PING_PACKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <ipoib/types.h>

/* Octets of the two headers. */
#define PING_HEADERS 28
/* The longest IPv4 packet: its length has 16 bits. */
#define PING_PACKET_MOST 65535

#define PING_REPLY 0
#define PING_REQUEST 8

struct ping_echo {
	uint8_t type; /* PING_REQUEST or PING_REPLY */
	uint8_t ttl;
	bool dont_fragment;
	uint16_t identification; /* of the packet, for its fragments */
	uint16_t identifier;
	uint16_t sequence;
	struct ipoib_ip source;
	struct ipoib_ip destination;
	const uint8_t *data; /* behind the ICMP header; parsing only */
	size_t data_length;
};

/* A fragment of an ICMP packet, or the whole of one. */
struct ping_fragment {
	uint16_t identification;
	bool dont_fragment;
	bool more;     /* it is not the last one */
	size_t offset; /* of the payload, in octets */
	size_t header; /* octets before the payload */
	size_t length; /* octets of the payload */
};

/*
 * Writes PING_HEADERS + echo.data_length octets. The data counts up from 0; a reply's data is that
 * of its request, and is there already.
 */
void ping_packet_write(uint8_t *packet, const struct ping_echo *echo);

/* Whether these octets are a whole echo request or reply with correct checksums. */
bool ping_packet_parse(const uint8_t *packet, size_t length, struct ping_echo *echo);

/* Whether these octets are an ICMP packet or a part of one, with a header of correct checksum. */
bool ping_fragment_parse(const uint8_t *packet, size_t length, struct ping_fragment *fragment);

/*
 * Makes a header without options into that of a fragment; of the fragment's fields its header is
 * not looked at.
 */
void ping_fragment_write(uint8_t *header, const struct ping_fragment *fragment);

/* The first octet of the data that is not as ping_packet_write() makes it, or data_length. */
size_t ping_packet_damage(const struct ping_echo *echo);

#endif
