/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* What a port is in the partition of an interface: shown at any time, told when it matters. */
#include "interface/bench.h"
#include "interface/suites.h"
#include "support/support.h"

#define FULL	0xffff
#define LIMITED 0x7fff

static struct rail *const rail = &bench.rails[0];
static struct fake *const fake = &bench.fakes[0];

static uint32_t membership(void)
{
	struct ipoib_interface_info info = { .size = sizeof(info) };

	ck_assert_int_eq(ipoib_interface_info(rail->interface, &info), 0);
	return info.membership;
}

static void write_table(uint16_t first, uint16_t second)
{
	fake->port.pkeys[0] = first;
	fake->port.pkeys[1] = second;
	fake->port.pkey_count = second == 0 ? 1 : 2;
}

/* The SM has written the port's table. */
static void set_table(uint16_t first, uint16_t second)
{
	write_table(first, second);
	fake_port_event(fake);
	bench_settle();
}

static void open_with(uint16_t first, uint16_t second)
{
	bench_open();
	write_table(first, second);
	rail_open(rail, fake, NULL);
	rail_bind(rail, "10.0.0.1");
	bench_settle();
	ck_assert(rail_is_up(rail));
}

/* So many events of membership were told, the last of them so. */
static void expect_told(size_t count, uint32_t last)
{
	const struct ipoib_event *event = NULL;

	ck_assert_uint_eq(rail_events(rail, IPOIB_EVENT_MEMBERSHIP), count);
	for (size_t i = 0; i < rail->event_count; i++)
		if (rail->events[i].type == IPOIB_EVENT_MEMBERSHIP)
			event = &rail->events[i];
	ck_assert_uint_eq(event->membership, last);
	ck_assert_int_eq(event->status, 0);
}

START_TEST(of_a_full_member_nothing_is_told)
{
	open_with(FULL, 0);
	ck_assert_uint_eq(membership(), IPOIB_PKEY_MEMBERSHIP_FULL);
	set_table(FULL, 0x0001); /* limited, in a partition of others */
	fake->port.sm_lid++;
	fake_port_event(fake);
	bench_run(60 * SECOND);
	ck_assert_uint_eq(membership(), IPOIB_PKEY_MEMBERSHIP_FULL);
	ck_assert_uint_eq(rail_events(rail, IPOIB_EVENT_MEMBERSHIP), 0);
	bench_close();
}
END_TEST

START_TEST(a_limited_member_is_told_once_and_before_it_is_up)
{
	open_with(LIMITED, 0);
	ck_assert_uint_eq(rail->events[0].type, IPOIB_EVENT_MEMBERSHIP);
	expect_told(1, IPOIB_PKEY_MEMBERSHIP_LIMITED);
	ck_assert_uint_eq(membership(), IPOIB_PKEY_MEMBERSHIP_LIMITED);
	set_table(LIMITED, 0x8001);
	set_table(0x8001, LIMITED);
	fake_simple_event(fake, IPOIB_TRANSPORT_REREGISTER);
	fake->port.lid++;
	fake_port_event(fake);
	bench_run(60 * SECOND);
	expect_told(1, IPOIB_PKEY_MEMBERSHIP_LIMITED);
	bench_close();
}
END_TEST

START_TEST(each_change_of_membership_is_told_and_the_link_stays_up)
{
	open_with(FULL, 0);
	set_table(LIMITED, 0);
	expect_told(1, IPOIB_PKEY_MEMBERSHIP_LIMITED);
	ck_assert_uint_eq(membership(), IPOIB_PKEY_MEMBERSHIP_LIMITED);
	set_table(FULL, 0);
	expect_told(2, IPOIB_PKEY_MEMBERSHIP_FULL);
	ck_assert_uint_eq(membership(), IPOIB_PKEY_MEMBERSHIP_FULL);
	set_table(LIMITED, 0);
	expect_told(3, IPOIB_PKEY_MEMBERSHIP_LIMITED);
	ck_assert_uint_eq(rail_events(rail, IPOIB_EVENT_DOWN), 0);
	ck_assert_int_eq(rail_send(rail, "10.0.0.2", 100, 1), 0); /* to a full member */
	bench_run(2 * SECOND);
	ck_assert_uint_eq(rail_statistics(rail).sent, 1);
	bench_close();
}
END_TEST

/* OpenSM writes both for a port that is named twice (allow_both_pkeys). */
START_TEST(a_port_that_is_both_is_a_full_member)
{
	open_with(LIMITED, FULL);
	ck_assert_uint_eq(membership(), IPOIB_PKEY_MEMBERSHIP_FULL);
	ck_assert_uint_eq(rail_events(rail, IPOIB_EVENT_MEMBERSHIP), 0);
	set_table(LIMITED, 0);
	expect_told(1, IPOIB_PKEY_MEMBERSHIP_LIMITED);
	set_table(FULL, LIMITED);
	expect_told(2, IPOIB_PKEY_MEMBERSHIP_FULL);
	bench_close();
}
END_TEST

/* The link that is down says it; what the port is when it comes back is told if it is news. */
START_TEST(a_p_key_that_goes_and_returns_is_no_change_of_membership)
{
	open_with(LIMITED, 0);
	set_table(0x8001, 0);
	ck_assert_uint_eq(membership(), IPOIB_PKEY_MEMBERSHIP_NONE);
	ck_assert_uint_eq(rail_events(rail, IPOIB_EVENT_DOWN), 1);
	set_table(0x8001, LIMITED);
	ck_assert(rail_is_up(rail));
	expect_told(1, IPOIB_PKEY_MEMBERSHIP_LIMITED);
	set_table(0x8001, 0);
	set_table(0x8001, FULL);
	expect_told(2, IPOIB_PKEY_MEMBERSHIP_FULL);
	bench_close();
}
END_TEST

/* Until then the table is what the adapter began with, or another SM has left. */
START_TEST(nothing_is_told_before_the_sm_has_made_the_port_active)
{
	bench_open();
	fake->port.state = IPOIB_PORT_DOWN;
	write_table(LIMITED, 0);
	rail_open(rail, fake, NULL);
	bench_run(SECOND);
	ck_assert_uint_eq(membership(), IPOIB_PKEY_MEMBERSHIP_LIMITED);
	ck_assert_uint_eq(rail_events(rail, IPOIB_EVENT_MEMBERSHIP), 0);
	set_table(FULL, 0);
	fake->port.state = IPOIB_PORT_ACTIVE;
	fake_port_event(fake);
	bench_settle();
	ck_assert(rail_is_up(rail));
	ck_assert_uint_eq(rail_events(rail, IPOIB_EVENT_MEMBERSHIP), 0);
	fake->port.state = IPOIB_PORT_DOWN;
	set_table(LIMITED, 0);
	ck_assert_uint_eq(rail_events(rail, IPOIB_EVENT_MEMBERSHIP), 0);
	fake->port.state = IPOIB_PORT_ACTIVE;
	fake_port_event(fake);
	bench_settle();
	expect_told(1, IPOIB_PKEY_MEMBERSHIP_LIMITED);
	bench_close();
}
END_TEST

START_TEST(the_names_are_what_programs_print)
{
	ck_assert_str_eq(ipoib_event_name(IPOIB_EVENT_MEMBERSHIP), "membership");
	ck_assert_str_eq(ipoib_pkey_membership_name(IPOIB_PKEY_MEMBERSHIP_NONE), "none");
	ck_assert_str_eq(ipoib_pkey_membership_name(IPOIB_PKEY_MEMBERSHIP_LIMITED), "limited");
	ck_assert_str_eq(ipoib_pkey_membership_name(IPOIB_PKEY_MEMBERSHIP_FULL), "full");
	ck_assert_ptr_null(ipoib_pkey_membership_name(IPOIB_PKEY_MEMBERSHIP_FULL + 1));
}
END_TEST

Suite *suite_partition(void)
{
	Suite *suite = suite_create("partition");
	TCase *tcase = tcase_create("partition");

	tcase_set_timeout(tcase, 60);
	tcase_add_checked_fixture(tcase, support_setup, support_teardown);
	tcase_add_test(tcase, of_a_full_member_nothing_is_told);
	tcase_add_test(tcase, a_limited_member_is_told_once_and_before_it_is_up);
	tcase_add_test(tcase, each_change_of_membership_is_told_and_the_link_stays_up);
	tcase_add_test(tcase, a_port_that_is_both_is_a_full_member);
	tcase_add_test(tcase, a_p_key_that_goes_and_returns_is_no_change_of_membership);
	tcase_add_test(tcase, nothing_is_told_before_the_sm_has_made_the_port_active);
	tcase_add_test(tcase, the_names_are_what_programs_print);
	suite_add_tcase(suite, tcase);
	return suite;
}
