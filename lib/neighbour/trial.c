/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* The questions of a trial, and what they prove: neighbour.h points 5 and 7. */
#include "neighbour/state.h"

static unsigned questions_of(const struct ipoib__neighbour *n)
{
	unsigned actions = IPOIB__NEIGHBOUR_ASK_KNOWN;

	if (n->trial == IPOIB__NEIGHBOUR_TRIAL_RESTART)
		return IPOIB__NEIGHBOUR_ASK_OLD;
	if (!n->trial_answered && n->trial_asks <= IPOIB__NEIGHBOUR_TRIAL_ASKS)
		actions |= IPOIB__NEIGHBOUR_ASK_CLAIMED;
	/* A port that is alive has answered the first question by now: no query for each claim. */
	if (n->trial_asks == 2)
		actions |= IPOIB__NEIGHBOUR_ASK_PATH;
	return actions;
}

static unsigned limit_of(const struct ipoib__neighbour *n)
{
	/* Without a claimant that answers there can be no proof: it is not worth many questions. */
	if (n->trial == IPOIB__NEIGHBOUR_TRIAL_CLAIM_HELD && n->trial_answered)
		return IPOIB__NEIGHBOUR_TRIAL_HELD_ASKS;
	return IPOIB__NEIGHBOUR_TRIAL_ASKS;
}

unsigned ipoib__neighbour_trial_ask(struct ipoib__neighbour *n, uint64_t now)
{
	if (n->trial_asks >= limit_of(n))
		return 0;
	n->trial_asks++;
	n->trial_due = now + (n->trial == IPOIB__NEIGHBOUR_TRIAL_CLAIM_HELD ?
				      IPOIB__NEIGHBOUR_TRIAL_HELD_NS :
				      IPOIB__NEIGHBOUR_TRIAL_NS);
	return questions_of(n);
}

unsigned ipoib__neighbour_trial_begin(struct ipoib__neighbour *n, uint8_t trial, bool probed,
				      uint64_t now)
{
	unsigned actions;

	n->trial = trial;
	n->trial_wanted = false;
	n->trial_asks = 0;
	n->trial_answered = false;
	n->trial_no_path = false;
	actions = ipoib__neighbour_trial_ask(n, now);
	return probed ? actions & ~(unsigned)IPOIB__NEIGHBOUR_ASK_KNOWN : actions;
}

/* Whether a peer has restarted, its old queue pair knows best: an answer says no (5). */
unsigned ipoib__neighbour_ask_old(struct ipoib__neighbour *n, uint64_t now)
{
	if (n->trial != IPOIB__NEIGHBOUR_TRIAL_NONE)
		return 0;
	return ipoib__neighbour_trial_begin(n, IPOIB__NEIGHBOUR_TRIAL_RESTART, false, now);
}

void ipoib__neighbour_trial_end(struct ipoib__neighbour *n, uint64_t now)
{
	if (ipoib__neighbour_tries_claim(n))
		n->trial_next = now + IPOIB__NEIGHBOUR_TRIAL_REST_NS;
	n->trial = IPOIB__NEIGHBOUR_TRIAL_NONE;
}

uint64_t ipoib__neighbour_trial_deadline(const struct ipoib__neighbour *n)
{
	if (n->trial != IPOIB__NEIGHBOUR_TRIAL_NONE)
		return n->trial_due;
	return n->trial_wanted ? n->trial_next : IPOIB_NEVER;
}

bool ipoib__neighbour_tries_claim(const struct ipoib__neighbour *n)
{
	return n->trial == IPOIB__NEIGHBOUR_TRIAL_CLAIM ||
	       n->trial == IPOIB__NEIGHBOUR_TRIAL_CLAIM_HELD;
}

bool ipoib__neighbour_trial_proves(const struct ipoib__neighbour *n, bool over)
{
	return ipoib__neighbour_tries_claim(n) && n->trial_answered &&
	       (over || n->trial_no_path);
}
