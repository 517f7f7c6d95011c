/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Any events in any order under each policy, and the laws that hold whatever happens. Where the
 * policy leaves no choice the state is compared with a reference too, which knows RFC 4861 and
 * nothing of claims.
 */
#include <string.h>

#include "neighbour/neighbour_rig.h"
#include "support/support.h"

#define LIVES 200 /* of a neighbour, each with a policy and times of its own */
#define EVENTS 3000

static struct ipoib__neighbour_parameters parameters;
static struct ipoib__neighbour n;
static struct ipoib__random *numbers;
static uint64_t moved_at;   /* to another GID, last; IPOIB_NEVER */
static uint64_t met_at;     /* it had its first link address */
static unsigned rights;     /* times it was moved for being right */
static uint64_t trial_at;   /* the last trial of a claim began; IPOIB_NEVER */
static uint64_t claimed_at; /* the oldest claim that has not been decided; IPOIB_NEVER */

static void be_born(void)
{
	parameters = rig_parameters(10);
	parameters.flux = (uint8_t)ipoib__random_below(numbers, 4);
	parameters.flux_hold = ipoib__random_between(numbers, 1, 20) * S;
	parameters.unicast_probes = (uint8_t)ipoib__random_between(numbers, 1, 4);
	parameters.multicast_probes = (uint8_t)ipoib__random_between(numbers, 1, 4);
	memset(&n, 0, sizeof(n));
	n.due = n.deadline = IPOIB_NEVER;
	n.confirmed = n.used = IPOIB_NEVER;
	n.updated = support_now;
	moved_at = claimed_at = trial_at = IPOIB_NEVER;
	rights = 0;
}

static bool other_gid(const struct ipoib_link_address *one, const struct ipoib_link_address *two)
{
	return memcmp(one->raw + 4, two->raw + 4, 16) != 0;
}

/* The claimant has answered a trial, and the known port all its questions not, or has no path. */
static bool proven(const struct ipoib__neighbour *before,
		   const struct ipoib__neighbour_event *event)
{
	bool answered = before->trial_answered || event->type == IPOIB__NEIGHBOUR_ANSWER ||
			event->type == IPOIB__NEIGHBOUR_WEAK_ANSWER;

	return parameters.flux == IPOIB_FLUX_CONFIRM && answered &&
	       before->trial == IPOIB__NEIGHBOUR_TRIAL_CLAIM_HELD &&
	       (before->trial_asks == IPOIB__NEIGHBOUR_TRIAL_HELD_ASKS || before->trial_no_path ||
		event->type == IPOIB__NEIGHBOUR_NO_PATH);
}

/*
 * The same GUID behind our own prefix, which the known address did not have; the queue pair too,
 * unless it restarted in the same step.
 */
static bool followed(const struct ipoib__neighbour *before, unsigned actions)
{
	const uint8_t *one = before->link_address.raw, *two = n.link_address.raw;

	return memcmp(one + 12, two + 12, 8) == 0 &&
	       memcmp(one + 4, parameters.prefix, 8) != 0 &&
	       memcmp(two + 4, parameters.prefix, 8) == 0 &&
	       before->state != IPOIB_NEIGHBOUR_PERMANENT &&
	       ((actions & IPOIB__NEIGHBOUR_MOVED) || memcmp(one + 1, two + 1, 3) == 0);
}

static void check_moves(const struct ipoib__neighbour *before,
			const struct ipoib__neighbour_event *event, unsigned actions)
{
	bool other = before->known && other_gid(&before->link_address, &n.link_address);

	if (other && followed(before, actions)) /* no move, no event, whatever the policy */
		return;
	rig_check(n.moves - before->moves == (actions & IPOIB__NEIGHBOUR_MOVED ? 1 : 0));
	if (!other || n.state == IPOIB_NEIGHBOUR_PERMANENT)
		return;
	rig_check(before->state != IPOIB_NEIGHBOUR_PERMANENT);
	if (event->type == IPOIB__NEIGHBOUR_RIGHT) { /* see check_right() */
		moved_at = support_now;
		return;
	}
	rig_check(parameters.flux != IPOIB_FLUX_PIN);
	rig_check(actions & IPOIB__NEIGHBOUR_FLUX && n.verdict == IPOIB_FLUX_ACCEPTED);
	if (parameters.flux != IPOIB_FLUX_ACCEPT && moved_at != IPOIB_NEVER &&
	    !proven(before, event))
		rig_check(support_now - moved_at >= parameters.flux_hold); /* I14 */
	moved_at = support_now;
}

/* No claim stays undecided: it is asked about, or waits for an end that comes. */
static void check_claim(void)
{
	static const struct ipoib_link_address none;
	bool undecided = memcmp(&n.claimed, &none, sizeof(none)) != 0;
	uint64_t longest = 2 * parameters.flux_hold + 10 * parameters.retransmit;

	rig_check(undecided == (n.verdict == IPOIB_FLUX_PENDING));
	if (!undecided) {
		claimed_at = IPOIB_NEVER;
		return;
	}
	rig_check(parameters.flux == IPOIB_FLUX_CONFIRM || parameters.flux == IPOIB_FLUX_HOLD);
	rig_check(n.state != IPOIB_NEIGHBOUR_PERMANENT);
	rig_check(n.flux_until != 0 || n.state == IPOIB_NEIGHBOUR_PROBE);
	rig_check(n.flux_until <= support_now + parameters.flux_hold);
	rig_check(n.deadline != IPOIB_NEVER);
	if (claimed_at == IPOIB_NEVER)
		claimed_at = support_now;
	/* a peer that restarts again and again could put it off: it has the known GID, and could
	 * answer as well */
	if (!n.flux_restarted)
		rig_check(support_now - claimed_at <= longest + 60 * S);
}

/* Questions go to addresses that there are, and a trial of a claim ends with the claim. */
static void check_trial(const struct ipoib__neighbour *before, unsigned actions)
{
	bool claim = n.trial == IPOIB__NEIGHBOUR_TRIAL_CLAIM ||
		     n.trial == IPOIB__NEIGHBOUR_TRIAL_CLAIM_HELD;

	rig_check(!claim || n.verdict == IPOIB_FLUX_PENDING);
	rig_check(!claim || parameters.flux == IPOIB_FLUX_CONFIRM);
	rig_check(!n.trial_wanted || n.verdict == IPOIB_FLUX_PENDING);
	rig_check(n.trial != IPOIB__NEIGHBOUR_TRIAL_RESTART ||
		  !other_gid(&n.link_address, &n.old_link_address));
	rig_check(n.trial_asks <= IPOIB__NEIGHBOUR_TRIAL_HELD_ASKS);
	rig_check(!(actions & IPOIB__NEIGHBOUR_ASK_CLAIMED) || claim);
	rig_check(!(actions & IPOIB__NEIGHBOUR_ASK_OLD) ||
		  n.trial == IPOIB__NEIGHBOUR_TRIAL_RESTART);
	if (claim && n.trial != before->trial && trial_at != IPOIB_NEVER)
		rig_check(support_now - trial_at >= IPOIB__NEIGHBOUR_TRIAL_REST_NS ||
			  n.trial == IPOIB__NEIGHBOUR_TRIAL_CLAIM);
	if (claim && n.trial != before->trial)
		trial_at = support_now;
	rig_check(n.trial == IPOIB__NEIGHBOUR_TRIAL_NONE ||
		  n.deadline <= support_now + IPOIB__NEIGHBOUR_TRIAL_NS);
}

static void check_state(const struct ipoib__neighbour *before, unsigned actions)
{
	bool changed = n.state != before->state ||
		       memcmp(&n.link_address, &before->link_address, sizeof(n.link_address)) != 0;

	rig_check(((actions & IPOIB__NEIGHBOUR_CHANGED) != 0) == changed);
	rig_check(n.updated == (changed ? support_now : before->updated));
	rig_check(!ipoib__neighbour_valid(&n) || n.known); /* I26 */
	rig_check(n.deadline <= n.due);
	rig_check((n.due == IPOIB_NEVER) ==
		  (n.state == IPOIB__NEIGHBOUR_NEW || n.state == IPOIB_NEIGHBOUR_STALE ||
		   n.state == IPOIB_NEIGHBOUR_PERMANENT || (actions & IPOIB__NEIGHBOUR_FORGET)));
	rig_check(n.asks <= parameters.unicast_probes + parameters.multicast_probes + n.spoke);
	rig_check(!(actions & IPOIB__NEIGHBOUR_ASK_UNICAST) || n.state == IPOIB_NEIGHBOUR_PROBE);
	rig_check(!(actions & IPOIB__NEIGHBOUR_RESOLVED) || (!ipoib__neighbour_valid(before) &&
							     ipoib__neighbour_valid(&n)));
	rig_check(n.refused <= n.fluxes);
}

/* RFC 4861 section 7.3.2, when nobody claims anything; 0: see the address. */
static uint8_t reference(const struct ipoib__neighbour *before,
			 enum ipoib__neighbour_event_type type)
{
	bool valid = ipoib__neighbour_valid(before);

	switch (type) {
	case IPOIB__NEIGHBOUR_USE:
		if (before->state == IPOIB_NEIGHBOUR_STALE)
			return IPOIB_NEIGHBOUR_DELAY;
		if (before->state == IPOIB__NEIGHBOUR_NEW ||
		    (before->state == IPOIB_NEIGHBOUR_FAILED && support_now >= before->hold_until))
			return IPOIB_NEIGHBOUR_INCOMPLETE;
		return before->state;
	case IPOIB__NEIGHBOUR_CONFIRM:
		return valid ? IPOIB_NEIGHBOUR_REACHABLE : before->state;
	case IPOIB__NEIGHBOUR_DOUBT:
		return before->state == IPOIB_NEIGHBOUR_REACHABLE ? IPOIB_NEIGHBOUR_STALE :
								    before->state;
	case IPOIB__NEIGHBOUR_ANSWER:
	case IPOIB__NEIGHBOUR_WEAK_ANSWER:
		return IPOIB_NEIGHBOUR_REACHABLE;
	case IPOIB__NEIGHBOUR_HEARD:
	case IPOIB__NEIGHBOUR_WEAK_HEARD:
		return valid ? before->state : IPOIB_NEIGHBOUR_STALE;
	default:
		return 0;
	}
}

/* Data moves nothing, under any policy, and is told as what it is. */
static void check_data(const struct ipoib__neighbour *before, unsigned actions)
{
	rig_check((actions & ~(unsigned)IPOIB__NEIGHBOUR_FLUX) == 0);
	rig_check(n.state == before->state && n.deadline == before->deadline);
	rig_check(n.flux_until == before->flux_until && n.trial == before->trial);
	rig_check(n.refused == before->refused);
	rig_check(memcmp(&n.claimed, &before->claimed, sizeof(n.claimed)) == 0);
	rig_check(n.fluxes - before->fluxes == (actions != 0));
}

/* Two ports have answered the first question: to the other one and back, and no more. */
static void check_right(const struct ipoib__neighbour *before,
			const struct ipoib__neighbour_event *event)
{
	if (n.moves == before->moves)
		return;
	rig_check(n.moves == before->moves + 1 && ++rights <= 2);
	rig_check(parameters.flux != IPOIB_FLUX_ACCEPT);
	rig_check(support_now < met_at + IPOIB__NEIGHBOUR_FIRST_NS);
	rig_check(before->first == IPOIB__NEIGHBOUR_FIRST_CONTESTED ||
		  (before->first == IPOIB__NEIGHBOUR_FIRST_INFERRED && event->own_word));
	rig_check(n.first != IPOIB__NEIGHBOUR_FIRST_CONTESTED);
}

static unsigned step(const struct ipoib__neighbour_event *event)
{
	struct ipoib__neighbour before = n;
	unsigned actions = ipoib__neighbour_step(&n, &parameters, event, support_now);
	bool claims = event->address && before.known &&
		      !ipoib_link_address_same_peer(&before.link_address, event->address);
	uint8_t expected = reference(&before, event->type);

	check_state(&before, actions);
	check_moves(&before, event, actions);
	check_trial(&before, actions);
	check_claim();
	if (n.known && !before.known)
		met_at = support_now;
	if (event->type == IPOIB__NEIGHBOUR_RIGHT)
		check_right(&before, event);
	if (event->type == IPOIB__NEIGHBOUR_DATA && !followed(&before, actions))
		check_data(&before, actions);
	if (!claims && expected != 0 && before.state != IPOIB_NEIGHBOUR_PERMANENT)
		rig_check(n.state == expected);
	return actions;
}

/* Time passes, and timers fire in it; sometimes late. False: it was forgotten. */
static bool pass(uint64_t until)
{
	const struct ipoib__neighbour_event timer = { .type = IPOIB__NEIGHBOUR_TIMER };

	while (n.deadline <= until) {
		if (n.deadline > support_now)
			support_now = n.deadline;
		support_now += ipoib__random_below(numbers, 1 << 20);
		if (step(&timer) & IPOIB__NEIGHBOUR_FORGET)
			return false;
	}
	if (until > support_now)
		support_now = until;
	return true;
}

static void happen(void)
{
	static const enum ipoib__neighbour_event_type types[] = {
		IPOIB__NEIGHBOUR_USE,	      IPOIB__NEIGHBOUR_ANSWER,	   IPOIB__NEIGHBOUR_HEARD,
		IPOIB__NEIGHBOUR_WEAK_ANSWER, IPOIB__NEIGHBOUR_WEAK_HEARD, IPOIB__NEIGHBOUR_CONFIRM,
		IPOIB__NEIGHBOUR_DOUBT,	      IPOIB__NEIGHBOUR_USE,	   IPOIB__NEIGHBOUR_HEARD,
		IPOIB__NEIGHBOUR_NO_PATH,     IPOIB__NEIGHBOUR_DATA,	   IPOIB__NEIGHBOUR_RIGHT,
		IPOIB__NEIGHBOUR_CHECK,
	};
	struct ipoib_link_address address = rig_address(
		(uint8_t)(ipoib__random_below(numbers, 2) << 7),
		0x48 + (ipoib__random_below(numbers, 8) == 0),
		(uint8_t)ipoib__random_between(numbers, 1, 3));
	struct ipoib__neighbour_event event = {
		.type = types[ipoib__random_below(numbers, sizeof(types) / sizeof(types[0]))],
		.claim = IPOIB_CLAIM_ARP_REQUEST,
		.origin = (uint8_t)ipoib__random_below(numbers, 3),
		.no_path = ipoib__random_below(numbers, 10) == 0,
		.own_word = ipoib__random_below(numbers, 2) == 0,
		.reachable = ipoib__random_between(numbers, 15 * S, 45 * S),
	};

	if (ipoib__random_below(numbers, 10) == 0) /* a peer that has another prefix */
		address.raw[11] = 7;
	if (ipoib__random_below(numbers, 100) == 0) /* our own port has it as well */
		memcpy(parameters.prefix, address.raw + 4, sizeof(parameters.prefix));
	if (ipoib__random_below(numbers, 2000) == 0)
		event.type = IPOIB__NEIGHBOUR_FIX;
	if (event.type != IPOIB__NEIGHBOUR_USE && event.type != IPOIB__NEIGHBOUR_CONFIRM &&
	    event.type != IPOIB__NEIGHBOUR_DOUBT && event.type != IPOIB__NEIGHBOUR_NO_PATH &&
	    event.type != IPOIB__NEIGHBOUR_CHECK)
		event.address = &address;
	if (event.type == IPOIB__NEIGHBOUR_USE && ipoib__random_below(numbers, 2) == 0)
		n.used = support_now;
	step(&event);
}

static void check_life(void)
{
	unsigned pace = (unsigned)ipoib__random_below(numbers, 5); /* hectic to slow */

	be_born();
	for (unsigned i = 0; i < EVENTS; i++) {
		happen();
		if (!pass(support_now + ipoib__random_below(numbers, (40 * MS) << (2 * pace))))
			return;
	}
}

START_TEST(the_laws_hold_whatever_happens)
{
	numbers = support_random();
	for (unsigned i = 0; i < LIVES; i++)
		check_life();
}
END_TEST

/*
 * The program stood still, so that the end of the hold-down time, which has the known port asked,
 * and the end of the trial, which decides, come at once.
 */
START_TEST(what_is_decided_in_the_same_step_is_not_asked)
{
	const struct ipoib_link_address a = rig_address(0, 0x48, 1), b = rig_address(0, 0x48, 2);
	struct ipoib__neighbour *one = rig_start_at(&a, IPOIB_FLUX_CONFIRM);

	ipoib__neighbours_touch(&rig.table, one, support_now);
	rig_run_until(2 * S);
	rig_step(one, IPOIB__NEIGHBOUR_HEARD, &b);
	rig_answer(one, &b);
	rig_run_until(11 * S + 850 * MS); /* it has moved to b at 2.45 s */
	rig_step(one, IPOIB__NEIGHBOUR_HEARD, &a);
	rig_answer(one, &a);
	rig_run_until(12 * S + 440 * MS);
	ck_assert_uint_eq(one->trial_asks, IPOIB__NEIGHBOUR_TRIAL_HELD_ASKS);
	rig_story();
	support_now += S;
	rig_step(one, IPOIB__NEIGHBOUR_TIMER, NULL);
	ck_assert_str_eq(rig_story(), "13 accepted; 13 moved; ");
	ck_assert_mem_eq(&one->link_address, &a, sizeof(a));
	ipoib__neighbours_fini(&rig.table);
}
END_TEST

Suite *suite_laws(void)
{
	Suite *suite = suite_create("laws");
	TCase *tcase = tcase_create("laws");

	tcase_add_checked_fixture(tcase, support_setup, support_teardown);
	tcase_set_timeout(tcase, 120); /* for valgrind */
	tcase_add_test(tcase, the_laws_hold_whatever_happens);
	tcase_add_test(tcase, what_is_decided_in_the_same_step_is_not_asked);
	suite_add_tcase(suite, tcase);
	return suite;
}
