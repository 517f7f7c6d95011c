/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * A connection that was up and has failed. What needs it waits while it is made again; "too big" is
 * the answer when the peer has refused, or as long as a packet may wait was not enough.
 */
#include <errno.h>
#include <string.h>

#include <ipoib/connection.h>

#include "interface/connected_rig.h"
#include "interface/suites.h"
#include "support/support.h"
#include "wire/cm.h"

static struct rail *const rail = &bench.rails[0];
static struct fake *const fake = &bench.fakes[0];

/* Up, and lost: so that the next one is dialled when there is something to send. */
static void lose(int status, enum ipoib_connection_end why)
{
	struct ipoib_interface_config config = bench_connected();
	struct fake_rc *rc;

	config.queue_age_ms = 5000;
	connected_up(&config);
	rc = connected_connect();
	fake_rc_down_for(fake, rc, status, why);
	bench_settle();
	ck_assert_ptr_null(fake_rc_last(fake));
}

static struct ipoib_connection_info only_one(void)
{
	struct ipoib_connection_info info = { .size = sizeof(info) };
	uint64_t cursor = 0;

	ck_assert_int_eq(ipoib_connection_next(rail->interface, &cursor, &info), 1);
	return info;
}

static const struct ipoib_event *last_event(void)
{
	ck_assert_uint_gt(rail->event_count, 0);
	return &rail->events[rail->event_count - 1];
}

START_TEST(what_needs_it_waits_until_it_is_made_again)
{
	size_t mtus;

	lose(-EIO, IPOIB_CONNECTION_END_RETRIES);
	mtus = rail_events(rail, IPOIB_EVENT_NEIGHBOUR_MTU);
	for (uint32_t i = 0; i < 4; i++)
		ck_assert_int_eq(rail_send(rail, PEER_IP, LARGE, i), 0);
	bench_settle(); /* at once */
	ck_assert_ptr_nonnull(fake_rc_last(fake));
	ck_assert_uint_eq(rail_statistics(rail).queued, 4);
	fake_rc_up(fake, fake_rc_last(fake), PEER_QPN, TAKES);
	bench_settle();
	ck_assert_uint_eq(fake->rc_sent_count, 4);
	ck_assert_uint_eq(rail_statistics(rail).queued, 0);
	ck_assert_uint_eq(rail_events(rail, IPOIB_EVENT_NEIGHBOUR_MTU), mtus);
	ck_assert_uint_eq(rail_statistics(rail).connections_failed, 1);
	bench_close();
}
END_TEST

START_TEST(a_refusal_is_an_answer)
{
	lose(-EIO, IPOIB_CONNECTION_END_RETRIES);
	ck_assert_int_eq(rail_send(rail, PEER_IP, LARGE, 1), 0);
	bench_settle();
	fake_rc_refuse(fake, fake_rc_last(fake), IPOIB__CM_REASON_NO_RESOURCES);
	bench_settle();
	ck_assert_uint_eq(rail->undelivered[IPOIB_SEND_DROP_TOO_BIG], 1);
	ck_assert_int_eq(rail_send(rail, PEER_IP, LARGE, 2), -EMSGSIZE);
	ck_assert_uint_eq(last_event()->type, IPOIB_EVENT_NEIGHBOUR_MTU);
	ck_assert_uint_eq(last_event()->mtu, 2044);
	ck_assert_uint_eq(only_one().ended, IPOIB_CONNECTION_END_REFUSED);
	bench_close();
}
END_TEST

/* The peer is asked again after a second, 0.75 to 1.25 of it, and again after two. */
START_TEST(silence_is_no_answer_before_the_age_of_a_packet)
{
	lose(-EIO, IPOIB_CONNECTION_END_RETRIES);
	for (uint32_t i = 1; i <= 10; i++) {
		if (i % 3 == 1)
			ck_assert_int_eq(rail_send(rail, PEER_IP, LARGE, i), 0);
		bench_settle();
		if (fake_rc_last(fake))
			fake_rc_refuse(fake, fake_rc_last(fake), 0);
		bench_run(490 * MILLISECOND);
	}
	ck_assert_uint_eq(rail->undelivered[IPOIB_SEND_DROP_TOO_BIG], 0);
	ck_assert_uint_ge(rail_statistics(rail).connections_asked, 3);
	ck_assert_uint_le(rail_statistics(rail).connections_asked, 5);
	bench_run(SECOND);
	if (fake_rc_last(fake))
		fake_rc_refuse(fake, fake_rc_last(fake), 0);
	bench_settle();
	ck_assert_uint_eq(rail_statistics(rail).queued, 0); /* of age, or too big */
	ck_assert_int_eq(rail_send(rail, PEER_IP, LARGE, 1), -EMSGSIZE);
	ck_assert_uint_eq(only_one().ended, IPOIB_CONNECTION_END_UNANSWERED);
	bench_close();
}
END_TEST

/* What waits is asked for by itself: no other packet has to come. */
START_TEST(one_packet_that_waits_is_enough_to_ask_again)
{
	lose(-EIO, IPOIB_CONNECTION_END_RETRIES);
	ck_assert_int_eq(rail_send(rail, PEER_IP, LARGE, 1), 0);
	bench_settle();
	fake_rc_refuse(fake, fake_rc_last(fake), 0);
	bench_run(1300 * MILLISECOND);
	ck_assert_ptr_nonnull(fake_rc_last(fake));
	fake_rc_up(fake, fake_rc_last(fake), PEER_QPN, TAKES);
	bench_settle();
	ck_assert_uint_eq(fake->rc_sent_count, 1);
	bench_close();
}
END_TEST

/* ---- what ends a hold ---- */

/* Held for a minute and a half at least. */
static void hold_for_long(void)
{
	connected_up(NULL);
	for (unsigned i = 0; i < 7; i++) {
		fake_rc_refuse(fake, connected_dial(), 0);
		bench_settle();
		bench_run(only_one().hold_ns);
	}
	fake_rc_refuse(fake, connected_dial(), 0);
	bench_settle();
	ck_assert_uint_gt(only_one().hold_ns, 90 * SECOND);
	ck_assert_int_eq(rail_send(rail, PEER_IP, LARGE, 1), -EMSGSIZE);
}

static bool is_dialled(void)
{
	ck_assert_int_eq(rail_send(rail, PEER_IP, SMALL, 1), 0);
	bench_settle();
	return fake_rc_last(fake) != NULL;
}

START_TEST(a_subnet_manager_that_has_changed_ends_a_hold)
{
	hold_for_long();
	ck_assert(!is_dialled());
	bench_run(1);
	fake->port.sm_lid++;
	fake_port_event(fake);
	bench_settle();
	ck_assert(is_dialled());
	/* And the next one is held as before. */
	fake_rc_refuse(fake, fake_rc_last(fake), 0);
	bench_settle();
	ck_assert(!is_dialled());
	bench_close();
}
END_TEST

START_TEST(a_neighbour_that_was_away_and_is_found_again_ends_a_hold)
{
	hold_for_long();
	bench.silent = true;
	for (unsigned i = 0; rail_neighbour(rail, PEER_IP) != IPOIB_NEIGHBOUR_FAILED; i++) {
		ck_assert_uint_lt(i, 75);
		rail_send(rail, PEER_IP, SMALL, i);
		bench_run(SECOND);
	}
	ck_assert_uint_gt(only_one().hold_ns, 10 * SECOND);
	bench.silent = false;
	for (unsigned i = 0; i < 5; i++) {
		rail_send(rail, PEER_IP, SMALL, i);
		bench_run(SECOND);
	}
	ck_assert_uint_eq(rail_neighbour(rail, PEER_IP), IPOIB_NEIGHBOUR_REACHABLE);
	ck_assert_ptr_nonnull(fake_rc_last(fake));
	bench_close();
}
END_TEST

/* The peer says itself what it takes: 12 octets into ARP behind its header stand its flags. */
static void announce(uint8_t flags)
{
	uint8_t octets[128];
	size_t length = arp_octets(octets, 2, PEER, PEER_IP, PEER_IP);

	octets[12] = flags;
	ck_assert(rail_hear_octets(rail, PEER, octets, length));
	bench_settle();
}

/* Started again in datagram mode, and then as before: what it had is gone, and nothing is lost. */
START_TEST(a_peer_that_takes_no_connections_any_more_has_none)
{
	struct fake_rc *rc;

	connected_up(NULL);
	rc = connected_connect();
	announce(0);
	ck_assert(!rc->alive);
	ck_assert_int_eq(rail_send(rail, PEER_IP, LARGE, 1), -EMSGSIZE);
	ck_assert_int_eq(rail_send(rail, PEER_IP, SMALL, 2), 0);
	announce(IPOIB_LINK_ADDRESS_RC);
	ck_assert_int_eq(rail_send(rail, PEER_IP, LARGE, 3), 0);
	bench_settle();
	fake_rc_up(fake, fake_rc_last(fake), PEER_QPN, TAKES);
	bench_settle();
	ck_assert_uint_eq(fake->rc_sent_count, 1);
	ck_assert_uint_eq(rail_statistics(rail).connections_failed, 0);
	bench_close();
}
END_TEST

/* A process that was killed and started again announces itself, and has no connection any more. */
START_TEST(a_peer_that_announces_itself_and_acknowledges_nothing_has_none)
{
	struct fake_rc *rc;

	connected_up(NULL);
	rc = connected_connect();
	bench_run(SECOND);
	announce(IPOIB_LINK_ADDRESS_RC); /* nothing is owed */
	ck_assert(rc->alive);
	fake->completing = false;
	ck_assert_int_eq(rail_send(rail, PEER_IP, LARGE, 1), 0);
	bench_run(50 * MILLISECOND);
	announce(IPOIB_LINK_ADDRESS_RC); /* it may be on its way */
	ck_assert(rc->alive);
	bench_run(100 * MILLISECOND);
	announce(IPOIB_LINK_ADDRESS_RC);
	ck_assert(!rc->alive);
	ck_assert_uint_eq(rail->undelivered[IPOIB_SEND_DROP_TRANSPORT], 1);
	ck_assert_uint_eq(last_event()->type, IPOIB_EVENT_CONNECTION_LOST);
	ck_assert_int_eq(rail_send(rail, PEER_IP, LARGE, 2), 0);
	bench_settle();
	ck_assert_ptr_nonnull(fake_rc_last(fake));
	fake->completing = true;
	bench_close();
}
END_TEST

/* However many addresses it has, and though the path was forgotten meanwhile: one request more. */
START_TEST(a_peer_that_gets_another_lid_is_dialled_there_once)
{
	uint8_t octets[128];
	size_t length = arp_octets(octets, 1, PEER, "10.0.0.50", "10.0.0.1");

	connected_up(NULL);
	octets[12] = IPOIB_LINK_ADDRESS_RC;
	ck_assert(rail_hear_octets(rail, PEER, octets, length));
	connected_dial();
	ck_assert_int_eq(rail_send(rail, "10.0.0.50", LARGE, 1), 0);
	bench_run(2 * SECOND);
	ck_assert_uint_eq(only_one().neighbours, 2);
	ck_assert_uint_eq(rail_statistics(rail).connections_asked, 1);
	fake->path_lid = 99;
	fake_simple_event(fake, IPOIB_TRANSPORT_REREGISTER);
	bench_settle();
	rail_send(rail, PEER_IP, SMALL, 2);
	bench_run(100 * MILLISECOND);
	ck_assert_uint_eq(rail_statistics(rail).connections_asked, 2);
	ck_assert_uint_eq(fake_rc_last(fake)->attributes.path.dlid, 99);
	fake_rc_up(fake, fake_rc_last(fake), PEER_QPN, TAKES);
	bench_settle();
	ck_assert_uint_eq(fake->rc_sent_count, 1);
	bench_close();
}
END_TEST

/* ---- what is told ---- */

START_TEST(the_caller_is_told_why)
{
	static const struct {
		int status;
		enum ipoib_connection_end told, why;
	} table[] = {
		{ -EIO, IPOIB_CONNECTION_END_RETRIES, IPOIB_CONNECTION_END_RETRIES },
		{ -EIO, IPOIB_CONNECTION_END_RNR, IPOIB_CONNECTION_END_RNR },
		{ -EIO, IPOIB_CONNECTION_END_NONE, IPOIB_CONNECTION_END_ERROR },
		{ -ECONNRESET, IPOIB_CONNECTION_END_NONE, IPOIB_CONNECTION_END_PEER },
		{ -EIO, 1000, IPOIB_CONNECTION_END_ERROR }, /* of a later version */
	};
	const struct ipoib_ip peer = ip(PEER_IP);
	const struct ipoib_event *event;

	lose(table[_i].status, table[_i].told);
	event = last_event();
	ck_assert_uint_eq(rail_events(rail, IPOIB_EVENT_CONNECTION_LOST), 1);
	ck_assert_uint_eq(event->type, IPOIB_EVENT_CONNECTION_LOST);
	ck_assert_uint_eq(event->detail, table[_i].why);
	ck_assert_uint_eq(ipoib_link_address_qpn(&event->link_address), PEER_QPN);
	ck_assert(ipoib_ip_equal(&event->ip, &peer));
	ck_assert_uint_eq(only_one().ended, table[_i].why);
	bench_run(SECOND);
	ck_assert_uint_eq(only_one().ended_ns, SECOND);
	bench_close();
}
END_TEST

START_TEST(nothing_is_told_of_one_that_never_was_up)
{
	connected_up(NULL);
	connected_dial();
	ck_assert_uint_eq(only_one().ended, IPOIB_CONNECTION_END_NONE);
	ck_assert_uint_eq(only_one().ended_ns, IPOIB_NEVER);
	fake_rc_refuse(fake, fake_rc_last(fake), 0);
	bench_settle();
	ck_assert_uint_eq(rail_events(rail, IPOIB_EVENT_CONNECTION_LOST), 0);
	ck_assert_uint_eq(only_one().ended, IPOIB_CONNECTION_END_UNANSWERED);
	bench_close();
}
END_TEST

START_TEST(the_timeout_and_the_repetitions_are_the_callers_or_the_paths)
{
	static const struct {
		uint8_t timeout, retries, out_timeout, out_retries;
	} table[] = { { 0, 0, 16, 7 }, { 14, 3, 14, 3 } };
	struct ipoib_interface_config config = bench_connected();
	const struct fake_rc *rc;

	config.connection_timeout = table[_i].timeout;
	config.connection_retries = table[_i].retries;
	connected_up(&config);
	rc = connected_dial();
	ck_assert_uint_eq(rc->attributes.ack_timeout, table[_i].out_timeout);
	ck_assert_uint_eq(rc->attributes.retry_count, table[_i].out_retries);
	bench_close();
}
END_TEST

START_TEST(more_than_the_wire_has_room_for_is_refused)
{
	struct ipoib_interface_config config = bench_connected();

	bench_open();
	config.connection_timeout = 32;
	ck_assert_int_eq(rail_try_open(rail, fake, &config), -EINVAL);
	config.connection_timeout = 31;
	config.connection_retries = 8;
	ck_assert_int_eq(rail_try_open(rail, fake, &config), -EINVAL);
	config.connection_retries = 7;
	ck_assert_int_eq(rail_try_open(rail, fake, &config), 0);
	rail_close(rail);
	bench_close();
}
END_TEST

Suite *suite_lost(void)
{
	Suite *suite = suite_create("lost");
	TCase *tcase = tcase_create("lost");

	tcase_add_checked_fixture(tcase, support_setup, support_teardown);
	tcase_set_timeout(tcase, 120); /* for valgrind */
	tcase_add_test(tcase, what_needs_it_waits_until_it_is_made_again);
	tcase_add_test(tcase, a_refusal_is_an_answer);
	tcase_add_test(tcase, silence_is_no_answer_before_the_age_of_a_packet);
	tcase_add_test(tcase, one_packet_that_waits_is_enough_to_ask_again);
	tcase_add_test(tcase, a_subnet_manager_that_has_changed_ends_a_hold);
	tcase_add_test(tcase, a_neighbour_that_was_away_and_is_found_again_ends_a_hold);
	tcase_add_test(tcase, a_peer_that_takes_no_connections_any_more_has_none);
	tcase_add_test(tcase, a_peer_that_announces_itself_and_acknowledges_nothing_has_none);
	tcase_add_test(tcase, a_peer_that_gets_another_lid_is_dialled_there_once);
	tcase_add_loop_test(tcase, the_caller_is_told_why, 0, 5);
	tcase_add_test(tcase, nothing_is_told_of_one_that_never_was_up);
	tcase_add_loop_test(tcase, the_timeout_and_the_repetitions_are_the_callers_or_the_paths, 0,
			    2);
	tcase_add_test(tcase, more_than_the_wire_has_room_for_is_refused);
	suite_add_tcase(suite, tcase);
	return suite;
}
