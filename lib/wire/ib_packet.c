/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "wire/ib_packet.h"

#include <errno.h>

#include "base/bytes.h"
#include "wire/crc.h"

#define LRH_LENGTH 8
#define BTH_LENGTH 12
#define ICRC_LENGTH 4
/* Octets in front of which some do not count for the invariant CRC: LRH, GRH, half a BTH. */
#define MASKED_LENGTH 56

/* LRH "link next header": what follows. */
#define LNH_LOCAL 2 /* a BTH */
#define LNH_GLOBAL 3 /* a GRH */

/*
 * What a switch or a router may change does not count for the invariant CRC: such bits are taken
 * as ones. Without a GRH these are the virtual lane and the BTH's reserved octet; with one the
 * whole LRH as well, for routers write a new one, and the traffic class, flow label and hop limit.
 */
static uint8_t icrc_mask(size_t at, bool has_grh)
{
	size_t bth = has_grh ? LRH_LENGTH + IPOIB__GRH_LENGTH : LRH_LENGTH;

	if (at == bth + 4)
		return 0xff;
	if (!has_grh)
		return at == 0 ? 0xf0 : 0;
	if (at < LRH_LENGTH)
		return 0xff;
	switch (at - LRH_LENGTH) {
	case 0: /* version, traffic class */
		return 0x0f;
	case 1:
	case 2:
	case 3: /* traffic class, flow label */
	case 7: /* hop limit */
		return 0xff;
	default:
		return 0;
	}
}

/* CRCs are the one thing on this wire that goes with its least octet first. */
static void write_icrc(struct ipoib__writer *w, bool has_grh)
{
	size_t length = ipoib__write_length(w);
	size_t masked = length < MASKED_LENGTH ? length : MASKED_LENGTH;
	uint8_t head[MASKED_LENGTH];
	uint32_t crc;

	if (w->failed)
		return;
	for (size_t i = 0; i < masked; i++)
		head[i] = w->start[i] | icrc_mask(i, has_grh);
	crc = ipoib__crc_update(&ipoib__crc_invariant, 0xffffffffu, head, masked);
	crc = ~ipoib__crc_update(&ipoib__crc_invariant, crc, w->start + masked, length - masked);
	for (unsigned i = 0; i < 4; i++)
		ipoib__write_u8(w, (uint8_t)(crc >> 8 * i & 0xff));
}

static void write_vcrc(struct ipoib__writer *w)
{
	uint32_t crc = ~ipoib__crc_update(&ipoib__crc_variant, 0xffff, w->start,
					  ipoib__write_length(w));

	ipoib__write_u8(w, (uint8_t)(crc & 0xff));
	ipoib__write_u8(w, (uint8_t)(crc >> 8 & 0xff));
}

static bool has_deth(const struct ipoib__ib_packet *packet)
{
	return packet->opcode == IPOIB__IB_UD_SEND_ONLY;
}

static bool has_aeth(const struct ipoib__ib_packet *packet)
{
	return packet->opcode == IPOIB__IB_RC_ACKNOWLEDGE;
}

/* Octets of the extended header. */
static size_t extended_length(const struct ipoib__ib_packet *packet)
{
	return has_deth(packet) ? 8 : has_aeth(packet) ? 4 : 0;
}

/* Octets that bring the payload to a multiple of four. */
static unsigned padding(const struct ipoib__ib_packet *packet)
{
	return (unsigned)(-packet->length & 3);
}

/* Octets from the BTH to the ICRC, both included: what a GRH calls its payload. */
static size_t transport_length(const struct ipoib__ib_packet *packet)
{
	return BTH_LENGTH + extended_length(packet) + packet->length + padding(packet) +
	       ICRC_LENGTH;
}

/*
 *  0                   1                   2                   3
 *  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 * +-------+-------+-------+---+---+-------------------------------+
 * |  VL   | ver 0 |  SL   | 0 |LNH|             DLID              |
 * +-------+-+-----+-------+---+---+-------------------------------+
 * |    0    |   length / 4        |             SLID              |  LRH to ICRC, both included
 * +---------+---------------------+-------------------------------+
 */
static void write_lrh(struct ipoib__writer *w, const struct ipoib__ib_packet *packet)
{
	size_t length = LRH_LENGTH + transport_length(packet);

	if (packet->has_grh)
		length += IPOIB__GRH_LENGTH;
	ipoib__write_u8(w, (uint8_t)ipoib__bits_put(packet->vl, 4, 4));
	ipoib__write_u8(w, (uint8_t)(ipoib__bits_put(packet->sl, 4, 4) |
				     (packet->has_grh ? LNH_GLOBAL : LNH_LOCAL)));
	ipoib__write_u16(w, packet->dlid);
	ipoib__write_u16(w, (uint16_t)ipoib__bits_put((uint32_t)(length / 4), 0, 11));
	ipoib__write_u16(w, packet->slid);
}

static void write_grh(struct ipoib__writer *w, const struct ipoib__ib_packet *packet)
{
	struct ipoib__grh grh = packet->grh;
	uint8_t bytes[IPOIB__GRH_LENGTH];

	grh.payload_length = (uint16_t)transport_length(packet);
	grh.next_header = IPOIB__GRH_NEXT_BTH;
	(void)ipoib__grh_encode(bytes, sizeof(bytes), &grh);
	ipoib__write_bytes(w, bytes, sizeof(bytes));
}

/*
 *  0                   1                   2                   3
 *  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 * +---------------+-+-+---+-------+-------------------------------+
 * |    opcode     |S|M|pad| ver 0 |             P_Key             |  S: solicited event
 * +---------------+-+-+---+-------+-------------------------------+
 * |   reserved    |            destination queue pair             |
 * +-+-------------+-----------------------------------------------+
 * |A|      0      |                     PSN                       |  A: acknowledge, M: migration
 * +-+-------------+-----------------------------------------------+
 * |                             Q_Key                             |  DETH
 * +---------------+-----------------------------------------------+
 * |       0       |               source queue pair               |
 * +---------------+-----------------------------------------------+
 *
 * +---------------+-----------------------------------------------+
 * |   syndrome    |            message sequence number            |  AETH
 * +---------------+-----------------------------------------------+
 */
static void write_bth(struct ipoib__writer *w, const struct ipoib__ib_packet *packet)
{
	ipoib__write_u8(w, packet->opcode);
	ipoib__write_u8(w, (uint8_t)(ipoib__bits_put(packet->solicited, 7, 1) |
				     ipoib__bits_put(padding(packet), 4, 2)));
	ipoib__write_u16(w, packet->pkey);
	ipoib__write_zero(w, 1);
	ipoib__write_u24(w, packet->dqpn);
	ipoib__write_u8(w, (uint8_t)ipoib__bits_put(packet->acknowledge, 7, 1));
	ipoib__write_u24(w, packet->psn);
	if (has_aeth(packet)) {
		ipoib__write_u8(w, packet->syndrome);
		ipoib__write_u24(w, packet->msn);
	}
	if (!has_deth(packet))
		return;
	ipoib__write_u32(w, packet->qkey);
	ipoib__write_zero(w, 1);
	ipoib__write_u24(w, packet->sqpn);
}

int ipoib__ib_packet_encode(void *bytes, size_t room, const struct ipoib__ib_packet *packet)
{
	struct ipoib__writer w;

	if (packet->length > IPOIB__IB_PAYLOAD_MAX)
		return -EMSGSIZE;
	ipoib__writer_init(&w, bytes, room);
	write_lrh(&w, packet);
	if (packet->has_grh)
		write_grh(&w, packet);
	write_bth(&w, packet);
	ipoib__write_bytes(&w, packet->payload, packet->length);
	ipoib__write_zero(&w, padding(packet));
	write_icrc(&w, packet->has_grh);
	write_vcrc(&w);
	return ipoib__write_result(&w);
}
