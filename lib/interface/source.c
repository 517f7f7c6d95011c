/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Neighbours that are to be asked for, and that there is no address to ask from yet: it is being
 * probed, or waits for the link.
 */
#include "interface/interface.h"

/* Neighbours that wait for an address to be asked from are looked through so often. */
#define SOURCE_NS UINT64_C(1000000000)

/* Whether its link address is to be asked for, and there is no address yet to ask from. */
static bool is_sourceless(const struct ipoib_interface *interface, const struct ipoib__peer *peer)
{
	const struct ipoib__neighbour *n = &peer->neighbour;

	return (n->state == IPOIB__NEIGHBOUR_NEW || n->state == IPOIB_NEIGHBOUR_FAILED) &&
	       !ipoib__source_for(interface, peer);
}

/* Whether a use of a neighbour has to wait for that; then it is taken up again by itself. */
bool ipoib__source_awaited(struct ipoib_interface *interface, struct ipoib__peer *peer,
			   uint64_t now)
{
	if (!is_sourceless(interface, peer))
		return false;
	ipoib__list_push_back(&interface->sourceless, &peer->use);
	if (!ipoib__timer_armed(&interface->source_timer))
		ipoib__wheel_arm(&interface->context->wheel, &interface->source_timer,
				 now + SOURCE_NS);
	return true;
}

/* What waited has its own time limit; a neighbour that nothing waits for is not asked for later. */
void ipoib__source_due(struct ipoib__timer *timer, uint64_t now)
{
	struct ipoib_interface *interface =
		ipoib__container_of(timer, struct ipoib_interface, source_timer);
	struct ipoib__list *first, still;

	ipoib__list_init(&still);
	for (unsigned budget = IPOIB__DISPATCH_USES;
	     budget > 0 && (first = ipoib__list_pop_front(&interface->sourceless)) != NULL;
	     budget--) {
		struct ipoib__peer *peer = ipoib__container_of(first, struct ipoib__peer, use);

		if (peer->waiting.count > 0)
			ipoib__list_push_back(&still, first);
		else if (peer->neighbour.state == IPOIB__NEIGHBOUR_NEW)
			ipoib__neighbours_remove(&interface->neighbours, &peer->neighbour, false);
	}
	ipoib__list_splice(&interface->sourceless, &still);
	if (!ipoib__list_empty(&interface->sourceless))
		ipoib__wheel_arm(&interface->context->wheel, timer, now + SOURCE_NS);
}

/* There is an address to ask from. */
void ipoib__source_ready(struct ipoib_interface *interface)
{
	if (ipoib__list_empty(&interface->sourceless))
		return;
	ipoib__list_splice(&interface->uses, &interface->sourceless);
	interface->context->again = true;
}
