/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * What the caller is told: events, and the fate of packets that could not be sent. Both are
 * noted where they arise, deep inside of a state machine, and told at the end of the
 * interface's turn, on a flat stack, where the callback may do whatever it wants (I2).
 */
#include "interface/interface.h"

static void tell_errors(struct ipoib_interface *interface)
{
	struct ipoib_buffer *errors[IPOIB__BURST];
	size_t count = 0;

	while (count < IPOIB__BURST && interface->errors.count > 0) {
		errors[count] = ipoib__queue_first(&interface->errors);
		ipoib__list_remove(&errors[count++]->link);
		interface->errors.count--;
	}
	if (count == 0)
		return;
	interface->statistics.icmp_errors += count;
	interface->config.receive(interface, errors, count, interface->config.user);
	for (size_t i = 0; i < count; i++)
		ipoib_buffer_unref(errors[i]);
}

/*
 * Only what concerns the destination is an ICMP error; a link that is down may be up in a second.
 */
static bool is_of_destination(uint8_t fate)
{
	return fate == IPOIB_SEND_DROP_UNREACHABLE || fate == IPOIB_SEND_DROP_NO_PATH ||
	       fate == IPOIB_SEND_DROP_TOO_BIG;
}

static uint32_t too_big_mtu(const struct ipoib_buffer *packet)
{
	return packet->fate == IPOIB_SEND_DROP_TOO_BIG ? packet->limit : 0;
}

static void tell_fate(struct ipoib_interface *interface, struct ipoib_buffer *packet)
{
	const struct ipoib_undelivered fate = {
		.size = sizeof(fate),
		.reason = packet->fate,
		.mtu = too_big_mtu(packet),
		.next_hop = packet->next_hop,
	};

	if (interface->config.undelivered)
		interface->config.undelivered(interface, packet, &fate, interface->config.user);
}

/*
 * Tells what there is now, as much as a turn may take; the rest, and what the callbacks bring
 * about, waits for the next turn.
 */
static void tell_fates(struct ipoib_interface *interface, uint64_t now)
{
	uint32_t left = interface->fates_count;

	if (left > IPOIB__DISPATCH_FATES)
		left = IPOIB__DISPATCH_FATES;
	for (; left > 0 && !interface->closed; left--) {
		struct ipoib_buffer *packet = ipoib__container_of(
			ipoib__list_pop_front(&interface->fates), struct ipoib_buffer, link);

		interface->fates_count--;
		packet->taken = false; /* a callback that keeps it may send it again */
		if (is_of_destination(packet->fate))
			ipoib__answer_icmp(interface, packet, &packet->next_hop,
					   too_big_mtu(packet), now);
		tell_fate(interface, packet);
		ipoib_buffer_unref(packet);
	}
}

static void tell_events(struct ipoib_interface *interface)
{
	struct ipoib_event event;

	for (size_t left = ipoib__ring_count(&interface->events); left > 0; left--) {
		if (interface->closed || !ipoib__ring_pop(&interface->events, &event))
			return;
		interface->config.event(interface, &event, interface->config.user);
	}
}

static void tell_room(struct ipoib_interface *interface, struct ipoib__queue *queue, uint64_t now)
{
	const struct ipoib_event event = {
		.size = sizeof(event),
		.type = IPOIB_EVENT_SEND_ROOM,
		.time = now,
		.ip = ipoib__container_of(queue, struct ipoib__peer, waiting)->neighbour.ip,
	};

	if (interface->config.event)
		interface->config.event(interface, &event, interface->config.user);
}

/* Kept on a list, and not with the events: a wake-up must not be lost (I24). */
static void tell_rooms(struct ipoib_interface *interface, uint64_t now)
{
	struct ipoib__list *first;

	for (unsigned left = IPOIB__EVENTS_MAX; left > 0 && !interface->closed; left--) {
		first = ipoib__list_pop_front(&interface->rooms);
		if (!first)
			return;
		tell_room(interface,
			  ipoib__container_of(first, struct ipoib__queue, refused), now);
	}
}

static void tell_changes(struct ipoib_interface *interface)
{
	struct ipoib_neighbour_change change;

	if (!interface->config.neighbour || interface->closed)
		return;
	for (size_t left = ipoib__ring_count(&interface->changes); left > 0; left--) {
		if (interface->closed || !ipoib__ring_pop(&interface->changes, &change))
			return;
		interface->config.neighbour(interface, &change, interface->config.user);
	}
}

/* Each that is due now is looked at once, and told if there is anything new. */
static void tell_handles(struct ipoib_interface *interface, uint64_t now)
{
	struct ipoib_resolution resolution;
	struct ipoib__list *first;

	for (unsigned left = IPOIB__DISPATCH_HANDLES; left > 0 && !interface->closed; left--) {
		struct ipoib_neighbour *neighbour;

		first = ipoib__list_pop_front(&interface->handles_due);
		if (!first)
			return;
		ipoib__list_push_back(&interface->handles, first);
		neighbour = ipoib__container_of(first, struct ipoib_neighbour, link);
		if (ipoib__handle_news(neighbour, &resolution, now))
			neighbour->resolved(neighbour, &resolution, neighbour->user);
	}
}

void ipoib__answer_run(struct ipoib_interface *interface, uint64_t now)
{
	tell_changes(interface);
	tell_events(interface);
	tell_rooms(interface, now);
	tell_handles(interface, now);
	tell_fates(interface, now);
	if (!interface->closed)
		tell_errors(interface);
	if (!interface->closed && ipoib__answer_waits(interface))
		interface->context->again = true;
}
