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

#include "interface/origin.h"

static bool gid_equal(const struct ipoib_gid *a, const struct ipoib_gid *b)
{
	return memcmp(a, b, sizeof(*a)) == 0;
}

static struct ipoib__origin_facts facts_of(const struct ipoib_interface *interface,
					   const struct ipoib_gid *gid,
					   const struct ipoib_buffer *packet)
{
	const struct ipoib__path *path = ipoib__paths_find(&interface->paths, gid);
	bool known = path && ipoib__path_usable(path);

	return (struct ipoib__origin_facts){
		.named_gid = *gid,
		.came_gid = ipoib_link_address_gid(&packet->source),
		.came_lid = packet->source_lid,
		.record_lid = known ? path->record.dlid : 0,
		.lmc = interface->port.lmc,
		.local = known && path->record.hop_limit <= 1,
	};
}

/* Whether a packet has come from a link address: from its port, and from its queue pair. */
enum ipoib__neighbour_origin ipoib__sender_of(const struct ipoib_interface *interface,
					      const struct ipoib_link_address *address,
					      const struct ipoib_buffer *packet)
{
	struct ipoib_gid gid = ipoib_link_address_gid(address);
	const struct ipoib__origin_facts facts = facts_of(interface, &gid, packet);
	enum ipoib__origin origin = ipoib__origin_judge(&facts);

	if (origin == IPOIB__ORIGIN_CONTRADICTED)
		return IPOIB__NEIGHBOUR_ORIGIN_OTHER;
	/* Where a GRH tells the sender, no record has to, and no LID: on Ethernet there is none. */
	if (origin == IPOIB__ORIGIN_UNKNOWN && !gid_equal(&facts.came_gid, &gid))
		return IPOIB__NEIGHBOUR_ORIGIN_UNKNOWN;
	/* A connection's queue pair is not the one of the link address, and proves nothing. */
	return packet->source_qpn == ipoib_link_address_qpn(address) ?
		       IPOIB__NEIGHBOUR_ORIGIN_ITSELF :
		       IPOIB__NEIGHBOUR_ORIGIN_UNKNOWN;
}
