/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Neighbours by the caller's hand: entered, removed, asked, vouched for. What is waiting for a
 * neighbour that goes is told its fate in the next turn; no callback runs from here.
 */
#include "interface/interface.h"

#include <errno.h>

#include "wire/mgid.h"

static bool could_be_a_peer(const struct ipoib_interface *interface, const struct ipoib_ip *ip,
			    const struct ipoib_link_address *link_address)
{
	uint32_t qpn = ipoib_link_address_qpn(link_address);

	return qpn > 1 && qpn != IPOIB_QPN_MULTICAST &&
	       !ipoib__link_address_is_multicast(link_address) &&
	       !ipoib__own_link(interface, link_address) && ipoib__address_of_peer(interface, ip);
}

int ipoib_neighbour_add(struct ipoib_interface *interface, const struct ipoib_ip *ip,
			const struct ipoib_link_address *link_address)
{
	uint64_t now = ipoib__context_now(interface->context);
	struct ipoib__peer *peer;
	bool made;
	int status;

	if (interface->closed)
		return -ENETDOWN;
	if (!could_be_a_peer(interface, ip, link_address))
		return -EINVAL;
	peer = ipoib__peer_of(ipoib__neighbours_find(&interface->neighbours, ip));
	made = !peer;
	if (made) {
		status = ipoib__peer_make(interface, ip, true, now, &peer);
		if (status < 0)
			return status;
	}
	status = ipoib__neighbours_fix(&interface->neighbours, &peer->neighbour, link_address, now);
	if (status < 0 && made)
		ipoib__neighbours_remove(&interface->neighbours, &peer->neighbour, false);
	return status;
}

int ipoib_neighbour_remove(struct ipoib_interface *interface, const struct ipoib_ip *ip)
{
	struct ipoib__neighbour *n = ipoib__neighbours_find(&interface->neighbours, ip);

	if (!n)
		return -ENOENT;
	ipoib__context_now(interface->context);
	ipoib__neighbours_remove(&interface->neighbours, n, false);
	return 0;
}

void ipoib_neighbour_flush(struct ipoib_interface *interface, bool permanent)
{
	ipoib__context_now(interface->context);
	ipoib__neighbours_flush(&interface->neighbours, permanent);
}

int ipoib_neighbour_probe(struct ipoib_interface *interface, const struct ipoib_ip *ip)
{
	uint64_t now = ipoib__context_now(interface->context);
	struct ipoib__peer *peer;
	int status;

	if (interface->closed || !interface->up)
		return -ENETDOWN;
	peer = ipoib__peer_of(ipoib__neighbours_find(&interface->neighbours, ip));
	status = ipoib__address_next_hop(interface, peer, ip);
	if (status == 0 && !peer)
		status = ipoib__peer_make(interface, ip, true, now, &peer);
	if (status < 0)
		return status;
	if (peer->neighbour.state == IPOIB_NEIGHBOUR_PERMANENT)
		return -EPERM;
	peer->checked = true;
	ipoib__note_use(interface, &interface->uses, &peer->use);
	return 0;
}

int ipoib_neighbour_confirm(struct ipoib_interface *interface, const struct ipoib_ip *ip)
{
	struct ipoib__neighbour *n = ipoib__neighbours_find(&interface->neighbours, ip);

	if (!n)
		return -ENOENT;
	if (!ipoib__neighbour_valid(n))
		return 0; /* a hint does not tell where it is */
	ipoib__peer_of(n)->hinted = true;
	ipoib__note_use(interface, &interface->uses, &ipoib__peer_of(n)->use);
	return 0;
}
