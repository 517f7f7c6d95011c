/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "interface/region_rig.h"

#include <string.h>

#include "support/support.h"

struct region_rig region_rig;

static struct region_rig *const rig = &region_rig;
static struct rail *const rail = &bench.rails[0];
static struct fake *const fake = &bench.fakes[0];

uint8_t *region_slot(unsigned i)
{
	return rig->memory + i * (size_t)SLOT + IPOIB_REGION_HEADROOM;
}

static void note(void *packet, void *user)
{
	size_t at = (size_t)((uint8_t *)packet - rig->memory - IPOIB_REGION_HEADROOM);

	ck_assert_ptr_eq(user, rig);
	rig->times[at / SLOT]++;
	rig->all++;
	if (rig->then)
		rig->then(packet);
}

struct ipoib_region_config region_whole(void)
{
	struct ipoib_region_config config = IPOIB_REGION_CONFIG_INIT;

	config.address = rig->memory;
	config.length = sizeof(rig->memory);
	config.buffers = SLOTS;
	config.released = note;
	config.user = rig;
	return config;
}

void region_up(const struct ipoib_interface_config *interface)
{
	struct ipoib_region_config config = region_whole();

	memset(rig, 0, sizeof(*rig));
	memset(rig->memory, 0xa5, sizeof(rig->memory));
	bench_up(interface);
	ck_assert_int_eq(ipoib_region_new(&rig->region, rail->interface, &config), 0);
}

void region_resolve_peer(void)
{
	ck_assert_int_eq(rail_send(rail, PEER, 100, 1), 0);
	bench_settle();
	ck_assert_uint_eq(rail_neighbour(rail, PEER), IPOIB_NEIGHBOUR_REACHABLE);
}

struct ipoib_buffer *region_packet(unsigned i, size_t length)
{
	struct ipoib_buffer *buffer = NULL;

	ip_octets(region_slot(i), "10.0.0.1", PEER, length, i);
	ck_assert_int_eq(ipoib_region_buffer(rig->region, &buffer, region_slot(i), length), 0);
	return buffer;
}

int region_send(struct ipoib_buffer *buffer)
{
	struct ipoib_packet packet = { .buffer = buffer, .next_hop = ip(PEER) };

	ipoib_interface_send(rail->interface, &packet, 1);
	return packet.status;
}

void region_down(void)
{
	ipoib_region_unref(rig->region);
	bench_close();
	ck_assert(fake->destroyed);
	ck_assert_uint_eq(fake->region_count, 0);
	ck_assert_uint_eq(support_blocks(), 0);
}
