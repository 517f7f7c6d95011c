/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "verbs/rc_by_gid.h"

#include <arpa/inet.h>
#include <string.h>

#include "base/assert.h"
#include "verbs/rc_private.h"
#include "wire/ib_units.h"
#include "wire/sa.h"
#include "wire/sa_path.h"

struct sockaddr_ib ipoib__rc_by_gid(const struct ipoib_gid *gid, uint16_t pkey,
				    uint64_t service_id)
{
	struct sockaddr_ib address = {
		.sib_family = AF_IB,
		.sib_pkey = htons(pkey),
		.sib_sid = ipoib__rc_be64(service_id),
		.sib_sid_mask = service_id != 0 ? UINT64_MAX : 0,
	};

	memcpy(address.sib_addr.sib_raw, gid->raw, sizeof(gid->raw));
	return address;
}

/* Linux takes no other flags than these: one path, for both directions and for management. */
struct ibv_path_data ipoib__rc_path_data(const struct ipoib_path_record *path,
					 const struct ipoib_port_attributes *port,
					 uint64_t service_id)
{
	struct ibv_path_data data = {
		.flags = IBV_PATH_FLAG_GMP | IBV_PATH_FLAG_PRIMARY | IBV_PATH_FLAG_BIDIRECTIONAL,
	};
	struct ipoib__sa_path record = {
		.service_id = service_id,
		.dgid = path->dgid,
		.sgid = port->gid,
		.dlid = path->dlid,
		.slid = port->lid,
		.flow_label = path->flow_label & 0xfffff,
		.hop_limit = path->hop_limit,
		.traffic_class = path->traffic_class,
		.reversible = true,
		.numb_path = 1,
		.pkey = path->pkey,
		.sl = path->sl & 0xf,
		.mtu_selector = IPOIB__SA_EXACTLY,
		.mtu = ipoib__mtu_from_octets(path->mtu),
		.rate_selector = IPOIB__SA_EXACTLY,
		.rate = path->rate & 0x3f,
		.life_selector = IPOIB__SA_EXACTLY,
		.life = path->packet_life & 0x3f,
	};
	uint8_t octets[IPOIB__SA_PATH_LENGTH];

	ipoib__assert(sizeof(data.path) == sizeof(octets));
	ipoib__assert(ipoib__sa_path_encode(octets, sizeof(octets), &record) ==
		      IPOIB__SA_PATH_LENGTH);
	memcpy(&data.path, octets, sizeof(data.path));
	return data;
}
