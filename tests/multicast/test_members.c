/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Who is a member of a group, who only sends, and what becomes of a group that nobody needs. */
#include <errno.h>

#include "multicast/multicast_rig.h"
#include "support/support.h"

START_TEST(who_only_sends_joins_so_and_leaves_60_s_after_the_last_packet)
{
	rig_start_up();
	rig_send(1);
	ck_assert_uint_eq(rig.joined[1].join_state, SENDER);
	rig_answer(1, 0xc001);
	rig_run_until(59 * S);
	rig_send(1);
	rig_run_until(118 * S);
	ck_assert_uint_eq(rig.n_left, 0); /* it was used */
	rig_run_until(120 * S);
	ck_assert_uint_eq(rig.n_left, 1);
	ck_assert_uint_eq(rig.left[0].number, 1);
	ck_assert_uint_eq(rig.left[0].join_state, SENDER);
	ck_assert_uint_eq(rig.left[0].when / S, 119);
	ck_assert_ptr_null(rig_find(1));
	rig_send(1); /* and begins again */
	ck_assert_uint_eq(rig.n_joined, 3);
	rig_fini();
}
END_TEST

START_TEST(the_broadcast_group_and_members_stay_however_little_they_send)
{
	rig_start_up();
	rig_enter(1);
	rig_answer(1, 0xc001);
	rig_run_until(100000 * S);
	ck_assert(rig_find(0)->usable && rig_find(1)->usable);
	ck_assert_uint_eq(rig.n_left, 0);
	rig_fini();
	ck_assert_uint_eq(rig.n_left, 2);
}
END_TEST

START_TEST(a_sender_that_is_never_let_in_gives_up_60_s_after_the_last_packet)
{
	rig_start_up();
	rig_send(1);
	while (rig_find(1)) {
		ck_assert_uint_lt(support_now, 90 * S);
		if (rig_find(1)->asked)
			rig_fail(1);
		rig_run_until(support_now + 100 * MS);
	}
	ck_assert_uint_ge(support_now, 60 * S);
	ck_assert_uint_eq(rig.n_left, 0); /* there was no membership to leave */
	rig_check_set();
	rig_fini();
}
END_TEST

START_TEST(a_new_group_is_given_its_60_s_from_when_it_is_made)
{
	rig_start_up();
	rig_run_until(1000 * S);
	ipoib__groups_settle(&rig.set, rig_get(1), support_now); /* no packet yet */
	rig_fail(1);
	rig_run_until(1002 * S);
	ck_assert(rig_find(1)->asked);
	rig_fini();
}
END_TEST

START_TEST(a_member_that_comes_to_a_joined_sender_joins_it_in_full)
{
	rig_start_up();
	rig_send(1);
	rig_answer(1, 0xc001);
	rig_enter(1);
	ck_assert_uint_eq(rig.n_joined, 3);
	ck_assert_uint_eq(rig.joined[2].join_state, FULL);
	ck_assert(rig_find(1)->usable); /* meanwhile it sends on */
	rig_enter(1);
	ck_assert_uint_eq(rig.n_joined, 3);
	rig_answer(1, 0xc001);
	ck_assert_uint_eq(rig_find(1)->joined_as, SENDER | FULL);
	rig_run_until(1000 * S);
	ck_assert_ptr_nonnull(rig_find(1));
	rig_leave(1);
	ck_assert_ptr_nonnull(rig_find(1));
	rig_leave(1);
	ck_assert_ptr_null(rig_find(1));
	ck_assert_uint_eq(rig.left[0].join_state, SENDER | FULL);
	rig_fini();
}
END_TEST

START_TEST(a_member_that_comes_while_a_sender_is_asked_for_joins_it_in_full_afterwards)
{
	rig_start_up();
	rig_send(1);
	rig_enter(1);
	rig_check_set();
	ck_assert_uint_eq(rig.n_joined, 2); /* one question at a time */
	rig_answer(1, 0xc001);
	ck_assert_uint_eq(rig.n_joined, 3);
	ck_assert_uint_eq(rig.joined[2].join_state, FULL);
	ck_assert_uint_eq(rig.usable, 2); /* it may send already */
	rig_check_set();
	rig_answer(1, 0xc001);
	ck_assert_uint_eq(rig_find(1)->state, IPOIB_MULTICAST_JOINED);
	ck_assert_uint_eq(rig_find(1)->deadline, IPOIB_NEVER);
	rig_fini();
	ck_assert_uint_eq(rig.n_left, 2);
}
END_TEST

START_TEST(the_last_member_leaves_and_takes_the_group_along)
{
	rig_start_up();
	rig_enter(1);
	rig_enter(1);
	rig_answer(1, 0xc001);
	rig_leave(1);
	ck_assert_uint_eq(rig.n_left, 0);
	rig_leave(1);
	ck_assert_uint_eq(rig.n_left, 1);
	ck_assert_uint_eq(rig.left[0].join_state, FULL);
	ck_assert_uint_eq(rig.ended, 1);
	ck_assert_ptr_null(rig_find(1));
	rig_check_set();
	rig_fini();
}
END_TEST

/* What was asked and not answered may have been heard all the same. */
START_TEST(a_member_that_leaves_before_the_answer_takes_it_back_and_leaves)
{
	uint64_t question;

	rig_start_up();
	for (unsigned i = 1; i <= 17; i++)
		rig_enter(i);
	question = rig_find(1)->question;
	ck_assert(!rig_find(17)->asked);
	rig_leave(1);
	ck_assert_uint_eq(rig.n_cancelled, 1);
	ck_assert_uint_eq(rig.n_left, 1);
	ck_assert_uint_eq(rig.left[0].join_state, FULL);
	ck_assert_ptr_null(ipoib__groups_by_question(&rig.set, question));
	ck_assert(rig_find(17)->asked); /* the place in the window is not lost */
	rig_check_set();
	rig_fini();
}
END_TEST

START_TEST(the_broadcast_group_stays_when_its_members_leave)
{
	rig_start_up();
	rig_enter(0);
	rig_leave(0);
	ck_assert_uint_eq(rig.n_left, 0);
	ck_assert(rig_find(0)->usable);
	ck_assert_uint_eq(rig.n_joined, 1);
	rig_fini();
}
END_TEST

/* Or 1024 groups that came and went while the port was down would leave no room for one more. */
START_TEST(a_group_goes_with_its_last_member_whatever_its_state)
{
	rig_start();
	rig_get(0);
	rig_enter(1);
	rig_leave(1); /* the port is down */
	ck_assert_ptr_null(rig_find(1));
	rig_up();
	rig_enter(2);
	rig_leave(2); /* the broadcast group is not joined */
	ck_assert_ptr_null(rig_find(2));
	rig_answer(0, 0xc000);
	rig_enter(3);
	rig_fail(3);
	rig_leave(3); /* it is in the back-off */
	ck_assert_ptr_null(rig_find(3));
	for (unsigned i = 10; i < 30; i++)
		rig_enter(i);
	rig_leave(29); /* it waits for its turn */
	ck_assert_ptr_null(rig_find(29));
	ck_assert_uint_eq(rig.n_left, 0); /* none of them was in the SA's hands */
	rig_check_set();
	rig_fini();
}
END_TEST

START_TEST(there_are_1024_groups_at_most)
{
	struct ipoib_gid mgid = rig_mgid(1024);
	struct ipoib__group *group;

	rig_start_up();
	for (unsigned i = 1; i < 1024; i++)
		rig_enter(i);
	ck_assert_int_eq(ipoib__groups_get(&rig.set, &mgid, support_now, &group), -ENOSPC);
	ck_assert_ptr_eq(rig_get(1023), rig_find(1023)); /* what is there is had */
	rig_leave(512);
	rig_enter(1024);
	ck_assert_uint_eq(rig.set.count, 1024);
	rig_check_set();
	rig_fini();
	ck_assert_uint_eq(rig.set.count, 0);
}
END_TEST

START_TEST(a_walk_sees_each_group_once)
{
	bool seen[300] = { false };
	struct ipoib__group *group;
	uint64_t cursor = 0;
	unsigned count = 0;

	rig_start();
	for (unsigned i = 0; i < 300; i++) /* several in a chain */
		rig_get(i);
	while ((group = ipoib__groups_next(&rig.set, &cursor)) != NULL) {
		unsigned number = (unsigned)group->mgid.raw[14] << 8 | group->mgid.raw[15];

		ck_assert(!seen[number]);
		seen[number] = true;
		count++;
	}
	ck_assert_uint_eq(count, 300);
	rig_fini();
}
END_TEST

START_TEST(each_membership_is_left_at_the_end)
{
	rig_start_up();
	for (unsigned i = 1; i <= 40; i++)
		rig_enter(i);
	for (unsigned i = 1; i <= 5; i++)
		rig_answer(i, (uint16_t)(0xc000 + i));
	rig_fail(6);
	rig_fini();
	ck_assert_uint_eq(rig.n_cancelled, 16);
	ck_assert_uint_eq(rig.n_left, 6 + 16);
	ck_assert_uint_eq(rig.ended, 41);
	ck_assert_uint_eq(ipoib__wheel_deadline(&rig.wheel), IPOIB_NEVER);
}
END_TEST

/* Makes groups while the n-th allocation fails; returns how many could not be made. */
static unsigned fill_failing(long nth, bool for_ever)
{
	unsigned failed = 0;

	rig_start();
	support_fail_after(nth, for_ever);
	for (unsigned i = 0; i < 20; i++) {
		struct ipoib_gid mgid = rig_mgid(i);
		struct ipoib__group *group;
		int status = ipoib__groups_get(&rig.set, &mgid, support_now, &group);

		ck_assert(status == 0 || status == -ENOMEM);
		ck_assert((rig_find(i) != NULL) == (status == 0));
		rig.there[i] = status == 0;
		failed += status != 0;
	}
	support_fail_after(0, false);
	ck_assert_uint_eq(rig.set.count, 20 - failed);
	for (unsigned i = 0; i < 20; i++)
		rig_get(i); /* and recovers */
	rig_up();
	rig_check_set();
	rig_fini();
	ck_assert_uint_eq(support_blocks(), 0);
	return failed;
}

START_TEST(each_allocation_may_fail_once_or_for_ever)
{
	for (long nth = 1; nth <= 21; nth++) {
		ck_assert_uint_eq(fill_failing(nth, false), nth <= 20);
		ck_assert_uint_eq(fill_failing(nth, true), 21 - nth);
	}
}
END_TEST

Suite *suite_members(void)
{
	Suite *suite = suite_create("members");
	TCase *tcase = tcase_create("members");

	tcase_add_checked_fixture(tcase, support_setup, support_teardown);
	tcase_set_timeout(tcase, 60); /* for valgrind */
	tcase_add_test(tcase, who_only_sends_joins_so_and_leaves_60_s_after_the_last_packet);
	tcase_add_test(tcase, the_broadcast_group_and_members_stay_however_little_they_send);
	tcase_add_test(tcase, a_sender_that_is_never_let_in_gives_up_60_s_after_the_last_packet);
	tcase_add_test(tcase, a_new_group_is_given_its_60_s_from_when_it_is_made);
	tcase_add_test(tcase, a_member_that_comes_to_a_joined_sender_joins_it_in_full);
	tcase_add_test(
		tcase, a_member_that_comes_while_a_sender_is_asked_for_joins_it_in_full_afterwards);
	tcase_add_test(tcase, the_last_member_leaves_and_takes_the_group_along);
	tcase_add_test(tcase, a_member_that_leaves_before_the_answer_takes_it_back_and_leaves);
	tcase_add_test(tcase, the_broadcast_group_stays_when_its_members_leave);
	tcase_add_test(tcase, a_group_goes_with_its_last_member_whatever_its_state);
	tcase_add_test(tcase, there_are_1024_groups_at_most);
	tcase_add_test(tcase, a_walk_sees_each_group_once);
	tcase_add_test(tcase, each_membership_is_left_at_the_end);
	tcase_add_test(tcase, each_allocation_may_fail_once_or_for_ever);
	suite_add_tcase(suite, tcase);
	return suite;
}
