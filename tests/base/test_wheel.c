/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* The wheel's promises one by one; test_wheel_model.c tests them together. */
#include "base/wheel.h"

#include <ipoib/types.h>

#include "base/suites.h"
#include "support/support.h"

#define TICK (UINT64_C(1) << IPOIB__WHEEL_TICK_BITS)
#define ALL UINT32_MAX
#define START (1000 * TICK + 12345)

static struct ipoib__wheel wheel;
static struct ipoib__timer timers[20000];
static struct ipoib__timer *fired[20000]; /* in order */
static unsigned n_fired;
static uint64_t fired_at;

static void note(struct ipoib__timer *timer, uint64_t now)
{
	ck_assert(!ipoib__timer_armed(timer));
	fired[n_fired++] = timer;
	fired_at = now;
}

static void setup(void)
{
	support_setup();
	ipoib__wheel_init(&wheel, START);
	for (size_t i = 0; i < sizeof(timers) / sizeof(timers[0]); i++)
		ipoib__timer_init(&timers[i], note);
	n_fired = 0;
}

START_TEST(an_empty_wheel_has_no_deadline_and_time_may_pass)
{
	ck_assert_uint_eq(ipoib__wheel_deadline(&wheel), IPOIB_NEVER);
	ck_assert_uint_eq(ipoib__wheel_advance(&wheel, START + 1, ALL), 0);
	ck_assert_uint_eq(ipoib__wheel_advance(&wheel, START + 5000 * TICK, ALL), 0);
	ck_assert_uint_eq(wheel.tick, START / TICK + 5000); /* not left behind: arms stay near */
	ck_assert_uint_eq(ipoib__wheel_advance(&wheel, UINT64_MAX, ALL), 0);
	ck_assert_uint_eq(ipoib__wheel_deadline(&wheel), IPOIB_NEVER);
}
END_TEST

START_TEST(a_timer_fires_on_the_first_tick_at_or_after_its_deadline)
{
	static const uint64_t delays[] = {
		1, TICK - 1, TICK, TICK + 1, 63 * TICK, 64 * TICK, 65 * TICK, 4096 * TICK + 7,
		1 << 30, UINT64_C(1) << 40, UINT64_C(1) << 50, (UINT64_C(1) << 63) + 3,
	};

	for (size_t i = 0; i < sizeof(delays) / sizeof(delays[0]); i++) {
		uint64_t deadline = START + delays[i];
		uint64_t tick = (deadline + TICK - 1) / TICK * TICK;

		ipoib__wheel_init(&wheel, START);
		ipoib__wheel_arm(&wheel, &timers[0], deadline);
		ck_assert_uint_le(ipoib__wheel_deadline(&wheel), tick);
		ck_assert_uint_gt(ipoib__wheel_deadline(&wheel), START);
		ck_assert_uint_eq(ipoib__wheel_advance(&wheel, tick - 1, ALL), 0);
		ck_assert(ipoib__timer_armed(&timers[0]));
		ck_assert_uint_eq(ipoib__wheel_advance(&wheel, tick, ALL), 1);
		ck_assert_uint_eq(fired_at, tick);
		ck_assert_uint_eq(ipoib__wheel_deadline(&wheel), IPOIB_NEVER);
	}
}
END_TEST

START_TEST(a_deadline_that_has_passed_fires_at_the_next_advance)
{
	ipoib__wheel_arm(&wheel, &timers[0], 0);
	ipoib__wheel_arm(&wheel, &timers[1], START);
	ck_assert_uint_eq(n_fired, 0);
	ck_assert_uint_le(ipoib__wheel_deadline(&wheel), START);
	ck_assert_uint_eq(ipoib__wheel_advance(&wheel, START, ALL), 2);
	ck_assert_ptr_eq(fired[0], &timers[0]);
}
END_TEST

START_TEST(never_is_a_deadline_that_is_not_armed)
{
	ipoib__wheel_arm(&wheel, &timers[0], START + TICK);
	ipoib__wheel_arm(&wheel, &timers[0], IPOIB_NEVER);
	ck_assert(!ipoib__timer_armed(&timers[0]));
	ck_assert_uint_eq(ipoib__wheel_deadline(&wheel), IPOIB_NEVER);

	/* the last instants of the clock lie within a tick that has no end: armed, and never due */
	ipoib__wheel_arm(&wheel, &timers[0], UINT64_MAX - 1);
	ck_assert(ipoib__timer_armed(&timers[0]));
	ck_assert_uint_eq(ipoib__wheel_advance(&wheel, UINT64_MAX - 2, ALL), 0);
	ck_assert_uint_eq(ipoib__wheel_deadline(&wheel), IPOIB_NEVER);
	ipoib__wheel_cancel(&wheel, &timers[0]);
}
END_TEST

START_TEST(a_timer_that_is_armed_again_forgets_its_old_deadline)
{
	ipoib__wheel_arm(&wheel, &timers[0], START + 10 * TICK);
	ipoib__wheel_arm(&wheel, &timers[0], START + 5000 * TICK);
	ck_assert_uint_eq(ipoib__wheel_advance(&wheel, START + 4999 * TICK, ALL), 0);
	ipoib__wheel_arm(&wheel, &timers[0], 0);
	ipoib__wheel_arm(&wheel, &timers[0], START + 6000 * TICK);
	ck_assert_uint_eq(ipoib__wheel_advance(&wheel, START + 5999 * TICK, ALL), 0);
	ck_assert_uint_eq(ipoib__wheel_advance(&wheel, START + 6001 * TICK, ALL), 1);
}
END_TEST

START_TEST(a_cancelled_timer_leaves_no_deadline_behind)
{
	for (int shift = 0; shift < 63; shift++) {
		ipoib__wheel_arm(&wheel, &timers[0], START + (UINT64_C(1) << shift));
		ipoib__wheel_cancel(&wheel, &timers[0]);
		ipoib__wheel_cancel(&wheel, &timers[0]);
		ck_assert_uint_eq(ipoib__wheel_deadline(&wheel), IPOIB_NEVER);
	}
}
END_TEST

START_TEST(timers_of_one_tick_fire_in_the_order_in_which_they_were_armed)
{
	uint64_t deadline = (START / TICK + 5000) * TICK; /* cascades twice on its way */
	unsigned n = 0;

	for (uint64_t now = START; now < deadline; now += 7 * TICK) {
		ipoib__wheel_advance(&wheel, now, ALL);
		ipoib__wheel_arm(&wheel, &timers[n], deadline - n % 2); /* the same tick */
		n++;
	}
	ck_assert_uint_gt(n, 700);
	ck_assert_uint_eq(ipoib__wheel_advance(&wheel, deadline, ALL), n);
	for (unsigned i = 0; i < n; i++)
		ck_assert_ptr_eq(fired[i], &timers[i]);
}
END_TEST

START_TEST(what_exceeds_the_budget_fires_first_next_time)
{
	for (unsigned i = 0; i < 10; i++)
		ipoib__wheel_arm(&wheel, &timers[i], START + 3 * TICK);
	ck_assert_uint_eq(ipoib__wheel_advance(&wheel, START + 4 * TICK, 0), 0);
	ck_assert_uint_eq(ipoib__wheel_advance(&wheel, START + 4 * TICK, 4), 4);
	ck_assert_uint_le(ipoib__wheel_deadline(&wheel), START + 4 * TICK);
	ipoib__wheel_arm(&wheel, &timers[0], START); /* passed: behind those that wait */
	ipoib__wheel_cancel(&wheel, &timers[7]);
	ck_assert_uint_eq(ipoib__wheel_advance(&wheel, START + 4 * TICK, ALL), 6);
	ck_assert_ptr_eq(fired[4], &timers[4]);
	ck_assert_ptr_eq(fired[7], &timers[8]);
	ck_assert_ptr_eq(fired[9], &timers[0]);
}
END_TEST

START_TEST(time_never_goes_backward)
{
	ipoib__wheel_advance(&wheel, START + 100 * TICK, ALL);
	ipoib__wheel_arm(&wheel, &timers[0], START + 50 * TICK);
	ck_assert_uint_eq(ipoib__wheel_advance(&wheel, START, ALL), 1);
	ck_assert_uint_eq(fired_at, START + 100 * TICK);
}
END_TEST

/* ---- callbacks ---- */

static void arm_itself(struct ipoib__timer *timer, uint64_t now)
{
	note(timer, now);
	ipoib__wheel_arm(&wheel, timer, 0);
	ck_assert_uint_eq(ipoib__wheel_advance(&wheel, now + TICK, ALL), 0);
}

START_TEST(a_callback_that_arms_its_timer_at_once_does_not_hold_the_caller)
{
	ipoib__timer_init(&timers[0], arm_itself);
	ipoib__wheel_arm(&wheel, &timers[0], 0);
	for (unsigned i = 1; i < 5; i++)
		ck_assert_uint_eq(ipoib__wheel_advance(&wheel, START, ALL), 1);
	ck_assert_uint_eq(n_fired, 4);
	ck_assert_uint_eq(fired_at, START);
}
END_TEST

static void cancel_the_next(struct ipoib__timer *timer, uint64_t now)
{
	note(timer, now);
	ipoib__wheel_cancel(&wheel, timer + 1);
	ipoib__wheel_arm(&wheel, timer + 2, now + 10 * TICK);
}

START_TEST(a_callback_may_cancel_and_defer_timers_that_are_due)
{
	ipoib__timer_init(&timers[0], cancel_the_next);
	for (unsigned i = 0; i < 4; i++)
		ipoib__wheel_arm(&wheel, &timers[i], START + TICK);
	ck_assert_uint_eq(ipoib__wheel_advance(&wheel, START + 2 * TICK, ALL), 2);
	ck_assert_ptr_eq(fired[1], &timers[3]);
	ck_assert(!ipoib__timer_armed(&timers[1]));
	ck_assert_uint_eq(ipoib__wheel_advance(&wheel, START + 13 * TICK, ALL), 1);
	ck_assert_ptr_eq(fired[2], &timers[2]);
}
END_TEST

/* ---- load ---- */

START_TEST(a_slot_with_more_timers_than_one_advance_moves_keeps_their_order)
{
	uint64_t deadline = (START / TICK + 5000) * TICK;
	unsigned n = 3 * IPOIB__WHEEL_MOVES, rounds = 0;

	for (unsigned i = 0; i < n; i++)
		ipoib__wheel_arm(&wheel, &timers[i], deadline);
	while (n_fired < n) {
		ck_assert_uint_le(ipoib__wheel_deadline(&wheel), deadline);
		ipoib__wheel_advance(&wheel, deadline, ALL);
		if (rounds++ == 0) /* of the same tick, in the middle of the cascade */
			ipoib__wheel_arm(&wheel, &timers[n++], deadline);
	}
	ck_assert_uint_ge(rounds, 4);
	for (unsigned i = 0; i < n; i++)
		ck_assert_ptr_eq(fired[i], &timers[i]);
}
END_TEST

START_TEST(a_timer_that_waits_to_be_moved_is_not_forgotten_by_the_deadline)
{
	uint64_t block = (START / TICK / 64 + 1) * 64;
	unsigned n = IPOIB__WHEEL_MOVES + 10;

	for (unsigned i = 0; i < n; i++)
		ipoib__wheel_arm(&wheel, &timers[i], (block + 50) * TICK);
	ipoib__wheel_arm(&wheel, &timers[n], (block + 3) * TICK); /* the last to be moved */

	ck_assert_uint_eq(ipoib__wheel_advance(&wheel, block * TICK, ALL), 0);
	ck_assert_uint_le(ipoib__wheel_deadline(&wheel), (block + 3) * TICK);
	ck_assert_uint_eq(ipoib__wheel_advance(&wheel, (block + 3) * TICK, ALL), 1);
	ck_assert_ptr_eq(fired[0], &timers[n]);
}
END_TEST

START_TEST(the_deadlines_of_the_wheel_alone_fire_every_timer_on_its_tick)
{
	struct ipoib__random *random = support_random();
	unsigned armed = 1000, steps = 0;
	uint64_t now = START, delay;

	for (unsigned i = 0; i < armed; i++) {
		delay = ipoib__random_u64(random) >> ipoib__random_between(random, 2, 63);
		ipoib__wheel_arm(&wheel, &timers[i], START + delay);
	}
	while (n_fired < armed) {
		unsigned before = n_fired;

		now = ipoib__wheel_deadline(&wheel);
		ck_assert_uint_ne(now, IPOIB_NEVER);
		ipoib__wheel_advance(&wheel, now, ALL);
		for (unsigned i = before; i < n_fired; i++)
			ck_assert(now <= START || fired[i]->tick == now / TICK);
		ck_assert_uint_le(++steps, armed * IPOIB__WHEEL_LEVELS);
	}
	ck_assert_uint_eq(ipoib__wheel_deadline(&wheel), IPOIB_NEVER);
}
END_TEST

/* What it remembers between two looks must not outlive an earlier timer, or an earlier cascade. */
START_TEST(whether_something_is_due_is_what_the_deadline_says)
{
	struct ipoib__random *random = support_random();
	uint64_t now = START, later, deadline;

	for (unsigned step = 0; step < 20000; step++) {
		struct ipoib__timer *timer = &timers[ipoib__random_between(random, 0, 99)];

		switch (ipoib__random_between(random, 0, 3)) {
		case 0:
			ipoib__wheel_cancel(&wheel, timer);
			break;
		case 1:
			now += ipoib__random_u64(random) >> ipoib__random_between(random, 24, 60);
			ipoib__wheel_advance(&wheel, now, 3);
			break;
		default:
			later = ipoib__random_u64(random) >> ipoib__random_between(random, 24, 60);
			ipoib__wheel_arm(&wheel, timer, now + later);
		}
		deadline = ipoib__wheel_deadline(&wheel);
		ck_assert_int_eq(ipoib__wheel_due(&wheel, now), deadline <= now);
		later = now + (ipoib__random_u64(random) >> ipoib__random_between(random, 24, 60));
		ck_assert_int_eq(ipoib__wheel_due(&wheel, later), deadline <= later);
		if (deadline != IPOIB_NEVER)
			ck_assert(ipoib__wheel_due(&wheel, deadline));
		n_fired = 0;
	}
}
END_TEST

Suite *suite_wheel(void)
{
	Suite *suite = suite_create("wheel");
	TCase *tcase = tcase_create("wheel");

	tcase_add_checked_fixture(tcase, setup, support_teardown);
	tcase_add_test(tcase, an_empty_wheel_has_no_deadline_and_time_may_pass);
	tcase_add_test(tcase, a_timer_fires_on_the_first_tick_at_or_after_its_deadline);
	tcase_add_test(tcase, a_deadline_that_has_passed_fires_at_the_next_advance);
	tcase_add_test(tcase, never_is_a_deadline_that_is_not_armed);
	tcase_add_test(tcase, a_timer_that_is_armed_again_forgets_its_old_deadline);
	tcase_add_test(tcase, a_cancelled_timer_leaves_no_deadline_behind);
	tcase_add_test(tcase, timers_of_one_tick_fire_in_the_order_in_which_they_were_armed);
	tcase_add_test(tcase, what_exceeds_the_budget_fires_first_next_time);
	tcase_add_test(tcase, time_never_goes_backward);
	tcase_add_test(tcase, a_callback_that_arms_its_timer_at_once_does_not_hold_the_caller);
	tcase_add_test(tcase, a_callback_may_cancel_and_defer_timers_that_are_due);
	tcase_add_test(tcase, a_slot_with_more_timers_than_one_advance_moves_keeps_their_order);
	tcase_add_test(tcase, a_timer_that_waits_to_be_moved_is_not_forgotten_by_the_deadline);
	tcase_add_test(tcase, the_deadlines_of_the_wheel_alone_fire_every_timer_on_its_tick);
	tcase_add_test(tcase, whether_something_is_due_is_what_the_deadline_says);
	suite_add_tcase(suite, tcase);
	return suite;
}
