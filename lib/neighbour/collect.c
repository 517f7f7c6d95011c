/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "neighbour/collect.h"

/* When a batch was not enough: time for others in between, and no more. */
#define REST_NS UINT64_C(1000000)

uint32_t ipoib__neighbours_share(const struct ipoib__neighbours *table)
{
	uint32_t limit = table->parameters.limit, share = limit - limit / 4;

	return share == limit && limit > 1 ? limit - 1 : share;
}

void ipoib__neighbours_move_back(struct ipoib__neighbours *table, struct ipoib__neighbour *n,
				 uint64_t now)
{
	n->touched = now;
	if (n->state == IPOIB_NEIGHBOUR_PERMANENT)
		return;
	ipoib__list_remove(&n->recent);
	ipoib__list_push_back(&table->recent, &n->recent);
}

/* The least recently used, if that is so long ago. */
static struct ipoib__neighbour *first_idle(const struct ipoib__neighbours *table, uint64_t idle,
					   uint64_t now)
{
	struct ipoib__list *first = ipoib__list_first(&table->recent);
	struct ipoib__neighbour *n;

	if (!first)
		return NULL;
	n = ipoib__container_of(first, struct ipoib__neighbour, recent);
	return now - n->touched >= idle ? n : NULL;
}

static bool busy(const struct ipoib__neighbours *table, const struct ipoib__neighbour *n)
{
	return table->hooks->busy(table->owner, n);
}

static bool evict_one(struct ipoib__neighbours *table, uint64_t idle, uint64_t now)
{
	for (unsigned i = 0; i < IPOIB__NEIGHBOUR_EVICT_LOOK; i++) {
		struct ipoib__neighbour *n = first_idle(table, idle, now);

		if (!n)
			return false;
		if (!busy(table, n)) {
			ipoib__neighbours_remove(table, n, true);
			return true;
		}
		ipoib__neighbours_move_back(table, n, now);
	}
	return false;
}

bool ipoib__neighbours_make_room(struct ipoib__neighbours *table, bool wanted, uint64_t now)
{
	size_t count = ipoib__table_count(&table->table);

	if (!wanted)
		return true; /* its share was looked at before */
	if (count > table->parameters.limit)
		return evict_one(table, 0, now);
	if (count > table->parameters.thresh2)
		evict_one(table, IPOIB__NEIGHBOUR_FORCED_NS, now);
	return true;
}

static bool too_many(const struct ipoib__neighbours *table)
{
	return ipoib__table_count(&table->table) > table->parameters.thresh1;
}

/* Whether it came to its state or address within the stale time: that counts as a use here. */
static bool news(const struct ipoib__neighbours *table, const struct ipoib__neighbour *n,
		 uint64_t now)
{
	return now - n->updated < table->parameters.stale;
}

/* Takes a batch; true when there may be more. */
static bool collect_some(struct ipoib__neighbours *table, uint64_t now)
{
	for (unsigned i = 0; i < IPOIB__NEIGHBOUR_GC_BATCH; i++) {
		struct ipoib__neighbour *n = first_idle(table, table->parameters.stale, now);

		if (!n || !too_many(table))
			return false;
		if (busy(table, n) || news(table, n, now))
			ipoib__neighbours_move_back(table, n, now);
		else
			ipoib__neighbours_remove(table, n, true);
	}
	return true;
}

static void collect(struct ipoib__timer *timer, uint64_t now)
{
	struct ipoib__neighbours *table =
		ipoib__container_of(timer, struct ipoib__neighbours, collect);

	if (collect_some(table, now))
		ipoib__wheel_arm(table->wheel, timer, now + REST_NS);
	else
		ipoib__neighbours_collect_later(table, now);
}

void ipoib__neighbours_collect_init(struct ipoib__neighbours *table)
{
	ipoib__timer_init(&table->collect, collect);
}

void ipoib__neighbours_collect_later(struct ipoib__neighbours *table, uint64_t now)
{
	if (too_many(table) && !ipoib__timer_armed(&table->collect))
		ipoib__wheel_arm(table->wheel, &table->collect,
				 now + IPOIB__NEIGHBOUR_GC_INTERVAL_NS);
}
