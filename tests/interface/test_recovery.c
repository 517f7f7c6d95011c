/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * A fault at the worst moment, and what is left of it once it is gone: nothing. Each test takes
 * one resource away at one step, gives it back, and wants packets to flow.
 */
#include <errno.h>
#include <stdio.h>

#include "interface/bench.h"
#include "interface/suites.h"
#include "support/support.h"

static struct rail *const rail = &bench.rails[0];
static struct fake *const fake = &bench.fakes[0];

static void open_silent_sa(void)
{
	bench_open();
	fake->answering = false;
	rail_open(rail, fake, NULL);
	rail_bind(rail, "10.0.0.1");
	bench_settle();
	ck_assert_uint_eq(fake_open_questions(fake, true), 1);
	fake->answering = true;
}

static void up_after(uint64_t nanoseconds)
{
	bench_run(nanoseconds);
	fake_mend(fake);
	support_fail_after(0, false);
	bench_run(20 * SECOND);
	ck_assert(rail_is_up(rail));
	ck_assert_int_eq(rail_send(rail, "10.0.0.2", 100, 1), 0);
	bench_run(SECOND);
	ck_assert_uint_eq(rail_statistics(rail).sent, 1);
	ck_assert(rail_hear(rail, 2, 100));
	bench_settle();
	ck_assert_uint_eq(rail->received, 1);
	bench_close();
}

START_TEST(a_broadcast_join_without_memory_for_its_handle_comes_up_later)
{
	open_silent_sa();
	support_fail_after(1, false);
	up_after(0);
}
END_TEST

START_TEST(a_broadcast_join_without_an_address_handle_comes_up_later)
{
	open_silent_sa();
	fake_fail(fake, FAKE_AH_CREATE, 1, true);
	up_after(5 * SECOND);
}
END_TEST

START_TEST(a_broadcast_join_that_could_not_attach_comes_up_later)
{
	open_silent_sa();
	fake_fail(fake, FAKE_ATTACH, 1, true);
	up_after(5 * SECOND);
}
END_TEST

START_TEST(a_broadcast_join_without_its_qkey_comes_up_later_and_hears)
{
	open_silent_sa();
	fake_fail(fake, FAKE_SET_QKEY, 1, true);
	up_after(5 * SECOND);
}
END_TEST

START_TEST(a_link_is_not_up_that_cannot_send_broadcasts)
{
	open_silent_sa();
	fake_fail(fake, FAKE_AH_CREATE, 1, true);
	bench_settle();
	fake->port.sm_lid++; /* anything that makes the link look at itself */
	fake_port_event(fake);
	bench_settle();
	ck_assert(!rail_is_up(rail));
	up_after(0);
}
END_TEST

/* The neighbour is resolved at a moment when no path can be made: later uses must make it. */
START_TEST(a_neighbour_without_memory_for_its_path_gets_one_later)
{
	bench_up(NULL);
	ck_assert_int_eq(rail_send(rail, "10.0.0.2", 100, 1), 0);
	bench.silent = true;
	bench_settle();
	ck_assert(rail_hear_arp(rail, 2, 2, "10.0.0.2", "10.0.0.1"));
	support_fail_after(1, true);
	bench_settle();
	support_fail_after(0, false);
	bench.silent = false;
	ck_assert_uint_eq(rail->undelivered[IPOIB_SEND_DROP_NO_MEMORY], 1);
	for (uint32_t i = 2; i < 12; i++) {
		rail_send(rail, "10.0.0.2", 100, i);
		bench_run(SECOND);
	}
	ck_assert_uint_gt(rail_statistics(rail).sent, 0);
	bench_close();
}
END_TEST

START_TEST(a_path_without_an_address_handle_gets_one_at_the_next_use)
{
	bench_up(NULL);
	fake_fail(fake, FAKE_AH_CREATE, 1, false);
	ck_assert_int_eq(rail_send(rail, "10.0.0.2", 100, 1), 0);
	bench_run(SECOND);
	ck_assert_uint_eq(rail->undelivered[IPOIB_SEND_DROP_NO_MEMORY], 1);
	ck_assert_int_eq(rail_send(rail, "10.0.0.2", 100, 2), 0);
	bench_run(SECOND);
	ck_assert_uint_eq(rail_statistics(rail).sent, 1);
	bench_close();
}
END_TEST

/* Nobody but ARP uses the path: who asks us again must be answered. */
static size_t handles_after_a_doubt(uint16_t lid)
{
	size_t before;

	bench_open();
	fake->port.lid = lid;
	fake->port.grh_required = lid == 0;
	rail_open(rail, fake, NULL);
	rail_bind(rail, "10.0.0.1");
	bench_run(10 * SECOND);
	ck_assert_int_eq(rail_send(rail, "10.0.0.2", 100, 1), 0);
	bench_run(SECOND);
	before = fake->ah_count;
	fake_simple_event(fake, IPOIB_TRANSPORT_REREGISTER);
	bench_run(5 * SECOND);
	ck_assert_int_eq(rail_send(rail, "10.0.0.2", 100, 2), 0);
	bench_run(SECOND);
	ck_assert_uint_eq(rail_statistics(rail).sent, 2);
	ck_assert_uint_eq(rail_statistics(rail).path_queries, 2);
	return fake->ah_count - before;
}

/* It may have another MAC address, which only the address handle knows. */
START_TEST(a_new_answer_makes_a_new_handle_where_there_are_no_lids)
{
	size_t with, without;

	with = handles_after_a_doubt(1);
	bench_close();
	without = handles_after_a_doubt(0);
	bench_close();
	ck_assert_uint_eq(without, with + 1);
}
END_TEST

START_TEST(an_arp_reply_goes_out_when_the_handle_of_its_path_can_be_made_again)
{
	bench_up(NULL);
	fake_fail(fake, FAKE_AH_CREATE, 1, false);
	ck_assert(rail_hear_arp(rail, 1, 7, "10.0.0.7", "10.0.0.1"));
	bench_settle();
	ck_assert_uint_eq(arp_sent(fake, 2), 0);
	for (int i = 0; i < 3; i++) {
		bench_run(SECOND);
		ck_assert(rail_hear_arp(rail, 1, 7, "10.0.0.7", "10.0.0.1"));
	}
	bench_run(SECOND);
	ck_assert_uint_ge(arp_sent(fake, 2), 3);
	bench_close();
}
END_TEST

/* The path is there and has lost its handle: what waits must not wait for yet another packet. */
START_TEST(a_packet_that_waits_for_arp_goes_by_a_path_that_had_lost_its_handle)
{
	bench_up(NULL);
	fake_fail(fake, FAKE_AH_CREATE, 1, false);
	ck_assert(rail_hear_arp(rail, 1, 7, "0.0.0.0", "10.0.0.1")); /* makes the path alone */
	bench_settle();
	ck_assert_int_eq(rail_send(rail, "10.0.0.7", 100, 1), 0);
	bench_run(SECOND);
	ck_assert_uint_eq(rail_statistics(rail).sent, 1);
	bench_close();
}
END_TEST

START_TEST(a_group_without_an_address_handle_is_joined_again)
{
	bench_up(NULL);
	fake_fail(fake, FAKE_AH_CREATE, 1, false);
	ck_assert_int_eq(rail_send(rail, "224.1.2.3", 100, 1), 0);
	bench_settle();
	ck_assert_uint_eq(rail_statistics(rail).send_dropped[IPOIB_SEND_DROP_NO_MEMORY] +
				  rail_statistics(rail).send_dropped[IPOIB_SEND_DROP_NO_GROUP],
			  1);
	for (uint32_t i = 2; i < 8; i++) {
		rail_send(rail, "224.1.2.3", 100, i);
		bench_run(SECOND);
	}
	ck_assert_uint_gt(rail_statistics(rail).sent, 0);
	bench_close();
}
END_TEST

START_TEST(a_port_that_could_not_be_read_is_read_again)
{
	bench_up(NULL);
	fake->port.state = IPOIB_PORT_DOWN;
	fake_port_event(fake);
	bench_settle();
	ck_assert(!rail_is_up(rail));
	fake->port.state = IPOIB_PORT_ACTIVE;
	fake_fail(fake, FAKE_QUERY_PORT, 1, false);
	fake_port_event(fake);
	up_after(SECOND);
}
END_TEST

START_TEST(a_silent_administrator_is_asked_again_and_less_often)
{
	bench_up(NULL);
	fake->path_status = -ETIMEDOUT;
	for (uint32_t i = 0; i < 600; i++) {
		rail_send(rail, "10.0.0.2", 100, i);
		bench_run(100 * MILLISECOND);
	}
	ck_assert_uint_le(rail_statistics(rail).path_queries, 12);
	ck_assert_uint_ge(rail_statistics(rail).path_queries, 4);
	ck_assert_uint_eq(rail_statistics(rail).path_queries,
			  rail_statistics(rail).path_failures);
	fake->path_status = 0;
	for (uint32_t i = 0; i < 800; i++) {
		rail_send(rail, "10.0.0.2", 100, i);
		bench_run(100 * MILLISECOND);
	}
	ck_assert_uint_gt(rail_statistics(rail).sent, 0);
	bench_close();
}
END_TEST

static struct ipoib_buffer *taken[8192];

static size_t take_all_there_are(void)
{
	size_t n = 0;

	while (n < sizeof(taken) / sizeof(taken[0]) &&
	       ipoib_interface_buffer(rail->interface, &taken[n]) == 0)
		n++;
	return n;
}

static void give_back(size_t count)
{
	for (size_t i = 0; i < count; i++)
		ipoib_buffer_unref(taken[i]);
}

/* It is memory that was short, not the pool: no buffer that comes back would wake us. */
START_TEST(buffers_that_memory_was_short_for_are_told_once_it_is_there)
{
	size_t first, all;

	bench_up(NULL);
	bench_run(SECOND);
	support_fail_after(1, true);
	first = take_all_there_are();
	bench_run(SECOND);
	ck_assert_uint_eq(rail_events(rail, IPOIB_EVENT_BUFFERS), 0);
	support_fail_after(0, false);
	bench_run(SECOND);
	ck_assert_uint_eq(rail_events(rail, IPOIB_EVENT_BUFFERS), 1);
	give_back(first);
	all = take_all_there_are();
	ck_assert_uint_gt(all, first);
	give_back(all);
	bench_settle();
	ck_assert_uint_eq(rail_events(rail, IPOIB_EVENT_BUFFERS), 2);
	bench_close();
}
END_TEST

/*
 * More events in one turn than are kept: of neighbours that fail, and of addresses. A caller that
 * waits for buffers is told all the same (I24).
 */
START_TEST(buffers_are_told_behind_more_events_than_are_kept)
{
	struct ipoib_interface_config config = IPOIB_INTERFACE_CONFIG_INIT;
	struct rail *other = &bench.rails[1];
	struct ipoib_binding *bindings[40];
	char text[32];
	size_t count;

	bench_up(NULL);
	config.pkey = 0x8001;
	rail_open(other, fake, &config);
	bench_settle();
	bench.silent = true;
	for (unsigned i = 0; i < 250; i++) {
		snprintf(text, sizeof(text), "10.0.1.%u", 1 + i);
		ck_assert_int_eq(rail_send(rail, text, 100, i), 0);
	}
	count = take_all_there_are();
	ck_assert_uint_lt(count, sizeof(taken) / sizeof(taken[0]));
	bench_run(2500 * MILLISECOND);
	support_advance(2 * SECOND);
	ck_assert_int_ge(ipoib_interface_poll(other->interface, 16), 0); /* they fail, untold */
	for (unsigned i = 0; i < 40; i++) {
		struct ipoib_ip address;

		snprintf(text, sizeof(text), "10.0.2.%u", 1 + i);
		address = ip(text);
		ck_assert_int_eq(ipoib_binding_open(&bindings[i], rail->interface, &address, 24),
				 0);
	}
	give_back(count);
	bench_settle();
	ck_assert_uint_gt(rail_statistics(rail).events_lost, 26);
	ck_assert_uint_eq(rail_events(rail, IPOIB_EVENT_BUFFERS), 1);
	for (unsigned i = 0; i < 40; i++)
		ipoib_binding_close(bindings[i]);
	bench_close();
}
END_TEST

Suite *suite_recovery(void)
{
	Suite *suite = suite_create("recovery");
	TCase *tcase = tcase_create("recovery");

	tcase_set_timeout(tcase, 60);
	tcase_add_checked_fixture(tcase, support_setup, support_teardown);
	tcase_add_test(tcase, a_broadcast_join_without_memory_for_its_handle_comes_up_later);
	tcase_add_test(tcase, a_broadcast_join_without_an_address_handle_comes_up_later);
	tcase_add_test(tcase, a_broadcast_join_that_could_not_attach_comes_up_later);
	tcase_add_test(tcase, a_broadcast_join_without_its_qkey_comes_up_later_and_hears);
	tcase_add_test(tcase, a_link_is_not_up_that_cannot_send_broadcasts);
	tcase_add_test(tcase, a_neighbour_without_memory_for_its_path_gets_one_later);
	tcase_add_test(tcase, a_path_without_an_address_handle_gets_one_at_the_next_use);
	tcase_add_test(tcase, a_new_answer_makes_a_new_handle_where_there_are_no_lids);
	tcase_add_test(tcase,
		       an_arp_reply_goes_out_when_the_handle_of_its_path_can_be_made_again);
	tcase_add_test(tcase,
		       a_packet_that_waits_for_arp_goes_by_a_path_that_had_lost_its_handle);
	tcase_add_test(tcase, a_group_without_an_address_handle_is_joined_again);
	tcase_add_test(tcase, a_port_that_could_not_be_read_is_read_again);
	tcase_add_test(tcase, a_silent_administrator_is_asked_again_and_less_often);
	tcase_add_test(tcase, buffers_that_memory_was_short_for_are_told_once_it_is_there);
	tcase_add_test(tcase, buffers_are_told_behind_more_events_than_are_kept);
	suite_add_tcase(suite, tcase);
	return suite;
}
