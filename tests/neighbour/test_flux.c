/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Whom a neighbour's table believes: each policy as a story, told by a host with two ports. */
#include <string.h>

#include "neighbour/neighbour_rig.h"
#include "support/support.h"

static struct ipoib_link_address a, b, c, a_restarted, a_again;
static struct ipoib__neighbour *n;

static void setup(void)
{
	support_setup();
	a = rig_address(0, 0x48, 1);
	b = rig_address(0, 0x48, 2);
	c = rig_address(0, 0x48, 3);
	a_restarted = rig_address(0, 0x49, 1);
	a_again = rig_address(0, 0x4a, 1);
}

static void start(enum ipoib_flux_policy policy)
{
	n = rig_start_at(&a, policy);
}

static void heard(const struct ipoib_link_address *address)
{
	rig_step(n, IPOIB__NEIGHBOUR_HEARD, address);
}

static void finish(void)
{
	rig_story();
	ipoib__neighbours_fini(&rig.table);
}

static void at(const struct ipoib_link_address *address)
{
	ck_assert_mem_eq(&n->link_address, address, sizeof(*address));
}

START_TEST(of_two_ports_that_answer_one_question_the_first_wins)
{
	start(IPOIB_FLUX_CONFIRM);
	rig_answer(n, &b);
	ck_assert_str_eq(rig_story(), "0 claim; 0 probe; ");
	ck_assert(ipoib__neighbour_valid(n)); /* traffic stays */
	at(&a);
	rig_answer(n, &a);
	ck_assert_str_eq(rig_story(), "0 refused; ");
	ck_assert_uint_eq(n->state, IPOIB_NEIGHBOUR_REACHABLE);
	ck_assert_uint_eq(n->flux_until, 10 * S);
	ck_assert_uint_eq(n->fluxes, 1);
	ck_assert_uint_eq(n->refused, 1);
	ck_assert_uint_eq(n->moves, 0);
	finish();
}
END_TEST

START_TEST(a_claim_is_believed_when_the_old_port_is_silent)
{
	start(IPOIB_FLUX_CONFIRM);
	rig_run_until(2 * S);
	heard(&b);
	rig_run_until(4 * S + 500 * MS);
	at(&a);
	ck_assert_str_eq(rig_story(), "2 claim; 2 probe; 3 probe; 4 probe; ");
	rig_run_until(60 * S);
	ck_assert_str_eq(rig_story(), "5 accepted; 5 moved; ");
	at(&b);
	ck_assert_mem_eq(&n->old_link_address, &a, sizeof(a));
	ck_assert_uint_eq(n->state, IPOIB_NEIGHBOUR_STALE); /* nobody uses it */
	finish();
}
END_TEST

START_TEST(who_moved_late_and_is_in_use_is_asked_at_once)
{
	start(IPOIB_FLUX_CONFIRM);
	ipoib__neighbours_touch(&rig.table, n, support_now);
	rig_run_until(2 * S);
	heard(&b);
	rig_run_until(5 * S + 500 * MS);
	ck_assert_str_eq(rig_story(), "2 claim; 2 probe; 3 probe; 4 probe; "
				      "5 accepted; 5 probe; 5 moved; ");
	rig_answer(n, &b);
	ck_assert_uint_eq(n->state, IPOIB_NEIGHBOUR_REACHABLE);
	finish();
}
END_TEST

START_TEST(the_claim_heard_last_is_the_one_that_wins)
{
	start(IPOIB_FLUX_CONFIRM);
	heard(&b);
	heard(&c);
	heard(&c);
	rig_run_until(4 * S);
	ck_assert_str_eq(rig_story(), "0 claim; 0 probe; 0 claim; 0 claim; "
				      "1 probe; 2 probe; 3 accepted; 3 moved; ");
	at(&c);
	ck_assert_uint_eq(n->history->count, 2);
	ck_assert_uint_eq(n->history->last[0].verdict, IPOIB_FLUX_REFUSED); /* b's */
	ck_assert_uint_eq(n->history->last[1].verdict, IPOIB_FLUX_ACCEPTED);
	ck_assert_uint_eq(n->history->last[1].count, 2);
	finish();
}
END_TEST

/* I35: what is repeated does not prolong the hold-down, and is looked at when that ends. */
START_TEST(a_refused_claim_that_is_repeated_is_asked_about_once_a_hold_down)
{
	start(IPOIB_FLUX_CONFIRM);
	heard(&b);
	rig_answer(n, &a); /* refused: held down until 10 s */
	for (unsigned i = 0; i < 95; i++) {
		heard(&b);
		heard(&a); /* and nor does what is known */
		ck_assert_uint_eq(n->flux_until, 10 * S);
		rig_run_until(support_now + 100 * MS);
		rig_story();
	}
	ck_assert_uint_eq(n->state, IPOIB_NEIGHBOUR_REACHABLE);
	rig_run_until(10 * S + 500 * MS);
	ck_assert_str_eq(rig_story(), "10 probe; ");
	rig_answer(n, &a);
	ck_assert_str_eq(rig_story(), "10 refused; ");
	ck_assert_uint_eq(n->fluxes, 96);
	ck_assert_uint_eq(n->refused, 2);
	finish();
}
END_TEST

START_TEST(a_refusal_while_held_down_prolongs_nothing)
{
	start(IPOIB_FLUX_CONFIRM);
	heard(&b);
	rig_answer(n, &a);
	rig_run_until(3 * S);
	heard(&b);
	rig_answer(n, &a);
	ck_assert_str_eq(rig_story(), "0 claim; 0 probe; 0 refused; 3 claim; 3 refused; ");
	ck_assert_uint_eq(n->flux_until, 10 * S);
	finish();
}
END_TEST

START_TEST(the_last_unicast_may_still_be_answered)
{
	start(IPOIB_FLUX_CONFIRM);
	rig_step(n, IPOIB__NEIGHBOUR_DOUBT, NULL);
	rig_use(n);
	rig_run_until(7 * S + 500 * MS);
	heard(&b);
	ck_assert_str_eq(rig_story(), "5 probe; 6 probe; 7 probe; 7 claim; ");
	rig_answer(n, &a);
	ck_assert_str_eq(rig_story(), "7 refused; ");
	finish();
}
END_TEST

START_TEST(the_old_port_dies_and_then_comes_the_claim)
{
	start(IPOIB_FLUX_CONFIRM);
	rig_step(n, IPOIB__NEIGHBOUR_DOUBT, NULL);
	rig_use(n);
	rig_run_until(8 * S + 500 * MS); /* three unicasts went unanswered */
	ck_assert_str_eq(rig_story(), "5 probe; 6 probe; 7 probe; 8 ask; ");
	rig_answer(n, &b);
	ck_assert_str_eq(rig_story(), "8 accepted; 8 moved; ");
	ck_assert_uint_eq(n->state, IPOIB_NEIGHBOUR_REACHABLE);
	finish();
}
END_TEST

START_TEST(a_failed_neighbour_comes_back_at_another_port)
{
	start(IPOIB_FLUX_CONFIRM);
	rig_step(n, IPOIB__NEIGHBOUR_DOUBT, NULL);
	rig_use(n);
	rig_run_until(12 * S);
	ck_assert_str_eq(rig_story(), "5 probe; 6 probe; 7 probe; "
				      "8 ask; 9 ask; 10 ask; 11 unreached; ");
	heard(&b);
	ck_assert_str_eq(rig_story(), "12 accepted; 12 resolved; 12 moved; ");
	ck_assert_mem_eq(&n->old_link_address, &a, sizeof(a));
	ck_assert_uint_eq(n->moves, 1);
	finish();
}
END_TEST

/* The hold-down began with a refusal: it does not bind who is found dead by other evidence. */
START_TEST(a_claim_waits_and_then_the_old_port_dies)
{
	start(IPOIB_FLUX_CONFIRM);
	heard(&b);
	rig_answer(n, &a);
	rig_run_until(1 * S);
	heard(&b);
	rig_step(n, IPOIB__NEIGHBOUR_DOUBT, NULL);
	rig_use(n);
	rig_story();
	rig_run_until(9 * S + 500 * MS);
	ck_assert_str_eq(rig_story(), "6 probe; 7 probe; 8 probe; 9 accepted; 9 moved; ");
	ck_assert_uint_ge(n->flux_until, 19 * S); /* the move's own */
	finish();
}
END_TEST

/* Two ports that never answer a unicast, and claim in turns: I14 nevertheless. */
START_TEST(after_a_move_even_a_dead_neighbour_waits)
{
	start(IPOIB_FLUX_CONFIRM);
	ipoib__neighbours_touch(&rig.table, n, support_now);
	heard(&b);
	rig_run_until(4 * S);
	heard(&a);
	rig_story();
	rig_run_until(20 * S);
	ck_assert_str_eq(rig_story(), "4 probe; 5 probe; 6 ask; 7 ask; 8 ask; 9 unreached; "
				      "13 accepted; 13 probe; 13 resolved; 13 moved; "
				      "14 probe; 15 probe; 16 ask; 17 ask; 18 ask; "
				      "19 unreached; ");
	finish();
}
END_TEST

START_TEST(a_peer_that_restarts_is_believed_once_and_then_asked)
{
	start(IPOIB_FLUX_CONFIRM);
	heard(&a_restarted);
	ck_assert_str_eq(rig_story(), "0 moved; ");
	ck_assert_uint_eq(n->fluxes, 0); /* it is no flux */
	rig_run_until(1 * S);
	heard(&a_again);
	ck_assert_str_eq(rig_story(), "1 claim; ");
	at(&a_restarted);
	rig_run_until(15 * S);
	ck_assert_str_eq(rig_story(), "10 probe; 11 probe; 12 probe; 13 accepted; 13 moved; ");
	at(&a_again);
	heard(&a_restarted); /* the move began a hold-down time, and was a restart */
	ck_assert_str_eq(rig_story(), "15 claim; ");
	finish();
}
END_TEST

START_TEST(a_restart_is_no_change_of_port_for_pin_but_another_port_is)
{
	start(IPOIB_FLUX_PIN);
	heard(&b);
	ck_assert_str_eq(rig_story(), "0 refused; ");
	heard(&a_restarted);
	ck_assert_str_eq(rig_story(), "0 moved; ");
	heard(&a_again);
	ck_assert_str_eq(rig_story(), "0 refused; ");
	at(&a_restarted);
	rig_use(n);
	rig_run_until(12 * S);
	ck_assert_uint_eq(n->state, IPOIB_NEIGHBOUR_FAILED);
	rig_story();
	heard(&b); /* not even now */
	ck_assert_str_eq(rig_story(), "12 refused; ");
	ck_assert_uint_eq(n->state, IPOIB_NEIGHBOUR_FAILED);
	heard(&a_again); /* the same port, and dead it was */
	ck_assert_str_eq(rig_story(), "12 resolved; 12 moved; ");
	ck_assert_uint_eq(n->refused, 3);
	finish();
}
END_TEST

START_TEST(hold_down_begins_with_the_first_resolution)
{
	start(IPOIB_FLUX_HOLD);
	rig_run_until(1 * S);
	heard(&b);
	heard(&c);
	heard(&a); /* is no claim */
	ck_assert_str_eq(rig_story(), "1 claim; 1 claim; ");
	rig_run_until(9 * S + 900 * MS);
	at(&a);
	rig_run_until(11 * S);
	ck_assert_str_eq(rig_story(), "10 accepted; 10 moved; ");
	at(&c);
	rig_run_until(25 * S);
	heard(&b); /* none runs: at once */
	ck_assert_str_eq(rig_story(), "25 accepted; 25 moved; ");
	finish();
}
END_TEST

START_TEST(under_hold_a_failed_neighbour_waits_too)
{
	start(IPOIB_FLUX_HOLD);
	rig_run_until(25 * S);
	heard(&b);
	rig_step(n, IPOIB__NEIGHBOUR_DOUBT, NULL);
	rig_use(n);
	rig_run_until(34 * S);
	heard(&a); /* b does not answer, and a waits */
	rig_story();
	rig_run_until(36 * S);
	ck_assert_str_eq(rig_story(), "34 ask; 35 accepted; 35 moved; ");
	at(&a);
	finish();
}
END_TEST

START_TEST(under_hold_a_restart_holds_down_as_a_move_does)
{
	start(IPOIB_FLUX_HOLD);
	rig_run_until(11 * S);
	heard(&a_restarted);
	rig_use(n);
	rig_run_until(19 * S + 900 * MS); /* dead since 19 s */
	rig_story();
	heard(&b);
	ck_assert_str_eq(rig_story(), "19 claim; ");
	rig_run_until(22 * S);
	at(&b);
	finish();
}
END_TEST

START_TEST(what_was_entered_by_hand_moves_for_nobody)
{
	start(IPOIB_FLUX_ACCEPT);
	ck_assert_int_eq(ipoib__neighbours_fix(&rig.table, n, &c, support_now), 0);
	ck_assert_str_eq(rig_story(), "0 moved; ");
	heard(&b);
	rig_answer(n, &b);
	rig_answer(n, &a_restarted);
	ck_assert_str_eq(rig_story(), "0 refused; 0 refused; 0 refused; ");
	rig_use(n);
	rig_step(n, IPOIB__NEIGHBOUR_DOUBT, NULL);
	rig_run_until(3600 * S);
	ck_assert_str_eq(rig_story(), "");
	ck_assert_uint_eq(n->state, IPOIB_NEIGHBOUR_PERMANENT);
	at(&c);
	ck_assert_uint_eq(n->refused, 3);
	finish();
}
END_TEST

START_TEST(to_enter_it_by_hand_decides_a_claim)
{
	start(IPOIB_FLUX_CONFIRM);
	heard(&b);
	ck_assert_int_eq(ipoib__neighbours_fix(&rig.table, n, &a, support_now), 0);
	ck_assert_str_eq(rig_story(), "0 claim; 0 probe; 0 refused; ");
	ck_assert_uint_eq(n->history->last[0].verdict, IPOIB_FLUX_REFUSED);
	finish();
}
END_TEST

Suite *suite_flux(void)
{
	Suite *suite = suite_create("flux");
	TCase *tcase = tcase_create("flux");

	tcase_add_checked_fixture(tcase, setup, support_teardown);
	tcase_set_timeout(tcase, 60); /* for valgrind */
	tcase_add_test(tcase, of_two_ports_that_answer_one_question_the_first_wins);
	tcase_add_test(tcase, a_claim_is_believed_when_the_old_port_is_silent);
	tcase_add_test(tcase, who_moved_late_and_is_in_use_is_asked_at_once);
	tcase_add_test(tcase, the_claim_heard_last_is_the_one_that_wins);
	tcase_add_test(tcase, a_refused_claim_that_is_repeated_is_asked_about_once_a_hold_down);
	tcase_add_test(tcase, a_refusal_while_held_down_prolongs_nothing);
	tcase_add_test(tcase, the_last_unicast_may_still_be_answered);
	tcase_add_test(tcase, the_old_port_dies_and_then_comes_the_claim);
	tcase_add_test(tcase, a_failed_neighbour_comes_back_at_another_port);
	tcase_add_test(tcase, a_claim_waits_and_then_the_old_port_dies);
	tcase_add_test(tcase, after_a_move_even_a_dead_neighbour_waits);
	tcase_add_test(tcase, a_peer_that_restarts_is_believed_once_and_then_asked);
	tcase_add_test(tcase, a_restart_is_no_change_of_port_for_pin_but_another_port_is);
	tcase_add_test(tcase, hold_down_begins_with_the_first_resolution);
	tcase_add_test(tcase, under_hold_a_failed_neighbour_waits_too);
	tcase_add_test(tcase, under_hold_a_restart_holds_down_as_a_move_does);
	tcase_add_test(tcase, what_was_entered_by_hand_moves_for_nobody);
	tcase_add_test(tcase, to_enter_it_by_hand_decides_a_claim);
	suite_add_tcase(suite, tcase);
	return suite;
}
