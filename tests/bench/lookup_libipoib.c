/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* The library's own table, used as a send uses it (lib/datapath/datapath.h). */
#include "lookup.h"

#include <stdlib.h>

#include "base/hash.h"
#include "base/table.h"
#include "wire/ip.h"

struct own {
	struct ipoib__memory memory;
	struct ipoib__table table;
};

/* No key of a context: these are digits of pi. */
static const struct ipoib__hash_key hash_key = {
	.k0 = UINT64_C(0x243f6a8885a308d3),
	.k1 = UINT64_C(0x13198a2e03707345),
};

uint64_t lookup_hash(const struct ipoib_ip *key)
{
	return ipoib__ip_hash(&hash_key, key);
}

static bool entry_has_key(const void *entry, const void *key, void *user)
{
	(void)user;
	return ipoib__ip_same(&((const struct lookup_entry *)entry)->key, key);
}

static void *own_open(size_t entries)
{
	struct own *own = malloc(sizeof(*own));

	(void)entries; /* it grows */
	if (!own)
		return NULL;
	ipoib__memory_init(&own->memory, NULL, NULL, NULL);
	ipoib__table_init(&own->table, &own->memory, entry_has_key, NULL);
	return own;
}

static int own_insert(void *table, struct lookup_entry *entry)
{
	return ipoib__table_insert(&((struct own *)table)->table, lookup_hash(&entry->key), entry);
}

/* The candidate is the one, but for hashes that agree. */
static struct lookup_entry *confirmed(const struct own *own, struct lookup_entry *candidate,
				      uint64_t hash, const struct ipoib_ip *key)
{
	if (!candidate || ipoib__ip_same(&candidate->key, key))
		return candidate;
	return ipoib__table_find(&own->table, hash, key);
}

static struct lookup_entry *own_find(void *table, const struct ipoib_ip *key)
{
	const struct own *own = table;
	uint64_t hash = lookup_hash(key);

	return confirmed(own, ipoib__table_candidate(&own->table, hash), hash, key);
}

static void own_find_burst(void *table, const struct ipoib_ip *keys, size_t count,
			   struct lookup_entry **found)
{
	const struct own *own = table;
	uint64_t hashes[LOOKUP_BURST];

	for (size_t i = 0; i < count; i++) {
		hashes[i] = lookup_hash(&keys[i]);
		ipoib__table_prefetch(&own->table, hashes[i]);
	}
	for (size_t i = 0; i < count; i++) {
		found[i] = ipoib__table_candidate(&own->table, hashes[i]);
		if (found[i])
			__builtin_prefetch(found[i]);
	}
	for (size_t i = 0; i < count; i++)
		found[i] = confirmed(own, found[i], hashes[i], &keys[i]);
}

static void own_close(void *table)
{
	struct own *own = table;

	ipoib__table_fini(&own->table);
	free(own);
}

const struct lookup_peer lookup_libipoib = {
	.name = "libipoib",
	.open = own_open,
	.insert = own_insert,
	.find = own_find,
	.find_burst = own_find_burst,
	.close = own_close,
};
