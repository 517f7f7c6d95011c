/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include <string.h>

#include <ipoib/interface.h>

#include "examples/examples.h"
#include "ip_checksum.h"
#include "perf_packet.h"
#include "support/support.h"

static uint8_t packet[PERF_IP_HEADERS + PERF_SIZE_MOST];
static struct perf_ends ends;

static void setup(void)
{
	static const uint8_t own[4] = { 10, 0, 0, 1 };
	static const uint8_t peer[4] = { 10, 0, 0, 2 };

	support_setup();
	memset(packet, 0xee, sizeof(packet));
	ends.own = ipoib_ip_from_ipv4(own);
	ends.peer = ipoib_ip_from_ipv4(peer);
}

/* Every field filled, whatever the type makes of it. */
static struct perf_message full_message(uint8_t type)
{
	return (struct perf_message){
		.version = PERF_VERSION,
		.type = type,
		.run = 0x01020304,
		.sequence = UINT64_C(0x1112131415161718),
		.time = UINT64_C(0x2122232425262728),
		.terms = { .mode = IPOIB_MODE_CONNECTED, .latency = true, .both = true,
			   .event = true, .size = 0x31323334, .count = UINT64_C(0x4142434445464748),
			   .duration_ns = UINT64_C(0x5152535455565758), .window = 0x61626364,
			   .batch = 0x71727374 },
		.reason = PERF_REFUSED_SIZE,
		.number = 2044,
		.through = 17,
		.received = 16,
		.duplicates = 3,
		.sent = 99,
		.finished = true,
	};
}

static void check_body(const struct perf_message *in, const struct perf_message *out)
{
	switch (in->type) {
	case PERF_HELLO:
	case PERF_ACCEPT:
		ck_assert_uint_eq(out->terms.mode, in->terms.mode);
		ck_assert(out->terms.latency && out->terms.both && out->terms.event);
		ck_assert_uint_eq(out->terms.size, in->terms.size);
		ck_assert_uint_eq(out->terms.count, in->terms.count);
		ck_assert_uint_eq(out->terms.duration_ns, in->terms.duration_ns);
		ck_assert_uint_eq(out->terms.window, in->terms.window);
		ck_assert_uint_eq(out->terms.batch, in->terms.batch);
		break;
	case PERF_REFUSE:
		ck_assert_uint_eq(out->reason, in->reason);
		ck_assert_uint_eq(out->number, in->number);
		break;
	case PERF_ACK:
		ck_assert_uint_eq(out->through, in->through);
		ck_assert_uint_eq(out->received, in->received);
		break;
	case PERF_RESULT:
		ck_assert_uint_eq(out->received, in->received);
		ck_assert_uint_eq(out->duplicates, in->duplicates);
		ck_assert_uint_eq(out->sent, in->sent);
		ck_assert(out->finished);
		break;
	default:
		ck_assert_uint_eq(out->received, 0);
		break;
	}
}

START_TEST(what_is_written_is_read_again)
{
	for (uint8_t type = PERF_HELLO; type <= PERF_BYE; type++) {
		struct perf_message in = full_message(type);
		struct perf_message out;
		size_t length = perf_packet_write(packet, &in, &ends, 0);

		ck_assert_uint_eq(length, PERF_IP_HEADERS + perf_packet_size(type));
		ck_assert(perf_packet_parse(packet, length, &out));
		ck_assert_uint_eq(out.type, type);
		ck_assert_uint_eq(out.run, in.run);
		ck_assert_uint_eq(out.sequence, in.sequence);
		ck_assert_uint_eq(out.time, in.time);
		ck_assert_uint_eq(out.size, perf_packet_size(type));
		ck_assert(ipoib_ip_equal(&out.source, &ends.own));
		ck_assert(ipoib_ip_equal(&out.destination, &ends.peer));
		check_body(&in, &out);
	}
}
END_TEST

/* Taken from the RFCs and not from the code: Wireshark must read it as well. */
START_TEST(the_headers_are_those_of_ipv4_and_udp)
{
	struct perf_message in = full_message(PERF_DATA);
	size_t length = perf_packet_write(packet, &in, &ends, 100);

	ck_assert_uint_eq(length, 128);
	ck_assert_uint_eq(packet[0], 0x45);
	ck_assert_uint_eq(ip_get16(packet + 2), 128);
	ck_assert_uint_eq(packet[6], 0x40);
	ck_assert_uint_eq(packet[9], 17);
	ck_assert_uint_eq(ip_checksum(packet, 20), 0);
	ck_assert_uint_eq(ip_get16(packet + 20), PERF_UDP_PORT);
	ck_assert_uint_eq(ip_get16(packet + 22), PERF_UDP_PORT);
	ck_assert_uint_eq(ip_get16(packet + 24), 108);
	ck_assert_uint_eq(ip_get16(packet + 26), 0);
	ck_assert_mem_eq(packet + 28, "IP", 2);
	/* What lies behind the headers is not touched. */
	ck_assert_uint_eq(packet[28 + PERF_HEADER], 0xee);
}
END_TEST

START_TEST(the_largest_is_65535_octets)
{
	struct perf_message in = full_message(PERF_DATA);
	struct perf_message out;

	ck_assert_uint_eq(perf_packet_write(packet, &in, &ends, PERF_SIZE_MOST), 65535);
	ck_assert(perf_packet_parse(packet, 65535, &out));
	ck_assert_uint_eq(out.size, PERF_SIZE_MOST);
}
END_TEST

START_TEST(no_shorter_part_of_a_packet_is_one)
{
	for (uint8_t type = PERF_HELLO; type <= PERF_BYE; type++) {
		struct perf_message in = full_message(type);
		struct perf_message out;
		size_t length = perf_packet_write(packet, &in, &ends, 0);

		for (size_t part = 0; part < length; part++) {
			uint8_t *copy = support_allocate(part + 1, NULL);

			memcpy(copy, packet, part);
			ck_assert(!perf_packet_parse(copy, part, &out));
			support_release(copy, part + 1, NULL);
		}
	}
}
END_TEST

/* Whole by its headers, but with less in it than the type needs. */
START_TEST(a_body_that_is_too_short_is_refused)
{
	for (uint8_t type = PERF_HELLO; type <= PERF_BYE; type++) {
		struct perf_message in = full_message(type);
		struct perf_message out;
		size_t size = perf_packet_size(type) - 1;

		perf_packet_write(packet, &in, &ends, 0);
		ip_put16(packet + 2, (uint16_t)(PERF_IP_HEADERS + size));
		ip_put16(packet + 24, (uint16_t)(8 + size));
		ip_put16(packet + 10, 0);
		ip_put16(packet + 10, ip_checksum(packet, 20));
		ck_assert(!perf_packet_parse(packet, PERF_IP_HEADERS + size, &out));
	}
}
END_TEST

START_TEST(what_is_not_ours_is_refused)
{
	static const struct {
		size_t at;
		uint8_t value;
	} changes[] = {
		{ 0, 0x65 },  /* IPv6 */
		{ 0, 0x44 },  /* a header that is too short */
		{ 0, 0x4f },  /* or too long */
		{ 6, 0x60 },  /* a fragment */
		{ 7, 0x01 },
		{ 9, 6 },     /* TCP */
		{ 22, 0x00 }, /* another port */
		{ 25, 0xff }, /* a length that is not UDP's */
		{ 28, 'X' },
		{ 31, 0 },    /* types that there are not */
		{ 31, PERF_BYE + 1 },
	};
	struct perf_message in = full_message(PERF_ACK);
	struct perf_message out;

	for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
		size_t length = perf_packet_write(packet, &in, &ends, 0);

		packet[changes[i].at] = changes[i].value;
		ip_put16(packet + 10, 0);
		ip_put16(packet + 10, ip_checksum(packet, 20));
		ck_assert_msg(!perf_packet_parse(packet, length, &out), "change %zu is taken", i);
	}
	perf_packet_write(packet, &in, &ends, 0);
	packet[8]--; /* the checksum is of another TTL */
	ck_assert(!perf_packet_parse(packet, 200, &out));
}
END_TEST

START_TEST(of_another_version_the_start_alone_is_read)
{
	struct perf_message in = full_message(PERF_HELLO);
	struct perf_message out;

	in.version = PERF_VERSION + 1;

	size_t length = perf_packet_write(packet, &in, &ends, 0);

	ck_assert(perf_packet_parse(packet, length, &out));
	ck_assert_uint_eq(out.version, PERF_VERSION + 1);
	ck_assert_uint_eq(out.type, PERF_HELLO);
	ck_assert_uint_eq(out.run, in.run);
	ck_assert_uint_eq(out.sequence, 0);
	ck_assert_uint_eq(out.terms.size, 0);
}
END_TEST

START_TEST(random_octets_do_no_harm)
{
	struct perf_message in = full_message(PERF_HELLO);
	struct perf_message out;

	for (unsigned i = 0; i < 20000; i++) {
		size_t length = perf_packet_write(packet, &in, &ends, 0);
		unsigned changes = 1 + (unsigned)ipoib__random_below(support_random(), 4);

		while (changes-- > 0)
			packet[ipoib__random_below(support_random(), (uint32_t)length)] =
				(uint8_t)ipoib__random_u64(support_random());
		ip_put16(packet + 10, 0);
		ip_put16(packet + 10, ip_checksum(packet, 20));
		if (perf_packet_parse(packet, length, &out))
			ck_assert_uint_le(out.size, length);
	}
}
END_TEST

Suite *suite_perf_packet(void)
{
	Suite *suite = suite_create("perf_packet");
	TCase *tcase = tcase_create("packet");

	tcase_add_checked_fixture(tcase, setup, support_teardown);
	tcase_add_test(tcase, what_is_written_is_read_again);
	tcase_add_test(tcase, the_headers_are_those_of_ipv4_and_udp);
	tcase_add_test(tcase, the_largest_is_65535_octets);
	tcase_add_test(tcase, no_shorter_part_of_a_packet_is_one);
	tcase_add_test(tcase, a_body_that_is_too_short_is_refused);
	tcase_add_test(tcase, what_is_not_ours_is_refused);
	tcase_add_test(tcase, of_another_version_the_start_alone_is_read);
	tcase_add_test(tcase, random_octets_do_no_harm);
	suite_add_tcase(suite, tcase);
	return suite;
}
