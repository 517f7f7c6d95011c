/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* The table of neighbours: who is kept, who gives way, and what the timers bring about when. */
#include <errno.h>
#include <string.h>

#include "neighbour/neighbour_rig.h"
#include "support/support.h"

static struct ipoib_link_address a, b;
static unsigned acted, ended;

static void quiet_act(struct ipoib__neighbour *n, unsigned actions)
{
	(void)n;
	(void)actions;
	acted++;
}

static void quiet_end(struct ipoib__neighbour *n, bool evicted)
{
	(void)n;
	(void)evicted;
	ended++;
}

static void setup(void)
{
	support_setup();
	acted = 0;
	ended = 0;
	a = rig_address(0, 0x48, 1);
	b = rig_address(0, 0x48, 2);
}

static int make(unsigned last_octet, bool wanted)
{
	struct ipoib_ip ip = rig_ip(last_octet);
	struct ipoib__neighbour *n;

	return ipoib__neighbours_make(&rig.table, &ip, wanted, support_now, &n);
}

START_TEST(an_entry_is_found_from_when_it_is_made_until_it_is_removed)
{
	struct ipoib_ip six = { .family = IPOIB_IPV6, .raw = { 10, 0, 0, 1 } };
	struct ipoib__neighbour *n;

	rig_start(10);
	ck_assert_ptr_null(rig_find(1));
	n = rig_make(1, true);
	ck_assert_ptr_eq(rig_find(1), n);
	ck_assert_ptr_null(rig_find(2));
	ck_assert_ptr_null(ipoib__neighbours_find(&rig.table, &six));
	ck_assert_uint_eq(ipoib__neighbours_count(&rig.table), 1);
	ck_assert_uint_eq(n->state, IPOIB__NEIGHBOUR_NEW);
	ck_assert_uint_eq(n->confirmed, IPOIB_NEVER);
	ck_assert_uint_eq(n->used, IPOIB_NEVER);
	ck_assert_uint_eq(ipoib__wheel_deadline(&rig.wheel), IPOIB_NEVER); /* and nothing is done */
	ipoib__neighbours_remove(&rig.table, n, false);
	ck_assert_ptr_null(rig_find(1));
	ck_assert_uint_eq(ipoib__neighbours_count(&rig.table), 0);
	ck_assert_str_eq(rig_story(), "0 end 10.0.0.1; ");
	ipoib__neighbours_fini(&rig.table);
}
END_TEST

/* All octets of an address count for its hash: the table takes 255 of one hash at most. */
START_TEST(many_ipv6_addresses_of_one_prefix_fit)
{
	struct ipoib_ip six = { .family = IPOIB_IPV6, .raw = { 0xfe, 0x80 } };
	struct ipoib__neighbour *n;

	rig_start(400);
	rig.on_end = quiet_end;
	for (unsigned i = 0; i < 400; i++) {
		six.raw[14] = (uint8_t)(i >> 8);
		six.raw[15] = (uint8_t)i;
		ck_assert_int_eq(ipoib__neighbours_make(&rig.table, &six, true, 0, &n), 0);
	}
	ipoib__neighbours_fini(&rig.table);
	ck_assert_uint_eq(ended, 400);
}
END_TEST

START_TEST(a_silent_neighbour_is_asked_three_times_given_up_and_forgotten)
{
	rig_start(10);
	rig_use(rig_make(1, true));
	rig_run_until(62 * S);
	ck_assert_str_eq(rig_story(), "0 ask; 1 ask; 2 ask; 3 unreached; ");
	rig_run_until(64 * S);
	ck_assert_str_eq(rig_story(), "63 end 10.0.0.1; ");
	ck_assert_uint_eq(ipoib__neighbours_count(&rig.table), 0);
	ipoib__neighbours_fini(&rig.table);
}
END_TEST

START_TEST(a_neighbour_that_answers_is_reachable_for_15_to_45_s)
{
	uint64_t least = 45 * S, most = 15 * S;

	rig_start(200);
	rig.on_act = quiet_act;
	rig.on_end = quiet_end;
	for (unsigned i = 1; i <= 200; i++) {
		struct ipoib__neighbour *n = rig_make(i, true);

		rig_answer(n, &a);
		ck_assert_uint_ge(n->deadline, 15 * S);
		ck_assert_uint_le(n->deadline, 45 * S);
		least = n->deadline < least ? n->deadline : least;
		most = n->deadline > most ? n->deadline : most;
	}
	ck_assert_uint_gt(most - least, 15 * S); /* they are not asked together later */
	rig_run_until(14 * S);
	ck_assert_uint_eq(rig_find(1)->state, IPOIB_NEIGHBOUR_REACHABLE);
	acted = 0;
	rig_run_until(46 * S);
	for (unsigned i = 1; i <= 200; i++)
		ck_assert_uint_eq(rig_find(i)->state, IPOIB_NEIGHBOUR_STALE);
	rig_run_until(3600 * S); /* what nobody uses is left alone */
	ck_assert_uint_eq(ipoib__neighbours_count(&rig.table), 200);
	ck_assert_uint_eq(acted, 200); /* told that they are stale, and nothing else */
	ipoib__neighbours_fini(&rig.table);
	ck_assert_uint_eq(ended, 200);
}
END_TEST

START_TEST(a_used_neighbour_that_died_is_probed_and_given_up)
{
	struct ipoib__neighbour *n;

	rig_start(10);
	n = rig_make(1, true);
	rig_use(n);
	rig_run_until(500 * MS);
	rig_answer(n, &a);
	ck_assert_str_eq(rig_story(), "0 ask; 0 resolved; ");
	rig_run_until(100 * S);
	rig_use(n);
	rig_run_until(112 * S);
	ck_assert_str_eq(rig_story(), "105 probe; 106 probe; 107 probe; "
				      "108 ask; 109 ask; 110 ask; 111 unreached; ");
	rig_use(n); /* held for one second, from 111 */
	ck_assert_str_eq(rig_story(), "");
	rig_run_until(112 * S + 100 * MS);
	rig_use(n);
	rig_run_until(120 * S);
	ck_assert_str_eq(rig_story(), "112 ask; 113 ask; 114 ask; 115 unreached; ");
	rig_answer(n, &b);
	ck_assert_str_eq(rig_story(), "120 accepted; 120 resolved; 120 moved; ");
	ipoib__neighbours_fini(&rig.table);
	ck_assert_str_eq(rig_story(), "120 end 10.0.0.1; ");
}
END_TEST

START_TEST(an_answer_while_it_is_probed_ends_the_probing)
{
	struct ipoib__neighbour *n;

	rig_start(10);
	n = rig_make(1, true);
	rig_step(n, IPOIB__NEIGHBOUR_HEARD, &a);
	rig_use(n);
	rig_run_until(6 * S + 500 * MS);
	rig_answer(n, &a);
	rig_run_until(20 * S);
	ck_assert_str_eq(rig_story(), "0 resolved; 5 probe; 6 probe; ");
	rig_step(n, IPOIB__NEIGHBOUR_DOUBT, NULL);
	rig_use(n);
	rig_run_until(25 * S + 500 * MS);
	rig_answer(n, &b);
	rig_run_until(40 * S);
	ck_assert_str_eq(rig_story(), "25 probe; 25 accepted; 25 moved; ");
	ipoib__neighbours_fini(&rig.table);
}
END_TEST

START_TEST(the_least_recently_used_gives_way_to_who_is_wanted)
{
	rig_start(4);
	for (unsigned i = 1; i <= 4; i++)
		rig_make(i, true);
	rig_run_until(2 * S);
	ck_assert(ipoib__neighbours_touch(&rig.table, rig_find(1), support_now));
	ck_assert(ipoib__neighbours_touch(&rig.table, rig_find(3), support_now));
	for (unsigned i = 5; i <= 8; i++)
		rig_make(i, true);
	ck_assert_str_eq(rig_story(), "2 evict 10.0.0.2; 2 evict 10.0.0.4; "
				      "2 evict 10.0.0.1; 2 evict 10.0.0.3; ");
	ck_assert_uint_eq(ipoib__neighbours_count(&rig.table), 4);
	ipoib__neighbours_fini(&rig.table);
}
END_TEST

START_TEST(the_order_of_use_is_noted_once_a_second)
{
	struct ipoib__neighbour *n;

	rig_start(4);
	n = rig_make(1, true);
	rig_make(2, true);
	rig_run_until(999 * MS);
	ck_assert(!ipoib__neighbours_touch(&rig.table, n, support_now));
	ck_assert_uint_eq(n->used, 999 * MS);
	ck_assert_ptr_eq(ipoib__list_first(&rig.table.recent), &n->recent);
	rig_run_until(1 * S);
	ck_assert(ipoib__neighbours_touch(&rig.table, n, support_now));
	ck_assert_ptr_eq(ipoib__list_first(&rig.table.recent), &rig_find(2)->recent);
	ck_assert(!ipoib__neighbours_touch(&rig.table, n, support_now + 1));
	ck_assert_uint_eq(n->used, 1 * S + 1);
	ipoib__neighbours_fini(&rig.table);
}
END_TEST

static void set_busy(unsigned last_octet, bool busy)
{
	((struct rig_entry *)(void *)rig_find(last_octet))->busy = busy;
}

START_TEST(an_entry_with_work_in_flight_never_gives_way)
{
	rig_start(4);
	for (unsigned i = 1; i <= 4; i++)
		rig_make(i, true);
	set_busy(1, true);
	set_busy(2, true);
	rig_make(5, true);
	ck_assert_str_eq(rig_story(), "0 evict 10.0.0.3; ");
	set_busy(4, true);
	set_busy(5, true);
	ck_assert_int_eq(make(6, true), -ENOBUFS);
	ck_assert_str_eq(rig_story(), "");
	set_busy(2, false);
	ck_assert_int_eq(make(6, true), 0);
	ck_assert_str_eq(rig_story(), "0 evict 10.0.0.2; ");
	ipoib__neighbours_fini(&rig.table); /* which does not ask who is busy */
}
END_TEST

START_TEST(the_search_for_one_that_may_go_is_bounded)
{
	rig_start(40);
	for (unsigned i = 1; i <= 40; i++) {
		rig_make(i, true);
		set_busy(i, i != 33);
	}
	ck_assert_int_eq(make(41, true), -ENOBUFS); /* looked at 1 to 16 */
	ck_assert_int_eq(make(41, true), -ENOBUFS); /* 17 to 32 */
	ck_assert_int_eq(make(41, true), 0);
	ck_assert_str_eq(rig_story(), "0 evict 10.0.0.33; ");
	ipoib__neighbours_fini(&rig.table);
}
END_TEST

/* A flood of requests from strangers (I41). */
START_TEST(who_is_not_wanted_fills_three_quarters_and_displaces_nobody)
{
	rig_start(8);
	for (unsigned i = 1; i <= 6; i++)
		ck_assert_int_eq(make(i, false), 0);
	ck_assert_int_eq(make(7, false), -ENOBUFS);
	ck_assert_int_eq(make(7, true), 0);
	ck_assert_int_eq(make(8, true), 0);
	ck_assert_int_eq(make(9, false), -ENOBUFS);
	ck_assert_str_eq(rig_story(), "");
	ck_assert_int_eq(make(9, true), 0);
	ck_assert_str_eq(rig_story(), "0 evict 10.0.0.1; ");
	ck_assert_int_eq(make(10, false), -ENOBUFS);
	ipoib__neighbours_fini(&rig.table);
}
END_TEST

START_TEST(a_walk_sees_each_entry_once)
{
	bool seen[256] = { false };
	struct ipoib__neighbour *n;
	uint64_t cursor = 0;
	unsigned count = 0;

	rig_start(255);
	for (unsigned i = 1; i <= 50; i++)
		rig_make(i, true);
	while ((n = ipoib__neighbours_next(&rig.table, &cursor)) != NULL) {
		ck_assert(!seen[n->ip.raw[3]]);
		seen[n->ip.raw[3]] = true;
		count++;
	}
	ck_assert_uint_eq(count, 50);
	ipoib__neighbours_fini(&rig.table);
}
END_TEST

/* Fills a table while the n-th allocation fails; returns how many entries it could not make. */
static unsigned fill_failing(long nth, bool for_ever)
{
	unsigned failed = 0;

	rig_start(64);
	support_fail_after(nth, for_ever);
	for (unsigned i = 1; i <= 64; i++) {
		size_t blocks = support_blocks();
		int status = make(i, true);

		ck_assert(status == 0 || status == -ENOMEM);
		ck_assert_ptr_eq(rig_find(i), status == 0 ? rig_find(i) : NULL);
		failed += status != 0;
		/* what failed left nothing behind; the table may be growing */
		if (status != 0)
			ck_assert_uint_le(support_blocks(), blocks + 1);
	}
	support_fail_after(0, false);
	ck_assert_uint_eq(ipoib__neighbours_count(&rig.table), 64 - failed);
	for (unsigned i = 1; i <= 64; i++)
		if (!rig_find(i))
			rig_make(i, true); /* and recovers */
	ck_assert_uint_eq(ipoib__neighbours_count(&rig.table), 64);
	ipoib__neighbours_fini(&rig.table);
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

Suite *suite_table(void)
{
	Suite *suite = suite_create("table");
	TCase *tcase = tcase_create("table");

	tcase_add_checked_fixture(tcase, setup, support_teardown);
	tcase_set_timeout(tcase, 60); /* for valgrind */
	tcase_add_test(tcase, an_entry_is_found_from_when_it_is_made_until_it_is_removed);
	tcase_add_test(tcase, many_ipv6_addresses_of_one_prefix_fit);
	tcase_add_test(tcase, a_silent_neighbour_is_asked_three_times_given_up_and_forgotten);
	tcase_add_test(tcase, a_neighbour_that_answers_is_reachable_for_15_to_45_s);
	tcase_add_test(tcase, a_used_neighbour_that_died_is_probed_and_given_up);
	tcase_add_test(tcase, an_answer_while_it_is_probed_ends_the_probing);
	tcase_add_test(tcase, the_least_recently_used_gives_way_to_who_is_wanted);
	tcase_add_test(tcase, the_order_of_use_is_noted_once_a_second);
	tcase_add_test(tcase, an_entry_with_work_in_flight_never_gives_way);
	tcase_add_test(tcase, the_search_for_one_that_may_go_is_bounded);
	tcase_add_test(tcase, who_is_not_wanted_fills_three_quarters_and_displaces_nobody);
	tcase_add_test(tcase, a_walk_sees_each_entry_once);
	tcase_add_test(tcase, each_allocation_may_fail_once_or_for_ever);
	suite_add_tcase(suite, tcase);
	return suite;
}
