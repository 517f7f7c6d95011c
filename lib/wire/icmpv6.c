/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "wire/icmpv6.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "base/bytes.h"
#include "wire/ip6.h"

/* The default of RFC 1700, as Linux's. */
#define ERROR_HOP_LIMIT 64
/* Types from here on are no errors (RFC 4443 section 2.1). */
#define INFORMATIONAL 128
/* What an error has room to quote of the offending packet. */
#define QUOTE_MAX                                                                                  \
	(IPOIB__ICMPV6_ERROR_MAX - IPOIB__IPV6_HEADER_LENGTH - IPOIB__ICMPV6_HEADER_LENGTH)

static size_t packet_length(const struct ipoib__ipv6 *ip)
{
	return (size_t)IPOIB__IPV6_HEADER_LENGTH + ip->payload_length;
}

/* Whether a source is one node that others know by it: not ::, ::1 or a group. */
static bool is_one_node(const uint8_t address[16])
{
	static const uint8_t loopback[16] = { [15] = 1 };

	return !ipoib__ipv6_is_unspecified(address) && !ipoib__ipv6_is_multicast(address) &&
	       memcmp(address, loopback, sizeof(loopback)) != 0;
}

/*
 * Whether what the packet carries may be answered. An error in answer to an error could go on for
 * ever, and what cannot be looked into might be one.
 */
static bool carries_no_error(const struct ipoib__ipv6 *ip, const uint8_t *packet)
{
	struct ipoib__ipv6_upper upper;

	if (ipoib__ipv6_upper(&upper, ip, packet) < 0 || upper.headless)
		return false;
	if (upper.protocol != IPOIB__IP_PROTOCOL_ICMPV6)
		return true;
	return upper.length > 0 && upper.bytes[0] >= INFORMATIONAL &&
	       upper.bytes[0] != IPOIB__ICMPV6_REDIRECT;
}

/* RFC 4443 section 2.4 (e): what must never be answered with an ICMPv6 error (I5). */
static bool may_answer(const struct ipoib__ipv6 *ip, const uint8_t *packet, uint8_t type)
{
	if (!is_one_node(ip->source))
		return false;
	if (ipoib__ipv6_is_multicast(ip->destination) && type != IPOIB__ICMPV6_PACKET_TOO_BIG)
		return false;
	return carries_no_error(ip, packet);
}

/* Whether type and code are of an error built here, with an MTU that holds for the packet. */
static bool is_our_error(const struct ipoib__ipv6 *ip, uint8_t type, uint8_t code, uint32_t mtu)
{
	if (type == IPOIB__ICMPV6_PACKET_TOO_BIG)
		return code == 0 && mtu >= IPOIB__IPV6_MTU_MIN && mtu < packet_length(ip);
	return type == IPOIB__ICMPV6_UNREACHABLE && code == IPOIB__ICMPV6_ADDRESS_UNREACHABLE;
}

/*
 * +---------------+---------------+-------------------------------+
 * |  type 1 or 2  |  code 3 or 0  |           checksum            |
 * +---------------+---------------+-------------------------------+
 * |                     MTU (type 2) or 0                         |
 * +---------------------------------------------------------------+
 * |  the offending packet from its IP header on ...
 * +--------------
 */
static void write_error(struct ipoib__writer *w, const struct ipoib__ipv6 *ip, uint8_t type,
			uint8_t code, uint32_t mtu, const uint8_t *quote, size_t quote_length)
{
	uint8_t *message = w->at;
	struct ipoib__writer field;

	ipoib__write_u8(w, type);
	ipoib__write_u8(w, code);
	ipoib__write_zero(w, 2);
	ipoib__write_u32(w, type == IPOIB__ICMPV6_PACKET_TOO_BIG ? mtu : 0);
	ipoib__write_bytes(w, quote, quote_length);
	if (w->failed)
		return;
	ipoib__writer_init(&field, message + IPOIB__ICMPV6_CHECKSUM_AT, 2);
	ipoib__write_u16(&field, ipoib__ipv6_checksum(ip, IPOIB__IP_PROTOCOL_ICMPV6, message,
						      ip->payload_length));
}

int ipoib__icmpv6_error_build(void *out, size_t room, const void *offending, size_t length,
			      uint8_t type, uint8_t code, uint32_t mtu, const uint8_t source[16])
{
	struct ipoib__ipv6 cause;
	struct ipoib__writer w;

	if (ipoib__ipv6_decode(&cause, offending, length) < 0)
		return -EINVAL;
	if (!is_our_error(&cause, type, code, mtu))
		return -EINVAL;
	if (!may_answer(&cause, offending, type))
		return -EPERM;

	size_t whole = packet_length(&cause);
	size_t quote_length = whole < QUOTE_MAX ? whole : QUOTE_MAX;
	struct ipoib__ipv6 ip = {
		.payload_length = (uint16_t)(IPOIB__ICMPV6_HEADER_LENGTH + quote_length),
		.next_header = IPOIB__IP_PROTOCOL_ICMPV6,
		.hop_limit = ERROR_HOP_LIMIT,
	};
	memcpy(ip.source, source, sizeof(ip.source));
	memcpy(ip.destination, cause.source, sizeof(ip.destination));

	int header = ipoib__ipv6_encode(out, room, &ip);
	if (header < 0)
		return header;
	ipoib__writer_init(&w, out, room);
	(void)ipoib__write_take(&w, (size_t)header);
	write_error(&w, &ip, type, code, mtu, offending, quote_length);
	return ipoib__write_result(&w);
}
