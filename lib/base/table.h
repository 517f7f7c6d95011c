/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * A hash table of pointers: open addressing with linear probing, for a million neighbours.
 *
 * 1. A slot is 16 bytes: the entry and the hash that it was inserted with. A probe compares hashes
 *    (the tag) and asks the caller's equal() only where they agree, so that a find costs one cache
 *    line of slots and one of the entry. The hash comes from the caller, computed once; it must be
 *    keyed (hash.h) where peers choose the keys. Pointers are not packed with tags into 8 bytes:
 *    that would gamble on the unused bits of an address.
 * 2. The upper bits of the hash choose the slot, so that slots are in the order of hashes, and stay
 *    so when the table doubles. The lowest octet of the stored hash is replaced by a number that
 *    makes it unique: the stored hashes are a strict order, and a cursor in it survives everything
 *    (see next).
 * 3. Removal shifts the rest of the cluster back: no tombstone is ever left in the slots in use.
 * 4. Growth is spread over operations, so that no insert pauses. When 5/8 of the slots are taken,
 *    twice as many are allocated; then each insert and each remove clears PREPARE slots of the new
 *    ones; when all are clear, each moves at most MOVE of the old ones. Both are done before 3/4
 *    are taken. Meanwhile new entries go to the new slots and a find looks in both. An old slot
 *    that was moved or removed from keeps a mark until the old slots go, so that the probes that
 *    pass it still do.
 *
 * No operation moves more than IPOIB__TABLE_MOVE slots for growth; a removal shifts at most the
 * rest of its own cluster, a handful of slots at 3/4 full. The table does not shrink: a table that
 * was full once will be again.
 */
#ifndef IPOIB__BASE_TABLE_H
#define IPOIB__BASE_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/memory.h"

#define IPOIB__TABLE_LEAST 16   /* slots of the first allocation: four cache lines */
/* Slots cleared per operation: 1 KiB. The 2 C new ones are clear after C / 32 operations, ... */
#define IPOIB__TABLE_PREPARE 64
/* ... and with as many slots moved per operation the C old ones are moved after C / 16 more. */
#define IPOIB__TABLE_MOVE 16
/*
 * The octet of a stored hash that tells entries with the same hash apart: 0 ... IPOIB__TABLE_SAME -
 * 1.
 */
#define IPOIB__TABLE_NUMBER UINT64_C(0xff)
#define IPOIB__TABLE_SAME 255   /* entries whose hashes agree in the upper 56 bits, at most */

struct ipoib__table_slot {
	uint64_t hash; /* see point 2 */
	void *entry;   /* NULL: empty, or moved away (table.c) */
};

struct ipoib__table_slots {
	struct ipoib__table_slot *slot; /* NULL: none */
	unsigned bits;                  /* there are 2^bits of them */
};

struct ipoib__table {
	struct ipoib__memory *memory;
	bool (*equal)(const void *entry, const void *key, void *user);
	void *user;
	size_t count;
	struct ipoib__table_slots now;  /* where inserts go */
	struct ipoib__table_slots old;  /* being moved to now, from slot 0 on */
	struct ipoib__table_slots next; /* being cleared, not in use yet */
	size_t done;                    /* slots of next cleared, or slots of old moved */
};

/* equal says whether an entry is the one of a key. Nothing is allocated before the first insert. */
void ipoib__table_init(struct ipoib__table *table, struct ipoib__memory *memory,
		       bool (*equal)(const void *entry, const void *key, void *user), void *user);

/* Gives the slots back; the entries are the owner's. The table is then empty, and usable again. */
void ipoib__table_fini(struct ipoib__table *table);

/* Fetches into the cache where a find will begin, while the caller does something else. */
static inline void ipoib__table_prefetch(const struct ipoib__table *table, uint64_t hash)
{
	if (table->now.slot)
		__builtin_prefetch(&table->now.slot[hash >> (64 - table->now.bits)]);
}

/*
 * The first entry whose hash is this but for the octet that is a number, or NULL: most likely the
 * one that find would return, and never looked at here.
 */
void *ipoib__table_candidate_far(const struct ipoib__table *table, uint64_t hash);

static inline void *ipoib__table_candidate(const struct ipoib__table *table, uint64_t hash)
{
	const struct ipoib__table_slot *home;

	if (!table->now.slot)
		return NULL;
	home = &table->now.slot[hash >> (64 - table->now.bits)];
	if (home->entry && (home->hash | IPOIB__TABLE_NUMBER) == (hash | IPOIB__TABLE_NUMBER))
		return home->entry;
	return ipoib__table_candidate_far(table, hash);
}

/* The entry of a key, or NULL. Changes nothing. */
void *ipoib__table_find(const struct ipoib__table *table, uint64_t hash, const void *key);

/*
 * Inserts an entry (not NULL) whose key is not in the table: that is the caller's to know, by find.
 * Returns 0; -ENOMEM when there is no room and no memory for more; -ENOSPC when IPOIB__TABLE_SAME
 * entries have this hash already, which with a keyed hash does not happen. After an error the table
 * holds what it held before.
 */
int ipoib__table_insert(struct ipoib__table *table, uint64_t hash, void *entry);

/* Removes an entry that was inserted with this hash; false when it is not there. */
bool ipoib__table_remove(struct ipoib__table *table, uint64_t hash, const void *entry);

size_t ipoib__table_count(const struct ipoib__table *table);

/*
 * Walks the table: *cursor is 0 at first, and the walk ends with NULL. Between two calls the table
 * may change in every way, growth included. The promise: an entry that was in the table from the
 * first call to the last is returned exactly once; one that was inserted or removed in between at
 * most once for each time that it was inserted. The order is that of the hashes, so it tells
 * nothing. A whole walk takes a time proportional to the slots, not to the entries.
 */
void *ipoib__table_next(const struct ipoib__table *table, uint64_t *cursor);

#endif
