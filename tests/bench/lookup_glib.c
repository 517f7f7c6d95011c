/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* GLib's GHashTable: open addressing, three arrays; the caller's hash, of 32 bits. */
#include "lookup.h"

#include <glib.h>

#include "wire/ip.h"

static guint hash_of(gconstpointer key)
{
	return (guint)(lookup_hash(key) >> 32);
}

static gboolean same(gconstpointer a, gconstpointer b)
{
	return ipoib__ip_same(a, b);
}

static void *glib_open(size_t entries)
{
	(void)entries; /* it grows */
	return g_hash_table_new(hash_of, same);
}

static int glib_insert(void *table, struct lookup_entry *entry)
{
	g_hash_table_insert(table, &entry->key, entry);
	return 0;
}

static struct lookup_entry *glib_find(void *table, const struct ipoib_ip *key)
{
	return g_hash_table_lookup(table, key);
}

static void glib_close(void *table)
{
	g_hash_table_destroy(table);
}

const struct lookup_peer lookup_glib = {
	.name = "GHashTable",
	.open = glib_open,
	.insert = glib_insert,
	.find = glib_find,
	.close = glib_close,
};
