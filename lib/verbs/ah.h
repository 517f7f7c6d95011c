/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Address handles. An adapter has room for a limited number of them, and many neighbours and
 * interfaces lead to the same place: equal attributes share one, which ends with the last user.
 *
 * What an address handle was made of may change while it is in use: the table of our own GIDs, and
 * on Ethernet the peer's MAC address. Old ones are then outdated: their users keep them, but no new
 * user gets one.
 */
#ifndef IPOIB__VERBS_AH_H
#define IPOIB__VERBS_AH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <ipoib/transport.h>

#include "base/hash.h"
#include "base/list.h"
#include "base/memory.h"
#include "base/table.h"

/* What makes and ends the adapter's own handle. */
struct ipoib__verbs_ahs_hooks {
	int (*create)(void *owner, const struct ipoib_ah_attributes *attributes, void **handle);
	void (*destroy)(void *owner, void *handle);
	void *owner;
};

struct ipoib__verbs_ahs {
	struct ipoib__memory *memory;
	struct ipoib__verbs_ahs_hooks hooks;
	uint8_t key[IPOIB__SIPHASH_KEY];
	struct ipoib__table table; /* those that new users may get */
};

struct ipoib__verbs_ah {
	struct ipoib_ah_attributes attributes;
	uint64_t hash;
	void *handle;
	uint32_t users;
	bool outdated;
};

/* The key is a secret: peers choose GIDs. */
void ipoib__verbs_ahs_init(struct ipoib__verbs_ahs *ahs, struct ipoib__memory *memory,
			   const struct ipoib__verbs_ahs_hooks *hooks,
			   const uint8_t key[IPOIB__SIPHASH_KEY]);
/* All were given back. */
void ipoib__verbs_ahs_fini(struct ipoib__verbs_ahs *ahs);

/* -ENOMEM; an error of hooks.create(). */
int ipoib__verbs_ahs_get(struct ipoib__verbs_ahs *ahs,
			 const struct ipoib_ah_attributes *attributes,
			 struct ipoib__verbs_ah **out);
void ipoib__verbs_ahs_put(struct ipoib__verbs_ahs *ahs, struct ipoib__verbs_ah *ah);
/* The one with these attributes is outdated, if there is one. */
void ipoib__verbs_ahs_outdate(struct ipoib__verbs_ahs *ahs,
			      const struct ipoib_ah_attributes *attributes);
void ipoib__verbs_ahs_outdate_all(struct ipoib__verbs_ahs *ahs);

#endif
