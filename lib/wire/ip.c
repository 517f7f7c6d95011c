/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "wire/ip.h"

#include <errno.h>
#include <string.h>

#include "base/bytes.h"

/* Where the checksum of an IPv4 header stands. */
#define IPV4_CHECKSUM_AT 10
/* Bits of the 16 that hold the flags and the fragment offset. */
#define IPV4_DONT_FRAGMENT 0x4000
#define IPV4_MORE_FRAGMENTS 0x2000
#define IPV4_OFFSET 0x1fff

/*
 * Everything after the first octet, of a reader that has it; flags and offset are one field on the
 * wire.
 */
static inline void read_ipv4_fields(struct ipoib__reader *r, struct ipoib__ipv4 *ip)
{
	ip->tos = ipoib__read_u8(r);
	ip->total_length = ipoib__read_u16(r);
	ip->id = ipoib__read_u16(r);
	uint16_t fragment = ipoib__read_u16(r);
	ip->dont_fragment = (fragment & IPV4_DONT_FRAGMENT) != 0;
	ip->more_fragments = (fragment & IPV4_MORE_FRAGMENTS) != 0;
	ip->fragment_offset = (uint16_t)((fragment & IPV4_OFFSET) * 8);
	ip->ttl = ipoib__read_u8(r);
	ip->protocol = ipoib__read_u8(r);
	ipoib__read_skip(r, 2);
	ipoib__read_bytes(r, ip->source, sizeof(ip->source));
	ipoib__read_bytes(r, ip->destination, sizeof(ip->destination));
}

/*
 *  0                   1                   2                   3
 *  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 * +-------+-------+---------------+-------------------------------+
 * | ver 4 |  ihl  |      tos      |         total length          |
 * +-------+-------+---------------+-----+-------------------------+
 * |              id               |0 D M|  fragment offset / 8    |
 * +---------------+---------------+-----+-------------------------+
 * |      ttl      |   protocol    |        header checksum        |
 * +---------------+---------------+-------------------------------+
 * |                            source                             |
 * +---------------------------------------------------------------+
 * |                          destination                          |
 * +---------------------------------------------------------------+
 * |                 options, (ihl - 5) * 4 octets                 |
 * +---------------------------------------------------------------+
 */
int ipoib__ipv4_decode(struct ipoib__ipv4 *out, const void *bytes, size_t length)
{
	struct ipoib__reader r;
	struct ipoib__ipv4 ip;

	if (length == 0)
		return -EINVAL;
	if (*(const uint8_t *)bytes >> 4 != 4)
		return -EPROTO;
	if (length < IPOIB__IPV4_HEADER_LENGTH)
		return -EINVAL;
	/* Of a length that is known here the compiler checks each field, and not each packet. */
	ipoib__reader_init(&r, bytes, IPOIB__IPV4_HEADER_LENGTH);
	ip.header_length = (uint8_t)((ipoib__read_u8(&r) & 0x0f) * 4);
	read_ipv4_fields(&r, &ip);
	ipoib__assert(!r.failed);
	if (ip.header_length < IPOIB__IPV4_HEADER_LENGTH ||
	    ip.total_length < ip.header_length || ip.total_length > length)
		return -EINVAL;
	if (ipoib__ip_checksum(bytes, ip.header_length) != 0)
		return -EBADMSG;
	*out = ip;
	return ip.header_length;
}

int ipoib__ipv4_encode(void *bytes, size_t room, const struct ipoib__ipv4 *header)
{
	struct ipoib__writer w;
	unsigned fragment = header->fragment_offset / 8;

	ipoib__assert(header->header_length == IPOIB__IPV4_HEADER_LENGTH);
	ipoib__assert(header->fragment_offset % 8 == 0);
	if (header->dont_fragment)
		fragment |= IPV4_DONT_FRAGMENT;
	if (header->more_fragments)
		fragment |= IPV4_MORE_FRAGMENTS;

	ipoib__writer_init(&w, bytes, room);
	ipoib__write_u8(&w, 0x40 | IPOIB__IPV4_HEADER_LENGTH / 4);
	ipoib__write_u8(&w, header->tos);
	ipoib__write_u16(&w, header->total_length);
	ipoib__write_u16(&w, header->id);
	ipoib__write_u16(&w, (uint16_t)fragment);
	ipoib__write_u8(&w, header->ttl);
	ipoib__write_u8(&w, header->protocol);
	ipoib__write_zero(&w, 2);
	ipoib__write_bytes(&w, header->source, sizeof(header->source));
	ipoib__write_bytes(&w, header->destination, sizeof(header->destination));
	if (w.failed)
		return -ENOBUFS;

	uint16_t checksum = ipoib__ip_checksum(bytes, IPOIB__IPV4_HEADER_LENGTH);
	ipoib__writer_init(&w, (uint8_t *)bytes + IPV4_CHECKSUM_AT, 2);
	ipoib__write_u16(&w, checksum);
	return IPOIB__IPV4_HEADER_LENGTH;
}

/*
 *  0                   1                   2                   3
 *  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 * +-------+---------------+---------------------------------------+
 * | ver 6 | traffic class |              flow label               |
 * +-------+---------------+-------+---------------+---------------+
 * |        payload length         |  next header  |   hop limit   |
 * +-------------------------------+---------------+---------------+
 * |                       source (16 octets)                      |
 * +---------------------------------------------------------------+
 * |                    destination (16 octets)                    |
 * +---------------------------------------------------------------+
 */
int ipoib__ipv6_decode(struct ipoib__ipv6 *out, const void *bytes, size_t length)
{
	struct ipoib__reader r;
	struct ipoib__ipv6 ip;

	if (length == 0)
		return -EINVAL;
	if (ipoib__ip_version(bytes, length) != 6)
		return -EPROTO;
	ipoib__reader_init(&r, bytes, length);
	uint32_t first = ipoib__read_u32(&r);
	ip.traffic_class = (uint8_t)ipoib__bits_get(first, 20, 8);
	ip.flow_label = ipoib__bits_get(first, 0, 20);
	ip.payload_length = ipoib__read_u16(&r);
	ip.next_header = ipoib__read_u8(&r);
	ip.hop_limit = ipoib__read_u8(&r);
	ipoib__read_bytes(&r, ip.source, sizeof(ip.source));
	ipoib__read_bytes(&r, ip.destination, sizeof(ip.destination));
	if (r.failed || ip.payload_length > ipoib__read_left(&r))
		return -EINVAL;
	*out = ip;
	return IPOIB__IPV6_HEADER_LENGTH;
}

int ipoib__ipv6_encode(void *bytes, size_t room, const struct ipoib__ipv6 *header)
{
	struct ipoib__writer w;

	ipoib__writer_init(&w, bytes, room);
	ipoib__write_u32(&w, ipoib__bits_put(6, 28, 4) |
				     ipoib__bits_put(header->traffic_class, 20, 8) |
				     ipoib__bits_put(header->flow_label, 0, 20));
	ipoib__write_u16(&w, header->payload_length);
	ipoib__write_u8(&w, header->next_header);
	ipoib__write_u8(&w, header->hop_limit);
	ipoib__write_bytes(&w, header->source, sizeof(header->source));
	ipoib__write_bytes(&w, header->destination, sizeof(header->destination));
	return ipoib__write_result(&w);
}

uint16_t ipoib__ip_checksum(const void *bytes, size_t length)
{
	const uint8_t *p = bytes;
	uint8_t rest[4] = { 0 };
	uint64_t sum = 0;
	uint32_t word;
	uint16_t folded;

	/* 64 bits hold the carries of any length that an address space has room for. */
	for (; length >= sizeof(word); p += sizeof(word), length -= sizeof(word)) {
		memcpy(&word, p, sizeof(word));
		sum += word;
	}
	if (length > 0) {
		memcpy(rest, p, length);
		memcpy(&word, rest, sizeof(word));
		sum += word;
	}
	while (sum >> 16 != 0)
		sum = (sum & 0xffff) + (sum >> 16);
	/* RFC 1071 section 2 (B): in another order of octets it is the same sum, swapped. */
	folded = (uint16_t)~sum;
	memcpy(rest, &folded, sizeof(folded));
	return (uint16_t)(rest[0] << 8 | rest[1]);
}

bool ipoib__ip_is_multicast(const struct ipoib_ip *ip)
{
	if (ip->family == IPOIB_IPV4)
		return ip->raw[0] >> 4 == 0xe;
	return ip->family == IPOIB_IPV6 && ip->raw[0] == 0xff;
}

bool ipoib__ip_is_broadcast(const struct ipoib_ip *ip)
{
	static const uint8_t all_ones[4] = { 0xff, 0xff, 0xff, 0xff };

	return ip->family == IPOIB_IPV4 && memcmp(ip->raw, all_ones, sizeof(all_ones)) == 0;
}
