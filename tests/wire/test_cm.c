/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Messages of communication management, field by field; and what IPoIB puts into them. */
#include <errno.h>
#include <string.h>

#include "support/support.h"
#include "wire/wire.h"
#include "wire/cm.h"
#include "wire/cm_rep.h"
#include "wire/cm_req.h"
#include "wire/cm_small.h"
#include "wire/ipoib_cm.h"

static void fill(uint8_t *bytes, size_t length)
{
	for (size_t i = 0; i < length; i++)
		bytes[i] = (uint8_t)(0xa0 + i % 16);
}

START_TEST(each_field_of_a_req_is_where_it_belongs)
{
	struct ipoib__cm_req req = {
		.local_id = 0x01020304,
		.service_id = UINT64_C(0x1000000000000048),
		.local_ca_guid = UINT64_C(0x1112131415161718),
		.local_qkey = 0x21222324,
		.local_qpn = 0x313233,
		.responder_resources = 0x34,
		.local_eecn = 0x414243,
		.initiator_depth = 0x44,
		.remote_eecn = 0x515253,
		.remote_response_timeout = 0x14,
		.transport_type = 2,
		.flow_control = true,
		.starting_psn = 0x616263,
		.local_response_timeout = 0x13,
		.retry_count = 7,
		.pkey = 0x8001,
		.path_mtu = 5,
		.rdc_exists = false,
		.rnr_retry = 6,
		.max_cm_retries = 15,
		.srq = true,
		.extended_transport = 1,
		.primary = {
			.local_lid = 0x7172,
			.remote_lid = 0x8182,
			.local_gid = { { 0xfe, 0x80, [15] = 0x11 } },
			.remote_gid = { { 0xfe, 0x80, [15] = 0x22 } },
			.flow_label = 0x12345,
			.rate = 0x12,
			.traffic_class = 0x91,
			.hop_limit = 0x92,
			.sl = 9,
			.subnet_local = true,
			.ack_timeout = 0x12,
		},
	};
	uint8_t bytes[IPOIB__CM_MESSAGE_LENGTH];

	fill(req.private_data, sizeof(req.private_data));
	ck_assert_int_eq(ipoib__cm_req_encode(bytes, sizeof(bytes), &req), 232);
	wire_assert_hex(bytes, 52,
			"01020304 00000000 1000000000000048 1112131415161718 00000000 21222324"
			"31323334 41424344 515253a5 6162639f 8001 56 f9");
	wire_assert_hex(bytes + 52, 44,
			"7172 8182 fe800000000000000000000000000011"
			"fe800000000000000000000000000022 12345012 91929890");
	for (unsigned i = 96; i < 140; i++)
		ck_assert_uint_eq(bytes[i], 0);
	ck_assert_mem_eq(bytes + 140, req.private_data, 92);
}
END_TEST

START_TEST(each_field_of_a_rep_is_where_it_belongs)
{
	struct ipoib__cm_rep rep = {
		.local_id = 0x01020304,
		.remote_id = 0x11121314,
		.local_qkey = 0x21222324,
		.local_qpn = 0x313233,
		.local_eecn = 0x414243,
		.starting_psn = 0x515253,
		.responder_resources = 0x61,
		.initiator_depth = 0x62,
		.target_ack_delay = 0x0f,
		.failover = 2,
		.flow_control = true,
		.rnr_retry = 6,
		.srq = true,
		.local_ca_guid = UINT64_C(0x7172737475767778),
	};
	uint8_t bytes[IPOIB__CM_MESSAGE_LENGTH];

	fill(rep.private_data, sizeof(rep.private_data));
	ck_assert_int_eq(ipoib__cm_rep_encode(bytes, sizeof(bytes), &rep), 232);
	wire_assert_hex(bytes, 36, "01020304 11121314 21222324 31323300 41424300 51525300"
				   "6162 7d d0 7172737475767778");
	ck_assert_mem_eq(bytes + 36, rep.private_data, 196);
}
END_TEST

START_TEST(each_field_of_the_small_messages_is_where_it_belongs)
{
	struct ipoib__cm_mra mra = { 0x01020304, 0x11121314, 1, 0x15, { 0xaa } };
	struct ipoib__cm_rej rej = { 0x01020304, 0x11121314, 2, 8, 28, { 0xbb }, { 0xcc } };
	struct ipoib__cm_rtu rtu = { 0x01020304, 0x11121314, { 0xdd } };
	struct ipoib__cm_dreq dreq = { 0x01020304, 0x11121314, 0x212223, { 0xee } };
	struct ipoib__cm_drep drep = { 0x01020304, 0x11121314, { 0xff } };
	uint8_t bytes[IPOIB__CM_MESSAGE_LENGTH];

	ck_assert_int_eq(ipoib__cm_mra_encode(bytes, sizeof(bytes), &mra), 232);
	wire_assert_hex(bytes, 11, "01020304 11121314 40 a8 aa");
	ck_assert_int_eq(ipoib__cm_rej_encode(bytes, sizeof(bytes), &rej), 232);
	wire_assert_hex(bytes, 13, "01020304 11121314 80 10 001c bb");
	ck_assert_uint_eq(bytes[84], 0xcc);
	ck_assert_int_eq(ipoib__cm_rtu_encode(bytes, sizeof(bytes), &rtu), 232);
	wire_assert_hex(bytes, 9, "01020304 11121314 dd");
	ck_assert_int_eq(ipoib__cm_dreq_encode(bytes, sizeof(bytes), &dreq), 232);
	wire_assert_hex(bytes, 13, "01020304 11121314 21222300 ee");
	ck_assert_int_eq(ipoib__cm_drep_encode(bytes, sizeof(bytes), &drep), 232);
	wire_assert_hex(bytes, 9, "01020304 11121314 ff");
}
END_TEST

START_TEST(the_header_is_that_of_a_cm_mad)
{
	const struct ipoib__mad mad = {
		.method = IPOIB__MAD_GET,
		.transaction = 0x1122334455667788,
		.attribute = IPOIB__CM_REP,
	};
	struct ipoib__mad back;
	uint8_t bytes[IPOIB__MAD_HEADER_LENGTH];

	ck_assert_int_eq(ipoib__cm_encode(bytes, sizeof(bytes), &mad), 24);
	wire_assert_hex(bytes, 24, "01070203 00000000 1122334455667788 0013 0000 00000000");
	ck_assert_int_eq(ipoib__cm_encode(bytes, 23, &mad), -ENOBUFS);
	ck_assert_int_eq(ipoib__cm_decode(&back, bytes, sizeof(bytes)), 24);
	ck_assert_uint_eq(back.attribute, IPOIB__CM_REP);
	ck_assert_uint_eq(back.transaction, 0x1122334455667788);
	for (unsigned at = 0; at < 4; at++) {
		bytes[at] ^= 0x80;
		ck_assert_int_eq(ipoib__cm_decode(&back, bytes, sizeof(bytes)), -EPROTO);
		bytes[at] ^= 0x80;
	}
}
END_TEST

START_TEST(both_forms_of_service_ids_are_known_and_no_others)
{
	static const uint64_t others[] = {
		0, UINT64_C(0x48), UINT64_C(0x1000000001000048), UINT64_C(0x1100000000000048),
		UINT64_C(0x0101000000000048), UINT64_C(0x0100000100000048),
		UINT64_C(0x0200000000000048), UINT64_C(0x1010000000000048),
	};
	uint32_t qpn = 0;

	ck_assert_uint_eq(ipoib__service_id(IPOIB__SERVICE_LINUX, 0x48), 0x1000000000000048);
	ck_assert_uint_eq(ipoib__service_id(IPOIB__SERVICE_RFC, 0xabcdef), 0x0100000000abcdef);
	ck_assert_int_eq(ipoib__service_id_parse(0x1000000000000048, &qpn), IPOIB__SERVICE_LINUX);
	ck_assert_uint_eq(qpn, 0x48);
	ck_assert_int_eq(ipoib__service_id_parse(0x0100000000ffffff, &qpn), IPOIB__SERVICE_RFC);
	ck_assert_uint_eq(qpn, 0xffffff);
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		ck_assert_int_eq(ipoib__service_id_parse(others[i], &qpn), IPOIB__SERVICE_NONE);
	ck_assert_uint_eq(qpn, 0xffffff);
}
END_TEST

START_TEST(private_data_say_the_queue_pair_and_the_mtu)
{
	const struct ipoib__cm_private linux_says = { 0x49, 65524 };
	struct ipoib__cm_private back;
	uint8_t bytes[8];

	ck_assert_int_eq(ipoib__cm_private_encode(bytes, sizeof(bytes), &linux_says), 8);
	wire_assert_hex(bytes, 8, "00000049 0000fff4");
	/* nonsense is told as it came (I38) */
	wire_hex(bytes, sizeof(bytes), "00ffffff ffffffff");
	ck_assert_int_eq(ipoib__cm_private_decode(&back, bytes, sizeof(bytes)), 8);
	ck_assert_uint_eq(back.qpn, 0xffffff);
	ck_assert_uint_eq(back.receive_mtu, 0xffffffff);
}
END_TEST

Suite *suite_cm(void)
{
	Suite *suite = suite_create("cm messages");
	TCase *tcase = tcase_create("all");

	tcase_add_checked_fixture(tcase, support_setup, support_teardown);
	tcase_add_test(tcase, each_field_of_a_req_is_where_it_belongs);
	tcase_add_test(tcase, each_field_of_a_rep_is_where_it_belongs);
	tcase_add_test(tcase, each_field_of_the_small_messages_is_where_it_belongs);
	tcase_add_test(tcase, the_header_is_that_of_a_cm_mad);
	tcase_add_test(tcase, both_forms_of_service_ids_are_known_and_no_others);
	tcase_add_test(tcase, private_data_say_the_queue_pair_and_the_mtu);
	suite_add_tcase(suite, tcase);
	return suite;
}
