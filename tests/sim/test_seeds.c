/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * A swarm: what goes wrong, how often and when is itself drawn from the seed. First safety:
 * with faults on, no law may break (the world checks them after every step). Then liveness:
 * with the faults gone, every host must reach every other one within a bounded time, and
 * nothing may be left waiting.
 *
 * IPOIB_TEST_WORLDS says how many worlds are run; each is a seed of its own.
 */
#include <stdio.h>
#include <stdlib.h>

#include "sim/suites.h"
#include "sim/world.h"
#include "support/support.h"

#define WORLDS_DEFAULT 40
#define HOSTS 4
#define TURNS 150
/* The longest hold time of a path (64 s and a quarter) is over, and a resolution is through. */
#define HEALING (100 * SECOND)

static int worlds(void)
{
	const char *text = getenv("IPOIB_TEST_WORLDS");
	int number = text ? atoi(text) : 0;

	return number > 0 ? number : WORLDS_DEFAULT;
}

static uint32_t sometimes(struct ipoib__random *random, uint32_t most)
{
	return ipoib__random_below(random, 2) ? (uint32_t)ipoib__random_below(random, most) : 0;
}

static void draw_faults(struct world *world, struct ipoib__random *random)
{
	const struct ipoib_fabric_faults faults = {
		.size = sizeof(faults),
		.loss_ppm = sometimes(random, 300000),
		.duplicate_ppm = sometimes(random, 100000),
		.reorder_ppm = sometimes(random, 100000),
		.reorder_ns = ipoib__random_below(random, 10 * MILLISECOND),
		.jitter_ns = ipoib__random_below(random, MILLISECOND),
		.sa_silent = ipoib__random_below(random, 8) == 0,
		.sa_busy = ipoib__random_below(random, 8) == 0,
	};

	ck_assert_int_eq(ipoib_fabric_set_faults(world->fabric, NULL, &faults), 0);
}

static void upset(struct world *world, struct ipoib__random *random)
{
	char name[32];

	snprintf(name, sizeof(name), "host%d/1", 1 + (int)ipoib__random_below(random, HOSTS));
	switch (ipoib__random_below(random, 8)) {
	case 0:
		ipoib_fabric_set_link(world->fabric, name, false);
		break;
	case 1:
	case 2:
		ipoib_fabric_set_link(world->fabric, name, true);
		break;
	case 3:
		ipoib_fabric_reassign_lids(world->fabric);
		break;
	case 4:
		ipoib_fabric_restart_sm(world->fabric);
		break;
	default:
		draw_faults(world, random);
		break;
	}
}

static void send_something(struct world *world, struct ipoib__random *random)
{
	struct host *from = &world->hosts[ipoib__random_below(random, HOSTS)];
	struct ipoib_ip to = world->hosts[ipoib__random_below(random, HOSTS)].address;
	size_t length = 20 + ipoib__random_below(random, 2100);

	switch (ipoib__random_below(random, 10)) {
	case 0:
		to = ip_of("255.255.255.255");
		break;
	case 1:
		to = ip_of("239.0.0.1");
		break;
	case 2:
		to = ip_of("10.0.0.200"); /* nobody */
		break;
	default:
		break;
	}
	for (uint64_t i = ipoib__random_below(random, 20); i > 0; i--)
		host_send(from, &to, length);
}

static void heal(struct world *world)
{
	const struct ipoib_fabric_faults none = { .size = sizeof(none) };
	char name[32];

	ck_assert_int_eq(ipoib_fabric_set_faults(world->fabric, NULL, &none), 0);
	for (int i = 1; i <= HOSTS; i++) {
		snprintf(name, sizeof(name), "host%d/1", i);
		ck_assert_int_eq(ipoib_fabric_set_link(world->fabric, name, true), 0);
	}
	world_run(world, HEALING);
}

static void reach_each_other(struct world *world)
{
	uint64_t before[HOSTS];

	for (int i = 0; i < HOSTS; i++) {
		struct host *from = &world->hosts[i];

		ck_assert(host_is_up(from));
		for (int k = 0; k < HOSTS; k++)
			before[k] = world->hosts[k].received;
		for (int k = 0; k < HOSTS; k++)
			if (k != i)
				ck_assert_int_eq(host_send(from, &world->hosts[k].address, 1000),
						 0);
		world_run(world, 10 * SECOND);
		for (int k = 0; k < HOSTS; k++)
			if (k != i)
				ck_assert_uint_eq(world->hosts[k].received, before[k] + 1);
	}
	for (int i = 0; i < HOSTS; i++)
		ck_assert_uint_eq(host_statistics(&world->hosts[i]).queued, 0);
}

START_TEST(no_packet_vanishes_and_afterwards_all_is_well)
{
	struct ipoib__random *random = support_random();
	struct world world;

	for (int skip = 0; skip < _i; skip++) /* each world its own numbers */
		ipoib__random_seed(random, ipoib__random_u64(random));
	world_make(&world, HOSTS, NULL);
	for (int turn = 0; turn < TURNS; turn++) {
		if (ipoib__random_below(random, 10) == 0)
			upset(&world, random);
		send_something(&world, random);
		world_run(&world, ipoib__random_below(random, 500 * MILLISECOND));
	}
	heal(&world);
	reach_each_other(&world);
	world_end(&world);
}
END_TEST

Suite *suite_seeds(void)
{
	Suite *suite = suite_create("seeds");
	TCase *tcase = tcase_create("seeds");

	tcase_add_checked_fixture(tcase, support_setup, support_teardown);
	tcase_set_timeout(tcase, 120);
	tcase_add_loop_test(tcase, no_packet_vanishes_and_afterwards_all_is_well,
			    0, worlds());
	suite_add_tcase(suite, tcase);
	return suite;
}
