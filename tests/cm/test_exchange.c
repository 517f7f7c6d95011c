/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Manager against manager: each MAD lost, repeated and delayed in turn, each allocation failing. */
#include <errno.h>
#include <string.h>

#include "cm/pair.h"
#include "cm/suites.h"

/* More MADs than a whole life of a connection takes, with one of them treated badly. */
#define TURNS 12

static unsigned chosen;
static enum { LOSE, REPEAT, DELAY, LOSE_ALL_AFTER } treatment;

static unsigned copies_of_chosen(struct side *from, const uint8_t mad[IPOIB__MAD_LENGTH])
{
	(void)from;
	(void)mad;
	if (treatment == LOSE_ALL_AFTER)
		return pair_sent < chosen;
	if (pair_sent != chosen)
		return 1;
	return treatment == LOSE ? 0 : treatment == REPEAT ? 2 : 1;
}

static uint64_t delay_of_chosen(unsigned copy)
{
	/* emit() has counted it */
	if (pair_sent != chosen + 1)
		return 1000000;
	if (treatment == DELAY)
		return 6 * PAIR_SECOND; /* overtaken by its own repetition */
	return copy == 1 ? 2 * PAIR_SECOND : 1000000;
}

static void treat_badly(unsigned turn, int how)
{
	chosen = turn;
	treatment = how;
	pair_copies = copies_of_chosen;
	pair_delay = delay_of_chosen;
}

static void check_all_gone(void)
{
	pair_run(60 * PAIR_SECOND);
	ck_assert_uint_eq(pair_half_open(), 0);
	ck_assert_uint_eq(ipoib__table_count(&left.cm.by_id), 0);
	ck_assert_uint_eq(ipoib__table_count(&right.cm.by_id), 0);
	ck_assert_uint_eq(ipoib__cm_live(&left.cm) + ipoib__cm_live(&right.cm), 0);
	ck_assert_uint_eq(left.cm.requests + right.cm.requests, 0);
}

START_TEST(a_connection_is_made_and_ended)
{
	struct half *half = pair_connect(&left);

	pair_run(PAIR_SECOND);
	ck_assert(half->up);
	ck_assert_uint_eq(pair_sent, 3); /* REQ, REP, RTU */
	ck_assert_uint_eq(pair_up(&right), 1);
	ck_assert_uint_eq(pair_half_open(), 0);
	ck_assert_uint_eq(ipoib__cm_live(&left.cm), 1);
	pair_end(&left, half);
	pair_run(PAIR_SECOND);
	ck_assert_uint_eq(pair_sent, 5); /* DREQ, DREP */
	ck_assert_int_eq(right.halves[0].status, -ECONNRESET);
	ck_assert_uint_eq(ipoib__cm_live(&left.cm) + ipoib__cm_live(&right.cm), 0);
	check_all_gone();
}
END_TEST

START_TEST(one_mad_in_turn_is_lost_repeated_or_late)
{
	treat_badly((unsigned)_i / 3, _i % 3);
	struct half *half = pair_connect(&left);

	pair_run(30 * PAIR_SECOND);
	ck_assert_uint_eq(pair_half_open(), 0);
	ck_assert(half->up);
	ck_assert_uint_eq(pair_up(&right), 1);
	pair_end(&left, half);
	check_all_gone();
}
END_TEST

START_TEST(one_mad_in_turn_of_a_refusal_is_lost_repeated_or_late)
{
	static const uint8_t data[4] = { 0, 0x12, 0x34, 0x56 };

	ipoib__cm_reject_data(&right.cm, data, sizeof(data));
	treat_badly((unsigned)_i / 3, _i % 3);
	struct half *half = pair_connect_to(&left, PAIR_SERVICE + 1);

	pair_run(10 * PAIR_SECOND);
	ck_assert(half->over);
	ck_assert_uint_eq(half->ends, 1);
	ck_assert_int_eq(half->status, 0);
	ck_assert_uint_eq(half->reason, IPOIB__CM_REASON_SERVICE_ID);
	ck_assert_mem_eq(half->private_data, data, sizeof(data));
	ck_assert_uint_eq(right.half_count, 0);
	check_all_gone();
}
END_TEST

START_TEST(both_ends_close_at_once)
{
	struct half *half = pair_connect(&left);

	treat_badly(TURNS, LOSE);
	pair_run(PAIR_SECOND);
	pair_end(&left, half);
	pair_end(&right, &right.halves[0]);
	pair_run(PAIR_SECOND / 2);
	ck_assert_uint_eq(ipoib__cm_live(&left.cm) + ipoib__cm_live(&right.cm), 0);
	check_all_gone();
}
END_TEST

START_TEST(both_connect_to_each_other_at_once)
{
	struct half *one = pair_connect(&left), *two = pair_connect(&right);

	pair_run(PAIR_SECOND);
	ck_assert(one->up && two->up);
	ck_assert_uint_eq(pair_up(&left), 2);
	ck_assert_uint_eq(pair_up(&right), 2);
	ck_assert_uint_eq(pair_half_open(), 0);
}
END_TEST

START_TEST(a_wire_that_breaks_for_good_ends_everything_that_is_not_up)
{
	treat_badly((unsigned)_i, LOSE_ALL_AFTER);
	struct half *half = pair_connect(&left);

	pair_run(60 * PAIR_SECOND);
	ck_assert(half->up || half->over);
	for (unsigned i = 0; i < right.half_count; i++)
		ck_assert(right.halves[i].up || right.halves[i].over);
	ck_assert_uint_eq(ipoib__cm_live(&left.cm), pair_up(&left));
	ck_assert_uint_eq(ipoib__cm_live(&right.cm), pair_up(&right));
	/* The queue pair of a half fails, and so its owner ends it. */
	if (half->up)
		pair_end(&left, half);
	if (pair_up(&right) > 0)
		pair_end(&right, &right.halves[0]);
	check_all_gone();
}
END_TEST

START_TEST(a_peer_that_restarted_is_stale_once_and_then_welcome)
{
	struct half *half = pair_connect(&left);
	uint32_t qpn = half->qpn;

	pair_run(PAIR_SECOND);
	ck_assert(half->up);
	ipoib__cm_fini(&left.cm); /* it says nothing */
	struct ipoib__cm_config config = right.cm.config;
	config.owner = &left;
	config.ca_guid = 1;
	ck_assert_int_eq(ipoib__cm_init(&left.cm, support_memory(), support_random(), &config), 0);
	left.half_count = 0;
	left.next_qpn = qpn;
	half = pair_connect(&left);
	pair_run(PAIR_SECOND);
	ck_assert(half->over);
	ck_assert_int_eq(half->status, 0);
	ck_assert_uint_eq(right.cm.counters.stale, 1);
	ck_assert(right.halves[0].over);
	left.next_qpn = qpn;
	half = pair_connect(&left);
	pair_run(PAIR_SECOND);
	ck_assert(half->up);
	ck_assert_uint_eq(pair_half_open(), 0);
}
END_TEST

START_TEST(the_first_message_may_overtake_the_rtu)
{
	treat_badly(2, LOSE); /* the RTU */
	struct half *half = pair_connect(&left);

	pair_run(PAIR_SECOND);
	ck_assert(half->up && !right.halves[0].up);
	ipoib__cm_established(&right.cm, right.halves[0].id);
	ipoib__cm_established(&right.cm, right.halves[0].id);
	pair_run(20 * PAIR_SECOND);
	ck_assert(right.halves[0].up);
	ck_assert_uint_eq(pair_sent, 3);
}
END_TEST

static bool a_life(void)
{
	struct half *half = pair_connect(&left);
	struct half *other = pair_connect(&right);

	pair_run(30 * PAIR_SECOND);
	ck_assert_uint_eq(pair_half_open(), 0);
	bool good = half->up && other->up;
	if (half->up)
		pair_end(&left, half);
	if (other->up)
		pair_end(&right, other);
	pair_run(60 * PAIR_SECOND);
	return good;
}

START_TEST(each_allocation_that_fails_costs_no_more_than_a_connection)
{
	for (long n = 1; n < 100; n++) {
		long before;

		pair_close();
		pair_open(support_seed() + (uint64_t)n);
		before = support_allocations();
		support_fail_after(n, _i == 1);
		bool good = a_life();
		support_fail_after(0, false);
		long asked = support_allocations() - before;
		ck_assert(a_life()); /* it recovers */
		check_all_gone();
		if (asked < n) {
			ck_assert(good);
			return;
		}
	}
	ck_abort_msg("there is no end to it");
}
END_TEST

Suite *suite_exchange(void)
{
	Suite *suite = suite_create("cm exchange");
	TCase *tcase = tcase_create("exchange");

	tcase_add_checked_fixture(tcase, pair_setup, pair_teardown);
	tcase_add_test(tcase, a_connection_is_made_and_ended);
	tcase_add_loop_test(tcase, one_mad_in_turn_is_lost_repeated_or_late, 0, 3 * TURNS);
	tcase_add_loop_test(tcase, one_mad_in_turn_of_a_refusal_is_lost_repeated_or_late, 0, 9);
	tcase_add_test(tcase, both_ends_close_at_once);
	tcase_add_test(tcase, both_connect_to_each_other_at_once);
	tcase_add_loop_test(tcase, a_wire_that_breaks_for_good_ends_everything_that_is_not_up, 0,
			    TURNS);
	tcase_add_test(tcase, a_peer_that_restarted_is_stale_once_and_then_welcome);
	tcase_add_test(tcase, the_first_message_may_overtake_the_rtu);
	tcase_add_loop_test(tcase, each_allocation_that_fails_costs_no_more_than_a_connection, 0,
			    2);
	suite_add_tcase(suite, tcase);
	return suite;
}
