/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* What is asked, octet by octet, and what answers mean; the hostile ones too. */
#include <errno.h>
#include <string.h>

#include "sa/bench.h"
#include "sa/suites.h"

START_TEST(a_path_is_asked_for_as_linux_does)
{
	struct ipoib__sa_path path;

	ck_assert_int_eq(bench_ask_path(1), 0);
	bench_expire();
	struct ipoib__sa request = bench_request(0);
	ck_assert_uint_eq(request.mad.method, IPOIB__MAD_GET);
	ck_assert_uint_eq(request.mad.attribute, IPOIB__SA_PATH_RECORD);
	ck_assert_uint_eq(request.component_mask, 0x340c);
	ck_assert_uint_eq(request.mad.transaction >> 32, 0);
	ck_assert_int_gt(ipoib__sa_path_decode(&path, bench_mad(0) + IPOIB__SA_HEADER_LENGTH,
					       IPOIB__SA_DATA_LENGTH),
			 0);
	ck_assert_mem_eq(&path.dgid, &bench_dgid, 16);
	ck_assert_mem_eq(&path.sgid, &bench_sgid, 16);
	ck_assert_uint_eq(path.numb_path, 1);
	ck_assert_uint_eq(path.pkey, 0xffff);
}
END_TEST

START_TEST(a_join_says_everything_only_when_it_may_create)
{
	struct ipoib__sa_mcmember member;

	ck_assert_int_eq(bench_ask_join(1, 0), 0);
	bench_expire();
	ck_assert_uint_eq(bench_request(0).component_mask, 0x10083);
	bench_answer(0, IPOIB__SA_INSUFFICIENT_COMPONENTS, NULL, 0);
	bench_event(IPOIB_TRANSPORT_JOIN, 1, -ENOENT);

	ck_assert_int_eq(bench_ask_join(2, 1), 0);
	bench_expire();
	ck_assert_uint_eq(bench_request(1).component_mask, 0x173f7);
	ck_assert_int_gt(ipoib__sa_mcmember_decode(&member, bench_mad(1) + IPOIB__SA_HEADER_LENGTH,
						   IPOIB__SA_DATA_LENGTH),
			 0);
	ck_assert_mem_eq(&member.mgid, &bench_mgid, 16);
	ck_assert_mem_eq(&member.port_gid, &bench_sgid, 16);
	ck_assert_uint_eq(member.qkey, 0x0b1b);
	ck_assert_uint_eq(member.mtu, 4);
	ck_assert_uint_eq(member.mtu_selector, IPOIB__SA_EXACTLY);
	ck_assert_uint_eq(member.rate, 3);
	ck_assert_uint_eq(member.flow_label, 5);
	ck_assert_uint_eq(member.sl, 2);
	ck_assert_uint_eq(member.traffic_class, 7);
	ck_assert_uint_eq(member.hop_limit, 1);
	ck_assert_uint_eq(member.join_state, 1);
}
END_TEST

START_TEST(a_group_with_an_mtu_that_is_none_is_not_asked_for)
{
	struct ipoib_multicast_record wanted = bench_group();

	wanted.create = 1;
	wanted.mtu = 1500;
	ck_assert_int_eq(ipoib__sa_join(&client, 1, &wanted, &bench_sgid), -EINVAL);
}
END_TEST

START_TEST(a_path_answer_is_handed_out_whole)
{
	struct ipoib__sa_path path = bench_path();
	struct ipoib_transport_event event;

	path.hop_limit = 2;
	path.traffic_class = 3;
	path.flow_label = 4;
	path.pkey = 0x7fff; /* the partition is what must agree */
	ck_assert_int_eq(bench_ask_path(1), 0);
	bench_expire();
	bench_answer_path(0, &path);
	event = bench_event(IPOIB_TRANSPORT_PATH, 1, 0);
	ck_assert_uint_eq(event.path.dlid, 12);
	ck_assert_uint_eq(event.path.slid, 11);
	ck_assert_uint_eq(event.path.mtu, 2048);
	ck_assert_uint_eq(event.path.rate, 7);
	ck_assert_uint_eq(event.path.sl, 1);
	ck_assert_uint_eq(event.path.packet_life, 18);
	ck_assert_uint_eq(event.path.hop_limit, 2);
	ck_assert_uint_eq(event.path.traffic_class, 3);
	ck_assert_uint_eq(event.path.flow_label, 4);
	ck_assert_mem_eq(&event.path.dgid, &bench_dgid, 16);
}
END_TEST

START_TEST(a_join_answer_is_handed_out_whole)
{
	struct ipoib__sa_mcmember member = bench_member();
	struct ipoib_transport_event event;

	member.join_state = 5;
	ck_assert_int_eq(bench_ask_join(1, 0), 0);
	bench_expire();
	bench_answer_member(0, &member);
	event = bench_event(IPOIB_TRANSPORT_JOIN, 1, 0);
	ck_assert_uint_eq(event.multicast.mlid, 0xc001);
	ck_assert_uint_eq(event.multicast.mtu, 2048);
	ck_assert_uint_eq(event.multicast.qkey, 0x0b1b);
	ck_assert_uint_eq(event.multicast.rate, 3);
	ck_assert_uint_eq(event.multicast.sl, 2);
	ck_assert_uint_eq(event.multicast.scope, 2);
	ck_assert_uint_eq(event.multicast.join_state, IPOIB_JOIN_FULL_MEMBER);
}
END_TEST

static void path_status(uint16_t status, int expected)
{
	ck_assert_int_eq(bench_ask_path(status), 0);
	bench_expire();
	bench_answer(bench_sent - 1, status, NULL, 0);
	bench_event(IPOIB_TRANSPORT_PATH, status, expected);
}

static void join_status(uint8_t join_state, uint16_t status, int expected)
{
	struct ipoib_multicast_record wanted = bench_group();

	wanted.join_state = join_state;
	ck_assert_int_eq(ipoib__sa_join(&client, status, &wanted, &bench_sgid), 0);
	bench_expire();
	bench_answer(bench_sent - 1, status, NULL, 0);
	bench_event(IPOIB_TRANSPORT_JOIN, status, expected);
}

START_TEST(each_status_has_its_error)
{
	path_status(0x0300, -ENOENT);
	path_status(0x0500, -ENOENT);
	path_status(0x0001, -EBUSY);
	path_status(0x0100, -EBUSY);
	path_status(0x0200, -EACCES);
	path_status(0x0700, -EACCES);
	path_status(0x0400, -EPROTO);
	path_status(0x000c, -EPROTO);
	path_status(0x001c, -EPROTO);
	join_status(1, 0x0600, -ENOENT);
	join_status(1, 0x0300, -ENOENT);
	join_status(1, 0x0200, -EACCES);
	join_status(1, 0x0500, -EACCES);
	join_status(4, 0x0200, -ENOENT); /* send only: the group does not exist */
	join_status(1, 0x0100, -EBUSY);
	join_status(1, 0xff00, -EPROTO);
}
END_TEST

static void bad_path(const struct ipoib__sa_path *path)
{
	ck_assert_int_eq(bench_ask_path(1), 0);
	bench_expire();
	bench_answer_path(bench_sent - 1, path);
	bench_event(IPOIB_TRANSPORT_PATH, 1, -EPROTO);
}

START_TEST(a_path_that_contradicts_the_question_is_refused)
{
	struct ipoib__sa_path path = bench_path();

	path.dgid.raw[15]++;
	bad_path(&path);
	path = bench_path();
	path.sgid.raw[0]++;
	bad_path(&path);
	path = bench_path();
	path.pkey = 0x8001;
	bad_path(&path);
	path = bench_path();
	path.dlid = 0;
	bad_path(&path);
	path = bench_path();
	path.dlid = 0xffff;
	bad_path(&path);
	for (unsigned mtu = 0; mtu < 64; mtu++) {
		path = bench_path();
		path.mtu = (uint8_t)mtu;
		if (mtu < 1 || mtu > 7)
			bad_path(&path);
	}
}
END_TEST

static void bad_member(const struct ipoib__sa_mcmember *member)
{
	ck_assert_int_eq(bench_ask_join(1, 0), 0);
	bench_expire();
	bench_answer_member(bench_sent - 1, member);
	bench_event(IPOIB_TRANSPORT_JOIN, 1, -EPROTO);
}

START_TEST(a_membership_that_contradicts_the_question_is_refused)
{
	static const uint16_t no_mlid[] = { 0, 1, 0xbfff, 0xffff };
	struct ipoib__sa_mcmember member = bench_member();

	member.mgid.raw[15]++;
	bad_member(&member);
	member = bench_member();
	member.port_gid.raw[15]++;
	bad_member(&member);
	member = bench_member();
	member.pkey = 1;
	bad_member(&member);
	member = bench_member();
	member.mtu = 8;
	bad_member(&member);
	for (unsigned i = 0; i < sizeof(no_mlid) / sizeof(no_mlid[0]); i++) {
		member = bench_member();
		member.mlid = no_mlid[i];
		bad_member(&member);
	}
}
END_TEST

/* Codes 6 and 7 are 8192 and 10240 octets of Omni-Path. */
START_TEST(mtus_beyond_infiniband_are_its_largest)
{
	struct ipoib__sa_mcmember member = bench_member();
	struct ipoib__sa_path path = bench_path();
	struct ipoib_transport_event event;

	for (uint8_t code = 6; code <= 7; code++) {
		member.mtu = code;
		ck_assert_int_eq(bench_ask_join(1, 0), 0);
		bench_expire();
		bench_answer_member(bench_sent - 1, &member);
		event = bench_event(IPOIB_TRANSPORT_JOIN, 1, 0);
		ck_assert_uint_eq(event.multicast.mtu, 4096);
		path.mtu = code;
		ck_assert_int_eq(bench_ask_path(1), 0);
		bench_expire();
		bench_answer_path(bench_sent - 1, &path);
		event = bench_event(IPOIB_TRANSPORT_PATH, 1, 0);
		ck_assert_uint_eq(event.path.mtu, 4096);
	}
}
END_TEST

START_TEST(only_the_right_response_is_one)
{
	struct ipoib__sa sa;
	uint8_t data[IPOIB__SA_PATH_LENGTH], mad[IPOIB__MAD_LENGTH];
	struct ipoib__sa_path path = bench_path();

	ck_assert_int_gt(ipoib__sa_path_encode(data, sizeof(data), &path), 0);
	ck_assert_int_eq(bench_ask_path(1), 0);
	bench_expire();
	ipoib__sa_receive(&client, bench_mad(0), IPOIB__MAD_LENGTH); /* our own question */
	for (unsigned i = 0; i < 4; i++) {
		sa = bench_request(0);
		sa.mad.method = i == 0 ? IPOIB__MAD_GET_TABLE_RESPONSE : IPOIB__MAD_GET_RESPONSE;
		sa.mad.transaction += i == 1;
		sa.mad.attribute = i == 2 ? IPOIB__SA_MCMEMBER_RECORD : IPOIB__SA_PATH_RECORD;
		ck_assert_int_gt(ipoib__sa_encode(mad, sizeof(mad), &sa, data, sizeof(data)), 0);
		if (i == 3)
			mad[1] = IPOIB__MAD_CLASS_CM;
		ipoib__sa_receive(&client, mad, sizeof(mad));
		ck_assert(!ipoib__sa_answered(&client));
	}
	ck_assert_uint_eq(client.counters.stray, 5);
	bench_answer_path(0, &path);
	bench_event(IPOIB_TRANSPORT_PATH, 1, 0);
}
END_TEST

START_TEST(every_truncated_answer_is_dropped_or_refused)
{
	struct ipoib__sa_path path = bench_path();
	uint8_t data[IPOIB__SA_PATH_LENGTH], mad[IPOIB__MAD_LENGTH];
	struct ipoib_transport_event event;

	ck_assert_int_gt(ipoib__sa_path_encode(data, sizeof(data), &path), 0);
	for (size_t length = 0; length <= IPOIB__MAD_LENGTH; length++) {
		ck_assert_int_eq(bench_ask_path(1), 0);
		bench_expire();
		struct ipoib__sa sa = bench_request(bench_sent - 1);
		sa.mad.method = IPOIB__MAD_GET_RESPONSE;
		ck_assert_int_gt(ipoib__sa_encode(mad, sizeof(mad), &sa, data, sizeof(data)), 0);
		uint8_t *exact = ipoib__memory_get(support_memory(), length + 1);
		memcpy(exact + 1, mad, length);
		ipoib__sa_receive(&client, exact + 1, length);
		ipoib__memory_put(support_memory(), exact, length + 1);
		if (ipoib__sa_next(&client, &event))
			ck_assert_int_eq(
				event.status,
				length >= IPOIB__SA_HEADER_LENGTH + sizeof(data) ? 0 : -EPROTO);
		else
			ck_assert_uint_lt(length, IPOIB__SA_HEADER_LENGTH);
		ipoib__sa_cancel(&client, 1);
	}
}
END_TEST

START_TEST(random_answers_harm_nobody)
{
	struct ipoib__random *random = support_random();
	struct ipoib_transport_event event;

	for (unsigned round = 0; round < 5000; round++) {
		struct ipoib_multicast_record group = bench_group();
		uint8_t mad[IPOIB__MAD_LENGTH];

		if (round % 3 == 0)
			ck_assert_int_eq(bench_ask_path(round), 0);
		else if (round % 3 == 1)
			ck_assert_int_eq(bench_ask_join(round, 1), 0);
		else
			ipoib__sa_leave(&client, &group, &bench_sgid);
		bench_expire();
		memcpy(mad, bench_mad(bench_sent - 1), sizeof(mad));
		mad[3] = (uint8_t)(mad[3] == IPOIB__MAD_DELETE ? 0x95 : 0x81);
		for (unsigned i = 0; i < 8; i++)
			mad[ipoib__random_below(random, sizeof(mad))] =
				(uint8_t)ipoib__random_u64(random);
		ipoib__sa_receive(&client, mad, sizeof(mad));
		while (ipoib__sa_next(&client, &event))
			;
		support_advance(IPOIB__SA_JOIN_LIMIT);
		for (unsigned i = 0; i <= IPOIB__SA_SENDS; i++) {
			bench_expire();
			support_advance(IPOIB__SA_JOIN_LIMIT);
		}
		while (ipoib__sa_next(&client, &event))
			;
		ck_assert_uint_eq(client.questions + client.leaves + client.in_flight, 0);
	}
}
END_TEST

Suite *suite_answer(void)
{
	Suite *suite = suite_create("sa answers");
	TCase *tcase = tcase_create("answers");

	tcase_add_checked_fixture(tcase, bench_setup, bench_teardown);
	tcase_add_test(tcase, a_path_is_asked_for_as_linux_does);
	tcase_add_test(tcase, a_join_says_everything_only_when_it_may_create);
	tcase_add_test(tcase, a_group_with_an_mtu_that_is_none_is_not_asked_for);
	tcase_add_test(tcase, a_path_answer_is_handed_out_whole);
	tcase_add_test(tcase, a_join_answer_is_handed_out_whole);
	tcase_add_test(tcase, each_status_has_its_error);
	tcase_add_test(tcase, a_path_that_contradicts_the_question_is_refused);
	tcase_add_test(tcase, a_membership_that_contradicts_the_question_is_refused);
	tcase_add_test(tcase, mtus_beyond_infiniband_are_its_largest);
	tcase_add_test(tcase, only_the_right_response_is_one);
	tcase_add_test(tcase, every_truncated_answer_is_dropped_or_refused);
	tcase_add_test(tcase, random_answers_harm_nobody);
	suite_add_tcase(suite, tcase);
	return suite;
}
