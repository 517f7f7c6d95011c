/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Which group is joined when: order, window, back-off, the port's ups and downs. */
#include "multicast/multicast_rig.h"
#include "support/support.h"

START_TEST(the_broadcast_group_is_joined_first_and_then_the_others_side_by_side)
{
	rig_start();
	rig_get(0);
	for (unsigned i = 1; i <= 5; i++)
		rig_enter(i);
	rig_check_set();
	ck_assert_uint_eq(rig.n_joined, 0); /* the port is down */
	rig_up();
	rig_check_set();
	ck_assert_uint_eq(rig.n_joined, 1);
	ck_assert_uint_eq(rig.joined[0].number, 0);
	ck_assert_uint_eq(rig.joined[0].join_state, FULL);
	rig_enter(6); /* in vain as yet */
	ck_assert_uint_eq(rig.n_joined, 1);

	rig_answer(0, 0xc000);
	rig_check_set();
	ck_assert_uint_eq(rig.n_joined, 7);
	for (unsigned i = 6; i >= 1; i--) /* in no order of theirs */
		rig_answer(i, (uint16_t)(0xc000 + i));
	ck_assert_uint_eq(rig.usable, 7);
	rig_run_until(1000 * S);
	ck_assert_uint_eq(rig.n_joined, 7);
	ck_assert_uint_eq(rig_find(3)->record.mlid, 0xc003);
	rig_fini();
}
END_TEST

START_TEST(a_broadcast_group_that_fails_is_tried_again_and_nothing_else_is)
{
	rig_start();
	rig_get(0);
	rig_enter(1);
	rig_up();
	for (unsigned i = 1; i <= 4; i++) {
		rig_fail(0);
		ck_assert_uint_eq(rig.n_joined, i);
		rig_check_set();
		rig_run_until(support_now + 16 * S);
		ck_assert_uint_eq(rig.n_joined, i + 1);
		ck_assert_uint_eq(rig.joined[i].number, 0);
	}
	ck_assert_uint_eq(rig_find(1)->state, IPOIB_MULTICAST_IDLE);
	rig_answer(0, 0xc000);
	ck_assert_uint_eq(rig.joined[5].number, 1);
	rig_fini();
}
END_TEST

START_TEST(sixteen_joins_are_out_and_the_others_take_turns)
{
	rig_start_up();
	for (unsigned i = 1; i <= 50; i++) {
		rig_enter(i);
		rig_check_set();
	}
	ck_assert_uint_eq(rig.n_joined, 1 + 16);
	rig_answer(7, 0xc007);
	rig_fail(2);
	ck_assert_uint_eq(rig.n_joined, 1 + 18);
	for (unsigned i = 1; i <= 50; i++)
		if (rig_find(i)->asked)
			rig_answer(i, (uint16_t)(0xc000 + i));
	ck_assert_uint_eq(rig.n_joined, 51);
	for (unsigned i = 1; i <= 50; i++)
		ck_assert_uint_eq(rig.joined[i].number, i);
	rig_check_set();
	rig_fini();
}
END_TEST

/* I15 */
START_TEST(a_group_that_is_never_answered_delays_no_other)
{
	rig_start_up();
	rig_enter(1);
	for (unsigned i = 2; i <= 100; i++) {
		rig_enter(i);
		ck_assert(rig_find(i)->asked);
		rig_answer(i, (uint16_t)(0xc000 + i));
		ck_assert_uint_eq(rig_find(i)->state, IPOIB_MULTICAST_JOINED);
	}
	ck_assert(rig_find(1)->asked);
	rig_fini();
}
END_TEST

/* Lets the join of a group fail that is asked for; returns the wait until it is asked again. */
static uint64_t fail_once(unsigned number)
{
	unsigned before = rig.n_joined;
	uint64_t since = support_now;

	rig_fail(number);
	uint64_t wait = rig_find(number)->deadline - since;
	rig_run_until(since + wait - 2 * MS);
	ck_assert_uint_eq(rig.n_joined, before);
	rig_run_until(since + wait + 2 * MS);
	ck_assert_uint_eq(rig.n_joined, before + 1);
	return wait;
}

START_TEST(a_failed_join_is_tried_half_as_often_each_time_up_to_16_s)
{
	static const uint64_t waits[] = { 1, 2, 4, 8, 16, 16, 16 };

	rig_start_up();
	rig_enter(1);
	for (unsigned i = 0; i < sizeof(waits) / sizeof(waits[0]); i++) {
		uint64_t wait = fail_once(1);

		ck_assert_uint_ge(wait, waits[i] * 750 * MS);
		ck_assert_uint_le(wait, waits[i] * 1250 * MS);
		ck_assert_uint_eq(rig.failed, i + 1);
	}
	rig_answer(1, 0xc001);
	ck_assert_uint_eq(rig_find(1)->failures, 0);
	rig_fini();
}
END_TEST

START_TEST(what_failed_together_is_not_tried_again_together)
{
	uint64_t least = IPOIB_NEVER, most = 0;

	rig_start_up();
	for (unsigned i = 1; i <= 200; i++) {
		rig_enter(i);
		rig_fail(i);
		uint64_t deadline = rig_find(i)->deadline;
		least = deadline < least ? deadline : least;
		most = deadline > most ? deadline : most;
	}
	ck_assert_uint_ge(least, 750 * MS);
	ck_assert_uint_le(most, 1250 * MS);
	ck_assert_uint_gt(most - least, 400 * MS);
	rig_fini();
}
END_TEST

/* Neither packets nor memberships of other users bring a join before its time (I13). */
START_TEST(who_comes_during_the_back_off_does_not_cut_it_short)
{
	rig_start_up();
	rig_enter(1);
	rig_send(2);
	rig_fail(1);
	rig_fail(2);
	for (unsigned i = 0; i < 100; i++) {
		rig_enter(1);
		rig_send(1);
		rig_send(2);
	}
	ck_assert_uint_eq(rig.n_joined, 3);
	rig_check_set();
	rig_run_until(2 * S);
	ck_assert_uint_eq(rig.n_joined, 5);
	rig_fini();
}
END_TEST

START_TEST(a_join_that_cannot_be_sent_is_a_failed_one)
{
	rig_start_up();
	for (unsigned i = 1; i <= 16; i++)
		rig_enter(i);
	rig_enter(17);
	rig_enter(18);
	rig.join_fails = true;
	rig_answer(1, 0xc001);
	ck_assert_uint_eq(rig.n_refused_joins, 2);
	ck_assert_uint_eq(rig.failed, 2);
	ck_assert_uint_eq(rig_find(17)->state, IPOIB_MULTICAST_BACKOFF);
	rig_check_set();
	rig.join_fails = false;
	rig_run_until(2 * S);
	ck_assert(rig_find(17)->asked != rig_find(18)->asked); /* one place in the window is free */
	rig_check_set();
	rig_fini();
}
END_TEST

START_TEST(a_port_that_goes_down_loses_its_memberships_and_joins_anew)
{
	uint64_t question;

	rig_start_up();
	for (unsigned i = 1; i <= 30; i++)
		rig_enter(i);
	for (unsigned i = 1; i <= 10; i++)
		rig_answer(i, (uint16_t)(0xc000 + i));
	rig_fail(11);
	question = rig_find(12)->question;
	ck_assert_uint_eq(rig.n_open, 16);

	rig_down();
	rig_check_set();
	ck_assert_uint_eq(rig.lost, 11);
	ck_assert_uint_eq(rig.n_cancelled, 16);
	ck_assert_uint_eq(rig.n_left, 0); /* there is nobody to tell */
	ck_assert_ptr_null(ipoib__groups_by_question(&rig.set, question));
	unsigned before = rig.n_joined;
	rig_run_until(100 * S);
	rig_send(31);
	rig_send(0);
	rig_again();
	ck_assert_uint_eq(rig.n_joined, before);
	rig_check_set();

	rig_up();
	ck_assert_uint_eq(rig.n_joined, before + 1);
	ck_assert_uint_eq(rig.joined[before].number, 0);
	rig_answer(0, 0xc100);
	rig_up(); /* once more does no harm */
	ck_assert_uint_eq(rig.n_joined, before + 1 + 16);
	rig_check_set();
	for (unsigned i = 1; i <= 30; i++)
		ck_assert_uint_eq(rig_find(i)->state, IPOIB_MULTICAST_JOINING);
	rig_fini();
}
END_TEST

/* I12: a new SM takes no link down. */
START_TEST(all_are_joined_again_the_broadcast_group_at_once_and_the_others_within_200_ms)
{
	uint64_t least = IPOIB_NEVER, most = 0;
	unsigned before;

	rig_start_up();
	for (unsigned i = 1; i <= 100; i++) {
		rig_enter(i);
		rig_answer(i, (uint16_t)(0xc000 + i));
	}
	before = rig.n_joined;
	rig_run_until(10 * S);
	rig_again();
	rig_check_set();
	ck_assert_uint_eq(rig.n_joined, before + 1);
	ck_assert_uint_eq(rig.joined[before].number, 0);
	for (unsigned i = 1; i <= 100; i++) {
		uint64_t deadline = rig_find(i)->deadline;

		ck_assert(rig_find(i)->usable);
		least = deadline < least ? deadline : least;
		most = deadline > most ? deadline : most;
	}
	ck_assert_uint_gt(least, 10 * S);
	ck_assert_uint_le(most, 10 * S + 200 * MS);
	ck_assert_uint_gt(most - least, 150 * MS);

	rig_answer(0, 0xc000);
	for (unsigned ms = 1; ms <= 202; ms++) {
		rig_run_until(10 * S + ms * MS);
		for (unsigned i = 1; i <= 100; i++)
			if (rig_find(i)->asked)
				rig_answer(i, (uint16_t)(0xc000 + i));
	}
	ck_assert_uint_eq(rig.n_joined, before + 101);
	ck_assert_uint_eq(rig.lost, 0);
	ck_assert_uint_eq(rig.usable, 101); /* the records are the same: nothing new to tell */
	rig_check_set();
	rig_fini();
}
END_TEST

START_TEST(a_group_that_was_made_anew_with_another_mlid_is_told)
{
	rig_start_up();
	rig_enter(1);
	rig_answer(1, 0xc001);
	rig_again();
	rig_answer(0, 0xc000);
	rig_run_until(1 * S);
	rig_answer(1, 0xc002);
	ck_assert_uint_eq(rig.usable, 3);
	ck_assert_uint_eq(rig_find(1)->record.mlid, 0xc002);
	rig_fini();
}
END_TEST

START_TEST(who_was_asked_for_is_taken_back_and_asked_for_anew)
{
	uint64_t question;

	rig_start_up();
	for (unsigned i = 1; i <= 20; i++)
		rig_enter(i);
	question = rig_find(1)->question;
	rig_again();
	ck_assert_uint_eq(rig.n_cancelled, 16);
	ck_assert_ptr_null(ipoib__groups_by_question(&rig.set, question));
	ck_assert_uint_eq(rig.n_open, 1); /* the broadcast group */
	rig_check_set();
	rig_again();
	ck_assert_uint_eq(rig.n_cancelled, 17);
	ck_assert_uint_eq(rig.n_open, 1);
	rig_run_until(1 * S);
	ck_assert_uint_eq(rig.n_open, 16);
	rig_check_set();
	rig_fini();
}
END_TEST

START_TEST(a_renewal_that_fails_leaves_the_old_record_in_use)
{
	rig_start_up();
	rig_enter(1);
	rig_answer(1, 0xc001);
	rig_again();
	rig_fail(0);
	rig_run_until(500 * MS);
	rig_fail(1);
	ck_assert_uint_eq(rig.failed, 2);
	ck_assert(rig_find(0)->usable && rig_find(1)->usable);
	rig_check_set();
	rig_run_until(5 * S);
	ck_assert(rig_find(0)->asked && rig_find(1)->asked);
	rig_fini();
	ck_assert_uint_eq(rig.n_left, 2);
}
END_TEST

START_TEST(being_told_again_before_the_broadcast_group_is_joined_asks_for_it_anew)
{
	rig_start();
	rig_get(0);
	rig_enter(1);
	rig_up();
	rig_again();
	ck_assert_uint_eq(rig.n_cancelled, 1);
	ck_assert_uint_eq(rig.n_joined, 2);
	rig_fail(0);
	rig_again(); /* the back-off was for the old SM */
	ck_assert_uint_eq(rig.n_joined, 3);
	ck_assert_uint_eq(rig.joined[2].number, 0);
	rig_check_set();
	rig_fini();
}
END_TEST

Suite *suite_join(void)
{
	Suite *suite = suite_create("join");
	TCase *tcase = tcase_create("join");

	tcase_add_checked_fixture(tcase, support_setup, support_teardown);
	tcase_add_test(tcase, the_broadcast_group_is_joined_first_and_then_the_others_side_by_side);
	tcase_add_test(tcase, a_broadcast_group_that_fails_is_tried_again_and_nothing_else_is);
	tcase_add_test(tcase, sixteen_joins_are_out_and_the_others_take_turns);
	tcase_add_test(tcase, a_group_that_is_never_answered_delays_no_other);
	tcase_add_test(tcase, a_failed_join_is_tried_half_as_often_each_time_up_to_16_s);
	tcase_add_test(tcase, what_failed_together_is_not_tried_again_together);
	tcase_add_test(tcase, who_comes_during_the_back_off_does_not_cut_it_short);
	tcase_add_test(tcase, a_join_that_cannot_be_sent_is_a_failed_one);
	tcase_add_test(tcase, a_port_that_goes_down_loses_its_memberships_and_joins_anew);
	tcase_add_test(
		tcase,
		all_are_joined_again_the_broadcast_group_at_once_and_the_others_within_200_ms);
	tcase_add_test(tcase, a_group_that_was_made_anew_with_another_mlid_is_told);
	tcase_add_test(tcase, who_was_asked_for_is_taken_back_and_asked_for_anew);
	tcase_add_test(tcase, a_renewal_that_fails_leaves_the_old_record_in_use);
	tcase_add_test(tcase,
		       being_told_again_before_the_broadcast_group_is_joined_asks_for_it_anew);
	suite_add_tcase(suite, tcase);
	return suite;
}
