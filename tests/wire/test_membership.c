/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Reports of IGMP and MLD, and what they say of groups. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <ipoib/membership.h>

#include "support/support.h"
#include "wire/wire.h"
#include "wire/ip.h"

#define ROOM 16
#define PACKET_MAX 2048

struct packet {
	uint8_t bytes[PACKET_MAX];
	size_t length, at; /* of the message */
};

static void put_u16(uint8_t *at, uint16_t value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)(value & 0xff);
}

/* Makes lengths and checksums right. */
static void close_packet(struct packet *packet)
{
	uint8_t *message = packet->bytes + packet->at;

	if (packet->bytes[0] >> 4 == 6) {
		wire_close_icmpv6(packet->bytes, packet->length, packet->at);
		return;
	}
	put_u16(packet->bytes + 2, (uint16_t)packet->length);
	packet->bytes[10] = packet->bytes[11] = 0;
	put_u16(packet->bytes + 10, ipoib__ip_checksum(packet->bytes, packet->at));
	message[2] = message[3] = 0;
	put_u16(message + 2, ipoib__ip_checksum(message, packet->length - packet->at));
}

/* IGMP with the router alert option, as Linux sends it. */
static void make_igmp(struct packet *packet, const char *message)
{
	memset(packet, 0, sizeof(*packet));
	packet->at = wire_hex(packet->bytes, PACKET_MAX,
			      "46c0000000004000 01020000 0a0a0101 e0000016 94040000");
	packet->length = packet->at + wire_hex(packet->bytes + packet->at,
					       PACKET_MAX - packet->at, message);
	close_packet(packet);
}

/* MLD behind a hop-by-hop header with the router alert option. */
static void make_mld(struct packet *packet, const char *message)
{
	memset(packet, 0, sizeof(*packet));
	packet->at = wire_hex(packet->bytes, PACKET_MAX,
			      "6000000000000001 fe80000000000000f65214030012ab01"
			      "ff020000000000000000000000000016 3a00050200000100");
	packet->length = packet->at + wire_hex(packet->bytes + packet->at,
					       PACKET_MAX - packet->at, message);
	close_packet(packet);
}

/* What a packet says, as "+239.1.2.3 -ff02::5". */
static int decode(const struct packet *packet, size_t length, char text[1024])
{
	struct ipoib_membership changes[ROOM];
	uint8_t *exact = wire_copy(packet->bytes, length);
	char name[IPOIB_IP_TEXT];
	size_t used = 0;

	memset(changes, 0xa5, sizeof(changes));
	changes[0].size = sizeof(changes[0]);
	int count = ipoib_membership_decode(changes, ROOM, exact, length);
	wire_put(exact, length);
	text[0] = '\0';
	for (int i = 0; i < count && i < ROOM; i++) {
		ck_assert_uint_eq(changes[i].size, sizeof(changes[i]));
		ck_assert_mem_eq(changes[i].reserved, ((uint8_t[3]){ 0 }), 3);
		ck_assert_uint_le(changes[i].join, 1);
		used += (size_t)snprintf(text + used, 1024 - used, "%s%c%s", i == 0 ? "" : " ",
					 changes[i].join ? '+' : '-',
					 ipoib_ip_format(&changes[i].group, name));
	}
	return count;
}

#define GROUP_6 "ff1e0000000000000000000000001234"
#define SOURCE_6 "20010db8000000000000000000000001"

static const struct report {
	const char *message, *told; /* NULL: refused */
	int result;
	bool mld;
} reports[] = {
	/* IGMP versions 1 and 2 */
	{ "1200 0000 ef010203", "+239.1.2.3", 1, false },
	{ "1600 0000 ef010203", "+239.1.2.3", 1, false },
	{ "1700 0000 ef010203", "-239.1.2.3", 1, false },
	{ "1600 0000 ef010203 aabb", "+239.1.2.3", 1, false },
	{ "1600 0000 e0000001", "", 0, false },
	{ "1600 0000 e0000002", "+224.0.0.2", 1, false },
	{ "1600 0000 0a000001", NULL, -EINVAL, false },
	{ "1600 0000 ef0102", NULL, -EINVAL, false },
	{ "1164 0000 00000000", NULL, -EPROTO, false },
	/* IGMP version 3: every record type, without and with sources */
	{ "2200 0000 00000000", "", 0, false },
	{ "2200 0000 00000001 01000000 ef010203", "-239.1.2.3", 1, false },
	{ "2200 0000 00000001 02000000 ef010203", "+239.1.2.3", 1, false },
	{ "2200 0000 00000001 03000000 ef010203", "-239.1.2.3", 1, false },
	{ "2200 0000 00000001 04000000 ef010203", "+239.1.2.3", 1, false },
	{ "2200 0000 00000001 05000000 ef010203", "", 0, false },
	{ "2200 0000 00000001 06000000 ef010203", "", 0, false },
	{ "2200 0000 00000001 01000001 ef010203 0a000001", "+239.1.2.3", 1, false },
	{ "2200 0000 00000001 02000001 ef010203 0a000001", "+239.1.2.3", 1, false },
	{ "2200 0000 00000001 03000001 ef010203 0a000001", "+239.1.2.3", 1, false },
	{ "2200 0000 00000001 04000001 ef010203 0a000001", "+239.1.2.3", 1, false },
	{ "2200 0000 00000001 05000001 ef010203 0a000001", "+239.1.2.3", 1, false },
	{ "2200 0000 00000001 06000001 ef010203 0a000001", "", 0, false },
	{ "2200 0000 00000001 ff000001 ef010203 0a000001", "", 0, false },
	/* several of them, auxiliary data skipped, octets behind them ignored */
	{ "2200 0000 00000003 04000000 e0000001 04010000 ef010203 deadbeef"
	  "03000000 ef010204 ffff", "+239.1.2.3 -239.1.2.4", 2, false },
	{ "2200 0000 00000002 04000000 ef010203 04000000 0a000001", NULL, -EINVAL, false },
	{ "2200 0000 00000002 04000000 ef010203", NULL, -EINVAL, false },
	{ "2200 0000 0000ffff 04000000 ef010203", NULL, -EINVAL, false },
	{ "2200 0000 00000001 0400ffff ef010203", NULL, -EINVAL, false },
	{ "2200 0000 00000001 04ff0000 ef010203", NULL, -EINVAL, false },
	/* MLD version 1 */
	{ "8300 0000 00000000" GROUP_6, "+ff1e::1234", 1, true },
	{ "8400 0000 00000000" GROUP_6, "-ff1e::1234", 1, true },
	{ "8200 0000 00000000" GROUP_6, NULL, -EPROTO, true },
	{ "8300 0000 00000000 ff020000000000000000000000000001", "", 0, true },
	{ "8300 0000 00000000 ff020000000000000000000000000002", "+ff02::2", 1, true },
	{ "8300 0000 00000000 ff010000000000000000000000000002", "", 0, true },
	{ "8300 0000 00000000 ff100000000000000000000000000002", "", 0, true },
	{ "8300 0000 00000000 ff020000000000000000000000", NULL, -EINVAL, true },
	{ "8300 0000 00000000" SOURCE_6, NULL, -EINVAL, true },
	/* MLD version 2 */
	{ "8f00 0000 00000001 04000000" GROUP_6, "+ff1e::1234", 1, true },
	{ "8f00 0000 00000001 03000000" GROUP_6, "-ff1e::1234", 1, true },
	{ "8f00 0000 00000001 03000001" GROUP_6 SOURCE_6, "+ff1e::1234", 1, true },
	{ "8f00 0000 00000001 05000001" GROUP_6 SOURCE_6, "+ff1e::1234", 1, true },
	{ "8f00 0000 00000001 06000001" GROUP_6 SOURCE_6, "", 0, true },
	{ "8f00 0000 00000002 02010001" GROUP_6 SOURCE_6 "deadbeef"
	  "03000000 ff0200000000000000000001ff12ab01", "+ff1e::1234 -ff02::1:ff12:ab01", 2, true },
	{ "8f00 0000 00000001 04000002" GROUP_6 SOURCE_6, NULL, -EINVAL, true },
	{ "8f00 0000 00000001 0400ffff" GROUP_6, NULL, -EINVAL, true },
};

START_TEST(each_report_says_what_its_rfc_says)
{
	const struct report *report = &reports[_i];
	struct packet packet;
	char text[1024];

	(report->mld ? make_mld : make_igmp)(&packet, report->message);
	int result = decode(&packet, packet.length, text);
	ck_assert_msg(result == report->result, "%s: %d", report->message, result);
	if (report->told != NULL)
		ck_assert_str_eq(text, report->told);

	/* Padding of a link behind the packet is not read. */
	memset(packet.bytes + packet.length, 0xff, 8);
	ck_assert_int_eq(decode(&packet, packet.length + 8, text), report->result);

	/* Cut off, by the link or by whoever sent it, it is refused or says less. */
	for (size_t length = 0; length < packet.length; length++)
		ck_assert_int_eq(decode(&packet, length, text), -EINVAL);
	while (packet.length > packet.at + 4) {
		packet.length--;
		close_packet(&packet);
		int cut = decode(&packet, packet.length, text);
		ck_assert_msg(cut == -EINVAL || cut == report->result, "%s to %zu: %d",
			      report->message, packet.length, cut);
	}
}
END_TEST

START_TEST(a_wrong_checksum_is_noticed_at_every_bit)
{
	struct packet packet;
	char text[1024];

	for (unsigned mld = 0; mld < 2; mld++) {
		if (mld != 0)
			make_mld(&packet, "8f00 0000 00000001 04000000" GROUP_6);
		else
			make_igmp(&packet, "2200 0000 00000001 04000000 ef010203");
		for (size_t bit = 8 * packet.at; bit < 8 * packet.length; bit++) {
			packet.bytes[bit / 8] ^= (uint8_t)(0x80 >> bit % 8);
			int result = decode(&packet, packet.length, text);
			ck_assert(result == -EBADMSG ||
				  (result == -EPROTO && bit / 8 == packet.at));
			packet.bytes[bit / 8] ^= (uint8_t)(0x80 >> bit % 8);
		}
		ck_assert_int_eq(decode(&packet, packet.length, text), 1);
	}
}
END_TEST

START_TEST(what_is_no_report_is_let_through)
{
	struct packet packet;
	char text[1024];

	make_igmp(&packet, "1600 0000 ef010203");
	packet.bytes[9] = 17; /* UDP */
	close_packet(&packet);
	ck_assert_int_eq(decode(&packet, packet.length, text), -EPROTO);
	packet.bytes[9] = 2;
	packet.bytes[6] = 0x20; /* more fragments */
	close_packet(&packet);
	ck_assert_int_eq(decode(&packet, packet.length, text), -EPROTO);
	packet.bytes[6] = 0;
	packet.bytes[7] = 1; /* a later one */
	close_packet(&packet);
	ck_assert_int_eq(decode(&packet, packet.length, text), -EPROTO);
	packet.bytes[7] = 0;
	packet.length = packet.at;
	close_packet(&packet);
	ck_assert_int_eq(decode(&packet, packet.length, text), -EPROTO);

	make_mld(&packet, "8f00 0000 00000001 04000000" GROUP_6);
	packet.bytes[40] = 17;
	ck_assert_int_eq(decode(&packet, packet.length, text), -EPROTO);
	packet.bytes[40] = 58;
	packet.bytes[5] = 8; /* and that is all */
	ck_assert_int_eq(decode(&packet, packet.at, text), -EPROTO);
	make_mld(&packet, "8f00 0000 00000001 04000000" GROUP_6);
	packet.bytes[6] = 44; /* a first fragment */
	wire_hex(packet.bytes + 40, 8, "3a00000100000007");
	ck_assert_int_eq(decode(&packet, packet.length, text), -EPROTO);
	ck_assert_int_eq(ipoib_membership_decode(NULL, 0, NULL, 40), -EINVAL);
}
END_TEST

START_TEST(mld_comes_from_this_link_or_not_at_all)
{
	struct packet packet;
	char text[1024];

	make_mld(&packet, "8f00 0000 00000001 04000000" GROUP_6);
	for (unsigned limit = 0; limit < 256; limit++) {
		packet.bytes[7] = (uint8_t)limit;
		ck_assert_int_eq(decode(&packet, packet.length, text), limit == 1 ? 1 : -EINVAL);
	}
	packet.bytes[7] = 1;
	memset(packet.bytes + 8, 0, 16);
	close_packet(&packet);
	ck_assert_int_eq(decode(&packet, packet.length, text), 1);
	packet.bytes[8] = 0x20;
	close_packet(&packet);
	ck_assert_int_eq(decode(&packet, packet.length, text), -EINVAL);

	/* Without the router alert option: what cares for that are routers. */
	make_mld(&packet, "8300 0000 00000000" GROUP_6);
	memmove(packet.bytes + 40, packet.bytes + 48, packet.length - 48);
	packet.length -= 8;
	packet.at -= 8;
	packet.bytes[6] = 58;
	close_packet(&packet);
	ck_assert_int_eq(decode(&packet, packet.length, text), 1);
}
END_TEST

/* 250 groups in one packet, as a stack of many groups sends when asked for all. */
static void make_many(struct packet *packet, unsigned groups)
{
	make_igmp(packet, "2200 0000 00000000");
	packet->bytes[packet->at + 7] = (uint8_t)groups;
	for (unsigned i = 0; i < groups; i++) {
		uint8_t record[8] = { 4, 0, 0, 0, 239, 0, 0, (uint8_t)i };
		memcpy(packet->bytes + packet->length, record, sizeof(record));
		packet->length += sizeof(record);
	}
	close_packet(packet);
}

START_TEST(all_changes_are_counted_and_those_with_room_are_told)
{
	struct ipoib_membership changes[250], untouched;
	struct packet packet;

	make_many(&packet, 250);
	memset(&untouched, 0xa5, sizeof(untouched));
	for (size_t room = 0; room <= 250; room++) {
		memset(changes, 0xa5, sizeof(changes));
		changes[0].size = sizeof(changes[0]);
		int count = ipoib_membership_decode(room != 0 ? changes : NULL, room, packet.bytes,
						    packet.length);
		ck_assert_int_eq(count, 250);
		for (size_t i = 0; i < room; i++)
			wire_check(changes[i].group.raw[3] == i && changes[i].join == 1, "%zu", i);
		for (size_t i = room == 0 ? 1 : room; i < 250; i++)
			wire_check(memcmp(&changes[i], &untouched, sizeof(untouched)) == 0, "%zu",
				   i);
	}
}
END_TEST

START_TEST(a_later_caller_has_larger_changes)
{
	struct later {
		struct ipoib_membership known;
		uint64_t unknown;
	} changes[3];
	struct packet packet;

	make_many(&packet, 3);
	memset(changes, 0xa5, sizeof(changes));
	changes[0].known.size = sizeof(changes[0]);
	ck_assert_int_eq(ipoib_membership_decode(&changes[0].known, 3, packet.bytes,
						 packet.length), 3);
	for (unsigned i = 0; i < 3; i++) {
		ck_assert_uint_eq(changes[i].known.size, sizeof(changes[0]));
		ck_assert_uint_eq(changes[i].known.group.raw[3], i);
		ck_assert_uint_eq(changes[i].unknown, 0);
	}
	for (size_t size = 0; size < sizeof(struct ipoib_membership); size++) {
		changes[0].known.size = size;
		ck_assert_int_eq(ipoib_membership_decode(&changes[0].known, 3, packet.bytes,
							 packet.length), -EINVAL);
	}
	ck_assert_int_eq(ipoib_membership_decode(NULL, 3, packet.bytes, packet.length), -EINVAL);
}
END_TEST

START_TEST(a_malformed_report_leaves_what_was_there)
{
	struct ipoib_membership changes[2], before[2];
	struct packet packet;

	make_igmp(&packet, "2200 0000 00000002 04000000 ef010203 04000000 0a000001");
	memset(changes, 0xa5, sizeof(changes));
	changes[0].size = sizeof(changes[0]);
	memcpy(before, changes, sizeof(before));
	ck_assert_int_eq(ipoib_membership_decode(changes, 2, packet.bytes, packet.length),
			 -EINVAL);
	ck_assert_mem_eq(changes, before, sizeof(before));
}
END_TEST

static int decode_any(void *out, const void *bytes, size_t length)
{
	struct ipoib_membership *changes = out;

	changes[0].size = sizeof(changes[0]);
	return ipoib_membership_decode(changes, ROOM, bytes, length);
}

START_TEST(random_octets_as_reports_do_no_harm)
{
	struct ipoib_membership changes[ROOM];
	struct ipoib__random *random = support_random();
	struct packet packet;
	char text[1024];

	wire_decode_garbage(decode_any, changes, random, 128);
	/* Random records in right packets. */
	for (int i = 0; i < 5000; i++) {
		(i % 2 == 0 ? make_igmp : make_mld)(&packet, i % 2 == 0 ? "2200000000000003" :
									  "8f00000000000003");
		size_t more = (size_t)ipoib__random_below(random, 200);
		wire_random_fill(random, packet.bytes + packet.length, more);
		for (size_t at = packet.length; at + 8 < packet.length + more; at += 4) {
			if (ipoib__random_below(random, 2) == 0)
				memset(packet.bytes + at, 0xff, 4);
			else
				memset(packet.bytes + at, 0, 3);
		}
		packet.length += more;
		close_packet(&packet);
		int result = decode(&packet, packet.length, text);
		wire_check(result == -EINVAL || (result >= 0 && result <= 3), "%d", result);
	}
}
END_TEST

Suite *suite_membership(void)
{
	Suite *suite = suite_create("membership");
	TCase *tcase = tcase_create("membership");

	tcase_add_checked_fixture(tcase, support_setup, support_teardown);
	tcase_add_loop_test(tcase, each_report_says_what_its_rfc_says, 0,
			    (int)(sizeof(reports) / sizeof(reports[0])));
	tcase_add_test(tcase, a_wrong_checksum_is_noticed_at_every_bit);
	tcase_add_test(tcase, what_is_no_report_is_let_through);
	tcase_add_test(tcase, mld_comes_from_this_link_or_not_at_all);
	tcase_add_test(tcase, all_changes_are_counted_and_those_with_room_are_told);
	tcase_add_test(tcase, a_later_caller_has_larger_changes);
	tcase_add_test(tcase, a_malformed_report_leaves_what_was_there);
	tcase_add_test(tcase, random_octets_as_reports_do_no_harm);
	suite_add_tcase(suite, tcase);
	return suite;
}
