/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Whether an address can be a neighbour's, and whether there is one of ours to ask it from. */
#include "interface/interface.h"

#include <errno.h>

#include "wire/ip6.h"

/* fe80::/10, and 169.254/16 of RFC 3927. */
bool ipoib__address_link_local(const struct ipoib_ip *address)
{
	if (address->family == IPOIB_IPV6)
		return ipoib__ipv6_is_link_local(address->raw);
	return address->raw[0] == 169 && address->raw[1] == 254;
}

/*
 * Two interfaces of one context that have one address would be the ARP flux that this library
 * is against. A link-local address says nothing beyond its link.
 */
bool ipoib__address_elsewhere(const struct ipoib_interface *interface,
			      const struct ipoib_ip *address)
{
	return !ipoib__address_link_local(address) &&
	       ipoib__own_address(interface, address) != NULL;
}

/*
 * Whether a neighbour on the link could have an address: no host's at all, or one of ours, can be
 * none (RFC 1122 section 3.2.1.3; RFC 4291 section 2.5).
 */
bool ipoib__address_of_peer(const struct ipoib_interface *interface,
			    const struct ipoib_ip *address)
{
	unsigned whole = address->family == IPOIB_IPV4 ? 32 : 128;

	return ipoib__binding_check(address, whole) == 0 &&
	       !ipoib__bindings_is_broadcast(&interface->bindings, address) &&
	       !ipoib__bindings_find(&interface->bindings, address) &&
	       !ipoib__address_elsewhere(interface, address);
}

/*
 * An address to ask from is there, or will be: one that is bound is being probed, or waits for the
 * link. One that was lost to a conflict for good is not.
 */
static bool may_ask_from(const struct ipoib_interface *interface, const struct ipoib_ip *target)
{
	const struct ipoib__list *head = &interface->bindings.list;
	const struct ipoib__bindings *others[IPOIB__OTHERS_MAX];
	const struct ipoib_ip hint = { .family = 0 };

	for (const struct ipoib__list *at = head->next; at != head; at = at->next) {
		const struct ipoib__binding *binding =
			ipoib__container_of(at, struct ipoib__binding, link);

		if (binding->address.family == target->family &&
		    binding->scope <= IPOIB_SCOPE_LINK &&
		    (binding->probe.state != IPOIB_BINDING_CONFLICT ||
		     binding->probe.deadline != IPOIB_NEVER))
			return true;
	}
	return interface->config.arp_announce == IPOIB_ARP_ANNOUNCE_ANY &&
	       ipoib__policy_source(IPOIB_ARP_ANNOUNCE_ANY, &interface->bindings, others,
				    ipoib__own_others(interface, others), target, &hint);
}

/*
 * Whether a next hop can be a neighbour, and asked for if its peer (NULL: none) has no link address
 * yet: 0, -EINVAL or -EADDRNOTAVAIL.
 */
int ipoib__address_next_hop(const struct ipoib_interface *interface,
			    const struct ipoib__peer *peer, const struct ipoib_ip *to)
{
	if (peer && ipoib__neighbour_valid(&peer->neighbour))
		return 0;
	if (!ipoib__address_of_peer(interface, to))
		return -EINVAL;
	return may_ask_from(interface, to) ? 0 : -EADDRNOTAVAIL;
}
