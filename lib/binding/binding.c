/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "binding/binding.h"

#include <errno.h>
#include <string.h>

#define IPV4_BITS 32
#define IPV6_BITS 128

static unsigned bits_of(const struct ipoib_ip *address)
{
	switch (address->family) {
	case IPOIB_IPV4:
		return IPV4_BITS;
	case IPOIB_IPV6:
		return IPV6_BITS;
	default:
		return 0;
	}
}

bool ipoib__binding_same_subnet(const struct ipoib_ip *a, const struct ipoib_ip *b,
				unsigned prefix_length)
{
	unsigned bits = bits_of(a), rest;

	if (bits == 0 || a->family != b->family)
		return false;
	if (prefix_length > bits)
		prefix_length = bits;
	if (memcmp(a->raw, b->raw, prefix_length / 8) != 0)
		return false;
	rest = prefix_length % 8; /* bits in the octet that the prefix ends in */
	return rest == 0 ||
	       (a->raw[prefix_length / 8] ^ b->raw[prefix_length / 8]) >> (8 - rest) == 0;
}

/* Whether all bits behind the prefix are set. Not of a /31 or /32: RFC 3021. */
static bool is_directed_broadcast(const struct ipoib_ip *address, unsigned prefix_length)
{
	if (prefix_length >= IPV4_BITS - 1)
		return false;
	for (unsigned bit = prefix_length; bit < IPV4_BITS; bit++)
		if (!(address->raw[bit / 8] & 0x80 >> bit % 8))
			return false;
	return true;
}

static struct ipoib__binding *binding_at(struct ipoib__list *link)
{
	return ipoib__container_of(link, struct ipoib__binding, link);
}

void ipoib__bindings_init(struct ipoib__bindings *bindings)
{
	ipoib__list_init(&bindings->list);
	bindings->count = 0;
}

/* RFC 1122 section 3.2.1.3; 240/4 is reserved */
static bool is_ipv4_host(const struct ipoib_ip *address, unsigned prefix_length)
{
	uint8_t first = address->raw[0];

	return first != 0 && first != 127 && first < 224 &&
	       !is_directed_broadcast(address, prefix_length);
}

/* RFC 4291 section 2.5.2 (::), 2.5.3 (::1), 2.5.5.2 (::ffff:0:0/96) and 2.7 (ff00::/8) */
static bool is_ipv6_host(const struct ipoib_ip *address)
{
	static const struct ipoib_ip unspecified = { .family = IPOIB_IPV6 };
	static const struct ipoib_ip loopback = { .family = IPOIB_IPV6, .raw = { [15] = 1 } };
	static const struct ipoib_ip mapped = { .family = IPOIB_IPV6,
						.raw = { [10] = 0xff, [11] = 0xff } };

	return !ipoib__binding_same_subnet(address, &unspecified, IPV6_BITS) &&
	       !ipoib__binding_same_subnet(address, &loopback, IPV6_BITS) &&
	       !ipoib__binding_same_subnet(address, &mapped, 96) && address->raw[0] != 0xff;
}

int ipoib__binding_check(const struct ipoib_ip *address, unsigned prefix_length)
{
	bool host;

	if (bits_of(address) == 0)
		return -EAFNOSUPPORT;
	if (prefix_length > bits_of(address))
		return -EINVAL;
	host = address->family == IPOIB_IPV4 ? is_ipv4_host(address, prefix_length) :
					       is_ipv6_host(address);
	return host ? 0 : -EINVAL;
}

int ipoib__bindings_add(struct ipoib__bindings *bindings, struct ipoib__binding *binding)
{
	ipoib__assert(ipoib__binding_check(&binding->address, binding->prefix_length) == 0);
	if (ipoib__bindings_find(bindings, &binding->address))
		return -EADDRINUSE;
	if (bindings->count == IPOIB__BINDINGS_MAX)
		return -ENOSPC;
	ipoib__probe_init(&binding->probe);
	ipoib__list_init(&binding->link);
	ipoib__list_push_back(&bindings->list, &binding->link);
	bindings->count++;
	return 0;
}

void ipoib__bindings_remove(struct ipoib__bindings *bindings, struct ipoib__binding *binding)
{
	ipoib__assert(ipoib__list_is_linked(&binding->link) && bindings->count > 0);
	ipoib__list_remove(&binding->link);
	bindings->count--;
}

struct ipoib__binding *ipoib__bindings_find(const struct ipoib__bindings *bindings,
					    const struct ipoib_ip *address)
{
	for (struct ipoib__list *at = bindings->list.next; at != &bindings->list; at = at->next) {
		struct ipoib__binding *binding = binding_at(at);

		if (ipoib_ip_equal(&binding->address, address))
			return binding;
	}
	return NULL;
}

bool ipoib__binding_broadcast(const struct ipoib__binding *binding, struct ipoib_ip *broadcast)
{
	if (binding->address.family != IPOIB_IPV4 || binding->prefix_length >= IPV4_BITS - 1)
		return false;
	*broadcast = binding->address;
	for (unsigned bit = binding->prefix_length; bit < IPV4_BITS; bit++)
		broadcast->raw[bit / 8] |= (uint8_t)(0x80 >> bit % 8);
	return true;
}

bool ipoib__bindings_is_broadcast(const struct ipoib__bindings *bindings,
				  const struct ipoib_ip *address)
{
	struct ipoib_ip broadcast;

	for (struct ipoib__list *at = bindings->list.next; at != &bindings->list; at = at->next)
		if (ipoib__binding_broadcast(binding_at(at), &broadcast) &&
		    ipoib_ip_equal(&broadcast, address))
			return true;
	return false;
}
