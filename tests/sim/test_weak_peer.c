/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * A machine that answers and asks as Linux does out of the box (arp_ignore=0, arp_announce=0),
 * against a strict one under each flux policy: the same attack from the same seed. What the
 * policies make of it is printed, in changes per minute.
 *
 * The attack: each second or so the weak machine asks out of the wrong port, or out of the right
 * one, or is asked by broadcast and answers from both. Between that, segments of all sizes go
 * both ways; and at every change of a neighbour in connected mode there is a moment when a
 * segment of 4188 octets has no connection (the story of test_story.c).
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "sim/machines.h"
#include "sim/suites.h"
#include "sim/witness.h"
#include "support/support.h"

#define STORIES_DEFAULT 4
/* The strict story is told as often as IPOIB_TEST_STORIES says, this one a part of that. */
#define STORIES_PART 10
#define POLICIES 4
#define MINUTES 5
#define TURN (100 * MILLISECOND)
#define TURNS (MINUTES * 60 * SECOND / TURN)
#define SEGMENT 4188
#define DATAGRAM 2000
/* A path that only answers go by is kept for a minute, and asked for again. */
#define PATH_IDLE (60 * SECOND)

struct attack {
	struct world world;
	struct world_options options; /* of the strict machine */
	struct ipoib__random *random;
	const struct watch *watch;
	uint64_t sent, received; /* packets of the strict machine, at the weak one */
	uint64_t claims;
	struct ipoib_statistics before[RAILS];
};

static size_t length(struct attack *attack)
{
	if (attack->options.config.mode == IPOIB_MODE_CONNECTED &&
	    ipoib__random_below(attack->random, 2))
		return SEGMENT;
	return 100 + ipoib__random_below(attack->random, DATAGRAM - 100);
}

static void traffic(struct attack *attack)
{
	for (unsigned rail = 0; rail < RAILS; rail++) {
		struct host *strict = machine_rail(&attack->world, 0, rail);
		struct host *weak = machine_rail(&attack->world, 1, rail);

		attack->sent += host_send(strict, &weak->address, length(attack)) == 0;
		host_send(weak, &strict->address, length(attack));
	}
}

static void claim(struct attack *attack)
{
	unsigned rail = (unsigned)ipoib__random_below(attack->random, RAILS);

	if (ipoib__random_below(attack->random, 10) > 0)
		return;
	attack->claims++;
	switch (ipoib__random_below(attack->random, 3)) {
	case 0:
		machine_ask_wrongly(&attack->world, 1, 0, rail);
		break;
	case 1:
		machine_ask_rightly(&attack->world, 1, 0, rail);
		break;
	default:
		host_ask_all(machine_rail(&attack->world, 0, rail));
		break;
	}
}

static void begin(struct attack *attack, uint8_t mode, uint8_t policy)
{
	struct world_options weak;

	memset(attack, 0, sizeof(*attack));
	attack->options = machine_options(mode);
	weak = machine_weak(attack->options);
	attack->options.config.flux = policy;
	machines_begin(&attack->world, 2, &attack->options);
	machine_open(&attack->world, 0, &attack->options);
	machine_open(&attack->world, 1, &weak);
	for (size_t i = 0; i < attack->world.count; i++)
		witness_put(&attack->world.hosts[i]);
	world_up(&attack->world);
	world_run(&attack->world, 15 * SECOND); /* addresses are probed and announced */
	attack->watch = watch_machine(&attack->world, 0);
	attack->received = machine_received(&attack->world, 1);
	for (unsigned rail = 0; rail < RAILS; rail++)
		attack->before[rail] = host_statistics(machine_rail(&attack->world, 0, rail));
}

static void run(struct attack *attack)
{
	for (unsigned turn = 0; turn < TURNS; turn++) {
		traffic(attack);
		world_run(&attack->world, TURN / 2);
		claim(attack);
		world_run(&attack->world, TURN / 2);
	}
	world_run(&attack->world, 10 * SECOND);
	attack->received = machine_received(&attack->world, 1) - attack->received;
}

/* ---- what must hold ---- */

/* I14: so many changes, and as many questions about paths and connections, and no more. */
static void changes_are_held_down(const struct attack *attack)
{
	uint64_t hold = attack->options.config.flux_hold_ms * MILLISECOND;

	for (unsigned rail = 0; rail < RAILS; rail++)
		for (size_t i = 0; i < attack->watch->count[rail]; i++)
			ck_assert_uint_ge(attack->watch->seen[rail][i].least_apart, hold);
}

static void each_change_costs_one_question(struct attack *attack)
{
	/* both ports of the weak machine, from either rail, whoever asks */
	uint64_t paths = RAILS * RAILS * (MINUTES * 60 * SECOND / PATH_IDLE + 2);
	uint64_t first = RAILS * RAILS;
	uint64_t queries = 0, connections = 0;

	for (unsigned rail = 0; rail < RAILS; rail++) {
		struct ipoib_statistics now =
			host_statistics(machine_rail(&attack->world, 0, rail));

		queries += now.path_queries - attack->before[rail].path_queries;
		connections += now.connections_asked - attack->before[rail].connections_asked;
	}
	ck_assert_uint_le(queries, paths + watch_changes(attack->watch));
	ck_assert_uint_le(connections, first + watch_changes(attack->watch));
}

static void traffic_is_unharmed(const struct attack *attack)
{
	ck_assert_uint_gt(attack->sent, RAILS * TURNS - RAILS);
	ck_assert_uint_eq(attack->received, attack->sent);
	ck_assert_uint_eq(attack->watch->failed, 0);
}

static void the_flux_is_told(struct attack *attack)
{
	uint64_t claims = 0, refused = 0;

	for (unsigned rail = 0; rail < RAILS; rail++) {
		struct ipoib_statistics s = host_statistics(machine_rail(&attack->world, 0, rail));

		claims += s.flux_claims;
		refused += s.flux_refused;
	}
	ck_assert_uint_gt(watch_flux(attack->watch), 0);
	ck_assert_uint_gt(claims, attack->claims / 4);
	if (attack->options.config.flux == IPOIB_FLUX_ACCEPT)
		ck_assert_uint_eq(refused, 0);
	else if (attack->options.config.flux != IPOIB_FLUX_HOLD)
		ck_assert_uint_gt(refused, 0);
}

static void tell(const struct attack *attack)
{
	printf("flux=%-7s %-9s: %5.1f changes a minute of %5.1f claims\n",
	       ipoib_flux_policy_name(attack->options.config.flux),
	       attack->options.config.mode == IPOIB_MODE_CONNECTED ? "connected" : "datagram",
	       (double)watch_changes(attack->watch) / MINUTES,
	       (double)attack->claims / MINUTES);
}

static void policy_holds(const struct attack *attack)
{
	uint64_t changes = watch_changes(attack->watch);

	switch (attack->options.config.flux) {
	case IPOIB_FLUX_ACCEPT:
		ck_assert_uint_gt(changes, MINUTES * 10);
		break;
	case IPOIB_FLUX_HOLD:
		ck_assert_uint_gt(changes, MINUTES);
		changes_are_held_down(attack);
		break;
	default: /* the known port lives: it is never left */
		ck_assert_uint_eq(changes, 0);
		break;
	}
}

START_TEST(the_same_attack_under_each_policy)
{
	uint8_t mode = (uint8_t)(_i / POLICIES), policy = (uint8_t)(_i % POLICIES);
	uint64_t witnessed = witness_count();
	struct attack attack;

	begin(&attack, mode, policy);
	attack.random = support_random();
	run(&attack);
	tell(&attack);
	policy_holds(&attack);
	traffic_is_unharmed(&attack);
	the_flux_is_told(&attack);
	each_change_costs_one_question(&attack);
	ck_assert_uint_gt(witness_count(), witnessed + TURNS);
	world_end(&attack.world);
}
END_TEST

/* Questions and answers get lost: then a port may be taken for dead that is not. */
START_TEST(with_losses_too_a_change_is_held_down)
{
	static const uint8_t policies[] = { IPOIB_FLUX_CONFIRM, IPOIB_FLUX_HOLD };
	struct attack attack;

	begin(&attack, (uint8_t)(_i % 2), policies[_i / 2 % 2]);
	attack.random = support_random();
	story_seed(attack.random, _i);
	lose_frames(&attack.world, attack.random, 300000);
	run(&attack);
	changes_are_held_down(&attack);
	if (attack.options.config.mode == IPOIB_MODE_DATAGRAM)
		ck_assert_uint_lt(attack.received, 2 * attack.sent);
	world_end(&attack.world);
}
END_TEST

Suite *suite_weak_peer(void)
{
	Suite *suite = suite_create("weak peer");
	TCase *tcase = tcase_create("weak peer");

	int stories = world_stories(STORIES_DEFAULT);

	if (stories > STORIES_DEFAULT * STORIES_PART)
		stories /= STORIES_PART;
	else if (stories > STORIES_DEFAULT)
		stories = STORIES_DEFAULT;
	tcase_add_checked_fixture(tcase, support_setup, support_teardown);
	tcase_set_timeout(tcase, 120);
	tcase_add_loop_test(tcase, the_same_attack_under_each_policy, 0, 2 * POLICIES);
	tcase_add_loop_test(tcase, with_losses_too_a_change_is_held_down, 0, stories);
	suite_add_tcase(suite, tcase);
	return suite;
}
