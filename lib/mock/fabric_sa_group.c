/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include <errno.h>
#include <string.h>

#include "base/assert.h"
#include "mock/fabric_sa.h"
#include "wire/ib_units.h"
#include "wire/mgid.h"
#include "wire/sa_mcmember.h"

/* Without these a request names no membership. */
#define MEMBER_MASK (IPOIB__MCMEMBER_MGID | IPOIB__MCMEMBER_PORT_GID | IPOIB__MCMEMBER_JOIN_STATE)
/* What a group cannot be made without (IBA 15.2.5.17, o15-0.1.3). */
#define CREATE_MASK                                                                                \
	(IPOIB__MCMEMBER_QKEY | IPOIB__MCMEMBER_TRAFFIC_CLASS | IPOIB__MCMEMBER_PKEY |             \
	 IPOIB__MCMEMBER_FLOW_LABEL | IPOIB__MCMEMBER_SL)

/* ---- the groups that are there without members ---- */

int ipoib__fabric_sa_broadcast_group(struct ipoib_fabric *fabric, uint16_t pkey)
{
	struct ipoib__sa_mcmember record = {
		.mgid = ipoib__mgid_broadcast(IPOIB__SCOPE_LINK_LOCAL, pkey),
		.qkey = fabric->config.qkey,
		.mtu = ipoib__mtu_from_octets(fabric->config.mtu),
		.pkey = pkey | IPOIB__PKEY_FULL_MEMBER,
		.rate = IPOIB__FABRIC_GROUP_RATE,
		.life = IPOIB__FABRIC_LIFE,
		.scope = IPOIB__SCOPE_LINK_LOCAL,
	};
	struct ipoib__fabric_group *group =
		ipoib__fabric_group_by_mgid(&fabric->groups, &record.mgid);

	if (group == NULL)
		group = ipoib__fabric_group_new(&fabric->groups, &record);
	if (group == NULL)
		return -ENOMEM;
	/* A port may have made one of this MGID before, with whatever it liked. */
	record.mlid = group->record.mlid;
	group->record = record;
	group->permanent = true;
	return 0;
}

/* ---- answers ---- */

static void record_reply(struct ipoib__sa_reply *reply, const struct ipoib__fabric_group *group,
			 const struct ipoib__fabric_port *port, uint8_t join_state)
{
	struct ipoib__sa_mcmember record = group->record;

	record.port_gid = port->gid;
	record.join_state = join_state & 0xf;
	record.proxy_join = false;
	record.mtu_selector = record.rate_selector = record.life_selector = IPOIB__SA_EXACTLY;
	int length = ipoib__sa_mcmember_encode(reply->data, sizeof(reply->data), &record);
	ipoib__assert(length > 0);
	reply->length = (size_t)length;
	reply->status = 0;
}

static bool decode(struct ipoib__sa_mcmember *asked, const struct ipoib__sa_request *request)
{
	return ipoib__sa_mcmember_decode(asked, request->data, IPOIB__SA_DATA_LENGTH) > 0;
}

/* A port speaks for itself only: a foreign PortGID is refused. */
static uint16_t check_member(const struct ipoib__sa_request *request,
			     const struct ipoib__sa_mcmember *asked)
{
	if ((request->sa.component_mask & MEMBER_MASK) != MEMBER_MASK)
		return IPOIB__SA_INSUFFICIENT_COMPONENTS;
	if (asked->join_state == 0 ||
	    memcmp(&asked->port_gid, &request->from->gid, sizeof(asked->port_gid)) != 0)
		return IPOIB__SA_REQUEST_INVALID;
	return 0;
}

/* ---- join ---- */

/* What the request says of the group must be so, and the port must be able to take part. */
static bool fits(uint64_t mask, const struct ipoib__sa_mcmember *asked,
		 const struct ipoib__sa_mcmember *group, const struct ipoib__fabric_port *port)
{
	uint16_t entry;

	if (((mask & IPOIB__MCMEMBER_QKEY) && asked->qkey != group->qkey) ||
	    ((mask & IPOIB__MCMEMBER_PKEY) && ((asked->pkey ^ group->pkey) & 0x7fff) != 0) ||
	    ((mask & IPOIB__MCMEMBER_TRAFFIC_CLASS) &&
	     asked->traffic_class != group->traffic_class) ||
	    ((mask & IPOIB__MCMEMBER_SL) && asked->sl != group->sl) ||
	    ((mask & IPOIB__MCMEMBER_FLOW_LABEL) && asked->flow_label != group->flow_label) ||
	    ((mask & IPOIB__MCMEMBER_HOP_LIMIT) && asked->hop_limit != group->hop_limit))
		return false;
	if ((mask & IPOIB__MCMEMBER_MTU_SELECTOR) && (mask & IPOIB__MCMEMBER_MTU) &&
	    !ipoib__fabric_sa_satisfies(asked->mtu_selector, ipoib__mtu_to_octets(asked->mtu),
					ipoib__mtu_to_octets(group->mtu)))
		return false;
	if ((mask & IPOIB__MCMEMBER_RATE_SELECTOR) && (mask & IPOIB__MCMEMBER_RATE) &&
	    !ipoib__fabric_sa_satisfies(asked->rate_selector, ipoib__rate_to_mbps(asked->rate),
					ipoib__rate_to_mbps(group->rate)))
		return false;
	return ipoib__mtu_to_octets(group->mtu) <= port->mtu &&
	       ipoib__fabric_port_pkey(port, group->pkey, &entry);
}

/*
 * The MTU of a new group: what was asked, or without that what the port has. 0: there is none
 * such.
 */
static uint8_t new_mtu(uint64_t mask, const struct ipoib__sa_mcmember *asked,
		       const struct ipoib__fabric_port *port)
{
	unsigned wanted = ipoib__mtu_to_octets(asked->mtu);
	unsigned mtu = port->mtu;

	if (!(mask & IPOIB__MCMEMBER_MTU_SELECTOR) || !(mask & IPOIB__MCMEMBER_MTU))
		return ipoib__mtu_from_octets(mtu);
	if (asked->mtu_selector == IPOIB__SA_EXACTLY)
		mtu = wanted;
	else if (asked->mtu_selector == IPOIB__SA_LESS && wanted <= mtu)
		mtu = wanted / 2;
	else if (asked->mtu_selector == IPOIB__SA_GREATER && wanted >= mtu)
		return 0;
	return mtu > port->mtu ? 0 : ipoib__mtu_from_octets(mtu);
}

static uint16_t create(struct ipoib_fabric *fabric, const struct ipoib__sa_request *request,
		       const struct ipoib__sa_mcmember *asked, struct ipoib__fabric_group **out)
{
	uint64_t mask = request->sa.component_mask;
	struct ipoib__sa_mcmember record = *asked;
	uint16_t entry;

	if (!(asked->join_state & IPOIB__FABRIC_KEEPS))
		return IPOIB__SA_REQUEST_INVALID;
	if ((mask & CREATE_MASK) != CREATE_MASK)
		return IPOIB__SA_INSUFFICIENT_COMPONENTS;
	record.mtu = new_mtu(mask, asked, request->from);
	if (!ipoib__mgid_is_multicast(&asked->mgid) || record.mtu == 0 ||
	    !ipoib__fabric_port_pkey(request->from, asked->pkey, &entry))
		return IPOIB__SA_REQUEST_INVALID;

	record.pkey = asked->pkey | IPOIB__PKEY_FULL_MEMBER;
	if (!(mask & IPOIB__MCMEMBER_RATE) || ipoib__rate_to_mbps(asked->rate) == 0)
		record.rate = IPOIB__FABRIC_GROUP_RATE;
	if (!(mask & IPOIB__MCMEMBER_LIFE))
		record.life = IPOIB__FABRIC_LIFE;
	if (!(mask & IPOIB__MCMEMBER_HOP_LIMIT))
		record.hop_limit = 0;
	/* The scope of a group stands in its MGID; what the request says beside is ignored. */
	record.scope = asked->mgid.raw[1] & 0xf;
	*out = ipoib__fabric_group_new(&fabric->groups, &record);
	return *out == NULL ? IPOIB__SA_NO_RESOURCES : 0;
}

void ipoib__fabric_sa_group_join(struct ipoib_fabric *fabric,
				 const struct ipoib__sa_request *request,
				 struct ipoib__sa_reply *reply)
{
	uint32_t port = ipoib__fabric_port_index(fabric, request->from);
	struct ipoib__fabric_group *group;
	struct ipoib__sa_mcmember asked;

	reply->status = IPOIB__SA_REQUEST_INVALID;
	if (!decode(&asked, request))
		return;
	reply->status = check_member(request, &asked);
	if (reply->status != 0)
		return;
	group = ipoib__fabric_group_by_mgid(&fabric->groups, &asked.mgid);
	if (group == NULL)
		reply->status = create(fabric, request, &asked, &group);
	else if (!fits(request->sa.component_mask, &asked, &group->record, request->from))
		reply->status = IPOIB__SA_REQUEST_INVALID;
	if (reply->status != 0)
		return;
	if (ipoib__fabric_group_join(&fabric->groups, group, port, asked.join_state) < 0) {
		ipoib__fabric_group_release(&fabric->groups, group);
		reply->status = IPOIB__SA_NO_RESOURCES;
		return;
	}
	record_reply(reply, group, request->from, ipoib__fabric_group_state(group, port));
}

/* ---- leave and get ---- */

/* The answer names the states that were left, of which the port must have one at least. */
void ipoib__fabric_sa_group_leave(struct ipoib_fabric *fabric,
				  const struct ipoib__sa_request *request,
				  struct ipoib__sa_reply *reply)
{
	uint32_t port = ipoib__fabric_port_index(fabric, request->from);
	struct ipoib__fabric_group *group;
	struct ipoib__sa_mcmember asked;

	reply->status = IPOIB__SA_REQUEST_INVALID;
	if (!decode(&asked, request))
		return;
	reply->status = check_member(request, &asked);
	if (reply->status != 0)
		return;
	group = ipoib__fabric_group_by_mgid(&fabric->groups, &asked.mgid);
	if (group == NULL || !(ipoib__fabric_group_state(group, port) & asked.join_state)) {
		reply->status = IPOIB__SA_REQUEST_INVALID;
		return;
	}
	record_reply(reply, group, request->from, asked.join_state);
	ipoib__fabric_group_leave(group, port, asked.join_state);
	ipoib__fabric_group_release(&fabric->groups, group);
}

void ipoib__fabric_sa_group_get(struct ipoib_fabric *fabric,
				const struct ipoib__sa_request *request,
				struct ipoib__sa_reply *reply)
{
	uint32_t port = ipoib__fabric_port_index(fabric, request->from);
	const struct ipoib__fabric_group *group = NULL;
	struct ipoib__sa_mcmember asked;

	reply->status = IPOIB__SA_NO_RECORDS;
	if (!decode(&asked, request))
		return;
	if (request->sa.component_mask & IPOIB__MCMEMBER_MGID)
		group = ipoib__fabric_group_by_mgid(&fabric->groups, &asked.mgid);
	else if (request->sa.component_mask & IPOIB__MCMEMBER_MLID)
		group = ipoib__fabric_group_by_mlid(&fabric->groups, asked.mlid);
	if (group != NULL)
		record_reply(reply, group, request->from, ipoib__fabric_group_state(group, port));
}
