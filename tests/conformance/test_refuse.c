/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Connections that do not come up, and calls that are refused. */
#include <errno.h>
#include <string.h>

#include "conformance/rc_rig.h"
#include "conformance/suites.h"
#include "support/support.h"

static struct ipoib_transport_event refusal_of(struct end *end)
{
	struct ipoib_transport_event event = side_event(end->side, IPOIB_TRANSPORT_RC_REFUSED);

	ck_assert_uint_eq(event.id, end->connection);
	return event;
}

START_TEST(a_refusal_has_its_reason_and_private_data)
{
	static const uint16_t reasons[] = { REASON_CONSUMER, REASON_NO_RESOURCES };

	for (unsigned i = 0; i < 2; i++) {
		struct end made = rc_ask(&a, &b, 70 + i);
		struct ipoib_transport_event event = side_event(&b, IPOIB_TRANSPORT_RC_REQUEST);

		side_reject(&b, event.rc.request, reasons[i]);
		event = refusal_of(&made);
		ck_assert_int_eq(event.status, 0);
		/* Where a reason cannot be said it is the consumer's. */
		ck_assert(event.rc.reason == reasons[i] || event.rc.reason == REASON_CONSUMER);
		check_private(&event.rc, &b);
		rig_run(QUIET_NS);
		ck_assert_uint_eq(a.event_count + b.event_count, 0);
		end_destroy(&made);
	}
}
END_TEST

START_TEST(a_service_that_nobody_listens_for_is_refused_as_such)
{
	struct ipoib_rc_attributes attributes = rc_attributes(&a, &b, 3);
	struct end made = { .side = &a, .connection = 3 };
	struct ipoib_transport_event event;

	attributes.service_id = UINT64_C(0x0100000000000000) | b.qpn;
	ck_assert_int_eq(a.ops->rc_connect(a.self, a.ud, &attributes, &made.rc), 0);
	event = refusal_of(&made);
	ck_assert_int_eq(event.status, 0);
	ck_assert_uint_eq(event.rc.reason, REASON_SERVICE_ID);
	end_destroy(&made);
	/* A queue pair that is not there. */
	attributes.service_id = SERVICE | (b.qpn + 1);
	ck_assert_int_eq(a.ops->rc_connect(a.self, a.ud, &attributes, &made.rc), 0);
	ck_assert_uint_eq(refusal_of(&made).rc.reason, REASON_SERVICE_ID);
	ck_assert_uint_eq(side_events(&b, IPOIB_TRANSPORT_RC_REQUEST), 0);
	end_destroy(&made);
}
END_TEST

START_TEST(a_peer_that_is_not_there_does_not_answer)
{
	struct ipoib_rc_attributes attributes = rc_attributes(&a, &b, 3);
	struct end made = { .side = &a, .connection = 3 };

	attributes.path.dgid.raw[15] ^= 0x55;
	if (attributes.path.dlid != 0)
		attributes.path.dlid = 0x1234;
	ck_assert_int_eq(a.ops->rc_connect(a.self, a.ud, &attributes, &made.rc), 0);
	ck_assert_int_eq(refusal_of(&made).status, -ETIMEDOUT);
	rig_run(QUIET_NS);
	ck_assert_uint_eq(a.event_count, 0);
	end_destroy(&made);
}
END_TEST

START_TEST(who_does_not_listen_any_more_refuses)
{
	struct end made;

	b.ops->ud_destroy(b.self, b.ud);
	b.ud = NULL;
	made = rc_ask(&a, &b, 3);
	ck_assert_uint_eq(refusal_of(&made).rc.reason, REASON_SERVICE_ID);
	end_destroy(&made);
}
END_TEST

/* A request of which the user was told, and that he has not answered. */
START_TEST(a_request_without_an_answer_ends_with_its_queue_pair)
{
	struct end made = rc_ask(&a, &b, 3);

	(void)side_event(&b, IPOIB_TRANSPORT_RC_REQUEST);
	b.ops->ud_destroy(b.self, b.ud);
	b.ud = NULL;
	(void)refusal_of(&made);
	end_destroy(&made);
}
END_TEST

/* The library is asked all the same: it may have one to end. */
START_TEST(more_connections_than_there_may_be_are_refused)
{
	struct end made[CONNECTIONS], taken[CONNECTIONS], from_b;
	struct ipoib_transport_event request;
	struct ipoib_rc_attributes attributes;
	void *none = NULL;

	for (unsigned i = 0; i < CONNECTIONS; i++) {
		made[i] = rc_ask(&a, &b, i);
		taken[i] = rc_take(&b, 100 + i);
		(void)end_up(&made[i]);
		(void)end_up(&taken[i]);
	}
	end_destroy(&taken[0]);
	(void)side_event(&a, IPOIB_TRANSPORT_RC_DOWN);
	/* b has room for one more, a has none. */
	from_b = rc_ask(&b, &a, 50);
	request = side_event(&a, IPOIB_TRANSPORT_RC_REQUEST);
	attributes = rc_attributes(&a, &b, 51);
	ck_assert_int_eq(a.ops->rc_accept(a.self, a.ud, request.rc.request, &attributes, &none),
			 -ENOSPC);
	side_reject(&a, request.rc.request, REASON_NO_RESOURCES);
	(void)refusal_of(&from_b);
	end_destroy(&from_b);
	for (unsigned i = 0; i < CONNECTIONS; i++) {
		end_destroy(&made[i]);
		if (taken[i].rc != NULL)
			end_destroy(&taken[i]);
	}
}
END_TEST

START_TEST(a_queue_pair_made_without_connections_has_none)
{
	struct ipoib_rc_attributes attributes = rc_attributes(&a, &b, 3);
	struct ipoib_ud_attributes ud = side_ud_attributes();
	struct ipoib_ud_receive receive = { .cookie = 0 };
	void *plain, *rc;

	ud.connected_depth = 0;
	ud.connections_max = 0;
	ck_assert_int_eq(a.ops->ud_create(a.self, &ud, &plain), 0);
	ck_assert_int_eq(a.ops->rc_listen(a.self, plain, SERVICE | ud.qpn), -EOPNOTSUPP);
	ck_assert_int_eq(a.ops->rc_connect(a.self, plain, &attributes, &rc), -EOPNOTSUPP);
	ck_assert_int_eq(a.ops->rc_post_receive(a.self, plain, &receive, 1), -EOPNOTSUPP);
	a.ops->ud_destroy(a.self, plain);
}
END_TEST

START_TEST(attributes_out_of_their_range_are_invalid)
{
	struct ipoib_rc_attributes good = rc_attributes(&a, &b, 3), bad[4];
	void *rc;

	for (unsigned i = 0; i < 4; i++)
		bad[i] = good;
	bad[0].private_length = 93;
	bad[1].send_depth = 0;
	bad[2].retry_count = 8;
	bad[3].rnr_retry = 8;
	for (unsigned i = 0; i < 4; i++)
		ck_assert_int_eq(a.ops->rc_connect(a.self, a.ud, &bad[i], &rc), -EINVAL);
	rig_run(QUIET_NS);
	ck_assert_uint_eq(b.event_count, 0);
}
END_TEST

START_TEST(a_request_that_nobody_knows_cannot_be_answered)
{
	struct ipoib_rc_attributes attributes = rc_attributes(&b, &a, 3);
	struct end made = rc_ask(&a, &b, 3);
	uint64_t request = side_event(&b, IPOIB_TRANSPORT_RC_REQUEST).rc.request;
	void *rc;

	side_reject(&b, request + 1000, REASON_CONSUMER); /* no error */
	ck_assert_int_eq(b.ops->rc_accept(b.self, b.ud, request + 1000, &attributes, &rc), -ENOENT);
	side_reject(&b, request, REASON_CONSUMER);
	side_reject(&b, request, REASON_CONSUMER);
	ck_assert_int_eq(b.ops->rc_accept(b.self, b.ud, request, &attributes, &rc), -ENOENT);
	(void)refusal_of(&made);
	end_destroy(&made);
}
END_TEST

/* Each allocation in turn, of one who asks, of one who is asked, and of one who agrees. */
START_TEST(without_memory_there_is_no_connection_and_no_harm)
{
	struct ipoib_rc_attributes there = rc_attributes(&a, &b, 1);
	struct ipoib_rc_attributes back = rc_attributes(&b, &a, 2);
	struct end made = { .side = &a, .connection = 1 }, taken = { .side = &b, .connection = 2 };
	uint64_t request;
	int status;

	for (long n = 1;; n++) {
		support_fail_after(n, false);
		status = a.ops->rc_connect(a.self, a.ud, &there, &made.rc);
		support_fail_after(0, false);
		if (status == 0)
			break;
		ck_assert_int_eq(status, -ENOMEM);
	}
	request = side_event(&b, IPOIB_TRANSPORT_RC_REQUEST).rc.request;
	for (long n = 1;; n++) {
		support_fail_after(n, false);
		status = b.ops->rc_accept(b.self, b.ud, request, &back, &taken.rc);
		support_fail_after(0, false);
		if (status == 0)
			break;
		ck_assert_int_eq(status, -ENOMEM);
	}
	(void)end_up(&made);
	(void)end_up(&taken);
	check_that_messages_pass(&made, &taken, 0, 5000);
	end_destroy(&made);
	end_destroy(&taken);
}
END_TEST

START_TEST(a_request_that_finds_no_memory_is_refused)
{
	struct end made = rc_ask(&a, &b, 1);
	uint64_t end = rig_now() + WAIT_NS;

	while (a.event_count + b.event_count == 0 && rig_now() < end) {
		a.ops->process(a.self, rig_now());
		a.event_count += (unsigned)a.ops->next_event(a.self, a.events);
		support_fail_after(1, true);
		b.ops->process(b.self, rig_now());
		b.event_count += (unsigned)b.ops->next_event(b.self, b.events);
		support_fail_after(0, false);
		world->pass(end);
	}
	ck_assert_uint_eq(b.event_count, 0);
	ck_assert_uint_eq(a.event_count, 1);
	(void)refusal_of(&made);
	end_destroy(&made);
}
END_TEST

Suite *suite_refuse(void)
{
	Suite *suite = suite_create("refuse");
	TCase *tcase = tcase_create("refuse");

	tcase_add_checked_fixture(tcase, rc_setup, rc_teardown);
	tcase_set_timeout(tcase, TEST_TIMEOUT);
	tcase_add_test(tcase, a_refusal_has_its_reason_and_private_data);
	tcase_add_test(tcase, a_service_that_nobody_listens_for_is_refused_as_such);
	tcase_add_test(tcase, a_peer_that_is_not_there_does_not_answer);
	tcase_add_test(tcase, who_does_not_listen_any_more_refuses);
	tcase_add_test(tcase, a_request_without_an_answer_ends_with_its_queue_pair);
	tcase_add_test(tcase, more_connections_than_there_may_be_are_refused);
	tcase_add_test(tcase, a_queue_pair_made_without_connections_has_none);
	tcase_add_test(tcase, attributes_out_of_their_range_are_invalid);
	tcase_add_test(tcase, a_request_that_nobody_knows_cannot_be_answered);
	tcase_add_test(tcase, without_memory_there_is_no_connection_and_no_harm);
	tcase_add_test(tcase, a_request_that_finds_no_memory_is_refused);
	suite_add_tcase(suite, tcase);
	return suite;
}
