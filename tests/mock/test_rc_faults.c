/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Each frame of a connection's life lost, repeated and held back in turn, and then many at random:
 * every message arrives once and in order, or the connection fails at both ends.
 */
#include <errno.h>

#include "mock/rc_rig.h"
#include "mock/suites.h"

#define MESSAGES 6
/* Longer than the longest silence of a manager, and its timewait. */
#define LONG_ENOUGH (90 * RIG_SECOND)
#define SEEDS	    150

/* Set up, talk both ways, and end. */
static void live(void)
{
	ck_assert_int_eq(end_connect(&rig.a, &rig.b), 0);
	rig_run(20 * RIG_SECOND);
	ck_assert_uint_eq(rig.a.ups, 1);
	for (unsigned i = 0; i < MESSAGES; i++) {
		ck_assert_int_eq(end_send(&rig.a, 1500), 1);
		if (rig.b.ups == 1)
			ck_assert_int_eq(end_send(&rig.b, 700), 1);
		if (i % 2 == 1)
			rig_run(0);
	}
	rig_run(2 * RIG_SECOND);
	ck_assert_uint_eq(rig.b.ups, 1);
	ck_assert_uint_eq(rig.a.completed, MESSAGES);
	ck_assert_uint_eq(rig.b.completed, rig.b.sent);
	ck_assert_uint_eq(rig.b.arrived, MESSAGES);
	ck_assert_uint_eq(rig.a.arrived, rig.b.sent);
	ck_assert_uint_eq(rig.a.downs + rig.b.downs, 0);
	end_destroy(&rig.a);
	rig_run(LONG_ENOUGH);
	ck_assert_uint_eq(rig.b.downs, 1);
	ck_assert_int_eq(rig.b.down_status, -ECONNRESET);
}

START_TEST(any_one_frame_may_be_lost_repeated_or_late)
{
	uint64_t frames = UINT64_MAX;

	for (uint64_t victim = 0; victim < frames; victim++) {
		rig_make(support_seed());
		rig.victim = victim;
		rig.fate = (enum rig_fate)_i;
		live();
		if (victim == 0) /* the longest of the lives has some more */
			frames = rig.frames + 4;
		rig_end();
	}
	ck_assert_uint_gt(frames, 3 + 4 * MESSAGES / 2);
}
END_TEST

/* Random faults, random lengths, both directions. */
static void chaos(uint64_t seed)
{
	struct ipoib__random random;
	struct ipoib_fabric_faults faults = { .size = sizeof(faults) };

	ipoib__random_seed(&random, seed);
	faults.loss_ppm = (uint32_t)ipoib__random_below(&random, 80000);
	faults.duplicate_ppm = (uint32_t)ipoib__random_below(&random, 80000);
	faults.reorder_ppm = (uint32_t)ipoib__random_below(&random, 80000);
	faults.reorder_ns = ipoib__random_below(&random, 50 * RIG_MILLISECOND);
	faults.jitter_ns = ipoib__random_below(&random, RIG_MILLISECOND);
	rig_make(seed);
	ck_assert_int_eq(ipoib_fabric_set_faults(rig.fabric, NULL, &faults), 0);
	ck_assert_int_eq(end_connect(&rig.a, &rig.b), 0);
	rig_run(20 * RIG_SECOND);
	for (unsigned i = 0; i < 60 && rig.a.ups == 1; i++) {
		uint32_t length = (uint32_t)ipoib__random_below(&random, 9000);

		rig.b.starved = ipoib__random_below(&random, 4) == 0;
		(void)end_send(&rig.a, length);
		if (rig.b.ups == 1)
			(void)end_send(&rig.b, length / 2);
		rig_run(ipoib__random_below(&random, 20 * RIG_MILLISECOND));
	}
	rig.b.starved = false;
	rig_run(20 * RIG_SECOND);
}

/* Whatever happened: nothing acknowledged was lost, and both ends know how it stands. */
static void check_agreement(void)
{
	struct end *a = &rig.a, *b = &rig.b;

	ck_assert_uint_eq(a->completed + a->failed + a->flushed, a->sent);
	ck_assert_uint_eq(b->completed + b->failed + b->flushed, b->sent);
	ck_assert_uint_le(a->completed, b->arrived);
	ck_assert_uint_le(b->completed, a->arrived);
	ck_assert_uint_le(b->arrived, a->sent);
	ck_assert_uint_le(a->arrived, b->sent);
	if (a->downs + b->downs == 0 && a->ups == 1)
		ck_assert_uint_eq(a->completed, a->sent);
	if (a->downs == 1 || a->refusals == 1) {
		end_destroy(a);
		rig_run(LONG_ENOUGH);
		ck_assert(b->rc == NULL || b->downs == 1 || b->completed < b->sent || b->sent == 0);
	}
}

START_TEST(many_faults_at_once_leave_every_message_once_and_in_order)
{
	uint64_t seed = ipoib__random_u64(support_random()) + (uint64_t)_i;

	chaos(seed);
	check_agreement();
	rig_end();
}
END_TEST

START_TEST(a_slow_receiver_and_a_long_queue_lose_nothing)
{
	uint64_t bytes = 0;

	ck_assert_int_eq(end_connect(&rig.a, &rig.b), 0);
	rig_run(0);
	rig.b.starved = true;
	for (unsigned i = 0; i < 200; i++) {
		if (i % 37 == 0)
			end_fill(&rig.b);
		bytes += end_send(&rig.a, 9000) == 1 ? 9000 : 0;
		rig_run(RIG_MILLISECOND);
	}
	rig.b.starved = false;
	rig_run(RIG_SECOND);
	ck_assert_uint_eq(rig.b.arrived, rig.a.sent);
	ck_assert_uint_eq(rig.a.completed, rig.a.sent);
	ck_assert_uint_gt(bytes, 0);
}
END_TEST

Suite *suite_rc_faults(void)
{
	Suite *suite = suite_create("rc faults");
	TCase *tcase = tcase_create("rc faults"), *own = tcase_create("rc faults loops");

	tcase_add_checked_fixture(own, support_setup, support_teardown);
	tcase_add_loop_test(own, any_one_frame_may_be_lost_repeated_or_late, RIG_LOSE,
			    RIG_HOLD + 1);
	tcase_add_loop_test(own, many_faults_at_once_leave_every_message_once_and_in_order, 0,
			    SEEDS);
	tcase_set_timeout(own, 120);
	suite_add_tcase(suite, own);
	tcase_add_checked_fixture(tcase, rig_setup, rig_teardown);
	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, a_slow_receiver_and_a_long_queue_lose_nothing);
	suite_add_tcase(suite, tcase);
	return suite;
}
