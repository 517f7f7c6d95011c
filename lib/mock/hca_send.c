/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Sends of datagrams: checked, executed, completed, and looped back to this port. */
#include <errno.h>

#include "base/assert.h"
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

/* The send is over before its datagram comes back, which may stop this very queue pair. */
static void finish(struct ipoib__hca_ud *ud, const struct ipoib_ud_send *send,
		   const struct ipoib__frame *frame, int status)
{
	ipoib__hca_ud_complete_send(ud, send, status);
	if (status != 0)
		return;
	ud->psn = (ud->psn + 1) & PSN;
	if (frame->dlid == ud->hca->port.lid || ipoib__lid_is_multicast(frame->dlid))
		ipoib__hca_receive(ud->hca, frame, send->address);
}

/* Executes or flushes queued sends until there are none, or the link has no room. */
static void execute_queued(struct ipoib__hca_ud *ud)
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

int ipoib__hca_ud_post_send(struct ipoib__hca_ud *ud, const struct ipoib_ud_send *sends,
			    size_t count)
{
	size_t posted = 0;

	while (posted < count && ud->sends_open < ud->send_depth) {
		bool pushed = ipoib__ring_push(&ud->sends, &sends[posted]);

		ipoib__assert(pushed);
		((struct ipoib__hca_ah *)sends[posted].ah)->uses++;
		ud->sends_open++;
		posted++;
	}
	execute_queued(ud);
	return (int)posted;
}

void ipoib__hca_ud_resume(struct ipoib__hca *hca)
{
	struct ipoib__list *link, *following;

	ipoib__list_for_each_safe (link, following, &hca->queue_pairs)
		execute_queued(ipoib__container_of(link, struct ipoib__hca_ud, link));
}
