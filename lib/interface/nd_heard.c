/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Neighbour discovery on an IPoIB link (RFC 4861, RFC 4391 section 9.3): solicitations and
 * advertisements. What arrives is read in the order of arp_heard.c. Routers, prefixes and redirects
 * are the business of the IP stack above, and go there.
 *
 * The levels of arp_ignore and arp_announce are obeyed as far as they make sense here: no level
 * makes an IPv6 address of one interface be answered for, or asked from, on another.
 */
#include "interface/interface.h"

#include "wire/ip.h"
#include "wire/ip6.h"
#include "wire/mgid.h"
#include "wire/nd.h"

#define AT_NEXT_HEADER 6

/* Whether a packet is one of the two; a look at two octets. */
bool ipoib__nd_is(const uint8_t *packet, size_t length)
{
	return length > IPOIB__IPV6_HEADER_LENGTH &&
	       packet[AT_NEXT_HEADER] == IPOIB__IP_PROTOCOL_ICMPV6 &&
	       (packet[IPOIB__IPV6_HEADER_LENGTH] == IPOIB__ND_SOLICITATION ||
		packet[IPOIB__IPV6_HEADER_LENGTH] == IPOIB__ND_ADVERTISEMENT);
}

static bool is_ours(const struct ipoib_interface *interface, const struct ipoib_ip *ip)
{
	return ipoib__bindings_find(&interface->bindings, ip) ||
	       ipoib__own_address(interface, ip);
}

/* RFC 4861 section 7.2.3. */
static void solicited(struct ipoib_interface *interface, const struct ipoib__nd *nd,
		      const struct ipoib_buffer *packet, const struct ipoib_link_address *from,
		      uint64_t now)
{
	struct ipoib_ip target = ipoib_ip_from_ipv6(nd->target);
	struct ipoib_ip source = ipoib_ip_from_ipv6(nd->source);
	const struct ipoib__binding *binding =
		ipoib__bindings_find(&interface->bindings, &target);
	const struct ipoib__told told = { .ip = &source,
					  .link_address = &nd->link,
					  .claim = IPOIB_CLAIM_SOLICITATION,
					  .for_us = true,
					  .create = true,
					  .own_word = ipoib__first_own_question(interface, &source,
										&target),
					  .packet = packet };

	interface->statistics.nd_solicitations_received++;
	if (!binding) {
		if (ipoib__own_address(interface, &target))
			interface->statistics.arp_ignored++;
		return;
	}
	if (ipoib__ipv6_is_unspecified(nd->source))
		ipoib__address_wanted(interface, &target, from, now);
	if (!ipoib__policy_answer(interface->config.arp_ignore, &interface->bindings, NULL, 0,
				  &target, &source)) {
		interface->statistics.arp_ignored +=
			binding->probe.state == IPOIB_BINDING_READY;
		return;
	}
	if (nd->has_link && ipoib__binding_check(&source, 128) == 0 &&
	    !is_ours(interface, &source))
		ipoib__resolve_told(interface, &told, now);
	ipoib__nd_reply(interface, nd, now);
}

/* RFC 4861 section 7.2.5: who is not known is not entered. */
static void advertised(struct ipoib_interface *interface, const struct ipoib__nd *nd,
		       const struct ipoib_buffer *packet, const struct ipoib_link_address *from,
		       uint64_t now)
{
	struct ipoib_ip target = ipoib_ip_from_ipv6(nd->target);
	const struct ipoib__told told = {
		.ip = &target,
		.link_address = nd->has_link ? &nd->link : NULL,
		.claim = IPOIB_CLAIM_ADVERTISEMENT,
		.answer = nd->flags & IPOIB__ND_SOLICITED,
		.weak = !(nd->flags & IPOIB__ND_OVERRIDE),
		.for_us = true,
		.own_word = !(nd->flags & IPOIB__ND_SOLICITED),
		.packet = packet,
	};

	interface->statistics.nd_advertisements_received++;
	if (ipoib__bindings_find(&interface->bindings, &target))
		ipoib__address_used(interface, &target, from, now);
	if (!is_ours(interface, &target))
		ipoib__resolve_told(interface, &told, now);
}

/*
 * The solicitation of who probes an address does not say where it comes from; the packet's
 * headers do, for what goes to a group has a GRH.
 */
void ipoib__nd_received(struct ipoib_interface *interface, const struct ipoib_buffer *buffer,
			size_t length, uint64_t now)
{
	const uint8_t *packet = buffer->memory + IPOIB__HEADROOM;
	const struct ipoib_link_address *from = &buffer->source;
	struct ipoib_gid gid;
	struct ipoib__nd nd;

	if (ipoib__nd_decode(&nd, packet, length, interface->port.gid.raw) < 0) {
		interface->statistics.nd_malformed++;
		return;
	}
	if (nd.padded_at_end)
		interface->statistics.nd_padded_at_end++;
	if (nd.has_link)
		from = &nd.link;
	if (ipoib__link_address_is_multicast(from))
		return; /* a group is nobody's GID */
	if (ipoib__own_link(interface, from)) {
		ipoib__own_heard(interface, from, now);
		return;
	}
	if (nd.has_link) {
		gid = ipoib_link_address_gid(from);
		ipoib__lid_from(interface, &gid, buffer, now);
	}
	if (nd.type == IPOIB__ND_SOLICITATION)
		solicited(interface, &nd, buffer, from, now);
	else
		advertised(interface, &nd, buffer, from, now);
}
