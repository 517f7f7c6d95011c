/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* The limit of connection.h: which connection gives way to which, and whose turn it is. */
#include "connection/set.h"

/* Entries looked at, from the least recently used, for one that may go. */
#define REAP_LOOK 16
/* Entries of the line that one turn of the timer serves; the rest follows at once. */
#define SERVE_MOST 64
/* How often the line looks for room: several times in a lease. */
#define TICK_NS UINT64_C(100000000)

static struct ipoib__connection *turn_at(struct ipoib__list *at)
{
	return ipoib__container_of(at, struct ipoib__connection, turn);
}

/* ---- giving way ---- */

/*
 * Only what has nothing under way and was of no use to anyone for its lease: without that, one peer
 * too many makes all of them take turns at the pace of the fabric. And none that we are making; one
 * that a peer does not finish is not ours to wait for.
 */
static bool may_go(const struct ipoib__connections *set, const struct ipoib__connection *c,
		   uint64_t now)
{
	return (c->state != IPOIB__CONNECTION_DIALLING || c->both) &&
	       now - c->used >= IPOIB__CONNECTION_LEASE_NS && !set->hooks->busy(set->owner, c);
}

static bool has_place(const struct ipoib__connections *set)
{
	return set->existing < set->limit;
}

static void give_way(struct ipoib__connections *set, enum ipoib__connection_side side, uint64_t now)
{
	for (unsigned i = 0; i < REAP_LOOK && !has_place(set); i++) {
		struct ipoib__list *first = ipoib__list_first(&set->recent[side]);

		if (!first)
			return;
		if (may_go(set, ipoib__connection_at(first), now)) {
			set->counters.gave_way++;
			ipoib__connections_drop(set, ipoib__connection_at(first), now);
			continue;
		}
		ipoib__list_remove(first);
		ipoib__list_push_back(&set->recent[side], first);
	}
}

/* Of an odd number the one more is ours. */
static uint32_t half(const struct ipoib__connections *set, enum ipoib__connection_side side)
{
	return side == IPOIB__CONNECTION_OURS ? set->limit - set->limit / 2 : set->limit / 2;
}

/*
 * Within its half a side takes back what the other has borrowed, or else what is its own. Beyond it
 * a side borrows what is free and not waited for, and makes its own give way.
 */
bool ipoib__connections_room(struct ipoib__connections *set, enum ipoib__connection_side side,
			     uint64_t now)
{
	enum ipoib__connection_side other = IPOIB__CONNECTION_SIDES - 1 - side;
	bool mine = set->of_side[side] < half(set, side);

	if (has_place(set))
		return mine || side == IPOIB__CONNECTION_OURS || ipoib__list_empty(&set->turns);
	if (mine)
		give_way(set, other, now);
	give_way(set, side, now);
	return has_place(set);
}

/* ---- the line of those that wait for room ---- */

/* Half of the packets' age at most: what is given up is answered, and does not die of age. */
static uint64_t patience(const struct ipoib__connections *set)
{
	return set->age / 2 < IPOIB__CONNECTION_TURN_NS ? set->age / 2 : IPOIB__CONNECTION_TURN_NS;
}

static void give_up_late(struct ipoib__connections *set, uint64_t now)
{
	struct ipoib__list *first;

	while ((first = ipoib__list_first(&set->turns)) != NULL) {
		struct ipoib__connection *c = turn_at(first);

		if (now - c->turn_since < patience(set))
			return;
		ipoib__list_remove(first);
		set->counters.gave_up++;
		ipoib__connections_run(set, c, IPOIB__CONNECTION_NO_ROOM, 0, now);
	}
}

static void serve(struct ipoib__timer *timer, uint64_t now)
{
	struct ipoib__connections *set =
		ipoib__container_of(timer, struct ipoib__connections, turn_timer);
	uint64_t wait = TICK_NS;

	for (unsigned i = 0; !ipoib__list_empty(&set->turns); i++) {
		struct ipoib__connection *c = turn_at(ipoib__list_first(&set->turns));

		wait = i < SERVE_MOST ? TICK_NS : 0;
		if (i == SERVE_MOST || !ipoib__connections_room(set, IPOIB__CONNECTION_OURS, now))
			break;
		ipoib__list_remove(&c->turn);
		ipoib__connections_run(set, c, IPOIB__CONNECTION_WANT, 0, now);
	}
	give_up_late(set, now);
	if (!ipoib__list_empty(&set->turns))
		ipoib__wheel_arm(set->wheel, timer, now + wait);
}

void ipoib__turns_init(struct ipoib__connections *set)
{
	ipoib__list_init(&set->turns);
	ipoib__timer_init(&set->turn_timer, serve);
}

void ipoib__turns_clear(struct ipoib__connections *set)
{
	while (ipoib__list_pop_front(&set->turns) != NULL)
		continue;
	ipoib__wheel_cancel(set->wheel, &set->turn_timer);
}

/* Those that stand in line already come first, also where there is room. */
bool ipoib__turns_may_dial(struct ipoib__connections *set, struct ipoib__connection *c,
			   uint64_t now)
{
	if (ipoib__connection_exists(c) || ipoib__connections_held(c, now))
		return true; /* the machine will not dial */
	if (ipoib__list_is_linked(&c->turn))
		return false;
	if (ipoib__list_empty(&set->turns) &&
	    ipoib__connections_room(set, IPOIB__CONNECTION_OURS, now))
		return true;
	set->counters.waited++;
	c->turn_since = now;
	ipoib__list_push_back(&set->turns, &c->turn);
	if (!ipoib__timer_armed(&set->turn_timer))
		ipoib__wheel_arm(set->wheel, &set->turn_timer, now + TICK_NS);
	return false;
}
