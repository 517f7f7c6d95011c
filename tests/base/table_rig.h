/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Entries, hashes good and bad, and a check of a whole table: shared by the tests of the table. */
#ifndef IPOIB_TESTS_BASE_TABLE_RIG_H
#define IPOIB_TESTS_BASE_TABLE_RIG_H

#include <string.h>

#include "base/hash.h"
#include "base/table.h"
#include "support/support.h"

struct entry {
	uint32_t key;
	bool in;          /* the naive model of the table */
	unsigned inserts; /* for walks */
	unsigned seen;
};

typedef uint64_t hash_function(uint32_t key);

static inline uint64_t good_hash(uint32_t key)
{
	static const uint8_t secret[IPOIB__SIPHASH_KEY] = { 1, 2, 3 };

	return ipoib__siphash(secret, &key, sizeof(key));
}

/* Sixteen homes for all, the last one among them, so that clusters are long and wrap around. */
static inline uint64_t crowded_hash(uint32_t key)
{
	return (good_hash(key) | UINT64_C(0xf0) << 56) ^ (uint64_t)(key % 2) << 63;
}

/* Many entries with the very same hash, also the largest one. */
static inline uint64_t tied_hash(uint32_t key)
{
	return UINT64_MAX - (good_hash(key) % 64 << 55);
}

static inline bool entry_equal(const void *entry, const void *key, void *user)
{
	(void)user;
	return ((const struct entry *)entry)->key == *(const uint32_t *)key;
}

static inline void entries_init(struct entry *entries, uint32_t n)
{
	memset(entries, 0, n * sizeof(*entries));
	for (uint32_t i = 0; i < n; i++)
		entries[i].key = i;
}

static inline void table_agrees(const struct ipoib__table *table, const struct entry *entries,
				uint32_t n, hash_function *hash)
{
	size_t count = 0;

	for (uint32_t key = 0; key < n; key++) {
		const void *found = ipoib__table_find(table, hash(key), &key);

		ck_assert_ptr_eq(found, entries[key].in ? &entries[key] : NULL);
		count += entries[key].in;
	}
	ck_assert_uint_eq(ipoib__table_count(table), count);
}

/* Inserts what is not in the table, removes what is. */
static inline int toggle(struct ipoib__table *table, struct entry *entry, hash_function *hash)
{
	if (entry->in) {
		ck_assert(ipoib__table_remove(table, hash(entry->key), entry));
		entry->in = false;
		return 0;
	}

	int r = ipoib__table_insert(table, hash(entry->key), entry);

	entry->in = r == 0;
	entry->inserts += entry->in;
	return r;
}

#endif
