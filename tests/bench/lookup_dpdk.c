/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * DPDK's rte_hash: a cuckoo hash with its own copy of the keys, and CRC-32 of the processor as its
 * hash, which is not keyed.
 */
#include "lookup.h"

#include <errno.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>

#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_hash.h>

#define LEAST 64 /* entries of a table: rte_hash has room for no fewer than a bucket */
/* Enough for four million entries, the most that lookup.c takes; what is not used costs nothing. */
#define MEMORY_MB "1024"

static unsigned first_of(const cpu_set_t *processors)
{
	unsigned i = 0;

	while (i + 1 < CPU_SETSIZE && !CPU_ISSET(i, processors))
		i++;
	return i;
}

/*
 * One thread, no huge pages, no devices, and no files that outlive the process. It would stay bound
 * to a processor; its peers are not.
 */
static int begin_environment(void)
{
	char lcore[24], name[] = "lookup", no_huge[] = "--no-huge", no_pci[] = "--no-pci",
			no_files[] = "--no-shconf", quiet[] = "--no-telemetry",
			log[] = "--log-level=critical", m[] = "-m", megabytes[] = MEMORY_MB;
	char *arguments[] = { name, no_huge, no_pci, no_files, quiet, log, m, megabytes, lcore };
	cpu_set_t processors;
	int status;

	if (sched_getaffinity(0, sizeof(processors), &processors) < 0)
		return -errno;
	snprintf(lcore, sizeof(lcore), "--lcores=0@%u", first_of(&processors));
	status = rte_eal_init(sizeof(arguments) / sizeof(*arguments), arguments);
	sched_setaffinity(0, sizeof(processors), &processors);
	return status;
}

/* Once a process. */
static bool environment_begun(void)
{
	static int status;
	static bool begun;

	if (!begun)
		status = begin_environment();
	begun = true;
	return status >= 0;
}

/*
 * The room that it is told of is what the entries need, and no more: a million leave 5 % of its
 * buckets empty. With more room it was slower there, for less of it is in the cache.
 */
static void *dpdk_open(size_t entries)
{
	const struct rte_hash_parameters parameters = {
		.name = "bench",
		.entries = (uint32_t)(entries > LEAST ? entries : LEAST),
		.key_len = sizeof(struct ipoib_ip),
		.socket_id = SOCKET_ID_ANY,
	};
	struct rte_hash *hash = environment_begun() ? rte_hash_create(&parameters) : NULL;

	if (!hash)
		fprintf(stderr, "rte_hash: %s\n", rte_strerror(rte_errno));
	return hash;
}

static int dpdk_insert(void *table, struct lookup_entry *entry)
{
	return rte_hash_add_key_data(table, &entry->key, entry);
}

static struct lookup_entry *dpdk_find(void *table, const struct ipoib_ip *key)
{
	void *entry;

	return rte_hash_lookup_data(table, key, &entry) < 0 ? NULL : entry;
}

static void dpdk_find_burst(void *table, const struct ipoib_ip *keys, size_t count,
			    struct lookup_entry **found)
{
	const void *pointers[LOOKUP_BURST];
	void *entries[LOOKUP_BURST];
	uint64_t hits = 0;

	for (size_t i = 0; i < count; i++)
		pointers[i] = &keys[i];
	rte_hash_lookup_bulk_data(table, pointers, (uint32_t)count, &hits, entries);
	for (size_t i = 0; i < count; i++)
		found[i] = hits >> i & 1 ? entries[i] : NULL;
}

static void dpdk_close(void *table)
{
	rte_hash_free(table);
}

const struct lookup_peer lookup_dpdk = {
	.name = "rte_hash",
	.open = dpdk_open,
	.insert = dpdk_insert,
	.find = dpdk_find,
	.find_burst = dpdk_find_burst,
	.close = dpdk_close,
};
