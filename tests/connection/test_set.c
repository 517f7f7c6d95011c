/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* The set: who is found how, what ends by itself, how often somebody is dialled who refuses. */
#include "connection/connection_rig.h"
#include "support/support.h"

static bool known(unsigned number)
{
	struct ipoib_link_address peer = rig_peer(number);

	return ipoib__connections_find(&rig.set, &peer) != NULL;
}

START_TEST(a_peer_has_one_entry_whatever_its_flags_say)
{
	struct ipoib_link_address peer = rig_peer(1);
	struct ipoib__connection *c;

	rig_start(4);
	ck_assert_ptr_null(ipoib__connections_find(&rig.set, &peer));
	c = rig_get(1);
	peer.raw[0] = 0;
	ck_assert_ptr_eq(ipoib__connections_find(&rig.set, &peer), c);
	ck_assert_ptr_eq(ipoib__connections_get(&rig.set, &peer, support_now), c);
	ck_assert_uint_eq(rig_count(), 1);
	rig_check_set();
	rig_fini();
	ck_assert_uint_eq(rig.n_ended, 1);
}
END_TEST

START_TEST(what_a_peer_made_stands_beside_what_we_made)
{
	struct ipoib__connection *taken, *made;

	rig_start(4);
	taken = rig_take(1);
	ck_assert(!known(1));
	made = rig_up(1);
	ck_assert_ptr_ne(made, taken);
	ck_assert_ptr_eq(ipoib__connections_by_id(&rig.set, taken->id), taken);
	rig_check_set();
	rig_step(taken, IPOIB__CONNECTION_ENDED);
	ck_assert_uint_eq(rig_count(), 1);
	ck_assert_int_eq(made->state, IPOIB__CONNECTION_UP);
	rig_check_set();
	rig_fini();
}
END_TEST

/* Ids begin again when they are used up; what lasted so long keeps its own. */
START_TEST(an_id_that_is_in_use_is_not_given_again)
{
	struct ipoib__connection *first, *second;

	rig_start(4);
	first = rig_take(1);
	second = rig_take(2);
	ck_assert_uint_eq(second->id, first->id + 1);
	/* a round later */
	rig.set.next_id = (UINT64_C(1) << IPOIB__CONNECTION_ID_BITS) + first->id;
	ck_assert_uint_eq(rig_take(3)->id, second->id + 1);
	ck_assert_ptr_eq(ipoib__connections_by_id(&rig.set, first->id), first);
	rig_check_set();
	rig_fini();
}
END_TEST

START_TEST(every_dialling_has_an_id_of_its_own)
{
	struct ipoib__connection *c;
	uint64_t first, second;

	rig_start(4);
	c = rig_get(1);
	rig_step(c, IPOIB__CONNECTION_WANT);
	first = c->id;
	rig_step(c, IPOIB__CONNECTION_UNKNOWN);
	second = c->id;
	ck_assert_uint_ne(first, second);
	ck_assert_ptr_null(ipoib__connections_by_id(&rig.set, first));
	ck_assert_ptr_eq(ipoib__connections_by_id(&rig.set, second), c);
	rig_step(c, IPOIB__CONNECTION_ADOPT);
	ck_assert_uint_ne(c->id, second);
	ck_assert_ptr_null(ipoib__connections_by_id(&rig.set, second));
	rig_check_set();
	rig_fini();
}
END_TEST

START_TEST(idle_connections_end_by_themselves)
{
	rig_start(8);
	ipoib__connections_hold(rig_up(1));
	rig_take(2);
	rig_run_until(89 * S);
	ck_assert_uint_eq(rig.set.existing, 2);
	rig_run_until(91 * S);
	ck_assert_uint_eq(rig.set.existing, 1);
	ck_assert_uint_eq(rig.n_lost, 1);
	rig_run_until(599 * S);
	ck_assert_uint_eq(rig.set.existing, 1);
	rig_run_until(601 * S);
	ck_assert_uint_eq(rig.set.existing, 0);
	ck_assert_uint_eq(rig_count(), 1); /* somebody sends by the first one */
	rig_check_set();
	rig_fini();
}
END_TEST

START_TEST(connections_in_use_do_not_end)
{
	struct ipoib__connection *made, *taken;

	rig_start(8);
	made = rig_up(1);
	taken = rig_take(2);
	for (unsigned i = 1; i <= 30; i++) {
		rig_run_until(i * 80 * S);
		ipoib__connections_touch(&rig.set, made, support_now);
		ipoib__connections_touch(&rig.set, taken, support_now);
	}
	ck_assert_uint_eq(rig.set.existing, 2);
	ck_assert_uint_eq(rig.n_hung_up, 0);
	rig_fini();
}
END_TEST

START_TEST(an_entry_that_nobody_uses_is_forgotten)
{
	struct ipoib__connection *c;

	rig_start(8);
	c = rig_get(1);
	ipoib__connections_hold(c);
	ipoib__connections_hold(c);
	rig_run_until(1000 * S);
	ck_assert(known(1));
	ipoib__connections_release(&rig.set, c, support_now);
	rig_run_until(2000 * S);
	ck_assert(known(1));
	ipoib__connections_release(&rig.set, c, support_now);
	rig_run_until(2299 * S);
	ck_assert(known(1));
	rig_run_until(2301 * S);
	ck_assert(!known(1));
	ck_assert_uint_eq(rig.n_ended, 1);
	rig_fini();
}
END_TEST

START_TEST(a_port_that_goes_down_ends_all_and_blames_none)
{
	struct ipoib__connection *up, *dialling;

	rig_start(8);
	up = rig_up(1);
	dialling = rig_get(2);
	rig_step(dialling, IPOIB__CONNECTION_WANT);
	rig_take(3);
	rig_set_busy(up, true);
	ipoib__connections_drop_all(&rig.set, support_now);
	ck_assert_uint_eq(rig.n_there, 0);
	ck_assert_uint_eq(rig.n_lost, 1);
	ck_assert_uint_eq(rig.n_given_up, 1);
	ck_assert_uint_eq(rig_count(), 2);
	ck_assert_uint_eq(up->failures + dialling->failures, 0);
	rig_check_set();
	rig_step(up, IPOIB__CONNECTION_WANT);
	rig_step(dialling, IPOIB__CONNECTION_WANT);
	ck_assert_uint_eq(rig.n_there, 2);
	rig_check_set();
	rig_fini();
}
END_TEST

static unsigned dials_until(uint64_t end)
{
	while (support_now < end) {
		rig_want(1);
		rig_check_set();
		rig_run_until(support_now + 10 * MS);
	}
	return rig.n_dials;
}

/*
 * I13: holds are 1, 2, 4 ... s and a quarter more or less, so that in t seconds there are
 * 1 + log2(1 + t / 0.75) at most, and 1 + log2(1 + t / 1.25) at least; 96 s apart at last.
 */
START_TEST(a_peer_that_refuses_costs_a_logarithmic_number_of_dials)
{
	unsigned dials;

	rig_start(8);
	rig.refusing = true;
	dials = dials_until(15 * S);
	ck_assert_uint_ge(dials, 4);
	ck_assert_uint_le(dials, 5);
	dials = dials_until(120 * S);
	ck_assert_uint_ge(dials, 7);
	ck_assert_uint_le(dials, 8);
	dials = dials_until(3600 * S);
	ck_assert_uint_ge(dials, 7 + 3480 / 161 - 1);
	ck_assert_uint_le(dials, 8 + 3480 / 96 + 1);
	ck_assert_uint_eq(rig.n_given_up, dials);
	rig_fini();
}
END_TEST

START_TEST(a_transport_that_cannot_dial_is_held_off_as_well)
{
	unsigned dials;

	rig_start(8);
	rig.dial_fails = true;
	dials = dials_until(15 * S);
	ck_assert_uint_ge(dials, 4);
	ck_assert_uint_le(dials, 5);
	rig.dial_fails = false;
	dials_until(60 * S);
	ck_assert_uint_eq(rig.n_there, 1);
	rig_fini();
}
END_TEST

/* Each allocation fails in turn; what there was stays, and the next try goes through. */
START_TEST(each_allocation_failing_leaves_the_set_as_it_was)
{
	rig_start(500);
	for (unsigned i = 0; i < 200; i++) {
		struct ipoib_link_address peer = rig_peer(i);
		struct ipoib__connection *c = NULL;
		unsigned before = rig_count();

		for (long n = 1; !c; n++) {
			support_fail_after(n, i & 1);
			c = ipoib__connections_get(&rig.set, &peer, support_now);
			support_fail_after(0, false);
			ck_assert_uint_eq(rig_count(), before + (c != NULL));
			ck_assert(known(i) == (c != NULL));
			ck_assert_int_lt(n, 10);
		}
		support_fail_after(1, false);
		ck_assert_ptr_null(rig_take(i));
		support_fail_after(0, false);
		ck_assert_ptr_nonnull(rig_take(i));
		rig_check_set();
	}
	rig_fini();
}
END_TEST

/* I39: whatever a peer asks for, at most one request of ours a second comes of it. */
START_TEST(a_connection_that_the_peer_makes_ends_a_hold_once_a_second)
{
	struct ipoib_link_address peer = rig_peer(1);
	struct ipoib__connection *c;

	rig_start(4);
	rig_run_until(S);
	c = rig_get(1);
	for (unsigned i = 0; i < 8; i++) { /* held for a minute and more by now */
		c->hold_until = support_now;
		rig_want(1);
		rig_step(c, IPOIB__CONNECTION_FAILURE);
	}
	rig.n_dials = 0;
	for (unsigned i = 0; i < 100; i++) {
		ipoib__connections_proof(&rig.set, &peer, support_now);
		rig_want(1);
		if (c->state == IPOIB__CONNECTION_DIALLING)
			rig_step(c, IPOIB__CONNECTION_FAILURE);
		rig_run_until(support_now + 100 * MS);
	}
	ck_assert_uint_eq(rig.n_dials, 10);
	peer = rig_peer(2);
	ipoib__connections_proof(&rig.set, &peer, support_now); /* one that is not known */
	rig_fini();
}
END_TEST

Suite *suite_set(void)
{
	Suite *suite = suite_create("set");
	TCase *tcase = tcase_create("set");

	tcase_add_checked_fixture(tcase, support_setup, support_teardown);
	tcase_set_timeout(tcase, 120); /* for valgrind */
	tcase_add_test(tcase, a_peer_has_one_entry_whatever_its_flags_say);
	tcase_add_test(tcase, a_connection_that_the_peer_makes_ends_a_hold_once_a_second);
	tcase_add_test(tcase, what_a_peer_made_stands_beside_what_we_made);
	tcase_add_test(tcase, every_dialling_has_an_id_of_its_own);
	tcase_add_test(tcase, idle_connections_end_by_themselves);
	tcase_add_test(tcase, connections_in_use_do_not_end);
	tcase_add_test(tcase, an_entry_that_nobody_uses_is_forgotten);
	tcase_add_test(tcase, a_port_that_goes_down_ends_all_and_blames_none);
	tcase_add_test(tcase, a_peer_that_refuses_costs_a_logarithmic_number_of_dials);
	tcase_add_test(tcase, an_id_that_is_in_use_is_not_given_again);
	tcase_add_test(tcase, a_transport_that_cannot_dial_is_held_off_as_well);
	tcase_add_test(tcase, each_allocation_failing_leaves_the_set_as_it_was);
	suite_add_tcase(suite, tcase);
	return suite;
}
