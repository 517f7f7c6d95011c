/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Messages of connections lost by their kind: each loss is outlived, and nothing else is lost. */
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "mock/fabric.h"
#include "mock/rc_rig.h"
#include "mock/suites.h"
#include "wire/cm.h"
#include "wire/mad.h"

static void lose(const char *port, uint32_t ppm, uint32_t kinds)
{
	const struct ipoib_fabric_faults faults = {
		.size = sizeof(faults),
		.cm_loss_ppm = ppm,
		.cm_kinds = kinds,
	};

	ck_assert_int_eq(ipoib_fabric_set_faults(rig.fabric, port, &faults), 0);
}

static uint64_t lost(void)
{
	return fixture_statistics(rig.fabric).dropped_fault;
}

/* Of whom, and which message that makes or ends a's connection with b. */
static const struct {
	const char *port;
	uint32_t kind;
} making[] = {
	{ "host1/1", IPOIB_FABRIC_CM_REQ },
	{ "host2/1", IPOIB_FABRIC_CM_REP },
	{ "host1/1", IPOIB_FABRIC_CM_RTU },
};

static void both_send(void)
{
	ck_assert_int_eq(end_send(&rig.a, 4), 1);
	ck_assert_int_eq(end_send(&rig.b, 4), 1);
	rig_run(RIG_SECOND);
	ck_assert_uint_eq(rig.a.completed, 1);
	ck_assert_uint_eq(rig.b.completed, 1);
}

START_TEST(a_message_that_is_lost_for_a_second_delays_the_connection_at_most)
{
	lose(making[_i].port, 1000000, making[_i].kind);
	ck_assert_int_eq(end_connect(&rig.a, &rig.b), 0);
	rig_run(RIG_SECOND);
	ck_assert_uint_ge(lost(), 1);
	ck_assert_uint_eq(rig.a.refusals, 0);
	if (making[_i].kind != IPOIB_FABRIC_CM_RTU) /* the asker is ready with the reply */
		ck_assert_uint_eq(rig.a.ups, 0);
	lose(making[_i].port, 0, 0);
	rig_run(30 * RIG_SECOND);
	ck_assert_uint_eq(rig.a.ups, 1);
	ck_assert_uint_eq(rig.b.ups, 1);
	both_send();
}
END_TEST

START_TEST(a_request_or_reply_that_is_always_lost_is_a_refusal)
{
	lose(making[_i].port, 1000000, making[_i].kind);
	ck_assert_int_eq(end_connect(&rig.a, &rig.b), 0);
	rig_run(120 * RIG_SECOND);
	ck_assert_uint_eq(rig.a.ups, 0);
	ck_assert_uint_eq(rig.a.refusals, 1);
	ck_assert_int_eq(rig.a.refused_status, -ETIMEDOUT);
}
END_TEST

START_TEST(without_an_rtu_the_first_message_says_that_the_asker_is_ready)
{
	lose("host1/1", 1000000, IPOIB_FABRIC_CM_RTU);
	ck_assert_int_eq(end_connect(&rig.a, &rig.b), 0);
	rig_run(0);
	ck_assert_uint_eq(rig.a.ups, 1);
	ck_assert_uint_eq(rig.b.ups, 0);
	ck_assert_int_eq(end_send(&rig.a, 4), 1);
	rig_run(0);
	ck_assert_uint_eq(rig.b.ups, 1);
	ck_assert_uint_eq(rig.a.completed, 1);
	ck_assert_uint_ge(lost(), 1);
}
END_TEST

START_TEST(a_lost_dreq_is_sent_again)
{
	rig_connect();
	lose("host1/1", 1000000, IPOIB_FABRIC_CM_DREQ);
	end_destroy(&rig.a);
	rig_run(RIG_MILLISECOND);
	ck_assert_uint_eq(lost(), 1);
	ck_assert_uint_eq(rig.b.downs, 0);
	lose("host1/1", 0, 0);
	rig_run(30 * RIG_SECOND);
	ck_assert_uint_eq(rig.b.downs, 1);
	ck_assert_int_eq(rig.b.down_status, -ECONNRESET);
}
END_TEST

START_TEST(only_the_kinds_that_are_named_are_lost)
{
	/* Whatever is not part of a connection without accidents. */
	lose(NULL, 1000000, IPOIB_FABRIC_CM_MRA | IPOIB_FABRIC_CM_REJ);
	ck_assert_int_eq(end_connect(&rig.a, &rig.b), 0);
	rig_run(0);
	ck_assert_uint_eq(rig.b.ups, 1);
	both_send();
	end_destroy(&rig.a);
	rig_run(0);
	ck_assert_uint_eq(rig.b.downs, 1);
	ck_assert_uint_eq(lost(), 0);
}
END_TEST

START_TEST(none_named_is_all_of_them_and_nothing_else)
{
	struct ipoib_gid gid = rig.b.port->hca.port.gid;
	uint64_t mads = fixture_statistics(rig.fabric).mads;

	rig_connect();
	lose(NULL, 1000000, 0);
	both_send();
	ck_assert_uint_eq(lost(), 0);
	/* MADs of the SA have the same queue pair and another class. */
	ck_assert_int_eq(ops->path_query(rig.a.port, 1, &gid, 0xffff), 0);
	rig_run(RIG_SECOND);
	ck_assert_uint_eq(fixture_statistics(rig.fabric).mads, mads + 1);
	ck_assert_uint_eq(lost(), 0);
	end_destroy(&rig.a);
	rig_run(0);
	ck_assert_uint_eq(rig.b.downs, 0);
	ck_assert_uint_eq(lost(), 1);
}
END_TEST

START_TEST(half_of_them_are_lost_in_the_long_run)
{
	uint64_t tries = 0;

	lose("host1/1", 500000, IPOIB_FABRIC_CM_REQ);
	for (unsigned i = 0; i < 100; i++) {
		uint64_t before = counters_of(&rig.b)->mads;

		ck_assert_int_eq(end_connect(&rig.a, &rig.b), 0);
		rig_run(0);
		end_destroy(&rig.a);
		end_destroy(&rig.b);
		rig_run(60 * RIG_SECOND);
		tries += counters_of(&rig.b)->mads != before;
	}
	ck_assert_uint_gt(lost(), 25);
	ck_assert_uint_gt(tries, 25);
}
END_TEST

/* A MAD that is cut to each length is none, and is not read beyond it. */
START_TEST(frames_that_are_no_messages_are_judged_within_their_length)
{
	const struct ipoib_fabric_faults faults = {
		.size = sizeof(faults),
		.cm_loss_ppm = 1000000,
	};
	const struct ipoib__mad mad = {
		.management_class = IPOIB__MAD_CLASS_CM,
		.class_version = IPOIB__CM_CLASS_VERSION,
		.method = IPOIB__MAD_SEND,
		.attribute = IPOIB__CM_REQ,
	};
	struct ipoib__frame frame = { .operation = IPOIB__FRAME_UD, .dqpn = IPOIB__CM_QPN };
	uint8_t whole[IPOIB__MAD_HEADER_LENGTH];

	ck_assert_int_ge(ipoib__mad_encode(whole, sizeof(whole), &mad), 0);
	for (uint32_t length = 0; length <= IPOIB__MAD_HEADER_LENGTH; length++) {
		uint8_t *bytes = malloc(length == 0 ? 1 : length);

		ck_assert_ptr_nonnull(bytes);
		memcpy(bytes, whole, length);
		frame.length = length;
		ck_assert_int_eq(ipoib__faults_hit_cm(&faults, &frame, bytes),
				 length == IPOIB__MAD_HEADER_LENGTH);
		free(bytes);
	}
}
END_TEST

START_TEST(what_a_message_is_stands_in_its_frame)
{
	struct ipoib_fabric_faults faults = { .size = sizeof(faults), .cm_loss_ppm = 1 };
	struct ipoib__mad mad = { .management_class = IPOIB__MAD_CLASS_CM };
	struct ipoib__frame frame = { .operation = IPOIB__FRAME_UD,
				      .dqpn = IPOIB__CM_QPN,
				      .length = IPOIB__MAD_HEADER_LENGTH };
	uint8_t bytes[IPOIB__MAD_HEADER_LENGTH];

	for (uint32_t attribute = 0; attribute <= UINT16_MAX; attribute++) {
		bool is_one = attribute >= IPOIB__CM_REQ && attribute <= IPOIB__CM_DREP;

		mad.attribute = (uint16_t)attribute;
		ck_assert_int_ge(ipoib__mad_encode(bytes, sizeof(bytes), &mad), 0);
		ck_assert_int_eq(ipoib__faults_hit_cm(&faults, &frame, bytes), is_one);
	}
	mad.attribute = IPOIB__CM_REQ;
	ck_assert_int_ge(ipoib__mad_encode(bytes, sizeof(bytes), &mad), 0);
	ck_assert(ipoib__faults_hit_cm(&faults, &frame, bytes));
	faults.cm_kinds = IPOIB_FABRIC_CM_REP;
	ck_assert(!ipoib__faults_hit_cm(&faults, &frame, bytes));
	faults.cm_kinds |= IPOIB_FABRIC_CM_REQ;
	ck_assert(ipoib__faults_hit_cm(&faults, &frame, bytes));
	frame.dqpn = 0x48;
	ck_assert(!ipoib__faults_hit_cm(&faults, &frame, bytes));
	frame.dqpn = IPOIB__CM_QPN;
	frame.operation = IPOIB__FRAME_SEND;
	ck_assert(!ipoib__faults_hit_cm(&faults, &frame, bytes));
}
END_TEST

START_TEST(kinds_that_there_are_not_are_refused)
{
	struct ipoib_fabric_faults faults = { .size = sizeof(faults), .cm_loss_ppm = 1000001 };

	ck_assert_int_eq(ipoib_fabric_set_faults(rig.fabric, NULL, &faults), -EINVAL);
	faults.cm_loss_ppm = 1000000;
	faults.cm_kinds = IPOIB_FABRIC_CM_ALL + 1;
	ck_assert_int_eq(ipoib_fabric_set_faults(rig.fabric, NULL, &faults), -EINVAL);
	faults.cm_kinds = IPOIB_FABRIC_CM_ALL;
	ck_assert_int_eq(ipoib_fabric_set_faults(rig.fabric, NULL, &faults), 0);
	/* An older caller's structure ends before them. */
	faults.size = offsetof(struct ipoib_fabric_faults, cm_loss_ppm);
	ck_assert_int_eq(ipoib_fabric_set_faults(rig.fabric, "host1/1", &faults), 0);
	faults.size = sizeof(faults);
	ck_assert_int_eq(ipoib_fabric_get_faults(rig.fabric, "host1/1", &faults), 0);
	ck_assert_uint_eq(faults.cm_loss_ppm, 0);
	ck_assert_uint_eq(faults.cm_kinds, 0);
}
END_TEST

Suite *suite_cm_faults(void)
{
	Suite *suite = suite_create("cm_faults");
	TCase *tcase = tcase_create("cm_faults");

	tcase_add_checked_fixture(tcase, rig_setup, rig_teardown);
	tcase_add_loop_test(
		tcase, a_message_that_is_lost_for_a_second_delays_the_connection_at_most, 0, 3);
	tcase_add_loop_test(tcase, a_request_or_reply_that_is_always_lost_is_a_refusal, 0, 2);
	tcase_add_test(tcase, without_an_rtu_the_first_message_says_that_the_asker_is_ready);
	tcase_add_test(tcase, a_lost_dreq_is_sent_again);
	tcase_add_test(tcase, only_the_kinds_that_are_named_are_lost);
	tcase_add_test(tcase, none_named_is_all_of_them_and_nothing_else);
	tcase_add_test(tcase, half_of_them_are_lost_in_the_long_run);
	tcase_add_test(tcase, frames_that_are_no_messages_are_judged_within_their_length);
	tcase_add_test(tcase, what_a_message_is_stands_in_its_frame);
	tcase_add_test(tcase, kinds_that_there_are_not_are_refused);
	suite_add_tcase(suite, tcase);
	return suite;
}
