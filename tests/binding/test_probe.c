/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The clauses of RFC 5227 and RFC 4862 about time, number and order, one row each, run in virtual
 * time. A row is a little script; its words are
 *
 *	up down used wanted announce   an event
 *	+MS                            so many milliseconds pass, timers ring when they are due
 *	WAITING PROBING READY CONFLICT the state is this one
 *	p=N a=N r=N c=N l=N            so many probes, announcements, READY, CONFLICT and LOST since
 *	                               the start, or since the last 0
 *	0                              forget what was counted
 *
 * Each row is run with many random delays; what it says holds for all of them.
 */
#include "binding/binding.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <ipoib/interface.h>

#include "binding/suites.h"
#include "support/support.h"

#define MS UINT64_C(1000000)
#define RUNS 200 /* of each row */

enum { RFC = IPOIB_ACD_RFC, FAST = IPOIB_ACD_FAST, OFF = IPOIB_ACD_OFF };
enum { ALWAYS = IPOIB_DEFEND_ALWAYS, ONCE = IPOIB_DEFEND_ONCE, NEVER = IPOIB_DEFEND_NEVER };
enum { V4 = IPOIB_IPV4, V6 = IPOIB_IPV6 };

static const struct clause {
	const char *cited;
	uint8_t family, acd, defend;
	const char *script;
} clauses[] = {
	{ "RFC 5227 2.1: no use before it was probed", V4, RFC, ALWAYS,
	  "WAITING p=0 a=0 +100000 WAITING p=0 up PROBING r=0 a=0 +3999 PROBING r=0 a=0" },
	{ "RFC 5227 2.1.1: a delay of 0 to PROBE_WAIT, then the first of PROBE_NUM", V4, RFC,
	  ALWAYS, "up p=0 +1000 PROBING p=1" },
	{ "RFC 5227 2.1.1: probes at least PROBE_MIN apart, READY after ANNOUNCE_WAIT", V4, RFC,
	  ALWAYS, "up +7000 READY p=3 r=1 +2000 a=2 c=0 l=0" },
	{ "RFC 5227 2.1.1: PROBE_NUM probes and no more", V4, RFC, ALWAYS,
	  "up +7000 p=3 +1000000 p=3" },
	{ "RFC 5227 2.1.1: conflict by any ARP from the address, from the beginning", V4, RFC,
	  ALWAYS, "up used CONFLICT c=1 p=0 l=0 r=0 +9999 CONFLICT p=0" },
	{ "RFC 5227 2.1.1: the same between two probes", V4, RFC, ALWAYS,
	  "up +1000 used CONFLICT c=1 p=1 +9999 CONFLICT p=1 a=0 r=0" },
	{ "RFC 5227 2.1.1: the same in ANNOUNCE_WAIT", V4, RFC, ALWAYS,
	  "up +3999 used CONFLICT c=1 r=0 a=0 l=0" },
	{ "RFC 5227 2.1.1: conflict by another host's probe", V4, RFC, ALWAYS,
	  "up +1000 wanted CONFLICT c=1 +9999 p=1 a=0 r=0" },
	{ "RFC 5227 2.1.1: a probe after PROBING is answered, and no conflict", V4, RFC, NEVER,
	  "up +9000 0 wanted READY c=0 l=0 a=0 +10000 READY p=0" },
	{ "RFC 5227 2.1.1: the same address is tried again, probed anew", V4, RFC, ALWAYS,
	  "up used 0 +10000 PROBING +9000 READY p=3 r=1 a=2" },
	{ "RFC 5227 2.3: ANNOUNCE_NUM announcements, ANNOUNCE_INTERVAL apart", V4, OFF, ALWAYS,
	  "up READY r=1 p=0 a=1 +1999 a=1 +1 a=2 +1000000 a=2 p=0" },
	{ "RFC 5227 2.3: in use from the first announcement on", V4, OFF, ALWAYS,
	  "up READY r=1 a=1" },
	{ "RFC 5227 2.4 (a): gives up at once, without a defence", V4, RFC, NEVER,
	  "up +10000 READY 0 used CONFLICT c=1 l=1 a=0" },
	{ "RFC 5227 2.4 (b): defended by one announcement", V4, RFC, ONCE,
	  "up +10000 READY 0 used READY c=1 l=0 a=1 +1000000 READY a=1 r=0" },
	{ "RFC 5227 2.4 (b): given up at a second one within DEFEND_INTERVAL", V4, RFC, ONCE,
	  "up +10000 0 used +9999 READY a=1 used CONFLICT c=2 l=1 a=1" },
	{ "RFC 5227 2.4 (b): after DEFEND_INTERVAL it is the first one again", V4, RFC, ONCE,
	  "up +10000 0 used +10000 used READY c=2 l=0 a=2 +10000 used READY a=3" },
	{ "RFC 5227 2.4 (c): each is told, and one in DEFEND_INTERVAL is defended", V4, RFC,
	  ALWAYS, "up +10000 0 used used used READY c=3 a=1 +9999 used READY c=4 a=1 l=0" },
	{ "RFC 5227 2.4 (c): defended again after DEFEND_INTERVAL", V4, RFC, ALWAYS,
	  "up +10000 0 used a=1 +5000 used a=1 +5000 used a=2 +10000 used a=3 READY l=0" },
	{ "RFC 5227 2.4: a defence leaves the announcements as they were to be", V4, OFF, ALWAYS,
	  "up a=1 +1000 used a=2 +999 a=2 +1 a=3 +1000000 a=3" },
	{ "RFC 5227 2.4: lost, it is probed before it is used again", V4, RFC, NEVER,
	  "up +10000 used 0 +10000 PROBING +9000 READY p=3 a=2 r=1" },
	{ "RFC 5227 2.2: shorter times, as many packets", V4, FAST, ALWAYS,
	  "up +399 PROBING r=0 +301 READY p=3 r=1 +200 a=2 +1000000 a=2" },
	{ "RFC 5227 2.2: but the same limits of rates", V4, FAST, ALWAYS,
	  "up +1000 0 used a=1 +9999 used a=1 +1 used a=2" },
	{ "RFC 5227 2.2: and after a conflict", V4, FAST, NEVER,
	  "up used 0 +9999 CONFLICT p=0 +1 PROBING" },

	{ "RFC 4862 5.4.2: a delay of 0 to 1 s, then DupAddrDetectTransmits of 1", V6, RFC, ALWAYS,
	  "up PROBING p=0 +999 PROBING r=0 +1 p=1 a=0" },
	{ "RFC 4862 5.4: unique after RetransTimer in silence", V6, RFC, ALWAYS,
	  "up +2000 READY p=1 r=1 +1000000 p=1 a=2" },
	{ "RFC 4862 5.4.4: an advertisement for a tentative address", V6, RFC, ALWAYS,
	  "up +1000 used CONFLICT c=1 l=0 p=1 +9999 CONFLICT p=1 r=0 a=0" },
	{ "RFC 4862 5.4.3: another's solicitation while tentative, before ours", V6, RFC, ALWAYS,
	  "up wanted CONFLICT c=1 p=0 r=0" },
	{ "RFC 4862 5.4.3: and after ours", V6, RFC, ALWAYS, "up +1000 wanted CONFLICT c=1 p=1" },
	{ "RFC 4861 7.2.6: at most MAX_NEIGHBOR_ADVERTISEMENT, RetransTimer apart", V6, OFF, ALWAYS,
	  "up READY a=1 +999 a=1 +1 a=2 +1000000 a=2" },
	{ "RFC 4861 7.2.5 is silent about our own: as RFC 5227 2.4 (c)", V6, RFC, ALWAYS,
	  "up +10000 0 used used READY c=2 l=0 a=1 +10000 used a=2" },
	{ "RFC 4861 7.2.5: as RFC 5227 2.4 (a)", V6, RFC, NEVER,
	  "up +10000 0 used CONFLICT c=1 l=1 a=0" },
	{ "RFC 4862 5.4: shorter times", V6, FAST, ALWAYS,
	  "up +99 r=0 +101 READY p=1 r=1 +100 a=2" },

	{ "binding.h: link down while PROBING, and anew from the start", V4, RFC, ALWAYS,
	  "up +1000 down WAITING +100000 p=1 0 up PROBING +7000 READY p=3" },
	{ "binding.h: READY survives the link, announced again and not probed", V4, RFC, ALWAYS,
	  "up +7000 down READY 0 +100000 READY a=0 up READY a=1 r=0 p=0 +2000 a=2 +9999 a=2" },
	{ "binding.h: announcements wait for the link", V4, OFF, ALWAYS,
	  "up a=1 down +100000 a=1 announce a=1 up a=2 +2000 a=3 +9999 a=3" },
	{ "binding.h: no defence without a link", V4, OFF, NEVER,
	  "up down used wanted READY c=0 a=1 l=0" },
	{ "binding.h: link up probes a CONFLICT at once", V4, RFC, ALWAYS,
	  "up used down CONFLICT +100000 CONFLICT p=0 up PROBING +7000 READY p=3" },
	{ "binding.h: who has it is no news in CONFLICT, and delays nothing", V4, RFC, ALWAYS,
	  "up used +9999 used wanted CONFLICT c=1 +1 PROBING" },
	{ "binding.h: UP twice is UP once", V4, OFF, ALWAYS, "up up a=1 r=1 +1000 up a=1" },
	{ "binding.h: DOWN before UP is nothing", V4, OFF, ALWAYS, "down down WAITING up READY" },
	{ "binding.h: ANNOUNCE begins the round again", V4, OFF, ALWAYS,
	  "up +1000 announce a=2 +1999 a=2 +1 a=3 +9999 a=3 announce a=4 +2000 a=5 +9999 a=5" },
	{ "binding.h: ANNOUNCE of what is not in use is nothing", V4, RFC, ALWAYS,
	  "announce WAITING up announce PROBING used announce CONFLICT a=0" },
	{ "binding.h: claims before the first UP are nobody's", V4, RFC, NEVER,
	  "used wanted WAITING c=0 l=0" },
};

static struct ipoib__probe probe;
static struct ipoib__probe_parameters parameters;
static struct ipoib__random numbers;
static uint64_t now;
static unsigned probes, announcements, readies, conflicts, losses;
static uint64_t probe_times[8];

static void fire(enum ipoib__probe_event event)
{
	unsigned actions = ipoib__probe_step(&probe, &parameters, event, &numbers, now);

	if (actions & IPOIB__PROBE_SEND_PROBE)
		probe_times[probes++ % 8] = now;
	announcements += (actions & IPOIB__PROBE_SEND_ANNOUNCEMENT) != 0;
	readies += (actions & IPOIB__PROBE_READY) != 0;
	conflicts += (actions & IPOIB__PROBE_CONFLICT) != 0;
	losses += (actions & IPOIB__PROBE_LOST) != 0;
}

static void run(uint64_t duration)
{
	uint64_t end = now + duration;

	while (probe.deadline <= end) {
		now = probe.deadline;
		fire(IPOIB__PROBE_TIMER);
		ck_assert(probe.deadline >= now);
	}
	now = end;
}

static void forget(void)
{
	probes = announcements = readies = conflicts = losses = 0;
}

static void begin(uint8_t family, uint8_t acd, uint8_t defend)
{
	parameters = ipoib__probe_parameters(acd, defend, family);
	ipoib__probe_init(&probe);
	now = 1000 * MS;
	forget();
}

static bool is_event(const char *word)
{
	static const char *const names[] = { "up", "down", "used", "wanted", "announce" };
	static const enum ipoib__probe_event events[] = { IPOIB__PROBE_UP, IPOIB__PROBE_DOWN,
							  IPOIB__PROBE_USED, IPOIB__PROBE_WANTED,
							  IPOIB__PROBE_ANNOUNCE };

	for (unsigned i = 0; i < 5; i++) {
		if (strcmp(word, names[i]) != 0)
			continue;
		fire(events[i]);
		return true;
	}
	return false;
}

static bool is_state(const char *word, const char *where)
{
	static const char *const names[] = { "?", "WAITING", "PROBING", "READY", "CONFLICT" };

	for (unsigned i = 1; i < 5; i++) {
		if (strcmp(word, names[i]) != 0)
			continue;
		ck_assert_msg(probe.state == i, "%s: %s, not %s", where, names[probe.state], word);
		return true;
	}
	return false;
}

static void check_count(const char *word, const char *where)
{
	unsigned count = word[0] == 'p' ? probes :
			 word[0] == 'a' ? announcements :
			 word[0] == 'r' ? readies :
			 word[0] == 'c' ? conflicts :
					  losses;

	ck_assert_msg(strchr("parcl", word[0]) && word[1] == '=', "%s: what is %s?", where, word);
	ck_assert_msg(count == strtoul(word + 2, NULL, 10), "%s: %s, but it is %u", where, word,
		      count);
}

static void run_clause(const struct clause *clause)
{
	char where[200], word[16];
	int length;

	begin(clause->family, clause->acd, clause->defend);
	for (const char *at = clause->script; sscanf(at, "%15s%n", word, &length) == 1;
	     at += length) {
		snprintf(where, sizeof(where), "%s, at \"%.30s\"", clause->cited, at);
		if (word[0] == '+')
			run(strtoul(word + 1, NULL, 10) * MS);
		else if (strcmp(word, "0") == 0)
			forget();
		else if (!is_event(word) && !is_state(word, where))
			check_count(word, where);
	}
}

START_TEST(each_clause_of_the_rfcs_is_obeyed)
{
	numbers = *support_random();
	for (size_t i = 0; i < sizeof(clauses) / sizeof(clauses[0]); i++)
		for (unsigned n = 0; n < RUNS; n++)
			run_clause(&clauses[i]);
}
END_TEST

/* RFC 5227 section 2.1.1, and all delays that it allows do occur. */
START_TEST(probes_are_spaced_at_random_within_their_bounds)
{
	uint64_t least = IPOIB_NEVER, most = 0, first_least = IPOIB_NEVER, first_most = 0;

	numbers = *support_random();
	for (unsigned n = 0; n < 2000; n++) {
		begin(V4, RFC, ALWAYS);
		fire(IPOIB__PROBE_UP);
		run(7000 * MS);
		ck_assert_uint_eq(probes, 3);
		ck_assert_uint_eq(probe.ready, probe_times[2] + 2000 * MS);
		for (unsigned i = 1; i < 3; i++) {
			uint64_t gap = probe_times[i] - probe_times[i - 1];

			least = gap < least ? gap : least;
			most = gap > most ? gap : most;
		}
		first_least = probe_times[0] < first_least ? probe_times[0] : first_least;
		first_most = probe_times[0] > first_most ? probe_times[0] : first_most;
	}
	ck_assert(least >= 1000 * MS && least < 1010 * MS);
	ck_assert(most <= 2000 * MS && most > 1990 * MS);
	ck_assert(first_least < 1010 * MS && first_most > 1990 * MS && first_most <= 2000 * MS);
}
END_TEST

/* RFC 5227 section 2.1.1: MAX_CONFLICTS and RATE_LIMIT_INTERVAL. */
START_TEST(after_ten_conflicts_in_a_row_one_try_a_minute_is_made)
{
	numbers = *support_random();
	begin(V4, FAST, ALWAYS);
	fire(IPOIB__PROBE_UP);
	for (unsigned i = 1; i < 10; i++) {
		fire(IPOIB__PROBE_USED);
		run(9999 * MS);
		ck_assert_uint_eq(probe.state, IPOIB_BINDING_CONFLICT);
		run(1 * MS);
		ck_assert_uint_eq(probe.state, IPOIB_BINDING_PROBING);
	}
	for (unsigned i = 0; i < 20; i++) {
		fire(IPOIB__PROBE_USED);
		run(59999 * MS);
		ck_assert_uint_eq(probe.state, IPOIB_BINDING_CONFLICT);
		run(1 * MS);
		ck_assert_uint_eq(probe.state, IPOIB_BINDING_PROBING);
	}
	ck_assert_uint_eq(probe.conflicts, 29);
}
END_TEST

START_TEST(a_link_that_flaps_does_not_get_round_the_limit_of_tries)
{
	unsigned tries = 0;
	uint8_t before;

	numbers = *support_random();
	begin(V4, RFC, ALWAYS);
	probe.failed = 10;
	for (unsigned i = 0; i < 6000; i++) { /* ten minutes */
		before = probe.state;
		fire(IPOIB__PROBE_UP);
		tries += probe.state == IPOIB_BINDING_PROBING && before != probe.state;
		run(50 * MS);
		fire(IPOIB__PROBE_DOWN);
		run(50 * MS);
	}
	ck_assert_uint_eq(tries, 10);
	fire(IPOIB__PROBE_UP); /* and once it stays, the address comes */
	run(67000 * MS);
	ck_assert_uint_eq(probe.state, IPOIB_BINDING_READY);
}
END_TEST

START_TEST(ready_for_a_minute_forgets_the_failures)
{
	numbers = *support_random();
	begin(V4, OFF, NEVER);
	fire(IPOIB__PROBE_UP);
	for (unsigned i = 0; i < 9; i++) { /* lost as soon as it is had: these count */
		ck_assert_uint_eq(probe.state, IPOIB_BINDING_READY);
		fire(IPOIB__PROBE_USED);
		run(10000 * MS);
	}
	ck_assert_uint_eq(probe.failed, 9);
	run(60000 * MS);
	fire(IPOIB__PROBE_USED);
	ck_assert_uint_eq(probe.failed, 1);
	ck_assert_uint_eq(probe.deadline, now + 10000 * MS);
}
END_TEST

START_TEST(parameters_without_announcements_make_none_that_nobody_asked_for)
{
	begin(V4, OFF, ALWAYS);
	parameters.announce_num = 0;
	fire(IPOIB__PROBE_UP);
	ck_assert(probe.state == IPOIB_BINDING_READY && readies == 1);
	run(1000000 * MS);
	ck_assert_uint_eq(announcements, 0);
	fire(IPOIB__PROBE_ANNOUNCE);
	run(1000000 * MS);
	ck_assert_uint_eq(announcements, 1);
	fire(IPOIB__PROBE_USED); /* but it is defended */
	ck_assert_uint_eq(announcements, 2);
}
END_TEST

Suite *suite_probe(void)
{
	Suite *suite = suite_create("probe");
	TCase *tcase = tcase_create("probe");

	tcase_add_checked_fixture(tcase, support_setup, support_teardown);
	tcase_add_test(tcase, each_clause_of_the_rfcs_is_obeyed);
	tcase_add_test(tcase, probes_are_spaced_at_random_within_their_bounds);
	tcase_add_test(tcase, after_ten_conflicts_in_a_row_one_try_a_minute_is_made);
	tcase_add_test(tcase, a_link_that_flaps_does_not_get_round_the_limit_of_tries);
	tcase_add_test(tcase, ready_for_a_minute_forgets_the_failures);
	tcase_add_test(tcase, parameters_without_announcements_make_none_that_nobody_asked_for);
	suite_add_tcase(suite, tcase);
	return suite;
}
