/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Neighbours that the caller holds: resolved without a packet, told of, sent to, and outlived. */
#include <errno.h>
#include <string.h>

#include "interface/handles_rig.h"
#include "interface/suites.h"
#include "support/support.h"

#define REQUEST 1
#define REPLY 2

static struct rail *const rail = &bench.rails[0];
static struct fake *const fake = &bench.fakes[0];

START_TEST(a_neighbour_is_resolved_without_a_packet)
{
	struct ipoib_gid gid = fake_gid(2), of_link;

	handles_up(NULL);
	ck_assert_int_eq(handles_get("10.0.0.2"), 0);
	ck_assert_int_eq(handles_status(), -EINPROGRESS);
	ck_assert_uint_eq(told, 0); /* callbacks come from turns alone */
	bench_settle();
	ck_assert_uint_ge(told, 1);
	ck_assert_int_eq(last.status, 0);
	ck_assert_int_eq(handles_status(), 0);
	of_link = ipoib_link_address_gid(&last.link_address);
	ck_assert_mem_eq(&of_link, &gid, sizeof(gid));
	ck_assert_mem_eq(&last.path.dgid, &gid, sizeof(gid));
	ck_assert_uint_eq(ipoib_link_address_qpn(&last.link_address), 0x102);
	ck_assert_uint_eq(last.path.dlid, 2);
	ck_assert_uint_eq(last.mtu, 2044);
	ck_assert_uint_eq(last.rate_mbps, 10000);
	ck_assert_uint_eq(arp_sent(fake, REQUEST), 1);
	ck_assert_uint_eq(rail_statistics(rail).accepted, 0);
	told = 0;
	bench_run(10 * SECOND);
	ck_assert_uint_eq(told, 0); /* nothing has changed */
	handles_end();
}
END_TEST

START_TEST(one_that_is_known_is_told_in_the_next_turn)
{
	handles_up(NULL);
	rail_send(rail, "10.0.0.2", 100, 1);
	bench_settle();
	ck_assert_int_eq(handles_get("10.0.0.2"), 0);
	ck_assert_int_eq(handles_status(), 0);
	bench_settle();
	ck_assert_uint_eq(told, 1);
	ck_assert_int_eq(last.status, 0);
	handles_end();
}
END_TEST

START_TEST(each_change_is_told_and_nothing_else)
{
	struct ipoib_interface_config config = IPOIB_INTERFACE_CONFIG_INIT;
	struct ipoib_gid three = fake_gid(3), gid;

	config.flux = IPOIB_FLUX_ACCEPT;
	handles_up(&config);
	ck_assert_int_eq(handles_get("10.0.0.2"), 0);
	bench_settle();
	/* The path's MTU. */
	fake->path_mtu = 1024;
	fake_simple_event(fake, IPOIB_TRANSPORT_REREGISTER);
	bench_run(2 * SECOND);
	told = 0;
	for (int i = 0; i < 3; i++) {
		ck_assert_int_eq(ipoib_neighbour_use(held), 0);
		bench_run(2 * SECOND);
	}
	ck_assert_uint_eq(last.mtu, 1020);
	ck_assert_uint_eq(last.path.mtu, 1024);
	ck_assert_uint_le(told, 1);
	/* Another port, which the policy believes. */
	told = 0;
	ck_assert(rail_hear_arp(rail, REPLY, 3, "10.0.0.2", "10.0.0.1"));
	bench_settle();
	ck_assert_uint_ge(told, 1);
	gid = ipoib_link_address_gid(&last.link_address);
	ck_assert_mem_eq(&gid, &three, sizeof(gid));
	ck_assert_int_eq(last.status, 0);
	handles_end();
}
END_TEST

START_TEST(who_does_not_answer_is_given_up_and_asked_for_again_at_the_next_use)
{
	handles_up(NULL);
	bench.silent = true;
	ck_assert_int_eq(handles_get("10.0.0.2"), 0);
	bench_run(4 * SECOND);
	ck_assert_int_eq(last.status, -EHOSTUNREACH);
	ck_assert_uint_eq(told, 1);
	bench_run(100 * SECOND); /* its entry has gone meanwhile */
	ck_assert_int_eq(handles_status(), -EHOSTUNREACH);
	bench.silent = false;
	bench_run(10 * SECOND);
	ck_assert_int_eq(handles_status(), -EHOSTUNREACH);
	ck_assert_int_eq(ipoib_neighbour_use(held), 0);
	ck_assert_int_eq(handles_status(), -EINPROGRESS);
	bench_settle();
	ck_assert_int_eq(last.status, 0);
	handles_end();
}
END_TEST

START_TEST(the_sa_that_knows_no_path_is_told)
{
	handles_up(NULL);
	fake->path_status = -ENOENT;
	ck_assert_int_eq(handles_get("10.0.0.2"), 0);
	bench_settle();
	ck_assert_int_eq(last.status, -EHOSTUNREACH);
	ck_assert_uint_eq(ipoib_link_address_qpn(&last.link_address), 0x102);
	fake->path_status = 0;
	bench_run(5 * SECOND);
	ck_assert_int_eq(ipoib_neighbour_use(held), 0);
	bench_settle();
	ck_assert_int_eq(last.status, 0);
	handles_end();
}
END_TEST

START_TEST(while_the_link_is_down_it_waits)
{
	handles_up(NULL);
	fake->port.state = IPOIB_PORT_DOWN;
	fake_port_event(fake);
	bench_settle();
	ck_assert_int_eq(handles_get("10.0.0.2"), 0);
	bench_settle();
	ck_assert_int_eq(last.status, -ENETDOWN);
	fake->port.state = IPOIB_PORT_ACTIVE;
	fake_port_event(fake);
	bench_run(2 * SECOND);
	ck_assert_int_eq(last.status, 0);
	fake->port.state = IPOIB_PORT_DOWN;
	fake_port_event(fake);
	bench_settle();
	ck_assert_int_eq(last.status, -ENETDOWN);
	fake->port.state = IPOIB_PORT_ACTIVE;
	fake_port_event(fake);
	bench_run(2 * SECOND);
	ck_assert_int_eq(ipoib_neighbour_use(held), 0);
	bench_run(2 * SECOND);
	ck_assert_int_eq(last.status, 0);
	handles_end();
}
END_TEST

/* ---- sending ---- */

static int send_to(struct ipoib_neighbour *neighbour, size_t length, uint32_t number)
{
	struct ipoib_ip to = ip("10.0.0.2");
	struct ipoib_packet packet = { .buffer = rail_packet(rail, &to, length, number) };
	int sent;

	ck_assert_ptr_nonnull(packet.buffer);
	sent = ipoib_interface_send_to(rail->interface, &neighbour, &packet, 1);
	ck_assert_int_eq(sent, packet.status == 0);
	if (sent == 0)
		ipoib_buffer_unref(packet.buffer);
	return packet.status;
}

START_TEST(a_packet_goes_to_a_held_neighbour)
{
	struct ipoib_ip two = ip("10.0.0.2");

	handles_up(NULL);
	ck_assert_int_eq(handles_get("10.0.0.2"), 0);
	ck_assert_int_eq(send_to(held, 100, 1), 0); /* not resolved yet: it waits */
	bench_settle();
	ck_assert_int_eq(send_to(held, 100, 2), 0);
	bench_settle();
	ck_assert_uint_eq(rail_statistics(rail).sent, 2);
	ck_assert_int_eq(send_to(held, 2045, 3), -EMSGSIZE);
	/* Its entry goes: the packet makes it anew, and the handle is there again. */
	ck_assert_int_eq(ipoib_neighbour_remove(rail->interface, &two), 0);
	bench_settle();
	ck_assert_int_eq(last.status, -EHOSTUNREACH);
	ck_assert_int_eq(send_to(held, 100, 4), 0);
	bench_settle();
	ck_assert_int_eq(send_to(held, 100, 5), 0);
	bench_settle();
	ck_assert_uint_eq(rail_statistics(rail).sent, 4);
	ck_assert_int_eq(last.status, 0);
	handles_end();
}
END_TEST

START_TEST(a_neighbour_of_another_interface_is_refused)
{
	handles_up(NULL);
	bench_try_fake();
	rail_open(&bench.rails[1], &bench.fakes[1], NULL);
	rail_bind(&bench.rails[1], "10.9.0.1");
	bench_run(SECOND);
	ck_assert_int_eq(handles_get("10.0.0.2"), 0);
	bench_settle();
	struct ipoib_ip to = ip("10.0.0.2");
	struct ipoib_packet packet = { .buffer = rail_packet(&bench.rails[1], &to, 100, 1) };

	ck_assert_int_eq(ipoib_interface_send_to(bench.rails[1].interface, &held, &packet, 1), 0);
	ck_assert_int_eq(packet.status, -EINVAL);
	ipoib_buffer_unref(packet.buffer);
	handles_end();
}
END_TEST

Suite *suite_handles(void)
{
	Suite *suite = suite_create("handles");
	TCase *tcase = tcase_create("handles");

	tcase_add_checked_fixture(tcase, support_setup, support_teardown);
	tcase_add_test(tcase, a_neighbour_is_resolved_without_a_packet);
	tcase_add_test(tcase, one_that_is_known_is_told_in_the_next_turn);
	tcase_add_test(tcase, each_change_is_told_and_nothing_else);
	tcase_add_test(tcase, who_does_not_answer_is_given_up_and_asked_for_again_at_the_next_use);
	tcase_add_test(tcase, the_sa_that_knows_no_path_is_told);
	tcase_add_test(tcase, while_the_link_is_down_it_waits);
	tcase_add_test(tcase, a_packet_goes_to_a_held_neighbour);
	tcase_add_test(tcase, a_neighbour_of_another_interface_is_refused);
	suite_add_tcase(suite, tcase);
	return suite;
}
