/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* The send queue: full exactly, never beyond, in order, and always woken again (I24). */
#include <errno.h>
#include <string.h>

#include "interface/bench.h"
#include "interface/suites.h"
#include "support/support.h"

static struct rail *const rail = &bench.rails[0];
static struct fake *const fake = &bench.fakes[0];

/* Up, with 10.0.0.2 resolved, and an adapter that completes nothing by itself. */
static void up_with_depth(uint32_t depth)
{
	struct ipoib_interface_config config = IPOIB_INTERFACE_CONFIG_INIT;

	config.send_depth = depth;
	bench_up(&config);
	ck_assert_int_eq(rail_send(rail, "10.0.0.2", 100, 0), 0);
	bench_run(SECOND);
	ck_assert_uint_eq(rail_statistics(rail).sent, 1);
	fake->sent_count = 0;
	fake->completing = false;
}

static size_t room_events(void)
{
	return rail_events(rail, IPOIB_EVENT_SEND_ROOM);
}

START_TEST(a_full_send_queue_refuses_and_tells_of_room_once)
{
	up_with_depth(8);
	for (uint32_t i = 1; i <= 8; i++)
		ck_assert_int_eq(rail_send(rail, "10.0.0.2", 100, i), 0);
	ck_assert_uint_eq(fake_ud(fake)->send_count, 8);
	for (int i = 0; i < 3; i++)
		ck_assert_int_eq(rail_send(rail, "10.0.0.2", 100, 9), -EAGAIN);
	ck_assert_uint_eq(rail_statistics(rail).refused_no_room, 3);
	bench_run(SECOND);
	ck_assert_uint_eq(room_events(), 0);
	/* Nothing further is sent: the completions alone must wake whoever waits. */
	fake_complete(fake, fake_ud(fake), 3, 0);
	bench_run(SECOND);
	ck_assert_uint_eq(room_events(), 0);
	fake_complete(fake, fake_ud(fake), 1, 0); /* half of it is free */
	bench_settle();
	ck_assert_uint_eq(room_events(), 1);
	fake_complete(fake, fake_ud(fake), 4, 0);
	bench_settle();
	ck_assert_uint_eq(room_events(), 1);
	ck_assert_uint_eq(rail_statistics(rail).sent, 9);
	for (uint32_t i = 9; i <= 16; i++)
		ck_assert_int_eq(rail_send(rail, "10.0.0.2", 100, i), 0);
	fake_complete(fake, fake_ud(fake), 8, 0);
	bench_settle();
	ck_assert_uint_eq(room_events(), 1);
	bench_close();
}
END_TEST

START_TEST(a_send_queue_of_one_works)
{
	up_with_depth(1);
	for (uint32_t i = 1; i <= 20; i++) {
		ck_assert_int_eq(rail_send(rail, "10.0.0.2", 100, i), 0);
		ck_assert_int_eq(rail_send(rail, "10.0.0.2", 100, i), -EAGAIN);
		fake_complete(fake, fake_ud(fake), 1, 0);
		bench_settle();
		ck_assert_uint_eq(room_events(), i);
	}
	bench_close();
}
END_TEST

START_TEST(completions_with_errors_make_room_too)
{
	up_with_depth(4);
	for (uint32_t i = 1; i <= 4; i++)
		ck_assert_int_eq(rail_send(rail, "10.0.0.2", 100, i), 0);
	ck_assert_int_eq(rail_send(rail, "10.0.0.2", 100, 5), -EAGAIN);
	fake_complete(fake, fake_ud(fake), 1, -EIO);
	fake_complete(fake, fake_ud(fake), 3, -ECANCELED);
	bench_settle();
	ck_assert_uint_eq(room_events(), 1);
	ck_assert_uint_eq(rail->undelivered[IPOIB_SEND_DROP_TRANSPORT], 4);
	ck_assert_uint_eq(rail_statistics(rail).sent, 1);
	bench_close();
}
END_TEST

/* The refused packet saw a queue that was full of packets which the adapter then did not take. */
START_TEST(room_is_told_of_when_the_posts_that_filled_the_queue_fail)
{
	struct ipoib_packet packets[5];
	const struct ipoib_ip to = ip("10.0.0.2");

	up_with_depth(4);
	for (uint32_t i = 0; i < 5; i++)
		packets[i] = (struct ipoib_packet){ .buffer = rail_packet(rail, &to, 100, i),
						    .next_hop = to };
	fake_fail(fake, FAKE_POST_SEND, 1, false);
	ck_assert_int_eq(ipoib_interface_send(rail->interface, packets, 5), 4);
	ck_assert_int_eq(packets[4].status, -EAGAIN);
	ipoib_buffer_unref(packets[4].buffer);
	bench_settle();
	ck_assert_uint_eq(rail->undelivered[IPOIB_SEND_DROP_TRANSPORT], 4);
	ck_assert_uint_eq(room_events(), 1);
	bench_close();
}
END_TEST

/* The same without anybody to be told of the fates: nothing else would wake the context. */
START_TEST(room_is_told_of_when_a_backlog_is_not_taken)
{
	up_with_depth(4);
	for (uint32_t i = 1; i <= 8; i++)
		ck_assert_int_eq(rail_send(rail, "10.0.0.3", 100, i), 0);
	fake->completing = true;
	bench_run(0);
	ck_assert_uint_eq(rail_statistics(rail).sent, 9);
	fake->completing = false;
	for (uint32_t i = 1; i <= 8; i++) /* a new neighbour: eight wait, four are posted */
		ck_assert_int_eq(rail_send(rail, "10.0.0.4", 100, i), 0);
	for (int i = 0; i < 4 && fake_ud(fake)->send_count < 4; i++) {
		bench_settle();
		if (fake_ud(fake)->send_count == 1) /* the ARP request */
			fake_complete(fake, fake_ud(fake), 1, 0);
	}
	ck_assert_uint_eq(fake_ud(fake)->send_count, 4);
	ck_assert_int_eq(rail_send(rail, "10.0.0.2", 100, 9), -EAGAIN);
	fake_fail(fake, FAKE_POST_SEND, 1, true);
	fake_complete(fake, fake_ud(fake), 4, 0);
	bench_run(SECOND);
	ck_assert_uint_eq(rail->undelivered[IPOIB_SEND_DROP_TRANSPORT], 4);
	ck_assert_uint_eq(room_events(), 1);
	bench_close();
}
END_TEST

/* What waited goes before what is sent later, also when the queue has room for one at a time. */
START_TEST(packets_to_one_neighbour_never_overtake_each_other)
{
	struct ipoib_interface_config config = IPOIB_INTERFACE_CONFIG_INIT;
	struct ipoib_gid gid = fake_gid(2);
	uint32_t numbers[BENCH_NUMBERS], next = 0;
	size_t n;

	config.send_depth = 3;
	bench_up(&config);
	fake->completing = false;
	(void)gid;
	for (int i = 0; i < 400; i++) {
		for (uint64_t k = ipoib__random_below(support_random(), 4); k > 0; k--)
			if (rail_send(rail, "10.0.0.2", 100, next) == 0)
				next++;
		if (ipoib__random_below(support_random(), 3) > 0)
			fake_complete(fake, fake_ud(fake), 1, 0);
		bench_run(ipoib__random_below(support_random(), 3) * MILLISECOND);
	}
	fake->completing = true;
	bench_run(SECOND);
	n = rail_numbers(rail, NULL, numbers, BENCH_NUMBERS);
	ck_assert_uint_eq(n, next);
	ck_assert_uint_gt(n, 50);
	for (uint32_t i = 0; i < n; i++)
		ck_assert_uint_eq(numbers[i], i);
	bench_close();
}
END_TEST

static void send_one_more(struct rail *at, struct ipoib_buffer *packet)
{
	(void)packet;
	ck_assert_int_eq(rail_send(at, "10.0.0.4", 100, 8), -EAGAIN);
}

/* There is room in the queue, but packets that wait for it go first. */
START_TEST(a_send_from_a_callback_does_not_overtake_the_backlog)
{
	up_with_depth(4);
	for (uint32_t i = 0; i < 8; i++)
		ck_assert_int_eq(rail_send(rail, "10.0.0.4", 100, i), 0);
	for (int i = 0; i < 4 && fake_ud(fake)->send_count < 4; i++) {
		bench_settle();
		if (fake_ud(fake)->send_count == 1) /* the ARP request */
			fake_complete(fake, fake_ud(fake), 1, 0);
	}
	ck_assert_uint_eq(fake_ud(fake)->send_count, 4);
	fake_complete(fake, fake_ud(fake), 4, 0);
	rail->on_receive = send_one_more;
	ck_assert(rail_hear(rail, 2, 100));
	bench_settle();
	ck_assert_uint_eq(rail->received, 1);
	ck_assert_uint_eq(fake_ud(fake)->send_count, 4);
	fake_complete(fake, fake_ud(fake), 4, 0);
	bench_settle();
	ck_assert_uint_eq(room_events(), 1);
	bench_close();
}
END_TEST

static const size_t batches[] = { 1, 63, 64, 65, 128, 200 };

START_TEST(a_burst_of_any_size_is_sent_whole_and_in_order)
{
	const struct ipoib_ip to = ip("10.0.0.2");
	size_t count = batches[_i];
	struct ipoib_packet packets[200];
	uint32_t numbers[BENCH_NUMBERS];

	up_with_depth(256);
	for (uint32_t i = 0; i < count; i++)
		packets[i] = (struct ipoib_packet){ .buffer = rail_packet(rail, &to, 100, i),
						    .next_hop = to };
	ck_assert_int_eq(ipoib_interface_send(rail->interface, packets, count), (int)count);
	ck_assert_uint_eq(fake_ud(fake)->send_count, count);
	fake->completing = true;
	bench_settle();
	ck_assert_uint_eq(rail_numbers(rail, NULL, numbers, BENCH_NUMBERS), count);
	for (uint32_t i = 0; i < count; i++)
		ck_assert_uint_eq(numbers[i], i);
	ck_assert_uint_eq(rail_statistics(rail).sent, count + 1);
	ck_assert_uint_eq(rail_statistics(rail).sent_octets, (count + 1) * 100);
	bench_close();
}
END_TEST

START_TEST(a_burst_is_cut_where_the_queue_is_full)
{
	const struct ipoib_ip to = ip("10.0.0.2");
	struct ipoib_packet packets[100];

	up_with_depth(70);
	for (uint32_t i = 0; i < 100; i++)
		packets[i] = (struct ipoib_packet){ .buffer = rail_packet(rail, &to, 100, i),
						    .next_hop = to };
	ck_assert_int_eq(ipoib_interface_send(rail->interface, packets, 100), 70);
	for (size_t i = 0; i < 100; i++)
		ck_assert_int_eq(packets[i].status, i < 70 ? 0 : -EAGAIN);
	for (size_t i = 70; i < 100; i++)
		ipoib_buffer_unref(packets[i].buffer);
	fake->completing = true;
	bench_settle();
	ck_assert_uint_eq(rail_statistics(rail).sent, 71);
	ck_assert_uint_eq(room_events(), 1);
	bench_close();
}
END_TEST

Suite *suite_room(void)
{
	Suite *suite = suite_create("room");
	TCase *tcase = tcase_create("room");

	tcase_set_timeout(tcase, 60);
	tcase_add_checked_fixture(tcase, support_setup, support_teardown);
	tcase_add_test(tcase, a_full_send_queue_refuses_and_tells_of_room_once);
	tcase_add_test(tcase, a_send_queue_of_one_works);
	tcase_add_test(tcase, completions_with_errors_make_room_too);
	tcase_add_test(tcase, room_is_told_of_when_the_posts_that_filled_the_queue_fail);
	tcase_add_test(tcase, room_is_told_of_when_a_backlog_is_not_taken);
	tcase_add_test(tcase, packets_to_one_neighbour_never_overtake_each_other);
	tcase_add_test(tcase, a_send_from_a_callback_does_not_overtake_the_backlog);
	tcase_add_loop_test(tcase, a_burst_of_any_size_is_sent_whole_and_in_order, 0,
			    (int)(sizeof(batches) / sizeof(batches[0])));
	tcase_add_test(tcase, a_burst_is_cut_where_the_queue_is_full);
	suite_add_tcase(suite, tcase);
	return suite;
}
