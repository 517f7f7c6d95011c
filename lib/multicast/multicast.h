/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Multicast groups: which ones the port must be in, and getting it there.
 *
 *  1. The broadcast group comes first: its record gives the link its MTU, Q_Key, SL and rate,
 *     and every other group is joined with those (RFC 4391 sections 5 and 10). Until it is
 *     joined the others wait (I15).
 *  2. The others are joined side by side, each on its own: one that the SA never answers delays
 *     no other. A window bounds how many at a time.
 *  3. A refused or unanswered join is tried again: after 1 s, then twice as long each time up
 *     to 16 s, as Linux does, and spread at random, so that a rack of hosts does not hit a
 *     restarted SM in one instant.
 *  4. Who only sends joins as a send-only member, and leaves when it has not sent for a while.
 *     Packets wait for the join in a bounded queue of the floor above; when it fails they are
 *     answered, and while the failure is held further packets are answered at once (I13).
 *  5. What the caller asked for always has room: the broadcast group, and those that have members.
 *     Groups that are only sent to have a part of it while they are not in its way, and there the
 *     one that was not used for the longest time gives way, unless it was used a moment ago.
 *     Solicited-node groups of others (RFC 4291 section 2.7.1) have a small part for themselves and
 *     push nothing out: a scan of a network makes one for each address that it tries.
 *  6. When the SM asks for registration again, every group is joined again while packets keep
 *     flowing by the old record: no link goes down for it (I12). The broadcast group goes
 *     first, at once; the others follow.
 */
#ifndef IPOIB__MULTICAST_H
#define IPOIB__MULTICAST_H

#include <stdbool.h>
#include <stdint.h>

#include <ipoib/multicast.h>
#include <ipoib/record.h>
#include <ipoib/types.h>

#include "base/list.h"
#include "base/memory.h"
#include "base/random.h"
#include "base/wheel.h"

/*
 * All groups together: as many as OpenSM's default MLID space leaves a port of a large subnet;
 * found by walking a hash chain.
 */
#define IPOIB__GROUPS_MAX 1024
/* Groups that are only sent to: more than a host feeds streams, and little of the MLID space. */
#define IPOIB__GROUPS_SENT_MAX 256
/* Beyond as many neighbours to be found at once the questions go to all nodes. */
#define IPOIB__GROUPS_SOLICITED_MAX 64
/* A group that was sent to so lately is in use: who sends to more at once must be refused. */
#define IPOIB__GROUP_USED_NS UINT64_C(1000000000)
#define IPOIB__GROUPS_CHAINS 256
/* Joins in the SA's hands at a time: the kernel's ib_sa serialises them per port anyway. */
#define IPOIB__GROUPS_WINDOW 16
#define IPOIB__GROUP_RETRY_NS UINT64_C(1000000000)
#define IPOIB__GROUP_RETRY_MAX_NS UINT64_C(16000000000)
#define IPOIB__GROUP_JITTER 25 /* percent */
#define IPOIB__GROUPS_RETRY_NS UINT64_C(1000000000)
/* After a registration request the others spread over this time, behind the broadcast group. */
#define IPOIB__GROUP_REJOIN_SPREAD_NS UINT64_C(200000000)
/*
 * A send-only membership that is not used for so long is left (Linux: the neighbour's life, 60
 * s and more).
 */
#define IPOIB__GROUP_IDLE_NS UINT64_C(60000000000)

enum ipoib__group_event {
	IPOIB__GROUP_START,  /* the link allows joining */
	IPOIB__GROUP_STOP,   /* the port is down: memberships are gone */
	IPOIB__GROUP_ANSWER, /* the SA gave a record */
	IPOIB__GROUP_FAILURE,/* the SA refused or did not answer */
	IPOIB__GROUP_TIMER,  /* the deadline has come */
	IPOIB__GROUP_AGAIN,  /* membership must be renewed, or has become more than send-only */
};

enum ipoib__group_action {
	IPOIB__GROUP_JOIN = 1,   /* ask the SA */
	IPOIB__GROUP_USABLE = 2, /* joined, or joined anew with another record */
	IPOIB__GROUP_LOST = 4,   /* not joined any more: nothing is sent there */
	IPOIB__GROUP_FAILED = 8, /* the join failed: answer what waits for it */
	IPOIB__GROUP_FORGET = 16,/* idle: leave and remove */
};

/* Whose room a group takes. */
enum ipoib__group_part {
	IPOIB__GROUP_ASKED,     /* the caller's own: the broadcast group, memberships */
	IPOIB__GROUP_SENT,      /* sent to, and no more */
	IPOIB__GROUP_SOLICITED, /* the same, to find a neighbour */
	IPOIB__GROUP_PARTS
};

struct ipoib__group {
	struct ipoib_gid mgid;
	struct ipoib_multicast_record record; /* valid when usable */
	uint8_t state;       /* enum ipoib_multicast_state */
	/* there is a record to send and receive by, also while it is renewed */
	bool usable;
	bool asked;          /* in the SA's hands, under question */
	bool broadcast;
	uint8_t asked_as;    /* JoinState of the question */
	uint8_t joined_as;   /* JoinState bits of the membership that is held */
	uint8_t failures;    /* in a row */
	bool left;           /* its last member has gone */
	uint8_t part;        /* enum ipoib__group_part */
	uint32_t members;    /* of the caller; none: send-only */
	uint64_t question;
	uint64_t deadline;
	uint64_t used;       /* when something was last sent to it */
	/* the set's */
	uint64_t touched;
	struct ipoib__list recent; /* of its part, least recently used first; not of ASKED */
	struct ipoib__list chain;
	struct ipoib__list turn; /* waits for its turn to be asked for, or is asked for */
	struct ipoib__timer timer;
	struct ipoib__groups *set;
};

/*
 * One step; pure. record comes with ANSWER. wait is the time drawn for this step: to the next
 * try after a failure, or until the renewal after AGAIN.
 */
unsigned ipoib__group_step(struct ipoib__group *group, enum ipoib__group_event event,
			   const struct ipoib_multicast_record *record, uint64_t wait,
			   uint64_t now);
/* The time to the next try after so many failures in a row, before jitter. */
uint64_t ipoib__group_retry(unsigned failures);
/* When a group that is not joined ends by itself; IPOIB_NEVER for what the caller asked for. */
uint64_t ipoib__group_idle_at(const struct ipoib__group *group);
/* How the group is to be joined now. */
uint8_t ipoib__group_join_state(const struct ipoib__group *group);

/*
 * What the set needs of its owner. A group is group_size octets, with struct ipoib__group at
 * its start.
 */
struct ipoib__groups_hooks {
	size_t group_size;
	/*
	 * Asks the SA to join. 0, or a negative errno: then there is no answer. -EAGAIN is no
	 * failure: the group keeps its place, and the owner calls ipoib__groups_ask() when there
	 * is room.
	 */
	int (*join)(void *owner, struct ipoib__group *group, uint64_t question);
	/* Tells the SA to leave what joined_as says. */
	void (*leave)(void *owner, struct ipoib__group *group);
	/* Takes a question back. */
	void (*cancel)(void *owner, uint64_t question);
	/* Does the other actions of a step. It must not remove the group. */
	void (*act)(void *owner, struct ipoib__group *group, unsigned actions, uint64_t now);
	/* Ends what the owner keeps in a group that is about to be removed. */
	void (*end)(void *owner, struct ipoib__group *group);
};

struct ipoib__groups {
	struct ipoib__memory *memory;
	struct ipoib__wheel *wheel;
	struct ipoib__random *random;
	const struct ipoib__groups_hooks *hooks;
	void *owner;
	struct ipoib__group *broadcast; /* NULL before it is made */
	uint32_t count;
	uint32_t counts[IPOIB__GROUP_PARTS];
	uint32_t outstanding;
	uint32_t next_question; /* as in a cache of paths */
	uint64_t retried; /* when joins that had failed were last tried again */
	bool started;
	struct ipoib__list turn;
	struct ipoib__list asked; /* at most IPOIB__GROUPS_WINDOW */
	struct ipoib__list recent[IPOIB__GROUP_PARTS];
	struct ipoib__list chains[IPOIB__GROUPS_CHAINS];
};

void ipoib__groups_init(struct ipoib__groups *set, struct ipoib__memory *memory,
			struct ipoib__wheel *wheel, struct ipoib__random *random,
			const struct ipoib__groups_hooks *hooks, void *owner);
/* Leaves and removes every group. */
void ipoib__groups_fini(struct ipoib__groups *set);

struct ipoib__group *ipoib__groups_find(const struct ipoib__groups *set,
					const struct ipoib_gid *mgid);
/*
 * The group of an MGID, made when there is none, in the caller's own room; the first made is the
 * broadcast group. 0, -ENOSPC, -ENOMEM.
 */
int ipoib__groups_get(struct ipoib__groups *set, const struct ipoib_gid *mgid, uint64_t now,
		      struct ipoib__group **out);
/*
 * The same to send to it: where there is none it is made in this part (SENT or SOLICITED), of which
 * SENT makes room by the group that was used least recently. 0, -ENOSPC, -ENOMEM.
 */
int ipoib__groups_lend(struct ipoib__groups *set, const struct ipoib_gid *mgid,
		       enum ipoib__group_part part, uint64_t now, struct ipoib__group **out);
/* Something is sent to it. */
void ipoib__groups_use(struct ipoib__groups *set, struct ipoib__group *group, uint64_t now);
/* A membership of the caller comes or goes. Only notes it: settle does what follows. */
void ipoib__groups_member(struct ipoib__group *group, bool comes);
/*
 * Does what a group's members, or a packet for it, want now: joins it, joins it as more than a
 * sender, or leaves and removes it after the last member has gone (a sender makes it again).
 */
void ipoib__groups_settle(struct ipoib__groups *set, struct ipoib__group *group, uint64_t now);
/* The port is up, or down. */
void ipoib__groups_start(struct ipoib__groups *set, uint64_t now);
void ipoib__groups_stop(struct ipoib__groups *set, uint64_t now);
/* The SM wants every group joined again. */
void ipoib__groups_again(struct ipoib__groups *set, uint64_t now);
/* The port or the SM has changed: joins that failed are tried again now, once a second at most. */
void ipoib__groups_retry(struct ipoib__groups *set, uint64_t now);
/*
 * Asks for what waits for its turn, as far as the window allows, at most so many. How many were
 * asked for.
 */
unsigned ipoib__groups_ask(struct ipoib__groups *set, unsigned most, uint64_t now);
/* The SA's answer to a group's question: a record, or NULL. */
void ipoib__groups_answer(struct ipoib__groups *set, struct ipoib__group *group,
			  const struct ipoib_multicast_record *record, uint64_t now);
/* From within act: the record is of no use to the owner. Counts as a join that failed. */
void ipoib__groups_useless(struct ipoib__groups *set, struct ipoib__group *group, uint64_t now);
/* The group whose join has this id, or NULL. */
struct ipoib__group *ipoib__groups_by_question(const struct ipoib__groups *set, uint64_t question);
/*
 * Goes through the groups: the cursor is 0 at first. A group may be seen twice or missed when
 * others go.
 */
struct ipoib__group *ipoib__groups_next(const struct ipoib__groups *set, uint64_t *cursor);

#endif
