/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* What is short and often needed of the table, inline; a part of neighbour.h. */
#ifndef IPOIB__NEIGHBOUR_LOOKUP_H
#define IPOIB__NEIGHBOUR_LOOKUP_H

#include "neighbour/neighbour.h"

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
