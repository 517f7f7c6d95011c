/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * What a subnet manager does to ports that are in use: what stays, and how long traffic pauses.
 * The rails of machine 0 and machine 1 carry a packet each way every millisecond meanwhile.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "sim/machines.h"
#include "sim/suites.h"
#include "support/support.h"

#define TURN MILLISECOND
/* A port event, a question to the SA, its answer, and a connection that is made anew. */
#define PAUSE (20 * MILLISECOND)
/* Nobody has told that a connection leads nowhere: it ends by its retries. */
#define PAUSE_RETRIES (2 * SECOND)

struct moves {
	struct world world;
	struct world_options options;
	struct ipoib_statistics before[2 * RAILS];
	uint64_t received[2 * RAILS];
	uint64_t last[2 * RAILS];  /* when a packet came last */
	uint64_t pause[2 * RAILS]; /* the longest time without one */
};

static struct host *host_of(struct moves *moves, unsigned i)
{
	return &moves->world.hosts[i];
}

/* The same rail of the other machine. */
static struct host *peer_of(struct moves *moves, unsigned i)
{
	return &moves->world.hosts[(i + RAILS) % (2 * RAILS)];
}

static void look(struct moves *moves)
{
	for (unsigned i = 0; i < 2 * RAILS; i++) {
		uint64_t gap = support_now - moves->last[i];

		if (host_of(moves, i)->received != moves->received[i])
			moves->last[i] = support_now;
		else if (gap > moves->pause[i])
			moves->pause[i] = gap;
		moves->received[i] = host_of(moves, i)->received;
	}
}

static void traffic(struct moves *moves, uint64_t nanoseconds)
{
	for (uint64_t end = support_now + nanoseconds; support_now < end;) {
		for (unsigned i = 0; i < 2 * RAILS; i++)
			host_send(host_of(moves, i), &peer_of(moves, i)->address, 1000);
		world_run(&moves->world, TURN);
		look(moves);
	}
}

static void begin(struct moves *moves, uint8_t mode)
{
	memset(moves, 0, sizeof(*moves));
	moves->options = machine_options(mode);
	moves->options.config.acd = IPOIB_ACD_FAST;
	machines_begin(&moves->world, 2, &moves->options);
	for (unsigned machine = 0; machine < 2; machine++)
		machine_open(&moves->world, machine, &moves->options);
	world_up(&moves->world);
	world_run(&moves->world, 3 * SECOND);
	traffic(moves, SECOND);
	for (unsigned i = 0; i < 2 * RAILS; i++)
		moves->before[i] = host_statistics(host_of(moves, i));
	memset(moves->pause, 0, sizeof(moves->pause));
}

static void tell_pause(const struct moves *moves, const char *what, uint64_t most)
{
	uint64_t longest = 0;

	for (unsigned i = 0; i < 2 * RAILS; i++)
		if (moves->pause[i] > longest)
			longest = moves->pause[i];
	printf("%-34s %-9s: traffic paused for %4u ms\n", what,
	       moves->options.config.mode == IPOIB_MODE_CONNECTED ? "connected" : "datagram",
	       (unsigned)(longest / MILLISECOND));
	ck_assert_uint_le(longest, most);
}

static uint64_t pause_of(const struct moves *moves)
{
	return moves->options.config.mode == IPOIB_MODE_CONNECTED ? PAUSE_RETRIES : PAUSE;
}

/* No link was down, no neighbour was lost or moved, and nobody was asked for by broadcast. */
static void links_and_neighbours_stay(struct moves *moves)
{
	for (unsigned i = 0; i < 2 * RAILS; i++) {
		struct host *host = host_of(moves, i);
		struct ipoib_statistics now = host_statistics(host);

		ck_assert_uint_eq(now.link_ups, moves->before[i].link_ups);
		ck_assert_uint_eq(now.neighbours_moved, 0);
		ck_assert_uint_eq(host_events(host, IPOIB_EVENT_DOWN), 0);
		ck_assert_uint_eq(host_events(host, IPOIB_EVENT_NEIGHBOUR_FAILED), 0);
		ck_assert_uint_ne(host_neighbour(host, &peer_of(moves, i)->address), 0);
	}
}

static void all_is_well(struct moves *moves)
{
	uint64_t before[2 * RAILS];

	world_run(&moves->world, 5 * SECOND);
	for (unsigned i = 0; i < 2 * RAILS; i++)
		before[i] = host_of(moves, i)->received;
	traffic(moves, 100 * TURN);
	world_run(&moves->world, SECOND);
	for (unsigned i = 0; i < 2 * RAILS; i++) {
		ck_assert_uint_eq(host_of(moves, i)->received, before[i] + 100);
		ck_assert_uint_eq(host_statistics(host_of(moves, i)).queued, 0);
	}
}

/* ---- the subnet manager ---- */

START_TEST(a_new_manager_that_moves_all_lids_stops_nothing)
{
	struct moves moves;

	begin(&moves, (uint8_t)_i);
	ipoib_fabric_move_sm(moves.world.fabric);
	traffic(&moves, 5 * SECOND);
	tell_pause(&moves, "new subnet manager, other LIDs", PAUSE);
	links_and_neighbours_stay(&moves);
	all_is_well(&moves);
	world_end(&moves.world);
}
END_TEST

/* It dies, and another one comes ten seconds later: who is known is talked to all the time. */
START_TEST(while_there_is_no_manager_known_paths_are_used)
{
	struct moves moves;

	begin(&moves, (uint8_t)_i);
	ipoib_fabric_stop_sm(moves.world.fabric);
	traffic(&moves, 10 * SECOND);
	tell_pause(&moves, "no subnet manager", 0);
	ipoib_fabric_restart_sm(moves.world.fabric);
	traffic(&moves, SECOND);
	tell_pause(&moves, "another one after ten seconds", PAUSE);
	links_and_neighbours_stay(&moves);
	for (unsigned i = 0; i < 2 * RAILS; i++)
		ck_assert_uint_eq(host_statistics(host_of(&moves, i)).connections_asked,
				  moves.before[i].connections_asked);
	all_is_well(&moves);
	world_end(&moves.world);
}
END_TEST

/* What waits for a path when the manager dies goes out when there is one again (I12). */
START_TEST(what_waits_while_the_manager_is_dead_is_not_lost)
{
	struct world_options options = { .delay_ns = 5000 };
	struct host *a, *b;
	struct world world;

	world_make(&world, 2, &options);
	a = &world.hosts[0];
	b = &world.hosts[1];
	world_up(&world);
	ipoib_fabric_stop_sm(world.fabric);
	for (unsigned i = 0; i < 5; i++)
		ck_assert_int_eq(host_send(a, &b->address, 500), 0);
	world_run(&world, 200 * MILLISECOND);
	ck_assert_uint_eq(b->received, 0);
	ck_assert_uint_eq(host_statistics(a).queued, 5);
	ipoib_fabric_restart_sm(world.fabric);
	world_run(&world, 4 * SECOND);
	ck_assert_uint_eq(b->received, 5);
	ck_assert_uint_eq(host_events(a, IPOIB_EVENT_DOWN), 0);
	world_end(&world);
}
END_TEST

START_TEST(to_register_again_costs_nothing)
{
	struct moves moves;

	begin(&moves, (uint8_t)_i);
	ck_assert_int_eq(ipoib_fabric_reregister(moves.world.fabric, NULL), 0);
	traffic(&moves, SECOND);
	tell_pause(&moves, "client reregister", 0);
	links_and_neighbours_stay(&moves);
	for (unsigned i = 0; i < 2 * RAILS; i++) {
		struct ipoib_statistics now = host_statistics(host_of(&moves, i));

		ck_assert_uint_gt(now.joins, moves.before[i].joins);
		ck_assert_uint_eq(now.connections_asked, moves.before[i].connections_asked);
		ck_assert_uint_eq(now.arp_requests_sent, moves.before[i].arp_requests_sent);
	}
	all_is_well(&moves);
	world_end(&moves.world);
}
END_TEST

/* ---- one port ---- */

/* What the first rail of machine 1 sends is lost. */
static void mute(struct moves *moves, uint32_t ppm)
{
	const struct ipoib_fabric_faults faults = { .size = sizeof(faults), .loss_ppm = ppm };

	ck_assert_int_eq(ipoib_fabric_set_faults(moves->world.fabric, machine_port(1, 0), &faults),
			 0);
}

START_TEST(a_lid_of_ours_that_changes_is_told_by_our_announcement)
{
	struct moves moves;
	struct host *peer;

	begin(&moves, (uint8_t)_i);
	traffic(&moves, SECOND); /* a path of this second would not be doubted at once */
	peer = machine_rail(&moves.world, 0, 0);
	ck_assert_int_eq(ipoib_fabric_set_lid(moves.world.fabric, machine_port(1, 0), 0), 0);
	traffic(&moves, 5 * SECOND);
	tell_pause(&moves, "one LID, announced", pause_of(&moves));
	ck_assert_uint_eq(host_events(peer, IPOIB_EVENT_PATH_STALE), 1);
	ck_assert_uint_eq(host_statistics(peer).paths_stale, 1);
	links_and_neighbours_stay(&moves);
	all_is_well(&moves);
	world_end(&moves.world);
}
END_TEST

/* Two moves in a second: the second one is noticed by the packets that come, a second later. */
START_TEST(a_lid_that_changes_twice_is_noticed_by_what_comes)
{
	struct moves moves;

	begin(&moves, IPOIB_MODE_DATAGRAM);
	traffic(&moves, SECOND);
	for (unsigned i = 0; i < 2; i++) {
		ck_assert_int_eq(ipoib_fabric_set_lid(moves.world.fabric, machine_port(1, 0), 0),
				 0);
		if (i == 1) /* and its announcements are lost */
			mute(&moves, 1000000);
		traffic(&moves, 300 * MILLISECOND);
		mute(&moves, 0);
	}
	traffic(&moves, 5 * SECOND);
	tell_pause(&moves, "one LID, twice", SECOND + 100 * MILLISECOND);
	links_and_neighbours_stay(&moves);
	all_is_well(&moves);
	world_end(&moves.world);
}
END_TEST

/*
 * I34: nobody says anything. In datagram mode the neighbour is asked by broadcast in the end: 45 s
 * reachable, 5 s of delay, 3 s of unicasts. A connection breaks by itself.
 */
START_TEST(a_remote_lid_that_changes_in_silence_is_noticed)
{
	uint64_t most = _i == IPOIB_MODE_CONNECTED ? 20 * SECOND : 65 * SECOND;
	struct moves moves;
	uint64_t start, received;
	struct host *a, *b;

	memset(&moves, 0, sizeof(moves));
	moves.options = machine_options((uint8_t)_i);
	machines_begin(&moves.world, 2, &moves.options);
	for (unsigned machine = 0; machine < 2; machine++)
		machine_open(&moves.world, machine, &moves.options);
	world_run(&moves.world, 15 * SECOND);
	a = machine_rail(&moves.world, 0, 0);
	b = machine_rail(&moves.world, 1, 0);
	for (unsigned i = 0; i < 20; i++) {
		host_send(a, &b->address, 1000);
		world_run(&moves.world, 100 * MILLISECOND);
	}
	ck_assert_int_eq(ipoib_fabric_set_lid(moves.world.fabric, machine_port(1, 0), 0), 0);
	mute(&moves, 1000000); /* its announcements */
	start = support_now;
	world_run(&moves.world, 10 * SECOND);
	mute(&moves, 0);
	received = b->received;
	while (b->received == received) {
		host_send(a, &b->address, 1000);
		world_run(&moves.world, 100 * MILLISECOND);
		ck_assert_uint_lt(support_now - start, most);
	}
	printf("%-34s %-9s: noticed after %5u ms\n", "one LID, nobody told",
	       _i == IPOIB_MODE_CONNECTED ? "connected" : "datagram",
	       (unsigned)((support_now - start) / MILLISECOND));
	ck_assert_uint_eq(host_events(a, IPOIB_EVENT_NEIGHBOUR_FAILED), 0);
	ck_assert_uint_eq(host_events(a, IPOIB_EVENT_NEIGHBOUR_MOVED), 0);
	world_end(&moves.world);
}
END_TEST

/* Our link address is another one: who knows the old one is told, and asks there first. */
START_TEST(a_gid_that_changes_is_a_move_of_the_neighbour)
{
	struct ipoib_gid gid = { { 0xfe, 0x80, [8] = 2, [14] = 7, [15] = 7 } };
	const struct watch *watch;
	struct moves moves;

	begin(&moves, (uint8_t)_i);
	watch = watch_machine(&moves.world, 0);
	ck_assert_int_eq(ipoib_fabric_set_gid(moves.world.fabric, machine_port(1, 0), &gid), 0);
	traffic(&moves, 10 * SECOND);
	tell_pause(&moves, "one GID", PAUSE_RETRIES);
	ck_assert_uint_eq(watch_changes(watch), 1);
	ck_assert_uint_eq(watch->seen[0][0].changes, 1); /* of that rail */
	ck_assert_uint_eq(watch->failed, 0);
	all_is_well(&moves);
	world_end(&moves.world);
}
END_TEST

/* ---- partitions ---- */

START_TEST(a_p_key_that_goes_takes_the_link_down_until_it_returns)
{
	static const uint16_t table[] = { 0xffff };
	struct ipoib_binding_info info = { .size = sizeof(info) };
	struct ipoib_statistics before;
	struct moves moves;
	struct host *a, *b;

	begin(&moves, (uint8_t)_i);
	a = machine_rail(&moves.world, 0, 0);
	b = machine_rail(&moves.world, 1, 0);
	before = host_statistics(a);
	ck_assert_int_eq(ipoib_fabric_set_pkeys(moves.world.fabric, machine_port(0, 0), NULL, 0),
			 0);
	world_run(&moves.world, SECOND);
	ck_assert(!host_is_up(a));
	ck_assert_uint_eq(host_events(a, IPOIB_EVENT_DOWN), 1);
	ck_assert_int_eq(host_send(a, &b->address, 500), -ENETDOWN);
	ck_assert_uint_ne(host_neighbour(a, &b->address), 0);
	ck_assert(host_is_up(machine_rail(&moves.world, 0, 1))); /* the other rail */
	before.joins = host_statistics(a).joins;
	world_run(&moves.world, 60 * SECOND);
	ck_assert_uint_eq(host_statistics(a).joins, before.joins); /* not asked for (I16) */
	ck_assert_int_eq(ipoib_fabric_set_pkeys(moves.world.fabric, machine_port(0, 0), table, 1),
			 0);
	world_run(&moves.world, SECOND);
	ck_assert(host_is_up(a));
	ck_assert_int_eq(ipoib_binding_info(a->binding, &info), 0);
	ck_assert_uint_eq(info.state, IPOIB_BINDING_READY);
	ck_assert_uint_eq(host_statistics(a).address_probes_sent, before.address_probes_sent);
	traffic(&moves, SECOND);
	all_is_well(&moves);
	world_end(&moves.world);
}
END_TEST

Suite *suite_fabric_moves(void)
{
	Suite *suite = suite_create("fabric moves");
	TCase *tcase = tcase_create("fabric moves");

	tcase_add_checked_fixture(tcase, support_setup, support_teardown);
	tcase_set_timeout(tcase, 120);
	tcase_add_loop_test(tcase, a_new_manager_that_moves_all_lids_stops_nothing, 0, 2);
	tcase_add_loop_test(tcase, while_there_is_no_manager_known_paths_are_used, 0, 2);
	tcase_add_test(tcase, what_waits_while_the_manager_is_dead_is_not_lost);
	tcase_add_loop_test(tcase, to_register_again_costs_nothing, 0, 2);
	tcase_add_loop_test(tcase, a_lid_of_ours_that_changes_is_told_by_our_announcement, 0, 2);
	tcase_add_test(tcase, a_lid_that_changes_twice_is_noticed_by_what_comes);
	tcase_add_loop_test(tcase, a_remote_lid_that_changes_in_silence_is_noticed, 0, 2);
	tcase_add_loop_test(tcase, a_gid_that_changes_is_a_move_of_the_neighbour, 0, 2);
	tcase_add_loop_test(tcase, a_p_key_that_goes_takes_the_link_down_until_it_returns, 0, 2);
	suite_add_tcase(suite, tcase);
	return suite;
}
