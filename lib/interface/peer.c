/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "interface/interface.h"

/* Makes the peer of an address that has none, as ipoib__neighbours_make(). */
int ipoib__peer_make(struct ipoib_interface *interface, const struct ipoib_ip *ip, bool wanted,
		     uint64_t now, struct ipoib__peer **out)
{
	struct ipoib__adjacency *adjacency;
	struct ipoib__neighbour *n;
	struct ipoib__peer *peer;
	int status = ipoib__adjacency_make(&interface->adjacencies, ip, &adjacency);

	if (status < 0)
		return status;
	status = ipoib__neighbours_make(&interface->neighbours, ip, wanted, now, &n);
	if (status < 0) {
		ipoib__adjacency_end(&interface->adjacencies, adjacency);
		return status;
	}
	peer = ipoib__peer_of(n);
	peer->adjacency = adjacency;
	adjacency->neighbour = peer;
	ipoib__list_init(&peer->of_route);
	ipoib__list_init(&peer->of_channel);
	ipoib__list_init(&peer->turn);
	ipoib__list_init(&peer->use);
	ipoib__list_init(&peer->handles);
	ipoib__queue_init(&peer->waiting);
	*out = peer;
	return 0;
}
