/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* The pure half of neighbour.h: state and event in, state and actions out. */
#include "neighbour/neighbour.h"

static void enter(struct ipoib__neighbour *n, uint8_t state, uint64_t deadline, uint64_t now)
{
	if (n->state != state)
		n->updated = now;
	n->state = state;
	n->deadline = deadline;
}

bool ipoib__neighbour_valid(const struct ipoib__neighbour *n)
{
	return n->state == IPOIB_NEIGHBOUR_REACHABLE || n->state == IPOIB_NEIGHBOUR_STALE ||
	       n->state == IPOIB_NEIGHBOUR_DELAY || n->state == IPOIB_NEIGHBOUR_PROBE;
}

/*
 * Every further failure in a row doubles the time before the next attempt, up to the limit (I13).
 */
static uint64_t hold_time(unsigned failures)
{
	uint64_t hold = IPOIB__NEIGHBOUR_HOLD_NS;

	for (unsigned i = 1; i < failures && hold < IPOIB__NEIGHBOUR_HOLD_MAX_NS; i++)
		hold *= 2;
	return hold < IPOIB__NEIGHBOUR_HOLD_MAX_NS ? hold : IPOIB__NEIGHBOUR_HOLD_MAX_NS;
}

static unsigned start_asking(struct ipoib__neighbour *n, uint64_t now)
{
	enter(n, IPOIB_NEIGHBOUR_INCOMPLETE, now + IPOIB__NEIGHBOUR_RETRANSMIT_NS, now);
	n->asks = 1;
	return IPOIB__NEIGHBOUR_ASK_BROADCAST;
}

static unsigned give_up(struct ipoib__neighbour *n, uint64_t now)
{
	if (n->failures < UINT8_MAX)
		n->failures++;
	n->hold_until = now + hold_time(n->failures);
	enter(n, IPOIB_NEIGHBOUR_FAILED, now + IPOIB__NEIGHBOUR_FORGET_NS, now);
	return IPOIB__NEIGHBOUR_UNREACHED;
}

static unsigned ask_again(struct ipoib__neighbour *n, unsigned action, uint64_t now)
{
	n->asks++;
	n->deadline = now + IPOIB__NEIGHBOUR_RETRANSMIT_NS;
	return action;
}

static unsigned on_use(struct ipoib__neighbour *n, uint64_t now)
{
	switch (n->state) {
	case IPOIB__NEIGHBOUR_NEW:
		return start_asking(n, now);
	case IPOIB_NEIGHBOUR_FAILED:
		return now >= n->hold_until ? start_asking(n, now) : 0;
	case IPOIB_NEIGHBOUR_STALE:
		enter(n, IPOIB_NEIGHBOUR_DELAY, now + IPOIB__NEIGHBOUR_DELAY_NS, now);
		return 0;
	default:
		return 0;
	}
}

static unsigned on_timer(struct ipoib__neighbour *n, uint64_t now)
{
	switch (n->state) {
	case IPOIB_NEIGHBOUR_INCOMPLETE:
		if (n->asks < IPOIB__NEIGHBOUR_ASKS)
			return ask_again(n, IPOIB__NEIGHBOUR_ASK_BROADCAST, now);
		return give_up(n, now);
	case IPOIB_NEIGHBOUR_REACHABLE:
		enter(n, IPOIB_NEIGHBOUR_STALE, IPOIB_NEVER, now);
		return 0;
	case IPOIB_NEIGHBOUR_DELAY:
		enter(n, IPOIB_NEIGHBOUR_PROBE, now + IPOIB__NEIGHBOUR_RETRANSMIT_NS, now);
		n->asks = 1;
		return IPOIB__NEIGHBOUR_ASK_UNICAST;
	case IPOIB_NEIGHBOUR_PROBE:
		if (n->asks < IPOIB__NEIGHBOUR_ASKS)
			return ask_again(n, IPOIB__NEIGHBOUR_ASK_UNICAST, now);
		if (n->asks < 2 * IPOIB__NEIGHBOUR_ASKS)
			return ask_again(n, IPOIB__NEIGHBOUR_ASK_BROADCAST, now);
		return give_up(n, now);
	case IPOIB_NEIGHBOUR_FAILED:
		n->deadline = IPOIB_NEVER;
		return IPOIB__NEIGHBOUR_FORGET;
	default:
		n->deadline = IPOIB_NEVER;
		return 0;
	}
}

/* Stores the address before any state says that it may be used (I26). */
static unsigned learn(struct ipoib__neighbour *n, const struct ipoib_link_address *address,
		      uint64_t now)
{
	bool had = ipoib__neighbour_valid(n);
	bool same = had && ipoib_link_address_same_peer(&n->link_address, address);
	unsigned flags;

	if (had && !same)
		n->old_link_address = n->link_address;
	flags = ipoib_link_address_flags(&n->link_address) ^ ipoib_link_address_flags(address);
	n->link_address = *address; /* also when only the flags changed: they are an attribute */
	if (same)
		return flags & IPOIB_LINK_ADDRESS_RC ? IPOIB__NEIGHBOUR_FLAGS : 0;
	n->updated = now;
	if (!had)
		return IPOIB__NEIGHBOUR_RESOLVED;
	n->moves++;
	return IPOIB__NEIGHBOUR_MOVED;
}

static unsigned on_answer(struct ipoib__neighbour *n, const struct ipoib_link_address *address,
			  uint64_t reachable, uint64_t now)
{
	unsigned actions = learn(n, address, now);

	n->asks = 0;
	n->failures = 0;
	n->confirmed = now;
	enter(n, IPOIB_NEIGHBOUR_REACHABLE, now + reachable, now);
	return actions;
}

/*
 * What is told unasked proves that the neighbour can reach us, not that we can reach it: STALE
 * (RFC 4861).
 */
static unsigned on_heard(struct ipoib__neighbour *n, const struct ipoib_link_address *address,
			 uint64_t now)
{
	unsigned actions = learn(n, address, now);

	if (actions & ~(unsigned)IPOIB__NEIGHBOUR_FLAGS) {
		n->asks = 0;
		enter(n, IPOIB_NEIGHBOUR_STALE, IPOIB_NEVER, now);
	}
	return actions;
}

unsigned ipoib__neighbour_step(struct ipoib__neighbour *n, enum ipoib__neighbour_event event,
			       const struct ipoib_link_address *address, uint64_t reachable,
			       uint64_t now)
{
	switch (event) {
	case IPOIB__NEIGHBOUR_USE:
		return on_use(n, now);
	case IPOIB__NEIGHBOUR_TIMER:
		return on_timer(n, now);
	case IPOIB__NEIGHBOUR_ANSWER:
		return on_answer(n, address, reachable, now);
	case IPOIB__NEIGHBOUR_HEARD:
		return on_heard(n, address, now);
	case IPOIB__NEIGHBOUR_DOUBT:
		if (n->state == IPOIB_NEIGHBOUR_REACHABLE)
			enter(n, IPOIB_NEIGHBOUR_STALE, IPOIB_NEVER, now);
		return 0;
	}
	return 0;
}
