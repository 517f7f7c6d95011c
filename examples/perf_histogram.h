/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Times, however many, in a fixed amount of memory: percentiles to within 1/256 of their value; the
 * least, the most, the average and the deviation exactly.
 */
#ifndef EXAMPLES_PERF_HISTOGRAM_H
#define EXAMPLES_PERF_HISTOGRAM_H

#include <stdint.h>

/* Each power of two is divided in so many parts; below it every number has a part of its own. */
#define PERF_HISTOGRAM_PARTS 256
#define PERF_HISTOGRAM_BUCKETS ((64 - 8 + 1) * PERF_HISTOGRAM_PARTS)

struct perf_histogram {
	uint64_t count;
	uint64_t least;
	uint64_t most;
	double mean; /* and the sum of squared differences from it, as Welford keeps them */
	double squares;
	uint64_t buckets[PERF_HISTOGRAM_BUCKETS];
};

void perf_histogram_clear(struct perf_histogram *histogram);
void perf_histogram_add(struct perf_histogram *histogram, uint64_t value);

/* The value that so many of a million are not above: 500000 is the median. 0 when empty. */
uint64_t perf_histogram_quantile(const struct perf_histogram *histogram, uint32_t millionths);

double perf_histogram_deviation(const struct perf_histogram *histogram);

#endif
