/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The caller's addresses: bound to one interface of the context. What becomes of them there is
 * defend.c's; what is answered for, the policy's.
 */
#include "interface/interface.h"

#include <errno.h>

#include "base/sized.h"
#include "wire/ip6.h"

IPOIB__FIRST_VERSION(INFO_FIRST, struct ipoib_binding_info, reserved2, 80);

static void leave_groups(struct ipoib_binding *binding)
{
	for (size_t i = 0; i < IPOIB__BINDING_GROUPS; i++)
		ipoib_multicast_leave(binding->groups[i]);
}

/* Without them nobody could ask for the address (RFC 4291 section 2.8). */
static int join_groups(struct ipoib_binding *binding)
{
	struct ipoib_ip groups[IPOIB__BINDING_GROUPS];
	uint8_t solicited[16];
	int status = 0;

	if (binding->binding.address.family != IPOIB_IPV6)
		return 0;
	ipoib__ipv6_solicited_node(solicited, binding->binding.address.raw);
	groups[0] = ipoib_ip_from_ipv6(solicited);
	groups[1] = ipoib_ip_from_ipv6(ipoib__ipv6_all_nodes);
	for (size_t i = 0; status == 0 && i < IPOIB__BINDING_GROUPS; i++)
		status = ipoib_multicast_join(&binding->groups[i], binding->interface, &groups[i]);
	if (status < 0)
		leave_groups(binding);
	return status;
}

static struct ipoib_binding *make(struct ipoib_interface *interface,
				  const struct ipoib_ip *address, unsigned prefix_length)
{
	const struct ipoib_interface_config *config = &interface->config;
	struct ipoib_context *context = interface->context;
	struct ipoib_binding *binding =
		ipoib__memory_get(&context->memory, sizeof(*binding));

	if (!binding)
		return NULL;
	binding->context = context;
	binding->interface = interface;
	binding->binding.address = *address;
	binding->binding.prefix_length = (uint8_t)prefix_length;
	binding->binding.scope = ipoib__address_link_local(address) ? IPOIB_SCOPE_LINK :
								      IPOIB_SCOPE_GLOBAL;
	binding->parameters =
		ipoib__probe_parameters(config->acd, config->defend, address->family);
	binding->parameters.announce_num = config->announcements;
	ipoib__timer_init(&binding->timer, ipoib__address_timer);
	return binding;
}

/* Its address is ours now, and its subnet's broadcast address everyone's. */
static void not_a_neighbour(struct ipoib_interface *interface, const struct ipoib__binding *binding)
{
	struct ipoib_ip broadcast;

	ipoib_neighbour_remove(interface, &binding->address);
	if (ipoib__binding_broadcast(binding, &broadcast))
		ipoib_neighbour_remove(interface, &broadcast);
}

int ipoib_binding_open(struct ipoib_binding **out, struct ipoib_interface *interface,
		       const struct ipoib_ip *address, unsigned prefix_length)
{
	struct ipoib_context *context = interface->context;
	uint64_t now = ipoib__context_now(context);
	struct ipoib_binding *binding;
	int status = ipoib__binding_check(address, prefix_length);

	if (status < 0)
		return status;
	if (interface->closed)
		return -ENETDOWN;
	if (ipoib__address_elsewhere(interface, address))
		return -EADDRINUSE;
	binding = make(interface, address, prefix_length);
	if (!binding)
		return -ENOMEM;
	status = ipoib__bindings_add(&interface->bindings, &binding->binding);
	if (status == 0) {
		status = join_groups(binding);
		if (status < 0)
			ipoib__bindings_remove(&interface->bindings, &binding->binding);
	}
	if (status < 0) {
		ipoib__memory_put(&context->memory, binding, sizeof(*binding));
		return status;
	}
	not_a_neighbour(interface, &binding->binding);
	context->references++;
	interface->addresses_changed = true;
	context->again = true;
	ipoib__own_subnets(interface, &binding->binding, now);
	*out = binding;
	return 0;
}

int ipoib_binding_set_scope(struct ipoib_binding *binding, enum ipoib_scope scope)
{
	if (scope != IPOIB_SCOPE_GLOBAL && scope != IPOIB_SCOPE_LINK && scope != IPOIB_SCOPE_HOST)
		return -EINVAL;
	binding->binding.scope = (uint8_t)scope;
	return 0;
}

void ipoib_binding_announce(struct ipoib_binding *binding)
{
	if (!binding->interface || binding->interface->closed)
		return;
	binding->announce = true;
	binding->interface->addresses_changed = true;
	binding->context->again = true;
}

void ipoib_binding_close(struct ipoib_binding *binding)
{
	struct ipoib_context *context;

	if (!binding)
		return;
	context = binding->context;
	if (binding->interface) {
		ipoib__bindings_remove(&binding->interface->bindings, &binding->binding);
		ipoib__wheel_cancel(&context->wheel, &binding->timer);
	}
	leave_groups(binding);
	ipoib__memory_put(&context->memory, binding, sizeof(*binding));
	ipoib__context_release(context);
}

static int fill(const struct ipoib_binding *binding, struct ipoib_binding_info *info)
{
	const struct ipoib__probe *probe = &binding->binding.probe;
	bool conflict = probe->state == IPOIB_BINDING_CONFLICT;
	uint64_t now = ipoib_context_now(binding->context);
	const struct ipoib_binding_info full = {
		.address = binding->binding.address,
		.prefix_length = binding->binding.prefix_length,
		.scope = binding->binding.scope,
		.state = probe->state,
		.conflicts = probe->conflicts,
		.defences = probe->defences,
		.retry_ns = conflict && probe->deadline != IPOIB_NEVER && probe->deadline > now ?
				    probe->deadline - now :
				    0,
		.conflicting = binding->conflicting,
	};

	return ipoib__sized_out(info, info->size, INFO_FIRST, &full, sizeof(full));
}

int ipoib_binding_info(const struct ipoib_binding *binding, struct ipoib_binding_info *info)
{
	return binding->interface ? fill(binding, info) : -ENETDOWN;
}

/* The binding after so many others, or NULL. */
static const struct ipoib__binding *nth(const struct ipoib_interface *interface, uint64_t n)
{
	const struct ipoib__list *head = &interface->bindings.list;

	for (const struct ipoib__list *at = head->next; at != head; at = at->next)
		if (n-- == 0)
			return ipoib__container_of(at, struct ipoib__binding, link);
	return NULL;
}

int ipoib_binding_next(const struct ipoib_interface *interface, uint64_t *cursor,
		       struct ipoib_ip *address, unsigned *prefix_length)
{
	const struct ipoib__binding *binding = nth(interface, *cursor);

	if (!binding)
		return 0;
	(*cursor)++;
	*address = binding->address;
	*prefix_length = binding->prefix_length;
	return 1;
}

int ipoib_binding_info_next(const struct ipoib_interface *interface, uint64_t *cursor,
			    struct ipoib_binding_info *info)
{
	const struct ipoib__binding *binding = nth(interface, *cursor);
	int status;

	if (!binding)
		return 0;
	status = fill((const struct ipoib_binding *)(const void *)binding, info);
	if (status < 0)
		return status;
	(*cursor)++;
	return 1;
}
