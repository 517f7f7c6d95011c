/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "wire/nd.h"

#include <errno.h>
#include <string.h>

#include "base/bytes.h"
#include "wire/icmpv6.h"
#include "wire/ip6.h"

/* What no router forwards: the packet comes from this link (RFC 4861 section 7.1.1). */
#define HOP_LIMIT 255
/* Octets without options. */
#define MESSAGE_LENGTH 24
/* Options are counted in units of so many octets. */
#define OPTION_UNIT 8
/* The units of an option with a link address, 24 octets. */
#define LINK_UNITS 3
#define LINK_OPTION_LENGTH (LINK_UNITS * OPTION_UNIT)
/* Where the link address stands in the option, and where FreeBSD puts it. */
#define LINK_AT 4
#define LINK_AT_PADDED_AT_END 2
#define PADDING_LENGTH 2
/* Where the GID, thus the subnet prefix, stands in a link address. */
#define GID_AT 4
#define PREFIX_LENGTH 8
#define FLAGS (IPOIB__ND_ROUTER | IPOIB__ND_SOLICITED | IPOIB__ND_OVERRIDE)

_Static_assert(IPOIB__ND_LENGTH_MAX ==
		       IPOIB__IPV6_HEADER_LENGTH + MESSAGE_LENGTH + LINK_OPTION_LENGTH,
	       "header, message, one option");

enum {
	SOURCE_LINK_ADDRESS = 1,
	TARGET_LINK_ADDRESS = 2,
};

static uint8_t link_option_type(const struct ipoib__nd *nd)
{
	return nd->type == IPOIB__ND_SOLICITATION ? SOURCE_LINK_ADDRESS : TARGET_LINK_ADDRESS;
}

/* Whether the option is as if its address stood at link_at, with nothing at padding_at. */
static bool fits_padding(const uint8_t *option, size_t link_at, size_t padding_at,
			 const uint8_t prefix[8])
{
	static const uint8_t zero[PADDING_LENGTH];

	return memcmp(option + link_at + GID_AT, prefix, PREFIX_LENGTH) == 0 &&
	       memcmp(option + padding_at, zero, sizeof(zero)) == 0;
}

/*
 *  0                   1                   2                   3
 *  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 * +---------------+---------------+-------------------------------+
 * |  type 1 or 2  |   length 3    |               0               |
 * +---------------+---------------+-------------------------------+
 * |                   link address (20 octets)                    |
 * +---------------------------------------------------------------+
 *
 * or, as FreeBSD has it
 *
 * +---------------+---------------+-------------------------------+
 * |  type 1 or 2  |   length 3    |  link address (20 octets) ...
 * +---------------+---------------+-------------------------------+
 *    ...                          |               0               |
 * --------------------------------+-------------------------------+
 *
 * A prefix that stands in both places, or in neither, decides nothing: then the RFC does.
 */
static void take_link(struct ipoib__nd *nd, const uint8_t *option, const uint8_t prefix[8])
{
	bool by_rfc = fits_padding(option, LINK_AT, LINK_AT - PADDING_LENGTH, prefix);
	bool at_end = fits_padding(option, LINK_AT_PADDED_AT_END,
				   LINK_OPTION_LENGTH - PADDING_LENGTH, prefix);

	nd->has_link = true;
	nd->padded_at_end = at_end && !by_rfc;
	memcpy(nd->link.raw, option + (nd->padded_at_end ? LINK_AT_PADDED_AT_END : LINK_AT),
	       sizeof(nd->link.raw));
}

/* The options to the end of the packet. A length of 0 would be one for ever. */
static int read_options(struct ipoib__reader *r, struct ipoib__nd *nd, const uint8_t prefix[8])
{
	while (ipoib__read_left(r) > 0) {
		const uint8_t *option = ipoib__read_take(r, 2);
		if (option == NULL || option[1] == 0)
			return -EINVAL;
		ipoib__read_skip(r, (size_t)option[1] * OPTION_UNIT - 2);
		if (r->failed)
			return -EINVAL;
		if (option[0] != link_option_type(nd))
			continue;
		if (option[1] != LINK_UNITS)
			return -EINVAL;
		if (!nd->has_link)
			take_link(nd, option, prefix);
	}
	return 0;
}

/*
 *  0                   1                   2                   3
 *  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 * +---------------+---------------+-------------------------------+
 * | type 135, 136 |    code 0     |           checksum            |
 * +-+-+-+---------+---------------+-------------------------------+
 * |R|S|O|                      reserved                           |  flags: type 136 only
 * +-+-+-+---------------------------------------------------------+
 * |                      target (16 octets)                       |
 * +---------------------------------------------------------------+
 * |  options ...
 * +--------------
 */
static int read_message(struct ipoib__nd *nd, const struct ipoib__ipv6_upper *upper,
			const uint8_t prefix[8])
{
	struct ipoib__reader r;

	ipoib__reader_init(&r, upper->bytes, upper->length);
	nd->type = ipoib__read_u8(&r);
	uint8_t code = ipoib__read_u8(&r);
	ipoib__read_skip(&r, 2);
	uint8_t flags = ipoib__read_u8(&r);
	ipoib__read_skip(&r, 3);
	ipoib__read_bytes(&r, nd->target, sizeof(nd->target));
	if (r.failed || code != 0)
		return -EINVAL;
	if (nd->type == IPOIB__ND_ADVERTISEMENT)
		nd->flags = flags & FLAGS;
	return read_options(&r, nd, prefix);
}

/* What sections 7.1.1 and 7.1.2 say of addresses; and none comes from a group, or is about ::. */
static bool addresses_are_right(const struct ipoib__nd *nd)
{
	if (ipoib__ipv6_is_multicast(nd->target) || ipoib__ipv6_is_unspecified(nd->target) ||
	    ipoib__ipv6_is_multicast(nd->source))
		return false;
	if (nd->type == IPOIB__ND_ADVERTISEMENT)
		return !ipoib__ipv6_is_multicast(nd->destination) ||
		       (nd->flags & IPOIB__ND_SOLICITED) == 0;
	if (ipoib__ipv6_is_unspecified(nd->source))
		return ipoib__ipv6_is_solicited_node(nd->destination) && !nd->has_link;
	return true;
}

static bool is_nd(const struct ipoib__ipv6_upper *upper)
{
	return upper->protocol == IPOIB__IP_PROTOCOL_ICMPV6 && !upper->headless &&
	       upper->length > 0 && (upper->bytes[0] == IPOIB__ND_SOLICITATION ||
				     upper->bytes[0] == IPOIB__ND_ADVERTISEMENT);
}

int ipoib__nd_decode(struct ipoib__nd *out, const void *packet, size_t length,
		     const uint8_t subnet_prefix[8])
{
	struct ipoib__ipv6 ip;
	struct ipoib__ipv6_upper upper;
	struct ipoib__nd nd = { 0 };

	int header = ipoib__ipv6_decode(&ip, packet, length);
	if (header < 0)
		return header;
	if (ipoib__ipv6_upper(&upper, &ip, packet) < 0 || !is_nd(&upper))
		return -EPROTO;
	/* RFC 6980 section 5: in fragments it is forged, or as good as. */
	if (ip.hop_limit != HOP_LIMIT || upper.fragment)
		return -EINVAL;
	if (ipoib__ipv6_checksum(&ip, upper.protocol, upper.bytes, upper.length) != 0)
		return -EBADMSG;
	memcpy(nd.source, ip.source, sizeof(nd.source));
	memcpy(nd.destination, ip.destination, sizeof(nd.destination));
	if (read_message(&nd, &upper, subnet_prefix) < 0 || !addresses_are_right(&nd))
		return -EINVAL;
	*out = nd;
	return header + ip.payload_length;
}

static void write_message(struct ipoib__writer *w, const struct ipoib__nd *nd, bool with_link)
{
	bool advertisement = nd->type == IPOIB__ND_ADVERTISEMENT;

	ipoib__write_u8(w, nd->type);
	ipoib__write_zero(w, 3);
	ipoib__write_u8(w, advertisement ? nd->flags & FLAGS : 0);
	ipoib__write_zero(w, 3);
	ipoib__write_bytes(w, nd->target, sizeof(nd->target));
	if (!with_link)
		return;
	ipoib__write_u8(w, link_option_type(nd));
	ipoib__write_u8(w, LINK_UNITS);
	ipoib__write_zero(w, PADDING_LENGTH);
	ipoib__write_bytes(w, nd->link.raw, sizeof(nd->link.raw));
}

int ipoib__nd_encode(void *packet, size_t room, const struct ipoib__nd *nd)
{
	bool of_dad = nd->type == IPOIB__ND_SOLICITATION && ipoib__ipv6_is_unspecified(nd->source);
	bool with_link = nd->has_link && !of_dad;
	struct ipoib__ipv6 ip = {
		.payload_length = MESSAGE_LENGTH + (with_link ? LINK_OPTION_LENGTH : 0),
		.next_header = IPOIB__IP_PROTOCOL_ICMPV6,
		.hop_limit = HOP_LIMIT,
	};
	struct ipoib__writer w;

	ipoib__assert(nd->type == IPOIB__ND_SOLICITATION || nd->type == IPOIB__ND_ADVERTISEMENT);
	memcpy(ip.source, nd->source, sizeof(ip.source));
	memcpy(ip.destination, nd->destination, sizeof(ip.destination));
	int header = ipoib__ipv6_encode(packet, room, &ip);
	if (header < 0)
		return header;
	ipoib__writer_init(&w, packet, room);
	(void)ipoib__write_take(&w, (size_t)header);
	uint8_t *message = w.at;
	write_message(&w, nd, with_link);
	if (w.failed)
		return -ENOBUFS;

	uint16_t checksum =
		ipoib__ipv6_checksum(&ip, ip.next_header, message, ip.payload_length);
	struct ipoib__writer field;
	ipoib__writer_init(&field, message + IPOIB__ICMPV6_CHECKSUM_AT, 2);
	ipoib__write_u16(&field, checksum);
	return ipoib__write_result(&w);
}
