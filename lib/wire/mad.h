/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The header that every InfiniBand management datagram (MAD) begins with: 24 octets of its 256.
 */
#ifndef IPOIB__WIRE_MAD_H
#define IPOIB__WIRE_MAD_H

#include <stddef.h>
#include <stdint.h>

#define IPOIB__MAD_LENGTH 256
#define IPOIB__MAD_HEADER_LENGTH 24
#define IPOIB__MAD_BASE_VERSION 1

/* Management classes. */
enum {
	IPOIB__MAD_CLASS_SUBNET_LID = 0x01,
	IPOIB__MAD_CLASS_SA = 0x03,
	IPOIB__MAD_CLASS_CM = 0x07,
	IPOIB__MAD_CLASS_SUBNET_DIRECTED = 0x81,
};

/* Methods. An answer has the response bit; Set is answered by the answer of Get. */
enum {
	IPOIB__MAD_GET = 0x01,
	IPOIB__MAD_SET = 0x02,
	IPOIB__MAD_SEND = 0x03,
	IPOIB__MAD_REPORT = 0x06,
	IPOIB__MAD_GET_TABLE = 0x12,
	IPOIB__MAD_DELETE = 0x15,
	IPOIB__MAD_RESPONSE = 0x80,
	IPOIB__MAD_GET_RESPONSE = 0x81,
	IPOIB__MAD_REPORT_RESPONSE = 0x86,
	IPOIB__MAD_GET_TABLE_RESPONSE = 0x92,
	IPOIB__MAD_DELETE_RESPONSE = 0x95,
};

/* Status: the low octet is common to all classes, the high one is the class's own. */
enum {
	IPOIB__MAD_STATUS_BUSY = 0x0001,
	IPOIB__MAD_STATUS_REDIRECT = 0x0002,
	IPOIB__MAD_STATUS_BAD_VERSION = 0x0004,
	IPOIB__MAD_STATUS_METHOD_UNSUPPORTED = 0x0008,
	IPOIB__MAD_STATUS_METHOD_ATTRIBUTE_UNSUPPORTED = 0x000c,
	IPOIB__MAD_STATUS_INVALID_FIELD = 0x001c,
	IPOIB__MAD_STATUS_COMMON = 0x00ff,
	IPOIB__MAD_STATUS_CLASS = 0xff00,
};

struct ipoib__mad {
	uint8_t management_class; /* IPOIB__MAD_CLASS_... */
	uint8_t class_version;
	uint8_t method; /* IPOIB__MAD_GET ... */
	uint16_t status;
	uint16_t class_specific;
	/* On Linux the low 32 bits are the client's, the high ones the kernel's. */
	uint64_t transaction;
	uint16_t attribute;
	uint32_t modifier;
};

/* -EPROTO: a base version that is not 1. */
int ipoib__mad_decode(struct ipoib__mad *out, const void *bytes, size_t length);
/* Writes the header alone. */
int ipoib__mad_encode(void *bytes, size_t room, const struct ipoib__mad *mad);

#endif
