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

/* ---- data ---- */

static bool is_last(const struct ipoib_interface *interface, const struct ipoib__sender *sender)
{
	const struct ipoib__sender *last = &interface->last_sender;

	return sender->qpn == last->qpn && sender->lid == last->lid &&
	       ipoib_ip_equal(&sender->ip, &last->ip) &&
	       memcmp(&sender->source, &last->source, sizeof(last->source)) == 0;
}

/* Whether a GRH has told it. */
static bool has_source(const struct ipoib_link_address *source)
{
	static const struct ipoib_link_address none;

	return memcmp(source, &none, sizeof(none)) != 0;
}

static enum ipoib__lid judge(struct ipoib_interface *interface, const struct ipoib__peer *peer,
			     const struct ipoib_buffer *packet, uint64_t now)
{
	struct ipoib_gid gid = ipoib_link_address_gid(&peer->neighbour.link_address);

	if (packet->source_lid == 0 && !has_source(&packet->source)) /* the adapter tells nothing */
		return IPOIB__LID_FITS;
	/* From another queue pair it is no proof that there is a path to this one. */
	if (packet->source_qpn != ipoib_link_address_qpn(&peer->neighbour.link_address) &&
	    peer->route && !ipoib__path_usable(&peer->route->path))
		return IPOIB__LID_FITS;
	return ipoib__lid_from(interface, &gid, packet, now);
}

static struct ipoib_link_address name_of(const struct ipoib_interface *interface,
					 const struct ipoib__sender *sender)
{
	struct ipoib_gid gid;

	if (has_source(&sender->source))
		return sender->source;
	gid = ipoib__lid_gid(interface, sender->lid, sender->qpn);
	return ipoib_link_address_make(0, sender->qpn, &gid);
}

/* A flood of packets is one claim a second and neighbour. */
static void claim(struct ipoib_interface *interface, struct ipoib__peer *peer,
		  const struct ipoib__sender *sender, uint64_t now)
{
	struct ipoib_link_address address;
	const struct ipoib__neighbour_event event = { .type = IPOIB__NEIGHBOUR_DATA,
						      .address = &address,
						      .claim = IPOIB_CLAIM_DATA };

	if (peer->data_told != 0 && now - peer->data_told < IPOIB__TELL_NS)
		return;
	address = name_of(interface, sender);
	peer->data_told = now;
	peer->data_lid = sender->lid;
	ipoib__neighbours_step(&interface->neighbours, &peer->neighbour, &event, now);
}

/*
 * A datagram tells which port its source address is used at. That another one sends moves nothing,
 * and is told: it is flux, seen in data.
 */
void ipoib__sender_data(struct ipoib_interface *interface, const struct ipoib_buffer *packet,
			const struct ipoib_ip *source, uint64_t now)
{
	const struct ipoib__sender sender = { .source = packet->source,
					      .ip = *source,
					      .qpn = packet->source_qpn,
					      .lid = packet->source_lid };
	struct ipoib__neighbour *n;

	if (now < interface->contested_until &&
	    ipoib__first_data(interface, packet, source, now))
		return;
	if (is_last(interface, &sender))
		return;
	n = ipoib__neighbours_find(&interface->neighbours, source);
	if (n && ipoib__neighbour_valid(n)) {
		struct ipoib__peer *peer = (struct ipoib__peer *)(void *)n;
		enum ipoib__lid from = judge(interface, peer, packet, now);

		if (from == IPOIB__LID_OTHER)
			claim(interface, peer, &sender, now);
		if (from != IPOIB__LID_FITS)
			return;
	}
	interface->last_sender = sender;
}
