/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "mock/fabric_sa.h"

#include "base/assert.h"
#include "wire/ib_units.h"
#include "wire/mgid.h"
#include "wire/sa_path.h"

#define PKEY_FULL_MEMBER 0x8000

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

/* The partition of both, one of them a full member; 0 when there is none. */
static uint16_t common_pkey(const struct ipoib__fabric_port *a, const struct ipoib__fabric_port *b,
			    uint16_t pkey)
{
	uint16_t of_a, of_b;

	if (!ipoib__fabric_port_pkey(a, pkey, &of_a) || !ipoib__fabric_port_pkey(b, pkey, &of_b))
		return 0;
	return (of_a | of_b) & PKEY_FULL_MEMBER ? (uint16_t)(of_a | of_b) : 0;
}

/* The destination's part of the record. false: no such destination. */
static bool to_port(struct ipoib_fabric *fabric, uint64_t mask, struct ipoib__sa_path *path,
		    const struct ipoib__fabric_port *from)
{
	const struct ipoib__fabric_port *to = NULL;
	uint16_t wanted = mask & IPOIB__PATH_PKEY ? path->pkey : from->pkeys[0];

	if (mask & IPOIB__PATH_DGID)
		to = ipoib__fabric_port_by_gid(fabric, &path->dgid);
	else if (mask & IPOIB__PATH_DLID)
		to = ipoib__fabric_port_by_lid(fabric, path->dlid);
	if (to == NULL)
		return false;
	path->pkey = common_pkey(from, to, wanted);
	path->dgid = to->gid;
	path->dlid = to->lid;
	path->mtu = ipoib__mtu_from_octets(to->mtu < from->mtu ? to->mtu : from->mtu);
	path->rate = IPOIB__FABRIC_RATE;
	path->life = IPOIB__FABRIC_LIFE;
	path->sl = 0;
	path->hop_limit = 0;
	path->traffic_class = 0;
	path->flow_label = 0;
	return path->pkey != 0;
}

static bool to_group(struct ipoib_fabric *fabric, uint64_t mask, struct ipoib__sa_path *path,
		     const struct ipoib__fabric_port *from)
{
	const struct ipoib__fabric_group *group =
		ipoib__fabric_group_by_mgid(&fabric->groups, &path->dgid);
	uint16_t entry;

	if (group == NULL || !ipoib__fabric_port_pkey(from, group->record.pkey, &entry))
		return false;
	if ((mask & IPOIB__PATH_PKEY) && ((path->pkey ^ group->record.pkey) & 0x7fff) != 0)
		return false;
	path->dlid = group->record.mlid;
	path->pkey = group->record.pkey;
	path->mtu = group->record.mtu;
	path->rate = group->record.rate;
	path->life = group->record.life;
	path->sl = group->record.sl;
	path->hop_limit = group->record.hop_limit;
	path->traffic_class = group->record.traffic_class;
	path->flow_label = group->record.flow_label;
	return true;
}

/* Whether the path is what else was asked for. */
static bool is_wanted(uint64_t mask, const struct ipoib__sa_path *asked,
		      const struct ipoib__sa_path *path)
{
	if ((mask & IPOIB__PATH_MTU) &&
	    !ipoib__fabric_sa_satisfies(asked->mtu_selector, ipoib__mtu_to_octets(asked->mtu),
					ipoib__mtu_to_octets(path->mtu)))
		return false;
	if ((mask & IPOIB__PATH_RATE) &&
	    !ipoib__fabric_sa_satisfies(asked->rate_selector, ipoib__rate_to_mbps(asked->rate),
					ipoib__rate_to_mbps(path->rate)))
		return false;
	if ((mask & IPOIB__PATH_SL) && asked->sl != path->sl)
		return false;
	/* Without a number of paths OpenSM answers one as well, to Get; 0 is no number. */
	return !(mask & IPOIB__PATH_NUMB_PATH) || asked->numb_path > 0;
}

void ipoib__fabric_sa_path(struct ipoib_fabric *fabric, const struct ipoib__sa_request *request,
			   struct ipoib__sa_reply *reply)
{
	uint64_t mask = request->sa.component_mask;
	const struct ipoib__fabric_port *from = request->from;
	struct ipoib__sa_path asked, path;
	bool found;

	reply->status = IPOIB__SA_NO_RECORDS;
	if (ipoib__sa_path_decode(&asked, request->data, IPOIB__SA_DATA_LENGTH) < 0)
		return;
	if (mask & IPOIB__PATH_SGID)
		from = ipoib__fabric_port_by_gid(fabric, &asked.sgid);
	if (from == NULL)
		return;

	path = asked;
	if ((mask & IPOIB__PATH_DGID) && ipoib__mgid_is_multicast(&asked.dgid))
		found = to_group(fabric, mask, &path, from);
	else
		found = to_port(fabric, mask, &path, from);
	if (!found || !is_wanted(mask, &asked, &path))
		return;

	path.service_id = 0;
	path.sgid = from->gid;
	path.slid = from->lid;
	path.raw_traffic = false;
	path.reversible = true;
	path.numb_path = 1;
	path.qos_class = 0;
	path.preference = 0;
	path.mtu_selector = path.rate_selector = path.life_selector = IPOIB__SA_EXACTLY;
	int length = ipoib__sa_path_encode(reply->data, sizeof(reply->data), &path);
	ipoib__assert(length > 0);
	reply->length = (size_t)length;
	reply->status = 0;
}
