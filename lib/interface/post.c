/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The last step of a packet out: onto the queue pair. The law stands here, whatever was decided
 * above and has changed since: what is longer than the queue pair takes is never posted, but
 * answered (I3).
 */
#include "interface/interface.h"

static void drop_too_big(struct ipoib_interface *interface, struct ipoib_buffer *buffer,
			 uint32_t limit)
{
	buffer->limit = limit;
	ipoib__answer_dropped(interface, buffer, IPOIB_SEND_DROP_TOO_BIG);
}

/* The record is complete before the post, so that a completion may come out of it at once (I22). */
static void prepare(struct ipoib_interface *interface, struct ipoib_buffer *buffer,
		    struct ipoib_ud_send *send, uint32_t qkey, uint64_t now)
{
	*send = (struct ipoib_ud_send){
		.cookie = (uintptr_t)buffer,
		.address = ipoib__encapsulate(buffer),
		.length = IPOIB__ENCAP_LENGTH + buffer->length,
		.remote_qpn = buffer->remote_qpn,
		.remote_qkey = qkey,
		.key = buffer->key,
		.ah = buffer->ah->handle,
	};
	buffer->poster = interface;
	interface->sends_out++;
	if (interface->capture)
		ipoib__record_send(interface, buffer, now);
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
}

/* Posts a burst of addressed packets; there is room for them all. */
void ipoib__post(struct ipoib_interface *interface, struct ipoib_buffer *const *buffers,
		 size_t count, uint64_t now)
{
	struct ipoib_transport *transport = interface->transport;
	struct ipoib_ud_send sends[IPOIB__BURST];
	uint32_t qkey = interface->groups.broadcast->record.qkey;
	size_t ready = 0;
	int posted;

	ipoib__assert(count <= IPOIB__BURST &&
		      count <= interface->config.send_depth - interface->sends_out);
	for (size_t i = 0; i < count; i++) {
		if (buffers[i]->length + IPOIB__ENCAP_LENGTH > interface->payload_max)
			drop_too_big(interface, buffers[i],
				     interface->payload_max - IPOIB__ENCAP_LENGTH);
		else
			prepare(interface, buffers[i], &sends[ready++], qkey, now);
	}
	if (ready == 0)
		return;
	posted = transport->ops->ud_post_send(transport->self, interface->ud, sends, ready);
	if (posted < 0)
		posted = 0;
	if ((size_t)posted < ready)
		not_posted(interface, sends + posted, ready - (size_t)posted);
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
			drop_too_big(interface, buffer, limit);
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

void ipoib__post_backlog(struct ipoib_interface *interface, uint64_t now)
{
	struct ipoib_buffer *burst[IPOIB__BURST];
	uint32_t room = interface->config.send_depth - interface->sends_out;

	while (room > 0 && interface->backlog.count > 0) {
		size_t count = 0;

		while (count < IPOIB__BURST && count < room && interface->backlog.count > 0) {
			burst[count] = ipoib__queue_first(&interface->backlog);
			ipoib__queue_out(interface, burst[count]);
			count++;
		}
		ipoib__post(interface, burst, count, now);
		room = interface->config.send_depth - interface->sends_out;
	}
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

	ipoib__assert(buffer->poster == interface && buffer->ah);
	buffer->poster = NULL;
	interface->sends_out--;
	if (completion->status < 0) {
		ipoib__answer_dropped(interface, buffer, IPOIB_SEND_DROP_TRANSPORT);
	} else {
		ipoib__count_sent(interface, buffer);
		ipoib__release_sent(interface, buffer);
	}
}
