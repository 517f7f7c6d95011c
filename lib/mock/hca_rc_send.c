/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* The requester of a reliable connection: rules 1 to 3 of hca_rc.h. */
#include <errno.h>

#include "base/assert.h"
#include "mock/hca_rc.h"

/* ---- sending ---- */

static bool window_is_open(const struct ipoib__hca_rc *rc)
{
	uint64_t messages = rc->next - rc->tail;

	return messages == 0 ||
	       (messages < IPOIB__RC_WINDOW &&
		rc->octets + ipoib__hca_rc_send_at(rc, rc->next)->length <=
			IPOIB__RC_WINDOW_OCTETS);
}

/* The timer runs for the oldest message: it starts with it, and anew with each progress. */
static void timer_start(struct ipoib__hca_rc *rc)
{
	if (!ipoib__list_is_linked(&rc->starting))
		ipoib__list_push_back(&rc->hca->starting, &rc->starting);
}

static void timer_stop(struct ipoib__hca_rc *rc)
{
	ipoib__wheel_cancel(&rc->hca->wheel, &rc->timer);
	ipoib__list_remove(&rc->starting);
}

/* PSN of a message: the peer's first, and one more for each. */
static uint32_t psn_of(const struct ipoib__hca_rc *rc, uint64_t number)
{
	return (uint32_t)(rc->peer.psn + number) & IPOIB__RC_PSN;
}

/* 0, how the message fails, or -EAGAIN. */
static int execute(struct ipoib__hca_rc *rc, const struct ipoib_rc_send *send)
{
	struct ipoib__frame frame =
		ipoib__hca_rc_frame(rc, IPOIB__FRAME_SEND, psn_of(rc, rc->next));

	if (send->length > IPOIB_RC_MESSAGE_MAX)
		return -EMSGSIZE;
	if (!ipoib__hca_memory_covers(rc->hca, send->key, send->address, send->length))
		return -EIO;
	frame.length = send->length;
	return ipoib__hca_rc_output(rc, &frame, send->address);
}

static bool may_send(const struct ipoib__hca_rc *rc)
{
	return rc->state == IPOIB__RC_READY && rc->up && !rc->rnr_waiting && rc->next != rc->head &&
	       window_is_open(rc);
}

bool ipoib__hca_rc_send(struct ipoib__hca_rc *rc)
{
	while (may_send(rc)) {
		const struct ipoib_rc_send *send = ipoib__hca_rc_send_at(rc, rc->next);
		uint64_t number = rc->next;
		int status = execute(rc, send);

		if (status == -EAGAIN)
			return false;
		if (status < 0) {
			if (rc->next == rc->tail)
				ipoib__hca_rc_fail(rc, status, IPOIB_CONNECTION_END_ERROR);
			return true; /* those before it are to be acknowledged first */
		}
		if (number < rc->sent)
			rc->hca->counters.rc_repeated++;
		rc->octets += send->length;
		rc->next = number + 1;
		if (rc->next > rc->sent)
			rc->sent = rc->next;
		if (!ipoib__timer_armed(&rc->timer))
			timer_start(rc);
	}
	return true;
}

int ipoib__hca_rc_post_send(struct ipoib__hca_rc *rc, const struct ipoib_rc_send *sends,
			    size_t count)
{
	size_t posted = 0;

	if (!rc->up)
		return -ENOTCONN;
	while (posted < count && rc->sends_open < rc->send_depth) {
		*ipoib__hca_rc_send_at(rc, rc->head++) = sends[posted++];
		rc->sends_open++;
	}
	if (rc->state == IPOIB__RC_ERROR)
		ipoib__hca_rc_flush(rc, -ECANCELED);
	else if (!ipoib__hca_rc_send(rc))
		ipoib__hca_rc_work(rc);
	return (int)posted;
}

/* ---- hearing of it ---- */

/* Goes back to the oldest message. */
static void rewind_to_tail(struct ipoib__hca_rc *rc)
{
	timer_stop(rc);
	rc->next = rc->tail;
	rc->octets = 0;
}

static void go_on(struct ipoib__hca_rc *rc)
{
	if (!ipoib__hca_rc_send(rc))
		ipoib__hca_rc_work(rc);
}

static void repeat(struct ipoib__hca_rc *rc)
{
	if (rc->retries_left == 0) {
		ipoib__hca_rc_fail(rc, -EIO, IPOIB_CONNECTION_END_RETRIES);
		return;
	}
	rc->retries_left--;
	rewind_to_tail(rc);
	go_on(rc);
}

static void wait_for_receiver(struct ipoib__hca_rc *rc, uint8_t code)
{
	if (rc->rnr_left == 0) {
		ipoib__hca_rc_fail(rc, -EIO, IPOIB_CONNECTION_END_RNR);
		return;
	}
	if (rc->rnr_retry != IPOIB__RC_FOR_EVER)
		rc->rnr_left--;
	rewind_to_tail(rc);
	rc->rnr_waiting = true;
	ipoib__wheel_arm(&rc->hca->wheel, &rc->timer, rc->hca->now + ipoib__rc_rnr_ns(code));
}

/* So many of the oldest have arrived. */
static void progress(struct ipoib__hca_rc *rc, uint64_t count)
{
	for (uint64_t i = 0; i < count; i++) {
		if (rc->tail < rc->next)
			rc->octets -= ipoib__hca_rc_send_at(rc, rc->tail)->length;
		ipoib__hca_rc_complete(rc, 0);
	}
	if (rc->next < rc->tail)
		rc->next = rc->tail;
	rc->retries_left = rc->retry_count;
	rc->rnr_left = rc->rnr_retry;
	rc->rnr_waiting = false;
	timer_stop(rc);
	if (rc->next != rc->tail)
		timer_start(rc);
}

/* Everything before this PSN has arrived; false: that cannot be. */
static bool arrived_before(struct ipoib__hca_rc *rc, uint32_t psn)
{
	int32_t count = ipoib__psn_distance(psn, psn_of(rc, rc->tail));

	if (count > 0 && (uint64_t)count > rc->sent - rc->tail) {
		rc->hca->counters.rc_strange++;
		return false;
	}
	if (count > 0)
		progress(rc, (uint64_t)count);
	return true;
}

static void denied(struct ipoib__hca_rc *rc, const struct ipoib__frame *frame)
{
	/* One that was overtaken, or is about nothing that was sent. */
	if (rc->tail == rc->sent || frame->psn != psn_of(rc, rc->tail) || rc->rnr_waiting)
		return;
	if (frame->syndrome == IPOIB__FRAME_NAK_SEQUENCE)
		repeat(rc);
	else if (frame->syndrome == IPOIB__FRAME_NAK_RNR)
		wait_for_receiver(rc, frame->rnr_timer);
	else
		ipoib__hca_rc_fail(rc, -EIO, IPOIB_CONNECTION_END_ERROR);
}

void ipoib__hca_rc_acknowledged(struct ipoib__hca_rc *rc, const struct ipoib__frame *frame)
{
	bool ack = frame->operation == IPOIB__FRAME_ACK;

	if (!arrived_before(rc, ack ? frame->psn + 1 : frame->psn))
		return;
	if (!ack)
		denied(rc, frame);
	if (rc->state == IPOIB__RC_READY)
		go_on(rc);
}

void ipoib__hca_rc_expire(struct ipoib__timer *timer, uint64_t now)
{
	struct ipoib__hca_rc *rc = ipoib__container_of(timer, struct ipoib__hca_rc, timer);

	(void)now;
	if (rc->rnr_waiting) {
		rc->rnr_waiting = false;
		go_on(rc);
	} else if (rc->hca->full) { /* our own link is slow: that is no silence of the peer */
		timer_start(rc);
	} else {
		repeat(rc);
	}
}

/*
 * IBA 9.7.5.2.8: 0 is the longest, 1 to 4 are steps of 10 us, and from 5 on each second code is
 * the double of the one two before: 60, 80, 120, 160, ... us.
 */
uint64_t ipoib__rc_rnr_ns(uint8_t code)
{
	uint64_t odd;

	code &= 31;
	if (code == 0)
		return UINT64_C(655360000);
	if (code <= 4)
		return code * UINT64_C(10000);
	odd = code & 1;
	return (odd ? UINT64_C(15000) : UINT64_C(20000)) << ((code - (odd ? 1 : 2)) / 2);
}
