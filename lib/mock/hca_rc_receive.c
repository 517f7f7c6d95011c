/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* The responder of a reliable connection: rules 4 to 6 of hca_rc.h. */
#include <errno.h>
#include <string.h>

#include "base/assert.h"
#include "mock/hca_rc.h"

int ipoib__hca_rc_post_receive(struct ipoib__hca_ud *ud, const struct ipoib_ud_receive *receives,
			       size_t count)
{
	size_t posted = 0;

	if (ud->connected_depth == 0)
		return -EOPNOTSUPP;
	while (posted < count && ud->connected_open < ud->connected_depth) {
		bool pushed = ipoib__ring_push(&ud->connected, &receives[posted]);

		ipoib__assert(pushed);
		ud->connected_open++;
		posted++;
	}
	return (int)posted;
}

/* ---- answering ---- */

static void owe(struct ipoib__hca_rc *rc, enum ipoib__rc_answer answer)
{
	rc->owed = answer;
	ipoib__hca_rc_work(rc);
}

/* The syndrome of a NAK on our wire. */
static uint8_t syndrome_of(enum ipoib__rc_answer answer)
{
	switch (answer) {
	case IPOIB__RC_NAK_RNR:
		return IPOIB__FRAME_NAK_RNR;
	case IPOIB__RC_NAK_INVALID:
		return IPOIB__FRAME_NAK_INVALID;
	case IPOIB__RC_NAK_OPERATION:
		return IPOIB__FRAME_NAK_OPERATION;
	default:
		return IPOIB__FRAME_NAK_SEQUENCE;
	}
}

bool ipoib__hca_rc_answer(struct ipoib__hca_rc *rc)
{
	enum ipoib__rc_answer answer = rc->owed;
	bool ack = answer == IPOIB__RC_ACK;
	struct ipoib__frame frame;

	if (answer == IPOIB__RC_NOTHING)
		return true;
	frame = ipoib__hca_rc_frame(rc, ack ? IPOIB__FRAME_ACK : IPOIB__FRAME_NAK,
				    ack ? rc->expected_psn - 1 : rc->expected_psn);
	frame.syndrome = syndrome_of(answer);
	if (answer == IPOIB__RC_NAK_RNR)
		frame.rnr_timer = IPOIB__RC_RNR_TIMER;
	rc->owed = IPOIB__RC_NOTHING;
	if (ipoib__hca_rc_output(rc, &frame, NULL) != -EAGAIN)
		return true;
	rc->owed = answer;
	return false;
}

/* ---- messages ---- */

static void complete(struct ipoib__hca_rc *rc, const struct ipoib_ud_receive *room,
		     const struct ipoib__frame *frame, int status)
{
	struct ipoib__hca_completion done = {
		.completion = {
			.cookie = room->cookie,
			.status = status,
			.opcode = IPOIB_RC_RECEIVE,
			.sl = frame->sl,
			.length = status == 0 ? frame->length : 0,
			.source_qpn = frame->sqpn,
			.source_lid = frame->slid,
			.connection = rc->connection,
		},
		.rc = rc,
		.room = *room,
	};

	if (status == 0)
		rc->hca->counters.rc_receives++;
	else
		rc->hca->counters.rc_receives_failed++;
	ipoib__hca_ud_complete(rc->ud, &done);
}

static void refuse(struct ipoib__hca_rc *rc, const struct ipoib_ud_receive *room,
		   const struct ipoib__frame *frame, int status)
{
	complete(rc, room, frame, status);
	owe(rc, status == -EMSGSIZE ? IPOIB__RC_NAK_INVALID : IPOIB__RC_NAK_OPERATION);
	ipoib__hca_rc_fail(rc, -ECANCELED, IPOIB_CONNECTION_END_ERROR);
}

static void land(struct ipoib__hca_rc *rc, const struct ipoib_ud_receive *room,
		 const struct ipoib__frame *frame, const void *payload)
{
	bool first = !rc->up;

	if (room->length < frame->length) {
		refuse(rc, room, frame, -EMSGSIZE);
		return;
	}
	if (!ipoib__hca_memory_covers(rc->hca, room->key, room->address, room->length)) {
		refuse(rc, room, frame, -EIO);
		return;
	}
	if (frame->length > 0)
		memcpy(room->address, payload, frame->length);
	rc->expected_psn = (rc->expected_psn + 1) & IPOIB__RC_PSN;
	rc->naked = false;
	complete(rc, room, frame, 0);
	owe(rc, IPOIB__RC_ACK);
	if (first)
		rc->hca->owner.established(rc->hca->owner.self, rc);
}

void ipoib__hca_rc_message(struct ipoib__hca_rc *rc, const struct ipoib__frame *frame,
			   const void *payload)
{
	int32_t early = ipoib__psn_distance(frame->psn, rc->expected_psn);
	struct ipoib__hca_counters *counters = &rc->hca->counters;
	struct ipoib_ud_receive room;

	if (early < 0) {
		counters->rc_duplicates++;
		if (rc->owed == IPOIB__RC_NOTHING) /* a NAK says as much, and more */
			owe(rc, IPOIB__RC_ACK);
	} else if (early > 0) {
		counters->rc_early++;
		if (!rc->naked)
			owe(rc, IPOIB__RC_NAK_SEQUENCE);
		rc->naked = true;
	} else if (!ipoib__ring_pop(&rc->ud->connected, &room)) {
		counters->rc_starved++;
		rc->naked = true;
		owe(rc, IPOIB__RC_NAK_RNR);
	} else {
		land(rc, &room, frame, payload);
	}
}
