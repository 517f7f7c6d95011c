/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Packets whose header and buffer disagree. */
#include <errno.h>
#include <string.h>

#include "interface/bench.h"
#include "interface/suites.h"
#include "support/support.h"

static struct rail *const rail = &bench.rails[0];

static int32_t send_one(struct ipoib_packet *packet)
{
	int accepted = ipoib_interface_send(rail->interface, packet, 1);

	ck_assert_int_eq(accepted, packet->status == 0);
	bench_check();
	return packet->status;
}

/* Octet of the header, its value, and whether the packet agrees with itself then. */
static const struct {
	size_t length, at;
	uint8_t value;
} disagreeing[] = {
	{ 100, 3, 20 },	  /* total length: the header alone */
	{ 100, 3, 99 },	  /* one less than there is */
	{ 100, 3, 101 },  /* one more */
	{ 100, 2, 1 },	  /* 256 more */
	{ 100, 0, 0x44 }, /* a header of 16 octets */
	{ 100, 0, 0x40 }, /* of none */
	{ 40, 0, 0x4f },  /* of 60, in 40 */
	{ 3000, 3, 20 },
};

static void check_disagreement(const char *to, bool known, size_t i)
{
	struct ipoib_interface_config config = IPOIB_INTERFACE_CONFIG_INIT;
	const struct ipoib_ip next_hop = ip(to);
	struct ipoib_packet packet = { .next_hop = next_hop };
	struct ipoib_statistics before;

	config.fragment = 1;
	bench_up(&config);
	if (known)
		ck_assert_int_eq(rail_send(rail, to, 100, 0), 0);
	bench_run(SECOND);
	before = rail_statistics(rail);
	packet.buffer = rail_packet(rail, &next_hop, disagreeing[i].length, 1);
	ipoib_buffer_data(packet.buffer)[disagreeing[i].at] = disagreeing[i].value;
	if (disagreeing[i].length == 3000) /* 20 octets in all */
		ipoib_buffer_data(packet.buffer)[2] = 0;
	ck_assert_int_eq(send_one(&packet), -EINVAL);
	ck_assert_uint_eq(rail_statistics(rail).accepted, before.accepted);
	ck_assert_uint_eq(rail_statistics(rail).fragmented, 0);
	ipoib_buffer_unref(packet.buffer); /* the caller's still */
	bench_close();
}

START_TEST(a_header_that_tells_another_length_than_the_buffer_is_refused)
{
	check_disagreement("10.0.0.2", true, (size_t)_i);
	check_disagreement("10.0.0.2", false, (size_t)_i);
	check_disagreement("224.0.0.5", true, (size_t)_i);
}
END_TEST

START_TEST(a_payload_length_of_ipv6_that_is_not_the_buffers_is_refused)
{
	static const uint16_t wrong[] = { 0, 1, 59, 61, 0xffff };
	struct ipoib_packet packet = { .next_hop = ip("fe80::2") };
	uint8_t *data;

	bench_up(NULL);
	ck_assert_int_eq(ipoib_interface_buffer(rail->interface, &packet.buffer), 0);
	ck_assert_int_eq(ipoib_buffer_set_length(packet.buffer, 100), 0);
	data = ipoib_buffer_data(packet.buffer);
	memset(data, 0, 100);
	data[0] = 0x60;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		data[4] = (uint8_t)(wrong[i] >> 8);
		data[5] = (uint8_t)wrong[i];
		ck_assert_int_eq(send_one(&packet), -EINVAL);
	}
	data[4] = 0;
	data[5] = 60;
	/* The packet is right; what is missing is an address of ours. */
	ck_assert_int_eq(send_one(&packet), -EADDRNOTAVAIL);
	ipoib_buffer_unref(packet.buffer);
	bench_close();
}
END_TEST

/* A new checksum for each fragment would vouch for what nobody has checked. */
START_TEST(a_packet_that_is_to_be_cut_needs_a_right_checksum)
{
	struct ipoib_interface_config config = IPOIB_INTERFACE_CONFIG_INIT;
	const struct ipoib_ip two = ip("10.0.0.2");
	struct ipoib_packet packet = { .next_hop = two };

	config.fragment = 1;
	bench_up(&config);
	ck_assert_int_eq(rail_send(rail, "10.0.0.2", 100, 0), 0);
	bench_run(SECOND);
	packet.buffer = rail_packet(rail, &two, 3000, 1);
	ipoib_buffer_data(packet.buffer)[10] ^= 1;
	ck_assert_int_eq(send_one(&packet), -EINVAL);
	ipoib_buffer_data(packet.buffer)[10] ^= 1;
	ck_assert_int_eq(send_one(&packet), 0);
	bench_run(SECOND);
	ck_assert_uint_eq(rail_statistics(rail).fragments, 2);
	bench_close();
}
END_TEST

/* Who has a count of the buffer left may spoil it while it waits: it has a fate all the same. */
START_TEST(a_packet_that_is_spoiled_while_it_waits_to_be_cut_is_not_lost)
{
	struct ipoib_interface_config config = IPOIB_INTERFACE_CONFIG_INIT;
	const struct ipoib_ip two = ip("10.0.0.2");
	struct ipoib_packet packet = { .next_hop = two };
	struct ipoib_buffer *kept;

	config.fragment = 1;
	bench_up(&config);
	packet.buffer = rail_packet(rail, &two, 3000, 1);
	kept = ipoib_buffer_ref(packet.buffer);
	ck_assert_int_eq(send_one(&packet), 0);
	ip_octets(ipoib_buffer_data(kept), "10.0.0.1", "10.0.0.2", 20, 0);
	bench_run(SECOND);
	ck_assert_uint_eq(rail_statistics(rail).queued, 0);
	ck_assert_uint_eq(rail->undelivered[IPOIB_SEND_DROP_TOO_BIG], 1);
	ipoib_buffer_unref(kept);
	bench_close();
}
END_TEST

Suite *suite_header(void)
{
	Suite *suite = suite_create("header");
	TCase *tcase = tcase_create("header");

	tcase_add_checked_fixture(tcase, support_setup, support_teardown);
	tcase_add_loop_test(tcase, a_header_that_tells_another_length_than_the_buffer_is_refused, 0,
			    (int)(sizeof(disagreeing) / sizeof(disagreeing[0])));
	tcase_add_test(tcase, a_payload_length_of_ipv6_that_is_not_the_buffers_is_refused);
	tcase_add_test(tcase, a_packet_that_is_to_be_cut_needs_a_right_checksum);
	tcase_add_test(tcase, a_packet_that_is_spoiled_while_it_waits_to_be_cut_is_not_lost);
	suite_add_tcase(suite, tcase);
	return suite;
}
