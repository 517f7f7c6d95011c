/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * A flood of ARP, and of neighbour solicitations, from 100,000 invented senders: questions for
 * our address, announcements of nobody, claims to be our friend, claims to be us. Memory stays
 * flat, who was resolved keeps working at full rate, who is resolved in the middle of it is
 * resolved, and what was refused is counted.
 *
 * IPOIB_TEST_SENDERS says how many senders there are.
 *
 *    host 1: the victim   host 2: its friend   host 3: floods   host 4: unknown to the victim
 */
#include <stdio.h>
#include <string.h>

#include "interface/interface.h"
#include "sim/suites.h"
#include "sim/world.h"
#include "support/support.h"
#include "wire/arp.h"
#include "wire/encap.h"
#include "wire/ip6.h"
#include "wire/nd.h"

#define SENDERS_DEFAULT 100000
#define PER_TURN 16
#define TURN MILLISECOND
/* After a part of them every table is as full as it may be. */
#define FIRST_LOOK 5
#define NEIGHBOURS 256
/* A pool that had been enough until then takes another region, or two: no octet a sender. */
#define SLACK (UINT32_C(1) << 20)
/* The subnet administrator takes its time, or nobody would have to wait for it. */
#define SA_DELAY MILLISECOND
#define SA_DELAY_LONG (200 * MILLISECOND)
/* The neighbour's own question; the one about its path comes on top. */
#define OWN_RESOLUTION (20 * MILLISECOND)
/*
 * Answers of the SA that are waited for: of the group in which to ask (IPv6), of the path, and one
 * that may be on its way. Strangers have a part of the window, and none of it is ours.
 */
#define AHEAD 3

struct flood {
	struct world world;
	struct host *victim, *friend, *attacker, *unknown;
	struct ipoib__random *random;
	uint64_t sent_to, sent_from;
	uint64_t sa_delay;
	size_t bytes;
	bool six;
};

static struct ipoib_link_address invent(struct flood *flood)
{
	struct ipoib_link_address real = ipoib__interface_link_address(flood->attacker->interface);
	struct ipoib_gid gid = ipoib_link_address_gid(&real);
	uint32_t qpn = 2 + (uint32_t)ipoib__random_below(flood->random, 0xfffff0);

	if (ipoib__random_below(flood->random, 4) > 0) /* else a path exists */
		for (size_t i = 8; i < 16; i++)
			gid.raw[i] = (uint8_t)ipoib__random_below(flood->random, 256);
	return ipoib_link_address_make(0, qpn, &gid);
}

static void broadcast(struct flood *flood, struct ipoib_buffer *buffer)
{
	struct ipoib_interface *from = flood->attacker->interface;

	ipoib__control_multicast(from, buffer, &from->groups.broadcast->mgid, support_now);
}

/* ---- ARP ---- */

static void invent_ip(struct flood *flood, uint8_t ip[4])
{
	bool inside = ipoib__random_below(flood->random, 2);

	for (size_t i = 0; i < 4; i++)
		ip[i] = (uint8_t)(1 + ipoib__random_below(flood->random, 220));
	if (inside) {
		ip[0] = 10;
		ip[1] = 0;
		ip[2] = 0;
		ip[3] |= 8; /* none of the hosts */
	}
}

static void flood_arp(struct flood *flood)
{
	struct ipoib_buffer *buffer =
		ipoib__control_buffer(flood->attacker->interface, IPOIB__TYPE_ARP);
	struct ipoib__arp arp = { .operation = IPOIB__ARP_REQUEST, .sender_link = invent(flood) };

	ck_assert_ptr_nonnull(buffer);
	invent_ip(flood, arp.sender_ip);
	memcpy(arp.target_ip, flood->victim->address.raw, 4);
	switch (ipoib__random_below(flood->random, 10)) {
	case 0: /* an announcement of nobody */
		memcpy(arp.target_ip, arp.sender_ip, 4);
		break;
	case 1: /* an answer that nobody asked for */
		arp.operation = IPOIB__ARP_REPLY;
		break;
	case 2: /* "I am your friend" */
		memcpy(arp.sender_ip, flood->friend->address.raw, 4);
		break;
	case 3: /* "I am you" */
		memcpy(arp.sender_ip, flood->victim->address.raw, 4);
		memcpy(arp.target_ip, arp.sender_ip, 4);
		break;
	default:
		break;
	}
	buffer->length = (uint32_t)ipoib__arp_encode(ipoib_buffer_data(buffer),
						     ipoib_buffer_room(buffer), &arp);
	broadcast(flood, buffer);
}

/* ---- neighbour discovery ---- */

static void flood_nd(struct flood *flood)
{
	struct ipoib_buffer *buffer =
		ipoib__control_buffer(flood->attacker->interface, IPOIB__TYPE_IPV6);
	struct ipoib__nd nd = { .type = IPOIB__ND_SOLICITATION, .has_link = true,
				.link = invent(flood) };
	int length;

	ck_assert_ptr_nonnull(buffer);
	memcpy(nd.target, flood->victim->address.raw, 16);
	memcpy(nd.source, flood->victim->address.raw, 16);
	ipoib__ipv6_solicited_node(nd.destination, nd.target);
	for (size_t i = 8; i < 16; i++)
		nd.source[i] = (uint8_t)(0x10 + ipoib__random_below(flood->random, 200));
	switch (ipoib__random_below(flood->random, 10)) {
	case 0: /* an advertisement of nobody */
		nd.type = IPOIB__ND_ADVERTISEMENT;
		memcpy(nd.target, nd.source, 16);
		nd.flags = IPOIB__ND_OVERRIDE;
		memcpy(nd.destination, ipoib__ipv6_all_nodes, 16);
		break;
	case 1: /* "I am your friend" */
		nd.type = IPOIB__ND_ADVERTISEMENT;
		memcpy(nd.source, flood->friend->address.raw, 16);
		memcpy(nd.target, nd.source, 16);
		nd.flags = IPOIB__ND_OVERRIDE;
		memcpy(nd.destination, ipoib__ipv6_all_nodes, 16);
		break;
	default:
		break;
	}
	length = ipoib__nd_encode(ipoib_buffer_data(buffer), ipoib_buffer_room(buffer), &nd);
	ck_assert_int_gt(length, 0);
	buffer->length = (uint32_t)length;
	broadcast(flood, buffer);
}

/* ---- the course of it ---- */

static void slow_sa(struct flood *flood)
{
	const struct ipoib_fabric_faults faults = { .size = sizeof(faults),
						    .sa_delay_ns = flood->sa_delay };

	ck_assert_int_eq(ipoib_fabric_set_faults(flood->world.fabric, NULL, &faults), 0);
}

static void bind_six(struct host *host, const char *text)
{
	ipoib_binding_close(host->binding);
	host->address = ip_of(text);
	ck_assert_int_eq(ipoib_binding_open(&host->binding, host->interface, &host->address, 64),
			 0);
}

static void begin(struct flood *flood, bool six, bool slow)
{
	static const char *const addresses[] = { "fe80::1", "fe80::2", "fe80::3", "fe80::4" };
	struct world_options options = { .mtu = 2048, .delay_ns = 5000 };

	memset(flood, 0, sizeof(*flood));
	flood->random = support_random();
	flood->six = six;
	flood->sa_delay = slow ? SA_DELAY_LONG : SA_DELAY;
	options.config = (struct ipoib_interface_config)IPOIB_INTERFACE_CONFIG_INIT;
	options.config.neighbours_max = NEIGHBOURS;
	world_make(&flood->world, 4, &options);
	flood->victim = &flood->world.hosts[0];
	flood->friend = &flood->world.hosts[1];
	flood->attacker = &flood->world.hosts[2];
	flood->unknown = &flood->world.hosts[3];
	slow_sa(flood);
	for (size_t i = 0; six && i < 4; i++)
		bind_six(&flood->world.hosts[i], addresses[i]);
	world_up(&flood->world);
	world_run(&flood->world, 5 * SECOND);
	ck_assert_int_eq(host_send(flood->victim, &flood->friend->address, 100), 0);
	ck_assert_int_eq(host_send(flood->friend, &flood->victim->address, 100), 0);
	world_run(&flood->world, SECOND);
	ck_assert_uint_eq(flood->victim->received, 1);
	ck_assert_uint_eq(flood->friend->received, 1);
}

static void pings(struct flood *flood)
{
	ck_assert_int_eq(host_send(flood->victim, &flood->friend->address, 500), 0);
	ck_assert_int_eq(host_send(flood->friend, &flood->victim->address, 500), 0);
	flood->sent_to++;
	flood->sent_from++;
}

static void flow(struct flood *flood, size_t from, size_t to)
{
	for (size_t sender = from; sender < to; sender++) {
		if (sender % PER_TURN == 0) {
			pings(flood);
			world_run(&flood->world, TURN);
		}
		if (flood->six)
			flood_nd(flood);
		else
			flood_arp(flood);
	}
	world_run(&flood->world, TURN);
}

/* Nothing is late, and nothing is lost. */
static void friends_are_unharmed(const struct flood *flood)
{
	struct ipoib_neighbour_info n = { .size = sizeof(n) };

	ck_assert_uint_eq(flood->friend->received, 1 + flood->sent_to);
	ck_assert_uint_eq(flood->victim->received, 1 + flood->sent_from);
	ck_assert_int_eq(ipoib_neighbour_find(flood->victim->interface, &flood->friend->address,
					      &n), 0);
	ck_assert_uint_eq(n.moves, 0);
	ck_assert_uint_gt(n.flux, 0); /* and many have said otherwise */
	ck_assert_uint_eq(host_events(flood->victim, IPOIB_EVENT_DOWN), 0);
}

/* In the middle of the flood, how long the first packet to somebody new takes. */
static void somebody_new_is_resolved(struct flood *flood)
{
	uint64_t start = support_now, before = flood->unknown->received;
	uint64_t most = OWN_RESOLUTION + AHEAD * flood->sa_delay;

	ck_assert_int_eq(host_send(flood->victim, &flood->unknown->address, 500), 0);
	while (flood->unknown->received == before) {
		flow(flood, 0, PER_TURN); /* it goes on */
		ck_assert_uint_lt(support_now - start, most);
	}
}

/* A full table lets in who is wanted, and nobody else (I41). */
static void strangers_are_counted(const struct flood *flood, size_t senders)
{
	struct ipoib_interface_info info = { .size = sizeof(info) };
	struct ipoib_statistics s = host_statistics(flood->victim);

	ck_assert_int_eq(ipoib_interface_info(flood->victim->interface, &info), 0);
	ck_assert_uint_le(info.neighbours, NEIGHBOURS / 4 * 3 + 2);
	ck_assert_uint_gt(info.neighbours, NEIGHBOURS / 2);
	ck_assert_uint_gt(s.neighbours_refused, senders / 4);
	ck_assert_uint_gt(s.flux_claims, 0);
	/*
	 * A part of the window is theirs, and no more, however many they are. Besides there are our
	 * own: one or two for each neighbour, by which of them gave way.
	 */
	ck_assert_uint_le(s.path_queries, 2 * info.neighbours + 10 +
						  (IPOIB__PATH_WINDOW_STRANGERS + 1) *
							  (support_now / flood->sa_delay));
	if (!flood->six)
		ck_assert_uint_gt(s.address_conflicts, senders / 20);
}

START_TEST(a_hundred_thousand_invented_senders_change_nothing)
{
	size_t senders = world_number("IPOIB_TEST_SENDERS", SENDERS_DEFAULT);
	struct flood flood;

	begin(&flood, _i % 2, _i / 2);
	flow(&flood, 0, senders / FIRST_LOOK);
	flood.bytes = support_bytes();
	flow(&flood, senders / FIRST_LOOK, senders / 2);
	ck_assert_uint_le(support_bytes(), flood.bytes + SLACK);
	somebody_new_is_resolved(&flood);
	flood.bytes = support_bytes(); /* the other host has answered, and has buffers for it */
	flow(&flood, senders / 2, senders);
	ck_assert_uint_le(support_bytes(), flood.bytes + SLACK);
	friends_are_unharmed(&flood);
	strangers_are_counted(&flood, senders);
	world_end(&flood.world);
}
END_TEST

Suite *suite_flood(void)
{
	Suite *suite = suite_create("flood");
	TCase *tcase = tcase_create("flood");

	tcase_add_checked_fixture(tcase, support_setup, support_teardown);
	tcase_set_timeout(tcase, 120);
	tcase_add_loop_test(tcase, a_hundred_thousand_invented_senders_change_nothing, 0, 4);
	suite_add_tcase(suite, tcase);
	return suite;
}
