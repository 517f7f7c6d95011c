/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Address handles, counted: one lives as long as a posted send uses it (I11). */
#include "interface/interface.h"

struct ipoib__ah *ipoib__ah_new(struct ipoib_interface *interface,
				const struct ipoib_ah_attributes *attributes)
{
	struct ipoib_transport *transport = interface->transport;
	struct ipoib__memory *memory = &interface->context->memory;
	struct ipoib__ah *ah = ipoib__memory_get(memory, sizeof(*ah));

	if (!ah)
		return NULL;
	if (transport->ops->ah_create(transport->self, attributes, &ah->handle) < 0) {
		ipoib__memory_put(memory, ah, sizeof(*ah));
		return NULL;
	}
	ah->attributes = *attributes;
	ah->references = 1;
	return ah;
}

void ipoib__ah_free(struct ipoib_interface *interface, struct ipoib__ah *ah)
{
	ipoib__assert(ah->references == 0);
	interface->transport->ops->ah_destroy(interface->transport->self, ah->handle);
	ipoib__memory_put(&interface->context->memory, ah, sizeof(*ah));
}
