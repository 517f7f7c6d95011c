/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * What the floor of interface.h keeps: contexts, transports, interfaces, and what belongs to
 * them. Structures whose first member is a module's are made by that module, in the size that it
 * is told.
 */
#ifndef IPOIB__INTERFACE_OBJECTS_H
#define IPOIB__INTERFACE_OBJECTS_H

#include <ipoib/context.h>
#include <ipoib/interface.h>
#include <ipoib/neighbour.h>
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
#include "datapath/datapath.h"
#include "interface/first.h"
#include "interface/pool.h"
#include "mtu/mtu.h"
#include "multicast/multicast.h"
#include "neighbour/neighbour.h"
#include "path/path.h"

/* What one dispatch does at most, so that a flood cannot hold the caller's loop. */
#define IPOIB__DISPATCH_EVENTS 256  /* transport events per transport */
#define IPOIB__DISPATCH_TIMERS 1024 /* timers per context */
#define IPOIB__DISPATCH_PACKETS 256 /* completions per interface */
/*
 * Neighbours held at a time against an MTU that has changed, at most twice in a dispatch: each may
 * be told, and the events of neighbours have half of the room.
 */
#define IPOIB__DISPATCH_LIMITS (IPOIB__EVENTS_MAX / 4)
/* Timers that are due wait so long for what has arrived to be read. */
#define IPOIB__HEAR_NS UINT64_C(10000000)
/* neighbours and groups whose first packet came, per interface */
#define IPOIB__DISPATCH_USES 256
/*
 * Of the ids of questions and connections, the uppermost: the number of the interface on its
 * transport. Below it stands what a module numbers by itself.
 */
#define IPOIB__NUMBER_BITS 24
#define IPOIB__NUMBER_MAX  ((UINT32_C(1) << IPOIB__NUMBER_BITS) - 1)
_Static_assert(IPOIB__NUMBER_BITS + IPOIB__CONNECTION_ID_BITS == 64,
	       "a connection's name is made of both");
/* Packets handed to one receive callback, and work requests to one post. */
#define IPOIB__BURST 64
/* A caller that polls is not woken until it has found nothing for so long: a millisecond. */
#define IPOIB__POLL_NS UINT64_C(1000000)
/*
 * Events kept until they are told. Those of single neighbours leave half of the room to those
 * of the link.
 */
#define IPOIB__EVENTS_MAX 256
/* Changes of the neighbour table kept for the callback: more than one turn brings about. */
#define IPOIB__CHANGES_MAX 1024
/* Other interfaces of a context that are looked at; more than any host has ports and P_Keys. */
#define IPOIB__OTHERS_MAX 64
/* One neighbour, or one address, is told of so often at most while nothing new is to be said. */
#define IPOIB__TELL_NS UINT64_C(1000000000)
/*
 * Undelivered packets told in a turn, per interface. All that there are are kept until they are
 * told: each is in a buffer that exists anyway, so pools and regions bound them.
 */
#define IPOIB__DISPATCH_FATES 256
/* Address handles destroyed, at most twice in a dispatch; each may be a system call. */
#define IPOIB__DISPATCH_RETIRED 128
/* Handles of neighbours looked at in a turn; each may call back. */
#define IPOIB__DISPATCH_HANDLES 256

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
	void (*reap)(struct ipoib_context *context); /* frees it */
	uint64_t last;       /* the latest time seen: the library's time never goes back */
	uint64_t unheard;    /* since when timers wait for what is to be read; IPOIB_NEVER */
};

struct ipoib_transport {
	struct ipoib__list link; /* of the context */
	struct ipoib_context *context;
	const struct ipoib_transport_ops *ops; /* known */
	struct ipoib_transport_ops known; /* what is newer than its maker is NULL */
	void *self;
	uint32_t references;
	uint32_t last_number; /* of the interface that was opened last */
	struct ipoib__list interfaces;
	struct ipoib__pool pool;  /* of datagrams' size */
	struct ipoib__pool large; /* for connections */
	struct ipoib__list regions; /* the caller's own memory; each holds a reference */
	struct ipoib__list askers;  /* interfaces that wait to ask the SA, in order (ask.c) */
	struct ipoib__timer askers_timer;
	const struct ipoib_interface *asker; /* whose turn it is */
	bool asker_refused;                  /* there was no room for it */
};

/* ---- interface ---- */

/*
 * An address handle, and who sends by it. Posted sends are not counted: they complete in order, so
 * that those of a handle that is let go of have completed with the last one posted by then (ah.c).
 */
struct ipoib__ah {
	struct ipoib_ah_attributes attributes;
	void *handle;
	uint32_t references;
	struct ipoib__list retired;
	uint64_t last; /* of the sends that may have been posted by it */
};

/* Packets that wait for one neighbour, path or group. Bounded, aged, counted; waiting.c. */
struct ipoib__queue {
	struct ipoib__list packets;
	uint32_t count;
	uint32_t control;           /* our own, of count */
	/* a peer's: a send was answered -EAGAIN for want of room in it */
	struct ipoib__list refused;
};

/* LIDs that are remembered of a path as not its own: a host has a handful of ports. */
#define IPOIB__ROUTE_DENIED 4

/*
 * What this floor keeps of a path: the address handle, who uses it, and packets of ours that
 * wait for it.
 */
struct ipoib__route {
	struct ipoib__path path; /* first */
	struct ipoib__ah *ah;
	struct ipoib__list peers;
	struct ipoib__queue waiting; /* our own packets */
	uint64_t suspected;          /* when the SA was last asked for that: lid.c */
	uint16_t suspect;            /* the LID that something came from; 0: none */
	/* where something came from as well, and the SA, asked for it, said that it is not there */
	uint16_t denied[IPOIB__ROUTE_DENIED];
	uint8_t denied_next;
	bool refused;                /* the SA's last answer was that it knows no path */
};

/* What this floor keeps of a connection: the transport's part of it, and who sends by it. */
struct ipoib__channel {
	struct ipoib__connection connection; /* first */
	void *rc;                  /* NULL: the transport has none */
	uint16_t lid;              /* that it was made with; 0: by the peer, or there are none */
	uint32_t announced;        /* the peer's Receive-MTU in its REQ, while it is taken */
	uint32_t sends_out;
	uint64_t progress;         /* when the peer last acknowledged, or had nothing to */
	uint8_t why; /* it has ended, until that is dealt with: enum ipoib_connection_end */
	struct ipoib__list ending;
	struct ipoib__list posted; /* buffers, oldest first */
	struct ipoib__list peers;
	struct ipoib__list turns;  /* of the peers: those with packets that wait for room on it */
};

/* What this floor keeps of a neighbour, and the packets that wait for it. */
struct ipoib__peer {
	struct ipoib__neighbour neighbour; /* first */
	struct ipoib__adjacency *adjacency; /* derived from all this: derive.c */
	uint32_t told_mtu;           /* what the caller was told last; 0: nothing */
	struct ipoib__channel *channel; /* NULL: datagrams alone */
	struct ipoib__list of_channel;
	struct ipoib__list turn;     /* among those that wait for room on the channel */
	struct ipoib__route *route;  /* NULL while it has no link address */
	struct ipoib__list of_route;
	struct ipoib__list use;      /* has a use to be stepped at the next dispatch */
	struct ipoib__queue waiting;
	struct ipoib__list handles;  /* of the caller */
	bool hinted;                 /* the caller has vouched for it since the last turn */
	bool checked;                /* or wants it asked */
	uint8_t told_verdict;        /* of flux, enum ipoib_flux_verdict */
	uint64_t told_flux;          /* when; 0: never */
	uint64_t counted_flux;       /* claims that are in the statistics */
	uint64_t counted_refused;
	uint64_t data_told;          /* when data from another port was last a claim; 0: never */
	uint16_t data_lid;           /* that it came from */
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

/* Groups that an IPv6 address needs: its solicited-node group, and that of all nodes. */
#define IPOIB__BINDING_GROUPS 2

struct ipoib_binding {
	struct ipoib__binding binding; /* first */
	struct ipoib_context *context;
	struct ipoib_interface *interface; /* NULL once that is closed */
	struct ipoib__probe_parameters parameters;
	struct ipoib__timer timer;
	struct ipoib_multicast *groups[IPOIB__BINDING_GROUPS]; /* IPv6 alone */
	bool announce;           /* the caller wants it announced */
	uint64_t told;           /* when a conflict was last told; 0: never */
	struct ipoib_link_address conflicting; /* who was heard last to use it */
};

/* What this floor keeps of a module's entry, which is its first member; NULL for NULL. */
static inline struct ipoib__peer *ipoib__peer_of(struct ipoib__neighbour *n)
{
	return (struct ipoib__peer *)(void *)n;
}

static inline struct ipoib__route *ipoib__route_of(struct ipoib__path *path)
{
	return (struct ipoib__route *)(void *)path;
}

static inline struct ipoib__channel *ipoib__channel_of(struct ipoib__connection *c)
{
	return (struct ipoib__channel *)(void *)c;
}

static inline struct ipoib__cast_group *ipoib__cast_of(struct ipoib__group *group)
{
	return (struct ipoib__cast_group *)(void *)group;
}

static inline struct ipoib_binding *ipoib__binding_of(struct ipoib__binding *binding)
{
	return (struct ipoib_binding *)(void *)binding;
}

struct ipoib_multicast {
	struct ipoib__list link;
	struct ipoib_context *context;
	struct ipoib__cast_group *group; /* NULL once the interface is closed */
	struct ipoib_interface *interface;
};

/* A neighbour that the caller holds. */
struct ipoib_neighbour {
	struct ipoib__list link;    /* of the interface: settled, or to be looked at */
	struct ipoib__list of_peer;
	struct ipoib_context *context;
	struct ipoib_interface *interface; /* NULL once that is closed */
	struct ipoib__peer *peer;   /* NULL: the table has no entry for it */
	struct ipoib__adjacency *adjacency; /* of that */
	struct ipoib_ip ip;
	bool wanted;                /* to be resolved, and neither that nor its failure was told */
	struct ipoib_resolution last; /* that was told */
	ipoib_neighbour_resolved *resolved;
	void *user;
};

/* Where a datagram came from, and from which address. */
struct ipoib__sender {
	struct ipoib_link_address source; /* by its GRH; zero: it has none */
	struct ipoib_ip ip;
	uint32_t qpn;
	uint16_t lid;
};

struct ipoib_interface {
	struct ipoib__list link; /* of the transport */
	struct ipoib_transport *transport;
	struct ipoib_context *context;
	struct ipoib_interface_config config;
	uint32_t number;      /* on its transport, 1 to IPOIB__NUMBER_MAX; part of ids */
	bool closed;
	bool gone;            /* the adapter left */
	bool takes_none;      /* connections are made here and none are taken: the port cannot */
	bool started;
	bool up;
	bool link_changed;    /* what the link depends on, since it was looked at */
	bool told_limited;    /* that the port is a limited member, and nothing else since */
	bool want_room;       /* a send was answered -EAGAIN, for want of room in the send queue */
	bool want_buffers;    /* ipoib_interface_buffer() was answered -ENOMEM */
	bool addresses_changed; /* addresses were bound, or their groups joined */
	struct ipoib__share share;       /* of the transport's pool for datagrams */
	struct ipoib__share large_share; /* and of that for connections */
	struct ipoib_port_attributes port;
	void *ud;
	uint32_t qpn;
	uint32_t qkey;        /* of the link, that the queue pair has been given */
	uint32_t mtu;         /* octets of an IP packet; 0: never was up */
	uint32_t datagram_mtu; /* octets of an IP packet in a datagram */
	uint32_t datagram_limit; /* the lesser of both: no neighbour's is more */
	uint32_t payload_max; /* octets that the queue pair takes now: the law of post.c */

	struct ipoib__bindings bindings;
	struct ipoib__adjacencies adjacencies;
	struct ipoib__neighbours neighbours;
	struct ipoib__paths paths;
	struct ipoib__groups groups;
	struct ipoib__connections connections;

	uint32_t sends_out;                 /* buffers in the send queue */
	uint64_t posted;                    /* sends, ever: the number of the last one */
	struct ipoib__list retired;         /* address handles, in this turn */
	struct ipoib__list retiring;        /* before it: until sends up to `last` have completed */
	uint32_t receives_out;              /* in the receive queue */
	uint32_t connected_out;             /* in the receive queue of connections */
	struct ipoib__list ending;          /* channels to be drained and ended */
	struct ipoib__queue backlog;        /* resolved, but the send queue was full */
	struct ipoib__list uses;            /* peers */
	struct ipoib__list sourceless;      /* peers to be asked for once there is an address */
	struct ipoib__timer source_timer;
	struct ipoib__list group_uses;      /* groups */
	struct ipoib__list waiting;         /* all that wait, by age */
	uint32_t waiting_count;             /* packets of the caller */
	uint32_t waiting_control;           /* our own */
	/* peers' queues in which a send found no room: in the queue itself, in all together */
	struct ipoib__list refused;
	struct ipoib__list crowded;
	struct ipoib__list rooms;           /* of those, to be told that there is room again */
	struct ipoib__timer age_timer;
	struct ipoib__timer refill_timer;
	struct ipoib__timer port_timer;
	struct ipoib__timer limits_timer;   /* goes on with the neighbours whose MTU may be told */
	uint64_t limits_cursor;
	struct ipoib__ring events;          /* to be told */
	struct ipoib__ring changes;         /* of the neighbour table; made when they are wanted */
	/* other interfaces of ours that were told to be on the same link, since it came up */
	struct ipoib_link_address same_link[IPOIB__OTHERS_MAX];
	uint32_t same_link_count;
	struct ipoib__list handles;         /* of neighbours: with nothing to be told */
	struct ipoib__list handles_due;     /* something has changed that they may tell */
	uint32_t handle_count;              /* of both */
	struct ipoib__list fates;           /* dropped, to be told */
	struct ipoib__queue errors;         /* ICMP errors, to be handed up; at most a burst */
	uint32_t fates_count;
	uint64_t icmp_debt;                 /* nanoseconds to wait for full credit */
	uint64_t icmp_last;
	struct ipoib_statistics statistics;
	struct ipoib_capture *capture;
	uint32_t capture_psn;
	uint64_t completed;                 /* when a send or receive was last completed */
	struct ipoib__sender last_sender;   /* of a datagram: one that sends on is judged once */
	struct ipoib__words words;          /* of addresses, for their first contact */
	uint64_t contested_until;           /* the last first contact that two ports answered */
	uint64_t told_foreign;              /* when a foreign request was last told; 0: never */
	int join_status;                    /* why the join that is being answered failed */
	struct ipoib__list asking;          /* of the transport's askers */
};

#endif
