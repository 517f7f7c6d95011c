/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Packets in the caller's own memory are his again exactly once, however it ends. */
#include <errno.h>

#include "interface/region_rig.h"
#include "interface/suites.h"
#include "support/support.h"

static struct region_rig *const rig = &region_rig;
static struct rail *const rail = &bench.rails[0];
static struct fake *const fake = &bench.fakes[0];
static struct ipoib_buffer *spare;

static void keep(struct rail *at, struct ipoib_buffer *packet)
{
	(void)at;
	spare = ipoib_buffer_ref(packet);
}

START_TEST(a_count_that_is_kept_keeps_the_packet)
{
	region_up(NULL);
	rail->on_undelivered = keep;
	fake->path_status = -ENOENT;
	ck_assert_int_eq(region_send(region_packet(3, 500)), 0);
	bench_settle();
	ck_assert_uint_eq(rig->all, 0);
	ck_assert_ptr_eq(ipoib_buffer_data(spare), region_slot(3));
	ipoib_buffer_unref(spare);
	/* This call may be anywhere: its owner is told in the next turn. */
	ck_assert_uint_eq(rig->all, 0);
	ck_assert_uint_le(ipoib_context_deadline(bench.context), support_now);
	bench_settle();
	ck_assert_uint_eq(rig->all, 1);
	rail->on_undelivered = NULL;
	region_down();
}
END_TEST

START_TEST(closing_the_interface_releases_what_was_posted_and_what_waited)
{
	region_up(NULL);
	region_resolve_peer();
	fake->completing = false;
	ck_assert_int_eq(region_send(region_packet(0, 500)), 0);
	bench.silent = true;
	struct ipoib_packet waits = { .buffer = region_packet(1, 500), .next_hop = ip("10.0.0.9") };
	ck_assert_int_eq(ipoib_interface_send(rail->interface, &waits, 1), 1);
	rail_close(rail);
	ck_assert_int_eq(ipoib_context_dispatch(bench.context), 0);
	ck_assert_uint_eq(rig->times[0], 1);
	ck_assert_uint_eq(rig->times[1], 1);
	region_down();
}
END_TEST

START_TEST(a_region_that_was_given_back_ends_with_its_last_packet)
{
	size_t regions;

	region_up(NULL);
	region_resolve_peer();
	fake->completing = false;
	ck_assert_int_eq(region_send(region_packet(0, 500)), 0);
	ck_assert_int_eq(region_send(region_packet(1, 500)), 0);
	regions = fake->region_count;
	ipoib_region_unref(rig->region);
	rig->region = NULL;
	ck_assert_uint_eq(fake->region_count, regions);
	fake_complete(fake, fake_ud(fake), 1, 0);
	bench_settle();
	ck_assert_uint_eq(rig->times[0], 1);
	ck_assert_uint_eq(fake->region_count, regions);
	fake_complete(fake, fake_ud(fake), 1, 0);
	bench_settle();
	ck_assert_uint_eq(rig->times[1], 1);
	ck_assert_uint_eq(fake->region_count, regions - 1);
	fake->completing = true;
	region_down();
}
END_TEST

/* Nobody dispatches any more: the endings themselves tell. */
START_TEST(without_another_dispatch_everything_ends_all_the_same)
{
	region_up(NULL);
	region_resolve_peer();
	fake->completing = false;
	ck_assert_int_eq(region_send(region_packet(0, 500)), 0);
	spare = region_packet(1, 500);
	ipoib_region_unref(rig->region);
	rig->region = NULL;
	bench_close();
	ck_assert_uint_eq(rig->times[0], 1);
	ck_assert(!fake->destroyed);
	ipoib_buffer_unref(spare);
	ck_assert_uint_eq(rig->times[1], 1);
	ck_assert(fake->destroyed);
	ck_assert_uint_eq(support_blocks(), 0);
}
END_TEST

static void send_again(void *packet)
{
	struct ipoib_buffer *buffer;

	if (rig->all >= 5)
		return;
	ck_assert_int_eq(ipoib_region_buffer(rig->region, &buffer, packet, 500), 0);
	ck_assert_int_eq(region_send(buffer), 0);
}

START_TEST(the_callback_may_send_the_same_packet_again)
{
	region_up(NULL);
	region_resolve_peer();
	rig->then = send_again;
	ck_assert_int_eq(region_send(region_packet(0, 500)), 0);
	bench_settle();
	ck_assert_uint_eq(rig->times[0], 5);
	region_down();
}
END_TEST

static void end_everything(void *packet)
{
	(void)packet;
	rig->then = NULL;
	ipoib_region_unref(rig->region);
	rig->region = NULL;
	rail_close(rail);
	ck_assert_int_eq(ipoib_context_dispatch(bench.context), -EDEADLK);
}

START_TEST(the_callback_may_end_region_and_interface)
{
	region_up(NULL);
	region_resolve_peer();
	rig->then = end_everything;
	fake->completing = false;
	for (unsigned i = 0; i < 4; i++)
		ck_assert_int_eq(region_send(region_packet(i, 500)), 0);
	fake_complete(fake, fake_ud(fake), 2, 0);
	bench_settle();
	ck_assert_uint_eq(rig->all, 4);
	for (unsigned i = 0; i < 4; i++)
		ck_assert_uint_eq(rig->times[i], 1);
	ck_assert_ptr_null(rig->region);
	region_down();
}
END_TEST

START_TEST(what_cannot_be_registered_leaves_nothing_behind)
{
	struct ipoib_region_config config = region_whole();
	struct ipoib_region *another = NULL;
	size_t blocks;

	region_up(NULL);
	bench_settle();
	blocks = support_blocks();
	fake_fail(fake, FAKE_MEMORY_GET, 1, false);
	ck_assert_int_eq(ipoib_region_new(&another, rail->interface, &config), -ENOMEM);
	fake_mend(fake);
	support_fail_after(1, false);
	ck_assert_int_eq(ipoib_region_new(&another, rail->interface, &config), -ENOMEM);
	support_fail_after(0, false);
	ck_assert_uint_eq(support_blocks(), blocks);
	ck_assert_int_eq(ipoib_region_new(&another, rail->interface, &config), 0);
	ipoib_region_unref(another);
	ck_assert_uint_eq(support_blocks(), blocks);
	region_down();
}
END_TEST

Suite *suite_region_end(void)
{
	Suite *suite = suite_create("region end");
	TCase *tcase = tcase_create("region end");

	tcase_add_checked_fixture(tcase, support_setup, support_teardown);
	tcase_add_test(tcase, a_count_that_is_kept_keeps_the_packet);
	tcase_add_test(tcase, closing_the_interface_releases_what_was_posted_and_what_waited);
	tcase_add_test(tcase, a_region_that_was_given_back_ends_with_its_last_packet);
	tcase_add_test(tcase, without_another_dispatch_everything_ends_all_the_same);
	tcase_add_test(tcase, the_callback_may_send_the_same_packet_again);
	tcase_add_test(tcase, the_callback_may_end_region_and_interface);
	tcase_add_test(tcase, what_cannot_be_registered_leaves_nothing_behind);
	suite_add_tcase(suite, tcase);
	return suite;
}
