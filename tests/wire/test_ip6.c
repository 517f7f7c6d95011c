/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Addresses, extension headers and the checksum of IPv6. */
#include <errno.h>
#include <string.h>

#include "support/support.h"
#include "wire/wire.h"
#include "wire/ip6.h"

#define ROUNDS 500

static struct ipoib_ip address(const char *text)
{
	struct ipoib_ip ip;

	ck_assert_int_eq(ipoib_ip_parse(&ip, text), 0);
	return ip;
}

START_TEST(any_ipv6_header_survives_encoding_and_decoding)
{
	struct ipoib__random *random = support_random();
	uint8_t packet[2048] = { 0 }, again[40];

	for (int i = 0; i < ROUNDS; i++) {
		struct ipoib__ipv6 ip = {
			.traffic_class = (uint8_t)ipoib__random_below(random, 256),
			.flow_label = (uint32_t)ipoib__random_below(random, 1 << 20),
			.payload_length = (uint16_t)ipoib__random_below(random, 2009),
			.next_header = (uint8_t)ipoib__random_below(random, 256),
			.hop_limit = (uint8_t)ipoib__random_below(random, 256),
		}, back;
		wire_random_fill(random, ip.source, 16);
		wire_random_fill(random, ip.destination, 16);
		ck_assert_int_eq(ipoib__ipv6_encode(packet, sizeof(packet), &ip), 40);
		ck_assert_int_eq(ipoib__ipv6_decode(&back, packet, sizeof(packet)), 40);
		ck_assert_uint_eq(back.traffic_class, ip.traffic_class);
		ck_assert_uint_eq(back.flow_label, ip.flow_label);
		ck_assert_uint_eq(back.payload_length, ip.payload_length);
		ck_assert_uint_eq(back.next_header, ip.next_header);
		ck_assert_uint_eq(back.hop_limit, ip.hop_limit);
		ck_assert_mem_eq(back.source, ip.source, 16);
		ck_assert_mem_eq(back.destination, ip.destination, 16);
		ck_assert_int_eq(ipoib__ipv6_encode(again, sizeof(again), &back), 40);
		ck_assert_mem_eq(again, packet, 40);
	}
	for (size_t room = 0; room < 40; room++) {
		struct ipoib__ipv6 ip = { .hop_limit = 1 };
		ck_assert_int_eq(ipoib__ipv6_encode(again, room, &ip), -ENOBUFS);
	}
}
END_TEST

START_TEST(kinds_of_ipv6_address_are_told_apart)
{
	static const struct {
		const char *text;
		bool unspecified, link_local, multicast, solicited_node;
	} cases[] = {
		{ "::", true, false, false, false },
		{ "::1", false, false, false, false },
		{ "8000::", false, false, false, false },
		{ "fe80::1", false, true, false, false },
		{ "febf:ffff::", false, true, false, false },
		{ "fec0::1", false, false, false, false },
		{ "fe7f::1", false, false, false, false },
		{ "fd80::1", false, false, false, false },
		{ "ff02::1", false, false, true, false },
		{ "ff02::1:ff00:0", false, false, true, true },
		{ "ff02::1:ffff:ffff", false, false, true, true },
		{ "ff02::1:fe00:0", false, false, true, false },
		{ "ff05::1:ff00:0", false, false, true, false },
		{ "ff02::2:ff00:0", false, false, true, false },
		{ "feff::", false, false, false, false },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct ipoib_ip ip = address(cases[i].text);
		const uint8_t *raw = ip.raw;
		ck_assert(ipoib__ipv6_is_unspecified(raw) == cases[i].unspecified);
		ck_assert(ipoib__ipv6_is_link_local(raw) == cases[i].link_local);
		ck_assert(ipoib__ipv6_is_multicast(raw) == cases[i].multicast);
		ck_assert(ipoib__ipv6_is_solicited_node(raw) == cases[i].solicited_node);
	}
	ck_assert_mem_eq(ipoib__ipv6_all_nodes, address("ff02::1").raw, 16);
}
END_TEST

START_TEST(who_has_an_address_is_asked_for_in_the_group_of_its_last_24_bits)
{
	struct ipoib_ip ip = address("fe80::f652:1403:12:ab02");
	struct ipoib_ip other = address("2001:db8::12:ab02");
	uint8_t group[16];

	ipoib__ipv6_solicited_node(group, ip.raw);
	ck_assert_mem_eq(group, address("ff02::1:ff12:ab02").raw, 16);
	ipoib__ipv6_solicited_node(group, other.raw);
	ck_assert_mem_eq(group, address("ff02::1:ff12:ab02").raw, 16);
	ipoib__ipv6_solicited_node(other.raw, other.raw);
	ck_assert_mem_eq(other.raw, group, 16);
}
END_TEST

START_TEST(a_port_guid_becomes_an_interface_identifier_under_each_rule)
{
	static const struct {
		uint8_t guid[8];
		enum ipoib__identifier how;
		const char *text;
	} cases[] = {
		/* The GUID of a universally administered EUI-64 in plain format, */
		{ { 0xf4, 0x52, 0x14, 0x03, 0x00, 0x12, 0xab, 0x01 }, IPOIB__IDENTIFIER_AUTO,
		  "fe80::f652:1403:12:ab01" },
		{ { 0xf4, 0x52, 0x14, 0x03, 0x00, 0x12, 0xab, 0x01 }, IPOIB__IDENTIFIER_KEEP,
		  "fe80::f452:1403:12:ab01" },
		{ { 0xf4, 0x52, 0x14, 0x03, 0x00, 0x12, 0xab, 0x01 }, IPOIB__IDENTIFIER_TOGGLE,
		  "fe80::f652:1403:12:ab01" },
		/* and in the modified one, or made up. */
		{ { 0xf6, 0x52, 0x14, 0x03, 0x00, 0x12, 0xab, 0x01 }, IPOIB__IDENTIFIER_AUTO,
		  "fe80::f652:1403:12:ab01" },
		{ { 0xf6, 0x52, 0x14, 0x03, 0x00, 0x12, 0xab, 0x01 }, IPOIB__IDENTIFIER_KEEP,
		  "fe80::f652:1403:12:ab01" },
		{ { 0xf6, 0x52, 0x14, 0x03, 0x00, 0x12, 0xab, 0x01 }, IPOIB__IDENTIFIER_TOGGLE,
		  "fe80::f452:1403:12:ab01" },
	};
	uint8_t out[16];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		memset(out, 0xa5, sizeof(out));
		ipoib__ipv6_link_local(out, cases[i].guid, cases[i].how);
		ck_assert_msg(memcmp(out, address(cases[i].text).raw, 16) == 0, "case %zu", i);
	}
}
END_TEST

START_TEST(a_port_has_the_link_local_address_that_linux_gives_it)
{
	struct ipoib_ip ip, before;
	struct ipoib_gid gid;
	char text[IPOIB_IP_TEXT];

	memset(&before, 0, sizeof(before));
	ip = before;
	memcpy(gid.raw, address("fd00::f452:1403:12:ab01").raw, 16);
	ck_assert_int_eq(ipoib_ip_link_local(&ip, &gid), 0);
	ck_assert_str_eq(ipoib_ip_format(&ip, text), "fe80::f652:1403:12:ab01");
	ck_assert_int_eq(ip.family, IPOIB_IPV6);

	ip = before;
	memcpy(gid.raw, address("fe80::").raw, 16);
	ck_assert_int_eq(ipoib_ip_link_local(&ip, &gid), -EINVAL);
	memcpy(gid.raw, address("ff12:401b:ffff::ffff:ffff").raw, 16);
	ck_assert_int_eq(ipoib_ip_link_local(&ip, &gid), -EINVAL);
	ck_assert_mem_eq(&ip, &before, sizeof(ip));
}
END_TEST

START_TEST(sixteen_octets_are_an_ipv6_address)
{
	struct ipoib_ip expected = address("2001:db8::1:2"), made;

	made = ipoib_ip_from_ipv6(expected.raw);
	ck_assert(ipoib_ip_equal(&made, &expected));
	ck_assert_mem_eq(&made, &expected, sizeof(made));
}
END_TEST

/* A packet with a chain of headers in hexadecimal; its first next header is given apart. */
static int walk(struct ipoib__ipv6_upper *upper, size_t *at, uint8_t first, const char *chain)
{
	uint8_t packet[512];
	struct ipoib__ipv6 ip = { .next_header = first, .hop_limit = 64 };

	size_t length = wire_hex(packet + 40, sizeof(packet) - 40, chain);
	ip.payload_length = (uint16_t)length;
	ck_assert_int_eq(ipoib__ipv6_encode(packet, 40, &ip), 40);
	uint8_t *exact = wire_copy(packet, 40 + length);
	int result = ipoib__ipv6_upper(upper, &ip, exact);
	if (result == 0)
		*at = (size_t)(upper->bytes - exact);
	wire_put(exact, 40 + length);
	return result;
}

START_TEST(extension_headers_are_walked_to_what_is_carried)
{
	static const struct {
		uint8_t first;
		const char *chain;
		int result;
		uint8_t protocol;
		size_t at, length;
		bool fragment, headless;
	} cases[] = {
		{ 58, "", 0, 58, 40, 0, false, false },
		{ 58, "8700", 0, 58, 40, 2, false, false },
		{ 59, "0102", 0, 59, 40, 2, false, false }, /* no next header: carries nothing */
		{ 0, "3a00050200000100 8f", 0, 58, 48, 1, false, false },
		{ 60, "3a01000000000000 0000000000000000 80", 0, 58, 56, 1, false, false },
		{ 43, "0600000000000000 aabb", 0, 6, 48, 2, false, false },
		{ 51, "3a01000000000000 00000000 80", 0, 58, 52, 1, false, false },
		{ 44, "3aff000100000007 80", 0, 58, 48, 1, true, false },
		{ 44, "3aff000800000007 80", 0, 58, 48, 1, true, true },
		{ 44, "3aff000000000007 80", 0, 58, 48, 1, true, false },
		/* Behind the header of a later fragment there are none, whatever it says. */
		{ 44, "00ff000900000007 80", 0, 0, 48, 1, true, true },
		{ 0, "2b00000000000000 3c00000000000000 2c00000000000000 33ff000000000000"
		     "3a04000000000000 0000000000000000 0000000000000000 80",
		  0, 58, 96, 1, true, false },
		/* truncated */
		{ 0, "", -EINVAL, 0, 0, 0, false, false },
		{ 0, "3a", -EINVAL, 0, 0, 0, false, false },
		{ 0, "3a000502000001", -EINVAL, 0, 0, 0, false, false },
		{ 0, "3aff050200000100 80", -EINVAL, 0, 0, 0, false, false },
		{ 44, "3aff0008000000", -EINVAL, 0, 0, 0, false, false },
		{ 51, "3aff000000000000", -EINVAL, 0, 0, 0, false, false },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct ipoib__ipv6_upper upper;
		size_t at = 0;
		int result = walk(&upper, &at, cases[i].first, cases[i].chain);
		ck_assert_msg(result == cases[i].result, "case %zu: %d", i, result);
		if (result < 0)
			continue;
		ck_assert_msg(upper.protocol == cases[i].protocol, "case %zu", i);
		ck_assert_msg(at == cases[i].at, "case %zu", i);
		ck_assert_msg(upper.length == cases[i].length, "case %zu", i);
		ck_assert_msg(upper.fragment == cases[i].fragment, "case %zu", i);
		ck_assert_msg(upper.headless == cases[i].headless, "case %zu", i);
	}
}
END_TEST

START_TEST(a_chain_of_headers_has_an_end)
{
	struct ipoib__ipv6_upper upper;
	size_t at;
	char chain[32 * 17 + 1] = "";

	for (unsigned headers = 1; headers < 32; headers++) {
		memmove(chain + 17, chain, strlen(chain) + 1);
		memcpy(chain, headers == 1 ? "3a00000000000000 " : "3c00000000000000 ", 17);
		ck_assert_int_eq(walk(&upper, &at, 60, chain), headers <= 7 ? 0 : -EINVAL);
	}
}
END_TEST

START_TEST(a_checksum_of_ipv6_covers_addresses_length_and_protocol)
{
	struct ipoib__random *random = support_random();
	uint8_t packet[40 + 128];
	struct ipoib__ipv6 ip;

	for (int i = 0; i < ROUNDS; i++) {
		size_t length = 44 + (size_t)ipoib__random_below(random, 124);
		wire_random_fill(random, packet, sizeof(packet));
		packet[0] = 0x60;
		wire_close_icmpv6(packet, length, 40);
		ck_assert_int_eq(ipoib__ipv6_decode(&ip, packet, length), 40);
		ck_assert_uint_eq(ipoib__ipv6_checksum(&ip, 58, packet + 40, length - 40), 0);
		ck_assert_uint_ne(ipoib__ipv6_checksum(&ip, 17, packet + 40, length - 40), 0);
		ip.source[i % 16] ^= (uint8_t)(1 << i % 8);
		ck_assert_uint_ne(ipoib__ipv6_checksum(&ip, 58, packet + 40, length - 40), 0);
	}
}
END_TEST

Suite *suite_ip6(void)
{
	Suite *suite = suite_create("ip6");
	TCase *tcase = tcase_create("ip6");

	tcase_add_checked_fixture(tcase, support_setup, support_teardown);
	tcase_add_test(tcase, any_ipv6_header_survives_encoding_and_decoding);
	tcase_add_test(tcase, kinds_of_ipv6_address_are_told_apart);
	tcase_add_test(tcase, who_has_an_address_is_asked_for_in_the_group_of_its_last_24_bits);
	tcase_add_test(tcase, a_port_guid_becomes_an_interface_identifier_under_each_rule);
	tcase_add_test(tcase, a_port_has_the_link_local_address_that_linux_gives_it);
	tcase_add_test(tcase, sixteen_octets_are_an_ipv6_address);
	tcase_add_test(tcase, extension_headers_are_walked_to_what_is_carried);
	tcase_add_test(tcase, a_chain_of_headers_has_an_end);
	tcase_add_test(tcase, a_checksum_of_ipv6_covers_addresses_length_and_protocol);
	suite_add_tcase(suite, tcase);
	return suite;
}
