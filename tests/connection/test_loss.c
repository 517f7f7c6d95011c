/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* The pure half, once more: a connection that was up and is lost, and what ends a hold early. */
#include <string.h>

#include "connection/connection_rig.h"
#include "support/support.h"

/* A pause of the peer is no reason to tell a smaller MTU: what needs the connection waits. */
START_TEST(one_that_was_up_is_made_again_at_once_and_what_needs_it_waits)
{
	rig_one_start();
	rig_one.grace = 5 * S;
	rig_one_step(IPOIB__CONNECTION_WANT, 0);
	rig_one_step(IPOIB__CONNECTION_ANSWER, 0);
	ck_assert_uint_eq(rig_one_step(IPOIB__CONNECTION_FAILURE, 20 * S),
			  IPOIB__CONNECTION_HANG_UP | IPOIB__CONNECTION_LOST |
				  IPOIB__CONNECTION_FAILED);
	ck_assert_uint_eq(rig_one_step(IPOIB__CONNECTION_WANT, 20 * S), IPOIB__CONNECTION_DIAL);
	/* The REQ cannot be answered: ten seconds of hold, of which five are grace. */
	ck_assert_uint_eq(rig_one_step(IPOIB__CONNECTION_FAILURE, 21 * S), NOT_MADE);
	ck_assert(ipoib__connection_in_grace(&rig_one, 25 * S - 1));
	ck_assert(!ipoib__connection_in_grace(&rig_one, 25 * S));
	ck_assert_uint_eq(rig_one.deadline, 25 * S);
	ck_assert_uint_eq(rig_one_step(IPOIB__CONNECTION_TIMER, 25 * S), IPOIB__CONNECTION_GIVE_UP);
	ck_assert_uint_eq(rig_one.deadline, 25 * S + IPOIB__CONNECTION_FORGET_NS);
	/* The next failure is one like any other. */
	ck_assert_uint_eq(rig_one_step(IPOIB__CONNECTION_WANT, 40 * S), IPOIB__CONNECTION_DIAL);
	rig_one_step(IPOIB__CONNECTION_FAILURE, 40 * S);
	ck_assert(!ipoib__connection_in_grace(&rig_one, 40 * S));
}
END_TEST

/* It was up, is lost after 20 s, and is being made again. */
static void lose_and_dial(uint64_t grace)
{
	rig_one_start();
	rig_one.grace = grace;
	rig_one_step(IPOIB__CONNECTION_WANT, 0);
	rig_one_step(IPOIB__CONNECTION_ANSWER, 0);
	rig_one_step(IPOIB__CONNECTION_FAILURE, 20 * S);
	rig_one_step(IPOIB__CONNECTION_WANT, 20 * S);
}

START_TEST(a_hold_that_ends_within_the_grace_is_an_event)
{
	lose_and_dial(15 * S);
	rig_one_step(IPOIB__CONNECTION_FAILURE, 21 * S);
	ck_assert_uint_eq(rig_one.deadline, 31 * S);
	/* What waits is looked at, and asks; and the last time is the end of the grace. */
	ck_assert_uint_eq(rig_one_step(IPOIB__CONNECTION_TIMER, 31 * S), IPOIB__CONNECTION_GIVE_UP);
	ck_assert_uint_eq(rig_one.deadline, 35 * S);
	ck_assert_uint_eq(rig_one_step(IPOIB__CONNECTION_WANT, 31 * S), IPOIB__CONNECTION_DIAL);
	rig_one_step(IPOIB__CONNECTION_ANSWER, 31 * S);
	ck_assert_uint_eq(rig_one.lost_until, 0);
}
END_TEST

START_TEST(a_refusal_ends_the_grace)
{
	lose_and_dial(5 * S);
	ck_assert_uint_eq(rig_one_step(IPOIB__CONNECTION_REFUSED, 20 * S), NOT_MADE);
	ck_assert(!ipoib__connection_in_grace(&rig_one, 20 * S));
}
END_TEST

/* As often as it likes: it is held, but what needs it waits all the same. */
START_TEST(the_second_loss_in_a_row_is_held_with_grace)
{
	rig_one_start();
	rig_one.grace = 5 * S;
	for (unsigned i = 1; i <= 3; i++) {
		rig_one_step(IPOIB__CONNECTION_WANT, 100 * S * i);
		rig_one_step(IPOIB__CONNECTION_ANSWER, 100 * S * i);
		rig_one_step(IPOIB__CONNECTION_FAILURE, 100 * S * i + S);
		ck_assert_int_eq(rig_one.state,
				 i == 1 ? IPOIB__CONNECTION_IDLE : IPOIB__CONNECTION_HELD);
		ck_assert(ipoib__connection_in_grace(&rig_one, 100 * S * i + S) == (i > 1));
	}
}
END_TEST

START_TEST(a_peer_with_another_lid_is_dialled_there_at_once)
{
	rig_one_start();
	rig_one_step(IPOIB__CONNECTION_WANT, 0);
	ck_assert_uint_eq(rig_one_step(IPOIB__CONNECTION_MOVED, S),
			  IPOIB__CONNECTION_HANG_UP | IPOIB__CONNECTION_DIAL);
	rig_one_step(IPOIB__CONNECTION_ANSWER, S);
	ck_assert_uint_eq(rig_one_step(IPOIB__CONNECTION_MOVED, 2 * S),
			  IPOIB__CONNECTION_HANG_UP | IPOIB__CONNECTION_LOST);
	ck_assert_uint_eq(rig_one.ends, 0); /* nobody is to blame */
	rig_one_step(IPOIB__CONNECTION_ADOPT, 2 * S);
	ck_assert_uint_eq(rig_one_step(IPOIB__CONNECTION_MOVED, 2 * S), 0);
}
END_TEST

/* Proof that comes too early is not lost: the hold ends when the second is over. */
START_TEST(proof_ends_a_hold_a_second_after_the_last_one)
{
	rig_one_start();
	rig_one_step(IPOIB__CONNECTION_WANT, 5 * S);
	rig_one_step(IPOIB__CONNECTION_FAILURE, 5 * S);
	rig_one_step(IPOIB__CONNECTION_PROOF, 6 * S);
	ck_assert_uint_eq(rig_one.hold_until, 6 * S);
	rig_one_step(IPOIB__CONNECTION_WANT, 6 * S);
	rig_one_step(IPOIB__CONNECTION_FAILURE, 6 * S);
	rig_one_step(IPOIB__CONNECTION_PROOF, 6 * S + 1);
	rig_one_step(IPOIB__CONNECTION_PROOF, 6 * S + 2);
	ck_assert_uint_eq(rig_one.hold_until, 7 * S);
	/* And proof that came while it was up shortens the hold of what it ends in. */
	rig_one_step(IPOIB__CONNECTION_WANT, 7 * S);
	rig_one_step(IPOIB__CONNECTION_ANSWER, 7 * S);
	rig_one_step(IPOIB__CONNECTION_PROOF, 8 * S);
	rig_one.ends = 3;
	rig_one_step(IPOIB__CONNECTION_ENDED, 9 * S);
	ck_assert_int_eq(rig_one.state, IPOIB__CONNECTION_HELD);
	ck_assert_uint_eq(rig_one.hold_until, 9 * S);
}
END_TEST

START_TEST(the_patience_follows_the_path_and_outlives_a_second)
{
	static const struct {
		struct ipoib__connection_patience wanted, out;
		uint8_t life;
	} table[] = {
		{ { 0, 0 }, { 16, 7 }, 0 },   { { 0, 0 }, { 16, 7 }, 15 },
		{ { 0, 0 }, { 17, 3 }, 16 },  { { 0, 0 }, { 19, 1 }, 18 },
		{ { 0, 0 }, { 31, 1 }, 255 }, { { 14, 0 }, { 14, 7 }, 18 },
		{ { 0, 5 }, { 19, 5 }, 18 },  { { 20, 2 }, { 20, 2 }, 0 },
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct ipoib__connection_patience out =
			ipoib__connection_patience(table[i].life, table[i].wanted);

		ck_assert_uint_eq(out.timeout, table[i].out.timeout);
		ck_assert_uint_eq(out.retries, table[i].out.retries);
	}
}
END_TEST

Suite *suite_loss(void)
{
	Suite *suite = suite_create("loss");
	TCase *tcase = tcase_create("loss");

	tcase_add_checked_fixture(tcase, support_setup, support_teardown);
	tcase_add_test(tcase, one_that_was_up_is_made_again_at_once_and_what_needs_it_waits);
	tcase_add_test(tcase, a_hold_that_ends_within_the_grace_is_an_event);
	tcase_add_test(tcase, a_refusal_ends_the_grace);
	tcase_add_test(tcase, the_second_loss_in_a_row_is_held_with_grace);
	tcase_add_test(tcase, a_peer_with_another_lid_is_dialled_there_at_once);
	tcase_add_test(tcase, proof_ends_a_hold_a_second_after_the_last_one);
	tcase_add_test(tcase, the_patience_follows_the_path_and_outlives_a_second);
	suite_add_tcase(suite, tcase);
	return suite;
}
