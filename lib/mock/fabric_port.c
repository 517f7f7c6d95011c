/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* The table of ports: how one is found, what it is, and telling its endnode. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/sized.h"
#include "mock/fabric_endnode.h"
#include "mock/fabric_manager.h"
#include "mock/hca.h"

/* fe80::/64, and the GUIDs of the named ports: 00:02:c9:03 host(2) 00 port. */
static const uint8_t prefix[8] = { 0xfe, 0x80 };
static const uint8_t guid_vendor[4] = { 0x00, 0x02, 0xc9, 0x03 };
#define GUID_HOST 12 /* octets in the GID */
#define GUID_PORT 15

uint64_t ipoib__fabric_now(const struct ipoib_fabric *fabric)
{
	return fabric->config.clock(fabric->config.clock_user);
}

/* ---- the table of ports ---- */

static void port_init(struct ipoib_fabric *fabric, uint32_t index)
{
	struct ipoib__fabric_port *port = &fabric->ports[index];
	uint32_t host = index / fabric->config.ports + 1;
	uint32_t number = index % fabric->config.ports + 1;

	ipoib__list_init(&port->casting);
	ipoib__list_init(&port->casts);
	port->up = true;
	port->lid = (uint16_t)(fabric->lid_first + index);
	port->mtu = fabric->config.mtu;
	port->pkey_count = 1;
	port->pkeys[0] = IPOIB__FABRIC_PKEY;
	memcpy(port->gid.raw, prefix, sizeof(prefix));
	if (index < fabric->named) {
		snprintf(port->name, sizeof(port->name), "host%u/%u", (unsigned)host,
			 (unsigned)number);
		memcpy(port->gid.raw + sizeof(prefix), guid_vendor, sizeof(guid_vendor));
		port->gid.raw[GUID_HOST] = (uint8_t)(host >> 8);
		port->gid.raw[GUID_HOST + 1] = (uint8_t)host;
		port->gid.raw[GUID_PORT] = (uint8_t)number;
	} else {
		snprintf(port->name, sizeof(port->name), "process%u",
			 (unsigned)(index - fabric->named + 1));
	}
}

int ipoib__fabric_ports_init(struct ipoib_fabric *fabric)
{
	fabric->named = fabric->config.hosts * fabric->config.ports;
	fabric->port_count = fabric->named + IPOIB__FABRIC_ANONYMOUS_MAX;
	fabric->lid_first = IPOIB__FABRIC_LID_FIRST;
	fabric->lid_next = IPOIB__FABRIC_LID_LAST;
	fabric->sm_lid = IPOIB__FABRIC_SM_LID_A;
	fabric->ports = ipoib__memory_get_array(&fabric->memory, fabric->port_count,
						sizeof(*fabric->ports));
	if (fabric->ports == NULL)
		return -ENOMEM;
	for (uint32_t i = 0; i < fabric->port_count; i++)
		port_init(fabric, i);
	return 0;
}

void ipoib__fabric_ports_fini(struct ipoib_fabric *fabric)
{
	ipoib__memory_put(&fabric->memory, fabric->ports,
			  fabric->port_count * sizeof(*fabric->ports));
	fabric->ports = NULL;
}

uint32_t ipoib__fabric_port_index(const struct ipoib_fabric *fabric,
				  const struct ipoib__fabric_port *port)
{
	return (uint32_t)(port - fabric->ports);
}

bool ipoib__fabric_port_attached(const struct ipoib__fabric_port *port)
{
	return port->endnode != NULL;
}

bool ipoib__fabric_port_is_device(const struct ipoib__fabric_port *port)
{
	return port->peer != NULL && port->peer->device != NULL;
}

bool ipoib__fabric_port_alive(const struct ipoib__fabric_port *port)
{
	return port->up && ipoib__fabric_port_attached(port);
}

bool ipoib__fabric_agent_takes(const struct ipoib_fabric *fabric,
			       const struct ipoib__fabric_port *port,
			       const struct ipoib__frame *frame)
{
	return !ipoib__fabric_port_is_device(port) && fabric->manager->is_smp(frame);
}

/* ---- finding one ---- */

struct ipoib__fabric_port *ipoib__fabric_port_by_name(struct ipoib_fabric *fabric, const char *name)
{
	for (uint32_t i = 0; i < fabric->port_count; i++)
		if (strcmp(fabric->ports[i].name, name) == 0)
			return &fabric->ports[i];
	return NULL;
}

/* The place in the block, and only for ports outside it a search. */
struct ipoib__fabric_port *ipoib__fabric_port_by_lid(struct ipoib_fabric *fabric, uint16_t lid)
{
	uint32_t index = lid < fabric->lid_first ? fabric->port_count
						 : (uint32_t)lid - fabric->lid_first;

	if (index >= fabric->port_count || fabric->ports[index].lid != lid) {
		index = fabric->lids_moved ? 0 : fabric->port_count;
		while (index < fabric->port_count && fabric->ports[index].lid != lid)
			index++;
	}
	if (index >= fabric->port_count || !ipoib__fabric_port_alive(&fabric->ports[index]))
		return NULL;
	return &fabric->ports[index];
}

static uint32_t index_of_gid(const struct ipoib_fabric *fabric, const struct ipoib_gid *gid)
{
	uint32_t host = (uint32_t)gid->raw[GUID_HOST] << 8 | gid->raw[GUID_HOST + 1];
	uint32_t number = gid->raw[GUID_PORT];

	if (host == 0 || host > fabric->config.hosts || number == 0 ||
	    number > fabric->config.ports)
		return fabric->named; /* then it is no named port's */
	return (host - 1) * fabric->config.ports + number - 1;
}

struct ipoib__fabric_port *ipoib__fabric_port_by_gid(struct ipoib_fabric *fabric,
						     const struct ipoib_gid *gid)
{
	bool everywhere = fabric->gids_moved;
	uint32_t candidate = everywhere ? 0 : index_of_gid(fabric, gid);

	for (uint32_t i = candidate; i < fabric->port_count;
	     i = i < fabric->named && !everywhere ? fabric->named : i + 1) {
		struct ipoib__fabric_port *port = &fabric->ports[i];

		if (ipoib__fabric_port_alive(port) && memcmp(&port->gid, gid, sizeof(*gid)) == 0)
			return port;
	}
	return NULL;
}

/* ---- what a port is ---- */

bool ipoib__fabric_port_pkey(const struct ipoib__fabric_port *port, uint16_t pkey, uint16_t *entry)
{
	bool found = false;

	for (uint32_t i = 0; i < port->pkey_count; i++) {
		if ((pkey & 0x7fff) == 0 || ((port->pkeys[i] ^ pkey) & 0x7fff) != 0)
			continue;
		if (!found || port->pkeys[i] > *entry)
			*entry = port->pkeys[i];
		found = true;
	}
	return found;
}

void ipoib__fabric_port_attributes(const struct ipoib_fabric *fabric,
				   const struct ipoib__fabric_port *port,
				   struct ipoib_port_attributes *attributes)
{
	*attributes = (struct ipoib_port_attributes){
		.size = sizeof(*attributes),
		.gid = port->gid,
		.mtu = port->mtu,
		.lid = port->lid,
		.pkey_count = port->pkey_count,
	};
	memcpy(attributes->name, port->name, sizeof(port->name));
	memcpy(attributes->pkeys, port->pkeys, sizeof(port->pkeys));
	fabric->manager->describe(fabric, port, attributes);
}

int ipoib_fabric_port(const struct ipoib_fabric *fabric, uint32_t index,
		      struct ipoib_port_attributes *attributes)
{
	struct ipoib_port_attributes full;
	struct ipoib__fabric_port *port;
	int status;

	if (index >= fabric->port_count)
		return -ENOENT;
	port = &fabric->ports[index];
	fabric->manager->look(port);
	ipoib__fabric_port_attributes(fabric, port, &full);
	status = ipoib__sized_out(attributes, attributes->size, IPOIB__MOCK_PORT_FIRST, &full,
				  sizeof(full));
	return status < 0 ? status : ipoib__fabric_port_attached(port);
}

void ipoib__fabric_port_tell(struct ipoib_fabric *fabric, struct ipoib__fabric_port *port,
			     uint32_t events)
{
	if (port->endnode != NULL)
		port->endnode->tell(fabric, port, events);
}

void ipoib__fabric_port_detach(struct ipoib_fabric *fabric, struct ipoib__fabric_port *port)
{
	port->endnode = NULL;
	port->local = NULL;
	port->peer = NULL;
	port->mtu = fabric->config.mtu;
	fabric->manager->link(fabric, port);
	ipoib__log_write(&fabric->log, IPOIB_LOG_INFO, "%s: detached", port->name);
}
