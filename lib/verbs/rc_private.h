/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * What stands in front of the user's private data on RoCE, where connections are made by IP
 * address: librdmacm's port has 16 bits and its refusals one reason, and a service ID has 64 and
 * the IBA many reasons.
 *
 *	REQ	 0               8
 *		| service ID    | the user's 48 octets; 36 more are librdmacm's own, in front
 *	REJ	 0       2       4
 *		| "Ri"  | reason| the user's 144 octets
 *
 * Big-endian. A REJ without the mark is the other end's librdmacm's or kernel's own. On InfiniBand
 * private data is raw: there the peer may be Linux's IPoIB.
 */
#ifndef IPOIB__VERBS_RC_PRIVATE_H
#define IPOIB__VERBS_RC_PRIVATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What a REQ, a REP and a REJ take. */
#define IPOIB__RC_REQ_ROOM 92
#define IPOIB__RC_REP_ROOM 196
#define IPOIB__RC_REJ_ROOM 148
/* Of the REQ's, librdmacm's own where addresses are IP ones. */
#define IPOIB__RC_IP_HEADER 36
#define IPOIB__RC_REQ_HEADER 8
#define IPOIB__RC_REJ_HEADER 4
/* What is left to the user of a REQ. */
#define IPOIB__RC_REQ_USER (IPOIB__RC_REQ_ROOM - IPOIB__RC_IP_HEADER - IPOIB__RC_REQ_HEADER)
/* The only reason that librdmacm refuses with: the consumer's. */
#define IPOIB__RC_REASON_CONSUMER 28

/* The port of a service ID: above the privileged ones, below those given out by the kernel. */
uint16_t ipoib__rc_port(uint64_t service_id);
/* Returns the octets written; length is IPOIB__RC_REQ_USER at most. */
size_t ipoib__rc_request_encode(uint8_t to[IPOIB__RC_REQ_ROOM], uint64_t service_id,
				const void *data, size_t length);
/* Whether there is a service ID; the user's data follow it. */
bool ipoib__rc_request_decode(const void *bytes, size_t length, uint64_t *service_id);
/* The same with a reason. What has no room is cut off. Returns the octets written. */
size_t ipoib__rc_refusal_encode(uint8_t to[IPOIB__RC_REJ_ROOM], uint16_t reason, const void *data,
				size_t length);
/* Whether it is one of ours. */
bool ipoib__rc_refusal_decode(const void *bytes, size_t length, uint16_t *reason);

/* As a service ID stands in a socket address: big-endian. */
uint64_t ipoib__rc_be64(uint64_t value);

#endif
