/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * All timers of a context live in one hierarchical timing wheel: arming, re-arming and cancelling
 * are O(1) with a million of them, and a clock that jumps by a year costs no more than the timers
 * that it passes.
 *
 * Time is cut in ticks of 2^20 ns. A timer fires on the first tick at or after its deadline, so
 * never before it and at most a tick (1.05 ms) late. Level 0 has a slot for each tick of the
 * current block of 64; a slot of level n is a block of level n - 1. A timer waits on the level of
 * the highest digit (base 64) in which its tick differs from the current one:
 *
 *	level 0   64 slots of 1 tick        the next 67 ms
 *	level 1   64 slots of 64 ticks      4.3 s
 *	level 2   64 slots of 4096 ticks    4.6 minutes
 *	...
 *	level 7   all that is left of 2^64 ns
 *
 * When time enters a slot above level 0, its timers cascade: they move to the levels below, in
 * their order. A bit for each slot that is not empty makes finding the next slot a matter of eight
 * words.
 *
 * The order is fixed, so that a run repeats: timers fire in the order of their ticks, and those of
 * one tick in the order in which they were armed. A deadline that has passed when it is armed
 * counts as the current tick; it fires at the next advance, never inside arm.
 *
 * A callback runs when its timer is no longer armed; it may arm, cancel or free any timer, its own
 * included, and may call everything here. What it arms waits for the next advance, even if the
 * deadline has passed, so that a callback that arms itself at once cannot hold the caller for ever.
 */
#ifndef IPOIB__BASE_WHEEL_H
#define IPOIB__BASE_WHEEL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/list.h"

/* 1.05 ms: IPoIB's shortest timers are tens of milliseconds; a power of two makes it a shift. */
#define IPOIB__WHEEL_TICK_BITS 20
#define IPOIB__WHEEL_SLOT_BITS 6 /* 64 slots, so that one word says which are occupied */
#define IPOIB__WHEEL_SLOTS (1u << IPOIB__WHEEL_SLOT_BITS)
#define IPOIB__WHEEL_LEVELS 8 /* 48 bits of ticks; a 64-bit time has 44: nothing is too far */
/* Timers and slots that one advance may move: 0.1 ms or so, whatever has piled up in a slot. */
#define IPOIB__WHEEL_MOVES 4096

struct ipoib__timer {
	struct ipoib__list link;
	uint64_t tick;  /* fires on this one */
	uint16_t place; /* level * 64 + slot that it was put in last */
	void (*expire)(struct ipoib__timer *timer, uint64_t now);
};

struct ipoib__wheel {
	uint64_t now;  /* of the last advance */
	/*
	 * Timers of this tick and of earlier ones have left the slots. It is the tick of now, or an
	 * earlier one while there is more to move than IPOIB__WHEEL_MOVES.
	 */
	uint64_t tick;
	bool advancing;
	uint64_t early; /* nothing is due before; 0: not known */
	struct ipoib__list due;       /* had passed when armed; fire at the next advance */
	struct ipoib__list firing;    /* collected by advance, in the order in which they fire */
	struct ipoib__list cascading; /* from a slot, to be placed again before the tick moves on */
	uint64_t occupied[IPOIB__WHEEL_LEVELS]; /* bit s: slot s is not empty */
	struct ipoib__list slots[IPOIB__WHEEL_LEVELS][IPOIB__WHEEL_SLOTS];
};

void ipoib__wheel_init(struct ipoib__wheel *wheel, uint64_t now);

/* Before first use of a timer. */
void ipoib__timer_init(struct ipoib__timer *timer,
		       void (*expire)(struct ipoib__timer *timer, uint64_t now));

bool ipoib__timer_armed(const struct ipoib__timer *timer);

/* Arms, or arms anew. IPOIB_NEVER is the deadline of a timer that is not armed: it cancels. */
void ipoib__wheel_arm(struct ipoib__wheel *wheel, struct ipoib__timer *timer, uint64_t deadline);

/* A timer that is not armed is accepted. */
void ipoib__wheel_cancel(struct ipoib__wheel *wheel, struct ipoib__timer *timer);

/*
 * The next instant at which advance has something to do; IPOIB_NEVER when no timer is armed. It may
 * be early, for a cascade, but is never later than the tick on which the first timer fires. An
 * instant that has passed means that work is left and advance should be called at once.
 */
uint64_t ipoib__wheel_deadline(const struct ipoib__wheel *wheel);

/* Whether that instant has come. Asked for each turn, and as a rule two instructions. */
bool ipoib__wheel_look(struct ipoib__wheel *wheel, uint64_t now);

static inline bool ipoib__wheel_due(struct ipoib__wheel *wheel, uint64_t now)
{
	return now >= wheel->early && ipoib__wheel_look(wheel, now);
}

/*
 * Moves time to now and fires at most budget timers that are due; returns how many. Those beyond
 * the budget keep their place in the order and fire first next time. A now that is before the last
 * one counts as the last one. Called from a callback of the same wheel it does nothing and returns
 * 0.
 */
unsigned ipoib__wheel_advance(struct ipoib__wheel *wheel, uint64_t now, unsigned budget);

#endif
