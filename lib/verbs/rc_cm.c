/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Taking connections, and what becomes of all of them. rc_parts.h has the story. */
#include <errno.h>

#include "base/assert.h"
#include "verbs/rc_parts.h"

/* ---- answering ---- */

static struct ipoib__verbs_rc_request *request_find(const struct ipoib__verbs *verbs,
						    uint64_t number)
{
	const struct ipoib__list *head = &verbs->rcs->requests;

	for (struct ipoib__list *at = head->next; at != head; at = at->next) {
		struct ipoib__verbs_rc_request *request =
			ipoib__container_of(at, struct ipoib__verbs_rc_request, link);

		if (request->event.request == number)
			return request;
	}
	return NULL;
}

static int make_ready(struct ipoib__verbs_rc *rc)
{
	static const enum ibv_qp_state states[] = { IBV_QPS_INIT, IBV_QPS_RTR, IBV_QPS_RTS };
	int status = 0;

	for (size_t i = 0; i < 3 && status == 0; i++)
		status = ipoib__verbs_rc_modify(rc, states[i]);
	return status;
}

static int give_answer(struct ipoib__verbs_rc *rc)
{
	struct rdma_conn_param param = ipoib__verbs_rc_parameters(rc);
	int status = make_ready(rc);

	if (status == 0)
		status = ipoib__verbs_status(rdma_accept(rc->id, &param));
	return status;
}

int ipoib__verbs_rc_accept(struct ipoib__verbs *verbs, struct ipoib__verbs_ud *ud,
			   uint64_t number, const struct ipoib_rc_attributes *attributes,
			   void **out)
{
	struct ipoib__verbs_rc_request *request = request_find(verbs, number);
	struct ipoib__verbs_rc *rc;
	int status;

	if (request == NULL || request->ud != ud)
		return -ENOENT;
	status = ipoib__verbs_rc_new(ud, attributes, &rc);
	if (status < 0)
		return status;
	rc->id = request->id;
	rc->state = IPOIB__VERBS_RC_ANSWERED;
	status = give_answer(rc);
	if (status < 0) { /* the request stays, to be refused */
		ipoib__verbs_rc_free(rc);
		return status;
	}
	rc->id->context = &rc->cm;
	request->id = NULL;
	ipoib__verbs_rc_request_end(verbs, request);
	*out = rc;
	return 0;
}

void ipoib__verbs_rc_reject(struct ipoib__verbs *verbs, uint64_t number, uint16_t reason,
			    const void *private_data, size_t private_length)
{
	struct ipoib__verbs_rc_request *request = request_find(verbs, number);

	if (request == NULL)
		return;
	ipoib__verbs_rc_refuse(verbs, request->id, reason, private_data, private_length);
	ipoib__verbs_rc_request_end(verbs, request);
}

/* ---- afterwards ---- */

void ipoib__verbs_rc_come_up(struct ipoib__verbs_rc *rc)
{
	rc->state = IPOIB__VERBS_RC_UP;
	rc->was_up = true;
	rc->tell_up = true;
	ipoib__verbs_rc_tell(rc);
}

static void go_on(struct ipoib__verbs_rc *rc, const struct rdma_cm_event *event)
{
	switch (event->event) {
	case RDMA_CM_EVENT_ESTABLISHED:
		if (rc->state == IPOIB__VERBS_RC_ANSWERED)
			ipoib__verbs_rc_come_up(rc);
		break;
	case RDMA_CM_EVENT_DISCONNECTED:
		(void)rdma_disconnect(rc->id); /* the answer to the farewell */
		ipoib__verbs_rc_fail(rc, IPOIB_CONNECTION_END_PEER);
		break;
	case RDMA_CM_EVENT_REJECTED:
	case RDMA_CM_EVENT_UNREACHABLE:
	case RDMA_CM_EVENT_CONNECT_ERROR:
		ipoib__verbs_rc_fail(rc, IPOIB_CONNECTION_END_PEER);
		break;
	default:
		break;
	}
}

void ipoib__verbs_rc_handle(struct ipoib__verbs_cm *cm, const struct rdma_cm_event *event)
{
	struct ipoib__verbs_rc *rc = ipoib__container_of(cm, struct ipoib__verbs_rc, cm);

	if (rc->qp == NULL) { /* it leaves, and this is the answer to its farewell */
		ipoib__verbs_rc_left(rc);
		return;
	}
	if (event->event == RDMA_CM_EVENT_DEVICE_REMOVAL) {
		/* The kernel waits for the ending of every id. */
		ipoib__verbs_rc_fail(rc, IPOIB_CONNECTION_END_ERROR);
		(void)rdma_destroy_id(rc->id);
		rc->id = NULL;
	} else if (rc->state == IPOIB__VERBS_RC_RESOLVING || rc->state == IPOIB__VERBS_RC_ASKING) {
		ipoib__verbs_rc_ask_further(rc, event);
	} else {
		go_on(rc, event);
	}
}

/* ---- leaving ---- */

void ipoib__verbs_rc_left(struct ipoib__verbs_rc *rc)
{
	if (ipoib__list_is_linked(&rc->link)) {
		ipoib__list_remove(&rc->link);
		rc->verbs->rcs->leaving_count--;
	}
	if (rc->id != NULL)
		(void)rdma_destroy_id(rc->id);
	rc->id = NULL;
	ipoib__verbs_rc_free(rc);
}

/* The link is back: what was kept to ourselves is said now. */
void ipoib__verbs_rc_say_goodbye(struct ipoib__verbs *verbs)
{
	struct ipoib__list *at, *next, *leaving = &verbs->rcs->leaving;

	ipoib__list_for_each_safe(at, next, leaving) {
		struct ipoib__verbs_rc *rc = ipoib__container_of(at, struct ipoib__verbs_rc, link);

		if (!rc->silent)
			continue;
		rc->silent = false;
		if (!rc->was_up || rdma_disconnect(rc->id) != 0)
			ipoib__verbs_rc_left(rc);
	}
}

/* Whether there is an answer to wait for, or the link. */
static bool may_wait(struct ipoib__verbs_rc *rc)
{
	rc->silent = rc->verbs->port.state != IPOIB_PORT_ACTIVE;
	return rc->silent || (rc->was_up && rdma_disconnect(rc->id) == 0);
}

/* One that never was up has nothing to say goodbye to: ending its id refuses what is asked for. */
void ipoib__verbs_rc_leave(struct ipoib__verbs_rc *rc)
{
	struct ipoib__verbs_rc_set *set = rc->verbs->rcs;

	if (rc->id == NULL || rc->verbs->gone || !may_wait(rc)) {
		ipoib__verbs_rc_left(rc);
		return;
	}
	if (set->leaving_count >= IPOIB__VERBS_LEAVING_MAX)
		ipoib__verbs_rc_left(ipoib__container_of(ipoib__list_first(&set->leaving),
							 struct ipoib__verbs_rc, link));
	ipoib__list_push_back(&set->leaving, &rc->link);
	set->leaving_count++;
}
