/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * As much of IP as a link layer needs: where a packet is going, how long it is, whether it may
 * be cut.
 */
#ifndef IPOIB__WIRE_IP_H
#define IPOIB__WIRE_IP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <ipoib/types.h>

#include "base/hash.h"

/* Without options. */
#define IPOIB__IPV4_HEADER_LENGTH 20
#define IPOIB__IPV4_HEADER_MAX 60
/* What every IPv4 module takes in one piece (RFC 791): no smaller MTU is ever told (I5). */
#define IPOIB__IPV4_MTU_MIN 68
#define IPOIB__IPV6_HEADER_LENGTH 40
/* RFC 8200 section 5. */
#define IPOIB__IPV6_MTU_MIN 1280

enum {
	IPOIB__IP_PROTOCOL_ICMP = 1,
	IPOIB__IP_PROTOCOL_TCP = 6,
	IPOIB__IP_PROTOCOL_UDP = 17,
	IPOIB__IP_PROTOCOL_ICMPV6 = 58,
};

struct ipoib__ipv4 {
	uint8_t header_length; /* octets, options included: 20 to 60 */
	uint8_t tos;
	uint16_t total_length; /* octets, header included */
	uint16_t id;
	bool dont_fragment;
	bool more_fragments;
	uint16_t fragment_offset; /* octets, a multiple of 8 */
	uint8_t ttl;
	uint8_t protocol;
	uint8_t source[4];
	uint8_t destination[4];
};

struct ipoib__ipv6 {
	uint8_t traffic_class;
	uint32_t flow_label;	 /* 20 bits */
	uint16_t payload_length; /* octets after the fixed header */
	uint8_t next_header;
	uint8_t hop_limit;
	uint8_t source[16];
	uint8_t destination[16];
};

/* 4 or 6, whatever the rest of the packet says; 0 when it is neither or empty. */
static inline unsigned ipoib__ip_version(const void *bytes, size_t length)
{
	unsigned version = length > 0 ? *(const uint8_t *)bytes >> 4 : 0;

	return version == 4 || version == 6 ? version : 0;
}

/* For tables of addresses; behind an IPv4 address there are zeros. */
static inline uint64_t ipoib__ip_hash(const struct ipoib__hash_key *key, const struct ipoib_ip *ip)
{
	uint64_t half[2];

	memcpy(half, ip->raw, sizeof(half));
	return ipoib__fast_hash(key, half[0], half[1]);
}

/* ipoib_ip_equal(), for where it is asked for each packet. */
static inline bool ipoib__ip_same(const struct ipoib_ip *one, const struct ipoib_ip *other)
{
	uint64_t x[2], y[2];

	memcpy(x, one->raw, sizeof(x));
	memcpy(y, other->raw, sizeof(y));
	return one->family == other->family && ((x[0] ^ y[0]) | (x[1] ^ y[1])) == 0;
}

/*
 * Consumes the header with its options. The whole packet must be there: total_length is never
 * more than length; it may be less, for a link may pad. -EPROTO: not version 4. -EBADMSG: wrong
 * header checksum.
 */
int ipoib__ipv4_decode(struct ipoib__ipv4 *out, const void *bytes, size_t length);
/* Writes a header without options (header_length must say 20) and its checksum. */
int ipoib__ipv4_encode(void *bytes, size_t room, const struct ipoib__ipv4 *header);

/* Consumes the fixed header. The whole packet must be there. -EPROTO: not version 6. */
int ipoib__ipv6_decode(struct ipoib__ipv6 *out, const void *bytes, size_t length);
/* Writes the fixed header. */
int ipoib__ipv6_encode(void *bytes, size_t room, const struct ipoib__ipv6 *header);

/*
 * The Internet checksum (RFC 1071) in host order, to be stored big-endian. Over a header that
 * holds its own checksum it is 0 when that is right.
 */
uint16_t ipoib__ip_checksum(const void *bytes, size_t length);

/* 224.0.0.0/4 or ff00::/8. */
bool ipoib__ip_is_multicast(const struct ipoib_ip *ip);
/* 255.255.255.255. */
bool ipoib__ip_is_broadcast(const struct ipoib_ip *ip);

#endif
