/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Whose room a group takes, and which one gives way. */
#include <errno.h>

#include "multicast/multicast_rig.h"
#include "support/support.h"

static int lend(unsigned number, enum ipoib__group_part part)
{
	struct ipoib_gid mgid = rig_mgid(number);
	struct ipoib__group *group;
	int status = ipoib__groups_lend(&rig.set, &mgid, part, support_now, &group);

	if (status < 0)
		return status;
	rig.there[number] = true;
	ipoib__groups_use(&rig.set, group, support_now);
	ipoib__groups_settle(&rig.set, group, support_now);
	if (group->asked)
		rig_answer(number, (uint16_t)(0xc000 + number));
	return 0;
}

START_TEST(of_groups_that_are_only_sent_to_the_least_recently_used_gives_way)
{
	rig_start_up();
	for (unsigned i = 1; i <= IPOIB__GROUPS_SENT_MAX; i++)
		ck_assert_int_eq(lend(i, IPOIB__GROUP_SENT), 0);
	ck_assert_int_eq(lend(1000, IPOIB__GROUP_SENT), -ENOSPC); /* all are in use */
	rig_run_until(support_now + 2 * S);
	ck_assert_int_eq(lend(1, IPOIB__GROUP_SENT), 0);
	ck_assert_int_eq(lend(1000, IPOIB__GROUP_SENT), 0);
	ck_assert_ptr_nonnull(rig_find(1));
	ck_assert_ptr_null(rig_find(2));
	ck_assert_uint_eq(rig.n_left, 1);
	rig_check_set();
	rig_fini();
}
END_TEST

/* What has no link to be joined by, or is in the SA's hands, costs a question more. */
START_TEST(a_group_that_is_being_asked_for_does_not_give_way)
{
	struct ipoib_gid mgid;
	struct ipoib__group *group;

	rig_start_up();
	for (unsigned i = 1; i <= IPOIB__GROUPS_SENT_MAX; i++) {
		mgid = rig_mgid(i);
		ck_assert_int_eq(ipoib__groups_lend(&rig.set, &mgid, IPOIB__GROUP_SENT,
						    support_now, &group),
				 0);
		rig.there[i] = true;
		ipoib__groups_settle(&rig.set, group, support_now);
	}
	rig_run_until(support_now + 2 * S);
	mgid = rig_mgid(1000);
	ck_assert_int_eq(ipoib__groups_lend(&rig.set, &mgid, IPOIB__GROUP_SENT, support_now,
					    &group),
			 0);
	rig.there[1000] = true;
	for (unsigned i = 1; i <= IPOIB__GROUPS_WINDOW; i++)
		ck_assert_ptr_nonnull(rig_find(i));
	ck_assert_ptr_null(rig_find(IPOIB__GROUPS_WINDOW + 1));
	ck_assert_uint_eq(rig.n_cancelled, 0);
	rig_fini();
}
END_TEST

START_TEST(each_part_has_room_of_its_own)
{
	unsigned number = 1;

	rig_start_up();
	for (unsigned i = 0; i < IPOIB__GROUPS_SOLICITED_MAX; i++)
		ck_assert_int_eq(lend(number++, IPOIB__GROUP_SOLICITED), 0);
	rig_run_until(support_now + 2 * S);
	ck_assert_int_eq(lend(number, IPOIB__GROUP_SOLICITED), -ENOSPC); /* they push out nothing */
	for (unsigned i = 0; i < IPOIB__GROUPS_SENT_MAX; i++)
		ck_assert_int_eq(lend(number++, IPOIB__GROUP_SENT), 0);
	for (unsigned i = 0; i < 500; i++)
		rig_enter(number++);
	rig_enter(1); /* from one part to another */
	ck_assert_int_eq(lend(number++, IPOIB__GROUP_SOLICITED), 0);
	ck_assert_int_eq(lend(number, IPOIB__GROUP_SOLICITED), -ENOSPC);
	ck_assert_uint_eq(rig.set.counts[IPOIB__GROUP_ASKED], 1 + 500 + 1);
	rig_fini();
}
END_TEST

/* In use or not, asked for or not. */
START_TEST(the_callers_own_groups_take_the_room_of_all_others)
{
	unsigned number = 1;
	struct ipoib_gid mgid = rig_mgid(1099);
	struct ipoib__group *group;

	rig_start_up();
	for (unsigned i = 0; i < 10; i++)
		ck_assert_int_eq(lend(number++, IPOIB__GROUP_SENT), 0);
	for (unsigned i = 0; i < 10; i++)
		ck_assert_int_eq(lend(number++, IPOIB__GROUP_SOLICITED), 0);
	while (number < IPOIB__GROUPS_MAX)
		rig_enter(number++);
	ck_assert_int_eq(lend(1098, IPOIB__GROUP_SENT), -ENOSPC);
	ck_assert_int_eq(lend(1098, IPOIB__GROUP_SOLICITED), -ENOSPC);
	for (unsigned i = 0; i < 20; i++)
		rig_enter(number++);
	ck_assert_uint_eq(rig.set.counts[IPOIB__GROUP_ASKED], IPOIB__GROUPS_MAX);
	ck_assert_int_eq(ipoib__groups_get(&rig.set, &mgid, support_now, &group), -ENOSPC);
	rig_check_set();
	rig_fini();
}
END_TEST

START_TEST(a_group_that_nothing_asked_for_ends_without_a_link_too)
{
	rig_start();
	rig_get(0);
	ck_assert_int_eq(lend(1, IPOIB__GROUP_SENT), 0);
	ck_assert_int_eq(lend(2, IPOIB__GROUP_SENT), 0);
	rig_run_until(support_now + 59 * S);
	ck_assert_int_eq(lend(2, IPOIB__GROUP_SENT), 0);
	rig_check_set();
	rig_run_until(support_now + 2 * S);
	ck_assert_ptr_null(rig_find(1));
	ck_assert_ptr_nonnull(rig_find(2));
	rig_enter(2);
	rig_run_until(support_now + 3600 * S);
	ck_assert_ptr_nonnull(rig_find(2));
	rig_check_set();
	rig_fini();
}
END_TEST

Suite *suite_room(void)
{
	Suite *suite = suite_create("room");
	TCase *tcase = tcase_create("room");

	tcase_add_checked_fixture(tcase, support_setup, support_teardown);
	tcase_set_timeout(tcase, 60); /* for valgrind */
	tcase_add_test(tcase,
		       of_groups_that_are_only_sent_to_the_least_recently_used_gives_way);
	tcase_add_test(tcase, a_group_that_is_being_asked_for_does_not_give_way);
	tcase_add_test(tcase, each_part_has_room_of_its_own);
	tcase_add_test(tcase, the_callers_own_groups_take_the_room_of_all_others);
	tcase_add_test(tcase, a_group_that_nothing_asked_for_ends_without_a_link_too);
	suite_add_tcase(suite, tcase);
	return suite;
}
