/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "wire/smp_node.h"

#include <errno.h>

#include "base/bytes.h"

/*
 *  0                   1                   2                   3
 *  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 * +---------------+---------------+---------------+---------------+
 * | base version  | class version |     type      |     ports     |   0
 * +---------------+---------------+---------------+---------------+
 * |                     system GUID (64 bits)                     |   4
 * +---------------------------------------------------------------+
 * |                      node GUID (64 bits)                      |  12
 * +---------------------------------------------------------------+
 * |                      port GUID (64 bits)                      |  20
 * +-------------------------------+-------------------------------+
 * |   P_Keys of a table at most   |            device             |  28
 * +-------------------------------+-------------------------------+
 * |                           revision                            |  32
 * +---------------+-----------------------------------------------+
 * |     port      |                    vendor                     |  36
 * +---------------+-----------------------------------------------+
 */
int ipoib__smp_node_info_decode(struct ipoib__smp_node_info *out, const void *bytes, size_t length)
{
	struct ipoib__smp_node_info info;
	struct ipoib__reader r;

	ipoib__reader_init(&r, bytes, length);
	info.base_version = ipoib__read_u8(&r);
	info.class_version = ipoib__read_u8(&r);
	info.type = ipoib__read_u8(&r);
	info.port_count = ipoib__read_u8(&r);
	ipoib__read_bytes(&r, info.system_guid, sizeof(info.system_guid));
	ipoib__read_bytes(&r, info.node_guid, sizeof(info.node_guid));
	ipoib__read_bytes(&r, info.port_guid, sizeof(info.port_guid));
	info.pkey_room = ipoib__read_u16(&r);
	info.device = ipoib__read_u16(&r);
	info.revision = ipoib__read_u32(&r);
	info.port = ipoib__read_u8(&r);
	info.vendor = ipoib__read_u24(&r);
	if (r.failed)
		return -EINVAL;
	*out = info;
	return IPOIB__SMP_NODE_INFO_LENGTH;
}

int ipoib__smp_node_info_encode(void *bytes, size_t room, const struct ipoib__smp_node_info *info)
{
	struct ipoib__writer w;

	ipoib__writer_init(&w, bytes, room);
	ipoib__write_u8(&w, info->base_version);
	ipoib__write_u8(&w, info->class_version);
	ipoib__write_u8(&w, info->type);
	ipoib__write_u8(&w, info->port_count);
	ipoib__write_bytes(&w, info->system_guid, sizeof(info->system_guid));
	ipoib__write_bytes(&w, info->node_guid, sizeof(info->node_guid));
	ipoib__write_bytes(&w, info->port_guid, sizeof(info->port_guid));
	ipoib__write_u16(&w, info->pkey_room);
	ipoib__write_u16(&w, info->device);
	ipoib__write_u32(&w, info->revision);
	ipoib__write_u8(&w, info->port);
	ipoib__write_u24(&w, info->vendor);
	return ipoib__write_result(&w);
}

/*
 *  0                   1                   2                   3
 *  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 * +-------------------------------+-------------------------------+
 * |      room: linear table       |      room: random table       |   0
 * +-------------------------------+-------------------------------+
 * |     room: multicast table     |          linear top           |   4
 * +---------------+---------------+---------------+---------+-+---+
 * | default port  |  multicast's  |  non-primary  |life time|C|S2V|   8  C: a link has changed
 * +---------------+---------------+---------------+---------+-+---+
 * |         LIDs per port         |       enforcement room        |  12
 * +---------+-----+---------------+-------------------------------+
 * |  flags  | res |   reserved    |         multicast top         |  16
 * +---------+-----+---------------+-------------------------------+
 */
int ipoib__smp_switch_info_decode(struct ipoib__smp_switch_info *out, const void *bytes,
				  size_t length)
{
	struct ipoib__smp_switch_info info;
	struct ipoib__reader r;

	ipoib__reader_init(&r, bytes, length);
	info.linear_room = ipoib__read_u16(&r);
	info.random_room = ipoib__read_u16(&r);
	info.multicast_room = ipoib__read_u16(&r);
	info.linear_top = ipoib__read_u16(&r);
	info.default_port = ipoib__read_u8(&r);
	info.default_multicast_primary = ipoib__read_u8(&r);
	info.default_multicast_other = ipoib__read_u8(&r);
	uint8_t octet = ipoib__read_u8(&r);
	info.life_time = (uint8_t)ipoib__bits_get(octet, 3, 5);
	info.port_changed = (uint8_t)ipoib__bits_get(octet, 2, 1);
	info.sl_to_vl = (uint8_t)ipoib__bits_get(octet, 0, 2);
	info.lids_per_port = ipoib__read_u16(&r);
	info.enforcement_room = ipoib__read_u16(&r);
	info.flags = ipoib__read_u8(&r) >> 3;
	ipoib__read_skip(&r, 1);
	info.multicast_top = ipoib__read_u16(&r);
	if (r.failed)
		return -EINVAL;
	*out = info;
	return IPOIB__SMP_SWITCH_INFO_LENGTH;
}

int ipoib__smp_switch_info_encode(void *bytes, size_t room,
				  const struct ipoib__smp_switch_info *info)
{
	struct ipoib__writer w;

	ipoib__writer_init(&w, bytes, room);
	ipoib__write_u16(&w, info->linear_room);
	ipoib__write_u16(&w, info->random_room);
	ipoib__write_u16(&w, info->multicast_room);
	ipoib__write_u16(&w, info->linear_top);
	ipoib__write_u8(&w, info->default_port);
	ipoib__write_u8(&w, info->default_multicast_primary);
	ipoib__write_u8(&w, info->default_multicast_other);
	ipoib__write_u8(&w, (uint8_t)(ipoib__bits_put(info->life_time, 3, 5) |
				      ipoib__bits_put(info->port_changed, 2, 1) |
				      ipoib__bits_put(info->sl_to_vl, 0, 2)));
	ipoib__write_u16(&w, info->lids_per_port);
	ipoib__write_u16(&w, info->enforcement_room);
	ipoib__write_u8(&w, (uint8_t)ipoib__bits_put(info->flags, 3, 5));
	ipoib__write_zero(&w, 1);
	ipoib__write_u16(&w, info->multicast_top);
	return ipoib__write_result(&w);
}
