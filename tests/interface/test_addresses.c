/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Bound addresses over the fake transport: what is sent for them and when, what is a conflict;
 * and each allocation and each call of the transport failing in turn while they are bound.
 */
#include <errno.h>
#include <string.h>

#include "interface/nd_rig.h"
#include "interface/suites.h"
#include "support/support.h"
#include "wire/arp.h"
#include "wire/encap.h"
#include "wire/ip6.h"
#include "wire/mgid.h"

#define REQUEST 1
#define REPLY 2
#define CALLS_MAX 30

static struct rail *const rail = &bench.rails[0];
static struct fake *const fake = &bench.fakes[0];

static uint32_t state_of(const struct ipoib_binding *binding)
{
	struct ipoib_binding_info info = { .size = sizeof(info) };

	ck_assert_int_eq(ipoib_binding_info(binding, &info), 0);
	return info.state;
}

static void probing_up(uint8_t acd)
{
	struct ipoib_interface_config config = IPOIB_INTERFACE_CONFIG_INIT;

	bench_open();
	bench.probed = true;
	config.acd = acd;
	rail_open(rail, fake, &config);
	rail_bind(rail, "10.0.0.1");
	bench_settle();
	ck_assert(rail_is_up(rail));
}

/* The n-th ARP packet that was sent, counted from 0. */
static struct ipoib__arp sent_arp(size_t n)
{
	struct ipoib__arp arp = { .operation = 0 };

	for (size_t i = 0; i < fake->sent_count; i++)
		if (fake->sent[i].head[1] == 6 && n-- == 0)
			ck_assert_int_gt(ipoib__arp_decode(&arp, fake->sent[i].head + 4,
							   IPOIB__ARP_LENGTH), 0);
	return arp;
}

/* RFC 5227 section 1.1: three probes from 0.0.0.0, then two announcements. */
START_TEST(probes_come_first_and_announcements_after_them)
{
	static const uint8_t nobody[4];
	const uint8_t *ours = ip("10.0.0.1").raw;
	struct ipoib__arp arp;

	probing_up((uint8_t)_i);
	ck_assert_uint_eq(state_of(rail->binding), IPOIB_BINDING_PROBING);
	ck_assert(rail_hear_arp(rail, REQUEST, 7, "10.0.0.7", "10.0.0.1"));
	bench_settle();
	ck_assert_uint_eq(arp_sent(fake, REPLY), 0); /* not ours yet */
	bench_run(15 * SECOND);
	ck_assert_uint_eq(state_of(rail->binding), IPOIB_BINDING_READY);
	ck_assert_uint_eq(arp_sent(fake, REQUEST), 5);
	for (size_t i = 0; i < 5; i++) {
		arp = sent_arp(i);
		ck_assert_int_eq(memcmp(arp.sender_ip, i < 3 ? nobody : ours, 4), 0);
		ck_assert_int_eq(memcmp(arp.target_ip, ours, 4), 0);
	}
	ck_assert(rail_hear_arp(rail, REQUEST, 7, "10.0.0.7", "10.0.0.1"));
	bench_settle();
	ck_assert_uint_eq(arp_sent(fake, REPLY), 1);
	bench_close();
}
END_TEST

/* What somebody else may say, and whether it takes an address that is being probed. */
static const struct {
	uint16_t operation;
	const char *sender, *target;
	bool conflict_probing, conflict_ready;
} words[] = {
	{ REQUEST, "10.0.0.1", "10.0.0.9", true, true },  /* uses it to ask */
	{ REQUEST, "10.0.0.1", "10.0.0.1", true, true },  /* announces it */
	{ REPLY, "10.0.0.1", "10.0.0.9", true, true },    /* answers for it */
	{ REQUEST, "0.0.0.0", "10.0.0.1", true, false },  /* probes: answered when it is ours */
	{ REQUEST, "10.0.0.7", "10.0.0.1", false, false },/* asks for it */
	{ REQUEST, "0.0.0.0", "10.0.0.9", false, false },
	{ REPLY, "10.0.0.7", "10.0.0.1", false, false },
};

START_TEST(what_is_a_conflict_and_what_is_not)
{
	probing_up(IPOIB_ACD_RFC);
	ck_assert(rail_hear_arp(rail, words[_i].operation, 7, words[_i].sender, words[_i].target));
	bench_settle();
	ck_assert_uint_eq(state_of(rail->binding), words[_i].conflict_probing ?
							   IPOIB_BINDING_CONFLICT :
							   IPOIB_BINDING_PROBING);
	ck_assert_uint_eq(rail_events(rail, IPOIB_EVENT_ADDRESS_CONFLICT),
			  words[_i].conflict_probing);
	bench_run(30 * SECOND); /* tried again, and nobody says anything */
	ck_assert_uint_eq(state_of(rail->binding), IPOIB_BINDING_READY);
	ck_assert(rail_hear_arp(rail, words[_i].operation, 7, words[_i].sender, words[_i].target));
	bench_settle();
	ck_assert_uint_eq(state_of(rail->binding), IPOIB_BINDING_READY); /* defended */
	ck_assert_uint_eq(rail_events(rail, IPOIB_EVENT_ADDRESS_CONFLICT),
			  (unsigned)words[_i].conflict_probing + words[_i].conflict_ready);
	ck_assert_uint_eq(rail_neighbour(rail, "10.0.0.1"), 0);
	bench_close();
}
END_TEST

/* A flood of disputes makes one defence in ten seconds, and one event a second. */
START_TEST(a_flood_of_disputes_is_answered_seldom)
{
	size_t before;

	probing_up(IPOIB_ACD_FAST);
	bench_run(10 * SECOND);
	before = arp_sent(fake, REQUEST);
	for (unsigned i = 0; i < 2000; i++) {
		ck_assert(rail_hear_arp(rail, REPLY, (uint16_t)(10 + i % 80), "10.0.0.1",
					"10.0.0.1"));
		bench_run(10 * MILLISECOND);
	}
	ck_assert_uint_eq(arp_sent(fake, REQUEST), before + 2);
	ck_assert_uint_eq(arp_sent(fake, REPLY), 0);
	ck_assert_uint_le(rail_events(rail, IPOIB_EVENT_ADDRESS_CONFLICT), 20);
	ck_assert_uint_eq(rail_statistics(rail).address_conflicts, 2000);
	ck_assert_uint_eq(state_of(rail->binding), IPOIB_BINDING_READY);
	bench_close();
}
END_TEST

/* RFC 4862 section 5.4.4: an advertisement of a tentative address takes it. */
START_TEST(an_ipv6_address_is_not_used_when_somebody_has_it)
{
	struct ipoib_interface_config config = IPOIB_INTERFACE_CONFIG_INIT;
	struct ipoib_ip ours = ip(ND_OURS);
	struct ipoib__nd nd = nd_advertisement(7, IPOIB__ND_OVERRIDE);

	bench_open();
	bench.probed = true;
	rail_open(rail, fake, &config);
	ck_assert_int_eq(ipoib_binding_open(&rail->binding, rail->interface, &ours, 64), 0);
	bench_settle();
	ck_assert_uint_eq(state_of(rail->binding), IPOIB_BINDING_PROBING);
	memcpy(nd.target, ours.raw, 16);
	memcpy(nd.destination, ipoib__ipv6_all_nodes, 16);
	nd_hear(&nd, 7);
	ck_assert_uint_eq(state_of(rail->binding), IPOIB_BINDING_CONFLICT);
	ck_assert_uint_eq(rail_events(rail, IPOIB_EVENT_ADDRESS_CONFLICT), 1);
	bench_run(15 * SECOND);
	ck_assert_uint_eq(state_of(rail->binding), IPOIB_BINDING_READY);
	nd_hear(&nd, 7);
	ck_assert_uint_eq(state_of(rail->binding), IPOIB_BINDING_READY);
	ck_assert_uint_eq(rail_events(rail, IPOIB_EVENT_ADDRESS_CONFLICT), 2);
	bench_close();
}
END_TEST

/* The open question for a group of IPv6. */
static struct fake_question *join_of(const uint8_t group[16])
{
	struct ipoib_gid mgid = ipoib__mgid_ipv6(2, 0xffff, group);

	for (size_t i = 0; i < fake->question_count; i++)
		if (fake->questions[i].open && fake->questions[i].join &&
		    memcmp(&fake->questions[i].wanted.mgid, &mgid, sizeof(mgid)) == 0)
			return &fake->questions[i];
	return NULL;
}

/*
 * RFC 4862 section 5.4.2: who has the address already, as the Linux kernel does, says so to the
 * group of all nodes alone.
 */
START_TEST(an_ipv6_address_is_probed_when_both_of_its_groups_are_joined)
{
	struct ipoib_interface_config config = IPOIB_INTERFACE_CONFIG_INIT;
	struct ipoib_ip ours = ip(ND_OURS);
	uint8_t groups[2][16];

	ipoib__ipv6_solicited_node(groups[0], ours.raw);
	memcpy(groups[1], ipoib__ipv6_all_nodes, 16);
	bench_open();
	bench.probed = true;
	rail_open(rail, fake, &config);
	bench_settle();
	ck_assert(rail_is_up(rail));
	fake->answering = false;
	ck_assert_int_eq(ipoib_binding_open(&rail->binding, rail->interface, &ours, 64), 0);
	bench_settle();
	ck_assert_ptr_nonnull(join_of(groups[_i]));
	fake_answer(fake, join_of(groups[_i]), 0);
	bench_settle();
	ck_assert_uint_eq(state_of(rail->binding), IPOIB_BINDING_WAITING);
	ck_assert_ptr_nonnull(join_of(groups[!_i]));
	fake_answer(fake, join_of(groups[!_i]), 0);
	bench_settle();
	ck_assert_uint_eq(state_of(rail->binding), IPOIB_BINDING_PROBING);
	bench_run(5 * SECOND);
	ck_assert_uint_eq(state_of(rail->binding), IPOIB_BINDING_READY);
	bench_close();
}
END_TEST

/* Late by seconds, for both to be there: the advertisement, and the end of the silence. */
START_TEST(an_answer_that_has_arrived_counts_before_the_end_of_the_silence)
{
	struct ipoib_interface_config config = IPOIB_INTERFACE_CONFIG_INIT;
	struct ipoib_ip ours = ip(ND_OURS);
	struct ipoib__nd nd = nd_advertisement(7, IPOIB__ND_OVERRIDE);
	uint8_t octets[ND_ROOM];

	bench_open();
	bench.probed = true;
	config.acd = IPOIB_ACD_RFC;
	rail_open(rail, fake, &config);
	ck_assert_int_eq(ipoib_binding_open(&rail->binding, rail->interface, &ours, 64), 0);
	bench_settle();
	while (nd_sent(IPOIB__ND_SOLICITATION, NULL, NULL) == 0)
		bench_run(10 * MILLISECOND);
	ck_assert_uint_eq(state_of(rail->binding), IPOIB_BINDING_PROBING);
	memcpy(nd.target, ours.raw, 16);
	memcpy(nd.destination, ipoib__ipv6_all_nodes, 16);
	ck_assert(rail_hear_octets(rail, 7, octets, nd_octets(octets, &nd)));
	support_now += 3 * SECOND;
	if (_i == 0)
		ck_assert_int_eq(ipoib_context_dispatch(bench.context), 0);
	else
		ck_assert_int_ge(ipoib_interface_poll(rail->interface, 64), 0);
	ck_assert_uint_eq(state_of(rail->binding), IPOIB_BINDING_CONFLICT);
	bench_settle();
	ck_assert_uint_eq(rail_events(rail, IPOIB_EVENT_ADDRESS_READY), 0);
	bench_close();
}
END_TEST

/* ---- everything that can fail ---- */

static struct ipoib_binding *six;

static bool try_up(void)
{
	struct ipoib_interface_config config = IPOIB_INTERFACE_CONFIG_INIT;
	struct ipoib_ip four = ip("10.0.0.1"), ours = ip(ND_OURS);

	six = NULL;
	fake->starving = true;
	bench.probed = true;
	config.acd = IPOIB_ACD_FAST;
	return rail_try_open(rail, fake, &config) == 0 &&
	       ipoib_binding_open(&rail->binding, rail->interface, &four, 24) == 0 &&
	       ipoib_binding_open(&six, rail->interface, &ours, 64) == 0;
}

static void hear_if_possible(const struct ipoib__nd *nd)
{
	uint8_t octets[ND_ROOM];
	size_t length = nd_octets(octets, nd);

	if (fake_ud(fake) && fake_ud(fake)->receive_count > 0)
		rail_hear_octets(rail, 7, octets, length);
}

static void traffic(void)
{
	struct ipoib__nd asked = nd_solicitation(7), claim = nd_advertisement(8, 0x60);
	struct ipoib_link_address link = nd_link(9);
	struct ipoib_ip nine = nd_ip(9);

	for (unsigned i = 0; i < 4; i++) {
		bench_run(SECOND);
		hear_if_possible(&asked);
		hear_if_possible(&claim);
		if (fake_ud(fake) && fake_ud(fake)->receive_count > 0)
			rail_hear_arp(rail, REPLY, (uint16_t)(2 + i), "10.0.0.2", "10.0.0.1");
		rail_send(rail, "10.0.0.2", 100, i);
		ipoib_neighbour_add(rail->interface, &nine, &link);
		ipoib_binding_announce(rail->binding);
	}
	bench_run(SECOND);
}

static void check_recovered(const char *what, long n)
{
	struct ipoib__nd asked = nd_solicitation(7);

	bench_run(90 * SECOND); /* the longest hold times of groups and paths */
	ck_assert_msg(rail_is_up(rail), "not up after %s %ld", what, n);
	ck_assert_msg(state_of(rail->binding) == IPOIB_BINDING_READY, "IPv4 after %s %ld", what, n);
	ck_assert_msg(state_of(six) == IPOIB_BINDING_READY, "IPv6 after %s %ld", what, n);
	fake->sent_count = 0;
	ck_assert(rail_hear_arp(rail, REQUEST, 7, "10.0.0.7", "10.0.0.1"));
	nd_hear(&asked, 7);
	bench_run(SECOND);
	ck_assert_msg(arp_sent(fake, REPLY) == 1, "no ARP reply after %s %ld", what, n);
	ck_assert_msg(nd_sent(IPOIB__ND_ADVERTISEMENT, NULL, NULL) == 1,
		      "no advertisement after %s %ld", what, n);
}

static void end(void)
{
	ipoib_binding_close(six);
	bench_close();
	ck_assert_uint_eq(support_blocks(), 0);
}

START_TEST(each_allocation_failing)
{
	long asked, n = 0;

	do {
		bool opened = false;

		n++;
		asked = support_allocations();
		support_fail_after(n, _i);
		six = NULL;
		if (bench_try_open() == 0) {
			opened = try_up();
			if (opened)
				traffic();
		}
		asked = support_allocations() - asked;
		support_fail_after(0, false);
		if (opened)
			check_recovered("allocation", n);
		end();
	} while (asked >= n);
	ck_assert_int_gt(n, 20);
}
END_TEST

START_TEST(each_call_of_the_transport_failing)
{
	enum fake_op op = (enum fake_op)(_i / 2);
	long calls, n = 0;

	do {
		bool opened;

		n++;
		bench_open();
		fake_fail(fake, op, n, _i % 2);
		opened = try_up();
		if (opened)
			traffic();
		calls = fake->faults[op].calls;
		fake_mend(fake);
		if (opened)
			check_recovered("operation", op * 1000L + n);
		end();
	} while (calls >= n && n < CALLS_MAX);
	ck_assert_int_gt(n, 1);
}
END_TEST

Suite *suite_addresses(void)
{
	Suite *suite = suite_create("addresses");
	TCase *tcase = tcase_create("interface addresses");

	tcase_set_timeout(tcase, 120);
	tcase_add_checked_fixture(tcase, support_setup, support_teardown);
	tcase_add_loop_test(tcase, probes_come_first_and_announcements_after_them, 0, 2);
	tcase_add_loop_test(tcase, what_is_a_conflict_and_what_is_not, 0,
			    sizeof(words) / sizeof(words[0]));
	tcase_add_test(tcase, a_flood_of_disputes_is_answered_seldom);
	tcase_add_test(tcase, an_ipv6_address_is_not_used_when_somebody_has_it);
	tcase_add_loop_test(tcase, an_answer_that_has_arrived_counts_before_the_end_of_the_silence,
			    0, 2);
	tcase_add_loop_test(tcase, an_ipv6_address_is_probed_when_both_of_its_groups_are_joined, 0,
			    2);
	tcase_add_loop_test(tcase, each_allocation_failing, 0, 2);
	tcase_add_loop_test(tcase, each_call_of_the_transport_failing, 0, 2 * FAKE_RC_LISTEN);
	suite_add_tcase(suite, tcase);
	return suite;
}
