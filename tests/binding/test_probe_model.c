/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The life of an address at random: whatever comes in whatever order, what a network must be able
 * to rely on holds after every step. And floods, and the end of time.
 */
#include "binding/binding.h"

#include <stdio.h>

#include <ipoib/interface.h>

#include "binding/suites.h"
#include "support/support.h"

#define MS UINT64_C(1000000)
#define S (1000 * MS)
#define LIVES 400
#define STEPS 1000
#define EVENTS 6

/* As ck_assert(), but silent while it holds: Check's own are too slow for millions of steps. */
#define check(condition)                                     \
	do {                                                 \
		if (!(condition))                            \
			ck_abort_msg("not: %s", #condition); \
	} while (0)

static struct ipoib__probe probe;
static struct ipoib__probe_parameters parameters;
static struct ipoib__random *numbers;
static uint64_t now;

/* What was seen from outside. */
static struct {
	bool up;
	unsigned probes;       /* since the last try began, or the last claim */
	uint64_t last_probe;
	uint64_t last_defence;
	uint64_t last_try;
	unsigned packets, conflicts, losses, tries;
} seen;

static void begin(uint8_t family, uint8_t acd, uint8_t defend, uint64_t start)
{
	parameters = ipoib__probe_parameters(acd, defend, family);
	ipoib__probe_init(&probe);
	now = start;
	seen.up = false;
	seen.probes = seen.packets = seen.conflicts = seen.losses = seen.tries = 0;
	seen.last_probe = seen.last_defence = seen.last_try = IPOIB_NEVER;
}

static void check_packets(enum ipoib__probe_event event, unsigned actions, uint8_t before)
{
	if (actions & IPOIB__PROBE_SEND_PROBE) {
		check(event == IPOIB__PROBE_TIMER && before == IPOIB_BINDING_PROBING);
		check(probe.state == IPOIB_BINDING_PROBING);
		if (seen.probes > 0)
			check(now - seen.last_probe >= parameters.probe_min);
		seen.last_probe = now;
		check(++seen.probes <= parameters.probe_num);
	}
	if (actions & IPOIB__PROBE_SEND_ANNOUNCEMENT)
		check(probe.state == IPOIB_BINDING_READY);
	if ((actions & IPOIB__PROBE_SEND_ANNOUNCEMENT) && event == IPOIB__PROBE_USED) {
		if (seen.last_defence != IPOIB_NEVER)
			check(now - seen.last_defence >= parameters.defend_interval);
		seen.last_defence = now;
	}
	seen.packets += (actions & IPOIB__PROBE_SEND_PROBE) != 0;
	seen.packets += (actions & IPOIB__PROBE_SEND_ANNOUNCEMENT) != 0;
}

static void check_states(unsigned actions, uint8_t before)
{
	bool was = before == IPOIB_BINDING_READY, is = probe.state == IPOIB_BINDING_READY;

	/* READY and LOST take turns, and nothing else changes that an address is in use */
	check(!(actions & IPOIB__PROBE_READY) == !(is && !was));
	check(!(actions & IPOIB__PROBE_LOST) == !(was && !is));
	if (actions & IPOIB__PROBE_LOST)
		check(actions & IPOIB__PROBE_CONFLICT);
	if ((actions & IPOIB__PROBE_READY) && parameters.probe_num > 0) {
		check(seen.probes == parameters.probe_num);
		check(now - seen.last_probe >= parameters.announce_wait);
	}
	if (actions & IPOIB__PROBE_READY)
		check(actions & IPOIB__PROBE_SEND_ANNOUNCEMENT);
	if (!seen.up) {
		check(actions == 0);
		check(probe.deadline == IPOIB_NEVER);
		check(probe.state != IPOIB_BINDING_PROBING);
	} else {
		check(probe.state != IPOIB_BINDING_WAITING);
	}
	seen.conflicts += (actions & IPOIB__PROBE_CONFLICT) != 0;
	seen.losses += (actions & IPOIB__PROBE_LOST) != 0;
	check(seen.conflicts == probe.conflicts);
}

static unsigned step(enum ipoib__probe_event event)
{
	uint8_t before = probe.state;
	unsigned actions;

	if (event == IPOIB__PROBE_UP || event == IPOIB__PROBE_DOWN)
		seen.up = event == IPOIB__PROBE_UP;
	actions = ipoib__probe_step(&probe, &parameters, event, numbers, now);
	check_packets(event, actions, before);
	check_states(actions, before);
	if (probe.state != IPOIB_BINDING_PROBING || before != IPOIB_BINDING_PROBING)
		seen.probes = 0;
	if (probe.state == IPOIB_BINDING_PROBING && before != IPOIB_BINDING_PROBING) {
		if (probe.failed >= parameters.max_conflicts && seen.last_try != IPOIB_NEVER)
			check(now - seen.last_try >= parameters.rate_limit_interval);
		seen.last_try = now;
		seen.tries++;
	}
	return actions;
}

static bool punctual;

/* What the floor above does; if it is not punctual it is sometimes late. */
static void pass(uint64_t duration)
{
	uint64_t end = now + duration;

	while (probe.deadline <= end) {
		now = probe.deadline;
		if (!punctual && ipoib__random_below(numbers, 4) == 0)
			now += ipoib__random_below(numbers, end - now + 1);
		step(IPOIB__PROBE_TIMER);
		check(probe.deadline >= now);
	}
	now = end;
}

static void live(void)
{
	static const uint64_t longest[] = { 1, 50 * MS, 3 * S, 100 * S };

	begin(ipoib__random_below(numbers, 2) ? IPOIB_IPV4 : IPOIB_IPV6,
	      (uint8_t)ipoib__random_below(numbers, 3), (uint8_t)ipoib__random_below(numbers, 3),
	      ipoib__random_below(numbers, 100 * S));
	for (unsigned i = 0; i < STEPS; i++) {
		pass(ipoib__random_below(numbers, longest[ipoib__random_below(numbers, 4)] + 1));
		/* mostly claims or mostly nothing, by turns */
		if (i / 64 % 2 && ipoib__random_below(numbers, 4) > 0)
			step(IPOIB__PROBE_UP);
		else
			step((enum ipoib__probe_event)ipoib__random_below(numbers, EVENTS));
	}
}

START_TEST(whatever_comes_no_promise_is_broken)
{
	numbers = support_random();
	for (unsigned i = 0; i < LIVES; i++)
		live();
}
END_TEST

START_TEST(left_alone_on_a_link_every_address_becomes_ready)
{
	numbers = support_random();
	for (unsigned i = 0; i < LIVES; i++) {
		punctual = false;
		live();
		punctual = true;
		step(IPOIB__PROBE_UP);
		pass(60 * S + 7 * S);
		ck_assert_uint_eq(probe.state, IPOIB_BINDING_READY);
		pass(100 * S);
		ck_assert(probe.deadline == IPOIB_NEVER);
	}
}
END_TEST

/* A million claims in a thousand seconds: what we send does not grow with them. */
START_TEST(a_flood_of_claims_makes_few_packets)
{
	static const struct {
		uint8_t acd, defend;
		unsigned most;
	} rows[] = {
		{ IPOIB_ACD_OFF, IPOIB_DEFEND_ALWAYS, 1 + 1 + 100 },
		{ IPOIB_ACD_OFF, IPOIB_DEFEND_ONCE, 26 + 26 },
		{ IPOIB_ACD_OFF, IPOIB_DEFEND_NEVER, 26 },
		{ IPOIB_ACD_RFC, IPOIB_DEFEND_ALWAYS, 26 },
		{ IPOIB_ACD_FAST, IPOIB_DEFEND_NEVER, 26 },
	};

	numbers = support_random();
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		begin(IPOIB_IPV4, rows[i].acd, rows[i].defend, 0);
		step(IPOIB__PROBE_UP);
		for (unsigned n = 0; n < 1000000; n++) {
			pass(MS);
			step(ipoib__random_below(numbers, 8) ? IPOIB__PROBE_USED :
							       IPOIB__PROBE_WANTED);
		}
		ck_assert_msg(seen.packets <= rows[i].most, "row %zu: %u packets", i,
			      seen.packets);
		ck_assert_msg(seen.tries <= 26, "row %zu: %u tries", i, seen.tries);
	}
}
END_TEST

START_TEST(deadlines_do_not_wrap_at_the_end_of_time)
{
	numbers = support_random();
	for (unsigned i = 0; i < 3000; i++) {
		begin(i % 2 ? IPOIB_IPV4 : IPOIB_IPV6, (uint8_t)(i % 3), (uint8_t)(i / 3 % 3),
		      IPOIB_NEVER - 1 - ipoib__random_below(numbers, 8 * S));
		for (unsigned n = 0; n < 40; n++) {
			uint64_t left = IPOIB_NEVER - 1 - now;

			step((enum ipoib__probe_event)ipoib__random_below(numbers, EVENTS));
			ck_assert(probe.deadline >= now);
			now += ipoib__random_below(numbers, (left < S ? left : S) + 1);
			step(IPOIB__PROBE_TIMER);
			ck_assert(probe.deadline > now || probe.state == IPOIB_BINDING_PROBING);
		}
	}
}
END_TEST

START_TEST(a_long_round_of_announcements_doubles_its_interval)
{
	uint64_t gap = 2 * S, last;

	numbers = support_random();
	begin(IPOIB_IPV4, IPOIB_ACD_OFF, IPOIB_DEFEND_ALWAYS, 0);
	parameters.announce_num = UINT8_MAX;
	step(IPOIB__PROBE_UP);
	for (last = now; probe.deadline != IPOIB_NEVER; last = now, gap *= 2) {
		ck_assert_uint_eq(probe.deadline - last, gap);
		now = probe.deadline;
		ck_assert_uint_eq(step(IPOIB__PROBE_TIMER), IPOIB__PROBE_SEND_ANNOUNCEMENT);
	}
	ck_assert_uint_ge(seen.packets, 30); /* five hundred years of them */
}
END_TEST

START_TEST(a_timer_that_rings_early_changes_nothing)
{
	struct ipoib__probe copy;

	numbers = support_random();
	begin(IPOIB_IPV4, IPOIB_ACD_RFC, IPOIB_DEFEND_ALWAYS, 5 * S);
	step(IPOIB__PROBE_TIMER); /* without a deadline */
	ck_assert_uint_eq(probe.state, IPOIB_BINDING_WAITING);
	step(IPOIB__PROBE_UP);
	while (probe.deadline != IPOIB_NEVER) {
		copy = probe;
		now = probe.deadline - 1;
		ck_assert_uint_eq(step(IPOIB__PROBE_TIMER), 0);
		ck_assert(probe.deadline == copy.deadline && probe.sent == copy.sent &&
			  probe.state == copy.state);
		now = probe.deadline;
		ck_assert_uint_ne(step(IPOIB__PROBE_TIMER), 0);
	}
	ck_assert_uint_eq(seen.packets, 5);
}
END_TEST

START_TEST(counts_stop_at_their_end)
{
	numbers = support_random();
	begin(IPOIB_IPV4, IPOIB_ACD_OFF, IPOIB_DEFEND_ALWAYS, 0);
	step(IPOIB__PROBE_UP);
	probe.conflicts = probe.defences = probe.failed = UINT32_MAX;
	ipoib__probe_step(&probe, &parameters, IPOIB__PROBE_USED, numbers, now);
	ck_assert(probe.conflicts == UINT32_MAX && probe.defences == UINT32_MAX);
	parameters.defend = IPOIB_DEFEND_NEVER;
	ipoib__probe_step(&probe, &parameters, IPOIB__PROBE_USED, numbers, now);
	ck_assert_uint_eq(probe.failed, UINT32_MAX);
	ck_assert_uint_eq(probe.deadline, 60 * S);
}
END_TEST

Suite *suite_probe_model(void)
{
	Suite *suite = suite_create("probe model");
	TCase *tcase = tcase_create("probe model");

	tcase_set_timeout(tcase, 120);
	tcase_add_checked_fixture(tcase, support_setup, support_teardown);
	tcase_add_test(tcase, whatever_comes_no_promise_is_broken);
	tcase_add_test(tcase, left_alone_on_a_link_every_address_becomes_ready);
	tcase_add_test(tcase, a_flood_of_claims_makes_few_packets);
	tcase_add_test(tcase, deadlines_do_not_wrap_at_the_end_of_time);
	tcase_add_test(tcase, a_long_round_of_announcements_doubles_its_interval);
	tcase_add_test(tcase, a_timer_that_rings_early_changes_nothing);
	tcase_add_test(tcase, counts_stop_at_their_end);
	suite_add_tcase(suite, tcase);
	return suite;
}
