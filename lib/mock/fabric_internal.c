/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * A fabric with an SM of its own: every port is told what it is, and data go by LID and by the
 * groups of the SA (fabric_sa.c). fabric_sm.c has the orders that this SM takes.
 */
#include "mock/fabric_copy.h"
#include "mock/fabric_manager.h"
#include "mock/fabric_sa.h"

static int internal_init(struct ipoib_fabric *fabric)
{
	return ipoib__fabric_sa_broadcast_group(fabric, IPOIB__FABRIC_PKEY);
}

/* The table of groups is there with either manager, and ended with the fabric. */
static void internal_fini(struct ipoib_fabric *fabric)
{
	(void)fabric;
}

/* ---- ports ---- */

static void internal_begin(struct ipoib__fabric_port *port)
{
	(void)port; /* it has its LID in the table of ports, whatever is attached */
}

static void internal_attached(struct ipoib_fabric *fabric, struct ipoib__fabric_port *port)
{
	(void)fabric;
	(void)port;
}

/* Memberships go with the link. */
static void internal_link(struct ipoib_fabric *fabric, struct ipoib__fabric_port *port)
{
	if (!ipoib__fabric_port_alive(port))
		ipoib__fabric_groups_forget(&fabric->groups,
					    ipoib__fabric_port_index(fabric, port));
}

static void internal_look(struct ipoib__fabric_port *port)
{
	(void)port; /* a port is what it was told to be */
}

static void internal_describe(const struct ipoib_fabric *fabric,
			      const struct ipoib__fabric_port *port,
			      struct ipoib_port_attributes *attributes)
{
	attributes->state = port->up ? IPOIB_PORT_ACTIVE : IPOIB_PORT_DOWN;
	attributes->sm_lid = fabric->sm_lid;
}

/* ---- frames ---- */

/* Ports have no agents: to this switch an SMP is a frame as any other. */
static bool internal_is_smp(const struct ipoib__frame *frame)
{
	(void)frame;
	return false;
}

/*
 * To every member but the sender: a switch does not send a multicast out of the port that it came
 * in by. A sender that never joined has no route to the group (strict as a fabric of several
 * switches is).
 */
static void route_group(struct ipoib_fabric *fabric, struct ipoib__passage *passage, uint32_t from)
{
	struct ipoib__fabric_group *group =
		ipoib__fabric_group_by_mlid(&fabric->groups, passage->frame->dlid);

	if (group == NULL ||
	    (from != IPOIB__FABRIC_SM && ipoib__fabric_group_state(group, from) == 0)) {
		ipoib__fabric_no_copy(fabric, &fabric->statistics.dropped_route);
		return;
	}
	for (size_t i = 0; i < group->count; i++) {
		const struct ipoib__fabric_member *member = &group->members[i];

		if (member->port != from && (member->state & IPOIB__FABRIC_RECEIVES))
			ipoib__fabric_copy(fabric, passage, member->port);
	}
}

static void internal_route(struct ipoib_fabric *fabric, struct ipoib__passage *passage,
			   uint32_t from)
{
	uint16_t dlid = passage->frame->dlid;
	struct ipoib__fabric_port *port;

	if (ipoib__lid_is_multicast(dlid)) {
		route_group(fabric, passage, from);
		return;
	}
	if (dlid == fabric->sm_lid) {
		ipoib__fabric_copy(fabric, passage, IPOIB__FABRIC_SM);
		return;
	}
	port = ipoib__fabric_port_by_lid(fabric, dlid);
	if (port == NULL)
		ipoib__fabric_no_copy(fabric, &fabric->statistics.dropped_route);
	else
		ipoib__fabric_copy(fabric, passage, ipoib__fabric_port_index(fabric, port));
}

static void internal_take(struct ipoib_fabric *fabric, uint32_t to,
			  const struct ipoib__frame *frame, const void *payload)
{
	(void)to; /* the SM's: there are no agents */
	ipoib__fabric_sa(fabric, frame, payload);
}

/* ---- the loop, and what is told of it ---- */

static uint64_t internal_deadline(const struct ipoib_fabric *fabric)
{
	(void)fabric;
	return IPOIB_NEVER;
}

static void internal_dispatch(struct ipoib_fabric *fabric, uint64_t now)
{
	(void)fabric;
	(void)now;
}

static uint16_t internal_sm_lid(const struct ipoib_fabric *fabric)
{
	return fabric->sm_dead ? 0 : fabric->sm_lid;
}

static size_t internal_groups(const struct ipoib_fabric *fabric)
{
	return ipoib__fabric_groups_count(&fabric->groups);
}

const struct ipoib__fabric_manager ipoib__fabric_internal = {
	.ours = true,
	.init = internal_init,
	.fini = internal_fini,
	.begin = internal_begin,
	.attached = internal_attached,
	.link = internal_link,
	.look = internal_look,
	.describe = internal_describe,
	.partitions_need = ipoib__fabric_sa_partitions_need,
	.partitions_changed = ipoib__fabric_sa_partitions_changed,
	.is_smp = internal_is_smp,
	.route = internal_route,
	.take = internal_take,
	.deadline = internal_deadline,
	.dispatch = internal_dispatch,
	.sm_lid = internal_sm_lid,
	.groups = internal_groups,
};
