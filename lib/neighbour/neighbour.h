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
 *      no answer   |   | use, after     | answer, or a hint           v
 *      to 3 asks   v   | the hold time  +------ PROBE <------------ DELAY
 *                 FAILED                          |       5 s
 *                  ^------------------------------+
 *                         no answer to 3 unicast and 3 multicast asks
 *
 * PERMANENT stands beside: entered by hand, never asked, never moved.
 *
 * Flux. A neighbour's identity is its GID and queue pair number. Who claims another GID for a
 * neighbour that has an address is not believed for the asking:
 *
 *   1. A claim is noted: who, which packet, when. The neighbour stays where it is, and so does
 *      traffic.
 *   2. Policy CONFIRM goes to PROBE: the port that is known is asked by unicast. If it answers,
 *      the claim is refused. If it does not answer unicast_probes questions, the neighbour moves
 *      to the claim heard last. PIN refuses; ACCEPT moves at once; HOLD moves at once unless the
 *      hold-down time is running. A trial (point 7) may be over sooner.
 *   3. A move, a refusal under CONFIRM, and under HOLD the first resolution, start the hold-down
 *      time: until it is over no claim changes anything (I14). The last one made meanwhile is
 *      looked at when it ends. Repeating what is known, or a refused claim, does not prolong it,
 *      nor does a refusal while it runs (I35).
 *   4. A neighbour that has been found dead (unicast asks unanswered, or FAILED) may move to
 *      whoever answers, in a hold-down time that began with a refusal too; but not in one that
 *      began with a move to another GID, so that two ports which never answer a unicast cannot
 *      make it swing (I14). Under PIN it may not move.
 *   5. Another queue pair number at the same GID is a peer that restarted: believed at once (PIN
 *      is about ports), but not twice within the hold-down time: then it is a claim as the
 *      others, unless the neighbour is dead. The queue pair that was known is asked at the same
 *      time: its answer, or its own word, shows that nothing restarted, and the neighbour goes
 *      back to it at once. Under CONFIRM a restart that another port speaks of is a claim.
 *      Flags are an attribute.
 *   6. To whom a neighbour moves because the old port was silent, or the hold-down time is over,
 *      nobody has spoken just now: it is STALE, or, if it was used lately, in PROBE at once
 *      (RFC 4861 section 7.3.3 allows to send probes early; waiting 5 s for a hint that the old
 *      port did not give would be wasted).
 *   7. Proof beats waiting. Under CONFIRM a claim of another port, and a restart as in point 5,
 *      begin a trial: the known port and the claimant are asked by unicast, in quick succession.
 *      The known port answers: refused. The claimant alone does: the neighbour moves. The SA
 *      knows no path to the known port: it moves at once. In a hold-down time that began with a
 *      move the known port is asked more often, for lost packets must not make a neighbour swing;
 *      in one that began with a refusal there is no trial. There is one a second at most.
 *
 *   8. Data from another port moves nothing, under any policy, but at first contact (10): a host
 *      may send by any port what it receives by one. It is counted and told, but not beside a claim
 *      that is not decided.
 *   9. The subnet manager may change the prefix of every port. The same GUID and queue pair behind
 *      the prefix that our own port has now, and the known address has not, is no claim: the
 *      neighbour has that GID from then on, under any policy, with no event and no hold-down time.
 *      What was claimed before our own port heard of it is looked at with the next event.
 *  10. First contact. A host with two ports on this link that answers as Linux does by default
 *      (arp_ignore=0) answers the first question from both, and which answer is heard first is
 *      chance. So where another port answers within FIRST_NS of the first address, that one is no
 *      better than this, and the owner judges (event RIGHT) by what it knows of the two: a port's
 *      own word (it announced or probed the address, or uses it as a source) decides, whatever has
 *      become of the claim meanwhile; what is inferred (the other port serves another rail) decides
 *      until there is such a word. It is judged at once and with each JUDGE again. A move begins
 *      the hold-down time as any other, and what the other port still answers is refused without a
 *      question. What nothing decides is a claim as the others. Not under ACCEPT, where the last
 *      one wins.
 *
 * The machine is pure: ipoib__neighbour_step() takes an event and the time, and answers with
 * what is to be done. The table around it keeps entries, their timers, their history and their
 * order of use; it makes nothing happen itself but calls `act`, and the floor above does the
 * asking, sending and answering.
 *
 * Differences from the kernel, each for a reason:
 *  - After the unicast probes the neighbour is asked by multicast before it is given up: a peer
 *    that restarted has another queue pair number, and a unicast can never reach it (RFC 4391
 *    section 9.4).
 *  - A failed neighbour is held for a time that grows, instead of being asked again at the next
 *    packet (I13).
 *  - Entries made because somebody else asked us (not because we want to send) may fill a part
 *    of the table only, and never push others out (I41).
 *  - Limits are a table's own, and not the whole machine's (I37).
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
#include "neighbour/history.h"

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
/* Above gc_thresh2 entries go that were idle for so long; the kernel's forced collection. */
#define IPOIB__NEIGHBOUR_FORCED_NS UINT64_C(5000000000)
/* Idle entries are collected so often (gc_interval), and so many at a time at most. */
#define IPOIB__NEIGHBOUR_GC_INTERVAL_NS UINT64_C(30000000000)
#define IPOIB__NEIGHBOUR_GC_BATCH 256
/*
 * Questions of a trial, and the time between two of them. A peer answers within a few ms; three
 * questions in 450 ms leave a fail-over under a second and outlive two lost packets.
 */
#define IPOIB__NEIGHBOUR_TRIAL_ASKS 3
#define IPOIB__NEIGHBOUR_TRIAL_NS UINT64_C(150000000)
/*
 * The same in a hold-down time that began with a move: where every third packet is lost each way,
 * a port that is alive passes for dead once in 10,000 trials.
 */
#define IPOIB__NEIGHBOUR_TRIAL_HELD_ASKS 15
#define IPOIB__NEIGHBOUR_TRIAL_HELD_NS UINT64_C(40000000)
/* From the end of one trial to the next: a flood of claims is no flood of questions. */
#define IPOIB__NEIGHBOUR_TRIAL_REST_NS UINT64_C(1000000000)
/*
 * First contact: a host answers all its ports' questions in one go, and packets that answer ours
 * follow within a round trip. For so long answers belong to the first question, and so often it is
 * looked which of two is right.
 */
#define IPOIB__NEIGHBOUR_FIRST_NS UINT64_C(500000000)
#define IPOIB__NEIGHBOUR_FIRST_LOOK_NS UINT64_C(100000000)

/* States: enum ipoib_neighbour_state, and this one, which nobody outside sees. */
#define IPOIB__NEIGHBOUR_NEW 0

/* What can be chosen. Times in nanoseconds, none of them 0. */
struct ipoib__neighbour_parameters {
	uint64_t retransmit;    /* between two questions */
	uint64_t reachable;     /* times 0.5 to 1.5, drawn at each confirmation */
	uint64_t delay;         /* from DELAY to PROBE */
	uint64_t flux_hold;     /* hold-down time */
	uint64_t stale;         /* gc_stale_time */
	uint8_t unicast_probes; /* at least 1, as multicast_probes */
	uint8_t multicast_probes;
	uint8_t flux;           /* enum ipoib_flux_policy */
	uint8_t prefix[8];      /* our own port's GID begins with; ipoib__neighbours_prefix() */
	uint32_t thresh1;       /* gc_thresh1 to 3: thresh1 <= thresh2 <= limit */
	uint32_t thresh2;
	uint32_t limit;
};

enum ipoib__neighbour_event_type {
	IPOIB__NEIGHBOUR_USE,    /* a packet wants to go there */
	IPOIB__NEIGHBOUR_TIMER,  /* its deadline has come */
	/*
	 * It answered our question: with a link address, or without (NULL), which confirms the
	 * one that is known
	 */
	IPOIB__NEIGHBOUR_ANSWER,
	IPOIB__NEIGHBOUR_HEARD,  /* it told its link address unasked */
	/*
	 * The same, not to override another one (RFC 4861 section 7.2.5: override flag clear): a
	 * different address makes REACHABLE STALE and nothing else, unless none is known
	 */
	IPOIB__NEIGHBOUR_WEAK_ANSWER,
	IPOIB__NEIGHBOUR_WEAK_HEARD,
	IPOIB__NEIGHBOUR_CONFIRM, /* the caller has proof that packets reach it */
	/* something suggests that it may have changed: confirm before trusting it */
	IPOIB__NEIGHBOUR_DOUBT,
	IPOIB__NEIGHBOUR_FIX,     /* it is PERMANENT from now on, with this link address */
	IPOIB__NEIGHBOUR_NO_PATH, /* the SA knows no path to its GID */
	IPOIB__NEIGHBOUR_CHECK,   /* the caller wants it asked, whatever is known of it */
	IPOIB__NEIGHBOUR_DATA, /* a packet with its address as source came from another port */
	IPOIB__NEIGHBOUR_RIGHT, /* of two ports that answered at first contact, it is this one */
};

/* Which port has sent a packet, as its headers show, beside the one that it speaks of. */
enum ipoib__neighbour_origin {
	IPOIB__NEIGHBOUR_ORIGIN_UNKNOWN = 0,
	IPOIB__NEIGHBOUR_ORIGIN_ITSELF,
	IPOIB__NEIGHBOUR_ORIGIN_OTHER,
};

struct ipoib__neighbour_event {
	enum ipoib__neighbour_event_type type;
	const struct ipoib_link_address *address; /* of ANSWER, HEARD, both WEAK ones, FIX, DATA,
						   RIGHT */
	uint8_t claim;      /* enum ipoib_claim: the packet that said so */
	uint8_t origin;     /* enum ipoib__neighbour_origin */
	bool own_word;      /* of RIGHT: the port itself has said so, it is not inferred */
	bool no_path;       /* the SA knows no path to the GID that is known */
	uint64_t reachable; /* of ANSWERs, CONFIRM, RIGHT: drawn; the table fills it in */
};

enum ipoib__neighbour_action {
	IPOIB__NEIGHBOUR_ASK_MULTICAST = 1,
	IPOIB__NEIGHBOUR_ASK_UNICAST = 2, /* the link address that is known */
	IPOIB__NEIGHBOUR_RESOLVED = 4,  /* it has a link address, and had none */
	/* its GID or queue pair number is another; together with RESOLVED after it was FAILED */
	IPOIB__NEIGHBOUR_MOVED = 8,
	IPOIB__NEIGHBOUR_UNREACHED = 16,/* it is given up: answer what waits for it */
	IPOIB__NEIGHBOUR_FORGET = 32,   /* remove the entry */
	IPOIB__NEIGHBOUR_FLAGS = 64,    /* it takes connections now, or does not any more */
	/*
	 * somebody claims another GID for it, or a claim has been decided; `verdict` says what has
	 * become of it
	 */
	IPOIB__NEIGHBOUR_FLUX = 128,
	IPOIB__NEIGHBOUR_CHANGED = 256, /* its state or link address is another: the monitor's */
	/* questions of a trial, all by unicast: to link_address, claimed and old_link_address */
	IPOIB__NEIGHBOUR_ASK_KNOWN = 512,
	IPOIB__NEIGHBOUR_ASK_CLAIMED = 1024,
	IPOIB__NEIGHBOUR_ASK_OLD = 2048,
	IPOIB__NEIGHBOUR_ASK_PATH = 4096, /* ask the SA for the path to link_address */
	IPOIB__NEIGHBOUR_PREFIX = 8192, /* its GID has another prefix, and it has not moved (9) */
	IPOIB__NEIGHBOUR_JUDGE = 16384, /* its first contact is contested: which port is right? */
};

/* What a trial is about. */
enum ipoib__neighbour_trial {
	IPOIB__NEIGHBOUR_TRIAL_NONE = 0,
	IPOIB__NEIGHBOUR_TRIAL_CLAIM,      /* link_address against claimed */
	IPOIB__NEIGHBOUR_TRIAL_CLAIM_HELD, /* the same in a hold-down time that a move began */
	IPOIB__NEIGHBOUR_TRIAL_RESTART,    /* old_link_address, which was left for link_address */
};

/* What has become of its first contact: point 10. */
enum ipoib__neighbour_first {
	IPOIB__NEIGHBOUR_FIRST_NONE = 0,  /* there was none */
	IPOIB__NEIGHBOUR_FIRST_OPEN,      /* one port has answered */
	IPOIB__NEIGHBOUR_FIRST_CONTESTED, /* a second one has: link_address against rival */
	IPOIB__NEIGHBOUR_FIRST_INFERRED,  /* decided, and a port's own word may say better */
	IPOIB__NEIGHBOUR_FIRST_DECIDED,   /* the rival's further answers are refused */
};

/* What each packet reads or writes stands in front: a cache line. */
struct ipoib__neighbour {
	struct ipoib_ip ip;
	uint8_t state;
	uint64_t used;       /* when a packet last went to it; IPOIB_NEVER */
	uint64_t touched;    /* the table's: when it last changed its place in the order of use */
	uint64_t hash;       /* the table's */
	/* valid in REACHABLE, STALE, DELAY, PROBE, PERMANENT; the last one known in FAILED */
	struct ipoib_link_address link_address;
	struct ipoib_link_address old_link_address; /* before it last moved */
	struct ipoib_link_address claimed; /* of the claim that is not decided; zero: none */
	struct ipoib_link_address last_claimed; /* of the last claim, whatever became of it */
	struct ipoib_link_address rival; /* of two at first contact the one that is not known */
	uint16_t asks;       /* requests sent since the last answer: two uint8_t may add up */
	uint8_t spoke;       /* PROBE: it has, since the last question; 1: asked once more for it */
	uint8_t failures;    /* times given up in a row */
	uint8_t known;       /* link_address was valid once */
	uint8_t verdict;     /* of the last claim, enum ipoib_flux_verdict */
	uint8_t claim;       /* the packet of the last claim, enum ipoib_claim */
	uint8_t flux_moved;  /* the hold-down time binds a dead neighbour too (4) */
	uint8_t flux_restarted; /* another queue pair number was believed in it (5) */
	uint8_t trial;       /* enum ipoib__neighbour_trial */
	uint8_t trial_asks;  /* questions sent */
	uint8_t trial_answered; /* the claimant has answered one */
	uint8_t trial_no_path;  /* the SA knows no path to the known GID */
	uint8_t trial_wanted;   /* one is to begin at trial_next */
	uint8_t first;       /* enum ipoib__neighbour_first, until first_until */
	uint64_t due;        /* of the state; IPOIB_NEVER */
	/* the first of due, a trial's time, and the end of a hold-down time that is waited for */
	uint64_t deadline;
	uint64_t trial_due;  /* of the trial's next question, or its end */
	uint64_t trial_next; /* no trial of a claim begins before */
	uint64_t trial_reachable; /* how long the claimant's answer is good for */
	uint64_t first_until;
	uint64_t first_due;  /* CONTESTED: it is judged again; IPOIB_NEVER */
	uint64_t hold_until; /* FAILED: not asked again before */
	uint64_t flux_until; /* the end of the hold-down time; passed, or 0: it is not running */
	uint64_t confirmed;  /* when it last answered; IPOIB_NEVER */
	uint64_t reachable;  /* how long that is good for */
	uint64_t updated;    /* when its state or link address last changed */
	uint64_t moves;
	uint64_t fluxes;     /* claims that are flux: of another GID, and see 5 */
	uint64_t refused;    /* of those: refused; many of the same may be refused as one */
	/* the table's */
	struct ipoib__list recent; /* order of use, least recent first; or of the permanent ones */
	struct ipoib__timer timer;
	struct ipoib__neighbour_history *history; /* NULL: no flux, or no memory for it */
	struct ipoib__neighbours *table;
};

/*
 * One step. Changes n but not the table's part of it, and returns actions (a set of enum
 * ipoib__neighbour_action).
 */
unsigned ipoib__neighbour_step(struct ipoib__neighbour *n,
			       const struct ipoib__neighbour_parameters *parameters,
			       const struct ipoib__neighbour_event *event, uint64_t now);

/* Whether its link address may be used. */
static inline bool ipoib__neighbour_valid(const struct ipoib__neighbour *n)
{
	return n->state == IPOIB_NEIGHBOUR_REACHABLE || n->state == IPOIB_NEIGHBOUR_STALE ||
	       n->state == IPOIB_NEIGHBOUR_DELAY || n->state == IPOIB_NEIGHBOUR_PROBE ||
	       n->state == IPOIB_NEIGHBOUR_PERMANENT;
}
/* Whether an answer is awaited: by the state, by a trial, or from a second port (10). */
bool ipoib__neighbour_asked(const struct ipoib__neighbour *n, uint64_t now);
/* Whether its first contact is contested, and may still be decided. */
bool ipoib__neighbour_contested(const struct ipoib__neighbour *n, uint64_t now);

/*
 * What the table needs of its owner. An entry is entry_size octets, with struct
 * ipoib__neighbour at its start.
 */
struct ipoib__neighbours_hooks {
	size_t entry_size;
	/*
	 * Does the actions of a step. It must not remove the entry but by
	 * ipoib__neighbours_remove() last of all. Called for CHANGED alone too.
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
	struct ipoib__neighbour_parameters parameters;
	struct ipoib__hash_key key;
	struct ipoib__table table;
	struct ipoib__list recent;    /* all but the permanent ones */
	struct ipoib__list permanent;
	uint32_t permanent_count;
	struct ipoib__timer collect;  /* runs while there are more than gc_thresh1 */
	uint64_t collected;           /* evicted or collected */
};

void ipoib__neighbours_init(struct ipoib__neighbours *table, struct ipoib__memory *memory,
			    struct ipoib__wheel *wheel, struct ipoib__random *random,
			    const uint8_t key[IPOIB__SIPHASH_KEY],
			    const struct ipoib__neighbour_parameters *parameters,
			    const struct ipoib__neighbours_hooks *hooks, void *owner);
/* Removes every entry. */
void ipoib__neighbours_fini(struct ipoib__neighbours *table);

size_t ipoib__neighbours_count(const struct ipoib__neighbours *table);
struct ipoib__neighbour *ipoib__neighbours_find(const struct ipoib__neighbours *table,
						const struct ipoib_ip *ip);
/*
 * Makes the entry of an address that has none, in the state NEW, and steps nothing. wanted: a
 * packet of ours is to go there, or it is to be permanent; then the least recently used idle
 * entry gives way when the table is full. 0, -ENOMEM, or -ENOBUFS (full).
 */
int ipoib__neighbours_make(struct ipoib__neighbours *table, const struct ipoib_ip *ip, bool wanted,
			   uint64_t now, struct ipoib__neighbour **out);
/*
 * Makes an entry permanent: event FIX. 0, or -ENOBUFS: three quarters of the table are permanent
 * already, and the rest is for those that come and go.
 */
int ipoib__neighbours_fix(struct ipoib__neighbours *table, struct ipoib__neighbour *n,
			  const struct ipoib_link_address *address, uint64_t now);
/* Ends and frees an entry. */
void ipoib__neighbours_remove(struct ipoib__neighbours *table, struct ipoib__neighbour *n,
			      bool evicted);
/* Removes all, the permanent ones only if so said. */
void ipoib__neighbours_flush(struct ipoib__neighbours *table, bool permanent);
/* Our own port's subnet prefix, now and whenever it changes: point 9. */
void ipoib__neighbours_prefix(struct ipoib__neighbours *table, const uint8_t prefix[8]);
/*
 * One step of an entry: the machine, its timer, its history, and the actions. The entry may be
 * gone afterwards.
 */
void ipoib__neighbours_step(struct ipoib__neighbours *table, struct ipoib__neighbour *n,
			    const struct ipoib__neighbour_event *event, uint64_t now);
/* The most recently used. */
void ipoib__neighbours_move_back(struct ipoib__neighbours *table, struct ipoib__neighbour *n,
				 uint64_t now);
/* Goes through the entries, as ipoib__table_next(). */
struct ipoib__neighbour *ipoib__neighbours_next(const struct ipoib__neighbours *table,
						uint64_t *cursor);

#include "neighbour/lookup.h"

#endif
