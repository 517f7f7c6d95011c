/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The floor that sees the transport below and the caller's callbacks above, and introduces the
 * protocol modules to each other. It routes; every decision is a module's. A file needs only those
 * that come before it here (tests/style/check-circles.sh):
 *
 *   runtime.c    the clock, the allocator, references, and when ended objects are really freed
 *   pool.c, region.c    buffers, in the library's memory and in the caller's
 *   ah.c         address handles, which outlive the sends that use them
 *   derive.c     what is known of a neighbour, as the data path needs it (lib/datapath)
 *   packets.h    what packets stand on, from address handles to the choice of a packet's way
 *   ask.c        the room for questions to the SA, which interfaces of a port share
 *   own.c        the interfaces of the context: never a peer, never a conflict
 *   next_hop.c   which addresses can be a neighbour's
 *   groups.c     joins, and what follows from their answers; members.c: the caller's
 *   channel.c    connections: which peers have one, and when it is made
 *   lid.c        whether a LID is where a GID is; origin.c, sender.c: which port has sent something
 *   route.c      paths, and the neighbours that are sent to by them
 *   control.c, arp.c, nd.c    what we ask, answer and announce
 *   source.c     neighbours that wait for an address of ours to be asked from
 *   first.c      which of two ports that answer is the right one
 *   dialled.c    what is told of connections; foreign.c: requests from another port
 *   defend.c     bound addresses: probed, announced, defended
 *   peer.c       what this floor keeps of a neighbour is made
 *   resolve.c    neighbours: what is asked of them, and what becomes of the answer
 *   handles.c    neighbours that the caller holds
 *   arp_heard.c, nd_heard.c, data.c    what of a packet that came is for us
 *   receive.c    the way in; packet.c, transmit.c, send.c (burst.h): the way out
 *   link.c       up, down, MTU
 *   answer.c     what callbacks are told
 *   interface.c  opening, closing, and a turn; config.c: what may be asked for
 *   context.c    a turn of everything, and what is freed after it
 *   address.c, entries.c, view.c    addresses, neighbours and all else as the caller sees them
 *
 * A later file is called by an earlier one through a module alone, or finds what that has left for
 * it: uses, changed links and addresses, ended objects, notices.
 *
 * Callbacks are called from three places only, all on a flat stack: receive.c between two bursts,
 * answer.c at the end of an interface's turn, and region.c at the end of a context's, or where the
 * last reference to memory of the caller's is let go. No module's code is above them on the stack.
 *
 * Ends of life. A callback may end any object. What is ended is marked, taken out of use at
 * once, and freed when dispatch is over (or at once outside of one), so that no loop on the
 * stack walks through freed memory. Lists that dispatch walks therefore keep their ended
 * members until then.
 */
#ifndef IPOIB__INTERFACE_H
#define IPOIB__INTERFACE_H

#include "interface/packets.h"

enum ipoib__lid {
	IPOIB__LID_OPEN = 0, /* it is not known: look again at the next packet */
	IPOIB__LID_FITS,     /* nothing speaks against it */
	IPOIB__LID_OTHER,    /* it is another port that has sent this */
};
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

/* ask.c: the room for questions to the SA, which the interfaces of a port share */
uint64_t ipoib__question_id(const struct ipoib_interface *interface, bool join,
			    uint64_t question);
bool ipoib__question_ours(const struct ipoib_interface *interface, uint64_t id,
			   uint64_t *question);
bool ipoib__ask_turn(struct ipoib_interface *interface);
int ipoib__ask_result(struct ipoib_interface *interface, int status);
void ipoib__ask_waiting(struct ipoib_transport *transport, uint64_t now);
void ipoib__ask_due(struct ipoib__timer *timer, uint64_t now);

/* own.c: the interfaces of the context, and what is theirs */
struct ipoib_link_address ipoib__interface_link_address(const struct ipoib_interface *interface);
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

/* next_hop.c */
bool ipoib__address_link_local(const struct ipoib_ip *address);
bool ipoib__address_elsewhere(const struct ipoib_interface *interface,
			      const struct ipoib_ip *address);
bool ipoib__address_of_peer(const struct ipoib_interface *interface,
			    const struct ipoib_ip *address);
int ipoib__address_next_hop(const struct ipoib_interface *interface,
			    const struct ipoib__peer *peer, const struct ipoib_ip *to);

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

/* channel.c: connections as the module decides about them */
size_t ipoib__channel_private(const struct ipoib_interface *interface, uint8_t *bytes,
			      size_t room);
struct ipoib_rc_attributes ipoib__channel_attributes(const struct ipoib_interface *interface,
						     const struct ipoib__channel *channel);
extern const struct ipoib__connections_hooks ipoib__interface_connections_hooks;
struct ipoib__channel *ipoib__channel_set_up(struct ipoib__connection *c);
void ipoib__channel_leave(struct ipoib_interface *interface, struct ipoib__peer *peer,
			  uint64_t now);
void ipoib__channel_enter(struct ipoib_interface *interface, struct ipoib__peer *peer,
			  uint64_t now);
void ipoib__channel_check(struct ipoib_interface *interface, struct ipoib__peer *peer,
			  uint64_t now);

/* lid.c */
void ipoib__lid_suspect(struct ipoib_interface *interface, struct ipoib__route *route,
			uint64_t now);
void ipoib__lid_forget(struct ipoib__route *route);
enum ipoib__lid ipoib__lid_from_peer(struct ipoib_interface *interface,
				     const struct ipoib__peer *peer,
				     const struct ipoib_buffer *packet, uint64_t now);
enum ipoib__lid ipoib__lid_doubt(struct ipoib_interface *interface, struct ipoib__route *route,
				 uint16_t lid, uint64_t now);
enum ipoib__lid ipoib__lid_from(struct ipoib_interface *interface, const struct ipoib_gid *gid,
				const struct ipoib_buffer *packet, uint64_t now);
void ipoib__lid_answered(struct ipoib_interface *interface, struct ipoib__route *route,
			 const struct ipoib_path_record *record, uint64_t now);
struct ipoib_gid ipoib__lid_gid(const struct ipoib_interface *interface, uint16_t lid,
				uint32_t qpn);

/* route.c */
void ipoib__peer_ready(struct ipoib_interface *interface, struct ipoib__peer *peer, uint64_t now);
struct ipoib__route *ipoib__route_get(struct ipoib_interface *interface,
				      const struct ipoib_gid *gid, uint64_t now);
void ipoib__route_need(struct ipoib_interface *interface, struct ipoib__route *route, bool wanted,
		       uint64_t now);
extern const struct ipoib__paths_hooks ipoib__interface_paths_hooks;
void ipoib__interface_path_answer(struct ipoib_interface *interface, uint64_t question,
				  const struct ipoib_transport_event *event, uint64_t now);
void ipoib__route_proof(struct ipoib_interface *interface, const struct ipoib_gid *gid,
			uint64_t now);
void ipoib__route_send(struct ipoib_interface *interface, struct ipoib_buffer *buffer,
		       const struct ipoib_link_address *to, bool wanted, uint64_t now);
void ipoib__peers_limit_due(struct ipoib__timer *timer, uint64_t now);
void ipoib__peers_limit(struct ipoib_interface *interface, uint64_t now);

/* control.c */
struct ipoib_buffer *ipoib__control_buffer(struct ipoib_interface *interface, uint16_t type);
void ipoib__control_multicast(struct ipoib_interface *interface, struct ipoib_buffer *buffer,
			      const struct ipoib_gid *mgid, uint64_t now);
struct ipoib_ip ipoib__source_hint(const struct ipoib__peer *peer);
const struct ipoib__binding *ipoib__source_for(const struct ipoib_interface *interface,
					       const struct ipoib__peer *peer);

/* arp.c */
void ipoib__arp_probe(struct ipoib_interface *interface, const struct ipoib_ip *address,
		      uint64_t now);
void ipoib__arp_announce(struct ipoib_interface *interface, const struct ipoib_ip *address,
			 uint64_t now);
void ipoib__arp_ask(struct ipoib_interface *interface, const struct ipoib__peer *peer,
		    const struct ipoib__question *question, uint64_t now);
struct ipoib__arp;
void ipoib__arp_reply(struct ipoib_interface *interface, const struct ipoib__arp *request,
		      uint64_t now);

/* nd.c */
void ipoib__nd_probe(struct ipoib_interface *interface, const struct ipoib_ip *address,
		     uint64_t now);
void ipoib__nd_announce(struct ipoib_interface *interface, const struct ipoib_ip *address,
			uint64_t now);
void ipoib__nd_ask(struct ipoib_interface *interface, const struct ipoib__peer *peer,
		   const struct ipoib__question *question, uint64_t now);
struct ipoib__nd;
void ipoib__nd_reply(struct ipoib_interface *interface, const struct ipoib__nd *asked,
		     uint64_t now);

/* source.c */
bool ipoib__source_awaited(struct ipoib_interface *interface, struct ipoib__peer *peer,
			   uint64_t now);
void ipoib__source_due(struct ipoib__timer *timer, uint64_t now);
void ipoib__source_ready(struct ipoib_interface *interface);

/* sender.c */
enum ipoib__neighbour_origin ipoib__sender_of(const struct ipoib_interface *interface,
					      const struct ipoib_link_address *address,
					      const struct ipoib_buffer *packet);

/* first.c */
bool ipoib__first_own_question(const struct ipoib_interface *interface,
			       const struct ipoib_ip *source, const struct ipoib_ip *target);
void ipoib__first_judge(struct ipoib_interface *interface, struct ipoib__peer *peer, uint64_t now);
void ipoib__first_told(struct ipoib_interface *interface, struct ipoib__peer *peer, uint64_t now);
void ipoib__first_word(struct ipoib_interface *interface, const struct ipoib__word *word,
		       const struct ipoib_buffer *packet, uint64_t now);
void ipoib__first_heard(struct ipoib_interface *interface, const struct ipoib__told *told,
			uint64_t now);
bool ipoib__first_data(struct ipoib_interface *interface, const struct ipoib_buffer *packet,
		       const struct ipoib_ip *source, uint64_t now);
void ipoib__first_connected(struct ipoib_interface *interface,
			    const struct ipoib_link_address *from, const struct ipoib_ip *source,
			    uint64_t now);

/* dialled.c: what peers and the transport tell of connections */
int ipoib__channel_listen(struct ipoib_interface *interface);
void ipoib__channel_event(struct ipoib_interface *interface,
			  const struct ipoib_transport_event *event, uint64_t now);
void ipoib__channel_announced(struct ipoib_interface *interface, struct ipoib__peer *peer,
			      uint64_t now);
void ipoib__channel_ends(struct ipoib_interface *interface, uint64_t now);
const struct ipoib_link_address *ipoib__channel_heard(struct ipoib_interface *interface,
						      uint64_t connection, uint64_t now);

/* defend.c */
void ipoib__address_timer(struct ipoib__timer *timer, uint64_t now);
void ipoib__addresses_update(struct ipoib_interface *interface, uint64_t now);
void ipoib__addresses_run(struct ipoib_interface *interface, uint64_t now);
void ipoib__addresses_announce(struct ipoib_interface *interface, uint64_t now);
void ipoib__address_used(struct ipoib_interface *interface, const struct ipoib_ip *address,
			 const struct ipoib_link_address *by, uint64_t now);
void ipoib__address_wanted(struct ipoib_interface *interface, const struct ipoib_ip *address,
			   const struct ipoib_link_address *by, uint64_t now);

/* peer.c */
int ipoib__peer_make(struct ipoib_interface *interface, const struct ipoib_ip *ip, bool wanted,
		     uint64_t now, struct ipoib__peer **out);

/* resolve.c */
extern const struct ipoib__neighbours_hooks ipoib__interface_neighbours_hooks;
void ipoib__resolve_uses(struct ipoib_interface *interface, unsigned budget, uint64_t now);
void ipoib__resolve_told(struct ipoib_interface *interface, const struct ipoib__told *told,
			 uint64_t now);

/* arp_heard.c */
void ipoib__arp_received(struct ipoib_interface *interface, const struct ipoib_buffer *buffer,
			 const uint8_t *bytes, size_t length, uint64_t now);

/* nd_heard.c */
bool ipoib__nd_is(const uint8_t *packet, size_t length);
void ipoib__nd_received(struct ipoib_interface *interface, const struct ipoib_buffer *buffer,
			size_t length, uint64_t now);

/* data.c */
void ipoib__sender_data(struct ipoib_interface *interface, const struct ipoib_buffer *packet,
			const struct ipoib_ip *source, uint64_t now);

/* receive.c */
unsigned ipoib__receive_poll(struct ipoib_interface *interface, unsigned budget, bool polls,
			     uint64_t now);

/* Whether something came a moment ago: whoever polls will go on polling. */
static inline bool ipoib__polled_lately(const struct ipoib_interface *interface, uint64_t now)
{
	return now - interface->completed < IPOIB__POLL_NS;
}

/* packet.c */
void ipoib__tell_buffers(struct ipoib_interface *interface, uint64_t now);
void ipoib__forget_buffers(struct ipoib_interface *interface);
int ipoib__packet_check(const struct ipoib_interface *interface, const struct ipoib_packet *packet);
void ipoib__packet_refused(struct ipoib_interface *interface, const struct ipoib_packet *packet,
			   uint64_t now);

/* config.c */
int ipoib__interface_configure(struct ipoib_interface_config *out,
			       const struct ipoib_interface_config *in);
uint32_t ipoib__interface_reserve(uint32_t depth);
void ipoib__interface_stock(struct ipoib_interface *interface, bool comes);
struct ipoib__neighbour_parameters
ipoib__interface_parameters(const struct ipoib_interface_config *config);

/* link.c */
enum ipoib_pkey_membership ipoib__link_membership(const struct ipoib_interface *interface);
void ipoib__link_run(struct ipoib_interface *interface, uint64_t now);
void ipoib__link_port_due(struct ipoib__timer *timer, uint64_t now);
void ipoib__link_event(struct ipoib_interface *interface,
		       const struct ipoib_transport_event *event, uint64_t now);
void ipoib__link_start(struct ipoib_interface *interface, uint64_t now);

/* handles.c */
void ipoib__handle_attach(struct ipoib_neighbour *neighbour, struct ipoib__peer *peer);
bool ipoib__handle_news(struct ipoib_neighbour *neighbour, struct ipoib_resolution *resolution,
			uint64_t now);
void ipoib__handles_leave(struct ipoib_interface *interface);

/* answer.c */
/* Whether there is anything to be told. */
static inline bool ipoib__answer_waits(const struct ipoib_interface *interface)
{
	return interface->fates_count > 0 || interface->errors.count > 0 ||
	       !ipoib__list_empty(&interface->rooms) ||
	       !ipoib__list_empty(&interface->handles_due) ||
	       ipoib__ring_count(&interface->events) > 0 ||
	       ipoib__ring_count(&interface->changes) > 0;
}
void ipoib__answer_run(struct ipoib_interface *interface, uint64_t now);

/* transport.c */
void ipoib__transport_reap(struct ipoib_transport *transport);

/* interface.c */
void ipoib__interface_free(struct ipoib_interface *interface);
unsigned ipoib__interface_run(struct ipoib_interface *interface, unsigned budget, bool polls,
			      uint64_t now);

#endif
