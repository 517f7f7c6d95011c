/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Who gives way. The kernel's three thresholds, for this table alone (I37):
 *
 *	entries
 *	  limit    a new one displaces the least recently used that is not busy, whatever its age
 *	  thresh2  a new one displaces the least recently used if nobody used it for 5 s
 *	  thresh1  those that were idle for the stale time go, every 30 s
 *	  0        nobody goes
 *
 * The list `recent` is in the order of the times `touched`, always: so one look at its first
 * entry says that all the others were used later, and nothing here looks further than at those
 * that it takes, or that are busy. Those count as used just now, and go to the end.
 */
#ifndef IPOIB__NEIGHBOUR_COLLECT_H
#define IPOIB__NEIGHBOUR_COLLECT_H

#include "neighbour/neighbour.h"

void ipoib__neighbours_collect_init(struct ipoib__neighbours *table);
/* Starts the timer of the collection, if it does not run and there is something to collect. */
void ipoib__neighbours_collect_later(struct ipoib__neighbours *table, uint64_t now);
/*
 * Finds room for an entry that is in the hash table already and not yet in the order of use.
 * False: there is none. Who is not wanted displaces nobody.
 */
bool ipoib__neighbours_make_room(struct ipoib__neighbours *table, bool wanted, uint64_t now);
/*
 * What one kind of entry may take of the table: three quarters, and never all of it unless it has
 * room for one only. For those that nobody here asked for (I41), and for the permanent ones.
 */
uint32_t ipoib__neighbours_share(const struct ipoib__neighbours *table);

#endif
