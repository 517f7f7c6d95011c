/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Memberships of the caller: who listens to a group, and for how long. */
#include "interface/interface.h"

#include <errno.h>

#include "wire/ip.h"
#include "wire/mgid.h"

static void note_change(struct ipoib__cast_group *group, struct ipoib_interface *interface,
			bool comes)
{
	ipoib__groups_member(&group->group, comes);
	if (!ipoib__list_is_linked(&group->use))
		ipoib__list_push_back(&interface->group_uses, &group->use);
	interface->context->again = true;
}

int ipoib_multicast_join(struct ipoib_multicast **out, struct ipoib_interface *interface,
			 const struct ipoib_ip *group)
{
	struct ipoib_context *context = interface->context;
	uint64_t now = ipoib__context_now(context);
	struct ipoib_multicast *multicast;
	struct ipoib__group *made;
	struct ipoib_gid mgid;
	int status;

	if (!ipoib__ip_is_multicast(group))
		return -EINVAL;
	status = ipoib__mgid_for_ip(&mgid, interface->config.scope, interface->config.pkey, group);
	if (status < 0)
		return status;
	if (interface->closed)
		return -ENETDOWN;
	multicast = ipoib__memory_get(&context->memory, sizeof(*multicast));
	if (!multicast)
		return -ENOMEM;
	status = ipoib__interface_group(interface, &mgid, now, &made);
	if (status < 0) {
		ipoib__memory_put(&context->memory, multicast, sizeof(*multicast));
		return status;
	}
	multicast->context = context;
	multicast->interface = interface;
	multicast->group = ipoib__cast_of(made);
	ipoib__list_init(&multicast->link);
	ipoib__list_push_back(&multicast->group->members, &multicast->link);
	context->references++;
	note_change(multicast->group, interface, true);
	*out = multicast;
	return 0;
}

void ipoib_multicast_leave(struct ipoib_multicast *multicast)
{
	struct ipoib_context *context;

	if (!multicast)
		return;
	context = multicast->context;
	ipoib__list_remove(&multicast->link);
	if (multicast->group)
		note_change(multicast->group, multicast->interface, false);
	ipoib__memory_put(&context->memory, multicast, sizeof(*multicast));
	ipoib__context_release(context);
}
