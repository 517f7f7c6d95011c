/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Whom to believe: the flux policies, neighbour.h points 1 to 4, 6 and 7. */
#include "neighbour/state.h"

unsigned ipoib__neighbour_first(struct ipoib__neighbour *n,
				const struct ipoib__neighbour_parameters *parameters,
				const struct ipoib__neighbour_event *event, bool answered,
				uint64_t now)
{
	unsigned actions = ipoib__neighbour_settle(n, event->address);
	uint16_t asks;

	if (parameters->flux == IPOIB_FLUX_HOLD)
		ipoib__neighbour_hold_down(n, parameters, true, now);
	/* Who asks us while we ask him answers a moment later: that is still an answer. */
	asks = n->asks;
	ipoib__neighbour_first_open(n, parameters, now);
	ipoib__neighbour_come_in(n, event, answered, now);
	if (!answered)
		n->asks = asks;
	return actions;
}

/* Goes over to a claim that waited. */
static unsigned believe_late(struct ipoib__neighbour *n,
			     const struct ipoib__neighbour_parameters *parameters, uint64_t now)
{
	const struct ipoib_link_address claimed = n->claimed;
	unsigned actions = ipoib__neighbour_believe(n, parameters, &claimed, now);

	if (n->used != IPOIB_NEVER && now - n->used < parameters->reachable)
		return actions | ipoib__neighbour_probe(n, parameters, now);
	ipoib__neighbour_doubt(n);
	return actions;
}

/* Goes over to a claim whose claimant has answered a trial. */
static unsigned believe_proven(struct ipoib__neighbour *n,
			       const struct ipoib__neighbour_parameters *parameters, uint64_t now)
{
	const struct ipoib_link_address claimed = n->claimed;
	unsigned actions = ipoib__neighbour_believe(n, parameters, &claimed, now);

	ipoib__neighbour_reach(n, n->trial_reachable, now);
	return actions;
}

/*
 * The known port is asked; if that is under way, from here on for the claim too. No hold-down
 * time runs, and the verdict will start the next one.
 */
static unsigned question(struct ipoib__neighbour *n,
			 const struct ipoib__neighbour_parameters *parameters, uint64_t now)
{
	bool probes = n->state != IPOIB_NEIGHBOUR_PROBE;
	unsigned actions = probes ? ipoib__neighbour_probe(n, parameters, now) : 0;

	n->flux_until = 0;
	if (parameters->flux != IPOIB_FLUX_CONFIRM || n->trial != IPOIB__NEIGHBOUR_TRIAL_NONE)
		return actions;
	return actions | ipoib__neighbour_trial_begin(n, IPOIB__NEIGHBOUR_TRIAL_CLAIM, probes, now);
}

/* A hold-down time runs. One that began with a refusal, that is a sign of life, has no trial. */
static unsigned try_held(struct ipoib__neighbour *n,
			 const struct ipoib__neighbour_parameters *parameters, uint64_t now)
{
	uint8_t trial = n->flux_moved ? IPOIB__NEIGHBOUR_TRIAL_CLAIM_HELD :
					IPOIB__NEIGHBOUR_TRIAL_CLAIM;

	if (parameters->flux != IPOIB_FLUX_CONFIRM || !(n->flux_moved || n->flux_restarted) ||
	    n->trial != IPOIB__NEIGHBOUR_TRIAL_NONE)
		return 0;
	n->trial_wanted = true;
	return now < n->trial_next ? 0 : ipoib__neighbour_trial_begin(n, trial, false, now);
}

static enum ipoib_flux_verdict judge(const struct ipoib__neighbour *n,
				     const struct ipoib__neighbour_parameters *parameters,
				     bool no_path, uint64_t now)
{
	bool left = (no_path && parameters->flux == IPOIB_FLUX_CONFIRM) ||
		    ipoib__neighbour_dead(n, parameters);

	if (n->state == IPOIB_NEIGHBOUR_PERMANENT || parameters->flux == IPOIB_FLUX_PIN)
		return IPOIB_FLUX_REFUSED;
	if (parameters->flux == IPOIB_FLUX_ACCEPT)
		return IPOIB_FLUX_ACCEPTED;
	if (ipoib__neighbour_held_down(n, now) && (n->flux_moved || !left))
		return IPOIB_FLUX_PENDING;
	if (parameters->flux == IPOIB_FLUX_CONFIRM && !left)
		return IPOIB_FLUX_PENDING;
	return IPOIB_FLUX_ACCEPTED;
}

/* Of several claims the last one is looked at; one whose claimant has answered stays. */
static void note_claimed(struct ipoib__neighbour *n, const struct ipoib_link_address *address,
			 bool answered)
{
	bool same = ipoib_link_address_same_peer(&n->claimed, address);

	n->verdict = IPOIB_FLUX_PENDING;
	if (!same && ipoib__neighbour_tries_claim(n) && n->trial_answered && !answered)
		return;
	n->claimed = *address;
	if (!same)
		n->trial_answered = false;
}

/* The claimant has answered the question of a trial: believed now, or at its end. */
static unsigned trial_answered(struct ipoib__neighbour *n,
			       const struct ipoib__neighbour_parameters *parameters,
			       uint64_t reachable, uint64_t now)
{
	n->trial_answered = true;
	n->trial_reachable = reachable;
	return ipoib__neighbour_trial_proves(n, false) ? believe_proven(n, parameters, now) : 0;
}

/* A claim that is not decided yet. */
static unsigned await_verdict(struct ipoib__neighbour *n,
			      const struct ipoib__neighbour_parameters *parameters,
			      const struct ipoib__neighbour_event *event, bool answered,
			      uint64_t now)
{
	unsigned actions = IPOIB__NEIGHBOUR_FLUX;

	note_claimed(n, event->address, answered);
	if (!ipoib__neighbour_tries_claim(n))
		actions |= ipoib__neighbour_held_down(n, now) ? try_held(n, parameters, now) :
								question(n, parameters, now);
	else if (answered)
		actions |= trial_answered(n, parameters, event->reachable, now);
	return actions;
}

unsigned ipoib__neighbour_claimed(struct ipoib__neighbour *n,
				  const struct ipoib__neighbour_parameters *parameters,
				  const struct ipoib__neighbour_event *event, bool answered,
				  uint64_t now)
{
	bool same_port = ipoib__neighbour_same_port(&n->link_address, event->address);
	unsigned actions;

	if (same_port && ipoib__neighbour_restart_believed(n, parameters, event->origin, now))
		return ipoib__neighbour_restart(n, parameters, event, answered, now);
	ipoib__neighbour_note_claim(n, event->claim, event->address);
	if (ipoib__neighbour_first_refuses(n, event->address, now))
		return ipoib__neighbour_refuse(n, now);
	if (!same_port && answered)
		ipoib__neighbour_first_claimed(n, event->address, now);
	switch (judge(n, parameters, event->no_path && !same_port, now)) {
	case IPOIB_FLUX_ACCEPTED:
		actions = ipoib__neighbour_believe(n, parameters, event->address, now);
		ipoib__neighbour_come_in(n, event, answered, now);
		return actions;
	case IPOIB_FLUX_PENDING:
		actions = await_verdict(n, parameters, event, answered, now);
		n->trial_no_path |= event->no_path && !same_port;
		return actions;
	case IPOIB_FLUX_REFUSED:
		break;
	}
	return ipoib__neighbour_refuse(n, now);
}

unsigned ipoib__neighbour_seen_elsewhere(struct ipoib__neighbour *n,
					 const struct ipoib__neighbour_event *event)
{
	if (!ipoib__neighbour_valid(n) || ipoib__neighbour_undecided(n) ||
	    ipoib__neighbour_same_port(&n->link_address, event->address))
		return 0;
	ipoib__neighbour_note_claim(n, event->claim, event->address);
	n->verdict = IPOIB_FLUX_REFUSED;
	return IPOIB__NEIGHBOUR_FLUX;
}

unsigned ipoib__neighbour_trial_due(struct ipoib__neighbour *n,
				    const struct ipoib__neighbour_parameters *parameters,
				    uint64_t now)
{
	unsigned actions;

	if (n->trial == IPOIB__NEIGHBOUR_TRIAL_NONE) {
		n->trial_wanted = false;
		return ipoib__neighbour_held_down(n, now) ? try_held(n, parameters, now) : 0;
	}
	actions = ipoib__neighbour_trial_ask(n, now);
	if (actions != 0)
		return actions;
	if (ipoib__neighbour_trial_proves(n, true))
		return believe_proven(n, parameters, now);
	ipoib__neighbour_trial_end(n, now);
	return 0;
}

unsigned ipoib__neighbour_claim_no_path(struct ipoib__neighbour *n,
					const struct ipoib__neighbour_parameters *parameters,
					uint64_t now)
{
	if (!ipoib__neighbour_undecided(n) ||
	    ipoib__neighbour_same_port(&n->link_address, &n->claimed))
		return 0;
	n->trial_no_path = true;
	if (ipoib__neighbour_trial_proves(n, false))
		return believe_proven(n, parameters, now);
	if (judge(n, parameters, true, now) != IPOIB_FLUX_ACCEPTED)
		return 0;
	return believe_late(n, parameters, now);
}

unsigned ipoib__neighbour_claim_refuted(struct ipoib__neighbour *n,
					const struct ipoib__neighbour_parameters *parameters,
					uint64_t now)
{
	if (parameters->flux != IPOIB_FLUX_CONFIRM || !ipoib__neighbour_undecided(n))
		return 0;
	if (!ipoib__neighbour_held_down(n, now))
		ipoib__neighbour_hold_down(n, parameters, false, now);
	return ipoib__neighbour_refuse(n, now);
}

unsigned ipoib__neighbour_claim_due(struct ipoib__neighbour *n,
				    const struct ipoib__neighbour_parameters *parameters,
				    uint64_t now)
{
	switch (judge(n, parameters, false, now)) {
	case IPOIB_FLUX_ACCEPTED:
		return believe_late(n, parameters, now);
	case IPOIB_FLUX_PENDING:
		return question(n, parameters, now);
	case IPOIB_FLUX_REFUSED: /* the policy was changed meanwhile */
		break;
	}
	return ipoib__neighbour_refuse(n, now);
}

bool ipoib__neighbour_claim_wins(struct ipoib__neighbour *n,
				 const struct ipoib__neighbour_parameters *parameters, uint64_t now,
				 unsigned *actions)
{
	if (!ipoib__neighbour_undecided(n) || (ipoib__neighbour_held_down(n, now) && n->flux_moved))
		return false;
	*actions = believe_late(n, parameters, now);
	return true;
}

unsigned ipoib__neighbour_fixed(struct ipoib__neighbour *n,
				const struct ipoib_link_address *address, uint64_t now)
{
	unsigned actions = 0;

	if (ipoib__neighbour_undecided(n)) {
		bool right = ipoib_link_address_same_peer(&n->claimed, address);

		n->refused += !right;
		ipoib__neighbour_decide(n, right ? IPOIB_FLUX_ACCEPTED : IPOIB_FLUX_REFUSED, now);
		actions = IPOIB__NEIGHBOUR_FLUX;
	}
	actions |= ipoib__neighbour_settle(n, address);
	n->trial = IPOIB__NEIGHBOUR_TRIAL_NONE;
	n->first = IPOIB__NEIGHBOUR_FIRST_NONE;
	n->flux_until = 0;
	n->asks = 0;
	n->failures = 0;
	ipoib__neighbour_enter(n, IPOIB_NEIGHBOUR_PERMANENT, IPOIB_NEVER);
	return actions;
}
