/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * What a send needs of a neighbour is derived from what is known, here and nowhere else: whatever
 * changes a fact (the neighbour's state and link address, its path's address handle and MTU,
 * whether it has a connection) has it derived again.
 */
#include "interface/derive.h"

void ipoib__derive(struct ipoib__adjacency *adjacency, const struct ipoib__facts *facts)
{
	const struct ipoib__neighbour *n = facts->neighbour;
	bool valid = ipoib__neighbour_valid(n);
	uint32_t qpn = valid ? ipoib_link_address_qpn(&n->link_address) : 0;
	uint8_t bits = 0;

	/* What was judged of a sender holds for this queue pair, and while there is a path. */
	if (valid && facts->handle && adjacency->qpn == qpn)
		bits = adjacency->bits & IPOIB__ADJACENCY_HEARD;
	if (n->state == IPOIB_NEIGHBOUR_STALE)
		bits |= IPOIB__ADJACENCY_WATCHED;
	if (facts->connects)
		bits |= IPOIB__ADJACENCY_DECIDE;
	adjacency->handle = valid ? facts->handle : NULL;
	adjacency->qpn = qpn;
	adjacency->limit = facts->limit;
	adjacency->bits = bits;
}

void ipoib__derive_peer(struct ipoib__peer *peer)
{
	const struct ipoib__route *route = peer->route;
	struct ipoib__facts facts = { .neighbour = &peer->neighbour,
				      .connects = peer->channel != NULL };

	if (route && route->ah) {
		facts.handle = route->ah->handle;
		facts.limit = (uint16_t)(route->path.record.mtu - IPOIB__ENCAP_LENGTH);
	}
	ipoib__derive(peer->adjacency, &facts);
}
