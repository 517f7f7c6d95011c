/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * A frame of the simulated wire: a header of 80 octets, then the payload; one frame a message.
 * Integers are big-endian, RC frames have Q_Key 0, and there are no CRCs. It is the frame of the
 * virtual HCA that carries the Linux kernel's own IPoIB; ipoib-fabric(7) has the meaning.
 *
 *	 0                   1                   2                   3
 *	 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *	+---------------------------------------------------------------+
 *	|                     magic 0x56484341 "VHCA"                   |  0
 *	+---------------+---------------+---------------+---------------+
 *	|   version 1   |   operation   |     flags     |   syndrome    |  4
 *	+---------------+---------------+---------------+---------------+
 *	|          source LID           |       destination LID         |  8
 *	+---------------+---------------+-------------------------------+
 *	|       0       |           source queue pair number            | 12
 *	+---------------+-----------------------------------------------+
 *	|       0       |         destination queue pair number         | 16
 *	+---------------+-----------------------------------------------+
 *	|                             Q_Key                             | 20
 *	+---------------+-----------------------------------------------+
 *	|       0       |            packet sequence number             | 24
 *	+---------------+---------------+---------------+---------------+
 *	|            P_Key              | service level |   RNR timer   | 28
 *	+-------------------------------+---------------+---------------+
 *	|                     octets of payload                         | 32
 *	+---------------------------------------------------------------+
 *	|                       immediate data                          | 36
 *	+-----------------------+---------------------------------------+
 *	|           0           |         GRH: flow label               | 40
 *	+---------------+-------+-------+-------------------------------+
 *	| traffic class |   hop limit   |              0                | 44
 *	+---------------+---------------+-------------------------------+
 *	|                       GRH: source GID                         | 48
 *	+---------------------------------------------------------------+
 *	|                     GRH: destination GID                      | 64
 *	+---------------------------------------------------------------+
 */
#ifndef IPOIB__MOCK_FRAME_H
#define IPOIB__MOCK_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <ipoib/types.h>

#define IPOIB__FRAME_MAGIC   UINT32_C(0x56484341)
#define IPOIB__FRAME_VERSION 1
#define IPOIB__FRAME_HEADER  80
/* The longest RC message that an IPoIB peer sends is 65524; the virtual HCA takes 1 MiB. */
#define IPOIB__FRAME_PAYLOAD_MAX (UINT32_C(1) << 20)
#define IPOIB__FRAME_MAX	 (IPOIB__FRAME_HEADER + IPOIB__FRAME_PAYLOAD_MAX)

enum {
	IPOIB__FRAME_UD = 1,   /* an unreliable datagram */
	IPOIB__FRAME_SEND = 2, /* a whole SEND message of a reliable connection */
	IPOIB__FRAME_ACK = 3,
	IPOIB__FRAME_NAK = 4,
};

/* Bits of the flags. */
enum {
	IPOIB__FRAME_GRH = 0x1, /* the fields of the GRH count */
	IPOIB__FRAME_IMMEDIATE = 0x2,
	IPOIB__FRAME_SOLICITED = 0x4,
};

/* Syndromes of a NAK. */
enum {
	IPOIB__FRAME_NAK_SEQUENCE = 0,	/* the PSN is what is missing */
	IPOIB__FRAME_NAK_INVALID = 1,	/* longer than the receive */
	IPOIB__FRAME_NAK_OPERATION = 3, /* the receive is not to be written to */
	IPOIB__FRAME_NAK_RNR = 0x20,	/* no receive: try again after what rnr_timer says */
};

/* LIDs: unicast below, groups from here; the last one is the permissive LID, which nobody has. */
#define IPOIB__LID_MULTICAST  0xc000
#define IPOIB__LID_PERMISSIVE 0xffff
/* Queue pairs that every port has, and the Q_Key of the second. */
#define IPOIB__QPN_SUBNET    0
#define IPOIB__QPN_SERVICES  1
#define IPOIB__QKEY_SERVICES UINT32_C(0x80010000)

struct ipoib__frame {
	uint8_t operation;
	uint8_t flags;
	uint8_t syndrome; /* of a NAK */
	uint16_t slid;
	uint16_t dlid;
	uint32_t sqpn; /* 24 bits */
	uint32_t dqpn; /* 24 bits */
	uint32_t qkey;
	uint32_t psn; /* 24 bits */
	uint16_t pkey;
	uint8_t sl;
	uint8_t rnr_timer;
	uint32_t length; /* octets of payload */
	uint32_t immediate;
	uint32_t flow_label; /* 20 bits */
	uint8_t traffic_class;
	uint8_t hop_limit;
	struct ipoib_gid sgid;
	struct ipoib_gid dgid;
};

/* The contract of the codecs in wire/encap.h. -EPROTO: another magic, version or operation. */
int ipoib__frame_decode(struct ipoib__frame *out, const void *bytes, size_t length);
int ipoib__frame_encode(void *bytes, size_t room, const struct ipoib__frame *frame);

/* Whether a LID is a group's. */
bool ipoib__lid_is_multicast(uint16_t lid);

#endif
