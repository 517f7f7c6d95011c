/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Between send.c, which looks the next hops of a burst up, and transmit.c, which sends. */
#ifndef IPOIB__INTERFACE_BURST_H
#define IPOIB__INTERFACE_BURST_H

#include "interface/interface.h"

/*
 * Packets of one call: the adjacencies that their hashes lead to, and what is collected for one
 * post, staged datagrams and messages for one connection. Within a call nothing ends an adjacency
 * but the making of another.
 */
struct ipoib__burst {
	struct ipoib__adjacency *adjacencies[IPOIB__BURST];
	bool open;  /* the interface can send */
	bool quick; /* an adjacency's address handle holds: no path is stale */
	bool made;  /* the adjacencies are not to be relied on any more */
	uint64_t accepted;
	struct ipoib_ud_send sends[IPOIB__BURST];
	size_t count;
	struct ipoib__channel *channel;
	struct ipoib_buffer *messages[IPOIB__BURST];
	size_t message_count;
};

/*
 * Sends the packets of a burst whose next hops have been looked up. Returns how many were
 * accepted; why each other one is refused stands in its status, and it stays the caller's.
 */
int ipoib__transmit(struct ipoib_interface *interface, struct ipoib_packet *packets, size_t count,
		    struct ipoib__burst *burst, uint64_t now);

#endif
