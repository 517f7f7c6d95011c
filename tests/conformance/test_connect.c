/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Connections that come up. */
#include <errno.h>
#include <string.h>

#include "conformance/rc_rig.h"
#include "conformance/suites.h"

START_TEST(a_request_tells_who_asks_for_what)
{
	struct end made = rc_ask(&a, &b, 7);
	struct ipoib_transport_event request = side_event(&b, IPOIB_TRANSPORT_RC_REQUEST);

	ck_assert_uint_eq(request.rc.service_id, service_of(&b));
	ck_assert_mem_eq(&request.rc.gid, &a.port.gid, sizeof(a.port.gid));
	ck_assert_uint_eq(request.rc.lid, a.port.lid);
	ck_assert_uint_eq(request.path.dlid, a.port.lid); /* and so it came from there */
	check_private(&request.rc, &a);
	b.ops->rc_reject(b.self, request.rc.request, REASON_CONSUMER, NULL, 0);
	end_destroy(&made);
}
END_TEST

START_TEST(a_connection_comes_up_on_both_ends_once)
{
	struct end made = rc_ask(&a, &b, UINT64_C(0x123456789abcdef0)), taken;
	struct ipoib_transport_event up;

	rig_run(QUIET_NS); /* not before it was taken */
	ck_assert_uint_eq(side_events(&a, IPOIB_TRANSPORT_RC_UP), 0);
	taken = rc_take(&b, UINT64_MAX);
	up = end_up(&made);
	ck_assert_mem_eq(&up.rc.gid, &b.port.gid, sizeof(b.port.gid));
	check_private(&up.rc, &b);
	(void)end_up(&taken);
	rig_run(QUIET_NS);
	ck_assert_uint_eq(a.event_count, 0);
	ck_assert_uint_eq(b.event_count, 0);
	end_destroy(&made);
	end_destroy(&taken);
}
END_TEST

START_TEST(several_service_ids_are_listened_for)
{
	static const uint64_t prefixes[] = { UINT64_C(0x0100000000000000),
					     UINT64_C(0x1000000000000000) };

	ck_assert_int_eq(b.ops->rc_listen(b.self, b.ud, prefixes[0] | b.qpn), 0);
	for (unsigned i = 0; i < 2; i++) {
		struct ipoib_rc_attributes attributes = rc_attributes(&a, &b, i);
		struct ipoib_transport_event request;
		void *rc;

		attributes.service_id = prefixes[i] | b.qpn;
		ck_assert_int_eq(a.ops->rc_connect(a.self, a.ud, &attributes, &rc), 0);
		request = side_event(&b, IPOIB_TRANSPORT_RC_REQUEST);
		ck_assert_uint_eq(request.rc.service_id, attributes.service_id);
		side_reject(&b, request.rc.request, REASON_CONSUMER);
		(void)side_event(&a, IPOIB_TRANSPORT_RC_REFUSED);
		a.ops->rc_destroy(a.self, rc);
	}
}
END_TEST

/* Each asks the other at the same moment: these are two connections. */
START_TEST(two_connections_cross)
{
	struct end from_a = rc_ask(&a, &b, 1), from_b = rc_ask(&b, &a, 2);
	struct end at_a = rc_take(&a, 3), at_b = rc_take(&b, 4);
	struct end *ends[] = { &from_a, &from_b, &at_a, &at_b };

	for (unsigned i = 0; i < 4; i++) {
		struct side *side = ends[i]->side;
		struct ipoib_transport_event event = side_event(side, IPOIB_TRANSPORT_RC_UP);

		ck_assert(event.id == (side == &a ? 1u : 2u) || event.id == (side == &a ? 3u : 4u));
	}
	check_that_messages_pass(&from_a, &at_b, 0, 1000);
	check_that_messages_pass(&from_b, &at_a, 1, 1000);
	check_that_messages_pass(&at_b, &from_a, 2, 1000);
	check_that_messages_pass(&at_a, &from_b, 3, 1000);
	for (unsigned i = 0; i < 4; i++)
		end_destroy(ends[i]);
}
END_TEST

START_TEST(there_are_as_many_connections_as_were_said)
{
	struct end made[CONNECTIONS], taken[CONNECTIONS];
	struct ipoib_rc_attributes attributes = rc_attributes(&a, &b, 99);
	void *rc;

	for (unsigned i = 0; i < CONNECTIONS; i++) {
		made[i] = rc_ask(&a, &b, i);
		taken[i] = rc_take(&b, 100 + i);
		(void)end_up(&made[i]);
		(void)end_up(&taken[i]);
	}
	ck_assert_int_eq(a.ops->rc_connect(a.self, a.ud, &attributes, &rc), -ENOSPC);
	end_destroy(&made[1]);
	end_destroy(&taken[1]);
	made[1] = rc_ask(&a, &b, 1);
	taken[1] = rc_take(&b, 101);
	(void)end_up(&made[1]);
	(void)end_up(&taken[1]);
	for (unsigned i = 0; i < CONNECTIONS; i++) {
		check_that_messages_pass(&made[i], &taken[i], i, 5000);
		end_destroy(&made[i]);
		end_destroy(&taken[i]);
	}
}
END_TEST

START_TEST(a_port_connects_with_itself)
{
	struct ipoib_rc_attributes attributes = rc_attributes(&b, &b, 5);
	struct end made = { .side = &b, .connection = 5 }, taken;
	uint64_t first;

	attributes.path = side_path(&b, &b);
	ck_assert_int_eq(b.ops->rc_connect(b.self, b.ud, &attributes, &made.rc), 0);
	taken = rc_take(&b, 6);
	first = side_event(&b, IPOIB_TRANSPORT_RC_UP).id;
	ck_assert_uint_eq(first + side_event(&b, IPOIB_TRANSPORT_RC_UP).id, 11);
	check_that_messages_pass(&made, &taken, 0, 20000);
	end_destroy(&made);
	end_destroy(&taken);
}
END_TEST

/* Nothing is used up: the next connection is as good as the first. */
START_TEST(a_thousand_connections_come_and_go)
{
	for (unsigned i = 0; i < 1000; i++) {
		struct end made = rc_ask(&a, &b, 2 * i), taken = rc_take(&b, 2 * i + 1);

		(void)end_up(&made);
		(void)end_up(&taken);
		if (i % 100 == 0)
			check_that_messages_pass(&made, &taken, i / 100, 3000);
		if (i % 2 == 0) {
			end_destroy(&made);
			ck_assert_uint_eq(side_event(&b, IPOIB_TRANSPORT_RC_DOWN).id, 2 * i + 1);
			end_destroy(&taken);
		} else {
			end_destroy(&taken);
			ck_assert_uint_eq(side_event(&a, IPOIB_TRANSPORT_RC_DOWN).id, 2 * i);
			end_destroy(&made);
		}
	}
}
END_TEST

Suite *suite_connect(void)
{
	Suite *suite = suite_create("connect");
	TCase *tcase = tcase_create("connect");

	tcase_add_checked_fixture(tcase, rc_setup, rc_teardown);
	tcase_set_timeout(tcase, TEST_TIMEOUT);
	tcase_add_test(tcase, a_request_tells_who_asks_for_what);
	tcase_add_test(tcase, a_connection_comes_up_on_both_ends_once);
	tcase_add_test(tcase, several_service_ids_are_listened_for);
	tcase_add_test(tcase, two_connections_cross);
	tcase_add_test(tcase, there_are_as_many_connections_as_were_said);
	tcase_add_test(tcase, a_port_connects_with_itself);
	tcase_add_test(tcase, a_thousand_connections_come_and_go);
	suite_add_tcase(suite, tcase);
	return suite;
}
