/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* The bounded reader and writer of base/bytes.h, tested where they are used. */
#include <string.h>

#include "support/support.h"
#include "base/bytes.h"
#include "wire/wire.h"

START_TEST(integers_are_read_most_significant_octet_first)
{
	static const uint8_t bytes[18] = { 1, 2,  3,  4,  5,  6,  7,  8,  9,
					   10, 11, 12, 13, 14, 15, 16, 17, 18 };
	struct ipoib__reader r;

	ipoib__reader_init(&r, bytes, sizeof(bytes));
	ck_assert_uint_eq(ipoib__read_u8(&r), 0x01);
	ck_assert_uint_eq(ipoib__read_u16(&r), 0x0203);
	ck_assert_uint_eq(ipoib__read_u24(&r), 0x040506);
	ck_assert_uint_eq(ipoib__read_u32(&r), 0x0708090a);
	ck_assert_uint_eq(ipoib__read_u64(&r), UINT64_C(0x0b0c0d0e0f101112));
	ck_assert_uint_eq(ipoib__read_left(&r), 0);
	ck_assert(!r.failed);
}
END_TEST

START_TEST(what_was_written_is_read_back)
{
	struct ipoib__random *random = support_random();
	uint64_t value = ipoib__random_u64(random);
	uint8_t bytes[21];
	struct ipoib__writer w;
	struct ipoib__reader r;

	ipoib__writer_init(&w, bytes, sizeof(bytes));
	ipoib__write_u8(&w, (uint8_t)(value & 0xff));
	ipoib__write_u16(&w, (uint16_t)(value & 0xffff));
	ipoib__write_u24(&w, (uint32_t)(value & 0xffffff));
	ipoib__write_u32(&w, (uint32_t)(value & 0xffffffff));
	ipoib__write_u64(&w, value);
	ipoib__write_zero(&w, 3);
	ck_assert_int_eq(ipoib__write_result(&w), 21);
	ck_assert_uint_eq(ipoib__write_left(&w), 0);

	ipoib__reader_init(&r, bytes, sizeof(bytes));
	ck_assert_uint_eq(ipoib__read_u8(&r), value & 0xff);
	ck_assert_uint_eq(ipoib__read_u16(&r), value & 0xffff);
	ck_assert_uint_eq(ipoib__read_u24(&r), value & 0xffffff);
	ck_assert_uint_eq(ipoib__read_u32(&r), value & 0xffffffff);
	ck_assert_uint_eq(ipoib__read_u64(&r), value);
	ck_assert_uint_eq(ipoib__read_u24(&r), 0);
}
END_TEST

START_TEST(a_failed_reader_stays_failed_and_gives_zeros)
{
	static const uint8_t bytes[3] = { 0xff, 0xff, 0xff };
	struct ipoib__reader r;
	uint8_t out[2] = { 0xaa, 0xaa };

	ipoib__reader_init(&r, bytes, sizeof(bytes));
	ck_assert_uint_eq(ipoib__read_u32(&r), 0);
	ck_assert(r.failed);
	ck_assert_uint_eq(ipoib__read_left(&r), 0);
	ck_assert_uint_eq(ipoib__read_u8(&r), 0);
	ipoib__read_bytes(&r, out, sizeof(out));
	ck_assert_uint_eq(out[0] | out[1], 0);
	ck_assert_ptr_null(ipoib__read_take(&r, 0));
}
END_TEST

START_TEST(a_length_near_the_largest_does_not_wrap_around)
{
	uint8_t bytes[4] = { 1, 2, 3, 4 };
	struct ipoib__reader r;
	struct ipoib__writer w;

	ipoib__reader_init(&r, bytes, sizeof(bytes));
	ck_assert_uint_eq(ipoib__read_u8(&r), 1);
	ipoib__read_skip(&r, SIZE_MAX);
	ck_assert(r.failed);

	ipoib__writer_init(&w, bytes, sizeof(bytes));
	ipoib__write_u8(&w, 9);
	ck_assert_ptr_null(ipoib__write_take(&w, SIZE_MAX));
	ck_assert(w.failed);
}
END_TEST

START_TEST(a_failed_writer_writes_nothing_more)
{
	uint8_t bytes[4] = { 0, 0, 0xee, 0xee };
	struct ipoib__writer w;

	ipoib__writer_init(&w, bytes, 3);
	ipoib__write_u16(&w, 0x0102);
	ipoib__write_u16(&w, 0x0304);
	ck_assert(w.failed);
	ipoib__write_u8(&w, 5);
	ipoib__write_zero(&w, 0);
	ck_assert_int_eq(ipoib__write_result(&w), -ENOBUFS);
	ck_assert_uint_eq(ipoib__write_length(&w), 2);
	ck_assert_uint_eq(ipoib__write_left(&w), 0);
	ck_assert_uint_eq(bytes[2], 0xee);
}
END_TEST

START_TEST(no_buffer_at_all_is_an_empty_one)
{
	struct ipoib__reader r;
	struct ipoib__writer w;

	ipoib__reader_init(&r, NULL, 0);
	ck_assert_uint_eq(ipoib__read_left(&r), 0);
	ipoib__read_bytes(&r, NULL, 0);
	ck_assert(!r.failed);
	ck_assert_uint_eq(ipoib__read_u8(&r), 0);
	ck_assert(r.failed);

	ipoib__writer_init(&w, NULL, 0);
	ipoib__write_bytes(&w, NULL, 0);
	ck_assert_int_eq(ipoib__write_result(&w), 0);
	ipoib__write_u8(&w, 1);
	ck_assert_int_eq(ipoib__write_result(&w), -ENOBUFS);
}
END_TEST

START_TEST(bits_go_where_they_were_put)
{
	ck_assert_uint_eq(ipoib__bits_put(0x5, 28, 4), 0x50000000u);
	ck_assert_uint_eq(ipoib__bits_get(0x50000000u, 28, 4), 0x5);
	ck_assert_uint_eq(ipoib__bits_put(0xfffff, 8, 20), 0x0fffff00u);
	ck_assert_uint_eq(ipoib__bits_get(0x12345678u, 8, 20), 0x23456);
	ck_assert_uint_eq(ipoib__bits_get(0x80000000u, 31, 1), 1);
}
END_TEST

Suite *suite_bytes(void)
{
	Suite *suite = suite_create("bytes");
	TCase *tcase = tcase_create("bytes");

	tcase_add_checked_fixture(tcase, support_setup, support_teardown);
	tcase_add_test(tcase, integers_are_read_most_significant_octet_first);
	tcase_add_test(tcase, what_was_written_is_read_back);
	tcase_add_test(tcase, a_failed_reader_stays_failed_and_gives_zeros);
	tcase_add_test(tcase, a_length_near_the_largest_does_not_wrap_around);
	tcase_add_test(tcase, a_failed_writer_writes_nothing_more);
	tcase_add_test(tcase, no_buffer_at_all_is_an_empty_one);
	tcase_add_test(tcase, bits_go_where_they_were_put);
	suite_add_tcase(suite, tcase);
	return suite;
}
