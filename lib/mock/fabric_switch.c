/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include <errno.h>
#include <string.h>

#include <ipoib/capture.h>

#include "mock/device.h"
#include "mock/fabric_cast.h"
#include "mock/fabric_external.h"
#include "mock/hca_rc.h"
#include "mock/port.h"

/* Faults are given in parts of this. */
#define PARTS UINT64_C(1000000)

/* ---- copies ---- */

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

static void copy_to_peer(struct ipoib_fabric *fabric, struct ipoib__passage *passage,
			 struct ipoib__peer *peer)
{
	if (!ipoib__lid_is_multicast(passage->frame->dlid))
		ipoib__fabric_peer_send(fabric, peer, passage->frame, passage->payload);
	else if (parcel_of(fabric, passage) != NULL)
		ipoib__fabric_peer_cast(fabric, peer, passage->parcel);
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
	else if (port != NULL && port->peer != NULL && time == passage->now &&
		 !ipoib__fabric_external_takes(fabric, port, passage->frame))
		copy_to_peer(fabric, passage, port->peer);
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

/* ---- routes ---- */

void ipoib__fabric_no_copy(struct ipoib_fabric *fabric, uint64_t *counter)
{
	fabric->statistics.copies++;
	(*counter)++;
}

/*
 * To every member but the sender: a switch does not send a multicast out of the port that it came
 * in by. A sender that never joined has no route to the group (strict as a fabric of several
 * switches is).
 */
static void route_group(struct ipoib_fabric *fabric, struct ipoib__passage *passage, uint32_t from)
{
	struct ipoib__fabric_group *group =
		ipoib__fabric_group_by_mlid(&fabric->groups, passage->frame->dlid);

	if (group == NULL ||
	    (from != IPOIB__FABRIC_SM && ipoib__fabric_group_state(group, from) == 0)) {
		ipoib__fabric_no_copy(fabric, &fabric->statistics.dropped_route);
		return;
	}
	for (size_t i = 0; i < group->count; i++) {
		const struct ipoib__fabric_member *member = &group->members[i];

		if (member->port != from && (member->state & IPOIB__FABRIC_RECEIVES))
			ipoib__fabric_copy(fabric, passage, member->port);
	}
}

static void route(struct ipoib_fabric *fabric, struct ipoib__passage *passage, uint32_t from)
{
	uint16_t dlid = passage->frame->dlid;
	struct ipoib__fabric_port *port;

	if (ipoib__lid_is_multicast(dlid)) {
		route_group(fabric, passage, from);
		return;
	}
	if (dlid == fabric->sm_lid) {
		ipoib__fabric_copy(fabric, passage, IPOIB__FABRIC_SM);
		return;
	}
	port = ipoib__fabric_port_by_lid(fabric, dlid);
	if (port == NULL)
		ipoib__fabric_no_copy(fabric, &fabric->statistics.dropped_route);
	else
		ipoib__fabric_copy(fabric, passage, ipoib__fabric_port_index(fabric, port));
}

static void route_any(struct ipoib_fabric *fabric, struct ipoib__passage *passage, uint32_t from)
{
	if (fabric->sma != NULL)
		ipoib__fabric_external_route(fabric, passage, from);
	else
		route(fabric, passage, from);
}

void ipoib__fabric_route_parcel(struct ipoib_fabric *fabric, uint32_t from,
				struct ipoib__parcel *parcel, uint64_t now)
{
	struct ipoib__passage passage = {
		.frame = &parcel->frame,
		.payload = parcel->payload,
		.faults = &fabric->ports[from].faults,
		.now = now,
		.parcel = parcel,
	};

	route_any(fabric, &passage, from);
}

/* ---- entering ---- */

/*
 * What a port may send: under its own LID and GID, and no datagram longer than a link carries. A
 * real switch believes its ports; here a frame that lies is a bug or an attack, and either
 * shall be seen.
 */
static bool sender_is_port(const struct ipoib__fabric_port *port, const struct ipoib__frame *frame)
{
	return frame->slid == port->lid &&
	       (!(frame->flags & IPOIB__FRAME_GRH) ||
		memcmp(&frame->sgid, &port->gid, sizeof(port->gid)) == 0);
}

static bool sender_is_right(const struct ipoib_fabric *fabric, struct ipoib__fabric_port *port,
			    const struct ipoib__frame *frame)
{
	if (sender_is_port(port, frame))
		return true;
	/* With an SM that is somebody else: SMPs come before there is a LID, ... */
	if (fabric->sma != NULL && ipoib__fabric_external_is_smp(frame))
		return true;
	/* ... and a device hears of its own before we do. */
	if (fabric->sma == NULL || !ipoib__fabric_port_is_device(port))
		return false;
	ipoib__fabric_device_look(port);
	return sender_is_port(port, frame);
}

static bool frame_is_good(const struct ipoib_fabric *fabric, struct ipoib__fabric_port *port,
			  const struct ipoib__frame *frame)
{
	if (!sender_is_right(fabric, port, frame))
		return false;
	if (frame->operation == IPOIB__FRAME_UD)
		return frame->length <= fabric->config.mtu;
	return frame->length <= IPOIB__FRAME_PAYLOAD_MAX;
}

/*
 * The AETH's syndrome: an acknowledgement without credits, or why not. Codes of a NAK are those of
 * the frame.
 */
static uint8_t syndrome_of(const struct ipoib__frame *frame)
{
	if (frame->operation == IPOIB__FRAME_ACK)
		return 0x1f;
	if (frame->syndrome == IPOIB__FRAME_NAK_RNR)
		return (uint8_t)(0x20 | (frame->rnr_timer & 0x1f));
	return (uint8_t)(0x60 | (frame->syndrome & 0x1f));
}

static uint32_t kind_of(const struct ipoib__frame *frame)
{
	if (frame->operation == IPOIB__FRAME_UD)
		return IPOIB_CAPTURE_UD;
	return frame->operation == IPOIB__FRAME_SEND ? IPOIB_CAPTURE_RC_SEND
						     : IPOIB_CAPTURE_RC_ACKNOWLEDGE;
}

static void capture(struct ipoib_fabric *fabric, uint64_t now, const struct ipoib__frame *frame,
		    const void *payload)
{
	struct ipoib_capture_packet packet = {
		.size = sizeof(packet),
		.slid = frame->slid,
		.dlid = frame->dlid,
		.pkey = frame->pkey,
		.sl = frame->sl,
		.has_grh = (frame->flags & IPOIB__FRAME_GRH) != 0,
		.traffic_class = frame->traffic_class,
		.hop_limit = frame->hop_limit,
		.flow_label = frame->flow_label,
		.sgid = frame->sgid,
		.dgid = frame->dgid,
		.source_qpn = frame->sqpn,
		.dest_qpn = frame->dqpn,
		.qkey = frame->qkey,
		.psn = frame->psn,
		.payload = payload,
		.length = frame->length,
		.kind = kind_of(frame),
		.mtu = fabric->config.mtu,
		.syndrome = syndrome_of(frame),
		/* A frame has no MSN, but its PSN numbers messages. */
		.msn = frame->psn,
	};

	/* A capture counts its failures itself. */
	(void)ipoib_capture_packet(fabric->capture, now, &packet);
}

void ipoib__fabric_bad(struct ipoib_fabric *fabric)
{
	fabric->statistics.frames++;
	ipoib__fabric_no_copy(fabric, &fabric->statistics.dropped_bad);
}

void ipoib__fabric_input(struct ipoib_fabric *fabric, uint32_t from,
			 const struct ipoib__frame *frame, const void *payload)
{
	struct ipoib__passage passage = {
		.frame = frame,
		.payload = payload,
		.faults = &fabric->faults,
		.now = ipoib__fabric_now(fabric),
	};

	if (from != IPOIB__FABRIC_SM) {
		struct ipoib__fabric_port *port = &fabric->ports[from];

		if (!frame_is_good(fabric, port, frame)) {
			ipoib__fabric_bad(fabric);
			return;
		}
		if (!ipoib__fabric_port_alive(port)) {
			fabric->statistics.frames++;
			ipoib__fabric_no_copy(fabric, &fabric->statistics.dropped_link);
			return;
		}
		passage.faults = &port->faults;
	}
	fabric->statistics.frames++;
	if (fabric->capture != NULL)
		capture(fabric, passage.now, frame, payload);
	if (from != IPOIB__FABRIC_SM && fabric->ports[from].peer != NULL &&
	    ipoib__lid_is_multicast(frame->dlid))
		ipoib__fabric_cast_put(fabric, &fabric->ports[from], frame, payload);
	else
		route_any(fabric, &passage, from);
	ipoib__parcel_unref(&fabric->memory, passage.parcel);
}

/* ---- leaving ---- */

/* The asker has asked again since, or has given up: an SA that answers it is always behind. */
static bool is_late(const struct ipoib__flight *flight, uint64_t now)
{
	return now - flight->time >= IPOIB__FABRIC_QUESTION_NS;
}

static void land(struct ipoib_fabric *fabric, const struct ipoib__flight *flight, uint64_t now)
{
	const struct ipoib__frame *frame = &flight->parcel->frame;
	const void *payload = flight->parcel->payload;

	if (flight->port == IPOIB__FABRIC_SM && is_late(flight, now)) {
		fabric->statistics.dropped_late++;
		return;
	}
	if (flight->port == IPOIB__FABRIC_SM) {
		fabric->statistics.delivered++;
		if (fabric->sma != NULL)
			ipoib__fabric_external_agent(fabric, flight->port, frame, payload);
		else
			ipoib__fabric_sa(fabric, frame, payload);
		return;
	}
	struct ipoib__fabric_port *port = &fabric->ports[flight->port];
	if (!ipoib__fabric_port_alive(port)) {
		fabric->statistics.dropped_link++;
	} else if (ipoib__fabric_external_takes(fabric, port, frame)) {
		fabric->statistics.delivered++;
		ipoib__fabric_external_agent(fabric, flight->port, frame, payload);
	} else if (port->peer != NULL && ipoib__lid_is_multicast(frame->dlid)) {
		ipoib__fabric_peer_cast(fabric, port->peer, flight->parcel);
	} else if (port->peer != NULL) {
		ipoib__fabric_peer_send(fabric, port->peer, frame, payload);
	} else {
		fabric->statistics.delivered++;
		ipoib__hca_rc_clock(&port->local->port->hca, now);
		ipoib__hca_receive(&port->local->port->hca, frame, payload);
	}
}

void ipoib__fabric_deliver(struct ipoib_fabric *fabric, uint64_t now)
{
	struct ipoib__flight flight;

	for (unsigned i = 0;
	     i < IPOIB__FABRIC_BUDGET && ipoib__fabric_queue_take(&fabric->queue, now, &flight);
	     i++) {
		land(fabric, &flight, now);
		ipoib__parcel_unref(&fabric->memory, flight.parcel);
	}
}
