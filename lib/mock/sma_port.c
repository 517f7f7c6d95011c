/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* The agent of a program's port: a channel adapter of one port. */
#include <string.h>

#include "base/assert.h"
#include "mock/sma.h"

/* The manager may ask for port 0, which is the one that it asks by, or for port 1. */
#define PORT_MASK 0xff
#define PORT_MAX  1

void ipoib__sma_port_init(struct ipoib__sma_port *port, const char *name, const uint8_t *guid,
			  const uint8_t *prefix, uint8_t mtu_room)
{
	*port = (struct ipoib__sma_port){
		.name = name,
		.link = { .state = IPOIB__SMP_DOWN, .mtu = mtu_room, .mtu_room = mtu_room },
		.address = { .pkey_room = IPOIB_FABRIC_PKEYS_MAX, .pkeys = { 0xffff } },
	};
	memcpy(port->address.guid, guid, sizeof(port->address.guid));
	memcpy(port->address.prefix, prefix, sizeof(port->address.prefix));
}

static void node_info(const struct ipoib__sma_port *port, uint8_t data[IPOIB__SMP_DATA_LENGTH])
{
	struct ipoib__smp_node_info info = {
		.base_version = IPOIB__MAD_BASE_VERSION,
		.class_version = IPOIB__SMP_CLASS_VERSION,
		.type = IPOIB__SMP_NODE_CHANNEL_ADAPTER,
		.port_count = 1,
		.pkey_room = port->address.pkey_room,
		.port = 1,
	};
	int length;

	memcpy(info.system_guid, port->address.guid, sizeof(info.system_guid));
	memcpy(info.node_guid, port->address.guid, sizeof(info.node_guid));
	memcpy(info.port_guid, port->address.guid, sizeof(info.port_guid));
	memset(data, 0, IPOIB__SMP_DATA_LENGTH);
	length = ipoib__smp_node_info_encode(data, IPOIB__SMP_DATA_LENGTH, &info);
	ipoib__assert(length > 0);
}

static uint16_t port_info(struct ipoib__sma_port *port, struct ipoib__smp *smp, bool set,
			  unsigned *todo)
{
	struct ipoib__smp_port_info info;
	uint16_t status = 0;
	int length;

	if ((smp->mad.modifier & PORT_MASK) > PORT_MAX)
		return IPOIB__MAD_STATUS_INVALID_FIELD;
	if (set) {
		length = ipoib__smp_port_info_decode(&info, smp->data, sizeof(smp->data));
		ipoib__assert(length > 0);
		status = ipoib__sma_port_info_set(&port->link, &port->address, &info, todo);
	}
	ipoib__sma_port_info_get(&port->link, &port->address, 1, &info);
	info.capability_mask = IPOIB__SMP_CAPABILITY_CM | IPOIB__SMP_CAPABILITY_REREGISTER;
	length = ipoib__smp_port_info_encode(smp->data, sizeof(smp->data), &info);
	ipoib__assert(length > 0);
	return status;
}

static uint16_t attribute(struct ipoib__sma_port *port, struct ipoib__smp *smp, bool set,
			  unsigned *todo)
{
	switch (smp->mad.attribute) {
	case IPOIB__SMP_NODE_DESCRIPTION:
		ipoib__sma_description(port->name, smp->data);
		break;
	case IPOIB__SMP_NODE_INFO:
		node_info(port, smp->data);
		break;
	case IPOIB__SMP_GUID_INFO: /* the manager's additions are not taken */
		return ipoib__sma_guid_info(&port->address, smp->mad.modifier, smp->data);
	case IPOIB__SMP_PORT_INFO:
		return port_info(port, smp, set, todo);
	case IPOIB__SMP_PKEY_TABLE:
		return ipoib__sma_pkey_table(&port->address, smp->mad.modifier & 0xffff, set,
					     smp->data, todo);
	case IPOIB__SMP_SL_TO_VL: /* all of it lane 0, whatever is set */
	case IPOIB__SMP_VL_ARBITRATION:
		memset(smp->data, 0, sizeof(smp->data));
		return 0;
	default:
		return IPOIB__MAD_STATUS_METHOD_ATTRIBUTE_UNSUPPORTED;
	}
	return set ? IPOIB__MAD_STATUS_METHOD_ATTRIBUTE_UNSUPPORTED : 0;
}

struct ipoib__sma_result ipoib__sma_port(struct ipoib__sma_port *port, struct ipoib__smp *smp)
{
	struct ipoib__sma_result result = { .answers = ipoib__sma_is_request(smp) };
	bool set = smp->mad.method == IPOIB__MAD_SET;
	uint16_t status = IPOIB__MAD_STATUS_METHOD_UNSUPPORTED;

	if (!result.answers)
		return result;
	if (set || smp->mad.method == IPOIB__MAD_GET)
		status = attribute(port, smp, set, &result.todo);
	ipoib__sma_answer(smp, status);
	return result;
}
