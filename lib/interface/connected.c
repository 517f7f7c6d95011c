/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The last step of a packet that goes by a connection, and those that wait for room on one. The law
 * stands here too: what the peer does not take is not posted.
 */
#include "interface/interface.h"

static void take_off(struct ipoib__channel *channel, struct ipoib_buffer *buffer)
{
	ipoib__assert(buffer->channel == channel && channel->sends_out > 0);
	ipoib__list_remove(&buffer->link);
	buffer->channel = NULL;
	channel->sends_out--;
}

/* What was posted and has not completed was not sent, as far as anybody can know. */
void ipoib__channel_hang_up(struct ipoib_interface *interface, struct ipoib__channel *channel)
{
	struct ipoib_transport *transport = interface->transport;
	struct ipoib__list *first;

	if (!channel->rc)
		return;
	transport->ops->rc_destroy(transport->self, channel->rc);
	channel->rc = NULL;
	ipoib__list_remove(&channel->ending);
	while ((first = ipoib__list_first(&channel->posted)) != NULL) {
		struct ipoib_buffer *buffer =
			ipoib__container_of(first, struct ipoib_buffer, link);

		take_off(channel, buffer);
		ipoib__answer_dropped(interface, buffer,
				      interface->closed ? IPOIB_SEND_DROP_CLOSED :
							  IPOIB_SEND_DROP_TRANSPORT);
	}
}

uint32_t ipoib__channel_room(const struct ipoib_interface *interface,
			     const struct ipoib__channel *channel)
{
	return channel->rc ? interface->config.connection_depth - channel->sends_out : 0;
}

static void prepare(struct ipoib__channel *channel, struct ipoib_buffer *buffer,
		    struct ipoib_rc_send *send)
{
	*send = (struct ipoib_rc_send){ .cookie = (uintptr_t)buffer,
					.address = ipoib__encapsulate(buffer),
					.length = IPOIB__ENCAP_LENGTH + buffer->length,
					.key = buffer->key };
	buffer->channel = channel;
	ipoib__list_push_back(&channel->posted, &buffer->link);
	channel->sends_out++;
}

/*
 * Posts packets, for which there is room. The law stands here too: what the peer does not take
 * is not posted.
 */
void ipoib__channel_post(struct ipoib_interface *interface, struct ipoib__channel *channel,
			 struct ipoib_buffer *const *buffers, size_t count, uint64_t now)
{
	struct ipoib_transport *transport = interface->transport;
	struct ipoib_rc_send sends[IPOIB__BURST];
	size_t ready = 0;
	int posted;

	ipoib__assert(count <= IPOIB__BURST && count <= ipoib__channel_room(interface, channel));
	for (size_t i = 0; i < count; i++) {
		if (buffers[i]->length > channel->connection.mtu) {
			buffers[i]->limit = channel->connection.mtu;
			ipoib__answer_dropped(interface, buffers[i], IPOIB_SEND_DROP_TOO_BIG);
			continue;
		}
		if (channel->sends_out == 0)
			channel->progress = now;
		prepare(channel, buffers[i], &sends[ready++]);
	}
	if (ready == 0)
		return;
	ipoib__connections_touch(&interface->connections, &channel->connection, now);
	posted = transport->ops->rc_post_send(transport->self, channel->rc, sends, ready);
	for (size_t i = posted < 0 ? 0 : (size_t)posted; i < ready; i++) {
		struct ipoib_buffer *buffer = (struct ipoib_buffer *)(uintptr_t)sends[i].cookie;

		take_off(channel, buffer);
		ipoib__answer_dropped(interface, buffer, IPOIB_SEND_DROP_TRANSPORT);
	}
}

/* A completed send: the channel that has room again, or NULL. */
struct ipoib__channel *ipoib__channel_completed(struct ipoib_interface *interface,
						const struct ipoib_ud_completion *completion)
{
	struct ipoib_buffer *buffer = (struct ipoib_buffer *)(uintptr_t)completion->cookie;
	struct ipoib__channel *channel = buffer->channel;

	ipoib__assert(channel != NULL);
	take_off(channel, buffer);
	channel->progress = interface->context->last;
	if (completion->status < 0) {
		ipoib__answer_dropped(interface, buffer, IPOIB_SEND_DROP_TRANSPORT);
	} else {
		interface->statistics.sent_connected++;
		ipoib__count_sent(interface, buffer);
		ipoib__release_sent(buffer);
	}
	return channel->sends_out <= interface->config.connection_depth / 2 ? channel : NULL;
}

/* The peer has packets that wait for room on its channel, or was refused for want of it. */
void ipoib__channel_wait(struct ipoib__peer *peer)
{
	if (!ipoib__list_is_linked(&peer->turn))
		ipoib__list_push_back(&peer->channel->turns, &peer->turn);
}

/* Posts the oldest packet of a peer; whether it has more. */
static bool post_one(struct ipoib_interface *interface, struct ipoib__peer *peer, uint64_t now)
{
	struct ipoib_buffer *buffer = ipoib__queue_first(&peer->waiting);

	if (!buffer) {
		ipoib__queue_tell_room(interface, &peer->waiting);
		return false;
	}
	ipoib__queue_out(interface, buffer);
	ipoib__channel_post(interface, peer->channel, &buffer, 1, now);
	return peer->waiting.count > 0;
}

/*
 * What waits for room, as far as there is room: a packet of each peer in turn, so that one of
 * several addresses behind a connection does not keep it from the others.
 */
void ipoib__channel_flush(struct ipoib_interface *interface, struct ipoib__channel *channel,
			  uint64_t now)
{
	struct ipoib__list *first;

	while (channel->connection.state == IPOIB__CONNECTION_UP &&
	       ipoib__channel_room(interface, channel) > 0 &&
	       (first = ipoib__list_pop_front(&channel->turns)) != NULL) {
		struct ipoib__peer *peer = ipoib__container_of(first, struct ipoib__peer, turn);

		if (post_one(interface, peer, now))
			ipoib__list_push_back(&channel->turns, &peer->turn);
	}
}
