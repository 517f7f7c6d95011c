/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Bursts: what one call costs the adapter; and when an adapter is asked to wake us. */
#include <errno.h>

#include "interface/bench.h"
#include "interface/suites.h"
#include "support/support.h"

#define PEER_IP "10.0.0.2"
#define PEER_QPN 0x102
#define TAKES 65524
#define BURST 16

static struct rail *const rail = &bench.rails[0];
static struct fake *const fake = &bench.fakes[0];

static void connect_to_peer(void)
{
	struct ipoib_interface_config config = bench_connected();

	config.connection_depth = BURST;
	bench_up(&config);
	bench.flags = IPOIB_LINK_ADDRESS_RC;
	for (uint32_t i = 0; i < 2; i++) {
		ck_assert_int_eq(rail_send(rail, PEER_IP, 100, i), 0);
		bench_run(100 * MILLISECOND);
	}
	fake_rc_up(fake, fake_rc_last(fake), PEER_QPN, TAKES);
	bench_settle();
}

/* Packets with the numbers from `first`, to the addresses in turn; how many were accepted. */
static int send_burst(const char *const *to, size_t addresses, size_t count, uint32_t first)
{
	struct ipoib_packet packets[BURST * 2];
	int accepted;

	for (size_t i = 0; i < count; i++) {
		struct ipoib_ip next_hop = ip(to[i % addresses]);

		packets[i] = (struct ipoib_packet){
			.buffer = rail_packet(rail, &next_hop, 100, first + (uint32_t)i),
			.next_hop = next_hop,
		};
	}
	accepted = ipoib_interface_send(rail->interface, packets, count);
	for (size_t i = 0; i < count; i++)
		if (packets[i].status != 0)
			ipoib_buffer_unref(packets[i].buffer);
	bench_check();
	return accepted;
}

static const char *const peer[] = { PEER_IP };

START_TEST(datagrams_to_one_neighbour_are_one_post)
{
	long before;

	bench_up(NULL);
	ck_assert_int_eq(rail_send(rail, PEER_IP, 100, 0), 0);
	bench_settle();
	before = fake->faults[FAKE_POST_SEND].calls;
	ck_assert_int_eq(send_burst(peer, 1, BURST, 1), BURST);
	ck_assert_int_eq(fake->faults[FAKE_POST_SEND].calls, before + 1);
	bench_close();
}
END_TEST

START_TEST(messages_to_one_connection_are_one_post)
{
	long before;

	connect_to_peer();
	before = fake->faults[FAKE_RC_POST_SEND].calls;
	ck_assert_int_eq(send_burst(peer, 1, BURST, 1), BURST);
	ck_assert_int_eq(fake->faults[FAKE_RC_POST_SEND].calls, before + 1);
	ck_assert_uint_eq(fake_rc_last(fake)->send_count, BURST);
	bench_settle();
	ck_assert_uint_eq(rail_statistics(rail).sent_connected, BURST);
	bench_close();
}
END_TEST

/* What the connection has no room for waits behind the burst, and keeps its order. */
START_TEST(a_burst_that_is_more_than_a_connection_takes_waits_in_its_order)
{
	struct fake_rc *rc;

	connect_to_peer();
	rc = fake_rc_last(fake);
	ck_assert_int_eq(send_burst(peer, 1, BURST + 6, 1), BURST + 6);
	ck_assert_uint_eq(rc->send_count, BURST);
	ck_assert_uint_eq(rail_statistics(rail).queued, BURST + 6);
	for (uint32_t i = 0; i < BURST; i++)
		ck_assert_uint_eq(rc->sends[i].address[4 + 23] + rc->sends[i].address[4 + 20],
				  i + 1);
	bench_settle();
	ck_assert_uint_eq(rail_statistics(rail).queued, 0);
	ck_assert_uint_eq(rail_statistics(rail).sent_connected, BURST + 6);
	bench_close();
}
END_TEST

/* One that is posted in vain ends in the counter of its reason, as all of them do. */
START_TEST(a_post_that_fails_fails_the_whole_burst)
{
	connect_to_peer();
	fake_fail(fake, FAKE_RC_POST_SEND, 1, false);
	ck_assert_int_eq(send_burst(peer, 1, BURST, 1), BURST);
	bench_settle();
	bench_check();
	ck_assert_uint_eq(rail_statistics(rail).send_dropped[IPOIB_SEND_DROP_TRANSPORT], BURST);
	bench_close();
}
END_TEST

START_TEST(a_mixed_burst_reaches_each_of_its_destinations)
{
	static const char *const mixed[] = { PEER_IP,	 "10.0.0.3", "10.0.0.255",
					     "10.0.0.9", "10.0.0.3", PEER_IP };
	uint64_t before;

	connect_to_peer();
	bench.flags = 0;
	ck_assert_int_eq(rail_send(rail, "10.0.0.3", 100, 1), 0);
	bench_run(100 * MILLISECOND);
	before = rail_statistics(rail).sent;
	/* One of them is not known yet: it is asked for meanwhile. */
	ck_assert_int_eq(send_burst(mixed, 6, 12, 1), 12);
	bench_run(SECOND);
	bench_check();
	ck_assert_uint_eq(rail_statistics(rail).sent, before + 12);
	ck_assert_uint_eq(rail_statistics(rail).sent_connected, 4);
	bench_close();
}
END_TEST

/* A full table: the entry of a burst's neighbour may give way in the middle of the burst. */
START_TEST(a_burst_to_more_neighbours_than_there_are_entries_is_safe)
{
	struct ipoib_interface_config config = IPOIB_INTERFACE_CONFIG_INIT;
	static const char *const many[] = { "10.0.0.2", "10.0.0.3", "10.0.0.2", "10.0.0.4",
					    "10.0.0.2", "10.0.0.5", "10.0.0.2", "10.0.0.6" };

	config.neighbours_max = 2;
	config.gc_thresh1 = 1;
	config.gc_thresh2 = 1;
	bench_up(&config);
	for (uint32_t i = 0; i < 20; i++) {
		send_burst(many, 8, 8, i * 8);
		bench_run(400 * MILLISECOND);
		bench_check();
	}
	bench_close();
}
END_TEST

/* ---- waking ---- */

START_TEST(who_polls_while_packets_come_is_not_woken)
{
	bench_up(NULL);
	bench_run(10 * MILLISECOND);
	for (unsigned i = 0; i < 100; i++) {
		ck_assert(rail_hear(rail, 2, 100));
		fake_ud(fake)->armed = false; /* what woke us is used up */
		ck_assert_int_eq(ipoib_interface_poll(rail->interface, 16), 1);
		support_advance(10000);
		ck_assert_int_eq(ipoib_interface_poll(rail->interface, 16), 0);
		ck_assert(!fake_ud(fake)->armed);
	}
	bench_close();
}
END_TEST

START_TEST(who_sleeps_after_polling_is_woken)
{
	bench_up(NULL);
	bench_run(10 * MILLISECOND);
	ck_assert(rail_hear(rail, 2, 100));
	ck_assert_int_eq(ipoib_interface_poll(rail->interface, 16), 1);
	ck_assert(!fake_ud(fake)->armed);
	/* Whoever looks at the deadline dispatches now, and that asks for it. */
	ck_assert_uint_le(ipoib_context_deadline(bench.context), support_now);
	ck_assert_int_eq(ipoib_context_dispatch(bench.context), 0);
	ck_assert(fake_ud(fake)->armed);
	ck_assert_uint_gt(ipoib_context_deadline(bench.context), support_now);
	bench_close();
}
END_TEST

/* A loop that polls once a turn, and sleeps in between, comes to rest. */
START_TEST(who_polls_in_vain_for_a_while_is_woken_as_well)
{
	bench_up(NULL);
	bench_run(10 * MILLISECOND);
	ck_assert(rail_hear(rail, 2, 100));
	ck_assert_int_eq(ipoib_interface_poll(rail->interface, 16), 1);
	support_advance(MILLISECOND);
	ck_assert_int_eq(ipoib_interface_poll(rail->interface, 16), 0);
	ck_assert(fake_ud(fake)->armed);
	ck_assert_int_eq(ipoib_context_dispatch(bench.context), 0);
	ck_assert_int_eq(ipoib_interface_poll(rail->interface, 16), 0);
	ck_assert_uint_gt(ipoib_context_deadline(bench.context), support_now);
	bench_close();
}
END_TEST

/*
 * What its announcement ends has completed already, and both are read in one burst. One that has
 * just acknowledged has not started again.
 */
START_TEST(an_announcement_is_read_after_the_completions_beside_it)
{
	uint8_t octets[128];
	size_t length = arp_octets(octets, 2, 2, PEER_IP, PEER_IP);
	struct fake_rc *rc;

	connect_to_peer();
	rc = fake_rc_last(fake);
	fake->completing = false;
	for (uint32_t i = 0; i < 4; i++)
		ck_assert_int_eq(rail_send(rail, PEER_IP, 3000, i), 0);
	bench_run(200 * MILLISECOND);
	octets[12] = _i ? IPOIB_LINK_ADDRESS_RC : 0;
	ck_assert(rail_hear_octets(rail, 2, octets, length));
	fake_rc_complete(fake, rc, 3, 0);
	bench_settle();
	ck_assert_uint_eq(rc->alive, _i);
	ck_assert_uint_eq(rail->undelivered[IPOIB_SEND_DROP_TRANSPORT], !_i);
	ck_assert_uint_eq(rail_statistics(rail).sent_connected, 3);
	fake->completing = true;
	bench_close();
}
END_TEST

Suite *suite_burst(void)
{
	Suite *suite = suite_create("burst");
	TCase *tcase = tcase_create("burst");

	tcase_add_checked_fixture(tcase, support_setup, support_teardown);
	tcase_add_test(tcase, datagrams_to_one_neighbour_are_one_post);
	tcase_add_test(tcase, messages_to_one_connection_are_one_post);
	tcase_add_test(tcase, a_burst_that_is_more_than_a_connection_takes_waits_in_its_order);
	tcase_add_test(tcase, a_post_that_fails_fails_the_whole_burst);
	tcase_add_test(tcase, a_mixed_burst_reaches_each_of_its_destinations);
	tcase_add_test(tcase, a_burst_to_more_neighbours_than_there_are_entries_is_safe);
	tcase_add_test(tcase, who_polls_while_packets_come_is_not_woken);
	tcase_add_test(tcase, who_sleeps_after_polling_is_woken);
	tcase_add_test(tcase, who_polls_in_vain_for_a_while_is_woken_as_well);
	tcase_add_loop_test(tcase, an_announcement_is_read_after_the_completions_beside_it, 0, 2);
	suite_add_tcase(suite, tcase);
	return suite;
}
