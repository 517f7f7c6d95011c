/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "interface/nd_rig.h"

#include <check.h>
#include <string.h>

#include "support/support.h"
#include "wire/encap.h"
#include "wire/ip.h"
#include "wire/ip6.h"

static struct rail *const rail = &bench.rails[0];
static struct fake *const fake = &bench.fakes[0];

void nd_up(const struct ipoib_interface_config *config)
{
	struct ipoib_ip ours = ip(ND_OURS);

	bench_open();
	rail_open(rail, fake, config);
	ck_assert_int_eq(ipoib_binding_open(&rail->binding, rail->interface, &ours, 64), 0);
	bench_run(10 * MILLISECOND);
	ck_assert(rail_is_up(rail));
	fake->sent_count = 0;
}

struct ipoib_link_address nd_link(uint16_t peer)
{
	struct ipoib_gid gid = fake_gid(peer);

	return ipoib_link_address_make(0, 0x100u + peer, &gid);
}

struct ipoib_ip nd_ip(uint16_t peer)
{
	struct ipoib_gid gid = fake_gid(peer); /* the same octets */

	return ipoib_ip_from_ipv6(gid.raw);
}

struct ipoib__nd nd_solicitation(uint16_t peer)
{
	struct ipoib__nd nd = { .type = IPOIB__ND_SOLICITATION, .has_link = true,
				.link = nd_link(peer) };

	memcpy(nd.target, ip(ND_OURS).raw, 16);
	memcpy(nd.source, nd_ip(peer).raw, 16);
	ipoib__ipv6_solicited_node(nd.destination, nd.target);
	return nd;
}

struct ipoib__nd nd_advertisement(uint16_t peer, uint8_t flags)
{
	struct ipoib__nd nd = { .type = IPOIB__ND_ADVERTISEMENT, .flags = flags,
				.has_link = true, .link = nd_link(peer) };

	memcpy(nd.target, nd_ip(peer).raw, 16);
	memcpy(nd.source, nd.target, 16);
	memcpy(nd.destination, ip(ND_OURS).raw, 16);
	return nd;
}

size_t nd_octets(uint8_t to[ND_ROOM], const struct ipoib__nd *nd)
{
	int length;

	ipoib__encap_encode(to, IPOIB__ENCAP_LENGTH,
			    &(struct ipoib__encap){ .type = IPOIB__TYPE_IPV6 });
	length = ipoib__nd_encode(to + IPOIB__ENCAP_LENGTH, ND_ROOM - IPOIB__ENCAP_LENGTH, nd);
	ck_assert_int_gt(length, 0);
	return IPOIB__ENCAP_LENGTH + (size_t)length;
}

void nd_hear_octets(const uint8_t *octets, size_t length, uint16_t peer)
{
	ck_assert(rail_hear_octets(rail, peer, octets, length));
	bench_settle();
}

void nd_hear(const struct ipoib__nd *nd, uint16_t peer)
{
	uint8_t octets[ND_ROOM];

	nd_hear_octets(octets, nd_octets(octets, nd), peer);
}

size_t nd_sent(uint8_t type, struct ipoib__nd *last, const struct fake_sent **sent)
{
	size_t n = 0;

	ck_assert_uint_le(fake->sent_count, FAKE_SENT);
	for (size_t i = 0; i < fake->sent_count; i++) {
		const struct fake_sent *at = &fake->sent[i];
		struct ipoib__nd nd;

		if (at->head[0] != 0x86 || at->head[1] != 0xdd || at->length > FAKE_HEAD ||
		    ipoib__nd_decode(&nd, at->head + IPOIB__ENCAP_LENGTH,
				     at->length - IPOIB__ENCAP_LENGTH, fake->port.gid.raw) < 0 ||
		    nd.type != type)
			continue;
		ck_assert(!nd.padded_at_end);
		n++;
		if (last)
			*last = nd;
		if (sent)
			*sent = at;
	}
	return n;
}

int nd_send(uint16_t peer, size_t length)
{
	const struct ipoib_ip to = nd_ip(peer);

	return nd_send_to(&to, length);
}

int nd_send_to(const struct ipoib_ip *to, size_t length)
{
	struct ipoib__ipv6 header = {
		.payload_length = (uint16_t)(length - IPOIB__IPV6_HEADER_LENGTH),
		.next_header = IPOIB__IP_PROTOCOL_UDP,
		.hop_limit = 64,
	};
	struct ipoib_packet packet = { .next_hop = *to };

	ck_assert_int_eq(ipoib_interface_buffer(rail->interface, &packet.buffer), 0);
	ck_assert_int_eq(ipoib_buffer_set_length(packet.buffer, length), 0);
	memcpy(header.source, ip(ND_OURS).raw, 16);
	memcpy(header.destination, packet.next_hop.raw, 16);
	memset(ipoib_buffer_data(packet.buffer), 0, length);
	ck_assert_int_gt(ipoib__ipv6_encode(ipoib_buffer_data(packet.buffer), length, &header), 0);
	ipoib_interface_send(rail->interface, &packet, 1);
	if (packet.status < 0)
		ipoib_buffer_unref(packet.buffer);
	bench_settle();
	return packet.status;
}

uint32_t nd_state(uint16_t peer)
{
	struct ipoib_neighbour_info info = { .size = sizeof(info) };
	struct ipoib_ip address = nd_ip(peer);

	return ipoib_neighbour_find(rail->interface, &address, &info) == 0 ? info.state : 0;
}
