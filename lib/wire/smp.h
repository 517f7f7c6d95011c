/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Subnet management packets (SMP): the MADs by which a subnet manager (SM) finds switches and ports
 * and sets them up, sent to queue pair 0. One of class 0x81 carries its own way, port by port
 * (directed route); one of class 0x01 is routed by LID. The attributes of a node are in
 * wire/smp_node.h, those of a port in wire/smp_port.h; tables are in blocks of 64 octets.
 */
#ifndef IPOIB__WIRE_SMP_H
#define IPOIB__WIRE_SMP_H

#include <stddef.h>
#include <stdint.h>

#include "wire/mad.h"

#define IPOIB__SMP_CLASS_VERSION 1
#define IPOIB__SMP_DATA_LENGTH	 64
/* Places of a path; the first one is not used, so a path has one port less at most. */
#define IPOIB__SMP_PATH_LENGTH 64
/* What a directed route leads to when nothing is to be routed by LID. */
#define IPOIB__SMP_LID_PERMISSIVE 0xffff

/* Methods that only subnet management has. */
enum {
	IPOIB__SMP_TRAP = 0x05,
	IPOIB__SMP_TRAP_REPRESS = 0x07,
};

/* Attributes. */
enum {
	IPOIB__SMP_NOTICE = 0x0002,
	IPOIB__SMP_NODE_DESCRIPTION = 0x0010,
	IPOIB__SMP_NODE_INFO = 0x0011,
	IPOIB__SMP_SWITCH_INFO = 0x0012,
	IPOIB__SMP_GUID_INFO = 0x0014,
	IPOIB__SMP_PORT_INFO = 0x0015,
	IPOIB__SMP_PKEY_TABLE = 0x0016,
	IPOIB__SMP_SL_TO_VL = 0x0017,
	IPOIB__SMP_VL_ARBITRATION = 0x0018,
	IPOIB__SMP_LINEAR_TABLE = 0x0019,
	IPOIB__SMP_MULTICAST_TABLE = 0x001b,
};

/* Of mad.status of a directed route: the packet is on its way back. */
#define IPOIB__SMP_RETURNS 0x8000

struct ipoib__smp {
	struct ipoib__mad mad; /* mad.class_specific is 0: the hops stand here */
	uint8_t hop_pointer, hop_count;
	uint64_t m_key;
	uint16_t source_lid, dest_lid; /* of the LID-routed ends of a directed route */
	uint8_t data[IPOIB__SMP_DATA_LENGTH];
	uint8_t initial_path[IPOIB__SMP_PATH_LENGTH];
	uint8_t return_path[IPOIB__SMP_PATH_LENGTH];
};

/* -EPROTO: another class or version. */
int ipoib__smp_decode(struct ipoib__smp *out, const void *bytes, size_t length);
int ipoib__smp_encode(void *bytes, size_t room, const struct ipoib__smp *smp);

/* ---- tables ---- */

#define IPOIB__SMP_BLOCK_WORDS 32 /* P_Keys, or port masks of the multicast table */

struct ipoib__smp_words {
	uint16_t word[IPOIB__SMP_BLOCK_WORDS];
};

int ipoib__smp_words_decode(struct ipoib__smp_words *out, const void *bytes, size_t length);
int ipoib__smp_words_encode(void *bytes, size_t room, const struct ipoib__smp_words *words);

/* ---- a notice, which a trap carries ---- */

#define IPOIB__SMP_NOTICE_DETAILS 54
/* What happened: the state of a link of the switch whose LID begins the details. */
#define IPOIB__SMP_TRAP_LINK_STATE 128
#define IPOIB__SMP_NOTICE_URGENT   1
#define IPOIB__SMP_PRODUCER_SWITCH 2

struct ipoib__smp_notice {
	uint8_t generic; /* 1 bit */
	uint8_t type;	 /* 7 bits */
	uint32_t producer;
	uint16_t number;
	uint16_t issuer_lid;
	uint8_t toggle; /* 1 bit */
	uint16_t count; /* 15 bits */
	uint8_t details[IPOIB__SMP_NOTICE_DETAILS];
};

int ipoib__smp_notice_decode(struct ipoib__smp_notice *out, const void *bytes, size_t length);
int ipoib__smp_notice_encode(void *bytes, size_t room, const struct ipoib__smp_notice *notice);

#endif
