/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "mock/fabric_external.h"

#include <errno.h>
#include <string.h>

#include "base/assert.h"
#include "mock/attach.h"
#include "mock/fabric_copy.h"
#include "mock/fabric_endnode.h"
#include "mock/fabric_manager.h"
#include "wire/ib_units.h"

/* fe80::/64, and a GUID of a host 0, which no port has. */
static const uint8_t prefix[IPOIB__SMP_PREFIX_LENGTH] = { 0xfe, 0x80 };
static const uint8_t guid[IPOIB__SMP_GUID_LENGTH] = { 0x00, 0x02, 0xc9, 0x03, 0, 0, 0xff, 0 };

static uint8_t number_of(const struct ipoib_fabric *fabric, const struct ipoib__fabric_port *port)
{
	return (uint8_t)(ipoib__fabric_port_index(fabric, port) + 1);
}

/* ---- what a port is ---- */

/* The fabric's port becomes what its agent says. */
static void adopt(struct ipoib__fabric_port *port)
{
	const struct ipoib__sma_address *address = &port->agent.address;

	port->lid = address->lid;
	port->mtu = ipoib__mtu_to_octets(port->agent.link.mtu);
	memcpy(port->gid.raw, address->prefix, sizeof(address->prefix));
	memcpy(port->pkeys, address->pkeys, sizeof(port->pkeys));
	port->pkey_count = address->pkey_room;
	while (port->pkey_count > 0 && port->pkeys[port->pkey_count - 1] == 0)
		port->pkey_count--;
}

static void external_begin(struct ipoib__fabric_port *port)
{
	ipoib__sma_port_init(&port->agent, port->name, port->gid.raw + sizeof(prefix), prefix,
			     ipoib__mtu_from_octets(port->mtu));
	adopt(port);
}

/* A device has an agent of its own, and hears of its LID before the fabric does. */
static void external_look(struct ipoib__fabric_port *port)
{
	if (ipoib__fabric_port_is_device(port))
		port->endnode->look(port);
}

static void external_describe(const struct ipoib_fabric *fabric,
			      const struct ipoib__fabric_port *port,
			      struct ipoib_port_attributes *attributes)
{
	bool active = port->up && port->agent.link.state == IPOIB__SMP_ACTIVE;

	(void)fabric;
	attributes->state = active ? IPOIB_PORT_ACTIVE : IPOIB_PORT_DOWN;
	attributes->sm_lid = port->agent.address.sm_lid;
	attributes->sm_sl = port->agent.address.sm_sl;
}

/* Groups are the external SM's business. */
static int external_partitions_need(struct ipoib_fabric *fabric, const uint16_t *pkeys,
				    size_t count)
{
	(void)fabric;
	(void)pkeys;
	(void)count;
	return 0;
}

static void external_partitions_changed(struct ipoib_fabric *fabric)
{
	(void)fabric;
}

static int external_init(struct ipoib_fabric *fabric)
{
	fabric->sma = ipoib__memory_get(&fabric->memory, sizeof(*fabric->sma));
	if (fabric->sma == NULL)
		return -ENOMEM;
	ipoib__sma_switch_init(fabric->sma, guid, prefix, (uint8_t)fabric->port_count,
			       ipoib__mtu_from_octets(fabric->config.mtu));
	for (uint32_t i = 0; i < fabric->port_count; i++)
		external_begin(&fabric->ports[i]);
	return 0;
}

static void external_fini(struct ipoib_fabric *fabric)
{
	ipoib__memory_put(&fabric->memory, fabric->sma, sizeof(*fabric->sma));
	fabric->sma = NULL;
}

/* ---- links ---- */

static void external_link(struct ipoib_fabric *fabric, struct ipoib__fabric_port *port)
{
	bool up = ipoib__fabric_port_alive(port);

	ipoib__sma_link_set(fabric->sma, number_of(fabric, port), up);
	fabric->trap_transaction++;
	fabric->trap_at = 0;
	if (ipoib__fabric_port_is_device(port))
		return;
	port->agent.link.state = up ? IPOIB__SMP_INIT : IPOIB__SMP_DOWN;
	port->agent.link.mtu = port->agent.link.mtu_room;
	adopt(port);
}

static void external_attached(struct ipoib_fabric *fabric, struct ipoib__fabric_port *port)
{
	if (ipoib__fabric_port_index(fabric, port) >= fabric->named)
		external_begin(port); /* with the GUID of whoever has come */
	port->agent.link.mtu_room = ipoib__mtu_from_octets(port->mtu);
	external_link(fabric, port);
}

/* Down and up, for both ends. */
static void retrain(struct ipoib_fabric *fabric, struct ipoib__fabric_port *port)
{
	if (!ipoib__fabric_port_alive(port))
		return;
	port->up = false;
	external_link(fabric, port);
	ipoib__fabric_port_tell(fabric, port, 0);
	port->up = true;
	external_link(fabric, port);
	ipoib__fabric_port_tell(fabric, port, 0);
}

/* ---- SMPs ---- */

static bool external_is_smp(const struct ipoib__frame *frame)
{
	return frame->operation == IPOIB__FRAME_UD && frame->dqpn == IPOIB__QPN_SUBNET &&
	       frame->sqpn == IPOIB__QPN_SUBNET;
}

static void route_smp(struct ipoib_fabric *fabric, struct ipoib__passage *passage, uint8_t from)
{
	const void *payload = passage->payload;
	uint8_t octets[IPOIB__MAD_LENGTH], out = 0;
	struct ipoib__smp smp;
	int length;

	if (passage->frame->length != IPOIB__MAD_LENGTH ||
	    ipoib__smp_decode(&smp, payload, passage->frame->length) < 0) {
		ipoib__fabric_no_copy(fabric, &fabric->statistics.dropped_bad);
		return;
	}
	enum ipoib__sma_way way =
		ipoib__sma_step(fabric->sma, &smp, from, passage->frame->dlid, &out);
	length = ipoib__smp_encode(octets, sizeof(octets), &smp);
	ipoib__assert(length == IPOIB__MAD_LENGTH);
	passage->payload = octets;
	if (way == IPOIB__SMA_BAD)
		ipoib__fabric_no_copy(fabric, &fabric->statistics.dropped_bad);
	else if (way == IPOIB__SMA_LOST)
		ipoib__fabric_no_copy(fabric, &fabric->statistics.dropped_route);
	else
		ipoib__fabric_copy(fabric, passage,
				   way == IPOIB__SMA_AGENT ? IPOIB__FABRIC_SM : out - 1u);
	passage->payload = payload;
}

static void act(struct ipoib_fabric *fabric, struct ipoib__fabric_port *port, unsigned todo)
{
	if (todo & IPOIB__SMA_CHANGED) {
		adopt(port);
		ipoib__fabric_port_tell(
			fabric, port, todo & IPOIB__SMA_REREGISTER ? IPOIB__ATTACH_REREGISTER : 0);
	}
	if (todo & IPOIB__SMA_RETRAIN)
		retrain(fabric, port);
}

static struct ipoib__sma_result ask_switch(struct ipoib_fabric *fabric, struct ipoib__smp *smp,
					   const struct ipoib__frame *frame)
{
	bool directed = smp->mad.management_class == IPOIB__MAD_CLASS_SUBNET_DIRECTED;
	uint8_t from = directed ? smp->return_path[smp->hop_pointer]
				: ipoib__sma_route(fabric->sma, frame->slid);
	struct ipoib__sma_result result = ipoib__sma_switch(fabric->sma, smp, from);

	if ((result.todo & IPOIB__SMA_RETRAIN) && result.port > 0)
		retrain(fabric, &fabric->ports[result.port - 1]);
	if ((result.todo & IPOIB__SMA_REPRESSED) &&
	    smp->mad.transaction == fabric->trap_transaction)
		fabric->trap_at = IPOIB_NEVER;
	return result;
}

static void external_take(struct ipoib_fabric *fabric, uint32_t to,
			  const struct ipoib__frame *frame, const void *payload)
{
	bool to_switch = to == IPOIB__FABRIC_SM;
	struct ipoib__fabric_port *port = to_switch ? NULL : &fabric->ports[to];
	struct ipoib__sma_result result = { .answers = false };
	struct ipoib__frame answer = *frame;
	uint8_t octets[IPOIB__MAD_LENGTH];
	struct ipoib__smp smp;
	int length = ipoib__smp_decode(&smp, payload, frame->length);

	ipoib__assert(length == IPOIB__MAD_LENGTH); /* it was encoded when it was routed */
	if (to_switch)
		result = ask_switch(fabric, &smp, frame);
	else if (ipoib__sma_arrives(&port->agent, &smp, frame->dlid))
		result = ipoib__sma_port(&port->agent, &smp);
	if (!to_switch)
		act(fabric, port, result.todo);
	if (!result.answers)
		return;
	answer.slid = frame->dlid;
	answer.dlid = frame->slid;
	length = ipoib__smp_encode(octets, sizeof(octets), &smp);
	ipoib__assert(length == IPOIB__MAD_LENGTH);
	ipoib__fabric_input(fabric, to, &answer, octets);
}

/* ---- data ---- */

static void copy_data(struct ipoib_fabric *fabric, struct ipoib__passage *passage, uint32_t to)
{
	if (fabric->sma->links[to + 1].state == IPOIB__SMP_ACTIVE)
		ipoib__fabric_copy(fabric, passage, to);
	else
		ipoib__fabric_no_copy(fabric, &fabric->statistics.dropped_link);
}

/* To every port in the row but the one that it came in by. */
static void route_group(struct ipoib_fabric *fabric, struct ipoib__passage *passage, uint32_t from)
{
	bool known = ipoib__sma_in_group(fabric->sma, passage->frame->dlid, 0);

	for (uint32_t i = 0; i < fabric->port_count; i++) {
		if (!ipoib__sma_in_group(fabric->sma, passage->frame->dlid, i + 1))
			continue;
		known = true;
		if (i != from)
			copy_data(fabric, passage, i);
	}
	if (!known)
		ipoib__fabric_no_copy(fabric, &fabric->statistics.dropped_route);
}

static void external_route(struct ipoib_fabric *fabric, struct ipoib__passage *passage,
			   uint32_t from)
{
	const struct ipoib__frame *frame = passage->frame;
	uint8_t to, in = from == IPOIB__FABRIC_SM ? 0 : (uint8_t)(from + 1);
	struct ipoib__sma_link *link = &fabric->sma->links[in];

	if (external_is_smp(frame)) {
		route_smp(fabric, passage, in);
		return;
	}
	if (link->state == IPOIB__SMP_ARMED)
		link->state = IPOIB__SMP_ACTIVE; /* the first data say that the other end is */
	if (link->state != IPOIB__SMP_ACTIVE) {
		ipoib__fabric_no_copy(fabric, &fabric->statistics.dropped_link);
		return;
	}
	if (ipoib__lid_is_multicast(frame->dlid)) {
		route_group(fabric, passage, from);
		return;
	}
	to = ipoib__sma_route(fabric->sma, frame->dlid);
	if (to == 0 || to > fabric->port_count)
		ipoib__fabric_no_copy(fabric, &fabric->statistics.dropped_route);
	else
		copy_data(fabric, passage, to - 1u);
}

/* ---- traps, and what is told of the SM ---- */

static uint64_t external_deadline(const struct ipoib_fabric *fabric)
{
	return fabric->trap_at;
}

/* Without a manager there is nobody to tell: the one that comes looks at everything. */
static void external_dispatch(struct ipoib_fabric *fabric, uint64_t now)
{
	struct ipoib__frame frame = {
		.operation = IPOIB__FRAME_UD,
		.pkey = IPOIB__FABRIC_PKEY,
		.length = IPOIB__MAD_LENGTH,
	};
	uint8_t octets[IPOIB__MAD_LENGTH];
	struct ipoib__smp smp;
	int length;

	if (now < fabric->trap_at)
		return;
	fabric->trap_at = IPOIB_NEVER;
	if (!fabric->sma->changed || !ipoib__sma_trap(fabric->sma, fabric->trap_transaction, &smp))
		return;
	fabric->trap_at = now + IPOIB__FABRIC_TRAP_NS;
	frame.slid = fabric->sma->address.lid;
	frame.dlid = fabric->sma->address.sm_lid;
	frame.sl = fabric->sma->address.sm_sl;
	length = ipoib__smp_encode(octets, sizeof(octets), &smp);
	ipoib__assert(length == IPOIB__MAD_LENGTH);
	ipoib__fabric_input(fabric, IPOIB__FABRIC_SM, &frame, octets);
}

static uint16_t external_sm_lid(const struct ipoib_fabric *fabric)
{
	return fabric->sma->address.sm_lid;
}

static size_t external_groups(const struct ipoib_fabric *fabric)
{
	return ipoib__sma_groups(fabric->sma);
}

const struct ipoib__fabric_manager ipoib__fabric_external = {
	.ours = false,
	.init = external_init,
	.fini = external_fini,
	.begin = external_begin,
	.attached = external_attached,
	.link = external_link,
	.look = external_look,
	.describe = external_describe,
	.partitions_need = external_partitions_need,
	.partitions_changed = external_partitions_changed,
	.is_smp = external_is_smp,
	.route = external_route,
	.take = external_take,
	.deadline = external_deadline,
	.dispatch = external_dispatch,
	.sm_lid = external_sm_lid,
	.groups = external_groups,
};
