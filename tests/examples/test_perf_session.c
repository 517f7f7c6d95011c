/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "examples/examples.h"
#include "examples/perf_rig.h"
#include "support/support.h"

/* ---- what works ---- */

START_TEST(a_stream_arrives_and_is_counted)
{
	struct perf_terms terms = perf_rig_terms();

	perf_rig_begin(&terms);
	perf_rig_play(perf_rig_no_more);
	ck_assert_int_eq(rig.client.failure, PERF_NO_FAILURE);
	ck_assert_uint_eq(rig.runs, 1);
	ck_assert_uint_eq(rig.figures[0].iterations, 1000);
	ck_assert_uint_eq(rig.figures[0].received, 1000);
	ck_assert_uint_eq(rig.figures[0].lost, 0);
	/* Eight windows, a round trip each, at most; never faster than the line. */
	ck_assert(rig.figures[0].seconds >= 40e-6 * 1000 / 128);
	ck_assert(rig.figures[0].seconds < 40e-6 * 20);
	ck_assert_int_eq(rig.server.state, PERF_SERVER_FAREWELL);
}
END_TEST

START_TEST(one_size_follows_the_other)
{
	static const uint32_t sizes[] = { 128, 256, 512, 0 };
	struct perf_terms terms = perf_rig_terms();

	perf_rig_begin(&terms);
	perf_rig_play(sizes);
	ck_assert_uint_eq(rig.runs, 4);
	ck_assert_uint_eq(rig.figures[3].size, 512);
	ck_assert_uint_eq(rig.figures[3].received, 1000);
}
END_TEST

START_TEST(both_directions_are_added)
{
	struct perf_terms terms = perf_rig_terms();

	terms.both = true;
	perf_rig_begin(&terms);
	perf_rig_play(perf_rig_no_more);
	ck_assert_uint_eq(rig.figures[0].iterations, 2000);
	ck_assert_uint_eq(rig.figures[0].received, 2000);
	ck_assert_uint_eq(rig.figures[0].lost, 0);
}
END_TEST

START_TEST(by_time_it_takes_that_long)
{
	struct perf_terms terms = perf_rig_terms();

	terms.count = 0;
	terms.duration_ns = 50 * MS;
	terms.both = true;
	perf_rig_begin(&terms);
	perf_rig_play(perf_rig_no_more);
	ck_assert_int_eq(rig.client.failure, PERF_NO_FAILURE);
	ck_assert(rig.figures[0].seconds > 0.049 && rig.figures[0].seconds < 0.052);
	ck_assert_uint_eq(rig.figures[0].lost, 0);
}
END_TEST

START_TEST(half_of_a_round_trip_is_the_latency)
{
	struct perf_terms terms = perf_rig_terms();

	terms.latency = true;
	terms.batch = 1;
	terms.count = 100;
	perf_rig_begin(&terms);
	perf_rig_play(perf_rig_no_more);
	ck_assert_uint_eq(rig.figures[0].received, 100);
	ck_assert_uint_eq(rig.client.times.least, RIG_DELAY_NS);
	ck_assert_uint_eq(rig.client.times.most, RIG_DELAY_NS);
}
END_TEST

START_TEST(the_server_lessens_the_window)
{
	struct perf_terms terms = perf_rig_terms();

	rig.server.window = 4;
	perf_rig_begin(&terms);
	perf_rig_play(perf_rig_no_more);
	ck_assert_uint_eq(rig.client.terms.window, 4);
	ck_assert_uint_eq(rig.client.terms.batch, 2);
	ck_assert_uint_eq(rig.figures[0].received, 1000);
}
END_TEST

/* ---- what is lost ---- */

START_TEST(losses_are_told_exactly_and_end_nothing)
{
	static const unsigned permille[] = { 1, 20, 300 };
	struct perf_terms terms = perf_rig_terms();

	terms.both = _i % 2;
	rig.lost_permille = permille[_i / 2];
	perf_rig_begin(&terms);
	perf_rig_play(perf_rig_no_more);
	ck_assert_int_eq(rig.client.failure, PERF_NO_FAILURE);
	ck_assert_uint_eq(rig.figures[0].iterations, terms.both ? 2000 : 1000);
	ck_assert_uint_eq(rig.figures[0].lost, rig.data_lost);
	ck_assert_uint_eq(rig.figures[0].received + rig.figures[0].lost, rig.figures[0].iterations);
}
END_TEST

START_TEST(what_comes_twice_is_no_more_received_than_what_comes_once)
{
	struct perf_terms terms = perf_rig_terms();

	terms.both = true;
	rig.doubled_permille = 300;
	perf_rig_begin(&terms);
	perf_rig_play(perf_rig_no_more);
	ck_assert_int_eq(rig.client.failure, PERF_NO_FAILURE);
	ck_assert_uint_eq(rig.figures[0].received, 2000);
	ck_assert_uint_eq(rig.figures[0].lost, 0);
	ck_assert_uint_gt(rig.figures[0].duplicates, 300);
}
END_TEST

START_TEST(a_lost_ping_is_counted_and_not_timed)
{
	struct perf_terms terms = perf_rig_terms();

	terms.latency = true;
	terms.batch = 1;
	terms.count = 200;
	rig.lost_permille = 100;
	perf_rig_begin(&terms);
	perf_rig_play(perf_rig_no_more);
	ck_assert_int_eq(rig.client.failure, PERF_NO_FAILURE);
	ck_assert_uint_eq(rig.figures[0].iterations, 200);
	ck_assert_uint_gt(rig.figures[0].lost, 5);
	ck_assert_uint_eq(rig.figures[0].received + rig.figures[0].lost, 200);
	ck_assert_uint_eq(rig.client.times.most, RIG_DELAY_NS);
}
END_TEST

Suite *suite_perf_session(void)
{
	Suite *suite = suite_create("perf_session");
	TCase *good = tcase_create("good");
	TCase *lossy = tcase_create("lossy");

	tcase_add_checked_fixture(good, perf_rig_setup, support_teardown);
	tcase_add_test(good, a_stream_arrives_and_is_counted);
	tcase_add_test(good, one_size_follows_the_other);
	tcase_add_test(good, both_directions_are_added);
	tcase_add_test(good, by_time_it_takes_that_long);
	tcase_add_test(good, half_of_a_round_trip_is_the_latency);
	tcase_add_test(good, the_server_lessens_the_window);
	suite_add_tcase(suite, good);
	tcase_add_checked_fixture(lossy, perf_rig_setup, support_teardown);
	tcase_add_loop_test(lossy, losses_are_told_exactly_and_end_nothing, 0, 6);
	tcase_add_test(lossy, what_comes_twice_is_no_more_received_than_what_comes_once);
	tcase_add_test(lossy, a_lost_ping_is_counted_and_not_timed);
	suite_add_tcase(suite, lossy);
	return suite;
}
