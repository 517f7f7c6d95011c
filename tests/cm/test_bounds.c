/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Nothing grows without a bound, and what is full says so. */
#include <errno.h>
#include <string.h>

#include "cm/peer.h"
#include "cm/suites.h"

static void request(uint32_t n)
{
	struct ipoib__cm_req req;

	peer_req(&req);
	req.local_id = 1000 + n;
	req.local_qpn = 0x1000 + n;
	peer_send(IPOIB__CM_REQ, &req);
}

static void take_all(void)
{
	struct ipoib__cm_event event;

	while (ipoib__cm_next(&cm, &event))
		continue;
}

START_TEST(requests_that_wait_are_bounded_and_expire)
{
	struct ipoib__cm_rej rej;

	for (uint32_t n = 0; n < IPOIB__CM_REQUESTS_MAX + 3; n++)
		request(n);
	ck_assert_uint_eq(cm.requests, IPOIB__CM_REQUESTS_MAX);
	ck_assert_uint_eq(ipoib__cm_live(&cm), IPOIB__CM_REQUESTS_MAX);
	peer_expire();
	ck_assert_uint_eq(peer_heard, 3);
	ck_assert_int_gt(ipoib__cm_rej_decode(&rej, peer_mad(0) + 24, 232), 0);
	ck_assert_uint_eq(rej.reason, IPOIB__CM_REASON_NO_RESOURCES);
	take_all();
	peer_run(IPOIB__CM_OWNER_LIMIT + SECOND);
	ck_assert_uint_eq(cm.requests, 0);
	ck_assert_uint_eq(peer_heard, 3 + IPOIB__CM_REQUESTS_MAX);
	request(0x100000);
	ck_assert(ipoib__cm_told(&cm));
}
END_TEST

START_TEST(refusals_are_bounded)
{
	struct ipoib__cm_req req;

	peer_req(&req);
	req.service_id++;
	for (uint32_t n = 0; n < 1000; n++) {
		req.local_id++;
		peer_send(IPOIB__CM_REQ, &req);
	}
	peer_run(SECOND);
	ck_assert_uint_eq(peer_heard, IPOIB__CM_ANSWERS_MAX);
	ck_assert_uint_eq(cm.counters.unanswered, 1000 - IPOIB__CM_ANSWERS_MAX);
}
END_TEST

START_TEST(connections_are_bounded_and_ended_ones_make_room)
{
	uint32_t id, first = 0;

	for (unsigned n = 0; n < IPOIB__CM_CONNECTIONS_MAX; n++) {
		ck_assert(peer_connect(&id) == 0);
		if (n == 0)
			first = id;
	}
	ck_assert_int_eq(peer_connect(&id), -EAGAIN);
	request(1);
	ck_assert(!ipoib__cm_told(&cm));
	ck_assert_uint_eq(cm.counters.refused, 1);
	ipoib__cm_close(&cm, first);
	ck_assert_int_eq(peer_connect(&id), 0);
	ck_assert_int_eq(peer_state(first), IPOIB__CM_GONE);
	ck_assert_int_eq(peer_connect(&id), -EAGAIN);
	ck_assert_uint_eq(ipoib__cm_live(&cm), IPOIB__CM_CONNECTIONS_MAX);
}
END_TEST

START_TEST(ended_connections_are_bounded_but_their_events_are_kept)
{
	unsigned events = 0;
	struct ipoib__cm_event event;
	struct ipoib__cm_rej rej;
	uint32_t id;

	for (unsigned n = 0; n < IPOIB__CM_TIMEWAIT_MAX + 100; n++) {
		ck_assert(peer_connect(&id) == 0);
		peer_rej(&rej, id, IPOIB__CM_REASON_CONSUMER);
		peer_send(IPOIB__CM_REJ, &rej);
	}
	ck_assert_uint_eq(cm.timewaits, IPOIB__CM_TIMEWAIT_MAX);
	ck_assert_uint_eq(ipoib__cm_live(&cm), 0);
	while (ipoib__cm_next(&cm, &event))
		events++;
	ck_assert_uint_eq(events, IPOIB__CM_TIMEWAIT_MAX + 100);
	ck_assert_uint_eq(ipoib__table_count(&cm.by_id), IPOIB__CM_TIMEWAIT_MAX);
	peer_run(IPOIB__CM_LINGER + SECOND);
	ck_assert_uint_eq(ipoib__table_count(&cm.by_id), 0);
}
END_TEST

START_TEST(services_are_bounded_and_end_with_their_user)
{
	int other;

	ck_assert_int_eq(ipoib__cm_listen(&cm, SERVICE, &other), -EADDRINUSE);
	for (unsigned n = 1; n < IPOIB__CM_SERVICES_MAX; n++)
		ck_assert_int_eq(ipoib__cm_listen(&cm, SERVICE + n, &other), 0);
	ck_assert_int_eq(ipoib__cm_listen(&cm, SERVICE - 1, &other), -ENOSPC);
	request(1);
	request(2);
	uint32_t id = 0;
	struct ipoib__cm_event event;
	ck_assert(ipoib__cm_next(&cm, &event));
	id = event.id;
	ipoib__cm_unlisten(&cm, &peer_user);
	ck_assert(!ipoib__cm_told(&cm));
	ck_assert_int_eq(peer_accept(id), -ENOENT);
	ck_assert_uint_eq(cm.service_count, IPOIB__CM_SERVICES_MAX - 1);
	peer_expire();
	ck_assert_uint_eq(peer_heard, 2);
	ck_assert_uint_eq(peer_attribute(0), IPOIB__CM_REJ);
	ipoib__cm_unlisten(&cm, &other);
	ck_assert_uint_eq(cm.service_count, 0);
}
END_TEST

START_TEST(too_much_private_data_and_no_mtu_are_refused)
{
	static const uint8_t data[256];
	struct ipoib__cm_connect connect = { .path.mtu = 2048, .private_data = data };
	const struct ipoib__cm_queue_pair queue_pair = { .qpn = OUR_QPN };
	uint32_t id;

	connect.private_length = IPOIB__CM_REQ_PRIVATE + 1;
	ck_assert_int_eq(ipoib__cm_connect(&cm, &connect, NULL, &id), -EINVAL);
	connect.private_length = IPOIB__CM_REQ_PRIVATE;
	connect.path.mtu = 2044;
	ck_assert_int_eq(ipoib__cm_connect(&cm, &connect, NULL, &id), -EINVAL);
	id = peer_reach(IPOIB__CM_REQ_RECEIVED);
	ck_assert_int_eq(ipoib__cm_accept(&cm, id, &queue_pair, data, IPOIB__CM_REP_PRIVATE + 1,
					  &peer_user), -EINVAL);
	ipoib__cm_reject(&cm, id, IPOIB__CM_REASON_CONSUMER, data, sizeof(data));
	ck_assert_int_eq(peer_state(id), IPOIB__CM_TIMEWAIT);
}
END_TEST

START_TEST(the_end_of_time_is_no_overflow)
{
	support_now = IPOIB_NEVER - SECOND;
	(void)peer_reach(IPOIB__CM_REP_SENT);
	peer_say(IPOIB__CM_DREQ, 0x55); /* nobody's: confirmed */
	peer_expire();
	ck_assert_uint_eq(peer_attribute(1), IPOIB__CM_DREP);
}
END_TEST

Suite *suite_bounds(void)
{
	Suite *suite = suite_create("cm bounds");
	TCase *tcase = tcase_create("bounds");

	tcase_add_checked_fixture(tcase, peer_setup, peer_teardown);
	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, requests_that_wait_are_bounded_and_expire);
	tcase_add_test(tcase, refusals_are_bounded);
	tcase_add_test(tcase, connections_are_bounded_and_ended_ones_make_room);
	tcase_add_test(tcase, ended_connections_are_bounded_but_their_events_are_kept);
	tcase_add_test(tcase, services_are_bounded_and_end_with_their_user);
	tcase_add_test(tcase, too_much_private_data_and_no_mtu_are_refused);
	tcase_add_test(tcase, the_end_of_time_is_no_overflow);
	suite_add_tcase(suite, tcase);
	return suite;
}
