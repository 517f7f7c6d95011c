/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Which way each packet goes, and what is done to it for that: lib/mtu decides, this file fills
 * in what is known of the peer, and obeys.
 */
#include "interface/interface.h"

#include <errno.h>

#include "wire/ip.h"

#define AT_FLAGS 6 /* of an IPv4 header */
#define DONT_FRAGMENT 0x40

static enum ipoib__mtu_link link_of(const struct ipoib__channel *channel, uint64_t now)
{
	if (!channel)
		return IPOIB__MTU_NO_CONNECTION;
	switch (channel->connection.state) {
	case IPOIB__CONNECTION_UP:
		return IPOIB__MTU_CONNECTED;
	case IPOIB__CONNECTION_DIALLING:
		return IPOIB__MTU_CONNECTING;
	case IPOIB__CONNECTION_HELD:
		if (!ipoib__connections_held(&channel->connection, now))
			return IPOIB__MTU_WANTED;
		return ipoib__connection_in_grace(&channel->connection, now) ?
			       IPOIB__MTU_CONNECTING :
			       IPOIB__MTU_NO_CONNECTION;
	default:
		return IPOIB__MTU_WANTED;
	}
}

struct ipoib__mtu_path ipoib__choose_path(const struct ipoib_interface *interface,
					  const struct ipoib__peer *peer, uint64_t now)
{
	return (struct ipoib__mtu_path){
		.link = link_of(peer->channel, now),
		.datagram = ipoib__peer_limit(interface, peer),
		.connection = peer->channel ? peer->channel->connection.mtu : 0,
		.interface = interface->mtu,
		.may_fragment = interface->config.fragment,
	};
}

/* The longest IP packet that it can be sent now, or that may wait for its connection. */
uint32_t ipoib__choose_mtu(const struct ipoib_interface *interface, const struct ipoib__peer *peer,
			   uint64_t now)
{
	struct ipoib__mtu_path path = ipoib__choose_path(interface, peer, now);

	return ipoib__mtu_of_peer(&path);
}

/* IPv6 is never cut on its way (RFC 8200 section 5). */
bool ipoib__choose_fragile(const struct ipoib_buffer *buffer)
{
	const uint8_t *packet = buffer->memory + IPOIB__HEADROOM;

	return ipoib__ip_version(packet, buffer->length) != 4 ||
	       (packet[AT_FLAGS] & DONT_FRAGMENT);
}

/*
 * Tells the caller when the MTU of a neighbour is another one than it was told, or had to assume.
 */
void ipoib__choose_tell_mtu(struct ipoib_interface *interface, struct ipoib__peer *peer,
			    uint64_t now)
{
	struct ipoib_event event = { .type = IPOIB_EVENT_NEIGHBOUR_MTU, .ip = peer->neighbour.ip };
	uint32_t assumed = peer->told_mtu ? peer->told_mtu : interface->mtu;

	ipoib__peer_changed(interface, peer);
	event.mtu = ipoib__choose_mtu(interface, peer, now);
	if (event.mtu == assumed)
		return;
	peer->told_mtu = event.mtu;
	ipoib__answer_event(interface, &event, now);
}

/* ---- fragments ---- */

static void drop_list(struct ipoib__list *fragments)
{
	struct ipoib__list *first;

	while ((first = ipoib__list_pop_front(fragments)) != NULL)
		ipoib_buffer_unref(ipoib__container_of(first, struct ipoib_buffer, link));
}

static struct ipoib_buffer *next_fragment(struct ipoib_interface *interface,
					  struct ipoib__fragments *f,
					  const struct ipoib_buffer *packet)
{
	struct ipoib_transport *transport = interface->transport;
	struct ipoib__share *share = f->mtu > IPOIB__PAYLOAD_MAX - IPOIB__ENCAP_LENGTH ?
					     &interface->large_share :
					     &interface->share;
	struct ipoib_buffer *fragment = ipoib__pool_get(transport, share, IPOIB__POOL_CALLER);

	if (!fragment)
		return NULL;
	fragment->length = (uint32_t)ipoib__fragments_next(f, ipoib_buffer_data(fragment),
							   ipoib_buffer_room(fragment));
	fragment->type = packet->type;
	fragment->next_hop = packet->next_hop;
	return fragment;
}

/*
 * Cuts a packet into a list of buffers: how many, at least one; or -EINVAL (its header is wrong,
 * by its checksum too: the fragments' new ones would hide that), -EMSGSIZE (it cannot be cut so
 * small), -ENOMEM (the pool is used up). The list is empty then.
 */
int ipoib__choose_cut(struct ipoib_interface *interface, struct ipoib_buffer *packet, uint32_t mtu,
		      struct ipoib__list *fragments)
{
	struct ipoib_buffer *fragment;
	struct ipoib__fragments f;
	int count = 0, status;

	ipoib__list_init(fragments);
	status = ipoib__fragments_begin(&f, ipoib_buffer_data(packet), packet->length, mtu);
	if (status < 0)
		return status == -EINVAL ? -EINVAL : -EMSGSIZE;
	if (f.payload == 0) /* nothing that could be cut: the header has changed since */
		return -EINVAL;
	for (size_t left = ipoib__fragments_count(&f); left > 0; left--) {
		fragment = next_fragment(interface, &f, packet);
		if (!fragment) {
			drop_list(fragments);
			return -ENOMEM;
		}
		ipoib__list_push_back(fragments, &fragment->link);
		count++;
	}
	return count;
}

/* From here on each fragment counts as a packet, and the one that they were cut from does not. */
static void count_fragments(struct ipoib_interface *interface, unsigned count)
{
	struct ipoib_statistics *statistics = &interface->statistics;

	statistics->fragmented++;
	statistics->fragments += count;
	statistics->accepted += count - 1;
	statistics->queued += count - 1;
}

/* ---- what waits at a peer ---- */

static void as_datagram(struct ipoib_interface *interface, struct ipoib__peer *peer,
			struct ipoib_buffer *buffer)
{
	ipoib__address_peer(interface, buffer, peer);
	ipoib__queue_move(interface, &interface->backlog, buffer);
}

static void too_big(struct ipoib_interface *interface, struct ipoib_buffer *buffer, uint32_t mtu)
{
	ipoib__queue_out(interface, buffer);
	buffer->limit = mtu;
	ipoib__answer_dropped(interface, buffer, IPOIB_SEND_DROP_TOO_BIG);
}

/* As datagrams, whether there is a connection or not: that may be gone before the last of them. */
static void in_fragments(struct ipoib_interface *interface, struct ipoib__peer *peer,
			 struct ipoib_buffer *packet, uint64_t now)
{
	struct ipoib__list fragments, *first;
	uint32_t limit = ipoib__peer_limit(interface, peer);
	int count = ipoib__choose_cut(interface, packet, limit, &fragments);

	if (count == -ENOMEM) {
		ipoib__queue_out(interface, packet);
		ipoib__answer_dropped(interface, packet, IPOIB_SEND_DROP_NO_MEMORY);
		return;
	}
	if (count < 0) {
		too_big(interface, packet, limit);
		return;
	}
	ipoib__queue_out(interface, packet);
	ipoib__release_sent(packet);
	count_fragments(interface, (unsigned)count);
	while ((first = ipoib__list_pop_front(&fragments)) != NULL) {
		struct ipoib_buffer *fragment =
			ipoib__container_of(first, struct ipoib_buffer, link);

		fragment->taken = true;
		ipoib__address_peer(interface, fragment, peer);
		ipoib__queue_force(interface, &interface->backlog, fragment, now);
	}
}

/* Decides about one waiting packet; it may go on waiting. */
static void flush_one(struct ipoib_interface *interface, struct ipoib__peer *peer,
		      struct ipoib_buffer *buffer, uint64_t now)
{
	struct ipoib__mtu_path path = ipoib__choose_path(interface, peer, now);
	struct ipoib__mtu_verdict verdict =
		ipoib__mtu_decide(&path, buffer->length, ipoib__choose_fragile(buffer));

	switch (verdict.way) {
	case IPOIB__MTU_DATAGRAM:
		as_datagram(interface, peer, buffer);
		break;
	case IPOIB__MTU_CONNECTION:
		ipoib__channel_wait(peer); /* for its turn */
		break;
	case IPOIB__MTU_FRAGMENT:
		in_fragments(interface, peer, buffer, now);
		break;
	case IPOIB__MTU_TOO_BIG:
		too_big(interface, buffer, verdict.mtu);
		break;
	case IPOIB__MTU_WAIT:
		break;
	}
}

/*
 * What can go goes, in its order, with no moment in which a packet is stranded (I8). A large
 * packet that waits for the connection holds up no small one: that can go as a datagram at once.
 */
void ipoib__choose_again(struct ipoib_interface *interface, struct ipoib__peer *peer, uint64_t now)
{
	struct ipoib__list *at, *next;

	if (!ipoib__peer_ah(interface, peer))
		return;
	ipoib__list_for_each_safe(at, next, &peer->waiting.packets)
		flush_one(interface, peer, ipoib__container_of(at, struct ipoib_buffer, link), now);
	if (peer->waiting.count > 0) /* for a connection, which may have to be asked for */
		ipoib__note_use(interface, &interface->uses, &peer->use);
	ipoib__post_backlog(interface, now);
}

void ipoib__choose_flush(struct ipoib_interface *interface, struct ipoib__peer *peer, uint64_t now)
{
	ipoib__choose_again(interface, peer, now);
	if (peer->channel)
		ipoib__channel_flush(interface, peer->channel, now);
}
