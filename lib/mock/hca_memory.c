/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* What sends and receives name: registered memory, and address handles. */
#include "mock/hca.h"

#include <errno.h>

#include "base/assert.h"

/* ---- registered memory ---- */

int ipoib__hca_memory_register(struct ipoib__hca *hca, void *address, size_t length,
			       struct ipoib_memory_region *region)
{
	struct ipoib__hca_region *own;

	if (address == NULL || length == 0)
		return -EINVAL;
	own = ipoib__memory_get(hca->memory, sizeof(*own));
	if (own == NULL)
		return -ENOMEM;
	own->region = (struct ipoib_memory_region){
		.address = address,
		.length = length,
		.key = hca->next_key++,
		.handle = own,
	};
	ipoib__list_init(&own->link);
	ipoib__list_push_back(&hca->regions, &own->link);
	*region = own->region;
	return 0;
}

int ipoib__hca_memory_get(struct ipoib__hca *hca, size_t length, struct ipoib_memory_region *region)
{
	void *address;
	int status;

	if (length == 0)
		return -EINVAL;
	address = ipoib__memory_get(hca->memory, length);
	if (address == NULL)
		return -ENOMEM;
	status = ipoib__hca_memory_register(hca, address, length, region);
	if (status < 0) {
		ipoib__memory_put(hca->memory, address, length);
		return status;
	}
	((struct ipoib__hca_region *)region->handle)->ours = true;
	return 0;
}

void ipoib__hca_memory_put(struct ipoib__hca *hca, const struct ipoib_memory_region *region)
{
	struct ipoib__hca_region *own = region->handle;

	ipoib__assert(own->region.address == region->address);
	ipoib__list_remove(&own->link);
	if (own->ours)
		ipoib__memory_put(hca->memory, own->region.address, own->region.length);
	ipoib__memory_put(hca->memory, own, sizeof(*own));
}

bool ipoib__hca_memory_covers(const struct ipoib__hca *hca, uint64_t key, const void *address,
			      size_t length)
{
	for (struct ipoib__list *link = hca->regions.next; link != &hca->regions;
	     link = link->next) {
		const struct ipoib_memory_region *region =
			&ipoib__container_of(link, struct ipoib__hca_region, link)->region;
		uintptr_t start = (uintptr_t)region->address;
		uintptr_t at = (uintptr_t)address;

		if (region->key == key)
			return at >= start && at - start <= region->length &&
			       length <= region->length - (at - start);
	}
	return false;
}

/* ---- address handles ---- */

int ipoib__hca_ah_create(struct ipoib__hca *hca, const struct ipoib_ah_attributes *attributes,
			 struct ipoib__hca_ah **ah)
{
	struct ipoib__hca_ah *own;

	/* A group's packets carry a GRH always: without it nobody knows the group. */
	if (attributes->dlid == 0 || attributes->dlid == IPOIB__LID_PERMISSIVE ||
	    attributes->sl > 15 || attributes->flow_label > 0xfffff ||
	    (ipoib__lid_is_multicast(attributes->dlid) && !attributes->global))
		return -EINVAL;
	own = ipoib__memory_get(hca->memory, sizeof(*own));
	if (own == NULL)
		return -ENOMEM;
	own->attributes = *attributes;
	ipoib__list_init(&own->link);
	ipoib__list_push_back(&hca->ahs, &own->link);
	*ah = own;
	return 0;
}

void ipoib__hca_ah_destroy(struct ipoib__hca_ah *ah, struct ipoib__hca *hca)
{
	ipoib__assert(ah->uses == 0);
	ipoib__list_remove(&ah->link);
	ipoib__memory_put(hca->memory, ah, sizeof(*ah));
}
