/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Neighbour discovery as we send it (RFC 4861, RFC 4391 section 9.3): solicitations and
 * advertisements.
 */
#include "interface/interface.h"

#include <string.h>

#include "wire/ip6.h"
#include "wire/mgid.h"
#include "wire/nd.h"

static struct ipoib_buffer *packet_of(struct ipoib_interface *interface,
				      const struct ipoib__nd *nd)
{
	struct ipoib_buffer *buffer = ipoib__control_buffer(interface, IPOIB__TYPE_IPV6);
	int length;

	if (!buffer)
		return NULL;
	length = ipoib__nd_encode(ipoib_buffer_data(buffer), ipoib_buffer_room(buffer), nd);
	ipoib__assert(length > 0);
	buffer->length = (uint32_t)length;
	return buffer;
}

static void multicast(struct ipoib_interface *interface, const struct ipoib__nd *nd, uint64_t now)
{
	struct ipoib_buffer *buffer = packet_of(interface, nd);
	struct ipoib_gid mgid = ipoib__mgid_ipv6(interface->config.scope, interface->config.pkey,
						 nd->destination);

	if (buffer)
		ipoib__control_multicast(interface, buffer, &mgid, now);
}

/* RFC 4862 section 5.4.2: from nobody, to the group in which the owner would listen. */
void ipoib__nd_probe(struct ipoib_interface *interface, const struct ipoib_ip *address,
		     uint64_t now)
{
	struct ipoib__nd nd = { .type = IPOIB__ND_SOLICITATION };

	memcpy(nd.target, address->raw, 16);
	ipoib__ipv6_solicited_node(nd.destination, address->raw);
	interface->statistics.nd_solicitations_sent++;
	multicast(interface, &nd, now);
}

static struct ipoib__nd advertisement(const struct ipoib_interface *interface,
				      const uint8_t address[16], uint8_t flags)
{
	struct ipoib__nd nd = { .type = IPOIB__ND_ADVERTISEMENT,
				.flags = flags,
				.has_link = true,
				.link = ipoib__interface_link_address(interface) };

	memcpy(nd.target, address, 16);
	memcpy(nd.source, address, 16);
	return nd;
}

/* RFC 4861 section 7.2.6: unasked, to everybody. */
void ipoib__nd_announce(struct ipoib_interface *interface, const struct ipoib_ip *address,
			uint64_t now)
{
	struct ipoib__nd nd = advertisement(interface, address->raw, IPOIB__ND_OVERRIDE);

	memcpy(nd.destination, ipoib__ipv6_all_nodes, 16);
	interface->statistics.nd_advertisements_sent++;
	multicast(interface, &nd, now);
}

void ipoib__nd_ask(struct ipoib_interface *interface, const struct ipoib__peer *peer,
		   const struct ipoib__question *question, uint64_t now)
{
	const struct ipoib_ip *target = &peer->neighbour.ip;
	struct ipoib_ip hint = ipoib__source_hint(peer);
	const struct ipoib__binding *source = ipoib__policy_source(
		interface->config.arp_announce, &interface->bindings, NULL, 0, target, &hint);
	struct ipoib__nd nd = { .type = IPOIB__ND_SOLICITATION,
				.has_link = true,
				.link = ipoib__interface_link_address(interface) };
	struct ipoib_buffer *buffer;

	if (!source) /* nobody to answer to; from :: it would be DAD */
		return;
	memcpy(nd.target, target->raw, 16);
	memcpy(nd.source, source->address.raw, 16);
	interface->statistics.nd_solicitations_sent++;
	if (!question->to) {
		ipoib__ipv6_solicited_node(nd.destination, target->raw);
		multicast(interface, &nd, now);
		return;
	}
	memcpy(nd.destination, target->raw, 16);
	buffer = packet_of(interface, &nd);
	if (buffer)
		ipoib__route_send(interface, buffer, question->to, question->wanted, now);
}

/* Where an asker that does not say where it is can be reached, if that is known. */
static const struct ipoib_link_address *known(const struct ipoib_interface *interface,
					      const struct ipoib_ip *ip)
{
	const struct ipoib__neighbour *n = ipoib__neighbours_find(&interface->neighbours, ip);

	return n && ipoib__neighbour_valid(n) ? &n->link_address : NULL;
}

/* RFC 4861 section 7.2.4. Who asks from :: is probing, and told together with everybody. */
void ipoib__nd_reply(struct ipoib_interface *interface, const struct ipoib__nd *asked,
		     uint64_t now)
{
	struct ipoib_ip asker = ipoib_ip_from_ipv6(asked->source);
	const struct ipoib_link_address *to =
		asked->has_link ? &asked->link : known(interface, &asker);
	struct ipoib__nd nd = advertisement(interface, asked->target,
					    IPOIB__ND_SOLICITED | IPOIB__ND_OVERRIDE);
	struct ipoib_link_address copy;
	struct ipoib_buffer *buffer;

	interface->statistics.nd_advertisements_sent++;
	if (ipoib__ipv6_is_unspecified(asked->source)) {
		nd.flags = IPOIB__ND_OVERRIDE;
		memcpy(nd.destination, ipoib__ipv6_all_nodes, 16);
		multicast(interface, &nd, now);
		return;
	}
	memcpy(nd.destination, asked->source, 16);
	if (!to || !ipoib__queue_room_answer(interface)) {
		interface->statistics.control_failed++;
		return;
	}
	copy = *to;
	buffer = packet_of(interface, &nd);
	if (buffer)
		ipoib__route_send(interface, buffer, &copy, false, now);
}
