/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "verbs/gid.h"
#include "verbs/port.h"
#include "verbs/status.h"

static void name_port(struct ipoib_verbs_port *port, struct ibv_device *device, unsigned number)
{
	*port = (struct ipoib_verbs_port){ .size = sizeof(*port) };
	snprintf(port->name, sizeof(port->name), "%.*s/%u", (int)sizeof(port->name) - 5,
		 ibv_get_device_name(device), number);
}

static int describe_port(struct ipoib_verbs_port *port, struct ibv_context *device, uint8_t number)
{
	struct ipoib__verbs_gids gids;
	uint16_t pkeys[IPOIB_PKEYS_MAX];
	struct ibv_port_attr attr;
	int status = ipoib__verbs_status(ibv_query_port(device, number, &attr));

	if (status < 0)
		return status;
	status = ipoib__verbs_port_gids(&gids, device, number, &attr);
	if (status < 0)
		return status;
	port->link = (uint8_t)ipoib__verbs_port_link(device->device, &attr);
	port->state = ipoib__verbs_port_state(&attr);
	port->lid = port->link == IPOIB_VERBS_LINK_INFINIBAND ? attr.lid : 0;
	port->mtu = ipoib__verbs_port_mtu(&attr);
	port->pkey_count = ipoib__verbs_port_pkeys(pkeys, device, number, &attr);
	if (ipoib__verbs_gids_name(&gids, -1))
		port->gid = ipoib__verbs_gids_named(&gids)->gid;
	return 0;
}

/* A device that cannot be opened has a port 1, like all of them, and that is all that is known. */
static int unknown_device(struct ibv_device *device,
			  void (*each)(const struct ipoib_verbs_port *port, void *user), void *user)
{
	struct ipoib_verbs_port port;
	int status = ipoib__verbs_errno();

	name_port(&port, device, 1);
	port.status = status == -EPERM ? -EACCES : status;
	each(&port, user);
	return 1;
}

static int list_device(struct ibv_device *device,
		       void (*each)(const struct ipoib_verbs_port *port, void *user), void *user)
{
	struct ibv_context *context;
	struct ibv_device_attr limits;
	struct ipoib_verbs_port port;
	int count = 0;

	errno = 0;
	context = ibv_open_device(device);
	if (context == NULL)
		return unknown_device(device, each, user);
	if (ibv_query_device(context, &limits) == 0)
		count = limits.phys_port_cnt;
	for (int i = 1; i <= count; i++) {
		name_port(&port, device, (unsigned)i);
		port.status = describe_port(&port, context, (uint8_t)i);
		each(&port, user);
	}
	(void)ibv_close_device(context);
	return count;
}

int ipoib_verbs_list(void (*each)(const struct ipoib_verbs_port *port, void *user), void *user)
{
	struct ibv_device **devices = ibv_get_device_list(NULL);
	int count = 0;

	/* The kernel has no RDMA at all: no ports, and no error. */
	if (devices == NULL)
		return errno == ENOSYS || errno == ENOENT ? 0 : ipoib__verbs_errno();
	for (size_t i = 0; devices[i] != NULL; i++)
		count += list_device(devices[i], each, user);
	ibv_free_device_list(devices);
	return count;
}
