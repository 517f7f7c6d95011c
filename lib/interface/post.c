/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The last step of a packet out: onto the queue pair. Packets are staged (packets.h), and what is
 * staged is posted together; what finds no room stands in line, the backlog.
 */
#include "interface/interface.h"

void ipoib__drop_too_big(struct ipoib_interface *interface, struct ipoib_buffer *buffer,
			 uint32_t limit)
{
	buffer->limit = limit;
	ipoib__answer_dropped(interface, buffer, IPOIB_SEND_DROP_TOO_BIG);
}

/* The adapter did not take these: their fate is known at once. */
static void not_posted(struct ipoib_interface *interface, const struct ipoib_ud_send *sends,
		       size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct ipoib_buffer *buffer = (struct ipoib_buffer *)(uintptr_t)sends[i].cookie;

		buffer->poster = NULL;
		interface->sends_out--;
		ipoib__answer_dropped(interface, buffer, IPOIB_SEND_DROP_TRANSPORT);
	}
	interface->posted -= count;
}

/* Posts what has been staged. */
void ipoib__post(struct ipoib_interface *interface, const struct ipoib_ud_send *sends,
		 size_t count)
{
	struct ipoib_transport *transport = interface->transport;
	int posted;

	if (count == 0)
		return;
	ipoib__assert(interface->sends_out <= interface->config.send_depth);
	posted = transport->ops->ud_post_send(transport->self, interface->ud, sends, count);
	if (posted < 0)
		posted = 0;
	if ((size_t)posted < count)
		not_posted(interface, sends + posted, count - (size_t)posted);
}

/*
 * What waited for a peer, a path or a group can go. As much as there is room for is posted, the
 * rest stands in line for room, before anything that is sent later.
 */
void ipoib__flush(struct ipoib_interface *interface, struct ipoib__queue *queue,
		  struct ipoib__ah *ah, uint32_t qpn, uint32_t limit, uint64_t now)
{
	struct ipoib_buffer *buffer;

	while ((buffer = ipoib__queue_first(queue)) != NULL) {
		if (!buffer->control && buffer->length > limit) {
			ipoib__queue_out(interface, buffer);
			ipoib__drop_too_big(interface, buffer, limit);
			continue;
		}
		/* A control packet that waits for a path knows its queue pair already. */
		ipoib__address(buffer, ah, buffer->control && qpn == 0 ? buffer->remote_qpn : qpn);
		ipoib__queue_move(interface, &interface->backlog, buffer);
	}
	ipoib__post_backlog(interface, now);
}

/* Addressed by what is not true any more, and not posted yet: it waits with its peer again. */
static void take_back(struct ipoib_interface *interface, struct ipoib_buffer *buffer)
{
	struct ipoib__neighbour *n =
		ipoib__neighbours_find(&interface->neighbours, &buffer->next_hop);
	struct ipoib__peer *peer = ipoib__peer_of(n);

	if (buffer->control || !peer) { /* ours are asked and answered anew */
		ipoib__queue_out(interface, buffer);
		ipoib__answer_dropped(interface, buffer, IPOIB_SEND_DROP_NO_PATH);
		return;
	}
	ipoib__ah_unref(interface, buffer->ah);
	buffer->ah = NULL;
	ipoib__queue_move(interface, &peer->waiting, buffer);
	ipoib__note_use(interface, &interface->uses, &peer->use);
}

/* Takes unicast packets out of the backlog, those of one address handle or (NULL) of every one. */
void ipoib__backlog_again(struct ipoib_interface *interface, const struct ipoib__ah *ah)
{
	struct ipoib__list *at, *next;

	ipoib__list_for_each_safe(at, next, &interface->backlog.packets) {
		struct ipoib_buffer *buffer = ipoib__container_of(at, struct ipoib_buffer, link);

		if (ah ? buffer->ah == ah : buffer->remote_qpn != IPOIB_QPN_MULTICAST)
			take_back(interface, buffer);
	}
}

/* The first packet of the backlog becomes the next send; false: it has been answered. */
static bool stage_first(struct ipoib_interface *interface, struct ipoib_ud_send *send, uint64_t now)
{
	struct ipoib_buffer *buffer = ipoib__queue_first(&interface->backlog);
	struct ipoib__ah *ah = buffer->ah;

	ipoib__queue_out(interface, buffer);
	buffer->ah = NULL;
	bool staged = ipoib__stage(interface, send, buffer, ah->handle, buffer->remote_qpn);
	if (staged && interface->capture)
		ipoib__record_send(interface, buffer, &ah->attributes, buffer->remote_qpn, now);
	ipoib__ah_unref(interface, ah); /* what is staged keeps it: ah.c */
	return staged;
}

void ipoib__post_backlog(struct ipoib_interface *interface, uint64_t now)
{
	struct ipoib_ud_send sends[IPOIB__BURST];
	size_t count;

	do {
		for (count = 0; count < IPOIB__BURST && interface->backlog.count > 0 &&
				interface->sends_out < interface->config.send_depth;)
			count += stage_first(interface, &sends[count], now);
		ipoib__post(interface, sends, count);
	} while (count == IPOIB__BURST);
}

/*
 * Tells who was sent away that there is room again, when half of it is free: not for each
 * single packet.
 */
void ipoib__tell_room(struct ipoib_interface *interface, uint64_t now)
{
	if (interface->backlog.count > 0 ||
	    interface->sends_out > interface->config.send_depth / 2)
		return;
	interface->want_room = !ipoib__answer_wake(interface, IPOIB_EVENT_SEND_ROOM, now);
}

void ipoib__send_completed(struct ipoib_interface *interface,
			   const struct ipoib_ud_completion *completion)
{
	struct ipoib_buffer *buffer = (struct ipoib_buffer *)(uintptr_t)completion->cookie;

	ipoib__assert(buffer->poster == interface && buffer->outgoing);
	buffer->poster = NULL;
	interface->sends_out--;
	if (completion->status < 0) {
		ipoib__answer_dropped(interface, buffer, IPOIB_SEND_DROP_TRANSPORT);
	} else {
		ipoib__count_sent(interface, buffer);
		ipoib__release_sent(buffer);
	}
}
