/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * What an interface sends and receives, for a capture: the packet as it is on the link, put
 * together again.
 */
#include "interface/interface.h"

#include <ipoib/capture.h>

#include "wire/grh.h"

void ipoib__record_send(struct ipoib_interface *interface, const struct ipoib_buffer *buffer,
			const struct ipoib_ah_attributes *to, uint32_t qpn, uint64_t now)
{
	const struct ipoib_capture_packet packet = {
		.size = sizeof(packet),
		.slid = interface->port.lid,
		.dlid = to->dlid,
		.pkey = interface->config.pkey,
		.sl = to->sl,
		.has_grh = to->global,
		.traffic_class = to->traffic_class,
		.hop_limit = to->hop_limit,
		.flow_label = to->flow_label,
		.sgid = interface->port.gid,
		.dgid = to->dgid,
		.source_qpn = interface->qpn,
		.dest_qpn = qpn,
		.qkey = interface->qkey,
		.psn = interface->capture_psn++ & 0xffffff,
		.payload = buffer->memory + IPOIB_GRH_LENGTH,
		.length = IPOIB__ENCAP_LENGTH + buffer->length,
	};

	ipoib_capture_packet(interface->capture, now, &packet);
}

void ipoib__record_receive(struct ipoib_interface *interface, const struct ipoib_buffer *buffer,
			   const struct ipoib_ud_completion *completion, uint64_t now)
{
	struct ipoib__grh grh = { .hop_limit = 0 };
	bool has_grh = completion->has_grh &&
		       ipoib__grh_decode(&grh, buffer->memory, IPOIB_GRH_LENGTH) > 0;
	bool multicast = has_grh && ipoib__grh_cast(&grh) != IPOIB__CAST_UNICAST;
	const struct ipoib_capture_packet packet = {
		.size = sizeof(packet),
		.slid = completion->source_lid,
		/*
		 * The completion of a multicast does not tell its MLID; the broadcast group's
		 * stands for it.
		 */
		.dlid = multicast ? interface->groups.broadcast->record.mlid : interface->port.lid,
		.pkey = interface->config.pkey,
		.sl = completion->sl,
		.has_grh = has_grh,
		.traffic_class = grh.traffic_class,
		.hop_limit = grh.hop_limit,
		.flow_label = grh.flow_label,
		.sgid = grh.source,
		.dgid = grh.destination,
		.source_qpn = completion->source_qpn,
		.dest_qpn = multicast ? IPOIB_QPN_MULTICAST : interface->qpn,
		.qkey = interface->qkey,
		.payload = buffer->memory + IPOIB_GRH_LENGTH,
		.length = completion->length - IPOIB_GRH_LENGTH,
	};

	ipoib_capture_packet(interface->capture, now, &packet);
}
