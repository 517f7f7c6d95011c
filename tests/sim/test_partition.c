/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Hosts of one partition, two of them its limited members: these do not hear each other, a full
 * member hears both, and each of them says what it is.
 */
#include "sim/suites.h"
#include "sim/world.h"
#include "support/support.h"

static const char *const ports[] = { "host1/1", "host2/1", "host3/1" };

/* The SM writes the P_Key table of a host's port. */
static void set_pkey(struct world *world, size_t host, uint16_t pkey)
{
	ck_assert_int_eq(ipoib_fabric_set_pkeys(world->fabric, ports[host], &pkey, 1), 0);
}

static void begin(struct world *world, enum ipoib_mode mode)
{
	struct world_options options = { .config = IPOIB_INTERFACE_CONFIG_INIT };

	options.config.mode = (uint8_t)mode;
	world_make_fabric(world, 3, &options);
	for (size_t i = 0; i < 3; i++) {
		world->hosts[i].world = world;
		set_pkey(world, i, i < 2 ? 0x7fff : 0xffff);
		ck_assert_int_eq(host_open(&world->hosts[i], &options, i + 1), 0);
		world->count = i + 1;
	}
	world_up(world);
}

static uint32_t membership(const struct host *host)
{
	struct ipoib_interface_info info = { .size = sizeof(info) };

	ck_assert_int_eq(ipoib_interface_info(host->interface, &info), 0);
	return info.membership;
}

/* Whether a packet arrives; who does not is given up meanwhile, and may be tried again. */
static bool reaches(struct world *world, size_t from, size_t to)
{
	struct host *host = &world->hosts[from], *peer = &world->hosts[to];
	uint64_t before = peer->received;

	ck_assert_int_eq(host_send(host, &peer->address, 1000), 0);
	world_run(world, 10 * SECOND);
	ck_assert_uint_le(peer->received, before + 1);
	return peer->received != before;
}

START_TEST(two_limited_members_reach_the_full_one_alone)
{
	struct world world;

	begin(&world, (enum ipoib_mode)_i);
	ck_assert(!reaches(&world, 0, 1));
	ck_assert_uint_eq(world.hosts[0].undelivered[IPOIB_SEND_DROP_UNREACHABLE], 1);
	ck_assert(!reaches(&world, 1, 0));
	for (size_t i = 0; i < 2; i++) {
		ck_assert(reaches(&world, i, 2));
		ck_assert(reaches(&world, 2, i));
		ck_assert_uint_eq(membership(&world.hosts[i]), IPOIB_PKEY_MEMBERSHIP_LIMITED);
		ck_assert_uint_eq(host_events(&world.hosts[i], IPOIB_EVENT_MEMBERSHIP), 1);
	}
	ck_assert_uint_eq(membership(&world.hosts[2]), IPOIB_PKEY_MEMBERSHIP_FULL);
	ck_assert_uint_eq(host_events(&world.hosts[2], IPOIB_EVENT_MEMBERSHIP), 0);
	world_end(&world);
}
END_TEST

START_TEST(a_member_that_the_sm_makes_full_reaches_all_until_it_is_limited_again)
{
	struct world world;

	begin(&world, (enum ipoib_mode)_i);
	ck_assert(!reaches(&world, 0, 1));
	set_pkey(&world, 0, 0xffff);
	world_run(&world, SECOND);
	ck_assert_uint_eq(host_events(&world.hosts[0], IPOIB_EVENT_MEMBERSHIP), 2);
	ck_assert_uint_eq(membership(&world.hosts[0]), IPOIB_PKEY_MEMBERSHIP_FULL);
	ck_assert(reaches(&world, 0, 1));
	ck_assert(reaches(&world, 1, 0));
	set_pkey(&world, 0, 0x7fff);
	world_run(&world, SECOND);
	ck_assert_uint_eq(host_events(&world.hosts[0], IPOIB_EVENT_MEMBERSHIP), 3);
	ck_assert_uint_eq(membership(&world.hosts[0]), IPOIB_PKEY_MEMBERSHIP_LIMITED);
	ck_assert(!reaches(&world, 0, 1));
	ck_assert(reaches(&world, 0, 2));
	ck_assert_uint_eq(host_events(&world.hosts[0], IPOIB_EVENT_DOWN), 0);
	ck_assert_uint_eq(host_events(&world.hosts[1], IPOIB_EVENT_MEMBERSHIP), 1);
	world_end(&world);
}
END_TEST

Suite *suite_partition(void)
{
	Suite *suite = suite_create("partition");
	TCase *tcase = tcase_create("partition");

	tcase_set_timeout(tcase, 60);
	tcase_add_checked_fixture(tcase, support_setup, support_teardown);
	tcase_add_loop_test(tcase, two_limited_members_reach_the_full_one_alone, 0, 2);
	tcase_add_loop_test(
		tcase, a_member_that_the_sm_makes_full_reaches_all_until_it_is_limited_again, 0, 2);
	suite_add_tcase(suite, tcase);
	return suite;
}
