/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Neighbours: who answers for an IP address on this link, and whether that still holds.
 *
 * The state machine is that of RFC 4861 section 7.3, as Linux runs it for ARP too
 * (net/core/neighbour.c):
 *
 *            use            answer            reachable time over
 *      NEW -----> INCOMPLETE ----> REACHABLE ---------------------> STALE
 *                  |   ^                ^                             | use
 *      no answer   |   | use, after     | answer                      v
 *      to 3 asks   v   | the hold time  +------ PROBE <------------ DELAY
 *                 FAILED                          |       5 s
 *                  ^------------------------------+
 *                         no answer to 3 unicast and 3 broadcast asks
 *
 * It is pure: ipoib__neighbour_step() takes an event and the time, and answers with what is to
 * be done. The table around it keeps entries, their timers and their order of use; it makes
 * nothing happen itself but calls `act`, and the floor above does the asking, sending and
 * answering.
 *
 * Differences from the kernel, each for a reason:
 *  - After the unicast probes the neighbour is asked by broadcast before it is given up: a peer
 *    that restarted has another queue pair number, and a unicast can never reach it (RFC 4391
 *    section 9.4).
 *  - A failed neighbour is held for a time that grows, instead of being asked again at the next
 *    packet (I13).
 *  - Entries made because somebody else asked us (not because we want to send) may fill a part
 *    of the table only, and never push others out (I41).
 */
#ifndef IPOIB__NEIGHBOUR_H
#define IPOIB__NEIGHBOUR_H

#include <stdbool.h>
#include <stdint.h>

#include <ipoib/neighbour.h>
#include <ipoib/types.h>

#include "base/hash.h"
#include "base/list.h"
#include "base/memory.h"
#include "base/random.h"
#include "base/table.h"
#include "base/wheel.h"

/* The kernel's defaults (net/core/neighbour.c; RFC 4861 section 10). In nanoseconds. */
#define IPOIB__NEIGHBOUR_RETRANSMIT_NS UINT64_C(1000000000)
/* times 0.5 to 1.5, drawn at each confirmation */
#define IPOIB__NEIGHBOUR_REACHABLE_NS UINT64_C(30000000000)
#define IPOIB__NEIGHBOUR_DELAY_NS UINT64_C(5000000000)
#define IPOIB__NEIGHBOUR_ASKS 3 /* unanswered requests of one kind before the next step */
/* A host that is switched on again answers within seconds, and asks us itself anyway. */
#define IPOIB__NEIGHBOUR_HOLD_NS UINT64_C(1000000000)
#define IPOIB__NEIGHBOUR_HOLD_MAX_NS UINT64_C(16000000000)
/* A failed neighbour that nobody wants any more is forgotten. */
#define IPOIB__NEIGHBOUR_FORGET_NS UINT64_C(60000000000)
/*
 * Entries are moved to the front of the order of use at most this often: a send must not dirty
 * its neighbours.
 */
#define IPOIB__NEIGHBOUR_TOUCH_NS UINT64_C(1000000000)
/*
 * Entries looked at, from the least recently used, to find one that may go: bounds the work of
 * one insertion.
 */
#define IPOIB__NEIGHBOUR_EVICT_LOOK 16

/* States: enum ipoib_neighbour_state, and this one, which nobody outside sees. */
#define IPOIB__NEIGHBOUR_NEW 0

enum ipoib__neighbour_event {
	IPOIB__NEIGHBOUR_USE,    /* a packet wants to go there */
	IPOIB__NEIGHBOUR_TIMER,  /* its deadline has come */
	IPOIB__NEIGHBOUR_ANSWER, /* it answered our request, with a link address */
	IPOIB__NEIGHBOUR_HEARD,  /* it told its link address unasked */
	/* something suggests that it may have changed: confirm before trusting */
	IPOIB__NEIGHBOUR_DOUBT,
};

enum ipoib__neighbour_action {
	IPOIB__NEIGHBOUR_ASK_BROADCAST = 1,
	IPOIB__NEIGHBOUR_ASK_UNICAST = 2,
	IPOIB__NEIGHBOUR_RESOLVED = 4,  /* it has a link address, and had none */
	IPOIB__NEIGHBOUR_MOVED = 8,     /* its GID or queue pair number is another */
	IPOIB__NEIGHBOUR_UNREACHED = 16,/* it is given up: answer what waits for it */
	IPOIB__NEIGHBOUR_FORGET = 32,   /* remove the entry */
	IPOIB__NEIGHBOUR_FLAGS = 64,    /* it takes connections now, or does not any more */
};

struct ipoib__neighbour {
	struct ipoib_ip ip;
	struct ipoib_link_address link_address; /* valid in REACHABLE, STALE, DELAY, PROBE */
	struct ipoib_link_address old_link_address; /* before it last moved */
	uint8_t state;
	uint8_t asks;        /* requests sent since the last answer */
	uint8_t failures;    /* times given up in a row */
	uint64_t deadline;   /* of the state; IPOIB_NEVER */
	uint64_t hold_until; /* FAILED: not asked again before */
	uint64_t confirmed;  /* when it last answered; IPOIB_NEVER */
	uint64_t used;       /* when a packet last went to it; IPOIB_NEVER */
	uint64_t updated;    /* when its state or link address last changed */
	uint64_t moves;
	/* the table's */
	uint64_t hash;
	uint64_t touched;
	struct ipoib__list recent; /* order of use, least recent first */
	struct ipoib__timer timer;
	struct ipoib__neighbours *table;
};

/*
 * One step. `address` comes with ANSWER and HEARD; `reachable` is the reachable time drawn for
 * this answer. Changes n up to and including its deadline, and returns actions (a set of enum
 * ipoib__neighbour_action).
 */
unsigned ipoib__neighbour_step(struct ipoib__neighbour *n, enum ipoib__neighbour_event event,
			       const struct ipoib_link_address *address, uint64_t reachable,
			       uint64_t now);

/* Whether its link address may be used. */
bool ipoib__neighbour_valid(const struct ipoib__neighbour *n);

/*
 * What the table needs of its owner. An entry is entry_size octets, with struct
 * ipoib__neighbour at its start.
 */
struct ipoib__neighbours_hooks {
	size_t entry_size;
	/*
	 * Does the actions of a step. It must not remove the entry but by
	 * ipoib__neighbours_remove() last of all.
	 */
	void (*act)(void *owner, struct ipoib__neighbour *n, unsigned actions, uint64_t now);
	/* Whether an entry has work in flight and must not be evicted (I37). */
	bool (*busy)(void *owner, const struct ipoib__neighbour *n);
	/* Ends what the owner keeps in an entry that is about to be removed. */
	void (*end)(void *owner, struct ipoib__neighbour *n, bool evicted);
};

struct ipoib__neighbours {
	struct ipoib__memory *memory;
	struct ipoib__wheel *wheel;
	struct ipoib__random *random;
	const struct ipoib__neighbours_hooks *hooks;
	void *owner;
	uint32_t limit;
	uint8_t key[IPOIB__SIPHASH_KEY];
	struct ipoib__table table;
	struct ipoib__list recent;
};

void ipoib__neighbours_init(struct ipoib__neighbours *table, struct ipoib__memory *memory,
			    struct ipoib__wheel *wheel, struct ipoib__random *random,
			    const uint8_t key[IPOIB__SIPHASH_KEY], uint32_t limit,
			    const struct ipoib__neighbours_hooks *hooks, void *owner);
/* Removes every entry. */
void ipoib__neighbours_fini(struct ipoib__neighbours *table);

size_t ipoib__neighbours_count(const struct ipoib__neighbours *table);
struct ipoib__neighbour *ipoib__neighbours_find(const struct ipoib__neighbours *table,
						const struct ipoib_ip *ip);
/*
 * Makes the entry of an address that has none, in the state NEW, and steps nothing. wanted: a
 * packet of ours is to go there; then the least recently used idle entry gives way when the
 * table is full. 0, -ENOMEM, or -ENOBUFS (full).
 */
int ipoib__neighbours_make(struct ipoib__neighbours *table, const struct ipoib_ip *ip, bool wanted,
			   uint64_t now, struct ipoib__neighbour **out);
/* Ends and frees an entry. */
void ipoib__neighbours_remove(struct ipoib__neighbours *table, struct ipoib__neighbour *n,
			      bool evicted);
/*
 * One step of an entry: the machine, its timer, and the actions. The entry may be gone afterwards.
 */
void ipoib__neighbours_step(struct ipoib__neighbours *table, struct ipoib__neighbour *n,
			    enum ipoib__neighbour_event event,
			    const struct ipoib_link_address *address, uint64_t now);
/*
 * A packet goes to it: notes the time, and once in a while the order of use; then it returns true.
 */
bool ipoib__neighbours_touch(struct ipoib__neighbours *table, struct ipoib__neighbour *n,
			     uint64_t now);
/* Goes through the entries, as ipoib__table_next(). */
struct ipoib__neighbour *ipoib__neighbours_next(const struct ipoib__neighbours *table,
						uint64_t *cursor);

#endif
