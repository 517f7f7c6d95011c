/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* The link: what takes it down, what does not, and what becomes of packets meanwhile. */
#include <errno.h>
#include <stdio.h>

#include "interface/bench.h"
#include "interface/suites.h"
#include "support/support.h"

static struct rail *const rail = &bench.rails[0];
static struct fake *const fake = &bench.fakes[0];

static void send_and_see(uint32_t number)
{
	uint64_t before = rail_statistics(rail).sent;

	ck_assert_int_eq(rail_send(rail, "10.0.0.2", 100, number), 0);
	bench_run(2 * SECOND);
	ck_assert_uint_eq(rail_statistics(rail).sent, before + 1);
}

static void port_state(uint8_t state)
{
	fake->port.state = state;
	fake_port_event(fake);
	bench_settle();
}

START_TEST(a_port_that_goes_down_and_comes_back_carries_packets_again)
{
	bench_up(NULL);
	send_and_see(1);
	bench.silent = true;
	ck_assert_int_eq(rail_send(rail, "10.0.0.3", 100, 2), 0);
	port_state(IPOIB_PORT_DOWN);
	ck_assert(!rail_is_up(rail));
	ck_assert_uint_eq(rail_events(rail, IPOIB_EVENT_DOWN), 1);
	ck_assert_uint_eq(rail->undelivered[IPOIB_SEND_DROP_LINK_DOWN], 1);
	ck_assert_int_eq(rail_send(rail, "10.0.0.2", 100, 3), -ENETDOWN);
	ck_assert_uint_eq(rail_statistics(rail).refused_link_down, 1);
	ck_assert_uint_ne(rail_neighbour(rail, "10.0.0.2"), 0); /* neighbours are kept */
	ck_assert_uint_eq(fake->ahs_alive, 0);
	bench.silent = false;
	port_state(IPOIB_PORT_ACTIVE);
	ck_assert(rail_is_up(rail));
	ck_assert_uint_eq(rail_statistics(rail).link_ups, 2);
	send_and_see(4);
	bench_close();
}
END_TEST

/* Address handles of posted sends outlive the routes that made them (I11). */
START_TEST(a_port_that_goes_down_under_posted_sends_keeps_their_handles)
{
	bench_up(NULL);
	send_and_see(1);
	fake->completing = false;
	for (uint32_t i = 0; i < 10; i++)
		ck_assert_int_eq(rail_send(rail, "10.0.0.2", 100, i), 0);
	port_state(IPOIB_PORT_DOWN);
	ck_assert_uint_eq(fake->ahs_alive, 2); /* the group's as well: sends are not told apart */
	fake_complete(fake, fake_ud(fake), 10, -ECANCELED);
	bench_settle();
	ck_assert_uint_eq(fake->ahs_alive, 0);
	ck_assert_uint_eq(rail->undelivered[IPOIB_SEND_DROP_TRANSPORT], 10);
	bench_close();
}
END_TEST

START_TEST(a_pkey_that_disappears_takes_the_link_down_until_it_returns)
{
	size_t questions;

	bench_up(NULL);
	fake->port.pkeys[0] = 0x8123;
	fake_port_event(fake);
	bench_settle();
	ck_assert(!rail_is_up(rail));
	questions = fake->question_count;
	fake_simple_event(fake, IPOIB_TRANSPORT_REREGISTER);
	bench_run(60 * SECOND);
	ck_assert_uint_eq(fake->question_count, questions); /* no join without it (I16) */
	fake->port.pkeys[0] = 0x8123;
	fake->port.pkeys[1] = 0x7fff; /* a limited member may use the link */
	fake_port_event(fake);
	bench_settle();
	ck_assert(rail_is_up(rail));
	send_and_see(1);
	bench_close();
}
END_TEST

START_TEST(registering_again_keeps_the_link_up_and_loses_nothing)
{
	struct ipoib_multicast *membership;
	const struct ipoib_ip group = ip("224.1.2.3");
	uint64_t sent;

	bench_up(NULL);
	ck_assert_int_eq(ipoib_multicast_join(&membership, rail->interface, &group), 0);
	send_and_see(1);
	sent = rail_statistics(rail).sent;
	bench.silent = true;
	fake->answering = false;
	ck_assert_int_eq(rail_send(rail, "10.0.0.3", 100, 2), 0);
	fake_simple_event(fake, IPOIB_TRANSPORT_REREGISTER);
	bench_run(100 * MILLISECOND);
	ck_assert(rail_is_up(rail));
	for (uint32_t i = 0; i < 20; i++) {
		ck_assert_int_eq(rail_send(rail, "10.0.0.2", 100, i), 0);
		ck_assert_int_eq(rail_send(rail, "224.1.2.3", 100, i), 0);
		bench_run(20 * MILLISECOND);
	}
	ck_assert_uint_eq(rail_statistics(rail).sent, sent + 40);
	ck_assert_uint_eq(fake_open_questions(fake, true), 2);
	ck_assert_uint_eq(fake_open_questions(fake, false), 1);
	bench.silent = false;
	fake->answering = true;
	bench_run(2 * SECOND);
	ck_assert_uint_eq(rail_events(rail, IPOIB_EVENT_DOWN), 0);
	ck_assert_uint_eq(rail_statistics(rail).sent, sent + 41);
	ipoib_multicast_leave(membership);
	bench_close();
}
END_TEST

/* Not joined yet when the fabric asks for registration: the packets that come wait, as before. */
START_TEST(registering_again_does_not_refuse_packets_to_a_group_that_is_being_joined)
{
	bench_up(NULL);
	fake->answering = false;
	ck_assert_int_eq(rail_send(rail, "224.1.2.3", 100, 1), 0);
	bench_settle();
	fake_simple_event(fake, IPOIB_TRANSPORT_REREGISTER);
	bench_settle();
	ck_assert_int_eq(rail_send(rail, "224.1.2.3", 100, 2), 0);
	fake->answering = true;
	bench_run(SECOND);
	ck_assert_uint_eq(rail_statistics(rail).sent, 2);
	bench_close();
}
END_TEST

START_TEST(an_mtu_that_falls_answers_what_waits_and_no_longer_fits)
{
	struct ipoib_interface_config config = IPOIB_INTERFACE_CONFIG_INIT;
	const struct ipoib_ip to = ip("10.0.0.2");
	uint32_t mtu;

	config.icmp_errors = 1;
	bench_up(&config);
	bench.silent = true;
	bench_run(SECOND); /* credit for ICMP */
	ck_assert_int_eq(rail_send(rail, "10.0.0.2", 2044, 1), 0);
	ck_assert_int_eq(rail_send(rail, "10.0.0.2", 1020, 2), 0);
	bench_settle();
	fake->port.mtu = 1024;
	fake->path_mtu = 1024;
	fake_port_event(fake);
	bench_settle();
	ck_assert(rail_is_up(rail));
	ck_assert_uint_eq(rail_mtu(rail), 1020);
	ck_assert_uint_eq(rail_events(rail, IPOIB_EVENT_MTU), 2);
	bench.silent = false;
	bench_run(2 * SECOND);
	ck_assert_uint_eq(rail->undelivered[IPOIB_SEND_DROP_TOO_BIG], 1);
	ck_assert_uint_eq(rail->undelivered_mtu, 1020);
	ck_assert_uint_eq(rail->icmp[1], 1);
	ck_assert_uint_eq(rail->icmp_mtu, 1020);
	ck_assert_uint_eq(rail_statistics(rail).sent, 1);
	ck_assert_int_eq(rail_send_via(rail, &to, 1021, 3, &mtu), -EMSGSIZE);
	ck_assert_uint_eq(mtu, 1020);
	bench_close();
}
END_TEST

START_TEST(an_mtu_that_falls_holds_for_a_backlog_of_addressed_packets)
{
	struct ipoib_interface_config config = IPOIB_INTERFACE_CONFIG_INIT;

	config.send_depth = 2;
	bench_up(&config);
	for (uint32_t i = 0; i < 6; i++)
		ck_assert_int_eq(rail_send(rail, "10.0.0.2", i % 2 ? 1021 : 200, i), 0);
	while (rail_neighbour(rail, "10.0.0.2") != IPOIB_NEIGHBOUR_REACHABLE)
		ck_assert_int_eq(ipoib_context_dispatch(bench.context), 0);
	fake->completing = false;
	bench_settle();
	ck_assert_uint_eq(fake_ud(fake)->send_count, 2);
	fake->port.mtu = 1024;
	fake_port_event(fake);
	bench_settle();
	fake->completing = true;
	bench_settle();
	ck_assert_uint_eq(rail->undelivered[IPOIB_SEND_DROP_TOO_BIG], 2);
	ck_assert_uint_eq(rail_statistics(rail).sent, 4);
	bench_close();
}
END_TEST

START_TEST(the_mtu_of_a_path_holds_for_its_neighbours_alone)
{
	const struct ipoib_ip two = ip("10.0.0.2"), three = ip("10.0.0.3");
	uint32_t mtu;

	bench_up(NULL);
	fake->path_mtu = 512;
	ck_assert_int_eq(rail_send(rail, "10.0.0.2", 100, 1), 0);
	bench_run(SECOND);
	fake->path_mtu = 2048;
	ck_assert_int_eq(rail_send(rail, "10.0.0.3", 100, 1), 0);
	bench_run(SECOND);
	ck_assert_int_eq(rail_send_via(rail, &two, 509, 1, &mtu), -EMSGSIZE);
	ck_assert_uint_eq(mtu, 508);
	ck_assert_int_eq(rail_send_via(rail, &two, 508, 1, &mtu), 0);
	ck_assert_int_eq(rail_send_via(rail, &three, 2044, 1, &mtu), 0);
	ck_assert_int_eq(rail_send_via(rail, &three, 2045, 1, &mtu), -EMSGSIZE);
	ck_assert_uint_eq(mtu, 2044);
	bench_close();
}
END_TEST

START_TEST(a_device_that_is_gone_is_told_once_and_never_comes_back)
{
	bench_up(NULL);
	send_and_see(1);
	fake_simple_event(fake, IPOIB_TRANSPORT_GONE);
	fake_simple_event(fake, IPOIB_TRANSPORT_GONE);
	fake_port_event(fake);
	fake_simple_event(fake, IPOIB_TRANSPORT_REREGISTER);
	bench_run(60 * SECOND);
	ck_assert(!rail_is_up(rail));
	ck_assert_uint_eq(rail_events(rail, IPOIB_EVENT_DEVICE_GONE), 1);
	ck_assert_uint_eq(rail_events(rail, IPOIB_EVENT_DOWN), 1);
	ck_assert_int_eq(rail_send(rail, "10.0.0.2", 100, 1), -ENETDOWN);
	ck_assert_uint_eq(fake_open_questions(fake, true), 0);
	bench_close();
}
END_TEST

START_TEST(changes_of_the_port_are_told_and_the_link_stays_up)
{
	bench_up(NULL);
	send_and_see(1);
	fake->port.sm_lid = 77;
	fake_port_event(fake);
	bench_settle();
	ck_assert_uint_eq(rail_events(rail, IPOIB_EVENT_PORT), 1);
	ck_assert_uint_eq(rail->events[rail->event_count - 1].sm_lid, 77);
	fake_port_event(fake); /* nothing has changed */
	bench_settle();
	ck_assert_uint_eq(rail_events(rail, IPOIB_EVENT_PORT), 1);
	fake->port.lid = 0x2222;
	fake_port_event(fake);
	bench_settle();
	ck_assert_uint_eq(rail_events(rail, IPOIB_EVENT_PORT), 2);
	ck_assert_uint_eq(rail_events(rail, IPOIB_EVENT_DOWN), 0);
	send_and_see(2);
	bench_close();
}
END_TEST

/* Each of so many neighbours that fail has an event; those beyond the room are counted. */
START_TEST(events_that_nobody_could_be_told_are_counted)
{
	char text[32];

	bench_up(NULL);
	bench.silent = true;
	for (unsigned i = 0; i < 400; i++) {
		snprintf(text, sizeof(text), "10.0.%u.%u", 1 + i / 200, 1 + i % 200);
		ck_assert_int_eq(rail_send(rail, text, 100, i), 0);
	}
	bench_run(5 * SECOND);
	ck_assert_uint_eq(rail_events(rail, IPOIB_EVENT_NEIGHBOUR_FAILED) +
				  rail_statistics(rail).events_lost,
			  400);
	ck_assert_uint_gt(rail_statistics(rail).events_lost, 0);
	bench_close();
}
END_TEST

/* Another interface is polled, and this one has no turn in which it could tell anything. */
START_TEST(events_of_the_link_have_room_behind_a_flood_of_others)
{
	struct ipoib_interface_config config = IPOIB_INTERFACE_CONFIG_INIT;
	struct rail *other = &bench.rails[1];
	char text[32];

	bench_up(NULL);
	config.pkey = 0x8001;
	rail_open(other, fake, &config);
	bench_settle();
	bench.silent = true;
	for (unsigned i = 0; i < 250; i++) {
		snprintf(text, sizeof(text), "10.0.1.%u", 1 + i);
		ck_assert_int_eq(rail_send(rail, text, 100, i), 0);
	}
	bench_run(2500 * MILLISECOND);
	support_advance(2 * SECOND);
	ck_assert_int_ge(ipoib_interface_poll(other->interface, 16), 0);
	ck_assert_uint_eq(rail_events(rail, IPOIB_EVENT_NEIGHBOUR_FAILED), 0);
	fake->port.state = IPOIB_PORT_DOWN;
	fake_port_event(fake);
	ck_assert_int_ge(ipoib_interface_poll(other->interface, 16), 0);
	bench_settle();
	ck_assert_uint_gt(rail_statistics(rail).events_lost, 0);
	ck_assert_uint_eq(rail_events(rail, IPOIB_EVENT_DOWN), 1);
	bench_close();
}
END_TEST

static void dispatch_some(void)
{
	for (int i = 0; i < 10; i++)
		ck_assert_int_eq(ipoib_context_dispatch(bench.context), 0);
	bench_check();
}

START_TEST(a_clock_that_steps_back_neither_stops_nor_hurries_anything)
{
	bench_up(NULL);
	bench_run(100 * SECOND);
	port_state(IPOIB_PORT_DOWN);
	port_state(IPOIB_PORT_ACTIVE);
	send_and_see(1);
	support_now -= 50 * SECOND;
	bench.silent = true;
	ck_assert_int_eq(rail_send(rail, "10.0.0.3", 100, 2), 0);
	dispatch_some();
	ck_assert_uint_eq(rail_statistics(rail).queued, 1);
	fake->port.sm_lid++;
	fake_port_event(fake);
	for (uint32_t i = 0; i < 10; i++)
		ck_assert_int_eq(rail_send(rail, "10.0.0.2", 100, i), 0);
	dispatch_some();
	ck_assert_uint_eq(rail_statistics(rail).sent, 11);
	bench_run(60 * SECOND);
	ck_assert_uint_eq(rail_statistics(rail).queued, 0);
	ck_assert_uint_eq(rail_events(rail, IPOIB_EVENT_NEIGHBOUR_FAILED), 1);
	for (size_t i = 1; i < rail->event_count; i++)
		ck_assert_uint_ge(rail->events[i].time, rail->events[i - 1].time);
	bench_close();
}
END_TEST

START_TEST(receives_are_posted_before_any_group_is_attached)
{
	bench_open();
	fake->at_once = true;
	fake->port.state = IPOIB_PORT_DOWN;
	rail_open(rail, fake, NULL);
	fake->port.state = IPOIB_PORT_ACTIVE;
	fake_port_event(fake);
	bench_settle(); /* the fake looks at it in ud_attach */
	ck_assert(rail_is_up(rail));
	bench_close();
}
END_TEST

/* An event that was lost before the interface looked leaves no permanent "down" (I18). */
START_TEST(a_port_that_became_active_without_an_event_is_noticed_at_the_start)
{
	bench_open();
	fake->port.state = IPOIB_PORT_DOWN;
	rail_open(rail, fake, NULL);
	fake->port.state = IPOIB_PORT_ACTIVE;
	bench_run(SECOND);
	ck_assert(rail_is_up(rail));
	bench_close();
}
END_TEST

Suite *suite_link(void)
{
	Suite *suite = suite_create("link");
	TCase *tcase = tcase_create("link");

	tcase_set_timeout(tcase, 60);
	tcase_add_checked_fixture(tcase, support_setup, support_teardown);
	tcase_add_test(tcase, a_port_that_goes_down_and_comes_back_carries_packets_again);
	tcase_add_test(tcase, a_port_that_goes_down_under_posted_sends_keeps_their_handles);
	tcase_add_test(tcase, a_pkey_that_disappears_takes_the_link_down_until_it_returns);
	tcase_add_test(tcase, registering_again_keeps_the_link_up_and_loses_nothing);
	tcase_add_test(tcase,
		       registering_again_does_not_refuse_packets_to_a_group_that_is_being_joined);
	tcase_add_test(tcase, an_mtu_that_falls_answers_what_waits_and_no_longer_fits);
	tcase_add_test(tcase, an_mtu_that_falls_holds_for_a_backlog_of_addressed_packets);
	tcase_add_test(tcase, the_mtu_of_a_path_holds_for_its_neighbours_alone);
	tcase_add_test(tcase, a_device_that_is_gone_is_told_once_and_never_comes_back);
	tcase_add_test(tcase, changes_of_the_port_are_told_and_the_link_stays_up);
	tcase_add_test(tcase, events_that_nobody_could_be_told_are_counted);
	tcase_add_test(tcase, events_of_the_link_have_room_behind_a_flood_of_others);
	tcase_add_test(tcase, a_clock_that_steps_back_neither_stops_nor_hurries_anything);
	tcase_add_test(tcase, receives_are_posted_before_any_group_is_attached);
	tcase_add_test(tcase,
		       a_port_that_became_active_without_an_event_is_noticed_at_the_start);
	suite_add_tcase(suite, tcase);
	return suite;
}
