/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Everything that arrives is hostile until it is parsed: dropped, counted, and nothing moved. */
#include <errno.h>
#include <string.h>

#include "interface/bench.h"
#include "interface/suites.h"
#include "support/support.h"

static struct rail *const rail = &bench.rails[0];
static struct fake *const fake = &bench.fakes[0];

static uint64_t dropped(enum ipoib_receive_drop reason)
{
	return rail_statistics(rail).receive_dropped[reason];
}

START_TEST(random_octets_of_every_length_are_survived)
{
	struct ipoib__random *random = support_random();
	uint8_t octets[200];
	uint64_t heard = 0;

	bench_up(NULL);
	for (int round = 0; round < 60; round++) {
		for (size_t length = 0; length <= 100; length++) {
			for (size_t i = 0; i < length; i++)
				octets[i] = (uint8_t)ipoib__random_below(random, 256);
			if (length >= 4 && round % 3 > 0) { /* as far as the next decoder */
				octets[0] = 8;
				octets[1] = round % 3 == 1 ? 0 : 6;
			}
			if (length >= 5 && round % 6 == 1)
				octets[4] = 0x45;
			heard += rail_hear_octets(rail, 2, octets, length);
			if (heard % 100 == 0)
				bench_settle();
		}
		bench_settle();
	}
	bench_settle();
	ck_assert_uint_eq(rail_statistics(rail).received, heard);
	ck_assert_uint_eq(heard, 60 * 101);
	ck_assert_uint_eq(rail_neighbour(rail, "10.0.0.2"), 0);
	ck_assert(rail_is_up(rail));
	bench_close();
}
END_TEST

START_TEST(what_is_shorter_than_its_headers_is_dropped)
{
	uint8_t octets[4] = { 8, 0, 0, 0 };

	bench_up(NULL);
	for (size_t length = 0; length < 4; length++)
		ck_assert(rail_hear_octets(rail, 2, octets, length));
	bench_settle();
	ck_assert_uint_eq(dropped(IPOIB_RECEIVE_DROP_SHORT), 4);
	ck_assert(rail_hear_octets(rail, 2, octets, 4));
	bench_settle();
	ck_assert_uint_eq(dropped(IPOIB_RECEIVE_DROP_MALFORMED), 1);
	bench_close();
}
END_TEST

START_TEST(other_types_are_dropped_whatever_they_are)
{
	uint8_t octets[100] = { 0 };
	uint64_t known = 0;

	bench_up(NULL);
	for (uint32_t type = 0; type <= 0xffff; type++) {
		if (type == 0x0800 || type == 0x0806 || type == 0x86dd)
			continue;
		octets[0] = (uint8_t)(type >> 8);
		octets[1] = (uint8_t)type;
		known++;
		ck_assert(rail_hear_octets(rail, 2, octets, sizeof(octets)));
		if (known % 400 == 0)
			bench_settle();
	}
	bench_settle();
	ck_assert_uint_eq(dropped(IPOIB_RECEIVE_DROP_TYPE), known);
	ck_assert_uint_eq(rail->received, 0);
	bench_close();
}
END_TEST

static void hear_ip(size_t at, uint8_t value, size_t length)
{
	uint8_t octets[4 + 100] = { 8, 0 };

	ip_octets(octets + 4, "10.0.0.2", "10.0.0.1", 100, 0);
	if (at < 100)
		octets[4 + at] = value;
	ck_assert(rail_hear_octets(rail, 2, octets, 4 + length));
	bench_settle();
}

START_TEST(an_ip_header_that_lies_is_dropped)
{
	bench_up(NULL);
	hear_ip(0, 0x65, 100);  /* version 6 */
	hear_ip(0, 0x44, 100);  /* a header of 16 octets */
	hear_ip(0, 0x4f, 100);  /* options that break the checksum */
	hear_ip(2, 0x01, 100);  /* longer than what came */
	hear_ip(3, 0x13, 100);  /* shorter than its header */
	hear_ip(10, 0xaa, 100); /* checksum */
	hear_ip(100, 0, 99);    /* cut */
	for (size_t length = 0; length < 20; length++)
		hear_ip(100, 0, length);
	ck_assert_uint_eq(dropped(IPOIB_RECEIVE_DROP_MALFORMED), 27);
	ck_assert_uint_eq(rail->received, 0);
	hear_ip(100, 0, 100);
	ck_assert_uint_eq(rail->received, 1);
	bench_close();
}
END_TEST

START_TEST(padding_of_the_link_is_cut_off)
{
	uint8_t octets[4 + 200] = { 8, 0 };

	bench_up(NULL);
	ip_octets(octets + 4, "10.0.0.2", "10.0.0.1", 100, 0);
	ck_assert(rail_hear_octets(rail, 2, octets, sizeof(octets)));
	bench_settle();
	ck_assert_uint_eq(rail->received, 1);
	ck_assert_uint_eq(rail->last_length, 100);
	ck_assert_uint_eq(rail_statistics(rail).delivered_octets, 100);
	bench_close();
}
END_TEST

static struct ipoib_interface_info info_of(void)
{
	struct ipoib_interface_info info = { .size = sizeof(info) };

	ck_assert_int_eq(ipoib_interface_info(rail->interface, &info), 0);
	return info;
}

static bool hear_from(const struct fake_arrival *from)
{
	uint8_t octets[4 + 100] = { 8, 0 };
	bool heard;

	ip_octets(octets + 4, "10.0.0.2", "10.0.0.255", 100, 0);
	heard = fake_deliver(fake, fake_ud(fake), from, octets, sizeof(octets));
	bench_settle();
	return heard;
}

START_TEST(our_own_multicast_that_comes_back_is_dropped)
{
	struct ipoib_interface_info info;
	struct fake_arrival from;

	bench_up(NULL);
	info = info_of();
	from = (struct fake_arrival){ .source_qpn = info.qpn, .source_lid = info.lid,
				      .has_grh = true, .source = info.gid,
				      .destination = info.broadcast };
	ck_assert(hear_from(&from));
	ck_assert_uint_eq(dropped(IPOIB_RECEIVE_DROP_OWN), 1);
	from.has_grh = false;
	ck_assert(hear_from(&from));
	ck_assert_uint_eq(dropped(IPOIB_RECEIVE_DROP_OWN), 2);
	/* Another host's queue pair of our number, and our other queue pair. */
	from.source_lid++;
	ck_assert(hear_from(&from));
	from.has_grh = true;
	from.source = fake_gid(2);
	ck_assert(hear_from(&from));
	from.source = info.gid;
	from.source_qpn++;
	ck_assert(hear_from(&from));
	ck_assert_uint_eq(rail->received, 3);
	ck_assert_uint_eq(dropped(IPOIB_RECEIVE_DROP_OWN), 2);
	bench_close();
}
END_TEST

START_TEST(a_packet_tells_how_it_was_addressed)
{
	struct ipoib_multicast *membership;
	struct ipoib_ip group = ip("224.1.2.3");
	struct fake_arrival from = { .source_qpn = 9, .source_lid = 9, .has_grh = true };

	bench_up(NULL);
	ck_assert_int_eq(ipoib_multicast_join(&membership, rail->interface, &group), 0);
	bench_settle();
	from.source = fake_gid(9);
	from.destination = info_of().broadcast;
	ck_assert(hear_from(&from));
	ck_assert_int_eq(rail->last_cast, IPOIB_BROADCAST);
	for (size_t i = 0; i < fake_ud(fake)->group_count; i++)
		if (memcmp(&fake_ud(fake)->groups[i].mgid, &from.destination, 16) != 0) {
			from.destination = fake_ud(fake)->groups[i].mgid;
			break;
		}
	ck_assert(hear_from(&from));
	ck_assert_int_eq(rail->last_cast, IPOIB_MULTICAST);
	from.destination = info_of().gid;
	ck_assert(hear_from(&from));
	ck_assert_int_eq(rail->last_cast, IPOIB_UNICAST);
	from.has_grh = false;
	ck_assert(hear_from(&from));
	ck_assert_int_eq(rail->last_cast, IPOIB_UNICAST);
	ipoib_multicast_leave(membership);
	bench_close();
}
END_TEST

START_TEST(a_completion_that_is_longer_than_its_buffer_is_not_believed)
{
	struct fake_arrival from = { .source_qpn = 9, .source_lid = 9 };

	bench_up(NULL);
	from.claimed = IPOIB_GRH_LENGTH + 4096 + 1;
	ck_assert(hear_from(&from));
	from.claimed = UINT32_MAX;
	ck_assert(hear_from(&from));
	from.claimed = IPOIB_GRH_LENGTH - 1;
	ck_assert(hear_from(&from));
	ck_assert_uint_eq(dropped(IPOIB_RECEIVE_DROP_SHORT), 3);
	ck_assert_uint_eq(rail->received, 0);
	bench_close();
}
END_TEST

START_TEST(receives_that_complete_with_an_error_are_counted_and_posted_again)
{
	struct fake_arrival from = { .source_qpn = 9, .source_lid = 9, .status = -EIO };

	bench_up(NULL);
	for (int i = 0; i < 1000; i++)
		ck_assert(hear_from(&from));
	ck_assert_uint_eq(dropped(IPOIB_RECEIVE_DROP_TRANSPORT), 1000);
	ck_assert_uint_eq(fake_ud(fake)->receive_count, 512);
	from.status = 0;
	ck_assert(hear_from(&from));
	ck_assert_uint_eq(rail->received, 1);
	bench_close();
}
END_TEST

START_TEST(packets_that_nobody_asked_for_are_counted)
{
	struct ipoib_interface_config config = IPOIB_INTERFACE_CONFIG_INIT;
	struct ipoib_statistics s = { .size = sizeof(s) };
	struct ipoib_interface *interface;
	uint8_t octets[104] = { 8, 0 };
	const struct fake_arrival from = { .source_qpn = 9, .source_lid = 9 };

	bench_open();
	ck_assert_int_eq(ipoib_interface_open(&interface, fake->transport, &config), 0);
	bench_settle();
	ip_octets(octets + 4, "10.0.0.2", "10.0.0.1", 100, 0);
	ck_assert(fake_deliver(fake, fake_ud(fake), &from, octets, sizeof(octets)));
	bench_settle();
	ck_assert_int_eq(ipoib_interface_statistics(interface, &s), 0);
	ck_assert_uint_eq(s.receive_dropped[IPOIB_RECEIVE_DROP_NO_CALLBACK], 1);
	ipoib_interface_close(interface);
	bench_close();
}
END_TEST

Suite *suite_receive(void)
{
	Suite *suite = suite_create("receive");
	TCase *tcase = tcase_create("receive");

	tcase_set_timeout(tcase, 120);
	tcase_add_checked_fixture(tcase, support_setup, support_teardown);
	tcase_add_test(tcase, random_octets_of_every_length_are_survived);
	tcase_add_test(tcase, what_is_shorter_than_its_headers_is_dropped);
	tcase_add_test(tcase, other_types_are_dropped_whatever_they_are);
	tcase_add_test(tcase, an_ip_header_that_lies_is_dropped);
	tcase_add_test(tcase, padding_of_the_link_is_cut_off);
	tcase_add_test(tcase, our_own_multicast_that_comes_back_is_dropped);
	tcase_add_test(tcase, a_packet_tells_how_it_was_addressed);
	tcase_add_test(tcase, a_completion_that_is_longer_than_its_buffer_is_not_believed);
	tcase_add_test(tcase, receives_that_complete_with_an_error_are_counted_and_posted_again);
	tcase_add_test(tcase, packets_that_nobody_asked_for_are_counted);
	suite_add_tcase(suite, tcase);
	return suite;
}
