/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* The limits of the set: who has to go when there are as many as may be (I30, I31). */
#include "connection/connection_rig.h"
#include "support/support.h"

static bool known(unsigned number)
{
	struct ipoib_link_address peer = rig_peer(number);

	return ipoib__connections_find(&rig.set, &peer) != NULL;
}

START_TEST(the_least_recently_used_goes_whichever_direction_it_has)
{
	struct ipoib__connection *first, *second, *third;

	rig_start(3);
	first = rig_up(1);
	rig_run_until(2 * S);
	second = rig_take(2);
	rig_run_until(4 * S);
	third = rig_up(3);
	rig_run_until(6 * S);
	ipoib__connections_touch(&rig.set, first, support_now);
	ck_assert_ptr_nonnull(rig_take(4));
	ck_assert_ptr_eq(rig.reaped, second);
	ck_assert_uint_eq(rig.n_lost, 0);
	rig_check_set();
	rig_want(5);
	ck_assert_ptr_eq(rig.reaped, third);
	ck_assert_uint_eq(rig.n_lost, 1);
	rig_check_set();
	rig_run_until(7 * S);
	rig_want(6);
	ck_assert_ptr_eq(rig.reaped, first);
	rig_check_set();
	ck_assert_uint_eq(rig.set.existing, 3);
	rig_fini();
}
END_TEST

START_TEST(nobody_is_to_blame_for_being_reaped)
{
	struct ipoib__connection *c;

	rig_start(1);
	c = rig_up(1);
	rig_run_until(S);
	rig_want(2);
	ck_assert_int_eq(c->state, IPOIB__CONNECTION_IDLE);
	ck_assert_uint_eq(c->failures, 0);
	rig_step(rig_get(2), IPOIB__CONNECTION_FAILURE);
	rig_step(c, IPOIB__CONNECTION_WANT);
	ck_assert_int_eq(c->state, IPOIB__CONNECTION_DIALLING);
	rig_check_set();
	rig_fini();
}
END_TEST

START_TEST(use_within_a_second_does_not_change_the_order)
{
	struct ipoib__connection *first;

	rig_start(2);
	first = rig_up(1);
	rig_up(2);
	support_now += S - 1;
	ipoib__connections_touch(&rig.set, first, support_now);
	ck_assert_uint_eq(first->used, S - 1);
	rig_run_until(2 * S);
	rig_want(3);
	ck_assert_ptr_eq(rig.reaped, first);
	rig_fini();
}
END_TEST

START_TEST(who_is_busy_is_not_reaped)
{
	struct ipoib__connection *c[3];

	rig_start(3);
	for (unsigned i = 0; i < 3; i++) {
		c[i] = i == 1 ? rig_take(i) : rig_up(i);
		rig_set_busy(c[i], true);
	}
	rig.n_dials = 0;
	rig_run_until(S);
	rig_want(9);
	ck_assert_ptr_null(rig_take(9));
	ck_assert_uint_eq(rig.n_given_up, 0);
	rig_run_until(3 * S + 100 * MS); /* its turn has not come */
	ck_assert_uint_eq(rig.n_dials + rig.n_lost, 0);
	ck_assert_uint_eq(rig.n_given_up, 1); /* what waits for it is answered */
	rig_check_set();
	rig_set_busy(c[2], false);
	rig_run_until(5 * S); /* it is held as after any failure */
	rig_want(9);
	ck_assert_uint_eq(rig.n_dials, 1);
	ck_assert_ptr_eq(rig.reaped, c[2]);
	rig_check_set();
	rig_fini();
}
END_TEST

START_TEST(one_that_is_idle_is_found_behind_any_number_of_busy_ones)
{
	struct ipoib__connection *c;

	rig_start(100);
	for (unsigned i = 0; i < 100; i++) {
		c = rig_up(i);
		rig_set_busy(c, i != 99);
	}
	rig_run_until(S);
	for (unsigned i = 0; i < 10 && rig.n_lost == 0; i++) {
		rig_want(200 + i);
		rig_run_until(support_now + 100 * MS);
	}
	ck_assert_ptr_eq(rig.reaped, c);
	rig_check_set();
	rig_fini();
}
END_TEST

START_TEST(a_limit_of_none_makes_and_takes_none)
{
	rig_start(0);
	rig_want(1);
	ck_assert_ptr_null(rig_take(2));
	ck_assert_uint_eq(rig.n_dials, 0);
	rig_check_set();
	rig_fini();
}
END_TEST

START_TEST(what_is_remembered_of_those_not_connected_is_bounded)
{
	rig_start(2);
	rig.set.entries = 3;
	ipoib__connections_hold(rig_get(1));
	rig_up(2);
	rig_get(3);
	ck_assert_uint_eq(rig.n_ended, 0);
	rig_get(4);
	ck_assert(known(1) && known(2) && known(4) && !known(3));
	ck_assert_uint_eq(rig_count(), 3);
	rig_check_set();
	rig_fini();
}
END_TEST

START_TEST(who_is_used_or_connected_is_not_forgotten_for_another)
{
	struct ipoib_link_address peer = rig_peer(3);

	rig_start(2);
	rig.set.entries = 2;
	ipoib__connections_hold(rig_get(1));
	rig_up(2);
	ck_assert_ptr_null(ipoib__connections_get(&rig.set, &peer, support_now));
	ck_assert_uint_eq(rig_count(), 2);
	ck_assert_ptr_nonnull(rig_take(3)); /* which is bounded otherwise */
	rig_check_set();
	rig_fini();
}
END_TEST

START_TEST(room_is_made_only_where_there_is_none)
{
	struct ipoib__connection *first;

	rig_start(2);
	first = rig_up(1);
	ck_assert(ipoib__connections_room(&rig.set, IPOIB__CONNECTION_OURS, support_now));
	ck_assert_uint_eq(rig.n_lost, 0);
	rig_up(2);
	rig_run_until(S);
	ck_assert(ipoib__connections_room(&rig.set, IPOIB__CONNECTION_OURS, support_now));
	ck_assert_ptr_eq(rig.reaped, first);
	ck_assert_uint_eq(rig.set.existing, 1);
	rig_check_set();
	rig_fini();
}
END_TEST

START_TEST(one_that_is_being_made_does_not_give_way)
{
	struct ipoib__connection *first;

	rig_start(1);
	first = rig_get(1);
	rig_want(1);
	while (support_now < S) {
		rig_want(1);
		rig_want(2);
		rig_run_until(support_now + MS);
		rig_check_set();
	}
	ck_assert_uint_eq(rig.n_dials, 1);
	ck_assert_int_eq(first->state, IPOIB__CONNECTION_DIALLING);
	rig_fini();
}
END_TEST

START_TEST(what_was_used_within_its_lease_does_not_give_way)
{
	struct ipoib__connection *c;

	rig_start(1);
	c = rig_up(1);
	rig_run_until(S / 2);
	ipoib__connections_touch(&rig.set, c, support_now);
	rig_want(2);
	ck_assert_ptr_null(rig_take(3));
	rig_run_until(S / 2 + S - 1);
	ck_assert_int_eq(c->state, IPOIB__CONNECTION_UP);
	rig_run_until(S / 2 + S + 100 * MS); /* the line looks ten times a second */
	ck_assert_int_eq(c->state, IPOIB__CONNECTION_IDLE);
	ck_assert_int_eq(rig_get(2)->state, IPOIB__CONNECTION_DIALLING);
	rig_check_set();
	rig_fini();
}
END_TEST

START_TEST(the_line_is_served_in_the_order_of_coming)
{
	rig_start(1);
	rig_want(1);
	for (unsigned i = 2; i <= 9; i++)
		rig_want(i);
	for (unsigned i = 2; i <= 9; i++) {
		/* one that comes now does not overtake, though there is room */
		rig_step(rig_get(i - 1), IPOIB__CONNECTION_FAILURE);
		rig_want(20);
		rig_run_until(support_now);
		ck_assert_int_eq(rig_get(i)->state, IPOIB__CONNECTION_DIALLING);
		rig_check_set();
	}
	ck_assert_uint_eq(rig.n_dials, 9);
	rig_fini();
}
END_TEST

START_TEST(a_port_that_goes_down_leaves_none_in_line)
{
	rig_start(1);
	rig_want(1);
	rig_want(2);
	ipoib__connections_drop_all(&rig.set, support_now);
	rig_run_until(10 * S);
	ck_assert_uint_eq(rig.n_dials, 1);
	rig_want(2);
	ck_assert_uint_eq(rig.n_dials, 2);
	rig_fini();
}
END_TEST

/* A place is given on once a lease at most, whatever the number of those that want it. */
START_TEST(more_peers_than_places_cost_a_dial_a_lease_and_place)
{
	unsigned last = 0;

	rig_start(2);
	while (support_now < 60 * S) {
		for (unsigned i = 0; i < 9; i++) {
			struct ipoib__connection *c = rig_get(i);

			rig_step(c, IPOIB__CONNECTION_WANT);
			rig_step(c, IPOIB__CONNECTION_ANSWER);
		}
		rig_check_set();
		rig_run_until(support_now + 10 * MS);
	}
	last = rig.n_dials;
	ck_assert_uint_le(last, 2 + 2 * 60);
	ck_assert_uint_ge(last, 2 + 60); /* and the places do go round */
	rig_fini();
}
END_TEST

/* What one side does not use the other may borrow; it is given back when it is wanted. */
START_TEST(each_side_has_half_and_lends_it)
{
	enum ipoib__connection_side side = _i;
	struct ipoib__connection *c;

	rig_start(4);
	for (unsigned i = 0; i < 4; i++)
		ck_assert_ptr_nonnull(side == IPOIB__CONNECTION_OURS ? rig_up(i) : rig_take(i));
	rig_run_until(S);
	for (unsigned i = 0; i < 2; i++) {
		c = side == IPOIB__CONNECTION_OURS ? rig_take(10 + i) : rig_up(10 + i);
		ck_assert_ptr_nonnull(c);
		rig_check_set();
	}
	ck_assert_uint_eq(rig.set.of_side[side], 2);
	ck_assert_uint_eq(rig.set.counters.gave_way, 2);
	/* and no more than half: beyond it each makes its own give way */
	rig_run_until(3 * S);
	for (unsigned i = 0; i < 10; i++) {
		c = side == IPOIB__CONNECTION_OURS ? rig_take(20 + i) : rig_get(20 + i);
		ck_assert_ptr_nonnull(c);
		if (side == IPOIB__CONNECTION_PEERS)
			rig_want(20 + i);
		rig_step(c, IPOIB__CONNECTION_ANSWER);
		rig_check_set();
		rig_run_until(support_now + S);
		ck_assert_uint_eq(rig.set.of_side[side], 2);
	}
	rig_fini();
}
END_TEST

/* However many ask, they get what is free and what is idle of their own, once a lease. */
START_TEST(a_flood_of_requests_does_not_touch_what_we_made)
{
	struct ipoib__connection *ours[2];
	unsigned taken = 0;

	rig_start(4);
	ours[0] = rig_up(1);
	ours[1] = rig_up(2);
	for (unsigned i = 0; support_now < 10 * S; i++) {
		taken += rig_take(100 + i % 500) != NULL;
		rig_run_until(support_now + MS);
		rig_check_set();
	}
	ck_assert_int_eq(ours[0]->state, IPOIB__CONNECTION_UP);
	ck_assert_int_eq(ours[1]->state, IPOIB__CONNECTION_UP);
	ck_assert_uint_ge(taken, 2 * 9);
	ck_assert_uint_le(taken, 2 * 11);
	rig_fini();
}
END_TEST

/* A place that becomes free is for those that wait in line, not for a request that comes by. */
START_TEST(requests_do_not_overtake_the_line)
{
	struct ipoib__connection *c[4];

	rig_start(4);
	for (unsigned i = 0; i < 4; i++) {
		c[i] = rig_take(i);
		rig_set_busy(c[i], true);
	}
	rig_want(10);
	rig_step(c[0], IPOIB__CONNECTION_ENDED);
	ck_assert_ptr_null(rig_take(11));
	rig_run_until(support_now);
	ck_assert_int_eq(rig_get(10)->state, IPOIB__CONNECTION_DIALLING);
	rig_check_set();
	rig_fini();
}
END_TEST

/* A peer that asks by RFC 4755's service ID and never finishes holds its place for a lease. */
START_TEST(one_that_a_peer_does_not_finish_gives_way_to_another_peer)
{
	rig_start(2);
	rig_step(rig_get(1), IPOIB__CONNECTION_ADOPT);
	rig_step(rig_get(2), IPOIB__CONNECTION_ADOPT);
	ck_assert_ptr_null(rig_take(3));
	rig_run_until(S);
	ck_assert_ptr_nonnull(rig_take(3));
	rig_check_set();
	rig_fini();
}
END_TEST

Suite *suite_limits(void)
{
	Suite *suite = suite_create("limits");
	TCase *tcase = tcase_create("limits");

	tcase_add_checked_fixture(tcase, support_setup, support_teardown);
	tcase_add_test(tcase, the_least_recently_used_goes_whichever_direction_it_has);
	tcase_add_test(tcase, nobody_is_to_blame_for_being_reaped);
	tcase_add_test(tcase, use_within_a_second_does_not_change_the_order);
	tcase_add_test(tcase, who_is_busy_is_not_reaped);
	tcase_add_test(tcase, one_that_is_idle_is_found_behind_any_number_of_busy_ones);
	tcase_add_test(tcase, a_limit_of_none_makes_and_takes_none);
	tcase_add_test(tcase, what_is_remembered_of_those_not_connected_is_bounded);
	tcase_add_test(tcase, who_is_used_or_connected_is_not_forgotten_for_another);
	tcase_add_test(tcase, room_is_made_only_where_there_is_none);
	tcase_add_test(tcase, one_that_is_being_made_does_not_give_way);
	tcase_add_test(tcase, what_was_used_within_its_lease_does_not_give_way);
	tcase_add_test(tcase, the_line_is_served_in_the_order_of_coming);
	tcase_add_test(tcase, a_port_that_goes_down_leaves_none_in_line);
	tcase_add_test(tcase, more_peers_than_places_cost_a_dial_a_lease_and_place);
	tcase_add_loop_test(tcase, each_side_has_half_and_lends_it, 0, IPOIB__CONNECTION_SIDES);
	tcase_add_test(tcase, a_flood_of_requests_does_not_touch_what_we_made);
	tcase_add_test(tcase, requests_do_not_overtake_the_line);
	tcase_add_test(tcase, one_that_a_peer_does_not_finish_gives_way_to_another_peer);
	suite_add_tcase(suite, tcase);
	return suite;
}
