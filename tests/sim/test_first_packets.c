/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* The first packets between two hosts: what has to happen before one arrives, and what it costs. */
#include <errno.h>
#include <string.h>

#include "sim/suites.h"
#include "sim/world.h"
#include "support/support.h"

#define MTU 2044

START_TEST(an_interface_comes_up_when_the_broadcast_group_is_joined)
{
	struct world world;
	struct ipoib_interface_info info = { .size = sizeof(info) };

	world_make(&world, 1, NULL);
	ck_assert(!host_is_up(&world.hosts[0]));
	world_up(&world);
	ck_assert_int_eq(ipoib_interface_info(world.hosts[0].interface, &info), 0);
	ck_assert_uint_eq(info.mtu, MTU);
	ck_assert_uint_eq(info.group_mtu, 2048);
	ck_assert_uint_eq(info.qkey, 0x0b1b);
	ck_assert_str_eq(info.port, "host1/1");
	world_run(&world, SECOND);
	ck_assert_uint_eq(host_events(&world.hosts[0], IPOIB_EVENT_UP), 1);
	ck_assert_uint_eq(host_events(&world.hosts[0], IPOIB_EVENT_MTU), 1);
	world_end(&world);
}
END_TEST

START_TEST(the_first_packet_waits_for_one_request_and_one_path_and_arrives)
{
	struct world world;
	struct host *a = &world.hosts[0], *b = &world.hosts[1];
	struct ipoib_statistics s;

	world_make(&world, 2, NULL);
	world_up(&world);
	for (int i = 0; i < 10; i++)
		ck_assert_int_eq(host_send(a, &b->address, 100), 0);
	ck_assert_uint_eq(host_statistics(a).queued, 10);
	world_run(&world, SECOND);
	ck_assert_uint_eq(b->received, 10);
	ck_assert_int_eq(b->last_cast, IPOIB_UNICAST);
	ck_assert_int_eq(memcmp(b->last + 16, b->address.raw, 4), 0);
	s = host_statistics(a);
	ck_assert_uint_eq(s.sent, 10);
	ck_assert_uint_eq(s.arp_requests_sent, 1);
	ck_assert_uint_eq(s.path_queries, 1);
	ck_assert_uint_eq(host_neighbour(a, &b->address), IPOIB_NEIGHBOUR_REACHABLE);
	/* The request told b who a is: b can answer without asking (RFC 826). */
	ck_assert_uint_eq(host_neighbour(b, &a->address), IPOIB_NEIGHBOUR_STALE);
	ck_assert_int_eq(host_send(b, &a->address, 100), 0);
	world_run(&world, SECOND);
	ck_assert_uint_eq(a->received, 1);
	ck_assert_uint_eq(host_statistics(b).arp_requests_sent, 0);
	world_end(&world);
}
END_TEST

START_TEST(what_one_side_sends_is_what_the_other_side_receives)
{
	struct world world;
	struct host *a = &world.hosts[0], *b = &world.hosts[1];
	struct ipoib_statistics of_a, of_b;
	uint64_t own;

	world_make(&world, 2, NULL);
	world_up(&world);
	for (int i = 0; i < 2000; i++) {
		ck_assert_int_eq(host_send(a, &b->address, 20 + (size_t)i % 2025), 0);
		world_run(&world, 100000);
	}
	world_run(&world, SECOND);
	of_a = host_statistics(a);
	of_b = host_statistics(b);
	ck_assert_uint_eq(of_a.accepted, 2000);
	ck_assert_uint_eq(of_a.sent, 2000);
	ck_assert_uint_eq(of_a.queued, 0);
	ck_assert_uint_eq(of_b.delivered, 2000);
	ck_assert_uint_eq(of_a.sent + of_a.control_sent, of_b.received);
	own = of_a.receive_dropped[IPOIB_RECEIVE_DROP_OWN];
	ck_assert_uint_eq(of_b.sent + of_b.control_sent + own, of_a.received);
	ck_assert_uint_eq(of_a.sent_octets, of_b.delivered_octets);
	world_end(&world);
}
END_TEST

START_TEST(a_packet_of_the_mtu_passes_and_one_octet_more_is_refused)
{
	struct world world;
	struct host *a = &world.hosts[0], *b = &world.hosts[1];
	uint32_t mtu = 0;

	world_make(&world, 2, NULL);
	world_up(&world);
	ck_assert_int_eq(host_send(a, &b->address, MTU), 0);
	ck_assert_int_eq(host_send_via(a, &b->address, &b->address, MTU + 1, &mtu), -EMSGSIZE);
	ck_assert_uint_eq(mtu, MTU);
	world_run(&world, SECOND);
	ck_assert_uint_eq(b->received, 1);
	ck_assert_uint_eq(b->received_octets, MTU);
	ck_assert_uint_eq(host_statistics(a).refused_too_big, 1);
	world_end(&world);
}
END_TEST

START_TEST(a_host_that_is_not_there_is_asked_for_three_times)
{
	struct world_options options = { .config = IPOIB_INTERFACE_CONFIG_INIT };
	struct ipoib_ip nobody = ip_of("10.0.0.99");
	struct world world;
	struct host *a = &world.hosts[0];

	options.config.icmp_errors = 1;
	world_make(&world, 2, &options);
	world_up(&world);
	for (int i = 0; i < 5; i++)
		ck_assert_int_eq(host_send(a, &nobody, 100), 0);
	world_run(&world, 4 * SECOND);
	ck_assert_uint_eq(host_statistics(a).arp_requests_sent, 3);
	ck_assert_uint_eq(a->undelivered[IPOIB_SEND_DROP_UNREACHABLE], 5);
	ck_assert_uint_eq(a->unreachable, 5);
	ck_assert_uint_eq(host_events(a, IPOIB_EVENT_NEIGHBOUR_FAILED), 1);
	world_end(&world);
}
END_TEST

START_TEST(packets_to_a_dead_host_cost_ever_fewer_requests)
{
	struct ipoib_ip nobody = ip_of("10.0.0.99");
	struct world world;
	struct host *a = &world.hosts[0];

	world_make(&world, 1, NULL);
	world_up(&world);
	for (int i = 0; i < 6000; i++) { /* a packet each 10 ms, a minute long */
		host_send(a, &nobody, 100);
		world_run(&world, 10 * MILLISECOND);
	}
	/* Attempts of 3 s each begin after holds of 1, 2, 4, 8, 16 s: at 0, 4, 9, 16, 27, 46 s. */
	ck_assert_uint_eq(host_statistics(a).arp_requests_sent, 6 * 3);
	ck_assert_uint_gt(host_statistics(a).refused_unreachable, 0);
	world_end(&world);
}
END_TEST

START_TEST(broadcast_and_multicast_reach_those_they_are_for)
{
	struct ipoib_ip all = ip_of("255.255.255.255"), subnet = ip_of("10.0.0.255");
	struct ipoib_ip group = ip_of("239.1.2.3");
	struct ipoib_multicast *member;
	struct world world;
	struct host *a = &world.hosts[0], *b = &world.hosts[1], *c = &world.hosts[2];

	world_make(&world, 3, NULL);
	world_up(&world);
	ck_assert_int_eq(host_send(a, &all, 100), 0);
	ck_assert_int_eq(host_send(a, &subnet, 100), 0);
	world_run(&world, SECOND);
	ck_assert_uint_eq(b->received, 2);
	ck_assert_uint_eq(c->received, 2);
	ck_assert_int_eq(c->last_cast, IPOIB_BROADCAST);
	ck_assert_uint_eq(a->received, 0); /* not to itself */

	ck_assert_int_eq(ipoib_multicast_join(&member, b->interface, &group), 0);
	world_run(&world, SECOND);
	ck_assert_int_eq(host_send(a, &group, 100), 0);
	world_run(&world, SECOND);
	ck_assert_uint_eq(b->received, 3);
	ck_assert_int_eq(b->last_cast, IPOIB_MULTICAST);
	ck_assert_uint_eq(c->received, 2);

	ipoib_multicast_leave(member);
	world_run(&world, SECOND);
	ck_assert_int_eq(host_send(a, &group, 100), 0);
	world_run(&world, SECOND);
	ck_assert_uint_eq(b->received, 3);
	world_end(&world);
}
END_TEST

Suite *suite_first_packets(void)
{
	Suite *suite = suite_create("first packets");
	TCase *tcase = tcase_create("first packets");

	tcase_add_checked_fixture(tcase, support_setup, support_teardown);
	tcase_add_test(tcase, an_interface_comes_up_when_the_broadcast_group_is_joined);
	tcase_add_test(tcase, the_first_packet_waits_for_one_request_and_one_path_and_arrives);
	tcase_add_test(tcase, what_one_side_sends_is_what_the_other_side_receives);
	tcase_add_test(tcase, a_packet_of_the_mtu_passes_and_one_octet_more_is_refused);
	tcase_add_test(tcase, a_host_that_is_not_there_is_asked_for_three_times);
	tcase_add_test(tcase, packets_to_a_dead_host_cost_ever_fewer_requests);
	tcase_add_test(tcase, broadcast_and_multicast_reach_those_they_are_for);
	suite_add_tcase(suite, tcase);
	return suite;
}
