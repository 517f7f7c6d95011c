/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Ten minutes of a host that claims an address at two ports in turns, once a second, under each
 * policy; and what is remembered of it.
 */
#include <string.h>

#include "neighbour/neighbour_rig.h"
#include "support/support.h"

static struct ipoib_link_address a, b;
static struct ipoib__neighbour *n;

static void start(enum ipoib_flux_policy policy)
{
	a = rig_address(0, 0x48, 1);
	b = rig_address(0, 0x48, 2);
	n = rig_start_at(&a, policy);
}

static void heard(const struct ipoib_link_address *address)
{
	rig_step(n, IPOIB__NEIGHBOUR_HEARD, address);
}

static void finish(void)
{
	rig_story();
	ipoib__neighbours_fini(&rig.table);
}

static unsigned questions, moves;
static uint64_t last_move, shortest;
static bool answers, ask_pending;

static void count(struct ipoib__neighbour *entry, unsigned actions)
{
	if (actions & (IPOIB__NEIGHBOUR_ASK_UNICAST | IPOIB__NEIGHBOUR_ASK_KNOWN)) {
		questions++;
		ask_pending = true;
	}
	if (actions & IPOIB__NEIGHBOUR_MOVED) {
		if (moves > 0 && support_now - last_move < shortest)
			shortest = support_now - last_move;
		last_move = support_now;
		moves++;
	}
	rig_check(!(actions & IPOIB__NEIGHBOUR_FLUX) || entry->verdict != 0);
}

static void ten_minutes(enum ipoib_flux_policy policy, bool answering)
{
	start(policy);
	rig.on_act = count;
	answers = answering;
	questions = moves = 0;
	shortest = IPOIB_NEVER;
	for (unsigned i = 1; i <= 6000; i++) {
		rig_run_until(i * 100 * MS);
		ipoib__neighbours_touch(&rig.table, n, support_now);
		rig_use(n);
		if (ask_pending && answers) {
			struct ipoib_link_address known = n->link_address;

			rig_answer(n, &known);
		}
		ask_pending = false;
		if (i % 10 == 0)
			heard(i / 10 % 2 ? &b : &a);
	}
	rig.on_act = NULL;
}

static const struct attack {
	enum ipoib_flux_policy policy;
	bool answers;
	unsigned moves;
	uint64_t apart; /* the moves, at least, in ms */
} attacks[] = {
	{ IPOIB_FLUX_CONFIRM, true, 0, UINT64_MAX },
	{ IPOIB_FLUX_PIN, true, 0, UINT64_MAX },
	{ IPOIB_FLUX_ACCEPT, true, 600, 1000 },
	{ IPOIB_FLUX_HOLD, true, 59, 10000 }, /* a tick late each */
	{ IPOIB_FLUX_CONFIRM, false, 46, 10000 }, /* every 13 s */
	{ IPOIB_FLUX_PIN, false, 0, UINT64_MAX },
	{ IPOIB_FLUX_ACCEPT, false, 600, 1000 },
	{ IPOIB_FLUX_HOLD, false, 59, 10000 },
};

/* I14: at most one change in a hold-down time of 10 s, and one question about claims. */
START_TEST(two_ports_take_turns_for_ten_minutes)
{
	const struct attack *attack = &attacks[_i];

	ten_minutes(attack->policy, attack->answers);
	ck_assert_uint_eq(moves, attack->moves);
	ck_assert_uint_eq(n->moves, moves);
	if (moves > 1)
		ck_assert_uint_ge(shortest, attack->apart * MS);
	if (attack->policy == IPOIB_FLUX_CONFIRM && attack->answers) {
		ck_assert_uint_eq(n->fluxes, 300); /* b's; what a says is known */
		ck_assert_uint_le(questions, 60);
		ck_assert_uint_ge(ipoib__neighbour_rate(n->history, support_now), 25);
		ck_assert_uint_le(ipoib__neighbour_rate(n->history, support_now), 30);
	}
	finish();
}
END_TEST

/* ---- what is remembered ---- */

START_TEST(the_last_eight_are_remembered_and_the_last_minute_is_counted)
{
	start(IPOIB_FLUX_ACCEPT);
	for (unsigned i = 0; i < 20; i++) {
		rig_run_until((i + 1) * S);
		heard(i % 2 ? &a : &b);
	}
	ck_assert_uint_eq(n->history->count, IPOIB__NEIGHBOUR_HISTORY);
	ck_assert_uint_eq(n->history->next, 20 % IPOIB__NEIGHBOUR_HISTORY);
	ck_assert_uint_eq(n->history->last[3].time, 20 * S); /* the twentieth */
	ck_assert_mem_eq(&n->history->last[3].held, &b, sizeof(b));
	ck_assert_mem_eq(&n->history->last[3].claimed, &a, sizeof(a));
	ck_assert_uint_eq(n->history->last[4].time, 13 * S); /* the oldest */
	ck_assert_uint_eq(ipoib__neighbour_rate(n->history, 20 * S), 20);
	ck_assert_uint_eq(ipoib__neighbour_rate(n->history, 59 * S), 20);
	ck_assert_uint_eq(ipoib__neighbour_rate(n->history, 60 * S), 11); /* 1 to 9 s are over */
	ck_assert_uint_eq(ipoib__neighbour_rate(n->history, 75 * S), 1);
	ck_assert_uint_eq(ipoib__neighbour_rate(n->history, 80 * S), 0);
	ck_assert_uint_eq(ipoib__neighbour_rate(n->history, IPOIB_NEVER), 0);
	rig_run_until(75 * S);
	heard(&b);
	ck_assert_uint_eq(ipoib__neighbour_rate(n->history, 75 * S), 2);
	rig_run_until(1000 * S);
	heard(&a);
	ck_assert_uint_eq(ipoib__neighbour_rate(n->history, 1000 * S), 1);
	finish();
}
END_TEST

START_TEST(without_memory_for_a_history_the_counters_count)
{
	start(IPOIB_FLUX_PIN);
	support_fail_after(1, true);
	for (unsigned i = 0; i < 10; i++)
		heard(&b);
	support_fail_after(0, false);
	ck_assert_ptr_null(n->history);
	ck_assert_uint_eq(n->fluxes, 10);
	ck_assert_uint_eq(n->refused, 10);
	heard(&b);
	ck_assert_ptr_nonnull(n->history);
	ck_assert_uint_eq(n->history->last[0].count, 1);
	finish(); /* which looks for leaks */
}
END_TEST

Suite *suite_attack(void)
{
	Suite *suite = suite_create("attack");
	TCase *tcase = tcase_create("attack");

	tcase_add_checked_fixture(tcase, support_setup, support_teardown);
	tcase_set_timeout(tcase, 60); /* for valgrind */
	tcase_add_loop_test(tcase, two_ports_take_turns_for_ten_minutes, 0,
			    (int)(sizeof(attacks) / sizeof(attacks[0])));
	tcase_add_test(tcase, the_last_eight_are_remembered_and_the_last_minute_is_counted);
	tcase_add_test(tcase, without_memory_for_a_history_the_counters_count);
	suite_add_tcase(suite, tcase);
	return suite;
}
