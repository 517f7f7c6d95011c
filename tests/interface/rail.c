/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* What a test does with a rail, and what it looks at. */
#include <check.h>
#include <string.h>

#include "interface/bench.h"
#include "support/support.h"
#include "wire/arp.h"
#include "wire/encap.h"
#include "wire/ip.h"

struct ipoib_ip ip(const char *text)
{
	struct ipoib_ip address;

	ck_assert_int_eq(ipoib_ip_parse(&address, text), 0);
	return address;
}

size_t ip_octets(uint8_t *to, const char *source, const char *destination, size_t length,
		 uint32_t number)
{
	struct ipoib__ipv4 header = { .header_length = IPOIB__IPV4_HEADER_LENGTH,
				      .total_length = (uint16_t)length,
				      .ttl = 64,
				      .protocol = IPOIB__IP_PROTOCOL_UDP };
	struct ipoib_ip from = ip(source), dest = ip(destination);

	memcpy(header.source, from.raw, 4);
	memcpy(header.destination, dest.raw, 4);
	memset(to, 0x5a, length);
	ck_assert_int_gt(ipoib__ipv4_encode(to, length, &header), 0);
	if (length >= PACKET_LEAST)
		memcpy(to + IPOIB__IPV4_HEADER_LENGTH, &number, sizeof(number));
	return length;
}

/* ---- sending ---- */

struct ipoib_buffer *rail_packet(struct rail *rail, const struct ipoib_ip *to, size_t length,
				 uint32_t number)
{
	struct ipoib_buffer *buffer;
	char text[IPOIB_IP_TEXT];

	if (ipoib_interface_buffer(rail->interface, &buffer) < 0)
		return NULL;
	ck_assert_int_eq(ipoib_buffer_set_length(buffer, length), 0);
	ip_octets(ipoib_buffer_data(buffer), "10.0.0.1", ipoib_ip_format(to, text), length, number);
	return buffer;
}

int rail_send_via(struct rail *rail, const struct ipoib_ip *next_hop, size_t length,
		  uint32_t number, uint32_t *mtu)
{
	struct ipoib_packet packet = { .next_hop = *next_hop };

	packet.buffer = rail_packet(rail, next_hop, length, number);
	if (!packet.buffer)
		return -1000; /* no errno: the pool had none */
	ck_assert_int_eq(ipoib_interface_send(rail->interface, &packet, 1), packet.status == 0);
	if (packet.status < 0)
		ipoib_buffer_unref(packet.buffer);
	if (mtu)
		*mtu = packet.mtu;
	bench_check();
	return packet.status;
}

int rail_send(struct rail *rail, const char *to, size_t length, uint32_t number)
{
	struct ipoib_ip next_hop = ip(to);

	return rail_send_via(rail, &next_hop, length, number, NULL);
}

/* ---- what is to be seen ---- */

struct ipoib_statistics rail_statistics(const struct rail *rail)
{
	struct ipoib_statistics statistics = { .size = sizeof(statistics) };

	ck_assert_int_eq(ipoib_interface_statistics(rail->interface, &statistics), 0);
	return statistics;
}

static struct ipoib_interface_info info_of(const struct rail *rail)
{
	struct ipoib_interface_info info = { .size = sizeof(info) };

	ck_assert_int_eq(ipoib_interface_info(rail->interface, &info), 0);
	return info;
}

bool rail_is_up(const struct rail *rail)
{
	return info_of(rail).up;
}

uint32_t rail_mtu(const struct rail *rail)
{
	return info_of(rail).mtu;
}

size_t rail_events(const struct rail *rail, uint32_t type)
{
	size_t n = 0;

	for (size_t i = 0; i < rail->event_count; i++)
		n += rail->events[i].type == type;
	return n;
}

uint32_t rail_neighbour(const struct rail *rail, const char *text)
{
	struct ipoib_neighbour_info info = { .size = sizeof(info) };
	struct ipoib_ip address = ip(text);

	return ipoib_neighbour_find(rail->interface, &address, &info) == 0 ? info.state : 0;
}

static bool is_ip(const struct fake_sent *sent)
{
	return sent->head[0] == 8 && sent->head[1] == 0;
}

/* The numbers of the packets that the adapter sent to a GID, or to all for NULL, in order. */
size_t rail_numbers(const struct rail *rail, const struct ipoib_gid *to, uint32_t *numbers,
		    size_t count)
{
	size_t n = 0;

	ck_assert_uint_le(rail->fake->sent_count, FAKE_SENT);
	for (size_t i = 0; i < rail->fake->sent_count && n < count; i++) {
		const struct fake_sent *sent = &rail->fake->sent[i];

		if (!is_ip(sent) || (to && memcmp(&sent->to.dgid, to, sizeof(*to)) != 0))
			continue;
		memcpy(&numbers[n++], sent->head + IPOIB__ENCAP_LENGTH + 20, sizeof(*numbers));
	}
	return n;
}

size_t arp_sent(const struct fake *fake, uint16_t operation)
{
	size_t n = 0;

	for (size_t i = 0; i < fake->sent_count && i < FAKE_SENT; i++)
		n += fake->sent[i].head[0] == 8 && fake->sent[i].head[1] == 6 &&
		     fake->sent[i].head[IPOIB__ENCAP_LENGTH + 7] == operation;
	return n;
}

/* ---- what arrives ---- */

bool rail_hear_octets(struct rail *rail, uint16_t peer, const void *octets, size_t length)
{
	const struct fake_arrival from = { .source_qpn = 0x100u + peer, .source_lid = peer };

	return fake_deliver(rail->fake, fake_ud(rail->fake), &from, octets, length);
}

bool rail_hear(struct rail *rail, uint16_t peer, size_t length)
{
	uint8_t octets[4096] = { 8, 0 };

	ip_octets(octets + IPOIB__ENCAP_LENGTH, "10.0.0.2", "10.0.0.1", length, 0);
	return rail_hear_octets(rail, peer, octets, IPOIB__ENCAP_LENGTH + length);
}

size_t arp_octets(uint8_t *to, uint16_t operation, uint16_t peer, const char *sender,
		  const char *target)
{
	struct ipoib_gid gid = fake_gid(peer);
	struct ipoib_ip from = ip(sender), at = ip(target);
	struct ipoib__arp arp = { .operation = operation };

	arp.sender_link = ipoib_link_address_make(0, 0x100u + peer, &gid);
	memcpy(arp.sender_ip, from.raw, 4);
	memcpy(arp.target_ip, at.raw, 4);
	ipoib__encap_encode(to, IPOIB__ENCAP_LENGTH,
			    &(struct ipoib__encap){ .type = IPOIB__TYPE_ARP });
	ipoib__arp_encode(to + IPOIB__ENCAP_LENGTH, IPOIB__ARP_LENGTH, &arp);
	return IPOIB__ENCAP_LENGTH + IPOIB__ARP_LENGTH;
}

bool rail_hear_arp(struct rail *rail, uint16_t operation, uint16_t peer, const char *sender,
		   const char *target)
{
	uint8_t octets[IPOIB__ENCAP_LENGTH + IPOIB__ARP_LENGTH];
	size_t length = arp_octets(octets, operation, peer, sender, target);

	return rail_hear_octets(rail, peer, octets, length);
}
