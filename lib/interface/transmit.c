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

static void flush_burst(struct ipoib_interface *interface, struct ipoib__burst *burst, uint64_t now)
{
	ipoib__post(interface, burst->buffers, burst->count, now);
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
static void accept(struct ipoib_interface *interface, const struct ipoib_packet *packet)
{
	struct ipoib_buffer *buffer = packet->buffer;

	buffer->taken = true;
	buffer->control = false;
	buffer->type = packet->next_hop.family == IPOIB_IPV4 ? IPOIB__TYPE_IPV4 : IPOIB__TYPE_IPV6;
	buffer->next_hop = packet->next_hop;
	interface->statistics.accepted++;
	interface->statistics.queued++;
}

/* The quick way: to a known address handle, with the burst. */
static int send_now(struct ipoib_interface *interface, struct ipoib_packet *packet,
		    struct ipoib__ah *ah, uint32_t qpn, uint32_t limit, struct ipoib__burst *burst,
		    uint64_t now)
{
	if (packet->buffer->length > limit) {
		packet->mtu = limit;
		return -EMSGSIZE;
	}
	if (ipoib__post_room(interface) <= burst->count) {
		interface->want_room = true;
		/* what is posted may fail, and then no completion comes to wake us (I24) */
		interface->context->again = true;
		return -EAGAIN;
	}
	accept(interface, packet);
	ipoib__address(packet->buffer, ah, qpn);
	burst->buffers[burst->count++] = packet->buffer;
	if (burst->count == IPOIB__BURST)
		flush_burst(interface, burst, now);
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
	if (!peer) {
		burst->made = true;
		status = ipoib__peer_make(interface, &packet->next_hop, true, now, &peer);
		if (status < 0)
			return status;
	}
	accept(interface, packet);
	ipoib__queue_put(interface, &peer->waiting, packet->buffer, now);
	ipoib__neighbours_touch(&interface->neighbours, &peer->neighbour, now);
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
		accept(interface, packet);
		burst->messages[burst->message_count++] = buffer;
		return 0;
	}
	ipoib__channel_wait(peer);
	if (!ipoib__queue_room(interface, &peer->waiting)) {
		ipoib__queue_refuse(interface, &peer->waiting);
		return -EAGAIN;
	}
	accept(interface, packet);
	ipoib__queue_put(interface, &peer->waiting, buffer, now);
	return 0;
}

/* In fragments, all of them or none: each is a packet of its own from here on. */
static int send_fragments(struct ipoib_interface *interface, struct ipoib_packet *packet,
			  struct ipoib__peer *peer, uint32_t limit, struct ipoib__burst *burst,
			  uint64_t now)
{
	struct ipoib_packet piece = { .next_hop = packet->next_hop };
	struct ipoib__list fragments, *first;
	int count;

	flush_burst(interface, burst, now);
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
		interface->want_room = true;
		interface->context->again = true;
		return -EAGAIN;
	}
	interface->statistics.fragmented++;
	while ((first = ipoib__list_pop_front(&fragments)) != NULL) {
		interface->statistics.fragments++;
		piece.buffer = ipoib__container_of(first, struct ipoib_buffer, link);
		send_now(interface, &piece, peer->ah, peer->qpn, limit, burst, now);
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
		return send_now(interface, packet, peer->ah, peer->qpn, path.datagram, burst, now);
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

static int send_to_peer(struct ipoib_interface *interface, struct ipoib_packet *packet,
			struct ipoib__peer *peer, struct ipoib__burst *burst, uint64_t now)
{
	struct ipoib__neighbour *n = &peer->neighbour;
	uint32_t datagram = ipoib__peer_limit(interface, peer);
	int status;

	/* Without a connection what fits is a datagram: there is nothing to decide. */
	if (!peer->channel && packet->buffer->length <= datagram)
		status = send_now(interface, packet, peer->ah, peer->qpn, datagram, burst, now);
	else
		status = send_as_decided(interface, packet, peer, burst, now);
	if (status < 0)
		return status;
	/* Once a second, or when it is not sure of itself: more than a time stamp is due. */
	if (ipoib__neighbours_touch(&interface->neighbours, n, now) ||
	    n->state == IPOIB_NEIGHBOUR_STALE)
		ipoib__note_use(interface, &interface->uses, &peer->use);
	return 0;
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
		return send_now(interface, packet, group->ah, IPOIB_QPN_MULTICAST, group->limit,
				burst, now);
	if (made->state == IPOIB_MULTICAST_BACKOFF && made->failures > 0)
		return -EHOSTUNREACH;
	if (!ipoib__queue_room(interface, &group->waiting))
		return -ENOBUFS;
	accept(interface, packet);
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

/* The neighbour with this address; candidate: what the burst has found by its hash, or NULL. */
static struct ipoib__peer *peer_at(const struct ipoib_interface *interface,
				   struct ipoib__peer *candidate, const struct ipoib_ip *ip,
				   const struct ipoib__burst *burst)
{
	if (!burst->made && (!candidate || ipoib__ip_same(&candidate->neighbour.ip, ip)))
		return candidate;
	return ipoib__peer_of(ipoib__neighbours_find(&interface->neighbours, ip));
}

static int send_one(struct ipoib_interface *interface, struct ipoib_packet *packet,
		    struct ipoib__peer *candidate, struct ipoib__burst *burst, uint64_t now)
{
	struct ipoib__peer *peer;
	int status = ipoib__packet_check(interface, packet);

	if (status < 0)
		return status;
	if (!interface->up || interface->closed)
		return -ENETDOWN;
	/* What is longer than the interface's MTU may still be cut, but only for a single host. */
	if (packet->buffer->length > interface->mtu &&
	    (!interface->config.fragment || ipoib__choose_fragile(packet->buffer))) {
		packet->mtu = interface->mtu;
		return -EMSGSIZE;
	}
	/* No neighbour has an address that is not a single host's (next_hop.c). */
	peer = peer_at(interface, candidate, &packet->next_hop, burst);
	if (peer && ipoib__peer_ah(interface, peer))
		return send_to_peer(interface, packet, peer, burst, now);
	return send_unresolved(interface, packet, peer, burst, now);
}

int ipoib__transmit(struct ipoib_interface *interface, struct ipoib_packet *packets, size_t count,
		    struct ipoib__burst *burst, uint64_t now)
{
	int accepted = 0;

	burst->made = false; /* not its arrays, which are long, and written before they are read */
	burst->count = 0;
	burst->channel = NULL;
	burst->message_count = 0;
	for (size_t i = 0; i < count; i++) {
		packets[i].mtu = 0;
		packets[i].status = send_one(interface, &packets[i], burst->peers[i], burst, now);
		if (packets[i].status == 0)
			accepted++;
		else
			ipoib__packet_refused(interface, &packets[i], now);
	}
	flush_burst(interface, burst, now);
	flush_messages(interface, burst, now);
	return accepted;
}
