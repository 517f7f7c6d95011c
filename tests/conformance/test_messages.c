/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Messages on connections that are up. */
#include <errno.h>
#include <string.h>

#include "conformance/rc_rig.h"
#include "conformance/suites.h"

static struct end made, taken;

static void setup(void)
{
	rc_setup();
	rc_pair(&made, &taken);
}

static void teardown(void)
{
	if (made.rc != NULL)
		end_destroy(&made);
	if (taken.rc != NULL)
		end_destroy(&taken);
	rc_teardown();
}

START_TEST(messages_of_every_length_cross_in_both_directions)
{
	static const uint32_t lengths[] = { 1, 2, 3, 4, 5, 60, 1024, 2044, 4095, 4096, 4097, 40950,
					    65520, IPOIB_RC_MESSAGE_MAX - 1, IPOIB_RC_MESSAGE_MAX };

	for (unsigned i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		check_that_messages_pass(&made, &taken, i, lengths[i]);
		check_that_messages_pass(&taken, &made, i, lengths[i]);
	}
}
END_TEST

START_TEST(messages_and_completions_are_in_the_order_of_posting)
{
	uint32_t length = 10;

	side_rooms(&b, 0, DEPTH, IPOIB_RC_MESSAGE_MAX);
	for (unsigned i = 0; i < DEPTH; i++)
		ck_assert_int_eq(end_post(&made, i, length + i * 3000), 1);
	for (unsigned i = 0; i < DEPTH; i++) {
		struct ipoib_ud_completion done = side_done(&b, IPOIB_RC_RECEIVE);

		ck_assert_int_eq(done.status, 0);
		ck_assert_uint_eq(done.cookie, DEPTH + i);
		ck_assert_uint_eq(done.length, length + i * 3000);
		check_octets(side_slot(&b, DEPTH + i), i, length + i * 3000);
		done = side_done(&a, IPOIB_RC_SEND);
		ck_assert_int_eq(done.status, 0);
		ck_assert_uint_eq(done.cookie, i);
	}
}
END_TEST

/* A burst in one call, many times over: places come back. */
START_TEST(bursts_follow_each_other)
{
	for (unsigned round = 0; round < 20; round++) {
		struct ipoib_rc_send sends[DEPTH];

		side_rooms(&b, 0, DEPTH, IPOIB_RC_MESSAGE_MAX);
		for (unsigned i = 0; i < DEPTH; i++) {
			struct ipoib_ud_send as = side_send(&a, &b, NULL, i, 500 + round);

			sends[i] = (struct ipoib_rc_send){ .cookie = UINT64_MAX - i,
							   .address = as.address,
							   .length = as.length,
							   .key = as.key };
		}
		ck_assert_int_eq(a.ops->rc_post_send(a.self, made.rc, sends, DEPTH), DEPTH);
		for (unsigned i = 0; i < DEPTH; i++) {
			struct ipoib_ud_completion done = side_done(&a, IPOIB_RC_SEND);

			ck_assert_int_eq(done.status, 0);
			ck_assert_uint_eq(done.cookie, UINT64_MAX - i);
			ck_assert_uint_eq(side_done(&b, IPOIB_RC_RECEIVE).length, 500 + round);
		}
	}
}
END_TEST

START_TEST(a_connection_takes_as_many_sends_as_it_was_made_for)
{
	struct ipoib_rc_send sends[DEPTH + 3];

	for (unsigned i = 0; i < DEPTH + 3; i++) {
		struct ipoib_ud_send as = side_send(&a, &b, NULL, 0, 100);

		sends[i] = (struct ipoib_rc_send){ .cookie = i, .address = as.address,
						   .length = as.length, .key = as.key };
	}
	side_rooms(&b, 0, DEPTH, IPOIB_RC_MESSAGE_MAX);
	ck_assert_int_eq(a.ops->rc_post_send(a.self, made.rc, sends, DEPTH + 3), DEPTH);
	ck_assert_int_eq(a.ops->rc_post_send(a.self, made.rc, sends, 1), 0);
	rig_wait_done(&a, DEPTH);
	ck_assert_int_eq(a.ops->rc_post_send(a.self, made.rc, sends, 1), 1);
	side_rooms(&b, 0, 1, IPOIB_RC_MESSAGE_MAX);
	rig_wait_done(&a, DEPTH + 1);
}
END_TEST

/* A receiver without room makes the sender wait, and nothing is lost. */
START_TEST(a_message_waits_for_a_receive)
{
	for (unsigned i = 0; i < 4; i++)
		ck_assert_int_eq(end_post(&made, i, 3000 + i), 1);
	rig_run(QUIET_NS);
	ck_assert_uint_eq(a.done_count + b.done_count, 0);
	side_rooms(&b, 0, 4, IPOIB_RC_MESSAGE_MAX);
	for (unsigned i = 0; i < 4; i++) {
		struct ipoib_ud_completion done = side_done(&b, IPOIB_RC_RECEIVE);

		ck_assert_int_eq(done.status, 0);
		check_octets(side_slot(&b, (unsigned)done.cookie), i, 3000 + i);
		ck_assert_int_eq(side_done(&a, IPOIB_RC_SEND).status, 0);
	}
	ck_assert_uint_eq(a.event_count + b.event_count, 0);
}
END_TEST

START_TEST(a_message_that_does_not_fit_ends_the_connection)
{
	struct ipoib_ud_completion done;

	side_rooms(&b, 0, 2, 1000);
	ck_assert_int_eq(end_post(&made, 0, 1000), 1);
	done = side_done(&b, IPOIB_RC_RECEIVE);
	ck_assert_int_eq(done.status, 0);
	ck_assert_int_eq(side_done(&a, IPOIB_RC_SEND).status, 0);
	ck_assert_int_eq(end_post(&made, 1, 1001), 1);
	ck_assert_int_eq(end_post(&made, 2, 100), 1);
	done = side_done(&b, IPOIB_RC_RECEIVE);
	ck_assert_int_lt(done.status, 0);
	ck_assert_uint_eq(done.cookie, DEPTH + 1);
	ck_assert_uint_eq(done.connection, taken.connection);
	ck_assert_int_eq(side_done(&a, IPOIB_RC_SEND).status, -EIO);
	ck_assert_int_eq(side_done(&a, IPOIB_RC_SEND).status, -ECANCELED);
	ck_assert_int_eq(side_event(&a, IPOIB_TRANSPORT_RC_DOWN).status, -EIO);
	ck_assert_int_eq(side_event(&b, IPOIB_TRANSPORT_RC_DOWN).status, -EIO);
	/* What is posted then is flushed. */
	ck_assert_int_eq(end_post(&made, 3, 100), 1);
	ck_assert_int_eq(side_done(&a, IPOIB_RC_SEND).status, -ECANCELED);
	rig_run(QUIET_NS);
	ck_assert_uint_eq(a.event_count + b.event_count, 0);
}
END_TEST

/* They share the receives, and each completion says whose message it is. */
START_TEST(connections_share_the_receives_and_do_not_mix)
{
	struct end second = rc_ask(&a, &b, 21), its = rc_take(&b, 22);
	unsigned first = 0, other = 0;

	(void)end_up(&second);
	(void)end_up(&its);
	side_rooms(&b, 0, DEPTH, IPOIB_RC_MESSAGE_MAX);
	for (unsigned i = 0; i < DEPTH; i++)
		ck_assert_int_eq(end_post(i % 2 == 0 ? &made : &second, i, 200 + i), 1);
	for (unsigned i = 0; i < DEPTH; i++) {
		struct ipoib_ud_completion done = side_done(&b, IPOIB_RC_RECEIVE);
		bool is_first = done.connection == taken.connection;
		unsigned slot = is_first ? 2 * first++ : 2 * other++ + 1;

		ck_assert(is_first || done.connection == its.connection);
		ck_assert_uint_eq(done.length, 200 + slot);
		check_octets(side_slot(&b, (unsigned)done.cookie), slot, 200 + slot);
	}
	ck_assert_uint_eq(first, DEPTH / 2);
	rig_wait_done(&a, DEPTH);
	end_destroy(&second);
	end_destroy(&its);
}
END_TEST

START_TEST(datagrams_pass_beside_messages)
{
	void *ah = side_ah(&a, &b);

	for (unsigned i = 0; i < 4; i++) {
		check_that_messages_pass(&made, &taken, i, 60000);
		check_that_datagrams_pass(ah, i);
	}
	a.ops->ah_destroy(a.self, ah);
}
END_TEST

Suite *suite_messages(void)
{
	Suite *suite = suite_create("messages");
	TCase *tcase = tcase_create("messages");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_set_timeout(tcase, TEST_TIMEOUT);
	tcase_add_test(tcase, messages_of_every_length_cross_in_both_directions);
	tcase_add_test(tcase, messages_and_completions_are_in_the_order_of_posting);
	tcase_add_test(tcase, bursts_follow_each_other);
	tcase_add_test(tcase, a_connection_takes_as_many_sends_as_it_was_made_for);
	tcase_add_test(tcase, a_message_waits_for_a_receive);
	tcase_add_test(tcase, a_message_that_does_not_fit_ends_the_connection);
	tcase_add_test(tcase, connections_share_the_receives_and_do_not_mix);
	tcase_add_test(tcase, datagrams_pass_beside_messages);
	suite_add_tcase(suite, tcase);
	return suite;
}
