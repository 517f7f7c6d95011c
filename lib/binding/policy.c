/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Who is answered, and who asks, by the levels of Linux (net/ipv4/arp.c): what is the same and
 * what is not stands in doc/addresses.md.
 *
 * The levels are of IPv4. RFC 4861 section 7.2.3 answers only for addresses of the interface
 * that was asked, and 7.2.2 asks only from them, and so does Linux whatever its levels: IPv6
 * never looks at other interfaces.
 */
#include "binding/binding.h"

#include <ipoib/interface.h>

static const struct ipoib__binding *first_of(const struct ipoib__bindings *bindings)
{
	const struct ipoib__list *first = ipoib__list_first(&bindings->list);

	return first ? ipoib__container_of(first, struct ipoib__binding, link) : NULL;
}

static const struct ipoib__binding *next_of(const struct ipoib__bindings *bindings,
					    const struct ipoib__binding *binding)
{
	const struct ipoib__list *next = binding->link.next;

	return next == &bindings->list ?
		       NULL :
		       ipoib__container_of(next, struct ipoib__binding, link);
}

static bool is_ready(const struct ipoib__binding *binding)
{
	return binding->probe.state == IPOIB_BINDING_READY;
}

static const struct ipoib__binding *find_ready(const struct ipoib__bindings *bindings,
					       const struct ipoib_ip *address)
{
	const struct ipoib__binding *binding = ipoib__bindings_find(bindings, address);

	return binding && is_ready(binding) ? binding : NULL;
}

/* The kernel's inet_addr_type() == RTN_LOCAL: this interface first, then the others. */
static const struct ipoib__binding *find_anywhere(const struct ipoib__bindings *here,
						  const struct ipoib__bindings *const *others,
						  size_t count, const struct ipoib_ip *address)
{
	const struct ipoib__binding *binding = find_ready(here, address);

	if (address->family != IPOIB_IPV4)
		return binding;
	for (size_t i = 0; !binding && i < count; i++)
		binding = find_ready(others[i], address);
	return binding;
}

static bool is_in_subnet(const struct ipoib__binding *binding, const struct ipoib_ip *address)
{
	return ipoib__binding_same_subnet(&binding->address, address, binding->prefix_length);
}

/* The kernel's inet_addr_onlink(): one subnet of this interface has both. */
static bool is_one_subnet(const struct ipoib__bindings *here, const struct ipoib_ip *a,
			  const struct ipoib_ip *b)
{
	const struct ipoib__binding *at;

	for (at = first_of(here); at; at = next_of(here, at))
		if (is_ready(at) && is_in_subnet(at, a) && is_in_subnet(at, b))
			return true;
	return false;
}

/* ---- arp_ignore ---- */

const struct ipoib__binding *
ipoib__policy_answer(uint8_t arp_ignore, const struct ipoib__bindings *here,
		     const struct ipoib__bindings *const *others, size_t count,
		     const struct ipoib_ip *target, const struct ipoib_ip *sender)
{
	const struct ipoib__binding *binding;

	/*
	 * Who says that he has one of our addresses is not answered, but defended against: answers
	 * would be defences without a limit (RFC 5227 section 2.4). The kernel's routing drops him
	 * as a martian.
	 */
	if (find_ready(here, sender))
		return NULL;
	switch (arp_ignore) {
	case IPOIB_ARP_IGNORE_INTERFACE:
		return find_ready(here, target);
	case IPOIB_ARP_IGNORE_SUBNET:
		binding = find_ready(here, target);
		/* who asks by IPv6 has a link-local address, too: no subnet tells a stranger */
		if (!binding || target->family != IPOIB_IPV4 || sender->family == 0 ||
		    is_one_subnet(here, target, sender))
			return binding;
		return NULL;
	case IPOIB_ARP_IGNORE_HOST:
		binding = find_anywhere(here, others, count, target);
		return binding && binding->scope <= IPOIB_SCOPE_LINK ? binding : NULL;
	case IPOIB_ARP_IGNORE_ALL:
		return NULL;
	default: /* the kernel takes the numbers that have no meaning for 0 */
		return find_anywhere(here, others, count, target);
	}
}

/* ---- arp_announce ---- */

static bool is_link_local(const struct ipoib_ip *address)
{
	return address->family == IPOIB_IPV6 && address->raw[0] == 0xfe &&
	       (address->raw[1] & 0xc0) == 0x80; /* fe80::/10 */
}

/* A better source has a greater number; 0 is none. */
static unsigned fitness(const struct ipoib__binding *binding, const struct ipoib_ip *target)
{
	if (!is_ready(binding) || binding->address.family != target->family ||
	    binding->scope > IPOIB_SCOPE_LINK)
		return 0;
	if (is_link_local(target) && is_link_local(&binding->address))
		return 3;
	return is_in_subnet(binding, target) ? 2 : 1;
}

/* The kernel's inet_select_addr(): of those that are as fit, the one that was bound first. */
static const struct ipoib__binding *select_here(const struct ipoib__bindings *here,
						const struct ipoib_ip *target)
{
	const struct ipoib__binding *best = NULL, *at;
	unsigned fit = 0;

	for (at = first_of(here); at; at = next_of(here, at)) {
		if (fitness(at, target) <= fit)
			continue;
		fit = fitness(at, target);
		best = at;
	}
	return best;
}

/* The end of inet_select_addr(): what is valid on another link only is not borrowed. */
static const struct ipoib__binding *borrow(const struct ipoib__bindings *const *others,
					   size_t count)
{
	const struct ipoib__binding *at;

	for (size_t i = 0; i < count; i++)
		for (at = first_of(others[i]); at; at = next_of(others[i], at))
			if (is_ready(at) && at->address.family == IPOIB_IPV4 &&
			    at->scope < IPOIB_SCOPE_LINK)
				return at;
	return NULL;
}

const struct ipoib__binding *
ipoib__policy_source(uint8_t arp_announce, const struct ipoib__bindings *here,
		     const struct ipoib__bindings *const *others, size_t count,
		     const struct ipoib_ip *target, const struct ipoib_ip *hint)
{
	const struct ipoib__binding *source = NULL;

	if (arp_announce != IPOIB_ARP_ANNOUNCE_BEST && hint->family == target->family)
		source = find_anywhere(here, others, count, hint);
	if (source && arp_announce == IPOIB_ARP_ANNOUNCE_SUBNET &&
	    !is_one_subnet(here, target, hint))
		source = NULL;
	if (!source)
		source = select_here(here, target);
	if (!source && arp_announce == IPOIB_ARP_ANNOUNCE_ANY && target->family == IPOIB_IPV4)
		source = borrow(others, count);
	return source;
}
