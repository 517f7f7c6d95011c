/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "base/wheel.h"

#include <ipoib/types.h>

#include "base/assert.h"

#define TICK_NS (UINT64_C(1) << IPOIB__WHEEL_TICK_BITS)
#define SLOT_MASK (IPOIB__WHEEL_SLOTS - 1)

void ipoib__wheel_init(struct ipoib__wheel *wheel, uint64_t now)
{
	wheel->now = now;
	wheel->tick = now >> IPOIB__WHEEL_TICK_BITS;
	wheel->advancing = false;
	wheel->early = 0;
	ipoib__list_init(&wheel->due);
	ipoib__list_init(&wheel->firing);
	ipoib__list_init(&wheel->cascading);

	for (unsigned level = 0; level < IPOIB__WHEEL_LEVELS; level++) {
		wheel->occupied[level] = 0;
		for (unsigned slot = 0; slot < IPOIB__WHEEL_SLOTS; slot++)
			ipoib__list_init(&wheel->slots[level][slot]);
	}
}

void ipoib__timer_init(struct ipoib__timer *timer,
		       void (*expire)(struct ipoib__timer *timer, uint64_t now))
{
	ipoib__list_init(&timer->link);
	timer->tick = 0;
	timer->place = 0;
	timer->expire = expire;
}

bool ipoib__timer_armed(const struct ipoib__timer *timer)
{
	return ipoib__list_is_linked(&timer->link);
}

static struct ipoib__timer *timer_of(struct ipoib__list *link)
{
	return ipoib__container_of(link, struct ipoib__timer, link);
}

/* Puts a timer into the slot of its tick, which is still to come. */
static void place(struct ipoib__wheel *wheel, struct ipoib__timer *timer)
{
	uint64_t difference = timer->tick ^ wheel->tick;
	unsigned level = 0;

	ipoib__assert(timer->tick > wheel->tick);
	while (difference >= IPOIB__WHEEL_SLOTS) {
		difference >>= IPOIB__WHEEL_SLOT_BITS;
		level++;
	}
	ipoib__assert(level < IPOIB__WHEEL_LEVELS);

	unsigned slot = timer->tick >> (level * IPOIB__WHEEL_SLOT_BITS) & SLOT_MASK;

	wheel->occupied[level] |= UINT64_C(1) << slot;
	timer->place = (uint16_t)(level * IPOIB__WHEEL_SLOTS + slot);
	ipoib__list_push_back(&wheel->slots[level][slot], &timer->link);
}

/* The first tick at or after a deadline; one that has passed counts as now. */
static uint64_t tick_of(const struct ipoib__wheel *wheel, uint64_t deadline)
{
	if (deadline <= wheel->now)
		return wheel->now >> IPOIB__WHEEL_TICK_BITS;
	return (deadline >> IPOIB__WHEEL_TICK_BITS) + (deadline % TICK_NS != 0);
}

void ipoib__wheel_arm(struct ipoib__wheel *wheel, struct ipoib__timer *timer, uint64_t deadline)
{
	ipoib__wheel_cancel(wheel, timer);
	if (deadline == IPOIB_NEVER)
		return;

	timer->tick = tick_of(wheel, deadline);
	wheel->early = 0; /* a cascade may come before its tick */
	if (timer->tick <= wheel->tick)
		ipoib__list_push_back(&wheel->due, &timer->link);
	else if (!ipoib__list_empty(&wheel->cascading)) /* behind those of its tick in there */
		ipoib__list_push_back(&wheel->cascading, &timer->link);
	else
		place(wheel, timer);
}

void ipoib__wheel_cancel(struct ipoib__wheel *wheel, struct ipoib__timer *timer)
{
	/*
	 * The place may be an old one, when the timer has left the slots or is not armed. No
	 * matter: a slot that is empty has no bit, whoever left it last.
	 */
	unsigned level = timer->place / IPOIB__WHEEL_SLOTS;
	unsigned slot = timer->place % IPOIB__WHEEL_SLOTS;

	ipoib__list_remove(&timer->link);
	if (ipoib__list_empty(&wheel->slots[level][slot]))
		wheel->occupied[level] &= ~(UINT64_C(1) << slot);
}

/* The position of the lowest bit that is set; C11 has no such function. */
static unsigned lowest_bit(uint64_t word)
{
	unsigned position = 0;

	for (unsigned half = 32; half > 0; half /= 2) {
		if ((word & ((UINT64_C(1) << half) - 1)) == 0) {
			word >>= half;
			position += half;
		}
	}
	return position;
}

struct slot {
	unsigned level, slot;
	uint64_t tick; /* on which time enters it */
};

/*
 * The slot that time enters next. The timers of a level are all within the current slot of the
 * level above, so that the lowest level that has any has the first. False when all slots are empty.
 */
static bool next_slot(const struct ipoib__wheel *wheel, struct slot *next)
{
	for (unsigned level = 0; level < IPOIB__WHEEL_LEVELS; level++) {
		if (wheel->occupied[level] == 0)
			continue;

		unsigned shift = level * IPOIB__WHEEL_SLOT_BITS;
		uint64_t above = wheel->tick >> shift >> IPOIB__WHEEL_SLOT_BITS;

		next->level = level;
		next->slot = lowest_bit(wheel->occupied[level]);
		next->tick = (above << IPOIB__WHEEL_SLOT_BITS | next->slot) << shift;
		return true;
	}
	return false;
}

static bool work_is_left(const struct ipoib__wheel *wheel)
{
	return !ipoib__list_empty(&wheel->due) || !ipoib__list_empty(&wheel->firing) ||
	       !ipoib__list_empty(&wheel->cascading);
}

uint64_t ipoib__wheel_deadline(const struct ipoib__wheel *wheel)
{
	struct slot next;

	if (work_is_left(wheel))
		return wheel->now;
	if (!next_slot(wheel, &next))
		return IPOIB_NEVER;
	/*
	 * a deadline within the very last tick of 2^64 ns has no tick after it that time could
	 * reach
	 */
	if (next.tick > UINT64_MAX >> IPOIB__WHEEL_TICK_BITS)
		return IPOIB_NEVER;
	return next.tick << IPOIB__WHEEL_TICK_BITS;
}

bool ipoib__wheel_look(struct ipoib__wheel *wheel, uint64_t now)
{
	wheel->early = ipoib__wheel_deadline(wheel);
	return wheel->early <= now;
}

/*
 * Moves a timer out of the cascade: to its slot on a lower level, or among the firing on its very
 * tick.
 */
static void cascade_one(struct ipoib__wheel *wheel)
{
	struct ipoib__timer *timer = timer_of(ipoib__list_pop_front(&wheel->cascading));

	if (timer->tick > wheel->tick)
		place(wheel, timer);
	else
		ipoib__list_push_back(&wheel->firing, &timer->link);
}

/*
 * Moves time into a slot: its timers fire (level 0) or cascade. However many they are, this is one
 * step.
 */
static void enter(struct ipoib__wheel *wheel, const struct slot *slot)
{
	ipoib__assert(slot->tick > wheel->tick);
	wheel->tick = slot->tick;
	wheel->occupied[slot->level] &= ~(UINT64_C(1) << slot->slot);
	ipoib__list_splice(slot->level == 0 ? &wheel->firing : &wheel->cascading,
			   &wheel->slots[slot->level][slot->slot]);
}

/* Collects what is due at wheel->now, in order, as far as the bound on moves allows. */
static void collect(struct ipoib__wheel *wheel)
{
	uint64_t target = wheel->now >> IPOIB__WHEEL_TICK_BITS;
	struct slot next;

	ipoib__list_splice(&wheel->firing, &wheel->due);
	for (unsigned moves = 0; moves < IPOIB__WHEEL_MOVES; moves++) {
		if (!ipoib__list_empty(&wheel->cascading)) {
			cascade_one(wheel);
		} else if (next_slot(wheel, &next) && next.tick <= target) {
			enter(wheel, &next);
		} else {
			wheel->tick = target;
			return;
		}
	}
}

unsigned ipoib__wheel_advance(struct ipoib__wheel *wheel, uint64_t now, unsigned budget)
{
	struct ipoib__list *at;
	unsigned fired = 0;

	if (wheel->advancing)
		return 0;
	if (now > wheel->now)
		wheel->now = now;

	wheel->advancing = true;
	wheel->early = 0;
	collect(wheel);
	while (fired < budget && (at = ipoib__list_pop_front(&wheel->firing))) {
		timer_of(at)->expire(timer_of(at), wheel->now);
		fired++;
	}
	wheel->advancing = false;
	return fired;
}
