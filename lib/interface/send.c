/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * A burst from the caller: its next hops are looked up together, then each packet is sent, or
 * refused (transmit.c).
 */
#include "interface/burst.h"

/* In a burst that is shorter nothing is gained by fetching what the next step but one needs. */
#define PREFETCH_LEAST 4

/* What a send reads of a neighbour. */
static void fetch(const struct ipoib__peer *peer)
{
	if (!peer)
		return;
	__builtin_prefetch(&peer->neighbour);
	__builtin_prefetch(&peer->ah);
}

/* Their address handles; by now the neighbours are in the cache. */
static void fetch_handles(const struct ipoib__burst *burst, size_t count)
{
	if (count < PREFETCH_LEAST)
		return;
	for (size_t i = 0; i < count; i++)
		if (burst->peers[i])
			__builtin_prefetch(burst->peers[i]->ah);
}

/*
 * Looks the next hops of a burst up, as far as their hashes tell: whether a neighbour is the right
 * one is seen when it is in the cache (lookup.h).
 */
static void look_up(const struct ipoib_interface *interface, const struct ipoib_packet *packets,
		    size_t count, struct ipoib__burst *burst)
{
	const struct ipoib__neighbours *neighbours = &interface->neighbours;
	struct ipoib__peer **peers = burst->peers;
	uint64_t hashes[IPOIB__BURST];

	for (size_t i = 0; i < count; i++) {
		hashes[i] = ipoib__neighbours_hash(neighbours, &packets[i].next_hop);
		ipoib__table_prefetch(&neighbours->table, hashes[i]);
	}
	for (size_t i = 0; i < count; i++) {
		if (i > 0 && hashes[i] == hashes[i - 1]) {
			peers[i] = peers[i - 1];
			continue;
		}
		peers[i] = ipoib__peer_of(ipoib__table_candidate(&neighbours->table, hashes[i]));
		fetch(peers[i]);
	}
}

/* The same, where the caller holds the neighbours. */
static void take_up(const struct ipoib_interface *interface, struct ipoib_packet *packets,
		    struct ipoib_neighbour *const *neighbours, size_t count,
		    struct ipoib__burst *burst)
{
	for (size_t i = 0; i < count; i++) {
		struct ipoib_neighbour *neighbour = neighbours[i];

		packets[i].next_hop = neighbour->ip;
		if (neighbour->interface != interface)
			packets[i].next_hop.family = 0; /* no packet can go there from here */
		else if (!neighbour->peer)
			ipoib__handle_attach(neighbour,
					     ipoib__peer_of(ipoib__neighbours_find(
						     &interface->neighbours, &neighbour->ip)));
		burst->peers[i] = neighbour->peer;
		fetch(neighbour->peer);
	}
}

/* neighbours: those that the caller holds, or NULL. */
static int send_bursts(struct ipoib_interface *interface, struct ipoib_neighbour *const *neighbours,
		       struct ipoib_packet *packets, size_t count)
{
	uint64_t now = ipoib__context_now(interface->context);
	struct ipoib__burst burst;
	int accepted = 0;

	for (size_t some, done = 0; done < count; done += some) {
		some = count - done < IPOIB__BURST ? count - done : IPOIB__BURST;
		if (neighbours)
			take_up(interface, packets + done, neighbours + done, some, &burst);
		else
			look_up(interface, packets + done, some, &burst);
		fetch_handles(&burst, some);
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
