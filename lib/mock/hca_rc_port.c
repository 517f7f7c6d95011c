/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* The reliable connections of a port: their beginning and end, their frames, time and events. */
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

static struct ipoib__hca_rc *rc_find(const struct ipoib__hca *hca, uint32_t qpn)
{
	return ipoib__table_find(&hca->rcs, qpn_hash(qpn), &qpn);
}

bool ipoib__hca_rc_has(const struct ipoib__hca *hca, uint32_t qpn)
{
	return rc_find(hca, qpn) != NULL;
}

/* ---- beginning and ending ---- */

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

/* ---- what the port owes its connections ---- */

void ipoib__hca_rc_port_changed(struct ipoib__hca *hca)
{
	if (hca->port.state == IPOIB_PORT_ACTIVE)
		return;
	for (struct ipoib__list *at = hca->queue_pairs.next; at != &hca->queue_pairs;
	     at = at->next) {
		struct ipoib__hca_ud *ud = ipoib__container_of(at, struct ipoib__hca_ud, link);

		for (struct ipoib__list *link = ud->connections.next; link != &ud->connections;
		     link = link->next)
			ipoib__hca_rc_fail(ipoib__container_of(link, struct ipoib__hca_rc, link),
					   -EIO, IPOIB_CONNECTION_END_PORT);
	}
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

void ipoib__hca_rc_receive(struct ipoib__hca *hca, const struct ipoib__frame *frame,
			   const void *payload)
{
	struct ipoib__hca_rc *rc = rc_find(hca, frame->dqpn);

	if (rc == NULL)
		hca->counters.dropped_qpn++;
	else if (rc->state != IPOIB__RC_READY || frame->sqpn != rc->peer.qpn ||
		 frame->slid != rc->peer.lid)
		hca->counters.dropped_state++;
	else if (!ipoib__hca_pkey_matches(frame->pkey, ipoib__hca_ud_pkey(rc->ud)))
		hca->counters.dropped_pkey++;
	else if (frame->operation == IPOIB__FRAME_SEND)
		ipoib__hca_rc_message(rc, frame, payload);
	else
		ipoib__hca_rc_acknowledged(rc, frame);
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

/* ---- events ---- */

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
