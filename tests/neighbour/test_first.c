/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Two ports that answer the first question: who decides, until when, and how often. */
#include <string.h>

#include "neighbour/neighbour_rig.h"
#include "support/support.h"

static struct ipoib_link_address a, b, c;
static struct ipoib__neighbour *n;

static const uint8_t policies[] = { IPOIB_FLUX_CONFIRM, IPOIB_FLUX_HOLD, IPOIB_FLUX_PIN };
#define POLICIES (int)(sizeof(policies) / sizeof(policies[0]))

static void setup(void)
{
	support_setup();
	a = rig_address(0, 0x48, 1);
	b = rig_address(0, 0x48, 2);
	c = rig_address(0, 0x48, 3);
}

/* Both have answered, a first. */
static void start(uint8_t policy)
{
	n = rig_start_at(&a, policy);
	rig_answer(n, &b);
	rig_story();
}

static void right(const struct ipoib_link_address *address, bool own_word)
{
	const struct ipoib__neighbour_event event = { .type = IPOIB__NEIGHBOUR_RIGHT,
						      .address = address,
						      .claim = IPOIB_CLAIM_DATA,
						      .own_word = own_word };

	rig_happen(n, &event);
}

static void at(const struct ipoib_link_address *address)
{
	ck_assert_mem_eq(&n->link_address, address, sizeof(*address));
}

static void finish(void)
{
	rig_story();
	ipoib__neighbours_fini(&rig.table);
}

START_TEST(the_second_port_is_moved_to_when_it_is_right)
{
	start(policies[_i % POLICIES]);
	right(&b, _i / POLICIES);
	ck_assert_str_eq(rig_story(), "0 accepted; 0 moved; ");
	at(&b);
	ck_assert_uint_eq(n->state, IPOIB_NEIGHBOUR_REACHABLE);
	ck_assert_uint_eq(n->flux_until, 10 * S); /* a move as any other */
	ck_assert(n->flux_moved);
	finish();
}
END_TEST

/* The verdict of PIN has been told by then; the others' claims wait. */
START_TEST(the_first_port_stays_when_it_is_right)
{
	uint8_t policy = policies[_i % POLICIES];
	uint64_t hold;

	start(policy);
	hold = n->flux_until;
	right(&a, _i / POLICIES);
	ck_assert_str_eq(rig_story(), policy == IPOIB_FLUX_PIN ? "" : "0 refused; ");
	at(&a);
	ck_assert_uint_eq(n->flux_until, hold);
	ck_assert_uint_eq(n->moves, 0);
	ck_assert_uint_eq(n->refused, 1);
	finish();
}
END_TEST

/* The known port has answered that it lives, which both do. */
START_TEST(a_refusal_is_not_the_last_word)
{
	start(IPOIB_FLUX_CONFIRM);
	rig_answer(n, &a);
	ck_assert_str_eq(rig_story(), "0 refused; ");
	right(&b, true);
	ck_assert_str_eq(rig_story(), "0 accepted; 0 moved; ");
	at(&b);
	ck_assert_uint_eq(n->fluxes, 2);
	ck_assert_uint_eq(n->claim, IPOIB_CLAIM_DATA);
	ck_assert_uint_eq(n->history->last[0].count, 2);
	ck_assert_uint_eq(n->history->last[0].verdict, IPOIB_FLUX_ACCEPTED);
	finish();
}
END_TEST

START_TEST(an_own_word_beats_what_was_inferred_and_nothing_beats_it)
{
	start(policies[_i]);
	right(&b, false);
	at(&b);
	right(&a, false);
	at(&b);
	right(&a, true);
	at(&a);
	right(&b, true);
	right(&b, false);
	at(&a);
	ck_assert_uint_eq(n->moves, 2);
	ck_assert_str_eq(rig_story(), "0 accepted; 0 moved; 0 accepted; 0 moved; ");
	finish();
}
END_TEST

/* It answers the question that was under way when it was decided, and lives: as is known. */
START_TEST(what_the_other_port_still_answers_is_refused_without_a_question)
{
	start(policies[_i % POLICIES]);
	rig.trials = true;
	right(&b, _i / POLICIES);
	rig_story();
	rig_answer(n, &a);
	rig_answer(n, &a);
	ck_assert_str_eq(rig_story(), "0 refused; 0 refused; ");
	rig_run_until(600 * MS);
	ck_assert_str_eq(rig_story(), "");
	ck_assert_uint_eq(n->state, IPOIB_NEIGHBOUR_REACHABLE);
	at(&b);
	finish();
}
END_TEST

/* The SA knows no path to the known port any more: it has moved by proof, and that is right. */
START_TEST(a_rival_that_it_has_moved_to_is_right)
{
	start(IPOIB_FLUX_CONFIRM);
	rig_step(n, IPOIB__NEIGHBOUR_NO_PATH, NULL);
	at(&b);
	rig_story();
	rig.trials = true;
	right(&b, _i);
	ck_assert_str_eq(rig_story(), "");
	right(&a, true);
	at(&b);
	ck_assert_uint_eq(n->moves, 1);
	finish();
}
END_TEST

START_TEST(a_third_port_is_not_one_of_the_two)
{
	start(policies[_i]);
	right(&c, true);
	at(&a);
	rig_step(n, IPOIB__NEIGHBOUR_HEARD, &c); /* nor does it become one */
	right(&c, true);
	at(&a);
	right(&b, true);
	at(&b);
	finish();
}
END_TEST

/* An attacker has half a second, and that only where it answers what was asked. */
START_TEST(what_comes_later_or_unasked_is_no_contest)
{
	n = rig_start_at(&a, policies[_i % POLICIES]);
	if (_i / POLICIES) {
		rig_run_until(500 * MS);
		rig_answer(n, &b);
	} else {
		rig_step(n, IPOIB__NEIGHBOUR_HEARD, &b);
	}
	rig_answer(n, &a);
	right(&b, true);
	at(&a);
	finish();
}
END_TEST

START_TEST(the_time_to_decide_is_over)
{
	start(policies[_i]);
	rig_answer(n, &a);
	rig_run_until(501 * MS);
	right(&b, true);
	at(&a);
	finish();
}
END_TEST

/* It asked us first, and nothing was asked of it. */
START_TEST(one_that_was_not_asked_is_not_contested)
{
	struct ipoib__neighbour_parameters parameters = rig_parameters(10);

	parameters.flux = IPOIB_FLUX_CONFIRM;
	rig_start_with(&parameters);
	n = rig_make(1, false);
	rig_step(n, IPOIB__NEIGHBOUR_HEARD, &a);
	rig_answer(n, &b);
	rig_answer(n, &a);
	right(&b, true);
	at(&a);
	finish();
}
END_TEST

START_TEST(under_accept_the_last_one_wins)
{
	start(IPOIB_FLUX_ACCEPT);
	at(&b);
	right(&a, true);
	at(&b);
	finish();
}
END_TEST

START_TEST(what_is_entered_by_hand_is_not_contested)
{
	const struct ipoib__neighbour_event fix = { .type = IPOIB__NEIGHBOUR_FIX, .address = &a };

	start(IPOIB_FLUX_CONFIRM);
	rig_happen(n, &fix);
	right(&b, true);
	at(&a);
	finish();
}
END_TEST

START_TEST(it_is_judged_again_while_there_is_time)
{
	start(IPOIB_FLUX_CONFIRM);
	rig_answer(n, &a);
	rig_story();
	rig.trials = true;
	rig_run_until(10 * S);
	ck_assert_str_eq(rig_story(), "0 +100 judge; 0 +200 judge; 0 +300 judge; 0 +400 judge; ");
	finish();
}
END_TEST

START_TEST(it_is_not_judged_again_when_it_is_decided)
{
	start(IPOIB_FLUX_CONFIRM);
	rig_answer(n, &a);
	rig_story();
	rig.trials = true;
	rig_run_until(250 * MS);
	right(&a, false);
	rig_run_until(10 * S);
	ck_assert_str_eq(rig_story(), "0 +100 judge; 0 +200 judge; ");
	finish();
}
END_TEST

Suite *suite_first(void)
{
	Suite *suite = suite_create("first");
	TCase *tcase = tcase_create("first");

	tcase_add_checked_fixture(tcase, setup, support_teardown);
	tcase_add_loop_test(tcase, the_second_port_is_moved_to_when_it_is_right, 0, 2 * POLICIES);
	tcase_add_loop_test(tcase, the_first_port_stays_when_it_is_right, 0, 2 * POLICIES);
	tcase_add_test(tcase, a_refusal_is_not_the_last_word);
	tcase_add_loop_test(tcase, an_own_word_beats_what_was_inferred_and_nothing_beats_it, 0,
			    POLICIES);
	tcase_add_loop_test(tcase, what_the_other_port_still_answers_is_refused_without_a_question,
			    0, 2 * POLICIES);
	tcase_add_loop_test(tcase, a_rival_that_it_has_moved_to_is_right, 0, 2);
	tcase_add_loop_test(tcase, a_third_port_is_not_one_of_the_two, 0, POLICIES);
	tcase_add_loop_test(tcase, what_comes_later_or_unasked_is_no_contest, 0, 2 * POLICIES);
	tcase_add_loop_test(tcase, the_time_to_decide_is_over, 0, POLICIES);
	tcase_add_test(tcase, one_that_was_not_asked_is_not_contested);
	tcase_add_test(tcase, under_accept_the_last_one_wins);
	tcase_add_test(tcase, what_is_entered_by_hand_is_not_contested);
	tcase_add_test(tcase, it_is_judged_again_while_there_is_time);
	tcase_add_test(tcase, it_is_not_judged_again_when_it_is_decided);
	suite_add_tcase(suite, tcase);
	return suite;
}
