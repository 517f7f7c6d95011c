/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "interface/first_rig.h"

#include <string.h>

#include "support/support.h"
#include "wire/arp.h"

static struct rail *const rail = &bench.rails[0];
static struct fake *const fake = &bench.fakes[0];

static struct ipoib_neighbour_info peer_info(void)
{
	struct ipoib_neighbour_info info = { .size = sizeof(info) };
	struct ipoib_ip peer = ip(PEER_IP);

	ck_assert_int_eq(ipoib_neighbour_find(rail->interface, &peer, &info), 0);
	return info;
}

uint16_t first_where(void)
{
	struct ipoib_neighbour_info info = peer_info();

	return ipoib_link_address_gid(&info.link_address).raw[15];
}

void first_say(struct rail *to, uint16_t operation, uint16_t port, const char *sender,
	       const char *target)
{
	ck_assert(rail_hear_arp(to, operation, port, sender, target));
	bench_settle();
}

void first_meet(void)
{
	ck_assert_int_eq(rail_send(rail, PEER_IP, 100, 1), 0);
	bench_run(MILLISECOND);
	ck_assert_uint_eq(first_where(), PEER);
	first_say(rail, IPOIB__ARP_REPLY, OTHER, PEER_IP, OURS);
}

void first_stays(void)
{
	bench_run(SECOND);
	ck_assert_uint_eq(first_where(), PEER);
	ck_assert_uint_eq(peer_info().moves, 0);
	ck_assert_uint_eq(rail_events(rail, IPOIB_EVENT_NEIGHBOUR_MOVED), 0);
	bench_close();
}

void first_has_moved(void)
{
	unsigned accepted = 0;

	ck_assert_uint_eq(first_where(), OTHER);
	bench_run(2 * SECOND);
	ck_assert_uint_eq(first_where(), OTHER);
	ck_assert_uint_eq(peer_info().moves, 1);
	ck_assert_uint_eq(peer_info().dlid, OTHER);
	ck_assert_uint_eq(rail_events(rail, IPOIB_EVENT_NEIGHBOUR_MOVED), 1);
	for (size_t i = 0; i < rail->event_count; i++)
		accepted += rail->events[i].type == IPOIB_EVENT_NEIGHBOUR_FLUX &&
			    rail->events[i].verdict == IPOIB_FLUX_ACCEPTED;
	ck_assert_uint_eq(accepted, 1);
	bench_close();
}

void first_ends(bool moved)
{
	if (moved)
		first_has_moved();
	else
		first_stays();
}

void first_hear_data(const struct fake_arrival *from)
{
	uint8_t octets[4 + 100] = { 8, 0 };

	ip_octets(octets + 4, PEER_IP, OURS, 100, 0);
	ck_assert(fake_deliver(fake, fake_ud(fake), from, octets, sizeof(octets)));
	bench_settle();
}

void first_hear(uint16_t port, uint32_t qpn, bool grh)
{
	first_hear_data(&(struct fake_arrival){ .source_qpn = qpn,
						.source_lid = port,
						.has_grh = grh,
						.source = fake_gid(port),
						.destination = fake->port.gid });
}
