/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * ICMP echo packets (RFC 792) in IPv4, as octets.
 *
 *      0         1         2                   4
 *      +---------+---------+-------------------+
 *      | 4 | IHL |   TOS   |   total length    |
 *      |  identification   | flags, fragment   |
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

#define PING_REPLY 0
#define PING_REQUEST 8

struct ping_echo {
	uint8_t type; /* PING_REQUEST or PING_REPLY */
	uint8_t ttl;
	uint16_t identifier;
	uint16_t sequence;
	struct ipoib_ip source;
	struct ipoib_ip destination;
	const uint8_t *data; /* behind the ICMP header; parsing only */
	size_t data_length;
};

/*
 * Writes PING_HEADERS + echo.data_length octets, not to be fragmented. The data counts up from 0; a
 * reply's data is that of its request, and is there already.
 */
void ping_packet_write(uint8_t *packet, const struct ping_echo *echo);

/* Whether these octets are a whole echo request or reply with correct checksums. */
bool ping_packet_parse(const uint8_t *packet, size_t length, struct ping_echo *echo);

/* The first octet of the data that is not as ping_packet_write() makes it, or data_length. */
size_t ping_packet_damage(const struct ping_echo *echo);

#endif
