/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* The subnet has another prefix: packets go to the new GID of a neighbour, which has not moved. */
#include <string.h>

#include "interface/bench.h"
#include "interface/suites.h"
#include "support/support.h"
#include "wire/encap.h"

#define PEER 2
#define PEER_IP "10.0.0.2"
#define AT_SENDER_GID (IPOIB__ENCAP_LENGTH + 8 + 4) /* in an ARP packet */
#define LAST_OF_PREFIX 7

static struct rail *const rail = &bench.rails[0];
static struct fake *const fake = &bench.fakes[0];

static void up(uint8_t flux)
{
	struct ipoib_interface_config config = IPOIB_INTERFACE_CONFIG_INIT;

	config.flux = flux;
	bench_up(&config);
	ck_assert_int_eq(rail_send(rail, PEER_IP, 100, 1), 0);
	bench_run(2 * SECOND);
	rail->event_count = 0;
}

static void peer_announces(uint8_t prefix)
{
	uint8_t octets[IPOIB__ENCAP_LENGTH + 56];
	size_t length = arp_octets(octets, 1, PEER, PEER_IP, PEER_IP);

	octets[AT_SENDER_GID + LAST_OF_PREFIX] = prefix;
	ck_assert(rail_hear_octets(rail, PEER, octets, length));
	bench_run(10 * MILLISECOND);
}

static void port_changes(uint8_t prefix)
{
	fake->port.gid.raw[LAST_OF_PREFIX] = prefix;
	fake_port_event(fake);
	bench_run(10 * MILLISECOND);
}

/* Where the next packet goes. */
static struct ipoib_gid send_one(void)
{
	struct ipoib_gid none = { { 0 } };

	fake->sent_count = 0;
	ck_assert_int_eq(rail_send(rail, PEER_IP, 100, 2), 0);
	bench_run(10 * MILLISECOND);
	for (size_t i = 0; i < fake->sent_count; i++)
		if (fake->sent[i].head[0] == 8 && fake->sent[i].head[1] == 0)
			return fake->sent[i].to.dgid;
	return none;
}

static void check_new_gid(void)
{
	struct ipoib_neighbour_info info = { .size = sizeof(info) };
	struct ipoib_gid to = send_one(), gid = fake_gid(PEER);
	struct ipoib_ip peer = ip(PEER_IP);

	gid.raw[LAST_OF_PREFIX] = 7;
	ck_assert_mem_eq(&to, &gid, sizeof(gid));
	ck_assert_int_eq(ipoib_neighbour_find(rail->interface, &peer, &info), 0);
	ck_assert_uint_eq(info.moves, 0);
	ck_assert_uint_eq(rail_statistics(rail).neighbours_moved, 0);
	ck_assert_uint_eq(rail_events(rail, IPOIB_EVENT_NEIGHBOUR_MOVED), 0);
}

START_TEST(packets_go_to_the_new_gid_of_a_peer_that_follows_our_prefix)
{
	up((uint8_t)_i);
	port_changes(7);
	peer_announces(7);
	check_new_gid();
	ck_assert_uint_eq(rail_statistics(rail).flux_claims, 0);
	ck_assert_uint_eq(rail_events(rail, IPOIB_EVENT_NEIGHBOUR_FLUX), 0);
	bench_close();
}
END_TEST

/* A claim until then, and told as one. */
START_TEST(a_peer_that_had_the_prefix_before_us_is_followed_with_our_next_packet)
{
	up(_i == 0 ? IPOIB_FLUX_CONFIRM : IPOIB_FLUX_PIN);
	bench.silent = true;
	peer_announces(7);
	ck_assert_uint_eq(rail_events(rail, IPOIB_EVENT_NEIGHBOUR_FLUX), 1);
	ck_assert_uint_eq(send_one().raw[LAST_OF_PREFIX], 0); /* traffic stays */
	port_changes(7);
	check_new_gid();
	ck_assert_uint_eq(rail_events(rail, IPOIB_EVENT_NEIGHBOUR_FLUX), 1);
	bench_close();
}
END_TEST

START_TEST(a_peer_with_another_prefix_than_ours_is_flux)
{
	up(IPOIB_FLUX_PIN);
	port_changes(7);
	peer_announces(9);
	ck_assert_uint_eq(rail_events(rail, IPOIB_EVENT_NEIGHBOUR_FLUX), 1);
	ck_assert_uint_eq(send_one().raw[LAST_OF_PREFIX], 0);
	bench_close();
}
END_TEST

Suite *suite_prefix(void)
{
	Suite *suite = suite_create("prefix");
	TCase *tcase = tcase_create("prefix");

	tcase_add_checked_fixture(tcase, support_setup, support_teardown);
	tcase_set_timeout(tcase, 60);
	tcase_add_loop_test(tcase, packets_go_to_the_new_gid_of_a_peer_that_follows_our_prefix, 0,
			    4);
	tcase_add_loop_test(tcase,
			    a_peer_that_had_the_prefix_before_us_is_followed_with_our_next_packet,
			    0, 2);
	tcase_add_test(tcase, a_peer_with_another_prefix_than_ours_is_flux);
	suite_add_tcase(suite, tcase);
	return suite;
}
