/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The caller's addresses: bound to one interface of the context, answered for there and nowhere
 * else.
 */
#include "interface/interface.h"

#include <errno.h>

/*
 * Two interfaces of one context that answer for one address would be the ARP flux that this
 * library is against.
 */
static bool bound_anywhere(const struct ipoib_context *context, const struct ipoib_ip *address)
{
	const struct ipoib__list *t, *i;

	for (t = context->transports.next; t != &context->transports; t = t->next) {
		const struct ipoib_transport *transport =
			ipoib__container_of(t, struct ipoib_transport, link);

		for (i = transport->interfaces.next; i != &transport->interfaces; i = i->next) {
			const struct ipoib_interface *interface =
				ipoib__container_of(i, struct ipoib_interface, link);

			if (!interface->closed &&
			    ipoib__bindings_find(&interface->bindings, address))
				return true;
		}
	}
	return false;
}

int ipoib_binding_open(struct ipoib_binding **out, struct ipoib_interface *interface,
		       const struct ipoib_ip *address, unsigned prefix_length)
{
	struct ipoib_context *context = interface->context;
	struct ipoib_binding *binding;
	int status = ipoib__binding_check(address, prefix_length);

	if (status < 0)
		return status;
	if (interface->closed)
		return -ENETDOWN;
	if (bound_anywhere(context, address))
		return -EADDRINUSE;
	binding = ipoib__memory_get(&context->memory, sizeof(*binding));
	if (!binding)
		return -ENOMEM;
	binding->context = context;
	binding->interface = interface;
	binding->binding.address = *address;
	binding->binding.prefix_length = (uint8_t)prefix_length;
	status = ipoib__bindings_add(&interface->bindings, &binding->binding);
	if (status < 0) {
		ipoib__memory_put(&context->memory, binding, sizeof(*binding));
		return status;
	}
	context->references++;
	*out = binding;
	return 0;
}

void ipoib_binding_close(struct ipoib_binding *binding)
{
	struct ipoib_context *context;

	if (!binding)
		return;
	context = binding->context;
	if (binding->interface)
		ipoib__bindings_remove(&binding->interface->bindings, &binding->binding);
	ipoib__memory_put(&context->memory, binding, sizeof(*binding));
	ipoib__context_release(context);
}

int ipoib_binding_next(const struct ipoib_interface *interface, uint64_t *cursor,
		       struct ipoib_ip *address, unsigned *prefix_length)
{
	const struct ipoib__list *head = &interface->bindings.list;
	uint64_t seen = 0;

	for (struct ipoib__list *at = head->next; at != head; at = at->next) {
		const struct ipoib__binding *binding =
			ipoib__container_of(at, struct ipoib__binding, link);

		if (seen++ < *cursor)
			continue;
		*cursor = seen;
		*address = binding->address;
		*prefix_length = binding->prefix_length;
		return 1;
	}
	return 0;
}
