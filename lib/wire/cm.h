/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Communication management (CM): the MADs that set up and end reliable connections. A MAD is the
 * MAD header and 232 octets of one message, which wire/cm_req.h, wire/cm_rep.h and
 * wire/cm_small.h read and write.
 *
 *	active side           passive side
 *	    |------- REQ ---------->|        MRA: "wait a while longer", from either side
 *	    |<------ REP -----------|        REJ: "no", from either side, at any time
 *	    |------- RTU ---------->|
 *	    |  ... data ...         |
 *	    |------- DREQ --------->|        from either side
 *	    |<------ DREP ----------|
 *
 * Every message names the connection by two communication IDs, each chosen by one side: "local"
 * is the sender's, "remote" the receiver's.
 */
#ifndef IPOIB__WIRE_CM_H
#define IPOIB__WIRE_CM_H

#include <stddef.h>
#include <stdint.h>

#include "wire/mad.h"

#define IPOIB__CM_CLASS_VERSION 2
/* What follows the MAD header. */
#define IPOIB__CM_MESSAGE_LENGTH 232

/* The queue pair that every port's manager listens on, and its well-known Q_Key. */
#define IPOIB__CM_QPN 1
#define IPOIB__CM_QKEY 0x80010000u

/* Attributes: which message it is. */
enum {
	IPOIB__CM_REQ = 0x0010,
	IPOIB__CM_MRA = 0x0011,
	IPOIB__CM_REJ = 0x0012,
	IPOIB__CM_REP = 0x0013,
	IPOIB__CM_RTU = 0x0014,
	IPOIB__CM_DREQ = 0x0015,
	IPOIB__CM_DREP = 0x0016,
};

/* Octets of private data in each message. */
#define IPOIB__CM_REQ_PRIVATE 92
#define IPOIB__CM_MRA_PRIVATE 222
#define IPOIB__CM_REJ_PRIVATE 148
#define IPOIB__CM_REP_PRIVATE 196
#define IPOIB__CM_RTU_PRIVATE 224
#define IPOIB__CM_DREQ_PRIVATE 220
#define IPOIB__CM_DREP_PRIVATE 224

/* Why a message is rejected (InfiniBand 1.4, table 115). */
enum {
	IPOIB__CM_REASON_NO_QP = 1,
	IPOIB__CM_REASON_NO_RESOURCES = 3,
	IPOIB__CM_REASON_TIMEOUT = 4,
	IPOIB__CM_REASON_UNSUPPORTED = 5,
	IPOIB__CM_REASON_COMMUNICATION_ID = 6,
	IPOIB__CM_REASON_SERVICE_ID = 8,
	IPOIB__CM_REASON_TRANSPORT_TYPE = 9,
	IPOIB__CM_REASON_STALE_CONNECTION = 10,
	IPOIB__CM_REASON_PRIMARY_GID = 12,
	IPOIB__CM_REASON_PRIMARY_LID = 13,
	IPOIB__CM_REASON_PORT_CM_REDIRECT = 24,
	IPOIB__CM_REASON_PORT_REDIRECT = 25,
	IPOIB__CM_REASON_PATH_MTU = 26,
	IPOIB__CM_REASON_CONSUMER = 28,
};

/* Which message an MRA or a REJ answers; "other" is for REJ alone. */
enum {
	IPOIB__CM_ANSWERS_REQ = 0,
	IPOIB__CM_ANSWERS_REP = 1,
	IPOIB__CM_ANSWERS_OTHER = 2,
};

/*
 * Consumes the MAD header: the message begins behind it.
 * -EPROTO: another class, class version or base version, or a method that is not Send.
 */
int ipoib__cm_decode(struct ipoib__mad *out, const void *bytes, size_t length);
/* Writes the MAD header of a message: attribute and transaction count, the rest is always so. */
int ipoib__cm_encode(void *bytes, size_t room, const struct ipoib__mad *mad);

#endif
