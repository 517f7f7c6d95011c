/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Answering requests, and the events of a connection that was answered. rc_parts.h has the story.
 */
#include <errno.h>

#include "verbs/rc_parts.h"

/* ---- events ---- */

void ipoib__verbs_rc_handle(struct ipoib__verbs_cm *cm, const struct rdma_cm_event *event)
{
	struct ipoib__verbs_rc *rc = ipoib__container_of(cm, struct ipoib__verbs_rc, cm);

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
	case RDMA_CM_EVENT_DEVICE_REMOVAL:
		/* The kernel waits for the ending of every id. */
		ipoib__verbs_rc_fail(rc, IPOIB_CONNECTION_END_ERROR);
		(void)rdma_destroy_id(rc->id);
		rc->id = NULL;
		break;
	default:
		break;
	}
}

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

int ipoib__verbs_rc_accept(struct ipoib__verbs *verbs, struct ipoib__verbs_ud *ud, uint64_t number,
			   const struct ipoib_rc_attributes *attributes, void **out)
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
	rc->cm.handle = ipoib__verbs_rc_handle;
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
