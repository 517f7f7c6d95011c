/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Adjacencies: how to reach each next hop now.
 *
 * An adjacency is all that a send needs, in a cache line. The control plane derives it from what it
 * knows (lib/interface/derive.c), and never stands in a packet's way; this folder has not heard of
 * ARP, paths, groups or connections. Adjacencies lie close together: those of 64,000 neighbours are
 * 1,000 pages, for which a processor's second TLB has room, where whole neighbours are ten times as
 * many.
 *
 *   0          20    24      26         28      32       40          48     56      60
 *   | next hop | QPN | limit | heard at | last  | handle | neighbour | used | noted | bits |
 *
 * A burst is looked up in stages, so that the misses of a table that no cache holds overlap: hash
 * every next hop and prefetch the slots; take the candidates out of the slots and prefetch them;
 * only then compare.
 */
#ifndef IPOIB__DATAPATH_H
#define IPOIB__DATAPATH_H

#include <stdbool.h>
#include <stdint.h>

#include <ipoib/types.h>

#include "base/hash.h"
#include "base/list.h"
#include "base/memory.h"
#include "base/table.h"
#include "wire/ip.h"

/* Adjacencies in a slab, which is what the memory for them grows by: 16 KiB. */
#define IPOIB__ADJACENCY_SLAB 256
#define IPOIB__ADJACENCY_OCTETS 64
/* A use is noted when this many bits of the time have changed: about once a second. */
#define IPOIB__ADJACENCY_TICK 30

enum ipoib__adjacency_bits {
	/* Each packet is decided about: there is a connection, or one may be made. */
	IPOIB__ADJACENCY_DECIDE = 1,
	/* Each use is told to the control plane, and not only one a second. */
	IPOIB__ADJACENCY_WATCHED = 2,
	/* Datagrams of its queue pair from the LID `heard` have been judged as its own. */
	IPOIB__ADJACENCY_HEARD = 4,
};

struct ipoib__adjacency {
	struct ipoib_ip next_hop;
	uint32_t qpn;
	uint16_t limit;  /* octets of an IP packet in a datagram, by its path */
	uint16_t heard;  /* LID */
	uint32_t last;   /* the number of the last datagram that was posted to it */
	void *handle;    /* the transport's address handle; NULL: nothing can be sent now */
	void *neighbour; /* the control plane's */
	uint64_t used;   /* when a packet last went to it; IPOIB_NEVER */
	uint32_t noted;  /* the tick of the last use that was told */
	uint8_t bits;
};
_Static_assert(sizeof(struct ipoib__adjacency) <= IPOIB__ADJACENCY_OCTETS, "a cache line");

struct ipoib__adjacencies {
	struct ipoib__memory *memory;
	struct ipoib__hash_key key;
	struct ipoib__table table;
	struct ipoib__list slabs;
	struct ipoib__adjacency *free; /* the next one of a free one is its neighbour */
};

void ipoib__adjacencies_init(struct ipoib__adjacencies *adjacencies, struct ipoib__memory *memory,
			     const uint8_t key[IPOIB__SIPHASH_KEY]);
/* They are empty. */
void ipoib__adjacencies_fini(struct ipoib__adjacencies *adjacencies);

/*
 * Makes that of a next hop that has none: without a neighbour, and nothing can be sent there.
 * -ENOMEM, or -ENOBUFS (next hops whose hashes agree: with a secret key that does not happen).
 */
int ipoib__adjacency_make(struct ipoib__adjacencies *adjacencies, const struct ipoib_ip *next_hop,
			  struct ipoib__adjacency **out);
void ipoib__adjacency_end(struct ipoib__adjacencies *adjacencies,
			  struct ipoib__adjacency *adjacency);

struct ipoib__adjacency *ipoib__adjacency_find(const struct ipoib__adjacencies *adjacencies,
					       const struct ipoib_ip *next_hop);

/*
 * Candidates for a burst of next hops, most likely theirs: `stride` octets lie from one next hop to
 * the next. NULL where there is none. They are on their way into the cache.
 */
static inline void ipoib__adjacency_candidates(const struct ipoib__adjacencies *adjacencies,
					       const struct ipoib_ip *next_hops, size_t stride,
					       size_t count, uint64_t *hashes,
					       struct ipoib__adjacency **out)
{
	const uint8_t *at = (const uint8_t *)next_hops;

	for (size_t i = 0; i < count; i++, at += stride) {
		hashes[i] = ipoib__ip_hash(&adjacencies->key, (const void *)at);
		ipoib__table_prefetch(&adjacencies->table, hashes[i]);
	}
	for (size_t i = 0; i < count; i++) {
		out[i] = i > 0 && hashes[i] == hashes[i - 1] ?
				 out[i - 1] :
				 ipoib__table_candidate(&adjacencies->table, hashes[i]);
		__builtin_prefetch(out[i]);
	}
}

/* The adjacency of a next hop for which there is this candidate. */
static inline struct ipoib__adjacency *
ipoib__adjacency_of(const struct ipoib__adjacencies *adjacencies,
		    struct ipoib__adjacency *candidate, const struct ipoib_ip *next_hop)
{
	if (!candidate || ipoib__ip_same(&candidate->next_hop, next_hop))
		return candidate;
	return ipoib__adjacency_find(adjacencies, next_hop);
}

/* A packet goes there: notes the time; whether that use is to be told. */
static inline bool ipoib__adjacency_use(struct ipoib__adjacency *adjacency, uint64_t now)
{
	uint32_t tick = (uint32_t)(now >> IPOIB__ADJACENCY_TICK);
	bool due = adjacency->noted != tick || adjacency->bits & IPOIB__ADJACENCY_WATCHED;

	adjacency->used = now;
	adjacency->noted = tick;
	return due;
}

#endif
