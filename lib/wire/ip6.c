/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "wire/ip6.h"

#include <errno.h>
#include <string.h>

#include "base/bytes.h"

/*
 * Extension headers that are walked. RFC 8200 section 4.1 names six in an order that it
 * recommends, the destination options twice; one more would be someone's game.
 */
#define EXTENSIONS_MAX 7
/* The universal/local bit of an interface identifier's first octet. */
#define UNIVERSAL 0x02
/* Octets of the pseudo header. */
#define PSEUDO_LENGTH 40
/* The 13 bits of a fragment header's 16 that are the offset. */
#define FRAGMENT_OFFSET 0xfff8

/* Extension headers (RFC 8200 section 4; AH: RFC 4302). */
enum {
	HOP_BY_HOP = 0,
	ROUTING = 43,
	FRAGMENT = 44,
	AUTHENTICATION = 51,
	DESTINATION_OPTIONS = 60,
};

/* ff02::1:ff00:0/104. */
static const uint8_t solicited_node_prefix[13] = { 0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0xff };

const uint8_t ipoib__ipv6_all_nodes[16] = { 0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1 };

bool ipoib__ipv6_is_unspecified(const uint8_t address[16])
{
	static const uint8_t unspecified[16];

	return memcmp(address, unspecified, sizeof(unspecified)) == 0;
}

bool ipoib__ipv6_is_link_local(const uint8_t address[16])
{
	return address[0] == 0xfe && (address[1] & 0xc0) == 0x80;
}

bool ipoib__ipv6_is_multicast(const uint8_t address[16])
{
	return address[0] == 0xff;
}

bool ipoib__ipv6_is_solicited_node(const uint8_t address[16])
{
	return memcmp(address, solicited_node_prefix, sizeof(solicited_node_prefix)) == 0;
}

void ipoib__ipv6_solicited_node(uint8_t out[16], const uint8_t address[16])
{
	const size_t kept = sizeof(solicited_node_prefix);

	memmove(out + kept, address + kept, 16 - kept);
	memcpy(out, solicited_node_prefix, kept);
}

void ipoib__ipv6_link_local(uint8_t out[16], const uint8_t guid[8], enum ipoib__identifier how)
{
	static const uint8_t prefix[8] = { 0xfe, 0x80 };

	memmove(out + 8, guid, 8);
	memcpy(out, prefix, sizeof(prefix));
	if (how == IPOIB__IDENTIFIER_AUTO)
		out[8] |= UNIVERSAL;
	else if (how == IPOIB__IDENTIFIER_TOGGLE)
		out[8] ^= UNIVERSAL;
}

static bool is_extension(uint8_t protocol)
{
	return protocol == HOP_BY_HOP || protocol == ROUTING || protocol == FRAGMENT ||
	       protocol == AUTHENTICATION || protocol == DESTINATION_OPTIONS;
}

/*
 * +---------------+---------------+-------------------------------+
 * |  next header  |  length - 1   |  of 8 octets each ...
 * +---------------+---------------+--------------                    hop-by-hop, routing, options
 * +---------------+---------------+-------------------------+---+-+
 * |  next header  |   reserved    |  fragment offset / 8    | r |M|
 * +---------------+---------------+-------------------------+---+-+  fragment: always 8 octets
 * |                              id                               |
 * +---------------------------------------------------------------+
 * +---------------+---------------+-------------------------------+
 * |  next header  |  length - 2   |  of 4 octets each ...
 * +---------------+---------------+--------------                    authentication
 */
static void read_extension(struct ipoib__reader *r, struct ipoib__ipv6_upper *upper)
{
	uint8_t kind = upper->protocol;

	upper->protocol = ipoib__read_u8(r);
	unsigned length = ipoib__read_u8(r);
	if (kind == FRAGMENT) {
		upper->fragment = true;
		upper->headless = (ipoib__read_u16(r) & FRAGMENT_OFFSET) != 0;
		ipoib__read_skip(r, 4);
	} else if (kind == AUTHENTICATION) {
		ipoib__read_skip(r, (length + 2) * 4 - 2);
	} else {
		ipoib__read_skip(r, (length + 1) * 8 - 2);
	}
}

int ipoib__ipv6_upper(struct ipoib__ipv6_upper *out, const struct ipoib__ipv6 *header,
		      const void *packet)
{
	struct ipoib__ipv6_upper upper = { .protocol = header->next_header };
	struct ipoib__reader r;

	ipoib__reader_init(&r, (const uint8_t *)packet + IPOIB__IPV6_HEADER_LENGTH,
			   header->payload_length);
	for (int i = 0; i < EXTENSIONS_MAX && is_extension(upper.protocol) && !upper.headless; i++)
		read_extension(&r, &upper);
	if (r.failed || (is_extension(upper.protocol) && !upper.headless))
		return -EINVAL;
	upper.length = ipoib__read_left(&r);
	upper.bytes = ipoib__read_take(&r, upper.length);
	*out = upper;
	return 0;
}

/*
 * +---------------------------------------------------------------+
 * |              source (16 octets), destination (16)             |
 * +---------------------------------------------------------------+
 * |                      length of the message                    |
 * +-----------------------------------------------+---------------+
 * |                       0                       |   protocol    |
 * +-----------------------------------------------+---------------+
 */
uint16_t ipoib__ipv6_checksum(const struct ipoib__ipv6 *header, uint8_t protocol,
			      const void *message, size_t length)
{
	uint8_t pseudo[PSEUDO_LENGTH];
	struct ipoib__writer w;

	ipoib__writer_init(&w, pseudo, sizeof(pseudo));
	ipoib__write_bytes(&w, header->source, sizeof(header->source));
	ipoib__write_bytes(&w, header->destination, sizeof(header->destination));
	ipoib__write_u32(&w, (uint32_t)length);
	ipoib__write_zero(&w, 3);
	ipoib__write_u8(&w, protocol);
	ipoib__assert(!w.failed);

	/* Sums of ones' complement add up: of the two complements, the sum of what they hide. */
	uint32_t sum = (uint32_t)(uint16_t)~ipoib__ip_checksum(pseudo, sizeof(pseudo)) +
		       (uint16_t)~ipoib__ip_checksum(message, length);
	sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)(~sum & 0xffff);
}
