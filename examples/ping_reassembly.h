/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * ICMP packets that arrive in fragments (RFC 791 section 3.2), put together again.
 *
 * Bounded in memory and in time, whatever arrives: so many packets at once, of which the oldest
 * gives way; each for so long. A packet whose fragments overlap is given up, because nobody sends
 * such fragments in good faith (RFC 5722 says so for IPv6).
 */
#ifndef EXAMPLES_PING_REASSEMBLY_H
#define EXAMPLES_PING_REASSEMBLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ping_packet.h"

/* Packets of several peers may arrive mixed, but this is no server. */
#define PING_PARTS_MOST 4
/* Fragments begin and end at multiples of eight octets. */
#define PING_UNITS_MOST ((PING_PACKET_MOST + 7) / 8)

/* A packet of which fragments are there. */
struct ping_parts {
	bool used;
	uint8_t addresses[8]; /* source and destination */
	uint16_t identification;
	uint64_t since_ns; /* when its first fragment came */
	size_t length;     /* octets behind the IP header; 0 until the last fragment is there */
	size_t unit_count; /* how many units are there */
	bool units[PING_UNITS_MOST];
	uint8_t packet[PING_PACKET_MOST];
};

struct ping_reassembly {
	struct ping_parts parts[PING_PARTS_MOST];
};

/*
 * Takes an IPv4 packet. Returns one that is whole: this one, or what it has completed, which stays
 * until the next call; length is changed to its length. NULL when there is none.
 */
const uint8_t *ping_reassembly_take(struct ping_reassembly *reassembly, const uint8_t *packet,
				    size_t *length, uint64_t now);

#endif
