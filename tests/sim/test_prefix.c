/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * A subnet manager that gives the subnet another prefix: every GID is another one, and nobody has
 * moved. Under each policy, in both modes, whoever hears of it first.
 */
#include <string.h>

#include "sim/machines.h"
#include "sim/suites.h"
#include "support/support.h"

#define POLICIES 4
#define PREFIX UINT64_C(0xfe80000000000007)

struct story {
	struct world world;
	const struct watch *watch;
};

static void begin(struct story *story, int which)
{
	struct world_options options = machine_options((uint8_t)(which % 2));

	memset(story, 0, sizeof(*story));
	options.config.flux = (uint8_t)(which / 2 % POLICIES);
	machines_begin(&story->world, 2, &options);
	for (unsigned machine = 0; machine < 2; machine++)
		machine_open(&story->world, machine, &options);
	world_up(&story->world);
	world_run(&story->world, 15 * SECOND); /* addresses are probed and announced */
	story->watch = watch_machine(&story->world, 0);
}

/* A packet each way on each rail, each 100 ms; how many arrived. */
static uint64_t traffic(struct story *story, uint64_t nanoseconds)
{
	uint64_t before = 0, after = 0;

	for (unsigned machine = 0; machine < 2; machine++)
		before += machine_received(&story->world, machine);
	for (uint64_t sent = 0; sent < nanoseconds; sent += 100 * MILLISECOND) {
		for (unsigned machine = 0; machine < 2; machine++)
			for (unsigned rail = 0; rail < RAILS; rail++)
				host_send(machine_rail(&story->world, machine, rail),
					  &machine_rail(&story->world, 1 - machine, rail)->address,
					  1000);
		world_run(&story->world, 100 * MILLISECOND);
	}
	for (unsigned machine = 0; machine < 2; machine++)
		after += machine_received(&story->world, machine);
	return after - before;
}

static void check_traffic(struct story *story)
{
	ck_assert_uint_eq(traffic(story, 5 * SECOND), 2 * RAILS * 50);
	ck_assert_uint_eq(watch_changes(story->watch), 0);
	ck_assert_uint_eq(story->watch->failed, 0);
}

static void check_nothing_moved(struct story *story)
{
	for (size_t i = 0; i < story->world.count; i++) {
		struct ipoib_statistics s = host_statistics(&story->world.hosts[i]);

		ck_assert_uint_eq(s.neighbours_moved, 0);
		ck_assert_uint_eq(s.flux_claims, 0);
		ck_assert_uint_eq(host_events(&story->world.hosts[i], IPOIB_EVENT_NEIGHBOUR_FLUX),
				  0);
	}
}

START_TEST(a_prefix_that_changes_on_every_port_moves_nobody)
{
	struct story story;

	begin(&story, _i);
	ck_assert_uint_eq(traffic(&story, SECOND), 2 * RAILS * 10);
	ck_assert_int_eq(ipoib_fabric_set_prefix(story.world.fabric, PREFIX), 0);
	ck_assert_uint_ge(traffic(&story, 2 * SECOND), 2 * RAILS * 19);
	check_traffic(&story);
	check_nothing_moved(&story);
	world_end(&story.world);
}
END_TEST

static void set_prefix(struct story *story, unsigned machine)
{
	struct ipoib_interface_info info = { .size = sizeof(info) };

	for (unsigned rail = 0; rail < RAILS; rail++) {
		struct host *host = machine_rail(&story->world, machine, rail);

		ck_assert_int_eq(ipoib_interface_info(host->interface, &info), 0);
		info.gid.raw[7] = 7;
		ck_assert_int_eq(ipoib_fabric_set_gid(story->world.fabric,
						      machine_port(machine, rail), &info.gid), 0);
	}
}

/* One machine has it 50 ms before the other, which first hears of a claim. */
START_TEST(a_prefix_that_comes_to_one_machine_first_moves_nobody_for_long)
{
	struct story story;

	begin(&story, _i);
	if (_i / 2 == IPOIB_FLUX_ACCEPT) { /* believes it at once, and that is a move */
		world_end(&story.world);
		return;
	}
	ck_assert_uint_eq(traffic(&story, SECOND), 2 * RAILS * 10);
	set_prefix(&story, 1);
	world_run(&story.world, 50 * MILLISECOND);
	set_prefix(&story, 0);
	ck_assert_uint_ge(traffic(&story, 2 * SECOND), 2 * RAILS * 18);
	check_traffic(&story);
	ck_assert_uint_eq(watch_moves(story.watch), 0);
	world_end(&story.world);
}
END_TEST

Suite *suite_prefix(void)
{
	Suite *suite = suite_create("prefix");
	TCase *tcase = tcase_create("prefix");

	tcase_add_checked_fixture(tcase, support_setup, support_teardown);
	tcase_set_timeout(tcase, 60);
	tcase_add_loop_test(tcase, a_prefix_that_changes_on_every_port_moves_nobody, 0,
			    2 * POLICIES);
	tcase_add_loop_test(tcase, a_prefix_that_comes_to_one_machine_first_moves_nobody_for_long,
			    0, 2 * POLICIES);
	suite_add_tcase(suite, tcase);
	return suite;
}
