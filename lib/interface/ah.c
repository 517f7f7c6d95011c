/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Address handles: one lives until the last send that used it has completed (I11).
 *
 * No send is counted for that, for then each packet would write to its handle. Sends are numbered
 * as they are posted, and complete in that order. A handle that nothing refers to any more is
 * retired:
 *
 *  1. It waits for the end of the turn, or of a burst of completions. A burst that is being sent
 *     may hold it meanwhile, and has been posted by then.
 *  2. Then the last send that was posted is the last that may have used it. When that has
 *     completed, the handle is destroyed; so many in a turn, and the rest in the next.
 */
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
	ipoib__list_init(&ah->retired);
	return ah;
}

void ipoib__ah_retire(struct ipoib_interface *interface, struct ipoib__ah *ah)
{
	ipoib__assert(ah->references == 0);
	ipoib__list_push_back(&interface->retired, &ah->retired);
	interface->context->again = true;
}

static void destroy(struct ipoib_interface *interface, struct ipoib__ah *ah)
{
	ipoib__list_remove(&ah->retired);
	interface->transport->ops->ah_destroy(interface->transport->self, ah->handle);
	ipoib__memory_put(&interface->context->memory, ah, sizeof(*ah));
}

/* No burst is being sent. */
void ipoib__ahs_sweep(struct ipoib_interface *interface, unsigned budget)
{
	uint64_t completed = interface->posted - interface->sends_out;
	struct ipoib__list *first;

	while ((first = ipoib__list_pop_front(&interface->retired)) != NULL) {
		ipoib__container_of(first, struct ipoib__ah, retired)->last = interface->posted;
		ipoib__list_push_back(&interface->retiring, first);
	}
	while ((first = ipoib__list_first(&interface->retiring)) != NULL) {
		struct ipoib__ah *ah = ipoib__container_of(first, struct ipoib__ah, retired);

		if (ah->last > completed)
			return;
		if (budget-- == 0) {
			interface->context->again = true;
			return;
		}
		destroy(interface, ah);
	}
}
