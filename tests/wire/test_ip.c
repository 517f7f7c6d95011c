/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include <errno.h>
#include <string.h>

#include "support/support.h"
#include "wire/wire.h"
#include "wire/ip.h"

#define PACKET_LENGTH 115

/* A UDP packet of 115 octets that may not be cut; its checksum was worked out elsewhere. */
static const char header[] = "45000073 00004000 4011b861 c0a80001 c0a800c7";

static int decode_ipv4(void *out, const void *bytes, size_t length)
{
	return ipoib__ipv4_decode(out, bytes, length);
}

static int decode_ipv6(void *out, const void *bytes, size_t length)
{
	return ipoib__ipv6_decode(out, bytes, length);
}

static void put_checksum(uint8_t *packet, size_t header_length)
{
	packet[10] = packet[11] = 0;
	uint16_t checksum = ipoib__ip_checksum(packet, header_length);
	packet[10] = (uint8_t)(checksum >> 8);
	packet[11] = (uint8_t)(checksum & 0xff);
}

/* Word by word, as it is defined. */
static uint16_t defined_checksum(const uint8_t *bytes, size_t length)
{
	uint32_t sum = 0;

	for (size_t i = 0; i < length; i++)
		sum += i % 2 == 0 ? (uint32_t)bytes[i] << 8 : bytes[i];
	while (sum >> 16 != 0)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

START_TEST(checksums_of_every_length_and_place_are_as_defined)
{
	uint8_t bytes[80];

	for (unsigned round = 0; round < 100; round++) {
		for (size_t i = 0; i < sizeof(bytes); i++)
			bytes[i] = round == 0 ? 0xff :
						(uint8_t)ipoib__random_u64(support_random());
		for (size_t at = 0; at < 8; at++)
			for (size_t length = 0; length <= sizeof(bytes) - 8; length++)
				ck_assert_uint_eq(ipoib__ip_checksum(bytes + at, length),
						  defined_checksum(bytes + at, length));
	}
}
END_TEST

START_TEST(checksums_are_those_of_rfc_1071)
{
	/* The example of RFC 1071 section 3: its sum is 0xddf2. */
	static const uint8_t rfc[] = { 0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7 };
	static const uint8_t odd[] = { 0x01, 0x02, 0x03 };
	uint8_t bytes[20];
	static uint8_t ones[65535];

	ck_assert_uint_eq(ipoib__ip_checksum(rfc, sizeof(rfc)), 0xffff & ~0xddf2u);
	ck_assert_uint_eq(ipoib__ip_checksum(odd, sizeof(odd)), 0xffff & ~0x0402u);
	ck_assert_uint_eq(ipoib__ip_checksum(NULL, 0), 0xffff);
	wire_hex(bytes, sizeof(bytes), header);
	ck_assert_uint_eq(ipoib__ip_checksum(bytes, sizeof(bytes)), 0);
	memset(ones, 0xff, sizeof(ones));
	ck_assert_uint_eq(ipoib__ip_checksum(ones, 65534), 0);
	ck_assert_uint_eq(ipoib__ip_checksum(ones, 65535), 0x00ff);
}
END_TEST

START_TEST(each_field_of_ipv4_is_where_it_belongs)
{
	uint8_t packet[PACKET_LENGTH] = { 0 }, again[20];
	struct ipoib__ipv4 ip;

	wire_hex(packet, sizeof(packet), header);
	ck_assert_int_eq(ipoib__ipv4_decode(&ip, packet, sizeof(packet)), 20);
	ck_assert_uint_eq(ip.header_length, 20);
	ck_assert_uint_eq(ip.total_length, PACKET_LENGTH);
	ck_assert(ip.dont_fragment && !ip.more_fragments);
	ck_assert_uint_eq(ip.fragment_offset, 0);
	ck_assert_uint_eq(ip.ttl, 64);
	ck_assert_uint_eq(ip.protocol, IPOIB__IP_PROTOCOL_UDP);
	ck_assert_mem_eq(ip.source, ((uint8_t[]){ 192, 168, 0, 1 }), 4);
	ck_assert_mem_eq(ip.destination, ((uint8_t[]){ 192, 168, 0, 199 }), 4);
	ck_assert_int_eq(ipoib__ipv4_encode(again, sizeof(again), &ip), 20);
	ck_assert_mem_eq(again, packet, 20);
}
END_TEST

START_TEST(any_ipv4_header_survives_encoding_and_decoding)
{
	struct ipoib__random *random = support_random();
	uint8_t packet[2048] = { 0 }, again[20];

	for (int i = 0; i < 500; i++) {
		struct ipoib__ipv4 ip = {
			.header_length = 20,
			.tos = (uint8_t)ipoib__random_below(random, 256),
			.total_length = (uint16_t)ipoib__random_between(random, 20, 2048),
			.id = (uint16_t)ipoib__random_below(random, 65536),
			.dont_fragment = ipoib__random_below(random, 2),
			.more_fragments = ipoib__random_below(random, 2),
			.fragment_offset = (uint16_t)(8 * ipoib__random_below(random, 8192)),
			.ttl = (uint8_t)ipoib__random_below(random, 256),
			.protocol = (uint8_t)ipoib__random_below(random, 256),
		}, back;
		wire_random_fill(random, ip.source, 4);
		wire_random_fill(random, ip.destination, 4);
		ck_assert_int_eq(ipoib__ipv4_encode(packet, sizeof(packet), &ip), 20);
		ck_assert_int_eq(ipoib__ipv4_decode(&back, packet, sizeof(packet)), 20);
		ck_assert_uint_eq(back.total_length, ip.total_length);
		ck_assert_uint_eq(back.id, ip.id);
		ck_assert_uint_eq(back.fragment_offset, ip.fragment_offset);
		ck_assert(back.dont_fragment == ip.dont_fragment);
		ck_assert(back.more_fragments == ip.more_fragments);
		ck_assert_int_eq(ipoib__ipv4_encode(again, sizeof(again), &back), 20);
		ck_assert_mem_eq(again, packet, 20);
	}
}
END_TEST

START_TEST(a_truncated_ipv4_packet_is_refused)
{
	uint8_t packet[PACKET_LENGTH] = { 0 };
	struct ipoib__ipv4 ip;

	wire_hex(packet, sizeof(packet), header);
	for (size_t length = 0; length < PACKET_LENGTH; length++)
		ck_assert_int_eq(wire_decode_exact(decode_ipv4, &ip, packet, length), -EINVAL);
	ck_assert_int_eq(wire_decode_exact(decode_ipv4, &ip, packet, PACKET_LENGTH), 20);
}
END_TEST

START_TEST(options_of_ipv4_are_part_of_its_header)
{
	uint8_t packet[PACKET_LENGTH] = { 0 };
	struct ipoib__ipv4 ip;

	for (unsigned words = 0; words < 16; words++) {
		size_t length = 4 * words;
		wire_hex(packet, sizeof(packet), header);
		packet[0] = (uint8_t)(0x40 | words);
		put_checksum(packet, length < 20 ? 20 : length);
		int expected = words < 5 ? -EINVAL : (int)length;
		ck_assert_int_eq(wire_decode_exact(decode_ipv4, &ip, packet, PACKET_LENGTH),
				 expected);
	}
}
END_TEST

START_TEST(contradictory_lengths_of_ipv4_are_refused)
{
	uint8_t packet[PACKET_LENGTH] = { 0 };
	struct ipoib__ipv4 ip;

	wire_hex(packet, sizeof(packet), header);
	for (unsigned total = 0; total <= 0xffff; total++) {
		packet[2] = (uint8_t)(total >> 8);
		packet[3] = (uint8_t)(total & 0xff);
		put_checksum(packet, 20);
		int expected = total < 20 || total > PACKET_LENGTH ? -EINVAL : 20;
		int result = ipoib__ipv4_decode(&ip, packet, PACKET_LENGTH);
		wire_check(result == expected, "total length %u: %d", total, result);
	}
}
END_TEST

START_TEST(any_turned_bit_of_an_ipv4_header_is_noticed)
{
	uint8_t packet[PACKET_LENGTH] = { 0 };
	struct ipoib__ipv4 ip;
	unsigned by_checksum = 0;

	wire_hex(packet, sizeof(packet), header);
	for (unsigned bit = 0; bit < 160; bit++) {
		packet[bit / 8] ^= (uint8_t)(0x80 >> bit % 8);
		int result = wire_decode_exact(decode_ipv4, &ip, packet, PACKET_LENGTH);
		ck_assert_int_lt(result, 0);
		by_checksum += result == -EBADMSG;
		packet[bit / 8] ^= (uint8_t)(0x80 >> bit % 8);
	}
	/* All but the version, lengths below five words, and totals that are not there. */
	ck_assert_uint_gt(by_checksum, 130);
}
END_TEST

START_TEST(each_field_of_ipv6_is_where_it_belongs)
{
	uint8_t packet[88] = { 0 };
	struct ipoib__ipv6 ip;

	wire_hex(packet, sizeof(packet), "6123456700303aff fe80000000000000f65214030012ab01"
					 "ff0200000000000000000001ff12ab02");
	ck_assert_int_eq(ipoib__ipv6_decode(&ip, packet, sizeof(packet)), 40);
	ck_assert_uint_eq(ip.traffic_class, 0x12);
	ck_assert_uint_eq(ip.flow_label, 0x34567);
	ck_assert_uint_eq(ip.payload_length, 48);
	ck_assert_uint_eq(ip.next_header, IPOIB__IP_PROTOCOL_ICMPV6);
	ck_assert_uint_eq(ip.hop_limit, 255);
	wire_assert_hex(ip.source, 16, "fe80000000000000f65214030012ab01");
	wire_assert_hex(ip.destination, 16, "ff0200000000000000000001ff12ab02");
	for (size_t length = 0; length < sizeof(packet); length++)
		ck_assert_int_eq(wire_decode_exact(decode_ipv6, &ip, packet, length), -EINVAL);
	packet[0] = 0x45;
	ck_assert_int_eq(ipoib__ipv6_decode(&ip, packet, sizeof(packet)), -EPROTO);
}
END_TEST

START_TEST(random_octets_as_ip_do_no_harm)
{
	struct ipoib__ipv4 ipv4;
	struct ipoib__ipv6 ipv6;

	wire_decode_garbage(decode_ipv4, &ipv4, support_random(), 128);
	wire_decode_garbage(decode_ipv6, &ipv6, support_random(), 128);
}
END_TEST

START_TEST(versions_and_kinds_of_address_are_told_apart)
{
	struct ipoib_ip ip;

	for (unsigned octet = 0; octet < 256; octet++) {
		uint8_t first = (uint8_t)octet;
		unsigned version = octet >> 4;
		ck_assert_uint_eq(ipoib__ip_version(&first, 1),
				  version == 4 || version == 6 ? version : 0);
	}
	ck_assert_uint_eq(ipoib__ip_version(NULL, 0), 0);
	ck_assert_int_eq(ipoib_ip_parse(&ip, "239.1.2.3"), 0);
	ck_assert(ipoib__ip_is_multicast(&ip) && !ipoib__ip_is_broadcast(&ip));
	ck_assert_int_eq(ipoib_ip_parse(&ip, "255.255.255.255"), 0);
	ck_assert(!ipoib__ip_is_multicast(&ip) && ipoib__ip_is_broadcast(&ip));
	ck_assert_int_eq(ipoib_ip_parse(&ip, "ff02::1"), 0);
	ck_assert(ipoib__ip_is_multicast(&ip) && !ipoib__ip_is_broadcast(&ip));
	ck_assert_int_eq(ipoib_ip_parse(&ip, "ffff:ffff::"), 0);
	ck_assert(!ipoib__ip_is_broadcast(&ip));
	ck_assert_int_eq(ipoib_ip_parse(&ip, "fe80::1"), 0);
	ck_assert(!ipoib__ip_is_multicast(&ip));
}
END_TEST

Suite *suite_ip(void)
{
	Suite *suite = suite_create("ip");
	TCase *tcase = tcase_create("ip");

	tcase_add_checked_fixture(tcase, support_setup, support_teardown);
	tcase_add_test(tcase, checksums_are_those_of_rfc_1071);
	tcase_add_test(tcase, checksums_of_every_length_and_place_are_as_defined);
	tcase_add_test(tcase, each_field_of_ipv4_is_where_it_belongs);
	tcase_add_test(tcase, any_ipv4_header_survives_encoding_and_decoding);
	tcase_add_test(tcase, a_truncated_ipv4_packet_is_refused);
	tcase_add_test(tcase, options_of_ipv4_are_part_of_its_header);
	tcase_add_test(tcase, contradictory_lengths_of_ipv4_are_refused);
	tcase_add_test(tcase, any_turned_bit_of_an_ipv4_header_is_noticed);
	tcase_add_test(tcase, each_field_of_ipv6_is_where_it_belongs);
	tcase_add_test(tcase, random_octets_as_ip_do_no_harm);
	tcase_add_test(tcase, versions_and_kinds_of_address_are_told_apart);
	suite_add_tcase(suite, tcase);
	return suite;
}
