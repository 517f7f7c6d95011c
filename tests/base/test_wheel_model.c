/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The wheel against a naive model: an unsorted array that is searched for the timer that must fire
 * next, the one with the least (tick, order of arming). Timers are armed and cancelled at random,
 * inside callbacks too, and time moves by anything from nothing to months.
 */
#include <ipoib/types.h>

#include "base/list.h"
#include "base/suites.h"
#include "base/wheel.h"
#include "support/support.h"

#define TICK_BITS IPOIB__WHEEL_TICK_BITS
#define TIMERS 100

struct model {
	struct ipoib__timer timer;
	bool armed;
	uint64_t deadline;
	uint64_t tick;
	uint64_t order;
	unsigned round; /* of advance, before which it must not fire */
};

static struct ipoib__wheel wheel;
static struct model models[TIMERS];
static struct ipoib__random *numbers;
static uint64_t model_now; /* the wheel's */
static uint64_t orders;
static unsigned rounds;
static bool advancing;

static void setup(void)
{
	support_setup();
	orders = 0;
	rounds = 0;
	advancing = false;
}

static bool comes_before(const struct model *a, const struct model *b)
{
	return a->tick != b->tick ? a->tick < b->tick : a->order < b->order;
}

/* The timer that must fire next in this round, or NULL. */
static struct model *first_due(void)
{
	struct model *first = NULL;

	for (int i = 0; i < TIMERS; i++) {
		struct model *m = &models[i];

		if (!m->armed || m->round > rounds || m->tick > model_now >> TICK_BITS)
			continue;
		if (!first || comes_before(m, first))
			first = m;
	}
	return first;
}

static void arm(struct model *m)
{
	/* small, large, huge, and passed */
	uint64_t delay = ipoib__random_u64(numbers) >> ipoib__random_between(numbers, 8, 50);

	m->deadline = ipoib__random_below(numbers, 8) == 0 ? model_now - delay % 1000000000 :
							     model_now + delay;
	m->armed = true;
	m->tick = (m->deadline + (UINT64_C(1) << TICK_BITS) - 1) >> TICK_BITS;
	if (m->deadline <= model_now)
		m->tick = model_now >> TICK_BITS;
	m->order = orders++;
	m->round = rounds + advancing;
	ipoib__wheel_arm(&wheel, &m->timer, m->deadline);
}

static void change_one(void)
{
	struct model *m = &models[ipoib__random_below(numbers, TIMERS)];

	ck_assert_int_eq(ipoib__timer_armed(&m->timer), m->armed);
	if (ipoib__random_below(numbers, 3) == 0) {
		m->armed = false;
		ipoib__wheel_cancel(&wheel, &m->timer);
	} else {
		arm(m);
	}
}

static void expire(struct ipoib__timer *timer, uint64_t now)
{
	struct model *m = ipoib__container_of(timer, struct model, timer);

	ck_assert_uint_eq(now, model_now);
	ck_assert_uint_le(m->deadline, now);
	ck_assert_ptr_eq(m, first_due());
	m->armed = false;
	for (uint64_t n = ipoib__random_below(numbers, 3); n > 0; n--)
		change_one();
}

static void advance(unsigned budget)
{
	unsigned fired;

	rounds++;
	advancing = true;
	fired = ipoib__wheel_advance(&wheel, model_now, budget);
	advancing = false;
	ck_assert_uint_le(fired, budget);
	if (fired < budget)
		ck_assert_ptr_null(first_due());
}

static void check_deadline(void)
{
	uint64_t deadline = ipoib__wheel_deadline(&wheel);
	uint64_t first = UINT64_MAX;

	for (int i = 0; i < TIMERS; i++)
		if (models[i].armed && models[i].tick < first)
			first = models[i].tick;
	if (first == UINT64_MAX)
		ck_assert_uint_eq(deadline, IPOIB_NEVER);
	else
		ck_assert(deadline <= first << TICK_BITS || deadline <= model_now);
}

static void run(int steps)
{
	model_now = ipoib__random_u64(numbers) >> 4;
	ipoib__wheel_init(&wheel, model_now);
	for (int i = 0; i < TIMERS; i++) {
		models[i] = (struct model){ .armed = false };
		ipoib__timer_init(&models[i].timer, expire);
	}

	for (int i = 0; i < steps; i++) {
		for (uint64_t n = ipoib__random_below(numbers, 10); n > 0; n--)
			change_one();
		check_deadline();
		if (ipoib__random_below(numbers, 3) == 0 &&
		    ipoib__wheel_deadline(&wheel) != IPOIB_NEVER &&
		    ipoib__wheel_deadline(&wheel) > model_now)
			model_now = ipoib__wheel_deadline(&wheel);
		else
			model_now += ipoib__random_u64(numbers) >>
				     ipoib__random_between(numbers, 10, 63);
		advance(ipoib__random_below(numbers, 4) == 0 ? 3 : UINT32_MAX);
		check_deadline();
	}
}

START_TEST(the_wheel_fires_what_a_naive_model_fires_in_its_order)
{
	numbers = support_random();
	for (int i = 0; i < 200; i++)
		run(60);
}
END_TEST

Suite *suite_wheel_model(void)
{
	Suite *suite = suite_create("wheel model");
	TCase *tcase = tcase_create("wheel model");

	tcase_add_checked_fixture(tcase, setup, support_teardown);
	tcase_set_timeout(tcase, 60); /* for valgrind */
	tcase_add_test(tcase, the_wheel_fires_what_a_naive_model_fires_in_its_order);
	suite_add_tcase(suite, tcase);
	return suite;
}
