/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Flux that is seen in data: two strict machines, and one of them sends by its second port what
 * belongs to its first, as its routing table may have it. Nothing moves, the SA is asked once, and
 * both ports are told.
 */
#include <string.h>

#include "sim/machines.h"
#include "sim/suites.h"
#include "support/support.h"

#define TURN (100 * MILLISECOND)
#define TURNS 50

static const struct ipoib_event *data_event(const struct host *host)
{
	for (size_t i = 0; i < host->event_count; i++)
		if (host->events[i].type == IPOIB_EVENT_NEIGHBOUR_FLUX &&
		    host->events[i].detail == IPOIB_CLAIM_DATA)
			return &host->events[i];
	return NULL;
}

static struct ipoib_interface_info info_of(const struct host *host)
{
	struct ipoib_interface_info info = { .size = sizeof(info) };

	ck_assert_int_eq(ipoib_interface_info(host->interface, &info), 0);
	return info;
}

static struct ipoib_link_address where(const struct host *host, const struct ipoib_ip *ip)
{
	struct ipoib_neighbour_info info = { .size = sizeof(info) };

	ck_assert_int_eq(ipoib_neighbour_find(host->interface, ip, &info), 0);
	return info.link_address;
}

static void begin(struct world *world)
{
	struct world_options options = machine_options(IPOIB_MODE_DATAGRAM);

	machines_begin(world, 2, &options);
	for (unsigned machine = 0; machine < 2; machine++)
		machine_open(world, machine, &options);
	world_up(world);
	world_run(world, 15 * SECOND); /* addresses are probed and announced */
}

START_TEST(data_from_the_other_rail_moves_nothing_and_is_told)
{
	struct ipoib_interface_info known, sends;
	struct ipoib_link_address stays;
	struct ipoib_statistics before, after;
	struct host *server, *first, *second;
	const struct ipoib_event *event;
	struct world world;

	begin(&world);
	server = machine_rail(&world, 0, 0);
	first = machine_rail(&world, 1, 0);
	second = machine_rail(&world, 1, 1);
	known = info_of(first);
	sends = info_of(second);
	host_send(server, &first->address, 100);
	world_run(&world, 5 * SECOND);
	before = host_statistics(server);
	server->event_count = 0;
	for (unsigned i = 0; i < TURNS; i++) {
		host_send_from(second, &first->address, &server->address, &server->address, 100,
			       NULL);
		host_send(server, &first->address, 100);
		world_run(&world, TURN);
	}
	after = host_statistics(server);
	stays = where(server, &first->address);
	ck_assert(ipoib_link_address_same_peer(&stays, &known.link_address));
	ck_assert_uint_eq(after.neighbours_moved, before.neighbours_moved);
	ck_assert_uint_le(after.path_queries - before.path_queries, 2); /* and to the other rail */
	ck_assert_uint_ge(after.flux_claims - before.flux_claims, 4);
	ck_assert_uint_le(after.flux_claims - before.flux_claims, 6);
	ck_assert_uint_eq(host_events(server, IPOIB_EVENT_PATH_STALE), 0);
	event = data_event(server);
	ck_assert_ptr_nonnull(event);
	ck_assert_uint_eq(event->lid, sends.lid);
	ck_assert(ipoib_link_address_same_peer(&event->link_address, &sends.link_address));
	ck_assert(ipoib_link_address_same_peer(&event->old_link_address, &known.link_address));
	world_end(&world);
}
END_TEST

Suite *suite_data(void)
{
	Suite *suite = suite_create("data");
	TCase *tcase = tcase_create("data");

	tcase_add_checked_fixture(tcase, support_setup, support_teardown);
	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, data_from_the_other_rail_moves_nothing_and_is_told);
	suite_add_tcase(suite, tcase);
	return suite;
}
