/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Connections that end: in every state, from either side, with messages under way. */
#include <errno.h>
#include <string.h>

#include "conformance/rc_rig.h"
#include "conformance/suites.h"

static void check_down(struct end *end)
{
	struct ipoib_transport_event event = side_event(end->side, IPOIB_TRANSPORT_RC_DOWN);

	ck_assert_uint_eq(event.id, end->connection);
	ck_assert_int_eq(event.status, -ECONNRESET);
}

/* Neither side hears of what it has ended. */
static void check_quiet(void)
{
	rig_run(QUIET_NS);
	ck_assert_uint_eq(a.event_count, 0);
	ck_assert_uint_eq(b.event_count, 0);
}

/* After all that a new connection is as good as ever. */
static void check_that_all_is_well(void)
{
	struct end made, taken;

	rc_pair(&made, &taken);
	check_that_messages_pass(&made, &taken, 9, 20000);
	end_destroy(&taken);
	check_down(&made);
	end_destroy(&made);
	check_quiet();
}

START_TEST(the_peer_hears_of_the_end)
{
	struct end made, taken;

	for (unsigned i = 0; i < 2; i++) {
		rc_pair(&made, &taken);
		end_destroy(i == 0 ? &made : &taken);
		check_down(i == 0 ? &taken : &made);
		end_destroy(i == 0 ? &taken : &made);
	}
	check_quiet();
	check_that_all_is_well();
}
END_TEST

START_TEST(both_ends_may_end_at_once)
{
	struct end made, taken;

	rc_pair(&made, &taken);
	end_destroy(&made);
	end_destroy(&taken);
	check_quiet();
	check_that_all_is_well();
}
END_TEST

START_TEST(a_request_may_be_given_up_at_once)
{
	struct end made = rc_ask(&a, &b, 1);

	end_destroy(&made);
	rig_run(QUIET_NS);
	ck_assert_uint_eq(a.event_count, 0);
	/* The peer may have heard of it; whatever it does then is no error. */
	if (side_events(&b, IPOIB_TRANSPORT_RC_REQUEST) > 0) {
		struct end taken = rc_take(&b, 2);

		(void)side_event(&b, IPOIB_TRANSPORT_RC_DOWN);
		end_destroy(&taken);
	}
	check_quiet();
	check_that_all_is_well();
}
END_TEST

START_TEST(a_request_may_be_given_up_before_it_is_answered)
{
	struct end made = rc_ask(&a, &b, 1), taken;
	struct ipoib_transport_event request = side_event(&b, IPOIB_TRANSPORT_RC_REQUEST);
	struct ipoib_rc_attributes attributes = rc_attributes(&b, &a, 2);

	end_destroy(&made);
	rig_run(QUIET_NS);
	ck_assert_uint_eq(a.event_count, 0);
	taken = (struct end){ .side = &b, .connection = 2 };
	if (b.ops->rc_accept(b.self, b.ud, request.rc.request, &attributes, &taken.rc) == 0) {
		(void)side_event(&b, IPOIB_TRANSPORT_RC_DOWN);
		end_destroy(&taken);
	} else {
		side_reject(&b, request.rc.request, REASON_CONSUMER);
	}
	check_quiet();
	check_that_all_is_well();
}
END_TEST

/* Accepted, and ended before the other end could say that it is up. */
START_TEST(what_was_taken_may_be_ended_before_it_is_up)
{
	struct end made = rc_ask(&a, &b, 1), taken = rc_take(&b, 2);

	end_destroy(&taken);
	for (uint64_t end = rig_now() + WAIT_NS; a.event_count == 0 && rig_now() < end;)
		rig_run(MILLISECOND);
	rig_run(QUIET_NS);
	/* It comes up and goes down, or it was refused. */
	if (side_events(&a, IPOIB_TRANSPORT_RC_UP) > 0) {
		(void)end_up(&made);
		check_down(&made);
	} else {
		(void)side_event(&a, IPOIB_TRANSPORT_RC_REFUSED);
	}
	end_destroy(&made);
	check_quiet();
	check_that_all_is_well();
}
END_TEST

START_TEST(a_refused_connection_is_ended_like_others)
{
	struct end made = rc_ask(&a, &b, 1);

	side_reject(&b, side_event(&b, IPOIB_TRANSPORT_RC_REQUEST).rc.request, REASON_CONSUMER);
	(void)side_event(&a, IPOIB_TRANSPORT_RC_REFUSED);
	ck_assert_int_eq(end_post(&made, 0, 100), -ENOTCONN);
	end_destroy(&made);
	check_quiet();
	check_that_all_is_well();
}
END_TEST

START_TEST(nothing_can_be_posted_before_it_is_up)
{
	struct end made = rc_ask(&a, &b, 1), taken;

	ck_assert_int_eq(end_post(&made, 0, 100), -ENOTCONN);
	taken = rc_take(&b, 2);
	(void)end_up(&made);
	(void)end_up(&taken);
	check_that_messages_pass(&made, &taken, 0, 100);
	end_destroy(&made);
	end_destroy(&taken);
}
END_TEST

/* Sends that found no receive, when the peer ends: each completes, flushed. */
START_TEST(sends_under_way_are_flushed_when_the_peer_ends)
{
	struct end made, taken;

	rc_pair(&made, &taken);
	for (unsigned i = 0; i < 8; i++)
		ck_assert_int_eq(end_post(&made, i, 5000), 1);
	rig_run(20 * MILLISECOND);
	end_destroy(&taken);
	check_down(&made);
	rig_wait_done(&a, 8);
	for (unsigned i = 0; i < 8; i++) {
		struct ipoib_ud_completion done = side_done(&a, IPOIB_RC_SEND);

		ck_assert_uint_eq(done.cookie, i);
		ck_assert_uint_eq(done.connection, made.connection);
		ck_assert_int_eq(done.status, -ECANCELED);
	}
	/* And what is posted before it is destroyed, too. */
	ck_assert_int_eq(end_post(&made, 8, 100), 1);
	ck_assert_int_eq(side_done(&a, IPOIB_RC_SEND).status, -ECANCELED);
	end_destroy(&made);
	check_quiet();
	check_that_all_is_well();
}
END_TEST

/* Nothing of it completes any more, and its memory is the library's. */
START_TEST(sends_under_way_end_with_the_connection)
{
	struct end made, taken;

	rc_pair(&made, &taken);
	for (unsigned i = 0; i < 8; i++)
		ck_assert_int_eq(end_post(&made, i, 5000), 1);
	end_destroy(&made);
	ck_assert_uint_eq(a.done_count, 0);
	check_down(&taken);
	rig_run(QUIET_NS);
	ck_assert_uint_eq(a.done_count, 0);
	end_destroy(&taken);
	check_that_all_is_well();
}
END_TEST

/* Receives are all connections': what one leaves, another takes. */
START_TEST(receives_survive_the_connections)
{
	side_rooms(&b, 0, 6, IPOIB_RC_MESSAGE_MAX);
	for (unsigned i = 0; i < 3; i++) {
		struct end made = rc_ask(&a, &b, 10 + i), taken = rc_take(&b, 20 + i);

		(void)end_up(&made);
		(void)end_up(&taken);
		for (unsigned j = 0; j < 2; j++) {
			struct ipoib_ud_completion done;

			ck_assert_int_eq(end_post(&made, 2 * i + j, 700), 1);
			done = side_done(&b, IPOIB_RC_RECEIVE);
			ck_assert_int_eq(done.status, 0);
			ck_assert_uint_eq(done.cookie, DEPTH + 2 * i + j);
			ck_assert_uint_eq(done.connection, 20 + i);
			check_octets(side_slot(&b, (unsigned)done.cookie), 2 * i + j, 700);
			(void)side_done(&a, IPOIB_RC_SEND);
		}
		end_destroy(i % 2 == 0 ? &made : &taken);
		check_down(i % 2 == 0 ? &taken : &made);
		end_destroy(i % 2 == 0 ? &taken : &made);
	}
}
END_TEST

/* A message that had come and was not looked at when its connection was destroyed. */
START_TEST(an_unread_message_ends_with_its_connection_and_not_its_receive)
{
	struct end made, taken;

	rc_pair(&made, &taken);
	side_rooms(&b, 0, DEPTH, IPOIB_RC_MESSAGE_MAX);
	for (unsigned i = 0; i < 4; i++)
		ck_assert_int_eq(end_post(&made, i, 5000), 1);
	for (uint64_t end = rig_now() + WAIT_NS; a.done_count < 4 && rig_now() < end;) {
		struct ipoib_transport_event event;

		a.ops->process(a.self, rig_now());
		b.ops->process(b.self, rig_now());
		ck_assert_int_eq(b.ops->next_event(b.self, &event), 0);
		a.done_count += (unsigned)a.ops->ud_poll(a.self, a.ud, a.done + a.done_count, 4);
		world->pass(end);
	}
	ck_assert_uint_eq(a.done_count, 4);
	end_destroy(&taken);
	check_down(&made);
	end_destroy(&made);
	rig_run(QUIET_NS);
	ck_assert_uint_eq(side_dones(&b, IPOIB_RC_RECEIVE), 0);
	/* All of the receives are there for the next one. */
	side_forget(&a);
	rc_pair(&made, &taken);
	for (unsigned i = 0; i < DEPTH; i++)
		ck_assert_int_eq(end_post(&made, i, 300), 1);
	rig_wait_done(&b, DEPTH);
	rig_wait_done(&a, DEPTH);
	end_destroy(&made);
	end_destroy(&taken);
}
END_TEST

Suite *suite_ending(void)
{
	Suite *suite = suite_create("ending");
	TCase *tcase = tcase_create("ending");

	tcase_add_checked_fixture(tcase, rc_setup, rc_teardown);
	tcase_set_timeout(tcase, TEST_TIMEOUT);
	tcase_add_test(tcase, the_peer_hears_of_the_end);
	tcase_add_test(tcase, both_ends_may_end_at_once);
	tcase_add_test(tcase, a_request_may_be_given_up_at_once);
	tcase_add_test(tcase, a_request_may_be_given_up_before_it_is_answered);
	tcase_add_test(tcase, what_was_taken_may_be_ended_before_it_is_up);
	tcase_add_test(tcase, a_refused_connection_is_ended_like_others);
	tcase_add_test(tcase, nothing_can_be_posted_before_it_is_up);
	tcase_add_test(tcase, sends_under_way_are_flushed_when_the_peer_ends);
	tcase_add_test(tcase, sends_under_way_end_with_the_connection);
	tcase_add_test(tcase, receives_survive_the_connections);
	tcase_add_test(tcase, an_unread_message_ends_with_its_connection_and_not_its_receive);
	suite_add_tcase(suite, tcase);
	return suite;
}
