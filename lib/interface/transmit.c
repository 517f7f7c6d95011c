/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * A packet's way out: next hop, neighbour, queue pair.
 *
 *  1. What no queue pair could take is refused, with the reason; the packet stays the caller's.
 *  2. A next hop on the link costs one probe of the neighbour table, made for the whole burst at
 *     once. When it has an address handle the packet is addressed, and posted with the rest.
 *  3. Else the packet waits with the neighbour, and a use is noted: what follows from it
 *     (asking, probing) happens in the next dispatch, for state moves nowhere else.
 *  4. Broadcast and multicast go to a group the same way.
 */
#include "interface/burst.h"

#include <errno.h>

#include "wire/ip.h"
#include "wire/mgid.h"

static void flush_burst(struct ipoib_interface *interface, struct ipoib__burst *burst)
{
	ipoib__post(interface, burst->sends, burst->count);
	burst->count = 0;
}

static void flush_messages(struct ipoib_interface *interface, struct ipoib__burst *burst,
			   uint64_t now)
{
	if (burst->message_count == 0)
		return;
	ipoib__channel_post(interface, burst->channel, burst->messages, burst->message_count, now);
	burst->message_count = 0;
	/* What could not be posted left room, and no completion comes to say so (I24). */
	ipoib__channel_flush(interface, burst->channel, now);
}

/* From here on the packet is the library's, and ends in exactly one counter (I1). */
static void accept(struct ipoib__burst *burst, const struct ipoib_packet *packet)
{
	struct ipoib_buffer *buffer = packet->buffer;

	buffer->taken = true;
	buffer->control = false;
	buffer->type = packet->next_hop.family == IPOIB_IPV4 ? IPOIB__TYPE_IPV4 : IPOIB__TYPE_IPV6;
	buffer->next_hop = packet->next_hop;
	burst->accepted++;
}

/* The send queue is full: the caller is woken when there is room. */
static int refuse_for_room(struct ipoib_interface *interface)
{
	interface->want_room = true;
	/* what is posted may fail, and then no completion comes to wake us (I24) */
	interface->context->again = true;
	return -EAGAIN;
}

/* A datagram of a peer or a group; to: what a capture, if there is one, tells of the handle. */
static int send_datagram(struct ipoib_interface *interface, struct ipoib_packet *packet,
			 void *handle, const struct ipoib_ah_attributes *to, uint32_t qpn,
			 struct ipoib__burst *burst, uint64_t now)
{
	if (ipoib__post_room(interface) == 0)
		return refuse_for_room(interface);
	accept(burst, packet);
	if (!ipoib__stage(interface, &burst->sends[burst->count], packet->buffer, handle, qpn))
		return 0;
	if (interface->capture)
		ipoib__record_send(interface, packet->buffer, to, qpn, now);
	if (++burst->count == IPOIB__BURST)
		flush_burst(interface, burst);
	return 0;
}

/* Whether asking again now is pointless, because it failed a moment ago (I13). */
static bool held(const struct ipoib__peer *peer, uint64_t now)
{
	if (peer->neighbour.state == IPOIB_NEIGHBOUR_FAILED)
		return now < peer->neighbour.hold_until;
	return peer->route && ipoib__paths_held(&peer->route->path, now);
}

static int wait_for_peer(struct ipoib_interface *interface, struct ipoib_packet *packet,
			 struct ipoib__peer *peer, struct ipoib__burst *burst, uint64_t now)
{
	int status;

	if (peer && held(peer, now))
		return -EHOSTUNREACH;
	status = ipoib__address_next_hop(interface, peer, &packet->next_hop);
	if (status < 0)
		return status;
	if (!ipoib__queue_room(interface, peer ? &peer->waiting : NULL))
		return -ENOBUFS;
	if (!peer) { /* another one may give way for it */
		burst->made = true;
		status = ipoib__peer_make(interface, &packet->next_hop, true, now, &peer);
		if (status < 0)
			return status;
	}
	accept(burst, packet);
	ipoib__queue_put(interface, &peer->waiting, packet->buffer, now);
	ipoib__adjacency_use(peer->adjacency, now);
	ipoib__note_use(interface, &interface->uses, &peer->use);
	return 0;
}

/* By the connection: with the burst, or behind what waits for room on it. */
static int send_connected(struct ipoib_interface *interface, struct ipoib_packet *packet,
			  struct ipoib__peer *peer, struct ipoib__burst *burst, uint64_t now)
{
	struct ipoib_buffer *buffer = packet->buffer;

	if (burst->channel != peer->channel || burst->message_count == IPOIB__BURST)
		flush_messages(interface, burst, now);
	burst->channel = peer->channel;
	if (ipoib__list_empty(&peer->channel->turns) && peer->waiting.count == 0 &&
	    ipoib__channel_room(interface, peer->channel) > burst->message_count) {
		accept(burst, packet);
		burst->messages[burst->message_count++] = buffer;
		return 0;
	}
	ipoib__channel_wait(peer);
	if (!ipoib__queue_room(interface, &peer->waiting)) {
		ipoib__queue_refuse(interface, &peer->waiting);
		return -EAGAIN;
	}
	accept(burst, packet);
	ipoib__queue_put(interface, &peer->waiting, buffer, now);
	return 0;
}

/* A datagram, which is short enough, to where there is an address handle. */
static inline int send_adjacent(struct ipoib_interface *interface, struct ipoib_packet *packet,
				struct ipoib__adjacency *adjacency, struct ipoib__burst *burst,
				uint64_t now)
{
	const struct ipoib_ah_attributes *to = NULL;
	int status;

	if (interface->capture)
		to = &((struct ipoib__peer *)adjacency->neighbour)->route->ah->attributes;
	status = send_datagram(interface, packet, adjacency->handle, to, adjacency->qpn, burst,
			       now);
	if (status == 0)
		adjacency->last = (uint32_t)interface->posted;
	return status;
}

/* In fragments, all of them or none: each is a packet of its own from here on. */
static int send_fragments(struct ipoib_interface *interface, struct ipoib_packet *packet,
			  struct ipoib__peer *peer, uint32_t limit, struct ipoib__burst *burst,
			  uint64_t now)
{
	struct ipoib_packet piece = { .next_hop = packet->next_hop };
	struct ipoib__list fragments, *first;
	int count;

	flush_burst(interface, burst);
	packet->buffer->type = IPOIB__TYPE_IPV4;
	count = ipoib__choose_cut(interface, packet->buffer, limit, &fragments);
	packet->mtu = limit;
	if (count < 0)
		return count;
	if (ipoib__post_room(interface) < (uint32_t)count) {
		while ((first = ipoib__list_pop_front(&fragments)) != NULL)
			ipoib_buffer_unref(ipoib__container_of(first, struct ipoib_buffer, link));
		if ((uint32_t)count > interface->config.send_depth)
			return -EMSGSIZE; /* there will never be room for them all */
		return refuse_for_room(interface);
	}
	interface->statistics.fragmented++;
	while ((first = ipoib__list_pop_front(&fragments)) != NULL) {
		interface->statistics.fragments++;
		piece.buffer = ipoib__container_of(first, struct ipoib_buffer, link);
		send_adjacent(interface, &piece, peer->adjacency, burst, now);
	}
	ipoib_buffer_unref(packet->buffer);
	return 0;
}

/* By what lib/mtu decides of what is known of the peer. */
static int send_as_decided(struct ipoib_interface *interface, struct ipoib_packet *packet,
			   struct ipoib__peer *peer, struct ipoib__burst *burst, uint64_t now)
{
	struct ipoib__mtu_path path = ipoib__choose_path(interface, peer, now);
	struct ipoib__mtu_verdict verdict = ipoib__mtu_decide(
		&path, packet->buffer->length, ipoib__choose_fragile(packet->buffer));

	if (path.link == IPOIB__MTU_WANTED)
		ipoib__note_use(interface, &interface->uses, &peer->use);
	switch (verdict.way) {
	case IPOIB__MTU_DATAGRAM:
		return send_adjacent(interface, packet, peer->adjacency, burst, now);
	case IPOIB__MTU_CONNECTION:
		return send_connected(interface, packet, peer, burst, now);
	case IPOIB__MTU_WAIT:
		return wait_for_peer(interface, packet, peer, burst, now);
	case IPOIB__MTU_FRAGMENT:
		return send_fragments(interface, packet, peer, path.datagram, burst, now);
	case IPOIB__MTU_TOO_BIG:
		break;
	}
	packet->mtu = verdict.mtu;
	return -EMSGSIZE;
}

/* A packet has gone, or waits for its way: once a second more than a time stamp is due. */
static void note_use(struct ipoib_interface *interface, struct ipoib__adjacency *adjacency,
		     uint64_t now)
{
	struct ipoib__peer *peer = adjacency->neighbour;

	if (ipoib__adjacency_use(adjacency, now))
		ipoib__note_use(interface, &interface->uses, &peer->use);
}

static int send_to_peer(struct ipoib_interface *interface, struct ipoib_packet *packet,
			struct ipoib__peer *peer, struct ipoib__burst *burst, uint64_t now)
{
	int status = send_as_decided(interface, packet, peer, burst, now);

	if (status == 0)
		note_use(interface, peer->adjacency, now);
	return status;
}

/* The quick way: what fits into a datagram to where there is nothing to decide. */
static int send_quickly(struct ipoib_interface *interface, struct ipoib_packet *packet,
			struct ipoib__adjacency *adjacency, struct ipoib__burst *burst,
			uint64_t now)
{
	int status = send_adjacent(interface, packet, adjacency, burst, now);

	if (status == 0)
		note_use(interface, adjacency, now);
	return status;
}

static int send_group(struct ipoib_interface *interface, struct ipoib_packet *packet,
		      const struct ipoib_gid *mgid, struct ipoib__burst *burst, uint64_t now)
{
	struct ipoib__group *made = ipoib__groups_find(&interface->groups, mgid);
	struct ipoib__cast_group *group = ipoib__cast_of(made);
	int status;

	/* Datagrams alone, whatever the mode: nobody could answer for a group's connection. */
	packet->mtu = group && group->ah ? group->limit : interface->datagram_mtu;
	if (packet->buffer->length > packet->mtu)
		return -EMSGSIZE;
	packet->mtu = 0;
	/* No group is made for a packet that can neither go nor wait for it. */
	if (!made && !ipoib__queue_room(interface, NULL))
		return -ENOBUFS;
	status = ipoib__group_to_send(interface, mgid, now, &made);
	if (status < 0)
		return status;
	group = ipoib__cast_of(made);
	if (group->ah)
		return send_datagram(interface, packet, group->ah->handle, &group->ah->attributes,
				     IPOIB_QPN_MULTICAST, burst, now);
	if (made->state == IPOIB_MULTICAST_BACKOFF && made->failures > 0)
		return -EHOSTUNREACH;
	if (!ipoib__queue_room(interface, &group->waiting))
		return -ENOBUFS;
	accept(burst, packet);
	ipoib__queue_put(interface, &group->waiting, packet->buffer, now);
	ipoib__note_use(interface, &interface->group_uses, &group->use);
	return 0;
}

/* To a neighbour that is not known yet, or cannot be sent to now; or to no single one. */
static int send_unresolved(struct ipoib_interface *interface, struct ipoib_packet *packet,
			   struct ipoib__peer *peer, struct ipoib__burst *burst, uint64_t now)
{
	const struct ipoib_ip *to = &packet->next_hop;
	struct ipoib_gid mgid;

	if (ipoib__bindings_is_broadcast(&interface->bindings, to))
		mgid = interface->groups.broadcast->mgid;
	else if (ipoib__mgid_for_ip(&mgid, interface->config.scope, interface->config.pkey, to) < 0)
		return wait_for_peer(interface, packet, peer, burst, now);
	return send_group(interface, packet, &mgid, burst, now);
}

/* candidate: what the burst has found by its hash, or NULL. */
static struct ipoib__adjacency *adjacency_to(const struct ipoib_interface *interface,
					     struct ipoib__adjacency *candidate,
					     const struct ipoib_ip *next_hop,
					     const struct ipoib__burst *burst)
{
	if (burst->made)
		return ipoib__adjacency_find(&interface->adjacencies, next_hop);
	return ipoib__adjacency_of(&interface->adjacencies, candidate, next_hop);
}

static bool goes_quickly(const struct ipoib_interface *interface,
			 const struct ipoib__adjacency *adjacency, uint32_t length,
			 const struct ipoib__burst *burst)
{
	return adjacency && adjacency->handle && burst->quick &&
	       !(adjacency->bits & IPOIB__ADJACENCY_DECIDE) && length <= adjacency->limit &&
	       length <= interface->datagram_limit;
}

static int send_one(struct ipoib_interface *interface, struct ipoib_packet *packet,
		    struct ipoib__adjacency *candidate, struct ipoib__burst *burst, uint64_t now)
{
	struct ipoib__adjacency *adjacency;
	struct ipoib__peer *peer;
	int status = ipoib__packet_check(interface, packet);

	if (status < 0)
		return status;
	if (!burst->open)
		return -ENETDOWN;
	/* No neighbour has an address that is not a single host's (next_hop.c). */
	adjacency = adjacency_to(interface, candidate, &packet->next_hop, burst);
	if (goes_quickly(interface, adjacency, packet->buffer->length, burst))
		return send_quickly(interface, packet, adjacency, burst, now);
	/* What is longer than the interface's MTU may still be cut, but only for a single host. */
	if (packet->buffer->length > interface->mtu &&
	    (!interface->config.fragment || ipoib__choose_fragile(packet->buffer))) {
		packet->mtu = interface->mtu;
		return -EMSGSIZE;
	}
	peer = adjacency ? adjacency->neighbour : NULL;
	if (peer && ipoib__peer_ah(interface, peer))
		return send_to_peer(interface, packet, peer, burst, now);
	return send_unresolved(interface, packet, peer, burst, now);
}

int ipoib__transmit(struct ipoib_interface *interface, struct ipoib_packet *packets, size_t count,
		    struct ipoib__burst *burst, uint64_t now)
{
	int accepted = 0;

	/* Not its arrays, which are long, and written before they are read. */
	burst->open = interface->up && !interface->closed;
	burst->quick = !interface->paths.flushing;
	burst->made = false;
	burst->accepted = 0;
	burst->count = 0;
	burst->channel = NULL;
	burst->message_count = 0;
	for (size_t i = 0; i < count; i++) {
		packets[i].mtu = 0;
		packets[i].status =
			send_one(interface, &packets[i], burst->adjacencies[i], burst, now);
		if (packets[i].status == 0)
			accepted++;
		else
			ipoib__packet_refused(interface, &packets[i], now);
	}
	interface->statistics.accepted += burst->accepted;
	interface->statistics.queued += burst->accepted;
	flush_burst(interface, burst);
	flush_messages(interface, burst, now);
	return accepted;
}
