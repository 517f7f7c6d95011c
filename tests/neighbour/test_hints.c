/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Proof from above that packets arrive (RFC 4861 section 7.3.1), and doubts of the fabric. */
#include "neighbour/neighbour_rig.h"
#include "support/support.h"

static struct ipoib_link_address a, b;
static struct ipoib__neighbour *n;

static void start(void)
{
	struct ipoib__neighbour_parameters parameters = rig_parameters(10);

	a = rig_address(0, 0x48, 1);
	b = rig_address(0, 0x48, 2);
	parameters.flux = IPOIB_FLUX_CONFIRM;
	rig_start_with(&parameters);
	n = rig_make(1, true);
}

static void finish(void)
{
	rig_story();
	ipoib__neighbours_fini(&rig.table);
}

static void hint(void)
{
	rig_step(n, IPOIB__NEIGHBOUR_CONFIRM, NULL);
}

START_TEST(while_hints_come_nobody_is_asked)
{
	start();
	rig_answer(n, &a);
	for (unsigned i = 1; i <= 3600; i++) {
		rig_run_until(i * S);
		rig_use(n);
		hint();
		ck_assert_uint_eq(n->state, IPOIB_NEIGHBOUR_REACHABLE);
		ck_assert_uint_eq(n->updated, 0); /* and was in between */
	}
	ck_assert_str_eq(rig_story(), "0 resolved; ");
	rig_run_until(3600 * S + 46 * S); /* and when they end, the last one counts */
	ck_assert_uint_eq(n->state, IPOIB_NEIGHBOUR_STALE);
	ck_assert_uint_ge(n->updated, 3615 * S);
	finish();
}
END_TEST

/* There may be one with every packet. */
START_TEST(a_hint_while_reachable_touches_no_timer)
{
	uint64_t deadline;

	start();
	rig_answer(n, &a);
	deadline = n->deadline;
	rig_run_until(10 * S);
	hint();
	ck_assert_uint_eq(n->confirmed, 10 * S);
	ck_assert_uint_eq(n->deadline, deadline);
	ck_assert(ipoib__timer_armed(&n->timer));
	finish();
}
END_TEST

START_TEST(a_hint_ends_delay_and_probe)
{
	start();
	rig_step(n, IPOIB__NEIGHBOUR_HEARD, &a);
	rig_use(n);
	rig_run_until(2 * S);
	hint();
	ck_assert_uint_eq(n->state, IPOIB_NEIGHBOUR_REACHABLE);
	rig_step(n, IPOIB__NEIGHBOUR_DOUBT, NULL);
	rig_use(n);
	rig_run_until(7 * S + 500 * MS);
	ck_assert_str_eq(rig_story(), "0 resolved; 7 probe; ");
	hint();
	ck_assert_uint_eq(n->state, IPOIB_NEIGHBOUR_REACHABLE);
	ck_assert_uint_eq(n->asks, 0);
	finish();
}
END_TEST

START_TEST(a_hint_about_nobody_is_none)
{
	start();
	hint();
	ck_assert_uint_eq(n->state, IPOIB__NEIGHBOUR_NEW);
	rig_use(n);
	hint();
	ck_assert_uint_eq(n->state, IPOIB_NEIGHBOUR_INCOMPLETE);
	rig_run_until(4 * S);
	hint();
	ck_assert_uint_eq(n->state, IPOIB_NEIGHBOUR_FAILED);
	ck_assert_uint_eq(n->confirmed, IPOIB_NEVER);
	finish();
}
END_TEST

START_TEST(a_hint_answers_the_question_that_a_claim_raised)
{
	start();
	rig_answer(n, &a);
	rig_step(n, IPOIB__NEIGHBOUR_HEARD, &b);
	hint();
	ck_assert_str_eq(rig_story(), "0 resolved; 0 claim; 0 probe; 0 refused; ");
	ck_assert_uint_eq(n->state, IPOIB_NEIGHBOUR_REACHABLE);
	ck_assert_uint_eq(n->flux_until, 10 * S);
	finish();
}
END_TEST

START_TEST(a_doubt_makes_reachable_stale_and_nothing_else)
{
	start();
	rig_answer(n, &a);
	rig_step(n, IPOIB__NEIGHBOUR_DOUBT, NULL);
	ck_assert_uint_eq(n->state, IPOIB_NEIGHBOUR_STALE);
	rig_run_until(100 * S);
	ck_assert_str_eq(rig_story(), "0 resolved; ");
	finish();
}
END_TEST

START_TEST(without_the_override_flag_another_address_is_only_a_doubt)
{
	start();
	rig_answer(n, &a);
	rig_step(n, IPOIB__NEIGHBOUR_WEAK_ANSWER, &b);
	ck_assert_uint_eq(n->state, IPOIB_NEIGHBOUR_STALE);
	ck_assert_mem_eq(&n->link_address, &a, sizeof(a));
	ck_assert_uint_eq(n->fluxes, 0);
	rig_step(n, IPOIB__NEIGHBOUR_WEAK_ANSWER, &a);
	ck_assert_uint_eq(n->state, IPOIB_NEIGHBOUR_REACHABLE);
	ck_assert_str_eq(rig_story(), "0 resolved; ");
	finish();
}
END_TEST

START_TEST(an_answer_without_an_address_confirms)
{
	start();
	rig_step(n, IPOIB__NEIGHBOUR_HEARD, &a);
	rig_step(n, IPOIB__NEIGHBOUR_ANSWER, NULL);
	ck_assert_uint_eq(n->state, IPOIB_NEIGHBOUR_REACHABLE);
	rig_step(n, IPOIB__NEIGHBOUR_HEARD, NULL); /* says nothing */
	ck_assert_str_eq(rig_story(), "0 resolved; ");
	finish();
}
END_TEST

Suite *suite_hints(void)
{
	Suite *suite = suite_create("hints");
	TCase *tcase = tcase_create("hints");

	tcase_add_checked_fixture(tcase, support_setup, support_teardown);
	tcase_add_test(tcase, while_hints_come_nobody_is_asked);
	tcase_add_test(tcase, a_hint_while_reachable_touches_no_timer);
	tcase_add_test(tcase, a_hint_ends_delay_and_probe);
	tcase_add_test(tcase, a_hint_about_nobody_is_none);
	tcase_add_test(tcase, a_hint_answers_the_question_that_a_claim_raised);
	tcase_add_test(tcase, a_doubt_makes_reachable_stale_and_nothing_else);
	tcase_add_test(tcase, without_the_override_flag_another_address_is_only_a_doubt);
	tcase_add_test(tcase, an_answer_without_an_address_confirms);
	suite_add_tcase(suite, tcase);
	return suite;
}
