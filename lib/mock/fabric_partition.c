/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Partitions: the P_Key tables of the ports. The broadcast groups that follow from them are the
 * manager's. Ports check P_Keys themselves (hca_receive.c), the SA looks at the tables here.
 */
#include <errno.h>
#include <string.h>

#include "mock/fabric_manager.h"

static void table_set(struct ipoib__fabric_port *port, const uint16_t *pkeys, size_t count)
{
	memset(port->pkeys, 0, sizeof(port->pkeys));
	if (count > 0)
		memcpy(port->pkeys, pkeys, count * sizeof(*pkeys));
	port->pkey_count = (uint32_t)count;
}

static bool table_is(const struct ipoib__fabric_port *port, const uint16_t *pkeys, size_t count)
{
	return port->pkey_count == count &&
	       (count == 0 || memcmp(port->pkeys, pkeys, count * sizeof(*pkeys)) == 0);
}

int ipoib__fabric_pkeys_set(struct ipoib_fabric *fabric, struct ipoib__fabric_port *port,
			    const uint16_t *pkeys, size_t count)
{
	int status = fabric->manager->partitions_need(fabric, pkeys, count);

	for (uint32_t i = 0; status == 0 && i < fabric->port_count; i++)
		if (port == NULL || port == &fabric->ports[i])
			table_set(&fabric->ports[i], pkeys, count);
	fabric->manager->partitions_changed(fabric);
	return status;
}

/* The table of the kernel's port is the module's: one that would differ there is not to be had. */
static bool is_read_only(const struct ipoib_fabric *fabric, const struct ipoib__fabric_port *port,
			 const uint16_t *pkeys, size_t count)
{
	for (uint32_t i = 0; i < fabric->port_count; i++) {
		const struct ipoib__fabric_port *each = &fabric->ports[i];

		if ((port == NULL || port == each) && ipoib__fabric_port_is_device(each) &&
		    !table_is(each, pkeys, count))
			return true;
	}
	return false;
}

int ipoib_fabric_set_pkeys(struct ipoib_fabric *fabric, const char *name, const uint16_t *pkeys,
			   size_t count)
{
	struct ipoib__fabric_port *port = NULL;
	int status;

	if (name != NULL) {
		port = ipoib__fabric_port_by_name(fabric, name);
		if (port == NULL)
			return -ENOENT;
	}
	if (count > IPOIB_FABRIC_PKEYS_MAX)
		return -EINVAL;
	if (!fabric->manager->ours)
		return -ENOTSUP;
	if (is_read_only(fabric, port, pkeys, count))
		return -EROFS;
	status = ipoib__fabric_pkeys_set(fabric, port, pkeys, count);
	if (status < 0)
		return status;
	ipoib__log_write(&fabric->log, IPOIB_LOG_INFO, "%s: another P_Key table",
			 name == NULL ? "all ports" : name);
	if (port == NULL)
		ipoib__fabric_tell_all(fabric, 0);
	else
		ipoib__fabric_port_tell(fabric, port, 0);
	return 0;
}
