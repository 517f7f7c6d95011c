/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Flux that is seen in data: a datagram whose source address is known to be at another port. */
#include "interface/interface.h"

#include <string.h>

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

/*
 * Of a sender that a GRH does not name otherwise, and whose queue pair and LID were judged already.
 * What the SA says of that LID later comes with packets from another one (lid.c).
 */
static bool is_heard(const struct ipoib__adjacency *adjacency, const struct ipoib_buffer *packet)
{
	const struct ipoib__peer *peer = adjacency->neighbour;

	return adjacency->bits & IPOIB__ADJACENCY_HEARD && packet->source_qpn == adjacency->qpn &&
	       packet->source_lid == adjacency->heard &&
	       (!has_source(&packet->source) ||
		ipoib_link_address_same_peer(&packet->source, &peer->neighbour.link_address));
}

static enum ipoib__lid judge(struct ipoib_interface *interface, const struct ipoib__peer *peer,
			     const struct ipoib_buffer *packet, uint64_t now)
{
	if (packet->source_lid == 0 && !has_source(&packet->source)) /* the adapter tells nothing */
		return IPOIB__LID_FITS;
	/* From another queue pair it is no proof that there is a path to this one. */
	if (packet->source_qpn != ipoib_link_address_qpn(&peer->neighbour.link_address) &&
	    peer->route && !ipoib__path_usable(&peer->route->path))
		return IPOIB__LID_FITS;
	return ipoib__lid_from_peer(interface, peer, packet, now);
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

/* Whether the next datagram of this sender needs no judgement. */
static bool is_judged(struct ipoib_interface *interface, struct ipoib__adjacency *adjacency,
		      const struct ipoib__sender *sender, const struct ipoib_buffer *packet,
		      uint64_t now)
{
	struct ipoib__peer *peer = adjacency->neighbour;
	enum ipoib__lid from;

	if (!ipoib__neighbour_valid(&peer->neighbour))
		return true;
	from = judge(interface, peer, packet, now);
	if (from == IPOIB__LID_OTHER)
		claim(interface, peer, sender, now);
	if (from == IPOIB__LID_FITS && sender->qpn == adjacency->qpn) {
		adjacency->heard = sender->lid;
		adjacency->bits |= IPOIB__ADJACENCY_HEARD;
	}
	return from == IPOIB__LID_FITS;
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
	struct ipoib__adjacency *adjacency;

	if (now < interface->contested_until &&
	    ipoib__first_data(interface, packet, source, now))
		return;
	if (is_last(interface, &sender))
		return;
	adjacency = ipoib__adjacency_find(&interface->adjacencies, source);
	if (adjacency && is_heard(adjacency, packet))
		return;
	if (adjacency && !is_judged(interface, adjacency, &sender, packet, now))
		return;
	interface->last_sender = sender;
}
