/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Inside of lib/connection: what the halves of the set, set.c and room.c, know of each other. */
#ifndef IPOIB__CONNECTION_SET_H
#define IPOIB__CONNECTION_SET_H

#include "connection/connection.h"

static inline struct ipoib__connection *ipoib__connection_at(struct ipoib__list *recent)
{
	return ipoib__container_of(recent, struct ipoib__connection, recent);
}

static inline enum ipoib__connection_side ipoib__connection_side(const struct ipoib__connection *c)
{
	return c->both || c->state == IPOIB__CONNECTION_TAKEN ? IPOIB__CONNECTION_PEERS :
								IPOIB__CONNECTION_OURS;
}

/* ---- set.c ---- */

/* One step, whether there is room for what it leads to or not. The entry may be gone afterwards. */
void ipoib__connections_run(struct ipoib__connections *set, struct ipoib__connection *c,
			    enum ipoib__connection_event event, uint32_t mtu, uint64_t now);

/* ---- room.c ---- */

void ipoib__turns_init(struct ipoib__connections *set);
/* Nothing is dialled any more for those that stand in line. */
void ipoib__turns_clear(struct ipoib__connections *set);
/* Whether it may be dialled now; else it stands in line, and is dialled when its turn comes. */
bool ipoib__turns_may_dial(struct ipoib__connections *set, struct ipoib__connection *c,
			   uint64_t now);
/* One has ended: the next in line need not wait for the clock. */
void ipoib__turns_freed(struct ipoib__connections *set, uint64_t now);

#endif
