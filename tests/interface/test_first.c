/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Which of two ports that answer for one address is right: by their own words, and by the packets
 * that come from them.
 */
#include <stdio.h>

#include "interface/first_rig.h"
#include "interface/interface.h"
#include "interface/suites.h"
#include "support/support.h"
#include "wire/arp.h"
#include "wire/encap.h"
#include "wire/ipoib_cm.h"

#define THIRD 9

static struct rail *const rail = &bench.rails[0];
static struct fake *const fake = &bench.fakes[0];

static void announce(uint16_t port, const char *address)
{
	first_say(rail, IPOIB__ARP_REQUEST, port, address, address);
}

START_TEST(where_nothing_is_known_the_first_one_stays)
{
	bench_up(NULL);
	first_meet();
	first_stays();
}
END_TEST

/* ---- own words ---- */

static void say_own_word(int how, uint16_t port)
{
	if (how == 0)
		announce(port, PEER_IP);
	else if (how == 1)
		first_say(rail, IPOIB__ARP_REQUEST, port, "0.0.0.0", PEER_IP); /* a probe */
	else
		first_say(rail, IPOIB__ARP_REQUEST, port, PEER_IP, "10.0.0.77");
}

START_TEST(the_port_that_spoke_before_is_right)
{
	bench_up(NULL);
	say_own_word(_i, OTHER);
	bench_run(50 * SECOND);
	first_meet();
	first_has_moved();
}
END_TEST

START_TEST(both_have_spoken_and_so_neither_is_right)
{
	bench_up(NULL);
	say_own_word(_i, OTHER);
	say_own_word(_i, PEER);
	first_meet();
	first_stays();
}
END_TEST

/* A question for an address of another subnet is how flux begins, and an answer is no own word. */
START_TEST(not_each_packet_is_an_own_word)
{
	bench_up(NULL);
	if (_i == 0)
		first_say(rail, IPOIB__ARP_REQUEST, OTHER, PEER_IP, "10.1.0.77");
	if (_i == 1)
		first_say(rail, IPOIB__ARP_REPLY, OTHER, PEER_IP, "10.0.0.77");
	if (_i == 2)
		announce(OTHER, "10.0.0.3"); /* another address */
	if (_i == 3)
		announce(THIRD, PEER_IP); /* another port */
	first_meet();
	first_stays();
}
END_TEST

START_TEST(an_own_word_is_forgotten_after_a_minute)
{
	bench_up(NULL);
	announce(OTHER, PEER_IP);
	bench_run(61 * SECOND);
	first_meet();
	first_stays();
}
END_TEST

/* Strangers cannot make the table larger, only make it forget. */
START_TEST(of_many_words_the_oldest_is_forgotten)
{
	char address[32];

	bench_up(NULL);
	announce(OTHER, PEER_IP);
	for (unsigned i = 0; i < IPOIB__WORDS_MAX - 1u + (unsigned)_i; i++) {
		snprintf(address, sizeof(address), "10.0.0.%u", 100 + i);
		announce(THIRD, address);
		announce(THIRD, address);
	}
	first_meet();
	first_ends(!_i);
}
END_TEST

/* While it is contested; before that an announcement is a claim like others. */
START_TEST(an_announcement_in_a_contest_decides)
{
	bench_up(NULL);
	first_meet();
	bench_run(100 * MILLISECOND);
	announce(OTHER, PEER_IP);
	first_has_moved();
}
END_TEST

/* Its headers say that it comes from somewhere else. */
START_TEST(a_word_for_another_port_is_not_kept)
{
	uint8_t octets[IPOIB__ENCAP_LENGTH + IPOIB__ARP_LENGTH];
	size_t length = arp_octets(octets, IPOIB__ARP_REQUEST, OTHER, PEER_IP, PEER_IP);

	bench_up(NULL);
	ck_assert_int_eq(rail_send(rail, "10.0.0.50", 100, 1), 0); /* so that its LID is known */
	bench_run(10 * MILLISECOND);
	ck_assert(rail_hear_octets(rail, _i ? OTHER : THIRD, octets, length));
	bench_settle();
	first_meet();
	first_ends(_i);
}
END_TEST

/* ---- data ---- */

START_TEST(the_port_that_data_come_from_is_right)
{
	bench_up(NULL);
	first_meet();
	bench_run(100 * MILLISECOND);
	first_hear(OTHER, QPN(OTHER), _i);
	first_has_moved();
}
END_TEST

START_TEST(data_of_the_known_port_end_the_contest)
{
	bench_up(NULL);
	first_meet();
	first_hear(PEER, QPN(PEER), _i);
	first_hear(OTHER, QPN(OTHER), _i); /* flux, seen in data: it moves nothing any more */
	first_stays();
}
END_TEST

/* Another port; another queue pair of one of the two; an adapter that tells nothing. */
START_TEST(data_that_tell_nothing_decide_nothing)
{
	bench_up(NULL);
	first_meet();
	if (_i == 0)
		first_hear(THIRD, QPN(THIRD), true);
	if (_i == 1)
		first_hear(OTHER, 0x777, false);
	if (_i == 2)
		first_hear_data(&(struct fake_arrival){ .source_qpn = 0x777 });
	first_stays();
}
END_TEST

/* The sender that was judged last is judged again when there are two to choose from. */
START_TEST(data_that_came_before_the_second_answer_do_not_hide_what_follows)
{
	bench_up(NULL);
	ck_assert_int_eq(rail_send(rail, PEER_IP, 100, 1), 0);
	bench_run(MILLISECOND);
	first_hear(OTHER, QPN(OTHER), true);
	first_hear(OTHER, QPN(OTHER), true);
	first_say(rail, IPOIB__ARP_REPLY, OTHER, PEER_IP, OURS);
	first_hear(OTHER, QPN(OTHER), true);
	first_has_moved();
}
END_TEST

static struct fake_rc *connection_from(uint16_t port)
{
	uint64_t service = ipoib__service_id(IPOIB__SERVICE_RFC, fake_ud(fake)->attributes.qpn);
	struct fake_rc *taken;

	fake_rc_ask(fake, service, port, IPOIB_RC_MESSAGE_MAX);
	bench_settle();
	taken = fake_rc_last(fake);
	ck_assert_ptr_nonnull(taken);
	fake_rc_up(fake, taken, QPN(port), IPOIB_RC_MESSAGE_MAX);
	bench_settle();
	return taken;
}

/* The other port makes a connection to us, and a packet comes by it. */
START_TEST(the_port_that_a_connection_was_made_from_is_right)
{
	struct ipoib_interface_config config = bench_connected();
	uint8_t octets[4 + 100] = { 8, 0 };
	struct fake_rc *taken;

	bench_up(&config);
	first_meet();
	taken = connection_from(OTHER);
	ip_octets(octets + 4, _i ? PEER_IP : "10.0.0.3", OURS, 100, 0);
	ck_assert(fake_rc_deliver(fake, taken, octets, sizeof(octets), 0));
	bench_settle();
	first_ends(_i);
}
END_TEST

Suite *suite_first(void)
{
	Suite *suite = suite_create("first");
	TCase *tcase = tcase_create("first");

	tcase_add_checked_fixture(tcase, support_setup, support_teardown);
	tcase_add_test(tcase, where_nothing_is_known_the_first_one_stays);
	tcase_add_loop_test(tcase, the_port_that_spoke_before_is_right, 0, 3);
	tcase_add_loop_test(tcase, both_have_spoken_and_so_neither_is_right, 0, 3);
	tcase_add_loop_test(tcase, not_each_packet_is_an_own_word, 0, 4);
	tcase_add_test(tcase, an_own_word_is_forgotten_after_a_minute);
	tcase_add_loop_test(tcase, of_many_words_the_oldest_is_forgotten, 0, 2);
	tcase_add_test(tcase, an_announcement_in_a_contest_decides);
	tcase_add_loop_test(tcase, a_word_for_another_port_is_not_kept, 0, 2);
	tcase_add_loop_test(tcase, the_port_that_data_come_from_is_right, 0, 2);
	tcase_add_loop_test(tcase, data_of_the_known_port_end_the_contest, 0, 2);
	tcase_add_loop_test(tcase, data_that_tell_nothing_decide_nothing, 0, 3);
	tcase_add_test(tcase, data_that_came_before_the_second_answer_do_not_hide_what_follows);
	tcase_add_loop_test(tcase, the_port_that_a_connection_was_made_from_is_right, 0, 2);
	suite_add_tcase(suite, tcase);
	return suite;
}
