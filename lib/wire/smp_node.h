/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* What a subnet manager is told of a node, and what it sets of a switch. */
#ifndef IPOIB__WIRE_SMP_NODE_H
#define IPOIB__WIRE_SMP_NODE_H

#include <stddef.h>
#include <stdint.h>

#define IPOIB__SMP_NODE_INFO_LENGTH   40
#define IPOIB__SMP_SWITCH_INFO_LENGTH 20
#define IPOIB__SMP_GUID_LENGTH	      8

enum {
	IPOIB__SMP_NODE_CHANNEL_ADAPTER = 1,
	IPOIB__SMP_NODE_SWITCH = 2,
};

struct ipoib__smp_node_info {
	uint8_t base_version;
	uint8_t class_version;
	uint8_t type; /* IPOIB__SMP_NODE_... */
	uint8_t port_count;
	uint8_t system_guid[IPOIB__SMP_GUID_LENGTH];
	uint8_t node_guid[IPOIB__SMP_GUID_LENGTH];
	uint8_t port_guid[IPOIB__SMP_GUID_LENGTH];
	uint16_t pkey_room;
	uint16_t device;
	uint32_t revision;
	uint8_t port; /* by which the question came in */
	uint32_t vendor; /* 24 bits */
};

struct ipoib__smp_switch_info {
	uint16_t linear_room; /* entries of each table */
	uint16_t random_room;
	uint16_t multicast_room;
	uint16_t linear_top; /* the highest LID that is routed */
	uint8_t default_port;
	uint8_t default_multicast_primary;
	uint8_t default_multicast_other;
	uint8_t life_time;    /* 5 bits */
	uint8_t port_changed; /* 1 bit: a link has changed; a set bit that is written clears it */
	uint8_t sl_to_vl;     /* 2 bits */
	uint16_t lids_per_port;
	uint16_t enforcement_room; /* P_Keys that it can check at its ports */
	uint8_t flags;		   /* 5 bits */
	uint16_t multicast_top;
};

int ipoib__smp_node_info_decode(struct ipoib__smp_node_info *out, const void *bytes, size_t length);
int ipoib__smp_node_info_encode(void *bytes, size_t room, const struct ipoib__smp_node_info *info);
int ipoib__smp_switch_info_decode(struct ipoib__smp_switch_info *out, const void *bytes,
				  size_t length);
int ipoib__smp_switch_info_encode(void *bytes, size_t room,
				  const struct ipoib__smp_switch_info *info);

#endif
