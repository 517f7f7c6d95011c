/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Slabs of adjacencies, and the table that finds them. A slab goes back with the table: one that
 * was full once will be again.
 */
#include "datapath/datapath.h"

#include <errno.h>

#include "base/assert.h"

struct slab {
	struct ipoib__list link;
	/* room for whole cache lines, wherever the allocator puts it */
	uint8_t octets[(IPOIB__ADJACENCY_SLAB + 1) * IPOIB__ADJACENCY_OCTETS];
};

static bool equal(const void *entry, const void *key, void *user)
{
	const struct ipoib__adjacency *adjacency = entry;

	(void)user;
	return ipoib__ip_same(&adjacency->next_hop, key);
}

void ipoib__adjacencies_init(struct ipoib__adjacencies *adjacencies, struct ipoib__memory *memory,
			     const uint8_t key[IPOIB__SIPHASH_KEY])
{
	adjacencies->memory = memory;
	adjacencies->key = ipoib__hash_key(key);
	adjacencies->free = NULL;
	ipoib__table_init(&adjacencies->table, memory, equal, NULL);
	ipoib__list_init(&adjacencies->slabs);
}

void ipoib__adjacencies_fini(struct ipoib__adjacencies *adjacencies)
{
	struct ipoib__list *first;

	ipoib__assert(ipoib__table_count(&adjacencies->table) == 0);
	ipoib__table_fini(&adjacencies->table);
	while ((first = ipoib__list_pop_front(&adjacencies->slabs)) != NULL) {
		struct slab *slab = ipoib__container_of(first, struct slab, link);

		ipoib__memory_put(adjacencies->memory, slab, sizeof(*slab));
	}
	adjacencies->free = NULL;
}

static void put(struct ipoib__adjacencies *adjacencies, struct ipoib__adjacency *adjacency)
{
	adjacency->neighbour = adjacencies->free;
	adjacencies->free = adjacency;
}

static bool grow(struct ipoib__adjacencies *adjacencies)
{
	struct slab *slab = ipoib__memory_get(adjacencies->memory, sizeof(*slab));
	uint8_t *line;

	if (!slab)
		return false;
	ipoib__list_init(&slab->link);
	ipoib__list_push_back(&adjacencies->slabs, &slab->link);
	line = slab->octets + (0 - (uintptr_t)slab->octets) % IPOIB__ADJACENCY_OCTETS;
	for (unsigned i = IPOIB__ADJACENCY_SLAB; i-- > 0;) /* the first lines are used first */
		put(adjacencies, (void *)(line + i * (size_t)IPOIB__ADJACENCY_OCTETS));
	return true;
}

int ipoib__adjacency_make(struct ipoib__adjacencies *adjacencies, const struct ipoib_ip *next_hop,
			  struct ipoib__adjacency **out)
{
	struct ipoib__adjacency *adjacency;
	int status;

	if (!adjacencies->free && !grow(adjacencies))
		return -ENOMEM;
	adjacency = adjacencies->free;
	status = ipoib__table_insert(&adjacencies->table,
				     ipoib__ip_hash(&adjacencies->key, next_hop), adjacency);
	if (status < 0)
		return status == -ENOSPC ? -ENOBUFS : status;
	adjacencies->free = adjacency->neighbour;
	*adjacency = (struct ipoib__adjacency){
		.next_hop = *next_hop,
		.used = IPOIB_NEVER,
		.noted = UINT32_MAX,
	};
	*out = adjacency;
	return 0;
}

void ipoib__adjacency_end(struct ipoib__adjacencies *adjacencies,
			  struct ipoib__adjacency *adjacency)
{
	bool removed = ipoib__table_remove(&adjacencies->table,
					   ipoib__ip_hash(&adjacencies->key, &adjacency->next_hop),
					   adjacency);

	ipoib__assert(removed);
	put(adjacencies, adjacency);
}

struct ipoib__adjacency *ipoib__adjacency_find(const struct ipoib__adjacencies *adjacencies,
					       const struct ipoib_ip *next_hop)
{
	uint64_t hash = ipoib__ip_hash(&adjacencies->key, next_hop);
	struct ipoib__adjacency *candidate = ipoib__table_candidate(&adjacencies->table, hash);

	/* That another one has this hash as well is next to impossible. */
	if (!candidate || ipoib__ip_same(&candidate->next_hop, next_hop))
		return candidate;
	return ipoib__table_find(&adjacencies->table, hash, next_hop);
}
