/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Datagrams that do not arrive, and that everything works afterwards. */
#include <errno.h>
#include <string.h>

#include "conformance/suites.h"

static void check_that_nothing_arrives(void)
{
	rig_run(QUIET_NS);
	ck_assert_uint_eq(side_dones(&b, IPOIB_UD_RECEIVE), 0);
}

START_TEST(a_wrong_qkey_does_not_arrive)
{
	void *ah = side_ah(&a, &b);
	struct ipoib_ud_send send = side_send(&a, &b, ah, 1, 100);

	side_receives(&b, 1, 1);
	send.remote_qkey = QKEY + 1;
	ck_assert_int_eq(a.ops->ud_post_send(a.self, a.ud, &send, 1), 1);
	ck_assert_int_eq(side_done(&a, IPOIB_UD_SEND).status, 0);
	check_that_nothing_arrives();
	/* Now it is the right one, and what was right is wrong. */
	ck_assert_int_eq(b.ops->ud_set_qkey(b.self, b.ud, QKEY + 1), 0);
	side_post(&a, &b, ah, 2, 100);
	ck_assert_int_eq(side_done(&a, IPOIB_UD_SEND).status, 0);
	check_that_nothing_arrives();
	ck_assert_int_eq(a.ops->ud_post_send(a.self, a.ud, &send, 1), 1);
	ck_assert_int_eq(side_done(&b, IPOIB_UD_RECEIVE).status, 0);
	check_octets(side_slot(&b, DEPTH + 1) + IPOIB_GRH_LENGTH, 1, 100);
	rig_wait_done(&a, 1);
	a.ops->ah_destroy(a.self, ah);
}
END_TEST

START_TEST(without_a_posted_receive_a_datagram_vanishes)
{
	void *ah = side_ah(&a, &b);

	side_post(&a, &b, ah, 1, 100);
	ck_assert_int_eq(side_done(&a, IPOIB_UD_SEND).status, 0);
	rig_run(QUIET_NS);
	side_receives(&b, 1, 1);
	check_that_nothing_arrives();
	side_post(&a, &b, ah, 2, 100);
	ck_assert_int_eq(side_done(&b, IPOIB_UD_RECEIVE).status, 0);
	check_octets(side_slot(&b, DEPTH + 1) + IPOIB_GRH_LENGTH, 2, 100);
	rig_wait_done(&a, 1);
	a.ops->ah_destroy(a.self, ah);
}
END_TEST

START_TEST(what_is_for_nobody_vanishes)
{
	void *ah = side_ah(&a, &b);
	struct ipoib_ud_send send = side_send(&a, &b, ah, 1, 100);

	send.remote_qpn = 0xabcdef;
	ck_assert_int_eq(a.ops->ud_post_send(a.self, a.ud, &send, 1), 1);
	ck_assert_int_eq(side_done(&a, IPOIB_UD_SEND).status, 0);
	check_that_datagrams_pass(ah, 2);
	check_that_nothing_arrives();
	a.ops->ah_destroy(a.self, ah);
}
END_TEST

/* Of the completions: those before are good, and those behind it good or flushed. */
static void check_broken_run(unsigned before, unsigned after)
{
	for (unsigned i = 0; i < before + 1 + after; i++) {
		struct ipoib_ud_completion done = side_done(&a, IPOIB_UD_SEND);

		ck_assert_uint_eq(done.cookie, i);
		if (i < before)
			ck_assert_int_eq(done.status, 0);
		else if (i == before)
			ck_assert_int_eq(done.status, -EMSGSIZE);
		else
			ck_assert(done.status == 0 || done.status == -ECANCELED);
	}
}

static void post_too_long(void *ah, unsigned before, unsigned after, uint32_t length)
{
	struct ipoib_ud_send sends[DEPTH];

	for (unsigned i = 0; i < before + 1 + after; i++)
		sends[i] = side_send(&a, &b, ah, i, i == before ? length : 100);
	ck_assert_int_eq(a.ops->ud_post_send(a.self, a.ud, sends, before + 1 + after),
			 (int)(before + 1 + after));
}

/* The law of the MTU has somebody behind it: what is too long is not sent, and is not lost. */
START_TEST(a_send_longer_than_the_mtu_fails_and_the_queue_pair_goes_on)
{
	void *ah = side_ah(&a, &b);

	side_receives(&b, 0, DEPTH);
	for (unsigned before = 0; before < 3; before++) {
		uint32_t length = before == 1 ? 60000 : a.port.mtu + 1;

		post_too_long(ah, before, 3, length);
		check_broken_run(before, 3);
		rig_run(QUIET_NS);
		for (unsigned i = 0; i < b.done_count; i++)
			ck_assert_uint_eq(b.done[i].length, IPOIB_GRH_LENGTH + 100);
		side_post(&a, &b, ah, 5, 104);
		ck_assert_int_eq(side_done(&a, IPOIB_UD_SEND).status, 0);
		rig_run(QUIET_NS);
		ck_assert_uint_eq(b.done[b.done_count - 1].length, IPOIB_GRH_LENGTH + 104);
		ck_assert_uint_le(b.done_count, before + 3 + 1);
		for (unsigned i = 0; i < b.done_count; i++)
			side_receives(&b, (unsigned)b.done[i].cookie - DEPTH, 1);
		side_forget(&b);
	}
	a.ops->ah_destroy(a.self, ah);
}
END_TEST

/* Both sides go on receiving meanwhile. */
START_TEST(a_failed_send_does_not_stop_receiving)
{
	void *ah = side_ah(&a, &b), *back = side_ah(&b, &a);

	side_receives(&a, 0, 4);
	post_too_long(ah, 0, 0, a.port.mtu + 4);
	side_post(&b, &a, back, 1, 100);
	ck_assert_int_eq(side_done(&a, IPOIB_UD_RECEIVE).status, 0);
	check_broken_run(0, 0);
	ck_assert_int_eq(side_done(&b, IPOIB_UD_SEND).status, 0);
	a.ops->ah_destroy(a.self, ah);
	b.ops->ah_destroy(b.self, back);
}
END_TEST

/* Posted memory is the library's again, whatever was under way. */
START_TEST(a_queue_pair_may_end_at_any_moment)
{
	struct ipoib_ud_attributes attributes = side_ud_attributes();
	void *ah = side_ah(&a, &b);

	side_receives(&b, 0, DEPTH);
	for (unsigned i = 0; i < 8; i++)
		side_post(&a, &b, ah, i, 1000);
	b.ops->ud_destroy(b.self, b.ud);
	b.ud = NULL;
	memset(b.region.address, 0x77, b.region.length);
	rig_run(QUIET_NS);
	for (unsigned i = 0; i < 8; i++)
		ck_assert_int_eq(side_done(&a, IPOIB_UD_SEND).status, 0);
	for (size_t i = 0; i < b.region.length; i += 4096)
		ck_assert_uint_eq(((uint8_t *)b.region.address)[i], 0x77);
	ck_assert_int_eq(b.ops->ud_create(b.self, &attributes, &b.ud), 0);
	b.qpn = attributes.qpn;
	ck_assert_int_eq(b.ops->ud_set_qkey(b.self, b.ud, QKEY), 0);
	check_that_datagrams_pass(ah, 3);
	a.ops->ah_destroy(a.self, ah);
}
END_TEST

START_TEST(sends_under_way_end_with_their_queue_pair)
{
	void *ah = side_ah(&a, &b);

	for (unsigned i = 0; i < DEPTH; i++)
		side_post(&a, &b, ah, i, 1000);
	a.ops->ud_destroy(a.self, a.ud);
	a.ud = NULL;
	a.ops->ah_destroy(a.self, ah); /* no send uses it any more */
	rig_run(QUIET_NS);
}
END_TEST

Suite *suite_errors(void)
{
	Suite *suite = suite_create("errors");
	TCase *tcase = tcase_create("errors");

	tcase_add_checked_fixture(tcase, rig_setup, rig_teardown);
	tcase_set_timeout(tcase, TEST_TIMEOUT);
	tcase_add_test(tcase, a_wrong_qkey_does_not_arrive);
	tcase_add_test(tcase, without_a_posted_receive_a_datagram_vanishes);
	tcase_add_test(tcase, what_is_for_nobody_vanishes);
	tcase_add_test(tcase, a_send_longer_than_the_mtu_fails_and_the_queue_pair_goes_on);
	tcase_add_test(tcase, a_failed_send_does_not_stop_receiving);
	tcase_add_test(tcase, a_queue_pair_may_end_at_any_moment);
	tcase_add_test(tcase, sends_under_way_end_with_their_queue_pair);
	suite_add_tcase(suite, tcase);
	return suite;
}
