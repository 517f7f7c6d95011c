/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Connections: who is dialled when, who may dial us, and who has to go.
 *
 *  1. A peer that announces RC is dialled when there is something to send to it. While that
 *     goes on, what fits goes as a datagram and the rest waits (mtu.h); nobody is worse off for
 *     having announced a connection.
 *  2. Dialled is the service ID of Linux (0x10...), and when the peer refuses that as unknown,
 *     at once and from then on, that of RFC 4755 (0x01...). Listened for are both.
 *  3. One that cannot be made is held: datagrams alone for a time that doubles with each failure in
 *     a row. A peer that announces RC and never answers costs a logarithmic number of REQs (I13,
 *     I39). The neighbour is never lost for it. That a peer asks for one itself ends a hold.
 *     One that was up and has ended, however, is made again at once, and what needs it waits for
 *     that until the peer refuses, or it has failed for as long as a packet may wait: a smaller MTU
 *     that is told for a pause of the peer stays in the stack above for ten minutes. When those
 *     before it did not last either it is held meanwhile: a peer that agrees and hangs up costs no
 *     more than one that refuses.
 *  4. A peer of Linux's kind sends on the connection that it made and receives on the one that
 *     we made: one for each direction. A peer that asks by RFC 4755's service ID follows its
 *     section 3.3: one for both; and when two REQs cross, the one of the numerically smaller
 *     link address gives way.
 *  5. Both kinds together are counted. When there are as many as may be, the one that was not
 *     used for the longest time goes (I30, I31), but not before its lease is over, and never one
 *     that is still being made. A peer for which there is no room waits for its turn, first come
 *     first served, and after a moment in vain it is held as after a failure: however many peers
 *     there are, connections do not chase each other away. Unused ones go after a while anyway.
 *     Half of the places are for those that we make and half for those that peers make. What one
 *     half does not use the other may borrow, and gives back when it is wanted; within its own
 *     half each makes its own give way.
 *
 * As everywhere: step() is pure; the set keeps entries, timers and order, and calls its owner
 * to act.
 */
#ifndef IPOIB__CONNECTION_H
#define IPOIB__CONNECTION_H

#include <stdbool.h>
#include <stdint.h>

#include <ipoib/types.h>

#include "base/hash.h"
#include "base/list.h"
#include "base/memory.h"
#include "base/random.h"
#include "base/table.h"
#include "base/wheel.h"

#define IPOIB__CONNECTION_HOLD_NS UINT64_C(1000000000)
#define IPOIB__CONNECTION_HOLD_MAX_NS UINT64_C(128000000000)
#define IPOIB__CONNECTION_JITTER 25 /* percent */
/*
 * A failed or unused entry is remembered so long: longer than any hold time, or the peer begins
 * anew at one REQ a second.
 */
#define IPOIB__CONNECTION_FORGET_NS UINT64_C(300000000000)
/*
 * Linux ends what it made after 60 to 90 s without use, and what a peer made after 512 s and more.
 */
#define IPOIB__CONNECTION_IDLE_MADE_NS UINT64_C(90000000000)
#define IPOIB__CONNECTION_IDLE_TAKEN_NS UINT64_C(600000000000)
/* The order of use is kept to this grain: a packet must not reorder a list that others share. */
#define IPOIB__CONNECTION_TOUCH_NS UINT64_C(1000000000)
/* Holds are ended by proof once in this time; what comes earlier ends one when the time is over. */
#define IPOIB__CONNECTION_PROOF_NS UINT64_C(1000000000)
/* One that was up for so long has shown that the peer means it; a proof is good for as long. */
#define IPOIB__CONNECTION_PROVEN_NS UINT64_C(10000000000)
/*
 * So long without use, and one may have to give way to another: many round trips, and a rate of
 * one REQ a second and place at most when more peers want one than there are places.
 */
#define IPOIB__CONNECTION_LEASE_NS UINT64_C(1000000000)
/* How long at most a peer waits for its turn: two leases. */
#define IPOIB__CONNECTION_TURN_NS UINT64_C(2000000000)
/* A Receive-MTU that holds no octet of IP is no Receive-MTU (Linux refuses it too). */
#define IPOIB__CONNECTION_MTU_LEAST 5

enum ipoib__connection_state {
	IPOIB__CONNECTION_IDLE = 1, /* none, and may be dialled */
	IPOIB__CONNECTION_DIALLING, /* the REQ is under way */
	IPOIB__CONNECTION_UP,       /* packets go by it */
	IPOIB__CONNECTION_HELD,     /* failed; not dialled before the hold time is over */
	IPOIB__CONNECTION_TAKEN,    /* made by the peer, for receiving only */
};

enum ipoib__connection_event {
	IPOIB__CONNECTION_WANT,    /* there is something to send */
	IPOIB__CONNECTION_ANSWER,  /* the peer agreed, with a Receive-MTU */
	IPOIB__CONNECTION_UNKNOWN, /* the peer does not know the service ID (REJ 8) */
	/* one side took the other for its former self, and knows better now */
	IPOIB__CONNECTION_STALE,
	IPOIB__CONNECTION_FAILURE, /* not answered, or failed while it was up */
	IPOIB__CONNECTION_ENDED,   /* the peer has ended it in good order */
	IPOIB__CONNECTION_ADOPT,   /* the peer has made one for both directions, and we take it */
	IPOIB__CONNECTION_TIMER,
	IPOIB__CONNECTION_NO_ROOM, /* it was to be dialled, and its turn did not come */
	IPOIB__CONNECTION_REFUSED, /* the peer does not want it */
	IPOIB__CONNECTION_PROOF,   /* the peer asks for one itself, or is found again */
	IPOIB__CONNECTION_MOVED,   /* the peer's port has another LID */
};

enum ipoib__connection_action {
	IPOIB__CONNECTION_DIAL = 1,
	IPOIB__CONNECTION_USABLE = 2,
	IPOIB__CONNECTION_LOST = 4,   /* it was up, and packets go another way or wait */
	IPOIB__CONNECTION_GIVE_UP = 8,/* it did not come up: decide anew about what waits for it */
	IPOIB__CONNECTION_HANG_UP = 16,/* end it */
	IPOIB__CONNECTION_FORGET = 32,/* remove the entry */
	IPOIB__CONNECTION_FAILED = 64,/* count it as a failure */
};

struct ipoib__connection {
	struct ipoib_link_address peer; /* flags zero: who it is, not what it can */
	/* names it for the transport, unique in the set; anew with each dialling */
	uint64_t id;
	uint8_t state;
	bool rfc;           /* dialled by RFC 4755's service ID, remembered for the peer */
	bool again;         /* dialled a second time after it was stale */
	bool both;          /* made by the peer, used in both directions */
	uint8_t failures;   /* in a row */
	uint8_t ends;       /* in a row, of connections that did not last */
	uint32_t mtu;       /* octets of an IP packet that the peer takes */
	uint64_t deadline;
	uint64_t held_at;   /* when its hold began */
	uint64_t hold_until;
	uint64_t used;      /* sent or received on */
	uint64_t since;     /* when it came up */
	uint64_t grace;     /* how long what needs it waits after it was lost */
	uint64_t lost_until;/* it was up: so long that grace goes on; 0: it does not */
	uint64_t proof;     /* when the peer last asked for one; 0: never */
	uint64_t proven;    /* when a hold was last ended by proof */
	uint8_t ended;      /* why the last one failed, enum ipoib_connection_end */
	uint64_t ended_at;
	uint32_t users;     /* peers of the owner that send by it */
	/* the set's */
	uint64_t hash;
	uint8_t side; /* enum ipoib__connection_side, while it exists */
	uint64_t touched;
	/* those that exist at the transport, least recently used first */
	struct ipoib__list recent;
	struct ipoib__list turn; /* in line for room */
	uint64_t turn_since;
	struct ipoib__timer timer;
	struct ipoib__connections *set;
};

/* One step; pure. mtu comes with ANSWER, in octets of an IP packet; hold is drawn for a failure. */
unsigned ipoib__connection_step(struct ipoib__connection *c, enum ipoib__connection_event event,
				uint32_t mtu, uint64_t hold, uint64_t now);
uint64_t ipoib__connection_hold(unsigned failures);
/* Whether what needs it waits, though it is held: it was up a moment ago. */
bool ipoib__connection_in_grace(const struct ipoib__connection *c, uint64_t now);
/* The failures that a next one would make, those that looked like a connection included. */
unsigned ipoib__connection_blame(const struct ipoib__connection *c);
/* Whether the transport has something for it: dialling, up or taken. */
bool ipoib__connection_exists(const struct ipoib__connection *c);
/*
 * RFC 4755 section 3.3, when the REQ of a peer that follows it meets our own: whether the
 * peer's is taken (ours is given up); else it is refused with reason 28. Flags octets do not count.
 */
bool ipoib__connection_yields(const struct ipoib_link_address *local,
			      const struct ipoib_link_address *peer);
/*
 * From a peer's Receive-MTU, which counts the IPoIB header, to octets of an IP packet: the
 * least of what it takes, what we send, and what IP knows; 0 when the peer said nonsense (I38).
 */
uint32_t ipoib__connection_mtu(uint32_t receive_mtu, uint32_t own);

#define IPOIB__CONNECTION_TIMEOUT_MAX 31 /* five bits of a REQ and of a queue pair */
#define IPOIB__CONNECTION_RETRIES_MAX 7	 /* three */
/* How long a peer may be silent: the code of a timeout, and repetitions after it. */
struct ipoib__connection_patience {
	uint8_t timeout; /* 4.096 us * 2^timeout */
	uint8_t retries;
};
/*
 * By the packet lifetime of the path, there and back; what is not zero of `wanted` is taken.
 * Together they outlive a peer that stands still for a second, or a cable that is moved.
 */
struct ipoib__connection_patience
ipoib__connection_patience(uint8_t packet_life, struct ipoib__connection_patience wanted);

struct ipoib__connections_hooks {
	size_t size; /* of an entry, with struct ipoib__connection at its start */
	/* Does the actions of a step but FORGET. It must not remove the entry. */
	void (*act)(void *owner, struct ipoib__connection *c, unsigned actions, uint64_t now);
	/* Whether packets are under way on it, so that it must not be reaped. */
	bool (*busy)(void *owner, const struct ipoib__connection *c);
	/* Ends what the owner keeps in an entry that is about to be removed. */
	void (*end)(void *owner, struct ipoib__connection *c);
};

/* Who has asked for a connection: the half that it is counted in. */
enum ipoib__connection_side {
	IPOIB__CONNECTION_OURS,
	IPOIB__CONNECTION_PEERS, /* those for both directions too, which the peer asked for */
	IPOIB__CONNECTION_SIDES,
};

/* What has happened for want of room. */
struct ipoib__connections_counters {
	uint64_t gave_way; /* ended for another one */
	uint64_t waited;   /* stood in line */
	uint64_t gave_up;  /* of those: their turn did not come */
};

#define IPOIB__CONNECTION_ID_BITS 40 /* more than these an id never has */

struct ipoib__connections {
	struct ipoib__memory *memory;
	struct ipoib__wheel *wheel;
	struct ipoib__random *random;
	const struct ipoib__connections_hooks *hooks;
	void *owner;
	uint32_t limit;   /* that exist, both directions together */
	uint32_t entries; /* that are remembered, connected or not */
	uint32_t existing;
	uint32_t of_side[IPOIB__CONNECTION_SIDES]; /* of those */
	uint64_t age;     /* how long the owner's packets wait for a connection */
	uint64_t news;    /* holds that began before this are over */
	uint64_t next_id;
	uint8_t key[IPOIB__SIPHASH_KEY];
	struct ipoib__table made;  /* by peer: those that we dial, or use in both directions */
	struct ipoib__list recent[IPOIB__CONNECTION_SIDES];
	struct ipoib__list others; /* every entry that does not exist at the transport */
	struct ipoib__list turns;  /* of those, the ones that want to be dialled, in order */
	struct ipoib__timer turn_timer;
	struct ipoib__connections_counters counters;
	struct ipoib__table ids;   /* every entry, by its id */
};

void ipoib__connections_init(struct ipoib__connections *set, struct ipoib__memory *memory,
			     struct ipoib__wheel *wheel, struct ipoib__random *random,
			     const uint8_t key[IPOIB__SIPHASH_KEY], uint32_t limit,
			     uint32_t entries, uint64_t age,
			     const struct ipoib__connections_hooks *hooks, void *owner);
/* Hangs up and removes every entry. */
void ipoib__connections_fini(struct ipoib__connections *set, uint64_t now);

/* The entry that is, or would be, dialled for a peer; made when there is none. NULL: no memory. */
struct ipoib__connection *ipoib__connections_get(struct ipoib__connections *set,
						 const struct ipoib_link_address *peer,
						 uint64_t now);
struct ipoib__connection *ipoib__connections_find(const struct ipoib__connections *set,
						  const struct ipoib_link_address *peer);
/* A peer has made a connection: an entry in the state TAKEN. NULL: no memory, or no room (I30). */
struct ipoib__connection *ipoib__connections_take(struct ipoib__connections *set,
						  const struct ipoib_link_address *peer,
						  uint64_t now);
struct ipoib__connection *ipoib__connections_by_id(const struct ipoib__connections *set,
						   uint64_t id);
/* Whether one more may exist, one that was not used for its lease given up for it if need be. */
bool ipoib__connections_room(struct ipoib__connections *set, enum ipoib__connection_side side,
			     uint64_t now);
void ipoib__connections_hold(struct ipoib__connection *c);
void ipoib__connections_release(struct ipoib__connections *set, struct ipoib__connection *c,
				uint64_t now);
/*
 * One step: the machine, its timer, its place, and the actions. The entry may be gone afterwards.
 */
void ipoib__connections_step(struct ipoib__connections *set, struct ipoib__connection *c,
			     enum ipoib__connection_event event, uint32_t mtu, uint64_t now);
/* The port or its subnet manager has changed: what could not be made before may be made now. */
void ipoib__connections_news(struct ipoib__connections *set, uint64_t now);
/* Whether it is held, and not to be dialled now. */
bool ipoib__connections_held(const struct ipoib__connection *c, uint64_t now);
/* A peer that asks for one itself, or has been found again, is there. */
void ipoib__connections_proof(struct ipoib__connections *set,
			      const struct ipoib_link_address *peer, uint64_t now);
/* Something went or came by it. */
void ipoib__connections_touch(struct ipoib__connections *set, struct ipoib__connection *c,
			      uint64_t now);
/* Ends one that exists, without holding it against the peer. */
void ipoib__connections_drop(struct ipoib__connections *set, struct ipoib__connection *c,
			     uint64_t now);
/* Ends every one that exists, without holding it against anybody: the port is down. */
void ipoib__connections_drop_all(struct ipoib__connections *set, uint64_t now);
/* Goes through the entries: *at is NULL at first. It must not be removed between two calls. */
struct ipoib__connection *ipoib__connections_next(const struct ipoib__connections *set,
						  const struct ipoib__connection *at);
/*
 * The same for who looks from outside, as ipoib__table_next(): between two calls anything may be
 * removed. One that is dialled anew meanwhile may be seen twice or missed.
 */
struct ipoib__connection *ipoib__connections_walk(const struct ipoib__connections *set,
						  uint64_t *cursor);

#endif
