/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "binding/binding.h"

#include <errno.h>

#define IPV4_BITS 32

static uint32_t ipv4(const struct ipoib_ip *ip)
{
	return (uint32_t)ip->raw[0] << 24 | (uint32_t)ip->raw[1] << 16 | (uint32_t)ip->raw[2] << 8 |
	       ip->raw[3];
}

/* The bits of an address behind its prefix. */
static uint32_t host_mask(unsigned prefix_length)
{
	return (uint32_t)((UINT64_C(1) << (IPV4_BITS - prefix_length)) - 1);
}

static bool same_subnet(const struct ipoib__binding *binding, const struct ipoib_ip *other)
{
	uint32_t differ = ipv4(&binding->address) ^ ipv4(other);

	return other->family == IPOIB_IPV4 && (differ & ~host_mask(binding->prefix_length)) == 0;
}

static bool is_directed_broadcast(const struct ipoib_ip *address, unsigned prefix_length)
{
	uint32_t hosts = host_mask(prefix_length);

	return prefix_length < IPV4_BITS - 1 && (ipv4(address) & hosts) == hosts;
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

int ipoib__binding_check(const struct ipoib_ip *address, unsigned prefix_length)
{
	uint8_t first = address->raw[0];

	if (address->family != IPOIB_IPV4)
		return -EAFNOSUPPORT;
	if (prefix_length > IPV4_BITS)
		return -EINVAL;
	/* RFC 1122 section 3.2.1.3; 240/4 is reserved */
	if (first == 0 || first == 127 || first >= 224)
		return -EINVAL;
	return is_directed_broadcast(address, prefix_length) ? -EINVAL : 0;
}

int ipoib__bindings_add(struct ipoib__bindings *bindings, struct ipoib__binding *binding)
{
	ipoib__assert(ipoib__binding_check(&binding->address, binding->prefix_length) == 0);
	if (ipoib__bindings_find(bindings, &binding->address))
		return -EADDRINUSE;
	if (bindings->count == IPOIB__BINDINGS_MAX)
		return -ENOSPC;
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

const struct ipoib__binding *ipoib__bindings_source(const struct ipoib__bindings *bindings,
						    const struct ipoib_ip *target)
{
	const struct ipoib__binding *first = NULL;

	for (struct ipoib__list *at = bindings->list.next; at != &bindings->list; at = at->next) {
		struct ipoib__binding *binding = binding_at(at);

		if (same_subnet(binding, target))
			return binding;
		if (!first)
			first = binding;
	}
	return first;
}

bool ipoib__bindings_is_broadcast(const struct ipoib__bindings *bindings,
				  const struct ipoib_ip *address)
{
	for (struct ipoib__list *at = bindings->list.next; at != &bindings->list; at = at->next) {
		struct ipoib__binding *binding = binding_at(at);

		if (same_subnet(binding, address) &&
		    is_directed_broadcast(address, binding->prefix_length))
			return true;
	}
	return false;
}
