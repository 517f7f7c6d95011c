/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "base/random.h"

#include "base/assert.h"

static uint64_t splitmix64(uint64_t *state)
{
	uint64_t z = (*state += 0x9e3779b97f4a7c15u);

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return z ^ (z >> 31);
}

void ipoib__random_seed(struct ipoib__random *random, uint64_t seed)
{
	/* splitmix64 is a bijection of a counter: four outputs in a row are never all zero */
	for (int i = 0; i < 4; i++)
		random->state[i] = splitmix64(&seed);
}

static uint64_t rotate_left(uint64_t x, int bits)
{
	return (x << bits) | (x >> (64 - bits));
}

uint64_t ipoib__random_u64(struct ipoib__random *random)
{
	uint64_t *s = random->state;
	uint64_t result = rotate_left(s[1] * 5, 7) * 9;
	uint64_t t = s[1] << 17;

	s[2] ^= s[0];
	s[3] ^= s[1];
	s[1] ^= s[2];
	s[0] ^= s[3];
	s[2] ^= t;
	s[3] = rotate_left(s[3], 45);
	return result;
}

uint64_t ipoib__random_below(struct ipoib__random *random, uint64_t bound)
{
	ipoib__assert(bound > 0);

	/* 2^64 mod bound numbers too many: refused, or the small results would come more often */
	uint64_t refused = (0 - bound) % bound;
	uint64_t x;

	do
		x = ipoib__random_u64(random);
	while (x < refused);
	return x % bound;
}

uint64_t ipoib__random_between(struct ipoib__random *random, uint64_t low, uint64_t high)
{
	ipoib__assert(low <= high);

	if (high - low == UINT64_MAX)
		return ipoib__random_u64(random);
	return low + ipoib__random_below(random, high - low + 1);
}

uint64_t ipoib__random_jitter(struct ipoib__random *random, uint64_t value, unsigned percent)
{
	ipoib__assert(percent <= 100);

	/* in two parts, as value * percent may not fit */
	uint64_t spread = value / 100 * percent + value % 100 * percent / 100;
	uint64_t high = value > UINT64_MAX - spread ? UINT64_MAX : value + spread;

	return ipoib__random_between(random, value - spread, high);
}
