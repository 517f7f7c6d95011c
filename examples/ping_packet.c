/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "ping_packet.h"

#include <string.h>

#include "ip_checksum.h"

#define IP_DONT_FRAGMENT 0x40
/* "More fragments" and the fragment offset, both of them zero in a whole packet. */
#define IP_FRAGMENT_MASK 0x3fff
/* What Linux sends, and what a ping so shows as ttl=64. */
#define TTL 64

static void write_ip(uint8_t *ip, const struct ping_echo *echo)
{
	memset(ip, 0, IP_HEADER);
	ip[0] = 4 << 4 | IP_HEADER / 4;
	ip_put16(ip + 2, (uint16_t)(PING_HEADERS + echo->data_length));
	ip[6] = IP_DONT_FRAGMENT;
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

/* A whole ICMP packet; its octets behind the IP header. */
static bool parse_ip(const uint8_t *ip, size_t length, size_t *header, size_t *total)
{
	if (length < IP_HEADER || ip[0] >> 4 != 4)
		return false;
	*header = (size_t)(ip[0] & 0x0f) * 4;
	*total = ip_get16(ip + 2);
	return *header >= IP_HEADER && *total >= *header && *total <= length &&
	       (ip_get16(ip + 6) & IP_FRAGMENT_MASK) == 0 && ip[9] == IP_PROTOCOL_ICMP &&
	       ip_checksum(ip, *header) == 0;
}

bool ping_packet_parse(const uint8_t *packet, size_t length, struct ping_echo *echo)
{
	size_t header;
	size_t total;

	if (!parse_ip(packet, length, &header, &total) || total - header < ICMP_HEADER)
		return false;

	const uint8_t *icmp = packet + header;

	if ((icmp[0] != PING_REQUEST && icmp[0] != PING_REPLY) || icmp[1] != 0 ||
	    ip_checksum(icmp, total - header) != 0)
		return false;
	*echo = (struct ping_echo){
		.type = icmp[0],
		.ttl = packet[8],
		.identifier = ip_get16(icmp + 4),
		.sequence = ip_get16(icmp + 6),
		.source = ipoib_ip_from_ipv4(packet + 12),
		.destination = ipoib_ip_from_ipv4(packet + 16),
		.data = icmp + ICMP_HEADER,
		.data_length = total - header - ICMP_HEADER,
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
