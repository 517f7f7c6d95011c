/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * A burst from the caller: its next hops are looked up together, then each packet is sent, or
 * refused (transmit.c).
 */
#include "interface/burst.h"

/* The adjacencies of the caller's handles: without a look-up. */
static void take_up(const struct ipoib_interface *interface, struct ipoib_packet *packets,
		    struct ipoib_neighbour *const *neighbours, size_t count,
		    struct ipoib__burst *burst)
{
	for (size_t i = 0; i < count; i++) {
		struct ipoib_neighbour *neighbour = neighbours[i];

		packets[i].next_hop = neighbour->ip;
		if (neighbour->interface != interface)
			packets[i].next_hop.family = 0; /* no packet can go there from here */
		else if (!neighbour->adjacency)
			ipoib__handle_attach(neighbour,
					     ipoib__peer_of(ipoib__neighbours_find(
						     &interface->neighbours, &neighbour->ip)));
		burst->adjacencies[i] = neighbour->adjacency;
		__builtin_prefetch(neighbour->adjacency);
	}
}

/* neighbours: those that the caller holds, or NULL. */
static int send_bursts(struct ipoib_interface *interface, struct ipoib_neighbour *const *neighbours,
		       struct ipoib_packet *packets, size_t count)
{
	uint64_t now = ipoib__context_now(interface->context);
	uint64_t hashes[IPOIB__BURST];
	struct ipoib__burst burst;
	int accepted = 0;

	for (size_t some, done = 0; done < count; done += some) {
		some = count - done < IPOIB__BURST ? count - done : IPOIB__BURST;
		if (neighbours)
			take_up(interface, packets + done, neighbours + done, some, &burst);
		else
			ipoib__adjacency_candidates(&interface->adjacencies,
						    &packets[done].next_hop, sizeof(*packets), some,
						    hashes, burst.adjacencies);
		accepted += ipoib__transmit(interface, packets + done, some, &burst, now);
	}
	return accepted;
}

int ipoib_interface_send(struct ipoib_interface *interface, struct ipoib_packet *packets,
			 size_t count)
{
	return send_bursts(interface, NULL, packets, count);
}

int ipoib_interface_send_to(struct ipoib_interface *interface,
			    struct ipoib_neighbour *const *neighbours, struct ipoib_packet *packets,
			    size_t count)
{
	return send_bursts(interface, neighbours, packets, count);
}
