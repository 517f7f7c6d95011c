/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* The table half of neighbour.h: who is kept, who gives way, whose timer runs. */
#include "neighbour/neighbour.h"

#include <errno.h>
#include <string.h>

static bool equal(const void *entry, const void *key, void *user)
{
	const struct ipoib__neighbour *n = entry;

	(void)user;
	return ipoib_ip_equal(&n->ip, key);
}

static uint64_t hash_of(const struct ipoib__neighbours *table, const struct ipoib_ip *ip)
{
	return ipoib__siphash(table->key, ip->raw, ip->family == IPOIB_IPV4 ? 4 : 16);
}

static void expire(struct ipoib__timer *timer, uint64_t now)
{
	struct ipoib__neighbour *n = ipoib__container_of(timer, struct ipoib__neighbour, timer);

	ipoib__neighbours_step(n->table, n, IPOIB__NEIGHBOUR_TIMER, NULL, now);
}

void ipoib__neighbours_init(struct ipoib__neighbours *table, struct ipoib__memory *memory,
			    struct ipoib__wheel *wheel, struct ipoib__random *random,
			    const uint8_t key[IPOIB__SIPHASH_KEY], uint32_t limit,
			    const struct ipoib__neighbours_hooks *hooks, void *owner)
{
	ipoib__assert(hooks->entry_size >= sizeof(struct ipoib__neighbour) && limit > 0);
	table->memory = memory;
	table->wheel = wheel;
	table->random = random;
	table->hooks = hooks;
	table->owner = owner;
	table->limit = limit;
	memcpy(table->key, key, sizeof(table->key));
	ipoib__table_init(&table->table, memory, equal, NULL);
	ipoib__list_init(&table->recent);
}

void ipoib__neighbours_fini(struct ipoib__neighbours *table)
{
	struct ipoib__list *first;

	while ((first = ipoib__list_first(&table->recent)) != NULL)
		ipoib__neighbours_remove(
			table, ipoib__container_of(first, struct ipoib__neighbour, recent), false);
	ipoib__table_fini(&table->table);
}

size_t ipoib__neighbours_count(const struct ipoib__neighbours *table)
{
	return ipoib__table_count(&table->table);
}

struct ipoib__neighbour *ipoib__neighbours_find(const struct ipoib__neighbours *table,
						const struct ipoib_ip *ip)
{
	return ipoib__table_find(&table->table, hash_of(table, ip), ip);
}

/* Takes out the least recently used entry that may go. Busy ones met on the way count as used. */
static bool evict_one(struct ipoib__neighbours *table)
{
	for (unsigned i = 0; i < IPOIB__NEIGHBOUR_EVICT_LOOK; i++) {
		struct ipoib__list *first = ipoib__list_first(&table->recent);
		struct ipoib__neighbour *n =
			ipoib__container_of(first, struct ipoib__neighbour, recent);

		if (!table->hooks->busy(table->owner, n)) {
			ipoib__neighbours_remove(table, n, true);
			return true;
		}
		ipoib__list_remove(first);
		ipoib__list_push_back(&table->recent, first);
	}
	return false;
}

/* What nobody here asked for may take three quarters of the table, and displaces nothing (I41). */
static int make_room(struct ipoib__neighbours *table, bool wanted)
{
	size_t count = ipoib__table_count(&table->table);

	if (!wanted)
		return count < table->limit - table->limit / 4 ? 0 : -ENOBUFS;
	if (count < table->limit)
		return 0;
	return evict_one(table) ? 0 : -ENOBUFS;
}

int ipoib__neighbours_make(struct ipoib__neighbours *table, const struct ipoib_ip *ip, bool wanted,
			   uint64_t now, struct ipoib__neighbour **out)
{
	struct ipoib__neighbour *n;
	int status = make_room(table, wanted);

	if (status < 0)
		return status;
	n = ipoib__memory_get(table->memory, table->hooks->entry_size);
	if (!n)
		return -ENOMEM;
	n->ip = *ip;
	n->state = IPOIB__NEIGHBOUR_NEW;
	n->deadline = IPOIB_NEVER;
	n->confirmed = IPOIB_NEVER;
	n->used = IPOIB_NEVER;
	n->updated = now;
	n->touched = now;
	n->table = table;
	n->hash = hash_of(table, ip);
	ipoib__list_init(&n->recent);
	ipoib__timer_init(&n->timer, expire);
	status = ipoib__table_insert(&table->table, n->hash, n);
	if (status < 0) {
		ipoib__memory_put(table->memory, n, table->hooks->entry_size);
		return status;
	}
	ipoib__list_push_back(&table->recent, &n->recent);
	*out = n;
	return 0;
}

void ipoib__neighbours_remove(struct ipoib__neighbours *table, struct ipoib__neighbour *n,
			      bool evicted)
{
	bool there;

	table->hooks->end(table->owner, n, evicted);
	ipoib__wheel_cancel(table->wheel, &n->timer);
	ipoib__list_remove(&n->recent);
	there = ipoib__table_remove(&table->table, n->hash, n);
	ipoib__assert(there);
	(void)there;
	ipoib__memory_put(table->memory, n, table->hooks->entry_size);
}

/* RFC 4861 section 6.3.2: spread, so that neighbours learned together are not asked together. */
static uint64_t draw_reachable(struct ipoib__neighbours *table)
{
	return ipoib__random_jitter(table->random, IPOIB__NEIGHBOUR_REACHABLE_NS, 50);
}

void ipoib__neighbours_step(struct ipoib__neighbours *table, struct ipoib__neighbour *n,
			    enum ipoib__neighbour_event event,
			    const struct ipoib_link_address *address, uint64_t now)
{
	uint64_t reachable = event == IPOIB__NEIGHBOUR_ANSWER ? draw_reachable(table) : 0;
	unsigned actions = ipoib__neighbour_step(n, event, address, reachable, now);

	if (actions & IPOIB__NEIGHBOUR_FORGET) {
		ipoib__neighbours_remove(table, n, false);
		return;
	}
	ipoib__wheel_arm(table->wheel, &n->timer, n->deadline);
	if (actions != 0)
		table->hooks->act(table->owner, n, actions, now);
}

bool ipoib__neighbours_touch(struct ipoib__neighbours *table, struct ipoib__neighbour *n,
			     uint64_t now)
{
	n->used = now;
	if (now - n->touched < IPOIB__NEIGHBOUR_TOUCH_NS)
		return false;
	n->touched = now;
	ipoib__list_remove(&n->recent);
	ipoib__list_push_back(&table->recent, &n->recent);
	return true;
}

struct ipoib__neighbour *ipoib__neighbours_next(const struct ipoib__neighbours *table,
						uint64_t *cursor)
{
	return ipoib__table_next(&table->table, cursor);
}
