/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include <errno.h>
#include <stdint.h>
#include <string.h>

#include "capture/erf.h"
#include "capture/suites.h"
#include "support/support.h"

#define SECOND UINT64_C(1000000000)
/* 2106-02-07 06:28:15 and the last nanosecond of it: what 32 bits of seconds hold. */
#define LAST_NANOSECOND (UINT32_MAX * SECOND + SECOND - 1)

START_TEST(a_file_header_is_what_pcap_wants)
{
	static const uint8_t golden[IPOIB__ERF_FILE_HEADER_LENGTH] = {
		0xa1, 0xb2, 0x3c, 0x4d, /* nanoseconds, big-endian */
		0x00, 0x02, 0x00, 0x04, /* version 2.4 */
		0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
		0x00, 0x00, 0x10, 0x10, /* 4096 and the ERF header */
		0x00, 0x00, 0x00, 0xc5, /* link type 197 */
	};
	uint8_t bytes[sizeof(golden)];

	ck_assert_int_eq(ipoib__erf_file_header(bytes, sizeof(bytes), 4096), sizeof(bytes));
	ck_assert_mem_eq(bytes, golden, sizeof(golden));
}
END_TEST

START_TEST(a_record_header_is_what_pcap_and_erf_want)
{
	static const uint8_t golden[IPOIB__ERF_RECORD_HEADER_LENGTH] = {
		0x12, 0x34, 0x56, 0x78, 0x2f, 0xaf, 0x08, 0x00, /* and 800,000,000 ns */
		0x00, 0x00, 0x00, 0x3a, 0x00, 0x00, 0x00, 0x3a, /* 58 octets follow */
		0xcd, 0xcc, 0xcc, 0xcc, 0x78, 0x56, 0x34, 0x12, /* 0.8 s; little-endian */
		0x15, 0x04, 0x00, 0x3a, 0x00, 0x00, 0x00, 0x2a, /* InfiniBand, 58, 42 */
	};
	const struct ipoib__erf_time time = { 0x12345678, 800000000 };
	uint8_t bytes[sizeof(golden)];

	ck_assert_int_eq(ipoib__erf_record_header(bytes, sizeof(bytes), &time, 42), sizeof(bytes));
	ck_assert_mem_eq(bytes, golden, sizeof(golden));
}
END_TEST

START_TEST(headers_are_not_written_where_there_is_no_room)
{
	const struct ipoib__erf_time time = { 1, 2 };
	uint8_t bytes[IPOIB__ERF_RECORD_HEADER_LENGTH];

	for (size_t room = 0; room < IPOIB__ERF_FILE_HEADER_LENGTH; room++)
		ck_assert_int_eq(ipoib__erf_file_header(bytes, room, 4096), -ENOBUFS);
	for (size_t room = 0; room < IPOIB__ERF_RECORD_HEADER_LENGTH; room++)
		ck_assert_int_eq(ipoib__erf_record_header(bytes, room, &time, 42), -ENOBUFS);
}
END_TEST

/* The way back as Wireshark goes it: the fraction to the nearest nanosecond. */
static uint32_t nanoseconds_as_read(const uint8_t *erf)
{
	uint64_t fraction = 0;

	for (unsigned i = 0; i < 4; i++)
		fraction |= (uint64_t)erf[i] << 8 * i;
	fraction *= SECOND;
	fraction += (fraction & 0x80000000) << 1;
	return (uint32_t)(fraction >> 32);
}

static void check_nanoseconds(uint32_t nanoseconds)
{
	const struct ipoib__erf_time time = { 7, nanoseconds };
	uint8_t bytes[IPOIB__ERF_RECORD_HEADER_LENGTH];

	ipoib__erf_record_header(bytes, sizeof(bytes), &time, 42);
	ck_assert_uint_eq(nanoseconds_as_read(bytes + 16), nanoseconds);
	ck_assert_uint_eq(bytes[20], 7);
}

START_TEST(both_times_of_a_record_are_the_same_nanosecond)
{
	static const uint32_t edges[] = { 0, 1, 2, 499999999, 500000000, 999999998, 999999999 };

	for (size_t i = 0; i < sizeof(edges) / sizeof(edges[0]); i++)
		check_nanoseconds(edges[i]);
	for (unsigned i = 0; i < 100000; i++)
		check_nanoseconds((uint32_t)ipoib__random_below(support_random(), SECOND));
}
END_TEST

START_TEST(a_clock_becomes_time_since_1970)
{
	static const struct {
		uint64_t now;
		int64_t offset;
		int status;
		uint32_t seconds, nanoseconds;
	} cases[] = {
		{ 0, 0, 0, 0, 0 },
		{ SECOND - 1, 0, 0, 0, 999999999 },
		{ 5 * SECOND, -4 * (int64_t)SECOND - 1, 0, 0, 999999999 },
		{ 5, -5, 0, 0, 0 },
		{ 5, -6, -ERANGE, 0, 0 },
		{ 0, INT64_MIN, -ERANGE, 0, 0 },
		{ UINT64_C(1) << 63, INT64_MIN, 0, 0, 0 },
		{ LAST_NANOSECOND, 0, 0, UINT32_MAX, 999999999 },
		{ LAST_NANOSECOND, 1, -ERANGE, 0, 0 },
		{ LAST_NANOSECOND + 1, -1, 0, UINT32_MAX, 999999999 },
		{ UINT64_MAX, 0, -ERANGE, 0, 0 },
		{ UINT64_MAX, 1, -ERANGE, 0, 0 },
		{ UINT64_MAX, INT64_MAX, -ERANGE, 0, 0 },
		{ 42, INT64_C(1700000000) * 1000000000, 0, 1700000000, 42 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct ipoib__erf_time time = { 77, 77 };
		int status = ipoib__erf_time(&time, cases[i].now, cases[i].offset);

		ck_assert_msg(status == cases[i].status, "case %zu: %d", i, status);
		ck_assert_uint_eq(time.seconds, status ? 77 : cases[i].seconds);
		ck_assert_uint_eq(time.nanoseconds, status ? 77 : cases[i].nanoseconds);
	}
}
END_TEST

Suite *suite_erf(void)
{
	Suite *suite = suite_create("erf");
	TCase *tcase = tcase_create("erf");

	tcase_add_checked_fixture(tcase, support_setup, support_teardown);
	tcase_add_test(tcase, a_file_header_is_what_pcap_wants);
	tcase_add_test(tcase, a_record_header_is_what_pcap_and_erf_want);
	tcase_add_test(tcase, headers_are_not_written_where_there_is_no_room);
	tcase_add_test(tcase, both_times_of_a_record_are_the_same_nanosecond);
	tcase_add_test(tcase, a_clock_becomes_time_since_1970);
	suite_add_tcase(suite, tcase);
	return suite;
}
