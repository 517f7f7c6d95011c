/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * What packets stand on: buffers that wait, are posted and come to an end, and the way that each
 * takes. Nothing here knows why a neighbour can be sent to or cannot. A file needs only those
 * before it; pool.h stands below them all.
 */
#ifndef IPOIB__INTERFACE_PACKETS_H
#define IPOIB__INTERFACE_PACKETS_H

#include "interface/objects.h"

/* runtime.c */
void ipoib__context_unmake(struct ipoib_context *context);
void ipoib__context_release(struct ipoib_context *context);
uint64_t ipoib__context_now(struct ipoib_context *context);
void ipoib__context_reap(struct ipoib_context *context);
bool ipoib__context_enter(struct ipoib_context *context);
void ipoib__context_leave(struct ipoib_context *context);
void ipoib__note_use(struct ipoib_interface *interface, struct ipoib__list *uses,
		     struct ipoib__list *use);

/* ah.c */
struct ipoib__ah *ipoib__ah_new(struct ipoib_interface *interface,
				const struct ipoib_ah_attributes *attributes);
void ipoib__ah_retire(struct ipoib_interface *interface, struct ipoib__ah *ah);
void ipoib__ahs_sweep(struct ipoib_interface *interface, unsigned budget);

static inline struct ipoib__ah *ipoib__ah_ref(struct ipoib__ah *ah)
{
	ah->references++;
	return ah;
}

static inline void ipoib__ah_unref(struct ipoib_interface *interface, struct ipoib__ah *ah)
{
	if (ah && --ah->references == 0)
		ipoib__ah_retire(interface, ah);
}

/* notices.c */
void ipoib__answer_event(struct ipoib_interface *interface, const struct ipoib_event *event,
			 uint64_t now);
bool ipoib__answer_wake(struct ipoib_interface *interface, uint32_t type, uint64_t now);
void ipoib__answer_change(struct ipoib_interface *interface, const struct ipoib__neighbour *n,
			  uint32_t type, uint64_t now);
void ipoib__handle_due(struct ipoib_interface *interface, struct ipoib_neighbour *neighbour);
void ipoib__handles_look(struct ipoib_interface *interface);
void ipoib__peer_changed(struct ipoib_interface *interface, const struct ipoib__peer *peer);
void ipoib__peer_ended(struct ipoib_interface *interface, struct ipoib__peer *peer);

/* fate.c */
void ipoib__count_sent(struct ipoib_interface *interface, const struct ipoib_buffer *buffer);
void ipoib__release_sent(struct ipoib_buffer *buffer);
void ipoib__answer_dropped(struct ipoib_interface *interface, struct ipoib_buffer *buffer,
			   enum ipoib_send_drop reason);

/* waiting.c */
void ipoib__queue_init(struct ipoib__queue *queue);
bool ipoib__queue_room_control(const struct ipoib_interface *interface);
bool ipoib__queue_room_answer(const struct ipoib_interface *interface);
bool ipoib__queue_room(const struct ipoib_interface *interface, const struct ipoib__queue *queue);
void ipoib__queue_refuse(struct ipoib_interface *interface, struct ipoib__queue *queue);
void ipoib__queue_tell_room(struct ipoib_interface *interface, struct ipoib__queue *queue);
void ipoib__queue_forget(struct ipoib_interface *interface, struct ipoib__queue *queue);
struct ipoib_buffer *ipoib__queue_first(const struct ipoib__queue *queue);
void ipoib__queue_out(struct ipoib_interface *interface, struct ipoib_buffer *buffer);
void ipoib__queue_put(struct ipoib_interface *interface, struct ipoib__queue *queue,
		      struct ipoib_buffer *buffer, uint64_t now);
void ipoib__queue_force(struct ipoib_interface *interface, struct ipoib__queue *queue,
			struct ipoib_buffer *buffer, uint64_t now);
void ipoib__queue_move(struct ipoib_interface *interface, struct ipoib__queue *to,
		       struct ipoib_buffer *buffer);
void ipoib__queue_drop(struct ipoib_interface *interface, struct ipoib__queue *queue,
		       enum ipoib_send_drop reason);
void ipoib__waiting_drop_all(struct ipoib_interface *interface, enum ipoib_send_drop reason);
void ipoib__waiting_expire(struct ipoib__timer *timer, uint64_t now);

/* refill.c */
static inline bool ipoib__receive_full(const struct ipoib_interface *interface)
{
	return interface->receives_out >= interface->config.receive_depth &&
	       (interface->config.mode != IPOIB_MODE_CONNECTED ||
		interface->connected_out >= interface->config.connected_depth);
}
void ipoib__receive_refill_later(struct ipoib_interface *interface);
void ipoib__receive_refill(struct ipoib_interface *interface);
void ipoib__receive_refill_due(struct ipoib__timer *timer, uint64_t now);

/* record.c */
void ipoib__record_send(struct ipoib_interface *interface, const struct ipoib_buffer *buffer,
			const struct ipoib_ah_attributes *to, uint32_t qpn, uint64_t now);
void ipoib__record_receive(struct ipoib_interface *interface, const struct ipoib_buffer *buffer,
			   const struct ipoib_ud_completion *completion, uint64_t now);

/* post.c */
void ipoib__drop_too_big(struct ipoib_interface *interface, struct ipoib_buffer *buffer,
			 uint32_t limit);

/* Sends that may be posted now. What already waits for room goes first. */
static inline uint32_t ipoib__post_room(const struct ipoib_interface *interface)
{
	return interface->backlog.count > 0 ? 0 :
					      interface->config.send_depth - interface->sends_out;
}

static inline void ipoib__address(struct ipoib_buffer *buffer, struct ipoib__ah *ah, uint32_t qpn)
{
	ipoib__assert(!buffer->ah);
	buffer->ah = ipoib__ah_ref(ah);
	buffer->remote_qpn = qpn;
}

/* Writes the IPoIB header in front of the packet; returns where it begins. */
static inline const uint8_t *ipoib__encapsulate(struct ipoib_buffer *buffer)
{
	const struct ipoib__encap encap = { .type = buffer->type };
	uint8_t *start = buffer->memory + IPOIB_GRH_LENGTH;

	ipoib__encap_encode(start, IPOIB__ENCAP_LENGTH, &encap);
	return start;
}

/*
 * Makes a packet the next send that is posted; there is room for it. The law stands here, whatever
 * was decided above and has changed since: what is longer than the queue pair takes is never
 * posted, but answered (I3). false: that has been done.
 */
static inline bool ipoib__stage(struct ipoib_interface *interface, struct ipoib_ud_send *send,
				struct ipoib_buffer *buffer, void *ah, uint32_t qpn)
{
	if (buffer->length + IPOIB__ENCAP_LENGTH > interface->payload_max) {
		ipoib__drop_too_big(interface, buffer,
				    interface->payload_max - IPOIB__ENCAP_LENGTH);
		return false;
	}
	*send = (struct ipoib_ud_send){
		.cookie = (uintptr_t)buffer,
		.address = ipoib__encapsulate(buffer),
		.length = IPOIB__ENCAP_LENGTH + buffer->length,
		.remote_qpn = qpn,
		.remote_qkey = interface->qkey,
		.key = buffer->key,
		.ah = ah,
	};
	/* The record is complete before the post: a completion may come out of it at once (I22). */
	buffer->poster = interface;
	buffer->outgoing = true;
	interface->sends_out++;
	interface->posted++;
	return true;
}

void ipoib__post(struct ipoib_interface *interface, const struct ipoib_ud_send *sends,
		 size_t count);
void ipoib__flush(struct ipoib_interface *interface, struct ipoib__queue *queue,
		  struct ipoib__ah *ah, uint32_t qpn, uint32_t limit, uint64_t now);
void ipoib__backlog_again(struct ipoib_interface *interface, const struct ipoib__ah *ah);
void ipoib__post_backlog(struct ipoib_interface *interface, uint64_t now);
void ipoib__tell_room(struct ipoib_interface *interface, uint64_t now);
void ipoib__send_completed(struct ipoib_interface *interface,
			   const struct ipoib_ud_completion *completion);

/* icmp.c */
void ipoib__answer_icmp(struct ipoib_interface *interface, struct ipoib_buffer *packet,
			const struct ipoib_ip *next_hop, uint32_t mtu, uint64_t now);

/* connected.c */
void ipoib__channel_hang_up(struct ipoib_interface *interface, struct ipoib__channel *channel);
uint32_t ipoib__channel_room(const struct ipoib_interface *interface,
			     const struct ipoib__channel *channel);
void ipoib__channel_post(struct ipoib_interface *interface, struct ipoib__channel *channel,
			 struct ipoib_buffer *const *buffers, size_t count, uint64_t now);
struct ipoib__channel *ipoib__channel_completed(struct ipoib_interface *interface,
						const struct ipoib_ud_completion *completion);
void ipoib__channel_wait(struct ipoib__peer *peer);
void ipoib__channel_flush(struct ipoib_interface *interface, struct ipoib__channel *channel,
			  uint64_t now);

/* choose.c */
struct ipoib__mtu_path ipoib__choose_path(const struct ipoib_interface *interface,
					  const struct ipoib__peer *peer, uint64_t now);
uint32_t ipoib__choose_mtu(const struct ipoib_interface *interface, const struct ipoib__peer *peer,
			   uint64_t now);
bool ipoib__choose_fragile(const struct ipoib_buffer *buffer);
void ipoib__choose_tell_mtu(struct ipoib_interface *interface, struct ipoib__peer *peer,
			    uint64_t now);
int ipoib__choose_cut(struct ipoib_interface *interface, struct ipoib_buffer *packet, uint32_t mtu,
		      struct ipoib__list *fragments);
void ipoib__choose_again(struct ipoib_interface *interface, struct ipoib__peer *peer,
			 uint64_t now);
void ipoib__choose_flush(struct ipoib_interface *interface, struct ipoib__peer *peer,
			 uint64_t now);

/* derive.c */
void ipoib__derive_peer(struct ipoib__peer *peer);

/*
 * For the end of the backlog: by the peer's route, which has an address handle. The number of the
 * peer's last send is the one that it will have there.
 */
static inline void ipoib__address_peer(const struct ipoib_interface *interface,
				       struct ipoib_buffer *buffer, const struct ipoib__peer *peer)
{
	ipoib__address(buffer, peer->route->ah, peer->adjacency->qpn);
	peer->adjacency->last = (uint32_t)interface->posted + interface->backlog.count + 1;
}

/* The address handle of a route; NULL: there is none, or its path is stale. */
static inline struct ipoib__ah *ipoib__route_ah(const struct ipoib_interface *interface,
						const struct ipoib__route *route)
{
	return ipoib__paths_stale(&interface->paths, &route->path) ? NULL : route->ah;
}

/* That of a peer: what it may be sent to by. The route is looked at only while any is stale. */
static inline struct ipoib__ah *ipoib__peer_ah(const struct ipoib_interface *interface,
					       const struct ipoib__peer *peer)
{
	if (!peer->adjacency->handle)
		return NULL;
	return interface->paths.flushing ? ipoib__route_ah(interface, peer->route) :
					   peer->route->ah;
}

/* Octets of an IP packet that go to a peer in a datagram. */
static inline uint32_t ipoib__peer_limit(const struct ipoib_interface *interface,
					 const struct ipoib__peer *peer)
{
	uint32_t limit = peer->adjacency->limit;

	return limit < interface->datagram_limit ? limit : interface->datagram_limit;
}

#endif
