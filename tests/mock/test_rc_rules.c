/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* A reliable connection's queue pair refuses what an adapter's refuses, and as it does. */
#include <errno.h>

#include "mock/rc_rig.h"
#include "mock/suites.h"

static void setup(void)
{
	rig_setup();
	rig_connect();
}

static struct ipoib__hca_rc *rc_of(const struct end *end)
{
	return end->rc;
}

START_TEST(a_message_lands_at_the_first_octet_and_completes_when_acknowledged)
{
	ck_assert_int_eq(end_send(&rig.a, 1000), 1);
	end_take(&rig.a);
	ck_assert_uint_eq(rig.a.completed, 0); /* on its way (I23) */
	rig_run(0);
	ck_assert_uint_eq(rig.a.completed, 1);
	ck_assert_uint_eq(rig.b.arrived, 1);
	ck_assert_uint_eq(rig.b.last.length, 1000);
	ck_assert_uint_eq(rig.b.last.source_qpn, rc_of(&rig.a)->qpn);
	ck_assert_uint_eq(rig.b.last.source_lid, rig.a.port->hca.port.lid);
	ck_assert_uint_eq(rig.b.last.has_grh, 0);
	ck_assert_uint_ne(rc_of(&rig.a)->qpn, rig.a.qpn);
}
END_TEST

START_TEST(both_directions_of_one_connection_carry_the_longest_messages)
{
	for (unsigned i = 0; i < 100; i++) {
		ck_assert_int_eq(end_send(&rig.a, IPOIB_RC_MESSAGE_MAX), 1);
		ck_assert_int_eq(end_send(&rig.b, i), 1);
		if (i % RIG_DEPTH == RIG_DEPTH - 1)
			rig_run(0);
	}
	rig_run(0);
	ck_assert_uint_eq(rig.b.arrived, 100);
	ck_assert_uint_eq(rig.b.length, IPOIB_RC_MESSAGE_MAX);
	ck_assert_uint_eq(rig.a.arrived, 100);
	ck_assert_uint_eq(counters_of(&rig.a)->rc_repeated, 0);
}
END_TEST

START_TEST(no_more_is_on_its_way_than_the_window_lets)
{
	rig.b.starved = true;
	for (unsigned i = 0; i < RIG_DEPTH; i++)
		ck_assert_int_eq(end_send(&rig.a, IPOIB_RC_MESSAGE_MAX), 1);
	ck_assert_uint_eq(rc_of(&rig.a)->next - rc_of(&rig.a)->tail,
			  IPOIB__RC_WINDOW_OCTETS / IPOIB_RC_MESSAGE_MAX);
	ck_assert_int_eq(end_send(&rig.a, 1), 0); /* the queue is full */
	rig_run(0);
	ck_assert_uint_eq(rig.a.completed, RIG_DEPTH);
	/* A place is free when its completion was taken. */
	ck_assert_int_eq(end_send(&rig.a, 1), 1);
}
END_TEST

/* How a failed connection looks from the end that sends. */
static void check_sender_failed(int status)
{
	rig_run(0);
	ck_assert_uint_eq(rig.a.failed, 1);
	ck_assert_int_eq(rig.a.failed_status, status);
	ck_assert_uint_eq(rig.a.flushed, 1);
	ck_assert_uint_eq(rig.a.downs, 1);
	ck_assert_int_eq(rig.a.down_status, -EIO);
	/* What is posted now completes as flushed, and one event is enough. */
	ck_assert_int_eq(end_send(&rig.a, 4), 1);
	rig_run(0);
	ck_assert_uint_eq(rig.a.flushed, 2);
	ck_assert_uint_eq(rig.a.downs, 1);
}

START_TEST(a_message_longer_than_the_posted_receive_fails_both_ends)
{
	rig.b.room = 100;
	for (unsigned i = 0; i < RIG_DEPTH; i++) { /* until a small one is the oldest */
		ck_assert_int_eq(end_send(&rig.a, 100), 1);
		rig_run(0);
	}
	ck_assert_uint_eq(rig.b.arrived, RIG_DEPTH);
	ck_assert_int_eq(end_send(&rig.a, 101), 1);
	ck_assert_int_eq(end_send(&rig.a, 1), 1);
	check_sender_failed(-EIO);
	ck_assert_uint_eq(rig.b.bad_receives, 1);
	ck_assert_int_eq(rig.b.last.status, -EMSGSIZE);
	ck_assert_uint_eq(rig.b.downs, 1);
	ck_assert_int_eq(rig.b.down_status, -EIO);
	ck_assert_uint_eq(rig.b.posted, RIG_DEPTH); /* the shared receives stay */
}
END_TEST

START_TEST(a_receive_that_is_not_ours_fails_both_ends)
{
	struct ipoib_ud_receive receive = {
		.cookie = RIG_DEPTH,
		.address = rig.b.region.address,
		.length = 100,
		.key = rig.b.region.key + 1,
	};

	rig.b.starved = true;
	for (unsigned i = 0; i < RIG_DEPTH; i++)
		ck_assert_int_eq(end_send(&rig.a, 4), 1);
	rig_run(0);
	ck_assert_uint_eq(rig.b.posted, 0);
	ck_assert_int_eq(ops->rc_post_receive(rig.b.port, rig.b.ud, &receive, 1), 1);
	rig.b.posted++;
	ck_assert_int_eq(end_send(&rig.a, 4), 1);
	ck_assert_int_eq(end_send(&rig.a, 4), 1);
	check_sender_failed(-EIO);
	ck_assert_int_eq(rig.b.last.status, -EIO);
	ck_assert_uint_eq(rig.b.downs, 1);
}
END_TEST

START_TEST(a_message_longer_than_any_fails_after_those_before_it)
{
	ck_assert_int_eq(end_send(&rig.a, 10), 1);
	ck_assert_int_eq(end_send(&rig.a, IPOIB_RC_MESSAGE_MAX + 1), 1);
	ck_assert_int_eq(end_send(&rig.a, 10), 1);
	check_sender_failed(-EMSGSIZE);
	ck_assert_uint_eq(rig.a.completed, 1);
	ck_assert_uint_eq(rig.b.arrived, 1);
	ck_assert_uint_eq(rig.b.downs, 0); /* it was never told */
}
END_TEST

START_TEST(a_send_with_a_wrong_key_fails)
{
	struct ipoib_rc_send send = {
		.cookie = 0,
		.address = rig.a.region.address,
		.length = 10,
		.key = rig.a.region.key + 1,
	};

	ck_assert_int_eq(ops->rc_post_send(rig.a.port, rig.a.rc, &send, 1), 1);
	rig.a.sent++;
	ck_assert_int_eq(end_send(&rig.a, 10), 1);
	/* The failed queue pair has flushed the second at once. */
	check_sender_failed(-EIO);
}
END_TEST

START_TEST(a_receiver_without_room_is_waited_for)
{
	rig.b.starved = true;
	for (unsigned i = 0; i < RIG_DEPTH; i++)
		ck_assert_int_eq(end_send(&rig.a, 4), 1);
	rig_run(0);
	ck_assert_uint_eq(rig.b.posted, 0);
	ck_assert_int_eq(end_send(&rig.a, 4), 1);
	rig_run(RIG_SECOND); /* seven times is for ever */
	ck_assert_uint_eq(rig.a.completed, RIG_DEPTH);
	ck_assert_uint_eq(rig.a.downs, 0);
	ck_assert_uint_gt(counters_of(&rig.b)->rc_starved, 100);
	ck_assert_uint_lt(counters_of(&rig.b)->rc_starved, 1000);
	rig.b.starved = false;
	rig_run(10 * RIG_MILLISECOND);
	ck_assert_uint_eq(rig.a.completed, RIG_DEPTH + 1);
	ck_assert_uint_eq(rig.b.arrived, RIG_DEPTH + 1);
}
END_TEST

START_TEST(a_receiver_without_room_is_not_waited_for_longer_than_agreed)
{
	rig_end();
	rig_make(support_seed());
	rig.a.attributes.rnr_retry = 3;
	rig_connect();
	rig.b.starved = true;
	for (unsigned i = 0; i < RIG_DEPTH; i++)
		ck_assert_int_eq(end_send(&rig.a, 4), 1);
	rig_run(0);
	ck_assert_int_eq(end_send(&rig.a, 4), 1);
	ck_assert_int_eq(end_send(&rig.a, 4), 1);
	rig_run(RIG_SECOND);
	ck_assert_uint_eq(counters_of(&rig.b)->rc_starved, 4);
	check_sender_failed(-EIO);
}
END_TEST

START_TEST(silence_is_answered_so_often_and_then_the_queue_pair_fails)
{
	uint64_t before = rig.frames;

	end_destroy(&rig.b); /* and its farewell is lost */
	rig.victim = rig.frames;
	rig.fate = RIG_LOSE;
	rig_run(0);
	rig.fate = RIG_PASS;
	before = counters_of(&rig.a)->rc_repeated;
	ck_assert_int_eq(end_send(&rig.a, 4), 1);
	ck_assert_int_eq(end_send(&rig.a, 4), 1);
	rig_run(7 * IPOIB__RC_TIMEOUT_NS);
	if (rig.a.downs == 0) /* the farewell is repeated after a second */
		rig_run(RIG_SECOND);
	ck_assert_uint_eq(rig.a.downs, 1);
	ck_assert_uint_ge(counters_of(&rig.a)->rc_repeated - before, 6);
	ck_assert_uint_eq(rig.a.completed, 0);
	ck_assert_uint_eq(rig.a.failed + rig.a.flushed, 2);
}
END_TEST

/* A frame to a's queue pair as b would send it. */
static struct ipoib__frame frame_to_a(uint8_t operation)
{
	struct ipoib__hca_rc *b = rc_of(&rig.b);
	struct ipoib__frame frame = ipoib__hca_rc_frame(b, operation, b->peer.psn);

	frame.length = 4;
	return frame;
}

START_TEST(what_is_not_of_this_connection_is_dropped_and_counted)
{
	struct ipoib__hca_counters *counters = counters_of(&rig.a);
	struct ipoib__hca *hca = &rig.a.port->hca;
	struct ipoib__frame frame = frame_to_a(IPOIB__FRAME_SEND);

	frame.sqpn++;
	ipoib__hca_receive(hca, &frame, "abcd");
	frame = frame_to_a(IPOIB__FRAME_SEND);
	frame.slid++;
	ipoib__hca_receive(hca, &frame, "abcd");
	ck_assert_uint_eq(counters->dropped_state, 2);
	frame = frame_to_a(IPOIB__FRAME_SEND);
	frame.pkey = 0x8001;
	ipoib__hca_receive(hca, &frame, "abcd");
	ck_assert_uint_eq(counters->dropped_pkey, 1);
	frame = frame_to_a(IPOIB__FRAME_SEND);
	frame.dqpn += 100;
	ipoib__hca_receive(hca, &frame, "abcd");
	frame.dqpn = rig.a.qpn; /* a datagrams' queue pair */
	ipoib__hca_receive(hca, &frame, "abcd");
	ck_assert_uint_eq(counters->dropped_qpn, 2);
	frame = frame_to_a(IPOIB__FRAME_SEND);
	frame.dlid++;
	ipoib__hca_receive(hca, &frame, "abcd");
	ck_assert_uint_eq(counters->dropped_lid, 1);
	frame.dlid = 0xc000;
	ipoib__hca_receive(hca, &frame, "abcd");
	ck_assert_uint_eq(counters->dropped_kind, 1);
	ck_assert_uint_eq(counters->rc_receives, 0);
	/* A datagram to a connection's queue pair. */
	frame = frame_to_a(IPOIB__FRAME_UD);
	ipoib__hca_receive(hca, &frame, "abcd");
	ck_assert_uint_eq(counters->dropped_qpn, 3);
}
END_TEST

START_TEST(acknowledgements_of_what_was_not_sent_mean_nothing)
{
	struct ipoib__random *random = support_random();
	struct ipoib__frame frame;

	for (unsigned i = 0; i < 2000; i++) {
		frame = frame_to_a(i % 2 ? IPOIB__FRAME_ACK : IPOIB__FRAME_NAK);
		frame.length = 0;
		frame.psn = (uint32_t)ipoib__random_u64(random) & IPOIB__RC_PSN;
		frame.syndrome = (uint8_t)ipoib__random_u64(random);
		frame.rnr_timer = (uint8_t)ipoib__random_u64(random);
		ipoib__hca_receive(&rig.a.port->hca, &frame, NULL);
	}
	ck_assert_uint_eq(rc_of(&rig.a)->state, IPOIB__RC_READY);
	ck_assert_int_eq(end_send(&rig.a, 4), 1);
	rig_run(RIG_SECOND);
	ck_assert_uint_eq(rig.a.completed, 1);
}
END_TEST

START_TEST(what_cannot_be_made_is_refused)
{
	struct ipoib_ud_attributes plain = { .pkey = 0xffff, .send_depth = 1, .receive_depth = 1 };
	struct ipoib_ud_receive receive = { .cookie = 1 };
	struct ipoib_rc_attributes *attributes = &rig.a.attributes;
	void *ud, *rc;

	ck_assert_int_eq(ops->ud_create(rig.a.port, &plain, &ud), 0);
	ck_assert_int_eq(ops->rc_listen(rig.a.port, ud, 1), -EOPNOTSUPP);
	ck_assert_int_eq(ops->rc_connect(rig.a.port, ud, attributes, &rc), -EOPNOTSUPP);
	ck_assert_int_eq(ops->rc_post_receive(rig.a.port, ud, &receive, 1), -EOPNOTSUPP);
	ops->ud_destroy(rig.a.port, ud);
	ck_assert_int_eq(ops->rc_listen(rig.a.port, rig.a.ud, RIG_SERVICE), -EADDRINUSE);
	ck_assert_int_eq(ops->rc_accept(rig.a.port, rig.a.ud, 1, attributes, &rc), -ENOENT);
	ops->rc_reject(rig.a.port, 1, 28, NULL, 0);
	attributes->private_length = 93;
	ck_assert_int_eq(ops->rc_connect(rig.a.port, rig.a.ud, attributes, &rc), -EINVAL);
	attributes->private_length = 92;
	attributes->retry_count = 8;
	ck_assert_int_eq(ops->rc_connect(rig.a.port, rig.a.ud, attributes, &rc), -EINVAL);
	attributes->retry_count = 0;
	attributes->path.dlid = 0xc000;
	ck_assert_int_eq(ops->rc_connect(rig.a.port, rig.a.ud, attributes, &rc), -EINVAL);
	attributes->path.dlid = 9;
	ck_assert_int_eq(ops->rc_connect(rig.a.port, rig.a.ud, attributes, &rc), 0);
	ops->rc_destroy(rig.a.port, rc);
}
END_TEST

START_TEST(codes_of_the_rnr_timer_are_those_of_the_iba)
{
	static const uint64_t us[] = {
		655360, 10,    20,    30,    40,    60,	    80,	    120,    160,    240,   320,
		480,	640,   960,   1280,  1920,  2560,   3840,   5120,   7680,   10240, 15360,
		20480,	30720, 40960, 61440, 81920, 122880, 163840, 245760, 327680, 491520
	};

	for (uint8_t code = 0; code < 32; code++)
		ck_assert_uint_eq(ipoib__rc_rnr_ns(code), us[code] * 1000);
}
END_TEST

Suite *suite_rc_rules(void)
{
	Suite *suite = suite_create("rc rules");
	TCase *tcase = tcase_create("rc rules");

	tcase_add_checked_fixture(tcase, setup, rig_teardown);
	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, a_message_lands_at_the_first_octet_and_completes_when_acknowledged);
	tcase_add_test(tcase, both_directions_of_one_connection_carry_the_longest_messages);
	tcase_add_test(tcase, no_more_is_on_its_way_than_the_window_lets);
	tcase_add_test(tcase, a_message_longer_than_the_posted_receive_fails_both_ends);
	tcase_add_test(tcase, a_receive_that_is_not_ours_fails_both_ends);
	tcase_add_test(tcase, a_message_longer_than_any_fails_after_those_before_it);
	tcase_add_test(tcase, a_send_with_a_wrong_key_fails);
	tcase_add_test(tcase, a_receiver_without_room_is_waited_for);
	tcase_add_test(tcase, a_receiver_without_room_is_not_waited_for_longer_than_agreed);
	tcase_add_test(tcase, silence_is_answered_so_often_and_then_the_queue_pair_fails);
	tcase_add_test(tcase, what_is_not_of_this_connection_is_dropped_and_counted);
	tcase_add_test(tcase, acknowledgements_of_what_was_not_sent_mean_nothing);
	tcase_add_test(tcase, what_cannot_be_made_is_refused);
	tcase_add_test(tcase, codes_of_the_rnr_timer_are_those_of_the_iba);
	suite_add_tcase(suite, tcase);
	return suite;
}
