/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The floor that sees the transport below and the caller's callbacks above, and introduces the
 * protocol modules to each other. It routes; every decision is a module's. It is cut by direction:
 *
 *   context.c    the clock, the wheel, dispatch, and when ended objects are really freed
 *   transport.c  a port: what it tells, and its buffers (pool.c)
 *   interface.c  opening and closing; config.c: what may be asked for
 *   link.c       up, down, MTU; groups.c: joins and their answers
 *   packet.c     what the caller puts packets into
 *   transmit.c   the way of a packet out; waiting.c: packets that wait; post.c: to the queue pair
 *   receive.c    the way in; refill.c: room for it; arp.c, nd.c: what of it is for us, and what
 *   we ask and answer resolve.c    neighbours: who is asked, and what becomes of the answer;
 *   route.c: paths; ask.c: the room for questions to the SA, which interfaces of a port share
 *   entries.c    neighbours that the caller enters, removes and vouches for
 *   origin.c     where requests for connections came from
 *   source.c     neighbours that wait for an address of ours to be asked from
 *   address.c    bound addresses as the caller sees them; defend.c: probed, announced, defended
 *   own.c        the other interfaces of the context: never a peer, never a conflict
 *   sender.c     which port has sent a packet; first.c: which of two that answer is the right one
 *   lid.c        whether a LID is where a GID is
 *   answer.c     what callbacks are told
 *   view.c       what can be looked at from outside
 *
 * Callbacks are called from two places only, both on a flat stack: receive.c between two
 * bursts, and answer.c at the end of an interface's turn. No module's code is above them on the
 * stack.
 *
 * Ends of life. A callback may end any object. What is ended is marked, taken out of use at
 * once, and freed when dispatch is over (or at once outside of one), so that no loop on the
 * stack walks through freed memory. Lists that dispatch walks therefore keep their ended
 * members until then.
 */
#ifndef IPOIB__INTERFACE_H
#define IPOIB__INTERFACE_H

#include "interface/objects.h"

/* context.c */
uint64_t ipoib__context_now(struct ipoib_context *context);
bool ipoib__context_enter(struct ipoib_context *context);
void ipoib__context_leave(struct ipoib_context *context);
bool ipoib__context_hear_others(struct ipoib_context *context,
				const struct ipoib_interface *interface, uint64_t now);
void ipoib__context_expire(struct ipoib_context *context, bool heard_all, uint64_t now);
void ipoib__context_reap(struct ipoib_context *context);
void ipoib__context_released(struct ipoib_context *context);
void ipoib__context_release(struct ipoib_context *context);

/* transport.c */
void ipoib__transport_run(struct ipoib_transport *transport, uint64_t now);
uint64_t ipoib__transport_deadline(const struct ipoib_transport *transport);
void ipoib__transport_reap(struct ipoib_transport *transport);

/* interface.c */
unsigned ipoib__interface_run(struct ipoib_interface *interface, unsigned budget, bool polls,
			      uint64_t now);
void ipoib__interface_free(struct ipoib_interface *interface);

/* config.c */
int ipoib__interface_configure(struct ipoib_interface_config *out,
			       const struct ipoib_interface_config *in);
struct ipoib__neighbour_parameters
ipoib__interface_parameters(const struct ipoib_interface_config *config);
void ipoib__interface_stock(struct ipoib_interface *interface, bool comes);
uint32_t ipoib__interface_reserve(uint32_t depth);

/* link.c */
uint64_t ipoib__question_id(const struct ipoib_interface *interface, bool join,
			    uint64_t question);
void ipoib__link_event(struct ipoib_interface *interface,
		       const struct ipoib_transport_event *event, uint64_t now);
void ipoib__link_start(struct ipoib_interface *interface, uint64_t now);
void ipoib__link_port_due(struct ipoib__timer *timer, uint64_t now);
void ipoib__link_update(struct ipoib_interface *interface, uint64_t now);
enum ipoib_pkey_membership ipoib__link_membership(const struct ipoib_interface *interface);

/* channel.c: connections; dialled.c: what is told of them */
extern const struct ipoib__connections_hooks ipoib__interface_connections_hooks;
int ipoib__channel_listen(struct ipoib_interface *interface);
void ipoib__channel_event(struct ipoib_interface *interface,
			  const struct ipoib_transport_event *event, uint64_t now);
void ipoib__channel_enter(struct ipoib_interface *interface, struct ipoib__peer *peer,
			  uint64_t now);
void ipoib__channel_leave(struct ipoib_interface *interface, struct ipoib__peer *peer,
			  uint64_t now);
void ipoib__channel_announced(struct ipoib_interface *interface, struct ipoib__peer *peer,
			      uint64_t now);
void ipoib__channel_check(struct ipoib_interface *interface, struct ipoib__peer *peer,
			  uint64_t now);
uint32_t ipoib__channel_room(const struct ipoib_interface *interface,
			     const struct ipoib__channel *channel);
void ipoib__channel_post(struct ipoib_interface *interface, struct ipoib__channel *channel,
			 struct ipoib_buffer *const *buffers, size_t count, uint64_t now);
size_t ipoib__channel_private(const struct ipoib_interface *interface, uint8_t *bytes,
			      size_t room);
struct ipoib_rc_attributes ipoib__channel_attributes(const struct ipoib_interface *interface,
						     const struct ipoib__channel *channel);
struct ipoib__channel *ipoib__channel_set_up(struct ipoib__connection *c);
void ipoib__channel_wait(struct ipoib__peer *peer);
void ipoib__channel_flush(struct ipoib_interface *interface, struct ipoib__channel *channel,
			  uint64_t now);
void ipoib__channel_ends(struct ipoib_interface *interface, uint64_t now);
const struct ipoib_link_address *ipoib__channel_heard(struct ipoib_interface *interface,
						      uint64_t connection, uint64_t now);
struct ipoib__channel *ipoib__channel_completed(struct ipoib_interface *interface,
						const struct ipoib_ud_completion *completion);

/* packet.c */
int ipoib__packet_check(const struct ipoib_interface *interface, const struct ipoib_packet *packet);

/* transmit.c */
void ipoib__note_use(struct ipoib_interface *interface, struct ipoib__list *uses,
		     struct ipoib__list *use);

void ipoib__tell_buffers(struct ipoib_interface *interface, uint64_t now);
void ipoib__forget_buffers(struct ipoib_interface *interface);

/* choose.c */
struct ipoib__mtu_path ipoib__choose_path(const struct ipoib_interface *interface,
					  const struct ipoib__peer *peer, uint64_t now);
bool ipoib__choose_fragile(const struct ipoib_buffer *buffer);
void ipoib__choose_again(struct ipoib_interface *interface, struct ipoib__peer *peer,
			 uint64_t now);
void ipoib__choose_flush(struct ipoib_interface *interface, struct ipoib__peer *peer,
			 uint64_t now);
void ipoib__choose_tell_mtu(struct ipoib_interface *interface, struct ipoib__peer *peer,
			    uint64_t now);
int ipoib__choose_cut(struct ipoib_interface *interface, struct ipoib_buffer *packet, uint32_t mtu,
		      struct ipoib__list *fragments);

/* groups.c */
extern const struct ipoib__groups_hooks ipoib__interface_groups_hooks;
void ipoib__interface_joined(struct ipoib_interface *interface, uint64_t question,
			     const struct ipoib_transport_event *event, uint64_t now);
int ipoib__interface_group(struct ipoib_interface *interface, const struct ipoib_gid *mgid,
			   uint64_t now, struct ipoib__group **out);
int ipoib__group_to_send(struct ipoib_interface *interface, const struct ipoib_gid *mgid,
			 uint64_t now, struct ipoib__group **out);
void ipoib__group_uses(struct ipoib_interface *interface, unsigned budget, uint64_t now);
void ipoib__groups_limit(struct ipoib_interface *interface);

/* route.c */
extern const struct ipoib__paths_hooks ipoib__interface_paths_hooks;
void ipoib__interface_path_answer(struct ipoib_interface *interface, uint64_t question,
				  const struct ipoib_transport_event *event, uint64_t now);
struct ipoib__route *ipoib__route_get(struct ipoib_interface *interface,
				      const struct ipoib_gid *gid, uint64_t now);
void ipoib__route_need(struct ipoib_interface *interface, struct ipoib__route *route, bool wanted,
		       uint64_t now);
void ipoib__peer_ready(struct ipoib_interface *interface, struct ipoib__peer *peer, uint64_t now);
void ipoib__route_proof(struct ipoib_interface *interface, const struct ipoib_gid *gid,
			uint64_t now);
void ipoib__route_suspect(struct ipoib_interface *interface, struct ipoib__route *route,
			  uint64_t now);
void ipoib__route_send(struct ipoib_interface *interface, struct ipoib_buffer *buffer,
		       const struct ipoib_link_address *to, bool wanted, uint64_t now);
void ipoib__peers_limit(struct ipoib_interface *interface, uint64_t now);
void ipoib__peers_limit_due(struct ipoib__timer *timer, uint64_t now);

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
	if (interface->paths.flushing && peer->ah)
		return ipoib__route_ah(interface, peer->route);
	return peer->ah;
}

/* Octets of an IP packet that go to a peer in a datagram. */
static inline uint32_t ipoib__peer_limit(const struct ipoib_interface *interface,
					 const struct ipoib__peer *peer)
{
	return peer->limit < interface->datagram_limit ? peer->limit : interface->datagram_limit;
}

/* ask.c */
bool ipoib__ask_turn(struct ipoib_interface *interface);
int ipoib__ask_result(struct ipoib_interface *interface, int status);
void ipoib__ask_waiting(struct ipoib_transport *transport, uint64_t now);
void ipoib__ask_due(struct ipoib__timer *timer, uint64_t now);

/* resolve.c */
extern const struct ipoib__neighbours_hooks ipoib__interface_neighbours_hooks;
/* What ARP or neighbour discovery has told about an address. */
struct ipoib__told {
	const struct ipoib_ip *ip;
	/* NULL: none was told, which confirms the one that is known */
	const struct ipoib_link_address *link_address;
	uint8_t claim; /* enum ipoib_claim */
	bool answer;   /* to a question, perhaps not ours */
	bool weak;     /* not to override another link address */
	bool for_us;   /* said to an address of ours */
	bool create;   /* who is not known is entered */
	bool own_word; /* the port that says so uses the address by itself: first.h */
	const struct ipoib_buffer *packet; /* which said so */
};
/* Where a question about a neighbour goes. */
struct ipoib__question {
	const struct ipoib_link_address *to; /* NULL: by multicast */
	bool wanted; /* its path is worth as much as one for a packet of the caller */
};
void ipoib__resolve_told(struct ipoib_interface *interface, const struct ipoib__told *told,
			 uint64_t now);
void ipoib__peer_init(struct ipoib__peer *peer);
void ipoib__resolve_uses(struct ipoib_interface *interface, unsigned budget, uint64_t now);

/* source.c */
bool ipoib__source_awaited(struct ipoib_interface *interface, struct ipoib__peer *peer,
			   uint64_t now);
void ipoib__source_ready(struct ipoib_interface *interface);
void ipoib__source_due(struct ipoib__timer *timer, uint64_t now);

/* sender.c */
enum ipoib__neighbour_origin ipoib__sender_of(const struct ipoib_interface *interface,
					      const struct ipoib_link_address *address,
					      const struct ipoib_buffer *packet);
void ipoib__sender_data(struct ipoib_interface *interface, const struct ipoib_buffer *packet,
			const struct ipoib_ip *source, uint64_t now);

/* first.c */
void ipoib__first_heard(struct ipoib_interface *interface, const struct ipoib__told *told,
			uint64_t now);
void ipoib__first_judge(struct ipoib_interface *interface, struct ipoib__peer *peer, uint64_t now);
void ipoib__first_told(struct ipoib_interface *interface, struct ipoib__peer *peer, uint64_t now);
void ipoib__first_word(struct ipoib_interface *interface, const struct ipoib__word *word,
		       const struct ipoib_buffer *packet, uint64_t now);
bool ipoib__first_own_question(const struct ipoib_interface *interface,
			       const struct ipoib_ip *source, const struct ipoib_ip *target);
bool ipoib__first_data(struct ipoib_interface *interface, const struct ipoib_buffer *packet,
		       const struct ipoib_ip *source, uint64_t now);
void ipoib__first_connected(struct ipoib_interface *interface,
			    const struct ipoib_link_address *from, const struct ipoib_ip *source,
			    uint64_t now);

/* lid.c */
enum ipoib__lid {
	IPOIB__LID_OPEN = 0, /* it is not known: look again at the next packet */
	IPOIB__LID_FITS,     /* nothing speaks against it */
	IPOIB__LID_OTHER,    /* it is another port that has sent this */
};
enum ipoib__lid ipoib__lid_from(struct ipoib_interface *interface, const struct ipoib_gid *gid,
				const struct ipoib_buffer *packet, uint64_t now);
enum ipoib__lid ipoib__lid_doubt(struct ipoib_interface *interface, struct ipoib__route *route,
				 uint16_t lid, uint64_t now);
void ipoib__lid_answered(struct ipoib_interface *interface, struct ipoib__route *route,
			 const struct ipoib_path_record *record, uint64_t now);
void ipoib__lid_forget(struct ipoib__route *route);
struct ipoib_gid ipoib__lid_gid(const struct ipoib_interface *interface, uint16_t lid,
				uint32_t qpn);

/* post.c */
struct ipoib__ah *ipoib__ah_new(struct ipoib_interface *interface,
				const struct ipoib_ah_attributes *attributes);
struct ipoib__ah *ipoib__ah_ref(struct ipoib__ah *ah);
void ipoib__ah_unref(struct ipoib_interface *interface, struct ipoib__ah *ah);
const uint8_t *ipoib__encapsulate(struct ipoib_buffer *buffer);
uint32_t ipoib__post_room(const struct ipoib_interface *interface);
void ipoib__post(struct ipoib_interface *interface, struct ipoib_buffer *const *buffers,
		 size_t count, uint64_t now);
void ipoib__address(struct ipoib_buffer *buffer, struct ipoib__ah *ah, uint32_t qpn);
void ipoib__flush(struct ipoib_interface *interface, struct ipoib__queue *queue,
		  struct ipoib__ah *ah, uint32_t qpn, uint32_t limit, uint64_t now);
void ipoib__backlog_again(struct ipoib_interface *interface, const struct ipoib__ah *ah);
void ipoib__post_backlog(struct ipoib_interface *interface, uint64_t now);
void ipoib__count_sent(struct ipoib_interface *interface, const struct ipoib_buffer *buffer);
void ipoib__release_sent(struct ipoib_interface *interface, struct ipoib_buffer *buffer);
void ipoib__send_completed(struct ipoib_interface *interface,
			   const struct ipoib_ud_completion *completion);
void ipoib__tell_room(struct ipoib_interface *interface, uint64_t now);

/* waiting.c */
void ipoib__queue_init(struct ipoib__queue *queue);
bool ipoib__queue_room(const struct ipoib_interface *interface, const struct ipoib__queue *queue);
void ipoib__queue_refuse(struct ipoib_interface *interface, struct ipoib__queue *queue);
void ipoib__queue_tell_room(struct ipoib_interface *interface, struct ipoib__queue *queue);
void ipoib__queue_forget(struct ipoib_interface *interface, struct ipoib__queue *queue);
bool ipoib__queue_room_control(const struct ipoib_interface *interface);
bool ipoib__queue_room_answer(const struct ipoib_interface *interface);
void ipoib__queue_put(struct ipoib_interface *interface, struct ipoib__queue *queue,
		      struct ipoib_buffer *buffer, uint64_t now);
void ipoib__queue_force(struct ipoib_interface *interface, struct ipoib__queue *queue,
			struct ipoib_buffer *buffer, uint64_t now);
void ipoib__queue_move(struct ipoib_interface *interface, struct ipoib__queue *to,
		       struct ipoib_buffer *buffer);
struct ipoib_buffer *ipoib__queue_first(const struct ipoib__queue *queue);
void ipoib__queue_out(struct ipoib_interface *interface, struct ipoib_buffer *buffer);
void ipoib__queue_drop(struct ipoib_interface *interface, struct ipoib__queue *queue,
		       enum ipoib_send_drop reason);
void ipoib__waiting_drop_all(struct ipoib_interface *interface, enum ipoib_send_drop reason);
void ipoib__waiting_expire(struct ipoib__timer *timer, uint64_t now);

/* receive.c */
/* Whether something came a moment ago: whoever polls will go on polling. */
static inline bool ipoib__polled_lately(const struct ipoib_interface *interface, uint64_t now)
{
	return now - interface->completed < IPOIB__POLL_NS;
}

unsigned ipoib__receive_poll(struct ipoib_interface *interface, unsigned budget, bool polls,
			     uint64_t now);

/* refill.c */
void ipoib__receive_refill(struct ipoib_interface *interface);
void ipoib__receive_refill_later(struct ipoib_interface *interface);
void ipoib__receive_refill_due(struct ipoib__timer *timer, uint64_t now);

/* arp.c */
void ipoib__arp_received(struct ipoib_interface *interface, const struct ipoib_buffer *buffer,
			 const uint8_t *bytes, size_t length, uint64_t now);
void ipoib__arp_ask(struct ipoib_interface *interface, const struct ipoib__peer *peer,
		    const struct ipoib__question *question, uint64_t now);
void ipoib__arp_probe(struct ipoib_interface *interface, const struct ipoib_ip *address,
		      uint64_t now);
void ipoib__arp_announce(struct ipoib_interface *interface, const struct ipoib_ip *address,
			 uint64_t now);
struct ipoib_link_address ipoib__interface_link_address(const struct ipoib_interface *interface);
struct ipoib_ip ipoib__source_hint(const struct ipoib__peer *peer);
const struct ipoib__binding *ipoib__source_for(const struct ipoib_interface *interface,
					       const struct ipoib__peer *peer);
void ipoib__control_multicast(struct ipoib_interface *interface, struct ipoib_buffer *buffer,
			      const struct ipoib_gid *mgid, uint64_t now);
struct ipoib_buffer *ipoib__control_buffer(struct ipoib_interface *interface, uint16_t type);

/* nd.c */
bool ipoib__nd_is(const uint8_t *packet, size_t length);
void ipoib__nd_received(struct ipoib_interface *interface, const struct ipoib_buffer *buffer,
			size_t length, uint64_t now);
void ipoib__nd_ask(struct ipoib_interface *interface, const struct ipoib__peer *peer,
		   const struct ipoib__question *question, uint64_t now);
void ipoib__nd_probe(struct ipoib_interface *interface, const struct ipoib_ip *address,
		     uint64_t now);
void ipoib__nd_announce(struct ipoib_interface *interface, const struct ipoib_ip *address,
			uint64_t now);

/* own.c */
struct ipoib_interface *ipoib__own_next(const struct ipoib_interface *but,
					const struct ipoib_interface *after);
size_t ipoib__own_others(const struct ipoib_interface *interface,
			 const struct ipoib__bindings *others[IPOIB__OTHERS_MAX]);
bool ipoib__own_link(const struct ipoib_interface *interface,
		     const struct ipoib_link_address *link_address);
const struct ipoib_interface *ipoib__own_address(const struct ipoib_interface *interface,
						 const struct ipoib_ip *address);
void ipoib__own_heard(struct ipoib_interface *interface,
		      const struct ipoib_link_address *link_address, uint64_t now);
void ipoib__own_subnets(struct ipoib_interface *interface, const struct ipoib__binding *binding,
			uint64_t now);

/* address.c */
bool ipoib__address_of_peer(const struct ipoib_interface *interface,
			    const struct ipoib_ip *address);
int ipoib__address_next_hop(const struct ipoib_interface *interface,
			    const struct ipoib__peer *peer, const struct ipoib_ip *to);

/* defend.c */
void ipoib__addresses_update(struct ipoib_interface *interface, uint64_t now);
void ipoib__addresses_run(struct ipoib_interface *interface, uint64_t now);
void ipoib__addresses_announce(struct ipoib_interface *interface, uint64_t now);
void ipoib__address_timer(struct ipoib__timer *timer, uint64_t now);
void ipoib__address_used(struct ipoib_interface *interface, const struct ipoib_ip *address,
			 const struct ipoib_link_address *by, uint64_t now);
void ipoib__address_wanted(struct ipoib_interface *interface, const struct ipoib_ip *address,
			   const struct ipoib_link_address *by, uint64_t now);

/* answer.c */
void ipoib__answer_event(struct ipoib_interface *interface, const struct ipoib_event *event,
			 uint64_t now);
bool ipoib__answer_wake(struct ipoib_interface *interface, uint32_t type, uint64_t now);
void ipoib__answer_change(struct ipoib_interface *interface, const struct ipoib__neighbour *n,
			  uint32_t type, uint64_t now);
void ipoib__answer_dropped(struct ipoib_interface *interface, struct ipoib_buffer *buffer,
			   enum ipoib_send_drop reason);
void ipoib__answer_icmp(struct ipoib_interface *interface, struct ipoib_buffer *packet,
			const struct ipoib_ip *next_hop, uint32_t mtu, uint64_t now);
void ipoib__answer_run(struct ipoib_interface *interface, uint64_t now);

/* record.c */
void ipoib__record_send(struct ipoib_interface *interface, const struct ipoib_buffer *buffer,
			uint64_t now);
void ipoib__record_receive(struct ipoib_interface *interface, const struct ipoib_buffer *buffer,
			   const struct ipoib_ud_completion *completion, uint64_t now);

#endif
