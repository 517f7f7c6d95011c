/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* What the public calls promise: the status of each send, the views, polling. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "interface/bench.h"
#include "interface/suites.h"
#include "support/support.h"

static struct rail *const rail = &bench.rails[0];
static struct fake *const fake = &bench.fakes[0];

static int32_t send_one(struct ipoib_packet *packet)
{
	int accepted = ipoib_interface_send(rail->interface, packet, 1);

	ck_assert_int_eq(accepted, packet->status == 0);
	bench_check();
	return packet->status;
}

START_TEST(what_is_not_a_packet_is_refused_with_the_reason)
{
	const struct ipoib_ip two = ip("10.0.0.2"), nobody = { .family = 0 };
	struct ipoib_packet packet = { .next_hop = two };
	uint8_t *data;

	bench_up(NULL);
	ck_assert_int_eq(send_one(&packet), -EINVAL); /* no buffer */
	packet.buffer = rail_packet(rail, &two, 100, 1);
	data = ipoib_buffer_data(packet.buffer);
	packet.next_hop = nobody;
	ck_assert_int_eq(send_one(&packet), -EINVAL);
	packet.next_hop = ip("fe80::1"); /* an IPv4 packet to an IPv6 neighbour */
	ck_assert_int_eq(send_one(&packet), -EINVAL);
	packet.next_hop = (struct ipoib_ip){ .family = 5 };
	ck_assert_int_eq(send_one(&packet), -EINVAL);
	packet.next_hop = two;
	data[0] = 0x60; /* and the other way round */
	ck_assert_int_eq(send_one(&packet), -EINVAL);
	data[0] = 0x50;
	ck_assert_int_eq(send_one(&packet), -EINVAL);
	data[0] = 0x45;
	for (size_t length = 0; length < 20; length++) {
		ck_assert_int_eq(ipoib_buffer_set_length(packet.buffer, length), 0);
		ck_assert_int_eq(send_one(&packet), -EINVAL);
	}
	ck_assert_uint_eq(rail_statistics(rail).refused_other, 26);
	ck_assert_uint_eq(rail_statistics(rail).accepted, 0);
	ipoib_buffer_unref(packet.buffer); /* a refused packet stayed the caller's */
	bench_close();
}
END_TEST

START_TEST(a_packet_of_the_mtu_passes_and_one_octet_more_does_not)
{
	const struct ipoib_ip two = ip("10.0.0.2"), group = ip("224.0.0.5");
	uint32_t mtu = 1;

	bench_up(NULL);
	ck_assert_int_eq(rail_send_via(rail, &two, 2045, 1, &mtu), -EMSGSIZE);
	ck_assert_uint_eq(mtu, 2044);
	ck_assert_int_eq(rail_send_via(rail, &two, 2044, 1, &mtu), 0);
	ck_assert_uint_eq(mtu, 0);
	ck_assert_int_eq(rail_send_via(rail, &group, 2045, 1, &mtu), -EMSGSIZE);
	ck_assert_int_eq(rail_send_via(rail, &group, 2044, 1, &mtu), 0);
	bench_run(SECOND);
	ck_assert_uint_eq(rail_statistics(rail).sent, 2);
	ck_assert_uint_eq(rail_statistics(rail).refused_too_big, 2);
	bench_close();
}
END_TEST

START_TEST(one_buffer_is_sent_once_at_a_time)
{
	const struct ipoib_ip two = ip("10.0.0.2");
	struct ipoib_packet packets[3];

	bench_up(NULL);
	ck_assert_int_eq(rail_send(rail, "10.0.0.2", 100, 0), 0);
	bench_run(SECOND);
	packets[0] = (struct ipoib_packet){ .buffer = rail_packet(rail, &two, 100, 1),
					    .next_hop = two };
	packets[1] = packets[0];
	packets[2] = packets[0];
	fake->completing = false;
	ipoib_buffer_ref(packets[0].buffer);
	ck_assert_int_eq(ipoib_interface_send(rail->interface, packets, 3), 1);
	ck_assert_int_eq(packets[1].status, -EBUSY);
	ck_assert_int_eq(send_one(&packets[2]), -EBUSY); /* posted */
	fake->completing = true;
	bench_settle();
	ck_assert_int_eq(send_one(&packets[2]), 0); /* with the count that was kept */
	bench_settle();
	ck_assert_uint_eq(rail_statistics(rail).sent, 3);
	bench_close();
}
END_TEST

START_TEST(a_buffer_of_another_transport_is_refused)
{
	const struct ipoib_ip two = ip("10.0.0.2");
	struct rail *other = &bench.rails[1];
	struct ipoib_packet packet = { .next_hop = two };

	bench_up(NULL);
	ck_assert_int_eq(bench_try_fake(), 0);
	rail_open(other, &bench.fakes[1], NULL);
	rail_bind(other, "10.1.0.1");
	bench_settle();
	packet.buffer = rail_packet(other, &two, 100, 1);
	ck_assert_int_eq(send_one(&packet), -EXDEV);
	ck_assert_int_eq(ipoib_interface_send(other->interface, &packet, 1), 1);
	bench_close();
}
END_TEST

START_TEST(nothing_is_sent_before_the_link_is_up)
{
	bench_open();
	rail_open(rail, fake, NULL);
	ck_assert_int_eq(rail_send(rail, "10.0.0.2", 100, 1), -ENETDOWN);
	ck_assert_int_eq(rail_send(rail, "255.255.255.255", 100, 1), -ENETDOWN);
	bench_close();
}
END_TEST

/* Nor that of a subnet that is bound later. */
START_TEST(a_broadcast_address_is_no_neighbours)
{
	struct ipoib_gid gid = fake_gid(50);
	struct ipoib_link_address link = ipoib_link_address_make(0, 0x132, &gid);
	struct ipoib_ip ours = ip("10.1.0.1"), all = ip("10.1.0.255");
	struct ipoib_binding *binding;

	bench_up(NULL);
	ck_assert_int_eq(ipoib_neighbour_add(rail->interface, &all, &link), 0);
	ck_assert_int_eq(ipoib_binding_open(&binding, rail->interface, &ours, 24), 0);
	ck_assert_uint_eq(rail_neighbour(rail, "10.1.0.255"), 0);
	ck_assert_int_eq(ipoib_neighbour_add(rail->interface, &all, &link), -EINVAL);
	bench_settle();
	ck_assert_int_eq(rail_send(rail, "10.1.0.255", 100, 1), 0);
	bench_settle();
	ck_assert_uint_eq(rail_statistics(rail).sent, 1);
	for (size_t i = 0; i < fake->sent_count; i++)
		ck_assert_uint_eq(fake->sent[i].remote_qpn, IPOIB_QPN_MULTICAST);
	ipoib_binding_close(binding);
	bench_close();
}
END_TEST

START_TEST(broadcasts_of_both_kinds_take_the_broadcast_group)
{
	struct ipoib_interface_info info = { .size = sizeof(info) };

	bench_up(NULL);
	ck_assert_int_eq(ipoib_interface_info(rail->interface, &info), 0);
	ck_assert_int_eq(rail_send(rail, "255.255.255.255", 100, 1), 0);
	ck_assert_int_eq(rail_send(rail, "10.0.0.255", 100, 2), 0);
	bench_settle();
	ck_assert_uint_eq(fake->sent_count, 2);
	for (size_t i = 0; i < 2; i++) {
		const struct fake_sent *sent = &fake->sent[i];

		ck_assert_int_eq(memcmp(&sent->to.dgid, &info.broadcast, 16), 0);
		ck_assert_uint_eq(sent->remote_qpn, IPOIB_QPN_MULTICAST);
		ck_assert_uint_eq(sent->qkey, info.qkey);
		ck_assert_uint_eq(sent->to.dlid, info.mlid);
	}
	bench_close();
}
END_TEST

START_TEST(a_unicast_goes_where_arp_and_the_path_said)
{
	bench_up(NULL);
	ck_assert_int_eq(rail_send(rail, "10.0.0.2", 100, 1), 0);
	bench_run(SECOND);
	ck_assert_uint_eq(fake->sent_count, 2); /* the request, the packet */
	ck_assert_uint_eq(fake->sent[1].remote_qpn, 0x102);
	ck_assert_uint_eq(fake->sent[1].to.dlid, 2);
	ck_assert_uint_eq(fake->sent[1].to.global, 0);
	ck_assert_uint_eq(fake->sent[1].qkey, 0x0b1b);
	ck_assert_uint_eq(fake->sent[1].length, 104);
	bench_close();
}
END_TEST

START_TEST(the_views_show_what_there_is)
{
	struct ipoib_neighbour_info neighbour = { .size = sizeof(neighbour) };
	struct ipoib_path_info path = { .size = sizeof(path) };
	struct ipoib_ip address, wanted = ip("10.0.0.7"), none = ip("10.0.0.200");
	uint64_t cursor = 0;
	unsigned prefix, n = 0;
	char text[32];

	bench_up(NULL);
	for (unsigned i = 2; i < 12; i++) {
		snprintf(text, sizeof(text), "10.0.0.%u", i);
		ck_assert_int_eq(rail_send(rail, text, 100, i), 0);
	}
	bench_run(SECOND);
	while (ipoib_neighbour_next(rail->interface, &cursor, &neighbour) == 1)
		n++;
	ck_assert_uint_eq(n, 10);
	ck_assert_int_eq(ipoib_neighbour_find(rail->interface, &wanted, &neighbour), 0);
	ck_assert_uint_eq(neighbour.state, IPOIB_NEIGHBOUR_REACHABLE);
	ck_assert_uint_eq(neighbour.mtu, 2044);
	ck_assert_uint_eq(neighbour.dlid, 7);
	ck_assert_uint_eq(ipoib_link_address_qpn(&neighbour.link_address), 0x107);
	ck_assert_uint_le(neighbour.used_ns, SECOND);
	ck_assert_int_eq(ipoib_neighbour_find(rail->interface, &none, &neighbour), -ENOENT);
	for (cursor = 0, n = 0; ipoib_path_next(rail->interface, &cursor, &path) == 1; n++)
		ck_assert_uint_eq(path.state, IPOIB_PATH_VALID);
	ck_assert_uint_eq(n, 10);
	ck_assert_uint_eq(path.neighbours, 1);
	neighbour.size = 3;
	path.size = 3;
	cursor = 0;
	ck_assert_int_eq(ipoib_neighbour_next(rail->interface, &cursor, &neighbour), -EINVAL);
	cursor = 0;
	ck_assert_int_eq(ipoib_path_next(rail->interface, &cursor, &path), -EINVAL);
	cursor = 0;
	ck_assert_int_eq(ipoib_binding_next(rail->interface, &cursor, &address, &prefix), 1);
	ck_assert(ipoib_ip_equal(&address, &(struct ipoib_ip){ 4, { 0 }, { 10, 0, 0, 1 } }));
	ck_assert_uint_eq(prefix, 24);
	ck_assert_int_eq(ipoib_binding_next(rail->interface, &cursor, &address, &prefix), 0);
	bench_close();
}
END_TEST

START_TEST(an_address_is_bound_once_in_the_whole_context)
{
	struct ipoib_binding *binding, *bindings[64];
	struct ipoib_ip address = ip("10.0.0.1"), six = ip("fe80::1"), group = ip("224.0.0.1");
	struct rail *other = &bench.rails[1];

	bench_up(NULL);
	ck_assert_int_eq(bench_try_fake(), 0);
	rail_open(other, &bench.fakes[1], NULL);
	ck_assert_int_eq(ipoib_binding_open(&binding, other->interface, &address, 24), -EADDRINUSE);
	ck_assert_int_eq(ipoib_binding_open(&binding, rail->interface, &address, 24), -EADDRINUSE);
	ck_assert_int_eq(ipoib_binding_open(&binding, rail->interface, &six, 129), -EINVAL);
	six.family = 5;
	ck_assert_int_eq(ipoib_binding_open(&binding, rail->interface, &six, 24), -EAFNOSUPPORT);
	ck_assert_int_eq(ipoib_binding_open(&binding, rail->interface, &group, 24), -EINVAL);
	address = ip("10.0.1.1");
	ck_assert_int_eq(ipoib_binding_open(&binding, rail->interface, &address, 33), -EINVAL);
	for (uint8_t i = 0; i < 63; i++) {
		address.raw[3] = i + 1;
		ck_assert_int_eq(ipoib_binding_open(&bindings[i], rail->interface, &address, 24),
				 0);
	}
	address.raw[3] = 100;
	ck_assert_int_eq(ipoib_binding_open(&binding, rail->interface, &address, 24), -ENOSPC);
	rail_close(rail);
	ck_assert_int_eq(ipoib_binding_open(&binding, other->interface, &address, 24), 0);
	for (size_t i = 0; i < 63; i++)
		ipoib_binding_close(bindings[i]); /* handles outlive the interface */
	ipoib_binding_close(binding);
	bench_close();
}
END_TEST

START_TEST(polling_moves_packets_without_dispatch)
{
	bench_up(NULL);
	ck_assert_int_eq(rail_send(rail, "10.0.0.2", 100, 1), 0);
	for (int i = 0; i < 10; i++) {
		ck_assert_int_ge(ipoib_interface_poll(rail->interface, 16), 0);
		bench_check();
	}
	ck_assert_uint_eq(rail_statistics(rail).sent, 1);
	for (int i = 0; i < 100; i++)
		ck_assert(rail_hear(rail, 2, 100));
	ck_assert_int_eq(ipoib_interface_poll(rail->interface, 0), 0);
	ck_assert_int_eq(ipoib_interface_poll(rail->interface, 30), 30);
	ck_assert_uint_eq(rail->received, 30);
	ck_assert_int_eq(ipoib_interface_poll(rail->interface, 200), 70);
	bench_close();
}
END_TEST

/* Polling one interface handles events of the whole port. */
START_TEST(what_polling_one_interface_brings_to_another_is_told)
{
	struct ipoib_interface_config config = IPOIB_INTERFACE_CONFIG_INIT;
	struct rail *other = &bench.rails[1];

	bench_up(NULL);
	config.pkey = 0x8001;
	rail_open(other, fake, &config);
	bench_settle();
	fake->port.sm_lid = 97;
	fake->event_count = 1; /* without waking: the busy loop polls anyway */
	fake->events[0] = (struct ipoib_transport_event){ .type = IPOIB_TRANSPORT_PORT };
	ck_assert_int_ge(ipoib_interface_poll(rail->interface, 16), 0);
	bench_settle();
	ck_assert_uint_eq(rail->events[rail->event_count - 1].sm_lid, 97);
	ck_assert_uint_eq(other->events[other->event_count - 1].sm_lid, 97);
	bench_close();
}
END_TEST

Suite *suite_contract(void)
{
	Suite *suite = suite_create("contract");
	TCase *tcase = tcase_create("contract");

	tcase_set_timeout(tcase, 60);
	tcase_add_checked_fixture(tcase, support_setup, support_teardown);
	tcase_add_test(tcase, what_is_not_a_packet_is_refused_with_the_reason);
	tcase_add_test(tcase, a_packet_of_the_mtu_passes_and_one_octet_more_does_not);
	tcase_add_test(tcase, one_buffer_is_sent_once_at_a_time);
	tcase_add_test(tcase, a_buffer_of_another_transport_is_refused);
	tcase_add_test(tcase, nothing_is_sent_before_the_link_is_up);
	tcase_add_test(tcase, a_broadcast_address_is_no_neighbours);
	tcase_add_test(tcase, broadcasts_of_both_kinds_take_the_broadcast_group);
	tcase_add_test(tcase, a_unicast_goes_where_arp_and_the_path_said);
	tcase_add_test(tcase, the_views_show_what_there_is);
	tcase_add_test(tcase, an_address_is_bound_once_in_the_whole_context);
	tcase_add_test(tcase, polling_moves_packets_without_dispatch);
	tcase_add_test(tcase, what_polling_one_interface_brings_to_another_is_told);
	suite_add_tcase(suite, tcase);
	return suite;
}
