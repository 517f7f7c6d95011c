/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * A small seeded generator: xoshiro256** (Blackman and Vigna), its state filled by splitmix64 as
 * its authors advise. It serves jitter, simulation and tests, where the same seed must give the
 * same run.
 *
 * It is not for secrets: a few of its numbers reveal all others. A key that must stay unknown to
 * peers (hash.h) comes from the random hook of the context.
 */
#ifndef IPOIB__BASE_RANDOM_H
#define IPOIB__BASE_RANDOM_H

#include <stdint.h>

struct ipoib__random {
	uint64_t state[4]; /* never all zero */
};

/* Any seed will do, 0 included. */
void ipoib__random_seed(struct ipoib__random *random, uint64_t seed);

uint64_t ipoib__random_u64(struct ipoib__random *random);

/* One of 0 ... bound - 1, each as likely as the others; bound is not 0. */
uint64_t ipoib__random_below(struct ipoib__random *random, uint64_t bound);

/* One of low ... high, both included, each as likely as the others; low <= high. */
uint64_t ipoib__random_between(struct ipoib__random *random, uint64_t low, uint64_t high);

/*
 * A value at most percent (0 ... 100) of it smaller or larger, so that timers that were started
 * together do not end together (I12). The result saturates at UINT64_MAX.
 */
uint64_t ipoib__random_jitter(struct ipoib__random *random, uint64_t value, unsigned percent);

#endif
