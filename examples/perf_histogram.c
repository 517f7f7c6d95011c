/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "perf_histogram.h"

#include <string.h>

#define PARTS PERF_HISTOGRAM_PARTS

void perf_histogram_clear(struct perf_histogram *histogram)
{
	memset(histogram, 0, sizeof(*histogram));
	histogram->least = UINT64_MAX;
}

/* How many times a value must be halved until it has a part of its own. */
static unsigned halvings(uint64_t value)
{
	unsigned count = 0;

	while (value >> count >= 2 * PARTS)
		count++;
	return count;
}

static unsigned bucket_of(uint64_t value)
{
	unsigned shift = halvings(value);

	return shift * PARTS + (unsigned)(value >> shift);
}

/* The largest value of a bucket. */
static uint64_t top_of(unsigned bucket)
{
	unsigned shift = bucket < 2 * PARTS ? 0 : bucket / PARTS - 1;
	uint64_t value = bucket - shift * PARTS;

	return (value << shift) + ((UINT64_C(1) << shift) - 1);
}

void perf_histogram_add(struct perf_histogram *histogram, uint64_t value)
{
	double before = (double)value - histogram->mean;

	histogram->count++;
	histogram->mean += before / (double)histogram->count;
	histogram->squares += before * ((double)value - histogram->mean);
	if (value < histogram->least)
		histogram->least = value;
	if (value > histogram->most)
		histogram->most = value;
	histogram->buckets[bucket_of(value)]++;
}

/* The first bucket by which enough have been passed; rounded up, so that 99.9 % of 10 is all. */
uint64_t perf_histogram_quantile(const struct perf_histogram *histogram, uint32_t millionths)
{
	uint64_t wanted = histogram->count / 1000000 * millionths +
			  (histogram->count % 1000000 * millionths + 999999) / 1000000;
	uint64_t passed = 0;

	if (histogram->count == 0)
		return 0;
	if (wanted == 0)
		wanted = 1;
	for (unsigned bucket = 0; bucket < PERF_HISTOGRAM_BUCKETS; bucket++) {
		passed += histogram->buckets[bucket];
		if (passed >= wanted) {
			uint64_t top = top_of(bucket);

			return top < histogram->most ? top : histogram->most;
		}
	}
	return histogram->most;
}

/* Newton's square root: the programs need no library of mathematics for this one. */
static double square_root(double square)
{
	double root = square > 1 ? square : 1;

	if (square <= 0)
		return 0;
	for (unsigned i = 0; i < 100; i++)
		root = (root + square / root) / 2;
	return root;
}

double perf_histogram_deviation(const struct perf_histogram *histogram)
{
	if (histogram->count < 2)
		return 0;
	return square_root(histogram->squares / (double)histogram->count);
}
