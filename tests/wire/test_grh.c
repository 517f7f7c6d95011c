/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include <errno.h>
#include <string.h>

#include "support/support.h"
#include "wire/wire.h"
#include "wire/grh.h"
#include "wire/mgid.h"

/* Class 0x12, flow 0x34567, 124 octets, BTH next, hop limit 9, to the broadcast group. */
static const char vector[] = "61234567 007c 1b 09"
			     "fe80000000000000 f45214030012ab01"
			     "ff12401bffff0000 00000000ffffffff";

START_TEST(each_field_is_where_it_belongs)
{
	uint8_t bytes[IPOIB__GRH_LENGTH], again[IPOIB__GRH_LENGTH];
	struct ipoib__grh grh;
	char text[IPOIB_IP_TEXT];

	wire_hex(bytes, sizeof(bytes), vector);
	ck_assert_int_eq(ipoib__grh_decode(&grh, bytes, sizeof(bytes)), IPOIB__GRH_LENGTH);
	ck_assert_uint_eq(grh.traffic_class, 0x12);
	ck_assert_uint_eq(grh.flow_label, 0x34567);
	ck_assert_uint_eq(grh.payload_length, 124);
	ck_assert_uint_eq(grh.next_header, IPOIB__GRH_NEXT_BTH);
	ck_assert_uint_eq(grh.hop_limit, 9);
	ck_assert_str_eq(ipoib_gid_format(&grh.source, text), "fe80::f452:1403:12:ab01");
	ck_assert_str_eq(ipoib_gid_format(&grh.destination, text), "ff12:401b:ffff::ffff:ffff");
	ck_assert_int_eq(ipoib__grh_encode(again, sizeof(again), &grh), IPOIB__GRH_LENGTH);
	ck_assert_mem_eq(again, bytes, sizeof(bytes));
}
END_TEST

START_TEST(another_version_is_not_ours)
{
	uint8_t bytes[IPOIB__GRH_LENGTH];
	struct ipoib__grh grh;

	wire_hex(bytes, sizeof(bytes), vector);
	for (unsigned version = 0; version < 16; version++) {
		bytes[0] = (uint8_t)(version << 4 | 1);
		int expected = version == 6 ? IPOIB__GRH_LENGTH : -EPROTO;
		ck_assert_int_eq(ipoib__grh_decode(&grh, bytes, sizeof(bytes)), expected);
	}
}
END_TEST

START_TEST(the_destination_tells_who_a_datagram_was_for)
{
	struct ipoib__grh grh = { 0 };

	ck_assert_int_eq(ipoib__grh_cast(&grh), IPOIB__CAST_UNICAST);
	grh.destination.raw[0] = 0xfe;
	ck_assert_int_eq(ipoib__grh_cast(&grh), IPOIB__CAST_UNICAST);
	grh.destination = ipoib__mgid_broadcast(2, 0x8001);
	ck_assert_int_eq(ipoib__grh_cast(&grh), IPOIB__CAST_BROADCAST);
	grh.destination = ipoib__mgid_ipv4(2, 0x8001, (const uint8_t[4]){ 224, 0, 0, 1 });
	ck_assert_int_eq(ipoib__grh_cast(&grh), IPOIB__CAST_MULTICAST);
	grh.destination.raw[2] = 0;
	ck_assert_int_eq(ipoib__grh_cast(&grh), IPOIB__CAST_MULTICAST);
}
END_TEST

Suite *suite_grh(void)
{
	Suite *suite = suite_create("grh");
	TCase *tcase = tcase_create("grh");

	tcase_add_checked_fixture(tcase, support_setup, support_teardown);
	tcase_add_test(tcase, each_field_is_where_it_belongs);
	tcase_add_test(tcase, another_version_is_not_ours);
	tcase_add_test(tcase, the_destination_tells_who_a_datagram_was_for);
	suite_add_tcase(suite, tcase);
	return suite;
}
