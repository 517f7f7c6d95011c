/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "wire/icmp.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "base/bytes.h"
#include "wire/ip.h"

/* Where the checksum of an ICMP message stands. */
#define ICMP_CHECKSUM_AT 2
/* "Internetwork control", the precedence of errors (RFC 1812 section 4.3.2.5). */
#define ERROR_TOS 0xc0
/* The default of RFC 1700. */
#define ERROR_TTL 64
/* What an error has room to quote of the offending packet. */
#define QUOTE_MAX (IPOIB__ICMP_ERROR_MAX - IPOIB__IPV4_HEADER_LENGTH - IPOIB__ICMP_HEADER_LENGTH)

/*
 *  0                   1                   2                   3
 *  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 * +---------------+---------------+-------------------------------+
 * |  type 8 or 0  |    code 0     |           checksum            |
 * +---------------+---------------+-------------------------------+
 * |              id               |           sequence            |
 * +-------------------------------+-------------------------------+
 * |  data ...
 * +--------------
 */
int ipoib__icmp_echo_decode(struct ipoib__icmp_echo *out, const void *bytes, size_t length)
{
	struct ipoib__reader r;
	struct ipoib__icmp_echo echo;

	ipoib__reader_init(&r, bytes, length);
	echo.type = ipoib__read_u8(&r);
	uint8_t code = ipoib__read_u8(&r);
	ipoib__read_skip(&r, 2);
	echo.id = ipoib__read_u16(&r);
	echo.sequence = ipoib__read_u16(&r);
	if (r.failed)
		return -EINVAL;
	if (ipoib__ip_checksum(bytes, length) != 0)
		return -EBADMSG;
	if ((echo.type != IPOIB__ICMP_ECHO_REQUEST && echo.type != IPOIB__ICMP_ECHO_REPLY) ||
	    code != 0)
		return -EPROTO;
	echo.data_length = ipoib__read_left(&r);
	echo.data = ipoib__read_take(&r, echo.data_length);
	*out = echo;
	return (int)length;
}

/* The checksum of a message that stands complete but for it. */
static void put_checksum(uint8_t *message, size_t length)
{
	struct ipoib__writer w;
	uint16_t checksum = ipoib__ip_checksum(message, length);

	ipoib__writer_init(&w, message + ICMP_CHECKSUM_AT, 2);
	ipoib__write_u16(&w, checksum);
}

int ipoib__icmp_echo_encode(void *bytes, size_t room, const struct ipoib__icmp_echo *echo)
{
	struct ipoib__writer w;

	ipoib__writer_init(&w, bytes, room);
	ipoib__write_u8(&w, echo->type);
	ipoib__write_zero(&w, 3);
	ipoib__write_u16(&w, echo->id);
	ipoib__write_u16(&w, echo->sequence);
	ipoib__write_bytes(&w, echo->data, echo->data_length);
	if (!w.failed)
		put_checksum(bytes, ipoib__write_length(&w));
	return ipoib__write_result(&w);
}

/*
 * Whether an ICMP type is no error. All others are errors, or unknown and might be; an error in
 * answer to an error could go on for ever.
 */
static bool is_icmp_query(uint8_t type)
{
	switch (type) {
	case 0:	 /* echo reply */
	case 8:	 /* echo */
	case 9:	 /* router advertisement */
	case 10: /* router solicitation */
	case 13: /* timestamp */
	case 14: /* timestamp reply */
	case 15: /* information request */
	case 16: /* information reply */
	case 17: /* address mask request */
	case 18: /* address mask reply */
		return true;
	default:
		return false;
	}
}

/* Whether a source is one host: not zero, loopback, multicast, class E or broadcast. */
static bool is_one_host(const uint8_t address[4])
{
	return address[0] != 0 && address[0] != 127 && address[0] < 224;
}

/* Whether a destination is a group or all hosts, in the old spelling (all zeros) as in the new. */
static bool is_many_hosts(const uint8_t address[4])
{
	static const uint8_t zero[4];

	return address[0] >= 224 || memcmp(address, zero, sizeof(zero)) == 0;
}

/* RFC 1122 section 3.2.2: what must never be answered with an ICMP error (I5). */
static bool may_answer(const struct ipoib__ipv4 *ip, const uint8_t *packet)
{
	if (ip->fragment_offset != 0)
		return false;
	if (!is_one_host(ip->source) || is_many_hosts(ip->destination))
		return false;
	if (ip->protocol != IPOIB__IP_PROTOCOL_ICMP)
		return true;
	return ip->total_length > ip->header_length && is_icmp_query(packet[ip->header_length]);
}

/* Whether type and code are of an error built here, with an MTU that holds for the packet. */
static bool is_our_error(const struct ipoib__ipv4 *ip, uint8_t type, uint8_t code, uint16_t mtu)
{
	if (type != IPOIB__ICMP_UNREACHABLE)
		return false;
	if (code == IPOIB__ICMP_FRAGMENTATION_NEEDED)
		return mtu >= IPOIB__IPV4_MTU_MIN && mtu < ip->total_length;
	return code == IPOIB__ICMP_HOST_UNREACHABLE;
}

/*
 * +---------------+---------------+-------------------------------+
 * |    type 3     |  code 1 or 4  |           checksum            |
 * +---------------+---------------+-------------------------------+
 * |               0               | MTU (code 4) or 0             |  RFC 1191 section 4
 * +-------------------------------+-------------------------------+
 * |  the offending packet from its IP header on ...
 * +--------------
 */
static void write_error(struct ipoib__writer *w, uint8_t code, uint16_t mtu, const uint8_t *quote,
			size_t quote_length)
{
	uint8_t *message = w->at;

	ipoib__write_u8(w, IPOIB__ICMP_UNREACHABLE);
	ipoib__write_u8(w, code);
	ipoib__write_zero(w, 4);
	ipoib__write_u16(w, code == IPOIB__ICMP_FRAGMENTATION_NEEDED ? mtu : 0);
	ipoib__write_bytes(w, quote, quote_length);
	if (!w->failed)
		put_checksum(message, (size_t)(w->at - message));
}

int ipoib__icmp_error_build(void *out, size_t room, const void *offending, size_t length,
			    uint8_t type, uint8_t code, uint16_t mtu, const uint8_t source[4])
{
	struct ipoib__ipv4 cause;
	struct ipoib__writer w;

	if (ipoib__ipv4_decode(&cause, offending, length) < 0)
		return -EINVAL;
	if (!is_our_error(&cause, type, code, mtu))
		return -EINVAL;
	if (!may_answer(&cause, offending))
		return -EPERM;

	size_t quote_length = cause.total_length < QUOTE_MAX ? cause.total_length : QUOTE_MAX;
	struct ipoib__ipv4 ip = {
		.header_length = IPOIB__IPV4_HEADER_LENGTH,
		.tos = ERROR_TOS,
		.total_length = (uint16_t)(IPOIB__IPV4_HEADER_LENGTH + IPOIB__ICMP_HEADER_LENGTH +
					   quote_length),
		.dont_fragment = true, /* so the id may be 0: RFC 6864 section 4.1 */
		.ttl = ERROR_TTL,
		.protocol = IPOIB__IP_PROTOCOL_ICMP,
	};
	memcpy(ip.source, source, sizeof(ip.source));
	memcpy(ip.destination, cause.source, sizeof(ip.destination));

	int header = ipoib__ipv4_encode(out, room, &ip);
	if (header < 0)
		return header;
	ipoib__writer_init(&w, out, room);
	(void)ipoib__write_take(&w, (size_t)header);
	write_error(&w, code, mtu, offending, quote_length);
	return ipoib__write_result(&w);
}
