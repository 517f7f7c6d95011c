/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * What a timer costs in the library's wheel, and in libev's heap:
 *
 *	timers TIMERS ROUNDS
 *
 * In each round each peer arms all its timers, for times drawn up to a minute; arms them anew for
 * others, in an order that is drawn; cancels them in that order; and lets all of them expire at
 * once, armed again outside of the time. Prints "timers PEER TIMERS WORK NANOSECONDS", a timer, of
 * processor time, median of the rounds.
 */
#include "timers.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "measure.h"

#define TIMERS_MAX (1u << 22)
#define ROUNDS_MAX 99
#define LEAST 100000 /* timers of a measurement: fewer are armed several times over */

static const struct timers_peer *const peers[] = {
	&timers_wheel,
#ifdef HAVE_EV
	&timers_libev,
#endif
};

#define PEERS (sizeof(peers) / sizeof(*peers))

enum work { ARM, REARM, CANCEL, EXPIRE, WORKS };

struct contender {
	const struct timers_peer *peer;
	void *set;
	double times[WORKS][ROUNDS_MAX]; /* nanoseconds a timer */
};

static void die(const char *peer, const char *what)
{
	fprintf(stderr, "timers: %s: %s\n", peer, what);
	exit(1);
}

/* Times in the order of timers, and timers in an order that is drawn. */
struct drawn {
	uint64_t state;
	uint32_t count;
	uint64_t *times;
	uint32_t *order;
};

static void draw_times(struct drawn *drawn)
{
	for (uint32_t i = 0; i < drawn->count; i++)
		drawn->times[i] = measure_drawn(&drawn->state) % TIMERS_LONGEST_NS;
}

/* Fisher and Yates. */
static void draw_order(struct drawn *drawn)
{
	for (uint32_t i = 0; i < drawn->count; i++) {
		uint32_t k = (uint32_t)(measure_drawn(&drawn->state) % (i + 1));

		drawn->order[i] = drawn->order[k];
		drawn->order[k] = i;
	}
}

static uint64_t arm(struct contender *contender, const struct drawn *drawn)
{
	uint64_t begun = measure_clock();

	for (uint32_t i = 0; i < drawn->count; i++)
		contender->peer->arm(contender->set, i, drawn->times[i]);
	return measure_clock() - begun;
}

static uint64_t rearm(struct contender *contender, const struct drawn *drawn)
{
	uint64_t begun = measure_clock();

	for (uint32_t i = 0; i < drawn->count; i++)
		contender->peer->rearm(contender->set, drawn->order[i], drawn->times[i]);
	return measure_clock() - begun;
}

static uint64_t cancel(struct contender *contender, const struct drawn *drawn)
{
	uint64_t begun = measure_clock();

	for (uint32_t i = 0; i < drawn->count; i++)
		contender->peer->cancel(contender->set, drawn->order[i]);
	return measure_clock() - begun;
}

static uint64_t expire(struct contender *contender, const struct drawn *drawn)
{
	uint64_t begun;

	for (uint32_t i = 0; i < drawn->count; i++)
		contender->peer->arm_due(contender->set, i, drawn->times[i]);
	begun = measure_clock();
	if (contender->peer->expire(contender->set) != drawn->count)
		die(contender->peer->name, "not all timers have expired");
	return measure_clock() - begun;
}

/* All works once, added to the sums. Each peer begins with the same state. */
static void pass(struct contender *contender, struct drawn *drawn, uint64_t sums[WORKS])
{
	draw_times(drawn);
	sums[ARM] += arm(contender, drawn);
	draw_times(drawn);
	draw_order(drawn);
	sums[REARM] += rearm(contender, drawn);
	sums[CANCEL] += cancel(contender, drawn);
	draw_times(drawn);
	sums[EXPIRE] += expire(contender, drawn);
}

static void measure(struct contender *contender, struct drawn *drawn, uint32_t round)
{
	uint32_t passes = (LEAST + drawn->count - 1) / drawn->count;
	uint64_t sums[WORKS] = { 0 };

	drawn->state = round;
	for (uint32_t i = 0; i < passes; i++)
		pass(contender, drawn, sums);
	for (enum work work = 0; work < WORKS; work++)
		contender->times[work][round] =
			(double)sums[work] / ((double)passes * drawn->count);
}

static void print(struct contender *contender, uint32_t count, uint32_t rounds)
{
	static const char *const names[WORKS] = { "arm", "re-arm", "cancel", "expire" };

	for (enum work work = 0; work < WORKS; work++)
		printf("timers %s %u %s %.2f\n", contender->peer->name, count, names[work],
		       measure_median(contender->times[work], rounds));
}

int main(int argc, char **argv)
{
	static struct contender contenders[PEERS];
	struct drawn drawn = { .state = 0 };
	uint32_t rounds;

	if (argc != 3) {
		fprintf(stderr, "usage: timers TIMERS ROUNDS\n");
		return 2;
	}
	drawn.count = measure_number("timers", argv[1], TIMERS_MAX);
	rounds = measure_number("timers", argv[2], ROUNDS_MAX);
#ifndef HAVE_EV
	fprintf(stderr, "timers: libev is left out: apt-get install libev-dev\n");
#endif
	drawn.times = calloc(drawn.count, sizeof(*drawn.times));
	drawn.order = calloc(drawn.count, sizeof(*drawn.order));
	for (size_t i = 0; i < PEERS; i++) {
		contenders[i].peer = peers[i];
		contenders[i].set = peers[i]->open(drawn.count);
		if (!contenders[i].set || !drawn.times || !drawn.order)
			die(peers[i]->name, "no memory");
	}
	for (uint32_t round = 0; round < rounds; round++)
		for (size_t i = 0; i < PEERS; i++)
			measure(&contenders[i], &drawn, round);
	for (size_t i = 0; i < PEERS; i++) {
		print(&contenders[i], drawn.count, rounds);
		contenders[i].peer->close(contenders[i].set);
	}
	free(drawn.times);
	free(drawn.order);
	return 0;
}
