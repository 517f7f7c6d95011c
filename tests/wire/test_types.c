/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* The values of ipoib/types.h: addresses as text and back. */
#include <errno.h>
#include <string.h>

#include <ipoib/types.h>

#include "support/support.h"
#include "wire/wire.h"

#define LINK_TEXT "80:00:00:48:fe:80:00:00:00:00:00:00:f4:52:14:03:00:12:ab:01"

static const struct ipoib_gid gid = {
	{ 0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0xf4, 0x52, 0x14, 0x03, 0x00, 0x12, 0xab, 0x01 }
};

START_TEST(ip_addresses_are_read_and_written)
{
	static const struct {
		const char *text;
		int family;
	} good[] = {
		{ "10.0.0.1", IPOIB_IPV4 },  { "255.255.255.255", IPOIB_IPV4 },
		{ "0.0.0.0", IPOIB_IPV4 },   { "fe80::f652:1403:12:ab01", IPOIB_IPV6 },
		{ "::", IPOIB_IPV6 },	     { "ff02::1:ff12:ab02", IPOIB_IPV6 },
		{ "::ffff:10.0.0.1", IPOIB_IPV6 },
	};
	char text[IPOIB_IP_TEXT];
	struct ipoib_ip ip;

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		ck_assert_int_eq(ipoib_ip_parse(&ip, good[i].text), 0);
		ck_assert_int_eq(ip.family, good[i].family);
		ck_assert_str_eq(ipoib_ip_format(&ip, text), good[i].text);
	}
}
END_TEST

START_TEST(hostile_text_is_no_ip_address)
{
	static const char *const bad[] = {
		"",	    " ",	"10.0.0",     "10.0.0.1 ",	 " 10.0.0.1",
		"10.0.0.256", "10.0.0.1.1", "010.0.0.1x", "1.2.3.4/24",	 "fe80::1%ib0",
		":::",	    "1::2::3",	"g::1",	      "12345::1",	 "fe80::1\n",
		"-1.2.3.4", "0x0a.0.0.1", "%s%s%s%n",   "1:2:3:4:5:6:7:8:9",
		"11111111111111111111111111111111111111111111111111111111111111111111111111",
	};
	struct ipoib_ip ip, before;

	memset(&before, 0xa5, sizeof(before));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		memcpy(&ip, &before, sizeof(ip));
		ck_assert_msg(ipoib_ip_parse(&ip, bad[i]) == -EINVAL, "taken: %s", bad[i]);
		ck_assert_mem_eq(&ip, &before, sizeof(ip));
	}
	ck_assert_int_eq(ipoib_ip_parse(&ip, NULL), -EINVAL);
}
END_TEST

START_TEST(the_longest_ip_address_fits_its_room)
{
	char text[IPOIB_IP_TEXT];
	struct ipoib_ip ip = { .family = IPOIB_IPV6 };
	struct ipoib_gid full;

	memset(ip.raw, 0xff, sizeof(ip.raw));
	memset(full.raw, 0xff, sizeof(full.raw));
	ck_assert_str_eq(ipoib_ip_format(&ip, text), "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff");
	ck_assert_str_eq(ipoib_gid_format(&full, text),
			 "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff");
	ck_assert_str_eq(ipoib_gid_format(&gid, text), "fe80::f452:1403:12:ab01");
}
END_TEST

START_TEST(an_address_of_no_family_is_written_as_none)
{
	char text[IPOIB_IP_TEXT];
	struct ipoib_ip ip = { 0 };

	ck_assert_str_eq(ipoib_ip_format(&ip, text), "none");
	ip.family = 77;
	ck_assert_str_eq(ipoib_ip_format(&ip, text), "none");
}
END_TEST

START_TEST(ip_addresses_are_equal_with_their_family_only)
{
	struct ipoib_ip a = ipoib_ip_from_ipv4((const uint8_t[4]){ 10, 0, 0, 1 });
	struct ipoib_ip b = a;

	ck_assert(ipoib_ip_equal(&a, &b));
	b.raw[3] = 2;
	ck_assert(!ipoib_ip_equal(&a, &b));
	b = a;
	b.family = IPOIB_IPV6;
	ck_assert(!ipoib_ip_equal(&a, &b));
}
END_TEST

START_TEST(a_link_address_is_put_together_and_taken_apart)
{
	struct ipoib_link_address address = ipoib_link_address_make(0x80, 0x48, &gid);
	char text[IPOIB_LINK_ADDRESS_TEXT];

	wire_assert_hex(address.raw, sizeof(address.raw),
			"80000048 fe80000000000000 f45214030012ab01");
	ck_assert_uint_eq(ipoib_link_address_qpn(&address), 0x48);
	ck_assert_uint_eq(ipoib_link_address_flags(&address), IPOIB_LINK_ADDRESS_RC);
	struct ipoib_gid back = ipoib_link_address_gid(&address);
	ck_assert_mem_eq(back.raw, gid.raw, sizeof(gid.raw));
	ck_assert_str_eq(ipoib_link_address_format(&address, text), LINK_TEXT);

	address = ipoib_link_address_make(0, 0x123456, &gid);
	ck_assert_uint_eq(ipoib_link_address_qpn(&address), 0x123456);
	address = ipoib_link_address_make(0, 0xff123456, &gid);
	ck_assert_uint_eq(ipoib_link_address_flags(&address), 0);
	ck_assert_uint_eq(ipoib_link_address_qpn(&address), 0x123456);
}
END_TEST

START_TEST(flags_are_no_part_of_who_a_peer_is)
{
	struct ipoib_link_address a = ipoib_link_address_make(0x80, 0x48, &gid);
	struct ipoib_link_address b = ipoib_link_address_make(0x00, 0x48, &gid);

	ck_assert(ipoib_link_address_same_peer(&a, &b));
	for (size_t i = 1; i < IPOIB_LINK_ADDRESS_LENGTH; i++) {
		b = a;
		b.raw[i] ^= 1;
		ck_assert(!ipoib_link_address_same_peer(&a, &b));
	}
}
END_TEST

START_TEST(any_link_address_comes_back_from_its_text)
{
	struct ipoib__random *random = support_random();
	char text[IPOIB_LINK_ADDRESS_TEXT];

	for (int i = 0; i < 1000; i++) {
		struct ipoib_link_address address, back;
		wire_random_fill(random, address.raw, sizeof(address.raw));
		ipoib_link_address_format(&address, text);
		ck_assert_uint_eq(strlen(text), IPOIB_LINK_ADDRESS_TEXT - 1);
		ck_assert_int_eq(ipoib_link_address_parse(&back, text), 0);
		ck_assert_mem_eq(back.raw, address.raw, sizeof(back.raw));
	}
}
END_TEST

/* On the heap at its exact length: a parser that looks behind the terminating zero is seen. */
static int parse_exact(struct ipoib_link_address *out, const char *text)
{
	size_t size = strlen(text) + 1;
	uint8_t *copy = wire_copy(text, size);
	int result = ipoib_link_address_parse(out, (const char *)copy);

	wire_put(copy, size);
	return result;
}

START_TEST(every_shortened_link_address_is_refused)
{
	struct ipoib_link_address address;
	char text[] = LINK_TEXT;

	ck_assert_int_eq(parse_exact(&address, text), 0);
	for (size_t length = strlen(text); length-- > 0;) {
		text[length] = '\0';
		ck_assert_int_eq(parse_exact(&address, text), -EINVAL);
	}
	ck_assert_int_eq(ipoib_link_address_parse(&address, NULL), -EINVAL);
}
END_TEST

START_TEST(every_wrong_character_in_a_link_address_is_refused)
{
	static const char wrong[] = { 'g', 'G', ' ', '-', '/', '@', '`', '\n', '\x7f', '\xff' };
	struct ipoib_link_address address, before;

	memset(&before, 0xa5, sizeof(before));
	for (size_t at = 0; at < sizeof(LINK_TEXT) - 1; at++) {
		for (size_t i = 0; i < sizeof(wrong); i++) {
			char text[] = LINK_TEXT;
			text[at] = wrong[i];
			memcpy(&address, &before, sizeof(address));
			ck_assert_int_eq(parse_exact(&address, text), -EINVAL);
			ck_assert_mem_eq(&address, &before, sizeof(address));
		}
	}
	ck_assert_int_eq(parse_exact(&address, LINK_TEXT ":"), -EINVAL);
	ck_assert_int_eq(parse_exact(&address, LINK_TEXT ":00"), -EINVAL);
	ck_assert_int_eq(parse_exact(&address, " " LINK_TEXT), -EINVAL);
}
END_TEST

START_TEST(capital_letters_are_digits_too)
{
	struct ipoib_link_address address;

	ck_assert_int_eq(parse_exact(&address, "80:00:00:48:FE:80:00:00:00:00:00:00:"
					       "F4:52:14:03:00:12:AB:01"), 0);
	wire_assert_hex(address.raw, sizeof(address.raw),
			"80000048 fe80000000000000 f45214030012ab01");
}
END_TEST

Suite *suite_types(void)
{
	Suite *suite = suite_create("types");
	TCase *tcase = tcase_create("types");

	tcase_add_checked_fixture(tcase, support_setup, support_teardown);
	tcase_add_test(tcase, ip_addresses_are_read_and_written);
	tcase_add_test(tcase, hostile_text_is_no_ip_address);
	tcase_add_test(tcase, the_longest_ip_address_fits_its_room);
	tcase_add_test(tcase, an_address_of_no_family_is_written_as_none);
	tcase_add_test(tcase, ip_addresses_are_equal_with_their_family_only);
	tcase_add_test(tcase, a_link_address_is_put_together_and_taken_apart);
	tcase_add_test(tcase, flags_are_no_part_of_who_a_peer_is);
	tcase_add_test(tcase, any_link_address_comes_back_from_its_text);
	tcase_add_test(tcase, every_shortened_link_address_is_refused);
	tcase_add_test(tcase, every_wrong_character_in_a_link_address_is_refused);
	tcase_add_test(tcase, capital_letters_are_digits_too);
	suite_add_tcase(suite, tcase);
	return suite;
}
