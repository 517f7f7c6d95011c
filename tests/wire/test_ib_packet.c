/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include <errno.h>
#include <string.h>

#include "support/support.h"
#include "wire/wire.h"
#include "wire/ib_packet.h"
#include "wire/mgid.h"

/* A broadcast with a payload of 3 octets. */
static struct ipoib__ib_packet broadcast(void)
{
	struct ipoib__ib_packet packet = {
		.slid = 0x0005,
		.dlid = 0xc001,
		.sl = 1,
		.vl = 2,
		.has_grh = true,
		.grh = {
			.traffic_class = 0x12,
			.flow_label = 0x34567,
			.payload_length = 9999,
			.next_header = 77,
			.hop_limit = 3,
			.source = { { 0xfe, 0x80, [15] = 1 } },
			.destination = ipoib__mgid_broadcast(2, 0xffff),
		},
		.opcode = IPOIB__IB_UD_SEND_ONLY,
		.solicited = true,
		.pkey = 0xffff,
		.dqpn = 0xffffff,
		.psn = 0x010203,
		.qkey = 0x0b1b,
		.sqpn = 0x48,
		.payload = "\x08\x06\x00",
		.length = 3,
	};

	return packet;
}

static uint32_t icrc_of(const uint8_t *bytes, int length)
{
	const uint8_t *icrc = bytes + length - 6;

	return (uint32_t)icrc[0] << 24 | (uint32_t)icrc[1] << 16 | (uint32_t)icrc[2] << 8 | icrc[3];
}

START_TEST(a_sample_packet_has_the_crcs_that_others_give_it)
{
	/* An RDMA write, to us 30 octets behind the BTH; its ICRC is from an adapter's tools. */
	static const char sample[] = "7012375c 000e17d2 0a202487 0087b1b3 000dec2a"
				     "01710a1c 015d4002 38f27a05 0000000e bb884d85 fd5cfba4"
				     "728bc069 0ed40000 9625b75a 45fa";
	uint8_t bytes[IPOIB__IB_PACKET_MAX], payload[30];
	struct ipoib__ib_packet packet = {
		.slid = 0x17d2,
		.dlid = 0x375c,
		.sl = 1,
		.vl = 7,
		.opcode = 0x0a,
		.pkey = 0x2487,
		.dqpn = 0x87b1b3,
		.psn = 0x0dec2a,
		.payload = payload,
		.length = sizeof(payload),
	};

	wire_hex(payload, sizeof(payload),
		 "01710a1c 015d4002 38f27a05 0000000e bb884d85 fd5cfba4 728bc069 0ed4");
	int length = ipoib__ib_packet_encode(bytes, sizeof(bytes), &packet);
	wire_assert_hex(bytes, (size_t)length, sample);
}
END_TEST

START_TEST(each_header_is_where_it_belongs)
{
	struct ipoib__ib_packet packet = broadcast();
	uint8_t bytes[IPOIB__IB_PACKET_MAX];
	int length = ipoib__ib_packet_encode(bytes, sizeof(bytes), &packet);

	/* The CRCs were computed by other programs over the masked and the plain octets. */
	wire_assert_hex(bytes, (size_t)length,
			"2013c001 00130005"
			"61234567 001c 1b 03 fe800000000000000000000000000001"
			"ff12401bffff000000000000ffffffff"
			"6490ffff 00ffffff 00010203 00000b1b 00000048 08060000"
			"e09d51bd 9298");
}
END_TEST

/* All short payloads, the long ones by an odd step that still ends with the longest. */
static size_t step(size_t length)
{
	return length < 256 ? 1 : 15;
}

START_TEST(lengths_are_padded_and_counted)
{
	struct ipoib__ib_packet packet = broadcast();
	static uint8_t payload[IPOIB__IB_PAYLOAD_MAX];
	uint8_t bytes[IPOIB__IB_PACKET_MAX];

	wire_random_fill(support_random(), payload, sizeof(payload));
	packet.payload = payload;
	for (size_t length = 0; length <= IPOIB__IB_PAYLOAD_MAX; length += step(length)) {
		size_t padded = (length + 3) / 4 * 4;
		packet.length = length;
		packet.has_grh = length % 2 == 0;
		size_t headers = packet.has_grh ? 68 : 28;
		int written = ipoib__ib_packet_encode(bytes, sizeof(bytes), &packet);
		wire_check(written == (int)(headers + padded + 6), "%zu: %d", length, written);
		unsigned words = (unsigned)((bytes[4] & 7) << 8 | bytes[5]);
		wire_check(4 * words == (unsigned)written - 2, "%zu: %u words", length, words);
		wire_check((bytes[1] & 3) == (packet.has_grh ? 3 : 2), "%zu: next header", length);
		/* Octet 1 of the BTH, which with the DETH is the last 20 octets of the headers. */
		unsigned pad = bytes[headers - 19] >> 4 & 3;
		wire_check(pad == padded - length, "%zu: %u octets of padding", length, pad);
		unsigned grh_length = (unsigned)(bytes[12] << 8 | bytes[13]);
		wire_check(!packet.has_grh || grh_length == 24 + padded, "%zu: GRH", length);
	}
	packet.length = IPOIB__IB_PAYLOAD_MAX + 1;
	ck_assert_int_eq(ipoib__ib_packet_encode(bytes, sizeof(bytes), &packet), -EMSGSIZE);
}
END_TEST

START_TEST(what_routers_change_does_not_change_the_icrc)
{
	struct ipoib__ib_packet packet = broadcast(), other;
	uint8_t bytes[IPOIB__IB_PACKET_MAX];
	int length = ipoib__ib_packet_encode(bytes, sizeof(bytes), &packet);
	uint32_t icrc = icrc_of(bytes, length);

	other = packet;
	other.vl = 9;
	other.sl = 3;
	other.slid = 77;
	other.dlid = 78;
	other.grh.traffic_class = 0xff;
	other.grh.flow_label = 0;
	other.grh.hop_limit = 1;
	length = ipoib__ib_packet_encode(bytes, sizeof(bytes), &other);
	ck_assert_uint_eq(icrc_of(bytes, length), icrc);
	other.qkey++;
	length = ipoib__ib_packet_encode(bytes, sizeof(bytes), &other);
	ck_assert_uint_ne(icrc_of(bytes, length), icrc);
}
END_TEST

START_TEST(without_a_grh_only_the_lane_may_change)
{
	struct ipoib__ib_packet packet = broadcast();
	uint8_t bytes[IPOIB__IB_PACKET_MAX];

	packet.has_grh = false;
	int length = ipoib__ib_packet_encode(bytes, sizeof(bytes), &packet);
	uint32_t icrc = icrc_of(bytes, length);
	packet.vl = 9;
	length = ipoib__ib_packet_encode(bytes, sizeof(bytes), &packet);
	ck_assert_uint_eq(icrc_of(bytes, length), icrc);
	packet.slid++;
	length = ipoib__ib_packet_encode(bytes, sizeof(bytes), &packet);
	ck_assert_uint_ne(icrc_of(bytes, length), icrc);
}
END_TEST

START_TEST(other_opcodes_have_no_datagram_header)
{
	struct ipoib__ib_packet packet = broadcast();
	uint8_t bytes[IPOIB__IB_PACKET_MAX];
	int datagram = ipoib__ib_packet_encode(bytes, sizeof(bytes), &packet);

	packet.opcode = IPOIB__IB_RC_SEND_ONLY;
	ck_assert_int_eq(ipoib__ib_packet_encode(bytes, sizeof(bytes), &packet), datagram - 8);
}
END_TEST

START_TEST(too_little_room_is_no_packet)
{
	struct ipoib__ib_packet packet = broadcast();
	uint8_t bytes[IPOIB__IB_PACKET_MAX];
	size_t length = (size_t)ipoib__ib_packet_encode(bytes, sizeof(bytes), &packet);

	for (size_t room = 0; room <= length; room++) {
		uint8_t *exact = wire_copy(bytes, room);
		int expected = room < length ? -ENOBUFS : (int)length;
		ck_assert_int_eq(ipoib__ib_packet_encode(exact, room, &packet), expected);
		wire_put(exact, room);
	}
}
END_TEST

Suite *suite_ib_packet(void)
{
	Suite *suite = suite_create("ib_packet");
	TCase *tcase = tcase_create("ib_packet");

	tcase_add_checked_fixture(tcase, support_setup, support_teardown);
	tcase_add_test(tcase, a_sample_packet_has_the_crcs_that_others_give_it);
	tcase_add_test(tcase, each_header_is_where_it_belongs);
	tcase_add_test(tcase, lengths_are_padded_and_counted);
	tcase_add_test(tcase, what_routers_change_does_not_change_the_icrc);
	tcase_add_test(tcase, without_a_grh_only_the_lane_may_change);
	tcase_add_test(tcase, other_opcodes_have_no_datagram_header);
	tcase_add_test(tcase, too_little_room_is_no_packet);
	suite_add_tcase(suite, tcase);
	return suite;
}
