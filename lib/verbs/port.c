/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* What a port is: read at the opening and at each event that may have changed it. */
#include "verbs/port.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

#include "verbs/status.h"
#include "verbs/verbs.h"
#include "wire/ib_units.h"

/* An address handle has an octet for the index of its source. */
#define GID_INDEXES 256
/* 10 Gbit/s, in the SA's encoding: for a speed that has no name there. */
#define RATE_UNKNOWN 3

uint32_t ipoib__verbs_port_mtu(const struct ibv_port_attr *attr)
{
	return ipoib__mtu_of_record((uint8_t)attr->active_mtu);
}

uint8_t ipoib__verbs_port_state(const struct ibv_port_attr *attr)
{
	return attr->state == IBV_PORT_ACTIVE ? IPOIB_PORT_ACTIVE : IPOIB_PORT_DOWN;
}

enum ipoib_verbs_link ipoib__verbs_port_link(const struct ibv_device *device,
					     const struct ibv_port_attr *attr)
{
	if (device->transport_type != IBV_TRANSPORT_IB)
		return IPOIB_VERBS_LINK_OTHER;
	return attr->link_layer == IBV_LINK_LAYER_ETHERNET ? IPOIB_VERBS_LINK_ROCE
							   : IPOIB_VERBS_LINK_INFINIBAND;
}

/* Lanes times the speed of one, by the codes of the PortInfo (IBA 14.2.5.6). */
static uint8_t rate_of(const struct ibv_port_attr *attr)
{
	static const struct {
		uint8_t code;
		uint32_t value;
	} widths[] = { { 1, 1 }, { 2, 4 }, { 4, 8 }, { 8, 12 }, { 16, 2 } },
	  speeds[] = { { 1, 2500 },   { 2, 5000 },   { 4, 10000 },  { 8, 10000 },
		       { 16, 14000 }, { 32, 25000 }, { 64, 50000 }, { 128, 100000 } };
	uint32_t lanes = 0, mbps = 0;
	uint8_t code;

	for (size_t i = 0; i < sizeof(widths) / sizeof(widths[0]); i++)
		if (widths[i].code == attr->active_width)
			lanes = widths[i].value;
	for (size_t i = 0; i < sizeof(speeds) / sizeof(speeds[0]); i++)
		if (speeds[i].code == attr->active_speed)
			mbps = speeds[i].value;
	code = ipoib__rate_from_mbps(lanes * mbps);
	return code != 0 ? code : RATE_UNKNOWN;
}

/* Whether the GID at this index is in use; -ENODATA is the kernel's word for an empty place. */
static int read_gid(struct ipoib__verbs_gid *gid, struct ibv_context *device, uint8_t number,
		    uint32_t index)
{
	struct ibv_gid_entry entry;
	int status = ipoib__verbs_status(ibv_query_gid_ex(device, number, index, &entry, 0));
	static const struct ipoib_gid zero;

	if (status == -ENODATA || status == -ENOENT)
		return 0;
	if (status < 0)
		return status;
	memcpy(gid->gid.raw, entry.gid.raw, sizeof(gid->gid.raw));
	gid->index = index;
	gid->ifindex = entry.ndev_ifindex;
	gid->routable = entry.gid_type == IBV_GID_TYPE_ROCE_V2;
	return memcmp(&gid->gid, &zero, sizeof(zero)) != 0;
}

int ipoib__verbs_port_gids(struct ipoib__verbs_gids *gids, struct ibv_context *device,
			   uint8_t number, const struct ibv_port_attr *attr)
{
	gids->count = 0;
	gids->named = -1;
	gids->ethernet = attr->link_layer == IBV_LINK_LAYER_ETHERNET;
	for (int i = 0; i < attr->gid_tbl_len && i < GID_INDEXES; i++) {
		int status;

		if (gids->count == IPOIB__VERBS_GIDS_MAX)
			break;
		status = read_gid(&gids->gid[gids->count], device, number, (uint32_t)i);

		if (status < 0)
			return status;
		gids->count += (uint32_t)status;
	}
	return 0;
}

uint32_t ipoib__verbs_port_pkeys(uint16_t *pkeys, struct ibv_context *device, uint8_t number,
				 const struct ibv_port_attr *attr)
{
	uint32_t count = 0;

	for (int i = 0; i < attr->pkey_tbl_len && count < IPOIB_PKEYS_MAX; i++) {
		__be16 pkey;

		if (ibv_query_pkey(device, number, i, &pkey) != 0)
			break;
		pkeys[count++] = ntohs(pkey);
	}
	while (count > 0 && pkeys[count - 1] == 0)
		count--;
	return count;
}

static int read_attributes(struct ipoib__verbs *verbs, struct ipoib_port_attributes *port,
			   struct ipoib__verbs_gids *gids)
{
	const struct ipoib__verbs_gid *named;
	struct ibv_port_attr attr;
	int status = ipoib__verbs_status(ibv_query_port(verbs->device, verbs->number, &attr));

	if (status < 0)
		return status;
	status = ipoib__verbs_port_gids(gids, verbs->device, verbs->number, &attr);
	if (status < 0)
		return status;
	verbs->rate = rate_of(&attr);
	port->mtu = ipoib__verbs_port_mtu(&attr);
	port->lid = verbs->ethernet ? 0 : attr.lid;
	port->sm_lid = verbs->ethernet ? 0 : attr.sm_lid;
	port->lmc = verbs->ethernet ? 0 : attr.lmc;
	port->sm_sl = attr.sm_sl;
	port->state = ipoib__verbs_port_state(&attr);
	port->grh_required = verbs->ethernet || (attr.flags & IBV_QPF_GRH_REQUIRED) != 0;
	memset(port->pkeys, 0, sizeof(port->pkeys));
	port->pkey_count =
		ipoib__verbs_port_pkeys(port->pkeys, verbs->device, verbs->number, &attr);
	/* A device without an address has no name yet: it is as good as down. */
	if (ipoib__verbs_gids_name(gids, verbs->config.gid_index)) {
		named = ipoib__verbs_gids_named(gids);
		port->gid = named->gid;
	} else {
		port->state = IPOIB_PORT_DOWN;
	}
	return 0;
}

bool ipoib__verbs_port_differs(struct ipoib__verbs *verbs)
{
	struct ibv_port_attr attr;

	return ibv_query_port(verbs->device, verbs->number, &attr) != 0 ||
	       ipoib__verbs_port_mtu(&attr) != verbs->port.mtu;
}

int ipoib__verbs_port_read(struct ipoib__verbs *verbs)
{
	struct ipoib_port_attributes port = verbs->port;
	struct ipoib__verbs_gids gids;
	int status = read_attributes(verbs, &port, &gids);

	if (status < 0)
		return status;
	/* Address handles are made with these GIDs: users keep the old ones, and get no more. */
	if (!ipoib__verbs_gids_equal(&gids, &verbs->gids))
		ipoib__verbs_ahs_outdate_all(&verbs->ahs);
	verbs->gids = gids;
	verbs->port = port;
	return 0;
}
