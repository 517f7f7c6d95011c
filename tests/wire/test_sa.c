/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Management datagrams, field by field: round trips alone would not see two fields exchanged. */
#include <errno.h>
#include <string.h>

#include "support/support.h"
#include "wire/wire.h"
#include "wire/sa.h"
#include "wire/sa_class_port_info.h"
#include "wire/sa_mcmember.h"
#include "wire/sa_path.h"

static const struct ipoib_gid host_a = {
	{ 0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0xf4, 0x52, 0x14, 0x03, 0x00, 0x12, 0xab, 0x01 }
};
static const struct ipoib_gid host_b = {
	{ 0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0xf4, 0x52, 0x14, 0x03, 0x00, 0x12, 0xab, 0x02 }
};

START_TEST(headers_of_the_sa_stand_at_their_offsets)
{
	struct ipoib__sa sa = {
		.mad = {
			.method = IPOIB__MAD_GET,
			.status = 0x0102,
			.class_specific = 0x0304,
			.transaction = UINT64_C(0x1112131415161718),
			.attribute = IPOIB__SA_PATH_RECORD,
			.modifier = 0x21222324,
		},
		.rmpp = { 1, 2, 0x15, 3, 4, 0x31323334, 0x41424344 },
		.sm_key = UINT64_C(0x5152535455565758),
		.attribute_offset = 0x6162,
		.component_mask = UINT64_C(0x7172737475767778),
	};
	uint8_t mad[IPOIB__MAD_LENGTH], data[3] = { 0xda, 0xdb, 0xdc };

	memset(mad, 0xa5, sizeof(mad));
	ck_assert_int_eq(ipoib__sa_encode(mad, sizeof(mad), &sa, data, sizeof(data)), 256);
	wire_assert_hex(mad, 60, "01 03 02 01 0102 0304 1112131415161718 0035 0000 21222324"
				 "01 02 ab 04 31323334 41424344"
				 "5152535455565758 6162 0000 7172737475767778 dadbdc 00");
	for (size_t i = 60; i < sizeof(mad); i++)
		ck_assert_uint_eq(mad[i], 0);
}
END_TEST

START_TEST(a_mad_full_of_data_is_written_whole)
{
	struct ipoib__sa sa = { .mad.method = IPOIB__MAD_GET };
	uint8_t mad[IPOIB__MAD_LENGTH], data[IPOIB__SA_DATA_LENGTH];

	wire_random_fill(support_random(), data, sizeof(data));
	ck_assert_int_eq(ipoib__sa_encode(mad, sizeof(mad), &sa, data, sizeof(data)), 256);
	ck_assert_mem_eq(mad + IPOIB__SA_HEADER_LENGTH, data, sizeof(data));
}
END_TEST

START_TEST(mads_of_other_classes_and_versions_are_not_ours)
{
	static const struct {
		size_t at;
		uint8_t value;
	} cases[] = {
		{ 0, 0 }, { 0, 2 },		 /* base version */
		{ 1, 1 }, { 1, 7 }, { 1, 0x81 }, /* class */
		{ 2, 1 }, { 2, 3 },		 /* class version */
	};
	struct ipoib__sa sa = { .mad.method = IPOIB__MAD_GET }, back, before;
	uint8_t mad[IPOIB__MAD_LENGTH];

	memset(&before, 0xa5, sizeof(before));
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		ck_assert_int_eq(ipoib__sa_encode(mad, sizeof(mad), &sa, NULL, 0), 256);
		mad[cases[i].at] = cases[i].value;
		memcpy(&back, &before, sizeof(back));
		ck_assert_int_eq(ipoib__sa_decode(&back, mad, sizeof(mad)), -EPROTO);
		ck_assert_mem_eq(&back, &before, sizeof(back));
	}
}
END_TEST

START_TEST(each_field_of_a_path_record_is_where_it_belongs)
{
	struct ipoib__sa_path path = {
		.service_id = UINT64_C(0x0102030405060708),
		.dgid = host_b,
		.sgid = host_a,
		.dlid = 0x1112,
		.slid = 0x2122,
		.raw_traffic = true,
		.flow_label = 0x34567,
		.hop_limit = 0x41,
		.traffic_class = 0x51,
		.reversible = true,
		.numb_path = 0x2a,
		.pkey = 0x8001,
		.qos_class = 0x678,
		.sl = 0x9,
		.mtu_selector = 2,
		.mtu = 4,
		.rate_selector = 1,
		.rate = 16,
		.life_selector = 3,
		.life = 18,
		.preference = 0x77,
	};
	uint8_t bytes[IPOIB__SA_PATH_LENGTH];

	ck_assert_int_eq(ipoib__sa_path_encode(bytes, sizeof(bytes), &path), 64);
	wire_assert_hex(bytes, sizeof(bytes),
			"0102030405060708"
			"fe80000000000000f45214030012ab02"
			"fe80000000000000f45214030012ab01"
			"1112 2122 83456741 51aa8001 67898450 d2770000 00000000");
}
END_TEST

START_TEST(each_field_of_a_membership_is_where_it_belongs)
{
	struct ipoib__sa_mcmember member = {
		.mgid = { { 0xff, 0x12, 0x40, 0x1b, 0xff, 0xff, 0, 0, 0, 0, 0, 0, 0xff, 0xff,
			    0xff, 0xff } },
		.port_gid = host_a,
		.qkey = 0x00000b1b,
		.mlid = 0xc001,
		.mtu_selector = 2,
		.mtu = 5,
		.traffic_class = 0x51,
		.pkey = 0xffff,
		.rate_selector = 1,
		.rate = 16,
		.life_selector = 3,
		.life = 18,
		.sl = 0x9,
		.flow_label = 0x34567,
		.hop_limit = 0x41,
		.scope = 2,
		.join_state = IPOIB__JOIN_FULL_MEMBER,
		.proxy_join = true,
	};
	uint8_t bytes[IPOIB__SA_MCMEMBER_LENGTH];

	ck_assert_int_eq(ipoib__sa_mcmember_encode(bytes, sizeof(bytes), &member), 52);
	wire_assert_hex(bytes, sizeof(bytes),
			"ff12401bffff000000000000ffffffff"
			"fe80000000000000f45214030012ab01"
			"00000b1b c0018551 ffff50d2 93456741 21800000");
}
END_TEST

START_TEST(each_field_of_class_port_info_is_where_it_belongs)
{
	struct ipoib__sa_class_port_info info = {
		.base_version = 1,
		.class_version = IPOIB__SA_CLASS_VERSION,
		.capability_mask = 0x2602,
		.capability_mask2 = IPOIB__SA_CAPABILITY2_SEND_ONLY_FULL_MEMBER,
		.response_time = 0x12,
		.redirect_gid = host_a,
		.redirect_traffic_class = 0x51,
		.redirect_sl = 9,
		.redirect_flow_label = 0x34567,
		.redirect_lid = 0x1112,
		.redirect_pkey = 0xffff,
		.redirect_qpn = 0x313233,
		.redirect_qkey = 0x80010000,
	};
	uint8_t bytes[IPOIB__SA_CLASS_PORT_INFO_LENGTH];

	ck_assert_int_eq(ipoib__sa_class_port_info_encode(bytes, sizeof(bytes), &info), 72);
	wire_assert_hex(bytes, sizeof(bytes),
			"01022602 00020012 fe80000000000000f45214030012ab01"
			"51934567 1112ffff 00313233 80010000"
			"0000000000000000000000000000000000000000000000000000000000000000");
}
END_TEST

START_TEST(component_masks_have_the_bits_of_their_fields)
{
	/* What the kernel's IPoIB asks with: for a path, and to join the broadcast group. */
	ck_assert_uint_eq(IPOIB__PATH_DGID | IPOIB__PATH_SGID | IPOIB__PATH_NUMB_PATH |
				  IPOIB__PATH_TRAFFIC_CLASS | IPOIB__PATH_PKEY,
			  0x340c);
	ck_assert_uint_eq(IPOIB__MCMEMBER_MGID | IPOIB__MCMEMBER_PORT_GID | IPOIB__MCMEMBER_PKEY |
				  IPOIB__MCMEMBER_JOIN_STATE,
			  0x10083);
	ck_assert_uint_eq(IPOIB__PATH_SERVICE_ID, 3);
	ck_assert_uint_eq(IPOIB__PATH_PREFERENCE, 0x400000);
	ck_assert_uint_eq(IPOIB__MCMEMBER_PROXY_JOIN, 0x20000);
}
END_TEST

Suite *suite_sa(void)
{
	Suite *suite = suite_create("sa");
	TCase *tcase = tcase_create("sa");

	tcase_add_checked_fixture(tcase, support_setup, support_teardown);
	tcase_add_test(tcase, headers_of_the_sa_stand_at_their_offsets);
	tcase_add_test(tcase, a_mad_full_of_data_is_written_whole);
	tcase_add_test(tcase, mads_of_other_classes_and_versions_are_not_ours);
	tcase_add_test(tcase, each_field_of_a_path_record_is_where_it_belongs);
	tcase_add_test(tcase, each_field_of_a_membership_is_where_it_belongs);
	tcase_add_test(tcase, each_field_of_class_port_info_is_where_it_belongs);
	tcase_add_test(tcase, component_masks_have_the_bits_of_their_fields);
	suite_add_tcase(suite, tcase);
	return suite;
}
