/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Connections that are full: each send is refused, however long they were idle and however many
 * there are; nothing accepted is thrown away, and each refused next hop is told of room (I24).
 */
#include <errno.h>
#include <stdio.h>

#include "interface/bench.h"
#include "interface/suites.h"
#include "support/support.h"

#define LARGE 3000
#define TAKES 65524
#define DEPTH 8  /* of a connection: bench_connected() */
#define WAITING 8 /* for one next hop */
#define TOTAL 32  /* for all */

static struct rail *const rail = &bench.rails[0];
static struct fake *const fake = &bench.fakes[0];

static struct ipoib_ip peer_ip(unsigned peer)
{
	char text[IPOIB_IP_TEXT];

	snprintf(text, sizeof(text), "10.0.0.%u", peer);
	return ip(text);
}

static int send_to(unsigned peer, uint32_t number)
{
	const struct ipoib_ip to = peer_ip(peer);

	return rail_send_via(rail, &to, LARGE, number, NULL);
}

/* Connections to 10.0.0.2 and the next, all up, on an adapter that completes nothing by itself. */
static void up_with_peers(unsigned peers)
{
	struct ipoib_interface_config config = bench_connected();

	config.queue_age_ms = 5000;
	config.connected_buffers = 256;
	bench_up(&config);
	bench.flags = IPOIB_LINK_ADDRESS_RC;
	for (unsigned peer = 2; peer < 2 + peers; peer++) {
		ck_assert_int_eq(send_to(peer, 0), 0);
		bench_run(100 * MILLISECOND);
		fake_rc_up(fake, fake_rc_last(fake), 0x100 + peer, TAKES);
		bench_settle();
	}
	ck_assert_uint_eq(rail_statistics(rail).sent_connected, peers);
	ck_assert_uint_eq(fake->rcs_alive, peers);
	rail->event_count = 0;
	fake->completing = false;
}

static size_t rooms_of(unsigned peer)
{
	const struct ipoib_ip of = peer_ip(peer);
	size_t count = 0;

	for (size_t i = 0; i < rail->event_count; i++)
		count += rail->events[i].type == IPOIB_EVENT_SEND_ROOM &&
			 ipoib_ip_equal(&rail->events[i].ip, &of);
	return count;
}

/* How many of a burst were accepted; the others must have been answered -EAGAIN. */
static unsigned burst_to(unsigned peer, unsigned count)
{
	unsigned accepted = 0;

	for (unsigned i = 0; i < count; i++) {
		int status = send_to(peer, i);

		ck_assert_msg(status == 0 || status == -EAGAIN, "%d", status);
		accepted += status == 0;
	}
	return accepted;
}

static const uint64_t pauses[] = { 10 * MILLISECOND, 90 * MILLISECOND, 110 * MILLISECOND, SECOND,
				   60 * SECOND };

START_TEST(a_full_connection_refuses_after_any_pause)
{
	up_with_peers(1);
	bench_run(pauses[_i]);
	ck_assert_uint_eq(burst_to(2, 40), DEPTH + WAITING);
	bench_settle();
	ck_assert_uint_eq(rooms_of(2), 0);
	fake->completing = true;
	bench_run(SECOND);
	ck_assert_uint_eq(rail_statistics(rail).sent_connected, 1 + DEPTH + WAITING);
	ck_assert_uint_eq(rail_statistics(rail).refused_no_room, 40 - DEPTH - WAITING);
	ck_assert_uint_eq(rooms_of(2), 1);
	bench_close();
}
END_TEST

/* Their waiting packets together are more than may wait. */
START_TEST(more_full_connections_than_may_wait_together_refuse_all_the_same)
{
	enum { PEERS = 5 };
	unsigned accepted = 0;

	up_with_peers(PEERS);
	for (unsigned round = 0; round < 30; round++)
		for (unsigned peer = 2; peer < 2 + PEERS; peer++)
			accepted += burst_to(peer, 1);
	ck_assert_uint_le(accepted, PEERS * DEPTH + TOTAL);
	ck_assert_uint_ge(accepted, PEERS * DEPTH);
	fake->completing = true;
	bench_run(SECOND);
	ck_assert_uint_eq(rail_statistics(rail).sent_connected, PEERS + accepted);
	for (unsigned peer = 2; peer < 2 + PEERS; peer++)
		ck_assert_uint_eq(rooms_of(peer), 1);
	for (unsigned reason = 0; reason < IPOIB_SEND_DROPS; reason++)
		ck_assert_uint_eq(rail->undelivered[reason], 0);
	bench_close();
}
END_TEST

/* Room is told at half of a queue, once, and the next refusal is told anew. */
START_TEST(room_for_a_next_hop_is_told_once_for_each_time_that_it_was_full)
{
	struct fake_rc *rc;

	up_with_peers(1);
	rc = fake_rc_last(fake);
	for (unsigned turn = 1; turn <= 5; turn++) {
		ck_assert_uint_ge(burst_to(2, 40), WAITING / 2);
		fake_rc_complete(fake, rc, DEPTH, 0);
		bench_settle();
		ck_assert_uint_eq(rooms_of(2), turn);
		ck_assert_uint_eq(rail_statistics(rail).queued, DEPTH);
	}
	fake->completing = true;
	bench_settle();
	bench_close();
}
END_TEST

/* It acknowledges nothing any more: what waits for it ages, and the other one goes on. */
START_TEST(a_dead_peer_holds_nobody_up)
{
	struct fake_rc *alive;
	unsigned sent = 0;

	up_with_peers(2);
	alive = fake_rc_last(fake);
	ck_assert_uint_eq(burst_to(2, 40), DEPTH + WAITING);
	for (unsigned second = 0; second < 20; second++) {
		ck_assert_uint_eq(burst_to(3, DEPTH), DEPTH);
		fake_rc_complete(fake, alive, DEPTH, 0);
		bench_run(SECOND);
		fake_complete(fake, fake_ud(fake), fake_ud(fake)->send_count, 0); /* ARP */
		sent += DEPTH;
	}
	ck_assert_uint_eq(rail_statistics(rail).sent_connected, 2 + sent);
	ck_assert_uint_eq(rail->undelivered[IPOIB_SEND_DROP_QUEUE_AGE], WAITING);
	ck_assert_uint_eq(rooms_of(2), 1); /* there is room to wait in again */
	ck_assert_uint_eq(burst_to(2, 40), WAITING);
	ck_assert_uint_eq(rail->undelivered[IPOIB_SEND_DROP_QUEUE_FULL], 0);
	bench_close();
}
END_TEST

START_TEST(a_connection_that_ends_wakes_a_refused_sender)
{
	int status = _i ? -EIO : -ECONNRESET;

	up_with_peers(1);
	ck_assert_uint_eq(burst_to(2, 40), DEPTH + WAITING);
	fake_rc_down(fake, fake_rc_last(fake), status);
	bench_settle();
	ck_assert_uint_eq(rooms_of(2), 1);
	fake->completing = true;
	bench_run(SECOND);
	bench_close();
}
END_TEST

/* Its entry is gone: the sender is woken in general. */
START_TEST(a_neighbour_that_is_removed_wakes_a_refused_sender)
{
	const struct ipoib_ip two = peer_ip(2);

	up_with_peers(1);
	ck_assert_uint_eq(burst_to(2, 40), DEPTH + WAITING);
	ck_assert_int_eq(ipoib_neighbour_remove(rail->interface, &two), 0);
	bench_settle();
	ck_assert_uint_eq(rail_events(rail, IPOIB_EVENT_SEND_ROOM), 1);
	fake->completing = true;
	bench_run(SECOND);
	bench_close();
}
END_TEST

/* 10.0.0.3 is the same port and queue pair as 10.0.0.2, and sends as much as it can. */
START_TEST(two_addresses_share_a_connection_in_turn)
{
	const struct ipoib_gid gid = fake_gid(2);
	struct ipoib_link_address same =
		ipoib_link_address_make(IPOIB_LINK_ADDRESS_RC, 0x102, &gid);
	const struct ipoib_ip other = peer_ip(3);
	uint64_t sent[2] = { 0 };
	struct fake_rc *rc;
	size_t seen;

	up_with_peers(1);
	rc = fake_rc_last(fake);
	ck_assert_int_eq(ipoib_neighbour_add(rail->interface, &other, &same), 0);
	seen = fake->rc_sent_count;
	for (unsigned round = 0; round < 100; round++) {
		burst_to(2 + _i, 40);
		burst_to(3 - _i, 2);
		fake_rc_complete(fake, rc, rc->send_count, 0);
		bench_settle();
	}
	ck_assert_uint_eq(fake->rcs_alive, 1);
	for (; seen < fake->rc_sent_count; seen++) /* destination, 10.0.0.n */
		sent[fake->rc_sent[seen].head[4 + 19] - 2]++;
	ck_assert_uint_ge(sent[1 - _i], 190);
	ck_assert_uint_ge(sent[_i], 400);
	fake->completing = true;
	bench_settle();
	bench_close();
}
END_TEST

/* No completion comes for it: what waits behind it must go, or fail, all the same. */
START_TEST(what_waits_behind_a_burst_that_is_not_taken_goes)
{
	const struct ipoib_ip two = peer_ip(2);
	struct ipoib_packet packets[DEPTH + 4];

	up_with_peers(1);
	for (uint32_t i = 0; i < DEPTH + 4; i++)
		packets[i] = (struct ipoib_packet){ .buffer = rail_packet(rail, &two, LARGE, i),
						    .next_hop = two };
	fake_fail(fake, FAKE_RC_POST_SEND, 1, false);
	ck_assert_int_eq(ipoib_interface_send(rail->interface, packets, DEPTH + 4), DEPTH + 4);
	fake->completing = true;
	bench_settle();
	ck_assert_uint_eq(rail->undelivered[IPOIB_SEND_DROP_TRANSPORT], DEPTH);
	ck_assert_uint_eq(rail_statistics(rail).sent_connected, 1 + 4);
	bench_close();
}
END_TEST

/* IPv4 packets in the adapter's send queue. */
static size_t datagrams_posted(void)
{
	const struct fake_ud *ud = fake_ud(fake);
	size_t count = 0;

	for (size_t i = 0; i < ud->send_count; i++)
		count += ud->sends[i].address[0] == 8 && ud->sends[i].address[1] == 0;
	return count;
}

static void change_lid(void)
{
	fake->answering = false;
	fake->port.lid++;
	fake_port_event(fake);
	bench_settle();
}

static void answer_paths(void)
{
	while (fake_open_question(fake, false))
		fake_answer(fake, fake_open_question(fake, false), 0);
	fake->answering = true;
	fake->completing = true;
	bench_run(SECOND);
}

/* They fit a datagram, and there is none to be sent before the next record is known. */
START_TEST(what_waits_for_a_connection_goes_by_the_record_after_a_new_lid)
{
	up_with_peers(1);
	for (uint32_t i = 0; i < DEPTH + WAITING; i++)
		ck_assert_int_eq(rail_send(rail, "10.0.0.2", 500, i), 0);
	change_lid();
	ck_assert_uint_eq(rail->undelivered[IPOIB_SEND_DROP_TRANSPORT], DEPTH);
	ck_assert_uint_eq(datagrams_posted(), 0);
	ck_assert_uint_eq(rail_statistics(rail).queued, WAITING);
	answer_paths();
	ck_assert_uint_eq(rail_statistics(rail).queued, 0);
	ck_assert_uint_eq(rail_statistics(rail).sent, 1 + WAITING);
	bench_close();
}
END_TEST

/* The same where the send queue is what they wait for. */
START_TEST(a_backlog_goes_by_the_record_after_a_new_lid)
{
	struct ipoib_interface_config config = IPOIB_INTERFACE_CONFIG_INIT;

	config.send_depth = 4;
	bench_up(&config);
	fake->completing = false;
	for (uint32_t i = 0; i < 10; i++)
		ck_assert_int_eq(rail_send(rail, "10.0.0.2", 500, i), 0);
	for (int i = 0; i < 4 && fake_ud(fake)->send_count < 4; i++) {
		bench_settle();
		if (fake_ud(fake)->send_count == 1) /* the ARP request */
			fake_complete(fake, fake_ud(fake), 1, 0);
	}
	ck_assert_uint_eq(datagrams_posted(), 4);
	change_lid();
	fake_complete(fake, fake_ud(fake), 4, 0);
	bench_settle();
	ck_assert_uint_eq(datagrams_posted(), 0);
	ck_assert_uint_eq(rail_statistics(rail).queued, 6);
	answer_paths();
	ck_assert_uint_eq(rail_statistics(rail).sent, 10);
	bench_close();
}
END_TEST

/* The callback that is told may end what it is told of. */
static void close_on_room(struct rail *at, const struct ipoib_event *event)
{
	if (event->type == IPOIB_EVENT_SEND_ROOM)
		rail_close(at);
}

START_TEST(an_interface_may_be_closed_when_room_is_told)
{
	up_with_peers(3);
	for (unsigned peer = 2; peer < 5; peer++)
		burst_to(peer, 40);
	rail->on_event = close_on_room;
	fake->completing = true;
	bench_run(SECOND);
	ck_assert_uint_eq(rail_events(rail, IPOIB_EVENT_SEND_ROOM), 1);
	ck_assert_ptr_null(rail->interface);
	bench_close();
}
END_TEST

Suite *suite_back_pressure(void)
{
	Suite *suite = suite_create("back_pressure");
	TCase *tcase = tcase_create("back_pressure");

	tcase_set_timeout(tcase, 60);
	tcase_add_checked_fixture(tcase, support_setup, support_teardown);
	tcase_add_loop_test(tcase, a_full_connection_refuses_after_any_pause, 0,
			    (int)(sizeof(pauses) / sizeof(pauses[0])));
	tcase_add_test(tcase, more_full_connections_than_may_wait_together_refuse_all_the_same);
	tcase_add_test(tcase, room_for_a_next_hop_is_told_once_for_each_time_that_it_was_full);
	tcase_add_test(tcase, a_dead_peer_holds_nobody_up);
	tcase_add_loop_test(tcase, a_connection_that_ends_wakes_a_refused_sender, 0, 2);
	tcase_add_test(tcase, a_neighbour_that_is_removed_wakes_a_refused_sender);
	tcase_add_loop_test(tcase, two_addresses_share_a_connection_in_turn, 0, 2);
	tcase_add_test(tcase, what_waits_behind_a_burst_that_is_not_taken_goes);
	tcase_add_test(tcase, what_waits_for_a_connection_goes_by_the_record_after_a_new_lid);
	tcase_add_test(tcase, a_backlog_goes_by_the_record_after_a_new_lid);
	tcase_add_test(tcase, an_interface_may_be_closed_when_room_is_told);
	suite_add_tcase(suite, tcase);
	return suite;
}
