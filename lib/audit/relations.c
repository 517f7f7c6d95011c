/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include <string.h>

#include "audit/rules.h"

/* Of a link address, the GID behind flags and queue pair number; its first half is the prefix. */
#define GID_IN_ADDRESS 4
#define PREFIX_LENGTH 8

bool ipoib__audit_serves(ipoib__audit_if *interface)
{
	return interface->admin_up && interface->master[0] == '\0';
}

bool ipoib__audit_carries(ipoib__audit_if *interface)
{
	return interface->admin_up && !interface->bond.is_bond;
}

bool ipoib__audit_same_domain(ipoib__audit_if *a, ipoib__audit_if *b)
{
	if (!a->pkey.known || !b->pkey.known ||
	    (a->pkey.value & IPOIB__AUDIT_PKEY_BITS) != (b->pkey.value & IPOIB__AUDIT_PKEY_BITS))
		return false;
	if (!a->has_address || !b->has_address)
		return true;
	return memcmp(a->address.raw + GID_IN_ADDRESS, b->address.raw + GID_IN_ADDRESS,
		      PREFIX_LENGTH) == 0;
}

ipoib__audit_if *ipoib__audit_rival(const struct ipoib__audit_host *host,
				    ipoib__audit_if *interface)
{
	if (!ipoib__audit_serves(interface))
		return NULL;
	for (size_t i = 0; i < host->n_interfaces; i++) {
		ipoib__audit_if *other = &host->interfaces[i];

		if (other != interface && ipoib__audit_serves(other) &&
		    ipoib__audit_same_domain(interface, other))
			return other;
	}
	return NULL;
}

static bool is_same(const struct ipoib__audit_subnet *a, const struct ipoib__audit_subnet *b)
{
	return a->network == b->network && a->mask == b->mask;
}

/* The subnet of an interface that is the same as another's, or NULL. */
static const struct ipoib__audit_subnet *counterpart(const struct ipoib__audit_host *host,
						     ipoib__audit_if *interface,
						     const struct ipoib__audit_subnet *subnet)
{
	for (uint32_t i = 0; i < interface->n_subnets; i++)
		if (is_same(&host->subnets[interface->first_subnet + i], subnet))
			return &host->subnets[interface->first_subnet + i];
	return NULL;
}

const struct ipoib__audit_subnet *ipoib__audit_shared(const struct ipoib__audit_host *host,
						      ipoib__audit_if *a, ipoib__audit_if *b)
{
	for (uint32_t i = 0; i < a->n_subnets; i++)
		if (counterpart(host, b, &host->subnets[a->first_subnet + i]))
			return &host->subnets[a->first_subnet + i];
	return NULL;
}

/* Of routes to one destination the kernel takes the least metric, and of equals the first. */
static bool is_preferred(const struct ipoib__audit_subnet *a, const struct ipoib__audit_subnet *b)
{
	return a->metric != b->metric ? a->metric < b->metric : a->order < b->order;
}

ipoib__audit_if *ipoib__audit_preferred(const struct ipoib__audit_host *host,
					ipoib__audit_if *interface,
					const struct ipoib__audit_subnet **subnet)
{
	if (!ipoib__audit_serves(interface))
		return NULL;
	for (size_t i = 0; i < host->n_interfaces; i++) {
		ipoib__audit_if *other = &host->interfaces[i];

		if (other == interface || !ipoib__audit_serves(other))
			continue;
		for (uint32_t s = 0; s < interface->n_subnets; s++) {
			const struct ipoib__audit_subnet *mine =
				&host->subnets[interface->first_subnet + s];
			const struct ipoib__audit_subnet *theirs = counterpart(host, other, mine);

			if (theirs && is_preferred(theirs, mine)) {
				*subnet = mine;
				return other;
			}
		}
	}
	return NULL;
}

const uint16_t *ipoib__audit_pkeys(const struct ipoib__audit_host *host, ipoib__audit_if *interface,
				   size_t *count)
{
	if (interface->has_parent)
		interface = &host->interfaces[interface->parent_index];
	*count = interface->n_pkeys;
	return interface->pkeys;
}
