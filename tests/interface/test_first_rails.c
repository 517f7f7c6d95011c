/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Which of two ports that answer for one address is right: by what they serve besides. */
#include "interface/first_rig.h"
#include "interface/suites.h"
#include "support/support.h"
#include "wire/arp.h"

static struct rail *const rail = &bench.rails[0];
static struct rail *const second = &bench.rails[1];

static void two_rails(void)
{
	bench_up(NULL);
	ck_assert_int_eq(bench_try_fake(), 0);
	rail_open(second, &bench.fakes[1], NULL);
	rail_bind(second, "10.1.0.1");
	bench_settle();
	ck_assert(rail_is_up(second));
}

START_TEST(a_port_of_another_rail_is_not_right_here)
{
	two_rails();
	first_say(second, IPOIB__ARP_REQUEST, _i ? PEER : OTHER, "10.1.0.2", "10.1.0.1");
	first_meet();
	first_ends(_i);
}
END_TEST

/* The first question of the other rail is answered later than ours. */
START_TEST(what_the_other_rail_learns_meanwhile_counts)
{
	two_rails();
	first_meet();
	bench_run(150 * MILLISECOND);
	ck_assert_uint_eq(first_where(), PEER);
	first_say(second, IPOIB__ARP_REQUEST, PEER, "10.1.0.2", "10.1.0.1");
	bench_run(60 * MILLISECOND);
	first_has_moved();
}
END_TEST

START_TEST(a_port_that_both_serve_another_rail_by_says_nothing)
{
	two_rails();
	first_say(second, IPOIB__ARP_REQUEST, PEER, "10.1.0.2", "10.1.0.1");
	first_say(second, IPOIB__ARP_REQUEST, OTHER, "10.1.0.3", "10.1.0.1");
	first_meet();
	first_stays();
}
END_TEST

/* The same subnet on both rails, and an address that is in none of ours, are no other rail. */
START_TEST(a_neighbour_of_the_same_subnet_says_nothing)
{
	two_rails();
	if (_i == 0)
		first_say(rail, IPOIB__ARP_REQUEST, PEER, "10.0.0.3", OURS);
	if (_i == 1)
		first_say(second, IPOIB__ARP_REQUEST, PEER, "192.168.0.2", "10.1.0.1");
	first_meet();
	first_stays();
}
END_TEST

START_TEST(another_subnet_of_the_same_interface_is_another_rail)
{
	struct ipoib_ip address = ip("10.2.0.1");
	struct ipoib_binding *binding;

	bench_up(NULL);
	ck_assert_int_eq(ipoib_binding_open(&binding, rail->interface, &address, 24), 0);
	bench_settle();
	first_say(rail, IPOIB__ARP_REQUEST, PEER, "10.2.0.2", "10.2.0.1");
	first_meet();
	first_has_moved();
	ipoib_binding_close(binding);
}
END_TEST

START_TEST(data_overrule_what_was_inferred)
{
	two_rails();
	first_say(second, IPOIB__ARP_REQUEST, PEER, "10.1.0.2", "10.1.0.1");
	first_meet();
	ck_assert_uint_eq(first_where(), OTHER);
	first_hear(PEER, QPN(PEER), true);
	ck_assert_uint_eq(first_where(), PEER);
	bench_run(2 * SECOND);
	ck_assert_uint_eq(first_where(), PEER);
	bench_close();
}
END_TEST

Suite *suite_first_rails(void)
{
	Suite *suite = suite_create("first rails");
	TCase *tcase = tcase_create("first rails");

	tcase_add_checked_fixture(tcase, support_setup, support_teardown);
	tcase_add_loop_test(tcase, a_port_of_another_rail_is_not_right_here, 0, 2);
	tcase_add_test(tcase, what_the_other_rail_learns_meanwhile_counts);
	tcase_add_test(tcase, a_port_that_both_serve_another_rail_by_says_nothing);
	tcase_add_loop_test(tcase, a_neighbour_of_the_same_subnet_says_nothing, 0, 2);
	tcase_add_test(tcase, another_subnet_of_the_same_interface_is_another_rail);
	tcase_add_test(tcase, data_overrule_what_was_inferred);
	suite_add_tcase(suite, tcase);
	return suite;
}
