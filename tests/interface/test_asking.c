/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * What has to be asked before a packet can go, and cannot be asked now: by a link that went down,
 * from an address that is still being probed, by a client of the SA that several interfaces share
 * and that is full.
 */
#include <errno.h>
#include <stdio.h>

#include "interface/bench.h"
#include "interface/suites.h"
#include "support/support.h"

#define PEERS 40 /* of each rail */

static struct rail *const rail = &bench.rails[0];
static struct fake *const fake = &bench.fakes[0];

static size_t neighbours_in(uint32_t state)
{
	struct ipoib_neighbour_info info = { .size = sizeof(info) };
	uint64_t cursor = 0;
	size_t n = 0;

	while (ipoib_neighbour_next(rail->interface, &cursor, &info) == 1)
		n += info.state == state;
	return n;
}

static void link_is(uint8_t state)
{
	fake->port.state = state;
	fake_port_event(fake);
	bench_run(SECOND);
}

START_TEST(a_link_that_goes_down_before_the_question_leaves_no_neighbour_without_a_timer)
{
	bench_up(NULL);
	bench.silent = true;
	for (uint32_t i = 100; i < 200; i++) {
		char to[IPOIB_IP_TEXT];

		snprintf(to, sizeof(to), "10.0.0.%u", (unsigned)i);
		ck_assert_int_eq(rail_send(rail, to, 100, i), 0);
	}
	link_is(IPOIB_PORT_DOWN);
	ck_assert_uint_eq(rail->undelivered[IPOIB_SEND_DROP_LINK_DOWN], 100);
	ck_assert_uint_eq(neighbours_in(IPOIB_NEIGHBOUR_INCOMPLETE), 0);
	link_is(IPOIB_PORT_ACTIVE);
	bench_run(86400 * SECOND);
	ck_assert_uint_eq(neighbours_in(IPOIB_NEIGHBOUR_INCOMPLETE), 0);
	bench.silent = false;
	ck_assert_int_eq(rail_send(rail, "10.0.0.2", 100, 1), 0);
	bench_run(SECOND);
	ck_assert_uint_eq(rail_statistics(rail).sent, 1);
	bench_close();
}
END_TEST

/* ---- three rails on one port ---- */

static uint16_t peer_of(size_t n, uint32_t peer)
{
	return (uint16_t)(1000 * (n + 1) + peer);
}

/* Each with neighbours of its own, entered by hand: the SA is all that is asked. */
static void three_rails(size_t room)
{
	bench_open();
	fake->port.pkeys[2] = 0x8002;
	fake->port.pkey_count = 3;
	for (size_t n = 0; n < BENCH_RAILS; n++) {
		struct ipoib_interface_config config = IPOIB_INTERFACE_CONFIG_INIT;

		config.pkey = (uint16_t)(n == 0 ? 0xffff : 0x8000 + n);
		rail_open(&bench.rails[n], fake, &config);
	}
	bench_settle();
	fake->questions_max = room;
	for (size_t n = 0; n < BENCH_RAILS; n++)
		for (uint32_t i = 0; i < PEERS; i++) {
			struct ipoib_gid gid = fake_gid(peer_of(n, i));
			struct ipoib_link_address at = ipoib_link_address_make(0, 0x200, &gid);
			struct ipoib_ip address = ip("10.0.0.2");

			address.raw[2] = (uint8_t)n;
			address.raw[3] = (uint8_t)(i + 1);
			ck_assert_int_eq(ipoib_neighbour_add(bench.rails[n].interface, &address,
							     &at),
					 0);
		}
}

static void send_to_all(void)
{
	for (size_t n = 0; n < BENCH_RAILS; n++)
		for (uint32_t i = 0; i < PEERS; i++) {
			struct ipoib_ip address = ip("10.0.0.2");

			address.raw[2] = (uint8_t)n;
			address.raw[3] = (uint8_t)(i + 1);
			ck_assert_int_eq(rail_send_via(&bench.rails[n], &address, 100, i, NULL),
					 0);
		}
}

static void check_all_sent(void)
{
	for (size_t n = 0; n < BENCH_RAILS; n++) {
		const struct ipoib_statistics s = rail_statistics(&bench.rails[n]);

		ck_assert_uint_eq(s.sent, PEERS);
		ck_assert_uint_eq(s.path_failures, 0);
		ck_assert_uint_eq(s.path_queries, PEERS);
	}
}

START_TEST(a_full_client_of_the_sa_is_no_silent_sa)
{
	three_rails(16);
	send_to_all();
	bench_run(SECOND);
	check_all_sent();
	bench_close();
}
END_TEST

/* Room that comes without an answer: a question of another interface is taken back. */
START_TEST(room_that_no_answer_has_made_is_found_within_10_ms)
{
	three_rails(16);
	fake->answering = false;
	send_to_all();
	bench_settle();
	ck_assert_uint_eq(fake_open_questions(fake, false), 16);
	fake->questions_max = 0;
	bench_run(11 * MILLISECOND);
	ck_assert_uint_gt(fake_open_questions(fake, false), 16);
	fake->answering = true;
	bench_run(SECOND);
	check_all_sent();
	bench_close();
}
END_TEST

/* How many questions each rail has got answered. */
static void answer_some(size_t count, size_t answered[BENCH_RAILS])
{
	while (count-- > 0) {
		struct fake_question *question = fake_open_question(fake, false);
		uint16_t peer = (uint16_t)(question->gid.raw[14] << 8 | question->gid.raw[15]);

		answered[peer / 1000 - 1]++;
		fake_answer(fake, question, 0);
		bench_settle();
	}
}

START_TEST(interfaces_of_a_port_ask_the_sa_in_turn)
{
	size_t answered[BENCH_RAILS] = { 0 };

	three_rails(4);
	fake->answering = false;
	send_to_all();
	bench_settle();
	answer_some(4 + 3 * 8, answered); /* the first four are the first rail's */
	ck_assert_uint_eq(answered[0], 4 + 8);
	ck_assert_uint_eq(answered[1], 8);
	ck_assert_uint_eq(answered[2], 8);
	fake->answering = true;
	bench_run(SECOND);
	check_all_sent();
	bench_close();
}
END_TEST

START_TEST(an_interface_that_is_closed_while_it_waits_to_ask_holds_up_no_other)
{
	three_rails(4);
	fake->answering = false;
	send_to_all();
	bench_settle();
	rail_close(&bench.rails[1]);
	fake->answering = true;
	bench_run(SECOND);
	ck_assert_uint_eq(rail_statistics(&bench.rails[0]).sent, PEERS);
	ck_assert_uint_eq(rail_statistics(&bench.rails[2]).sent, PEERS);
	bench_close();
}
END_TEST

START_TEST(a_join_that_cannot_be_asked_now_is_no_failure)
{
	three_rails(1);
	fake->answering = false;
	for (uint32_t i = 0; i < 20; i++) {
		struct ipoib_ip group = ip("239.1.1.1");

		group.raw[3] = (uint8_t)i;
		ck_assert_int_eq(rail_send_via(&bench.rails[i % 3], &group, 100, i, NULL), 0);
	}
	bench_run(SECOND);
	fake->answering = true;
	bench_run(SECOND);
	for (size_t n = 0; n < BENCH_RAILS; n++) {
		ck_assert_uint_eq(rail_statistics(&bench.rails[n]).join_failures, 0);
		ck_assert_uint_ge(rail_statistics(&bench.rails[n]).sent, 6);
	}
	bench_close();
}
END_TEST

/* ---- no address to ask from ---- */

static uint32_t state_of(const struct ipoib_binding *binding)
{
	struct ipoib_binding_info info = { .size = sizeof(info) };

	ck_assert_int_eq(ipoib_binding_info(binding, &info), 0);
	return info.state;
}

/* A bench whose address is probed as long as RFC 5227 wants. */
static void probed_up(uint32_t queue_age_ms)
{
	struct ipoib_interface_config config = IPOIB_INTERFACE_CONFIG_INIT;

	config.queue_age_ms = queue_age_ms;
	bench_open();
	bench.probed = true;
	rail_open(rail, fake, &config);
	rail_bind(rail, "10.0.0.1");
	bench_settle();
	ck_assert(rail_is_up(rail));
}

START_TEST(a_packet_sent_while_the_address_is_probed_goes_when_it_is_ready)
{
	probed_up(20000);
	ck_assert_int_eq(rail_send(rail, "10.0.0.2", 100, 1), 0);
	ck_assert_int_eq(rail_send(rail, "10.0.0.3", 100, 1), 0);
	bench_run(3500 * MILLISECOND);
	ck_assert_uint_eq(state_of(rail->binding), IPOIB_BINDING_PROBING);
	ck_assert_int_eq(rail_send(rail, "10.0.0.2", 100, 2), 0);
	while (state_of(rail->binding) != IPOIB_BINDING_READY)
		bench_run(MILLISECOND);
	bench_run(2 * MILLISECOND);
	ck_assert_uint_eq(rail_statistics(rail).sent, 3);
	ck_assert_uint_eq(rail_events(rail, IPOIB_EVENT_NEIGHBOUR_FAILED), 0);
	bench_close();
}
END_TEST

START_TEST(a_packet_that_the_address_comes_too_late_for_dies_of_age)
{
	probed_up(1000);
	ck_assert_int_eq(rail_send(rail, "10.0.0.200", 100, 1), 0);
	bench_run(2 * SECOND);
	ck_assert_uint_eq(rail->undelivered[IPOIB_SEND_DROP_QUEUE_AGE], 1);
	ipoib_binding_close(rail->binding);
	rail->binding = NULL;
	ck_assert_int_eq(rail_send(rail, "10.0.0.200", 100, 1), -EADDRNOTAVAIL);
	bench_run(60 * SECOND); /* nor is the neighbour kept for ever */
	ck_assert_uint_eq(rail_neighbour(rail, "10.0.0.200"), 0);
	ck_assert_uint_eq(rail_events(rail, IPOIB_EVENT_NEIGHBOUR_FAILED), 0);
	bench_close();
}
END_TEST

START_TEST(without_an_address_a_neighbour_that_is_not_known_is_refused)
{
	struct ipoib_link_address link;
	struct ipoib_gid gid = fake_gid(2);
	struct ipoib_ip two = ip("10.0.0.2");

	bench_open();
	rail_open(rail, fake, NULL);
	bench_settle();
	ck_assert_int_eq(rail_send(rail, "10.0.0.2", 100, 1), -EADDRNOTAVAIL);
	ck_assert_uint_eq(rail_neighbour(rail, "10.0.0.2"), 0);
	link = ipoib_link_address_make(0, 0x102, &gid);
	ck_assert_int_eq(ipoib_neighbour_add(rail->interface, &two, &link), 0);
	ck_assert_int_eq(rail_send(rail, "10.0.0.2", 100, 1), 0); /* one that need not be asked */
	bench_run(SECOND);
	ck_assert_uint_eq(rail_statistics(rail).sent, 1);
	bench_close();
}
END_TEST

/* It was not asked, so it cannot have failed to answer. */
START_TEST(a_neighbour_that_cannot_be_probed_for_want_of_an_address_is_no_failed_one)
{
	bench_up(NULL);
	ck_assert_int_eq(rail_send(rail, "10.0.0.2", 100, 1), 0);
	bench_run(SECOND);
	ipoib_binding_close(rail->binding);
	rail->binding = NULL;
	for (uint32_t i = 0; i < 120; i++) {
		rail_send(rail, "10.0.0.2", 100, i);
		bench_run(SECOND);
	}
	ck_assert_uint_eq(rail_events(rail, IPOIB_EVENT_NEIGHBOUR_FAILED), 0);
	ck_assert_int_eq(rail_send(rail, "10.0.0.2", 100, 1), -EADDRNOTAVAIL);
	rail_bind(rail, "10.0.0.1");
	ck_assert_int_eq(rail_send(rail, "10.0.0.2", 100, 1), 0);
	bench_close();
}
END_TEST

/* It was heard meanwhile, and is used as any other from then on. */
START_TEST(a_neighbour_that_is_heard_while_it_cannot_be_asked_is_used_at_once)
{
	probed_up(20000);
	ck_assert_int_eq(rail_send(rail, "10.0.0.2", 100, 1), 0);
	bench_settle();
	ck_assert(rail_hear_arp(rail, 1, 2, "10.0.0.2", "10.0.0.9"));
	bench_run(10 * MILLISECOND);
	ck_assert_uint_eq(rail_statistics(rail).sent, 1);
	ck_assert_uint_eq(rail_neighbour(rail, "10.0.0.2"), IPOIB_NEIGHBOUR_DELAY);
	bench_close();
}
END_TEST

Suite *suite_asking(void)
{
	Suite *suite = suite_create("asking");
	TCase *tcase = tcase_create("asking");

	tcase_set_timeout(tcase, 60);
	tcase_add_checked_fixture(tcase, support_setup, support_teardown);
	tcase_add_test(
		tcase,
		a_link_that_goes_down_before_the_question_leaves_no_neighbour_without_a_timer);
	tcase_add_test(tcase, a_full_client_of_the_sa_is_no_silent_sa);
	tcase_add_test(tcase, room_that_no_answer_has_made_is_found_within_10_ms);
	tcase_add_test(tcase, interfaces_of_a_port_ask_the_sa_in_turn);
	tcase_add_test(tcase,
		       an_interface_that_is_closed_while_it_waits_to_ask_holds_up_no_other);
	tcase_add_test(tcase, a_join_that_cannot_be_asked_now_is_no_failure);
	tcase_add_test(tcase,
		       a_packet_sent_while_the_address_is_probed_goes_when_it_is_ready);
	tcase_add_test(tcase, a_packet_that_the_address_comes_too_late_for_dies_of_age);
	tcase_add_test(tcase, without_an_address_a_neighbour_that_is_not_known_is_refused);
	tcase_add_test(tcase,
		       a_neighbour_that_cannot_be_probed_for_want_of_an_address_is_no_failed_one);
	tcase_add_test(tcase,
		       a_neighbour_that_is_heard_while_it_cannot_be_asked_is_used_at_once);
	suite_add_tcase(suite, tcase);
	return suite;
}
