/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * What the caller is to be told: noted where it arises, deep inside of a state machine, and told at
 * the end of the turn (answer.c).
 */
#include "interface/interface.h"

/*
 * Events of single neighbours leave this much room to those of the link, which come in a handful.
 */
#define EVENTS_RESERVED 32

static bool is_of_neighbour(const struct ipoib_event *event)
{
	return event->type == IPOIB_EVENT_NEIGHBOUR_FAILED ||
	       event->type == IPOIB_EVENT_NEIGHBOUR_MOVED ||
	       event->type == IPOIB_EVENT_NEIGHBOUR_MTU ||
	       event->type == IPOIB_EVENT_NEIGHBOUR_FLUX ||
	       event->type == IPOIB_EVENT_PATH_STALE ||
	       event->type == IPOIB_EVENT_CONNECTION_FOREIGN ||
	       event->type == IPOIB_EVENT_CONNECTION_LOST ||
	       event->type == IPOIB_EVENT_JOIN_FAILED;
}

void ipoib__answer_event(struct ipoib_interface *interface, const struct ipoib_event *event,
			 uint64_t now)
{
	struct ipoib_event noted = *event;
	size_t limit = IPOIB__EVENTS_MAX - (is_of_neighbour(event) ? EVENTS_RESERVED : 0);

	noted.size = sizeof(noted);
	noted.time = now;
	if (!interface->config.event)
		return;
	if (ipoib__ring_count(&interface->events) >= limit ||
	    !ipoib__ring_push(&interface->events, &noted))
		interface->statistics.events_lost++;
	interface->context->again = true; /* another interface's turn may have brought it */
}

/*
 * What wakes a caller that waits. False when events leave no room for it: it is told in a later
 * turn then, and never lost (I24).
 */
bool ipoib__answer_wake(struct ipoib_interface *interface, uint32_t type, uint64_t now)
{
	const struct ipoib_event event = { .type = type };

	interface->context->again = true;
	if (ipoib__ring_count(&interface->events) >= IPOIB__EVENTS_MAX)
		return false;
	ipoib__answer_event(interface, &event, now);
	return true;
}

/* The monitor's: every change, in order, as long as there is room. */
void ipoib__answer_change(struct ipoib_interface *interface, const struct ipoib__neighbour *n,
			  uint32_t type, uint64_t now)
{
	struct ipoib_neighbour_change change = { .size = sizeof(change),
						 .type = type,
						 .state = n->state,
						 .time = now,
						 .ip = n->ip };

	if (!interface->config.neighbour || interface->closed)
		return;
	if (n->state == IPOIB__NEIGHBOUR_NEW)
		change.state = IPOIB_NEIGHBOUR_INCOMPLETE;
	if (n->known)
		change.link_address = n->link_address;
	if (!ipoib__ring_push(&interface->changes, &change))
		interface->statistics.events_lost++;
	interface->context->again = true;
}

/* ---- handles of neighbours (handles.c) ---- */

/* What one may tell has changed: it is looked at when the turn ends. */
void ipoib__handle_due(struct ipoib_interface *interface, struct ipoib_neighbour *neighbour)
{
	ipoib__list_remove(&neighbour->link);
	ipoib__list_push_back(&interface->handles_due, &neighbour->link);
	interface->context->again = true;
}

/* The same of them all; none is touched for it. */
void ipoib__handles_look(struct ipoib_interface *interface)
{
	ipoib__list_splice(&interface->handles_due, &interface->handles);
	interface->context->again = true;
}

void ipoib__peer_changed(struct ipoib_interface *interface, const struct ipoib__peer *peer)
{
	for (struct ipoib__list *at = peer->handles.next; at != &peer->handles; at = at->next)
		ipoib__handle_due(interface,
				  ipoib__container_of(at, struct ipoib_neighbour, of_peer));
}

/* Its entry goes: the handles stay, and say so. */
void ipoib__peer_ended(struct ipoib_interface *interface, struct ipoib__peer *peer)
{
	struct ipoib__list *first;

	ipoib__peer_changed(interface, peer);
	while ((first = ipoib__list_pop_front(&peer->handles)) != NULL) {
		struct ipoib_neighbour *neighbour =
			ipoib__container_of(first, struct ipoib_neighbour, of_peer);

		neighbour->peer = NULL;
		neighbour->adjacency = NULL;
	}
}
