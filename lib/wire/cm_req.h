/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * REQ: a request for a connection. "Local" is the side that asks.
 */
#ifndef IPOIB__WIRE_CM_REQ_H
#define IPOIB__WIRE_CM_REQ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <ipoib/types.h>

#include "wire/cm.h"

/* Transport service types. */
enum {
	IPOIB__CM_TRANSPORT_RC = 0,
	IPOIB__CM_TRANSPORT_UC = 1,
	IPOIB__CM_TRANSPORT_RD = 2,
	IPOIB__CM_TRANSPORT_EXTENDED = 3, /* XRC and others */
};

/* One way between the two ports; all zero where there is none. */
struct ipoib__cm_path {
	uint16_t local_lid;
	uint16_t remote_lid;
	struct ipoib_gid local_gid;
	struct ipoib_gid remote_gid;
	uint32_t flow_label; /* 20 bits */
	uint8_t rate;	     /* 6 bits, see wire/ib_units.h */
	uint8_t traffic_class;
	uint8_t hop_limit;
	uint8_t sl;	   /* 4 bits */
	bool subnet_local; /* no router on the way: a GRH is not needed */
	uint8_t ack_timeout; /* 5 bits: 4.096 us * 2^n, as all timeouts here */
};

struct ipoib__cm_req {
	uint32_t local_id;
	uint64_t service_id;
	uint64_t local_ca_guid;
	uint32_t local_qkey;
	uint32_t local_qpn; /* 24 bits */
	uint8_t responder_resources;
	uint32_t local_eecn; /* 24 bits; end-to-end contexts are reliable datagram's */
	uint8_t initiator_depth;
	uint32_t remote_eecn;		 /* 24 bits */
	uint8_t remote_response_timeout; /* 5 bits: within this REP, MRA or REJ is expected */
	uint8_t transport_type;		 /* 2 bits */
	bool flow_control;		 /* end to end */
	uint32_t starting_psn;		 /* 24 bits: what the receiver begins to send with */
	uint8_t local_response_timeout;	 /* 5 bits: how fast the sender answers a REP */
	uint8_t retry_count;		 /* 3 bits */
	uint16_t pkey;
	uint8_t path_mtu; /* 4 bits, see wire/ib_units.h */
	bool rdc_exists;
	uint8_t rnr_retry;	/* 3 bits */
	uint8_t max_cm_retries; /* 4 bits */
	bool srq;
	uint8_t extended_transport; /* 3 bits */
	struct ipoib__cm_path primary;
	struct ipoib__cm_path alternate;
	uint8_t private_data[IPOIB__CM_REQ_PRIVATE];
};

int ipoib__cm_req_decode(struct ipoib__cm_req *out, const void *bytes, size_t length);
int ipoib__cm_req_encode(void *bytes, size_t room, const struct ipoib__cm_req *req);

#endif
