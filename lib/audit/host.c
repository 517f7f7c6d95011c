/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* The structure that what was read stands in: it grows, is looked through, and ends. */
#include "audit/host.h"

#include <string.h>

static bool grow_interfaces(struct ipoib__audit_host *host)
{
	size_t room = host->room_interfaces ? 2 * host->room_interfaces : 16;
	void *at = ipoib__memory_get_array(host->memory, room, sizeof(*host->interfaces));

	if (!at)
		return false;
	if (host->n_interfaces > 0)
		memcpy(at, host->interfaces, host->n_interfaces * sizeof(*host->interfaces));
	ipoib__memory_put(host->memory, host->interfaces,
			  host->room_interfaces * sizeof(*host->interfaces));
	host->interfaces = at;
	host->room_interfaces = room;
	return true;
}

struct ipoib__audit_interface *ipoib__audit_host_add(struct ipoib__audit_host *host,
						     const char *name)
{
	struct ipoib__audit_interface *interface;

	if (host->n_interfaces == host->room_interfaces && !grow_interfaces(host))
		return NULL;
	interface = &host->interfaces[host->n_interfaces++];
	memcpy(interface->name, name, strlen(name) + 1);
	return interface;
}

struct ipoib__audit_interface *ipoib__audit_host_find(const struct ipoib__audit_host *host,
						      const char *name)
{
	size_t low = 0, high = host->n_interfaces;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = strcmp(name, host->interfaces[middle].name);

		if (order == 0)
			return &host->interfaces[middle];
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return NULL;
}

void ipoib__audit_host_end(struct ipoib__audit_host *host)
{
	for (size_t i = 0; i < host->n_interfaces; i++)
		ipoib__memory_put(host->memory, host->interfaces[i].pkeys,
				  host->interfaces[i].n_pkeys * sizeof(uint16_t));
	ipoib__memory_put(host->memory, host->interfaces,
			  host->room_interfaces * sizeof(*host->interfaces));
	ipoib__memory_put(host->memory, host->subnets, host->room_subnets * sizeof(*host->subnets));
}
