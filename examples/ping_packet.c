/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "ping_packet.h"

#include <string.h>

#include "ip_checksum.h"

#define IP_DONT_FRAGMENT 0x4000
#define IP_MORE_FRAGMENTS 0x2000
/* In units of eight octets. */
#define IP_OFFSET_MASK 0x1fff
/* What Linux sends, and what a ping so shows as ttl=64. */
#define TTL 64

static void write_ip(uint8_t *ip, const struct ping_echo *echo)
{
	memset(ip, 0, IP_HEADER);
	ip[0] = 4 << 4 | IP_HEADER / 4;
	ip_put16(ip + 2, (uint16_t)(PING_HEADERS + echo->data_length));
	ip_put16(ip + 4, echo->identification);
	ip_put16(ip + 6, echo->dont_fragment ? IP_DONT_FRAGMENT : 0);
	ip[8] = TTL;
	ip[9] = IP_PROTOCOL_ICMP;
	memcpy(ip + 12, echo->source.raw, 4);
	memcpy(ip + 16, echo->destination.raw, 4);
	ip_put16(ip + 10, ip_checksum(ip, IP_HEADER));
}

void ping_packet_write(uint8_t *packet, const struct ping_echo *echo)
{
	uint8_t *icmp = packet + IP_HEADER;

	write_ip(packet, echo);
	memset(icmp, 0, ICMP_HEADER);
	icmp[0] = echo->type;
	ip_put16(icmp + 4, echo->identifier);
	ip_put16(icmp + 6, echo->sequence);
	if (echo->type == PING_REQUEST)
		for (size_t i = 0; i < echo->data_length; i++)
			icmp[ICMP_HEADER + i] = (uint8_t)i;
	ip_put16(icmp + 2, ip_checksum(icmp, ICMP_HEADER + echo->data_length));
}

bool ping_fragment_parse(const uint8_t *ip, size_t length, struct ping_fragment *fragment)
{
	if (length < IP_HEADER || ip[0] >> 4 != 4)
		return false;

	size_t header = (size_t)(ip[0] & 0x0f) * 4;
	size_t total = ip_get16(ip + 2);
	unsigned flags = ip_get16(ip + 6);

	if (header < IP_HEADER || total < header || total > length || ip[9] != IP_PROTOCOL_ICMP ||
	    ip_checksum(ip, header) != 0)
		return false;
	*fragment = (struct ping_fragment){
		.identification = ip_get16(ip + 4),
		.dont_fragment = flags & IP_DONT_FRAGMENT,
		.more = flags & IP_MORE_FRAGMENTS,
		.offset = (size_t)(flags & IP_OFFSET_MASK) * 8,
		.header = header,
		.length = total - header,
	};
	return true;
}

void ping_fragment_write(uint8_t *ip, const struct ping_fragment *fragment)
{
	ip[0] = 4 << 4 | IP_HEADER / 4;
	ip_put16(ip + 2, (uint16_t)(IP_HEADER + fragment->length));
	ip_put16(ip + 6, (uint16_t)(fragment->offset / 8));
	if (fragment->more)
		ip[6] |= IP_MORE_FRAGMENTS >> 8;
	ip_put16(ip + 10, 0);
	ip_put16(ip + 10, ip_checksum(ip, IP_HEADER));
}

bool ping_packet_parse(const uint8_t *packet, size_t length, struct ping_echo *echo)
{
	struct ping_fragment whole;

	if (!ping_fragment_parse(packet, length, &whole) || whole.offset != 0 || whole.more ||
	    whole.length < ICMP_HEADER)
		return false;

	const uint8_t *icmp = packet + whole.header;

	if ((icmp[0] != PING_REQUEST && icmp[0] != PING_REPLY) || icmp[1] != 0 ||
	    ip_checksum(icmp, whole.length) != 0)
		return false;
	*echo = (struct ping_echo){
		.type = icmp[0],
		.ttl = packet[8],
		.dont_fragment = whole.dont_fragment,
		.identification = whole.identification,
		.identifier = ip_get16(icmp + 4),
		.sequence = ip_get16(icmp + 6),
		.source = ipoib_ip_from_ipv4(packet + 12),
		.destination = ipoib_ip_from_ipv4(packet + 16),
		.data = icmp + ICMP_HEADER,
		.data_length = whole.length - ICMP_HEADER,
	};
	return true;
}

size_t ping_packet_damage(const struct ping_echo *echo)
{
	size_t i = 0;

	while (i < echo->data_length && echo->data[i] == (uint8_t)i)
		i++;
	return i;
}
