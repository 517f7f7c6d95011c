/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * What IPoIB puts into communication management (RFC 4755): the service ID that names an
 * interface, and the private data of the messages that set a connection up.
 */
#ifndef IPOIB__WIRE_IPOIB_CM_H
#define IPOIB__WIRE_IPOIB_CM_H

#include <stddef.h>
#include <stdint.h>

#define IPOIB__CM_PRIVATE_LENGTH 8

/* How a service ID names an interface; both end with the number of its UD queue pair. */
enum ipoib__service_form {
	IPOIB__SERVICE_NONE = 0,
	/* 0x10...: what Linux and FreeBSD dial and listen on, a slip of the pen that won */
	IPOIB__SERVICE_LINUX = 1,
	IPOIB__SERVICE_RFC = 2, /* 0x01...: what RFC 4755 section 3.5 says */
};

struct ipoib__cm_private {
	uint32_t qpn;	      /* 24 bits: the sender's UD queue pair */
	/*
	 * The longest message that the sender takes, the 4 octets of the IPoIB header included. As
	 * it came: values that make no sense are the reader's to refuse (I38).
	 */
	uint32_t receive_mtu;
};

/* The service ID of the interface with this UD queue pair, 24 bits. */
uint64_t ipoib__service_id(enum ipoib__service_form form, uint32_t qpn);
/* The form of a service ID, and the queue pair in it; NONE, and nothing written: it is neither. */
enum ipoib__service_form ipoib__service_id_parse(uint64_t service_id, uint32_t *qpn);

/* -EINVAL: fewer than 8 octets. What follows them is padding, and the reserved octet is ignored. */
int ipoib__cm_private_decode(struct ipoib__cm_private *out, const void *bytes, size_t length);
int ipoib__cm_private_encode(void *bytes, size_t room, const struct ipoib__cm_private *in);

#endif
