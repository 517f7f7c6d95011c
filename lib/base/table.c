/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "base/table.h"

#include <errno.h>
#include <string.h>

#include "base/assert.h"

/*
 * The hash of a slot without an entry that probes must nevertheless pass; that of an empty one is
 * 0.
 */
#define MOVED UINT64_C(1)

/* ---- one array of slots ---- */

static size_t slots_size(const struct ipoib__table_slots *slots)
{
	return slots->slot ? (size_t)1 << slots->bits : 0;
}

/*
 * The slot where the probe for a hash begins: its upper bits, so that homes are in the order of
 * hashes.
 */
static size_t home_of(const struct ipoib__table_slots *slots, uint64_t hash)
{
	return (size_t)(hash >> (64 - slots->bits));
}

static size_t after(const struct ipoib__table_slots *slots, size_t i)
{
	return (i + 1) & (slots_size(slots) - 1);
}

static bool is_empty(const struct ipoib__table_slot *slot)
{
	return !slot->entry && slot->hash != MOVED;
}

static bool same_hash(const struct ipoib__table_slot *slot, uint64_t hash)
{
	return slot->entry && (slot->hash | IPOIB__TABLE_NUMBER) == (hash | IPOIB__TABLE_NUMBER);
}

static void release_slots(struct ipoib__table *table, struct ipoib__table_slots *slots)
{
	ipoib__memory_put(table->memory, slots->slot, slots_size(slots) * sizeof(*slots->slot));
	slots->slot = NULL;
	slots->bits = 0;
}

/* Puts an entry into the first empty slot; there always is one, as slots are never all taken. */
static void slots_put(struct ipoib__table_slots *slots, uint64_t hash, void *entry)
{
	size_t i = home_of(slots, hash);

	while (!is_empty(&slots->slot[i]))
		i = after(slots, i);
	slots->slot[i] = (struct ipoib__table_slot){ .hash = hash, .entry = entry };
}

static bool slots_have_hash(const struct ipoib__table_slots *slots, uint64_t stored)
{
	if (!slots->slot)
		return false;
	for (size_t i = home_of(slots, stored); !is_empty(&slots->slot[i]); i = after(slots, i))
		if (slots->slot[i].entry && slots->slot[i].hash == stored)
			return true;
	return false;
}

static struct ipoib__table_slot *slots_find_entry(const struct ipoib__table_slots *slots,
						  uint64_t hash, const void *entry)
{
	if (!slots->slot)
		return NULL;
	for (size_t i = home_of(slots, hash); !is_empty(&slots->slot[i]); i = after(slots, i))
		if (slots->slot[i].entry == entry)
			return &slots->slot[i];
	return NULL;
}

/*
 * Empties a slot and moves back what the gap would cut off from its home:
 *
 *	home ... gap ... at	the entry at "at" may fill the gap,
 *	gap ... home ... at	but not from here: a probe for it begins behind the gap
 */
static void slots_close_gap(struct ipoib__table_slots *slots, size_t gap)
{
	size_t mask = slots_size(slots) - 1;

	for (size_t at = after(slots, gap); slots->slot[at].entry; at = after(slots, at)) {
		size_t from_home = (at - home_of(slots, slots->slot[at].hash)) & mask;
		size_t from_gap = (at - gap) & mask;

		if (from_home < from_gap)
			continue;
		slots->slot[gap] = slots->slot[at];
		gap = at;
	}
	slots->slot[gap] = (struct ipoib__table_slot){ .hash = 0, .entry = NULL };
}

/* ---- growth ---- */

/*
 * Allocates twice the slots when 5/8 are taken; without memory for them the next insert tries
 * again.
 */
static void grow_begin(struct ipoib__table *table)
{
	size_t size = slots_size(&table->now);

	if (table->old.slot || table->next.slot || table->count < size / 8 * 5)
		return;

	table->next.slot = ipoib__memory_get_array_uncleared(table->memory, 2 * size,
							     sizeof(*table->next.slot));
	table->next.bits = table->now.bits + 1;
	table->done = 0;
}

/* Clears some of the next slots; when all are clear they are the ones in use. */
static void grow_prepare(struct ipoib__table *table)
{
	size_t left = slots_size(&table->next) - table->done;
	size_t n = left < IPOIB__TABLE_PREPARE ? left : IPOIB__TABLE_PREPARE;

	memset(&table->next.slot[table->done], 0, n * sizeof(*table->next.slot));
	table->done += n;
	if (table->done < slots_size(&table->next))
		return;

	table->old = table->now;
	table->now = table->next;
	table->next.slot = NULL;
	table->done = 0;
}

/* Moves the entries of some of the old slots; when all are moved the old slots go. */
static void grow_move(struct ipoib__table *table)
{
	for (unsigned n = 0; n < IPOIB__TABLE_MOVE && table->done < slots_size(&table->old); n++) {
		struct ipoib__table_slot *slot = &table->old.slot[table->done++];

		if (!slot->entry)
			continue;
		slots_put(&table->now, slot->hash, slot->entry);
		*slot = (struct ipoib__table_slot){ .hash = MOVED, .entry = NULL };
	}
	if (table->done == slots_size(&table->old))
		release_slots(table, &table->old);
}

/* One operation's share of the growth that is under way. */
static void grow_step(struct ipoib__table *table)
{
	if (table->next.slot)
		grow_prepare(table);
	else if (table->old.slot)
		grow_move(table);
}

/* ---- the table ---- */

void ipoib__table_init(struct ipoib__table *table, struct ipoib__memory *memory,
		       bool (*equal)(const void *entry, const void *key, void *user), void *user)
{
	*table = (struct ipoib__table){ .memory = memory, .equal = equal, .user = user };
}

void ipoib__table_fini(struct ipoib__table *table)
{
	release_slots(table, &table->now);
	release_slots(table, &table->old);
	release_slots(table, &table->next);
	table->count = 0;
	table->done = 0;
}

/* key NULL: the first with this hash, whatever its key. */
static void *find_in(const struct ipoib__table *table, const struct ipoib__table_slots *slots,
		     uint64_t hash, const void *key)
{
	if (!slots->slot)
		return NULL;
	for (size_t i = home_of(slots, hash); !is_empty(&slots->slot[i]); i = after(slots, i)) {
		const struct ipoib__table_slot *slot = &slots->slot[i];

		if (same_hash(slot, hash) && (!key || table->equal(slot->entry, key, table->user)))
			return slot->entry;
	}
	return NULL;
}

static void *find_anywhere(const struct ipoib__table *table, uint64_t hash, const void *key)
{
	void *entry = find_in(table, &table->now, hash, key);

	return entry ? entry : find_in(table, &table->old, hash, key);
}

void *ipoib__table_candidate_far(const struct ipoib__table *table, uint64_t hash)
{
	return find_anywhere(table, hash, NULL);
}

void *ipoib__table_find(const struct ipoib__table *table, uint64_t hash, const void *key)
{
	ipoib__assert(key != NULL);
	return find_anywhere(table, hash, key);
}

/*
 * Makes sure that a slot is free. Beyond 3/4 no entry is accepted unless growth is under way; it
 * takes 1/32 of the slots to prepare at most, so that slots are never all taken.
 */
static int make_room(struct ipoib__table *table)
{
	if (!table->now.slot) {
		table->now.slot = ipoib__memory_get_array(table->memory, IPOIB__TABLE_LEAST,
							  sizeof(*table->now.slot));
		if (!table->now.slot)
			return -ENOMEM;
		while (slots_size(&table->now) < IPOIB__TABLE_LEAST)
			table->now.bits++;
	}

	grow_begin(table);
	if (table->old.slot || table->next.slot)
		return 0;
	return table->count < slots_size(&table->now) / 4 * 3 ? 0 : -ENOMEM;
}

/* Gives a hash the first number that no other entry with the same hash has. */
static int make_unique(const struct ipoib__table *table, uint64_t hash, uint64_t *stored)
{
	for (uint64_t number = 0; number < IPOIB__TABLE_SAME; number++) {
		*stored = (hash & ~IPOIB__TABLE_NUMBER) | number;
		if (!slots_have_hash(&table->now, *stored) &&
		    !slots_have_hash(&table->old, *stored))
			return 0;
	}
	return -ENOSPC;
}

int ipoib__table_insert(struct ipoib__table *table, uint64_t hash, void *entry)
{
	uint64_t stored;
	int r;

	ipoib__assert(entry != NULL);
	r = make_room(table);
	if (r < 0)
		return r;
	r = make_unique(table, hash, &stored);
	if (r < 0)
		return r;

	slots_put(&table->now, stored, entry);
	table->count++;
	grow_step(table);
	return 0;
}

bool ipoib__table_remove(struct ipoib__table *table, uint64_t hash, const void *entry)
{
	struct ipoib__table_slot *in_now, *in_old;

	if (!entry)
		return false;
	in_now = slots_find_entry(&table->now, hash, entry);
	in_old = in_now ? NULL : slots_find_entry(&table->old, hash, entry);
	if (!in_now && !in_old)
		return false;

	if (in_now)
		slots_close_gap(&table->now, (size_t)(in_now - table->now.slot));
	else
		*in_old = (struct ipoib__table_slot){ .hash = MOVED, .entry = NULL };

	table->count--;
	grow_step(table);
	return true;
}

size_t ipoib__table_count(const struct ipoib__table *table)
{
	return table->count;
}

/* ---- the walk ---- */

/*
 * The first home that an entry in slot i or a later one may have: where the cluster of slot i
 * begins. For a cluster that wraps around this is 0, too early rather than too late.
 */
static size_t first_home(const struct ipoib__table_slots *slots, size_t i)
{
	while (i > 0 && !is_empty(&slots->slot[i - 1]))
		i--;
	return i;
}

/* Among the entries whose home is a given slot, the one with the least hash of at least from. */
static const struct ipoib__table_slot *least_at_home(const struct ipoib__table_slots *slots,
						     size_t home, uint64_t from)
{
	const struct ipoib__table_slot *least = NULL;

	for (size_t i = home; !is_empty(&slots->slot[i]); i = after(slots, i)) {
		const struct ipoib__table_slot *slot = &slots->slot[i];

		if (!slot->entry || slot->hash < from || home_of(slots, slot->hash) != home)
			continue;
		if (!least || slot->hash < least->hash)
			least = slot;
	}
	return least;
}

/*
 * The entry with the least hash of from ... to, or NULL. Homes before skip are known to have none:
 * the walk would step over the slots moved already again and again.
 */
static const struct ipoib__table_slot *least_in(const struct ipoib__table_slots *slots, size_t skip,
						uint64_t from, uint64_t to)
{
	if (!slots->slot)
		return NULL;

	size_t home = home_of(slots, from);

	for (home = home > skip ? home : skip; home <= home_of(slots, to); home++) {
		const struct ipoib__table_slot *least = least_at_home(slots, home, from);

		if (least)
			return least->hash <= to ? least : NULL;
	}
	return NULL;
}

void *ipoib__table_next(const struct ipoib__table *table, uint64_t *cursor)
{
	const struct ipoib__table_slot *least, *in_now;
	size_t skip = 0;

	if (table->old.slot)
		skip = first_home(&table->old, table->done);
	least = least_in(&table->old, skip, *cursor, UINT64_MAX);
	in_now = least_in(&table->now, 0, *cursor, least ? least->hash : UINT64_MAX);
	if (in_now)
		least = in_now;
	if (!least) {
		*cursor = UINT64_MAX; /* no stored hash is as large: the walk stays ended */
		return NULL;
	}
	*cursor = least->hash + 1;
	return least->entry;
}
