/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* What a host of a world does, and what can be seen of it. */
#include "sim/world.h"

#include <check.h>
#include <string.h>

#include "support/support.h"
#include "wire/ip.h"

struct ipoib_ip ip_of(const char *text)
{
	struct ipoib_ip ip;

	ck_assert_int_eq(ipoib_ip_parse(&ip, text), 0);
	return ip;
}

static void write_ipv4(uint8_t *data, const struct host *host, const struct ipoib_ip *from,
		       const struct ipoib_ip *to, size_t length)
{
	struct ipoib__ipv4 header = { .header_length = IPOIB__IPV4_HEADER_LENGTH,
				      .total_length = (uint16_t)length,
				      .dont_fragment = host->dont_fragment,
				      .ttl = 64,
				      .protocol = IPOIB__IP_PROTOCOL_UDP };

	memcpy(header.source, from->raw, 4);
	memcpy(header.destination, to->raw, 4);
	ck_assert_int_gt(ipoib__ipv4_encode(data, length, &header), 0);
}

static void write_ipv6(uint8_t *data, const struct ipoib_ip *from, const struct ipoib_ip *to,
		       size_t length)
{
	struct ipoib__ipv6 header = {
		.payload_length = (uint16_t)(length - IPOIB__IPV6_HEADER_LENGTH),
		.next_header = IPOIB__IP_PROTOCOL_UDP,
		.hop_limit = 64,
	};

	memcpy(header.source, from->raw, 16);
	memcpy(header.destination, to->raw, 16);
	ck_assert_int_gt(ipoib__ipv6_encode(data, length, &header), 0);
}

int host_send_from(struct host *host, const struct ipoib_ip *from, const struct ipoib_ip *to,
		   const struct ipoib_ip *next_hop, size_t length, uint32_t *mtu)
{
	struct ipoib_packet packet = { .next_hop = *next_hop };
	int status = ipoib_interface_buffer(host->interface, &packet.buffer);

	if (status < 0)
		return status;
	ck_assert_int_eq(ipoib_buffer_set_length(packet.buffer, length), 0);
	memset(ipoib_buffer_data(packet.buffer), 0x5a, length);
	if (to->family == IPOIB_IPV6)
		write_ipv6(ipoib_buffer_data(packet.buffer), from, to, length);
	else
		write_ipv4(ipoib_buffer_data(packet.buffer), host, from, to, length);
	ck_assert_int_eq(ipoib_interface_send(host->interface, &packet, 1), packet.status == 0);
	if (packet.status < 0)
		ipoib_buffer_unref(packet.buffer);
	if (mtu)
		*mtu = packet.mtu;
	host_check(host);
	return packet.status;
}

int host_send_via(struct host *host, const struct ipoib_ip *to, const struct ipoib_ip *next_hop,
		  size_t length, uint32_t *mtu)
{
	return host_send_from(host, &host->address, to, next_hop, length, mtu);
}

int host_send(struct host *host, const struct ipoib_ip *to, size_t length)
{
	return host_send_via(host, to, to, length, NULL);
}

struct ipoib_statistics host_statistics(const struct host *host)
{
	struct ipoib_statistics statistics = { .size = sizeof(statistics) };

	ck_assert_int_eq(ipoib_interface_statistics(host->interface, &statistics), 0);
	return statistics;
}

uint32_t host_neighbour(const struct host *host, const struct ipoib_ip *ip)
{
	struct ipoib_neighbour_info info = { .size = sizeof(info) };

	return ipoib_neighbour_find(host->interface, ip, &info) == 0 ? info.state : 0;
}

bool host_is_up(const struct host *host)
{
	struct ipoib_interface_info info = { .size = sizeof(info) };

	return host->interface && ipoib_interface_info(host->interface, &info) == 0 && info.up;
}

size_t host_events(const struct host *host, uint32_t type)
{
	size_t n = 0;

	for (size_t i = 0; i < host->event_count; i++)
		n += host->events[i].type == type;
	return n;
}
