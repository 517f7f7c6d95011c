/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Proof against waiting: a claimant that answers while the known port does not, an SA that knows
 * no path to the known port, a queue pair that is alive after it was said to have restarted. Told
 * with the milliseconds of the questions.
 */
#include <string.h>

#include "neighbour/neighbour_rig.h"
#include "support/support.h"

static struct ipoib_link_address a, b, c, forged, forged_again;
static struct ipoib__neighbour *n;

static void setup(void)
{
	support_setup();
	a = rig_address(0, 0x48, 1);
	b = rig_address(0, 0x48, 2);
	c = rig_address(0, 0x48, 3);
	forged = rig_address(0, 0x49, 1);
	forged_again = rig_address(0, 0x4a, 1);
}

static void start(enum ipoib_flux_policy policy)
{
	n = rig_start_at(&a, policy);
	ipoib__neighbours_touch(&rig.table, n, support_now);
	rig.trials = true;
}

static void heard(const struct ipoib_link_address *address)
{
	rig_step(n, IPOIB__NEIGHBOUR_HEARD, address);
}

/* The word of another port than the one that it speaks of. */
static void heard_from_elsewhere(const struct ipoib_link_address *address)
{
	const struct ipoib__neighbour_event event = { .type = IPOIB__NEIGHBOUR_HEARD,
						      .address = address,
						      .origin = IPOIB__NEIGHBOUR_ORIGIN_OTHER };

	rig_happen(n, &event);
}

static void no_path(void)
{
	rig_step(n, IPOIB__NEIGHBOUR_NO_PATH, NULL);
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

/* From a, which is silent from 2 s on, to b: in 450 ms. */
static void fail_over(void)
{
	start(IPOIB_FLUX_CONFIRM);
	rig_run_until(2 * S);
	heard(&b);
	rig_answer(n, &b);
	rig_run_until(2 * S + 500 * MS);
	ck_assert_str_eq(rig_story(),
			 "2 claim; 2 probe; 2 +0 claimed; 2 claim; "
			 "2 +150 known; 2 +150 path; 2 +300 known; 2 accepted; 2 moved; ");
	at(&b);
	ck_assert_uint_eq(n->updated / (10 * MS), 245);
	ck_assert_uint_eq(n->state, IPOIB_NEIGHBOUR_REACHABLE);
}

/* ---- a claim ---- */

START_TEST(a_claimant_that_answers_is_believed_when_the_known_port_does_not)
{
	fail_over();
	ck_assert_uint_eq(n->moves, 1);
	ck_assert_uint_eq(n->flux_until / (10 * MS), 1245);
	finish();
}
END_TEST

START_TEST(a_known_port_that_answers_the_last_question_keeps_its_place)
{
	start(IPOIB_FLUX_CONFIRM);
	heard(&b);
	rig_answer(n, &b);
	rig_run_until(440 * MS);
	rig_story();
	rig_answer(n, &a);
	ck_assert_str_eq(rig_story(), "0 refused; ");
	rig_run_until(5 * S);
	ck_assert_str_eq(rig_story(), "");
	at(&a);
	finish();
}
END_TEST

/* Nobody answers: nothing is proven, and the old, slow questions decide. */
START_TEST(a_claimant_that_does_not_answer_waits_for_the_slow_questions)
{
	start(IPOIB_FLUX_CONFIRM);
	heard(&b);
	rig_run_until(2 * S + 900 * MS);
	ck_assert_str_eq(rig_story(), "0 claim; 0 probe; 0 +0 claimed; "
				      "0 +150 known; 0 +150 claimed; 0 +150 path; "
				      "0 +300 known; 0 +300 claimed; 1 probe; 2 probe; ");
	at(&a);
	rig_run_until(3 * S + 100 * MS);
	at(&b);
	finish();
}
END_TEST

START_TEST(a_known_port_without_a_path_is_left_at_once)
{
	start(IPOIB_FLUX_CONFIRM);
	no_path(); /* nobody claims anything */
	at(&a);
	rig_run_until(1 * S);
	heard(&b);
	rig_run_until(1 * S + 200 * MS);
	rig_story();
	no_path();
	ck_assert_str_eq(rig_story(), "1 accepted; 1 probe; 1 moved; ");
	at(&b);
	finish();
}
END_TEST

START_TEST(what_the_subnet_administrator_said_before_the_claim_counts_too)
{
	const struct ipoib__neighbour_event event = { .type = IPOIB__NEIGHBOUR_HEARD,
						      .address = &b,
						      .no_path = true };

	start(IPOIB_FLUX_CONFIRM);
	rig_happen(n, &event);
	ck_assert_str_eq(rig_story(), "0 accepted; 0 moved; ");
	finish();
}
END_TEST

START_TEST(a_claimant_that_answers_is_not_put_aside_for_one_that_only_claims)
{
	start(IPOIB_FLUX_CONFIRM);
	heard(&b);
	heard(&c); /* heard last, so that it is asked */
	rig_answer(n, &b);
	for (unsigned i = 0; i < 40; i++) {
		heard(&c);
		rig_run_until(support_now + 10 * MS);
	}
	rig_run_until(500 * MS);
	at(&b);
	ck_assert_uint_eq(n->state, IPOIB_NEIGHBOUR_REACHABLE);
	finish();
}
END_TEST

/* ---- in a hold-down time ---- */

START_TEST(a_port_that_fails_back_is_believed_in_the_hold_down_time)
{
	fail_over();
	rig_run_until(5 * S);
	heard(&a);
	rig_answer(n, &a);
	rig_run_until(5 * S + 590 * MS);
	at(&b);
	rig_run_until(5 * S + 630 * MS);
	at(&a);
	ck_assert_uint_eq(n->state, IPOIB_NEIGHBOUR_REACHABLE);
	ck_assert_uint_ge(n->flux_until, 15 * S + 600 * MS);
	ck_assert_uint_le(n->flux_until, 15 * S + 630 * MS);
	finish();
}
END_TEST

START_TEST(a_port_that_fails_back_is_believed_at_once_when_there_is_no_path_to_the_other)
{
	fail_over();
	rig_run_until(5 * S);
	heard(&a);
	no_path();
	at(&b); /* two ports that never answer could swing by that alone */
	rig_answer(n, &a);
	at(&a);
	finish();
}
END_TEST

/* Right after the trial that moved it: a second later it has its own. */
START_TEST(a_port_that_fails_back_within_a_second_has_its_trial)
{
	fail_over();
	heard(&a);
	ck_assert_str_eq(rig_story(), "2 claim; ");
	rig_run_until(3 * S + 450 * MS);
	ck_assert_str_eq(rig_story(), "");
	rig_run_until(3 * S + 470 * MS);
	ck_assert_str_eq(rig_story(), "3 +450 known; 3 +450 claimed; ");
	rig_answer(n, &a);
	rig_run_until(4 * S + 100 * MS);
	at(&a);
	finish();
}
END_TEST

/* b is alive and answers each of them: one question a second, and nothing moves. */
START_TEST(a_flood_of_claims_after_a_move_is_one_question_a_second)
{
	unsigned questions = 0;

	fail_over();
	for (unsigned i = 0; i < 9000; i++) {
		heard(i % 2 ? &a : &c);
		if (strstr(rig_story(), "known")) {
			questions++;
			rig_answer(n, &b);
			rig_story();
		}
		rig_run_until(support_now + 1 * MS);
	}
	ck_assert_uint_ge(questions, 5);
	ck_assert_uint_le(questions, 9);
	at(&b);
	ck_assert_uint_eq(n->flux_until / (10 * MS), 1245); /* and nothing prolongs it */
	finish();
}
END_TEST

START_TEST(forged_claims_after_a_move_cost_three_questions_a_second)
{
	unsigned known = 0;

	fail_over();
	for (unsigned i = 0; i < 900; i++) { /* b is silent, and so is who claims */
		heard(&c);
		known += strstr(rig_story(), "known") != NULL;
		rig_run_until(support_now + 10 * MS);
		known += strstr(rig_story(), "known") != NULL;
	}
	ck_assert_uint_le(known, 3 * 9);
	at(&b);
	finish();
}
END_TEST

START_TEST(after_a_refusal_the_hold_down_time_has_no_trial)
{
	start(IPOIB_FLUX_CONFIRM);
	heard(&b);
	rig_answer(n, &a);
	rig_run_until(2 * S);
	rig_story();
	heard(&b);
	rig_run_until(9 * S);
	ck_assert_str_eq(rig_story(), "2 claim; ");
	finish();
}
END_TEST

/* ---- a restart ---- */

START_TEST(a_restart_is_believed_and_the_old_queue_pair_asked)
{
	start((enum ipoib_flux_policy)_i);
	heard(&forged);
	ck_assert_str_eq(rig_story(), "0 moved; 0 +0 old; ");
	at(&forged);
	rig_run_until(2 * S);
	ck_assert_str_eq(rig_story(), "0 +150 old; 0 +300 old; ");
	at(&forged); /* nobody has contradicted */
	ck_assert_uint_eq(n->fluxes, 0);
	finish();
}
END_TEST

START_TEST(a_queue_pair_that_is_alive_takes_its_place_back)
{
	start((enum ipoib_flux_policy)_i);
	heard(&forged);
	rig_answer(n, &a);
	ck_assert_str_eq(rig_story(), "0 moved; 0 +0 old; 0 refused; 0 moved; ");
	at(&a);
	ck_assert_uint_eq(n->state, IPOIB_NEIGHBOUR_REACHABLE);
	ck_assert_uint_eq(n->fluxes, 1);
	ck_assert_uint_eq(n->refused, 1);
	ck_assert_mem_eq(&n->history->last[0].held, &a, sizeof(a));
	ck_assert_mem_eq(&n->history->last[0].claimed, &forged, sizeof(a));
	rig_run_until(9 * S);
	ck_assert_str_eq(rig_story(), "");
	finish();
}
END_TEST

START_TEST(its_own_word_is_not_for_the_hold_down_time)
{
	start(IPOIB_FLUX_CONFIRM);
	heard(&forged);
	rig_run_until(200 * MS);
	heard(&a);
	at(&a);
	finish();
}
END_TEST

/* The questions were lost: its next word is a claim, and its answer proof. */
START_TEST(its_own_word_is_heard_later_too)
{
	start(IPOIB_FLUX_CONFIRM);
	heard(&forged);
	rig_run_until(3 * S);
	at(&forged);
	heard(&a);
	rig_answer(n, &a);
	rig_run_until(3 * S + 500 * MS);
	at(&a);
	finish();
}
END_TEST

START_TEST(a_second_restart_within_the_hold_down_time_is_tried)
{
	start(IPOIB_FLUX_CONFIRM);
	heard(&forged);
	rig_run_until(2 * S);
	heard(&forged_again);
	rig_answer(n, &forged_again);
	rig_run_until(2 * S + 440 * MS);
	at(&forged);
	rig_run_until(2 * S + 460 * MS);
	at(&forged_again);
	finish();
}
END_TEST

START_TEST(a_restart_that_another_port_speaks_of_is_asked_about_first)
{
	start(IPOIB_FLUX_CONFIRM);
	heard_from_elsewhere(&forged);
	ck_assert_str_eq(rig_story(), "0 claim; 0 probe; 0 +0 claimed; ");
	at(&a);
	rig_answer(n, &a);
	ck_assert_str_eq(rig_story(), "0 refused; ");
	ck_assert_uint_eq(n->moves, 0);
	finish();
}
END_TEST

Suite *suite_trial(void)
{
	Suite *suite = suite_create("trial");
	TCase *tcase = tcase_create("trial");

	tcase_add_checked_fixture(tcase, setup, support_teardown);
	tcase_set_timeout(tcase, 60); /* for valgrind */
	tcase_add_test(tcase, a_claimant_that_answers_is_believed_when_the_known_port_does_not);
	tcase_add_test(tcase, a_known_port_that_answers_the_last_question_keeps_its_place);
	tcase_add_test(tcase, a_claimant_that_does_not_answer_waits_for_the_slow_questions);
	tcase_add_test(tcase, a_known_port_without_a_path_is_left_at_once);
	tcase_add_test(tcase, what_the_subnet_administrator_said_before_the_claim_counts_too);
	tcase_add_test(tcase, a_claimant_that_answers_is_not_put_aside_for_one_that_only_claims);
	tcase_add_test(tcase, a_port_that_fails_back_is_believed_in_the_hold_down_time);
	tcase_add_test(
		tcase,
		a_port_that_fails_back_is_believed_at_once_when_there_is_no_path_to_the_other);
	tcase_add_test(tcase, a_port_that_fails_back_within_a_second_has_its_trial);
	tcase_add_test(tcase, a_flood_of_claims_after_a_move_is_one_question_a_second);
	tcase_add_test(tcase, forged_claims_after_a_move_cost_three_questions_a_second);
	tcase_add_test(tcase, after_a_refusal_the_hold_down_time_has_no_trial);
	tcase_add_loop_test(tcase, a_restart_is_believed_and_the_old_queue_pair_asked, 0, 4);
	tcase_add_loop_test(tcase, a_queue_pair_that_is_alive_takes_its_place_back, 0, 4);
	tcase_add_test(tcase, its_own_word_is_not_for_the_hold_down_time);
	tcase_add_test(tcase, its_own_word_is_heard_later_too);
	tcase_add_test(tcase, a_second_restart_within_the_hold_down_time_is_tried);
	tcase_add_test(tcase, a_restart_that_another_port_speaks_of_is_asked_about_first);
	suite_add_tcase(suite, tcase);
	return suite;
}
