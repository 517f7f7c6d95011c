/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "mock/hca_rc.h"

#include <errno.h>
#include <string.h>

#include "base/assert.h"

/* Timers that one process() runs: the rest follows in the next, at once. */
#define TIMERS_MAX 1024
/* What a count of three bits holds. */
#define RETRIES_MAX 7
/* And a code of five. */
#define TIMEOUT_MAX 31

/* ---- finding ---- */

/* The numbers are our own and consecutive, so they need no key; the factor spreads them. */
static uint64_t qpn_hash(uint32_t qpn)
{
	return qpn * UINT64_C(0x9e3779b97f4a7c15);
}

static bool qpn_equal(const void *entry, const void *key, void *user)
{
	(void)user;
	return ((const struct ipoib__hca_rc *)entry)->qpn == *(const uint32_t *)key;
}

void ipoib__hca_rc_init(struct ipoib__hca *hca)
{
	ipoib__wheel_init(&hca->wheel, 0);
	ipoib__table_init(&hca->rcs, hca->memory, qpn_equal, NULL);
	ipoib__list_init(&hca->working);
	ipoib__list_init(&hca->starting);
	ipoib__list_init(&hca->telling);
	hca->rc_timeout = IPOIB_NEVER;
}

struct ipoib__hca_rc *ipoib__hca_rc_find(const struct ipoib__hca *hca, uint32_t qpn)
{
	return ipoib__table_find(&hca->rcs, qpn_hash(qpn), &qpn);
}

/* ---- making ---- */

static bool attributes_are_valid(const struct ipoib_rc_attributes *attributes)
{
	return attributes->send_depth >= 1 && attributes->send_depth <= IPOIB__HCA_DEPTH_MAX &&
	       attributes->retry_count <= RETRIES_MAX && attributes->rnr_retry <= RETRIES_MAX &&
	       attributes->ack_timeout <= TIMEOUT_MAX &&
	       attributes->private_length <= IPOIB_RC_PRIVATE_MAX;
}

static struct ipoib__hca_rc *rc_new(struct ipoib__hca_ud *ud, uint32_t send_depth)
{
	struct ipoib__memory *memory = ud->hca->memory;
	struct ipoib__hca_rc *rc = ipoib__memory_get(memory, sizeof(*rc));

	if (rc == NULL)
		return NULL;
	rc->sends = ipoib__memory_get_array(memory, send_depth, sizeof(*rc->sends));
	if (rc->sends == NULL || ipoib__hca_ud_reserve(ud, send_depth) < 0) {
		ipoib__memory_put(memory, rc->sends, send_depth * sizeof(*rc->sends));
		ipoib__memory_put(memory, rc, sizeof(*rc));
		return NULL;
	}
	rc->ud = ud;
	rc->hca = ud->hca;
	rc->send_depth = send_depth;
	rc->state = IPOIB__RC_IDLE;
	ipoib__list_init(&rc->link);
	ipoib__list_init(&rc->working);
	ipoib__list_init(&rc->starting);
	ipoib__list_init(&rc->telling);
	ipoib__timer_init(&rc->timer, ipoib__hca_rc_expire);
	return rc;
}

static void rc_free(struct ipoib__hca_rc *rc)
{
	struct ipoib__memory *memory = rc->hca->memory;

	ipoib__hca_ud_release(rc->ud, rc->send_depth);
	ipoib__memory_put(memory, rc->sends, rc->send_depth * sizeof(*rc->sends));
	ipoib__memory_put(memory, rc, sizeof(*rc));
}

int ipoib__hca_rc_create(struct ipoib__hca_rc **out, struct ipoib__hca_ud *ud,
			 const struct ipoib_rc_attributes *attributes, uint32_t expected_psn)
{
	struct ipoib__hca_rc *rc;

	if (!attributes_are_valid(attributes))
		return -EINVAL;
	if (ud->connection_count >= ud->connections_max)
		return -ENOSPC;
	rc = rc_new(ud, attributes->send_depth);
	if (rc == NULL)
		return -ENOMEM;
	rc->qpn = ipoib__hca_qpn_new(ud->hca);
	if (ipoib__table_insert(&ud->hca->rcs, qpn_hash(rc->qpn), rc) < 0) {
		rc_free(rc);
		return -ENOMEM;
	}
	rc->connection = attributes->connection;
	rc->timeout = UINT64_C(4096) << (attributes->ack_timeout ? attributes->ack_timeout :
								   IPOIB__RC_TIMEOUT);
	if (rc->timeout < ud->hca->rc_timeout)
		ud->hca->rc_timeout = rc->timeout;
	rc->retry_count = attributes->retry_count;
	rc->retries_left = attributes->retry_count;
	rc->rnr_retry = attributes->rnr_retry;
	rc->rnr_left = attributes->rnr_retry;
	rc->expected_psn = expected_psn & IPOIB__RC_PSN;
	ipoib__list_push_back(&ud->connections, &rc->link);
	ud->connection_count++;
	*out = rc;
	return 0;
}

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

/* ---- failing and ending ---- */

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

void ipoib__hca_rc_destroy(struct ipoib__hca_rc *rc)
{
	struct ipoib__hca_ud *ud = rc->ud;

	rc->state = IPOIB__RC_ERROR;
	ipoib__hca_ud_forget(ud, rc);
	ipoib__wheel_cancel(&rc->hca->wheel, &rc->timer);
	ipoib__list_remove(&rc->link);
	ipoib__list_remove(&rc->working);
	ipoib__list_remove(&rc->starting);
	ipoib__list_remove(&rc->telling);
	(void)ipoib__table_remove(&rc->hca->rcs, qpn_hash(rc->qpn), rc);
	ud->connection_count--;
	rc_free(rc);
}

void ipoib__hca_rc_fail_all(struct ipoib__hca *hca)
{
	for (struct ipoib__list *at = hca->queue_pairs.next; at != &hca->queue_pairs;
	     at = at->next) {
		struct ipoib__hca_ud *ud = ipoib__container_of(at, struct ipoib__hca_ud, link);

		for (struct ipoib__list *link = ud->connections.next; link != &ud->connections;
		     link = link->next)
			ipoib__hca_rc_fail(ipoib__container_of(link, struct ipoib__hca_rc, link),
					   -EIO, IPOIB_CONNECTION_END_PORT);
	}
}

bool ipoib__hca_rc_next_event(struct ipoib__hca *hca, struct ipoib_transport_event *event)
{
	struct ipoib__list *link = ipoib__list_pop_front(&hca->telling);
	struct ipoib__hca_rc *rc;

	if (link == NULL)
		return false;
	rc = ipoib__container_of(link, struct ipoib__hca_rc, telling);
	memset(event, 0, sizeof(*event));
	event->type = rc->event_type;
	event->status = rc->event_status;
	event->rc.reason = rc->event_reason;
	event->id = rc->connection;
	return true;
}

/* ---- time ---- */

void ipoib__hca_rc_clock(struct ipoib__hca *hca, uint64_t now)
{
	if (now > hca->now)
		hca->now = now;
}

void ipoib__hca_rc_tick(struct ipoib__hca *hca)
{
	struct ipoib__list *link;

	(void)ipoib__wheel_advance(&hca->wheel, hca->now, TIMERS_MAX);
	while ((link = ipoib__list_pop_front(&hca->starting)) != NULL) {
		struct ipoib__hca_rc *rc =
			ipoib__container_of(link, struct ipoib__hca_rc, starting);

		ipoib__wheel_arm(&hca->wheel, &rc->timer, hca->now + rc->timeout);
	}
}

/* What was posted since the last tick is not older than that: its timer is not due before. */
uint64_t ipoib__hca_rc_deadline(const struct ipoib__hca *hca)
{
	uint64_t wheel = ipoib__wheel_deadline(&hca->wheel);
	uint64_t start = hca->now + hca->rc_timeout;

	if (!ipoib__list_empty(&hca->telling))
		return 0;
	return ipoib__list_empty(&hca->starting) || wheel < start ? wheel : start;
}

/* ---- what is due to the link ---- */

void ipoib__hca_rc_work(struct ipoib__hca_rc *rc)
{
	if (!ipoib__list_is_linked(&rc->working))
		ipoib__list_push_back(&rc->hca->working, &rc->working);
	rc->hca->owner.wake(rc->hca->owner.self, false);
}

void ipoib__hca_rc_resume(struct ipoib__hca *hca)
{
	struct ipoib__list *link;

	while ((link = ipoib__list_pop_front(&hca->working)) != NULL) {
		struct ipoib__hca_rc *rc = ipoib__container_of(link, struct ipoib__hca_rc, working);

		if (!ipoib__hca_rc_answer(rc) || !ipoib__hca_rc_send(rc)) {
			ipoib__list_remove(link);
			ipoib__list_push_front(&hca->working, link);
			hca->full = true;
			return;
		}
	}
	hca->full = false;
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
