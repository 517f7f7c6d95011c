/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Connections that are asked for, and those that a peer asks for. */
#include <arpa/inet.h>
#include <errno.h>

#include "support/support.h"
#include "verbs/fake_cm.h"
#include "verbs/fake_rc.h"
#include "verbs/rc.h"
#include "verbs/rc_rig.h"
#include "verbs/suites.h"

/* ---- made ---- */

START_TEST(a_connection_is_asked_for_by_gid_with_the_path_of_the_sa)
{
	struct ipoib__verbs_rc *rc = rc_ask(1);
	struct ipoib_transport_event event;

	ck_assert_int_eq(fake_cm.to.sib_family, AF_IB);
	ck_assert_uint_eq(((const uint8_t *)&fake_cm.to.sib_addr)[15], 0x22);
	ck_assert_uint_eq(ntohs(fake_cm.to.sib_pkey), 0x8001);
	fake_rc_event(rc->id, RDMA_CM_EVENT_ADDR_RESOLVED, 0, NULL, 0);
	ck_assert_uint_eq(fake_rc.paths, 1);
	ck_assert_uint_eq(fake_rc.connects, 0);
	fake_rc_event(rc->id, RDMA_CM_EVENT_ROUTE_RESOLVED, 0, NULL, 0);
	ck_assert_uint_eq(fake_rc.connects, 1);
	ck_assert_uint_eq(fake_rc.param.qp_num, fake_rc_youngest()->qp.qp_num);
	ck_assert_uint_eq(fake_rc.private_length, 8);
	ck_assert_uint_eq(fake_rc.private_data[3], 0x48);
	ck_assert_int_eq(fake_rc_youngest()->state, IBV_QPS_INIT);
	rc_tells_nothing();
	fake_rc_event(rc->id, RDMA_CM_EVENT_CONNECT_RESPONSE, 0, "reply", 5);
	ck_assert_uint_eq(fake_rc.establishes, 1);
	ck_assert_int_eq(fake_rc_youngest()->state, IBV_QPS_RTS);
	event = rc_tells(IPOIB_TRANSPORT_RC_UP, 1);
	ck_assert_uint_eq(event.rc.private_length, 5);
	ck_assert_mem_eq(event.rc.private_data, "reply", 5);
	ck_assert_uint_eq(event.rc.gid.raw[15], 0x22);
	ck_assert_uint_eq(event.rc.lid, 7);
	rc_tells_nothing();
	ipoib__verbs_rc_destroy(&rc_rig.verbs, rc);
}
END_TEST

START_TEST(a_refusal_is_told_with_its_reason_and_data)
{
	struct ipoib__verbs_rc *rc = rc_send_request(1);
	struct ipoib_transport_event event;

	fake_rc_event(rc->id, RDMA_CM_EVENT_REJECTED, 8, "no", 2);
	event = rc_tells(IPOIB_TRANSPORT_RC_REFUSED, 1);
	ck_assert_int_eq(event.status, 0);
	ck_assert_uint_eq(event.rc.reason, 8);
	ck_assert_uint_eq(event.rc.private_length, 2);
	ck_assert_mem_eq(event.rc.private_data, "no", 2);
	ck_assert_int_eq(fake_rc_youngest()->state, IBV_QPS_ERR);
	/* It was never up: there is no farewell, and nothing to wait for. */
	ipoib__verbs_rc_destroy(&rc_rig.verbs, rc);
	ck_assert_uint_eq(fake_rc.disconnects, 0);
	ck_assert_uint_eq(fake_cm.alive, 0);
}
END_TEST

START_TEST(silence_at_each_step_is_a_refusal)
{
	static const enum rdma_cm_event_type silences[] = { RDMA_CM_EVENT_ADDR_ERROR,
							    RDMA_CM_EVENT_ROUTE_ERROR,
							    RDMA_CM_EVENT_UNREACHABLE,
							    RDMA_CM_EVENT_CONNECT_ERROR };

	for (size_t i = 0; i < sizeof(silences) / sizeof(silences[0]); i++) {
		struct ipoib__verbs_rc *rc = rc_send_request(i);

		fake_rc_event(rc->id, silences[i], -ETIMEDOUT, NULL, 0);
		ck_assert_int_eq(rc_tells(IPOIB_TRANSPORT_RC_REFUSED, i).status, -ETIMEDOUT);
		/* What comes after the end is not told. */
		fake_rc_event(rc->id, RDMA_CM_EVENT_UNREACHABLE, -ETIMEDOUT, NULL, 0);
		rc_tells_nothing();
		ipoib__verbs_rc_destroy(&rc_rig.verbs, rc);
	}
}
END_TEST

START_TEST(a_connection_that_cannot_be_asked_for_leaves_nothing)
{
	struct ipoib_rc_attributes wanted = rc_attributes(1);
	int status = -ENOMEM;
	void *rc;

	for (long n = 1; status == -ENOMEM; n++) {
		support_fail_after(n, false);
		status = ipoib__verbs_rc_connect(&rc_rig.verbs, rc_rig.ud, &wanted, &rc);
		support_fail_after(0, false);
		ck_assert_uint_eq(fake_cm.alive, status == 0);
	}
	ck_assert_int_eq(status, 0);
	ipoib__verbs_rc_destroy(&rc_rig.verbs, rc);
	fake_cm.refuse_create = EMFILE;
	ck_assert_int_eq(ipoib__verbs_rc_connect(&rc_rig.verbs, rc_rig.ud, &wanted, &rc), -EMFILE);
	fake_cm.refuse_resolve = EHOSTUNREACH; /* that is an answer */
	ck_assert_int_eq(ipoib__verbs_rc_connect(&rc_rig.verbs, rc_rig.ud, &wanted, &rc), 0);
	ck_assert_int_eq(rc_tells(IPOIB_TRANSPORT_RC_REFUSED, 1).status, -ETIMEDOUT);
	ipoib__verbs_rc_destroy(&rc_rig.verbs, rc);
}
END_TEST

START_TEST(connections_are_bounded)
{
	struct ipoib_rc_attributes wanted = rc_attributes(3);
	struct ipoib__verbs_rc *first = rc_ask(1), *second = rc_ask(2);
	void *rc;

	ck_assert_int_eq(ipoib__verbs_rc_connect(&rc_rig.verbs, rc_rig.ud, &wanted, &rc), -ENOSPC);
	ipoib__verbs_rc_destroy(&rc_rig.verbs, first);
	ipoib__verbs_rc_destroy(&rc_rig.verbs, second);
	rc_rig.verbs.port.state = IPOIB_PORT_DOWN;
	ck_assert_int_eq(ipoib__verbs_rc_connect(&rc_rig.verbs, rc_rig.ud, &wanted, &rc),
			 -ENETDOWN);
}
END_TEST

/* ---- taken ---- */

START_TEST(a_request_is_told_and_answered)
{
	struct ipoib__verbs_rc_service *service = rc_listening();
	struct ipoib_transport_event event;
	struct ipoib__verbs_rc *rc;

	(void)fake_rc_request(service->id, "hello", 5);
	event = rc_tells(IPOIB_TRANSPORT_RC_REQUEST, 0);
	ck_assert_uint_eq(event.rc.service_id, RC_SERVICE);
	ck_assert_mem_eq(event.rc.private_data, "hello", 5);
	rc_tells_nothing();
	rc = rc_accepted(event.rc.request, 5);
	ck_assert_uint_eq(fake_rc.accepts, 1);
	ck_assert_uint_eq(fake_rc.param.qp_num, fake_rc_youngest()->qp.qp_num);
	ck_assert_int_eq(fake_rc_youngest()->state, IBV_QPS_RTS);
	rc_tells_nothing();
	fake_rc_event(rc->id, RDMA_CM_EVENT_ESTABLISHED, 0, NULL, 0);
	(void)rc_tells(IPOIB_TRANSPORT_RC_UP, 5);
	fake_rc_event(rc->id, RDMA_CM_EVENT_ESTABLISHED, 0, NULL, 0);
	rc_tells_nothing();
	ipoib__verbs_rc_destroy(&rc_rig.verbs, rc);
}
END_TEST

START_TEST(a_request_that_is_refused_or_withdrawn_is_at_an_end)
{
	struct ipoib__verbs_rc_service *service = rc_listening();
	struct ipoib_rc_attributes answer = rc_attributes(5);
	struct ipoib_transport_event event;
	struct rdma_cm_id *id;
	void *rc;

	(void)fake_rc_request(service->id, "hello", 5);
	event = rc_tells(IPOIB_TRANSPORT_RC_REQUEST, 0);
	ipoib__verbs_rc_reject(&rc_rig.verbs, event.rc.request, 28, "no", 2);
	ck_assert_uint_eq(fake_rc.rejects, 1);
	ck_assert_mem_eq(fake_rc.private_data, "no", 2);
	ck_assert_int_eq(
		ipoib__verbs_rc_accept(&rc_rig.verbs, rc_rig.ud, event.rc.request, &answer, &rc),
		-ENOENT);
	id = fake_rc_request(service->id, "hello", 5);
	event = rc_tells(IPOIB_TRANSPORT_RC_REQUEST, 0);
	fake_rc_event(id, RDMA_CM_EVENT_UNREACHABLE, -ETIMEDOUT, NULL, 0);
	ck_assert_int_eq(
		ipoib__verbs_rc_accept(&rc_rig.verbs, rc_rig.ud, event.rc.request, &answer, &rc),
		-ENOENT);
	ck_assert_uint_eq(fake_cm.alive, 1); /* the one that listens */
}
END_TEST

START_TEST(requests_that_are_not_answered_are_bounded)
{
	struct ipoib__verbs_rc_service *service = rc_listening();

	for (unsigned i = 0; i < IPOIB__VERBS_REQUESTS_MAX; i++)
		(void)fake_rc_request(service->id, "hello", 5);
	ck_assert_uint_eq(fake_rc.rejects, 0);
	(void)fake_rc_request(service->id, "hello", 5);
	ck_assert_uint_eq(fake_rc.rejects, 1);
	ck_assert_uint_eq(fake_cm.alive, 1 + IPOIB__VERBS_REQUESTS_MAX);
}
END_TEST

Suite *suite_rc(void)
{
	Suite *suite = suite_create("rc");
	TCase *tcase = tcase_create("rc");

	tcase_add_checked_fixture(tcase, rc_rig_open, rc_rig_close);
	tcase_add_test(tcase, a_connection_is_asked_for_by_gid_with_the_path_of_the_sa);
	tcase_add_test(tcase, a_refusal_is_told_with_its_reason_and_data);
	tcase_add_test(tcase, silence_at_each_step_is_a_refusal);
	tcase_add_test(tcase, a_connection_that_cannot_be_asked_for_leaves_nothing);
	tcase_add_test(tcase, connections_are_bounded);
	tcase_add_test(tcase, a_request_is_told_and_answered);
	tcase_add_test(tcase, a_request_that_is_refused_or_withdrawn_is_at_an_end);
	tcase_add_test(tcase, requests_that_are_not_answered_are_bounded);
	suite_add_tcase(suite, tcase);
	return suite;
}
