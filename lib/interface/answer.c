/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * What the caller is told: events, and the fate of packets that could not be sent. Both are
 * noted where they arise, deep inside of a state machine, and told at the end of the
 * interface's turn, on a flat stack, where the callback may do whatever it wants (I2).
 */
#include "interface/interface.h"

#include <errno.h>

#include "wire/icmp.h"
#include "wire/icmpv6.h"
#include "wire/ip.h"

/*
 * ICMP errors: a hundred a second, fifty at once. A flood to a dead host must not become a
 * flood upward (I6).
 */
#define ICMP_COST_NS UINT64_C(10000000)
#define ICMP_BURST_NS (50 * ICMP_COST_NS)
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

static bool wants_fate(const struct ipoib_interface *interface)
{
	return (interface->config.undelivered || interface->config.icmp_errors) &&
	       !interface->closed;
}

/* The one place where a packet that was taken over is given up. */
void ipoib__answer_dropped(struct ipoib_interface *interface, struct ipoib_buffer *buffer,
			   enum ipoib_send_drop reason)
{
	struct ipoib_statistics *statistics = &interface->statistics;

	ipoib__assert(buffer->taken && !buffer->queue && !ipoib__list_is_linked(&buffer->link));
	if (buffer->control) {
		statistics->control_failed++;
		ipoib__release_sent(interface, buffer);
		return;
	}
	statistics->send_dropped[reason]++;
	statistics->queued--;
	if (!wants_fate(interface)) {
		ipoib__release_sent(interface, buffer);
		return;
	}
	ipoib__ah_unref(interface, buffer->ah);
	buffer->ah = NULL;
	buffer->fate = (uint8_t)reason;
	ipoib__list_push_back(&interface->fates, &buffer->link);
	interface->fates_count++;
	interface->context->again = true;
}

static bool icmp_allowed(struct ipoib_interface *interface, uint64_t now)
{
	/* A send in a callback is later than the dispatch around it. */
	uint64_t passed = now > interface->icmp_last ? now - interface->icmp_last : 0;

	if (passed > 0)
		interface->icmp_last = now;
	interface->icmp_debt -= passed < interface->icmp_debt ? passed : interface->icmp_debt;
	if (interface->icmp_debt + ICMP_COST_NS > ICMP_BURST_NS)
		return false;
	interface->icmp_debt += ICMP_COST_NS;
	return true;
}

/*
 * Host unreachable, or too big, built from the packet alone. It comes from the packet's
 * destination, not from our own address: a stack takes a packet from itself, arriving from
 * outside, for a forged one.
 */
static int build_icmp4(struct ipoib_buffer *out, struct ipoib_buffer *packet, uint32_t mtu)
{
	const uint8_t *data = ipoib_buffer_data(packet);
	struct ipoib__ipv4 header;

	if (ipoib__ipv4_decode(&header, data, packet->length) < 0)
		return -EINVAL;
	return ipoib__icmp_error_build(ipoib_buffer_data(out), ipoib_buffer_room(out), data,
				       packet->length, IPOIB__ICMP_UNREACHABLE,
				       mtu != 0 ? IPOIB__ICMP_FRAGMENTATION_NEEDED :
						  IPOIB__ICMP_HOST_UNREACHABLE,
				       (uint16_t)mtu, header.destination);
}

static int build_icmp6(struct ipoib_buffer *out, struct ipoib_buffer *packet, uint32_t mtu)
{
	const uint8_t *data = ipoib_buffer_data(packet);
	struct ipoib__ipv6 header;

	if (ipoib__ipv6_decode(&header, data, packet->length) < 0)
		return -EINVAL;
	return ipoib__icmpv6_error_build(ipoib_buffer_data(out), ipoib_buffer_room(out), data,
					 packet->length,
					 mtu != 0 ? IPOIB__ICMPV6_PACKET_TOO_BIG :
						    IPOIB__ICMPV6_UNREACHABLE,
					 mtu != 0 ? 0 : IPOIB__ICMPV6_ADDRESS_UNREACHABLE, mtu,
					 header.destination);
}

/*
 * Makes the ICMP error for a packet, if errors are wanted and this one may have one, and keeps it
 * until the receive callback is called. mtu: what would have fitted; 0: the host is unreachable.
 */
void ipoib__answer_icmp(struct ipoib_interface *interface, struct ipoib_buffer *packet,
			const struct ipoib_ip *next_hop, uint32_t mtu, uint64_t now)
{
	struct ipoib_buffer *error;
	int length;

	if (!interface->config.icmp_errors || !interface->config.receive || interface->closed ||
	    ipoib__bindings_is_broadcast(&interface->bindings, next_hop))
		return;
	if (interface->errors.count >= IPOIB__BURST || !icmp_allowed(interface, now)) {
		interface->statistics.icmp_errors_limited++;
		return;
	}
	error = ipoib__pool_get(interface->transport, &interface->share,
				IPOIB__POOL_CALLER);
	if (!error)
		return;
	length = next_hop->family == IPOIB_IPV6 ? build_icmp6(error, packet, mtu) :
						  build_icmp4(error, packet, mtu);
	if (length <= 0) {
		ipoib_buffer_unref(error);
		return;
	}
	error->length = (uint32_t)length;
	error->cast = IPOIB_UNICAST;
	ipoib__list_push_back(&interface->errors.packets, &error->link);
	interface->errors.count++;
	interface->context->again = true;
}

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

void ipoib__answer_run(struct ipoib_interface *interface, uint64_t now)
{
	tell_changes(interface);
	tell_events(interface);
	tell_rooms(interface, now);
	tell_fates(interface, now);
	if (!interface->closed)
		tell_errors(interface);
	if (!interface->closed &&
	    (interface->fates_count > 0 || !ipoib__list_empty(&interface->rooms) ||
	     ipoib__ring_count(&interface->events) > 0))
		interface->context->again = true;
}
