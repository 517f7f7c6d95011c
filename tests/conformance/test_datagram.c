/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Datagrams that arrive: order, cookies, depths, the GRH, waking. */
#include <errno.h>
#include <poll.h>
#include <string.h>

#include "conformance/suites.h"

START_TEST(a_pkey_that_the_port_does_not_have_is_not_found)
{
	struct ipoib_ud_attributes ud = side_ud_attributes();
	void *made = NULL;

	ud.pkey = 0x9abc;
	ck_assert_int_eq(a.ops->ud_create(a.self, &ud, &made), -ENOENT);
	ck_assert_ptr_null(made);
}
END_TEST

START_TEST(the_membership_bit_does_not_count)
{
	struct ipoib_ud_attributes ud = side_ud_attributes();
	void *made;

	ud.pkey = PKEY & 0x7fff;
	ck_assert_int_eq(a.ops->ud_create(a.self, &ud, &made), 0);
	a.ops->ud_destroy(a.self, made);
}
END_TEST

START_TEST(queue_pairs_have_numbers_of_24_bits_that_differ)
{
	struct ipoib_ud_attributes ud = side_ud_attributes();
	uint32_t numbers[6];
	void *made[6];

	for (unsigned i = 0; i < 6; i++) {
		ck_assert_int_eq(a.ops->ud_create(a.self, &ud, &made[i]), 0);
		numbers[i] = ud.qpn;
		ck_assert_uint_gt(ud.qpn, 1);
		ck_assert_uint_lt(ud.qpn, IPOIB_QPN_MULTICAST);
		for (unsigned j = 0; j < i; j++)
			ck_assert_uint_ne(numbers[i], numbers[j]);
	}
	for (unsigned i = 0; i < 6; i++)
		a.ops->ud_destroy(a.self, made[i]);
}
END_TEST

START_TEST(completions_come_in_the_order_of_posting_with_their_cookies)
{
	struct ipoib_ud_send sends[DEPTH];
	void *ah = side_ah(&a, &b);

	side_receives(&b, 0, DEPTH);
	for (unsigned i = 0; i < DEPTH; i++) {
		sends[i] = side_send(&a, &b, ah, i, 60 + 100 * i);
		sends[i].cookie = UINT64_C(0xfedcba9876543210) ^ i << 4;
	}
	ck_assert_int_eq(a.ops->ud_post_send(a.self, a.ud, sends, DEPTH), DEPTH);
	rig_wait_done(&a, DEPTH);
	rig_wait_done(&b, DEPTH);
	for (unsigned i = 0; i < DEPTH; i++) {
		ck_assert_uint_eq(a.done[i].opcode, IPOIB_UD_SEND);
		ck_assert_int_eq(a.done[i].status, 0);
		ck_assert_uint_eq(a.done[i].cookie, sends[i].cookie);
		ck_assert_uint_eq(b.done[i].opcode, IPOIB_UD_RECEIVE);
		ck_assert_int_eq(b.done[i].status, 0);
		ck_assert_uint_eq(b.done[i].cookie, DEPTH + i);
		ck_assert_uint_eq(b.done[i].length, IPOIB_GRH_LENGTH + 60 + 100 * i);
		ck_assert_uint_eq(b.done[i].source_qpn, a.qpn);
		ck_assert_uint_eq(b.done[i].source_lid, a.port.lid);
		check_octets(side_slot(&b, DEPTH + i) + IPOIB_GRH_LENGTH, i, 60 + 100 * i);
	}
	a.ops->ah_destroy(a.self, ah);
}
END_TEST

/* Each queue takes what it was made for, and not one more; a place is free with the completion. */
START_TEST(a_queue_takes_as_many_as_it_was_made_for)
{
	struct ipoib_ud_receive receives[DEPTH + 4];
	struct ipoib_ud_send sends[DEPTH + 4];
	void *ah = side_ah(&a, &b);

	for (unsigned i = 0; i < DEPTH + 4; i++) {
		sends[i] = side_send(&a, &b, ah, 0, 100);
		receives[i] = (struct ipoib_ud_receive){
			.cookie = i,
			.address = side_slot(&b, DEPTH + i),
			.length = SLOT,
			.key = b.region.key,
		};
	}
	ck_assert_int_eq(b.ops->ud_post_receive(b.self, b.ud, receives, DEPTH + 4), DEPTH);
	ck_assert_int_eq(b.ops->ud_post_receive(b.self, b.ud, receives, 1), 0);
	ck_assert_int_eq(b.ops->rc_post_receive(b.self, b.ud, receives, DEPTH + 4), DEPTH);
	ck_assert_int_eq(b.ops->rc_post_receive(b.self, b.ud, receives, 1), 0);
	ck_assert_int_eq(a.ops->ud_post_send(a.self, a.ud, sends, DEPTH + 4), DEPTH);
	ck_assert_int_eq(a.ops->ud_post_send(a.self, a.ud, sends, 1), 0);
	rig_wait_done(&a, DEPTH);
	rig_wait_done(&b, DEPTH);
	ck_assert_int_eq(a.ops->ud_post_send(a.self, a.ud, sends, 1), 1);
	ck_assert_int_eq(b.ops->ud_post_receive(b.self, b.ud, receives, 1), 1);
	rig_wait_done(&a, DEPTH + 1);
	a.ops->ah_destroy(a.self, ah);
}
END_TEST

/* Completions that stand in the transport are taken by few or by many. */
START_TEST(polling_takes_no_more_than_asked_for)
{
	struct ipoib_ud_completion done[4];
	void *ah = side_ah(&a, &b);
	unsigned taken = 0;

	side_receives(&b, 0, DEPTH);
	ck_assert_int_eq(b.ops->ud_poll(b.self, b.ud, done, 4), 0);
	for (unsigned i = 0; i < 7; i++)
		side_post(&a, &b, ah, i, 200);
	rig_wait_done(&a, 7);
	rig_wait_done(&b, 7);
	b.done_count = 0;
	for (unsigned i = 7; i < 14; i++)
		side_post(&a, &b, ah, i, 200);
	for (uint64_t end = rig_now() + WAIT_NS; taken < 7 && rig_now() < end;) {
		int got = b.ops->ud_poll(b.self, b.ud, done, 1);

		ck_assert_int_le(got, 1);
		if (got == 1)
			ck_assert_uint_eq(done[0].cookie, DEPTH + 7 + taken++);
		else
			world->pass(end);
		a.ops->process(a.self, rig_now());
		b.ops->process(b.self, rig_now());
	}
	ck_assert_uint_eq(taken, 7);
	rig_wait_done(&a, 14);
	a.ops->ah_destroy(a.self, ah);
}
END_TEST

START_TEST(datagrams_of_every_length_up_to_the_mtu_arrive)
{
	const uint32_t lengths[] = { 1, 2, 3, 4, 5, 44, 60, 255, 256, 257, a.port.mtu - 1,
				     a.port.mtu };
	void *ah = side_ah(&a, &b);

	for (unsigned i = 0; i < 12; i++) {
		struct ipoib_ud_completion done;

		side_receives(&b, i, 1);
		side_post(&a, &b, ah, i, lengths[i]);
		ck_assert_int_eq(side_done(&a, IPOIB_UD_SEND).status, 0);
		done = side_done(&b, IPOIB_UD_RECEIVE);
		ck_assert_int_eq(done.status, 0);
		ck_assert_uint_eq(done.length, IPOIB_GRH_LENGTH + lengths[i]);
		check_octets(side_slot(&b, DEPTH + i) + IPOIB_GRH_LENGTH, i, lengths[i]);
	}
	a.ops->ah_destroy(a.self, ah);
}
END_TEST

/* Traffic class, hop limit and both GIDs; addresses of IPv4 have another header there. */
static bool is_mapped(const struct ipoib_gid *gid)
{
	static const uint8_t prefix[12] = { [10] = 0xff, [11] = 0xff };

	return memcmp(gid->raw, prefix, sizeof(prefix)) == 0;
}

START_TEST(a_global_datagram_has_a_grh_that_names_both_ports)
{
	struct ipoib_path_record path = side_path(&a, &b);
	struct ipoib_ah_attributes attributes = ah_attributes(&a, &path);
	const uint8_t *grh = side_slot(&b, DEPTH);
	struct ipoib_ud_completion done;
	void *ah;

	attributes.global = 1;
	attributes.hop_limit = 64;
	ck_assert_int_eq(a.ops->ah_create(a.self, &attributes, &ah), 0);
	side_receives(&b, 0, 1);
	side_post(&a, &b, ah, 0, 100);
	done = side_done(&b, IPOIB_UD_RECEIVE);
	ck_assert_uint_eq(done.has_grh, 1);
	if (!is_mapped(&a.port.gid)) {
		ck_assert_uint_eq(grh[0] >> 4, 6);
		ck_assert_mem_eq(grh + 8, a.port.gid.raw, 16);
		ck_assert_mem_eq(grh + 24, b.port.gid.raw, 16);
	}
	ck_assert_int_eq(side_done(&a, IPOIB_UD_SEND).status, 0);
	a.ops->ah_destroy(a.self, ah);
}
END_TEST

START_TEST(a_local_datagram_has_no_grh_where_none_is_required)
{
	void *ah = side_ah(&a, &b);

	side_receives(&b, 0, 1);
	side_post(&a, &b, ah, 0, 100);
	ck_assert_uint_eq(side_done(&b, IPOIB_UD_RECEIVE).has_grh, a.port.grh_required);
	ck_assert_int_eq(side_done(&a, IPOIB_UD_SEND).status, 0);
	a.ops->ah_destroy(a.self, ah);
}
END_TEST

START_TEST(a_port_hears_what_it_sends_to_itself)
{
	void *ah = side_ah(&b, &b);

	side_receives(&b, 0, 1);
	side_post(&b, &b, ah, 0, 100);
	ck_assert_uint_eq(side_done(&b, IPOIB_UD_RECEIVE).source_qpn, b.qpn);
	ck_assert_int_eq(side_done(&b, IPOIB_UD_SEND).status, 0);
	b.ops->ah_destroy(b.self, ah);
}
END_TEST

/* Whether b's context says that it has something to do, in the way that its user sees. */
static bool wakes(void)
{
	struct pollfd fds[DESCRIPTORS];
	int count = side_pollfds(&b, fds);

	return ipoib_context_deadline(b.context) <= rig_now() || poll(fds, (nfds_t)count, 0) > 0;
}

/* Nothing is due: what the fixture left has been done. */
static void calm(void)
{
	for (unsigned i = 0; i < 20 && wakes(); i++) {
		ck_assert_int_eq(ipoib_context_dispatch(b.context), 0);
		rig_run(MILLISECOND);
	}
}

START_TEST(an_armed_queue_pair_wakes_its_context)
{
	void *ah = side_ah(&a, &b);
	struct ipoib_ud_completion done;

	side_receives(&b, 0, 2);
	for (unsigned i = 0; i < 2; i++) {
		uint64_t end = rig_now() + WAIT_NS;

		calm();
		ck_assert_int_eq(b.ops->ud_arm(b.self, b.ud), 0);
		ck_assert(!wakes());
		side_post(&a, &b, ah, i, 100);
		while (!wakes() && rig_now() < end) {
			a.ops->process(a.self, rig_now());
			world->pass(end);
		}
		ck_assert(wakes());
		/* Being woken, the user dispatches, and finds it. */
		ck_assert_int_eq(ipoib_context_dispatch(b.context), 0);
		ck_assert_int_eq(b.ops->ud_poll(b.self, b.ud, &done, 1), 1);
		ck_assert_uint_eq(done.cookie, DEPTH + i);
	}
	rig_wait_done(&a, 2);
	a.ops->ah_destroy(a.self, ah);
}
END_TEST

/* A completion that is there already wakes nobody: arming says so. */
START_TEST(arming_says_that_there_are_completions)
{
	void *ah = side_ah(&a, &b);
	struct ipoib_ud_completion done;
	bool found = false;

	side_receives(&b, 0, 1);
	side_post(&a, &b, ah, 0, 100);
	for (uint64_t end = rig_now() + WAIT_NS; !found && rig_now() < end;) {
		a.ops->process(a.self, rig_now());
		b.ops->process(b.self, rig_now());
		found = b.ops->ud_arm(b.self, b.ud) == 1;
		if (!found)
			world->pass(end);
	}
	ck_assert(found);
	ck_assert_int_eq(b.ops->ud_poll(b.self, b.ud, &done, 1), 1);
	rig_wait_done(&a, 1);
	a.ops->ah_destroy(a.self, ah);
}
END_TEST

Suite *suite_datagram(void)
{
	Suite *suite = suite_create("datagram");
	TCase *bare = tcase_create("queue pairs");
	TCase *tcase = tcase_create("datagram");

	tcase_add_checked_fixture(bare, rig_setup_bare, rig_teardown);
	tcase_set_timeout(bare, TEST_TIMEOUT);
	tcase_add_test(bare, a_pkey_that_the_port_does_not_have_is_not_found);
	tcase_add_test(bare, the_membership_bit_does_not_count);
	tcase_add_test(bare, queue_pairs_have_numbers_of_24_bits_that_differ);
	suite_add_tcase(suite, bare);
	tcase_add_checked_fixture(tcase, rig_setup, rig_teardown);
	tcase_set_timeout(tcase, TEST_TIMEOUT);
	tcase_add_test(tcase, completions_come_in_the_order_of_posting_with_their_cookies);
	tcase_add_test(tcase, a_queue_takes_as_many_as_it_was_made_for);
	tcase_add_test(tcase, polling_takes_no_more_than_asked_for);
	tcase_add_test(tcase, datagrams_of_every_length_up_to_the_mtu_arrive);
	tcase_add_test(tcase, a_global_datagram_has_a_grh_that_names_both_ports);
	tcase_add_test(tcase, a_local_datagram_has_no_grh_where_none_is_required);
	tcase_add_test(tcase, a_port_hears_what_it_sends_to_itself);
	tcase_add_test(tcase, an_armed_queue_pair_wakes_its_context);
	tcase_add_test(tcase, arming_says_that_there_are_completions);
	suite_add_tcase(suite, tcase);
	return suite;
}
