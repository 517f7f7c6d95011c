/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Lies of a third port about where a neighbour is, while traffic flows: they are told, and cost
 * nothing.
 */
#include <string.h>

#include "interface/interface.h"
#include "sim/machines.h"
#include "sim/suites.h"
#include "support/support.h"
#include "wire/arp.h"
#include "wire/encap.h"

struct forged {
	struct world world;
	struct world_options options;
	struct host *server, *peer, *liar;
};

static void begin(struct forged *forged, uint8_t mode)
{
	memset(forged, 0, sizeof(*forged));
	forged->options = machine_options(mode);
	machines_begin(&forged->world, 3, &forged->options);
	for (unsigned machine = 0; machine < 3; machine++)
		machine_open(&forged->world, machine, &forged->options);
	forged->server = machine_rail(&forged->world, 0, 0);
	forged->peer = machine_rail(&forged->world, 1, 0);
	forged->liar = machine_rail(&forged->world, 2, 0);
	world_up(&forged->world);
	world_run(&forged->world, 15 * SECOND); /* addresses are probed and announced */
	for (unsigned i = 0; i < 2; i++) { /* the second one dials */
		host_send(forged->server, &forged->peer->address, 100);
		world_run(&forged->world, SECOND);
	}
	host_send(forged->liar, &forged->server->address, 100);
	world_run(&forged->world, SECOND);
}

/* By unicast: the peer has another queue pair at its port. */
static void forge(struct forged *forged)
{
	struct ipoib_link_address to = ipoib__interface_link_address(forged->server->interface);
	struct ipoib_link_address of = ipoib__interface_link_address(forged->peer->interface);
	struct ipoib_gid gid = ipoib_link_address_gid(&of);
	struct ipoib__arp arp = {
		.operation = IPOIB__ARP_REQUEST,
		.sender_link = ipoib_link_address_make(ipoib_link_address_flags(&of),
						       ipoib_link_address_qpn(&of) + 1, &gid),
	};
	struct ipoib_buffer *buffer =
		ipoib__control_buffer(forged->liar->interface, IPOIB__TYPE_ARP);

	ck_assert_ptr_nonnull(buffer);
	memcpy(arp.sender_ip, forged->peer->address.raw, 4);
	memcpy(arp.target_ip, forged->server->address.raw, 4);
	buffer->length = (uint32_t)ipoib__arp_encode(ipoib_buffer_data(buffer),
						     ipoib_buffer_room(buffer), &arp);
	ipoib__route_send(forged->liar->interface, buffer, &to, true, support_now);
	world_run(&forged->world, MILLISECOND);
}

/* Of a hundred packets, one each 10 ms, how many did not arrive. */
static uint64_t send_a_second(struct forged *forged)
{
	uint64_t before = forged->peer->received;

	for (unsigned i = 0; i < 100; i++) {
		host_send(forged->server, &forged->peer->address, 100);
		world_run(&forged->world, 10 * MILLISECOND);
	}
	return before + 100 - forged->peer->received;
}

/* Every other time its own word is heard as well. */
START_TEST(a_forged_queue_pair_costs_no_packet)
{
	struct ipoib_statistics before, after;
	struct forged forged;
	uint64_t lost = 0;

	begin(&forged, (uint8_t)(_i % 2));
	before = host_statistics(forged.server);
	for (unsigned second = 0; second < 60; second++) {
		if (second % 7 == 0)
			forge(&forged);
		if (_i / 2 && second % 7 == 1)
			ipoib_binding_announce(forged.peer->binding);
		lost += send_a_second(&forged);
	}
	after = host_statistics(forged.server);
	ck_assert_uint_eq(lost, 0);
	ck_assert_uint_eq(after.neighbours_moved, before.neighbours_moved);
	ck_assert_uint_ge(after.flux_refused - before.flux_refused, 5);
	ck_assert_uint_eq(after.connections_asked, before.connections_asked);
	ck_assert_uint_le(after.path_queries - before.path_queries, 60 / 7 + 2);
	world_end(&forged.world);
}
END_TEST

Suite *suite_forged(void)
{
	Suite *suite = suite_create("forged");
	TCase *tcase = tcase_create("forged");

	tcase_add_checked_fixture(tcase, support_setup, support_teardown);
	tcase_set_timeout(tcase, 120);
	tcase_add_loop_test(tcase, a_forged_queue_pair_costs_no_packet, 0, 4);
	suite_add_tcase(suite, tcase);
	return suite;
}
