/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Neighbours that are held: how many, what their callbacks may do, and memory that fails. */
#include <errno.h>
#include <stdio.h>

#include "interface/handles_rig.h"
#include "interface/suites.h"
#include "support/support.h"

static struct rail *const rail = &bench.rails[0];

START_TEST(held_entries_give_way_to_none_and_half_of_the_table_can_be_held)
{
	struct ipoib_interface_config config = IPOIB_INTERFACE_CONFIG_INIT;
	struct ipoib_neighbour *handles[4], *more;
	struct ipoib_neighbour_info info = { .size = sizeof(info) };

	config.neighbours_max = 8;
	handles_up(&config);
	for (uint32_t i = 0; i < 4; i++) {
		ck_assert_int_eq(handles_get((const char *[]){ "10.0.0.2", "10.0.0.3", "10.0.0.4",
						       "10.0.0.5" }[i]),
				 0);
		handles[i] = held;
		bench_settle();
	}
	struct ipoib_ip six = ip("10.0.0.6"), two = ip("10.0.0.2");

	ck_assert_int_eq(ipoib_neighbour_get(&more, rail->interface, &six, NULL, NULL), -ENOBUFS);
	for (uint32_t i = 0; i < 60; i++) {
		char text[16];

		snprintf(text, sizeof(text), "10.0.0.%u", 10 + i);
		rail_send(rail, text, 100, i);
		bench_run(SECOND);
	}
	ck_assert_int_eq(ipoib_neighbour_find(rail->interface, &two, &info), 0);
	for (uint32_t i = 0; i < 4; i++)
		ipoib_neighbour_unref(handles[i]);
	ck_assert_int_eq(ipoib_neighbour_get(&held, rail->interface, &six, NULL, NULL), 0);
	bench_settle(); /* without a callback */
	ck_assert_int_eq(handles_status(), 0);
	handles_end();
}
END_TEST

START_TEST(what_is_no_neighbour_is_not_held)
{
	handles_up(NULL);
	ck_assert_int_eq(handles_get("10.0.0.1"), -EINVAL);
	ck_assert_int_eq(handles_get("224.1.2.3"), -EINVAL);
	ck_assert_int_eq(handles_get("127.0.0.1"), -EINVAL);
	ck_assert_int_eq(handles_get("fe80::5"), -EADDRNOTAVAIL);
	bench_settle();
	ck_assert_uint_eq(told, 0);
	handles_end();
}
END_TEST

START_TEST(a_callback_may_do_everything)
{
	handles_up(NULL);
	does = (enum handles_rig_does)_i;
	ck_assert_int_eq(handles_get("10.0.0.2"), 0);
	struct ipoib_neighbour *first = held;

	if (does == HANDLES_UNREF)
		held = NULL;
	bench_settle();
	ck_assert_uint_ge(told, does == HANDLES_GET ? 2 : 1);
	if (does == HANDLES_GET)
		ipoib_neighbour_unref(first);
	if (does == HANDLES_CLOSE) { /* it outlives its interface */
		ck_assert_int_eq(handles_status(), -ENETDOWN);
		ck_assert_int_eq(ipoib_neighbour_use(held), -ENETDOWN);
	}
	does = HANDLES_NOTHING;
	handles_end();
}
END_TEST

START_TEST(each_allocation_that_fails_leaves_all_as_it_was)
{
	struct ipoib_neighbour_info info = { .size = sizeof(info) };
	struct ipoib_ip two = ip("10.0.0.2"), nine = ip("10.0.0.9");
	long n = 1;
	int status;

	handles_up(NULL);
	/* memory for adjacencies, which is kept, is there */
	ck_assert_int_eq(handles_get("10.0.0.9"), 0);
	ipoib_neighbour_unref(held);
	held = NULL;
	ck_assert_int_eq(ipoib_neighbour_remove(rail->interface, &nine), 0);
	for (;; n++) {
		size_t before = support_blocks();

		support_fail_after(n, false);
		status = handles_get("10.0.0.2");
		support_fail_after(0, false);
		if (status == 0)
			break;
		ck_assert_int_eq(status, -ENOMEM);
		ck_assert_uint_eq(support_blocks(), before);
		ck_assert_int_eq(ipoib_neighbour_find(rail->interface, &two, &info), -ENOENT);
	}
	ck_assert_int_ge(n, 3);
	bench_settle();
	ck_assert_int_eq(last.status, 0);
	handles_end();
}
END_TEST

/* In the turn: what is not there yet is asked for again at the next use. */
START_TEST(each_allocation_that_fails_later_is_made_up_for_by_a_use)
{
	long n = 1, before;

	do {
		handles_up(NULL);
		ck_assert_int_eq(handles_get("10.0.0.2"), 0);
		before = support_allocations();
		support_fail_after(n, false);
		bench_settle();
		support_fail_after(0, false);
		for (int i = 0; i < 5; i++) {
			bench_run(5 * SECOND);
			ck_assert_int_eq(ipoib_neighbour_use(held), 0);
		}
		bench_run(5 * SECOND);
		ck_assert_int_eq(last.status, 0);
		ck_assert_int_eq(handles_status(), 0);
		before = support_allocations() - before;
		handles_end();
	} while (n++ < before && n < 40);
	ck_assert_int_ge(n, 3);
}
END_TEST

Suite *suite_handles_end(void)
{
	Suite *suite = suite_create("handles end");
	TCase *tcase = tcase_create("handles end");

	tcase_add_checked_fixture(tcase, support_setup, support_teardown);
	tcase_add_test(tcase, held_entries_give_way_to_none_and_half_of_the_table_can_be_held);
	tcase_add_test(tcase, what_is_no_neighbour_is_not_held);
	tcase_add_loop_test(tcase, a_callback_may_do_everything, HANDLES_UNREF, HANDLES_CLOSE + 1);
	tcase_add_test(tcase, each_allocation_that_fails_leaves_all_as_it_was);
	tcase_add_test(tcase, each_allocation_that_fails_later_is_made_up_for_by_a_use);
	suite_add_tcase(suite, tcase);
	return suite;
}
