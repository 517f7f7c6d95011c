/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The messages of communication management that are little more than the two communication IDs.
 */
#ifndef IPOIB__WIRE_CM_SMALL_H
#define IPOIB__WIRE_CM_SMALL_H

#include <stddef.h>
#include <stdint.h>

#include "wire/cm.h"

/* Octets of a REJ's additional information: what is wrong, or what would be right. */
#define IPOIB__CM_REJ_INFO 72

struct ipoib__cm_mra {
	uint32_t local_id;
	uint32_t remote_id;
	uint8_t answers;	 /* 2 bits: IPOIB__CM_ANSWERS_... */
	uint8_t service_timeout; /* 5 bits: 4.096 us * 2^n */
	uint8_t private_data[IPOIB__CM_MRA_PRIVATE];
};

struct ipoib__cm_rej {
	uint32_t local_id; /* 0: the REQ was refused before an ID was chosen */
	uint32_t remote_id;
	uint8_t answers;     /* 2 bits */
	uint8_t info_length; /* 7 bits: octets of info that count; may say more than there are */
	uint16_t reason;     /* IPOIB__CM_REASON_... */
	uint8_t info[IPOIB__CM_REJ_INFO];
	uint8_t private_data[IPOIB__CM_REJ_PRIVATE];
};

struct ipoib__cm_rtu {
	uint32_t local_id;
	uint32_t remote_id;
	uint8_t private_data[IPOIB__CM_RTU_PRIVATE];
};

struct ipoib__cm_dreq {
	uint32_t local_id;
	uint32_t remote_id;
	uint32_t remote_qpn; /* 24 bits: the receiver's */
	uint8_t private_data[IPOIB__CM_DREQ_PRIVATE];
};

struct ipoib__cm_drep {
	uint32_t local_id;
	uint32_t remote_id;
	uint8_t private_data[IPOIB__CM_DREP_PRIVATE];
};

int ipoib__cm_mra_decode(struct ipoib__cm_mra *out, const void *bytes, size_t length);
int ipoib__cm_mra_encode(void *bytes, size_t room, const struct ipoib__cm_mra *mra);
int ipoib__cm_rej_decode(struct ipoib__cm_rej *out, const void *bytes, size_t length);
int ipoib__cm_rej_encode(void *bytes, size_t room, const struct ipoib__cm_rej *rej);
int ipoib__cm_rtu_decode(struct ipoib__cm_rtu *out, const void *bytes, size_t length);
int ipoib__cm_rtu_encode(void *bytes, size_t room, const struct ipoib__cm_rtu *rtu);
int ipoib__cm_dreq_decode(struct ipoib__cm_dreq *out, const void *bytes, size_t length);
int ipoib__cm_dreq_encode(void *bytes, size_t room, const struct ipoib__cm_dreq *dreq);
int ipoib__cm_drep_decode(struct ipoib__cm_drep *out, const void *bytes, size_t length);
int ipoib__cm_drep_encode(void *bytes, size_t room, const struct ipoib__cm_drep *drep);

#endif
