/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* How entries go, whatever for: by the machine's word, by the collection, or all at once. */
#include "neighbour/neighbour.h"

void ipoib__neighbours_remove(struct ipoib__neighbours *table, struct ipoib__neighbour *n,
			      bool evicted)
{
	bool there;

	table->hooks->end(table->owner, n, evicted);
	if (n->state == IPOIB_NEIGHBOUR_PERMANENT)
		table->permanent_count--;
	table->collected += evicted;
	ipoib__wheel_cancel(table->wheel, &n->timer);
	ipoib__list_remove(&n->recent);
	there = ipoib__table_remove(&table->table, n->hash, n);
	ipoib__assert(there);
	(void)there;
	ipoib__memory_put(table->memory, n->history, sizeof(*n->history));
	ipoib__memory_put(table->memory, n, table->hooks->entry_size);
}

static void remove_all(struct ipoib__neighbours *table, struct ipoib__list *list)
{
	struct ipoib__list *first;

	while ((first = ipoib__list_first(list)) != NULL)
		ipoib__neighbours_remove(
			table, ipoib__container_of(first, struct ipoib__neighbour, recent), false);
}

void ipoib__neighbours_flush(struct ipoib__neighbours *table, bool permanent)
{
	remove_all(table, &table->recent);
	if (permanent)
		remove_all(table, &table->permanent);
}
