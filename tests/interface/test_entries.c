/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Neighbours by the caller's hand, the monitor of all changes, and the history of claims. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "interface/bench.h"
#include "interface/suites.h"
#include "support/support.h"

#define REQUEST 1
#define REPLY 2
#define CHANGES_MAX 64
#define HISTORY 8

static struct rail *const rail = &bench.rails[0];
static struct fake *const fake = &bench.fakes[0];

static struct ipoib_neighbour_change changes[CHANGES_MAX];
static size_t change_count;

static void on_change(struct ipoib_interface *interface,
		      const struct ipoib_neighbour_change *change, void *user)
{
	ck_assert_ptr_eq(((struct rail *)user)->interface, interface);
	ck_assert_uint_lt(change_count, CHANGES_MAX);
	changes[change_count++] = *change;
}

static void up(uint8_t flux)
{
	struct ipoib_interface_config config = IPOIB_INTERFACE_CONFIG_INIT;

	change_count = 0;
	config.flux = flux;
	config.neighbours_max = 8;
	config.neighbour = on_change;
	bench_up(&config);
}

static struct ipoib_link_address link_of(uint16_t peer)
{
	struct ipoib_gid gid = fake_gid(peer);

	return ipoib_link_address_make(0, 0x100u + peer, &gid);
}

static int add(const char *text, uint16_t peer)
{
	struct ipoib_link_address link = link_of(peer);
	struct ipoib_ip address = ip(text);

	return ipoib_neighbour_add(rail->interface, &address, &link);
}

static struct ipoib_neighbour_info info_of(const char *text)
{
	struct ipoib_neighbour_info info = { .size = sizeof(info) };
	struct ipoib_ip address = ip(text);

	ck_assert_int_eq(ipoib_neighbour_find(rail->interface, &address, &info), 0);
	return info;
}

static void claim(const char *who, uint16_t peer)
{
	ck_assert(rail_hear_arp(rail, REPLY, peer, who, "10.0.0.1"));
	bench_settle();
}

/* ---- by hand ---- */

START_TEST(who_was_entered_by_hand_is_neither_asked_nor_moved)
{
	up(IPOIB_FLUX_ACCEPT);
	ck_assert_int_eq(add("10.0.0.2", 50), 0);
	ck_assert_uint_eq(rail_neighbour(rail, "10.0.0.2"), IPOIB_NEIGHBOUR_PERMANENT);
	for (uint32_t i = 0; i < 300; i++) {
		ck_assert_int_eq(rail_send(rail, "10.0.0.2", 100, i), 0);
		if (i % 50 == 0)
			claim("10.0.0.2", 2);
		bench_run(SECOND);
	}
	ck_assert_uint_eq(arp_sent(fake, REQUEST), 0);
	ck_assert_uint_eq(rail_statistics(rail).sent, 300);
	ck_assert_uint_eq(fake->sent[fake->sent_count - 1].remote_qpn, 0x100 + 50);
	ck_assert_uint_eq(info_of("10.0.0.2").moves, 0);
	ck_assert_uint_eq(info_of("10.0.0.2").flux_refused, 6);
	bench_close();
}
END_TEST

/* Who was being asked for is entered: what waits goes out. */
START_TEST(an_entry_answers_the_question_that_was_under_way)
{
	up(IPOIB_FLUX_CONFIRM);
	bench.silent = true;
	ck_assert_int_eq(rail_send(rail, "10.0.0.2", 100, 1), 0);
	bench_run(SECOND / 2);
	ck_assert_int_eq(add("10.0.0.2", 2), 0);
	bench_run(10 * MILLISECOND);
	ck_assert_uint_eq(rail_statistics(rail).sent, 1);
	bench_run(10 * SECOND);
	ck_assert_uint_eq(rail_neighbour(rail, "10.0.0.2"), IPOIB_NEIGHBOUR_PERMANENT);
	bench_close();
}
END_TEST

START_TEST(what_cannot_be_a_neighbour_is_not_entered)
{
	static const char *const nobody[] = { "10.0.0.1",	"10.0.0.255", "224.0.0.1",
					      "0.0.0.0",	"255.255.255.255",
					      "ff02::1",	"::" };
	struct ipoib_ip two = ip("10.0.0.2");
	struct ipoib_link_address link = link_of(2);
	struct ipoib_gid gid = fake_gid(2);

	up(IPOIB_FLUX_CONFIRM);
	for (size_t i = 0; i < sizeof(nobody) / sizeof(nobody[0]); i++)
		ck_assert_int_eq(add(nobody[i], 2), -EINVAL);
	link.raw[4] = 0xff; /* a group */
	ck_assert_int_eq(ipoib_neighbour_add(rail->interface, &two, &link), -EINVAL);
	for (uint32_t qpn = 0; qpn < 2; qpn++) {
		link = ipoib_link_address_make(0, qpn, &gid);
		ck_assert_int_eq(ipoib_neighbour_add(rail->interface, &two, &link), -EINVAL);
	}
	link = ipoib_link_address_make(0, IPOIB_QPN_MULTICAST, &gid);
	ck_assert_int_eq(ipoib_neighbour_add(rail->interface, &two, &link), -EINVAL);
	ck_assert_uint_eq(rail_neighbour(rail, "10.0.0.2"), 0);
	ck_assert_uint_eq(change_count, 0);
	bench_close();
}
END_TEST

START_TEST(three_quarters_of_the_table_may_be_permanent)
{
	char text[32];

	up(IPOIB_FLUX_CONFIRM);
	for (uint16_t i = 0; i < 6; i++) {
		snprintf(text, sizeof(text), "10.0.0.%u", 10 + i);
		ck_assert_int_eq(add(text, 10 + i), 0);
	}
	ck_assert_int_eq(add("10.0.0.30", 30), -ENOBUFS);
	ck_assert_uint_eq(rail_neighbour(rail, "10.0.0.30"), 0);
	ck_assert_int_eq(add("10.0.0.10", 40), 0); /* it is one already */
	for (uint32_t i = 2; i < 10; i++) { /* and others come and go in the rest */
		snprintf(text, sizeof(text), "10.0.0.%u", i);
		rail_send(rail, text, 100, i);
		bench_run(10 * SECOND);
	}
	ck_assert_uint_eq(rail_statistics(rail).sent, 8);
	bench_close();
}
END_TEST

START_TEST(what_waits_for_who_is_removed_is_told_its_fate)
{
	struct ipoib_ip gone = ip("10.0.0.2");

	up(IPOIB_FLUX_CONFIRM);
	bench.silent = true;
	for (uint32_t i = 0; i < 5; i++)
		ck_assert_int_eq(rail_send(rail, "10.0.0.2", 100, i), 0);
	bench_settle();
	ck_assert_int_eq(ipoib_neighbour_remove(rail->interface, &gone), 0);
	ck_assert_uint_eq(rail->undelivered[IPOIB_SEND_DROP_UNREACHABLE], 0); /* not from here */
	bench_settle();
	ck_assert_uint_eq(rail->undelivered[IPOIB_SEND_DROP_UNREACHABLE], 5);
	ck_assert_int_eq(ipoib_neighbour_remove(rail->interface, &gone), -ENOENT);
	ck_assert_int_eq(ipoib_neighbour_confirm(rail->interface, &gone), -ENOENT);
	bench_close();
}
END_TEST

START_TEST(a_flush_spares_what_was_entered_by_hand_unless_told)
{
	struct ipoib_interface_info info = { .size = sizeof(info) };

	up(IPOIB_FLUX_CONFIRM);
	ck_assert_int_eq(add("10.0.0.2", 2), 0);
	ck_assert_int_eq(rail_send(rail, "10.0.0.3", 100, 1), 0);
	bench_run(SECOND);
	ipoib_neighbour_flush(rail->interface, false);
	ck_assert_uint_eq(rail_neighbour(rail, "10.0.0.2"), IPOIB_NEIGHBOUR_PERMANENT);
	ck_assert_uint_eq(rail_neighbour(rail, "10.0.0.3"), 0);
	ipoib_neighbour_flush(rail->interface, true);
	ck_assert_int_eq(ipoib_interface_info(rail->interface, &info), 0);
	ck_assert_uint_eq(info.neighbours, 0);
	ck_assert_int_eq(rail_send(rail, "10.0.0.2", 100, 2), 0); /* it is asked for again */
	bench_run(SECOND);
	ck_assert_uint_eq(rail_neighbour(rail, "10.0.0.2"), IPOIB_NEIGHBOUR_REACHABLE);
	bench_close();
}
END_TEST

/* RFC 4861 section 7.3.1: the caller's own protocol has heard from it. */
START_TEST(who_is_vouched_for_is_not_asked)
{
	struct ipoib_ip two = ip("10.0.0.2");

	up(IPOIB_FLUX_CONFIRM);
	for (uint32_t i = 0; i < 300; i++) {
		ck_assert_int_eq(rail_send(rail, "10.0.0.2", 100, i), 0);
		bench_run(SECOND);
		ck_assert_int_eq(ipoib_neighbour_confirm(rail->interface, &two), 0);
	}
	ck_assert_uint_eq(arp_sent(fake, REQUEST), 1);
	ck_assert_uint_eq(rail_neighbour(rail, "10.0.0.2"), IPOIB_NEIGHBOUR_REACHABLE);
	bench_close();
}
END_TEST

/* ---- the monitor ---- */

START_TEST(the_monitor_tells_every_change_in_order)
{
	static const struct {
		uint32_t type, state;
	} expected[] = {
		{ IPOIB_NEIGHBOUR_CHANGED, IPOIB_NEIGHBOUR_INCOMPLETE },
		{ IPOIB_NEIGHBOUR_CHANGED, IPOIB_NEIGHBOUR_REACHABLE },
		{ IPOIB_NEIGHBOUR_CHANGED, IPOIB_NEIGHBOUR_STALE },
		{ IPOIB_NEIGHBOUR_CHANGED, IPOIB_NEIGHBOUR_DELAY },
		{ IPOIB_NEIGHBOUR_CHANGED, IPOIB_NEIGHBOUR_PROBE },
		{ IPOIB_NEIGHBOUR_CHANGED, IPOIB_NEIGHBOUR_REACHABLE },
		{ IPOIB_NEIGHBOUR_REMOVED, IPOIB_NEIGHBOUR_REACHABLE },
	};
	struct ipoib_ip two = ip("10.0.0.2");
	uint64_t before = 0;

	up(IPOIB_FLUX_CONFIRM);
	ck_assert_int_eq(rail_send(rail, "10.0.0.2", 100, 1), 0);
	bench_run(46 * SECOND); /* reachable for 45 s at most */
	ck_assert_int_eq(rail_send(rail, "10.0.0.2", 100, 2), 0);
	bench_run(6 * SECOND);
	ck_assert_int_eq(ipoib_neighbour_remove(rail->interface, &two), 0);
	bench_settle();
	ck_assert_uint_eq(change_count, sizeof(expected) / sizeof(expected[0]));
	for (size_t i = 0; i < change_count; i++) {
		ck_assert_uint_eq(changes[i].type, expected[i].type);
		ck_assert_uint_eq(changes[i].state, expected[i].state);
		ck_assert(ipoib_ip_equal(&changes[i].ip, &two));
		ck_assert_uint_eq(ipoib_link_address_qpn(&changes[i].link_address),
				  i == 0 ? 0 : 0x102);
		ck_assert_uint_ge(changes[i].time, before);
		before = changes[i].time;
	}
	bench_close();
}
END_TEST

/* ---- claims ---- */

START_TEST(the_last_claims_are_remembered_the_youngest_first)
{
	struct ipoib_flux_record record = { .size = sizeof(record) };
	struct ipoib_ip two = ip("10.0.0.2"), nobody = ip("10.0.0.9");
	struct ipoib_link_address held = link_of(2), claimed;
	uint64_t cursor = 0;
	uint16_t peer = 30 + 9;

	up(IPOIB_FLUX_PIN);
	ck_assert_int_eq(rail_send(rail, "10.0.0.2", 100, 1), 0);
	bench_run(SECOND);
	ck_assert_int_eq(ipoib_neighbour_flux_next(rail->interface, &two, &cursor, &record), 0);
	for (uint16_t i = 30; i < 30 + 10; i++) {
		claim("10.0.0.2", i);
		claim("10.0.0.2", i); /* the same once more is no other event */
		bench_run(SECOND);
	}
	cursor = 0;
	while (ipoib_neighbour_flux_next(rail->interface, &two, &cursor, &record) == 1) {
		claimed = link_of(peer--);
		ck_assert(ipoib_link_address_same_peer(&record.claimed, &claimed));
		ck_assert(ipoib_link_address_same_peer(&record.held, &held));
		ck_assert_uint_eq(record.claim, IPOIB_CLAIM_ARP_REPLY);
		ck_assert_uint_eq(record.verdict, IPOIB_FLUX_REFUSED);
		ck_assert_uint_eq(record.count, 2);
		ck_assert_uint_eq(record.age_ns, (30 + 10 - 1 - peer) * SECOND);
	}
	ck_assert_uint_eq(peer, 30 + 9 - HISTORY);
	ck_assert_uint_eq(info_of("10.0.0.2").flux, 20);
	ck_assert_uint_eq(info_of("10.0.0.2").flux_refused, 20);
	ck_assert_uint_eq(info_of("10.0.0.2").flux_minute, 20);
	cursor = 0;
	ck_assert_int_eq(ipoib_neighbour_flux_next(rail->interface, &nobody, &cursor, &record),
			 -ENOENT);
	record.size = 3;
	ck_assert_int_eq(ipoib_neighbour_flux_next(rail->interface, &two, &cursor, &record),
			 -EINVAL);
	bench_close();
}
END_TEST

START_TEST(a_claim_that_is_not_decided_is_to_be_seen)
{
	struct ipoib_link_address claimed = link_of(50), old = link_of(2);
	struct ipoib_neighbour_info info;

	up(IPOIB_FLUX_CONFIRM);
	ck_assert_int_eq(rail_send(rail, "10.0.0.2", 100, 1), 0);
	bench_run(SECOND);
	bench.silent = true;
	claim("10.0.0.2", 50);
	info = info_of("10.0.0.2");
	ck_assert_uint_eq(info.state, IPOIB_NEIGHBOUR_PROBE);
	ck_assert(ipoib_link_address_same_peer(&info.claimed, &claimed));
	ck_assert_uint_eq(info.moves, 0);
	bench_run(3 * SECOND + 10 * MILLISECOND); /* nobody answers there any more */
	info = info_of("10.0.0.2");
	ck_assert_uint_eq(info.moves, 1);
	ck_assert(ipoib_link_address_same_peer(&info.link_address, &claimed));
	ck_assert(ipoib_link_address_same_peer(&info.old_link_address, &old));
	ck_assert_uint_eq(ipoib_link_address_qpn(&info.claimed), 0);
	ck_assert_uint_gt(info.hold_ns, 9 * SECOND);
	ck_assert_uint_le(info.hold_ns, 10 * SECOND);
	bench_close();
}
END_TEST

START_TEST(a_next_hop_that_is_no_neighbours_is_refused_and_not_asked_for)
{
	static const char *const nobody[] = { "10.0.0.1",  "0.0.0.0",	"0.1.2.3", "127.0.0.1",
					      "240.0.0.1", "255.255.255.254" };

	up(IPOIB_FLUX_CONFIRM);
	for (size_t i = 0; i < sizeof(nobody) / sizeof(nobody[0]); i++) {
		ck_assert_int_eq(rail_send(rail, nobody[i], 100, 1), -EINVAL);
		ck_assert_uint_eq(rail_neighbour(rail, nobody[i]), 0);
	}
	bench_run(5 * SECOND);
	ck_assert_uint_eq(arp_sent(fake, 1), 0);
	ck_assert_uint_eq(rail_statistics(rail).accepted, 0);
	bench_close();
}
END_TEST

/* Of another interface of ours too, which would never answer here. */
START_TEST(an_address_that_is_bound_is_a_neighbours_no_more)
{
	struct ipoib_binding *binding;
	struct ipoib_ip two = ip("10.0.0.2");

	up(IPOIB_FLUX_CONFIRM);
	ck_assert_int_eq(rail_send(rail, "10.0.0.2", 100, 1), 0);
	bench_run(10 * MILLISECOND);
	ck_assert_uint_eq(rail_statistics(rail).sent, 1);
	ck_assert_int_eq(ipoib_binding_open(&binding, rail->interface, &two, 24), 0);
	ck_assert_uint_eq(rail_neighbour(rail, "10.0.0.2"), 0);
	ck_assert_int_eq(rail_send(rail, "10.0.0.2", 100, 1), -EINVAL);
	ck_assert_int_eq(bench_try_fake(), 0);
	rail_open(&bench.rails[1], &bench.fakes[1], NULL);
	rail_bind(&bench.rails[1], "10.1.0.1");
	bench_run(10 * MILLISECOND);
	ck_assert_int_eq(rail_send(rail, "10.1.0.1", 100, 1), -EINVAL);
	ipoib_binding_close(binding);
	ck_assert_int_eq(rail_send(rail, "10.0.0.2", 100, 1), 0);
	bench_run(10 * MILLISECOND);
	ck_assert_uint_eq(rail_statistics(rail).sent, 2);
	bench_close();
}
END_TEST

Suite *suite_entries(void)
{
	Suite *suite = suite_create("entries");
	TCase *tcase = tcase_create("entries");

	tcase_set_timeout(tcase, 60);
	tcase_add_checked_fixture(tcase, support_setup, support_teardown);
	tcase_add_test(tcase, who_was_entered_by_hand_is_neither_asked_nor_moved);
	tcase_add_test(tcase, an_entry_answers_the_question_that_was_under_way);
	tcase_add_test(tcase, what_cannot_be_a_neighbour_is_not_entered);
	tcase_add_test(tcase, three_quarters_of_the_table_may_be_permanent);
	tcase_add_test(tcase, what_waits_for_who_is_removed_is_told_its_fate);
	tcase_add_test(tcase, a_flush_spares_what_was_entered_by_hand_unless_told);
	tcase_add_test(tcase, who_is_vouched_for_is_not_asked);
	tcase_add_test(tcase, the_monitor_tells_every_change_in_order);
	tcase_add_test(tcase, the_last_claims_are_remembered_the_youngest_first);
	tcase_add_test(tcase, a_claim_that_is_not_decided_is_to_be_seen);
	tcase_add_test(tcase,
		       a_next_hop_that_is_no_neighbours_is_refused_and_not_asked_for);
	tcase_add_test(tcase, an_address_that_is_bound_is_a_neighbours_no_more);
	suite_add_tcase(suite, tcase);
	return suite;
}
