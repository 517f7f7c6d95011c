/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Inside of lib/connection: the parts of the set. entries.c knows neither of the others, room.c the
 * entries, and set.c both.
 */
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

/* One has ended: the next in line need not wait for the clock. */
static inline void ipoib__turns_freed(struct ipoib__connections *set, uint64_t now)
{
	if (!ipoib__list_empty(&set->turns))
		ipoib__wheel_arm(set->wheel, &set->turn_timer, now);
}

/* ---- entries.c ---- */

/* The tables of an empty set. */
void ipoib__connections_tables_init(struct ipoib__connections *set);
/* One step, whether there is room for what it leads to or not. The entry may be gone afterwards. */
void ipoib__connections_run(struct ipoib__connections *set, struct ipoib__connection *c,
			    enum ipoib__connection_event event, uint32_t mtu, uint64_t now);
/* Removes an entry that does not exist at the transport. */
void ipoib__connections_forget(struct ipoib__connections *set, struct ipoib__connection *c);
/* ipoib__connections_take() where there is room. NULL: no memory. */
struct ipoib__connection *ipoib__connections_add_taken(struct ipoib__connections *set,
						       const struct ipoib_link_address *peer,
						       uint64_t now);

/* ---- room.c ---- */

void ipoib__turns_init(struct ipoib__connections *set);
/* Nothing is dialled any more for those that stand in line. */
void ipoib__turns_clear(struct ipoib__connections *set);
/* Whether it may be dialled now; else it stands in line, and is dialled when its turn comes. */
bool ipoib__turns_may_dial(struct ipoib__connections *set, struct ipoib__connection *c,
			   uint64_t now);

#endif
