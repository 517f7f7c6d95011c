/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * What becomes of a packet that was taken over: sent, or dropped for a reason. Each is counted
 * exactly once, and nowhere else (I1).
 */
#include "interface/interface.h"

void ipoib__count_sent(struct ipoib_interface *interface, const struct ipoib_buffer *buffer)
{
	struct ipoib_statistics *statistics = &interface->statistics;

	if (buffer->control) {
		statistics->control_sent++;
		return;
	}
	statistics->sent++;
	statistics->sent_octets += buffer->length;
	statistics->queued--;
}

/* One that was not posted does not need its address handle any more. */
static void let_go_of_handle(struct ipoib_interface *interface, struct ipoib_buffer *buffer)
{
	ipoib__ah_unref(interface, buffer->ah);
	buffer->ah = NULL;
}

/* The library lets go of a packet. */
void ipoib__release_sent(struct ipoib_buffer *buffer)
{
	buffer->taken = false;
	ipoib__buffer_unref(buffer);
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
	let_go_of_handle(interface, buffer);
	if (buffer->control) {
		statistics->control_failed++;
		ipoib__release_sent(buffer);
		return;
	}
	statistics->send_dropped[reason]++;
	statistics->queued--;
	if (!wants_fate(interface)) {
		ipoib__release_sent(buffer);
		return;
	}
	buffer->fate = (uint8_t)reason;
	ipoib__list_push_back(&interface->fates, &buffer->link);
	interface->fates_count++;
	interface->context->again = true;
}
