/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* ICMP errors: what they say, and when they must not be said (I5, RFC 1122 section 3.2.2). */
#include <errno.h>
#include <string.h>

#include "support/support.h"
#include "wire/wire.h"
#include "wire/icmp.h"
#include "wire/ip.h"

static const uint8_t from[4] = { 10, 0, 0, 254 };

/* The packet that brought down a storage server: 4188 octets where 2044 can go. */
#define LARGE 4188
#define UD_MTU 2044

struct cause {
	uint8_t bytes[LARGE];
	struct ipoib__ipv4 ip;
};

static void cause_write(struct cause *cause)
{
	int header = ipoib__ipv4_encode(cause->bytes, sizeof(cause->bytes), &cause->ip);
	wire_check(header == 20, "no header");
}

/* A TCP segment from 10.0.0.1 to 10.0.0.2. */
static void cause_init(struct cause *cause, uint16_t length)
{
	memset(cause, 0, sizeof(*cause));
	wire_random_fill(support_random(), cause->bytes, sizeof(cause->bytes));
	cause->ip = (struct ipoib__ipv4){
		.header_length = 20,
		.total_length = length,
		.id = 0x1234,
		.dont_fragment = true,
		.ttl = 64,
		.protocol = IPOIB__IP_PROTOCOL_TCP,
		.source = { 10, 0, 0, 1 },
		.destination = { 10, 0, 0, 2 },
	};
	cause_write(cause);
}

static int too_big(uint8_t *out, size_t room, const struct cause *cause, uint16_t mtu)
{
	return ipoib__icmp_error_build(out, room, cause->bytes, cause->ip.total_length,
				       IPOIB__ICMP_UNREACHABLE, IPOIB__ICMP_FRAGMENTATION_NEEDED,
				       mtu, from);
}

/* The MTU given means nothing here, and must not be told. */
static int unreachable(uint8_t *out, size_t room, const struct cause *cause)
{
	return ipoib__icmp_error_build(out, room, cause->bytes, cause->ip.total_length,
				       IPOIB__ICMP_UNREACHABLE, IPOIB__ICMP_HOST_UNREACHABLE,
				       UD_MTU, from);
}

/* What holds for every error: a whole and right packet to the sender, with the start of its own. */
static void check_error(const uint8_t *out, int length, const struct cause *cause, uint8_t code,
			uint16_t mtu)
{
	struct ipoib__ipv4 ip;
	size_t quoted = (size_t)length - 28;

	ck_assert_int_eq(ipoib__ipv4_decode(&ip, out, (size_t)length), 20);
	ck_assert_uint_eq(ip.total_length, (unsigned)length);
	ck_assert_uint_eq(ip.protocol, IPOIB__IP_PROTOCOL_ICMP);
	ck_assert(!ip.more_fragments && ip.fragment_offset == 0 && ip.ttl != 0);
	ck_assert_mem_eq(ip.source, from, 4);
	ck_assert_mem_eq(ip.destination, cause->ip.source, 4);
	ck_assert_uint_eq(ipoib__ip_checksum(out + 20, (size_t)length - 20), 0);
	ck_assert_uint_eq(out[20], 3);
	ck_assert_uint_eq(out[21], code);
	ck_assert_uint_eq((unsigned)(out[24] << 8 | out[25]), 0);
	ck_assert_uint_eq((unsigned)(out[26] << 8 | out[27]), mtu);
	ck_assert_mem_eq(out + 28, cause->bytes, quoted);
}

START_TEST(a_packet_too_long_is_answered_with_the_mtu_that_holds)
{
	struct cause cause;
	uint8_t out[IPOIB__ICMP_ERROR_MAX];

	cause_init(&cause, LARGE);
	int length = too_big(out, sizeof(out), &cause, UD_MTU);
	ck_assert_int_eq(length, IPOIB__ICMP_ERROR_MAX);
	check_error(out, length, &cause, 4, UD_MTU);
}
END_TEST

START_TEST(an_unreachable_host_is_told_whatever_the_length)
{
	struct cause cause;
	uint8_t out[IPOIB__ICMP_ERROR_MAX];

	for (uint16_t total = 20; total < 700; total++) {
		cause_init(&cause, total);
		int length = unreachable(out, sizeof(out), &cause);
		ck_assert_int_eq(length, total + 28 < 576 ? total + 28 : 576);
		check_error(out, length, &cause, 1, 0);
	}
}
END_TEST

START_TEST(padding_behind_the_packet_is_not_quoted)
{
	struct cause cause;
	uint8_t out[IPOIB__ICMP_ERROR_MAX];

	cause_init(&cause, 40);
	ck_assert_int_eq(ipoib__icmp_error_build(out, sizeof(out), cause.bytes, 60, 3, 1, 0, from),
			 68);
}
END_TEST

START_TEST(options_of_the_packet_are_quoted_too)
{
	struct cause cause;
	uint8_t out[IPOIB__ICMP_ERROR_MAX];

	cause_init(&cause, 100);
	memset(cause.bytes + 20, 1, 40); /* no-operation options */
	cause.bytes[0] = 0x4f;
	cause.bytes[10] = cause.bytes[11] = 0;
	uint16_t checksum = ipoib__ip_checksum(cause.bytes, 60);
	cause.bytes[10] = (uint8_t)(checksum >> 8);
	cause.bytes[11] = (uint8_t)(checksum & 0xff);
	int length = unreachable(out, sizeof(out), &cause);
	ck_assert_int_eq(length, 128);
	check_error(out, length, &cause, 1, 0);
}
END_TEST

START_TEST(an_mtu_that_helps_nobody_is_never_told)
{
	struct cause cause;
	uint8_t out[IPOIB__ICMP_ERROR_MAX];

	cause_init(&cause, LARGE);
	for (unsigned mtu = 0; mtu <= 0xffff; mtu++) {
		int expected = mtu >= 68 && mtu < LARGE ? IPOIB__ICMP_ERROR_MAX : -EINVAL;
		int result = too_big(out, sizeof(out), &cause, (uint16_t)mtu);
		wire_check(result == expected, "MTU %u: %d", mtu, result);
	}
}
END_TEST

START_TEST(other_types_and_codes_are_not_built)
{
	struct cause cause;
	uint8_t out[IPOIB__ICMP_ERROR_MAX];

	cause_init(&cause, LARGE);
	for (unsigned type = 0; type < 256; type++) {
		for (unsigned code = 0; code < 256; code++) {
			int result = ipoib__icmp_error_build(out, sizeof(out), cause.bytes, LARGE,
							     (uint8_t)type, (uint8_t)code, UD_MTU,
							     from);
			bool ours = type == 3 && (code == 1 || code == 4);
			wire_check(result == (ours ? IPOIB__ICMP_ERROR_MAX : -EINVAL),
				   "type %u, code %u: %d", type, code, result);
		}
	}
}
END_TEST

START_TEST(too_little_room_is_no_error_packet)
{
	struct cause cause;
	uint8_t out[IPOIB__ICMP_ERROR_MAX] = { 0 };

	cause_init(&cause, LARGE);
	for (size_t room = 0; room <= sizeof(out); room++) {
		uint8_t *exact = wire_copy(out, room);
		int expected = room < sizeof(out) ? -ENOBUFS : (int)room;
		ck_assert_int_eq(too_big(exact, room, &cause, UD_MTU), expected);
		wire_put(exact, room);
	}
}
END_TEST

START_TEST(what_must_not_be_answered_is_not)
{
	static const struct {
		uint8_t source[4], destination[4];
		int expected; /* 0: an error is built */
	} cases[] = {
		{ { 10, 0, 0, 1 }, { 10, 0, 0, 2 }, 0 },
		{ { 1, 0, 0, 1 }, { 223, 255, 255, 255 }, 0 },
		{ { 223, 255, 255, 254 }, { 1, 0, 0, 0 }, 0 },
		{ { 126, 255, 255, 255 }, { 10, 0, 0, 2 }, 0 },
		{ { 128, 0, 0, 1 }, { 10, 0, 0, 2 }, 0 },
		/* sources that are not one host */
		{ { 0, 0, 0, 0 }, { 10, 0, 0, 2 }, -EPERM },
		{ { 0, 1, 2, 3 }, { 10, 0, 0, 2 }, -EPERM },
		{ { 127, 0, 0, 1 }, { 10, 0, 0, 2 }, -EPERM },
		{ { 127, 255, 255, 255 }, { 10, 0, 0, 2 }, -EPERM },
		{ { 224, 0, 0, 1 }, { 10, 0, 0, 2 }, -EPERM },
		{ { 239, 255, 255, 255 }, { 10, 0, 0, 2 }, -EPERM },
		{ { 240, 0, 0, 1 }, { 10, 0, 0, 2 }, -EPERM },
		{ { 255, 255, 255, 255 }, { 10, 0, 0, 2 }, -EPERM },
		/* destinations that are many */
		{ { 10, 0, 0, 1 }, { 224, 0, 0, 1 }, -EPERM },
		{ { 10, 0, 0, 1 }, { 239, 1, 2, 3 }, -EPERM },
		{ { 10, 0, 0, 1 }, { 240, 0, 0, 1 }, -EPERM },
		{ { 10, 0, 0, 1 }, { 255, 255, 255, 255 }, -EPERM },
		{ { 10, 0, 0, 1 }, { 0, 0, 0, 0 }, -EPERM },
	};
	struct cause cause;
	uint8_t out[IPOIB__ICMP_ERROR_MAX];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		cause_init(&cause, LARGE);
		memcpy(cause.ip.source, cases[i].source, 4);
		memcpy(cause.ip.destination, cases[i].destination, 4);
		cause_write(&cause);
		int expected = cases[i].expected != 0 ? cases[i].expected : IPOIB__ICMP_ERROR_MAX;
		ck_assert_msg(too_big(out, sizeof(out), &cause, UD_MTU) == expected, "case %zu", i);
		ck_assert_msg(unreachable(out, sizeof(out), &cause) == expected, "case %zu", i);
	}
}
END_TEST

START_TEST(only_the_first_fragment_is_answered)
{
	struct cause cause;
	uint8_t out[IPOIB__ICMP_ERROR_MAX];

	cause_init(&cause, LARGE);
	cause.ip.dont_fragment = false;
	cause.ip.more_fragments = true;
	cause_write(&cause);
	ck_assert_int_eq(too_big(out, sizeof(out), &cause, UD_MTU), IPOIB__ICMP_ERROR_MAX);
	for (unsigned offset = 8; offset <= 0xfff8; offset += 8) {
		cause.ip.fragment_offset = (uint16_t)offset;
		cause.ip.more_fragments = offset % 16 == 0;
		cause_write(&cause);
		int result = too_big(out, sizeof(out), &cause, UD_MTU);
		wire_check(result == -EPERM, "offset %u: %d", offset, result);
	}
}
END_TEST

START_TEST(icmp_is_answered_only_where_it_asks)
{
	struct cause cause;
	uint8_t out[IPOIB__ICMP_ERROR_MAX];
	unsigned answered = 0;

	cause_init(&cause, LARGE);
	cause.ip.protocol = IPOIB__IP_PROTOCOL_ICMP;
	cause_write(&cause);
	for (unsigned type = 0; type < 256; type++) {
		cause.bytes[20] = (uint8_t)type;
		int result = unreachable(out, sizeof(out), &cause);
		ck_assert(result == -EPERM || result == IPOIB__ICMP_ERROR_MAX);
		answered += result > 0;
		if (type == 3 || type == 4 || type == 5 || type == 11 || type == 12)
			ck_assert_int_eq(result, -EPERM);
		if (type == 0 || type == 8)
			ck_assert_int_gt(result, 0);
	}
	ck_assert_uint_eq(answered, 10);

	/* Without a type it might be an error, whatever stands behind the packet. */
	cause.ip.total_length = 20;
	cause_write(&cause);
	cause.bytes[20] = IPOIB__ICMP_ECHO_REQUEST;
	ck_assert_int_eq(unreachable(out, sizeof(out), &cause), -EPERM);
}
END_TEST

START_TEST(an_error_is_never_answered_with_another)
{
	struct cause cause, second;
	uint8_t out[IPOIB__ICMP_ERROR_MAX];

	cause_init(&cause, LARGE);
	int length = too_big(second.bytes, sizeof(second.bytes), &cause, UD_MTU);
	ck_assert_int_gt(length, 0);
	second.ip.total_length = (uint16_t)length;
	ck_assert_int_eq(unreachable(out, sizeof(out), &second), -EPERM);
	ck_assert_int_eq(too_big(out, sizeof(out), &second, 100), -EPERM);
}
END_TEST

START_TEST(what_is_no_whole_ipv4_packet_is_refused)
{
	struct ipoib__random *random = support_random();
	struct cause cause;
	uint8_t out[IPOIB__ICMP_ERROR_MAX], garbage[64];

	cause_init(&cause, 600);
	for (size_t length = 0; length < 600; length++) {
		uint8_t *exact = wire_copy(cause.bytes, length);
		int result = ipoib__icmp_error_build(out, sizeof(out), exact, length, 3, 1, 0,
						     from);
		ck_assert_int_eq(result, -EINVAL);
		wire_put(exact, length);
	}
	cause.bytes[10] ^= 1;
	ck_assert_int_eq(unreachable(out, sizeof(out), &cause), -EINVAL);
	for (int i = 0; i < 5000; i++) {
		size_t length = (size_t)ipoib__random_below(random, sizeof(garbage));
		wire_random_fill(random, garbage, sizeof(garbage));
		uint8_t *exact = wire_copy(garbage, length);
		int result = ipoib__icmp_error_build(out, sizeof(out), exact, length, 3, 1, 0,
						     from);
		wire_check(result <= (int)length + 28, "%d octets of %zu", result, length);
		wire_put(exact, length);
	}
}
END_TEST

Suite *suite_icmp_error(void)
{
	Suite *suite = suite_create("icmp_error");
	TCase *tcase = tcase_create("error");

	tcase_add_checked_fixture(tcase, support_setup, support_teardown);
	tcase_add_test(tcase, a_packet_too_long_is_answered_with_the_mtu_that_holds);
	tcase_add_test(tcase, an_unreachable_host_is_told_whatever_the_length);
	tcase_add_test(tcase, padding_behind_the_packet_is_not_quoted);
	tcase_add_test(tcase, options_of_the_packet_are_quoted_too);
	tcase_add_test(tcase, an_mtu_that_helps_nobody_is_never_told);
	tcase_add_test(tcase, other_types_and_codes_are_not_built);
	tcase_add_test(tcase, too_little_room_is_no_error_packet);
	tcase_add_test(tcase, what_must_not_be_answered_is_not);
	tcase_add_test(tcase, only_the_first_fragment_is_answered);
	tcase_add_test(tcase, icmp_is_answered_only_where_it_asks);
	tcase_add_test(tcase, an_error_is_never_answered_with_another);
	tcase_add_test(tcase, what_is_no_whole_ipv4_packet_is_refused);
	suite_add_tcase(suite, tcase);
	return suite;
}
