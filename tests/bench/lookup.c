/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * What finding the next hop costs, by the library's table and by others that are packaged:
 *
 *	lookup bench ENTRIES ROUNDS
 *	lookup check ENTRIES
 *
 * bench prints a line for each peer, for keys that are there and keys that are not, one by one and
 * in bursts: "lookup PEER ENTRIES hits|misses BURST NANOSECONDS", of processor time, median of the
 * rounds. The peers take turns in each round, so that what else the machine does meets them alike.
 * Keys are drawn, and made outside of the time; an entry that is found is written to.
 *
 * check looks at no clock: each peer finds each key, its own entry, and none that is not there.
 */
#include "lookup.h"

#include <assert.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "measure.h"

#define ENTRIES_MAX (1u << 22)
#define ROUNDS_MAX 99
#define BATCH 4096 /* keys of one measurement: 80 KiB, which the second level of caches holds */
#define BATCHES 64 /* of a round */
#define LINE 64
#define LEFT_OUT "lookup: %s is left out: apt-get install %s, and configure again\n"

static_assert(sizeof(struct lookup_entry) == LINE, "an entry is a cache line");
static_assert(sizeof(struct ipoib_ip) == 20, "peers that copy keys copy 20 octets");
static_assert(BATCH % LOOKUP_BURST == 0, "bursts are full");

static const struct lookup_peer *const peers[] = {
	&lookup_libipoib,
#ifdef HAVE_DPDK
	&lookup_dpdk,
#endif
#ifdef HAVE_GLIB
	&lookup_glib,
#endif
#ifdef HAVE_URCU
	&lookup_urcu,
#endif
};

#define PEERS (sizeof(peers) / sizeof(*peers))

/* What is measured of each peer. */
enum mode { HIT_ONE, HIT_BURST, MISS_ONE, MISS_BURST, MODES };

struct contender {
	const struct lookup_peer *peer;
	void *table; /* NULL: cannot be had here */
	struct lookup_entry *entries;
	double times[MODES][ROUNDS_MAX]; /* nanoseconds a look-up */
};

static void die(const char *peer, const char *what)
{
	fprintf(stderr, "lookup: %s: %s\n", peer, what);
	exit(1);
}

static void say_what_is_missing(void)
{
#ifndef HAVE_DPDK
	fprintf(stderr, LEFT_OUT, "rte_hash", "libdpdk-dev");
#endif
#ifndef HAVE_GLIB
	fprintf(stderr, LEFT_OUT, "GHashTable", "libglib2.0-dev");
#endif
#ifndef HAVE_URCU
	fprintf(stderr, LEFT_OUT, "cds_lfht", "liburcu-dev");
#endif
}

/* ---- filling ---- */

/* fe80::/64 and an interface identifier that is the key's number, mixed: no two are the same. */
static struct ipoib_ip key_of(uint64_t number)
{
	struct ipoib_ip key = { .family = IPOIB_IPV6, .raw = { 0xfe, 0x80 } };
	uint64_t identifier = measure_mixed(number + 1);

	memcpy(key.raw + 8, &identifier, sizeof(identifier));
	return key;
}

static void fill(struct contender *contender, uint32_t count)
{
	const struct lookup_peer *peer = contender->peer;

	contender->table = peer->open(count);
	if (!contender->table)
		return;
	contender->entries = aligned_alloc(LINE, count * sizeof(*contender->entries));
	if (!contender->entries)
		die(peer->name, "no memory");
	memset(contender->entries, 0, count * sizeof(*contender->entries));
	for (uint32_t i = 0; i < count; i++) {
		contender->entries[i].key = key_of(i);
		if (peer->insert(contender->table, &contender->entries[i]) < 0)
			die(peer->name, "a key was not taken");
	}
}

static void empty(struct contender *contender)
{
	if (contender->table)
		contender->peer->close(contender->table);
	free(contender->entries);
}

/* ---- what is measured ---- */

static void touch(struct lookup_entry *entry, uint64_t now, uint32_t *found)
{
	if (!entry)
		return;
	entry->used = now;
	(*found)++;
}

static uint32_t find_one_by_one(struct contender *contender, const struct ipoib_ip *keys,
				uint64_t now)
{
	uint32_t found = 0;

	for (unsigned i = 0; i < BATCH; i++)
		touch(contender->peer->find(contender->table, &keys[i]), now, &found);
	return found;
}

static uint32_t find_in_bursts(struct contender *contender, const struct ipoib_ip *keys,
			       uint64_t now)
{
	struct lookup_entry *entries[LOOKUP_BURST];
	uint32_t found = 0;

	for (unsigned i = 0; i < BATCH; i += LOOKUP_BURST) {
		contender->peer->find_burst(contender->table, &keys[i], LOOKUP_BURST, entries);
		for (unsigned k = 0; k < LOOKUP_BURST; k++)
			touch(entries[k], now, &found);
	}
	return found;
}

static bool measured(const struct contender *contender, enum mode mode)
{
	bool burst = mode == HIT_BURST || mode == MISS_BURST;

	return contender->table && (!burst || contender->peer->find_burst);
}

/* Nanoseconds a look-up; the same keys for each peer, for the state begins anew. */
static double measure(struct contender *contender, enum mode mode, uint32_t count, uint64_t state)
{
	static struct ipoib_ip keys[BATCH];
	bool hits = mode == HIT_ONE || mode == HIT_BURST;
	bool burst = mode == HIT_BURST || mode == MISS_BURST;
	uint64_t taken = 0;

	for (unsigned batch = 0; batch < BATCHES; batch++) {
		uint64_t begun;
		uint32_t found;

		for (unsigned i = 0; i < BATCH; i++)
			keys[i] = key_of(measure_drawn(&state) % count + (hits ? 0 : count));
		begun = measure_clock();
		found = (burst ? find_in_bursts : find_one_by_one)(contender, keys, begun);
		taken += measure_clock() - begun;
		if (found != (hits ? BATCH : 0))
			die(contender->peer->name, "found what is not there, or not what is");
	}
	return (double)taken / (BATCH * BATCHES);
}

/* Round 0 warms the caches and is not kept. */
static void bench(struct contender *contenders, uint32_t count, uint32_t rounds)
{
	for (uint32_t round = 0; round <= rounds; round++)
		for (enum mode mode = 0; mode < MODES; mode++)
			for (size_t i = 0; i < PEERS; i++)
				if (measured(&contenders[i], mode))
					contenders[i].times[mode][round > 0 ? round - 1 : 0] =
						measure(&contenders[i], mode, count, round);
	for (size_t i = 0; i < PEERS; i++)
		for (enum mode mode = 0; mode < MODES; mode++)
			if (measured(&contenders[i], mode))
				printf("lookup %s %u %s %u %.2f\n", contenders[i].peer->name, count,
				       mode < MISS_ONE ? "hits" : "misses",
				       mode % 2 == 0 ? 1 : LOOKUP_BURST,
				       measure_median(contenders[i].times[mode], rounds));
}

/* ---- what is checked ---- */

/* Keys `first` to `first + LOOKUP_BURST`, of which those below count are there. */
static void check_burst(struct contender *contender, uint32_t first, uint32_t count)
{
	struct lookup_entry *burst[LOOKUP_BURST] = { NULL };
	struct ipoib_ip keys[LOOKUP_BURST];

	for (uint32_t i = 0; i < LOOKUP_BURST; i++)
		keys[i] = key_of(first + i);
	if (contender->peer->find_burst)
		contender->peer->find_burst(contender->table, keys, LOOKUP_BURST, burst);
	for (uint32_t i = 0; i < LOOKUP_BURST; i++) {
		struct lookup_entry *wanted =
			first + i < count ? &contender->entries[first + i] : NULL;

		if (contender->peer->find(contender->table, &keys[i]) != wanted ||
		    (contender->peer->find_burst && burst[i] != wanted))
			die(contender->peer->name, wanted ? "a key that is there is not found" :
							    "a key is found that is not there");
	}
}

/* As many keys that are there as are not; one burst has both. */
static void check(struct contender *contenders, uint32_t count)
{
	for (size_t i = 0; i < PEERS; i++) {
		for (uint32_t first = 0; contenders[i].table && first < 2 * count;
		     first += LOOKUP_BURST)
			check_burst(&contenders[i], first, count);
		printf("%s: %s\n", contenders[i].peer->name,
		       contenders[i].table ? "finds each key, and no other" : "cannot be had");
	}
}

int main(int argc, char **argv)
{
	static struct contender contenders[PEERS];
	bool benches = argc == 4 && strcmp(argv[1], "bench") == 0;
	uint32_t count, rounds = 0;

	if (!benches && !(argc == 3 && strcmp(argv[1], "check") == 0)) {
		fprintf(stderr, "usage: lookup bench ENTRIES ROUNDS | check ENTRIES\n");
		return 2;
	}
	count = measure_number("lookup", argv[2], ENTRIES_MAX);
	if (benches)
		rounds = measure_number("lookup", argv[3], ROUNDS_MAX);
	say_what_is_missing();
	for (size_t i = 0; i < PEERS; i++) {
		contenders[i].peer = peers[i];
		fill(&contenders[i], count);
	}
	if (benches)
		bench(contenders, count, rounds);
	else
		check(contenders, count);
	for (size_t i = 0; i < PEERS; i++)
		empty(&contenders[i]);
	return 0;
}
