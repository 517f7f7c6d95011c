/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <ipoib/capture.h>

#include "capture/sink.h"
#include "capture/suites.h"
#include "support/support.h"

static struct ipoib_capture *capture;

static void open_capture(void)
{
	struct ipoib_capture_config config = sink_config();

	sink_setup();
	ck_assert_int_eq(ipoib_capture_new(&capture, &config), 0);
}

static void close_capture(void)
{
	ipoib_capture_close(capture);
	support_teardown();
}

START_TEST(a_record_is_the_golden_one)
{
	struct ipoib_capture_packet packet = golden_packet();

	ck_assert_uint_eq(sink.length, FILE_HEADER);
	ck_assert_int_eq(ipoib_capture_packet(capture, 1500000000, &packet), 0);
	ck_assert_uint_eq(sink.length, FILE_HEADER + GOLDEN_LENGTH);
	ck_assert_mem_eq(sink.octets + FILE_HEADER, golden_record, GOLDEN_LENGTH);
	ck_assert_uint_eq(sink.calls, 2);
	check_counts(capture, 1, 0);
	ck_assert_uint_eq(ipoib_capture_count(capture, NULL), 1);
}
END_TEST

START_TEST(a_grh_stands_between_its_neighbours)
{
	struct ipoib_capture_packet packet = golden_packet();
	const uint8_t *lrh = sink.octets + FILE_HEADER + RECORD_HEADER;

	packet.has_grh = 1;
	packet.traffic_class = 0xab;
	packet.flow_label = 0xcdef0;
	packet.hop_limit = 63;
	memset(packet.sgid.raw, 0x51, sizeof(packet.sgid.raw));
	memset(packet.dgid.raw, 0xd1, sizeof(packet.dgid.raw));
	ck_assert_int_eq(ipoib_capture_packet(capture, 0, &packet), 0);
	ck_assert_uint_eq(sink.length, FILE_HEADER + GOLDEN_LENGTH + 40);
	ck_assert_uint_eq(lrh[1], 0x33); /* SL 3, a GRH follows */
	static const uint8_t first[] = { 0x6a, 0xbc, 0xde, 0xf0, 0, 32, 0x1b, 63 };
	ck_assert_mem_eq(lrh + 8, first, sizeof(first));
	ck_assert_mem_eq(lrh + 16, packet.sgid.raw, 16);
	ck_assert_mem_eq(lrh + 32, packet.dgid.raw, 16);
	ck_assert_uint_eq(lrh[48], 0x64);
}
END_TEST

START_TEST(what_does_not_count_without_a_grh_does_not_matter)
{
	struct ipoib_capture_packet packet = golden_packet();

	packet.flow_label = UINT32_MAX;
	memset(&packet.dgid, 0xff, sizeof(packet.dgid));
	ck_assert_int_eq(ipoib_capture_packet(capture, 1500000000, &packet), 0);
	ck_assert_mem_eq(sink.octets + FILE_HEADER, golden_record, GOLDEN_LENGTH);
}
END_TEST

START_TEST(a_running_number_is_counted_modulo_2_to_the_24)
{
	struct ipoib_capture_packet packet = golden_packet();

	packet.psn = 0xff123456;
	ck_assert_int_eq(ipoib_capture_packet(capture, 1500000000, &packet), 0);
	ck_assert_mem_eq(sink.octets + FILE_HEADER, golden_record, GOLDEN_LENGTH);
}
END_TEST

START_TEST(payloads_from_0_to_4096_octets_are_recorded)
{
	static uint8_t long_payload[4097];
	struct ipoib_capture_packet packet = golden_packet();

	packet.payload = NULL;
	packet.length = 0;
	ck_assert_int_eq(ipoib_capture_packet(capture, 0, &packet), 0);
	packet.payload = long_payload;
	packet.length = 4096;
	ck_assert_int_eq(ipoib_capture_packet(capture, 0, &packet), 0);
	check_counts(capture, 2, 0);

	size_t before = sink.length;

	packet.length = 4097;
	ck_assert_int_eq(ipoib_capture_packet(capture, 0, &packet), -EMSGSIZE);
	packet.length = SIZE_MAX;
	ck_assert_int_eq(ipoib_capture_packet(capture, 0, &packet), -EMSGSIZE);
	ck_assert_uint_eq(sink.length, before);
	check_counts(capture, 2, 2);
}
END_TEST

/* Opcode of the n-th packet of a connection that was recorded, all of one length but the last. */
static uint8_t opcode_at(size_t n, size_t packet)
{
	return sink.octets[FILE_HEADER + n * (RECORD_HEADER + packet) + RECORD_HEADER + 8];
}

START_TEST(a_message_is_cut_into_the_packets_that_an_adapter_makes_of_it)
{
	static const uint8_t message[1024];
	struct ipoib_capture_packet packet = golden_packet();
	const size_t full = 8 + 12 + 256 + 4 + 2;

	packet.kind = IPOIB_CAPTURE_RC_SEND;
	packet.mtu = 256;
	packet.payload = message;
	packet.length = sizeof(message);
	packet.psn = 0xffffff;
	ck_assert_int_eq(ipoib_capture_packet(capture, 0, &packet), 0);
	ck_assert_uint_eq(sink.length, FILE_HEADER + 4 * (RECORD_HEADER + full));
	check_counts(capture, 4, 0);
	ck_assert_uint_eq(opcode_at(0, full), 0);
	ck_assert_uint_eq(opcode_at(1, full), 1);
	ck_assert_uint_eq(opcode_at(2, full), 1);
	ck_assert_uint_eq(opcode_at(3, full), 2);

	const uint8_t *bth = sink.octets + FILE_HEADER + RECORD_HEADER + full + RECORD_HEADER + 8;
	static const uint8_t second[] = { 1, 0, 0xff, 0xff, 0, 0, 0, 0x48, 0, 0, 0, 0 };

	ck_assert_mem_eq(bth, second, sizeof(second));
	/* The last asks for an acknowledgement. */
	ck_assert_uint_eq(bth[2 * (full + RECORD_HEADER) + 8], 0x80);
}
END_TEST

START_TEST(messages_from_0_octets_to_1_MiB_are_recorded)
{
	static const uint8_t message[IPOIB_CAPTURE_MESSAGE_MAX + 1];
	struct ipoib_capture_packet packet = golden_packet();

	packet.kind = IPOIB_CAPTURE_RC_SEND;
	packet.mtu = 4096;
	packet.length = 0;
	packet.payload = NULL;
	ck_assert_int_eq(ipoib_capture_packet(capture, 0, &packet), 0);
	ck_assert_uint_eq(opcode_at(0, 26), 4);
	packet.payload = message;
	packet.length = sizeof(message);
	ck_assert_int_eq(ipoib_capture_packet(capture, 0, &packet), -EMSGSIZE);
	packet.length = 1;
	packet.mtu = 255;
	ck_assert_int_eq(ipoib_capture_packet(capture, 0, &packet), -EINVAL);
	packet.mtu = 4097;
	ck_assert_int_eq(ipoib_capture_packet(capture, 0, &packet), -EINVAL);
	packet.mtu = 4096;
	packet.kind = IPOIB_CAPTURE_RC_ACKNOWLEDGE + 1;
	ck_assert_int_eq(ipoib_capture_packet(capture, 0, &packet), -EINVAL);
	check_counts(capture, 1, 4);
}
END_TEST

START_TEST(an_acknowledgement_has_its_own_header)
{
	struct ipoib_capture_packet packet = golden_packet();
	static const uint8_t bth_and_aeth[] = { 0x11, 0, 0xff, 0xff, 0,	   0,	 0,    0x48,
						0,    0, 0,    9,    0x6e, 0x12, 0x34, 0x56 };

	packet.kind = IPOIB_CAPTURE_RC_ACKNOWLEDGE;
	packet.length = 0;
	packet.psn = 9;
	packet.syndrome = 0x6e;
	packet.msn = 0xff123456;
	ck_assert_int_eq(ipoib_capture_packet(capture, 0, &packet), 0);
	ck_assert_mem_eq(sink.octets + FILE_HEADER + RECORD_HEADER + 8, bth_and_aeth,
			 sizeof(bth_and_aeth));
	ck_assert_uint_eq(sink.length, FILE_HEADER + RECORD_HEADER + 8 + 16 + 6);
}
END_TEST

START_TEST(an_older_caller_records_datagrams)
{
	struct ipoib_capture_packet packet = golden_packet();

	packet.size = offsetof(struct ipoib_capture_packet, kind);
	packet.kind = 77; /* what it does not know of is not looked at */
	ck_assert_int_eq(ipoib_capture_packet(capture, 1500000000, &packet), 0);
	ck_assert_mem_eq(sink.octets + FILE_HEADER, golden_record, GOLDEN_LENGTH);
}
END_TEST

static void spoil(struct ipoib_capture_packet *packet, unsigned way)
{
	switch (way) {
	case 0:
		packet->size = offsetof(struct ipoib_capture_packet, kind) - 1;
		break;
	case 1:
		packet->size = 0;
		break;
	case 2:
		packet->payload = NULL;
		break;
	case 3:
		packet->sl = 16;
		break;
	case 4:
		packet->source_qpn = 0x1000000;
		break;
	case 5:
		packet->dest_qpn = 0x1000000;
		break;
	case 6:
		packet->has_grh = 1;
		packet->flow_label = 0x100000;
		break;
	case 7:
		packet->reserved[0] = 1;
		break;
	default:
		packet->reserved[1] = 1;
		break;
	}
}

START_TEST(what_is_no_packet_is_refused_and_the_next_one_recorded)
{
	struct ipoib_capture_packet packet;

	for (unsigned way = 0; way < 9; way++) {
		packet = golden_packet();
		spoil(&packet, way);
		ck_assert_msg(ipoib_capture_packet(capture, 0, &packet) == -EINVAL, "way %u", way);
	}
	ck_assert_int_eq(ipoib_capture_packet(capture, 0, NULL), -EINVAL);
	packet = golden_packet();
	ck_assert_int_eq(ipoib_capture_packet(capture, 1500000000, &packet), 0);
	ck_assert_mem_eq(sink.octets + FILE_HEADER, golden_record, GOLDEN_LENGTH);
	check_counts(capture, 1, 10);
}
END_TEST

START_TEST(times_that_no_file_can_hold_are_refused)
{
	struct ipoib_capture_packet packet = golden_packet();

	ck_assert_int_eq(ipoib_capture_packet(capture, UINT64_MAX, &packet), -EINVAL);
	ck_assert_uint_eq(sink.length, FILE_HEADER);
	check_counts(capture, 0, 1);
}
END_TEST

START_TEST(a_newer_caller_is_understood_if_it_asks_for_nothing_new)
{
	struct {
		struct ipoib_capture_packet packet;
		unsigned char news[8]; /* with no padding before it */
	} newer = { golden_packet(), { 0 } };

	newer.packet.size = sizeof(newer);
	ck_assert_int_eq(ipoib_capture_packet(capture, 1500000000, &newer.packet), 0);
	ck_assert_mem_eq(sink.octets + FILE_HEADER, golden_record, GOLDEN_LENGTH);
	newer.news[0] = 1;
	ck_assert_int_eq(ipoib_capture_packet(capture, 0, &newer.packet), -E2BIG);
	check_counts(capture, 1, 1);
}
END_TEST

START_TEST(nonsense_from_random_octets_does_no_harm)
{
	static uint8_t random_payload[4096];

	for (unsigned i = 0; i < 2000; i++) {
		struct ipoib_capture_packet packet;
		uint8_t *octets = (uint8_t *)&packet;

		for (size_t at = 0; at < sizeof(packet); at++)
			octets[at] = (uint8_t)ipoib__random_below(support_random(), 256);
		packet.size = sizeof(packet);
		packet.payload = random_payload;
		packet.length = ipoib__random_below(support_random(), 5000);
		int status = ipoib_capture_packet(
			capture, ipoib__random_u64(support_random()), &packet);

		ck_assert(status == 0 || status == -EINVAL || status == -EMSGSIZE);
		sink.length = 0;
	}
}
END_TEST

Suite *suite_record(void)
{
	Suite *suite = suite_create("record");
	TCase *tcase = tcase_create("record");

	tcase_add_checked_fixture(tcase, open_capture, close_capture);
	tcase_add_test(tcase, a_record_is_the_golden_one);
	tcase_add_test(tcase, a_grh_stands_between_its_neighbours);
	tcase_add_test(tcase, what_does_not_count_without_a_grh_does_not_matter);
	tcase_add_test(tcase, a_running_number_is_counted_modulo_2_to_the_24);
	tcase_add_test(tcase, a_message_is_cut_into_the_packets_that_an_adapter_makes_of_it);
	tcase_add_test(tcase, messages_from_0_octets_to_1_MiB_are_recorded);
	tcase_add_test(tcase, an_acknowledgement_has_its_own_header);
	tcase_add_test(tcase, an_older_caller_records_datagrams);
	tcase_add_test(tcase, payloads_from_0_to_4096_octets_are_recorded);
	tcase_add_test(tcase, what_is_no_packet_is_refused_and_the_next_one_recorded);
	tcase_add_test(tcase, times_that_no_file_can_hold_are_refused);
	tcase_add_test(tcase, a_newer_caller_is_understood_if_it_asks_for_nothing_new);
	tcase_add_test(tcase, nonsense_from_random_octets_does_no_harm);
	suite_add_tcase(suite, tcase);
	return suite;
}
