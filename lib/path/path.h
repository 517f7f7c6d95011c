/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Paths: how packets get to a GID, as the subnet administrator (SA) tells it.
 *
 *  1. A path is asked for when it is first needed. Whoever needs it meanwhile waits for the
 *     same answer: there is one question per GID, however many packets (coalescing).
 *  2. Of all the questions of an interface a window only is outstanding; the others wait their
 *     turn, so that a host with 10,000 peers does not bury the SA after a restart. Paths that
 *     no packet of ours wants (to strangers who want an answer) come after all others, and never
 *     have more than a part of the window: a flood of ARP requests delays only itself.
 *  3. The answer is kept. It is doubted when it is old, or when an event (a new SM, other LIDs)
 *     says that all paths may have changed; then the next use asks again while the old record
 *     stays in use (I12). Doubting all paths is one increment of a number, not a walk.
 *  4. No answer, or a refusal, is kept as well: the path is not asked for again before a hold
 *     time is over, which doubles with each failure in a row (I13). A record that was in use
 *     stays in use when the SA is silent, and goes when the SA says that it has none.
 *  5. When records become worthless they do so all at once, which is one increment of a number as
 *     well: a path of an earlier epoch is stale, has no record for anyone, and is put in order by
 *     whatever touches it next. So many others follow in each turn until all have let go of what
 *     they hold; a million paths must not hold up the caller's loop.
 *  6. Proof ends a hold: something came from that GID, or the port or the SM has changed since the
 *     question. Then the next use asks, but once a second at most, so that forged packets cannot
 *     flood the SA.
 */
#ifndef IPOIB__PATH_H
#define IPOIB__PATH_H

#include <stdbool.h>
#include <stdint.h>

#include <ipoib/path.h>
#include <ipoib/record.h>
#include <ipoib/types.h>

#include "base/hash.h"
#include "base/list.h"
#include "base/memory.h"
#include "base/random.h"
#include "base/table.h"
#include "base/wheel.h"

/* OpenSM answers 7k to 20k questions a second one by one; 32 at a time keep it busy and no more. */
#define IPOIB__PATH_WINDOW 32
#define IPOIB__PATH_WINDOW_STRANGERS (IPOIB__PATH_WINDOW / 4)
/*
 * Short at first: the usual reason for a refusal is a port that comes up a moment after ours,
 * as when a fabric returns.
 */
#define IPOIB__PATH_HOLD_NS UINT64_C(100000000)
#define IPOIB__PATH_HOLD_MAX_NS UINT64_C(64000000000)
/* Between two questions that proof brings about. */
#define IPOIB__PATH_PROOF_NS UINT64_C(1000000000)
/* A path that is in use is confirmed this often: a remote LID can change without any event here. */
#define IPOIB__PATH_AGE_NS UINT64_C(600000000000)
/* A path that nothing uses is kept a while, for who returns. */
#define IPOIB__PATH_IDLE_NS UINT64_C(60000000000)
/*
 * Stale paths that are put in order at a time, each of which gives an address handle back: a tenth
 * of a millisecond where that costs a system call. A dispatch may do it twice, for the event that
 * made them stale and for the timer.
 */
#define IPOIB__PATH_FLUSH_TURN 128
/* Of a hold time or an age, in percent: what began together must not be repeated together. */
#define IPOIB__PATH_JITTER 25

enum ipoib__path_event {
	IPOIB__PATH_NEED,   /* somebody wants to send there */
	IPOIB__PATH_ANSWER, /* the SA gave a record */
	IPOIB__PATH_REFUSAL,/* the SA has none, or does not let us have it */
	IPOIB__PATH_SILENCE,/* the SA did not answer, or is busy */
	IPOIB__PATH_TIMER,  /* its deadline has come */
	IPOIB__PATH_FLUSH,  /* the port went down: what was known is worthless */
};

enum ipoib__path_action {
	IPOIB__PATH_ASK = 1,     /* ask the SA */
	IPOIB__PATH_USABLE = 2,  /* there is a new record */
	IPOIB__PATH_LOST = 4,    /* there is none: answer what waits for it */
	IPOIB__PATH_FLUSHED = 8, /* there is none any more, and nobody's fault */
};

/* Lists that paths are kept on by their LID: a fabric of 10,000 ports has 40 on each. */
#define IPOIB__PATH_LIDS 256
/* Paths looked at to find those of one LID; bounds the work for what a stranger sends. */
#define IPOIB__PATH_LID_LOOK 256

/* New in the cache, nothing asked yet; the other states are enum ipoib_path_state. */
#define IPOIB__PATH_NEW 0

struct ipoib__path {
	struct ipoib_gid dgid;
	struct ipoib_path_record record; /* valid in VALID and REFRESH */
	uint8_t state;
	bool doubted;           /* ask again at the next need */
	bool asked;             /* in the SA's hands, under question */
	bool wanted;            /* by a packet of ours, when it was last needed */
	bool stranger;          /* was not wanted when it took its place in a line */
	uint8_t failures;       /* in a row */
	uint32_t generation;    /* of the cache when the question was asked */
	uint32_t epoch;         /* of the cache when it was made or put in order */
	uint32_t users;         /* what the owner holds on to it for */
	uint64_t question;      /* id of the question */
	uint64_t deadline;      /* IPOIB_NEVER */
	uint64_t hold_until;    /* not asked again before */
	uint64_t asked_at;      /* when it was last asked for */
	uint64_t since;         /* when the record came */
	/* the cache's */
	uint64_t hash;
	struct ipoib__list turn; /* waits for its turn to be asked, or is asked */
	struct ipoib__list kept; /* among the used, or among the idle */
	struct ipoib__list of_lid; /* among those with a LID like its record's */
	struct ipoib__timer timer;
	struct ipoib__paths *cache;
};

/*
 * One step; pure. record comes with ANSWER. jittered is the hold time or age drawn for this step.
 */
unsigned ipoib__path_step(struct ipoib__path *path, enum ipoib__path_event event,
			  const struct ipoib_path_record *record, uint64_t jittered, uint64_t now);
/* There is a way to it, whatever the SA has said: a hold ends, PROOF_NS after the last question. */
void ipoib__path_proof(struct ipoib__path *path, uint64_t now);
/* The hold time after so many failures in a row, before jitter. */
uint64_t ipoib__path_hold(unsigned failures);
/* Whether there is a record to send by. */
bool ipoib__path_usable(const struct ipoib__path *path);

/*
 * What the cache needs of its owner. A path is path_size octets, with struct ipoib__path at its
 * start.
 */
struct ipoib__paths_hooks {
	size_t path_size;
	/*
	 * Asks the SA. 0, or a negative errno: then there is no answer. -EAGAIN is no failure: the
	 * path keeps its place, and the owner calls ipoib__paths_ask() when there is room.
	 */
	int (*ask)(void *owner, struct ipoib__path *path, uint64_t question);
	/* Does the other actions of a step. It must neither remove nor release a path. */
	void (*act)(void *owner, struct ipoib__path *path, unsigned actions, uint64_t now);
	/* Takes a question back. */
	void (*cancel)(void *owner, uint64_t question);
	/* Ends what the owner keeps in a path that is about to be removed. */
	void (*end)(void *owner, struct ipoib__path *path);
};

struct ipoib__paths {
	struct ipoib__memory *memory;
	struct ipoib__wheel *wheel;
	struct ipoib__random *random;
	const struct ipoib__paths_hooks *hooks;
	void *owner;
	uint32_t limit;
	uint32_t outstanding;
	uint32_t outstanding_strangers; /* of those */
	uint32_t generation;
	uint32_t epoch;         /* of all that is not stale */
	bool flushing;          /* some are stale */
	uint64_t news;          /* when the port or the SM last changed; IPOIB_NEVER */
	/* ids are unique in this cache: none is out while four billion others are asked */
	uint32_t next_question;
	uint8_t key[IPOIB__SIPHASH_KEY];
	struct ipoib__table table;
	/* of both, the stale ones first */
	struct ipoib__list used;
	struct ipoib__list idle; /* longest idle first */
	struct ipoib__list turn;
	struct ipoib__list strangers; /* wait for their turn behind those */
	struct ipoib__list asked; /* at most IPOIB__PATH_WINDOW */
	struct ipoib__list passed; /* stale: their turn does not come any more */
	struct ipoib__timer flush_timer;
	struct ipoib__list lids[IPOIB__PATH_LIDS]; /* usable ones, by the LID of the record */
};

void ipoib__paths_init(struct ipoib__paths *cache, struct ipoib__memory *memory,
		       struct ipoib__wheel *wheel, struct ipoib__random *random,
		       const uint8_t key[IPOIB__SIPHASH_KEY], uint32_t limit,
		       const struct ipoib__paths_hooks *hooks, void *owner);
/* Removes every path, used or not. */
void ipoib__paths_fini(struct ipoib__paths *cache);

/* NULL for a stale one too: nothing is known of it. */
struct ipoib__path *ipoib__paths_find(const struct ipoib__paths *cache,
				      const struct ipoib_gid *dgid);
/*
 * The path to a GID, made when there is none. NULL: no memory, or as many as the limit are in use.
 */
struct ipoib__path *ipoib__paths_get(struct ipoib__paths *cache, const struct ipoib_gid *dgid,
				     uint64_t now);
/* The path whose question has this id, or NULL. */
struct ipoib__path *ipoib__paths_by_question(const struct ipoib__paths *cache, uint64_t question);
/*
 * The paths whose record has this LID, one after another: the first for NULL, NULL after the last.
 * A port may have several GIDs. look: paths that may still be looked at, counted down.
 */
struct ipoib__path *ipoib__paths_by_lid(const struct ipoib__paths *cache, uint16_t lid,
					const struct ipoib__path *after, unsigned *look);
/* Holds on to a path, and lets go of it; one that nobody holds goes after a while. */
void ipoib__paths_hold(struct ipoib__paths *cache, struct ipoib__path *path);
void ipoib__paths_release(struct ipoib__paths *cache, struct ipoib__path *path, uint64_t now);
/* Something is to be sent there; wanted: a packet of ours, and not an answer to a stranger. */
void ipoib__paths_need(struct ipoib__paths *cache, struct ipoib__path *path, bool wanted,
		       uint64_t now);
/*
 * Asks what waits for its turn, as far as the window allows, at most so many. How many were asked.
 */
unsigned ipoib__paths_ask(struct ipoib__paths *cache, unsigned most, uint64_t now);
/*
 * The SA's answer to a path's question: a record, or NULL and a negative errno (-ENOENT,
 * -EACCES: refused).
 */
void ipoib__paths_answer(struct ipoib__paths *cache, struct ipoib__path *path,
			 const struct ipoib_path_record *record, int status, uint64_t now);
/* Whether the path is not asked for now, because it failed a moment ago (I13). */
bool ipoib__paths_held(struct ipoib__path *path, uint64_t now);
/* The port or the SM has changed: what failed before may not fail now. */
void ipoib__paths_news(struct ipoib__paths *cache, uint64_t now);
/* Every record may be wrong by now: each is asked for again at its next use. */
void ipoib__paths_doubt_all(struct ipoib__paths *cache);
/* Whether a path's record should be asked for again at this use. A load and a compare. */
bool ipoib__paths_doubted(const struct ipoib__paths *cache, const struct ipoib__path *path);
/*
 * The port is down: forgets every record and every question. LIDs may be other ones when it
 * comes back, and a packet to an old one reaches a stranger, whose queue pair may well have the
 * number of the right one. Every path is stale at once; its owner is told (FLUSHED) when it is put
 * in order: FLUSH_TURN of them now, as many with each turn of a timer, and before that each one
 * that is got, needed or released.
 */
void ipoib__paths_flush(struct ipoib__paths *cache, uint64_t now);
/* Puts a path in order if it is stale. */
void ipoib__paths_settle(struct ipoib__paths *cache, struct ipoib__path *path, uint64_t now);
/* Whether nothing that a path says, or that its owner made of it, is true any more. */
static inline bool ipoib__paths_stale(const struct ipoib__paths *cache,
				      const struct ipoib__path *path)
{
	return path->epoch != cache->epoch;
}

/* Stale ones too. */
struct ipoib__path *ipoib__paths_next(const struct ipoib__paths *cache, uint64_t *cursor);

#endif
