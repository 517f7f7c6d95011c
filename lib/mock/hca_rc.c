/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* One reliable connection: what its requester and its responder share. */
#include "mock/hca_rc.h"

#include <errno.h>

#include "base/assert.h"

/* ---- beginning ---- */

void ipoib__hca_rc_ready(struct ipoib__hca_rc *rc, const struct ipoib__rc_peer *peer, bool up)
{
	ipoib__assert(rc->state == IPOIB__RC_IDLE);
	rc->peer = *peer;
	rc->state = IPOIB__RC_READY;
	rc->up = up;
}

void ipoib__hca_rc_up(struct ipoib__hca_rc *rc)
{
	rc->up = true;
}

/* ---- posted messages ---- */

struct ipoib_rc_send *ipoib__hca_rc_send_at(const struct ipoib__hca_rc *rc, uint64_t number)
{
	return &rc->sends[number % rc->send_depth];
}

void ipoib__hca_rc_complete(struct ipoib__hca_rc *rc, int status)
{
	struct ipoib__hca_counters *counters = &rc->hca->counters;
	struct ipoib__hca_completion done = {
		.completion = {
			.cookie = ipoib__hca_rc_send_at(rc, rc->tail)->cookie,
			.status = status,
			.opcode = IPOIB_RC_SEND,
			.connection = rc->connection,
		},
		.rc = rc,
	};

	if (status == 0)
		counters->rc_sends++;
	else if (status == -ECANCELED)
		counters->rc_sends_flushed++;
	else
		counters->rc_sends_failed++;
	rc->tail++;
	ipoib__hca_ud_complete(rc->ud, &done);
}

void ipoib__hca_rc_flush(struct ipoib__hca_rc *rc, int oldest)
{
	while (rc->tail != rc->head) {
		ipoib__hca_rc_complete(rc, oldest);
		oldest = -ECANCELED;
	}
	rc->next = rc->head;
	rc->sent = rc->head;
	rc->octets = 0;
}

/* ---- failing ---- */

static void tell(struct ipoib__hca_rc *rc, uint32_t type, int status, uint16_t reason)
{
	if (rc->over)
		return;
	rc->over = true;
	rc->event_type = type;
	rc->event_status = status;
	rc->event_reason = reason;
	ipoib__list_push_back(&rc->hca->telling, &rc->telling);
	rc->hca->owner.wake(rc->hca->owner.self, false);
}

void ipoib__hca_rc_fail(struct ipoib__hca_rc *rc, int oldest, enum ipoib_connection_end why)
{
	bool answered = rc->state != IPOIB__RC_IDLE || !rc->made;

	if (rc->state == IPOIB__RC_ERROR)
		return;
	rc->state = IPOIB__RC_ERROR;
	ipoib__wheel_cancel(&rc->hca->wheel, &rc->timer);
	ipoib__list_remove(&rc->starting);
	ipoib__hca_rc_flush(rc, oldest);
	if (answered)
		tell(rc, IPOIB_TRANSPORT_RC_DOWN,
		     why == IPOIB_CONNECTION_END_PEER ? -ECONNRESET : -EIO, (uint16_t)why);
	else /* what was asked for is not coming any more */
		tell(rc, IPOIB_TRANSPORT_RC_REFUSED, -ETIMEDOUT, 0);
}

/* ---- what is due to the link ---- */

void ipoib__hca_rc_work(struct ipoib__hca_rc *rc)
{
	if (!ipoib__list_is_linked(&rc->working))
		ipoib__list_push_back(&rc->hca->working, &rc->working);
	rc->hca->owner.wake(rc->hca->owner.self, false);
}

struct ipoib__frame ipoib__hca_rc_frame(const struct ipoib__hca_rc *rc, uint8_t operation,
					uint32_t psn)
{
	return (struct ipoib__frame){
		.operation = operation,
		.slid = rc->hca->port.lid,
		.dlid = rc->peer.lid,
		.sqpn = rc->qpn,
		.dqpn = rc->peer.qpn,
		.psn = psn & IPOIB__RC_PSN,
		.pkey = ipoib__hca_ud_pkey(rc->ud),
		.sl = rc->peer.sl,
	};
}

int ipoib__hca_rc_output(struct ipoib__hca_rc *rc, const struct ipoib__frame *frame,
			 const void *payload)
{
	struct ipoib__hca *hca = rc->hca;

	if (hca->port.state != IPOIB_PORT_ACTIVE)
		return 0; /* lost, and the queue pair has failed */
	if (frame->dlid != hca->port.lid)
		return hca->owner.output(hca->owner.self, frame, payload);
	ipoib__hca_receive(hca, frame, payload);
	return 0;
}

int32_t ipoib__psn_distance(uint32_t a, uint32_t b)
{
	int32_t distance = (int32_t)((a - b) & IPOIB__RC_PSN);

	return distance > (int32_t)(IPOIB__RC_PSN / 2) ? distance - (int32_t)IPOIB__RC_PSN - 1
						       : distance;
}
