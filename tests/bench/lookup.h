/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * One table of next hops, as lookup.c measures it: each peer is one file that fills in this
 * structure.
 */
#ifndef BENCH_LOOKUP_H
#define BENCH_LOOKUP_H

#include <stddef.h>
#include <stdint.h>

#include <ipoib/types.h>

#define LOOKUP_BURST 32

/* A cache line, as what a send needs of a neighbour would be. */
struct lookup_entry {
	uint64_t node[2]; /* of peers that link entries */
	struct ipoib_ip key;
	uint32_t unused;
	uint64_t used; /* written at each look-up that finds it */
	uint64_t rest[2];
};

struct lookup_peer {
	const char *name;
	/* For so many entries; NULL, and the reason on stderr, when it cannot be had here. */
	void *(*open)(size_t entries);
	/* Keys differ. 0, or a negative errno value. */
	int (*insert)(void *table, struct lookup_entry *entry);
	/* NULL: not there. */
	struct lookup_entry *(*find)(void *table, const struct ipoib_ip *key);
	/* The same for at most LOOKUP_BURST keys; NULL: the peer has none. */
	void (*find_burst)(void *table, const struct ipoib_ip *keys, size_t count,
			   struct lookup_entry **found);
	/* The entries stay the caller's. */
	void (*close)(void *table);
};

extern const struct lookup_peer lookup_libipoib, lookup_dpdk, lookup_glib, lookup_urcu;

/*
 * The keyed hash of lib/base/hash.h with a key of the bench's, for peers that take the caller's
 * hash.
 */
uint64_t lookup_hash(const struct ipoib_ip *key);

#endif
