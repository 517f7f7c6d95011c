/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Buffers: a bounded pool, what its starvation does, and ICMP errors made of what was dropped. */
#include <errno.h>
#include <stdlib.h>

#include "interface/bench.h"
#include "interface/suites.h"
#include "support/support.h"

#define KEPT_MAX 4096

static struct rail *const rail = &bench.rails[0];
static struct fake *const fake = &bench.fakes[0];
static struct ipoib_buffer *kept[KEPT_MAX];
static size_t kept_count;

static void keep(struct rail *at, struct ipoib_buffer *packet)
{
	(void)at;
	ck_assert_uint_lt(kept_count, KEPT_MAX);
	kept[kept_count++] = ipoib_buffer_ref(packet);
}

static void give_back_all(void)
{
	while (kept_count > 0)
		ipoib_buffer_unref(kept[--kept_count]);
}

static void up_small(void)
{
	struct ipoib_interface_config config = IPOIB_INTERFACE_CONFIG_INIT;

	kept_count = 0;
	config.receive_depth = 64;
	config.send_depth = 64;
	config.queue_packets_total = 64;
	bench_up(&config);
}

START_TEST(a_buffer_says_what_it_holds)
{
	struct ipoib_buffer *buffer;

	bench_up(NULL);
	ck_assert_int_eq(ipoib_interface_buffer(rail->interface, &buffer), 0);
	ck_assert_uint_eq(ipoib_buffer_length(buffer), 0);
	ck_assert_uint_eq(ipoib_buffer_room(buffer), 4092);
	ck_assert_int_eq(ipoib_buffer_cast(buffer), 0);
	ck_assert_uint_eq(ipoib_buffer_source_qpn(buffer), 0);
	ck_assert_uint_eq(ipoib_buffer_source_lid(buffer), 0);
	ck_assert_int_eq(ipoib_buffer_set_length(buffer, 4092), 0);
	ck_assert_int_eq(ipoib_buffer_set_length(buffer, 4093), -EMSGSIZE);
	ck_assert_uint_eq(ipoib_buffer_length(buffer), 4092);
	ck_assert_ptr_eq(ipoib_buffer_ref(buffer), buffer);
	ipoib_buffer_unref(buffer);
	ipoib_buffer_unref(buffer);
	bench_close();
}
END_TEST

START_TEST(the_pool_is_bounded)
{
	struct ipoib_buffer *buffer;

	up_small();
	while (ipoib_interface_buffer(rail->interface, &buffer) == 0) {
		ck_assert_uint_lt(kept_count, KEPT_MAX);
		kept[kept_count++] = buffer;
	}
	ck_assert_int_eq(ipoib_interface_buffer(rail->interface, &buffer), -ENOMEM);
	ck_assert_uint_ge(kept_count, 128);
	ck_assert_uint_le(kept_count, 64 * 4 + 256);
	give_back_all();
	ck_assert_int_eq(ipoib_interface_buffer(rail->interface, &buffer), 0);
	ipoib_buffer_unref(buffer);
	bench_close();
}
END_TEST

static size_t buffers_of_a_pool(void)
{
	struct ipoib_buffer *buffer;
	size_t count;

	while (ipoib_interface_buffer(rail->interface, &buffer) == 0) {
		ck_assert_uint_lt(kept_count, KEPT_MAX);
		kept[kept_count++] = buffer;
	}
	count = kept_count;
	give_back_all();
	return count;
}

START_TEST(the_pool_of_an_interface_that_is_opened_often_grows_no_further)
{
	struct ipoib_interface_config config = IPOIB_INTERFACE_CONFIG_INIT;
	size_t first;

	up_small();
	first = buffers_of_a_pool();
	config.receive_depth = 64;
	config.send_depth = 64;
	config.queue_packets_total = 64;
	for (int i = 0; i < 10; i++) {
		rail_close(rail);
		rail_open(rail, fake, &config);
		bench_settle();
	}
	ck_assert_uint_eq(buffers_of_a_pool(), first);
	bench_close();
}
END_TEST

#define HEARD 600 /* more than the pool has */
#define STOCKED 32 /* half of receive_depth */

/* Packets arrive, and are kept; the receive queue never runs dry of it. */
static void keep_all_there_are(void)
{
	rail->on_receive = keep;
	for (int i = 0; i < HEARD; i++) {
		ck_assert(rail_hear(rail, 2, 100));
		bench_settle();
		ck_assert_uint_ge(fake_ud(fake)->receive_count, STOCKED);
	}
	rail->on_receive = NULL;
}

static void take_all_there_are(void)
{
	struct ipoib_buffer *buffer;

	while (ipoib_interface_buffer(rail->interface, &buffer) == 0) {
		ck_assert_uint_lt(kept_count, KEPT_MAX);
		kept[kept_count++] = buffer;
	}
}

START_TEST(a_caller_that_keeps_everything_leaves_the_receive_queue_stocked)
{
	uint64_t starved;

	up_small();
	keep_all_there_are();
	ck_assert_uint_gt(rail_statistics(rail).receive_starved, 0);
	ck_assert_uint_eq(rail_statistics(rail).receive_dropped[IPOIB_RECEIVE_DROP_NO_BUFFER],
			  HEARD - kept_count);
	ck_assert_uint_lt(kept_count, HEARD);
	bench_run(SECOND);
	starved = rail_statistics(rail).receive_starved;
	give_back_all(); /* it wakes the context by itself */
	bench_settle();
	ck_assert_uint_eq(fake_ud(fake)->receive_count, 64);
	ck_assert(rail_hear(rail, 2, 100));
	bench_settle();
	ck_assert_uint_eq(rail_statistics(rail).receive_dropped[IPOIB_RECEIVE_DROP_NO_BUFFER],
			  HEARD - rail_statistics(rail).delivered + 1);
	bench_run(SECOND);
	ck_assert_uint_le(rail_statistics(rail).receive_starved, starved + 10);
	bench_close();
}
END_TEST

/* Whether it keeps what it has received, takes what there is, or both: ARP goes in and out. */
START_TEST(arp_is_answered_and_asked_while_the_caller_has_every_buffer)
{
	struct ipoib_statistics before, after;

	up_small();
	if (_i != 1)
		keep_all_there_are();
	if (_i != 0)
		take_all_there_are();
	before = rail_statistics(rail);
	for (int i = 0; i < 200; i++) {
		ck_assert(rail_hear_arp(rail, 1, 7, "10.0.0.7", "10.0.0.1"));
		bench_settle();
	}
	after = rail_statistics(rail);
	ck_assert_uint_eq(after.arp_replies_sent, before.arp_replies_sent + 200);
	ck_assert_uint_eq(after.control_failed, before.control_failed);
	ck_assert_uint_eq(rail_neighbour(rail, "10.0.0.7"), IPOIB_NEIGHBOUR_STALE);
	give_back_all();
	bench_close();
}
END_TEST

static size_t buffers_events(void)
{
	return rail_events(rail, IPOIB_EVENT_BUFFERS);
}

START_TEST(buffers_that_are_back_are_told_once_and_when_there_is_a_burst_of_them)
{
	struct ipoib_buffer *buffer;

	up_small();
	take_all_there_are();
	bench_run(SECOND);
	ck_assert_uint_eq(buffers_events(), 0);
	for (int i = 0; i < 10; i++)
		ipoib_buffer_unref(kept[--kept_count]);
	bench_run(SECOND);
	ck_assert_uint_eq(buffers_events(), 0);
	give_back_all();
	bench_settle(); /* nothing else has to happen */
	ck_assert_uint_eq(buffers_events(), 1);
	ck_assert_int_eq(ipoib_interface_buffer(rail->interface, &buffer), 0);
	ipoib_buffer_unref(buffer);
	bench_run(SECOND);
	ck_assert_uint_eq(buffers_events(), 1);
	take_all_there_are();
	give_back_all();
	bench_settle();
	ck_assert_uint_eq(buffers_events(), 2);
	take_all_there_are(); /* closed while it waits to be told */
	rail_close(rail);
	give_back_all();
	bench_close();
}
END_TEST

START_TEST(the_size_of_the_pool_is_as_configured_and_to_be_seen)
{
	struct ipoib_interface_config config = IPOIB_INTERFACE_CONFIG_INIT;
	struct ipoib_interface_info info = { .size = sizeof(info) };

	kept_count = 0;
	config.receive_depth = 64;
	config.buffers = 300;
	bench_up(&config);
	ck_assert_int_eq(ipoib_interface_info(rail->interface, &info), 0);
	ck_assert_uint_eq(info.buffers, 384); /* whole slabs */
	ck_assert_uint_eq(info.buffers_out, 64);
	ck_assert_uint_eq(info.connected_buffers, 0);
	take_all_there_are();
	ck_assert_uint_eq(kept_count, 384 - 64 - 64 - STOCKED);
	ck_assert_int_eq(ipoib_interface_info(rail->interface, &info), 0);
	ck_assert_uint_eq(info.buffers_out, 64 + kept_count);
	give_back_all();
	bench_close();
}
END_TEST

/* The buffers come back while a callback runs, or without any dispatch at all. */
START_TEST(a_starved_queue_recovers_with_the_transport_of_another_interface)
{
	struct ipoib_interface_config config = IPOIB_INTERFACE_CONFIG_INIT;
	struct rail *other = &bench.rails[1];

	up_small();
	config.pkey = 0x8001;
	config.receive_depth = 64;
	config.send_depth = 64;
	config.queue_packets_total = 64;
	rail_open(other, fake, &config);
	bench_settle();
	rail->on_receive = keep;
	for (int i = 0; i < 2 * HEARD; i++) {
		ck_assert(rail_hear(rail, 2, 100));
		bench_settle();
	}
	ck_assert_uint_lt(fake->uds[0].receive_count, 64);
	rail->on_receive = NULL;
	give_back_all();
	bench_settle();
	ck_assert_uint_eq(fake->uds[0].receive_count, 64);
	ck_assert_uint_eq(fake->uds[1].receive_count, 64);
	bench_close();
}
END_TEST

START_TEST(kept_buffers_outlive_interface_transport_and_context)
{
	up_small();
	rail->on_receive = keep;
	for (int i = 0; i < 20; i++)
		ck_assert(rail_hear(rail, 2, 100));
	bench_settle();
	ck_assert_uint_eq(kept_count, 20);
	bench_close();
	ck_assert(!fake->destroyed);
	for (size_t i = 0; i < kept_count; i++)
		ck_assert_uint_eq(ipoib_buffer_length(kept[i]), 100);
	give_back_all();
	ck_assert(fake->destroyed);
	ck_assert_uint_eq(support_blocks(), 0);
}
END_TEST

/* ---- ICMP errors ---- */

static void up_with_icmp(void)
{
	struct ipoib_interface_config config = IPOIB_INTERFACE_CONFIG_INIT;

	config.icmp_errors = 1;
	bench_up(&config);
	bench.silent = true;
}

START_TEST(the_first_undeliverable_packets_are_answered_with_icmp)
{
	up_with_icmp();
	fake->path_status = -ENOENT;
	bench.silent = false;
	ck_assert_int_eq(rail_send(rail, "10.0.0.2", 100, 1), 0);
	bench_settle();
	ck_assert_uint_eq(rail->undelivered[IPOIB_SEND_DROP_NO_PATH], 1);
	ck_assert_uint_eq(rail->icmp[0], 1);
	ck_assert_uint_eq(rail_statistics(rail).icmp_errors, 1);
	bench_close();
}
END_TEST

START_TEST(a_flood_of_undeliverable_packets_is_answered_at_a_bounded_rate)
{
	uint64_t answered, first;

	up_with_icmp();
	for (uint32_t i = 0; i < 60; i++)
		rail_send(rail, "10.0.0.2", 100, i);
	bench_run(5 * SECOND);
	first = rail->icmp[0];
	ck_assert_uint_le(first, 50);
	for (uint32_t i = 0; i < 20000; i++) { /* refusals, for 2 s at most */
		rail_send(rail, "10.0.0.2", 100, i);
		bench_run(MILLISECOND / 10);
	}
	answered = rail->icmp[0] - first;
	ck_assert_uint_le(answered, 50 + 2 * 100 + 60);
	bench_close();
}
END_TEST

/* A callback is later than the dispatch around it: time must not seem to go back there. */
static void send_later(struct rail *at, struct ipoib_buffer *packet)
{
	(void)packet;
	support_advance(1000);
	rail_send(at, "10.0.0.2", 100, 0);
}

START_TEST(sends_from_callbacks_do_not_refill_the_credit_for_icmp)
{
	up_with_icmp();
	ck_assert_int_eq(rail_send(rail, "10.0.0.2", 100, 0), 0);
	bench_run(3500 * MILLISECOND);
	ck_assert_uint_eq(rail_neighbour(rail, "10.0.0.2"), IPOIB_NEIGHBOUR_FAILED);
	rail->on_receive = send_later;
	bench.silent = false;
	fake->path_status = -ENOENT;
	ck_assert_int_eq(rail_send(rail, "10.0.0.3", 100, 0), 0);
	for (int i = 0; i < 500; i++) {
		ck_assert(rail_hear(rail, 2, 100));
		if (rail_send(rail, "10.0.0.2", 100, 0) == 0)
			break;
		ck_assert_int_eq(ipoib_context_dispatch(bench.context), 0);
	}
	ck_assert_uint_le(rail_statistics(rail).icmp_errors, 60);
	rail->on_receive = NULL;
	bench_close();
}
END_TEST

Suite *suite_buffers(void)
{
	Suite *suite = suite_create("buffers");
	TCase *tcase = tcase_create("buffers");

	tcase_set_timeout(tcase, 60);
	tcase_add_checked_fixture(tcase, support_setup, support_teardown);
	tcase_add_test(tcase, a_buffer_says_what_it_holds);
	tcase_add_test(tcase, the_pool_is_bounded);
	tcase_add_test(tcase, the_pool_of_an_interface_that_is_opened_often_grows_no_further);
	tcase_add_test(tcase, a_caller_that_keeps_everything_leaves_the_receive_queue_stocked);
	tcase_add_loop_test(tcase, arp_is_answered_and_asked_while_the_caller_has_every_buffer, 0,
			    3);
	tcase_add_test(tcase,
		       buffers_that_are_back_are_told_once_and_when_there_is_a_burst_of_them);
	tcase_add_test(tcase, the_size_of_the_pool_is_as_configured_and_to_be_seen);
	tcase_add_test(tcase, a_starved_queue_recovers_with_the_transport_of_another_interface);
	tcase_add_test(tcase, kept_buffers_outlive_interface_transport_and_context);
	tcase_add_test(tcase, the_first_undeliverable_packets_are_answered_with_icmp);
	tcase_add_test(tcase, a_flood_of_undeliverable_packets_is_answered_at_a_bounded_rate);
	tcase_add_test(tcase, sends_from_callbacks_do_not_refill_the_credit_for_icmp);
	suite_add_tcase(suite, tcase);
	return suite;
}
