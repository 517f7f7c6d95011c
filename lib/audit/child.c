/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Children. Those of create_child have the attribute parent, and all others of a port's interface;
 * those of "ip link add ... type ipoib" have none of these (ipoib_vlan.c: "RTNL childs don't need
 * proprietary sysfs entries"): their parent is known by iflink, the rest by netlink.
 */
#include <string.h>
#include <unistd.h>

#include "audit/link_info.h"

/* Indices count per network namespace: an interface elsewhere may have the same one. */
static const struct ipoib__audit_interface *by_link(const struct ipoib__audit_host *host,
						    const struct ipoib__audit_interface *child)
{
	for (size_t i = 0; i < host->n_interfaces; i++) {
		const struct ipoib__audit_interface *other = &host->interfaces[i];

		if (other != child && other->index.known &&
		    other->index.value == child->link.value && !other->bond.is_bond &&
		    other->parent[0] == '\0' && !child->has_foreign_link &&
		    (!other->port.known || !child->port.known ||
		     other->port.value == child->port.value))
			return other;
	}
	return NULL;
}

static void find_parent(struct ipoib__audit_host *host, struct ipoib__audit_interface *interface)
{
	bool has_link = interface->link.known && interface->index.known &&
			interface->link.value != interface->index.value && !interface->bond.is_bond;
	const struct ipoib__audit_interface *parent =
		interface->parent[0] != '\0' ? ipoib__audit_host_find(host, interface->parent)
		: has_link		     ? by_link(host, interface)
					     : NULL;

	interface->is_child = interface->parent[0] != '\0' || has_link;
	interface->has_parent = parent && parent != interface;
	if (!interface->has_parent)
		return;
	interface->parent_index = (size_t)(parent - host->interfaces);
	memcpy(interface->parent, parent->name, sizeof(interface->parent));
}

static void ask_kernel(struct ipoib__audit_host *host)
{
	int fd = ipoib__audit_link_open();

	if (fd < 0)
		return;
	for (size_t i = 0; i < host->n_interfaces; i++) {
		struct ipoib__audit_interface *interface = &host->interfaces[i];
		struct ipoib__audit_link_info info;

		if (!interface->has_attributes && interface->index.known &&
		    ipoib__audit_link_ask(fd, interface->index.value, &info) == 0)
			ipoib__audit_take_link_info(interface, &info);
	}
	close(fd);
}

/*
 * Without the attribute a port's interface has no connected mode, and netlink calls that datagram;
 * a child of such a port has none either, and the mode of any other child has to be told.
 */
static void settle_mode(const struct ipoib__audit_host *host,
			struct ipoib__audit_interface *interface)
{
	if (interface->has_attributes || interface->mode == IPOIB__AUDIT_MODE_CONNECTED)
		return;
	if (!interface->is_child ||
	    (interface->has_parent && !host->interfaces[interface->parent_index].has_attributes))
		interface->mode = IPOIB__AUDIT_MODE_NONE;
	else if (interface->mode == IPOIB__AUDIT_MODE_NONE)
		interface->mode = IPOIB__AUDIT_MODE_UNKNOWN;
}

void ipoib__audit_read_children(struct ipoib__audit_host *host)
{
	if (host->is_running)
		ask_kernel(host);
	else
		ipoib__audit_read_link_text(host);
	for (size_t i = 0; i < host->n_interfaces; i++)
		find_parent(host, &host->interfaces[i]);
	for (size_t i = 0; i < host->n_interfaces; i++)
		settle_mode(host, &host->interfaces[i]);
}

/* A child has its parent's port, whatever its own attributes say of it. */
static void take_after(struct ipoib__audit_interface *child,
		       const struct ipoib__audit_interface *parent)
{
	child->port = parent->port;
	child->port_state = parent->port_state;
	child->sm_lid = parent->sm_lid;
	memcpy(child->device, parent->device, sizeof(child->device));
	memcpy(child->driver, parent->driver, sizeof(child->driver));
}

void ipoib__audit_take_after_parents(struct ipoib__audit_host *host)
{
	for (size_t i = 0; i < host->n_interfaces; i++)
		if (host->interfaces[i].has_parent)
			take_after(&host->interfaces[i],
				   &host->interfaces[host->interfaces[i].parent_index]);
}
