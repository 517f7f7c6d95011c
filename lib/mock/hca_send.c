/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include <errno.h>

#include "mock/hca.h"

/* The user of an adapter cannot send a Q_Key with this bit: the queue pair's own goes instead. */
#define QKEY_CONTROLLED UINT32_C(0x80000000)
#define PSN		UINT32_C(0xffffff)

static struct ipoib__frame frame_of(const struct ipoib__hca_ud *ud,
				    const struct ipoib_ud_send *send)
{
	const struct ipoib__hca_ah *ah = send->ah;
	const struct ipoib_ah_attributes *to = &ah->attributes;
	const struct ipoib_port_attributes *port = &ud->hca->port;
	struct ipoib__frame frame = {
		.operation = IPOIB__FRAME_UD,
		.slid = port->lid,
		.dlid = to->dlid,
		.sqpn = ud->qpn,
		.dqpn = send->remote_qpn & IPOIB_QPN_MULTICAST,
		.qkey = send->remote_qkey & QKEY_CONTROLLED ? ud->qkey : send->remote_qkey,
		.psn = ud->psn,
		.pkey = ipoib__hca_ud_pkey(ud),
		.sl = to->sl,
		.length = send->length,
	};

	if (to->global) {
		frame.flags = IPOIB__FRAME_GRH;
		frame.flow_label = to->flow_label;
		frame.traffic_class = to->traffic_class;
		frame.hop_limit = to->hop_limit;
		frame.sgid = port->gid;
		frame.dgid = to->dgid;
	}
	return frame;
}

/*
 * 0, or how the send fails; stops is whether the failure stops the queue. -EAGAIN: not yet. What
 * is for this port alone does not leave it.
 */
static int execute(struct ipoib__hca_ud *ud, const struct ipoib_ud_send *send,
		   const struct ipoib__frame *frame, bool *stops)
{
	struct ipoib__hca *hca = ud->hca;

	*stops = true;
	if (!ipoib__hca_memory_covers(hca, send->key, send->address, send->length))
		return -EIO;
	if (send->length > hca->port.mtu)
		return -EMSGSIZE;
	*stops = false;
	if (hca->port.state != IPOIB_PORT_ACTIVE)
		return -EIO;
	if (frame->dlid == hca->port.lid)
		return 0;
	return hca->owner.output(hca->owner.self, frame, send->address);
}

static void complete(struct ipoib__hca_ud *ud, const struct ipoib_ud_send *send, int status)
{
	struct ipoib__hca_completion done = {
		.completion = {
			.cookie = send->cookie,
			.status = status,
			.opcode = IPOIB_UD_SEND,
		},
		.ah = send->ah,
	};

	if (status == 0)
		ud->hca->counters.sends++;
	else if (status == -ECANCELED)
		ud->hca->counters.sends_flushed++;
	else
		ud->hca->counters.sends_failed++;
	ipoib__hca_ud_complete(ud, &done);
}

void ipoib__hca_ud_flush_sends(struct ipoib__hca_ud *ud)
{
	struct ipoib_ud_send send;

	while (ipoib__ring_pop(&ud->sends, &send))
		complete(ud, &send, -ECANCELED);
}

/* The send is over before its datagram comes back, which may stop this very queue pair. */
static void finish(struct ipoib__hca_ud *ud, const struct ipoib_ud_send *send,
		   const struct ipoib__frame *frame, int status)
{
	complete(ud, send, status);
	if (status != 0)
		return;
	ud->psn = (ud->psn + 1) & PSN;
	if (frame->dlid == ud->hca->port.lid || ipoib__lid_is_multicast(frame->dlid))
		ipoib__hca_receive(ud->hca, frame, send->address);
}

void ipoib__hca_ud_send(struct ipoib__hca_ud *ud)
{
	const struct ipoib_ud_send *oldest;

	while (ud->state == IPOIB__HCA_READY && (oldest = ipoib__ring_peek(&ud->sends)) != NULL) {
		struct ipoib__frame frame = frame_of(ud, oldest);
		struct ipoib_ud_send send;
		bool stops;
		int status = execute(ud, oldest, &frame, &stops);

		if (status == -EAGAIN)
			return;
		(void)ipoib__ring_pop(&ud->sends, &send);
		finish(ud, &send, &frame, status);
		if (stops)
			ipoib__hca_ud_stop(ud, IPOIB__HCA_SEND_ERROR);
	}
	if (ud->state != IPOIB__HCA_READY)
		ipoib__hca_ud_flush_sends(ud);
}
