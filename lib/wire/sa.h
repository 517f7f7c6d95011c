/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Management datagrams of the subnet administrator (SA): the MAD header, an RMPP header, the
 * SA's own, and 200 octets of attribute data, which wire/sa_path.h, wire/sa_mcmember.h and
 * wire/sa_class_port_info.h read and write.
 */
#ifndef IPOIB__WIRE_SA_H
#define IPOIB__WIRE_SA_H

#include <stddef.h>
#include <stdint.h>

#include "wire/mad.h"

/* All three headers: where the attribute data begin. */
#define IPOIB__SA_HEADER_LENGTH 56
#define IPOIB__SA_DATA_LENGTH 200
#define IPOIB__SA_CLASS_VERSION 2

/* Attributes. */
enum {
	IPOIB__SA_CLASS_PORT_INFO = 0x0001,
	IPOIB__SA_NOTICE = 0x0002,
	IPOIB__SA_INFORM_INFO = 0x0003,
	IPOIB__SA_SERVICE_RECORD = 0x0031,
	IPOIB__SA_PATH_RECORD = 0x0035,
	IPOIB__SA_MCMEMBER_RECORD = 0x0038,
};

/* The SA's own part of a MAD's status. */
enum {
	IPOIB__SA_NO_RESOURCES = 0x0100,
	IPOIB__SA_REQUEST_INVALID = 0x0200,
	IPOIB__SA_NO_RECORDS = 0x0300,
	IPOIB__SA_TOO_MANY_RECORDS = 0x0400,
	IPOIB__SA_INVALID_GID = 0x0500,
	IPOIB__SA_INSUFFICIENT_COMPONENTS = 0x0600,
	IPOIB__SA_DENIED = 0x0700,
};

/* How an MTU, a rate or a life time in a request is to be compared. */
enum {
	IPOIB__SA_GREATER = 0,
	IPOIB__SA_LESS = 1,
	IPOIB__SA_EXACTLY = 2,
	IPOIB__SA_BEST = 3, /* the largest MTU or rate there is, the shortest life time */
};

/* The header of the reliable multi-packet protocol; all zero where it is not used. */
struct ipoib__rmpp {
	uint8_t version;
	uint8_t type;
	uint8_t response_time; /* 5 bits */
	uint8_t flags;	       /* 3 bits */
	uint8_t status;
	uint32_t segment;
	uint32_t length;
};

/* Bits of ipoib__rmpp.flags. */
enum {
	IPOIB__RMPP_ACTIVE = 0x1,
	IPOIB__RMPP_FIRST = 0x2,
	IPOIB__RMPP_LAST = 0x4,
};

struct ipoib__sa {
	struct ipoib__mad mad;
	struct ipoib__rmpp rmpp;
	uint64_t sm_key;
	uint16_t attribute_offset; /* distance of records in a table, in units of 8 octets */
	uint64_t component_mask;
};

/*
 * Consumes the headers: the data begin at IPOIB__SA_HEADER_LENGTH and may be fewer than 200
 * octets (transports cut off zeros) or, put together from several packets, more.
 * -EPROTO: another class, class version or base version.
 */
int ipoib__sa_decode(struct ipoib__sa *out, const void *bytes, size_t length);

/*
 * Writes a whole MAD of 256 octets: the headers, data_length octets of data (at most 200),
 * zeros. Class and class version are the SA's, whatever sa->mad says.
 */
int ipoib__sa_encode(void *bytes, size_t room, const struct ipoib__sa *sa, const void *data,
		     size_t data_length);

#endif
