/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* How a frame is copied to where it goes, late, twice or not at all as its sender's faults are. */
#include "mock/fabric_copy.h"

#include "mock/fabric_endnode.h"

/* Faults are given in parts of this. */
#define PARTS UINT64_C(1000000)

static bool happens(struct ipoib_fabric *fabric, uint32_t parts)
{
	return parts > 0 && ipoib__random_below(&fabric->random, PARTS) < parts;
}

static uint64_t later(uint64_t now, uint64_t span)
{
	return now > IPOIB_NEVER - 1 - span ? IPOIB_NEVER - 1 : now + span;
}

static uint64_t arrival(struct ipoib_fabric *fabric, const struct ipoib__passage *passage,
			uint32_t to)
{
	const struct ipoib_fabric_faults *faults = passage->faults;
	uint64_t time = later(passage->now, fabric->config.delay_ns);

	time = later(time, faults->delay_ns);
	if (to == IPOIB__FABRIC_SM) /* a slow SA is one that gets to a request late */
		time = later(time, faults->sa_delay_ns);
	if (faults->jitter_ns > 0)
		time = later(time, ipoib__random_between(&fabric->random, 0, faults->jitter_ns));
	if (happens(fabric, faults->reorder_ppm))
		time = later(time, faults->reorder_ns);
	return time;
}

/* Of all copies together; NULL: no memory. */
static struct ipoib__parcel *parcel_of(struct ipoib_fabric *fabric, struct ipoib__passage *passage)
{
	if (passage->parcel == NULL)
		passage->parcel =
			ipoib__parcel_new(&fabric->memory, passage->frame, passage->payload);
	return passage->parcel;
}

static void copy_wait(struct ipoib_fabric *fabric, struct ipoib__passage *passage, uint32_t to,
		      uint64_t time)
{
	struct ipoib__parcel *parcel = parcel_of(fabric, passage);

	if (parcel == NULL || ipoib__fabric_queue_add(&fabric->queue, time, to, parcel) < 0)
		fabric->statistics.dropped_full++;
}

static void copy_now(struct ipoib_fabric *fabric, struct ipoib__passage *passage,
		     struct ipoib__fabric_port *port)
{
	const struct ipoib__endnode *endnode = port->endnode;

	if (!ipoib__lid_is_multicast(passage->frame->dlid))
		endnode->unicast(fabric, port, passage->frame, passage->payload, passage->now);
	else if (parcel_of(fabric, passage) != NULL)
		endnode->multicast(fabric, port, passage->parcel, passage->now);
	else
		fabric->statistics.dropped_full++;
}

static bool is_lost(struct ipoib_fabric *fabric, const struct ipoib__passage *passage)
{
	const struct ipoib_fabric_faults *faults = passage->faults;

	return happens(fabric, faults->loss_ppm) ||
	       (ipoib__faults_hit_cm(faults, passage->frame, passage->payload) &&
		happens(fabric, faults->cm_loss_ppm));
}

static void copy_once(struct ipoib_fabric *fabric, struct ipoib__passage *passage, uint32_t to)
{
	uint64_t time = arrival(fabric, passage, to);
	struct ipoib__fabric_port *port = to == IPOIB__FABRIC_SM ? NULL : &fabric->ports[to];

	fabric->statistics.copies++;
	if (port != NULL && !ipoib__fabric_port_alive(port))
		fabric->statistics.dropped_link++;
	else if (is_lost(fabric, passage))
		fabric->statistics.dropped_fault++;
	else if (port != NULL && port->endnode->outside && time == passage->now &&
		 !ipoib__fabric_agent_takes(fabric, port, passage->frame))
		copy_now(fabric, passage, port);
	else
		copy_wait(fabric, passage, to, time);
}

void ipoib__fabric_copy(struct ipoib_fabric *fabric, struct ipoib__passage *passage, uint32_t to)
{
	bool twice = happens(fabric, passage->faults->duplicate_ppm);

	copy_once(fabric, passage, to);
	if (twice)
		copy_once(fabric, passage, to);
}

void ipoib__fabric_no_copy(struct ipoib_fabric *fabric, uint64_t *counter)
{
	fabric->statistics.copies++;
	(*counter)++;
}
