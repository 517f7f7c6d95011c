/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Two interfaces of one port: none that takes all it can get leaves the other without. */
#include <errno.h>

#include "interface/bench.h"
#include "interface/suites.h"
#include "support/support.h"
#include "wire/encap.h"

#define BESIDE_PKEY 0x8001
#define DEPTH 64
/* An interface brings 512 buffers, of which half are its own. */
#define LEAST 256
#define KEPT_MAX 2048
#define PACKETS_A_TURN 256

static struct rail *const greedy = &bench.rails[0];
static struct rail *const beside = &bench.rails[1];
static struct fake *const fake = &bench.fakes[0];
static struct ipoib_buffer *kept[KEPT_MAX];
static size_t kept_count;

static void up(void)
{
	struct ipoib_interface_config config = IPOIB_INTERFACE_CONFIG_INIT;

	kept_count = 0;
	config.receive_depth = DEPTH;
	config.send_depth = DEPTH;
	config.queue_packets_total = 64;
	bench_up(&config);
	fake->port.pkeys[1] = BESIDE_PKEY;
	fake->port.pkey_count = 2;
	fake_port_event(fake);
	config.pkey = BESIDE_PKEY;
	rail_open(beside, fake, &config);
	rail_bind(beside, "10.0.1.1");
	bench_run(SECOND);
	ck_assert(rail_is_up(beside));
}

static void give_back_all(void)
{
	while (kept_count > 0)
		ipoib_buffer_unref(kept[--kept_count]);
}

/* How many buffers there are for a caller. */
static size_t take_all(struct rail *rail)
{
	size_t before = kept_count;

	while (ipoib_interface_buffer(rail->interface, &kept[kept_count]) == 0)
		ck_assert_uint_lt(++kept_count, KEPT_MAX);
	return kept_count - before;
}

static bool hear(struct rail *rail, const char *source, const char *destination)
{
	const struct fake_arrival from = { .source_qpn = 0x102, .source_lid = 2 };
	uint8_t octets[IPOIB__ENCAP_LENGTH + 100] = { 8, 0 };

	ip_octets(octets + IPOIB__ENCAP_LENGTH, source, destination, 100, 0);
	return fake_deliver(fake, &fake->uds[rail == beside], &from, octets, sizeof(octets));
}

static void keep(struct rail *at, struct ipoib_buffer *packet)
{
	(void)at;
	ck_assert_uint_lt(kept_count, KEPT_MAX);
	kept[kept_count++] = ipoib_buffer_ref(packet);
}

static uint64_t without_buffer(const struct rail *rail)
{
	return rail_statistics(rail).receive_dropped[IPOIB_RECEIVE_DROP_NO_BUFFER];
}

START_TEST(a_caller_that_takes_every_buffer_leaves_the_other_its_half)
{
	size_t first, second;

	up();
	first = take_all(greedy);
	ck_assert_uint_gt(first, LEAST); /* it borrows what nobody else counts on */
	second = take_all(beside);
	ck_assert_uint_ge(second, LEAST - DEPTH - 1);
	ck_assert_uint_eq(take_all(greedy), 0);
	ipoib_buffer_unref(kept[--kept_count]); /* what is given back is its own again */
	ck_assert_uint_eq(take_all(greedy), 0);
	ck_assert_uint_eq(take_all(beside), 1);
	give_back_all();
	ck_assert_uint_eq(take_all(beside), first); /* and now it is the one that borrows */
	give_back_all();
	bench_close();
}
END_TEST

/* Whichever is asked first in a turn: what one does not give back is not taken from the other. */
START_TEST(a_caller_that_keeps_all_it_hears_makes_the_other_neither_deaf_nor_mute)
{
	up();
	greedy->on_receive = keep;
	for (int i = 0; i < 1500; i++) {
		hear(greedy, "10.0.0.2", "10.0.0.1");
		bench_settle();
		ck_assert(hear(beside, "10.0.1.2", "10.0.1.1"));
		bench_settle();
		ck_assert_uint_eq(fake->uds[1].receive_count, DEPTH);
	}
	ck_assert_uint_gt(without_buffer(greedy), 0);
	ck_assert_uint_eq(without_buffer(beside), 0);
	ck_assert_uint_eq(rail_statistics(beside).delivered, 1500);
	ck_assert_uint_ge(take_all(beside), LEAST - DEPTH - 1);
	give_back_all();
	bench_close();
}
END_TEST

START_TEST(buffers_that_outlive_their_interface_are_of_no_share)
{
	struct ipoib_buffer *others[LEAST];
	size_t count, alone;

	up();
	alone = take_all(greedy);
	give_back_all();
	for (count = 0; count < 100; count++)
		ck_assert_int_eq(ipoib_interface_buffer(beside->interface, &others[count]), 0);
	rail_close(beside);
	bench_settle();
	ck_assert_uint_gt(take_all(greedy), LEAST);
	give_back_all();
	while (count > 0)
		ipoib_buffer_unref(others[--count]);
	ck_assert_uint_ge(take_all(greedy), alone);
	give_back_all();
	bench_close();
}
END_TEST

/* As soon as a packet is handed up the next has arrived. */
static void hear_again(struct rail *at, struct ipoib_buffer *packet)
{
	(void)packet;
	hear(at, "10.0.0.2", "10.0.0.1");
}

START_TEST(endless_traffic_of_one_delays_neither_packets_nor_timers_of_the_other)
{
	uint64_t before, questions;

	up();
	bench.silent = true;
	greedy->on_receive = hear_again;
	ck_assert_int_eq(rail_send(beside, "10.0.1.9", 100, 1), 0);
	hear(greedy, "10.0.0.2", "10.0.0.1");
	for (int i = 0; i < 100; i++) {
		before = rail_statistics(greedy).received;
		ck_assert(hear(beside, "10.0.1.2", "10.0.1.1"));
		support_now += 50 * MILLISECOND;
		ck_assert_int_eq(ipoib_context_dispatch(bench.context), 0);
		ck_assert_uint_eq(rail_statistics(beside).delivered, (uint64_t)i + 1);
		ck_assert_uint_le(rail_statistics(greedy).received - before, 2 * PACKETS_A_TURN);
		ck_assert_uint_ge(rail_statistics(greedy).received - before, PACKETS_A_TURN);
		ck_assert_uint_le(ipoib_context_deadline(bench.context), support_now);
	}
	/* the neighbour was asked for three times and given up after as many seconds */
	questions = rail_statistics(beside).arp_requests_sent;
	ck_assert_uint_ge(questions, 3);
	ck_assert_uint_eq(rail_events(beside, IPOIB_EVENT_NEIGHBOUR_FAILED), 1);
	ck_assert_uint_eq(beside->undelivered[IPOIB_SEND_DROP_UNREACHABLE], 1);
	greedy->on_receive = NULL;
	bench_settle();
	bench_close();
}
END_TEST

Suite *suite_fairness(void)
{
	Suite *suite = suite_create("fairness");
	TCase *tcase = tcase_create("fairness");

	tcase_add_checked_fixture(tcase, support_setup, support_teardown);
	tcase_set_timeout(tcase, 60); /* for valgrind */
	tcase_add_test(tcase, a_caller_that_takes_every_buffer_leaves_the_other_its_half);
	tcase_add_test(tcase,
		       a_caller_that_keeps_all_it_hears_makes_the_other_neither_deaf_nor_mute);
	tcase_add_test(tcase, buffers_that_outlive_their_interface_are_of_no_share);
	tcase_add_test(tcase,
		       endless_traffic_of_one_delays_neither_packets_nor_timers_of_the_other);
	suite_add_tcase(suite, tcase);
	return suite;
}
