/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* All paths are forgotten at once, and put in order by turns. */
#include <errno.h>

#include "path/path_rig.h"
#include "support/support.h"

#define MANY 20000

/* One turn of the timers, without moving the clock: how many paths were put in order. */
static unsigned turn(void)
{
	unsigned before = rig.flushed;

	ipoib__wheel_advance(&rig.wheel, support_now, UINT32_MAX);
	return rig.flushed - before;
}

static void make_many(void)
{
	rig_start(MANY);
	for (unsigned i = 0; i < MANY; i++)
		rig_valid(i);
}

START_TEST(what_is_forgotten_is_unknown_at_once_and_put_in_order_by_turns)
{
	unsigned look = MANY, turns = 0, last;

	make_many();
	ipoib__paths_flush(&rig.cache, support_now);
	ck_assert_uint_eq(rig.flushed, IPOIB__PATH_FLUSH_TURN);
	ck_assert_ptr_null(ipoib__paths_by_lid(&rig.cache, 7, NULL, &look));
	ck_assert_ptr_null(rig_find(MANY - 1));
	ck_assert_uint_le(ipoib__wheel_deadline(&rig.wheel), support_now);
	while ((last = turn()) > 0) {
		rig_check(last == IPOIB__PATH_FLUSH_TURN ||
			  rig.flushed == MANY);
		turns++;
	}
	ck_assert_uint_eq(rig.flushed, MANY);
	ck_assert_uint_eq(turns, (MANY - 1) / IPOIB__PATH_FLUSH_TURN);
	rig_check_cache();
	for (unsigned i = 0; i < MANY; i++)
		rig_check(rig_find(i)->state == IPOIB__PATH_NEW);
	ipoib__paths_fini(&rig.cache);
}
END_TEST

/* The first to be needed are the first to be put in order; what they learn then stays. */
START_TEST(a_path_that_is_needed_meanwhile_is_asked_for_and_forgotten_once)
{
	struct ipoib__path *path;
	unsigned asked;

	make_many();
	path = rig_find(MANY / 2);
	asked = rig.n_asked;
	ipoib__paths_flush(&rig.cache, support_now);
	ck_assert(ipoib__paths_stale(&rig.cache, path));
	ipoib__paths_need(&rig.cache, path, true, support_now);
	ck_assert(!ipoib__paths_stale(&rig.cache, path));
	ck_assert_uint_eq(rig.flushed, IPOIB__PATH_FLUSH_TURN + 1);
	ck_assert_uint_eq(rig.n_asked, asked + 1);
	rig_answer(MANY / 2, 9);
	while (turn() > 0)
		continue;
	ck_assert_uint_eq(rig.flushed, MANY);
	ck_assert(ipoib__path_usable(path));
	ck_assert_uint_eq(path->record.dlid, 9);
	rig_check_cache();
	ipoib__paths_fini(&rig.cache);
}
END_TEST

START_TEST(a_stale_path_is_asked_for_no_more_and_held_no_more)
{
	struct ipoib__path *last, *refused;

	rig_start(MANY);
	for (unsigned i = 0; i < MANY; i++) {
		rig_get(i, true);
		if (i == MANY - 2) {
			rig_need(i);
			rig_fail(i, -ENOENT);
		}
	}
	for (unsigned i = 0; i < MANY; i++)
		rig_need(i);
	last = rig_find(MANY - 1);
	refused = rig_find(MANY - 2);
	ck_assert(ipoib__paths_held(refused, support_now));
	ipoib__paths_flush(&rig.cache, support_now);
	ck_assert_uint_eq(rig.n_cancelled, IPOIB__PATH_WINDOW);
	ck_assert(!ipoib__paths_held(refused, support_now));
	/* a line of 20,000 is in nobody's way: the next to be needed is asked for at once */
	ck_assert_uint_eq(ipoib__paths_ask(&rig.cache, MANY, support_now), 0);
	ipoib__paths_need(&rig.cache, last, true, support_now);
	ck_assert(last->asked);
	while (turn() > 0)
		continue;
	ck_assert_uint_eq(rig.cache.outstanding, 1);
	rig_check_cache();
	ipoib__paths_fini(&rig.cache);
}
END_TEST

/* A port that changes many times within one turn must not make that turn long. */
START_TEST(forgetting_again_meanwhile_costs_nothing_at_once)
{
	make_many();
	ipoib__paths_flush(&rig.cache, support_now);
	turn();
	ck_assert_uint_eq(rig.flushed, 2 * IPOIB__PATH_FLUSH_TURN);
	for (unsigned i = 0; i < 1000; i++)
		ipoib__paths_flush(&rig.cache, support_now);
	ck_assert_uint_eq(rig.flushed, 2 * IPOIB__PATH_FLUSH_TURN);
	while (turn() > 0)
		continue;
	ck_assert_uint_eq(rig.flushed, MANY + 2 * IPOIB__PATH_FLUSH_TURN);
	rig_check_cache();
	ipoib__paths_fini(&rig.cache);
}
END_TEST

START_TEST(a_stale_path_may_be_let_go_of_and_may_grow_old)
{
	struct ipoib__path *path;

	make_many();
	path = rig_find(MANY - 1);
	support_now += 2 * IPOIB__PATH_AGE_NS;
	ipoib__paths_flush(&rig.cache, support_now);
	ipoib__paths_release(&rig.cache, path, support_now);
	ck_assert(!ipoib__paths_stale(&rig.cache, path));
	support_now += 2 * MS; /* a tick */
	/* their timers are due as well, and each tells once what the walk would */
	while (rig.cache.flushing)
		ipoib__wheel_advance(&rig.wheel, support_now, 1024);
	ck_assert_uint_eq(rig.flushed, MANY);
	rig_check_cache();
	rig_run_until(support_now + 61 * S);
	ck_assert_uint_eq(rig.ended, 1);
	ipoib__paths_fini(&rig.cache);
}
END_TEST

START_TEST(the_end_may_come_while_paths_are_stale)
{
	make_many();
	ipoib__paths_flush(&rig.cache, support_now);
	ipoib__paths_fini(&rig.cache);
	ck_assert_uint_eq(rig.ended, MANY);
	ck_assert_uint_eq(ipoib__wheel_deadline(&rig.wheel), IPOIB_NEVER);
}
END_TEST

Suite *suite_flush(void)
{
	Suite *suite = suite_create("flush");
	TCase *tcase = tcase_create("flush");

	tcase_add_checked_fixture(tcase, support_setup, support_teardown);
	tcase_set_timeout(tcase, 60); /* for valgrind */
	tcase_add_test(tcase, what_is_forgotten_is_unknown_at_once_and_put_in_order_by_turns);
	tcase_add_test(tcase, a_path_that_is_needed_meanwhile_is_asked_for_and_forgotten_once);
	tcase_add_test(tcase, a_stale_path_is_asked_for_no_more_and_held_no_more);
	tcase_add_test(tcase, forgetting_again_meanwhile_costs_nothing_at_once);
	tcase_add_test(tcase, a_stale_path_may_be_let_go_of_and_may_grow_old);
	tcase_add_test(tcase, the_end_may_come_while_paths_are_stale);
	suite_add_tcase(suite, tcase);
	return suite;
}
