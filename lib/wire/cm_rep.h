/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * REP: a connection is granted. "Local" is the side that was asked.
 */
#ifndef IPOIB__WIRE_CM_REP_H
#define IPOIB__WIRE_CM_REP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wire/cm.h"

struct ipoib__cm_rep {
	uint32_t local_id;
	uint32_t remote_id;
	uint32_t local_qkey;
	uint32_t local_qpn;    /* 24 bits */
	uint32_t local_eecn;   /* 24 bits */
	uint32_t starting_psn; /* 24 bits: what the receiver begins to send with */
	uint8_t responder_resources;
	uint8_t initiator_depth;
	uint8_t target_ack_delay; /* 5 bits: 4.096 us * 2^n */
	uint8_t failover;	  /* 2 bits: whether the alternate path was accepted */
	bool flow_control;
	uint8_t rnr_retry; /* 3 bits */
	bool srq;
	uint64_t local_ca_guid;
	uint8_t private_data[IPOIB__CM_REP_PRIVATE];
};

int ipoib__cm_rep_decode(struct ipoib__cm_rep *out, const void *bytes, size_t length);
int ipoib__cm_rep_encode(void *bytes, size_t room, const struct ipoib__cm_rep *rep);

#endif
