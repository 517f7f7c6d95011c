/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "verbs/ah.h"

#include <errno.h>
#include <string.h>

#include "base/assert.h"
#include "base/bytes.h"

/* Octets of what tells address handles apart. */
#define IDENTITY 32

/*
 * What counts of the attributes, without the gaps of the structure:
 *
 *  octet 0     2    3      4        5           6       7    8            12   16
 *	| DLID | SL | rate | global | hop limit | class | 0 | flow label | 0 | DGID |
 */
static void identity(uint8_t out[IDENTITY], const struct ipoib_ah_attributes *attributes)
{
	struct ipoib__writer w;

	memset(out, 0, IDENTITY);
	ipoib__writer_init(&w, out, IDENTITY);
	ipoib__write_u16(&w, attributes->dlid);
	ipoib__write_u8(&w, attributes->sl);
	ipoib__write_u8(&w, attributes->rate);
	if (!attributes->global)
		return;
	ipoib__write_u8(&w, 1);
	ipoib__write_u8(&w, attributes->hop_limit);
	ipoib__write_u8(&w, attributes->traffic_class);
	ipoib__write_zero(&w, 1);
	ipoib__write_u32(&w, attributes->flow_label);
	ipoib__write_zero(&w, 4);
	ipoib__write_bytes(&w, attributes->dgid.raw, sizeof(attributes->dgid.raw));
	ipoib__assert(ipoib__write_result(&w) == IDENTITY);
}

static bool equal(const void *entry, const void *key, void *user)
{
	const struct ipoib__verbs_ah *ah = entry;
	uint8_t of_entry[IDENTITY];

	(void)user;
	identity(of_entry, &ah->attributes);
	return memcmp(of_entry, key, IDENTITY) == 0;
}

void ipoib__verbs_ahs_init(struct ipoib__verbs_ahs *ahs, struct ipoib__memory *memory,
			   const struct ipoib__verbs_ahs_hooks *hooks,
			   const uint8_t key[IPOIB__SIPHASH_KEY])
{
	ahs->memory = memory;
	ahs->hooks = *hooks;
	memcpy(ahs->key, key, IPOIB__SIPHASH_KEY);
	ipoib__table_init(&ahs->table, memory, equal, NULL);
}

void ipoib__verbs_ahs_fini(struct ipoib__verbs_ahs *ahs)
{
	ipoib__assert(ipoib__table_count(&ahs->table) == 0);
	ipoib__table_fini(&ahs->table);
}

static int make(struct ipoib__verbs_ahs *ahs, const struct ipoib_ah_attributes *attributes,
		uint64_t hash, struct ipoib__verbs_ah **out)
{
	struct ipoib__verbs_ah *ah = ipoib__memory_get(ahs->memory, sizeof(*ah));
	int status;

	if (ah == NULL)
		return -ENOMEM;
	*ah = (struct ipoib__verbs_ah){ .attributes = *attributes, .hash = hash, .users = 1 };
	status = ahs->hooks.create(ahs->hooks.owner, attributes, &ah->handle);
	if (status == 0) {
		status = ipoib__table_insert(&ahs->table, hash, ah);
		if (status == 0) {
			*out = ah;
			return 0;
		}
		ahs->hooks.destroy(ahs->hooks.owner, ah->handle);
	}
	ipoib__memory_put(ahs->memory, ah, sizeof(*ah));
	return status;
}

int ipoib__verbs_ahs_get(struct ipoib__verbs_ahs *ahs,
			 const struct ipoib_ah_attributes *attributes,
			 struct ipoib__verbs_ah **out)
{
	uint8_t key[IDENTITY];
	uint64_t hash;

	identity(key, attributes);
	hash = ipoib__siphash(ahs->key, key, sizeof(key));
	*out = ipoib__table_find(&ahs->table, hash, key);
	if (*out == NULL)
		return make(ahs, attributes, hash, out);
	(*out)->users++;
	return 0;
}

static void outdate(struct ipoib__verbs_ahs *ahs, struct ipoib__verbs_ah *ah)
{
	if (ah->outdated)
		return;
	ah->outdated = true;
	ipoib__assert(ipoib__table_remove(&ahs->table, ah->hash, ah));
}

void ipoib__verbs_ahs_put(struct ipoib__verbs_ahs *ahs, struct ipoib__verbs_ah *ah)
{
	ipoib__assert(ah->users > 0);
	if (--ah->users > 0)
		return;
	outdate(ahs, ah);
	ahs->hooks.destroy(ahs->hooks.owner, ah->handle);
	ipoib__memory_put(ahs->memory, ah, sizeof(*ah));
}

void ipoib__verbs_ahs_outdate(struct ipoib__verbs_ahs *ahs,
			      const struct ipoib_ah_attributes *attributes)
{
	struct ipoib__verbs_ah *ah;
	uint8_t key[IDENTITY];

	identity(key, attributes);
	ah = ipoib__table_find(&ahs->table, ipoib__siphash(ahs->key, key, sizeof(key)), key);
	if (ah != NULL)
		outdate(ahs, ah);
}

void ipoib__verbs_ahs_outdate_all(struct ipoib__verbs_ahs *ahs)
{
	struct ipoib__verbs_ah *ah;
	uint64_t cursor = 0;

	while ((ah = ipoib__table_next(&ahs->table, &cursor)) != NULL)
		outdate(ahs, ah);
}
