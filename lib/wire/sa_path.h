/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * PathRecord: how the subnet administrator describes a way from one port to another.
 */
#ifndef IPOIB__WIRE_SA_PATH_H
#define IPOIB__WIRE_SA_PATH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <ipoib/types.h>

#define IPOIB__SA_PATH_LENGTH 64

/* Component mask: which fields of a request count. */
#define IPOIB__PATH_SERVICE_ID (UINT64_C(3) << 0) /* one bit for each half */
#define IPOIB__PATH_DGID (UINT64_C(1) << 2)
#define IPOIB__PATH_SGID (UINT64_C(1) << 3)
#define IPOIB__PATH_DLID (UINT64_C(1) << 4)
#define IPOIB__PATH_SLID (UINT64_C(1) << 5)
#define IPOIB__PATH_RAW_TRAFFIC (UINT64_C(1) << 6)
#define IPOIB__PATH_FLOW_LABEL (UINT64_C(1) << 8)
#define IPOIB__PATH_HOP_LIMIT (UINT64_C(1) << 9)
#define IPOIB__PATH_TRAFFIC_CLASS (UINT64_C(1) << 10)
#define IPOIB__PATH_REVERSIBLE (UINT64_C(1) << 11)
#define IPOIB__PATH_NUMB_PATH (UINT64_C(1) << 12)
#define IPOIB__PATH_PKEY (UINT64_C(1) << 13)
#define IPOIB__PATH_QOS_CLASS (UINT64_C(1) << 14)
#define IPOIB__PATH_SL (UINT64_C(1) << 15)
#define IPOIB__PATH_MTU_SELECTOR (UINT64_C(1) << 16)
#define IPOIB__PATH_MTU (UINT64_C(1) << 17)
#define IPOIB__PATH_RATE_SELECTOR (UINT64_C(1) << 18)
#define IPOIB__PATH_RATE (UINT64_C(1) << 19)
#define IPOIB__PATH_LIFE_SELECTOR (UINT64_C(1) << 20)
#define IPOIB__PATH_LIFE (UINT64_C(1) << 21)
#define IPOIB__PATH_PREFERENCE (UINT64_C(1) << 22)

struct ipoib__sa_path {
	uint64_t service_id;
	struct ipoib_gid dgid;
	struct ipoib_gid sgid;
	uint16_t dlid;
	uint16_t slid;
	bool raw_traffic;
	uint32_t flow_label; /* 20 bits */
	uint8_t hop_limit;   /* above 1 the path crosses a router: a GRH is a must */
	uint8_t traffic_class;
	bool reversible;
	uint8_t numb_path; /* 7 bits */
	uint16_t pkey;
	uint16_t qos_class;    /* 12 bits */
	uint8_t sl;	       /* 4 bits */
	uint8_t mtu_selector;  /* 2 bits, as the other selectors: IPOIB__SA_EXACTLY ... */
	uint8_t mtu;	       /* 6 bits, as the next two: see wire/ib_units.h */
	uint8_t rate_selector;
	uint8_t rate;
	uint8_t life_selector;
	uint8_t life; /* packet life time */
	uint8_t preference;
};

int ipoib__sa_path_decode(struct ipoib__sa_path *out, const void *bytes, size_t length);
int ipoib__sa_path_encode(void *bytes, size_t room, const struct ipoib__sa_path *path);

#endif
