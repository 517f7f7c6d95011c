/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Neighbours that stay where they are, between machines that are strict about their addresses:
 * two rails in one partition, everything that a fabric does to frames and links, ten minutes.
 * And what a move looks like when there is a reason for one: a port that dies, a peer that
 * restarts.
 *
 * IPOIB_TEST_STORIES says how often the first story is told, each time from other numbers.
 */
#include <errno.h>
#include <string.h>

#include "sim/machines.h"
#include "sim/suites.h"
#include "support/support.h"

#define STORIES_DEFAULT 8
#define TEN_MINUTES (600 * SECOND)
#define TURN (500 * MILLISECOND)
#define TURNS (TEN_MINUTES / TURN)
/* Of a story in connected mode every fourth: it costs more. */
#define CONNECTED_EACH 4

struct story {
	struct world world;
	struct world_options options;
	struct ipoib__random *random;
	const struct watch *watch;
};

static void begin(struct story *story, uint8_t mode)
{
	memset(story, 0, sizeof(*story));
	story->options = machine_options(mode);
	machines_begin(&story->world, 2, &story->options);
}

/* ---- two strict machines ---- */

static void traffic(struct story *story)
{
	for (unsigned rail = 0; rail < RAILS; rail++) {
		struct host *a = machine_rail(&story->world, 0, rail);
		struct host *b = machine_rail(&story->world, 1, rail);

		host_send(a, &b->address, 20 + ipoib__random_below(story->random, 2000));
		host_send(b, &a->address, 20 + ipoib__random_below(story->random, 2000));
	}
}

/* A rail goes down for a moment, or comes back. */
static void flap(struct story *story)
{
	unsigned machine = (unsigned)ipoib__random_below(story->random, 2);
	unsigned rail = (unsigned)ipoib__random_below(story->random, RAILS);

	machine_link(&story->world, machine, rail, ipoib__random_below(story->random, 3) != 0);
}

static void fabric_acts(struct story *story)
{
	switch (ipoib__random_below(story->random, 8)) {
	case 0:
		lose_frames(&story->world, story->random, 200000);
		break;
	case 1:
		ipoib_fabric_restart_sm(story->world.fabric);
		break;
	case 2:
		ipoib_fabric_reassign_lids(story->world.fabric);
		break;
	case 3:
		host_ask_all(&story->world.hosts[ipoib__random_below(story->random, 4)]);
		break;
	default:
		flap(story);
		break;
	}
}

static void nobody_has_moved(struct story *story)
{
	ck_assert_uint_eq(watch_moves(story->watch), 0);
	ck_assert_uint_eq(watch_flux(story->watch), 0);
	for (unsigned i = 0; i < 4; i++) {
		struct host *host = &story->world.hosts[i];
		struct ipoib_statistics s = host_statistics(host);

		ck_assert_uint_eq(s.neighbours_moved, 0);
		ck_assert_uint_eq(s.flux_claims, 0);
		ck_assert_uint_eq(s.address_conflicts, 0);
		ck_assert_uint_gt(s.own_heard, 0);
		ck_assert_uint_ge(host_events(host, IPOIB_EVENT_SAME_LINK), 1);
		ck_assert_uint_eq(host_events(host, IPOIB_EVENT_ADDRESS_CONFLICT), 0);
	}
}

static void traffic_flows(struct story *story)
{
	uint64_t before[2] = { machine_received(&story->world, 0),
			       machine_received(&story->world, 1) };

	traffic(story);
	world_run(&story->world, 10 * SECOND);
	for (unsigned machine = 0; machine < 2; machine++)
		ck_assert_uint_eq(machine_received(&story->world, machine),
				  before[machine] + RAILS);
}

START_TEST(two_strict_machines_never_see_a_neighbour_move)
{
	struct story story;

	begin(&story, _i % CONNECTED_EACH == CONNECTED_EACH - 1 ? IPOIB_MODE_CONNECTED :
								    IPOIB_MODE_DATAGRAM);
	story.random = support_random();
	story_seed(story.random, _i);
	for (unsigned machine = 0; machine < 2; machine++)
		machine_open(&story.world, machine, &story.options);
	story.watch = watch_machine(&story.world, 0);
	for (unsigned turn = 0; turn < TURNS; turn++) {
		traffic(&story);
		if (ipoib__random_below(story.random, 20) == 0)
			fabric_acts(&story);
		world_run(&story.world, TURN);
	}
	lose_no_frames(&story.world);
	for (unsigned i = 0; i < 4; i++)
		machine_link(&story.world, i / 2, i % 2, true);
	world_run(&story.world, 170 * SECOND); /* the longest hold times are over */
	/* A rail may have been up for moments only, in which the other one said nothing. */
	for (unsigned i = 0; i < 4; i++)
		host_ask_all(&story.world.hosts[i]);
	traffic_flows(&story);
	nobody_has_moved(&story);
	world_end(&story.world);
}
END_TEST

/* ---- a reason to move ---- */

static struct host *server(struct story *story)
{
	return machine_rail(&story->world, 0, 0);
}

static const struct watched *peer_of(const struct story *story)
{
	for (size_t i = 0; i < story->watch->count[0]; i++)
		if (story->watch->seen[0][i].ip.raw[3] == 2)
			return &story->watch->seen[0][i];
	return NULL;
}

/* A strict machine and a weak one, and a packet between them each 100 ms. */
static void begin_weak(struct story *story, uint8_t mode)
{
	struct world_options weak;

	begin(story, mode);
	weak = machine_weak(story->options);
	machine_open(&story->world, 0, &story->options);
	machine_open(&story->world, 1, &weak);
	world_up(&story->world);
	world_run(&story->world, 15 * SECOND); /* addresses are probed and announced */
	story->watch = watch_machine(&story->world, 0);
}

static void send_for(struct story *story, uint64_t nanoseconds)
{
	const struct ipoib_ip *to = &machine_rail(&story->world, 1, 0)->address;

	for (uint64_t sent = 0; sent < nanoseconds; sent += 100 * MILLISECOND) {
		host_send(server(story), to, 1000);
		world_run(&story->world, 100 * MILLISECOND);
	}
}

/* The rail of the weak machine that its address is known at. */
static unsigned where(struct story *story)
{
	struct ipoib_neighbour_info n = { .size = sizeof(n) };
	struct ipoib_interface_info i = { .size = sizeof(i) };
	const struct host *first = machine_rail(&story->world, 1, 0);
	struct ipoib_gid gid;

	ck_assert_int_eq(ipoib_neighbour_find(server(story)->interface, &first->address, &n), 0);
	ck_assert_int_eq(ipoib_interface_info(first->interface, &i), 0);
	gid = ipoib_link_address_gid(&n.link_address);
	return memcmp(&gid, &i.gid, sizeof(gid)) == 0 ? 0 : 1;
}

/* The machine says that its first address is at one of its rails. */
static void say(struct story *story, unsigned rail)
{
	if (rail == 0)
		machine_ask_rightly(&story->world, 1, 0, 0);
	else
		machine_ask_wrongly(&story->world, 1, 0, 0);
}

/* The link of a rail dies, and a moment later the other one claims the address. */
static void fail_over(struct story *story, uint64_t *at)
{
	unsigned old = where(story);

	*at = support_now;
	machine_link(&story->world, 1, old, false);
	world_run(&story->world, SECOND);
	say(story, 1 - old);
	send_for(story, 4 * SECOND);
}

START_TEST(a_port_that_dies_is_left_within_its_probes)
{
	struct story story;
	uint64_t at, received;

	begin_weak(&story, (uint8_t)_i);
	send_for(&story, 20 * SECOND);
	fail_over(&story, &at);
	ck_assert_uint_eq(peer_of(&story)->changes, 1);
	/* A second until it is claimed, and less until it moves. */
	ck_assert_uint_le(peer_of(&story)->last_change - at, 2 * SECOND - MILLISECOND);
	received = machine_received(&story.world, 1);
	send_for(&story, 10 * SECOND);
	ck_assert_uint_ge(machine_received(&story.world, 1), received + 99);
	ck_assert_uint_eq(peer_of(&story)->changes, 1);
	world_end(&story.world);
}
END_TEST

START_TEST(a_port_that_returns_has_no_claim_while_the_other_one_lives)
{
	struct story story;
	unsigned old;
	uint64_t at;

	begin_weak(&story, (uint8_t)_i);
	send_for(&story, 20 * SECOND);
	old = where(&story);
	fail_over(&story, &at);
	send_for(&story, 15 * SECOND); /* the hold-down time is over */
	machine_link(&story.world, 1, old, true);
	world_run(&story.world, SECOND);
	say(&story, old);
	send_for(&story, 20 * SECOND);
	ck_assert_uint_eq(peer_of(&story)->changes, 1);
	ck_assert_uint_eq(where(&story), 1 - old);
	ck_assert_uint_ge(peer_of(&story)->refused, 1);
	fail_over(&story, &at); /* and back, when there is a reason again */
	send_for(&story, 11 * SECOND);
	ck_assert_uint_eq(peer_of(&story)->changes, 2);
	ck_assert_uint_eq(where(&story), old);
	world_end(&story.world);
}
END_TEST

/* ---- proof ---- */

/*
 * A rail falls silent in one of two ways: its link goes down, and the SA knows no path to it any
 * more; or nothing gets through, and the SA knows nothing of that.
 */
static void silence(struct story *story, unsigned rail, bool link, bool silent)
{
	const struct ipoib_fabric_faults faults = { .size = sizeof(faults),
						    .loss_ppm = silent ? 1000000 : 0 };

	if (link)
		machine_link(&story->world, 1, rail, !silent);
	else
		ck_assert_int_eq(ipoib_fabric_set_faults(story->world.fabric,
							 machine_port(1, rail), &faults), 0);
}

/* Of a hundred packets, one each 10 ms, how many did not arrive. */
static uint64_t send_a_second(struct story *story)
{
	const struct ipoib_ip *to = &machine_rail(&story->world, 1, 0)->address;
	uint64_t before = machine_received(&story->world, 1);

	for (unsigned i = 0; i < 100; i++) {
		host_send(server(story), to, 100);
		world_run(&story->world, 10 * MILLISECOND);
	}
	return before + 100 - machine_received(&story->world, 1);
}

/* The address is at the first rail, at the second, and at the first again, within the hold-down. */
START_TEST(fail_over_and_fail_back_cost_less_than_a_second_each)
{
	bool link = _i / 2;
	struct story story;
	unsigned first;

	begin_weak(&story, (uint8_t)(_i % 2));
	send_for(&story, 20 * SECOND);
	first = where(&story);
	silence(&story, first, link, true);
	say(&story, 1 - first);
	ck_assert_uint_lt(send_a_second(&story), 70);
	ck_assert_uint_eq(where(&story), 1 - first);
	send_for(&story, SECOND);
	silence(&story, first, link, false);
	world_run(&story.world, SECOND); /* it is up, and says nothing */
	silence(&story, 1 - first, link, true);
	say(&story, first);
	ck_assert_uint_lt(send_a_second(&story), 80);
	ck_assert_uint_eq(where(&story), first);
	ck_assert_uint_eq(send_a_second(&story), 0);
	world_end(&story.world);
}
END_TEST

/* ---- a restart ---- */

/* At the same transport: one that is made anew would begin with the same number. */
static void restart_the_peer(struct story *story)
{
	struct host *host = machine_rail(&story->world, 1, 0);

	ipoib_binding_close(host->binding);
	ipoib_interface_close(host->interface);
	host->binding = NULL;
	ck_assert_int_eq(host_reopen(host, &story->options), 0);
	world_up(&story->world);
}

/* Another queue pair at the same port: no flux. Its connection is dropped and made anew. */
START_TEST(a_peer_that_restarts_is_believed_at_once)
{
	struct ipoib_statistics before, after;
	struct story story;
	uint64_t received;

	begin(&story, (uint8_t)_i);
	for (unsigned machine = 0; machine < 2; machine++)
		machine_open(&story.world, machine, &story.options);
	world_run(&story.world, 20 * SECOND);
	story.watch = watch_machine(&story.world, 0);
	send_for(&story, 5 * SECOND);
	before = host_statistics(server(&story));
	ck_assert_uint_eq(before.connections_asked, (uint64_t)_i);
	restart_the_peer(&story);
	send_for(&story, 15 * SECOND); /* it is probed, and announced */
	ck_assert_uint_eq(watch_moves(story.watch), 1);
	ck_assert_uint_eq(watch_changes(story.watch), 0);
	ck_assert_uint_eq(watch_flux(story.watch), 0);
	received = machine_rail(&story.world, 1, 0)->received;
	send_for(&story, 5 * SECOND);
	ck_assert_uint_eq(machine_rail(&story.world, 1, 0)->received, received + 50);
	after = host_statistics(server(&story));
	if (_i == IPOIB_MODE_CONNECTED)
		ck_assert_uint_gt(after.sent_connected, before.sent_connected + 49);
	world_end(&story.world);
}
END_TEST

Suite *suite_flux(void)
{
	Suite *suite = suite_create("flux");
	TCase *tcase = tcase_create("flux");

	tcase_add_checked_fixture(tcase, support_setup, support_teardown);
	tcase_set_timeout(tcase, 120);
	tcase_add_loop_test(tcase, two_strict_machines_never_see_a_neighbour_move, 0,
			    world_stories(STORIES_DEFAULT));
	tcase_add_loop_test(tcase, a_port_that_dies_is_left_within_its_probes, 0, 2);
	tcase_add_loop_test(tcase, a_port_that_returns_has_no_claim_while_the_other_one_lives, 0,
			    2);
	tcase_add_loop_test(tcase, fail_over_and_fail_back_cost_less_than_a_second_each, 0, 4);
	tcase_add_loop_test(tcase, a_peer_that_restarts_is_believed_at_once, 0, 2);
	suite_add_tcase(suite, tcase);
	return suite;
}
