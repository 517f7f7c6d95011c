/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* What is short and often needed of the table, inline; a part of neighbour.h. */
#ifndef IPOIB__NEIGHBOUR_LOOKUP_H
#define IPOIB__NEIGHBOUR_LOOKUP_H

#include "neighbour/neighbour.h"

#include <string.h>

/* Behind an IPv4 address there are zeros. */
static inline uint64_t ipoib__neighbours_hash(const struct ipoib__neighbours *table,
					      const struct ipoib_ip *ip)
{
	uint64_t half[2];

	memcpy(half, ip->raw, sizeof(half));
	return ipoib__fast_hash(&table->key, half[0], half[1]);
}

/*
 * A packet goes to it: notes the time, and once in a while the order of use; then it returns true.
 */
static inline bool ipoib__neighbours_touch(struct ipoib__neighbours *table,
					   struct ipoib__neighbour *n, uint64_t now)
{
	n->used = now;
	if (now < n->touched + IPOIB__NEIGHBOUR_TOUCH_NS)
		return false;
	ipoib__neighbours_move_back(table, n, now);
	return true;
}

#endif
