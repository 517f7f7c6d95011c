/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* What the benches measure with: the processor's time, numbers drawn, and medians of rounds. */
#ifndef BENCH_MEASURE_H
#define BENCH_MEASURE_H

#include <stddef.h>
#include <stdint.h>

/* Nanoseconds of processor time of this process. */
uint64_t measure_clock(void);

/* A bijection of 64 bits: numbers that differ stay different. */
uint64_t measure_mixed(uint64_t z);
/* Steele, Lea and Flood's SplitMix64: the same numbers in every run that begins with this state. */
uint64_t measure_drawn(uint64_t *state);

/* Sorts them. */
double measure_median(double *values, size_t count);

/* The number that an argument of a command line is; ends the program if it is none. */
uint32_t measure_number(const char *program, const char *text, uint32_t most);

#endif
