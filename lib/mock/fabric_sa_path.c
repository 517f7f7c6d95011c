/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "mock/fabric_sa.h"

#include "base/assert.h"
#include "wire/ib_units.h"
#include "wire/mgid.h"
#include "wire/sa_path.h"

#define PKEY_FULL_MEMBER 0x8000
#define PKEY_PARTITION	 0x7fff
/* The largest encoding of a rate; six bits could be more. */
#define RATE_LAST 23

bool ipoib__fabric_sa_satisfies(uint8_t selector, uint32_t asked, uint32_t value)
{
	switch (selector) {
	case IPOIB__SA_GREATER:
		return value > asked;
	case IPOIB__SA_LESS:
		return value < asked;
	case IPOIB__SA_EXACTLY:
		return value == asked;
	default: /* the best there is */
		return true;
	}
}

/* ---- partitions ---- */

/* Whether both are in the partition, one of them as a full member. */
static bool shared(const struct ipoib__fabric_port *a, const struct ipoib__fabric_port *b,
		   uint16_t pkey)
{
	uint16_t of_a, of_b;

	return ipoib__fabric_port_pkey(a, pkey, &of_a) && ipoib__fabric_port_pkey(b, pkey, &of_b) &&
	       ((of_a | of_b) & PKEY_FULL_MEMBER) != 0;
}

/* What was asked for, as it was asked for; or the lowest that they share. 0: there is none. */
static uint16_t pkey_between(const struct ipoib__fabric_port *from,
			     const struct ipoib__fabric_port *to, const uint16_t *asked)
{
	uint16_t lowest = 0;

	if (asked != NULL)
		return shared(from, to, *asked) ? *asked : 0;
	for (uint32_t i = 0; i < from->pkey_count; i++) {
		uint16_t pkey = from->pkeys[i] | PKEY_FULL_MEMBER;

		if (from->pkeys[i] != 0 && (lowest == 0 || pkey < lowest) && shared(from, to, pkey))
			lowest = pkey;
	}
	return lowest;
}

/* ---- what else was asked for ---- */

/* What offers much can be used at less. Encodings of MTUs and life times grow by one. */
uint8_t ipoib__fabric_sa_at_most(uint8_t selector, uint8_t asked, uint8_t best)
{
	switch (selector) {
	case IPOIB__SA_GREATER:
		return best > asked ? best : 0;
	case IPOIB__SA_LESS:
		return best < asked ? best : (uint8_t)(asked > 0 ? asked - 1 : 0);
	case IPOIB__SA_EXACTLY:
		return best >= asked ? asked : 0;
	default:
		return best;
	}
}

/* The fastest rate below this many Mbit/s; 0: there is none. */
static uint8_t slower_rate(uint32_t mbps)
{
	uint8_t found = 0;

	for (uint8_t rate = 1; rate <= RATE_LAST; rate++)
		if (ipoib__rate_to_mbps(rate) < mbps &&
		    ipoib__rate_to_mbps(rate) > ipoib__rate_to_mbps(found))
			found = rate;
	return found;
}

uint8_t ipoib__fabric_sa_rate(uint8_t selector, uint8_t asked, uint8_t best)
{
	uint32_t mbps = ipoib__rate_to_mbps(asked);

	if (ipoib__fabric_sa_satisfies(selector, mbps, ipoib__rate_to_mbps(best)))
		return best;
	/* It is lowered to come below another one, but not to meet one exactly. */
	return selector == IPOIB__SA_LESS ? slower_rate(mbps) : 0;
}

/* A value counts with its selector alone. */
static bool has(uint64_t mask, uint64_t both)
{
	return (mask & both) == both;
}

static bool meet(uint64_t mask, const struct ipoib__sa_path *asked, struct ipoib__sa_path *path)
{
	bool by_life = has(mask, IPOIB__PATH_LIFE_SELECTOR | IPOIB__PATH_LIFE);

	if (has(mask, IPOIB__PATH_MTU_SELECTOR | IPOIB__PATH_MTU))
		path->mtu = ipoib__fabric_sa_at_most(asked->mtu_selector, asked->mtu, path->mtu);
	if (has(mask, IPOIB__PATH_RATE_SELECTOR | IPOIB__PATH_RATE))
		path->rate = ipoib__fabric_sa_rate(asked->rate_selector, asked->rate, path->rate);
	if (path->life == 0) /* to oneself: no question of time */
		by_life = false;
	if (by_life)
		path->life = ipoib__fabric_sa_at_most(asked->life_selector, asked->life,
						      path->life);
	return path->mtu != 0 && path->rate != 0 && !(by_life && path->life == 0);
}

/* ---- the record ---- */

/* 0, or why there is no path. */
static uint16_t to_port(struct ipoib_fabric *fabric, uint64_t mask, struct ipoib__sa_path *path,
			const struct ipoib__fabric_port *from)
{
	const struct ipoib__sa_path asked = *path;
	const struct ipoib__fabric_port *to = NULL;

	if (mask & IPOIB__PATH_DGID)
		to = ipoib__fabric_port_by_gid(fabric, &asked.dgid);
	else if (mask & IPOIB__PATH_DLID)
		to = ipoib__fabric_port_by_lid(fabric, asked.dlid);
	if (to == NULL)
		return IPOIB__SA_NO_RECORDS;
	if ((mask & IPOIB__PATH_DLID) && asked.dlid != to->lid)
		return IPOIB__SA_REQUEST_INVALID;
	*path = (struct ipoib__sa_path){
		.dgid = to->gid,
		.dlid = to->lid,
		.slid = from->lid,
		.pkey = pkey_between(from, to, mask & IPOIB__PATH_PKEY ? &asked.pkey : NULL),
		.sl = mask & IPOIB__PATH_SL ? asked.sl : 0,
		.mtu = ipoib__mtu_from_octets(to->mtu < from->mtu ? to->mtu : from->mtu),
		.rate = IPOIB__FABRIC_RATE,
		.life = from == to ? 0 : IPOIB__FABRIC_LIFE,
		.reversible = true,
	};
	return path->pkey != 0 && meet(mask, &asked, path) ? 0 : IPOIB__SA_NO_RECORDS;
}

/*
 * The way to a group is told to its members alone, and without the LID it begins at; it cannot be
 * another one than it is.
 */
static uint16_t to_group(struct ipoib_fabric *fabric, uint64_t mask, struct ipoib__sa_path *path,
			 const struct ipoib__fabric_port *from)
{
	const struct ipoib__sa_path asked = *path;
	const struct ipoib__fabric_group *group =
		ipoib__fabric_group_by_mgid(&fabric->groups, &asked.dgid);

	if (group == NULL ||
	    ipoib__fabric_group_state(group, ipoib__fabric_port_index(fabric, from)) == 0)
		return IPOIB__SA_NO_RECORDS;
	if ((mask & IPOIB__PATH_PKEY) && ((asked.pkey ^ group->record.pkey) & PKEY_PARTITION) != 0)
		return IPOIB__SA_NO_RECORDS;
	*path = (struct ipoib__sa_path){
		.dgid = asked.dgid,
		.dlid = group->record.mlid,
		.pkey = group->record.pkey,
		.mtu = group->record.mtu,
		.rate = group->record.rate,
		.life = group->record.life,
		.sl = group->record.sl,
		.hop_limit = group->record.hop_limit,
		.traffic_class = group->record.traffic_class,
		.flow_label = group->record.flow_label,
		.numb_path = 1,
	};
	return 0;
}

void ipoib__fabric_sa_path(struct ipoib_fabric *fabric, const struct ipoib__sa_request *request,
			   struct ipoib__sa_reply *reply)
{
	uint64_t mask = request->sa.component_mask;
	const struct ipoib__fabric_port *from = request->from;
	struct ipoib__sa_path path;

	reply->status = IPOIB__SA_NO_RECORDS;
	if (ipoib__sa_path_decode(&path, request->data, IPOIB__SA_DATA_LENGTH) < 0)
		return;
	if (mask & IPOIB__PATH_SGID)
		from = ipoib__fabric_port_by_gid(fabric, &path.sgid);
	if (from == NULL)
		return;
	if ((mask & IPOIB__PATH_SLID) && path.slid != from->lid)
		reply->status = IPOIB__SA_REQUEST_INVALID;
	else if ((mask & IPOIB__PATH_DGID) && ipoib__mgid_is_multicast(&path.dgid))
		reply->status = to_group(fabric, mask, &path, from);
	else
		reply->status = to_port(fabric, mask, &path, from);
	if (reply->status != 0)
		return;

	path.sgid = from->gid;
	path.mtu_selector = path.rate_selector = path.life_selector = IPOIB__SA_EXACTLY;
	int length = ipoib__sa_path_encode(reply->data, sizeof(reply->data), &path);
	ipoib__assert(length > 0);
	reply->length = (size_t)length;
}
