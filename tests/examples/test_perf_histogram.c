/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include <stdlib.h>
#include <string.h>

#include "examples/examples.h"
#include "perf_histogram.h"
#include "support/support.h"

#define MANY 20000

static struct perf_histogram histogram;

static void setup(void)
{
	support_setup();
	perf_histogram_clear(&histogram);
}

START_TEST(an_empty_one_answers_nothing)
{
	ck_assert_uint_eq(perf_histogram_quantile(&histogram, 500000), 0);
	ck_assert(perf_histogram_deviation(&histogram) == 0);
}
END_TEST

START_TEST(one_value_is_every_quantile)
{
	perf_histogram_add(&histogram, 12345);
	ck_assert_uint_eq(perf_histogram_quantile(&histogram, 0), 12345);
	ck_assert_uint_eq(perf_histogram_quantile(&histogram, 500000), 12345);
	ck_assert_uint_eq(perf_histogram_quantile(&histogram, 1000000), 12345);
	ck_assert_uint_eq(histogram.least, 12345);
	ck_assert_uint_eq(histogram.most, 12345);
}
END_TEST

START_TEST(small_values_are_exact)
{
	for (uint64_t value = 1; value <= 100; value++)
		perf_histogram_add(&histogram, value);
	ck_assert_uint_eq(perf_histogram_quantile(&histogram, 500000), 50);
	ck_assert_uint_eq(perf_histogram_quantile(&histogram, 990000), 99);
	ck_assert_uint_eq(perf_histogram_quantile(&histogram, 999000), 100);
	ck_assert(histogram.mean == 50.5);
	ck_assert(perf_histogram_deviation(&histogram) > 28.86);
	ck_assert(perf_histogram_deviation(&histogram) < 28.87);
}
END_TEST

START_TEST(the_largest_values_have_a_place)
{
	perf_histogram_add(&histogram, UINT64_MAX);
	perf_histogram_add(&histogram, UINT64_MAX - 1);
	perf_histogram_add(&histogram, 0);
	ck_assert_uint_eq(histogram.least, 0);
	ck_assert_uint_eq(perf_histogram_quantile(&histogram, 1000000), UINT64_MAX);
}
END_TEST

static int by_value(const void *a, const void *b)
{
	const uint64_t *left = a;
	const uint64_t *right = b;

	return (*left > *right) - (*left < *right);
}

START_TEST(quantiles_of_random_values_are_within_their_bound)
{
	static uint64_t values[MANY];
	static const uint32_t wanted[] = { 1, 10000, 500000, 990000, 999000, 1000000 };

	for (size_t i = 0; i < MANY; i++) {
		unsigned bits = 1 + (unsigned)ipoib__random_below(support_random(), 63);

		values[i] = ipoib__random_u64(support_random()) >> (64 - bits);
		perf_histogram_add(&histogram, values[i]);
	}
	qsort(values, MANY, sizeof(values[0]), by_value);
	for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
		size_t rank = (size_t)(((uint64_t)MANY * wanted[i] + 999999) / 1000000);
		uint64_t exact = values[rank > 0 ? rank - 1 : 0];
		uint64_t found = perf_histogram_quantile(&histogram, wanted[i]);

		ck_assert_uint_ge(found, exact);
		ck_assert_uint_le(found - exact, exact / 256);
	}
}
END_TEST

Suite *suite_perf_histogram(void)
{
	Suite *suite = suite_create("perf_histogram");
	TCase *tcase = tcase_create("histogram");

	tcase_add_checked_fixture(tcase, setup, support_teardown);
	tcase_add_test(tcase, an_empty_one_answers_nothing);
	tcase_add_test(tcase, one_value_is_every_quantile);
	tcase_add_test(tcase, small_values_are_exact);
	tcase_add_test(tcase, the_largest_values_have_a_place);
	tcase_add_test(tcase, quantiles_of_random_values_are_within_their_bound);
	suite_add_tcase(suite, tcase);
	return suite;
}
