/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Neighbours that are asked because the caller wants to know. */
#include <errno.h>

#include "interface/bench.h"
#include "interface/suites.h"
#include "support/support.h"

#define REQUEST 1

static struct rail *const rail = &bench.rails[0];
static struct fake *const fake = &bench.fakes[0];

/* Nanoseconds since it answered. */
static uint64_t confirmed_ago(const struct ipoib_ip *address)
{
	struct ipoib_neighbour_info info = { .size = sizeof(info) };

	ck_assert_int_eq(ipoib_neighbour_find(rail->interface, address, &info), 0);
	return info.confirmed_ns;
}

START_TEST(a_neighbour_is_asked_when_the_caller_wants_to_know)
{
	struct ipoib_ip two = ip("10.0.0.2"), three = ip("10.0.0.3");

	bench_up(NULL);
	ck_assert_int_eq(rail_send(rail, "10.0.0.2", 100, 1), 0);
	bench_run(10 * SECOND);
	ck_assert_uint_eq(arp_sent(fake, REQUEST), 1);
	ck_assert_uint_gt(confirmed_ago(&two), 9 * SECOND);
	ck_assert_int_eq(ipoib_neighbour_probe(rail->interface, &two), 0);
	ck_assert_int_eq(ipoib_neighbour_probe(rail->interface, &two), 0); /* no second question */
	ck_assert_uint_eq(arp_sent(fake, REQUEST), 1); /* state moves in a turn */
	bench_settle();
	ck_assert_uint_eq(arp_sent(fake, REQUEST), 2);
	ck_assert_uint_eq(rail_neighbour(rail, "10.0.0.2"), IPOIB_NEIGHBOUR_REACHABLE);
	ck_assert_uint_lt(confirmed_ago(&two), SECOND);
	/* without a packet, and without an entry */
	ck_assert_int_eq(ipoib_neighbour_probe(rail->interface, &three), 0);
	bench_settle();
	ck_assert_uint_eq(rail_neighbour(rail, "10.0.0.3"), IPOIB_NEIGHBOUR_REACHABLE);
	ck_assert_uint_eq(rail_statistics(rail).sent, 1);
	bench.silent = true;
	ck_assert_int_eq(ipoib_neighbour_probe(rail->interface, &two), 0);
	bench_run(10 * SECOND);
	ck_assert_uint_eq(rail_neighbour(rail, "10.0.0.2"), IPOIB_NEIGHBOUR_FAILED);
	bench_close();
}
END_TEST

START_TEST(what_cannot_be_asked_is_refused)
{
	struct ipoib_ip two = ip("10.0.0.2"), own = ip("10.0.0.1"), group = ip("224.0.0.1");
	struct ipoib_gid gid = fake_gid(2);
	struct ipoib_link_address link = ipoib_link_address_make(0, 0x102, &gid);

	bench_up(NULL);
	ck_assert_int_eq(ipoib_neighbour_probe(rail->interface, &own), -EINVAL);
	ck_assert_int_eq(ipoib_neighbour_probe(rail->interface, &group), -EINVAL);
	ck_assert_int_eq(ipoib_neighbour_add(rail->interface, &two, &link), 0);
	ck_assert_int_eq(ipoib_neighbour_probe(rail->interface, &two), -EPERM);
	fake->port.state = IPOIB_PORT_DOWN;
	fake_port_event(fake);
	bench_settle();
	ck_assert_int_eq(ipoib_neighbour_probe(rail->interface, &two), -ENETDOWN);
	bench_close();
}
END_TEST

Suite *suite_probe(void)
{
	Suite *suite = suite_create("probe");
	TCase *tcase = tcase_create("probe");

	tcase_add_checked_fixture(tcase, support_setup, support_teardown);
	tcase_add_test(tcase, a_neighbour_is_asked_when_the_caller_wants_to_know);
	tcase_add_test(tcase, what_cannot_be_asked_is_refused);
	suite_add_tcase(suite, tcase);
	return suite;
}
