/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* A region of slots, a rail to send from it by, and who was told of what. */
#ifndef IPOIB_TESTS_INTERFACE_REGION_RIG_H
#define IPOIB_TESTS_INTERFACE_REGION_RIG_H

#include <ipoib/region.h>

#include "interface/bench.h"

#define SLOT 8192
#define SLOTS 9 /* together longer than any packet */
#define PEER "10.0.0.2"

struct region_rig {
	struct ipoib_region *region;
	unsigned times[SLOTS]; /* each slot was released */
	unsigned all;
	void (*then)(void *packet);
	_Alignas(64) uint8_t memory[SLOT * SLOTS];
};

extern struct region_rig region_rig;

/* The first octet of a packet. */
uint8_t *region_slot(unsigned i);
struct ipoib_region_config region_whole(void);
/* The bench with its first rail up, and the region. */
void region_up(const struct ipoib_interface_config *interface);
void region_resolve_peer(void);
struct ipoib_buffer *region_packet(unsigned i, size_t length);
int region_send(struct ipoib_buffer *buffer);
/* Everything ends, and nothing is left. */
void region_down(void);

#endif
