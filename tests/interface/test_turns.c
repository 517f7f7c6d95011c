/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* An event of the port that concerns a thousand neighbours: each turn does a part of the work. */
#include <errno.h>
#include <string.h>

#include "interface/bench.h"
#include "interface/suites.h"
#include "path/path.h"
#include "support/support.h"

#define MANY 1000
#define FIRST_PEER 2000
#define NEW_LID 0x4000
/* Paths put in order, and neighbours whose MTU is told, in one dispatch. */
#define PATHS_A_TURN (2 * IPOIB__PATH_FLUSH_TURN)
#define TOLD_A_TURN 128

static struct rail *const rail = &bench.rails[0];
static struct fake *const fake = &bench.fakes[0];
static unsigned told;

static struct ipoib_ip neighbour(unsigned i)
{
	const uint8_t octets[4] = { 10, 0, (uint8_t)(1 + i / 250), (uint8_t)(1 + i % 250) };

	return ipoib_ip_from_ipv4(octets);
}

static int send_to(unsigned i, size_t length, uint32_t *mtu)
{
	struct ipoib_ip to = neighbour(i);

	return rail_send_via(rail, &to, length, i, mtu);
}

/* A thousand neighbours on ports of their own, each of which has been sent to. */
static void up(uint8_t mode)
{
	struct ipoib_interface_config config = IPOIB_INTERFACE_CONFIG_INIT;

	config.mode = mode;
	config.neighbours_max = 4 * MANY;
	bench_up(&config);
	for (unsigned i = 0; i < MANY; i++) {
		struct ipoib_ip address = neighbour(i);
		struct ipoib_gid gid = fake_gid((uint16_t)(FIRST_PEER + i));
		struct ipoib_link_address link = ipoib_link_address_make(0, 0x100 + i, &gid);
		uint32_t mtu;

		ck_assert_int_eq(ipoib_neighbour_add(rail->interface, &address, &link), 0);
		ck_assert_int_eq(send_to(i, 100, &mtu), 0);
		if (i % 32 == 31)
			bench_settle();
	}
	bench_run(SECOND);
	ck_assert_uint_eq(rail_statistics(rail).sent, MANY);
	ck_assert_uint_ge(fake->ahs_alive, MANY);
}

static void dispatch(void)
{
	support_now += 2 * MILLISECOND; /* the wheel's tick */
	ck_assert_int_eq(ipoib_context_dispatch(bench.context), 0);
	bench_check();
}

static struct ipoib_neighbour_info info_of(unsigned i)
{
	struct ipoib_neighbour_info info = { .size = sizeof(info) };
	struct ipoib_ip address = neighbour(i);

	ck_assert_int_eq(ipoib_neighbour_find(rail->interface, &address, &info), 0);
	return info;
}

/* Nothing to one of the thousand goes by what was true before. */
static void check_sent(size_t from)
{
	for (size_t i = from; i < fake->sent_count; i++)
		if (fake->sent[i].remote_qpn != IPOIB_QPN_MULTICAST)
			ck_assert_uint_eq(fake->sent[i].to.dlid, NEW_LID);
}

static void forget(void (*change)(void))
{
	size_t before = fake->sent_count, alive;
	uint32_t mtu;
	unsigned turns = 0;

	fake->path_lid = NEW_LID;
	change();
	fake_port_event(fake);
	do {
		alive = fake->ahs_alive;
		dispatch();
		ck_assert_uint_le(alive - fake->ahs_alive, PATHS_A_TURN);
		if (turns++ > 0)
			continue;
		/* most are stale still, the last certainly: what is sent there waits */
		ck_assert_uint_ge(fake->ahs_alive, MANY - PATHS_A_TURN);
		ck_assert_uint_eq(info_of(MANY - 1).dlid, 0);
		ck_assert_int_eq(send_to(MANY - 1, 100, &mtu), 0);
		ck_assert_uint_eq(rail_statistics(rail).queued, 1);
	} while (fake->ahs_alive > 10 && turns < 100);
	ck_assert_uint_ge(turns, MANY / PATHS_A_TURN);
	bench_run(SECOND);
	check_sent(before);
	ck_assert_uint_eq(rail_statistics(rail).sent, MANY + 1);
	for (unsigned i = 0; i < MANY; i++)
		ck_assert_int_eq(send_to(i, 100, &mtu), 0);
}

static void other_gid(void)
{
	fake->port.gid.raw[7] ^= 1;
}

static void other_lid(void)
{
	fake->port.lid++;
}

START_TEST(another_gid_is_answered_by_turns_and_nothing_goes_by_the_old_paths)
{
	up(IPOIB_MODE_DATAGRAM);
	forget(other_gid);
	bench_close();
}
END_TEST

START_TEST(another_lid_is_answered_by_turns_and_nothing_goes_by_the_old_paths)
{
	up(IPOIB_MODE_DATAGRAM);
	forget(other_lid);
	bench_close();
}
END_TEST

START_TEST(a_port_that_goes_down_lets_go_by_turns_and_may_come_back_meanwhile)
{
	size_t before, alive;
	uint32_t mtu;

	up(IPOIB_MODE_DATAGRAM);
	fake->path_lid = NEW_LID;
	fake->port.state = IPOIB_PORT_DOWN;
	fake_port_event(fake);
	alive = fake->ahs_alive;
	dispatch();
	ck_assert_uint_le(alive - fake->ahs_alive, PATHS_A_TURN + 10);
	ck_assert_int_eq(send_to(1, 100, &mtu), -ENETDOWN);
	before = fake->sent_count;
	fake->port.state = IPOIB_PORT_ACTIVE;
	fake_port_event(fake);
	while (!rail_is_up(rail))
		dispatch();
	ck_assert_uint_ge(fake->ahs_alive, MANY / 4);
	for (unsigned i = 0; i < 10; i++)
		ck_assert_int_eq(send_to(MANY - 1 - i, 100, &mtu), 0);
	bench_run(SECOND);
	check_sent(before);
	ck_assert_uint_eq(rail_statistics(rail).sent, MANY + 10);
	ck_assert_uint_le(fake->ahs_alive, 20);
	bench_close();
}
END_TEST

static void count_told(struct rail *of, const struct ipoib_event *event)
{
	(void)of;
	if (event->type == IPOIB_EVENT_NEIGHBOUR_MTU)
		told++;
}

/* In connected mode, where the interface's own MTU stays what it is. */
START_TEST(an_mtu_that_falls_holds_at_once_and_is_told_of_each_neighbour_by_turns)
{
	uint32_t mtu;
	unsigned turns = 0, before;

	up(IPOIB_MODE_CONNECTED);
	rail->on_event = count_told;
	told = 0;
	fake->port.mtu = 1024;
	fake_port_event(fake);
	do {
		before = told;
		dispatch();
		ck_assert_uint_le(told - before, TOLD_A_TURN);
		ck_assert_int_eq(send_to(MANY - 1, 1021, &mtu), -EMSGSIZE);
		ck_assert_uint_eq(mtu, 1020);
		turns++;
	} while (turns < 5 || told > before);
	ck_assert_uint_eq(told, MANY);
	ck_assert_uint_ge(turns, MANY / TOLD_A_TURN);
	ck_assert_uint_eq(rail_statistics(rail).events_lost, 0);
	fake->port.mtu = 2048; /* and when it rises, though it has fallen again half way */
	fake_port_event(fake);
	dispatch();
	fake->port.mtu = 1024;
	fake_port_event(fake);
	bench_run(SECOND);
	for (unsigned i = 0; i < MANY; i++)
		ck_assert_uint_eq(info_of(i).mtu, 1020);
	bench_close();
}
END_TEST

Suite *suite_turns(void)
{
	Suite *suite = suite_create("turns");
	TCase *tcase = tcase_create("turns");

	tcase_add_checked_fixture(tcase, support_setup, support_teardown);
	tcase_set_timeout(tcase, 60); /* for valgrind */
	tcase_add_test(tcase, another_gid_is_answered_by_turns_and_nothing_goes_by_the_old_paths);
	tcase_add_test(tcase, another_lid_is_answered_by_turns_and_nothing_goes_by_the_old_paths);
	tcase_add_test(tcase, a_port_that_goes_down_lets_go_by_turns_and_may_come_back_meanwhile);
	tcase_add_test(tcase,
		       an_mtu_that_falls_holds_at_once_and_is_told_of_each_neighbour_by_turns);
	suite_add_tcase(suite, tcase);
	return suite;
}
