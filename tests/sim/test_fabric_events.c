/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * What the fabric does to a host in the middle of its work, and how long the host's traffic
 * stands still.
 */
#include <errno.h>

#include "sim/suites.h"
#include "sim/world.h"
#include "support/support.h"

static void ping_pong(struct world *world, struct host *a, struct host *b)
{
	uint64_t before_a = a->received, before_b = b->received;

	ck_assert_int_eq(host_send(a, &b->address, 500), 0);
	ck_assert_int_eq(host_send(b, &a->address, 500), 0);
	world_run(world, SECOND);
	ck_assert_uint_eq(a->received, before_a + 1);
	ck_assert_uint_eq(b->received, before_b + 1);
}

static void set_faults(struct world *world, struct ipoib_fabric_faults faults)
{
	faults.size = sizeof(faults);
	ck_assert_int_eq(ipoib_fabric_set_faults(world->fabric, NULL, &faults), 0);
}

START_TEST(a_link_that_goes_down_and_comes_back_keeps_its_neighbours)
{
	struct world world;
	struct host *a = &world.hosts[0], *b = &world.hosts[1];
	uint64_t asked;

	world_make(&world, 2, NULL);
	world_up(&world);
	ping_pong(&world, a, b);
	asked = host_statistics(a).arp_requests_sent;
	ck_assert_int_eq(ipoib_fabric_set_link(world.fabric, "host1/1", false), 0);
	world_run(&world, MILLISECOND);
	ck_assert(!host_is_up(a));
	ck_assert_int_eq(host_send(a, &b->address, 500), -ENETDOWN);
	ck_assert_uint_eq(host_events(a, IPOIB_EVENT_DOWN), 1);
	ck_assert_uint_ne(host_neighbour(a, &b->address), 0);
	ck_assert_int_eq(ipoib_fabric_set_link(world.fabric, "host1/1", true), 0);
	world_run(&world, SECOND);
	ck_assert(host_is_up(a));
	ping_pong(&world, a, b);
	ck_assert_uint_eq(host_statistics(a).arp_requests_sent, asked);
	world_end(&world);
}
END_TEST

START_TEST(packets_that_wait_when_the_link_goes_down_are_answered)
{
	struct world world;
	struct host *a = &world.hosts[0];
	struct ipoib_ip nobody = ip_of("10.0.0.77");

	world_make(&world, 1, NULL);
	world_up(&world);
	for (int i = 0; i < 7; i++)
		ck_assert_int_eq(host_send(a, &nobody, 100), 0);
	ck_assert_int_eq(ipoib_fabric_set_link(world.fabric, "host1/1", false), 0);
	world_run(&world, MILLISECOND);
	ck_assert_uint_eq(a->undelivered[IPOIB_SEND_DROP_LINK_DOWN], 7);
	ck_assert_uint_eq(host_statistics(a).queued, 0);
	world_end(&world);
}
END_TEST

START_TEST(a_new_subnet_manager_is_joined_again_without_the_link_going_down)
{
	struct world world;
	struct host *a = &world.hosts[0], *b = &world.hosts[1];
	uint64_t joins;

	world_make(&world, 2, NULL);
	world_up(&world);
	ping_pong(&world, a, b);
	joins = host_statistics(a).joins;
	ipoib_fabric_restart_sm(world.fabric);
	world_run(&world, SECOND);
	ck_assert_uint_gt(host_statistics(a).joins, joins);
	ck_assert_uint_eq(host_events(a, IPOIB_EVENT_DOWN), 0);
	ping_pong(&world, a, b);
	world_end(&world);
}
END_TEST

START_TEST(members_of_a_group_are_members_again_after_a_new_subnet_manager)
{
	struct ipoib_ip group = ip_of("239.9.9.9");
	struct ipoib_multicast *member;
	struct world world;
	struct host *a = &world.hosts[0], *b = &world.hosts[1];

	world_make(&world, 2, NULL);
	world_up(&world);
	ck_assert_int_eq(ipoib_multicast_join(&member, b->interface, &group), 0);
	world_run(&world, SECOND);
	ipoib_fabric_restart_sm(world.fabric);
	world_run(&world, SECOND);
	ck_assert_int_eq(host_send(a, &group, 100), 0);
	world_run(&world, SECOND);
	ck_assert_uint_eq(b->received, 1);
	ipoib_multicast_leave(member);
	world_end(&world);
}
END_TEST

START_TEST(other_lids_for_everybody_are_noticed_and_traffic_goes_on)
{
	struct world world;
	struct host *a = &world.hosts[0], *b = &world.hosts[1];
	uint64_t start, lost = 0;

	world_make(&world, 2, NULL);
	world_up(&world);
	ping_pong(&world, a, b);
	ipoib_fabric_reassign_lids(world.fabric);
	/* A packet each millisecond until one arrives: that is the pause. */
	for (start = b->received; b->received == start; lost++) {
		host_send(a, &b->address, 500);
		world_run(&world, MILLISECOND);
		ck_assert_uint_lt(lost, 100);
	}
	ping_pong(&world, a, b);
	world_end(&world);
}
END_TEST

START_TEST(a_silent_subnet_administrator_delays_and_a_known_path_goes_on)
{
	struct world world;
	struct host *a = &world.hosts[0], *b = &world.hosts[1], *c = &world.hosts[2];

	world_make(&world, 3, NULL);
	world_up(&world);
	ping_pong(&world, a, b);
	set_faults(&world, (struct ipoib_fabric_faults){ .sa_silent = 1 });
	ping_pong(&world, a, b); /* nobody has to be asked */
	ck_assert_int_eq(host_send(a, &c->address, 500), 0);
	world_run(&world, 10 * SECOND);
	ck_assert_uint_eq(c->received, 0);
	ck_assert_uint_eq(host_statistics(a).queued, 0); /* it has its fate */
	set_faults(&world, (struct ipoib_fabric_faults){ .sa_silent = 0 });
	world_run(&world, 70 * SECOND); /* the hold times are over */
	host_send(a, &c->address, 500);
	world_run(&world, 5 * SECOND);
	ck_assert_uint_eq(c->received, 1);
	world_end(&world);
}
END_TEST

START_TEST(a_busy_subnet_administrator_is_asked_again_ever_less_often)
{
	struct world world;
	struct host *a = &world.hosts[0];

	world_make(&world, 1, NULL);
	set_faults(&world, (struct ipoib_fabric_faults){ .sa_busy = 1 });
	world_run(&world, 60 * SECOND);
	ck_assert(!host_is_up(a));
	/* Joins at 0, 1, 3, 7, 15, 31, 47 s, give or take a quarter. */
	ck_assert_uint_ge(host_statistics(a).joins, 5);
	ck_assert_uint_le(host_statistics(a).joins, 9);
	set_faults(&world, (struct ipoib_fabric_faults){ .sa_busy = 0 });
	world_up(&world);
	world_end(&world);
}
END_TEST

START_TEST(a_host_that_restarts_with_another_queue_pair_is_found_again)
{
	struct world_options options = { .mtu = 2048 };
	struct world world;
	struct host *a = &world.hosts[0], *b = &world.hosts[1];
	int tries = 0;

	world_make(&world, 2, &options);
	world_up(&world);
	ping_pong(&world, a, b);
	ipoib_binding_close(b->binding);
	ipoib_interface_close(b->interface);
	b->binding = NULL;
	b->interface = NULL;
	{ /* the same port, another queue pair number */
		struct ipoib_interface_config config = IPOIB_INTERFACE_CONFIG_INIT;

		ck_assert_int_eq(ipoib_interface_open(&b->interface, b->transport, &config), 0);
		ck_assert_int_eq(ipoib_binding_open(&b->binding, b->interface, &b->address, 24), 0);
	}
	world_up(&world);
	/* Its unicast probes go to a queue pair that is gone; the broadcast after them finds it. */
	while (host_statistics(a).neighbours_moved == 0 && tries++ < 90) {
		host_send(a, &b->address, 500);
		world_run(&world, SECOND);
	}
	ck_assert_int_lt(tries, 90);
	ck_assert_uint_eq(host_statistics(a).neighbours_moved, 1);
	ck_assert_uint_eq(host_events(a, IPOIB_EVENT_NEIGHBOUR_MOVED), 1);
	world_end(&world);
}
END_TEST

START_TEST(a_neighbour_is_confirmed_by_unicast_while_it_is_used)
{
	struct world world;
	struct host *a = &world.hosts[0], *b = &world.hosts[1];
	struct ipoib_statistics s;

	world_make(&world, 2, NULL);
	world_up(&world);
	for (int i = 0; i < 300; i++) { /* five minutes */
		ck_assert_int_eq(host_send(a, &b->address, 500), 0);
		world_run(&world, SECOND);
	}
	ck_assert_uint_eq(b->received, 300);
	s = host_statistics(a);
	/* Every 20 to 50 s (reachable time, then 5 s of delay) one request and one answer. */
	ck_assert_uint_ge(s.arp_requests_sent, 1 + 300 / 51);
	ck_assert_uint_le(s.arp_requests_sent, 1 + 300 / 19);
	ck_assert_uint_eq(s.arp_replies_received, s.arp_requests_sent);
	world_end(&world);
}
END_TEST

Suite *suite_fabric_events(void)
{
	Suite *suite = suite_create("fabric events");
	TCase *tcase = tcase_create("fabric events");

	tcase_add_checked_fixture(tcase, support_setup, support_teardown);
	tcase_add_test(tcase, a_link_that_goes_down_and_comes_back_keeps_its_neighbours);
	tcase_add_test(tcase, packets_that_wait_when_the_link_goes_down_are_answered);
	tcase_add_test(tcase, a_new_subnet_manager_is_joined_again_without_the_link_going_down);
	tcase_add_test(tcase, members_of_a_group_are_members_again_after_a_new_subnet_manager);
	tcase_add_test(tcase, other_lids_for_everybody_are_noticed_and_traffic_goes_on);
	tcase_add_test(tcase, a_silent_subnet_administrator_delays_and_a_known_path_goes_on);
	tcase_add_test(tcase, a_busy_subnet_administrator_is_asked_again_ever_less_often);
	tcase_add_test(tcase, a_host_that_restarts_with_another_queue_pair_is_found_again);
	tcase_add_test(tcase, a_neighbour_is_confirmed_by_unicast_while_it_is_used);
	suite_add_tcase(suite, tcase);
	return suite;
}
