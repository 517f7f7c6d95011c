/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Proof ends a hold: what the SA refused is asked for again when something shows that it would say
 * another thing now, and once a second at most, whoever says so.
 */
#include <errno.h>
#include <string.h>

#include "interface/bench.h"
#include "interface/suites.h"
#include "support/support.h"

static struct rail *const rail = &bench.rails[0];
static struct fake *const fake = &bench.fakes[0];

static uint64_t path_hold(void)
{
	struct ipoib_path_info info = { .size = sizeof(info) };
	struct ipoib_gid gid = fake_gid(2);
	uint64_t cursor = 0;

	while (ipoib_path_next(rail->interface, &cursor, &info) == 1)
		if (memcmp(&info.dgid, &gid, sizeof(gid)) == 0)
			return info.hold_ns;
	return 0;
}

/* The SA refuses the path to 10.0.0.2, entered by hand, until it is asked once a minute. */
static void refused_for_long(void)
{
	const struct ipoib_interface_config config = bench_connected();
	struct ipoib_ip two = ip("10.0.0.2");
	struct ipoib_gid gid = fake_gid(2);
	struct ipoib_link_address link =
		ipoib_link_address_make(IPOIB_LINK_ADDRESS_RC, 0x102, &gid);

	bench_up(&config);
	fake->path_status = -ENOENT;
	ck_assert_int_eq(ipoib_neighbour_add(rail->interface, &two, &link), 0);
	while (path_hold() < 40 * SECOND) {
		rail_send(rail, "10.0.0.2", 100, 1);
		bench_run(SECOND);
	}
}

enum proof {
	PROOF_ARP,
	PROOF_PACKET,
	PROOF_CONNECTION,
	PROOF_MESSAGE,
	PROOF_HINT,
	PROOF_PORT,
	PROOF_REREGISTER,
	PROOFS
};

static void give(enum proof proof)
{
	struct ipoib_ip two = ip("10.0.0.2");
	uint8_t octets[4 + 100] = { 8, 0 };

	ip_octets(octets + 4, "10.0.0.2", "10.0.0.1", 100, 0);
	if (proof == PROOF_ARP)
		ck_assert(rail_hear_arp(rail, 1, 2, "10.0.0.2", "10.0.0.77"));
	if (proof == PROOF_PACKET)
		ck_assert(rail_hear(rail, 2, 100));
	if (proof == PROOF_CONNECTION)
		fake_rc_ask(fake, fake_ud(fake)->listens[0], 2, 65524);
	if (proof == PROOF_MESSAGE)
		ck_assert(fake_rc_deliver(fake, fake_rc_last(fake), octets, sizeof(octets), 0));
	if (proof == PROOF_HINT)
		ck_assert_int_eq(ipoib_neighbour_confirm(rail->interface, &two), 0);
	fake->port.sm_lid += proof == PROOF_PORT;
	if (proof == PROOF_PORT)
		fake_port_event(fake);
	if (proof == PROOF_REREGISTER)
		fake_simple_event(fake, IPOIB_TRANSPORT_REREGISTER);
	bench_settle();
}

START_TEST(proof_that_there_is_a_way_ends_the_hold_of_its_path)
{
	refused_for_long();
	if (_i == PROOF_MESSAGE) { /* the connection was there before */
		give(PROOF_CONNECTION);
		fake_rc_up(fake, fake_rc_last(fake), 0x102, 65524);
		while (path_hold() < 40 * SECOND) {
			rail_send(rail, "10.0.0.2", 100, 1);
			bench_run(SECOND);
		}
	}
	bench_run(2 * SECOND);
	fake->path_status = 0;
	ck_assert_int_eq(rail_send(rail, "10.0.0.2", 100, 1), -EHOSTUNREACH);
	give((enum proof)_i);
	ck_assert_int_eq(rail_send(rail, "10.0.0.2", 100, 1), 0);
	bench_settle();
	ck_assert_uint_eq(rail_statistics(rail).sent, 1);
	bench_close();
}
END_TEST

/* It was judged by the record that is lost now. */
START_TEST(who_has_sent_all_the_time_is_proof_when_its_path_fails)
{
	bench_up(NULL);
	ck_assert_int_eq(rail_send(rail, "10.0.0.2", 100, 1), 0);
	bench_settle();
	for (int i = 0; i < 3; i++) {
		ck_assert(rail_hear(rail, 2, 100));
		bench_settle();
	}
	fake->path_status = -ENOENT;
	fake_simple_event(fake, IPOIB_TRANSPORT_REREGISTER);
	while (path_hold() < 10 * SECOND) {
		rail_send(rail, "10.0.0.2", 100, 1);
		bench_run(SECOND);
	}
	fake->path_status = 0;
	bench_run(2 * SECOND);
	ck_assert_int_eq(rail_send(rail, "10.0.0.2", 100, 1), -EHOSTUNREACH);
	give(PROOF_PACKET);
	ck_assert_int_eq(rail_send(rail, "10.0.0.2", 100, 1), 0);
	bench_close();
}
END_TEST

/* Whoever forges packets from there. */
START_TEST(proof_that_does_not_hold_asks_the_sa_once_a_second_at_most)
{
	uint64_t before;

	refused_for_long();
	before = rail_statistics(rail).path_queries;
	for (int i = 0; i < 1000; i++) {
		give(PROOF_ARP);
		give(PROOF_PORT);
		rail_send(rail, "10.0.0.2", 100, 1);
		bench_run(10 * MILLISECOND);
	}
	ck_assert_uint_ge(rail_statistics(rail).path_queries - before, 9);
	ck_assert_uint_le(rail_statistics(rail).path_queries - before, 11);
	bench_close();
}
END_TEST

START_TEST(a_change_of_the_port_tries_refused_joins_again)
{
	struct ipoib_multicast_info info = { .size = sizeof(info) };
	uint64_t cursor = 0;

	bench_up(NULL);
	fake->join_status = -EACCES;
	for (uint32_t i = 0; i < 20; i++) {
		rail_send(rail, "224.1.2.3", 100, i);
		bench_run(SECOND);
	}
	fake->join_status = 0;
	while (ipoib_multicast_next(rail->interface, &cursor, &info) == 1)
		ck_assert(info.broadcast || info.state == IPOIB_MULTICAST_BACKOFF);
	give(PROOF_PORT);
	bench_run(250 * MILLISECOND);
	ck_assert_int_eq(rail_send(rail, "224.1.2.3", 100, 1), 0);
	bench_settle();
	ck_assert_uint_eq(rail_statistics(rail).sent, 1);
	fake->join_status = -EACCES; /* events without end ask once a second and no more */
	rail_send(rail, "224.7.7.7", 100, 1);
	bench_settle();
	cursor = rail_statistics(rail).joins;
	for (int i = 0; i < 1000; i++) {
		give(PROOF_PORT);
		bench_run(10 * MILLISECOND);
	}
	ck_assert_uint_le(rail_statistics(rail).joins - cursor, 22);
	bench_close();
}
END_TEST

Suite *suite_proof(void)
{
	Suite *suite = suite_create("proof");
	TCase *tcase = tcase_create("proof");

	tcase_set_timeout(tcase, 60);
	tcase_add_checked_fixture(tcase, support_setup, support_teardown);
	tcase_add_loop_test(tcase, proof_that_there_is_a_way_ends_the_hold_of_its_path, 0, PROOFS);
	tcase_add_test(tcase, who_has_sent_all_the_time_is_proof_when_its_path_fails);
	tcase_add_test(tcase, proof_that_does_not_hold_asks_the_sa_once_a_second_at_most);
	tcase_add_test(tcase, a_change_of_the_port_tries_refused_joins_again);
	suite_add_tcase(suite, tcase);
	return suite;
}
