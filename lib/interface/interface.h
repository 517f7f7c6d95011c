/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The floor that sees the transport below and the caller's callbacks above, and introduces the
 * protocol modules to each other. It routes; every decision is a module's. It is cut by direction:
 *
 *   context.c    the clock, the wheel, dispatch, and when ended objects are really freed
 *   transport.c  a port: what it tells, and its buffers (pool.c)
 *   interface.c  opening and closing; config.c: what may be asked for
 *   link.c       up, down, MTU; groups.c: joins and their answers
 *   transmit.c   the way of a packet out; waiting.c: packets that wait; post.c: to the queue pair
 *   receive.c    the way in; arp.c: what of it is for us
 *   resolve.c    neighbours: who is asked, and what becomes of the answer; route.c: paths
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

#include <ipoib/context.h>
#include <ipoib/interface.h>
#include <ipoib/transport.h>

#include "base/list.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/poller.h"
#include "base/random.h"
#include "base/ring.h"
#include "base/wheel.h"
#include "binding/binding.h"
#include "connection/connection.h"
#include "interface/pool.h"
#include "mtu/mtu.h"
#include "multicast/multicast.h"
#include "neighbour/neighbour.h"
#include "path/path.h"

/* What one dispatch does at most, so that a flood cannot hold the caller's loop. */
#define IPOIB__DISPATCH_EVENTS 256  /* transport events per transport */
#define IPOIB__DISPATCH_TIMERS 1024 /* timers per context */
#define IPOIB__DISPATCH_PACKETS 256 /* completions per interface */
/* neighbours and groups whose first packet came, per interface */
#define IPOIB__DISPATCH_USES 256
/* Of a connection's name for the transport; above them stands the number of the interface. */
#define IPOIB__CONNECTION_ID_BITS 40
/* Packets handed to one receive callback, and work requests to one post. */
#define IPOIB__BURST 64
/*
 * Events kept until they are told. Those of single neighbours leave half of the room to those
 * of the link.
 */
#define IPOIB__EVENTS_MAX 256
/* Undelivered packets kept for the callback; beyond, they are only counted. */
#define IPOIB__FATES_MAX 256

/* ---- context and transport ---- */

struct ipoib_context {
	struct ipoib__memory memory;
	struct ipoib__log log;
	struct ipoib__wheel wheel;
	struct ipoib__poller poller;
	struct ipoib__random random;
	uint8_t key[IPOIB__SIPHASH_KEY];
	uint64_t (*clock)(void *user);
	void *clock_user;
	struct ipoib__list transports;
	uint32_t references; /* the caller's and the transports' */
	unsigned depth;      /* 1 inside of dispatch */
	bool again;          /* the deadline is now */
	bool ended;          /* something waits to be freed */
	uint64_t last;       /* the latest time seen: the library's time never goes back */
};

struct ipoib_transport {
	struct ipoib__list link; /* of the context */
	struct ipoib_context *context;
	const struct ipoib_transport_ops *ops;
	void *self;
	uint32_t references;
	uint32_t next_interface; /* number of the next interface */
	struct ipoib__list interfaces;
	struct ipoib__pool pool;  /* of datagrams' size */
	struct ipoib__pool large; /* for connections */
};

/* ---- interface ---- */

/* An address handle and how many posted sends use it; destroyed with the last of them (I11). */
struct ipoib__ah {
	struct ipoib_ah_attributes attributes;
	void *handle;
	uint32_t references;
};

/* Packets that wait for one neighbour, path or group. Bounded, aged, counted; waiting.c. */
struct ipoib__queue {
	struct ipoib__list packets;
	uint32_t count;
};

/*
 * What this floor keeps of a path: the address handle, who uses it, and packets of ours that
 * wait for it.
 */
struct ipoib__route {
	struct ipoib__path path; /* first */
	struct ipoib__ah *ah;
	struct ipoib__list peers;
	struct ipoib__queue waiting;
};

/* What this floor keeps of a connection: the transport's part of it, and who sends by it. */
struct ipoib__channel {
	struct ipoib__connection connection; /* first */
	void *rc;                  /* NULL: the transport has none */
	uint32_t announced;        /* the peer's Receive-MTU in its REQ, while it is taken */
	uint32_t sends_out;
	uint64_t progress;         /* when it was made, or last acknowledged something */
	/* what the transport told of its end, until that is dealt with */
	int ended;
	struct ipoib__list ending;
	struct ipoib__list posted; /* buffers, oldest first */
	struct ipoib__list peers;
};

/* What this floor keeps of a neighbour: all that a send needs, and the packets that wait for it. */
struct ipoib__peer {
	struct ipoib__neighbour neighbour; /* first */
	struct ipoib__ah *ah;        /* NULL: nothing can be sent now; the route's */
	uint32_t qpn;
	uint32_t limit;              /* octets of an IP packet in a datagram */
	uint32_t told_mtu;           /* what the caller was told last; 0: nothing */
	struct ipoib__channel *channel; /* NULL: datagrams alone */
	struct ipoib__list of_channel;
	struct ipoib__route *route;  /* NULL while it has no link address */
	struct ipoib__list of_route;
	struct ipoib__list use;      /* has a use to be stepped at the next dispatch */
	struct ipoib__queue waiting;
};

/* What this floor keeps of a group. */
struct ipoib__cast_group {
	struct ipoib__group group; /* first */
	struct ipoib__ah *ah;      /* NULL: not usable */
	uint32_t limit;
	uint16_t attached;         /* MLID that the queue pair is attached with; 0: not attached */
	struct ipoib__list use;
	struct ipoib__list members; /* handles of the caller */
	struct ipoib__queue waiting;
};

struct ipoib_binding {
	struct ipoib__binding binding; /* first */
	struct ipoib_context *context;
	struct ipoib_interface *interface; /* NULL once that is closed */
};

struct ipoib_multicast {
	struct ipoib__list link;
	struct ipoib_context *context;
	struct ipoib__cast_group *group; /* NULL once the interface is closed */
	struct ipoib_interface *interface;
};

struct ipoib_interface {
	struct ipoib__list link; /* of the transport */
	struct ipoib_transport *transport;
	struct ipoib_context *context;
	struct ipoib_interface_config config;
	uint32_t number;      /* on its transport; part of the ids of questions */
	bool closed;
	bool gone;            /* the adapter left */
	bool started;
	bool up;
	bool want_room;       /* a send was answered -EAGAIN, for want of room in the send queue */
	bool want_channel;    /* the same, for want of room on a connection */
	struct ipoib_port_attributes port;
	void *ud;
	uint32_t qpn;
	uint32_t mtu;         /* octets of an IP packet; 0: never was up */
	uint32_t datagram_mtu; /* octets of an IP packet in a datagram */
	uint32_t payload_max; /* octets that the queue pair takes now: the law of post.c */

	struct ipoib__bindings bindings;
	struct ipoib__neighbours neighbours;
	struct ipoib__paths paths;
	struct ipoib__groups groups;
	struct ipoib__connections connections;

	struct ipoib__list posted_sends;    /* buffers in the send queue, oldest first */
	struct ipoib__list posted_receives; /* buffers in the receive queue */
	uint32_t sends_out;
	uint32_t receives_out;
	struct ipoib__list posted_connected; /* buffers in the receive queue of connections */
	uint32_t connected_out;
	struct ipoib__list ending;          /* channels to be drained and ended */
	struct ipoib__queue backlog;        /* resolved, but the send queue was full */
	struct ipoib__list uses;            /* peers */
	struct ipoib__list group_uses;      /* groups */
	struct ipoib__list waiting;         /* all that wait, by age */
	uint32_t waiting_count;             /* packets of the caller */
	uint32_t waiting_control;           /* our own */
	struct ipoib__timer age_timer;
	struct ipoib__timer refill_timer;
	struct ipoib__timer port_timer;
	struct ipoib__timer channel_timer;
	struct ipoib__ring events;          /* to be told */
	struct ipoib__list fates;           /* dropped, to be told */
	struct ipoib__queue errors;         /* ICMP errors, to be handed up; at most a burst */
	uint32_t fates_count;
	uint64_t icmp_debt;                 /* nanoseconds to wait for full credit */
	uint64_t icmp_last;
	struct ipoib_statistics statistics;
	struct ipoib_capture *capture;
	uint32_t capture_psn;
	int join_status;                    /* why the join that is being answered failed */
};

/* context.c */
uint64_t ipoib__context_now(struct ipoib_context *context);
bool ipoib__context_enter(struct ipoib_context *context);
void ipoib__context_leave(struct ipoib_context *context);
void ipoib__context_reap(struct ipoib_context *context);
void ipoib__context_release(struct ipoib_context *context);

/* transport.c */
void ipoib__transport_run(struct ipoib_transport *transport, uint64_t now);
uint64_t ipoib__transport_deadline(const struct ipoib_transport *transport);
void ipoib__transport_reap(struct ipoib_transport *transport);

/* interface.c */
unsigned ipoib__interface_run(struct ipoib_interface *interface, unsigned budget, uint64_t now);
void ipoib__interface_free(struct ipoib_interface *interface);

/* config.c */
int ipoib__interface_configure(struct ipoib_interface_config *out,
			       const struct ipoib_interface_config *in);
uint32_t ipoib__interface_buffers(const struct ipoib_interface_config *config);
uint32_t ipoib__interface_large_buffers(const struct ipoib_interface_config *config);

/* link.c */
uint64_t ipoib__question_id(const struct ipoib_interface *interface, bool join,
			    uint64_t question);
void ipoib__link_event(struct ipoib_interface *interface,
		       const struct ipoib_transport_event *event, uint64_t now);
void ipoib__link_start(struct ipoib_interface *interface, uint64_t now);
void ipoib__link_port_due(struct ipoib__timer *timer, uint64_t now);
void ipoib__link_update(struct ipoib_interface *interface, uint64_t now);

/* channel.c: connections; dialled.c: what is told of them */
extern const struct ipoib__connections_hooks ipoib__interface_connections_hooks;
int ipoib__channel_listen(struct ipoib_interface *interface);
void ipoib__channel_event(struct ipoib_interface *interface,
			  const struct ipoib_transport_event *event, uint64_t now);
void ipoib__channel_enter(struct ipoib_interface *interface, struct ipoib__peer *peer,
			  uint64_t now);
void ipoib__channel_leave(struct ipoib_interface *interface, struct ipoib__peer *peer,
			  uint64_t now);
uint32_t ipoib__channel_room(const struct ipoib_interface *interface,
			     const struct ipoib__channel *channel);
void ipoib__channel_post(struct ipoib_interface *interface, struct ipoib__channel *channel,
			 struct ipoib_buffer *const *buffers, size_t count, uint64_t now);
size_t ipoib__channel_private(const struct ipoib_interface *interface, uint8_t *bytes,
			      size_t room);
struct ipoib_rc_attributes ipoib__channel_attributes(const struct ipoib_interface *interface,
						     const struct ipoib__connection *c);
struct ipoib__channel *ipoib__channel_set_up(struct ipoib__connection *c);
bool ipoib__channel_full(struct ipoib_interface *interface, const struct ipoib__channel *channel,
			 uint64_t now);
void ipoib__channel_waited(struct ipoib__timer *timer, uint64_t now);
void ipoib__channel_flush(struct ipoib_interface *interface, struct ipoib__channel *channel,
			  uint64_t now);
void ipoib__channel_ends(struct ipoib_interface *interface, uint64_t now);
void ipoib__channel_heard(struct ipoib_interface *interface, uint64_t connection, uint64_t now);
struct ipoib__channel *ipoib__channel_completed(struct ipoib_interface *interface,
						const struct ipoib_ud_completion *completion,
						uint64_t now);

/* transmit.c */
void ipoib__note_use(struct ipoib_interface *interface, struct ipoib__list *uses,
		     struct ipoib__list *use);

/* choose.c */
struct ipoib__mtu_path ipoib__choose_path(const struct ipoib_interface *interface,
					  const struct ipoib__peer *peer, uint64_t now);
bool ipoib__choose_fragile(const struct ipoib_buffer *buffer);
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
void ipoib__group_uses(struct ipoib_interface *interface, unsigned budget, uint64_t now);
void ipoib__groups_limit(struct ipoib_interface *interface);

/* route.c */
extern const struct ipoib__paths_hooks ipoib__interface_paths_hooks;
void ipoib__interface_path_answer(struct ipoib_interface *interface, uint64_t question,
				  const struct ipoib_transport_event *event, uint64_t now);
struct ipoib__route *ipoib__route_get(struct ipoib_interface *interface,
				      const struct ipoib_gid *gid, uint64_t now);
void ipoib__route_need(struct ipoib_interface *interface, struct ipoib__route *route,
		       uint64_t now);
void ipoib__peer_ready(struct ipoib_interface *interface, struct ipoib__peer *peer, uint64_t now);
void ipoib__route_send(struct ipoib_interface *interface, struct ipoib_buffer *buffer,
		       const struct ipoib_link_address *to, uint64_t now);
void ipoib__peers_limit(struct ipoib_interface *interface, uint64_t now);

/* resolve.c */
extern const struct ipoib__neighbours_hooks ipoib__interface_neighbours_hooks;
void ipoib__peer_init(struct ipoib__peer *peer);
void ipoib__resolve_uses(struct ipoib_interface *interface, unsigned budget, uint64_t now);
void ipoib__resolve_told(struct ipoib_interface *interface, const struct ipoib_ip *ip,
			 const struct ipoib_link_address *link_address, bool answer, bool for_us,
			 uint64_t now);

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
void ipoib__post_backlog(struct ipoib_interface *interface, uint64_t now);
void ipoib__count_sent(struct ipoib_interface *interface, const struct ipoib_buffer *buffer);
void ipoib__release_sent(struct ipoib_interface *interface, struct ipoib_buffer *buffer);
void ipoib__send_completed(struct ipoib_interface *interface,
			   const struct ipoib_ud_completion *completion);
void ipoib__tell_room(struct ipoib_interface *interface, uint64_t now);

/* waiting.c */
void ipoib__queue_init(struct ipoib__queue *queue);
bool ipoib__queue_room(const struct ipoib_interface *interface, const struct ipoib__queue *queue);
bool ipoib__queue_room_control(const struct ipoib_interface *interface);
void ipoib__queue_put(struct ipoib_interface *interface, struct ipoib__queue *queue,
		      struct ipoib_buffer *buffer, uint64_t now);
void ipoib__queue_force(struct ipoib_interface *interface, struct ipoib__queue *queue,
			struct ipoib_buffer *buffer, uint64_t now);
void ipoib__queue_move(struct ipoib__queue *to, struct ipoib_buffer *buffer);
struct ipoib_buffer *ipoib__queue_first(const struct ipoib__queue *queue);
void ipoib__queue_out(struct ipoib_interface *interface, struct ipoib_buffer *buffer);
void ipoib__queue_drop(struct ipoib_interface *interface, struct ipoib__queue *queue,
		       enum ipoib_send_drop reason);
void ipoib__waiting_drop_all(struct ipoib_interface *interface, enum ipoib_send_drop reason);
void ipoib__waiting_expire(struct ipoib__timer *timer, uint64_t now);

/* receive.c */
unsigned ipoib__receive_poll(struct ipoib_interface *interface, unsigned budget, uint64_t now);
void ipoib__receive_refill(struct ipoib_interface *interface);
void ipoib__receive_refill_due(struct ipoib__timer *timer, uint64_t now);

/* arp.c */
void ipoib__arp_received(struct ipoib_interface *interface, const uint8_t *bytes, size_t length,
			 uint64_t now);
void ipoib__arp_ask(struct ipoib_interface *interface, const struct ipoib__peer *peer,
		    bool unicast, uint64_t now);
struct ipoib_link_address ipoib__interface_link_address(const struct ipoib_interface *interface);

/* answer.c */
void ipoib__answer_event(struct ipoib_interface *interface, const struct ipoib_event *event,
			 uint64_t now);
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
