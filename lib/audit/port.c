/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* The port of an adapter under an interface: sys/class/infiniband/DEVICE/ports/N. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "audit/host.h"

/* The least of the names: the answer does not hang on the order of the file system. */
static int take_least(const char *name, void *user)
{
	char *least = user;

	if (strlen(name) < IPOIB__AUDIT_VALUE && ipoib__audit_is_plain(name) &&
	    (least[0] == '\0' || strcmp(name, least) < 0))
		memcpy(least, name, strlen(name) + 1);
	return 0;
}

/* A collection of the entries of a table; what is beyond the limit is left out. */
struct reading {
	const struct ipoib__audit_host *host;
	const char *path;
	uint16_t found[IPOIB__AUDIT_PKEYS_MAX];
	size_t count;
	size_t seen;
};

static int take_pkey(const char *name, void *user)
{
	struct reading *reading = user;
	uint32_t value;

	if (reading->seen++ >= IPOIB__AUDIT_PKEYS_MAX)
		return 0;
	if (ipoib__audit_tree_number(&reading->host->tree, &value, "%s/%s", reading->path, name))
		return 0;
	if (value <= UINT16_MAX && (value & IPOIB__AUDIT_PKEY_BITS) != 0)
		reading->found[reading->count++] = (uint16_t)value;
	return 0;
}

/* In the order of numbers, for what is chosen from it; tables are short. */
static void sort(uint16_t *pkeys, size_t count)
{
	for (size_t i = 1; i < count; i++) {
		uint16_t pkey = pkeys[i];
		size_t at = i;

		for (; at > 0 && pkeys[at - 1] > pkey; at--)
			pkeys[at] = pkeys[at - 1];
		pkeys[at] = pkey;
	}
}

static int read_pkeys(const struct ipoib__audit_host *host,
		      struct ipoib__audit_interface *interface)
{
	char path[IPOIB__AUDIT_PATH];
	struct reading reading = { .host = host, .path = path };

	(void)snprintf(path, sizeof(path), "sys/class/infiniband/%s/ports/%u/pkeys",
		       interface->device, (unsigned)interface->port.value);
	if (ipoib__audit_tree_list(&host->tree, path, take_pkey, &reading))
		return 0;
	/* A table without one P_Key is none that was read. */
	if (reading.count == 0)
		return 0;
	interface->pkeys =
		ipoib__memory_get_array(host->memory, reading.count, sizeof(*interface->pkeys));
	if (!interface->pkeys)
		return -ENOMEM;
	memcpy(interface->pkeys, reading.found, reading.count * sizeof(*interface->pkeys));
	interface->n_pkeys = reading.count;
	sort(interface->pkeys, interface->n_pkeys);
	return 0;
}

/* "4: ACTIVE" */
static void read_state(const struct ipoib__audit_tree *tree,
		       struct ipoib__audit_interface *interface)
{
	char text[IPOIB__AUDIT_VALUE];

	if (ipoib__audit_tree_text(tree, text, "sys/class/infiniband/%s/ports/%u/state",
				   interface->device, (unsigned)interface->port.value))
		return;
	text[strcspn(text, ":")] = '\0';
	interface->port_state.known = ipoib__audit_number(&interface->port_state.value, text) == 0;
}

int ipoib__audit_read_port(const struct ipoib__audit_host *host,
			   struct ipoib__audit_interface *interface)
{
	char path[IPOIB__AUDIT_PATH];

	(void)snprintf(path, sizeof(path), "sys/class/net/%s/device/infiniband", interface->name);
	if (ipoib__audit_tree_list(&host->tree, path, take_least, interface->device))
		interface->device[0] = '\0';
	if (interface->device[0] == '\0' || !interface->port.known) {
		interface->port.known = false;
		return 0;
	}
	read_state(&host->tree, interface);
	interface->sm_lid.known =
		ipoib__audit_tree_number(&host->tree, &interface->sm_lid.value,
					 "sys/class/infiniband/%s/ports/%u/sm_lid",
					 interface->device,
					 (unsigned)interface->port.value) == 0;
	return read_pkeys(host, interface);
}
