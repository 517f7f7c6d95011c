/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Connected mode between two hosts: which way each packet goes while a connection comes and goes.
 */
#include <errno.h>
#include <string.h>

#include <ipoib/connection.h>

#include "interface/interface.h"
#include "sim/suites.h"
#include "sim/world.h"
#include "support/support.h"

#define DATAGRAM 2044
#define CONNECTED 65520

static struct world_options connected(void)
{
	struct world_options options = { .config = IPOIB_INTERFACE_CONFIG_INIT };

	options.config.mode = IPOIB_MODE_CONNECTED;
	return options;
}

/* A host more, with options of its own, in the place of one that the world made. */
static void reopen(struct world *world, size_t number, const struct world_options *options)
{
	struct host *host = &world->hosts[number - 1];

	host_close(host);
	ck_assert_int_eq(host_open(host, options, number), 0);
}

static uint32_t connection_state(const struct host *host, uint32_t wanted)
{
	struct ipoib_connection_info info = { .size = sizeof(info) };
	uint64_t cursor = 0;
	uint32_t n = 0;

	while (ipoib_connection_next(host->interface, &cursor, &info) == 1)
		n += info.state == wanted;
	return n;
}

static uint32_t mtu_to(const struct host *host, const struct host *peer)
{
	uint32_t mtu = 0;

	ck_assert_int_eq(ipoib_neighbour_mtu(host->interface, &peer->address, &mtu), 0);
	return mtu;
}

START_TEST(the_first_large_packet_waits_for_the_connection_and_arrives)
{
	struct world_options options = connected();
	struct world world;
	struct host *a = &world.hosts[0], *b = &world.hosts[1];

	world_make(&world, 2, &options);
	world_up(&world);
	ck_assert_int_eq(host_send(a, &b->address, CONNECTED), 0);
	ck_assert_int_eq(host_send(a, &b->address, 100), 0);
	world_run(&world, SECOND);
	ck_assert_uint_eq(b->received, 2);
	ck_assert_uint_eq(b->received_octets, CONNECTED + 100);
	ck_assert_uint_eq(connection_state(a, IPOIB_CONNECTION_UP), 1);
	ck_assert_uint_eq(connection_state(b, IPOIB_CONNECTION_TAKEN), 1);
	ck_assert_uint_eq(mtu_to(a, b), CONNECTED);
	ck_assert_uint_eq(host_statistics(a).connections_asked, 1);
	/* Back by a connection of its own: each direction has one. */
	ck_assert_int_eq(host_send(b, &a->address, CONNECTED), 0);
	world_run(&world, SECOND);
	ck_assert_uint_eq(a->received, 1);
	ck_assert_uint_eq(connection_state(b, IPOIB_CONNECTION_UP), 1);
	world_end(&world);
}
END_TEST

START_TEST(every_size_from_1_to_the_mtu_arrives)
{
	struct world_options options = connected();
	struct world world;
	struct host *a = &world.hosts[0], *b = &world.hosts[1];
	uint64_t sent = 0;

	world_make(&world, 2, &options);
	world_up(&world);
	for (size_t length = 20; length <= CONNECTED; length += length < 5000 ? 61 : 997) {
		ck_assert_int_eq(host_send(a, &b->address, length), 0);
		world_run(&world, MILLISECOND);
		sent++;
	}
	world_run(&world, SECOND);
	ck_assert_uint_eq(b->received, sent);
	world_end(&world);
}
END_TEST

START_TEST(a_connected_and_a_datagram_host_talk_at_the_smaller_mtu)
{
	struct world_options options = connected(), plain = { .mtu = 2048 };
	struct world world;
	struct host *a = &world.hosts[0], *b = &world.hosts[1];
	uint32_t mtu = 0;

	world_make(&world, 2, &options);
	reopen(&world, 2, &plain);
	world_up(&world);
	ck_assert_int_eq(host_send(a, &b->address, DATAGRAM), 0);
	world_run(&world, SECOND);
	ck_assert_uint_eq(b->received, 1);
	ck_assert_uint_eq(host_events(a, IPOIB_EVENT_NEIGHBOUR_MTU), 1);
	ck_assert_uint_eq(mtu_to(a, b), DATAGRAM);
	ck_assert_int_eq(host_send_via(a, &b->address, &b->address, DATAGRAM + 1, &mtu), -EMSGSIZE);
	ck_assert_uint_eq(mtu, DATAGRAM);
	ck_assert_int_eq(host_send(b, &a->address, DATAGRAM), 0);
	world_run(&world, SECOND);
	ck_assert_uint_eq(a->received, 1);
	ck_assert_uint_eq(host_statistics(a).connections_asked, 0);
	world_end(&world);
}
END_TEST

START_TEST(without_df_a_packet_that_no_datagram_takes_is_cut)
{
	struct world_options options = connected(), plain = { .mtu = 2048 };
	struct world world;
	struct host *a = &world.hosts[0], *b = &world.hosts[1];

	options.config.fragment = 1;
	world_make(&world, 2, &options);
	reopen(&world, 2, &plain);
	world_up(&world);
	ck_assert_int_eq(host_send(a, &b->address, 100), 0);
	world_run(&world, SECOND);
	ck_assert_int_eq(host_send(a, &b->address, 5000), 0);
	world_run(&world, SECOND);
	ck_assert_uint_eq(b->received, 1 + 3);
	ck_assert_uint_eq(host_statistics(a).fragments, 3);
	a->dont_fragment = true;
	ck_assert_int_eq(host_send(a, &b->address, 5000), -EMSGSIZE);
	world_end(&world);
}
END_TEST

START_TEST(broadcast_above_the_groups_mtu_is_refused_with_its_mtu)
{
	struct world_options options = connected();
	struct ipoib_ip all = ip_of("255.255.255.255"), group = ip_of("239.1.1.1");
	struct world world;
	struct host *a = &world.hosts[0];
	uint32_t mtu = 0;

	world_make(&world, 2, &options);
	world_up(&world);
	ck_assert_int_eq(host_send_via(a, &all, &all, DATAGRAM + 1, &mtu), -EMSGSIZE);
	ck_assert_uint_eq(mtu, DATAGRAM);
	ck_assert_int_eq(host_send(a, &all, DATAGRAM), 0);
	mtu = 0;
	ck_assert_int_eq(host_send_via(a, &group, &group, DATAGRAM + 1, &mtu), -EMSGSIZE);
	ck_assert_uint_eq(mtu, DATAGRAM);
	world_end(&world);
}
END_TEST

START_TEST(a_connection_that_dies_is_made_again_and_packets_go_on)
{
	struct world_options options = connected();
	struct world world;
	struct host *a = &world.hosts[0], *b = &world.hosts[1];

	world_make(&world, 2, &options);
	world_up(&world);
	ck_assert_int_eq(host_send(a, &b->address, CONNECTED), 0);
	world_run(&world, SECOND);
	ck_assert_uint_eq(b->received, 1);
	/* the peer's process dies, and comes back with another queue pair */
	reopen(&world, 2, &options);
	for (int i = 0; i < 90 && host_statistics(b).received_connected == 0; i++) {
		host_send(a, &b->address, 4188);
		host_send(b, &a->address, 4188);
		world_run(&world, SECOND);
	}
	ck_assert_uint_gt(host_statistics(b).received_connected, 0);
	world_end(&world);
}
END_TEST

/* ---- a peer that says it takes connections, and never answers ---- */

static struct ipoib_transport_ops real_ops, mute_ops;

static int mute_next_event(void *self, struct ipoib_transport_event *event)
{
	int n = real_ops.next_event(self, event);

	while (n == 1 && event->type == IPOIB_TRANSPORT_RC_REQUEST)
		n = real_ops.next_event(self, event);
	return n;
}

static void make_mute(struct host *host)
{
	real_ops = *host->transport->ops;
	mute_ops = real_ops;
	mute_ops.next_event = mute_next_event;
	host->transport->ops = &mute_ops;
}

/*
 * I13, I39. Each attempt takes the 5 s that the CM grants the peer's owner; holds of 1, 2, ... 64 s
 * follow, then of 128 s, each a quarter less or more. At the shortest: 8 attempts until 135 s, then
 * one each 101 s, 5 more in ten minutes. At the longest: 8 until 199 s, and 2 more.
 */
START_TEST(a_peer_that_never_answers_costs_few_requests_and_gets_its_datagrams)
{
	struct world_options options = connected();
	struct world world;
	struct host *a = &world.hosts[0], *b = &world.hosts[1];

	world_make(&world, 2, &options);
	make_mute(b);
	world_up(&world);
	for (int i = 0; i < 600; i++) {
		ck_assert_int_eq(host_send(a, &b->address, 1000), 0);
		host_send(a, &b->address, 4188); /* waits, and is answered for */
		world_run(&world, SECOND);
	}
	ck_assert_uint_eq(b->received, 600);
	ck_assert_uint_ge(host_statistics(a).connections_asked, 9);
	ck_assert_uint_le(host_statistics(a).connections_asked, 13);
	ck_assert_uint_eq(host_statistics(a).sent, 600);
	world_end(&world);
}
END_TEST

START_TEST(what_waited_for_a_connection_that_is_refused_is_answered)
{
	struct world_options options = connected();
	struct world world;
	struct host *a = &world.hosts[0], *b = &world.hosts[1];
	uint32_t mtu = 0;

	options.config.icmp_errors = 1;
	world_make(&world, 2, &options);
	make_mute(b);
	world_up(&world);
	ck_assert_int_eq(host_send(a, &b->address, 4188), 0);
	world_run(&world, 20 * SECOND);
	ck_assert_uint_eq(b->received, 0);
	/* Its age or the verdict, whichever comes first; never silence. */
	ck_assert_uint_eq(a->undelivered[IPOIB_SEND_DROP_TOO_BIG] +
				  a->undelivered[IPOIB_SEND_DROP_QUEUE_AGE],
			  1);
	ck_assert_int_eq(host_send(a, &b->address, 100), 0); /* dials again, when that is due */
	world_run(&world, 20 * SECOND);
	if (host_send_via(a, &b->address, &b->address, 4188, &mtu) == -EMSGSIZE)
		ck_assert_uint_eq(mtu, DATAGRAM);
	world_end(&world);
}
END_TEST

START_TEST(a_link_that_goes_down_ends_the_connections)
{
	struct world_options options = connected();
	struct world world;
	struct host *a = &world.hosts[0], *b = &world.hosts[1];

	world_make(&world, 2, &options);
	world_up(&world);
	ck_assert_int_eq(host_send(a, &b->address, CONNECTED), 0);
	world_run(&world, SECOND);
	ck_assert_int_eq(ipoib_fabric_set_link(world.fabric, "host1/1", false), 0);
	world_run(&world, SECOND);
	ck_assert_uint_eq(connection_state(a, IPOIB_CONNECTION_UP), 0);
	ck_assert_uint_eq(host_statistics(a).queued, 0);
	ck_assert_int_eq(ipoib_fabric_set_link(world.fabric, "host1/1", true), 0);
	world_run(&world, SECOND);
	for (int i = 0; i < 20; i++) {
		host_send(a, &b->address, CONNECTED);
		world_run(&world, SECOND);
	}
	ck_assert_uint_ge(b->received, 15);
	world_end(&world);
}
END_TEST

Suite *suite_connected(void)
{
	Suite *suite = suite_create("connected");
	TCase *tcase = tcase_create("connected");

	tcase_add_checked_fixture(tcase, support_setup, support_teardown);
	tcase_add_test(tcase, the_first_large_packet_waits_for_the_connection_and_arrives);
	tcase_add_test(tcase, every_size_from_1_to_the_mtu_arrives);
	tcase_add_test(tcase, a_connected_and_a_datagram_host_talk_at_the_smaller_mtu);
	tcase_add_test(tcase, without_df_a_packet_that_no_datagram_takes_is_cut);
	tcase_add_test(tcase, broadcast_above_the_groups_mtu_is_refused_with_its_mtu);
	tcase_add_test(tcase, a_connection_that_dies_is_made_again_and_packets_go_on);
	tcase_add_test(tcase, a_peer_that_never_answers_costs_few_requests_and_gets_its_datagrams);
	tcase_add_test(tcase, what_waited_for_a_connection_that_is_refused_is_answered);
	tcase_add_test(tcase, a_link_that_goes_down_ends_the_connections);
	suite_add_tcase(suite, tcase);
	return suite;
}
