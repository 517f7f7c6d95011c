/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Connections that are short: more peers than places, and peers that hang up. */
#include <string.h>

#include <ipoib/connection.h>

#include "interface/interface.h"
#include "sim/suites.h"
#include "sim/world.h"
#include "support/support.h"

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

/*
 * I30, I39. A place is given on when it was not used for a second; whose turn does not come within
 * two is answered. One peer more than places: all packets arrive.
 */
START_TEST(more_peers_than_connections_take_turns)
{
	static const size_t counts[] = { 2, 5 };
	struct world_options options = connected();
	size_t peers = counts[_i];
	struct world world;
	struct host *a = &world.hosts[0];
	uint64_t arrived = 0;

	world_make(&world, peers + 1, &options);
	options.config.connections_max = (uint32_t)peers - 1;
	reopen(&world, 1, &options);
	world_up(&world);
	for (int i = 0; i < 10; i++)
		for (size_t p = 1; p <= peers; p++)
			ck_assert_int_eq(host_send(a, &world.hosts[p].address, 9000), 0);
	world_run(&world, 6 * SECOND);
	for (size_t p = 1; p <= peers; p++)
		arrived += world.hosts[p].received;
	ck_assert_uint_eq(arrived, 10 * peers);
	ck_assert_uint_eq(host_statistics(a).queued, 0);
	ck_assert_uint_eq(host_statistics(a).connections_asked, peers);
	world_end(&world);
}
END_TEST

/* The one whose connection is in use keeps it; what the others wait for is answered. */
START_TEST(far_more_peers_than_connections_are_answered_and_cost_few_requests)
{
	struct world_options options = connected();
	struct world world;
	struct host *a = &world.hosts[0];
	uint64_t arrived = 0, accepted = 0;

	world_make(&world, 7, &options);
	options.config.connections_max = 1;
	reopen(&world, 1, &options);
	world_up(&world);
	for (int i = 0; i < 600; i++) {
		for (size_t p = 1; p <= 6; p++)
			accepted += host_send(a, &world.hosts[p].address, 9000) == 0;
		world_run(&world, 100 * MILLISECOND);
	}
	world_run(&world, 6 * SECOND);
	for (size_t p = 1; p <= 6; p++)
		arrived += world.hosts[p].received;
	ck_assert_uint_ge(arrived, 600);
	ck_assert_uint_eq(arrived + a->undelivered[IPOIB_SEND_DROP_TOO_BIG], accepted);
	ck_assert_uint_eq(host_statistics(a).connections_asked, 1);
	world_end(&world);
}
END_TEST

/*
 * I39: at once, at once again, and then held for 1, 2, 4 s, a quarter less each; what fits goes as
 * datagrams meanwhile.
 */
START_TEST(a_peer_that_accepts_and_hangs_up_costs_few_requests)
{
	struct world_options options = connected();
	struct world world;
	struct host *a = &world.hosts[0], *b = &world.hosts[1];
	uint64_t small = 0;

	world_make(&world, 2, &options);
	world_up(&world);
	for (int i = 0; i < 1000; i++) {
		if (i % 10 == 0) {
			host_send(a, &b->address, 9000);
			small += host_send(a, &b->address, 1000) == 0;
		}
		world_run(&world, 10 * MILLISECOND);
		ipoib__connections_drop_all(&b->interface->connections,
					    ipoib_context_now(b->context));
		ipoib_context_dispatch(b->context);
	}
	ck_assert_uint_ge(host_statistics(a).connections_asked, 4);
	ck_assert_uint_le(host_statistics(a).connections_asked, 6);
	ck_assert_uint_eq(small, 100);
	ck_assert_uint_ge(b->received, 90); /* the rest went by what was hung up */
	world_end(&world);
}
END_TEST

/* I30: the idle connection of the longest standing gives way, whoever made it, and is counted. */
START_TEST(an_idle_connection_gives_way_to_a_new_peers)
{
	struct world_options options = connected();
	struct world world;
	struct host *taker = &world.hosts[0];

	world_make(&world, 6, &options);
	options.config.connections_max = 4;
	reopen(&world, 1, &options);
	world_up(&world);
	for (unsigned i = 1; i <= 5; i++) {
		ck_assert_int_eq(host_send(&world.hosts[i], &taker->address, 9000), 0);
		world_run(&world, 10 * SECOND);
		ck_assert_uint_eq(taker->received, i);
	}
	ck_assert_uint_eq(host_statistics(taker).connections_taken, 5);
	ck_assert_uint_eq(host_statistics(taker).connections_refused, 0);
	ck_assert_uint_eq(host_statistics(taker).connections_gave_way, 1);
	world_end(&world);
}
END_TEST

/* Two peers talk both ways over four places and fall silent: the third is served in both. */
START_TEST(a_full_taker_serves_a_third_peer_in_both_directions)
{
	struct world_options options = connected();
	struct world world;
	struct host *taker = &world.hosts[0];

	world_make(&world, 4, &options);
	options.config.connections_max = 4;
	reopen(&world, 1, &options);
	world_up(&world);
	for (unsigned i = 1; i <= 3; i++) {
		ck_assert_int_eq(host_send(&world.hosts[i], &taker->address, 9000), 0);
		ck_assert_int_eq(host_send(taker, &world.hosts[i].address, 9000), 0);
		world_run(&world, 3 * SECOND);
		ck_assert_uint_eq(taker->received, i);
		ck_assert_uint_eq(world.hosts[i].received, 1);
	}
	ck_assert_uint_eq(host_statistics(taker).connections_gave_way, 2);
	ck_assert_uint_eq(connection_state(taker, IPOIB_CONNECTION_UP), 2);
	ck_assert_uint_eq(connection_state(taker, IPOIB_CONNECTION_TAKEN), 2);
	world_end(&world);
}
END_TEST

/* Those whose connections are in use keep them; what is refused is counted on both sides. */
START_TEST(connections_in_use_do_not_give_way_to_a_new_peers)
{
	struct world_options options = connected();
	struct world world;
	struct host *taker = &world.hosts[0], *third = &world.hosts[3];

	world_make(&world, 4, &options);
	options.config.connections_max = 2;
	reopen(&world, 1, &options);
	world_up(&world);
	for (int i = 0; i < 100; i++) {
		ck_assert_int_eq(host_send(&world.hosts[1], &taker->address, 9000), 0);
		ck_assert_int_eq(host_send(&world.hosts[2], &taker->address, 9000), 0);
		host_send(third, &taker->address, 9000);
		world_run(&world, 100 * MILLISECOND);
	}
	ck_assert_uint_eq(taker->received, 200);
	ck_assert_uint_ge(host_statistics(third).connections_failed, 1);
	ck_assert_uint_eq(host_statistics(taker).connections_no_room,
			  host_statistics(third).connections_failed);
	ck_assert_uint_eq(host_statistics(taker).connections_gave_way, 0);
	world_end(&world);
}
END_TEST

/* ---- pauses ---- */

static void silence(struct world *world, const char *port, bool silent)
{
	const struct ipoib_fabric_faults faults = { .size = sizeof(faults),
						    .loss_ppm = silent ? 1000000 : 0 };

	ck_assert_int_eq(ipoib_fabric_set_faults(world->fabric, port, &faults), 0);
}

/* 9,000 octets every 10 ms, as an IP stack would: what is "too big" once is smaller for ever. */
static void stream(struct world *world, uint64_t nanoseconds, uint64_t *sent)
{
	uint64_t end = ipoib_context_now(world->hosts[0].context) + nanoseconds;
	struct host *a = &world->hosts[0], *b = &world->hosts[1];

	while (ipoib_context_now(a->context) < end) {
		int status = host_send(a, &b->address, 9000);

		ck_assert_int_ne(status, -EMSGSIZE);
		*sent += status == 0;
		world_run(world, 10 * MILLISECOND);
	}
}

/* A peer that stands still for a second, or whose cable does: its connection outlives that. */
START_TEST(a_second_of_silence_costs_nothing)
{
	struct world_options options = connected();
	struct world world;
	struct host *a = &world.hosts[0], *b = &world.hosts[1];
	uint64_t sent = 0;

	world_make(&world, 2, &options);
	world_up(&world);
	stream(&world, SECOND, &sent);
	for (int i = 0; i < 10; i++) {
		silence(&world, NULL, true);
		stream(&world, 1200 * MILLISECOND, &sent);
		silence(&world, NULL, false);
		stream(&world, 5 * SECOND, &sent);
	}
	world_run(&world, SECOND);
	ck_assert_uint_eq(b->received, sent);
	ck_assert_uint_eq(host_events(a, IPOIB_EVENT_CONNECTION_LOST), 0);
	ck_assert_uint_eq(host_statistics(a).connections_asked, 1);
	world_end(&world);
}
END_TEST

/*
 * Longer than that, and the connection fails; it is made again, packets wait meanwhile or are lost
 * of age, and no smaller MTU is told.
 */
START_TEST(a_pause_of_any_length_that_packets_outlive_tells_no_smaller_mtu)
{
	static const uint64_t pauses[] = { 2300, 2700, 3300, 4500 };
	struct world_options options = connected();
	struct world world;
	struct host *a = &world.hosts[0], *b = &world.hosts[1];
	uint64_t sent = 0, received;

	world_make(&world, 2, &options);
	world_up(&world);
	stream(&world, SECOND, &sent);
	silence(&world, NULL, true);
	stream(&world, pauses[_i] * MILLISECOND, &sent);
	silence(&world, NULL, false);
	stream(&world, 5 * SECOND, &sent);
	ck_assert_uint_eq(host_events(a, IPOIB_EVENT_CONNECTION_LOST), 1);
	ck_assert_uint_eq(host_events(a, IPOIB_EVENT_NEIGHBOUR_MTU), 0);
	ck_assert_uint_eq(a->undelivered[IPOIB_SEND_DROP_TOO_BIG], 0);
	received = b->received;
	sent = 0;
	stream(&world, SECOND, &sent);
	ck_assert_uint_eq(sent, 100);
	ck_assert_uint_ge(b->received - received, 100);
	world_end(&world);
}
END_TEST

/* A link that goes down and comes back: the port knows, and the peer's connection is made again. */
START_TEST(a_link_that_was_down_for_a_second_tells_no_smaller_mtu)
{
	struct world_options options = connected();
	struct world world;
	struct host *a = &world.hosts[0], *b = &world.hosts[1];
	uint64_t sent = 0, received;

	world_make(&world, 2, &options);
	world_up(&world);
	stream(&world, SECOND, &sent);
	for (int i = 0; i < 3; i++) {
		ck_assert_int_eq(ipoib_fabric_set_link(world.fabric, "host2/1", false), 0);
		stream(&world, SECOND, &sent);
		ck_assert_int_eq(ipoib_fabric_set_link(world.fabric, "host2/1", true), 0);
		stream(&world, 14 * SECOND, &sent);
	}
	ck_assert_uint_eq(host_events(a, IPOIB_EVENT_NEIGHBOUR_MTU), 0);
	ck_assert_uint_eq(a->undelivered[IPOIB_SEND_DROP_TOO_BIG], 0);
	received = b->received;
	stream(&world, SECOND, &sent);
	ck_assert_uint_ge(b->received - received, 100);
	world_end(&world);
}
END_TEST

Suite *suite_connections(void)
{
	Suite *suite = suite_create("connections");
	TCase *tcase = tcase_create("connections");

	tcase_add_checked_fixture(tcase, support_setup, support_teardown);
	tcase_add_loop_test(tcase, more_peers_than_connections_take_turns, 0, 2);
	tcase_add_test(tcase, far_more_peers_than_connections_are_answered_and_cost_few_requests);
	tcase_add_test(tcase, a_peer_that_accepts_and_hangs_up_costs_few_requests);
	tcase_add_test(tcase, an_idle_connection_gives_way_to_a_new_peers);
	tcase_add_test(tcase, a_full_taker_serves_a_third_peer_in_both_directions);
	tcase_add_test(tcase, connections_in_use_do_not_give_way_to_a_new_peers);
	tcase_add_test(tcase, a_second_of_silence_costs_nothing);
	tcase_add_loop_test(tcase, a_pause_of_any_length_that_packets_outlive_tells_no_smaller_mtu,
			    0, 4);
	tcase_add_test(tcase, a_link_that_was_down_for_a_second_tells_no_smaller_mtu);
	suite_add_tcase(suite, tcase);
	return suite;
}
