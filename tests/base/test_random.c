/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "base/random.h"

#include "base/suites.h"
#include "support/support.h"

START_TEST(the_seed_fills_the_state_by_splitmix64)
{
	/* the first outputs of splitmix64 for 1234567, as widely published */
	struct ipoib__random random;

	ipoib__random_seed(&random, 1234567);
	ck_assert_uint_eq(random.state[0], 6457827717110365317u);
	ck_assert_uint_eq(random.state[1], 3203168211198807973u);
	ck_assert_uint_eq(random.state[2], 9817491932198370423u);
	ck_assert_uint_eq(random.state[3], 4593380528125082431u);
}
END_TEST

START_TEST(the_numbers_are_those_of_xoshiro256starstar)
{
	/* from the reference implementation with the state 1, 2, 3, 4 */
	static const uint64_t expected[] = {
		11520, 0, 1509978240, 1215971899390074240u, 1216172134540287360u,
		607988272756665600u,
	};
	struct ipoib__random random = { .state = { 1, 2, 3, 4 } };

	for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++)
		ck_assert_uint_eq(ipoib__random_u64(&random), expected[i]);
}
END_TEST

START_TEST(numbers_below_a_bound_are_below_it_and_all_come)
{
	struct ipoib__random *random = support_random();

	for (uint64_t bound = 1; bound <= 20; bound++) {
		unsigned seen[20] = { 0 };

		for (int i = 0; i < 4000; i++) {
			uint64_t x = ipoib__random_below(random, bound);

			ck_assert_uint_lt(x, bound);
			seen[x]++;
		}
		for (uint64_t x = 0; x < bound; x++) /* 4000 / 20 = 200 and 14 deviations */
			ck_assert_uint_gt(seen[x], 4000 / bound / 4);
	}
	for (int i = 0; i < 1000; i++) {
		ck_assert_uint_le(ipoib__random_below(random, UINT64_MAX), UINT64_MAX - 1);
		ck_assert_uint_eq(ipoib__random_below(random, 1), 0);
	}
}
END_TEST

START_TEST(no_number_below_a_large_bound_comes_more_often)
{
	/*
	 * With a bound of 3/4 of 2^64 a plain remainder would give the lowest third twice as often:
	 * one half of all draws instead of one third.
	 */
	struct ipoib__random *random = support_random();
	uint64_t bound = UINT64_C(3) << 62;
	unsigned low = 0;

	for (int i = 0; i < 30000; i++)
		low += ipoib__random_below(random, bound) < UINT64_C(1) << 62;
	ck_assert_uint_gt(low, 9000);
	ck_assert_uint_lt(low, 11000);
}
END_TEST

START_TEST(numbers_between_two_include_both)
{
	struct ipoib__random *random = support_random();
	bool low = false, high = false;

	for (int i = 0; i < 1000; i++) {
		uint64_t x = ipoib__random_between(random, UINT64_MAX - 3, UINT64_MAX);

		ck_assert_uint_ge(x, UINT64_MAX - 3);
		low |= x == UINT64_MAX - 3;
		high |= x == UINT64_MAX;
	}
	ck_assert(low && high);
	ck_assert_uint_eq(ipoib__random_between(random, 7, 7), 7);
	(void)ipoib__random_between(random, 0, UINT64_MAX);
}
END_TEST

START_TEST(jitter_stays_within_its_percentage_and_does_not_wrap)
{
	struct ipoib__random *random = support_random();
	uint64_t least = UINT64_MAX, most = 0;

	for (int i = 0; i < 10000; i++) {
		uint64_t x = ipoib__random_jitter(random, 1000, 25);

		ck_assert_uint_ge(x, 750);
		ck_assert_uint_le(x, 1250);
		least = x < least ? x : least;
		most = x > most ? x : most;
		ck_assert_uint_ge(ipoib__random_jitter(random, UINT64_MAX, 10),
				  UINT64_MAX - UINT64_MAX / 10);
		ck_assert_uint_le(ipoib__random_jitter(random, 5, 100), 10);
	}
	ck_assert_uint_lt(least, 760);
	ck_assert_uint_gt(most, 1240);
	ck_assert_uint_eq(ipoib__random_jitter(random, 1000, 0), 1000);
	ck_assert_uint_eq(ipoib__random_jitter(random, 0, 100), 0);
	ck_assert_uint_eq(ipoib__random_jitter(random, 3, 10), 3);
}
END_TEST

Suite *suite_random(void)
{
	Suite *suite = suite_create("random");
	TCase *tcase = tcase_create("random");

	tcase_add_checked_fixture(tcase, support_setup, support_teardown);
	tcase_add_test(tcase, the_seed_fills_the_state_by_splitmix64);
	tcase_add_test(tcase, the_numbers_are_those_of_xoshiro256starstar);
	tcase_add_test(tcase, numbers_below_a_bound_are_below_it_and_all_come);
	tcase_add_test(tcase, no_number_below_a_large_bound_comes_more_often);
	tcase_add_test(tcase, numbers_between_two_include_both);
	tcase_add_test(tcase, jitter_stays_within_its_percentage_and_does_not_wrap);
	suite_add_tcase(suite, tcase);
	return suite;
}
