/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The other interfaces of the context. Two ports of one host on one link hear each other: what
 * comes from there is never a conflict, never a neighbour (I40), and a reason to tell the
 * administrator, for it is the beginning of ARP flux.
 */
#include "interface/interface.h"

struct ipoib_link_address ipoib__interface_link_address(const struct ipoib_interface *interface)
{
	/* Whoever sees the flag will try to connect: it is set only where connections are taken. */
	bool takes = interface->config.mode == IPOIB_MODE_CONNECTED && !interface->takes_none;
	uint8_t flags = takes ? IPOIB_LINK_ADDRESS_RC : 0;

	return ipoib_link_address_make(flags, interface->qpn, &interface->port.gid);
}

/* Goes through the open interfaces of the context but one; NULL begins, and NULL ends. */
struct ipoib_interface *ipoib__own_next(const struct ipoib_interface *but,
					const struct ipoib_interface *after)
{
	const struct ipoib_context *context = but->context;
	const struct ipoib__list *t = after ? &after->transport->link : context->transports.next;

	for (; t != &context->transports; t = t->next) {
		const struct ipoib_transport *transport =
			ipoib__container_of(t, struct ipoib_transport, link);
		const struct ipoib__list *i = transport->interfaces.next;

		if (after && after->transport == transport)
			i = after->link.next;
		for (; i != &transport->interfaces; i = i->next) {
			struct ipoib_interface *other =
				ipoib__container_of(i, struct ipoib_interface, link);

			if (other != but && !other->closed)
				return other;
		}
	}
	return NULL;
}

size_t ipoib__own_others(const struct ipoib_interface *interface,
			 const struct ipoib__bindings *others[IPOIB__OTHERS_MAX])
{
	const struct ipoib_interface *other = NULL;
	size_t count = 0;

	while (count < IPOIB__OTHERS_MAX && (other = ipoib__own_next(interface, other)) != NULL)
		others[count++] = &other->bindings;
	return count;
}

static const struct ipoib_interface *by_link(const struct ipoib_interface *interface,
					     const struct ipoib_link_address *link_address)
{
	const struct ipoib_interface *other = NULL;

	while ((other = ipoib__own_next(interface, other)) != NULL) {
		struct ipoib_link_address its = ipoib__interface_link_address(other);

		if (ipoib_link_address_same_peer(&its, link_address))
			return other;
	}
	return NULL;
}

/* Whether a link address is one of ours: of this interface, or of another one of the context. */
bool ipoib__own_link(const struct ipoib_interface *interface,
		     const struct ipoib_link_address *link_address)
{
	struct ipoib_link_address its = ipoib__interface_link_address(interface);

	return ipoib_link_address_same_peer(&its, link_address) ||
	       by_link(interface, link_address) != NULL;
}

/* The other interface that an address is bound to, or NULL. */
const struct ipoib_interface *ipoib__own_address(const struct ipoib_interface *interface,
						 const struct ipoib_ip *address)
{
	const struct ipoib_interface *other = NULL;

	while ((other = ipoib__own_next(interface, other)) != NULL)
		if (ipoib__bindings_find(&other->bindings, address))
			return other;
	return NULL;
}

static bool told_already(const struct ipoib_interface *interface,
			 const struct ipoib_link_address *link_address)
{
	for (uint32_t i = 0; i < interface->same_link_count; i++)
		if (ipoib_link_address_same_peer(&interface->same_link[i], link_address))
			return true;
	return false;
}

/* Another interface of the context was heard here: told once for as long as the link is up. */
void ipoib__own_heard(struct ipoib_interface *interface,
		      const struct ipoib_link_address *link_address, uint64_t now)
{
	const struct ipoib_interface *other = by_link(interface, link_address);
	struct ipoib_event event = { .type = IPOIB_EVENT_SAME_LINK,
				     .link_address = *link_address,
				     .gid = interface->port.gid };

	interface->statistics.own_heard++;
	if (!other || told_already(interface, link_address) ||
	    interface->same_link_count == IPOIB__OTHERS_MAX)
		return;
	interface->same_link[interface->same_link_count++] = *link_address;
	if (!interface->config.event)
		ipoib__log_write(&interface->context->log, IPOIB_LOG_WARNING,
				 "%s and %s are on one link (P_Key 0x%04x): give each subnet a "
				 "P_Key of its own",
				 interface->port.name, other->port.name,
				 (unsigned)interface->config.pkey);
	ipoib__answer_event(interface, &event, now);
}

static bool has_subnet(const struct ipoib__bindings *bindings, const struct ipoib__binding *of)
{
	for (const struct ipoib__list *at = bindings->list.next; at != &bindings->list;
	     at = at->next) {
		const struct ipoib__binding *its =
			ipoib__container_of(at, struct ipoib__binding, link);
		unsigned shorter = its->prefix_length < of->prefix_length ? its->prefix_length :
									    of->prefix_length;

		if (its->scope == IPOIB_SCOPE_GLOBAL &&
		    ipoib__binding_same_subnet(&its->address, &of->address, shorter))
			return true;
	}
	return false;
}

/* An address was bound: whether another interface has one in the same subnet. */
void ipoib__own_subnets(struct ipoib_interface *interface, const struct ipoib__binding *binding,
			uint64_t now)
{
	struct ipoib_event event = { .type = IPOIB_EVENT_SAME_SUBNET, .ip = binding->address };
	const struct ipoib_interface *other = NULL;

	if (binding->scope != IPOIB_SCOPE_GLOBAL) /* every link has fe80::/64 */
		return;
	while ((other = ipoib__own_next(interface, other)) != NULL) {
		if (!has_subnet(&other->bindings, binding))
			continue;
		event.link_address = ipoib__interface_link_address(other);
		if (!interface->config.event)
			ipoib__log_write(&interface->context->log, IPOIB_LOG_WARNING,
					 "%s and %s have addresses in one subnet: packets leave "
					 "by one of them alone",
					 interface->port.name, other->port.name);
		ipoib__answer_event(interface, &event, now);
	}
}
