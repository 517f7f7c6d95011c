/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Which paths the cache keeps, for how long, and when it begins to doubt them. */
#include <errno.h>

#include "path/path_rig.h"
#include "support/support.h"

START_TEST(a_path_in_use_is_asked_for_again_when_it_is_old_and_stays_in_use)
{
	struct ipoib__path *path;

	rig_start(10);
	path = rig_valid(1);
	ck_assert_uint_ge(path->deadline, 450 * S);
	ck_assert_uint_le(path->deadline, 750 * S);
	rig_run_until(path->deadline - 2 * MS);
	rig_need(1);
	ck_assert_uint_eq(rig.n_asked, 1);
	rig_run_until(751 * S);
	ck_assert(ipoib__paths_doubted(&rig.cache, path));
	ck_assert_uint_eq(rig.n_asked, 1); /* old, but nobody has needed it */

	rig_need(1);
	ck_assert_uint_eq(rig.n_asked, 2);
	ck_assert(ipoib__path_usable(path));
	ck_assert_uint_eq(path->record.dlid, 7);
	rig_answer(1, 8);
	ck_assert_uint_eq(path->record.dlid, 8);
	ck_assert(!ipoib__paths_doubted(&rig.cache, path));
	ck_assert_uint_ge(path->deadline, (751 + 450) * S);
	ipoib__paths_fini(&rig.cache);
}
END_TEST

/* The paths of a LID as the cache lists them: their numbers, summed up, and how many. */
static unsigned of_lid(uint16_t lid, unsigned *count)
{
	unsigned look = IPOIB__PATH_LID_LOOK, sum = 0;
	struct ipoib__path *path = NULL;

	*count = 0;
	while ((path = ipoib__paths_by_lid(&rig.cache, lid, path, &look)) != NULL) {
		rig_check(path->record.dlid == lid && ipoib__path_usable(path));
		sum += path->dgid.raw[15];
		(*count)++;
	}
	return sum;
}

START_TEST(a_path_is_found_by_the_lid_of_its_record)
{
	unsigned count;

	rig_start(10);
	for (unsigned i = 1; i <= 5; i++) {
		rig_get(i, true);
		rig_need(i);
		rig_answer(i, i <= 2 ? 7 : (uint16_t)(7 + IPOIB__PATH_LIDS));
	}
	ck_assert_uint_eq(of_lid(7, &count), 1 + 2);
	ck_assert_uint_eq(count, 2);
	ck_assert_uint_eq(of_lid(7 + IPOIB__PATH_LIDS, &count), 3 + 4 + 5);
	ck_assert_uint_eq(of_lid(8, &count), 0);
	ipoib__paths_doubt_all(&rig.cache);
	rig_need(2);
	ck_assert_uint_eq(of_lid(7, &count), 1 + 2); /* in use still */
	rig_answer(2, 8);
	rig_need(1);
	rig_fail(1, -ENOENT);
	ck_assert_uint_eq(of_lid(7, &count), 0);
	ck_assert_uint_eq(of_lid(8, &count), 2);
	ipoib__paths_flush(&rig.cache, support_now);
	ck_assert_uint_eq(of_lid(8, &count), 0);
	ck_assert_uint_eq(of_lid(7 + IPOIB__PATH_LIDS, &count), 0);
	ipoib__paths_fini(&rig.cache);
}
END_TEST

START_TEST(so_many_paths_are_looked_at_for_a_lid_and_no_more)
{
	unsigned look = 3;

	rig_start(10);
	for (unsigned i = 1; i <= 5; i++)
		rig_valid(i);
	ck_assert_ptr_null(ipoib__paths_by_lid(&rig.cache, 7 + IPOIB__PATH_LIDS, NULL, &look));
	ck_assert_uint_eq(look, 0);
	ck_assert_ptr_null(ipoib__paths_by_lid(&rig.cache, 7, NULL, &look));
	ipoib__paths_fini(&rig.cache);
}
END_TEST

START_TEST(a_path_that_grew_old_unused_is_doubted_when_it_is_used_again)
{
	struct ipoib__path *path;

	rig_start(10);
	path = rig_valid(1);
	rig_run_until(path->deadline - 30 * S);
	ipoib__paths_release(&rig.cache, path, support_now);
	rig_run_until(path->deadline + 10 * S);
	ck_assert_ptr_eq(rig_find(1), path);
	ipoib__paths_hold(&rig.cache, path);
	rig_run_until(support_now + 1 * S);
	ck_assert(ipoib__paths_doubted(&rig.cache, path));
	ck_assert_ptr_eq(rig_find(1), path);
	ipoib__paths_fini(&rig.cache);
}
END_TEST

START_TEST(doubting_all_asks_nothing_until_a_path_is_needed)
{
	rig_start(200);
	for (unsigned i = 0; i < 100; i++)
		rig_valid(i);
	ipoib__paths_doubt_all(&rig.cache);
	rig_run_until(10 * S);
	ck_assert_uint_eq(rig.n_asked, 100);
	for (unsigned i = 0; i < 100; i++)
		ck_assert(ipoib__paths_doubted(&rig.cache, rig_find(i)));

	rig_need(42);
	ck_assert_uint_eq(rig.n_asked, 101);
	ck_assert_uint_eq(rig_find(42)->state, IPOIB_PATH_REFRESH);
	rig_answer(42, 9);
	ck_assert(!ipoib__paths_doubted(&rig.cache, rig_find(42)));
	ck_assert(ipoib__paths_doubted(&rig.cache, rig_find(43)));
	rig_need(42);
	ck_assert_uint_eq(rig.n_asked, 101);
	rig_check_cache();
	ipoib__paths_fini(&rig.cache);
}
END_TEST

/* The administrator may have found the answer before the LIDs changed. */
START_TEST(an_answer_to_a_question_from_before_the_doubt_is_doubted)
{
	rig_start(10);
	rig_get(1, true);
	rig_need(1);
	ipoib__paths_doubt_all(&rig.cache);
	rig_answer(1, 7);
	ck_assert(ipoib__path_usable(rig_find(1)));
	ck_assert(ipoib__paths_doubted(&rig.cache, rig_find(1)));
	rig_need(1);
	ck_assert_uint_eq(rig.n_asked, 2);
	rig_answer(1, 8);
	ck_assert(!ipoib__paths_doubted(&rig.cache, rig_find(1)));
	ipoib__paths_fini(&rig.cache);
}
END_TEST

START_TEST(when_the_port_goes_down_questions_and_records_are_forgotten)
{
	uint64_t question;

	rig_start(200);
	rig_valid(1);
	rig_get(2, true);
	rig_need(2);
	rig_fail(2, -ENOENT);
	rig_get(3, false); /* an unused one, asked for */
	rig_need(3);
	for (unsigned i = 10; i < 60; i++) {
		rig_get(i, true);
		rig_need(i);
	}
	question = rig_find(10)->question;
	ipoib__paths_flush(&rig.cache, support_now);
	rig_check_cache();
	ck_assert_uint_eq(rig.n_cancelled, 32);
	ck_assert_uint_eq(rig.cache.outstanding, 0);
	ck_assert_uint_eq(rig.flushed, 53);
	ck_assert_ptr_null(ipoib__paths_by_question(&rig.cache, question));
	for (unsigned i = 10; i < 60; i++)
		ck_assert_uint_eq(rig_find(i)->state, IPOIB__PATH_NEW);
	ck_assert(!ipoib__path_usable(rig_find(1)));

	unsigned before = rig.n_asked;
	rig_need(1);
	rig_need(2); /* the hold time was for another fabric, perhaps */
	ck_assert_uint_eq(rig.n_asked, before + 2);
	ipoib__paths_flush(&rig.cache, support_now);
	ck_assert_uint_eq(rig.n_cancelled, 34);
	rig_run_until(61 * S);
	ck_assert_ptr_null(rig_find(3));
	ck_assert_ptr_nonnull(rig_find(1));
	ipoib__paths_fini(&rig.cache);
	ck_assert_uint_eq(rig.n_cancelled, 34);
}
END_TEST

START_TEST(a_path_that_nobody_holds_goes_after_60_s)
{
	struct ipoib__path *path;

	rig_start(10);
	rig_get(1, false);
	path = rig_get(2, true);
	ipoib__paths_hold(&rig.cache, path);
	rig_run_until(60 * S - 1);
	ck_assert_uint_eq(rig.ended, 0);
	rig_run_until(61 * S);
	ck_assert_ptr_null(rig_find(1));

	ipoib__paths_release(&rig.cache, path, support_now);
	rig_run_until(1000 * S); /* one user is left */
	ck_assert_ptr_eq(rig_find(2), path);
	ipoib__paths_release(&rig.cache, path, support_now);
	rig_run_until(1059 * S);
	ck_assert_ptr_eq(rig_find(2), path);
	ipoib__paths_hold(&rig.cache, path);
	rig_run_until(1200 * S);
	ck_assert_ptr_eq(rig_find(2), path);
	ipoib__paths_release(&rig.cache, path, support_now);
	rig_run_until(1261 * S);
	ck_assert_ptr_null(rig_find(2));
	ck_assert_uint_eq(rig.ended, 2);
	ipoib__paths_fini(&rig.cache);
}
END_TEST

START_TEST(asking_does_not_keep_an_unused_path)
{
	rig_start(10);
	rig_get(1, false);
	rig_run_until(30 * S);
	rig_need(1);
	rig_answer(1, 7); /* its age would be 600 s */
	rig_run_until(59 * S);
	ck_assert_ptr_nonnull(rig_find(1));
	rig_run_until(61 * S);
	ck_assert_ptr_null(rig_find(1));
	ipoib__paths_fini(&rig.cache);
}
END_TEST

START_TEST(of_a_full_cache_the_longest_idle_gives_way_and_one_in_use_never)
{
	struct ipoib_gid gid = rig_gid(9);

	rig_start(4);
	for (unsigned i = 1; i <= 4; i++)
		rig_get(i, true);
	ck_assert_ptr_null(ipoib__paths_get(&rig.cache, &gid, support_now));
	ck_assert_ptr_eq(rig_get(4, false), rig_find(4)); /* what is there is had */

	rig_need(2);
	ipoib__paths_release(&rig.cache, rig_find(3), support_now);
	ipoib__paths_release(&rig.cache, rig_find(2), support_now);
	ipoib__paths_release(&rig.cache, rig_find(4), support_now);
	ipoib__paths_hold(&rig.cache, rig_find(4));
	ipoib__paths_release(&rig.cache, rig_find(4), support_now);
	rig_get(5, true);
	rig_get(6, true);
	rig_get(7, true);
	ck_assert_uint_eq(rig.ended, 3);
	ck_assert_uint_eq(rig.ended_numbers[0], 3);
	ck_assert_uint_eq(rig.ended_numbers[1], 4);
	ck_assert_uint_eq(rig.ended_numbers[2], 2); /* it was being asked for: the last resort */
	ck_assert_uint_eq(rig.n_cancelled, 1);
	ck_assert_ptr_null(ipoib__paths_get(&rig.cache, &gid, support_now));
	rig_check_cache();
	ipoib__paths_fini(&rig.cache);
	ck_assert_uint_eq(rig.ended, 7);
}
END_TEST

START_TEST(the_end_takes_every_question_back)
{
	rig_start(200);
	for (unsigned i = 0; i < 100; i++) {
		rig_get(i, i % 2);
		rig_need(i);
	}
	ipoib__paths_fini(&rig.cache);
	ck_assert_uint_eq(rig.n_open, 0);
	ck_assert_uint_eq(rig.n_cancelled, 32);
	ck_assert_uint_eq(rig.ended, 100);
	ck_assert_uint_eq(rig.n_asked, 32); /* and none is asked meanwhile */
}
END_TEST

START_TEST(an_answer_about_another_gid_does_not_change_the_key)
{
	struct ipoib_path_record other = rig_record(2, 7);

	rig_start(10);
	rig_get(1, true);
	rig_need(1);
	rig.open[rig_find(1)->question] = false;
	rig.n_open--;
	ipoib__paths_answer(&rig.cache, rig_find(1), &other, 0, support_now);
	ck_assert_ptr_nonnull(rig_find(1)); /* I36 */
	ck_assert_ptr_null(rig_find(2));
	ipoib__paths_fini(&rig.cache);
}
END_TEST

/* Fills a cache while the n-th allocation fails; returns how many paths it could not make. */
static unsigned fill_failing(long nth, bool for_ever)
{
	unsigned failed = 0;

	rig_start(64);
	support_fail_after(nth, for_ever);
	for (unsigned i = 0; i < 64; i++) {
		struct ipoib_gid gid = rig_gid(i);
		struct ipoib__path *path = ipoib__paths_get(&rig.cache, &gid, support_now);

		ck_assert_ptr_eq(rig_find(i), path);
		failed += path == NULL;
	}
	support_fail_after(0, false);
	rig_check_cache();
	for (unsigned i = 0; i < 64; i++)
		rig_valid(i); /* and recovers */
	rig_check_cache();
	ipoib__paths_fini(&rig.cache);
	ck_assert_uint_eq(support_blocks(), 0);
	return failed;
}

START_TEST(each_allocation_may_fail_once_or_for_ever)
{
	unsigned all = 0;

	for (long nth = 1; nth <= 80; nth++) {
		ck_assert_uint_le(fill_failing(nth, false), 1);
		all += fill_failing(nth, true);
	}
	ck_assert_uint_gt(all, 64);
}
END_TEST

Suite *suite_keep(void)
{
	Suite *suite = suite_create("keep");
	TCase *tcase = tcase_create("keep");

	tcase_add_checked_fixture(tcase, support_setup, support_teardown);
	tcase_set_timeout(tcase, 60); /* for valgrind */
	tcase_add_test(tcase, a_path_in_use_is_asked_for_again_when_it_is_old_and_stays_in_use);
	tcase_add_test(tcase, a_path_is_found_by_the_lid_of_its_record);
	tcase_add_test(tcase, so_many_paths_are_looked_at_for_a_lid_and_no_more);
	tcase_add_test(tcase, a_path_that_grew_old_unused_is_doubted_when_it_is_used_again);
	tcase_add_test(tcase, doubting_all_asks_nothing_until_a_path_is_needed);
	tcase_add_test(tcase, an_answer_to_a_question_from_before_the_doubt_is_doubted);
	tcase_add_test(tcase, when_the_port_goes_down_questions_and_records_are_forgotten);
	tcase_add_test(tcase, a_path_that_nobody_holds_goes_after_60_s);
	tcase_add_test(tcase, asking_does_not_keep_an_unused_path);
	tcase_add_test(tcase, of_a_full_cache_the_longest_idle_gives_way_and_one_in_use_never);
	tcase_add_test(tcase, the_end_takes_every_question_back);
	tcase_add_test(tcase, an_answer_about_another_gid_does_not_change_the_key);
	tcase_add_test(tcase, each_allocation_may_fail_once_or_for_ever);
	suite_add_tcase(suite, tcase);
	return suite;
}
