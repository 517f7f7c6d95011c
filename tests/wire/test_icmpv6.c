/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* ICMPv6 errors: what they say, and when they must not be said (I5, RFC 4443 section 2.4). */
#include <errno.h>
#include <string.h>

#include "support/support.h"
#include "wire/wire.h"
#include "wire/icmpv6.h"
#include "wire/ip6.h"

static const uint8_t from[16] = { 0xfe, 0x80, [15] = 0xfe };

#define LARGE 4188
#define UD_MTU 2044

struct cause {
	uint8_t bytes[LARGE];
	struct ipoib__ipv6 ip;
};

static void cause_write(struct cause *cause)
{
	int header = ipoib__ipv6_encode(cause->bytes, sizeof(cause->bytes), &cause->ip);
	wire_check(header == 40, "no header");
}

/* A TCP segment from 2001:db8::1 to 2001:db8::2. */
static void cause_init(struct cause *cause, size_t length)
{
	memset(cause, 0, sizeof(*cause));
	wire_random_fill(support_random(), cause->bytes, sizeof(cause->bytes));
	cause->ip = (struct ipoib__ipv6){
		.payload_length = (uint16_t)(length - 40),
		.next_header = IPOIB__IP_PROTOCOL_TCP,
		.hop_limit = 64,
		.source = { 0x20, 1, 0x0d, 0xb8, [15] = 1 },
		.destination = { 0x20, 1, 0x0d, 0xb8, [15] = 2 },
	};
	cause_write(cause);
}

static int too_big(uint8_t *out, size_t room, const struct cause *cause, uint32_t mtu)
{
	return ipoib__icmpv6_error_build(out, room, cause->bytes,
					 40u + cause->ip.payload_length, 2, 0, mtu, from);
}

/* The MTU given means nothing here, and must not be told. */
static int unreachable(uint8_t *out, size_t room, const struct cause *cause)
{
	return ipoib__icmpv6_error_build(out, room, cause->bytes,
					 40u + cause->ip.payload_length, 1, 3, UD_MTU, from);
}

/* What holds for every error: a whole and right packet to the sender, with the start of its own. */
static void check_error(uint8_t *out, int length, const struct cause *cause, uint8_t type,
			uint8_t code, uint32_t mtu)
{
	struct ipoib__ipv6 ip;
	size_t quoted = (size_t)length - 48;
	uint8_t again[IPOIB__ICMPV6_ERROR_MAX];

	ck_assert_int_eq(ipoib__ipv6_decode(&ip, out, (size_t)length), 40);
	ck_assert_uint_eq(40u + ip.payload_length, (unsigned)length);
	ck_assert_uint_eq(ip.next_header, IPOIB__IP_PROTOCOL_ICMPV6);
	ck_assert_uint_ne(ip.hop_limit, 0);
	ck_assert_mem_eq(ip.source, from, 16);
	ck_assert_mem_eq(ip.destination, cause->ip.source, 16);
	ck_assert_uint_eq(out[40], type);
	ck_assert_uint_eq(out[41], code);
	ck_assert_uint_eq((uint32_t)out[44] << 24 | (uint32_t)out[45] << 16 |
			  (uint32_t)out[46] << 8 | out[47], mtu);
	ck_assert_mem_eq(out + 48, cause->bytes, quoted);
	memcpy(again, out, (size_t)length);
	wire_close_icmpv6(again, (size_t)length, 40);
	ck_assert_mem_eq(again, out, (size_t)length);
}

START_TEST(a_packet_too_long_is_answered_with_the_mtu_that_holds)
{
	struct cause cause;
	uint8_t out[IPOIB__ICMPV6_ERROR_MAX];

	cause_init(&cause, LARGE);
	int length = too_big(out, sizeof(out), &cause, UD_MTU);
	ck_assert_int_eq(length, 1280);
	check_error(out, length, &cause, 2, 0, UD_MTU);
}
END_TEST

START_TEST(an_unreachable_neighbour_is_told_whatever_the_length)
{
	struct cause cause;
	uint8_t out[IPOIB__ICMPV6_ERROR_MAX];

	for (size_t total = 40; total < 1400; total++) {
		cause_init(&cause, total);
		int length = unreachable(out, sizeof(out), &cause);
		ck_assert_int_eq(length, total + 48 < 1280 ? (int)total + 48 : 1280);
		check_error(out, length, &cause, 1, 3, 0);
	}
}
END_TEST

START_TEST(padding_behind_the_packet_is_not_quoted)
{
	struct cause cause;
	uint8_t out[IPOIB__ICMPV6_ERROR_MAX];

	cause_init(&cause, 60);
	ck_assert_int_eq(ipoib__icmpv6_error_build(out, sizeof(out), cause.bytes, 80, 1, 3, 0,
						   from), 108);
}
END_TEST

START_TEST(an_mtu_that_helps_nobody_is_never_told)
{
	struct cause cause;
	uint8_t out[IPOIB__ICMPV6_ERROR_MAX];

	cause_init(&cause, LARGE);
	for (uint32_t mtu = 0; mtu <= 0x10000; mtu++) {
		int expected = mtu >= 1280 && mtu < LARGE ? 1280 : -EINVAL;
		int result = too_big(out, sizeof(out), &cause, mtu);
		wire_check(result == expected, "MTU %u: %d", (unsigned)mtu, result);
	}
	ck_assert_int_eq(too_big(out, sizeof(out), &cause, UINT32_MAX), -EINVAL);
	ck_assert_int_eq(too_big(out, sizeof(out), &cause, 0x10000 + UD_MTU), -EINVAL);

	/* What every link takes is never too big. */
	cause_init(&cause, 1280);
	for (uint32_t mtu = 0; mtu < 2000; mtu++)
		ck_assert_int_eq(too_big(out, sizeof(out), &cause, mtu), -EINVAL);
}
END_TEST

START_TEST(other_types_and_codes_are_not_built)
{
	struct cause cause;
	uint8_t out[IPOIB__ICMPV6_ERROR_MAX];

	cause_init(&cause, LARGE);
	for (unsigned type = 0; type < 256; type++) {
		for (unsigned code = 0; code < 256; code++) {
			int result = ipoib__icmpv6_error_build(out, sizeof(out), cause.bytes, LARGE,
							       (uint8_t)type, (uint8_t)code,
							       UD_MTU, from);
			bool ours = (type == 1 && code == 3) || (type == 2 && code == 0);
			wire_check(result == (ours ? 1280 : -EINVAL), "type %u, code %u: %d", type,
				   code, result);
		}
	}
}
END_TEST

START_TEST(too_little_room_is_no_error_packet)
{
	struct cause cause;
	uint8_t out[IPOIB__ICMPV6_ERROR_MAX] = { 0 };

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
		const char *source, *destination;
		int too_big, unreachable; /* 0: an error is built */
	} cases[] = {
		{ "2001:db8::1", "2001:db8::2", 0, 0 },
		{ "fe80::1", "fe80::2", 0, 0 },
		{ "::2", "2001:db8::2", 0, 0 },
		/* sources that are not one node */
		{ "::", "2001:db8::2", -EPERM, -EPERM },
		{ "::1", "2001:db8::2", -EPERM, -EPERM },
		{ "ff02::1", "2001:db8::2", -EPERM, -EPERM },
		{ "ff0e::1", "ff0e::2", -EPERM, -EPERM },
		/* destinations that are many: only of an MTU do they hear */
		{ "2001:db8::1", "ff02::1", 0, -EPERM },
		{ "2001:db8::1", "ff0e::1:2", 0, -EPERM },
	};
	struct cause cause;
	uint8_t out[IPOIB__ICMPV6_ERROR_MAX];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct ipoib_ip ip;
		cause_init(&cause, LARGE);
		ck_assert_int_eq(ipoib_ip_parse(&ip, cases[i].source), 0);
		memcpy(cause.ip.source, ip.raw, 16);
		ck_assert_int_eq(ipoib_ip_parse(&ip, cases[i].destination), 0);
		memcpy(cause.ip.destination, ip.raw, 16);
		cause_write(&cause);
		int expected = cases[i].too_big != 0 ? cases[i].too_big : 1280;
		ck_assert_msg(too_big(out, sizeof(out), &cause, UD_MTU) == expected, "case %zu", i);
		expected = cases[i].unreachable != 0 ? cases[i].unreachable : 1280;
		ck_assert_msg(unreachable(out, sizeof(out), &cause) == expected, "case %zu", i);
	}
}
END_TEST

START_TEST(only_the_first_fragment_is_answered)
{
	struct cause cause;
	uint8_t out[IPOIB__ICMPV6_ERROR_MAX];

	cause_init(&cause, LARGE);
	cause.ip.next_header = 44;
	cause_write(&cause);
	for (unsigned offset = 0; offset <= 0xfff8; offset += 8) {
		wire_hex(cause.bytes + 40, 8, "0600000100000007");
		cause.bytes[42] = (uint8_t)(offset >> 8);
		cause.bytes[43] = (uint8_t)(offset & 0xff) | 1;
		int result = too_big(out, sizeof(out), &cause, UD_MTU);
		wire_check(result == (offset == 0 ? 1280 : -EPERM), "offset %u: %d", offset,
			   result);
	}
}
END_TEST

/* With nothing before the message, with options, and in a first fragment. */
START_TEST(icmpv6_is_answered_only_where_it_asks)
{
	static const struct {
		uint8_t next_header;
		const char *chain;
	} chains[] = {
		{ 58, "" },
		{ 0, "3a00050200000000" },
		{ 60, "3a01000000000000 0000000000000000" },
		{ 0, "2c00000000000000 3a00000100000007" },
	};
	struct cause cause;
	uint8_t out[IPOIB__ICMPV6_ERROR_MAX];

	for (size_t i = 0; i < sizeof(chains) / sizeof(chains[0]); i++) {
		cause_init(&cause, LARGE);
		cause.ip.next_header = chains[i].next_header;
		cause_write(&cause);
		size_t at = 40 + wire_hex(cause.bytes + 40, 64, chains[i].chain);
		for (unsigned type = 0; type < 256; type++) {
			cause.bytes[at] = (uint8_t)type;
			int expected = type < 128 || type == 137 ? -EPERM : 1280;
			ck_assert_int_eq(unreachable(out, sizeof(out), &cause), expected);
			ck_assert_int_eq(too_big(out, sizeof(out), &cause, UD_MTU), expected);
		}
		/* Without a type it might be an error, whatever stands behind the packet. */
		cause.bytes[at] = IPOIB__ICMPV6_ECHO_REQUEST;
		for (size_t length = 40; length <= at; length++) {
			cause.ip.payload_length = (uint16_t)(length - 40);
			cause_write(&cause);
			ck_assert_int_eq(unreachable(out, sizeof(out), &cause), -EPERM);
		}
	}
}
END_TEST

START_TEST(an_error_is_never_answered_with_another)
{
	struct cause cause, second;
	uint8_t out[IPOIB__ICMPV6_ERROR_MAX];

	cause_init(&cause, LARGE);
	int length = too_big(second.bytes, sizeof(second.bytes), &cause, UD_MTU);
	ck_assert_int_gt(length, 0);
	second.ip.payload_length = (uint16_t)(length - 40);
	ck_assert_int_eq(unreachable(out, sizeof(out), &second), -EPERM);
}
END_TEST

START_TEST(what_is_no_whole_ipv6_packet_is_refused)
{
	struct ipoib__random *random = support_random();
	struct cause cause;
	uint8_t out[IPOIB__ICMPV6_ERROR_MAX], garbage[96];

	cause_init(&cause, 600);
	for (size_t length = 0; length < 600; length++) {
		uint8_t *exact = wire_copy(cause.bytes, length);
		int result = ipoib__icmpv6_error_build(out, sizeof(out), exact, length, 1, 3, 0,
						       from);
		ck_assert_int_eq(result, -EINVAL);
		wire_put(exact, length);
	}
	cause.bytes[0] = 0x45;
	ck_assert_int_eq(unreachable(out, sizeof(out), &cause), -EINVAL);
	for (int i = 0; i < 5000; i++) {
		size_t length = (size_t)ipoib__random_below(random, sizeof(garbage));
		wire_random_fill(random, garbage, sizeof(garbage));
		if (i % 2 == 0 && length >= 40)
			memcpy(garbage, (uint8_t[]){ 0x60, 0, 0, 0, 0, (uint8_t)(length - 40) }, 6);
		uint8_t *exact = wire_copy(garbage, length);
		int result = ipoib__icmpv6_error_build(out, sizeof(out), exact, length, 1, 3, 0,
						       from);
		wire_check(result <= (int)length + 48, "%d octets of %zu", result, length);
		wire_put(exact, length);
	}
}
END_TEST

Suite *suite_icmpv6(void)
{
	Suite *suite = suite_create("icmpv6");
	TCase *tcase = tcase_create("error");

	tcase_add_checked_fixture(tcase, support_setup, support_teardown);
	tcase_add_test(tcase, a_packet_too_long_is_answered_with_the_mtu_that_holds);
	tcase_add_test(tcase, an_unreachable_neighbour_is_told_whatever_the_length);
	tcase_add_test(tcase, padding_behind_the_packet_is_not_quoted);
	tcase_add_test(tcase, an_mtu_that_helps_nobody_is_never_told);
	tcase_add_test(tcase, other_types_and_codes_are_not_built);
	tcase_add_test(tcase, too_little_room_is_no_error_packet);
	tcase_add_test(tcase, what_must_not_be_answered_is_not);
	tcase_add_test(tcase, only_the_first_fragment_is_answered);
	tcase_add_test(tcase, icmpv6_is_answered_only_where_it_asks);
	tcase_add_test(tcase, an_error_is_never_answered_with_another);
	tcase_add_test(tcase, what_is_no_whole_ipv6_packet_is_refused);
	suite_add_tcase(suite, tcase);
	return suite;
}
