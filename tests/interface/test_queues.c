/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Packets that wait: bounded for each neighbour, bounded together, aged, and answered (I9, I10). */
#include <errno.h>
#include <stdio.h>

#include "interface/nd_rig.h"
#include "interface/suites.h"
#include "support/support.h"

static struct rail *const rail = &bench.rails[0];
static struct fake *const fake = &bench.fakes[0];

static void up_with(uint32_t packets, uint32_t total, uint32_t age_ms)
{
	struct ipoib_interface_config config = IPOIB_INTERFACE_CONFIG_INIT;

	config.queue_packets = packets;
	config.queue_packets_total = total;
	config.queue_age_ms = age_ms;
	bench_up(&config);
}

static int send_to(unsigned host, uint32_t number)
{
	char text[32];

	snprintf(text, sizeof(text), "10.0.0.%u", host);
	return rail_send(rail, text, 100, number);
}

START_TEST(a_full_queue_refuses_and_keeps_what_it_has_accepted)
{
	uint32_t numbers[BENCH_NUMBERS];

	up_with(4, 1024, 5000);
	for (uint32_t i = 0; i < 10; i++)
		ck_assert_int_eq(send_to(2, i), i < 4 ? 0 : -ENOBUFS);
	ck_assert_uint_eq(rail_statistics(rail).queued, 4);
	ck_assert_uint_eq(rail_statistics(rail).refused_other, 6);
	bench_run(SECOND);
	ck_assert_uint_eq(rail->undelivered[IPOIB_SEND_DROP_QUEUE_FULL], 0);
	ck_assert_uint_eq(rail_numbers(rail, NULL, numbers, BENCH_NUMBERS), 4);
	for (uint32_t i = 0; i < 4; i++)
		ck_assert_uint_eq(numbers[i], i);
	bench_close();
}
END_TEST

START_TEST(all_queues_together_are_bounded)
{
	up_with(4, 10, 5000);
	bench.silent = true;
	for (unsigned host = 2; host < 12; host++)
		ck_assert_int_eq(send_to(host, 0), 0);
	ck_assert_int_eq(send_to(12, 0), -ENOBUFS);
	ck_assert_int_eq(send_to(2, 1), -ENOBUFS);
	ck_assert_uint_eq(rail_statistics(rail).queued, 10);
	ck_assert_uint_eq(rail_statistics(rail).refused_other, 2);
	bench_settle();
	ck_assert_uint_eq(rail->undelivered[IPOIB_SEND_DROP_QUEUE_FULL], 0);
	ck_assert_uint_eq(rail_neighbour(rail, "10.0.0.12"), 0);
	bench_close();
}
END_TEST

/* Neighbours that do not answer, and as many packets to each as are taken. */
START_TEST(full_queues_leave_room_to_wait_to_other_neighbours)
{
	unsigned taken[8] = { 0 };

	up_with(16, 32, 5000);
	bench.silent = true;
	for (unsigned host = 2; host < 7; host++)
		while (send_to(host, 0) == 0)
			taken[host]++;
	ck_assert_uint_eq(taken[2], 16);
	for (unsigned host = 3; host < 7; host++)
		ck_assert_uint_ge(taken[host], 1);
	/* Room that comes back is not for those that have most. */
	bench_run(5100 * MILLISECOND);
	for (unsigned round = 0; round < 16; round++)
		for (unsigned host = 12; host < 16; host++)
			send_to(host, round);
	ck_assert_uint_gt(rail_statistics(rail).queued, 24);
	for (unsigned host = 12; host < 16; host++) {
		struct ipoib_neighbour_info info = { .size = sizeof(info) };
		char text[32];
		struct ipoib_ip address;

		snprintf(text, sizeof(text), "10.0.0.%u", host);
		address = ip(text);
		ck_assert_int_eq(ipoib_neighbour_find(rail->interface, &address, &info), 0);
		ck_assert_uint_ge(info.queued, 6);
	}
	bench_close();
}
END_TEST

/* What fills the queues waits for ARP: so ARP must not wait for room in the queues. */
START_TEST(full_queues_do_not_keep_arp_from_being_sent)
{
	up_with(64, 64, 5000);
	for (uint32_t i = 0; i < 64; i++)
		ck_assert_int_eq(send_to(2, i), 0);
	bench_run(SECOND);
	ck_assert_uint_ge(arp_sent(fake, 1), 1);
	ck_assert_uint_eq(rail_statistics(rail).sent, 64);
	bench_close();
}
END_TEST

START_TEST(full_queues_do_not_keep_an_arp_reply_from_being_sent)
{
	up_with(64, 64, 5000);
	ck_assert(rail_hear_arp(rail, 1, 7, "10.0.0.7", "10.0.0.1"));
	bench_settle();
	ck_assert_uint_eq(arp_sent(fake, 2), 1);
	bench.silent = true;
	for (uint32_t i = 0; i < 64; i++)
		ck_assert_int_eq(send_to(2, i), 0);
	ck_assert(rail_hear_arp(rail, 1, 7, "10.0.0.7", "10.0.0.1"));
	bench_settle();
	ck_assert_uint_eq(arp_sent(fake, 2), 2);
	bench_close();
}
END_TEST

/* Both wait for one group, which is being joined. */
START_TEST(solicitations_push_no_packet_of_the_caller_out_of_a_queue)
{
	struct ipoib_interface_config config = IPOIB_INTERFACE_CONFIG_INIT;
	const struct ipoib_ip group = ip("ff02::1:ff00:7");

	config.queue_packets = 2;
	nd_up(&config);
	fake->answering = false;
	for (int i = 0; i < 2; i++)
		ck_assert_int_eq(nd_send_to(&group, 100), 0);
	ck_assert_int_eq(nd_send_to(&group, 100), -ENOBUFS);
	ck_assert_int_eq(nd_send(7, 100), 0);
	bench_run(2500 * MILLISECOND);
	ck_assert_uint_eq(rail_statistics(rail).nd_solicitations_sent, 3);
	ck_assert_uint_eq(rail_statistics(rail).queued, 3);
	ck_assert_uint_eq(rail_statistics(rail).control_failed, 1); /* the oldest of ours */
	bench_close();
}
END_TEST

/* Forged requests from many GIDs, for which the administrator has no answer. */
START_TEST(a_flood_of_arp_requests_leaves_room_for_the_callers_packets)
{
	up_with(64, 64, 5000);
	fake->answering = false;
	for (uint16_t i = 0; i < 200; i++) {
		ck_assert(rail_hear_arp(rail, 1, (uint16_t)(1000 + i), "10.0.0.7", "10.0.0.1"));
		bench_settle();
	}
	ck_assert_int_eq(send_to(2, 0), 0);
	ck_assert_uint_le(fake_open_questions(fake, false), 32);
	bench_close();
}
END_TEST

START_TEST(a_packet_that_waited_too_long_is_answered)
{
	up_with(64, 1024, 500);
	bench.silent = true;
	ck_assert_int_eq(send_to(2, 0), 0);
	bench_run(200 * MILLISECOND);
	ck_assert_int_eq(send_to(2, 1), 0);
	bench_run(290 * MILLISECOND);
	ck_assert_uint_eq(rail_statistics(rail).queued, 2);
	bench_run(20 * MILLISECOND);
	ck_assert_uint_eq(rail->undelivered[IPOIB_SEND_DROP_QUEUE_AGE], 1);
	bench_run(210 * MILLISECOND);
	ck_assert_uint_eq(rail->undelivered[IPOIB_SEND_DROP_QUEUE_AGE], 2);
	ck_assert_uint_eq(rail_statistics(rail).queued, 0);
	bench_close();
}
END_TEST

START_TEST(packets_of_almost_one_age_are_answered_each_in_its_time)
{
	up_with(64, 1024, 500);
	bench.silent = true;
	ck_assert_int_eq(send_to(2, 0), 0);
	bench_run(20 * MILLISECOND);
	ck_assert_int_eq(send_to(3, 1), 0);
	bench_run(490 * MILLISECOND);
	ck_assert_uint_eq(rail->undelivered[IPOIB_SEND_DROP_QUEUE_AGE], 1);
	bench_run(20 * MILLISECOND);
	ck_assert_uint_eq(rail->undelivered[IPOIB_SEND_DROP_QUEUE_AGE], 2);
	bench_close();
}
END_TEST

START_TEST(a_backlog_ages_too)
{
	struct ipoib_interface_config config = IPOIB_INTERFACE_CONFIG_INIT;

	config.send_depth = 2;
	config.queue_age_ms = 500;
	bench_up(&config);
	for (uint32_t i = 0; i < 6; i++)
		ck_assert_int_eq(send_to(2, i), 0);
	while (rail_neighbour(rail, "10.0.0.2") != IPOIB_NEIGHBOUR_REACHABLE)
		ck_assert_int_eq(ipoib_context_dispatch(bench.context), 0);
	fake->completing = false;
	bench_run(SECOND);
	ck_assert_uint_eq(rail->undelivered[IPOIB_SEND_DROP_QUEUE_AGE], 4);
	ck_assert_uint_eq(fake_ud(fake)->send_count, 2);
	fake->completing = true;
	bench_settle();
	ck_assert_uint_eq(rail_statistics(rail).sent, 2);
	bench_close();
}
END_TEST

START_TEST(packets_to_a_host_that_is_not_there_are_answered_and_then_refused)
{
	up_with(64, 1024, 5000);
	bench.silent = true;
	for (uint32_t i = 0; i < 5; i++)
		ck_assert_int_eq(send_to(2, i), 0);
	bench_run(3500 * MILLISECOND);
	ck_assert_uint_eq(rail->undelivered[IPOIB_SEND_DROP_UNREACHABLE], 5);
	ck_assert_uint_eq(rail_events(rail, IPOIB_EVENT_NEIGHBOUR_FAILED), 1);
	ck_assert_uint_eq(arp_sent(fake, 1), 3);
	ck_assert_int_eq(send_to(2, 5), -EHOSTUNREACH);
	ck_assert_uint_eq(rail_statistics(rail).refused_unreachable, 1);
	bench_close();
}
END_TEST

/* More than one turn tells. */
START_TEST(each_of_many_undelivered_packets_is_told)
{
	uint64_t accepted = 0;

	up_with(64, 1024, 5000);
	bench.silent = true;
	for (unsigned host = 2; host < 18; host++)
		for (uint32_t i = 0; i < 60; i++, accepted++)
			ck_assert_int_eq(send_to(host, i), 0);
	fake->port.state = IPOIB_PORT_DOWN;
	fake_port_event(fake);
	ck_assert_int_eq(ipoib_context_dispatch(bench.context), 0);
	ck_assert_uint_eq(rail_statistics(rail).send_dropped[IPOIB_SEND_DROP_LINK_DOWN], accepted);
	ck_assert_uint_lt(rail->undelivered[IPOIB_SEND_DROP_LINK_DOWN], accepted);
	bench_settle();
	ck_assert_uint_eq(rail->undelivered[IPOIB_SEND_DROP_LINK_DOWN], accepted);
	bench_close();
}
END_TEST

START_TEST(packets_without_a_path_are_answered_and_then_refused)
{
	up_with(64, 1024, 5000);
	fake->path_status = -ENOENT;
	ck_assert_int_eq(send_to(2, 0), 0);
	bench_settle();
	ck_assert_uint_eq(rail->undelivered[IPOIB_SEND_DROP_NO_PATH], 1);
	ck_assert_int_eq(send_to(2, 1), -EHOSTUNREACH);
	bench_run(2 * SECOND);
	fake->path_status = 0;
	ck_assert_int_eq(send_to(2, 2), 0);
	bench_run(SECOND);
	ck_assert_uint_eq(rail_statistics(rail).sent, 1);
	bench_close();
}
END_TEST

/* The path failed a moment ago: another address behind it need not wait for its own age. */
START_TEST(a_neighbour_behind_a_path_that_failed_is_answered_at_once)
{
	up_with(64, 1024, 5000);
	fake->path_status = -ENOENT;
	ck_assert_int_eq(send_to(2, 0), 0);
	bench_settle();
	bench.silent = true;
	ck_assert_int_eq(send_to(99, 1), 0);
	bench_settle();
	ck_assert(rail_hear_arp(rail, 2, 2, "10.0.0.99", "10.0.0.1"));
	bench_settle();
	ck_assert_uint_eq(rail->undelivered[IPOIB_SEND_DROP_NO_PATH], 2);
	bench_close();
}
END_TEST

START_TEST(an_idle_neighbour_gives_way_in_a_full_table_and_a_busy_one_does_not)
{
	struct ipoib_interface_config config = IPOIB_INTERFACE_CONFIG_INIT;

	config.neighbours_max = 4;
	bench_up(&config);
	for (unsigned host = 2; host < 6; host++) {
		ck_assert_int_eq(send_to(host, host), 0);
		bench_run(SECOND);
	}
	fake->completing = false;
	ck_assert_int_eq(send_to(2, 0), 0); /* the longest unused, and in flight */
	ck_assert_int_eq(send_to(6, 0), 0);
	ck_assert_uint_eq(rail_neighbour(rail, "10.0.0.2"), IPOIB_NEIGHBOUR_REACHABLE);
	ck_assert_uint_eq(rail_neighbour(rail, "10.0.0.3"), 0);
	bench.silent = true;
	ck_assert_int_eq(send_to(7, 0), 0);
	ck_assert_int_eq(send_to(8, 0), 0);
	ck_assert_int_eq(send_to(9, 0), -ENOBUFS); /* one in flight, three that are waited for */
	fake->completing = true;
	bench_settle();
	ck_assert_int_eq(send_to(9, 0), 0);
	ck_assert_uint_eq(rail_neighbour(rail, "10.0.0.2"), 0);
	bench_close();
}
END_TEST

/* What is refused was not the last that was posted. */
START_TEST(a_busy_neighbour_stays_busy_when_the_send_queue_refuses_it)
{
	struct ipoib_interface_config config = IPOIB_INTERFACE_CONFIG_INIT;

	config.neighbours_max = 4;
	config.send_depth = 8;
	bench_up(&config);
	for (unsigned host = 2; host < 6; host++) {
		ck_assert_int_eq(send_to(host, host), 0);
		bench_run(SECOND);
	}
	fake->completing = false;
	for (uint32_t i = 0; i < 8; i++)
		ck_assert_int_eq(send_to(2, i), 0);
	ck_assert_int_eq(send_to(2, 8), -EAGAIN);
	ck_assert_int_eq(send_to(6, 0), 0);
	ck_assert_uint_eq(rail_neighbour(rail, "10.0.0.2"), IPOIB_NEIGHBOUR_REACHABLE);
	ck_assert_uint_eq(rail_neighbour(rail, "10.0.0.3"), 0);
	fake->completing = true;
	bench_close();
}
END_TEST

START_TEST(closing_with_packets_everywhere_leaves_nothing)
{
	up_with(64, 1024, 5000);
	ck_assert_int_eq(send_to(2, 0), 0);
	bench_run(SECOND);
	fake->completing = false;
	fake->answering = false;
	bench.silent = true;
	for (uint32_t i = 0; i < 20; i++) {
		ck_assert_int_eq(send_to(2, i), 0);
		ck_assert_int_eq(send_to(3 + i, i), 0);
		ck_assert_int_eq(rail_send(rail, "224.0.0.9", 100, i), 0);
	}
	fake_complete(fake, fake_ud(fake), 5, 0);
	ck_assert_uint_gt(rail_statistics(rail).queued, 0);
	bench_close();
	ck_assert(fake->destroyed);
}
END_TEST

Suite *suite_queues(void)
{
	Suite *suite = suite_create("queues");
	TCase *tcase = tcase_create("queues");

	tcase_set_timeout(tcase, 60);
	tcase_add_checked_fixture(tcase, support_setup, support_teardown);
	tcase_add_test(tcase, a_full_queue_refuses_and_keeps_what_it_has_accepted);
	tcase_add_test(tcase, all_queues_together_are_bounded);
	tcase_add_test(tcase, full_queues_leave_room_to_wait_to_other_neighbours);
	tcase_add_test(tcase, full_queues_do_not_keep_arp_from_being_sent);
	tcase_add_test(tcase, full_queues_do_not_keep_an_arp_reply_from_being_sent);
	tcase_add_test(tcase, solicitations_push_no_packet_of_the_caller_out_of_a_queue);
	tcase_add_test(tcase, a_flood_of_arp_requests_leaves_room_for_the_callers_packets);
	tcase_add_test(tcase, a_packet_that_waited_too_long_is_answered);
	tcase_add_test(tcase, packets_of_almost_one_age_are_answered_each_in_its_time);
	tcase_add_test(tcase, a_backlog_ages_too);
	tcase_add_test(tcase, packets_to_a_host_that_is_not_there_are_answered_and_then_refused);
	tcase_add_test(tcase, each_of_many_undelivered_packets_is_told);
	tcase_add_test(tcase, packets_without_a_path_are_answered_and_then_refused);
	tcase_add_test(tcase, a_neighbour_behind_a_path_that_failed_is_answered_at_once);
	tcase_add_test(tcase,
		       an_idle_neighbour_gives_way_in_a_full_table_and_a_busy_one_does_not);
	tcase_add_test(tcase, a_busy_neighbour_stays_busy_when_the_send_queue_refuses_it);
	tcase_add_test(tcase, closing_with_packets_everywhere_leaves_nothing);
	suite_add_tcase(suite, tcase);
	return suite;
}
