/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * What the parts of the machine share. A part calls only those above it here:
 *
 *	trial.c    the questions that bring proof, and whether they did
 *	settle.c   a link address takes the place of another
 *	first.c    two ports that answer the first question
 *	restart.c  a peer that is the same with another queue pair
 *	claim.c    whom to believe
 *	prefix.c   a subnet prefix that is another one for all
 *	machine.c  states and time, and which event is whose
 *
 * The primitives below stand here because all of them change the state.
 */
#ifndef IPOIB__NEIGHBOUR_STATE_H
#define IPOIB__NEIGHBOUR_STATE_H

#include <string.h>

#include "neighbour/neighbour.h"

/* ---- trial.c ---- */

/* Begins a trial, and asks its first questions; those of PROBE that have just been asked count. */
unsigned ipoib__neighbour_trial_begin(struct ipoib__neighbour *n, uint8_t trial, bool probed,
				      uint64_t now);
/* It has left a queue pair for another one: the old one is asked whether it is alive. */
unsigned ipoib__neighbour_ask_old(struct ipoib__neighbour *n, uint64_t now);
void ipoib__neighbour_trial_end(struct ipoib__neighbour *n, uint64_t now);
/* When a trial wants to be looked at next, or IPOIB_NEVER. */
uint64_t ipoib__neighbour_trial_deadline(const struct ipoib__neighbour *n);
/* Whether the trial of a claim runs. */
bool ipoib__neighbour_tries_claim(const struct ipoib__neighbour *n);
/* The next questions of a trial; none when all have been asked in vain. */
unsigned ipoib__neighbour_trial_ask(struct ipoib__neighbour *n, uint64_t now);
/* Whether what the trial of a claim has brought so far is proof; over: its time has come. */
bool ipoib__neighbour_trial_proves(const struct ipoib__neighbour *n, bool over);

/* ---- states ---- */

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
	n->spoke = 0;
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

/* What is told unasked proves that it can reach us, not that we can reach it (RFC 4861). */
static inline void ipoib__neighbour_come_in(struct ipoib__neighbour *n,
					    const struct ipoib__neighbour_event *event,
					    bool answered, uint64_t now)
{
	if (answered)
		ipoib__neighbour_reach(n, event->reachable, now);
	else
		ipoib__neighbour_doubt(n);
}

/* Found dead: nobody answered the questions that went to the link address that is known. */
static inline bool ipoib__neighbour_dead(const struct ipoib__neighbour *n,
					 const struct ipoib__neighbour_parameters *parameters)
{
	if (n->state == IPOIB_NEIGHBOUR_PROBE)
		return n->asks > parameters->unicast_probes;
	return !ipoib__neighbour_valid(n);
}

/* ---- claims ---- */

static inline bool ipoib__neighbour_same_port(const struct ipoib_link_address *a,
					      const struct ipoib_link_address *b)
{
	struct ipoib_gid gid_a = ipoib_link_address_gid(a), gid_b = ipoib_link_address_gid(b);

	return memcmp(&gid_a, &gid_b, sizeof(gid_a)) == 0;
}

static inline bool ipoib__neighbour_held_down(const struct ipoib__neighbour *n, uint64_t now)
{
	return now < n->flux_until;
}

static inline void ipoib__neighbour_hold_down(struct ipoib__neighbour *n,
					      const struct ipoib__neighbour_parameters *parameters,
					      bool moved, uint64_t now)
{
	n->flux_until = now + parameters->flux_hold;
	n->flux_moved = moved || parameters->flux == IPOIB_FLUX_HOLD;
	n->flux_restarted = false;
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

static inline void ipoib__neighbour_decide(struct ipoib__neighbour *n, uint8_t verdict,
					   uint64_t now)
{
	if (ipoib__neighbour_tries_claim(n))
		ipoib__neighbour_trial_end(n, now);
	n->trial_wanted = false;
	n->verdict = verdict;
	memset(&n->claimed, 0, sizeof(n->claimed));
}

/* A packet of this kind claims that the neighbour is at another link address. */
static inline void ipoib__neighbour_note_claim(struct ipoib__neighbour *n, uint8_t claim,
					       const struct ipoib_link_address *address)
{
	n->fluxes++;
	n->claim = claim;
	n->last_claimed = *address;
}

static inline unsigned ipoib__neighbour_refuse(struct ipoib__neighbour *n, uint64_t now)
{
	n->refused++;
	ipoib__neighbour_decide(n, IPOIB_FLUX_REFUSED, now);
	return IPOIB__NEIGHBOUR_FLUX;
}

/* ---- settle.c ---- */

/*
 * It is at this link address, whatever that was before; stored before any state says that it may
 * be used (I26). The caller enters the state.
 */
unsigned ipoib__neighbour_settle(struct ipoib__neighbour *n,
				 const struct ipoib_link_address *address);

/* Goes over to a claim; the caller enters the state. */
unsigned ipoib__neighbour_believe(struct ipoib__neighbour *n,
				  const struct ipoib__neighbour_parameters *parameters,
				  const struct ipoib_link_address *address, uint64_t now);

/* ---- first.c ---- */

/* It has a link address from a question of ours, if it was asked: another port may answer too. */
void ipoib__neighbour_first_open(struct ipoib__neighbour *n,
				 const struct ipoib__neighbour_parameters *parameters,
				 uint64_t now);
/* Whether answers still belong to the first question. */
bool ipoib__neighbour_first_answers(const struct ipoib__neighbour *n, uint64_t now);
/* Another port than the known one has answered a question. */
void ipoib__neighbour_first_claimed(struct ipoib__neighbour *n,
				    const struct ipoib_link_address *address, uint64_t now);
/* Whether a claim is the rival's, about which it has been decided. */
bool ipoib__neighbour_first_refuses(const struct ipoib__neighbour *n,
				    const struct ipoib_link_address *address, uint64_t now);
/* One of the two is right. */
unsigned ipoib__neighbour_first_right(struct ipoib__neighbour *n,
				      const struct ipoib__neighbour_parameters *parameters,
				      const struct ipoib__neighbour_event *event, uint64_t now);
/* When the two are to be judged again, or IPOIB_NEVER. */
uint64_t ipoib__neighbour_first_deadline(const struct ipoib__neighbour *n);
unsigned ipoib__neighbour_first_due(struct ipoib__neighbour *n, uint64_t now);

/* ---- restart.c ---- */

/* Whether another queue pair number at the known port is believed at once. */
bool ipoib__neighbour_restart_believed(const struct ipoib__neighbour *n,
				       const struct ipoib__neighbour_parameters *parameters,
				       uint8_t origin, uint64_t now);
unsigned ipoib__neighbour_restart(struct ipoib__neighbour *n,
				  const struct ipoib__neighbour_parameters *parameters,
				  const struct ipoib__neighbour_event *event, bool answered,
				  uint64_t now);
/* The queue pair that was left is alive: what was believed of a restart is not. */
unsigned ipoib__neighbour_restart_refuted(struct ipoib__neighbour *n,
					  const struct ipoib__neighbour_parameters *parameters,
					  const struct ipoib__neighbour_event *event,
					  bool answered, uint64_t now);

/* ---- claim.c ---- */

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

/* A packet with its address as source has come from another port than the known one. */
unsigned ipoib__neighbour_seen_elsewhere(struct ipoib__neighbour *n,
					 const struct ipoib__neighbour_event *event);

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

/* The time of a trial has come: its beginning, its next questions, or its end. */
unsigned ipoib__neighbour_trial_due(struct ipoib__neighbour *n,
				    const struct ipoib__neighbour_parameters *parameters,
				    uint64_t now);

/* The SA knows no path to the known GID. */
unsigned ipoib__neighbour_claim_no_path(struct ipoib__neighbour *n,
					const struct ipoib__neighbour_parameters *parameters,
					uint64_t now);

/* It is PERMANENT. */
unsigned ipoib__neighbour_fixed(struct ipoib__neighbour *n,
				const struct ipoib_link_address *address, uint64_t now);

/* ---- prefix.c ---- */

/* The subnet has another prefix, and the neighbour with it; before the event itself. */
unsigned ipoib__neighbour_follow_prefix(struct ipoib__neighbour *n,
					const struct ipoib__neighbour_parameters *parameters,
					const struct ipoib__neighbour_event *event, uint64_t now);

#endif
