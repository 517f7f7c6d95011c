/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include <stdbool.h>

#include <ipoib/types.h>

#include "support/support.h"
#include "wire/wire.h"
#include "wire/ib_units.h"

START_TEST(mtu_codes_are_powers_of_two)
{
	static const unsigned octets[6] = { 0, 256, 512, 1024, 2048, 4096 };

	for (unsigned code = 0; code < 256; code++) {
		unsigned expected = code < 6 ? octets[code] : 0;
		ck_assert_uint_eq(ipoib__mtu_to_octets((uint8_t)code), expected);
		if (expected != 0)
			ck_assert_uint_eq(ipoib__mtu_from_octets(expected), code);
	}
	ck_assert_uint_eq(ipoib__mtu_from_octets(0), 0);
	ck_assert_uint_eq(ipoib__mtu_from_octets(128), 0);
	ck_assert_uint_eq(ipoib__mtu_from_octets(2044), 0);
	ck_assert_uint_eq(ipoib__mtu_from_octets(8192), 0);
}
END_TEST

START_TEST(mtu_codes_of_omni_path_are_as_much_as_a_port_has)
{
	for (unsigned code = 0; code < 256; code++)
		ck_assert_uint_eq(ipoib__mtu_of_record((uint8_t)code),
				  code == 6 || code == 7 ? 4096
							 : ipoib__mtu_to_octets((uint8_t)code));
}
END_TEST

START_TEST(rate_codes_are_those_of_the_field)
{
	static const struct {
		uint8_t code;
		uint32_t mbps;
	} rates[] = {
		{ 2, 2500 },	{ 3, 10000 },	{ 4, 30000 },	{ 5, 5000 },	{ 6, 20000 },
		{ 7, 40000 },	{ 8, 60000 },	{ 9, 80000 },	{ 10, 120000 }, { 11, 14000 },
		{ 12, 56000 },	{ 13, 112000 }, { 14, 168000 }, { 15, 25000 },	{ 16, 100000 },
		{ 17, 200000 }, { 18, 300000 }, { 19, 28000 },	{ 20, 50000 },	{ 21, 400000 },
		{ 22, 600000 }, { 23, 800000 },
	};
	unsigned known = 0;

	for (size_t i = 0; i < sizeof(rates) / sizeof(rates[0]); i++) {
		ck_assert_uint_eq(ipoib__rate_to_mbps(rates[i].code), rates[i].mbps);
		ck_assert_uint_eq(ipoib__rate_from_mbps(rates[i].mbps), rates[i].code);
	}
	for (unsigned code = 0; code < 256; code++)
		known += ipoib__rate_to_mbps((uint8_t)code) != 0;
	ck_assert_uint_eq(known, sizeof(rates) / sizeof(rates[0]));
	ck_assert_uint_eq(ipoib__rate_from_mbps(0), 0);
	ck_assert_uint_eq(ipoib__rate_from_mbps(1), 0);
}
END_TEST

START_TEST(life_times_double_and_do_not_wrap_around)
{
	ck_assert_uint_eq(ipoib__life_to_ns(0), 4096);
	ck_assert_uint_eq(ipoib__life_to_ns(18), UINT64_C(1073741824));
	ck_assert_uint_eq(ipoib__life_to_ns(20), UINT64_C(4294967296));
	for (unsigned code = 1; code < 256; code++) {
		uint64_t before = ipoib__life_to_ns((uint8_t)(code - 1));
		uint64_t now = ipoib__life_to_ns((uint8_t)code);
		ck_assert(now == 2 * before || code >= 52);
		ck_assert(code < 52 || now == IPOIB_NEVER);
	}
}
END_TEST

Suite *suite_ib_units(void)
{
	Suite *suite = suite_create("ib_units");
	TCase *tcase = tcase_create("ib_units");

	tcase_add_checked_fixture(tcase, support_setup, support_teardown);
	tcase_add_test(tcase, mtu_codes_are_powers_of_two);
	tcase_add_test(tcase, mtu_codes_of_omni_path_are_as_much_as_a_port_has);
	tcase_add_test(tcase, rate_codes_are_those_of_the_field);
	tcase_add_test(tcase, life_times_double_and_do_not_wrap_around);
	suite_add_tcase(suite, tcase);
	return suite;
}
