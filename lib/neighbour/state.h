/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * What the two halves of the machine share: machine.c knows states and time, claim.c knows whom
 * to believe. The primitives below stand here because both change the state.
 */
#ifndef IPOIB__NEIGHBOUR_STATE_H
#define IPOIB__NEIGHBOUR_STATE_H

#include <string.h>

#include "neighbour/neighbour.h"

static inline void ipoib__neighbour_enter(struct ipoib__neighbour *n, uint8_t state, uint64_t due)
{
	n->state = state;
	n->due = due;
}

/* It is at its address, so it was said; whether it can be reached nobody has shown. */
static inline void ipoib__neighbour_doubt(struct ipoib__neighbour *n)
{
	n->asks = 0;
	ipoib__neighbour_enter(n, IPOIB_NEIGHBOUR_STALE, IPOIB_NEVER);
}

/* Asks who is known, without waiting. */
static inline unsigned ipoib__neighbour_probe(struct ipoib__neighbour *n,
					      const struct ipoib__neighbour_parameters *parameters,
					      uint64_t now)
{
	n->asks = 1;
	ipoib__neighbour_enter(n, IPOIB_NEIGHBOUR_PROBE, now + parameters->retransmit);
	return IPOIB__NEIGHBOUR_ASK_UNICAST;
}

/* It has been shown that packets reach it and that it answers. */
static inline void ipoib__neighbour_reach(struct ipoib__neighbour *n, uint64_t reachable,
					  uint64_t now)
{
	n->asks = 0;
	n->failures = 0;
	n->confirmed = now;
	n->reachable = reachable;
	ipoib__neighbour_enter(n, IPOIB_NEIGHBOUR_REACHABLE, now + reachable);
}

/* Whether a claim is not decided yet. */
static inline bool ipoib__neighbour_undecided(const struct ipoib__neighbour *n)
{
	static const struct ipoib_link_address none;

	return memcmp(&n->claimed, &none, sizeof(none)) != 0;
}

/* Whether a claim waits for the end of the hold-down time; else the known port is being asked. */
static inline bool ipoib__neighbour_claim_waits(const struct ipoib__neighbour *n)
{
	return n->flux_until != 0 && ipoib__neighbour_undecided(n);
}

/*
 * It is at this link address, whatever that was before; stored before any state says that it may
 * be used (I26). The caller enters the state.
 */
unsigned ipoib__neighbour_settle(struct ipoib__neighbour *n,
				 const struct ipoib_link_address *address);

/* Its first link address. */
unsigned ipoib__neighbour_first(struct ipoib__neighbour *n,
				const struct ipoib__neighbour_parameters *parameters,
				const struct ipoib__neighbour_event *event, bool answered,
				uint64_t now);

/* Somebody says that it has another GID or queue pair number than the known one. */
unsigned ipoib__neighbour_claimed(struct ipoib__neighbour *n,
				  const struct ipoib__neighbour_parameters *parameters,
				  const struct ipoib__neighbour_event *event, bool answered,
				  uint64_t now);

/* Who is known has shown to be alive: answers an undecided claim where that is the question. */
unsigned ipoib__neighbour_claim_refuted(struct ipoib__neighbour *n,
					const struct ipoib__neighbour_parameters *parameters,
					uint64_t now);

/* The hold-down time for which a claim waited is over. */
unsigned ipoib__neighbour_claim_due(struct ipoib__neighbour *n,
				    const struct ipoib__neighbour_parameters *parameters,
				    uint64_t now);

/* Who is known has not answered: moves to an undecided claim, if one may be believed now. */
bool ipoib__neighbour_claim_wins(struct ipoib__neighbour *n,
				 const struct ipoib__neighbour_parameters *parameters, uint64_t now,
				 unsigned *actions);

/* It is PERMANENT. */
unsigned ipoib__neighbour_fixed(struct ipoib__neighbour *n,
				const struct ipoib_link_address *address);

#endif
