/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* When the cache asks the subnet administrator, and above all when it does not. */
#include <errno.h>

#include "path/path_rig.h"
#include "support/support.h"

START_TEST(a_thousand_packets_bring_one_question)
{
	rig_start(10);
	rig_get(1, true);
	for (int i = 0; i < 1000; i++)
		rig_need(1);
	ck_assert_uint_eq(rig.n_asked, 1);
	rig_check_cache();
	rig_answer(1, 17);
	ck_assert_uint_eq(rig.usable, 1);
	ck_assert_uint_eq(rig_find(1)->record.dlid, 17);
	for (int i = 0; i < 1000; i++)
		rig_need(1);
	ck_assert_uint_eq(rig.n_asked, 1);
	ipoib__paths_fini(&rig.cache);
}
END_TEST

START_TEST(thirty_two_questions_are_out_and_the_others_take_turns)
{
	rig_start(200);
	for (unsigned i = 0; i < 100; i++) {
		rig_get(i, true);
		rig_need(i);
		rig_check_cache();
	}
	ck_assert_uint_eq(rig.n_asked, 32);
	rig_need(99); /* asking for it again gains nothing */

	rig_answer(5, 7);
	rig_fail(31, -ENOENT);
	rig_fail(0, -ETIMEDOUT);
	ck_assert_uint_eq(rig.n_asked, 35);
	rig_check_cache();
	for (unsigned i = 0; i < 100; i++)
		if (rig_find(i)->asked)
			rig_answer(i, 7);
	ck_assert_uint_eq(rig.n_asked, 100);
	for (unsigned i = 0; i < 100; i++)
		ck_assert_uint_eq(rig.asked[i], i);
	rig_check_cache();
	ipoib__paths_fini(&rig.cache);
}
END_TEST

START_TEST(each_answer_without_a_record_loses_what_waits)
{
	static const int statuses[] = { -ENOENT, -EACCES, -ETIMEDOUT, -EAGAIN, -EPROTO };

	rig_start(10);
	for (unsigned i = 0; i < 5; i++) {
		rig_get(i, true);
		rig_need(i);
		rig_fail(i, statuses[i]);
		ck_assert_uint_eq(rig.lost, i + 1);
		ck_assert_uint_eq(rig_find(i)->state, IPOIB_PATH_FAILED);
	}
	ipoib__paths_fini(&rig.cache);
}
END_TEST

/* Lets a path fail that is about to be asked for; returns the hold time that follows. */
static uint64_t fail_once(unsigned number)
{
	unsigned before = rig.n_asked;
	struct ipoib__path *path = rig_find(number);

	rig_need(number);
	ck_assert_uint_eq(rig.n_asked, before + 1);
	rig_fail(number, -ETIMEDOUT);
	uint64_t until = path->hold_until;
	uint64_t hold = until - support_now;

	rig_run_until(until - 1);
	rig_need(number);
	ck_assert_uint_eq(rig.n_asked, before + 1);
	rig_run_until(until);
	return hold;
}

START_TEST(a_dead_peer_is_asked_for_half_as_often_each_time_up_to_64_s)
{
	static const uint64_t holds[] = { 1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 640, 640 };

	rig_start(10);
	rig_get(1, true);
	for (unsigned i = 0; i < sizeof(holds) / sizeof(holds[0]); i++) {
		uint64_t hold = fail_once(1);

		ck_assert_uint_ge(hold, holds[i] * 75 * MS);
		ck_assert_uint_le(hold, holds[i] * 125 * MS);
	}
	rig_need(1);
	rig_answer(1, 7);
	ck_assert_uint_eq(rig_find(1)->failures, 0);
	ipoib__paths_doubt_all(&rig.cache);
	ck_assert_uint_le(fail_once(1), 125 * MS); /* the first failure in a row again */
	ipoib__paths_fini(&rig.cache);
}
END_TEST

START_TEST(what_failed_together_is_not_repeated_together)
{
	uint64_t least = IPOIB_NEVER, most = 0;

	rig_start(200);
	for (unsigned i = 0; i < 200; i++) {
		struct ipoib__path *path = rig_get(i, true);

		rig_need(i);
		rig_fail(i, -ETIMEDOUT);
		least = path->hold_until < least ? path->hold_until : least;
		most = path->hold_until > most ? path->hold_until : most;
	}
	ck_assert_uint_ge(least, 75 * MS);
	ck_assert_uint_le(most, 125 * MS);
	ck_assert_uint_gt(most - least, 40 * MS);
	ipoib__paths_fini(&rig.cache);
}
END_TEST

/*
 * I13. The hold times are 0.1, 0.2, ... 51.2 s (102.3 s), then 64 s each, a quarter less or more.
 * At the shortest: 11 questions until 76.7 s, then one each 48 s, 10 more in 600 s. At the longest:
 * 11 until 127.9 s, then one each 80 s, 5 more.
 */
START_TEST(ten_thousand_packets_to_a_dead_peer_bring_21_questions_at_most)
{
	rig_start(10);
	rig_get(1, true);
	for (unsigned i = 0; i < 10000; i++) {
		rig_run_until(i * 60 * MS);
		rig_need(1);
		if (rig_find(1)->asked)
			rig_fail(1, i % 2 ? -ENOENT : -ETIMEDOUT);
	}
	ck_assert_uint_le(rig.n_asked, 21);
	ck_assert_uint_ge(rig.n_asked, 16);
	ck_assert_uint_eq(rig.lost, rig.n_asked);
	ipoib__paths_fini(&rig.cache);
}
END_TEST

START_TEST(a_question_that_cannot_be_sent_is_one_without_an_answer)
{
	rig_start(200);
	rig_valid(100);
	ipoib__paths_doubt_all(&rig.cache);
	rig.ask_fails = true;
	for (unsigned i = 0; i < 40; i++) {
		rig_get(i, true);
		rig_need(i);
		rig_check_cache();
	}
	rig_need(100);
	ck_assert_uint_eq(rig.n_refused_asks, 41);
	ck_assert_uint_eq(rig.lost, 40);
	ck_assert(ipoib__path_usable(rig_find(100))); /* what was in use stays in use */
	rig_need(1);
	ck_assert_uint_eq(rig.n_refused_asks, 41); /* and it is held */

	rig.ask_fails = false;
	rig_run_until(2 * S);
	for (unsigned i = 0; i < 40; i++)
		rig_need(i);
	ck_assert_uint_eq(rig.n_open, 32);
	rig_check_cache();
	rig.ask_fails = true; /* those that wait fail when their turn comes */
	rig_answer(0, 7);
	ck_assert_uint_eq(rig.n_refused_asks, 49);
	rig_check_cache();
	ipoib__paths_fini(&rig.cache);
}
END_TEST

START_TEST(a_silent_administrator_takes_nothing_away)
{
	struct ipoib__path *path;

	rig_start(10);
	path = rig_valid(1);
	ipoib__paths_doubt_all(&rig.cache);
	rig_need(1);
	ck_assert_uint_eq(path->state, IPOIB_PATH_REFRESH);
	rig_fail(1, -ETIMEDOUT);
	ck_assert(ipoib__path_usable(path));
	ck_assert_uint_eq(path->record.dlid, 7);
	ck_assert_uint_eq(rig.lost, 0);
	rig_need(1);
	ck_assert_uint_eq(rig.n_asked, 2); /* held */
	rig_run_until(path->hold_until);
	rig_need(1);
	ck_assert_uint_eq(rig.n_asked, 3);
	rig_answer(1, 8);
	ck_assert_uint_eq(path->record.dlid, 8);
	ck_assert_uint_eq(rig.usable, 2);
	ipoib__paths_fini(&rig.cache);
}
END_TEST

START_TEST(a_refusal_takes_away_even_what_is_in_use)
{
	rig_start(10);
	rig_valid(1);
	rig_valid(2);
	ipoib__paths_doubt_all(&rig.cache);
	rig_need(1);
	rig_need(2);
	rig_fail(1, -ENOENT);
	rig_fail(2, -EACCES);
	ck_assert(!ipoib__path_usable(rig_find(1)));
	ck_assert(!ipoib__path_usable(rig_find(2)));
	ck_assert_uint_eq(rig.lost, 2);
	rig_run_until(10 * S);
	rig_need(1);
	rig_answer(1, 9);
	ck_assert_uint_eq(rig_find(1)->state, IPOIB_PATH_VALID);
	ck_assert(!ipoib__paths_doubted(&rig.cache, rig_find(1)));
	ipoib__paths_fini(&rig.cache);
}
END_TEST

/*
 * A path that nobody holds is removed after a while, with its question. The next one then must get
 * its turn, although no answer comes that would give it.
 */
START_TEST(a_path_that_goes_while_it_is_asked_for_gives_its_place_in_the_window)
{
	unsigned share = IPOIB__PATH_WINDOW_STRANGERS;

	rig_start(200);
	for (unsigned i = 0; i < share; i++) {
		rig_get(i, false);
		rig_need(i);
	}
	rig_run_until(30 * S);
	rig_get(99, false);
	rig_need(99);
	ck_assert(!rig_find(99)->asked);
	rig_run_until(61 * S);
	ck_assert_uint_eq(rig.n_cancelled, share);
	ck_assert_uint_eq(rig.ended, share);
	ck_assert(rig_find(99)->asked);
	rig_check_cache();
	ipoib__paths_fini(&rig.cache);
}
END_TEST

/* A flood of ARP requests is answered one after the other; our own peers do not wait for that. */
START_TEST(strangers_come_after_our_own_and_have_a_part_of_the_window)
{
	unsigned share = IPOIB__PATH_WINDOW_STRANGERS;

	rig_start(2000);
	for (unsigned i = 0; i < 1000; i++) {
		rig_get(i, false);
		rig_need(i);
		rig_check_cache();
	}
	ck_assert_uint_eq(rig.cache.outstanding, share);
	for (unsigned i = 1000; i < 1100; i++) {
		rig_get(i, true);
		rig_need(i);
		rig_check_cache();
	}
	ck_assert_uint_eq(rig.cache.outstanding, IPOIB__PATH_WINDOW);
	ck_assert_uint_eq(rig.cache.outstanding_strangers, share);
	for (unsigned i = 1000; i < 1000 + IPOIB__PATH_WINDOW - share; i++)
		ck_assert(rig_find(i)->asked);
	/* a stranger that becomes a neighbour comes forward */
	ipoib__paths_hold(&rig.cache, rig_find(999));
	rig_need(999);
	ck_assert(!rig_find(999)->asked);
	for (unsigned i = 1000; i < 1000 + 100 - share; i++)
		rig_answer(i, 9);
	rig_check_cache();
	ck_assert(rig_find(999)->asked);
	ck_assert(!rig_find(500)->asked);
	ipoib__paths_fini(&rig.cache);
}
END_TEST

/* The client of the SA has no room now: that says nothing about the path. */
START_TEST(what_cannot_be_asked_now_keeps_its_place_and_is_not_held)
{
	rig_start(200);
	rig.ask_room = 4;
	for (unsigned i = 0; i < 20; i++) {
		rig_get(i, true);
		rig_need(i);
	}
	ck_assert_uint_eq(rig.n_asked, 4);
	rig_run_until(3600 * S);
	ck_assert_uint_eq(rig.lost, 0);
	rig.ask_room = 6;
	ck_assert_uint_eq(ipoib__paths_ask(&rig.cache, 1, support_now), 1);
	ck_assert_uint_eq(ipoib__paths_ask(&rig.cache, 9, support_now), 1);
	ck_assert_uint_eq(ipoib__paths_ask(&rig.cache, 9, support_now), 0);
	for (unsigned i = 0; i < 20; i++)
		rig_answer(i, 7);
	for (unsigned i = 0; i < 20; i++)
		ck_assert_uint_eq(rig.asked[i], i);
	ck_assert_uint_eq(rig.lost, 0);
	ck_assert_uint_eq(rig.usable, 20);
	rig_check_cache();
	ipoib__paths_fini(&rig.cache);
}
END_TEST

Suite *suite_ask(void)
{
	Suite *suite = suite_create("ask");
	TCase *tcase = tcase_create("ask");

	tcase_add_checked_fixture(tcase, support_setup, support_teardown);
	tcase_add_test(tcase, a_thousand_packets_bring_one_question);
	tcase_add_test(tcase, thirty_two_questions_are_out_and_the_others_take_turns);
	tcase_add_test(tcase, each_answer_without_a_record_loses_what_waits);
	tcase_add_test(tcase, a_dead_peer_is_asked_for_half_as_often_each_time_up_to_64_s);
	tcase_add_test(tcase, what_failed_together_is_not_repeated_together);
	tcase_add_test(tcase, ten_thousand_packets_to_a_dead_peer_bring_21_questions_at_most);
	tcase_add_test(tcase, a_question_that_cannot_be_sent_is_one_without_an_answer);
	tcase_add_test(tcase, a_silent_administrator_takes_nothing_away);
	tcase_add_test(tcase, a_refusal_takes_away_even_what_is_in_use);
	tcase_add_test(tcase,
		       a_path_that_goes_while_it_is_asked_for_gives_its_place_in_the_window);
	tcase_add_test(tcase, strangers_come_after_our_own_and_have_a_part_of_the_window);
	tcase_add_test(tcase, what_cannot_be_asked_now_keeps_its_place_and_is_not_held);
	suite_add_tcase(suite, tcase);
	return suite;
}
