/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Echo; the errors have test_icmp_error.c. */
#include <errno.h>
#include <string.h>

#include "support/support.h"
#include "wire/wire.h"
#include "wire/icmp.h"

static int decode_echo(void *out, const void *bytes, size_t length)
{
	return ipoib__icmp_echo_decode(out, bytes, length);
}

START_TEST(an_echo_is_written_as_ping_writes_it)
{
	struct ipoib__icmp_echo echo = { .type = IPOIB__ICMP_ECHO_REQUEST, .id = 1, .sequence = 1 };
	uint8_t bytes[64];

	ck_assert_int_eq(ipoib__icmp_echo_encode(bytes, sizeof(bytes), &echo), 8);
	wire_assert_hex(bytes, 8, "0800f7fd00010001");
	echo.data = (const uint8_t *)"abcdefghijklmnopqrstuvwabcdefghi";
	echo.data_length = 32;
	echo.sequence = 0x0e;
	ck_assert_int_eq(ipoib__icmp_echo_encode(bytes, sizeof(bytes), &echo), 40);
	/* The 32 letters are what another well-known ping sends, and this the checksum it gives. */
	wire_assert_hex(bytes, 8, "08004d4d0001000e");
}
END_TEST

START_TEST(any_echo_survives_encoding_and_decoding)
{
	struct ipoib__random *random = support_random();
	uint8_t data[100], bytes[108];

	for (size_t length = 0; length <= sizeof(data); length++) {
		wire_random_fill(random, data, length);
		struct ipoib__icmp_echo echo = {
			.type = length % 2 ? IPOIB__ICMP_ECHO_REQUEST : IPOIB__ICMP_ECHO_REPLY,
			.id = (uint16_t)ipoib__random_below(random, 65536),
			.sequence = (uint16_t)ipoib__random_below(random, 65536),
			.data = data,
			.data_length = length,
		}, back;
		int written = ipoib__icmp_echo_encode(bytes, sizeof(bytes), &echo);
		ck_assert_int_eq(written, (int)(8 + length));
		ck_assert_int_eq(ipoib__icmp_echo_decode(&back, bytes, 8 + length), written);
		ck_assert_uint_eq(back.type, echo.type);
		ck_assert_uint_eq(back.id, echo.id);
		ck_assert_uint_eq(back.sequence, echo.sequence);
		ck_assert_uint_eq(back.data_length, length);
		ck_assert_ptr_eq(back.data, bytes + 8);
		ck_assert(length == 0 || memcmp(back.data, data, length) == 0);
	}
}
END_TEST

START_TEST(an_echo_that_is_cut_or_damaged_is_refused)
{
	struct ipoib__icmp_echo echo = {
		.type = IPOIB__ICMP_ECHO_REPLY,
		.id = 0x1234,
		.sequence = 0x5678,
		.data = (const uint8_t *)"payload!",
		.data_length = 8,
	}, back;
	uint8_t bytes[16];

	ck_assert_int_eq(ipoib__icmp_echo_encode(bytes, sizeof(bytes), &echo), 16);
	for (size_t length = 0; length < 16; length++) {
		int expected = length < 8 ? -EINVAL : -EBADMSG;
		ck_assert_int_eq(wire_decode_exact(decode_echo, &back, bytes, length), expected);
	}
	for (unsigned bit = 0; bit < 128; bit++) {
		bytes[bit / 8] ^= (uint8_t)(0x80 >> bit % 8);
		ck_assert_int_eq(wire_decode_exact(decode_echo, &back, bytes, 16), -EBADMSG);
		bytes[bit / 8] ^= (uint8_t)(0x80 >> bit % 8);
	}
	for (size_t room = 0; room < 16; room++) {
		uint8_t *exact = wire_copy(bytes, room);
		ck_assert_int_eq(ipoib__icmp_echo_encode(exact, room, &echo), -ENOBUFS);
		wire_put(exact, room);
	}
	wire_decode_garbage(decode_echo, &back, support_random(), 64);
}
END_TEST

START_TEST(other_types_and_codes_are_no_echo)
{
	struct ipoib__icmp_echo back;

	for (unsigned type = 0; type < 256; type++) {
		for (unsigned code = 0; code < 2; code++) {
			/* The sum of these words is all ones, so the checksum is right. */
			unsigned sum = 0xffff ^ (type << 8 | code);
			uint8_t bytes[8] = { (uint8_t)type, (uint8_t)code, (uint8_t)(sum >> 8),
					     (uint8_t)(sum & 0xff) };
			int expected = code == 0 && (type == 0 || type == 8) ? 8 : -EPROTO;
			ck_assert_int_eq(ipoib__icmp_echo_decode(&back, bytes, 8), expected);
		}
	}
}
END_TEST

Suite *suite_icmp(void)
{
	Suite *suite = suite_create("icmp");
	TCase *tcase = tcase_create("echo");

	tcase_add_checked_fixture(tcase, support_setup, support_teardown);
	tcase_add_test(tcase, an_echo_is_written_as_ping_writes_it);
	tcase_add_test(tcase, any_echo_survives_encoding_and_decoding);
	tcase_add_test(tcase, an_echo_that_is_cut_or_damaged_is_refused);
	tcase_add_test(tcase, other_types_and_codes_are_no_echo);
	suite_add_tcase(suite, tcase);
	return suite;
}
