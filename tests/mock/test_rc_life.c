/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* How reliable connections come, and how they go: by either end, at any moment. */
#include <errno.h>
#include <string.h>

#include "mock/rc_rig.h"
#include "mock/suites.h"
#include "wire/cm.h"

START_TEST(a_connection_is_asked_for_taken_and_up)
{
	ck_assert_int_eq(end_connect(&rig.a, &rig.b), 0);
	ck_assert_int_eq(end_send(&rig.a, 4), -ENOTCONN);
	rig.b.answer = RIG_IGNORE;
	rig_run(0);
	ck_assert_uint_eq(rig.b.requests, 1);
	ck_assert_uint_eq(rig.b.told.service_id, RIG_SERVICE);
	ck_assert_mem_eq(&rig.b.told.gid, &rig.a.port->hca.port.gid, sizeof(struct ipoib_gid));
	ck_assert_uint_eq(rig.b.told.lid, rig.a.port->hca.port.lid);
	ck_assert_uint_eq(rig.b.told.private_length, 92);
	ck_assert_mem_eq(rig.b.told.private_data, rig.a.attributes.private_data, 92);
	memcpy(rig.b.attributes.private_data, "reply", 5);
	ck_assert_int_eq(
		ops->rc_accept(rig.b.port, rig.b.ud, rig.b.request, &rig.b.attributes, &rig.b.rc),
		0);
	ck_assert_int_eq(end_send(&rig.b, 4), -ENOTCONN);
	rig_run(0);
	ck_assert_uint_eq(rig.a.ups, 1);
	ck_assert_uint_eq(rig.b.ups, 1);
	ck_assert_mem_eq(&rig.a.told.gid, &rig.b.port->hca.port.gid, sizeof(struct ipoib_gid));
	ck_assert_uint_eq(rig.a.told.private_length, 196);
	ck_assert_mem_eq(rig.a.told.private_data, "reply", 5);
	/* Each side can send at once. */
	ck_assert_int_eq(end_send(&rig.a, 4), 1);
	ck_assert_int_eq(end_send(&rig.b, 4), 1);
	rig_run(0);
	ck_assert_uint_eq(rig.a.completed + rig.b.completed, 2);
	/* The request was answered: it is unknown now. */
	ck_assert_int_eq(
		ops->rc_accept(rig.b.port, rig.b.ud, rig.b.request, &rig.b.attributes, &rig.b.rc),
		-ENOENT);
}
END_TEST

START_TEST(a_connection_ended_by_one_side_is_down_at_the_other)
{
	rig_connect();
	rig.b.starved = true;
	for (unsigned i = 0; i < RIG_DEPTH; i++)
		(void)end_send(&rig.b, 65000);
	end_destroy(_i == 0 ? &rig.a : &rig.b);
	rig_run(0);
	if (_i == 0) {
		ck_assert_uint_eq(rig.b.downs, 1);
		ck_assert_int_eq(rig.b.down_status, -ECONNRESET);
		ck_assert_uint_eq(rig.b.failed, 0);
		ck_assert_uint_eq(rig.b.completed + rig.b.flushed, RIG_DEPTH);
		ck_assert_uint_ge(rig.b.flushed, 1);
	} else {
		ck_assert_uint_eq(rig.a.downs, 1);
		ck_assert_int_eq(rig.a.down_status, -ECONNRESET);
		ck_assert_uint_eq(rig.b.completed + rig.b.flushed + rig.b.failed, 0);
	}
	/* They can do it again, with other queue pairs. */
	rig.b.sent = 0;
	end_destroy(&rig.a);
	end_destroy(&rig.b);
	rig_run(0);
	ck_assert_int_eq(end_connect(&rig.a, &rig.b), 0);
	rig_run(RIG_MILLISECOND);
	ck_assert_uint_eq(rig.a.ups, 2);
	ck_assert_uint_eq(rig.b.ups, 2);
}
END_TEST

START_TEST(a_request_may_be_refused_by_the_user_or_for_him)
{
	rig.b.answer = RIG_REJECT;
	ck_assert_int_eq(end_connect(&rig.a, &rig.b), 0);
	rig_run(0);
	ck_assert_uint_eq(rig.a.refusals, 1);
	ck_assert_int_eq(rig.a.refused_status, 0);
	ck_assert_uint_eq(rig.a.told.reason, 28);
	ck_assert_mem_eq(rig.a.told.private_data, "\t\t\t", 3);
	end_destroy(&rig.a);
	/* Nobody listens for that. */
	rig.a.attributes.path.dlid = rig.b.port->hca.port.lid;
	rig.a.attributes.service_id = 5;
	ck_assert_int_eq(ops->rc_connect(rig.a.port, rig.a.ud, &rig.a.attributes, &rig.a.rc), 0);
	rig_run(0);
	ck_assert_uint_eq(rig.a.refusals, 2);
	ck_assert_uint_eq(rig.a.told.reason, IPOIB__CM_REASON_SERVICE_ID);
	ck_assert_uint_eq(rig.a.ups + rig.a.downs, 0);
}
END_TEST

/* The user is asked all the same: it may have one to end. */
START_TEST(more_connections_than_agreed_are_refused_for_want_of_queue_pairs)
{
	struct ipoib_rc_attributes other;
	void *first, *third, *none = NULL;

	rig_connect();
	other = rig.a.attributes;
	first = rig.a.rc;
	/* The second of b is its own. */
	ck_assert_int_eq(ops->rc_connect(rig.b.port, rig.b.ud, &other, &third), 0);
	rig_run(0);
	ck_assert_int_eq(ops->rc_connect(rig.a.port, rig.a.ud, &other, &rig.a.rc), 0);
	rig_run(0);
	ck_assert_uint_eq(rig.b.requests, 3); /* one is its own */
	ck_assert_int_eq(ops->rc_accept(rig.b.port, rig.b.ud, rig.b.request, &rig.b.attributes,
					&none),
			 -ENOSPC);
	ops->rc_reject(rig.b.port, rig.b.request, IPOIB__CM_REASON_NO_QP, NULL, 0);
	rig_run(0);
	ck_assert_uint_eq(rig.a.refusals, 1);
	ck_assert_uint_eq(rig.a.told.reason, IPOIB__CM_REASON_NO_QP);
	ck_assert_int_eq(ops->rc_connect(rig.a.port, rig.a.ud, &other, &first), -ENOSPC);
	ops->rc_destroy(rig.b.port, third);
	ops->rc_destroy(rig.a.port, first);
}
END_TEST

START_TEST(nobody_answering_is_a_refusal_after_a_while)
{
	end_close(&rig.b);
	rig.a.attributes.path = (struct ipoib_path_record){ .dlid = 2, .mtu = 2048 };
	ck_assert_int_eq(ops->rc_connect(rig.a.port, rig.a.ud, &rig.a.attributes, &rig.a.rc), 0);
	rig_run(60 * RIG_SECOND);
	ck_assert_uint_eq(rig.a.refusals, 1);
	ck_assert_int_eq(rig.a.refused_status, -ETIMEDOUT);
}
END_TEST

START_TEST(both_may_ask_at_once)
{
	void *taken;

	ck_assert_int_eq(end_connect(&rig.a, &rig.b), 0);
	ck_assert_int_eq(end_connect(&rig.b, &rig.a), 0);
	rig.a.answer = RIG_IGNORE;
	rig.b.answer = RIG_IGNORE;
	rig_run(0);
	ck_assert_uint_eq(rig.a.requests, 1);
	ck_assert_uint_eq(rig.b.requests, 1);
	/* RFC 4755 section 3.3: one of the two is taken. */
	ck_assert_int_eq(
		ops->rc_accept(rig.b.port, rig.b.ud, rig.b.request, &rig.b.attributes, &taken), 0);
	ops->rc_reject(rig.a.port, rig.a.request, 28, NULL, 0);
	rig_run(0);
	ck_assert_uint_eq(rig.a.ups, 1);
	ck_assert_uint_eq(rig.b.ups, 1);
	ck_assert_uint_eq(rig.b.refusals, 1);
	ops->rc_destroy(rig.b.port, taken);
}
END_TEST

START_TEST(a_port_may_be_connected_with_itself)
{
	ck_assert_int_eq(end_connect(&rig.a, &rig.a), 0);
	rig.a.answer = RIG_IGNORE;
	rig_run(0);
	void *made = rig.a.rc;

	ck_assert_int_eq(
		ops->rc_accept(rig.a.port, rig.a.ud, rig.a.request, &rig.a.attributes, &rig.a.rc),
		0);
	rig_run(0);
	ck_assert_uint_eq(rig.a.ups, 2);
	for (unsigned i = 0; i < 10; i++)
		ck_assert_int_eq(end_send(&rig.a, 60000), 1);
	rig_run(RIG_MILLISECOND);
	ck_assert_uint_eq(rig.a.completed, 10);
	ck_assert_uint_eq(rig.a.arrived, 10);
	ops->rc_destroy(rig.a.port, made);
}
END_TEST

START_TEST(data_may_overtake_the_ready_to_use)
{
	uint64_t first = rig.frames;

	rig.victim = first + 2; /* REQ, REP, RTU */
	rig.fate = RIG_LOSE;
	ck_assert_int_eq(end_connect(&rig.a, &rig.b), 0);
	rig_run(0);
	ck_assert_uint_eq(rig.a.ups, 1);
	ck_assert_uint_eq(rig.b.ups, 0);
	ck_assert_int_eq(end_send(&rig.a, 100), 1);
	rig_run(0);
	ck_assert_uint_eq(rig.b.ups, 1);
	ck_assert_uint_eq(rig.b.arrived, 1);
	ck_assert_uint_eq(rig.a.completed, 1);
	ck_assert_int_eq(end_send(&rig.b, 100), 1);
	rig_run(20 * RIG_SECOND);
	ck_assert_uint_eq(rig.a.arrived, 1);
	ck_assert_uint_eq(rig.b.ups, 1);
	ck_assert_uint_eq(rig.b.downs, 0);
}
END_TEST

START_TEST(a_link_that_goes_down_takes_every_connection_with_it)
{
	struct ipoib_rc_attributes attributes;
	void *asked = NULL, *never;

	rig_connect();
	attributes = rig.a.attributes;
	(void)end_send(&rig.a, 1000);
	(void)end_send(&rig.a, 1000);
	rig.b.answer = RIG_IGNORE;
	ck_assert_int_eq(ops->rc_connect(rig.a.port, rig.a.ud, &attributes, &asked), 0);
	rig_run(0);
	rig.b.starved = true;
	(void)end_send(&rig.a, 1000);
	ck_assert_int_eq(ipoib_fabric_set_link(rig.fabric, "host1/1", false), 0);
	rig_run(0);
	ck_assert_uint_eq(rig.a.downs, 1);
	ck_assert_int_eq(rig.a.down_status, -EIO);
	ck_assert_uint_eq(rig.a.refusals, 1);
	ck_assert_int_eq(rig.a.refused_status, -ETIMEDOUT);
	ck_assert_uint_eq(rig.a.completed, 2);
	ck_assert_uint_eq(rig.a.failed, 1);
	ck_assert_int_eq(rig.a.failed_status, -EIO);
	ck_assert_int_eq(ops->rc_connect(rig.a.port, rig.a.ud, &attributes, &never), -ENETDOWN);
	ops->rc_destroy(rig.a.port, asked);
	end_destroy(&rig.a);
	ck_assert_int_eq(ipoib_fabric_set_link(rig.fabric, "host1/1", true), 0);
	rig_run(RIG_SECOND); /* the farewell is repeated */
	ck_assert_uint_eq(rig.b.downs, 1);
}
END_TEST

START_TEST(a_fabric_that_goes_takes_every_connection_with_it)
{
	rig_connect();
	(void)end_send(&rig.a, 1000);
	ipoib_fabric_close(rig.fabric);
	rig.fabric = NULL;
	rig_run(30 * RIG_SECOND);
	ck_assert_uint_eq(rig.a.downs, 1);
	ck_assert_uint_eq(rig.b.downs, 1);
	ck_assert_uint_eq(rig.a.failed, 1);
}
END_TEST

/* Stops in the middle: the run of a connection is cut after so many frames. */
static void run_until_frame(uint64_t frame)
{
	ck_assert_int_eq(end_connect(&rig.a, &rig.b), 0);
	for (unsigned i = 0; i < 200 && rig.frames < frame; i++) {
		ops->process(rig.a.port, support_now);
		end_take(&rig.a);
		if (rig.a.ups > 0 && rig.a.sent < 4)
			(void)end_send(&rig.a, 100);
		if (rig.frames >= frame)
			break;
		ops->process(rig.b.port, support_now);
		end_take(&rig.b);
		ck_assert_int_eq(ipoib_fabric_dispatch(rig.fabric), 0);
	}
}

START_TEST(an_end_may_go_at_any_moment_and_the_other_hears_of_it)
{
	for (uint64_t frame = 0; frame < 14; frame++) {
		for (unsigned who = 0; who < 3; who++) {
			rig_make(support_seed());
			run_until_frame(frame);
			if (who != 1)
				end_destroy(&rig.a);
			if (who != 0)
				end_destroy(&rig.b);
			rig_run(60 * RIG_SECOND);
			/* b may take what was asked of it after its end had gone. */
			if (rig.a.rc != NULL && rig.b.rc == NULL)
				ck_assert_uint_eq(rig.a.downs + rig.a.refusals, 1);
			if (rig.b.rc != NULL && rig.a.rc == NULL)
				ck_assert_uint_eq(rig.b.downs, 1);
			rig_end();
		}
	}
}
END_TEST

static uint64_t trace_of_a_run(void)
{
	struct ipoib_fabric_faults faults = {
		.size = sizeof(faults),
		.loss_ppm = 50000,
		.duplicate_ppm = 50000,
		.reorder_ppm = 50000,
		.reorder_ns = RIG_MILLISECOND,
		.jitter_ns = 50000,
	};
	uint64_t trace;

	support_now = 0;
	rig_make(4711);
	ck_assert_int_eq(ipoib_fabric_set_faults(rig.fabric, NULL, &faults), 0);
	ck_assert_int_eq(end_connect(&rig.a, &rig.b), 0);
	rig_run(20 * RIG_SECOND);
	for (unsigned i = 0; i < 100 && rig.a.ups == 1 && rig.a.downs == 0; i++) {
		(void)end_send(&rig.a, 5000);
		rig_run(10 * RIG_MILLISECOND);
	}
	trace = rig.trace;
	rig_end();
	return trace;
}

START_TEST(the_same_seed_gives_the_same_frames_at_the_same_times)
{
	uint64_t first = trace_of_a_run();

	ck_assert_uint_ne(first, 0);
	ck_assert_uint_eq(trace_of_a_run(), first);
}
END_TEST

START_TEST(each_allocation_may_fail)
{
	struct ipoib_rc_attributes *attributes = &rig.a.attributes;
	int status;
	long n = 0;

	attributes->path = (struct ipoib_path_record){ .dlid = 2, .mtu = 2048 };
	attributes->service_id = RIG_SERVICE;
	do {
		support_fail_after(++n, false);
		status = ops->rc_connect(rig.a.port, rig.a.ud, attributes, &rig.a.rc);
		ck_assert(status == 0 || status == -ENOMEM);
	} while (status < 0);
	ck_assert_int_gt(n, 3);
	support_fail_after(0, false);
	rig.b.answer = RIG_IGNORE;
	rig_run(0);
	ck_assert_uint_eq(rig.b.requests, 1);
	n = 0;
	do {
		support_fail_after(++n, false);
		status = ops->rc_accept(rig.b.port, rig.b.ud, rig.b.request, &rig.b.attributes,
					&rig.b.rc);
		ck_assert(status == 0 || status == -ENOMEM);
	} while (status < 0);
	support_fail_after(0, false);
	rig_run(0);
	ck_assert_uint_eq(rig.a.ups + rig.b.ups, 2);
}
END_TEST

Suite *suite_rc_life(void)
{
	Suite *suite = suite_create("rc life");
	TCase *tcase = tcase_create("rc life"), *own = tcase_create("rc life loops");

	tcase_add_checked_fixture(tcase, rig_setup, rig_teardown);
	tcase_add_test(tcase, a_connection_is_asked_for_taken_and_up);
	tcase_add_loop_test(tcase, a_connection_ended_by_one_side_is_down_at_the_other, 0, 2);
	tcase_add_test(tcase, a_request_may_be_refused_by_the_user_or_for_him);
	tcase_add_test(tcase, more_connections_than_agreed_are_refused_for_want_of_queue_pairs);
	tcase_add_test(tcase, nobody_answering_is_a_refusal_after_a_while);
	tcase_add_test(tcase, both_may_ask_at_once);
	tcase_add_test(tcase, a_port_may_be_connected_with_itself);
	tcase_add_test(tcase, data_may_overtake_the_ready_to_use);
	tcase_add_test(tcase, a_link_that_goes_down_takes_every_connection_with_it);
	tcase_add_test(tcase, a_fabric_that_goes_takes_every_connection_with_it);
	tcase_add_test(tcase, each_allocation_may_fail);
	suite_add_tcase(suite, tcase);
	tcase_add_checked_fixture(own, support_setup, support_teardown);
	tcase_set_timeout(own, 60);
	tcase_add_test(own, an_end_may_go_at_any_moment_and_the_other_hears_of_it);
	tcase_add_test(own, the_same_seed_gives_the_same_frames_at_the_same_times);
	suite_add_tcase(suite, own);
	return suite;
}
