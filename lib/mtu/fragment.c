/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * An IPv4 header, and what of it a fragment changes:
 *
 *	 0                   1                   2                   3
 *	|version|  ihl  |      tos      |         total length *        |
 *	|         identification        |R|D|M *|    fragment offset *  |
 *	|      ttl      |    protocol   |       header checksum *       |
 *	|                        source address                         |
 *	|                      destination address                      |
 *	|   options: all in the first fragment, the copied ones * later |
 */
#include "mtu/mtu.h"

#include <errno.h>
#include <string.h>

#include "base/bytes.h"
#include "wire/ip.h"

#define AT_LENGTH 2
#define AT_FLAGS 6
#define AT_CHECKSUM 10
#define FLAG_MORE 0x2000
#define UNIT 8 /* octets that an offset counts */
#define IP_MAX 65535 /* octets of a whole packet */
/* Options, RFC 791 section 3.1. */
#define OPTION_END 0
#define OPTION_NO_OPERATION 1
#define OPTION_COPIED 0x80

static void put16(uint8_t *at, uint16_t value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

int ipoib__fragments_begin(struct ipoib__fragments *f, const void *packet, size_t length,
			   uint32_t mtu)
{
	struct ipoib__ipv4 header;

	if (ipoib__ipv4_decode(&header, packet, length) < 0)
		return -EINVAL;
	if (header.dont_fragment)
		return -EPERM;
	if ((size_t)header.fragment_offset + header.total_length - header.header_length > IP_MAX)
		return -EINVAL; /* the end of the whole is beyond what an offset can say */
	if (mtu < (uint32_t)header.header_length + UNIT)
		return -EMSGSIZE;
	*f = (struct ipoib__fragments){
		.packet = packet,
		.header = header.header_length,
		.payload = (size_t)header.total_length - header.header_length,
		.mtu = mtu,
		.offset = header.fragment_offset / UNIT,
		.more = header.more_fragments,
	};
	return 0;
}

/* Octets of payload in a fragment that is not the last one. */
static size_t slice(const struct ipoib__fragments *f)
{
	return (f->mtu - f->header) / UNIT * UNIT;
}

size_t ipoib__fragments_count(const struct ipoib__fragments *f)
{
	size_t left = f->payload - f->done;

	/* The last one need not be a multiple of the unit, and so may be longer than a slice. */
	if (left <= f->mtu - f->header)
		return left > 0;
	return (left - (f->mtu - f->header) + slice(f) - 1) / slice(f) + 1;
}

/*
 * Later fragments carry only the options that say so; the others give way to "no operation", so
 * that every fragment's header is as long as the first one's and none has to be counted anew.
 */
static void blank_options(uint8_t *header, size_t length)
{
	size_t at = IPOIB__IPV4_HEADER_LENGTH;

	while (at < length && header[at] != OPTION_END) {
		size_t size = 1;

		if (header[at] != OPTION_NO_OPERATION)
			size = at + 1 < length ? header[at + 1] : 0;
		if (size == 0 || size > length - at || (size == 1 && header[at] > 1))
			break; /* malformed: what cannot be understood is blanked to the end */
		if (!(header[at] & OPTION_COPIED))
			memset(header + at, OPTION_NO_OPERATION, size);
		at += size;
	}
	if (at < length)
		memset(header + at, OPTION_END, length - at);
}

static void write_header(const struct ipoib__fragments *f, uint8_t *out, size_t octets)
{
	bool last = f->done + octets == f->payload;
	uint16_t offset = (uint16_t)(f->offset + f->done / UNIT);

	memcpy(out, f->packet, f->header);
	if (f->done > 0)
		blank_options(out, f->header);
	put16(out + AT_LENGTH, (uint16_t)(f->header + octets));
	put16(out + AT_FLAGS, (uint16_t)((last && !f->more ? 0 : FLAG_MORE) | offset));
	put16(out + AT_CHECKSUM, 0);
	put16(out + AT_CHECKSUM, ipoib__ip_checksum(out, f->header));
}

int ipoib__fragments_next(struct ipoib__fragments *f, void *out, size_t room)
{
	size_t left = f->payload - f->done;
	size_t octets = left <= f->mtu - f->header ? left : slice(f);

	if (left == 0)
		return 0;
	if (room < f->header + octets)
		return -ENOBUFS;
	write_header(f, out, octets);
	memcpy((uint8_t *)out + f->header, f->packet + f->header + f->done, octets);
	f->done += octets;
	return (int)(f->header + octets);
}
