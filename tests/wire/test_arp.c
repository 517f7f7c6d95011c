/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include <errno.h>
#include <string.h>

#include "support/support.h"
#include "wire/wire.h"
#include "wire/arp.h"
#include "wire/encap.h"

/* A request for 10.0.1.2 from 10.0.1.1, with its encapsulation, as tshark reads it. */
static const char vector[] = "08060000 0020080014040001"
			     "80000048fe80000000000000f45214030012ab01 0a000101"
			     "0000000000000000000000000000000000000000 0a000102";

START_TEST(a_request_is_read_and_written_octet_for_octet)
{
	uint8_t bytes[60], again[60];
	struct ipoib__encap encap;
	struct ipoib__arp arp;
	char text[IPOIB_LINK_ADDRESS_TEXT];

	ck_assert_uint_eq(wire_hex(bytes, sizeof(bytes), vector), 60);
	ck_assert_int_eq(ipoib__encap_decode(&encap, bytes, 60), 4);
	ck_assert_uint_eq(encap.type, IPOIB__TYPE_ARP);
	ck_assert_int_eq(ipoib__arp_decode(&arp, bytes + 4, 56), IPOIB__ARP_LENGTH);
	ck_assert_uint_eq(arp.operation, IPOIB__ARP_REQUEST);
	ck_assert_str_eq(ipoib_link_address_format(&arp.sender_link, text),
			 "80:00:00:48:fe:80:00:00:00:00:00:00:f4:52:14:03:00:12:ab:01");
	ck_assert_mem_eq(arp.sender_ip, ((uint8_t[]){ 10, 0, 1, 1 }), 4);
	ck_assert_mem_eq(arp.target_link.raw, ((uint8_t[20]){ 0 }), 20);
	ck_assert_mem_eq(arp.target_ip, ((uint8_t[]){ 10, 0, 1, 2 }), 4);

	ck_assert_int_eq(ipoib__encap_encode(again, 60, &encap), 4);
	ck_assert_int_eq(ipoib__arp_encode(again + 4, 56, &arp), 56);
	ck_assert_mem_eq(again, bytes, 60);
}
END_TEST

START_TEST(absurd_field_values_are_refused_each_with_its_error)
{
	static const struct {
		size_t at;
		uint8_t value;
		int error;
	} cases[] = {
		{ 1, 1, -EPROTO },	 /* Ethernet */
		{ 0, 0x20, -EPROTO },	 /* 0x2020 */
		{ 2, 0x86, -EPROTO },	 /* protocol 0x8600 */
		{ 3, 0x06, -EPROTO },	 /* protocol 0x0806 */
		{ 4, 0, -EINVAL },	 /* I33: hln is exactly 20 */
		{ 4, 6, -EINVAL },
		{ 4, 19, -EINVAL },
		{ 4, 21, -EINVAL },
		{ 4, 255, -EINVAL },
		{ 5, 0, -EINVAL },
		{ 5, 16, -EINVAL },
		{ 7, 0, -EOPNOTSUPP },
		{ 7, 3, -EOPNOTSUPP },	 /* RARP */
		{ 7, 8, -EOPNOTSUPP },	 /* InARP */
		{ 6, 1, -EOPNOTSUPP },	 /* 0x0101 */
	};
	uint8_t bytes[60];
	struct ipoib__arp arp, before;

	memset(&before, 0xa5, sizeof(before));
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		wire_hex(bytes, sizeof(bytes), vector);
		bytes[4 + cases[i].at] = cases[i].value;
		memcpy(&arp, &before, sizeof(arp));
		ck_assert_int_eq(ipoib__arp_decode(&arp, bytes + 4, 56), cases[i].error);
		ck_assert_mem_eq(&arp, &before, sizeof(arp));
	}
}
END_TEST

START_TEST(ethernet_arp_of_its_own_length_is_not_ours)
{
	uint8_t bytes[28];
	struct ipoib__arp arp;

	wire_hex(bytes, sizeof(bytes), "0001080006040001 020000000001 0a000001"
				       "000000000000 0a000002");
	ck_assert_int_eq(ipoib__arp_decode(&arp, bytes, sizeof(bytes)), -EPROTO);
}
END_TEST

Suite *suite_arp(void)
{
	Suite *suite = suite_create("arp");
	TCase *tcase = tcase_create("arp");

	tcase_add_checked_fixture(tcase, support_setup, support_teardown);
	tcase_add_test(tcase, a_request_is_read_and_written_octet_for_octet);
	tcase_add_test(tcase, absurd_field_values_are_refused_each_with_its_error);
	tcase_add_test(tcase, ethernet_arp_of_its_own_length_is_not_ours);
	suite_add_tcase(suite, tcase);
	return suite;
}
