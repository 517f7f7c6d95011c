/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * A simulated port of an adapter, as strict as hardware. Both ways of attaching to a fabric
 * share it; they differ in the link below it.
 *
 * 1. A send is executed when it is posted, as an adapter does at its doorbell: key and address
 *    against the registered regions, length against the port's MTU, then it goes to the link. A
 *    link without room leaves it queued until ipoib__hca_resume().
 * 2. A send that fails there stops the send queue (SQE): it completes with its error, everything
 *    behind it with -ECANCELED. Receiving goes on. A send while the port is down completes with
 *    -EIO and stops nothing: real adapters differ, and an error is never taken for a delivery.
 * 3. A datagram that arrives for another LID, an unknown queue pair, with a wrong P_Key or Q_Key,
 *    or for a queue pair without a posted receive vanishes and is counted. A queue pair's P_Key is
 *    the entry of the port's table that it was made with, whatever that becomes.
 * 4. A posted receive that is too small (-EMSGSIZE), or whose key or address is wrong (-EIO),
 *    stops the whole queue pair (ERR): everything posted completes with -ECANCELED, and nothing
 *    arrives.
 * 5. A stopped queue pair is mended when the completions that were queued when it stopped have been
 *    taken. What is posted meanwhile is flushed too, but does not delay that: who posts a receive
 *    for each completion that it takes would otherwise never come to the end.
 * 6. A queue's place is free again when the completion is taken, so completions never overflow.
 * 7. A multicast datagram reaches the queue pairs of this port that are attached to its group,
 *    those of the sender included: the switch does not send it back. The user filters its own.
 *
 * 8. Reliable connections share the completions and the connected receives of a UD queue pair;
 *    hca_rc.h has their rules.
 *
 * The files, each upon those before it: hca_memory.c, hca_port.c; hca_ud.c, its hca_send.c and
 * hca_receive.c; hca_rc.c, its hca_rc_send.c and hca_rc_receive.c, and hca_rc_port.c; hca.c. The
 * port reaches its queue pairs by struct ipoib__hca_qp_type alone: they stand above it, and what
 * they send to their own port is received within the call.
 *
 * Q_Keys with the highest bit set cannot be sent by a user of an adapter: the queue pair's own
 * stands in for them.
 */
#ifndef IPOIB__MOCK_HCA_H
#define IPOIB__MOCK_HCA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <ipoib/transport.h>
#include <ipoib/types.h>

#include "base/list.h"
#include "base/memory.h"
#include "base/ring.h"
#include "base/sized.h"
#include "base/table.h"
#include "base/wheel.h"
#include "mock/frame.h"

IPOIB__FIRST_VERSION(IPOIB__MOCK_PORT_FIRST, struct ipoib_port_attributes, pkeys, 360);

struct ipoib__hca;
struct ipoib__hca_rc;

/* Queue pair numbers begin where real adapters' do, above the ones with a meaning. */
#define IPOIB__HCA_QPN_FIRST 0x48
/* Queue pairs of one port: they are searched one by one. */
#define IPOIB__HCA_QUEUE_PAIRS_MAX 256
/* Places of one queue, as real adapters have. */
#define IPOIB__HCA_DEPTH_MAX 65536
/* Groups of one queue pair: as many as the fabric's SA can have. */
#define IPOIB__HCA_GROUPS_MAX 1024
/* Reliable connections of one queue pair: their queues are what a process pays for them. */
#define IPOIB__HCA_CONNECTIONS_MAX 8192
/*
 * MADs that wait for a link without room: they share it with bulk data, and one lost is missed for
 * seconds.
 */
#define IPOIB__HCA_MADS_MAX 32
/* What the 40 octets of a datagram without a GRH are made, so that nobody relies on them. */
#define IPOIB__HCA_POISON 0xa5

struct ipoib__hca_counters {
	uint64_t sends;	       /* executed without an error */
	uint64_t sends_failed; /* executed with one */
	uint64_t sends_flushed;
	uint64_t frames;	  /* arrived, looped back ones included */
	uint64_t receives;	  /* completed without an error */
	uint64_t receives_failed; /* too small, or not ours to write to */
	uint64_t receives_flushed;
	uint64_t mads;	       /* handed on */
	uint64_t dropped_down; /* the port is down */
	uint64_t dropped_lid;  /* another port's */
	uint64_t dropped_kind; /* not a datagram, or longer than the MTU */
	uint64_t dropped_qpn;  /* nobody has it, or nobody is attached to the group */
	uint64_t dropped_pkey;
	uint64_t dropped_qkey;
	uint64_t dropped_state;	  /* the queue pair is stopped */
	uint64_t dropped_starved; /* no receive posted */
	uint64_t dropped_mad;	  /* to the services, and nobody took it */
	/* Of reliable connections. */
	uint64_t rc_sends;	     /* acknowledged */
	uint64_t rc_sends_failed;
	uint64_t rc_sends_flushed;
	uint64_t rc_repeated;	     /* messages sent again */
	uint64_t rc_receives;	     /* completed without an error */
	uint64_t rc_receives_failed; /* too small, or not ours to write to */
	uint64_t rc_duplicates;	     /* acknowledged again, and dropped */
	uint64_t rc_early;	     /* one before it is missing */
	uint64_t rc_starved;	     /* no connected receive posted */
	uint64_t rc_strange;	     /* acknowledgements of what was not sent */
};

/* What a port needs from who holds it. */
struct ipoib__hca_owner {
	/* Sends a frame. -EAGAIN: the link has no room now. */
	int (*output)(void *self, const struct ipoib__frame *frame, const void *payload);
	/* A MAD of 256 octets has arrived at the services' queue pair; false: it is nobody's. */
	bool (*mad)(void *self, const struct ipoib__frame *frame, const void *mad);
	/* The first message of a taken connection has arrived, and its peer has not said RTU. */
	void (*established)(void *self, struct ipoib__hca_rc *rc);
	/* There is a completion or an event; armed: the user asked for it. */
	void (*wake)(void *self, bool armed);
	void *self;
};

enum ipoib__hca_qp_id {
	IPOIB__HCA_QP_UD = 0, /* unreliable datagrams */
	IPOIB__HCA_QP_RC,     /* reliable connections */
	IPOIB__HCA_QP_TYPES,
};

/*
 * A type of queue pair, as the port knows it. What a type owes: to tell which numbers are taken, to
 * take each frame that is its own or count it as dropped, to follow the port, and to send when the
 * link has room again. hca.c has the two there are.
 */
struct ipoib__hca_qp_type {
	/* Whether a queue pair of this type has the number. */
	bool (*has)(const struct ipoib__hca *hca, uint32_t qpn);
	/* A frame has arrived for this port; or, datagrams alone, for a group. */
	void (*receive)(struct ipoib__hca *hca, const struct ipoib__frame *frame,
			const void *payload);
	/* The state, the LID or the P_Key table is another one. */
	void (*port_changed)(struct ipoib__hca *hca);
	/* Sends or flushes what waits, until the link has no room. */
	void (*resume)(struct ipoib__hca *hca);
};

/* A MAD that waits for the link. */
struct ipoib__hca_mad {
	struct ipoib__frame frame;
	uint8_t octets[256];
};

struct ipoib__hca {
	struct ipoib__memory *memory;
	struct ipoib__hca_owner owner;
	const struct ipoib__hca_qp_type *types; /* IPOIB__HCA_QP_TYPES of them */
	struct ipoib_port_attributes port;
	/* Events to be taken: of each kind one stands for many. */
	bool port_changed;
	bool reregister;
	uint32_t next_qpn;
	uint64_t next_key;
	unsigned queue_pair_count;
	struct ipoib__list queue_pairs;
	struct ipoib__list regions;
	struct ipoib__list ahs;
	struct ipoib__hca_mad mads[IPOIB__HCA_MADS_MAX]; /* oldest first */
	unsigned mad_count;
	/* Reliable connections. */
	uint64_t now;		     /* as last heard: posting has no clock */
	struct ipoib__wheel wheel;   /* their timers */
	struct ipoib__table rcs;     /* by their number */
	struct ipoib__list working;  /* something is due to the link */
	struct ipoib__list starting; /* their timers start at the next ipoib__hca_tick() */
	uint64_t rc_timeout; /* the shortest of a connection, in ns */
	struct ipoib__list telling;  /* they have events */
	bool full;		     /* the link had no room when it was tried last */
	struct ipoib__hca_counters counters;
};

struct ipoib__hca_region {
	struct ipoib__list link;
	struct ipoib_memory_region region;
	bool ours; /* the memory too, not only its registration */
};

struct ipoib__hca_ah {
	struct ipoib__list link;
	struct ipoib_ah_attributes attributes;
	uint32_t uses; /* sends whose completion was not taken (I11) */
};

struct ipoib__hca_group {
	struct ipoib_gid mgid;
	uint16_t mlid;
};

enum ipoib__hca_state {
	IPOIB__HCA_READY = 1,
	IPOIB__HCA_SEND_ERROR, /* SQE */
	IPOIB__HCA_ERROR,      /* ERR */
};

struct ipoib__hca_completion {
	struct ipoib_ud_completion completion;
	struct ipoib__hca_ah *ah; /* of a datagram sent */
	struct ipoib__hca_rc *rc; /* of a reliable connection's */
	struct ipoib_ud_receive room; /* what a connected receive was posted with */
};

struct ipoib__hca_ud {
	struct ipoib__list link;
	struct ipoib__hca *hca;
	enum ipoib__hca_state state;
	size_t mend; /* completions to be taken before a stopped one is mended */
	bool armed;
	uint32_t qpn;
	uint32_t qkey;
	uint32_t psn;
	uint16_t pkey;       /* wanted */
	uint32_t pkey_index; /* where it stands in the table; IPOIB_PKEYS_MAX: nowhere */
	uint32_t send_depth, receive_depth;
	uint32_t sends_open, receives_open; /* posted, and their completions not taken */
	struct ipoib__ring sends;	    /* struct ipoib_ud_send */
	struct ipoib__ring receives;	    /* struct ipoib_ud_receive */
	struct ipoib__ring completions;	    /* struct ipoib__hca_completion */
	struct ipoib__hca_group *groups;
	size_t group_count, group_room;
	/* Reliable connections: hca_rc.h */
	uint32_t connected_depth, connections_max; /* 0: none */
	uint32_t connected_open;		   /* as receives_open */
	uint32_t connection_count;
	struct ipoib__ring connected; /* struct ipoib_ud_receive */
	struct ipoib__list connections;
};

/* ---- hca.c ---- */

void ipoib__hca_init(struct ipoib__hca *hca, struct ipoib__memory *memory,
		     const struct ipoib__hca_owner *owner,
		     const struct ipoib_port_attributes *port);
/* Everything made of it was ended before. */
void ipoib__hca_fini(struct ipoib__hca *hca);

/* ---- hca_port.c: what all queue pairs share ---- */

/* The fabric says what the port is now; an event tells it on if it is news. */
void ipoib__hca_set_port(struct ipoib__hca *hca, const struct ipoib_port_attributes *port);
void ipoib__hca_reregister(struct ipoib__hca *hca);
/* Takes a PORT or REREGISTER event, in this order. */
bool ipoib__hca_next_event(struct ipoib__hca *hca, struct ipoib_transport_event *event);
/* Sends a MAD to the SA. Nobody hears of it when it is lost, as on a wire. */
void ipoib__hca_send_mad(struct ipoib__hca *hca, const uint8_t mad[256]);
/* The same to the services of any port. */
void ipoib__hca_send_mad_to(struct ipoib__hca *hca, const struct ipoib_ah_attributes *to,
			    const uint8_t mad[256]);
/* Executes what waits, after the link had no room. */
void ipoib__hca_resume(struct ipoib__hca *hca);
/* A frame has arrived. */
void ipoib__hca_receive(struct ipoib__hca *hca, const struct ipoib__frame *frame,
			const void *payload);
/* A number that no queue pair has: one is not used again soon, so that a peer sees the change. */
uint32_t ipoib__hca_qpn_new(struct ipoib__hca *hca);
/* Where the P_Key's partition stands in the port's table; IPOIB_PKEYS_MAX: nowhere. */
uint32_t ipoib__hca_pkey_find(const struct ipoib__hca *hca, uint16_t pkey);
/* One P_Key must be a full member's (IBA 10.9.3): limited members do not hear each other. */
bool ipoib__hca_pkey_matches(uint16_t a, uint16_t b);

/* ---- hca_memory.c: registered memory and address handles ---- */

/* The contracts of the next are those of struct ipoib_transport_ops. */
int ipoib__hca_memory_get(struct ipoib__hca *hca, size_t length,
			  struct ipoib_memory_region *region);
/* Memory of somebody else's. */
int ipoib__hca_memory_register(struct ipoib__hca *hca, void *address, size_t length,
			       struct ipoib_memory_region *region);
void ipoib__hca_memory_put(struct ipoib__hca *hca, const struct ipoib_memory_region *region);
/* Whether all octets are in the region of this key. */
bool ipoib__hca_memory_covers(const struct ipoib__hca *hca, uint64_t key, const void *address,
			      size_t length);
int ipoib__hca_ah_create(struct ipoib__hca *hca, const struct ipoib_ah_attributes *attributes,
			 struct ipoib__hca_ah **ah);
void ipoib__hca_ah_destroy(struct ipoib__hca_ah *ah, struct ipoib__hca *hca);

/* ---- hca_ud.c: queue pairs of datagrams ---- */

int ipoib__hca_ud_create(struct ipoib__hca *hca, struct ipoib_ud_attributes *attributes,
			 struct ipoib__hca_ud **ud);
void ipoib__hca_ud_destroy(struct ipoib__hca_ud *ud);
int ipoib__hca_ud_attach(struct ipoib__hca_ud *ud, const struct ipoib_gid *mgid, uint16_t mlid);
void ipoib__hca_ud_detach(struct ipoib__hca_ud *ud, const struct ipoib_gid *mgid, uint16_t mlid);
bool ipoib__hca_ud_attached(const struct ipoib__hca_ud *ud, const struct ipoib_gid *mgid,
			    uint16_t mlid);
int ipoib__hca_ud_post_receive(struct ipoib__hca_ud *ud, const struct ipoib_ud_receive *receives,
			       size_t count);
int ipoib__hca_ud_poll(struct ipoib__hca_ud *ud, struct ipoib_ud_completion *completions,
		       size_t count);
/* Whether there are completions; if not, the next one wakes the user whatever he is doing. */
bool ipoib__hca_ud_arm(struct ipoib__hca_ud *ud);
/* Room for so many more completions, and its end. -ENOMEM. */
int ipoib__hca_ud_reserve(struct ipoib__hca_ud *ud, size_t more);
void ipoib__hca_ud_release(struct ipoib__hca_ud *ud, size_t less);
/* Takes back the completions of a connection; receives among them are posted again. */
void ipoib__hca_ud_forget(struct ipoib__hca_ud *ud, const struct ipoib__hca_rc *rc);
/* Queues a completion. */
void ipoib__hca_ud_complete(struct ipoib__hca_ud *ud, const struct ipoib__hca_completion *done);
/* The same for a send, which is counted. */
void ipoib__hca_ud_complete_send(struct ipoib__hca_ud *ud, const struct ipoib_ud_send *send,
				 int status);
/* Completes every queued send with -ECANCELED. */
void ipoib__hca_ud_flush_sends(struct ipoib__hca_ud *ud);
/* Stops a queue pair in this state, and flushes what the state flushes. */
void ipoib__hca_ud_stop(struct ipoib__hca_ud *ud, enum ipoib__hca_state state);
/* The P_Key of a queue pair, as the port's table has it; 0 when it has gone from there. */
uint16_t ipoib__hca_ud_pkey(const struct ipoib__hca_ud *ud);
/* NULL: there is none with this number. */
struct ipoib__hca_ud *ipoib__hca_ud_find(const struct ipoib__hca *hca, uint32_t qpn);

/* ---- datagrams as a type of queue pair: hca_ud.c, hca_send.c, hca_receive.c ---- */

int ipoib__hca_ud_post_send(struct ipoib__hca_ud *ud, const struct ipoib_ud_send *sends,
			    size_t count);
/* The contracts of the next are those of struct ipoib__hca_qp_type. */
bool ipoib__hca_ud_has(const struct ipoib__hca *hca, uint32_t qpn);
void ipoib__hca_ud_receive(struct ipoib__hca *hca, const struct ipoib__frame *frame,
			   const void *payload);
void ipoib__hca_ud_port_changed(struct ipoib__hca *hca);
void ipoib__hca_ud_resume(struct ipoib__hca *hca);

#endif
