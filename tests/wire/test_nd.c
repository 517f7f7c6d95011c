/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Neighbour discovery: what is said and understood, with both paddings. */
#include <errno.h>
#include <string.h>

#include "support/support.h"
#include "wire/wire.h"
#include "wire/nd.h"

#define ROUNDS 500

static const uint8_t prefix[8] = { 0xfe, 0x80 };

static const char link_text[] = "80:00:00:48:fe:80:00:00:00:00:00:00:f4:52:14:03:00:12:ab:01";

static int decode_here(void *out, const void *bytes, size_t length)
{
	return ipoib__nd_decode(out, bytes, length, prefix);
}

START_TEST(a_solicitation_is_read_and_written_octet_for_octet)
{
	uint8_t bytes[WIRE_ND_LENGTH], again[WIRE_ND_LENGTH];
	struct ipoib__nd nd;
	char text[IPOIB_LINK_ADDRESS_TEXT];

	wire_nd_solicitation(bytes);
	ck_assert_int_eq(wire_decode_exact(decode_here, &nd, bytes, WIRE_ND_LENGTH),
			 WIRE_ND_LENGTH);
	ck_assert_uint_eq(nd.type, IPOIB__ND_SOLICITATION);
	ck_assert_uint_eq(nd.flags, 0);
	ck_assert_mem_eq(nd.source, bytes + 8, 16);
	ck_assert_mem_eq(nd.destination, bytes + 24, 16);
	ck_assert_mem_eq(nd.target, bytes + 48, 16);
	ck_assert(nd.has_link && !nd.padded_at_end);
	ck_assert_str_eq(ipoib_link_address_format(&nd.link, text), link_text);
	ck_assert_int_eq(ipoib__nd_encode(again, sizeof(again), &nd), WIRE_ND_LENGTH);
	ck_assert_mem_eq(again, bytes, WIRE_ND_LENGTH);
}
END_TEST

START_TEST(an_advertisement_has_its_flags_and_the_option_of_its_target)
{
	uint8_t bytes[WIRE_ND_LENGTH], again[WIRE_ND_LENGTH];
	struct ipoib__nd nd;

	wire_nd_advertisement(bytes);
	for (unsigned flags = 0; flags < 256; flags++) {
		bytes[WIRE_ND_MESSAGE + 4] = (uint8_t)flags;
		wire_close_icmpv6(bytes, WIRE_ND_LENGTH, WIRE_ND_MESSAGE);
		ck_assert_int_eq(decode_here(&nd, bytes, WIRE_ND_LENGTH), WIRE_ND_LENGTH);
		ck_assert_uint_eq(nd.type, IPOIB__ND_ADVERTISEMENT);
		ck_assert_uint_eq(nd.flags, flags & 0xe0);
		ck_assert(nd.has_link && !nd.padded_at_end);
		nd.flags = (uint8_t)flags;
		ck_assert_int_eq(ipoib__nd_encode(again, sizeof(again), &nd), WIRE_ND_LENGTH);
		ck_assert_uint_eq(again[WIRE_ND_MESSAGE + 4], flags & 0xe0);
		bytes[WIRE_ND_MESSAGE + 4] &= 0xe0;
		wire_close_icmpv6(bytes, WIRE_ND_LENGTH, WIRE_ND_MESSAGE);
		ck_assert_mem_eq(again, bytes, WIRE_ND_LENGTH);
	}
}
END_TEST

START_TEST(the_solicitation_of_dad_never_tells_a_link_address)
{
	uint8_t bytes[WIRE_ND_LENGTH], again[WIRE_ND_LENGTH];
	struct ipoib__nd nd;

	wire_nd_dad(bytes);
	ck_assert_int_eq(wire_decode_exact(decode_here, &nd, bytes, WIRE_ND_OPTION),
			 WIRE_ND_OPTION);
	ck_assert(!nd.has_link && !nd.padded_at_end);
	nd.has_link = true;
	ck_assert_int_eq(ipoib__nd_encode(again, sizeof(again), &nd), WIRE_ND_OPTION);
	ck_assert_mem_eq(again, bytes, WIRE_ND_OPTION);
}
END_TEST

START_TEST(any_message_survives_encoding_and_decoding)
{
	struct ipoib__random *random = support_random();
	uint8_t packet[IPOIB__ND_LENGTH_MAX];

	for (int i = 0; i < ROUNDS; i++) {
		struct ipoib__nd nd, back;
		memset(&nd, 0, sizeof(nd));
		nd.type = i % 2 == 0 ? IPOIB__ND_SOLICITATION : IPOIB__ND_ADVERTISEMENT;
		if (nd.type == IPOIB__ND_ADVERTISEMENT)
			nd.flags = (uint8_t)(ipoib__random_below(random, 8) << 5);
		wire_random_fill(random, nd.target, 16);
		wire_random_fill(random, nd.source, 16);
		wire_random_fill(random, nd.destination, 16);
		nd.target[0] = nd.source[0] = nd.destination[0] = 0x20;
		nd.has_link = ipoib__random_below(random, 2);
		if (nd.has_link)
			wire_random_fill(random, &nd.link, sizeof(nd.link));
		int length = ipoib__nd_encode(packet, sizeof(packet), &nd);
		ck_assert_int_eq(length, nd.has_link ? 88 : 64);
		ck_assert_int_eq(decode_here(&back, packet, (size_t)length), length);
		ck_assert_mem_eq(&back, &nd, sizeof(nd));
		for (size_t room = 0; room < (size_t)length; room++)
			wire_check(ipoib__nd_encode(packet, room, &nd) == -ENOBUFS, "%zu", room);
	}
}
END_TEST

START_TEST(an_option_that_is_padded_at_its_end_is_understood)
{
	uint8_t bytes[WIRE_ND_LENGTH];
	struct ipoib__nd nd;
	char text[IPOIB_LINK_ADDRESS_TEXT];

	wire_nd_solicitation(bytes);
	memmove(bytes + WIRE_ND_OPTION + 2, bytes + WIRE_ND_OPTION + 4, 20);
	memset(bytes + WIRE_ND_OPTION + 22, 0, 2);
	wire_close_icmpv6(bytes, WIRE_ND_LENGTH, WIRE_ND_MESSAGE);
	ck_assert_int_eq(wire_decode_exact(decode_here, &nd, bytes, WIRE_ND_LENGTH),
			 WIRE_ND_LENGTH);
	ck_assert(nd.has_link && nd.padded_at_end);
	ck_assert_str_eq(ipoib_link_address_format(&nd.link, text), link_text);
}
END_TEST

START_TEST(a_prefix_in_both_places_or_in_neither_decides_nothing)
{
	static const struct {
		uint8_t prefix[8];
		const char *option; /* behind type and length */
		bool at_end;
	} cases[] = {
		/* in neither */
		{ { 0xfd, 1 }, "0000 80000048fe80000000000000f45214030012ab01", false },
		{ { 0xfd, 1 }, "80000048fe80000000000000f45214030012ab01 0000", false },
		{ { 0xfd, 1 }, "", false },
		/* in both, with padding in both */
		{ { 0 }, "", false },
		{ { 0xab, 0xcd, 0xab, 0xcd, 0xab, 0xcd, 0xab, 0xcd },
		  "0000 0000abcdabcdabcdabcdabcdf45214030012 0000", false },
		/* in both, with padding at the end only */
		{ { 0xab, 0xcd, 0xab, 0xcd, 0xab, 0xcd, 0xab, 0xcd },
		  "8000 0048abcdabcdabcdabcdabcdf45214030012 0000", true },
		/* at the end, where the padding is none: the GUID of whom RFC 4391 means */
		{ { 0xfe, 0x80 }, "0000 0000fe800000000000000000000000000012ab01", false },
		/* in front, where the reserved octets are not zero, as they need not be */
		{ { 0xfe, 0x80 }, "ffff 80000048fe80000000000000f45214030012ab01", false },
		{ { 0xfe, 0x80 }, "80000048fe80000000000000f45214030012ab01 0000", true },
		{ { 0xfe, 0x80 }, "80000048fe80000000000000f45214030012ab01 0001", false },
	};
	uint8_t bytes[WIRE_ND_LENGTH], option[22];
	struct ipoib__nd nd;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		memset(option, 0, sizeof(option));
		ck_assert_uint_le(wire_hex(option, sizeof(option), cases[i].option), 22);
		wire_nd_solicitation(bytes);
		memcpy(bytes + WIRE_ND_OPTION + 2, option, 22);
		wire_close_icmpv6(bytes, WIRE_ND_LENGTH, WIRE_ND_MESSAGE);
		ck_assert_int_eq(ipoib__nd_decode(&nd, bytes, WIRE_ND_LENGTH, cases[i].prefix),
				 WIRE_ND_LENGTH);
		ck_assert_msg(nd.padded_at_end == cases[i].at_end, "case %zu", i);
		ck_assert_mem_eq(&nd.link, option + (cases[i].at_end ? 0 : 2), 20);
	}
}
END_TEST

START_TEST(unknown_options_are_skipped_and_the_first_link_address_counts)
{
	uint8_t bytes[256];
	struct ipoib__nd nd;
	char text[IPOIB_LINK_ADDRESS_TEXT];

	size_t length = WIRE_ND_LENGTH;

	wire_nd_solicitation(bytes);
	/* A nonce (RFC 3971) in front, another's and a second link address behind. */
	memmove(bytes + WIRE_ND_OPTION + 8, bytes + WIRE_ND_OPTION, 24);
	wire_hex(bytes + WIRE_ND_OPTION, 8, "0e01010203040506");
	length += 8;
	length += wire_hex(bytes + length, sizeof(bytes) - length, "0203ffffffffffffffffffffffff"
								   "ffffffffffffffffffff");
	length += wire_hex(bytes + length, sizeof(bytes) - length, "0103ffffffffffffffffffffffff"
								   "ffffffffffffffffffff");
	wire_close_icmpv6(bytes, length, WIRE_ND_MESSAGE);
	ck_assert_int_eq(wire_decode_exact(decode_here, &nd, bytes, length), (int)length);
	ck_assert_str_eq(ipoib_link_address_format(&nd.link, text), link_text);

	/* A second one that is malformed makes the message so. */
	bytes[length - 23] = 2;
	memmove(bytes + length - 22, bytes + length - 14, 14);
	wire_close_icmpv6(bytes, length - 8, WIRE_ND_MESSAGE);
	ck_assert_int_eq(decode_here(&nd, bytes, length - 8), -EINVAL);
}
END_TEST

START_TEST(padding_of_the_link_is_no_part_of_the_message)
{
	uint8_t bytes[WIRE_ND_LENGTH + 4] = { 0 };
	struct ipoib__nd nd;

	wire_nd_solicitation(bytes);
	ck_assert_int_eq(decode_here(&nd, bytes, sizeof(bytes)), WIRE_ND_LENGTH);
}
END_TEST

Suite *suite_nd(void)
{
	Suite *suite = suite_create("nd");
	TCase *tcase = tcase_create("nd");

	tcase_add_checked_fixture(tcase, support_setup, support_teardown);
	tcase_add_test(tcase, a_solicitation_is_read_and_written_octet_for_octet);
	tcase_add_test(tcase, an_advertisement_has_its_flags_and_the_option_of_its_target);
	tcase_add_test(tcase, the_solicitation_of_dad_never_tells_a_link_address);
	tcase_add_test(tcase, any_message_survives_encoding_and_decoding);
	tcase_add_test(tcase, an_option_that_is_padded_at_its_end_is_understood);
	tcase_add_test(tcase, a_prefix_in_both_places_or_in_neither_decides_nothing);
	tcase_add_test(tcase, unknown_options_are_skipped_and_the_first_link_address_counts);
	tcase_add_test(tcase, padding_of_the_link_is_no_part_of_the_message);
	suite_add_tcase(suite, tcase);
	return suite;
}
