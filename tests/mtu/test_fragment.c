/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Fragments of IPv4 packets, put together again by a reader of its own. */
#include <errno.h>
#include <string.h>

#include "mtu/mtu.h"
#include "mtu/suites.h"
#include "support/support.h"
#include "wire/ip.h"

#define PACKET_MAX 65535
#define HEADER_MAX IPOIB__IPV4_HEADER_MAX
#define DONT_FRAGMENT 0x4000
#define MORE 0x2000

static uint8_t packet[PACKET_MAX];
static uint8_t out[PACKET_MAX];
static uint8_t whole[PACKET_MAX];

static uint16_t get16(const uint8_t *at)
{
	return (uint16_t)(at[0] << 8 | at[1]);
}

static void put16(uint8_t *at, size_t value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

static void seal(size_t header)
{
	put16(packet + 10, 0);
	put16(packet + 10, ipoib__ip_checksum(packet, header));
}

/* A packet of random octets; the options are as they stand in packet. */
static void build(size_t header, size_t length, uint16_t flags)
{
	struct ipoib__random *numbers = support_random();

	packet[0] = (uint8_t)(0x40 | header / 4);
	packet[1] = 0x1c;
	put16(packet + 2, length);
	put16(packet + 4, 0xbeef);
	put16(packet + 6, flags);
	packet[8] = 63;
	packet[9] = 17;
	memcpy(packet + 12, "\x0a\x00\x00\x01\x0a\x00\x00\x02", 8);
	for (size_t i = header; i < length; i++)
		packet[i] = (uint8_t)ipoib__random_u64(numbers);
	seal(header);
}

/* What must be so of every fragment; returns its octets of payload. */
static size_t check_fragment(size_t header, size_t length, size_t mtu, size_t done, bool more)
{
	size_t payload = length - header;
	uint16_t flags = get16(out + 6);

	ck_assert_uint_le(length, mtu);
	ck_assert_uint_gt(length, header);
	ck_assert_uint_eq(get16(out + 2), length);
	ck_assert_uint_eq(ipoib__ip_checksum(out, header), 0);
	ck_assert_mem_eq(out, packet, 2);
	ck_assert_mem_eq(out + 4, packet + 4, 2);
	ck_assert_mem_eq(out + 8, packet + 8, 2);
	ck_assert_mem_eq(out + 12, packet + 12, 8);
	ck_assert_uint_eq(flags & 0x1fffu, (get16(packet + 6) & 0x1fffu) + done / 8);
	ck_assert_int_eq((flags & MORE) != 0, more || (get16(packet + 6) & MORE));
	ck_assert_uint_eq(flags & ~0x3fffu, 0);
	if (more)
		ck_assert_uint_eq(payload % 8, 0);
	return payload;
}

/* Cuts the packet and puts it together; how many fragments there were. */
static size_t cut(size_t header, size_t length, uint32_t mtu)
{
	struct ipoib__fragments f;
	size_t done = 0, count = 0, foretold;
	int n;

	ck_assert_int_eq(ipoib__fragments_begin(&f, packet, length, mtu), 0);
	foretold = ipoib__fragments_count(&f);
	memcpy(whole, packet, header);
	while ((n = ipoib__fragments_next(&f, out, mtu)) > 0) {
		size_t payload = (size_t)n - header;

		ck_assert_uint_le(done + payload, length - header);
		check_fragment(header, (size_t)n, mtu, done, done + payload < length - header);
		memcpy(whole + header + done, out + header, payload);
		done += payload;
		count++;
		ck_assert_uint_eq(ipoib__fragments_count(&f), foretold - count);
	}
	ck_assert_int_eq(n, 0);
	ck_assert_int_eq(ipoib__fragments_next(&f, out, mtu), 0);
	ck_assert_uint_eq(done, length - header);
	ck_assert(memcmp(whole, packet, length) == 0);
	ck_assert_uint_eq(count, foretold);
	return count;
}

START_TEST(fragments_put_together_are_the_packet)
{
	struct ipoib__random *numbers = support_random();

	for (unsigned i = 0; i < 2000; i++) {
		size_t header = 20 + 4 * (size_t)ipoib__random_below(numbers, 11);
		size_t most = i % 20 == 0 ? PACKET_MAX : 9000;
		size_t length = (size_t)ipoib__random_between(numbers, header + 1, most);
		uint32_t mtu = (uint32_t)ipoib__random_between(numbers, header + 8, 4092);

		for (size_t at = 20; at < header; at++) /* mostly malformed options */
			packet[at] = (uint8_t)ipoib__random_u64(numbers);
		build(header, length, 0);
		cut(header, length, mtu);
	}
}
END_TEST

START_TEST(a_fragment_is_cut_again)
{
	struct ipoib__random *numbers = support_random();

	for (unsigned i = 0; i < 1000; i++) {
		uint16_t offset = (uint16_t)ipoib__random_below(numbers, 0x1c00);
		uint16_t more = ipoib__random_below(numbers, 2) ? MORE : 0;
		size_t units = (size_t)ipoib__random_between(numbers, 1, 1000);

		build(20, 20 + 8 * units, (uint16_t)(offset | more));
		cut(20, 20 + 8 * units, (uint32_t)ipoib__random_between(numbers, 28, 2044));
	}
}
END_TEST

/* The count by the book: all but the last a multiple of eight, the last as long as the MTU. */
START_TEST(the_boundaries_are_exact)
{
	static const struct {
		size_t length;
		uint32_t mtu;
		size_t count;
	} rows[] = {
		{ 2044, 2044, 1 }, { 2045, 2044, 2 },   { 4068, 2044, 2 },  { 4069, 2044, 3 },
		{ 28, 28, 1 },     { 29, 28, 2 },       { 36, 28, 2 },      { 37, 28, 3 },
		{ 36, 35, 2 },     { 35, 35, 1 },       { 43, 35, 2 },      { 44, 35, 3 },
		{ 21, 28, 1 },     { 65535, 28, 8190 }, { 65535, 2044, 33 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		build(20, rows[i].length, 0);
		ck_assert_uint_eq(cut(20, rows[i].length, rows[i].mtu), rows[i].count);
	}
}
END_TEST

START_TEST(every_length_around_every_small_mtu_is_cut_right)
{
	for (uint32_t mtu = 28; mtu <= 76; mtu++)
		for (size_t length = 21; length <= 4 * mtu; length++) {
			build(20, length, 0);
			cut(20, length, mtu);
		}
}
END_TEST

START_TEST(later_fragments_carry_the_copied_options_only)
{
	/* no operation, record route (not copied), loose source route (copied), end, rubbish */
	static const uint8_t options[16] = { 1, 7, 7, 4, 1, 2, 3, 4, 131, 3, 4, 1, 0, 9, 9, 9 };
	static const uint8_t later[16] = { 1, 1, 1, 1, 1, 1, 1, 1, 131, 3, 4, 1, 0, 0, 0, 0 };
	struct ipoib__fragments f;

	memcpy(packet + 20, options, sizeof(options));
	build(36, 200, 0);
	ck_assert_int_eq(ipoib__fragments_begin(&f, packet, 200, 100), 0);
	ck_assert_int_eq(ipoib__fragments_next(&f, out, 100), 100);
	ck_assert_mem_eq(out + 20, options, sizeof(options));
	for (unsigned i = 0; i < 2; i++) {
		ck_assert_int_gt(ipoib__fragments_next(&f, out, 100), 36);
		ck_assert_mem_eq(out + 20, later, sizeof(later));
	}
	ck_assert_int_eq(ipoib__fragments_next(&f, out, 100), 0);
}
END_TEST

START_TEST(malformed_options_are_blanked_to_the_end)
{
	static const uint8_t bad[][4] = {
		{ 131, 0, 5, 5 }, { 131, 1, 5, 5 }, { 131, 5, 5, 5 }, { 131, 255, 5, 5 },
	};
	static const uint8_t last[4] = { 1, 1, 1, 131 }; /* no room for its length */
	struct ipoib__fragments f;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		memcpy(packet + 20, bad[i], 4);
		build(24, 100, 0);
		ck_assert_int_eq(ipoib__fragments_begin(&f, packet, 100, 64), 0);
		ck_assert_int_eq(ipoib__fragments_next(&f, out, 64), 64);
		ck_assert_mem_eq(out + 20, bad[i], 4);
		ck_assert_int_gt(ipoib__fragments_next(&f, out, 64), 24);
		ck_assert_mem_eq(out + 20, "\0\0\0\0", 4);
	}
	memcpy(packet + 20, last, 4);
	build(24, 100, 0);
	ck_assert_int_eq(ipoib__fragments_begin(&f, packet, 100, 64), 0);
	ck_assert_int_eq(ipoib__fragments_next(&f, out, 64), 64);
	ck_assert_int_gt(ipoib__fragments_next(&f, out, 64), 24);
	ck_assert_mem_eq(out + 20, "\1\1\1\0", 4);
}
END_TEST

START_TEST(a_fragment_beyond_the_end_of_every_packet_is_refused)
{
	struct ipoib__fragments f;

	build(20, 20 + 7, 0x1fff); /* offset 65528: 7 octets more are the most */
	ck_assert_int_eq(ipoib__fragments_begin(&f, packet, 20 + 7, 100), 0);
	build(20, 20 + 8, 0x1fff);
	ck_assert_int_eq(ipoib__fragments_begin(&f, packet, 20 + 8, 100), -EINVAL);
}
END_TEST

START_TEST(a_packet_with_df_is_not_cut)
{
	struct ipoib__fragments f;

	build(20, 3000, DONT_FRAGMENT);
	ck_assert_int_eq(ipoib__fragments_begin(&f, packet, 3000, 2044), -EPERM);
}
END_TEST

START_TEST(an_mtu_without_eight_octets_behind_the_header_is_too_small)
{
	struct ipoib__fragments f;

	for (size_t header = 20; header <= HEADER_MAX; header += 4) {
		memset(packet + 20, 1, HEADER_MAX - 20);
		build(header, 3000, 0);
		for (uint32_t mtu = 0; mtu < header + 8; mtu++)
			ck_assert_int_eq(ipoib__fragments_begin(&f, packet, 3000, mtu), -EMSGSIZE);
		ck_assert_int_eq(ipoib__fragments_begin(&f, packet, 3000, (uint32_t)header + 8), 0);
	}
}
END_TEST

START_TEST(what_is_no_whole_ipv4_packet_is_refused)
{
	struct ipoib__fragments f;

	build(20, 300, 0);
	for (size_t length = 0; length < 300; length++)
		ck_assert_int_eq(ipoib__fragments_begin(&f, packet, length, 100), -EINVAL);
	packet[0] = 0x65;
	ck_assert_int_eq(ipoib__fragments_begin(&f, packet, 300, 100), -EINVAL);
	packet[0] = 0x44;
	ck_assert_int_eq(ipoib__fragments_begin(&f, packet, 300, 100), -EINVAL);
	packet[0] = 0x45;
	packet[8]++;
	ck_assert_int_eq(ipoib__fragments_begin(&f, packet, 300, 100), -EINVAL);
}
END_TEST

START_TEST(too_little_room_loses_no_fragment)
{
	struct ipoib__fragments f;

	build(20, 300, 0);
	ck_assert_int_eq(ipoib__fragments_begin(&f, packet, 300, 100), 0);
	for (size_t room = 0; room < 100; room++)
		ck_assert_int_eq(ipoib__fragments_next(&f, out, room), -ENOBUFS);
	ck_assert_uint_eq(ipoib__fragments_count(&f), 4);
	ck_assert_int_eq(ipoib__fragments_next(&f, out, 100), 100);
	ck_assert_uint_eq(get16(out + 6), MORE);
	ck_assert_uint_eq(ipoib__fragments_count(&f), 3);
}
END_TEST

/* The link may pad: what follows the packet is no part of it. */
START_TEST(padding_is_not_sent)
{
	struct ipoib__fragments f;

	build(20, 100, 0);
	ck_assert_int_eq(ipoib__fragments_begin(&f, packet, 200, 60), 0);
	ck_assert_uint_eq(ipoib__fragments_count(&f), 2);
	ck_assert_int_eq(ipoib__fragments_next(&f, out, 60), 60);
	ck_assert_int_eq(ipoib__fragments_next(&f, out, 60), 60);
	ck_assert_int_eq(ipoib__fragments_next(&f, out, 60), 0);
}
END_TEST

Suite *suite_fragment(void)
{
	Suite *suite = suite_create("fragment");
	TCase *tcase = tcase_create("fragment");

	tcase_add_checked_fixture(tcase, support_setup, support_teardown);
	tcase_set_timeout(tcase, 120); /* for valgrind */
	tcase_add_test(tcase, fragments_put_together_are_the_packet);
	tcase_add_test(tcase, a_fragment_is_cut_again);
	tcase_add_test(tcase, the_boundaries_are_exact);
	tcase_add_test(tcase, every_length_around_every_small_mtu_is_cut_right);
	tcase_add_test(tcase, later_fragments_carry_the_copied_options_only);
	tcase_add_test(tcase, malformed_options_are_blanked_to_the_end);
	tcase_add_test(tcase, a_fragment_beyond_the_end_of_every_packet_is_refused);
	tcase_add_test(tcase, a_packet_with_df_is_not_cut);
	tcase_add_test(tcase, an_mtu_without_eight_octets_behind_the_header_is_too_small);
	tcase_add_test(tcase, what_is_no_whole_ipv4_packet_is_refused);
	tcase_add_test(tcase, too_little_room_loses_no_fragment);
	tcase_add_test(tcase, padding_is_not_sent);
	suite_add_tcase(suite, tcase);
	return suite;
}
