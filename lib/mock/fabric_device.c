/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* A device of the kernel's as a peer and as an endnode: device.h has the rules. */
#include "mock/device.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/assert.h"
#include "mock/fabric_endnode.h"
#include "mock/fabric_manager.h"
#include "mock/fabric_peer.h"
#include "wire/ib_units.h"

/* Where the GUID stands in a GID. */
#define GUID 8

/* ---- what the device is ---- */

static void device_look(struct ipoib__fabric_port *port)
{
	struct ipoib__attach info;

	if (port->peer->device->ops->get_port(port->peer->fd, &info) < 0)
		return;
	port->lid = info.lid;
	memcpy(port->gid.raw, info.prefix, sizeof(info.prefix));
	port->agent.link.state = info.state;
	port->agent.address.sm_lid = info.sm_lid;
	port->agent.address.sm_sl = info.sm_sl;
}

/* ---- telling it ---- */

/* With an SM that is somebody else: that the link is there or not, and nothing more. */
static int tell_link(const struct ipoib__peer *peer, bool up)
{
	struct ipoib__attach info;
	int status = peer->device->ops->get_port(peer->fd, &info);

	if (status < 0 || up == (info.state != IPOIB__SMP_DOWN))
		return status;
	info.state = up ? IPOIB__SMP_INIT : IPOIB__SMP_DOWN;
	return peer->device->ops->set_port(peer->fd, &info);
}

static int device_tell(struct ipoib_fabric *fabric, const struct ipoib__peer *peer)
{
	const struct ipoib__device *device = peer->device;
	struct ipoib__attach info;
	int status;

	if (!fabric->manager->ours)
		return tell_link(peer, fabric->ports[peer->index].up);
	ipoib__fabric_attach_info(fabric, peer, &info);
	status = device->ops->set_port(peer->fd, &info);
	if (status == 0 && (peer->events & IPOIB__ATTACH_REREGISTER))
		status = device->ops->reregister(peer->fd);
	if (status < 0)
		ipoib__log_write(&fabric->log, IPOIB_LOG_WARNING,
				 "%s: %s does not take what its port is: error %d",
				 fabric->ports[peer->index].name, device->name, -status);
	return status;
}

/* ---- frames ---- */

static void gone(struct ipoib_fabric *fabric, const struct ipoib__peer *peer, int status)
{
	ipoib__log_write(&fabric->log, IPOIB_LOG_WARNING, "%s: %s has gone: error %d",
			 fabric->ports[peer->index].name, peer->device->name, -status);
}

/* A character device takes one write as one frame, so header and payload go together. */
static int device_write(struct ipoib_fabric *fabric, const struct ipoib__peer *peer,
			const uint8_t *header, const void *payload, size_t length)
{
	int status;

	ipoib__assert(length <= IPOIB__FRAME_PAYLOAD_MAX);
	memcpy(fabric->outgoing, header, IPOIB__FRAME_HEADER);
	if (length > 0)
		memcpy(fabric->outgoing + IPOIB__FRAME_HEADER, payload, length);
	status = peer->device->ops->write(peer->fd, fabric->outgoing, IPOIB__FRAME_HEADER + length);
	/* It has no memory for this one, or does not like it: neither is the end. */
	if (status == -ENOMEM || status == -ENOBUFS || status == -EINVAL)
		status = -EMSGSIZE;
	else if (status < 0 && status != -EAGAIN && status != -EMSGSIZE)
		gone(fabric, peer, status);
	return status;
}

static int device_read(struct ipoib_fabric *fabric, const struct ipoib__peer *peer)
{
	int length = peer->device->ops->read(peer->fd, fabric->buffer, IPOIB__FRAME_MAX);

	if (length < 0 && length != -EAGAIN)
		gone(fabric, peer, length);
	return length;
}

/* ---- the end ---- */

/* The module keeps the MTU that it is told, and shall have its own for the next fabric. */
static void give_back(struct ipoib_fabric *fabric, const struct ipoib__peer *peer)
{
	struct ipoib__attach info;

	ipoib__fabric_attach_info(fabric, peer, &info);
	info.state = IPOIB__ATTACH_STATE_DOWN;
	info.mtu = peer->device->mtu;
	(void)peer->device->ops->set_port(peer->fd, &info);
}

static void device_end(struct ipoib_fabric *fabric, struct ipoib__peer *peer)
{
	struct ipoib__fabric_port *port = &fabric->ports[peer->index];
	struct ipoib__device *device = peer->device;

	if (peer->attached) {
		if (fabric->manager->ours)
			give_back(fabric, peer);
		/* Meanwhile another port may have been given the GUID: then this one stays. */
		if (!ipoib__fabric_guid_taken(fabric, port, device->guid))
			memcpy(port->gid.raw + GUID, device->guid, sizeof(device->guid));
		/* So does the table when there is no memory for its groups. */
		(void)ipoib__fabric_pkeys_set(fabric, port, device->pkeys, device->pkey_count);
		fabric->manager->begin(port);
	}
	ipoib__memory_put(&fabric->memory, device, sizeof(*device));
	peer->device = NULL;
}

/* ---- which port ---- */

static int choose(struct ipoib_fabric *fabric, const char *name, struct ipoib__fabric_port **out)
{
	struct ipoib__fabric_port *port = NULL;
	uint32_t i = 0;

	if (name != NULL) {
		port = ipoib__fabric_port_by_name(fabric, name);
		/* The places of processes without a port's name are not to be chosen. */
		if (port == NULL || ipoib__fabric_port_index(fabric, port) >= fabric->named)
			return -ENOENT;
	} else {
		while (i < fabric->named - 1 && ipoib__fabric_port_attached(&fabric->ports[i]))
			i++;
		port = &fabric->ports[i];
	}
	*out = port;
	return ipoib__fabric_port_attached(port) ? -EBUSY : 0;
}

static int ask(struct ipoib_fabric *fabric, int fd, const struct ipoib__device_ops *ops,
	       const struct ipoib__fabric_port *port, struct ipoib__attach *info)
{
	static const uint8_t no_guid[sizeof(info->guid)];

	/* Whatever it is, it does not understand the question. */
	if (ops->get_port(fd, info) < 0)
		return -ENODEV;
	if (ipoib__mtu_to_octets(info->mtu) == 0 ||
	    memcmp(info->guid, no_guid, sizeof(no_guid)) == 0)
		return -EPROTO;
	/* Opened, it waits for a manager, if it has an agent that one can talk to. */
	if (!fabric->manager->ours && info->state != IPOIB__SMP_INIT)
		return -EPROTO;
	return ipoib__fabric_guid_taken(fabric, port, info->guid) ? -EBUSY : 0;
}

/* ---- attaching ---- */

static const struct ipoib__peer_ops peer_device = {
	.write = device_write,
	.tell = device_tell,
	.read = device_read,
	.end = device_end,
};

static const struct ipoib__endnode endnode_device = {
	.outside = true,
	.tell = ipoib__fabric_peer_tell,
	.unicast = ipoib__fabric_peer_unicast,
	.multicast = ipoib__fabric_peer_multicast,
	.look = device_look,
};

/* Both buffers stay until the fabric ends. */
static int buffers(struct ipoib_fabric *fabric)
{
	if (fabric->buffer == NULL)
		fabric->buffer = ipoib__memory_get(&fabric->memory, IPOIB__FRAME_MAX);
	if (fabric->outgoing == NULL)
		fabric->outgoing = ipoib__memory_get(&fabric->memory, IPOIB__FRAME_MAX);
	return fabric->buffer == NULL || fabric->outgoing == NULL ? -ENOMEM : 0;
}

static int device_new(struct ipoib_fabric *fabric, int fd, const struct ipoib__device_ops *ops,
		      const char *name, struct ipoib__peer **out)
{
	struct ipoib__device *device = ipoib__memory_get(&fabric->memory, sizeof(*device));
	int status = device == NULL ? -ENOMEM : buffers(fabric);

	if (status == 0)
		status = ipoib__fabric_peer_new(fabric, fd, &peer_device, out);
	if (status < 0) {
		ipoib__memory_put(&fabric->memory, device, sizeof(*device));
		return status;
	}
	device->ops = ops;
	snprintf(device->name, sizeof(device->name), "%s", name);
	(*out)->device = device;
	return 0;
}

static void remember(struct ipoib__device *device, const struct ipoib__attach *info,
		     const struct ipoib__fabric_port *port)
{
	device->mtu = info->mtu;
	device->pkey_count = port->pkey_count;
	memcpy(device->pkeys, port->pkeys, sizeof(device->pkeys));
	memcpy(device->guid, port->gid.raw + GUID, sizeof(device->guid));
}

static void take_port(struct ipoib_fabric *fabric, struct ipoib__peer *peer,
		      struct ipoib__fabric_port *port, const struct ipoib__attach *info)
{
	unsigned mtu = ipoib__mtu_to_octets(info->mtu);

	memcpy(port->gid.raw + GUID, info->guid, sizeof(info->guid));
	fabric->gids_moved = true;
	port->mtu = mtu < fabric->config.mtu ? mtu : fabric->config.mtu;
	port->endnode = &endnode_device;
	port->peer = peer;
	peer->attached = true;
	peer->index = ipoib__fabric_port_index(fabric, port);
	peer->size = IPOIB__ATTACH_SIZE_FIRST;
	/* To the SM it is new, and the kernel may have registered with another one before. */
	peer->events = IPOIB__ATTACH_REREGISTER;
}

static int attach(struct ipoib_fabric *fabric, struct ipoib__peer *peer,
		  struct ipoib__fabric_port *port, const struct ipoib__attach *info)
{
	int status;

	remember(peer->device, info, port);
	status = ipoib__fabric_pkeys_set(fabric, port, info->pkeys, info->pkey_count);
	if (status == 0) {
		take_port(fabric, peer, port, info);
		status = device_tell(fabric, peer);
	}
	peer->events = 0;
	if (status < 0) {
		ipoib__fabric_peer_close(fabric, peer);
		return status;
	}
	fabric->manager->attached(fabric, port);
	ipoib__log_write(&fabric->log, IPOIB_LOG_INFO, "%s: attached to %s, LID %u", port->name,
			 peer->device->name, (unsigned)port->lid);
	return 0;
}

int ipoib__fabric_device_attach(struct ipoib_fabric *fabric, int fd,
				const struct ipoib__device_ops *ops, const char *name,
				const char *port_name)
{
	struct ipoib__attach info = { .size = 0 };
	struct ipoib__fabric_port *port = NULL;
	struct ipoib__peer *peer = NULL;
	int status = choose(fabric, port_name, &port);

	if (status == 0)
		status = ask(fabric, fd, ops, port, &info);
	if (status == 0)
		status = device_new(fabric, fd, ops, name, &peer);
	if (status < 0) {
		close(fd);
		return status;
	}
	return attach(fabric, peer, port, &info);
}

int ipoib_fabric_attach_device(struct ipoib_fabric *fabric, const char *path, const char *port)
{
	const struct ipoib__device_ops *ops;
	struct ipoib__fabric_port *chosen;
	/* Opening brings the kernel's link up: first what can be known without. */
	int status = choose(fabric, port, &chosen);
	int fd = status < 0 ? status : ipoib__device_open(path, &ops);

	return fd < 0 ? fd : ipoib__fabric_device_attach(fabric, fd, ops, path, port);
}
