/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The one part of the library that needs the system's clock, so these tests wait for it: a few
 * milliseconds each, and never longer for anything than GIVE_UP.
 */
#include <errno.h>
#include <ev.h>
#include <stdbool.h>

#include <ipoib/ev.h>

#include "ev/fake.h"
#include "ev/suites.h"
#include "support/support.h"

#define MILLISECOND UINT64_C(1000000)
#define FAR (3600 * 1000 * MILLISECOND)
/* Seconds; a machine under valgrind may be slow. */
#define GIVE_UP 30.
/* Dispatches that a handful of events may cost; a loop that spins makes thousands. */
#define FEW 20

static struct ev_loop *loop;
static struct fake fake;
static struct ipoib_ev *ev;

static void setup(void)
{
	support_setup();
	loop = ev_loop_new(EVFLAG_AUTO);
	ck_assert_ptr_nonnull(loop);
	fake_open(&fake);
	ck_assert_int_eq(ipoib_ev_new(&ev, loop, fake.context), 0);
}

static void teardown(void)
{
	ipoib_ev_close(ev);
	fake_close(&fake);
	ev_loop_destroy(loop);
	support_teardown();
}

static void give_up(struct ev_loop *of, ev_timer *timer, int events)
{
	(void)of;
	(void)timer;
	(void)events;
	ck_abort_msg("waited for %g s in vain", GIVE_UP);
}

/* Rounds of the loop until the number is there. */
static void run_until(const unsigned *number, unsigned wanted)
{
	ev_timer timer;

	ev_timer_init(&timer, give_up, GIVE_UP, 0.);
	ev_timer_start(loop, &timer);
	while (*number < wanted)
		ev_run(loop, EVRUN_ONCE);
	ev_timer_stop(loop, &timer);
}

static void break_loop(struct ev_loop *of, ev_timer *timer, int events)
{
	(void)timer;
	(void)events;
	ev_break(of, EVBREAK_ONE);
}

static void run_for(double seconds)
{
	ev_timer timer;

	ev_timer_init(&timer, break_loop, seconds, 0.);
	ev_now_update(loop);
	ev_timer_start(loop, &timer);
	ev_run(loop, 0);
	ev_timer_stop(loop, &timer);
}

START_TEST(a_readable_descriptor_is_dispatched)
{
	fake_set_deadline(&fake, ipoib_context_now(fake.context) + FAR);
	for (unsigned i = 1; i <= 3; i++) {
		fake_write(&fake);
		run_until(&fake.octets, i);
	}
	ck_assert_uint_lt(fake.processed, FEW);
}
END_TEST

START_TEST(a_deadline_is_dispatched_and_not_before_it_comes)
{
	for (unsigned i = 1; i <= 5; i++) {
		uint64_t deadline = ipoib_context_now(fake.context) + i * MILLISECOND;

		fake_set_deadline(&fake, deadline);
		run_until(&fake.expired, i);
		ck_assert_uint_ge(fake.expired_at, deadline);
	}
	ck_assert_uint_lt(fake.processed, 5 * FEW);
}
END_TEST

/* What a slow callback does: the loop looked at the clock before it. */
static void dawdle_and_set_deadline(struct fake *of, void *user)
{
	unsigned *processed = user;
	uint64_t until = ipoib_context_now(of->context) + 20 * MILLISECOND;

	while (ipoib_context_now(of->context) < until)
		continue;
	of->deadline = until + 10 * MILLISECOND;
	*processed = of->processed;
	of->hook = NULL;
}

START_TEST(a_deadline_counts_from_now_whenever_the_loop_looked_at_the_clock)
{
	unsigned processed;

	fake.hook = dawdle_and_set_deadline;
	fake.hook_user = &processed;
	fake_write(&fake);
	run_until(&fake.octets, 1);
	run_until(&fake.expired, 1);
	ck_assert_uint_eq(fake.processed, processed + 1);
}
END_TEST

START_TEST(a_deadline_in_the_past_is_dispatched)
{
	fake_set_deadline(&fake, 0);
	run_until(&fake.expired, 1);
}
END_TEST

static void wake_fake(struct ev_loop *of, ev_timer *timer, int events)
{
	(void)of;
	(void)timer;
	(void)events;
	fake_set_deadline(&fake, ipoib_context_now(fake.context) + MILLISECOND);
}

START_TEST(a_deadline_that_a_call_outside_dispatch_brings_forward_is_obeyed)
{
	ev_timer timer;

	fake_set_deadline(&fake, ipoib_context_now(fake.context) + FAR);
	ev_timer_init(&timer, wake_fake, .005, 0.);
	ev_timer_start(loop, &timer);
	run_until(&fake.expired, 1);
	ev_timer_stop(loop, &timer);
}
END_TEST

START_TEST(a_context_with_nothing_to_do_lets_the_loop_sleep)
{
	run_for(.02);
	ck_assert_uint_lt(fake.processed, FEW);
	fake_set_deadline(&fake, ipoib_context_now(fake.context) + FAR);
	run_for(.02);
	fake_set_deadline(&fake, IPOIB_NEVER - 1);
	run_for(.02);
	ck_assert_uint_lt(fake.processed, 3 * FEW);
	ck_assert_uint_eq(fake.expired, 0);
}
END_TEST

START_TEST(a_descriptor_with_the_number_of_a_closed_one_is_watched)
{
	for (unsigned i = 1; i <= 3; i++) {
		fake_write(&fake);
		run_until(&fake.octets, i);
		fake_reopen_pipe(&fake);
	}
	fake_write(&fake);
	run_until(&fake.octets, 4);
}
END_TEST

static void close_own(struct fake *of, void *user)
{
	(void)of;
	(void)user;
	ipoib_ev_close(ev);
	ev = NULL;
}

START_TEST(a_callback_may_close_what_called_it)
{
	fake.hook = close_own;
	fake_write(&fake);
	run_until(&fake.octets, 1);
	unsigned processed = fake.processed;

	ck_assert_int_eq(ev_run(loop, EVRUN_NOWAIT), 0);
	ck_assert_uint_eq(fake.processed, processed);
}
END_TEST

START_TEST(a_timer_may_close_what_it_woke)
{
	fake.hook = close_own;
	fake_set_deadline(&fake, ipoib_context_now(fake.context));
	run_until(&fake.expired, 1);
	ck_assert_int_eq(ev_run(loop, EVRUN_NOWAIT), 0);
}
END_TEST

START_TEST(after_a_close_nothing_is_left_in_the_loop)
{
	fake_set_deadline(&fake, ipoib_context_now(fake.context) + FAR);
	run_until(&fake.processed, 1);
	ck_assert_int_ne(ev_run(loop, EVRUN_NOWAIT), 0);
	fake_write(&fake);
	unsigned processed = fake.processed;

	ipoib_ev_close(ev);
	ev = NULL;
	ck_assert_int_eq(ev_run(loop, EVRUN_NOWAIT), 0);
	ck_assert_uint_eq(fake.processed, processed);
	ipoib_ev_close(NULL);
}
END_TEST

struct other {
	struct fake fake;
	struct ipoib_ev *ev;
};

static void open_other(struct other *other)
{
	fake_open(&other->fake);
	ck_assert_int_eq(ipoib_ev_new(&other->ev, loop, other->fake.context), 0);
}

static void close_other(struct other *other)
{
	ipoib_ev_close(other->ev);
	fake_close(&other->fake);
}

START_TEST(two_contexts_share_a_loop)
{
	struct other other;

	open_other(&other);
	fake_write(&fake);
	fake_set_deadline(&other.fake, ipoib_context_now(other.fake.context) + MILLISECOND);
	run_until(&fake.octets, 1);
	run_until(&other.fake.expired, 1);
	fake_write(&other.fake);
	run_until(&other.fake.octets, 1);
	close_other(&other);
}
END_TEST

static void close_handle(struct fake *of, void *user)
{
	struct ipoib_ev **handle = user;

	(void)of;
	ipoib_ev_close(*handle);
	*handle = NULL;
}

START_TEST(a_callback_may_close_another_that_is_due_in_the_same_round)
{
	struct other other;

	open_other(&other);
	fake.hook = close_handle;
	fake.hook_user = &other.ev;
	other.fake.hook = close_handle;
	other.fake.hook_user = &ev;
	fake_write(&fake);
	fake_write(&other.fake);
	ev_run(loop, EVRUN_ONCE);
	ck_assert_uint_eq(fake.octets + other.fake.octets, 1);
	ck_assert(!ev != !other.ev);
	close_other(&other);
}
END_TEST

static void run_inside(struct fake *of, void *user)
{
	(void)of;
	(void)user;
	fake_write(&fake);
	ev_run(loop, EVRUN_NOWAIT);
}

START_TEST(a_callback_may_run_the_loop)
{
	fake.hook = run_inside;
	fake_write(&fake);
	run_until(&fake.octets, 3);
	ck_assert_uint_lt(fake.processed, FEW);
}
END_TEST

static void run_inside_and_close(struct fake *of, void *user)
{
	run_inside(of, user);
	close_own(of, user);
}

START_TEST(a_callback_may_run_the_loop_and_then_close)
{
	fake.hook = run_inside_and_close;
	fake_write(&fake);
	run_until(&fake.octets, 1);
	ck_assert_int_eq(ev_run(loop, EVRUN_NOWAIT), 0);
}
END_TEST

Suite *suite_ev(void)
{
	Suite *suite = suite_create("ev");
	TCase *tcase = tcase_create("ev");

	/* Longer than GIVE_UP, which says what was waited for. */
	tcase_set_timeout(tcase, 2 * GIVE_UP);
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, a_readable_descriptor_is_dispatched);
	tcase_add_test(tcase, a_deadline_is_dispatched_and_not_before_it_comes);
	tcase_add_test(tcase, a_deadline_counts_from_now_whenever_the_loop_looked_at_the_clock);
	tcase_add_test(tcase, a_deadline_in_the_past_is_dispatched);
	tcase_add_test(tcase, a_deadline_that_a_call_outside_dispatch_brings_forward_is_obeyed);
	tcase_add_test(tcase, a_context_with_nothing_to_do_lets_the_loop_sleep);
	tcase_add_test(tcase, a_descriptor_with_the_number_of_a_closed_one_is_watched);
	tcase_add_test(tcase, a_callback_may_close_what_called_it);
	tcase_add_test(tcase, a_timer_may_close_what_it_woke);
	tcase_add_test(tcase, after_a_close_nothing_is_left_in_the_loop);
	tcase_add_test(tcase, two_contexts_share_a_loop);
	tcase_add_test(tcase, a_callback_may_close_another_that_is_due_in_the_same_round);
	tcase_add_test(tcase, a_callback_may_run_the_loop);
	tcase_add_test(tcase, a_callback_may_run_the_loop_and_then_close);
	suite_add_tcase(suite, tcase);
	return suite;
}
