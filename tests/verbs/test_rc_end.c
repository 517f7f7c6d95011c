/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Messages of connections, and how connections end. */
#include <errno.h>

#include "support/support.h"
#include "verbs/adapter.h"
#include "verbs/fake_cm.h"
#include "verbs/fake_rc.h"
#include "verbs/rc.h"
#include "verbs/rc_rig.h"
#include "verbs/suites.h"
#include "verbs/transport.h"

#define SECOND UINT64_C(1000000000)

static uint8_t memory[4096];

/* ---- messages ---- */

static int send_some(struct ipoib__verbs_rc *rc, uint64_t first, unsigned count)
{
	struct ipoib_rc_send sends[RC_DEPTH];

	for (unsigned i = 0; i < count; i++)
		sends[i] = (struct ipoib_rc_send){
			.cookie = first + i,
			.address = memory,
			.length = 1000,
		};
	return ipoib__verbs_rc_post_send(&rc_rig.verbs, rc, sends, count);
}

static void receive_one(uint64_t cookie)
{
	const struct ipoib_ud_receive receive = {
		.cookie = cookie,
		.address = memory,
		.length = sizeof(memory),
	};

	ck_assert_int_eq(ipoib__verbs_rc_post_receive(&rc_rig.verbs, rc_rig.ud, &receive, 1), 1);
}

/* The next completions are these, in this order. */
static void completes(uint8_t opcode, uint64_t first, unsigned count, int status)
{
	struct ipoib_ud_completion done;

	for (unsigned i = 0; i < count; i++) {
		ck_assert_int_eq(ipoib__verbs_ud_poll(rc_rig.ud, &done, 1), 1);
		ck_assert_uint_eq(done.opcode, opcode);
		ck_assert_uint_eq(done.cookie, first + i);
		ck_assert_int_eq(done.status, status);
	}
}

static void completes_nothing(void)
{
	struct ipoib_ud_completion done;

	ck_assert_int_eq(ipoib__verbs_ud_poll(rc_rig.ud, &done, 1), 0);
}

START_TEST(messages_complete_with_the_name_of_their_connection)
{
	struct ipoib__verbs_rc *rc = rc_connected(9);
	struct ipoib_ud_completion done;

	receive_one(100);
	ck_assert_int_eq(send_some(rc, 0, 4), 4);
	completes_nothing();
	fake_rc_sent(fake_rc_youngest(), IBV_WC_SUCCESS);
	completes(IPOIB_RC_SEND, 0, 4, 0);
	fake_rc_received(fake_rc_youngest()->qp.qp_num, IBV_WC_SUCCESS, 77);
	ck_assert_int_eq(ipoib__verbs_ud_poll(rc_rig.ud, &done, 1), 1);
	ck_assert_uint_eq(done.opcode, IPOIB_RC_RECEIVE);
	ck_assert_uint_eq(done.cookie, 100);
	ck_assert_uint_eq(done.connection, 9);
	ck_assert_uint_eq(done.length, 77);
	ipoib__verbs_rc_destroy(&rc_rig.verbs, rc);
}
END_TEST

START_TEST(a_send_that_fails_ends_the_connection_and_gives_all_back)
{
	struct ipoib__verbs_rc *rc = rc_connected(9);
	struct ipoib_transport_event event;

	ck_assert_int_eq(send_some(rc, 0, 3), 3);
	fake_rc_sent(fake_rc_youngest(), IBV_WC_RETRY_EXC_ERR);
	completes(IPOIB_RC_SEND, 0, 1, -EIO);
	event = rc_tells(IPOIB_TRANSPORT_RC_DOWN, 9);
	ck_assert_int_eq(event.status, -EIO);
	ck_assert_uint_eq(event.rc.reason, IPOIB_CONNECTION_END_RETRIES);
	ck_assert_int_eq(fake_rc_youngest()->state, IBV_QPS_ERR);
	ck_assert_int_eq(send_some(rc, 3, 1), 1);
	completes(IPOIB_RC_SEND, 1, 3, -ECANCELED);
	completes_nothing();
	ipoib__verbs_rc_destroy(&rc_rig.verbs, rc);
}
END_TEST

START_TEST(a_message_of_a_connection_that_was_destroyed_gives_its_receive_back)
{
	struct ipoib__verbs_rc *rc = rc_connected(9);
	uint32_t qpn = fake_rc_youngest()->qp.qp_num;

	receive_one(100);
	ck_assert_int_eq(send_some(rc, 0, 1), 1);
	fake_rc_sent(fake_rc_youngest(), IBV_WC_SUCCESS);
	fake_rc_received(qpn, IBV_WC_SUCCESS, 77);
	ipoib__verbs_rc_destroy(&rc_rig.verbs, rc);
	completes_nothing();
	ck_assert_uint_eq(fake_rc.receive_count, 1);
	rc = rc_connected(10);
	fake_rc_received(fake_rc_youngest()->qp.qp_num, IBV_WC_SUCCESS, 78);
	completes(IPOIB_RC_RECEIVE, 100, 1, 0);
	ipoib__verbs_rc_destroy(&rc_rig.verbs, rc);
}
END_TEST

/* The transport as it is, over what the test has made and ends itself. */
static void keep_alive(void *self)
{
	ck_assert_ptr_eq(self, &rc_rig.verbs);
}

static void open_transport(void)
{
	static struct ibv_comp_channel channel = { .fd = -1 };
	struct ipoib_transport_ops ops = ipoib__verbs_ops;

	ops.destroy = keep_alive;
	rc_rig.verbs.channel.channel = &channel;
	adapter.context.async_fd = -1;
	ck_assert_int_eq(ipoib_transport_new(&rc_rig.verbs.transport, rc_rig.verbs.context, &ops,
					     &rc_rig.verbs),
			 0);
}

START_TEST(a_receive_queue_that_refuses_what_it_had_is_the_end_of_the_device)
{
	const struct ipoib_transport_ops *ops = &ipoib__verbs_ops;
	struct ipoib__verbs *verbs = &rc_rig.verbs;
	struct ipoib__verbs_rc *rc = rc_connected(9);
	struct ipoib_transport_event event;

	open_transport();
	receive_one(100);
	fake_rc_received(FAKE_RC_QPN - 1, IBV_WC_SUCCESS, 77); /* a connection of before */
	fake_rc.refuse_receive = ENOMEM;
	completes_nothing();
	ck_assert(!verbs->gone);
	ck_assert_uint_eq(ops->deadline(verbs), 0);
	ops->process(verbs, SECOND);
	ck_assert(verbs->gone);
	ck_assert_int_eq(ops->next_event(verbs, &event), 1);
	ck_assert_uint_eq(event.type, IPOIB_TRANSPORT_GONE);
	ck_assert_int_eq(ops->next_event(verbs, &event), 1);
	ck_assert_uint_eq(event.type, IPOIB_TRANSPORT_RC_DOWN);
	ck_assert_uint_eq(event.id, 9);
	ck_assert_int_eq(ops->next_event(verbs, &event), 0);
	ck_assert_uint_eq(ops->deadline(verbs), IPOIB_NEVER);
	ipoib__verbs_rc_destroy(verbs, rc);
	ipoib_transport_unref(verbs->transport);
	verbs->transport = NULL;
}
END_TEST

/* ---- the end ---- */

START_TEST(the_peers_farewell_is_answered_and_told)
{
	struct ipoib__verbs_rc *rc = rc_connected(9);
	struct ipoib_transport_event event;

	fake_rc_event(rc->id, RDMA_CM_EVENT_DISCONNECTED, 0, NULL, 0);
	ck_assert_uint_eq(fake_rc.disconnects, 1);
	event = rc_tells(IPOIB_TRANSPORT_RC_DOWN, 9);
	ck_assert_int_eq(event.status, -ECONNRESET);
	ck_assert_uint_eq(event.rc.reason, IPOIB_CONNECTION_END_PEER);
	fake_rc_event(rc->id, RDMA_CM_EVENT_TIMEWAIT_EXIT, 0, NULL, 0);
	rc_tells_nothing();
	fake_rc.refuse_disconnect = EINVAL;
	ipoib__verbs_rc_destroy(&rc_rig.verbs, rc);
	ck_assert_uint_eq(fake_cm.alive, 0);
}
END_TEST

START_TEST(a_farewell_is_waited_for_without_the_queue_pair)
{
	struct ipoib__verbs_rc *rc = rc_connected(9);
	struct rdma_cm_id *id = rc->id;
	uint32_t places = rc_rig.ud->cq.places;

	ipoib__verbs_rc_destroy(&rc_rig.verbs, rc);
	ck_assert_uint_eq(rc_rig.ud->cq.places, places - RC_DEPTH);
	ck_assert_uint_eq(fake_rc.disconnects, 1);
	ck_assert_uint_eq(rc_rig.ud->rc->connection_count, 0);
	ck_assert_uint_eq(fake_cm.alive, 1);
	fake_rc_event(id, RDMA_CM_EVENT_DISCONNECTED, 0, NULL, 0);
	ck_assert_uint_eq(fake_rc.disconnects, 1);
	ck_assert_uint_eq(fake_cm.alive, 0);
	rc_tells_nothing();
}
END_TEST

START_TEST(farewells_that_are_waited_for_are_bounded)
{
	for (unsigned i = 0; i < IPOIB__VERBS_LEAVING_MAX + 3; i++)
		ipoib__verbs_rc_destroy(&rc_rig.verbs, rc_connected(i));
	ck_assert_uint_eq(fake_cm.alive, IPOIB__VERBS_LEAVING_MAX);
	ck_assert_uint_eq(rc_rig.verbs.rcs->leaving_count, IPOIB__VERBS_LEAVING_MAX);
}
END_TEST

START_TEST(a_link_that_goes_down_ends_connections_and_keeps_farewells_until_it_is_back)
{
	struct ipoib__verbs_rc *rc = rc_connected(9);
	uint64_t now = 100 * SECOND;

	rc_rig.verbs.port.state = IPOIB_PORT_DOWN;
	ipoib__verbs_rc_port(&rc_rig.verbs);
	ck_assert_uint_eq(rc_tells(IPOIB_TRANSPORT_RC_DOWN, 9).rc.reason,
			  IPOIB_CONNECTION_END_PORT);
	ipoib__verbs_rc_destroy(&rc_rig.verbs, rc);
	ck_assert_uint_eq(fake_rc.disconnects, 0);
	ck_assert_uint_eq(fake_cm.alive, 1);
	ck_assert_uint_eq(ipoib__verbs_rc_deadline(&rc_rig.verbs), IPOIB_NEVER);
	rc_rig.verbs.port.state = IPOIB_PORT_ACTIVE;
	ipoib__verbs_rc_port(&rc_rig.verbs);
	ipoib__verbs_rc_process(&rc_rig.verbs, now);
	ck_assert_uint_eq(fake_rc.disconnects, 0);
	now = ipoib__verbs_rc_deadline(&rc_rig.verbs);
	ck_assert_uint_eq(now, 103 * SECOND);
	ipoib__verbs_rc_process(&rc_rig.verbs, now - 1);
	ck_assert_uint_eq(fake_rc.disconnects, 0);
	ipoib__verbs_rc_process(&rc_rig.verbs, now);
	ck_assert_uint_eq(fake_rc.disconnects, 1);
	ck_assert_uint_eq(fake_cm.alive, 1);
	ck_assert_uint_eq(ipoib__verbs_rc_deadline(&rc_rig.verbs), IPOIB_NEVER);
}
END_TEST

START_TEST(an_id_whose_device_is_removed_ends_at_once)
{
	struct ipoib__verbs_rc *up = rc_connected(1), *asked = rc_send_request(2);

	fake_rc_event(up->id, RDMA_CM_EVENT_DEVICE_REMOVAL, 0, NULL, 0);
	fake_rc_event(asked->id, RDMA_CM_EVENT_DEVICE_REMOVAL, 0, NULL, 0);
	ck_assert_uint_eq(fake_cm.alive, 0);
	ck_assert_int_eq(rc_tells(IPOIB_TRANSPORT_RC_DOWN, 1).status, -EIO);
	ck_assert_int_eq(rc_tells(IPOIB_TRANSPORT_RC_REFUSED, 2).status, -ETIMEDOUT);
	ipoib__verbs_rc_destroy(&rc_rig.verbs, up);
	ipoib__verbs_rc_destroy(&rc_rig.verbs, asked);
}
END_TEST

static void says(enum ibv_event_type type, struct fake_rc_pair *pair)
{
	const struct ibv_async_event event = { .element.qp = &pair->qp, .event_type = type };

	ipoib__verbs_rc_async(&rc_rig.verbs, &event);
}

START_TEST(what_the_adapter_says_of_a_queue_pair_is_its_connections)
{
	struct ipoib__verbs_rc_service *service = rc_listening();
	struct ipoib__verbs_rc *rc;

	(void)fake_rc_request(service->id, "hello", 5);
	rc = rc_accepted(rc_tells(IPOIB_TRANSPORT_RC_REQUEST, 0).rc.request, 5);
	says(IBV_EVENT_COMM_EST, fake_rc_youngest());
	ck_assert_uint_eq(fake_rc.notifies, 1);
	fake_rc_event(rc->id, RDMA_CM_EVENT_ESTABLISHED, 0, NULL, 0);
	(void)rc_tells(IPOIB_TRANSPORT_RC_UP, 5);
	says(IBV_EVENT_QP_LAST_WQE_REACHED, fake_rc_youngest());
	rc_tells_nothing();
	says(IBV_EVENT_QP_FATAL, fake_rc_youngest());
	ck_assert_uint_eq(rc_tells(IPOIB_TRANSPORT_RC_DOWN, 5).rc.reason,
			  IPOIB_CONNECTION_END_ERROR);
	ipoib__verbs_rc_destroy(&rc_rig.verbs, rc);
}
END_TEST

Suite *suite_rc_end(void)
{
	Suite *suite = suite_create("rc_end");
	TCase *tcase = tcase_create("rc_end");

	tcase_add_checked_fixture(tcase, rc_rig_open, rc_rig_close);
	tcase_add_test(tcase, messages_complete_with_the_name_of_their_connection);
	tcase_add_test(tcase, a_send_that_fails_ends_the_connection_and_gives_all_back);
	tcase_add_test(tcase, a_message_of_a_connection_that_was_destroyed_gives_its_receive_back);
	tcase_add_test(tcase, a_receive_queue_that_refuses_what_it_had_is_the_end_of_the_device);
	tcase_add_test(tcase, the_peers_farewell_is_answered_and_told);
	tcase_add_test(tcase, a_farewell_is_waited_for_without_the_queue_pair);
	tcase_add_test(tcase, farewells_that_are_waited_for_are_bounded);
	tcase_add_test(tcase,
		       a_link_that_goes_down_ends_connections_and_keeps_farewells_until_it_is_back);
	tcase_add_test(tcase, an_id_whose_device_is_removed_ends_at_once);
	tcase_add_test(tcase, what_the_adapter_says_of_a_queue_pair_is_its_connections);
	suite_add_tcase(suite, tcase);
	return suite;
}
