/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* The pure half: holds, service IDs, stale connections, idleness, MTUs. */
#include <string.h>

#include "connection/connection_rig.h"
#include "support/support.h"

START_TEST(the_hold_doubles_from_1_to_128_seconds)
{
	for (unsigned failures = 1; failures <= 8; failures++)
		ck_assert_uint_eq(ipoib__connection_hold(failures), S << (failures - 1));
	for (unsigned failures = 8; failures <= 300; failures++)
		ck_assert_uint_eq(ipoib__connection_hold(failures), 128 * S);
	ck_assert_uint_eq(ipoib__connection_hold(0), S);
}
END_TEST

START_TEST(an_unknown_service_id_dials_the_other_form_once)
{
	rig_one_start();
	ck_assert_uint_eq(rig_one_step(IPOIB__CONNECTION_WANT, 0), IPOIB__CONNECTION_DIAL);
	ck_assert(!rig_one.rfc);
	ck_assert_uint_eq(rig_one_step(IPOIB__CONNECTION_UNKNOWN, 0),
			  IPOIB__CONNECTION_HANG_UP | IPOIB__CONNECTION_DIAL);
	ck_assert(rig_one.rfc);
	ck_assert_uint_eq(rig_one.failures, 0);
	ck_assert_uint_eq(rig_one_step(IPOIB__CONNECTION_UNKNOWN, 0), NOT_MADE);
	ck_assert_int_eq(rig_one.state, IPOIB__CONNECTION_HELD);
	ck_assert_uint_eq(rig_one.failures, 1);
	ck_assert(!rig_one.rfc); /* the next time begins with the usual one */
}
END_TEST

START_TEST(a_peer_that_knew_the_rfcs_service_id_is_dialled_by_it_for_ever)
{
	rig_one_start();
	rig_one_step(IPOIB__CONNECTION_WANT, 0);
	rig_one_step(IPOIB__CONNECTION_UNKNOWN, 0);
	rig_one_step(IPOIB__CONNECTION_ANSWER, 0);
	rig_one_step(IPOIB__CONNECTION_ENDED, 0);
	ck_assert_uint_eq(rig_one_step(IPOIB__CONNECTION_WANT, 0), IPOIB__CONNECTION_DIAL);
	ck_assert(rig_one.rfc);
	rig_one_step(IPOIB__CONNECTION_FAILURE, 0);
	ck_assert(rig_one.rfc);
}
END_TEST

START_TEST(a_stale_connection_is_dialled_again_once)
{
	rig_one_start();
	rig_one_step(IPOIB__CONNECTION_WANT, 0);
	ck_assert_uint_eq(rig_one_step(IPOIB__CONNECTION_STALE, 0),
			  IPOIB__CONNECTION_HANG_UP | IPOIB__CONNECTION_DIAL);
	ck_assert_uint_eq(rig_one.failures, 0);
	ck_assert_uint_eq(rig_one_step(IPOIB__CONNECTION_STALE, 0), NOT_MADE);
	ck_assert_uint_eq(rig_one.failures, 1);
	/* and once more in the next round */
	ck_assert_uint_eq(rig_one_step(IPOIB__CONNECTION_WANT, 10 * S), IPOIB__CONNECTION_DIAL);
	ck_assert_uint_eq(rig_one_step(IPOIB__CONNECTION_STALE, 10 * S),
			  IPOIB__CONNECTION_HANG_UP | IPOIB__CONNECTION_DIAL);
}
END_TEST

START_TEST(nobody_is_to_blame_for_a_connection_that_ended_in_order)
{
	rig_one_start();
	rig_one.failures = 5;
	rig_one_step(IPOIB__CONNECTION_WANT, 0);
	rig_one_step(IPOIB__CONNECTION_ANSWER, 0);
	ck_assert_uint_eq(rig_one.failures, 0);
	ck_assert_uint_eq(rig_one_step(IPOIB__CONNECTION_ENDED, S),
			  IPOIB__CONNECTION_HANG_UP | IPOIB__CONNECTION_LOST);
	ck_assert_uint_eq(rig_one.failures, 0);
	ck_assert_uint_eq(rig_one_step(IPOIB__CONNECTION_WANT, S), IPOIB__CONNECTION_DIAL);
}
END_TEST

/* I39: however well the peer behaves when it hangs up. */
START_TEST(connections_that_do_not_last_are_held_but_for_the_first)
{
	rig_one_start();
	for (unsigned i = 1; i <= 300; i++) {
		rig_one_step(IPOIB__CONNECTION_WANT, 100 * S * i);
		rig_one_step(IPOIB__CONNECTION_ANSWER, 100 * S * i);
		ck_assert_uint_eq(rig_one.failures, 0);
		if (i > 1)
			ck_assert_uint_eq(ipoib__connection_blame(&rig_one),
					  i <= 256 ? i - 1 : 255);
		ck_assert_uint_eq(rig_one_step(IPOIB__CONNECTION_ENDED, 100 * S * i + 10 * S - 1),
				  IPOIB__CONNECTION_HANG_UP | IPOIB__CONNECTION_LOST |
					  (i == 1 ? 0 : IPOIB__CONNECTION_FAILED));
		ck_assert_int_eq(rig_one.state,
				 i == 1 ? IPOIB__CONNECTION_IDLE : IPOIB__CONNECTION_HELD);
	}
}
END_TEST

START_TEST(a_connection_that_lasted_is_made_again_at_once)
{
	rig_one_start();
	for (unsigned i = 1; i <= 5; i++) {
		rig_one_step(IPOIB__CONNECTION_WANT, 100 * S * i);
		rig_one_step(IPOIB__CONNECTION_ANSWER, 100 * S * i);
		rig_one_step(IPOIB__CONNECTION_ENDED, 100 * S * i + 10 * S);
		ck_assert_int_eq(rig_one.state, IPOIB__CONNECTION_IDLE);
	}
}
END_TEST

START_TEST(held_is_held_to_the_nanosecond)
{
	rig_one_start();
	rig_one_step(IPOIB__CONNECTION_WANT, 0);
	rig_one_step(IPOIB__CONNECTION_FAILURE, 0);
	ck_assert_uint_eq(rig_one_step(IPOIB__CONNECTION_WANT, 10 * S - 1), 0);
	ck_assert_uint_eq(rig_one_step(IPOIB__CONNECTION_WANT, 10 * S), IPOIB__CONNECTION_DIAL);
}
END_TEST

START_TEST(failures_are_counted_without_an_end)
{
	rig_one_start();
	for (unsigned i = 0; i < 600; i++) {
		ck_assert_uint_eq(rig_one_step(IPOIB__CONNECTION_WANT, i * 10 * S),
				  IPOIB__CONNECTION_DIAL);
		rig_one_step(IPOIB__CONNECTION_FAILURE, i * 10 * S);
		ck_assert_uint_eq(rig_one.failures, i < 255 ? i + 1 : 255);
	}
}
END_TEST

START_TEST(a_made_connection_ends_after_90_seconds_without_use)
{
	rig_one_start();
	rig_one_step(IPOIB__CONNECTION_WANT, 0);
	rig_one_step(IPOIB__CONNECTION_ANSWER, 0);
	ck_assert_uint_eq(rig_one.deadline, 90 * S);
	rig_one.used = 40 * S;
	ck_assert_uint_eq(rig_one_step(IPOIB__CONNECTION_TIMER, 90 * S), 0);
	ck_assert_uint_eq(rig_one.deadline, 130 * S);
	ck_assert_uint_eq(rig_one_step(IPOIB__CONNECTION_TIMER, 130 * S - 1), 0);
	ck_assert_uint_eq(rig_one_step(IPOIB__CONNECTION_TIMER, 130 * S),
			  IPOIB__CONNECTION_HANG_UP | IPOIB__CONNECTION_LOST);
	ck_assert_int_eq(rig_one.state, IPOIB__CONNECTION_IDLE);
	ck_assert_uint_eq(rig_one.failures, 0);
}
END_TEST

START_TEST(a_taken_connection_ends_after_600_seconds_without_use)
{
	rig_one_start();
	rig_one.state = IPOIB__CONNECTION_TAKEN;
	ck_assert_uint_eq(rig_one_step(IPOIB__CONNECTION_TIMER, 600 * S - 1), 0);
	ck_assert_uint_eq(rig_one.deadline, 600 * S);
	ck_assert_uint_eq(rig_one_step(IPOIB__CONNECTION_TIMER, 600 * S),
			  IPOIB__CONNECTION_HANG_UP | IPOIB__CONNECTION_FORGET);
}
END_TEST

START_TEST(an_adopted_connection_is_idle_as_a_taken_one_is)
{
	rig_one_start();
	ck_assert_uint_eq(rig_one_step(IPOIB__CONNECTION_ADOPT, 0), 0);
	ck_assert(rig_one.both);
	ck_assert_uint_eq(rig_one_step(IPOIB__CONNECTION_ANSWER, 0), IPOIB__CONNECTION_USABLE);
	ck_assert_uint_eq(rig_one_step(IPOIB__CONNECTION_TIMER, 600 * S - 1), 0);
	ck_assert_uint_eq(rig_one_step(IPOIB__CONNECTION_TIMER, 600 * S),
			  IPOIB__CONNECTION_HANG_UP | IPOIB__CONNECTION_LOST);
	ck_assert(!rig_one.both);
}
END_TEST

START_TEST(ours_is_hung_up_for_the_one_that_is_adopted)
{
	rig_one_start();
	rig_one_step(IPOIB__CONNECTION_WANT, 0);
	ck_assert_uint_eq(rig_one_step(IPOIB__CONNECTION_ADOPT, 0), IPOIB__CONNECTION_HANG_UP);
	ck_assert_int_eq(rig_one.state, IPOIB__CONNECTION_DIALLING);
	ck_assert(rig_one.rfc);
}
END_TEST

START_TEST(an_entry_with_users_is_not_forgotten)
{
	rig_one_start();
	rig_one.users = 1;
	ck_assert_uint_eq(rig_one_step(IPOIB__CONNECTION_TIMER, 300 * S), 0);
	ck_assert_uint_eq(rig_one.deadline, 600 * S);
	rig_one.users = 0;
	ck_assert_uint_eq(rig_one_step(IPOIB__CONNECTION_TIMER, 600 * S), IPOIB__CONNECTION_FORGET);
}
END_TEST

/* RFC 4755 section 3.3. */
START_TEST(the_smaller_link_address_gives_way)
{
	struct ipoib_link_address a = rig_peer(5), b = rig_peer(5);

	ck_assert(!ipoib__connection_yields(&a, &b));
	for (size_t at = 1; at < sizeof(a.raw); at++) {
		b = a;
		b.raw[at]++;
		if (at + 1 < sizeof(a.raw))
			a.raw[at + 1] = 0xff; /* what is less significant does not count */
		ck_assert(ipoib__connection_yields(&a, &b));
		ck_assert(!ipoib__connection_yields(&b, &a));
		a = rig_peer(5);
	}
	b = a;
	a.raw[0] = 0;
	ck_assert(!ipoib__connection_yields(&a, &b)); /* nor do flags */
	ck_assert(!ipoib__connection_yields(&b, &a));
}
END_TEST

/* I38. */
START_TEST(a_receive_mtu_is_believed_within_its_bounds)
{
	const uint32_t most = UINT32_C(1) << 31;

	for (uint32_t mtu = 0; mtu <= 4; mtu++)
		ck_assert_uint_eq(ipoib__connection_mtu(mtu, 65520), 0);
	ck_assert_uint_eq(ipoib__connection_mtu(5, 65520), 1);
	ck_assert_uint_eq(ipoib__connection_mtu(2048, 65520), 2044);
	ck_assert_uint_eq(ipoib__connection_mtu(65523, 65520), 65519);
	ck_assert_uint_eq(ipoib__connection_mtu(65524, 65520), 65520);
	ck_assert_uint_eq(ipoib__connection_mtu(65525, 65520), 65520);
	ck_assert_uint_eq(ipoib__connection_mtu(65525, UINT32_MAX), 65520);
	ck_assert_uint_eq(ipoib__connection_mtu(65524, 4000), 4000);
	ck_assert_uint_eq(ipoib__connection_mtu(most - 1, 65520), 65520);
	ck_assert_uint_eq(ipoib__connection_mtu(most, 65520), 65520);
	ck_assert_uint_eq(ipoib__connection_mtu(most + 1, 65520), 0);
	ck_assert_uint_eq(ipoib__connection_mtu(UINT32_MAX, 65520), 0);
}
END_TEST

Suite *suite_machine(void)
{
	Suite *suite = suite_create("machine");
	TCase *tcase = tcase_create("machine");

	tcase_add_checked_fixture(tcase, support_setup, support_teardown);
	tcase_add_test(tcase, the_hold_doubles_from_1_to_128_seconds);
	tcase_add_test(tcase, an_unknown_service_id_dials_the_other_form_once);
	tcase_add_test(tcase, a_peer_that_knew_the_rfcs_service_id_is_dialled_by_it_for_ever);
	tcase_add_test(tcase, a_stale_connection_is_dialled_again_once);
	tcase_add_test(tcase, nobody_is_to_blame_for_a_connection_that_ended_in_order);
	tcase_add_test(tcase, connections_that_do_not_last_are_held_but_for_the_first);
	tcase_add_test(tcase, a_connection_that_lasted_is_made_again_at_once);
	tcase_add_test(tcase, held_is_held_to_the_nanosecond);
	tcase_add_test(tcase, failures_are_counted_without_an_end);
	tcase_add_test(tcase, a_made_connection_ends_after_90_seconds_without_use);
	tcase_add_test(tcase, a_taken_connection_ends_after_600_seconds_without_use);
	tcase_add_test(tcase, an_adopted_connection_is_idle_as_a_taken_one_is);
	tcase_add_test(tcase, ours_is_hung_up_for_the_one_that_is_adopted);
	tcase_add_test(tcase, an_entry_with_users_is_not_forgotten);
	tcase_add_test(tcase, the_smaller_link_address_gives_way);
	tcase_add_test(tcase, a_receive_mtu_is_believed_within_its_bounds);
	suite_add_tcase(suite, tcase);
	return suite;
}
