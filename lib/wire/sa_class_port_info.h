/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * ClassPortInfo of the subnet administrator: what it can do, and where to ask instead.
 */
#ifndef IPOIB__WIRE_SA_CLASS_PORT_INFO_H
#define IPOIB__WIRE_SA_CLASS_PORT_INFO_H

#include <stddef.h>
#include <stdint.h>

#include <ipoib/types.h>

#define IPOIB__SA_CLASS_PORT_INFO_LENGTH 72

/* Of capability_mask2: IPOIB__JOIN_SEND_ONLY_FULL_MEMBER is understood. */
#define IPOIB__SA_CAPABILITY2_SEND_ONLY_FULL_MEMBER (UINT32_C(1) << 12)

struct ipoib__sa_class_port_info {
	uint8_t base_version;
	uint8_t class_version;
	uint16_t capability_mask;
	uint32_t capability_mask2; /* 27 bits */
	uint8_t response_time;	   /* 5 bits, as a packet life time: see wire/ib_units.h */
	/* Where requests shall go instead; redirect_lid and redirect_gid 0 mean here. */
	struct ipoib_gid redirect_gid;
	uint8_t redirect_traffic_class;
	uint8_t redirect_sl;	      /* 4 bits */
	uint32_t redirect_flow_label; /* 20 bits */
	uint16_t redirect_lid;
	uint16_t redirect_pkey;
	uint32_t redirect_qpn; /* 24 bits */
	uint32_t redirect_qkey;
};

/* The address for traps in the last 32 octets is not ours to use: ignored, and sent as zero. */
int ipoib__sa_class_port_info_decode(struct ipoib__sa_class_port_info *out, const void *bytes,
				     size_t length);
int ipoib__sa_class_port_info_encode(void *bytes, size_t room,
				     const struct ipoib__sa_class_port_info *info);

#endif
