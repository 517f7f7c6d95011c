/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * MCMemberRecord: a port's membership of a multicast group, and with it all that a sender to
 * the group must know.
 */
#ifndef IPOIB__WIRE_SA_MCMEMBER_H
#define IPOIB__WIRE_SA_MCMEMBER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <ipoib/types.h>

#define IPOIB__SA_MCMEMBER_LENGTH 52

/* Component mask: which fields of a request count. */
#define IPOIB__MCMEMBER_MGID (UINT64_C(1) << 0)
#define IPOIB__MCMEMBER_PORT_GID (UINT64_C(1) << 1)
#define IPOIB__MCMEMBER_QKEY (UINT64_C(1) << 2)
#define IPOIB__MCMEMBER_MLID (UINT64_C(1) << 3)
#define IPOIB__MCMEMBER_MTU_SELECTOR (UINT64_C(1) << 4)
#define IPOIB__MCMEMBER_MTU (UINT64_C(1) << 5)
#define IPOIB__MCMEMBER_TRAFFIC_CLASS (UINT64_C(1) << 6)
#define IPOIB__MCMEMBER_PKEY (UINT64_C(1) << 7)
#define IPOIB__MCMEMBER_RATE_SELECTOR (UINT64_C(1) << 8)
#define IPOIB__MCMEMBER_RATE (UINT64_C(1) << 9)
#define IPOIB__MCMEMBER_LIFE_SELECTOR (UINT64_C(1) << 10)
#define IPOIB__MCMEMBER_LIFE (UINT64_C(1) << 11)
#define IPOIB__MCMEMBER_SL (UINT64_C(1) << 12)
#define IPOIB__MCMEMBER_FLOW_LABEL (UINT64_C(1) << 13)
#define IPOIB__MCMEMBER_HOP_LIMIT (UINT64_C(1) << 14)
#define IPOIB__MCMEMBER_SCOPE (UINT64_C(1) << 15)
#define IPOIB__MCMEMBER_JOIN_STATE (UINT64_C(1) << 16)
#define IPOIB__MCMEMBER_PROXY_JOIN (UINT64_C(1) << 17)

/* Bits of the join state. */
enum {
	IPOIB__JOIN_FULL_MEMBER = 0x1,
	IPOIB__JOIN_NON_MEMBER = 0x2,
	IPOIB__JOIN_SEND_ONLY_NON_MEMBER = 0x4,
	IPOIB__JOIN_SEND_ONLY_FULL_MEMBER = 0x8, /* where wire/sa_class_port_info.h offers it */
};

struct ipoib__sa_mcmember {
	struct ipoib_gid mgid;
	struct ipoib_gid port_gid;
	uint32_t qkey;
	uint16_t mlid;
	uint8_t mtu_selector; /* 2 bits, as the other selectors: IPOIB__SA_EXACTLY ... */
	uint8_t mtu;	      /* 6 bits, as rate and life: see wire/ib_units.h */
	uint8_t traffic_class;
	uint16_t pkey;
	uint8_t rate_selector;
	uint8_t rate;
	uint8_t life_selector;
	uint8_t life;	     /* packet life time */
	uint8_t sl;	     /* 4 bits */
	uint32_t flow_label; /* 20 bits */
	uint8_t hop_limit;
	uint8_t scope;	    /* 4 bits */
	uint8_t join_state; /* 4 bits: IPOIB__JOIN_... */
	bool proxy_join;
};

int ipoib__sa_mcmember_decode(struct ipoib__sa_mcmember *out, const void *bytes, size_t length);
int ipoib__sa_mcmember_encode(void *bytes, size_t room, const struct ipoib__sa_mcmember *member);

#endif
