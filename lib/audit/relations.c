/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include <string.h>

#include "audit/rules.h"

/* Of a link address, the halves of the GID behind flags and queue pair number. */
#define PREFIX_IN_ADDRESS 4
#define GUID_IN_ADDRESS 12

static uint64_t u64_of(ipoib__audit_if *interface, size_t at)
{
	uint64_t value = 0;

	for (size_t i = at; i < at + sizeof(value); i++)
		value = value << 8 | interface->address.raw[i];
	return value;
}

uint64_t ipoib__audit_prefix(ipoib__audit_if *interface)
{
	return u64_of(interface, PREFIX_IN_ADDRESS);
}

uint64_t ipoib__audit_guid(ipoib__audit_if *interface)
{
	return u64_of(interface, GUID_IN_ADDRESS);
}

bool ipoib__audit_serves(ipoib__audit_if *interface)
{
	return interface->admin_up && interface->master[0] == '\0';
}

bool ipoib__audit_carries(ipoib__audit_if *interface)
{
	return interface->admin_up && !interface->bond.is_bond;
}

bool ipoib__audit_are_apart(ipoib__audit_if *a, ipoib__audit_if *b)
{
	return a->port_state.known && a->port_state.value == IPOIB__AUDIT_PORT_ACTIVE &&
	       b->port_state.known && b->port_state.value == IPOIB__AUDIT_PORT_ACTIVE &&
	       a->sm_lid.known && a->sm_lid.value != 0 && b->sm_lid.known &&
	       b->sm_lid.value != 0 && a->sm_lid.value != b->sm_lid.value;
}

bool ipoib__audit_on_one_port(ipoib__audit_if *a, ipoib__audit_if *b)
{
	return a->port.known && b->port.known && a->port.value == b->port.value &&
	       strcmp(a->device, b->device) == 0;
}

bool ipoib__audit_is_connected(ipoib__audit_if *interface)
{
	return interface->mode == IPOIB__AUDIT_MODE_CONNECTED;
}

/* Where no subnet at all is seen, addresses have other routes: nothing follows from that. */
bool ipoib__audit_lacks_address(const struct ipoib__audit_host *host, ipoib__audit_if *interface)
{
	return host->has_routes && host->n_subnets > 0 && interface->n_subnets == 0;
}

/* hfi1 and those that come after it. */
static bool is_opa(ipoib__audit_if *interface)
{
	return strncmp(interface->driver, "hfi", 3) == 0;
}

uint32_t ipoib__audit_datagram_max(const struct ipoib__audit_host *host,
				   ipoib__audit_if *interface)
{
	bool is_wide = is_opa(interface);

	for (size_t i = 0; i < host->n_interfaces && interface->bond.is_bond && !is_wide; i++)
		is_wide = strcmp(host->interfaces[i].master, interface->name) == 0 &&
			  is_opa(&host->interfaces[i]);
	return is_wide ? IPOIB__AUDIT_OPA_DATAGRAM_MAX : IPOIB__AUDIT_DATAGRAM_MAX;
}

bool ipoib__audit_same_domain(ipoib__audit_if *a, ipoib__audit_if *b)
{
	if (!a->pkey.known || !b->pkey.known ||
	    (a->pkey.value & IPOIB__AUDIT_PKEY_BITS) != (b->pkey.value & IPOIB__AUDIT_PKEY_BITS))
		return false;
	if (ipoib__audit_are_apart(a, b))
		return false;
	if (!a->has_address || !b->has_address)
		return true;
	return ipoib__audit_prefix(a) == ipoib__audit_prefix(b);
}

static bool are_of_one_bond(ipoib__audit_if *a, ipoib__audit_if *b)
{
	return a->master[0] != '\0' && strcmp(a->master, b->master) == 0;
}

bool ipoib__audit_is_peer(ipoib__audit_if *interface, ipoib__audit_if *other)
{
	return other != interface && ipoib__audit_carries(other) &&
	       ipoib__audit_same_domain(interface, other) && !are_of_one_bond(interface, other);
}

ipoib__audit_if *ipoib__audit_rival(const struct ipoib__audit_host *host,
				    ipoib__audit_if *interface)
{
	ipoib__audit_if *first = NULL;

	if (!ipoib__audit_serves(interface))
		return NULL;
	for (size_t i = 0; i < host->n_interfaces; i++) {
		ipoib__audit_if *other = &host->interfaces[i];

		if (other == interface || !ipoib__audit_serves(other) ||
		    !ipoib__audit_same_domain(interface, other))
			continue;
		if (!ipoib__audit_lacks_address(host, other))
			return other;
		first = first ? first : other;
	}
	return first;
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
