/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Which port has sent a packet. The adapter writes a packet's source LID, its source queue pair
 * number and the source GID of its GRH, so that they are harder to forge than what ARP says in its
 * payload. They tell less, too: a unicast within the subnet has no GRH, and a LID is known by a
 * path record alone, which may have become stale. So a sender that does not fit is a reason to ask
 * and never a reason to disbelieve.
 */
#include "interface/interface.h"

#include <string.h>

/* The GUID is the port; its prefix may be changed by the subnet manager. */
static bool same_guid(const struct ipoib_gid *a, const struct ipoib_gid *b)
{
	return memcmp(a->raw + 8, b->raw + 8, 8) == 0;
}

static enum ipoib__neighbour_origin by_lid(const struct ipoib_interface *interface,
					   const struct ipoib_gid *gid,
					   const struct ipoib_buffer *packet)
{
	const struct ipoib__path *path = ipoib__paths_find(&interface->paths, gid);

	if (!path || !ipoib__path_usable(path) || packet->source_lid == 0 ||
	    path->record.hop_limit > 1)
		return IPOIB__NEIGHBOUR_ORIGIN_UNKNOWN;
	return path->record.dlid == packet->source_lid ? IPOIB__NEIGHBOUR_ORIGIN_ITSELF :
							 IPOIB__NEIGHBOUR_ORIGIN_OTHER;
}

/* Whether a packet has come from a link address: from its port, and from its queue pair. */
enum ipoib__neighbour_origin ipoib__sender_of(const struct ipoib_interface *interface,
					      const struct ipoib_link_address *address,
					      const struct ipoib_buffer *packet)
{
	static const struct ipoib_link_address none;
	struct ipoib_gid gid = ipoib_link_address_gid(address);
	struct ipoib_gid source = ipoib_link_address_gid(&packet->source);
	enum ipoib__neighbour_origin origin;

	if (memcmp(&packet->source, &none, sizeof(none)) != 0)
		origin = same_guid(&gid, &source) ? IPOIB__NEIGHBOUR_ORIGIN_ITSELF :
						    IPOIB__NEIGHBOUR_ORIGIN_OTHER;
	else
		origin = by_lid(interface, &gid, packet);
	/* A connection's queue pair is not the one of the link address, and proves nothing. */
	if (origin == IPOIB__NEIGHBOUR_ORIGIN_ITSELF &&
	    packet->source_qpn != ipoib_link_address_qpn(address))
		return IPOIB__NEIGHBOUR_ORIGIN_UNKNOWN;
	return origin;
}
