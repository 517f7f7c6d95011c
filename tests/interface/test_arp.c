/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* ARP at the interface: who is believed, who is answered, and what changes nothing (I33, I41). */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "interface/bench.h"
#include "interface/suites.h"
#include "support/support.h"

#define REQUEST 1
#define REPLY 2
#define ARP_OCTETS 60 /* the IPoIB header included */

static struct rail *const rail = &bench.rails[0];
static struct fake *const fake = &bench.fakes[0];

static size_t neighbours(void)
{
	struct ipoib_interface_info info = { .size = sizeof(info) };

	ck_assert_int_eq(ipoib_interface_info(rail->interface, &info), 0);
	return info.neighbours;
}

static void hear(uint16_t operation, uint16_t peer, const char *sender, const char *target)
{
	ck_assert(rail_hear_arp(rail, operation, peer, sender, target));
	bench_settle();
}

START_TEST(a_request_for_our_address_is_answered_to_who_asked)
{
	struct ipoib_interface_info info = { .size = sizeof(info) };
	const struct fake_sent *sent;

	bench_up(NULL);
	hear(REQUEST, 7, "10.0.0.7", "10.0.0.1");
	ck_assert_uint_eq(arp_sent(fake, REPLY), 1);
	sent = &fake->sent[fake->sent_count - 1];
	ck_assert_uint_eq(sent->remote_qpn, 0x107);
	ck_assert_uint_eq(sent->to.dlid, 7);
	ck_assert_int_eq(ipoib_interface_info(rail->interface, &info), 0);
	ck_assert_int_eq(memcmp(sent->head + 12, info.link_address.raw, 20), 0);
	ck_assert_uint_eq(info.link_address.raw[0], 0); /* takes no connections, and says so */
	ck_assert_uint_eq(rail_neighbour(rail, "10.0.0.7"), IPOIB_NEIGHBOUR_STALE);
	hear(REQUEST, 8, "0.0.0.0", "10.0.0.1"); /* a probe of RFC 5227 */
	ck_assert_uint_eq(arp_sent(fake, REPLY), 2);
	ck_assert_uint_eq(neighbours(), 1);
	bench_close();
}
END_TEST

START_TEST(an_address_is_answered_for_on_its_own_rail_only)
{
	struct rail *other = &bench.rails[1];

	bench_up(NULL);
	ck_assert_int_eq(bench_try_fake(), 0);
	rail_open(other, &bench.fakes[1], NULL);
	rail_bind(other, "10.0.0.100");
	bench_settle();
	hear(REQUEST, 7, "10.0.0.7", "10.0.0.100");
	ck_assert(rail_hear_arp(other, REQUEST, 7, "10.0.0.7", "10.0.0.1"));
	bench_settle();
	ck_assert_uint_eq(arp_sent(fake, REPLY), 0);
	ck_assert_uint_eq(arp_sent(&bench.fakes[1], REPLY), 0);
	ck_assert_uint_eq(neighbours(), 0);
	bench_close();
}
END_TEST

START_TEST(what_nobody_asked_for_makes_no_neighbour)
{
	bench_up(NULL);
	hear(REPLY, 7, "10.0.0.7", "10.0.0.1");
	hear(REPLY, 7, "10.0.0.7", "10.0.0.7");   /* gratuitous */
	hear(REQUEST, 7, "10.0.0.7", "10.0.0.7");
	hear(REQUEST, 7, "10.0.0.7", "10.0.0.9"); /* between others */
	ck_assert_uint_eq(neighbours(), 0);
	ck_assert_uint_eq(fake_open_questions(fake, false), 0);
	bench_close();
}
END_TEST

START_TEST(nobody_can_be_us_a_group_or_nobody)
{
	static const char *const senders[] = { "10.0.0.1", "10.0.0.255", "255.255.255.255",
					       "224.0.0.1", "0.0.0.0", "127.0.0.1", "240.0.0.1" };
	uint8_t octets[ARP_OCTETS];

	bench_up(NULL);
	for (size_t i = 0; i < sizeof(senders) / sizeof(senders[0]); i++) {
		hear(REQUEST, 7, senders[i], "10.0.0.1");
		hear(REPLY, 7, senders[i], "10.0.0.1");
	}
	ck_assert_uint_eq(neighbours(), 0);
	arp_octets(octets, REQUEST, 7, "10.0.0.7", "10.0.0.1");
	octets[4 + 8 + 4] = 0xff; /* a multicast GID */
	fake->sent_count = 0;
	ck_assert(rail_hear_octets(rail, 7, octets, sizeof(octets)));
	bench_settle();
	ck_assert_uint_eq(neighbours(), 0);
	ck_assert_uint_eq(arp_sent(fake, REPLY), 0);
	bench_close();
}
END_TEST

START_TEST(malformed_arp_changes_nothing)
{
	static const struct {
		size_t at;
		uint8_t value;
	} lies[] = { { 0, 1 },	{ 1, 1 },  { 2, 9 },  { 3, 6 },  { 4, 6 },  { 4, 0 },
		     { 4, 19 }, { 4, 255 }, { 5, 16 }, { 5, 0 }, { 6, 1 },  { 7, 0 },
		     { 7, 3 },	{ 7, 255 } };
	uint8_t octets[ARP_OCTETS];
	uint64_t malformed = 0;

	bench_up(NULL);
	for (size_t i = 0; i < sizeof(lies) / sizeof(lies[0]); i++, malformed++) {
		arp_octets(octets, REQUEST, 7, "10.0.0.7", "10.0.0.1");
		octets[4 + lies[i].at] = lies[i].value;
		ck_assert(rail_hear_octets(rail, 7, octets, sizeof(octets)));
	}
	arp_octets(octets, REQUEST, 7, "10.0.0.7", "10.0.0.1");
	for (size_t length = 4; length < sizeof(octets); length++, malformed++)
		ck_assert(rail_hear_octets(rail, 7, octets, length));
	bench_settle();
	ck_assert_uint_eq(rail_statistics(rail).arp_malformed, malformed);
	ck_assert_uint_eq(rail_statistics(rail).control_received, malformed);
	ck_assert_uint_eq(neighbours(), 0);
	ck_assert_uint_eq(fake->sent_count, 0);
	bench_close();
}
END_TEST

START_TEST(a_neighbour_that_moves_is_told_of_and_followed)
{
	struct ipoib_interface_config config = IPOIB_INTERFACE_CONFIG_INIT;
	struct ipoib_gid old = fake_gid(2), new = fake_gid(50);
	const struct ipoib_event *event;

	config.flux = IPOIB_FLUX_ACCEPT;
	bench_up(&config);
	ck_assert_int_eq(rail_send(rail, "10.0.0.2", 100, 1), 0);
	bench_run(SECOND);
	hear(REPLY, 50, "10.0.0.2", "10.0.0.1");
	ck_assert_uint_eq(rail_events(rail, IPOIB_EVENT_NEIGHBOUR_MOVED), 1);
	event = &rail->events[rail->event_count - 1];
	ck_assert_int_eq(memcmp(event->old_link_address.raw + 4, old.raw, 16), 0);
	ck_assert_int_eq(memcmp(event->link_address.raw + 4, new.raw, 16), 0);
	ck_assert_uint_eq(rail_statistics(rail).neighbours_moved, 1);
	ck_assert_int_eq(rail_send(rail, "10.0.0.2", 100, 2), 0);
	bench_run(100 * MILLISECOND);
	ck_assert_uint_eq(fake->sent[fake->sent_count - 1].to.dlid, 50);
	ck_assert_uint_eq(fake->sent[fake->sent_count - 1].remote_qpn, 0x132);
	bench_close();
}
END_TEST

/* The default policy (I14): the port that is known is asked, and answers. */
START_TEST(a_claim_of_another_port_is_told_of_and_not_followed)
{
	struct ipoib_gid known = fake_gid(2), claimed = fake_gid(50);
	const struct ipoib_event *first, *last;

	bench_up(NULL);
	ck_assert_int_eq(rail_send(rail, "10.0.0.2", 100, 1), 0);
	bench_run(SECOND);
	fake->sent_count = 0;
	hear(REPLY, 50, "10.0.0.2", "10.0.0.1");
	/* to where it is known, and to who claims it */
	ck_assert_uint_eq(arp_sent(fake, REQUEST), 2);
	ck_assert_uint_eq(fake->sent[0].remote_qpn, 0x102);
	ck_assert_uint_eq(fake->sent[1].remote_qpn, 0x132);
	ck_assert_uint_eq(rail_events(rail, IPOIB_EVENT_NEIGHBOUR_FLUX), 2);
	first = &rail->events[rail->event_count - 2];
	last = &rail->events[rail->event_count - 1];
	ck_assert_uint_eq(first->verdict, IPOIB_FLUX_PENDING);
	ck_assert_uint_eq(last->verdict, IPOIB_FLUX_REFUSED);
	ck_assert_uint_eq(last->detail, IPOIB_CLAIM_ARP_REPLY);
	ck_assert_int_eq(memcmp(last->old_link_address.raw + 4, known.raw, 16), 0);
	ck_assert_int_eq(memcmp(last->link_address.raw + 4, claimed.raw, 16), 0);
	ck_assert_uint_eq(rail_events(rail, IPOIB_EVENT_NEIGHBOUR_MOVED), 0);
	ck_assert_int_eq(rail_send(rail, "10.0.0.2", 100, 2), 0);
	bench_run(100 * MILLISECOND);
	ck_assert_uint_eq(fake->sent[fake->sent_count - 1].to.dlid, 2);
	ck_assert_uint_eq(rail_statistics(rail).flux_claims, 1);
	ck_assert_uint_eq(rail_statistics(rail).flux_refused, 1);
	bench_close();
}
END_TEST

START_TEST(a_flood_of_requests_fills_a_part_of_the_table_only)
{
	struct ipoib_interface_config config = IPOIB_INTERFACE_CONFIG_INIT;
	char text[32];

	config.neighbours_max = 16;
	bench_up(&config);
	ck_assert_int_eq(rail_send(rail, "10.0.0.2", 100, 1), 0);
	bench_run(SECOND);
	for (unsigned i = 0; i < 100; i++) {
		snprintf(text, sizeof(text), "10.0.0.%u", 100 + i);
		hear(REQUEST, (uint16_t)(100 + i), text, "10.0.0.1");
	}
	ck_assert_uint_eq(neighbours(), 12);
	ck_assert_uint_eq(rail_neighbour(rail, "10.0.0.2"), IPOIB_NEIGHBOUR_REACHABLE);
	for (unsigned i = 10; i < 14; i++) {
		snprintf(text, sizeof(text), "10.0.0.%u", i);
		ck_assert_int_eq(rail_send(rail, text, 100, i), 0);
	}
	bench_close();
}
END_TEST

START_TEST(a_stale_neighbour_that_is_used_is_asked_by_unicast)
{
	bench_up(NULL);
	hear(REQUEST, 7, "10.0.0.7", "10.0.0.1");
	fake->sent_count = 0;
	ck_assert_int_eq(rail_send(rail, "10.0.0.7", 100, 1), 0);
	bench_settle();
	ck_assert_uint_eq(rail_neighbour(rail, "10.0.0.7"), IPOIB_NEIGHBOUR_DELAY);
	bench_run(6 * SECOND);
	ck_assert_uint_eq(arp_sent(fake, REQUEST), 1);
	ck_assert_uint_eq(fake->sent[fake->sent_count - 1].remote_qpn, 0x107);
	ck_assert_uint_eq(rail_neighbour(rail, "10.0.0.7"), IPOIB_NEIGHBOUR_REACHABLE);
	bench_close();
}
END_TEST

START_TEST(without_an_address_of_our_own_nobody_is_asked)
{
	bench_open();
	rail_open(rail, fake, NULL);
	bench_settle();
	ck_assert_int_eq(rail_send(rail, "10.0.0.2", 100, 1), -EADDRNOTAVAIL);
	bench_run(5 * SECOND);
	ck_assert_uint_eq(fake->sent_count, 0);
	ck_assert_uint_eq(rail_neighbour(rail, "10.0.0.2"), 0);
	ck_assert_uint_eq(rail_events(rail, IPOIB_EVENT_NEIGHBOUR_FAILED), 0);
	bench_close();
}
END_TEST

/* An answer for another GID than was asked for is none (I36). */
START_TEST(a_path_record_for_somebody_else_is_not_used)
{
	struct ipoib_transport_event event = { .type = IPOIB_TRANSPORT_PATH };
	struct fake_question *question;

	bench_up(NULL);
	fake->answering = false;
	ck_assert_int_eq(rail_send(rail, "10.0.0.2", 100, 1), 0);
	bench_settle();
	question = fake_open_question(fake, false);
	question->open = false;
	event.id = question->id;
	event.path.dgid = fake_gid(3);
	event.path.dlid = 3;
	event.path.mtu = 2048;
	fake_event(fake, &event);
	bench_settle();
	ck_assert_uint_eq(rail->undelivered[IPOIB_SEND_DROP_NO_PATH], 1);
	fake_event(fake, &event); /* once more, when nobody asks any longer */
	event.id ^= UINT64_C(1) << 50;
	fake_event(fake, &event);
	bench_settle();
	ck_assert_uint_eq(rail_statistics(rail).sent, 0);
	bench_close();
}
END_TEST

Suite *suite_arp(void)
{
	Suite *suite = suite_create("arp");
	TCase *tcase = tcase_create("interface arp");

	tcase_set_timeout(tcase, 60);
	tcase_add_checked_fixture(tcase, support_setup, support_teardown);
	tcase_add_test(tcase, a_request_for_our_address_is_answered_to_who_asked);
	tcase_add_test(tcase, an_address_is_answered_for_on_its_own_rail_only);
	tcase_add_test(tcase, what_nobody_asked_for_makes_no_neighbour);
	tcase_add_test(tcase, nobody_can_be_us_a_group_or_nobody);
	tcase_add_test(tcase, malformed_arp_changes_nothing);
	tcase_add_test(tcase, a_neighbour_that_moves_is_told_of_and_followed);
	tcase_add_test(tcase, a_claim_of_another_port_is_told_of_and_not_followed);
	tcase_add_test(tcase, a_flood_of_requests_fills_a_part_of_the_table_only);
	tcase_add_test(tcase, a_stale_neighbour_that_is_used_is_asked_by_unicast);
	tcase_add_test(tcase, without_an_address_of_our_own_nobody_is_asked);
	tcase_add_test(tcase, a_path_record_for_somebody_else_is_not_used);
	suite_add_tcase(suite, tcase);
	return suite;
}
