/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "wire/sa_class_port_info.h"

#include <errno.h>

#include "base/bytes.h"

/* The address for traps: GID 16, class and flow label 4, LID 2, P_Key 2, queue pair 4, Q_Key 4. */
#define TRAP_LENGTH 32

/*
 *  0                   1                   2                   3
 *  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 * +---------------+---------------+-------------------------------+
 * | base version  | class version |        capability mask        |   0
 * +---------------+---------------+---------------------+---------+
 * |                  capability mask 2                  |resp.time|   4
 * +-----------------------------------------------------+---------+
 * |                   redirect GID (16 octets)                    |   8
 * +---------------+-------+---------------------------------------+
 * | traffic class |  SL   |              flow label               |  24
 * +---------------+-------+-------+-------------------------------+
 * |         redirect LID          |        redirect P_Key         |  28
 * +---------------+---------------+-------------------------------+
 * |   reserved    |              redirect queue pair              |  32
 * +---------------+-----------------------------------------------+
 * |                        redirect Q_Key                         |  36
 * +---------------------------------------------------------------+
 * |            the same for traps, without an SL: 32 octets       |  40
 * +---------------------------------------------------------------+
 */
int ipoib__sa_class_port_info_decode(struct ipoib__sa_class_port_info *out, const void *bytes,
				     size_t length)
{
	struct ipoib__reader r;
	struct ipoib__sa_class_port_info info;

	ipoib__reader_init(&r, bytes, length);
	info.base_version = ipoib__read_u8(&r);
	info.class_version = ipoib__read_u8(&r);
	info.capability_mask = ipoib__read_u16(&r);
	uint32_t word = ipoib__read_u32(&r);
	info.capability_mask2 = ipoib__bits_get(word, 5, 27);
	info.response_time = (uint8_t)ipoib__bits_get(word, 0, 5);
	ipoib__read_bytes(&r, info.redirect_gid.raw, sizeof(info.redirect_gid.raw));
	word = ipoib__read_u32(&r);
	info.redirect_traffic_class = (uint8_t)ipoib__bits_get(word, 24, 8);
	info.redirect_sl = (uint8_t)ipoib__bits_get(word, 20, 4);
	info.redirect_flow_label = ipoib__bits_get(word, 0, 20);
	info.redirect_lid = ipoib__read_u16(&r);
	info.redirect_pkey = ipoib__read_u16(&r);
	ipoib__read_skip(&r, 1);
	info.redirect_qpn = ipoib__read_u24(&r);
	info.redirect_qkey = ipoib__read_u32(&r);
	ipoib__read_skip(&r, TRAP_LENGTH);
	if (r.failed)
		return -EINVAL;
	*out = info;
	return IPOIB__SA_CLASS_PORT_INFO_LENGTH;
}

int ipoib__sa_class_port_info_encode(void *bytes, size_t room,
				     const struct ipoib__sa_class_port_info *info)
{
	struct ipoib__writer w;

	ipoib__writer_init(&w, bytes, room);
	ipoib__write_u8(&w, info->base_version);
	ipoib__write_u8(&w, info->class_version);
	ipoib__write_u16(&w, info->capability_mask);
	ipoib__write_u32(&w, ipoib__bits_put(info->capability_mask2, 5, 27) |
				     ipoib__bits_put(info->response_time, 0, 5));
	ipoib__write_bytes(&w, info->redirect_gid.raw, sizeof(info->redirect_gid.raw));
	ipoib__write_u32(&w, ipoib__bits_put(info->redirect_traffic_class, 24, 8) |
				     ipoib__bits_put(info->redirect_sl, 20, 4) |
				     ipoib__bits_put(info->redirect_flow_label, 0, 20));
	ipoib__write_u16(&w, info->redirect_lid);
	ipoib__write_u16(&w, info->redirect_pkey);
	ipoib__write_zero(&w, 1);
	ipoib__write_u24(&w, info->redirect_qpn);
	ipoib__write_u32(&w, info->redirect_qkey);
	ipoib__write_zero(&w, TRAP_LENGTH);
	return ipoib__write_result(&w);
}
