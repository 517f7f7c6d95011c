/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Frames enter, are checked, shown to the capture, routed, and arrive. */
#include <string.h>

#include <ipoib/capture.h>

#include "mock/fabric_cast.h"
#include "mock/fabric_copy.h"
#include "mock/fabric_endnode.h"
#include "mock/fabric_manager.h"

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
	/* With an SM that is somebody else: SMPs come before there is a LID, ... */
	if (sender_is_port(port, frame) || fabric->manager->is_smp(frame))
		return true;
	/* ... and a device hears of its own before we do. */
	fabric->manager->look(port);
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
	if (from != IPOIB__FABRIC_SM && fabric->ports[from].endnode->outside &&
	    ipoib__lid_is_multicast(frame->dlid))
		ipoib__fabric_cast_put(fabric, &fabric->ports[from], frame, payload);
	else
		fabric->manager->route(fabric, &passage, from);
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
		fabric->manager->take(fabric, flight->port, frame, payload);
		return;
	}
	struct ipoib__fabric_port *port = &fabric->ports[flight->port];
	if (!ipoib__fabric_port_alive(port)) {
		fabric->statistics.dropped_link++;
	} else if (ipoib__fabric_agent_takes(fabric, port, frame)) {
		fabric->statistics.delivered++;
		fabric->manager->take(fabric, flight->port, frame, payload);
	} else if (ipoib__lid_is_multicast(frame->dlid)) {
		port->endnode->multicast(fabric, port, flight->parcel, now);
	} else {
		port->endnode->unicast(fabric, port, frame, payload, now);
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
