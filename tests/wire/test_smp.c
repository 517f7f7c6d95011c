/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Subnet management, field by field: round trips alone would not see two fields exchanged. */
#include <errno.h>
#include <string.h>

#include "support/support.h"
#include "wire/smp.h"
#include "wire/smp_node.h"
#include "wire/smp_port.h"
#include "wire/wire.h"

START_TEST(the_parts_of_a_packet_stand_at_their_offsets)
{
	struct ipoib__smp smp = {
		.mad = {
			.management_class = IPOIB__MAD_CLASS_SUBNET_DIRECTED,
			.method = IPOIB__MAD_SET,
			.status = IPOIB__SMP_RETURNS | 0x1c,
			.transaction = UINT64_C(0x1112131415161718),
			.attribute = IPOIB__SMP_PORT_INFO,
			.modifier = 0x21222324,
		},
		.hop_pointer = 3,
		.hop_count = 4,
		.m_key = UINT64_C(0x3132333435363738),
		.source_lid = 0x4142,
		.dest_lid = 0x5152,
		.data = { 0xda },
		.initial_path = { 0, 0x61 },
		.return_path = { 0, 0x71 },
	};
	uint8_t mad[IPOIB__MAD_LENGTH];

	memset(mad, 0xa5, sizeof(mad));
	ck_assert_int_eq(ipoib__smp_encode(mad, sizeof(mad), &smp), 256);
	wire_assert_hex(mad, 36, "01 81 01 02 801c 03 04 1112131415161718 0015 0000 21222324"
				 "3132333435363738 4142 5152");
	for (size_t i = 36; i < 64; i++)
		ck_assert_uint_eq(mad[i], 0);
	wire_assert_hex(mad + 64, 2, "da00");
	wire_assert_hex(mad + 128, 3, "006100");
	wire_assert_hex(mad + 192, 3, "007100");
}
END_TEST

START_TEST(packets_of_other_classes_and_versions_are_not_ours)
{
	static const struct {
		size_t at;
		uint8_t value;
	} cases[] = { { 0, 2 }, { 1, 3 }, { 1, 0x82 }, { 2, 2 } };
	struct ipoib__smp smp = { .mad.management_class = IPOIB__MAD_CLASS_SUBNET_LID };
	uint8_t mad[IPOIB__MAD_LENGTH];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		ck_assert_int_eq(ipoib__smp_encode(mad, sizeof(mad), &smp), 256);
		mad[cases[i].at] = cases[i].value;
		ck_assert_int_eq(ipoib__smp_decode(&smp, mad, sizeof(mad)), -EPROTO);
	}
}
END_TEST

START_TEST(each_field_of_a_notice_is_where_it_belongs)
{
	struct ipoib__smp_notice notice = {
		.generic = 1,
		.type = 0x23,
		.producer = 0x010203,
		.number = IPOIB__SMP_TRAP_LINK_STATE,
		.issuer_lid = 0x1112,
		.toggle = 1,
		.count = 0x2122,
		.details = { 0x31, 0x32 },
	};
	uint8_t bytes[IPOIB__SMP_DATA_LENGTH];

	ck_assert_int_eq(ipoib__smp_notice_encode(bytes, sizeof(bytes), &notice), 64);
	wire_assert_hex(bytes, 13, "a3010203 0080 1112 a122 3132 00");
}
END_TEST

START_TEST(each_field_of_a_node_is_where_it_belongs)
{
	struct ipoib__smp_node_info info = {
		.base_version = 1,
		.class_version = 2,
		.type = IPOIB__SMP_NODE_SWITCH,
		.port_count = 0x24,
		.system_guid = { 0x31 },
		.node_guid = { 0x41 },
		.port_guid = { 0x51 },
		.pkey_room = 0x6162,
		.device = 0x7172,
		.revision = 0x81828384,
		.port = 0x91,
		.vendor = 0x0a0b0c,
	};
	uint8_t bytes[IPOIB__SMP_NODE_INFO_LENGTH];

	ck_assert_int_eq(ipoib__smp_node_info_encode(bytes, sizeof(bytes), &info), 40);
	wire_assert_hex(bytes, sizeof(bytes),
			"01020224 3100000000000000 4100000000000000 5100000000000000"
			"6162 7172 81828384 91 0a0b0c");
}
END_TEST

START_TEST(each_field_of_a_switch_is_where_it_belongs)
{
	struct ipoib__smp_switch_info info = {
		.linear_room = 0x0102,
		.random_room = 0x1112,
		.multicast_room = 0x2122,
		.linear_top = 0x3132,
		.default_port = 0x41,
		.default_multicast_primary = 0x42,
		.default_multicast_other = 0x43,
		.life_time = 18,
		.port_changed = 1,
		.sl_to_vl = 2,
		.lids_per_port = 0x5152,
		.enforcement_room = 0x6162,
		.flags = 0x11,
		.multicast_top = 0x7172,
	};
	uint8_t bytes[IPOIB__SMP_SWITCH_INFO_LENGTH];

	ck_assert_int_eq(ipoib__smp_switch_info_encode(bytes, sizeof(bytes), &info), 20);
	wire_assert_hex(bytes, sizeof(bytes),
			"0102 1112 2122 3132 414243 96 5152 6162 88 00 7172");
}
END_TEST

START_TEST(each_field_of_a_port_is_where_it_belongs)
{
	struct ipoib__smp_port_info info = {
		.m_key = UINT64_C(0x0102030405060708),
		.prefix = { 0xfe, 0x80 },
		.lid = 0x1112,
		.sm_lid = 0x2122,
		.capability_mask = 0x31323334,
		.diagnosis = 0x4142,
		.m_key_lease = 0x4344,
		.port = 0x51,
		.width_enabled = 0x52,
		.width_supported = 0x53,
		.width_active = 0x54,
		.speed_supported = 1,
		.state = 2,
		.physical_state = 3,
		.down_default = 4,
		.m_key_protect = 2,
		.lmc = 5,
		.speed_active = 6,
		.speed_enabled = 7,
		.mtu = 8,
		.sm_sl = 9,
		.vl_room = 0xa,
		.init_type = 0xb,
		.vl_high_limit = 0x61,
		.vl_high_room = 0x62,
		.vl_low_room = 0x63,
		.init_type_reply = 0xc,
		.mtu_room = 0xd,
		.vl_stall = 5,
		.head_of_queue = 0x11,
		.vl_operational = 0xe,
		.enforcement = 0xf,
		.m_key_violations = 0x7172,
		.pkey_violations = 0x7374,
		.qkey_violations = 0x7576,
		.guid_room = 0x81,
		.reregister = 1,
		.trap_suppress = 2,
		.subnet_timeout = 0x12,
		.response_time = 0x13,
		.physical_errors = 1,
		.overrun_errors = 2,
		.credit_hint = 0x9192,
		.latency = 0xa1a2a3,
		.capability_mask2 = 0xb1b2,
		.speed_ext_active = 3,
		.speed_ext_supported = 4,
		.speed_ext_enabled = 0x15,
	};
	uint8_t bytes[IPOIB__SMP_PORT_INFO_LENGTH];

	ck_assert_int_eq(ipoib__smp_port_info_encode(bytes, sizeof(bytes), &info), 64);
	wire_assert_hex(bytes, sizeof(bytes),
			"0102030405060708 fe80000000000000 1112 2122 31323334 4142 4344"
			"51525354 12 34 85 67 89 ab 61 62 63 cd b1 ef 7172 7374 7576"
			"81 d2 13 12 9192 00 a1a2a3 b1b2 34 15");
}
END_TEST

Suite *suite_smp(void)
{
	Suite *suite = suite_create("smp");
	TCase *tcase = tcase_create("smp");

	tcase_add_checked_fixture(tcase, support_setup, support_teardown);
	tcase_add_test(tcase, the_parts_of_a_packet_stand_at_their_offsets);
	tcase_add_test(tcase, packets_of_other_classes_and_versions_are_not_ours);
	tcase_add_test(tcase, each_field_of_a_notice_is_where_it_belongs);
	tcase_add_test(tcase, each_field_of_a_node_is_where_it_belongs);
	tcase_add_test(tcase, each_field_of_a_switch_is_where_it_belongs);
	tcase_add_test(tcase, each_field_of_a_port_is_where_it_belongs);
	suite_add_tcase(suite, tcase);
	return suite;
}
