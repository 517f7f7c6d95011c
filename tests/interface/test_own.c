/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Two rails of one context on one link: what one hears of the other is never a conflict and
 * never a neighbour (I40), and it is told, once for as long as the link is up.
 */
#include <string.h>

#include "interface/bench.h"
#include "interface/suites.h"
#include "support/support.h"
#include "wire/arp.h"
#include "wire/encap.h"
#include "wire/nd.h"

#define OTHER_IP "10.1.0.1"

static struct rail *const rail = &bench.rails[0];
static struct rail *const other = &bench.rails[1];
static struct fake *const fake = &bench.fakes[0];

static void two_rails(const struct ipoib_interface_config *config)
{
	bench_up(config);
	ck_assert_int_eq(bench_try_fake(), 0);
	rail_open(other, &bench.fakes[1], config);
	rail_bind(other, OTHER_IP);
	bench_settle();
	ck_assert(rail_is_up(other));
}

static struct ipoib_link_address link_of(const struct rail *of)
{
	struct ipoib_interface_info info = { .size = sizeof(info) };

	ck_assert_int_eq(ipoib_interface_info(of->interface, &info), 0);
	return info.link_address;
}

/* The first rail hears what the other one has broadcast. */
static void hear_other(uint16_t operation, const char *sender, const char *target)
{
	uint8_t octets[IPOIB__ENCAP_LENGTH + IPOIB__ARP_LENGTH];
	struct ipoib_ip from = ip(sender), at = ip(target);
	struct ipoib__arp arp = { .operation = operation, .sender_link = link_of(other) };

	memcpy(arp.sender_ip, from.raw, 4);
	memcpy(arp.target_ip, at.raw, 4);
	ipoib__encap_encode(octets, sizeof(octets),
			    &(struct ipoib__encap){ .type = IPOIB__TYPE_ARP });
	ipoib__arp_encode(octets + IPOIB__ENCAP_LENGTH, IPOIB__ARP_LENGTH, &arp);
	ck_assert(rail_hear_octets(rail, 99, octets, sizeof(octets)));
	bench_settle();
}

static size_t neighbours(const struct rail *of)
{
	struct ipoib_interface_info info = { .size = sizeof(info) };

	ck_assert_int_eq(ipoib_interface_info(of->interface, &info), 0);
	return info.neighbours;
}

static void all_is_as_it_was(void)
{
	struct ipoib_binding_info info = { .size = sizeof(info) };

	ck_assert_uint_eq(neighbours(rail), 0);
	ck_assert_uint_eq(rail_statistics(rail).address_conflicts, 0);
	ck_assert_uint_eq(rail_events(rail, IPOIB_EVENT_ADDRESS_CONFLICT), 0);
	ck_assert_int_eq(ipoib_binding_info(rail->binding, &info), 0);
	ck_assert_uint_eq(info.state, IPOIB_BINDING_READY);
	ck_assert_uint_eq(info.conflicts, 0);
	ck_assert_uint_eq(arp_sent(fake, IPOIB__ARP_REPLY), 0);
}

START_TEST(our_other_port_is_never_a_conflict_and_never_a_neighbour)
{
	two_rails(NULL);
	hear_other(IPOIB__ARP_REQUEST, OTHER_IP, "10.1.0.9"); /* it asks for somebody */
	hear_other(IPOIB__ARP_REQUEST, OTHER_IP, OTHER_IP);   /* announces */
	hear_other(IPOIB__ARP_REQUEST, "0.0.0.0", OTHER_IP);  /* probes */
	hear_other(IPOIB__ARP_REQUEST, OTHER_IP, "10.0.0.1"); /* even asks for us */
	hear_other(IPOIB__ARP_REPLY, OTHER_IP, "10.0.0.1");
	hear_other(IPOIB__ARP_REQUEST, "10.0.0.1", "10.0.0.9"); /* arp_announce=0 */
	hear_other(IPOIB__ARP_REQUEST, "0.0.0.0", "10.0.0.1");
	ck_assert_uint_eq(rail_statistics(rail).own_heard, 7);
	all_is_as_it_was();
	bench_close();
}
END_TEST

START_TEST(that_two_rails_share_a_link_is_told_once_while_it_is_up)
{
	struct ipoib_link_address theirs;
	const struct ipoib_event *event = NULL;

	two_rails(NULL);
	theirs = link_of(other);
	for (unsigned i = 0; i < 5; i++)
		hear_other(IPOIB__ARP_REQUEST, OTHER_IP, OTHER_IP);
	ck_assert_uint_eq(rail_events(rail, IPOIB_EVENT_SAME_LINK), 1);
	ck_assert_uint_eq(rail_events(other, IPOIB_EVENT_SAME_LINK), 0); /* it heard nothing */
	for (size_t i = 0; i < rail->event_count; i++)
		if (rail->events[i].type == IPOIB_EVENT_SAME_LINK)
			event = &rail->events[i];
	ck_assert(ipoib_link_address_same_peer(&event->link_address, &theirs));
	fake->port.state = IPOIB_PORT_DOWN;
	fake_port_event(fake);
	bench_run(SECOND);
	fake->port.state = IPOIB_PORT_ACTIVE;
	fake_port_event(fake);
	bench_run(SECOND);
	for (unsigned i = 0; i < 5; i++)
		hear_other(IPOIB__ARP_REQUEST, OTHER_IP, OTHER_IP);
	ck_assert_uint_eq(rail_events(rail, IPOIB_EVENT_SAME_LINK), 2);
	bench_close();
}
END_TEST

START_TEST(addresses_in_one_subnet_on_two_rails_are_told_of)
{
	struct ipoib_ip same = ip("10.0.0.100"), wider = ip("10.9.0.1"), local = ip("fe80::5");
	struct ipoib_binding *first, *second, *third;

	two_rails(NULL);
	ck_assert_uint_eq(rail_events(other, IPOIB_EVENT_SAME_SUBNET), 0);
	ck_assert_int_eq(ipoib_binding_open(&first, other->interface, &same, 24), 0);
	bench_settle();
	ck_assert_uint_eq(rail_events(other, IPOIB_EVENT_SAME_SUBNET), 1);
	ck_assert_int_eq(ipoib_binding_open(&second, other->interface, &wider, 8), 0);
	bench_settle();
	ck_assert_uint_eq(rail_events(other, IPOIB_EVENT_SAME_SUBNET), 2);
	ck_assert_int_eq(ipoib_binding_open(&third, other->interface, &local, 64), 0);
	bench_settle();
	ck_assert_uint_eq(rail_events(other, IPOIB_EVENT_SAME_SUBNET), 2);
	ipoib_binding_close(first);
	ipoib_binding_close(second);
	ipoib_binding_close(third);
	bench_close();
}
END_TEST

/* The levels of the kernel, as seen on the wire. */
static const struct {
	uint8_t level;
	const char *asker;
	bool own, others; /* answered for 10.0.0.1, for the other rail's address */
} levels[] = {
	{ IPOIB_ARP_IGNORE_NONE, "10.0.0.7", true, true },
	{ IPOIB_ARP_IGNORE_INTERFACE, "10.0.0.7", true, false },
	{ IPOIB_ARP_IGNORE_INTERFACE, "192.168.0.7", true, false },
	{ IPOIB_ARP_IGNORE_SUBNET, "10.0.0.7", true, false },
	{ IPOIB_ARP_IGNORE_SUBNET, "192.168.0.7", false, false },
	{ IPOIB_ARP_IGNORE_HOST, "10.0.0.7", true, true },
	{ IPOIB_ARP_IGNORE_ALL, "10.0.0.7", false, false },
};

static bool answers(const char *asker, const char *target)
{
	size_t before = arp_sent(fake, IPOIB__ARP_REPLY);
	struct ipoib_link_address ours = link_of(rail);
	bool answered;

	ck_assert(rail_hear_arp(rail, IPOIB__ARP_REQUEST, 7, asker, target));
	bench_settle();
	answered = arp_sent(fake, IPOIB__ARP_REPLY) == before + 1;
	if (answered) /* by this rail's link address, whatever the address */
		ck_assert_int_eq(memcmp(fake->sent[fake->sent_count - 1].head + 12, ours.raw, 20),
				 0);
	return answered;
}

START_TEST(requests_are_answered_by_the_level)
{
	struct ipoib_interface_config config = IPOIB_INTERFACE_CONFIG_INIT;
	uint64_t ignored = (uint64_t)!levels[_i].own + !levels[_i].others;

	config.arp_ignore = levels[_i].level;
	two_rails(&config);
	ck_assert_int_eq(answers(levels[_i].asker, "10.0.0.1"), levels[_i].own);
	ck_assert_int_eq(answers(levels[_i].asker, OTHER_IP), levels[_i].others);
	ck_assert(!answers(levels[_i].asker, "10.7.7.7"));
	ck_assert_uint_eq(rail_statistics(rail).arp_ignored, ignored);
	bench_close();
}
END_TEST

/* ---- timers are the context's ---- */

/* Two rails; the second one probes an address that peer 2 has, and has sent its last probe. */
static void last_probe_sent(void)
{
	bench_open();
	bench.probed = true;
	bench.silent = true;
	ck_assert_int_eq(bench_try_fake(), 0);
	rail_open(rail, fake, NULL);
	rail_open(other, &bench.fakes[1], NULL);
	rail_bind(other, "10.0.0.2");
	while (rail_statistics(other).address_probes_sent < 3)
		bench_run(MILLISECOND);
}

static uint32_t state_of_other(void)
{
	struct ipoib_binding_info info = { .size = sizeof(info) };

	ck_assert_int_eq(ipoib_binding_info(other->binding, &info), 0);
	return info.state;
}

static void poll_rail(struct rail *of, unsigned budget)
{
	ck_assert_int_ge(ipoib_interface_poll(of->interface, budget), 0);
	bench_check();
}

/* The process was stopped, and its owner's answer has arrived meanwhile. */
START_TEST(what_has_arrived_on_any_interface_comes_before_any_timer)
{
	last_probe_sent();
	ck_assert(rail_hear_arp(other, 2, 2, "10.0.0.2", "10.0.0.9"));
	support_now += 10 * SECOND;
	if (_i == 0) {
		poll_rail(rail, 64);
		poll_rail(other, 64);
	} else if (_i == 1) {
		poll_rail(other, 64);
		poll_rail(rail, 64);
	} else {
		ck_assert_int_eq(ipoib_context_dispatch(bench.context), 0);
	}
	ck_assert_uint_eq(state_of_other(), IPOIB_BINDING_CONFLICT);
	bench_close();
}
END_TEST

START_TEST(a_small_budget_reads_to_the_end_before_timers_run)
{
	last_probe_sent();
	for (int i = 0; i < 100; i++)
		ck_assert(rail_hear(other, 7, 100));
	ck_assert(rail_hear_arp(other, 2, 2, "10.0.0.2", "10.0.0.9"));
	support_now += 10 * SECOND;
	for (int i = 0; i < 30; i++)
		poll_rail(other, 4);
	ck_assert_uint_eq(other->received, 100);
	ck_assert_uint_eq(state_of_other(), IPOIB_BINDING_CONFLICT);
	bench_close();
}
END_TEST

/* Else a flood would keep us from ever asking, answering and giving up. */
START_TEST(a_flood_that_is_never_read_to_its_end_stops_no_timer)
{
	last_probe_sent();
	for (int i = 0; i < 2000 && state_of_other() != IPOIB_BINDING_READY; i++) {
		for (int k = 0; k < 8; k++)
			rail_hear(other, 7, 100);
		poll_rail(other, 4);
		support_now += 2 * MILLISECOND;
	}
	ck_assert_uint_eq(state_of_other(), IPOIB_BINDING_READY);
	bench_close();
}
END_TEST

Suite *suite_own(void)
{
	Suite *suite = suite_create("own");
	TCase *tcase = tcase_create("own");

	tcase_set_timeout(tcase, 60);
	tcase_add_checked_fixture(tcase, support_setup, support_teardown);
	tcase_add_test(tcase, our_other_port_is_never_a_conflict_and_never_a_neighbour);
	tcase_add_test(tcase, that_two_rails_share_a_link_is_told_once_while_it_is_up);
	tcase_add_test(tcase, addresses_in_one_subnet_on_two_rails_are_told_of);
	tcase_add_loop_test(tcase, requests_are_answered_by_the_level, 0,
			    sizeof(levels) / sizeof(levels[0]));
	tcase_add_loop_test(tcase, what_has_arrived_on_any_interface_comes_before_any_timer, 0, 3);
	tcase_add_test(tcase, a_small_budget_reads_to_the_end_before_timers_run);
	tcase_add_test(tcase, a_flood_that_is_never_read_to_its_end_stops_no_timer);
	suite_add_tcase(suite, tcase);
	return suite;
}
