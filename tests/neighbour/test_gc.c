/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Who gives way and when: the three thresholds, and the work that they cost. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "neighbour/neighbour_rig.h"
#include "support/support.h"

static unsigned ended, evicted;

static void count_end(struct ipoib__neighbour *n, bool was_evicted)
{
	(void)n;
	ended++;
	evicted += was_evicted;
}

static void ignore(struct ipoib__neighbour *n, unsigned actions)
{
	(void)n;
	(void)actions;
}

static void start(uint32_t thresh1, uint32_t thresh2, uint32_t limit)
{
	struct ipoib__neighbour_parameters parameters = rig_parameters(limit);

	parameters.thresh1 = thresh1;
	parameters.thresh2 = thresh2;
	rig_start_with(&parameters);
	rig.on_end = count_end;
	rig.on_act = ignore;
	ended = 0;
	evicted = 0;
}

static struct ipoib_ip ip_of(unsigned i)
{
	return ipoib_ip_from_ipv4((const uint8_t[4]){ 10, (uint8_t)(i >> 16), (uint8_t)(i >> 8),
						      (uint8_t)i });
}

static struct ipoib__neighbour *find(unsigned i)
{
	struct ipoib_ip ip = ip_of(i);

	return ipoib__neighbours_find(&rig.table, &ip);
}

static int make(unsigned i, bool wanted)
{
	struct ipoib_ip ip = ip_of(i);
	struct ipoib__neighbour *n;

	return ipoib__neighbours_make(&rig.table, &ip, wanted, support_now, &n);
}

static void make_many(unsigned from, unsigned to)
{
	for (unsigned i = from; i <= to; i++)
		rig_check(make(i, true) == 0);
}

static size_t count(void)
{
	return ipoib__neighbours_count(&rig.table);
}

static void set_busy(unsigned i, bool busy)
{
	((struct rig_entry *)(void *)find(i))->busy = busy;
}

START_TEST(up_to_the_first_threshold_nobody_goes)
{
	start(10, 20, 40);
	make_many(1, 10);
	ck_assert_uint_eq(ipoib__wheel_deadline(&rig.wheel), IPOIB_NEVER);
	rig_run_until(3600 * S);
	ck_assert_uint_eq(count(), 10);
	ipoib__neighbours_fini(&rig.table);
}
END_TEST

START_TEST(above_it_the_idle_ones_go_until_it_is_reached)
{
	start(10, 20, 40);
	make_many(1, 15);
	rig_run_until(59 * S);
	for (unsigned i = 1; i <= 3; i++)
		ipoib__neighbours_touch(&rig.table, find(i), support_now);
	ck_assert_uint_eq(count(), 15);
	rig_run_until(61 * S);
	ck_assert_uint_eq(count(), 10);
	ck_assert_ptr_nonnull(find(1));
	for (unsigned i = 4; i <= 8; i++) /* the least recently used */
		ck_assert_ptr_null(find(i));
	ck_assert_uint_eq(rig.table.collected, 5);
	ck_assert_uint_eq(evicted, 5);
	ck_assert(!ipoib__timer_armed(&rig.table.collect));
	ipoib__neighbours_fini(&rig.table);
}
END_TEST

START_TEST(what_is_busy_permanent_or_news_is_not_collected)
{
	struct ipoib_link_address a = rig_address(0, 0x48, 1);

	start(0, 20, 40);
	make_many(1, 4);
	set_busy(1, true);
	ck_assert_int_eq(ipoib__neighbours_fix(&rig.table, find(2), &a, 0), 0);
	rig_run_until(50 * S);
	rig_step(find(3), IPOIB__NEIGHBOUR_HEARD, &a);
	rig_run_until(65 * S);
	ck_assert_ptr_nonnull(find(1));
	ck_assert_ptr_nonnull(find(2));
	ck_assert_ptr_nonnull(find(3));
	ck_assert_ptr_null(find(4));
	set_busy(1, false);
	rig_run_until(3600 * S);
	ck_assert_uint_eq(count(), 1);
	ck_assert_ptr_nonnull(find(2));
	ipoib__neighbours_fini(&rig.table);
}
END_TEST

START_TEST(from_the_second_a_new_one_displaces_who_was_idle_for_5_s)
{
	start(4, 8, 16);
	make_many(1, 8);
	rig_run_until(4 * S);
	make_many(9, 9); /* nobody is idle for long enough */
	ck_assert_uint_eq(count(), 9);
	rig_run_until(5 * S);
	make_many(10, 11);
	ck_assert_uint_eq(count(), 9);
	ck_assert_ptr_null(find(1));
	ck_assert_ptr_null(find(2));
	ck_assert_int_eq(make(100, false), 0); /* who is not wanted displaces nobody */
	ck_assert_uint_eq(count(), 10);
	ipoib__neighbours_fini(&rig.table);
}
END_TEST

START_TEST(a_table_of_permanent_and_busy_ones_says_that_it_is_full)
{
	struct ipoib_link_address a = rig_address(0, 0x48, 1);

	start(4, 4, 4);
	make_many(1, 4);
	for (unsigned i = 1; i <= 3; i++)
		ck_assert_int_eq(ipoib__neighbours_fix(&rig.table, find(i), &a, 0), 0);
	ck_assert_int_eq(ipoib__neighbours_fix(&rig.table, find(1), &a, 0), 0); /* it is */
	ck_assert_int_eq(ipoib__neighbours_fix(&rig.table, find(4), &a, 0), -ENOBUFS);
	set_busy(4, true);
	ck_assert_int_eq(make(5, true), -ENOBUFS);
	set_busy(4, false);
	ck_assert_int_eq(make(5, true), 0);
	ck_assert_ptr_null(find(4));
	ck_assert_uint_eq(rig.table.permanent_count, 3);
	ipoib__neighbours_remove(&rig.table, find(1), false);
	ck_assert_uint_eq(rig.table.permanent_count, 2);
	ipoib__neighbours_flush(&rig.table, false);
	ck_assert_uint_eq(count(), 2);
	ipoib__neighbours_flush(&rig.table, true);
	ck_assert_uint_eq(count(), 0);
	ck_assert_uint_eq(rig.table.permanent_count, 0);
	ipoib__neighbours_fini(&rig.table);
}
END_TEST

START_TEST(of_a_small_table_strangers_leave_one_place)
{
	static const unsigned shares[] = { 0, 1, 1, 2, 3, 4 };

	for (unsigned limit = 1; limit <= 5; limit++) {
		unsigned made = 0;

		start(limit, limit, limit);
		while (make(made, false) == 0)
			made++;
		ck_assert_uint_eq(made, shares[limit]);
		ipoib__neighbours_fini(&rig.table);
	}
}
END_TEST

START_TEST(a_failed_allocation_costs_nobody_his_entry)
{
	start(8, 8, 8);
	make_many(1, 8);
	support_fail_after(1, true);
	for (unsigned i = 9; i < 40; i++)
		ck_assert_int_eq(make(i, true), -ENOMEM);
	support_fail_after(0, false);
	ck_assert_uint_eq(ended, 0);
	ck_assert_uint_eq(count(), 8);
	ipoib__neighbours_fini(&rig.table);
}
END_TEST

/* ---- a million ---- */

static unsigned asked_busy;

/* Valgrind, which is preloaded, would take minutes for a million. */
static unsigned million(void)
{
	const char *preloaded = getenv("LD_PRELOAD");

	return preloaded && strstr(preloaded, "valgrind") ? 20000 : 1000000;
}

static bool count_busy(void *owner, const struct ipoib__neighbour *n)
{
	(void)owner;
	asked_busy++;
	return ((const struct rig_entry *)(const void *)n)->busy;
}

/*
 * Work is counted in questions who is busy: nothing looks at an entry that may have to go without
 * asking that.
 */
START_TEST(a_million_come_and_go_at_a_constant_cost_each)
{
	struct ipoib__neighbours_hooks hooks;
	const unsigned many = million();

	start(1000, many / 2, many);
	hooks = *rig.table.hooks;
	hooks.busy = count_busy;
	rig.table.hooks = &hooks;
	asked_busy = 0;
	make_many(1, many); /* all within 5 s: nobody is displaced */
	ck_assert_uint_eq(count(), many);
	ck_assert_uint_eq(asked_busy, 0);
	for (unsigned i = 1; i <= 1000; i++)
		set_busy(2 * i, true);
	make_many(many + 1, many + 1000);
	ck_assert_uint_eq(count(), many);
	ck_assert_uint_eq(evicted, 1000);
	ck_assert_uint_eq(asked_busy, 999 + 1000); /* each busy one once, and each that went */
	for (unsigned i = 1; i <= 1000; i++)
		rig_check(find(2 * i) != NULL && find(2 * i - 1) == NULL);

	asked_busy = 0;
	rig_run_until(90 * S); /* collected: 256 a time, until 1000 are left */
	ck_assert_uint_eq(count(), 1000);
	ck_assert_uint_le(asked_busy, many + 1000);
	ipoib__neighbours_fini(&rig.table);
}
END_TEST

/* The second run comes a millisecond or two after the first, not 30 s. */
START_TEST(a_collection_takes_a_rest_between_batches)
{
	start(0, 5000, 5000);
	make_many(1, 1000);
	rig_run_until(60 * S - 1);
	while (evicted == 0) {
		rig_run_until(support_now + 100000);
		ck_assert_uint_lt(support_now, 61 * S);
	}
	ck_assert_uint_eq(evicted, IPOIB__NEIGHBOUR_GC_BATCH);
	rig_run_until(support_now + 10 * MS);
	ck_assert_uint_eq(evicted, 1000);
	ipoib__neighbours_fini(&rig.table);
}
END_TEST

Suite *suite_gc(void)
{
	Suite *suite = suite_create("gc");
	TCase *tcase = tcase_create("gc");

	tcase_add_checked_fixture(tcase, support_setup, support_teardown);
	tcase_set_timeout(tcase, 240); /* for valgrind */
	tcase_add_test(tcase, up_to_the_first_threshold_nobody_goes);
	tcase_add_test(tcase, above_it_the_idle_ones_go_until_it_is_reached);
	tcase_add_test(tcase, what_is_busy_permanent_or_news_is_not_collected);
	tcase_add_test(tcase, from_the_second_a_new_one_displaces_who_was_idle_for_5_s);
	tcase_add_test(tcase, a_table_of_permanent_and_busy_ones_says_that_it_is_full);
	tcase_add_test(tcase, of_a_small_table_strangers_leave_one_place);
	tcase_add_test(tcase, a_failed_allocation_costs_nobody_his_entry);
	tcase_add_test(tcase, a_million_come_and_go_at_a_constant_cost_each);
	tcase_add_test(tcase, a_collection_takes_a_rest_between_batches);
	suite_add_tcase(suite, tcase);
	return suite;
}
