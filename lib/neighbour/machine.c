/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* The pure half of neighbour.h: state and event in, state and actions out. */
#include "neighbour/state.h"

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

static unsigned start_asking(struct ipoib__neighbour *n,
			     const struct ipoib__neighbour_parameters *parameters, uint64_t now)
{
	n->asks = 1;
	ipoib__neighbour_enter(n, IPOIB_NEIGHBOUR_INCOMPLETE, now + parameters->retransmit);
	return IPOIB__NEIGHBOUR_ASK_MULTICAST;
}

static unsigned give_up(struct ipoib__neighbour *n, uint64_t now)
{
	if (n->failures < UINT8_MAX)
		n->failures++;
	n->hold_until = now + hold_time(n->failures);
	ipoib__neighbour_enter(n, IPOIB_NEIGHBOUR_FAILED, now + IPOIB__NEIGHBOUR_FORGET_NS);
	return IPOIB__NEIGHBOUR_UNREACHED;
}

static unsigned on_use(struct ipoib__neighbour *n,
		       const struct ipoib__neighbour_parameters *parameters, uint64_t now)
{
	switch (n->state) {
	case IPOIB__NEIGHBOUR_NEW:
		return start_asking(n, parameters, now);
	case IPOIB_NEIGHBOUR_FAILED:
		return now >= n->hold_until ? start_asking(n, parameters, now) : 0;
	case IPOIB_NEIGHBOUR_STALE:
		ipoib__neighbour_enter(n, IPOIB_NEIGHBOUR_DELAY, now + parameters->delay);
		return 0;
	default:
		return 0;
	}
}

static unsigned ask_again(struct ipoib__neighbour *n,
			  const struct ipoib__neighbour_parameters *parameters, unsigned action,
			  uint64_t now)
{
	n->asks++;
	n->due = now + parameters->retransmit;
	return action;
}

static unsigned questions(const struct ipoib__neighbour_parameters *parameters)
{
	return (unsigned)parameters->unicast_probes + parameters->multicast_probes;
}

static unsigned probe_on(struct ipoib__neighbour *n,
			 const struct ipoib__neighbour_parameters *parameters, uint64_t now)
{
	unsigned actions;

	if (n->asks < parameters->unicast_probes)
		return ask_again(n, parameters, IPOIB__NEIGHBOUR_ASK_UNICAST, now);
	if (ipoib__neighbour_claim_wins(n, parameters, now, &actions))
		return actions;
	if (n->asks < questions(parameters) + n->spoke)
		return ask_again(n, parameters, IPOIB__NEIGHBOUR_ASK_MULTICAST, now);
	return give_up(n, now);
}

/* A hint only notes when it came, as there may be one with every packet: so look here. */
static unsigned reachable_over(struct ipoib__neighbour *n, uint64_t now)
{
	if (n->confirmed + n->reachable > now)
		n->due = n->confirmed + n->reachable;
	else
		ipoib__neighbour_doubt(n);
	return 0;
}

static unsigned on_due(struct ipoib__neighbour *n,
		       const struct ipoib__neighbour_parameters *parameters, uint64_t now)
{
	switch (n->state) {
	case IPOIB_NEIGHBOUR_INCOMPLETE:
		if (n->asks < parameters->multicast_probes)
			return ask_again(n, parameters, IPOIB__NEIGHBOUR_ASK_MULTICAST, now);
		return give_up(n, now);
	case IPOIB_NEIGHBOUR_REACHABLE:
		return reachable_over(n, now);
	case IPOIB_NEIGHBOUR_DELAY:
		return ipoib__neighbour_probe(n, parameters, now);
	case IPOIB_NEIGHBOUR_PROBE:
		return probe_on(n, parameters, now);
	case IPOIB_NEIGHBOUR_FAILED:
		n->due = IPOIB_NEVER;
		return IPOIB__NEIGHBOUR_FORGET;
	default:
		n->due = IPOIB_NEVER;
		return 0;
	}
}

/* RFC 4861 section 7.3.3 allows to probe early. One that is being asked is not asked oftener. */
static unsigned on_check(struct ipoib__neighbour *n,
			 const struct ipoib__neighbour_parameters *parameters, uint64_t now)
{
	if (n->state == IPOIB_NEIGHBOUR_REACHABLE || n->state == IPOIB_NEIGHBOUR_STALE ||
	    n->state == IPOIB_NEIGHBOUR_DELAY)
		return ipoib__neighbour_probe(n, parameters, now);
	return on_use(n, parameters, now);
}

static unsigned on_timer(struct ipoib__neighbour *n,
			 const struct ipoib__neighbour_parameters *parameters, uint64_t now)
{
	unsigned actions = 0;

	if (now >= ipoib__neighbour_first_deadline(n))
		actions = ipoib__neighbour_first_due(n, now);
	if (ipoib__neighbour_claim_waits(n) && now >= n->flux_until)
		actions |= ipoib__neighbour_claim_due(n, parameters, now);
	if (now >= ipoib__neighbour_trial_deadline(n))
		actions |= ipoib__neighbour_trial_due(n, parameters, now);
	if (now >= n->due)
		actions |= on_due(n, parameters, now);
	/* All of it came due at once, and what came later has answered what came first. */
	if (!ipoib__neighbour_tries_claim(n))
		actions &= ~(unsigned)IPOIB__NEIGHBOUR_ASK_CLAIMED;
	if (n->state != IPOIB_NEIGHBOUR_PROBE)
		actions &= ~(unsigned)IPOIB__NEIGHBOUR_ASK_UNICAST;
	return actions;
}

static unsigned confirmed(struct ipoib__neighbour *n,
			  const struct ipoib__neighbour_parameters *parameters, uint64_t reachable,
			  uint64_t now)
{
	unsigned actions;

	if (!ipoib__neighbour_valid(n))
		return 0; /* of whom? nothing is known that could be confirmed */
	if (n->state == IPOIB_NEIGHBOUR_PERMANENT) {
		n->confirmed = now;
		return 0;
	}
	actions = ipoib__neighbour_claim_refuted(n, parameters, now);
	ipoib__neighbour_reach(n, reachable, now);
	return actions;
}

static unsigned on_hint(struct ipoib__neighbour *n,
			const struct ipoib__neighbour_parameters *parameters, uint64_t reachable,
			uint64_t now)
{
	if (n->state != IPOIB_NEIGHBOUR_REACHABLE)
		return confirmed(n, parameters, reachable, now);
	n->confirmed = now;
	n->reachable = reachable;
	return 0;
}

/* It is where it was, perhaps with other flags. What was entered by hand stays as entered. */
static unsigned on_same(struct ipoib__neighbour *n,
			const struct ipoib__neighbour_parameters *parameters,
			const struct ipoib__neighbour_event *event, bool answered, uint64_t now)
{
	unsigned actions = 0;

	if (n->state != IPOIB_NEIGHBOUR_PERMANENT)
		actions = ipoib__neighbour_settle(n, event->address);
	if (actions & IPOIB__NEIGHBOUR_RESOLVED)
		ipoib__neighbour_doubt(n);
	if (answered)
		actions |= confirmed(n, parameters, event->reachable, now);
	/*
	 * It came back after the last question, which nobody was there to answer: asked once more,
	 * and not oftener, for what anybody can send keeps no entry trusted (I35).
	 */
	else if (n->state == IPOIB_NEIGHBOUR_PROBE && n->asks == questions(parameters))
		n->spoke = 1;
	return actions;
}

/* Whether it is the queue pair itself that speaks, which a restart has left. */
static bool restart_refuted(const struct ipoib__neighbour *n,
			    const struct ipoib__neighbour_event *event)
{
	return n->trial == IPOIB__NEIGHBOUR_TRIAL_RESTART &&
	       ipoib_link_address_same_peer(&n->old_link_address, event->address);
}

static unsigned on_told(struct ipoib__neighbour *n,
			const struct ipoib__neighbour_parameters *parameters,
			const struct ipoib__neighbour_event *event, bool answered, uint64_t now)
{
	if (!event->address)
		return answered ? confirmed(n, parameters, event->reachable, now) : 0;
	if (!n->known)
		return ipoib__neighbour_first(n, parameters, event, answered, now);
	if (ipoib_link_address_same_peer(&n->link_address, event->address))
		return on_same(n, parameters, event, answered, now);
	if (restart_refuted(n, event))
		return ipoib__neighbour_restart_refuted(n, parameters, event, answered, now);
	return ipoib__neighbour_claimed(n, parameters, event, answered, now);
}

/* An answer to a question of a trial need not override: it was asked whether it is there. */
static bool answers_trial(const struct ipoib__neighbour *n,
			  const struct ipoib__neighbour_event *event, bool answered)
{
	return restart_refuted(n, event) ||
	       (answered && ipoib__neighbour_tries_claim(n) &&
		ipoib_link_address_same_peer(&n->claimed, event->address));
}

/* RFC 4861 section 7.2.5, override flag clear. */
static unsigned on_weak(struct ipoib__neighbour *n,
			const struct ipoib__neighbour_parameters *parameters,
			const struct ipoib__neighbour_event *event, bool answered, uint64_t now)
{
	bool other = event->address &&
		     !ipoib_link_address_same_peer(&n->link_address, event->address);

	if (!other || !ipoib__neighbour_valid(n) || answers_trial(n, event, answered))
		return on_told(n, parameters, event, answered, now);
	if (n->state == IPOIB_NEIGHBOUR_REACHABLE)
		ipoib__neighbour_doubt(n);
	return 0;
}

static unsigned on_event(struct ipoib__neighbour *n,
			 const struct ipoib__neighbour_parameters *parameters,
			 const struct ipoib__neighbour_event *event, uint64_t now)
{
	switch (event->type) {
	case IPOIB__NEIGHBOUR_USE:
		return on_use(n, parameters, now);
	case IPOIB__NEIGHBOUR_TIMER:
		return on_timer(n, parameters, now);
	case IPOIB__NEIGHBOUR_ANSWER:
		return on_told(n, parameters, event, true, now);
	case IPOIB__NEIGHBOUR_HEARD:
		return on_told(n, parameters, event, false, now);
	case IPOIB__NEIGHBOUR_WEAK_ANSWER:
		return on_weak(n, parameters, event, true, now);
	case IPOIB__NEIGHBOUR_WEAK_HEARD:
		return on_weak(n, parameters, event, false, now);
	case IPOIB__NEIGHBOUR_CONFIRM:
		return on_hint(n, parameters, event->reachable, now);
	case IPOIB__NEIGHBOUR_DOUBT:
		if (n->state == IPOIB_NEIGHBOUR_REACHABLE)
			ipoib__neighbour_doubt(n);
		return 0;
	case IPOIB__NEIGHBOUR_CHECK:
		return on_check(n, parameters, now);
	case IPOIB__NEIGHBOUR_FIX:
		return ipoib__neighbour_fixed(n, event->address, now);
	case IPOIB__NEIGHBOUR_NO_PATH:
		return ipoib__neighbour_claim_no_path(n, parameters, now);
	case IPOIB__NEIGHBOUR_DATA:
		return ipoib__neighbour_seen_elsewhere(n, event);
	case IPOIB__NEIGHBOUR_RIGHT:
		return ipoib__neighbour_first_right(n, parameters, event, now);
	}
	return 0;
}

unsigned ipoib__neighbour_step(struct ipoib__neighbour *n,
			       const struct ipoib__neighbour_parameters *parameters,
			       const struct ipoib__neighbour_event *event, uint64_t now)
{
	const struct ipoib_link_address address = n->link_address;
	const uint8_t state = n->state;
	unsigned actions = ipoib__neighbour_follow_prefix(n, parameters, event, now);

	actions |= on_event(n, parameters, event, now);

	n->deadline = ipoib__neighbour_trial_deadline(n);
	if (n->due < n->deadline)
		n->deadline = n->due;
	if (ipoib__neighbour_first_deadline(n) < n->deadline)
		n->deadline = ipoib__neighbour_first_deadline(n);
	if (ipoib__neighbour_claim_waits(n) && n->flux_until < n->deadline)
		n->deadline = n->flux_until;
	if (n->state != state || memcmp(&n->link_address, &address, sizeof(address)) != 0) {
		n->updated = now;
		actions |= IPOIB__NEIGHBOUR_CHANGED;
	}
	return actions;
}

bool ipoib__neighbour_asked(const struct ipoib__neighbour *n, uint64_t now)
{
	return n->asks > 0 || n->trial != IPOIB__NEIGHBOUR_TRIAL_NONE ||
	       ipoib__neighbour_first_answers(n, now);
}
