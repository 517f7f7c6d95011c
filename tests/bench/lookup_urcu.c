/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * liburcu's cds_lfht: chains of entries in the order of their bit-reversed hashes, with a table of
 * shortcuts. QSBR is the flavour whose readers cost least.
 */
#include "lookup.h"

#include <assert.h>
#include <stdio.h>

#include <urcu/urcu-qsbr.h>
#include <urcu/rculfhash.h>

#include "wire/ip.h"

static_assert(sizeof(struct cds_lfht_node) == sizeof(((struct lookup_entry *)NULL)->node),
	      "the node lies at the beginning of an entry");

static struct cds_lfht_node *node_of(struct lookup_entry *entry)
{
	return (struct cds_lfht_node *)(void *)entry->node;
}

/* As many buckets as entries, rounded up, all made at once: no resizing while it is measured. */
static void *urcu_open(size_t entries)
{
	unsigned long buckets = 1;
	struct cds_lfht *table;

	while (buckets < entries)
		buckets *= 2;
	urcu_qsbr_register_thread();
	table = cds_lfht_new_flavor(buckets, buckets, buckets, 0, &urcu_qsbr_flavor, NULL);
	if (!table)
		fprintf(stderr, "cds_lfht: no memory\n");
	return table;
}

static int urcu_insert(void *table, struct lookup_entry *entry)
{
	cds_lfht_node_init(node_of(entry));
	urcu_qsbr_read_lock();
	cds_lfht_add(table, lookup_hash(&entry->key), node_of(entry));
	urcu_qsbr_read_unlock();
	return 0;
}

static int same(struct cds_lfht_node *node, const void *key)
{
	return ipoib__ip_same(&((const struct lookup_entry *)(const void *)node)->key, key);
}

static struct lookup_entry *urcu_find(void *table, const struct ipoib_ip *key)
{
	struct cds_lfht_iter iterator;

	urcu_qsbr_read_lock();
	cds_lfht_lookup(table, lookup_hash(key), same, key, &iterator);
	urcu_qsbr_read_unlock();
	return (struct lookup_entry *)(void *)cds_lfht_iter_get_node(&iterator);
}

/* A table can be destroyed only when it is empty. */
static void urcu_close(void *table)
{
	struct cds_lfht_iter iterator;
	struct cds_lfht_node *node;

	urcu_qsbr_read_lock();
	cds_lfht_for_each(table, &iterator, node)
		cds_lfht_del(table, node);
	urcu_qsbr_read_unlock();
	urcu_qsbr_thread_offline();
	cds_lfht_destroy(table, NULL);
	urcu_qsbr_thread_online();
	urcu_qsbr_unregister_thread();
}

const struct lookup_peer lookup_urcu = {
	.name = "cds_lfht",
	.open = urcu_open,
	.insert = urcu_insert,
	.find = urcu_find,
	.close = urcu_close,
};
