/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Neighbour discovery: what RFC 4861 wants refused, and worse (I33). */
#include <errno.h>
#include <string.h>

#include "support/support.h"
#include "wire/wire.h"
#include "wire/nd.h"


static const uint8_t prefix[8] = { 0xfe, 0x80 };


static int decode_here(void *out, const void *bytes, size_t length)
{
	return ipoib__nd_decode(out, bytes, length, prefix);
}

START_TEST(every_truncated_message_is_refused)
{
	uint8_t bytes[WIRE_ND_LENGTH];
	struct ipoib__nd nd;

	for (size_t length = 0; length < WIRE_ND_LENGTH; length++) {
		wire_nd_solicitation(bytes);
		ck_assert_int_eq(wire_decode_exact(decode_here, &nd, bytes, length), -EINVAL);
		/* And cut short by who sent it, all lengths and sums being right. */
		if (length < WIRE_ND_MESSAGE + 4)
			continue;
		wire_close_icmpv6(bytes, length, WIRE_ND_MESSAGE);
		int expected = length == WIRE_ND_OPTION ? WIRE_ND_OPTION : -EINVAL;
		ck_assert_int_eq(wire_decode_exact(decode_here, &nd, bytes, length), expected);
	}
}
END_TEST

START_TEST(any_turned_bit_is_noticed_or_means_nothing)
{
	uint8_t bytes[WIRE_ND_LENGTH];
	struct ipoib__nd nd, turned;
	unsigned by_checksum = 0, harmless = 0;

	wire_nd_solicitation(bytes);
	ck_assert_int_eq(decode_here(&nd, bytes, WIRE_ND_LENGTH), WIRE_ND_LENGTH);
	for (unsigned bit = 0; bit < WIRE_ND_LENGTH * 8; bit++) {
		bytes[bit / 8] ^= (uint8_t)(0x80 >> bit % 8);
		int result = wire_decode_exact(decode_here, &turned, bytes, WIRE_ND_LENGTH);
		if (result >= 0) {
			ck_assert_mem_eq(&turned, &nd, sizeof(nd));
			harmless++;
		}
		by_checksum += result == -EBADMSG;
		bytes[bit / 8] ^= (uint8_t)(0x80 >> bit % 8);
	}
	/* Traffic class and flow label; the rest but version, length, type, hop limit, protocol. */
	ck_assert_uint_eq(harmless, 28);
	ck_assert_uint_ge(by_checksum, 80 * 8 - 8);
}
END_TEST

START_TEST(what_rfc_4861_wants_refused_is)
{
	static const struct {
		enum { NS, NA, DAD } of;
		size_t at;
		uint8_t value;
		int error;
	} cases[] = {
		{ NS, 7, 254, -EINVAL },	/* hop limit: forwarded once */
		{ NS, 7, 0, -EINVAL },
		{ NA, 7, 64, -EINVAL },
		{ NS, WIRE_ND_MESSAGE + 1, 1, -EINVAL },   /* code */
		{ NA, WIRE_ND_MESSAGE + 1, 255, -EINVAL },
		{ NS, 48, 0xff, -EINVAL },	/* target is a group */
		{ NA, 48, 0xff, -EINVAL },
		{ NS, 8, 0xff, -EINVAL },	/* source is a group */
		{ NA, 8, 0xff, -EINVAL },
		{ NA, 24, 0xff, -EINVAL },	/* solicited, yet to a group */
		{ DAD, 24, 0xfe, -EINVAL },	/* to one node */
		{ DAD, 35, 0x02, -EINVAL },	/* to a group that is no solicited-node one */
		{ DAD, 36, 0xfe, -EINVAL },
		{ NS, 6, 17, -EPROTO },		/* UDP */
		{ NS, 6, 0, -EPROTO },		/* a hop-by-hop header that leads elsewhere */
		{ NS, 0, 0x45, -EPROTO },
		{ NS, 0, 0x75, -EPROTO },
		{ NS, WIRE_ND_MESSAGE, 133, -EPROTO },
		{ NS, WIRE_ND_MESSAGE, 134, -EPROTO },
		{ NS, WIRE_ND_MESSAGE, 137, -EPROTO },
		{ NS, WIRE_ND_MESSAGE, 128, -EPROTO },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint8_t bytes[WIRE_ND_LENGTH];
		struct ipoib__nd nd, before;
		size_t length = cases[i].of == DAD ? WIRE_ND_OPTION : WIRE_ND_LENGTH;
		if (cases[i].of == NA)
			wire_nd_advertisement(bytes);
		else if (cases[i].of == DAD)
			wire_nd_dad(bytes);
		else
			wire_nd_solicitation(bytes);
		ck_assert_int_eq(decode_here(&nd, bytes, length), (int)length);
		memset(&before, 0xa5, sizeof(before));
		memcpy(&nd, &before, sizeof(nd));
		bytes[cases[i].at] = cases[i].value;
		wire_close_icmpv6(bytes, length, WIRE_ND_MESSAGE);
		int result = wire_decode_exact(decode_here, &nd, bytes, length);
		ck_assert_msg(result == cases[i].error, "case %zu: %d", i, result);
		ck_assert_mem_eq(&nd, &before, sizeof(nd));
	}
}
END_TEST

START_TEST(no_node_owns_the_unspecified_address)
{
	uint8_t bytes[WIRE_ND_LENGTH];
	struct ipoib__nd nd;

	wire_nd_advertisement(bytes);
	memset(bytes + 48, 0, 16);
	wire_close_icmpv6(bytes, WIRE_ND_LENGTH, WIRE_ND_MESSAGE);
	ck_assert_int_eq(decode_here(&nd, bytes, WIRE_ND_LENGTH), -EINVAL);
}
END_TEST

START_TEST(who_has_no_address_yet_must_not_tell_where_it_is)
{
	uint8_t bytes[WIRE_ND_LENGTH];
	struct ipoib__nd nd;

	wire_nd_solicitation(bytes);
	memset(bytes + 8, 0, 16);
	wire_close_icmpv6(bytes, WIRE_ND_LENGTH, WIRE_ND_MESSAGE);
	ck_assert_int_eq(decode_here(&nd, bytes, WIRE_ND_LENGTH), -EINVAL);
	/* An option that means nothing there may stand. */
	bytes[WIRE_ND_OPTION] = 14;
	wire_close_icmpv6(bytes, WIRE_ND_LENGTH, WIRE_ND_MESSAGE);
	ck_assert_int_eq(decode_here(&nd, bytes, WIRE_ND_LENGTH), WIRE_ND_LENGTH);
}
END_TEST

START_TEST(an_absurd_length_of_an_option_is_refused)
{
	uint8_t large[WIRE_ND_OPTION + 255 * 8];
	struct ipoib__nd nd;

	for (unsigned units = 0; units < 256; units++) {
		for (unsigned type = 1; type < 20; type++) {
			memset(large, 0, sizeof(large));
			wire_nd_solicitation(large);
			large[WIRE_ND_OPTION] = (uint8_t)type;
			large[WIRE_ND_OPTION + 1] = (uint8_t)units;
			/* The packet ends where the option says, */
			size_t length = units == 0 ? WIRE_ND_LENGTH : WIRE_ND_OPTION + units * 8;
			wire_close_icmpv6(large, length, WIRE_ND_MESSAGE);
			int result = decode_here(&nd, large, length);
			bool good = type == 1 ? units == 3 : units != 0;
			wire_check(result == (good ? (int)length : -EINVAL), "type %u, %u: %d",
				   type, units, result);
			/* or one octet before. */
			wire_close_icmpv6(large, length - 1, WIRE_ND_MESSAGE);
			result = wire_decode_exact(decode_here, &nd, large, length - 1);
			wire_check(result == -EINVAL, "type %u, %u: %d", type, units, result);
		}
	}
}
END_TEST

START_TEST(discovery_behind_options_is_read_and_in_fragments_refused)
{
	uint8_t bytes[WIRE_ND_LENGTH + 8];
	struct ipoib__nd nd;

	for (unsigned round = 0; round < 3; round++) {
		wire_nd_solicitation(bytes);
		memmove(bytes + WIRE_ND_MESSAGE + 8, bytes + WIRE_ND_MESSAGE,
			WIRE_ND_LENGTH - WIRE_ND_MESSAGE);
		bytes[6] = round == 0 ? 0 : 44;
		wire_hex(bytes + WIRE_ND_MESSAGE, 8,
			 round == 0 ? "3a00010400000000" :
			 round == 1 ? "3a00000000000001" : "3a00000800000001");
		wire_close_icmpv6(bytes, WIRE_ND_LENGTH + 8, WIRE_ND_MESSAGE + 8);
		int expected = round == 0 ? WIRE_ND_LENGTH + 8 : round == 1 ? -EINVAL : -EPROTO;
		ck_assert_int_eq(decode_here(&nd, bytes, WIRE_ND_LENGTH + 8), expected);
	}
}
END_TEST

START_TEST(random_octets_as_discovery_do_no_harm)
{
	struct ipoib__random *random = support_random();
	uint8_t bytes[256];
	struct ipoib__nd nd;

	wire_decode_garbage(decode_here, &nd, random, 128);
	/* Random messages in right packets. */
	for (int i = 0; i < 5000; i++) {
		size_t length = 44 + (size_t)ipoib__random_below(random, sizeof(bytes) - 44);
		wire_random_fill(random, bytes, sizeof(bytes));
		memcpy(bytes, (uint8_t[8]){ 0x60, 0, 0, 0, 0, 0, 58, 255 }, 8);
		bytes[WIRE_ND_MESSAGE] = (uint8_t)(135 + i % 2);
		bytes[WIRE_ND_MESSAGE + 1] = 0;
		wire_close_icmpv6(bytes, length, WIRE_ND_MESSAGE);
		int result = wire_decode_exact(decode_here, &nd, bytes, length);
		wire_check(result == -EINVAL || result == (int)length, "%d of %zu", result, length);
	}
}
END_TEST

Suite *suite_nd_refused(void)
{
	Suite *suite = suite_create("nd_refused");
	TCase *tcase = tcase_create("nd_refused");

	tcase_add_checked_fixture(tcase, support_setup, support_teardown);
	tcase_add_test(tcase, every_truncated_message_is_refused);
	tcase_add_test(tcase, any_turned_bit_is_noticed_or_means_nothing);
	tcase_add_test(tcase, what_rfc_4861_wants_refused_is);
	tcase_add_test(tcase, no_node_owns_the_unspecified_address);
	tcase_add_test(tcase, who_has_no_address_yet_must_not_tell_where_it_is);
	tcase_add_test(tcase, an_absurd_length_of_an_option_is_refused);
	tcase_add_test(tcase, discovery_behind_options_is_read_and_in_fragments_refused);
	tcase_add_test(tcase, random_octets_as_discovery_do_no_harm);
	suite_add_tcase(suite, tcase);
	return suite;
}
