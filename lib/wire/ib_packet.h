/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * A complete InfiniBand packet, from the local route header to the last CRC, for captures: no
 * adapter lets a program see these headers, so they are put together again from what is known
 * of the packet.
 */
#ifndef IPOIB__WIRE_IB_PACKET_H
#define IPOIB__WIRE_IB_PACKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wire/grh.h"

/* The largest MTU that InfiniBand knows. */
#define IPOIB__IB_PAYLOAD_MAX 4096
/* LRH 8, GRH 40, BTH 12, DETH 8, ICRC 4, VCRC 2; padding is up to 3 more. */
#define IPOIB__IB_OVERHEAD_MAX 74
#define IPOIB__IB_PACKET_MAX (IPOIB__IB_PAYLOAD_MAX + IPOIB__IB_OVERHEAD_MAX + 3)

/* Opcodes of the base transport header; others are written without an extended header. */
enum {
	IPOIB__IB_RC_SEND_FIRST = 0x00,
	IPOIB__IB_RC_SEND_MIDDLE = 0x01,
	IPOIB__IB_RC_SEND_LAST = 0x02,
	IPOIB__IB_RC_SEND_ONLY = 0x04,
	IPOIB__IB_RC_ACKNOWLEDGE = 0x11, /* has an AETH: syndrome and message sequence number */
	IPOIB__IB_UD_SEND_ONLY = 0x64, /* has a DETH: Q_Key and source queue pair */
};

struct ipoib__ib_packet {
	uint16_t slid;
	uint16_t dlid;
	uint8_t sl; /* 4 bits */
	uint8_t vl; /* 4 bits */
	bool has_grh;
	/* payload_length and next_header are computed, what stands there is ignored */
	struct ipoib__grh grh;
	uint8_t opcode;
	bool solicited;
	bool acknowledge; /* asked for */
	uint16_t pkey;
	uint32_t dqpn; /* 24 bits */
	uint32_t psn;  /* 24 bits */
	uint32_t qkey; /* UD only, as the next */
	uint32_t sqpn; /* 24 bits */
	uint8_t syndrome; /* RC acknowledge only, as the next */
	uint32_t msn;	  /* 24 bits */
	const void *payload;
	size_t length; /* of the payload in octets */
};

/*
 * Writes the packet with its padding, ICRC and VCRC, both right. IPOIB__IB_PACKET_MAX octets
 * are always enough.
 * -EMSGSIZE: more payload than any InfiniBand packet carries.
 */
int ipoib__ib_packet_encode(void *bytes, size_t room, const struct ipoib__ib_packet *packet);

#endif
