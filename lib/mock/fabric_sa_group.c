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
#define PKEY_PARTITION 0x7fff
#define PARTITIONS     0x8000
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

int ipoib__fabric_sa_partitions_need(struct ipoib_fabric *fabric, const uint16_t *pkeys,
				     size_t count)
{
	for (size_t i = 0; i < count; i++) {
		int status = (pkeys[i] & PKEY_PARTITION) == 0
				     ? 0
				     : ipoib__fabric_sa_broadcast_group(fabric, pkeys[i]);

		if (status < 0)
			return status;
	}
	return 0;
}

void ipoib__fabric_sa_partitions_changed(struct ipoib_fabric *fabric)
{
	uint8_t used[PARTITIONS / 8] = { 0 };

	used[(IPOIB__FABRIC_PKEY & PKEY_PARTITION) / 8] |=
		(uint8_t)(1u << (IPOIB__FABRIC_PKEY & 7));
	for (uint32_t i = 0; i < fabric->port_count; i++) {
		const struct ipoib__fabric_port *port = &fabric->ports[i];

		for (uint32_t k = 0; k < port->pkey_count; k++)
			used[(port->pkeys[k] & PKEY_PARTITION) / 8] |=
				(uint8_t)(1u << (port->pkeys[k] & 7));
	}
	for (size_t i = 0; i < IPOIB__FABRIC_GROUPS_MAX; i++) {
		struct ipoib__fabric_group *group = fabric->groups.slots[i];

		if (group == NULL || !group->permanent ||
		    (used[(group->record.pkey & PKEY_PARTITION) / 8] &
		     (1u << (group->record.pkey & 7))))
			continue;
		group->permanent = false;
		ipoib__fabric_group_release(&fabric->groups, group);
	}
}

/* ---- answers ---- */

static void reply_with(struct ipoib__sa_reply *reply, const struct ipoib__sa_mcmember *member)
{
	struct ipoib__sa_mcmember record = *member;

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

/* Whose membership it is: any port of the subnet may speak for another one. */
static uint16_t find_member(struct ipoib_fabric *fabric, const struct ipoib__sa_request *request,
			    const struct ipoib__sa_mcmember *asked,
			    const struct ipoib__fabric_port **member)
{
	if ((request->sa.component_mask & MEMBER_MASK) != MEMBER_MASK)
		return IPOIB__SA_INSUFFICIENT_COMPONENTS;
	*member = ipoib__fabric_port_by_gid(fabric, &asked->port_gid);
	return *member == NULL || asked->join_state == 0 ? IPOIB__SA_REQUEST_INVALID : 0;
}

/* ---- join ---- */

static bool has(uint64_t mask, uint64_t both)
{
	return (mask & both) == both;
}

/* What the request says of the group, selectors aside, must be so. */
static bool agrees(uint64_t mask, const struct ipoib__sa_mcmember *asked,
		   const struct ipoib__sa_mcmember *group)
{
	return (!(mask & IPOIB__MCMEMBER_QKEY) || asked->qkey == group->qkey) &&
	       (!(mask & IPOIB__MCMEMBER_PKEY) ||
		((asked->pkey ^ group->pkey) & PKEY_PARTITION) == 0) &&
	       (!(mask & IPOIB__MCMEMBER_TRAFFIC_CLASS) ||
		asked->traffic_class == group->traffic_class) &&
	       (!(mask & IPOIB__MCMEMBER_SL) || asked->sl == group->sl) &&
	       (!(mask & IPOIB__MCMEMBER_FLOW_LABEL) || asked->flow_label == group->flow_label) &&
	       (!(mask & IPOIB__MCMEMBER_HOP_LIMIT) || asked->hop_limit == group->hop_limit);
}

/* And the port must be able to take part. */
static bool fits(uint64_t mask, const struct ipoib__sa_mcmember *asked,
		 const struct ipoib__sa_mcmember *group, const struct ipoib__fabric_port *port)
{
	uint16_t entry;

	if (!agrees(mask, asked, group))
		return false;
	if (has(mask, IPOIB__MCMEMBER_MTU_SELECTOR | IPOIB__MCMEMBER_MTU) &&
	    !ipoib__fabric_sa_satisfies(asked->mtu_selector, ipoib__mtu_to_octets(asked->mtu),
					ipoib__mtu_to_octets(group->mtu)))
		return false;
	if (has(mask, IPOIB__MCMEMBER_RATE_SELECTOR | IPOIB__MCMEMBER_RATE) &&
	    !ipoib__fabric_sa_satisfies(asked->rate_selector, ipoib__rate_to_mbps(asked->rate),
					ipoib__rate_to_mbps(group->rate)))
		return false;
	return ipoib__mtu_to_octets(group->mtu) <= port->mtu &&
	       ipoib__fabric_port_pkey(port, group->pkey, &entry);
}

/* What the new group does of what its first member can; 0: nothing that was asked for. */
static uint8_t new_mtu(uint64_t mask, const struct ipoib__sa_mcmember *asked,
		       const struct ipoib__fabric_port *port)
{
	uint8_t best = ipoib__mtu_from_octets(port->mtu);

	if (!has(mask, IPOIB__MCMEMBER_MTU_SELECTOR | IPOIB__MCMEMBER_MTU))
		return best;
	return ipoib__fabric_sa_at_most(asked->mtu_selector, asked->mtu, best);
}

static uint8_t new_rate(uint64_t mask, const struct ipoib__sa_mcmember *asked)
{
	uint32_t mbps = ipoib__rate_to_mbps(asked->rate);

	if (!has(mask, IPOIB__MCMEMBER_RATE_SELECTOR | IPOIB__MCMEMBER_RATE))
		return IPOIB__FABRIC_RATE;
	if (asked->rate_selector == IPOIB__SA_EXACTLY && mbps != 0 &&
	    mbps <= ipoib__rate_to_mbps(IPOIB__FABRIC_RATE))
		return asked->rate;
	return ipoib__fabric_sa_rate(asked->rate_selector, asked->rate, IPOIB__FABRIC_RATE);
}

/*
 * A group of an IPoIB link is made like the link's broadcast group, which is there before it
 * (RFC 4391 section 5); how fast and how long its packets are is its own affair.
 */
static bool belongs_to_a_link(struct ipoib_fabric *fabric, uint64_t mask,
			      const struct ipoib__sa_mcmember *asked)
{
	const struct ipoib__fabric_group *broadcast;
	struct ipoib_gid mgid;

	if (!ipoib__mgid_is_ipoib(&asked->mgid) || ipoib__mgid_is_broadcast(&asked->mgid))
		return true;
	mgid = ipoib__mgid_broadcast(ipoib__mgid_scope(&asked->mgid),
				     ipoib__mgid_pkey(&asked->mgid));
	broadcast = ipoib__fabric_group_by_mgid(&fabric->groups, &mgid);
	return broadcast != NULL && agrees(mask, asked, &broadcast->record);
}

static uint16_t create(struct ipoib_fabric *fabric, uint64_t mask,
		       const struct ipoib__sa_mcmember *asked,
		       const struct ipoib__fabric_port *member, struct ipoib__fabric_group **out)
{
	/* What is no component of the request is in it all the same, and taken for said. */
	struct ipoib__sa_mcmember record = *asked;
	uint16_t entry;

	if (!(asked->join_state & IPOIB__FABRIC_KEEPS))
		return IPOIB__SA_REQUEST_INVALID;
	if ((mask & CREATE_MASK) != CREATE_MASK)
		return IPOIB__SA_INSUFFICIENT_COMPONENTS;
	record.mtu = new_mtu(mask, asked, member);
	record.rate = new_rate(mask, asked);
	if (!ipoib__mgid_is_multicast(&asked->mgid) || record.mtu == 0 || record.rate == 0 ||
	    !ipoib__fabric_port_pkey(member, asked->pkey, &entry) ||
	    !belongs_to_a_link(fabric, mask, asked))
		return IPOIB__SA_REQUEST_INVALID;
	*out = ipoib__fabric_group_new(&fabric->groups, &record);
	return *out == NULL ? IPOIB__SA_NO_RESOURCES : 0;
}

void ipoib__fabric_sa_group_join(struct ipoib_fabric *fabric,
				 const struct ipoib__sa_request *request,
				 struct ipoib__sa_reply *reply)
{
	uint64_t mask = request->sa.component_mask;
	const struct ipoib__fabric_port *member;
	struct ipoib__fabric_group *group;
	struct ipoib__sa_mcmember asked, record;

	reply->status = IPOIB__SA_REQUEST_INVALID;
	if (!decode(&asked, request))
		return;
	reply->status = find_member(fabric, request, &asked, &member);
	if (reply->status != 0)
		return;
	group = ipoib__fabric_group_by_mgid(&fabric->groups, &asked.mgid);
	if (group == NULL)
		reply->status = create(fabric, mask, &asked, member, &group);
	else if (!fits(mask, &asked, &group->record, member))
		reply->status = IPOIB__SA_REQUEST_INVALID;
	if (reply->status != 0)
		return;

	uint32_t port = ipoib__fabric_port_index(fabric, member);
	if (ipoib__fabric_group_join(&fabric->groups, group, port, asked.join_state) < 0) {
		ipoib__fabric_group_release(&fabric->groups, group);
		reply->status = IPOIB__SA_NO_RESOURCES;
		return;
	}
	record = group->record;
	record.port_gid = member->gid;
	record.join_state = ipoib__fabric_group_state(group, port) & 0xf;
	record.proxy_join = (mask & IPOIB__MCMEMBER_PROXY_JOIN) != 0 && asked.proxy_join;
	reply_with(reply, &record);
}

/* ---- leave and get ---- */

/* The port must have every state that it leaves; the answer is the request, and what is left. */
void ipoib__fabric_sa_group_leave(struct ipoib_fabric *fabric,
				  const struct ipoib__sa_request *request,
				  struct ipoib__sa_reply *reply)
{
	const struct ipoib__fabric_port *member;
	struct ipoib__fabric_group *group;
	struct ipoib__sa_mcmember asked;

	reply->status = IPOIB__SA_REQUEST_INVALID;
	if (!decode(&asked, request))
		return;
	reply->status = find_member(fabric, request, &asked, &member);
	if (reply->status != 0)
		return;
	uint32_t port = ipoib__fabric_port_index(fabric, member);
	group = ipoib__fabric_group_by_mgid(&fabric->groups, &asked.mgid);
	if (group == NULL || (asked.join_state & ~ipoib__fabric_group_state(group, port)) != 0) {
		reply->status = IPOIB__SA_REQUEST_INVALID;
		return;
	}
	ipoib__fabric_group_leave(group, port, asked.join_state);
	asked.join_state = ipoib__fabric_group_state(group, port) & 0xf;
	asked.scope = group->record.scope;
	asked.proxy_join = false;
	reply_with(reply, &asked);
	ipoib__fabric_group_release(&fabric->groups, group);
}

/* The one group there is, or none: NULL, and why. */
static const struct ipoib__fabric_group *only_group(struct ipoib_fabric *fabric, uint16_t *status)
{
	const struct ipoib__fabric_group *found = NULL;

	for (size_t i = 0; i < IPOIB__FABRIC_GROUPS_MAX; i++) {
		if (fabric->groups.slots[i] == NULL)
			continue;
		if (found != NULL) {
			*status = IPOIB__SA_TOO_MANY_RECORDS;
			return NULL;
		}
		found = fabric->groups.slots[i];
	}
	return found;
}

/* What a group is, everybody is told; who is in it, nobody, but that a port is none of them. */
void ipoib__fabric_sa_group_get(struct ipoib_fabric *fabric,
				const struct ipoib__sa_request *request,
				struct ipoib__sa_reply *reply)
{
	uint64_t mask = request->sa.component_mask;
	const struct ipoib__fabric_group *group;
	const struct ipoib__fabric_port *port;
	struct ipoib__sa_mcmember asked, record;

	reply->status = IPOIB__SA_NO_RECORDS;
	if (!decode(&asked, request))
		return;
	if (mask & IPOIB__MCMEMBER_MGID)
		group = ipoib__fabric_group_by_mgid(&fabric->groups, &asked.mgid);
	else if (mask & IPOIB__MCMEMBER_MLID)
		group = ipoib__fabric_group_by_mlid(&fabric->groups, asked.mlid);
	else
		group = only_group(fabric, &reply->status);
	if (group == NULL)
		return;
	port = ipoib__fabric_port_by_gid(fabric, &asked.port_gid);
	if ((mask & IPOIB__MCMEMBER_PORT_GID) &&
	    (port == NULL ||
	     ipoib__fabric_group_state(group, ipoib__fabric_port_index(fabric, port)) == 0))
		return;
	record = group->record;
	record.port_gid = (struct ipoib_gid){ .raw = { 0 } };
	record.join_state = 0;
	record.proxy_join = false;
	reply_with(reply, &record);
}
