/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The four octets in front of every packet on an IPoIB link (RFC 4391 section 6).
 *
 * All codecs of this folder keep one contract:
 *  - decode(out, bytes, length) returns the octets that it consumed, -EINVAL when the bytes are
 *    too short or contradict themselves, -EPROTO when they are well formed but not ours; other
 *    errors are told at the function. On error *out is untouched. Octets after the last one
 *    consumed are the caller's.
 *  - encode(bytes, room, in) returns the octets written or -ENOBUFS; then what bytes holds is
 *    undefined.
 *  - Integers in structures are in host order, addresses as on the wire. Reserved fields are
 *    sent as zero and ignored on receipt. A value too wide for its field is a caller's bug: an
 *    assertion.
 */
#ifndef IPOIB__WIRE_ENCAP_H
#define IPOIB__WIRE_ENCAP_H

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"

#define IPOIB__ENCAP_LENGTH 4

/* The types of RFC 4391 section 6; no other is sent or received. */
enum {
	IPOIB__TYPE_IPV4 = 0x0800,
	IPOIB__TYPE_ARP = 0x0806,
	IPOIB__TYPE_RARP = 0x8035,
	IPOIB__TYPE_IPV6 = 0x86dd,
};

struct ipoib__encap {
	uint16_t type; /* IPOIB__TYPE_... */
};

static inline bool ipoib__encap_known(uint16_t type)
{
	return type == IPOIB__TYPE_IPV4 || type == IPOIB__TYPE_ARP || type == IPOIB__TYPE_RARP ||
	       type == IPOIB__TYPE_IPV6;
}

/*
 *  0                   1                   2                   3
 *  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 * +-------------------------------+-------------------------------+
 * |             type              |           reserved            |
 * +-------------------------------+-------------------------------+
 *
 * Each packet has one: both are inline. -EPROTO: a type that is none of the four (I32).
 */
static inline int ipoib__encap_decode(struct ipoib__encap *out, const void *bytes, size_t length)
{
	struct ipoib__reader r;

	ipoib__reader_init(&r, bytes, length);
	uint16_t type = ipoib__read_u16(&r);
	ipoib__read_skip(&r, 2);
	if (r.failed)
		return -EINVAL;
	if (!ipoib__encap_known(type))
		return -EPROTO;
	out->type = type;
	return IPOIB__ENCAP_LENGTH;
}

static inline int ipoib__encap_encode(void *bytes, size_t room, const struct ipoib__encap *encap)
{
	struct ipoib__writer w;

	ipoib__writer_init(&w, bytes, room);
	ipoib__write_u16(&w, encap->type);
	ipoib__write_zero(&w, 2);
	return ipoib__write_result(&w);
}

#endif
