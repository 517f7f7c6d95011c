/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "wire/smp_port.h"

#include <errno.h>

#include "base/bytes.h"

/* Two fields of four bits each. */
static void read_halves(struct ipoib__reader *r, uint8_t *high, uint8_t *low)
{
	uint8_t octet = ipoib__read_u8(r);

	*high = octet >> 4;
	*low = octet & 0xf;
}

static void write_halves(struct ipoib__writer *w, uint8_t high, uint8_t low)
{
	ipoib__write_u8(w, (uint8_t)(ipoib__bits_put(high, 4, 4) | ipoib__bits_put(low, 0, 4)));
}

/* The octets 0 to 27, and 28 to 43. */
static void read_addresses(struct ipoib__reader *r, struct ipoib__smp_port_info *info)
{
	info->m_key = ipoib__read_u64(r);
	ipoib__read_bytes(r, info->prefix, sizeof(info->prefix));
	info->lid = ipoib__read_u16(r);
	info->sm_lid = ipoib__read_u16(r);
	info->capability_mask = ipoib__read_u32(r);
	info->diagnosis = ipoib__read_u16(r);
	info->m_key_lease = ipoib__read_u16(r);
}

static void read_link(struct ipoib__reader *r, struct ipoib__smp_port_info *info)
{
	info->port = ipoib__read_u8(r);
	info->width_enabled = ipoib__read_u8(r);
	info->width_supported = ipoib__read_u8(r);
	info->width_active = ipoib__read_u8(r);
	read_halves(r, &info->speed_supported, &info->state);
	read_halves(r, &info->physical_state, &info->down_default);
	uint8_t octet = ipoib__read_u8(r);
	info->m_key_protect = (uint8_t)ipoib__bits_get(octet, 6, 2);
	info->lmc = (uint8_t)ipoib__bits_get(octet, 0, 3);
	read_halves(r, &info->speed_active, &info->speed_enabled);
	read_halves(r, &info->mtu, &info->sm_sl);
	read_halves(r, &info->vl_room, &info->init_type);
	info->vl_high_limit = ipoib__read_u8(r);
	info->vl_high_room = ipoib__read_u8(r);
	info->vl_low_room = ipoib__read_u8(r);
	read_halves(r, &info->init_type_reply, &info->mtu_room);
	octet = ipoib__read_u8(r);
	info->vl_stall = (uint8_t)ipoib__bits_get(octet, 5, 3);
	info->head_of_queue = (uint8_t)ipoib__bits_get(octet, 0, 5);
	read_halves(r, &info->vl_operational, &info->enforcement);
}

/*
 *  0                   1                   2                   3
 *  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 * +---------------------------------------------------------------+
 * |                        M_Key (64 bits)                        |   0
 * +---------------------------------------------------------------+
 * |                    subnet prefix (64 bits)                    |   8
 * +-------------------------------+-------------------------------+
 * |              LID              |           LID of SM           |  16
 * +-------------------------------+-------------------------------+
 * |                        capability mask                        |  20
 * +-------------------------------+-------------------------------+
 * |           diagnosis           |          M_Key lease          |  24
 * +---------------+---------------+---------------+---------------+
 * |     port      | width enabled |   supported   |    active     |  28
 * +-------+-------+-------+-------+---+-----+-----+-------+-------+
 * | speed | state | phys. |default|prt| res | LMC | speed |enabled|  32
 * +-------+-------+-------+-------+---+-----+-----+-------+-------+
 * |  MTU  | SM SL |VL room|  init | VL high limit |  VL arb high  |  36
 * +-------+-------+-------+-------+-----+---------+-------+-------+
 * |  VL arb low   | reply |MTUroom|stall|head of q| VLs op| enf.  |  40
 * +---------------+-------+-------+-----+---------+-------+-------+
 * |       M_Key violations        |       P_Key violations        |  44
 * +-------------------------------+---------------+-+---+---------+
 * |       Q_Key violations        |  room: GUIDs  |R|sup| timeout |  48  R: register again
 * +-----+---------+-------+-------+---------------+-+---+---------+
 * | res |resp.time| phys. |overrun|          credit hint          |  52
 * +-----+---------+-------+-------+-------------------------------+
 * |   reserved    |                    latency                    |  56
 * +---------------+---------------+-------+-------+-----+---------+
 * |       capability mask 2       |ext.act| supp. | res | enabled |  60
 * +-------------------------------+-------+-------+-----+---------+
 */
int ipoib__smp_port_info_decode(struct ipoib__smp_port_info *out, const void *bytes, size_t length)
{
	struct ipoib__smp_port_info info;
	struct ipoib__reader r;

	ipoib__reader_init(&r, bytes, length);
	read_addresses(&r, &info);
	read_link(&r, &info);
	info.m_key_violations = ipoib__read_u16(&r);
	info.pkey_violations = ipoib__read_u16(&r);
	info.qkey_violations = ipoib__read_u16(&r);
	info.guid_room = ipoib__read_u8(&r);
	uint8_t octet = ipoib__read_u8(&r);
	info.reregister = (uint8_t)ipoib__bits_get(octet, 7, 1);
	info.trap_suppress = (uint8_t)ipoib__bits_get(octet, 5, 2);
	info.subnet_timeout = (uint8_t)ipoib__bits_get(octet, 0, 5);
	info.response_time = ipoib__read_u8(&r) & 0x1f;
	read_halves(&r, &info.physical_errors, &info.overrun_errors);
	info.credit_hint = ipoib__read_u16(&r);
	ipoib__read_skip(&r, 1);
	info.latency = ipoib__read_u24(&r);
	info.capability_mask2 = ipoib__read_u16(&r);
	read_halves(&r, &info.speed_ext_active, &info.speed_ext_supported);
	info.speed_ext_enabled = ipoib__read_u8(&r) & 0x1f;
	if (r.failed)
		return -EINVAL;
	*out = info;
	return IPOIB__SMP_PORT_INFO_LENGTH;
}

static void write_addresses(struct ipoib__writer *w, const struct ipoib__smp_port_info *info)
{
	ipoib__write_u64(w, info->m_key);
	ipoib__write_bytes(w, info->prefix, sizeof(info->prefix));
	ipoib__write_u16(w, info->lid);
	ipoib__write_u16(w, info->sm_lid);
	ipoib__write_u32(w, info->capability_mask);
	ipoib__write_u16(w, info->diagnosis);
	ipoib__write_u16(w, info->m_key_lease);
}

static void write_link(struct ipoib__writer *w, const struct ipoib__smp_port_info *info)
{
	ipoib__write_u8(w, info->port);
	ipoib__write_u8(w, info->width_enabled);
	ipoib__write_u8(w, info->width_supported);
	ipoib__write_u8(w, info->width_active);
	write_halves(w, info->speed_supported, info->state);
	write_halves(w, info->physical_state, info->down_default);
	ipoib__write_u8(w, (uint8_t)(ipoib__bits_put(info->m_key_protect, 6, 2) |
				     ipoib__bits_put(info->lmc, 0, 3)));
	write_halves(w, info->speed_active, info->speed_enabled);
	write_halves(w, info->mtu, info->sm_sl);
	write_halves(w, info->vl_room, info->init_type);
	ipoib__write_u8(w, info->vl_high_limit);
	ipoib__write_u8(w, info->vl_high_room);
	ipoib__write_u8(w, info->vl_low_room);
	write_halves(w, info->init_type_reply, info->mtu_room);
	ipoib__write_u8(w, (uint8_t)(ipoib__bits_put(info->vl_stall, 5, 3) |
				     ipoib__bits_put(info->head_of_queue, 0, 5)));
	write_halves(w, info->vl_operational, info->enforcement);
}

int ipoib__smp_port_info_encode(void *bytes, size_t room, const struct ipoib__smp_port_info *info)
{
	struct ipoib__writer w;

	ipoib__writer_init(&w, bytes, room);
	write_addresses(&w, info);
	write_link(&w, info);
	ipoib__write_u16(&w, info->m_key_violations);
	ipoib__write_u16(&w, info->pkey_violations);
	ipoib__write_u16(&w, info->qkey_violations);
	ipoib__write_u8(&w, info->guid_room);
	ipoib__write_u8(&w, (uint8_t)(ipoib__bits_put(info->reregister, 7, 1) |
				      ipoib__bits_put(info->trap_suppress, 5, 2) |
				      ipoib__bits_put(info->subnet_timeout, 0, 5)));
	ipoib__write_u8(&w, (uint8_t)ipoib__bits_put(info->response_time, 0, 5));
	write_halves(&w, info->physical_errors, info->overrun_errors);
	ipoib__write_u16(&w, info->credit_hint);
	ipoib__write_zero(&w, 1);
	ipoib__write_u24(&w, info->latency);
	ipoib__write_u16(&w, info->capability_mask2);
	write_halves(&w, info->speed_ext_active, info->speed_ext_supported);
	ipoib__write_u8(&w, (uint8_t)ipoib__bits_put(info->speed_ext_enabled, 0, 5));
	return ipoib__write_result(&w);
}
