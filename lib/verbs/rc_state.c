/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The state of one connection: that of its queue pair, and what the user is to be told of it. A
 * change calls no other part: the connection is put on a list, which is read when completions are
 * polled or events are taken.
 */
#include <errno.h>

#include "verbs/rc_parts.h"

/* RDMA reads: IPoIB uses none, but some adapters refuse 0. */
#define READS 1

/* The code of 1.28 ms, in which the peer may post a receive again: a turn of its loop. */
#define RNR_TIMER 14
/*
 * 4.096 us * 2^17 = 0.5 s until silence is loss, where the user sets no time: librdmacm derives its
 * own from a packet lifetime that RoCE does not have, too short for a machine that emulates.
 */
#define TIMEOUT_LEAST 17
/* Attributes that the kernel's librdmacm sets for RoCE, and InfiniBand refuses. */
#define MASK_OF_ROCE 0xe00000

/* ---- the queue pair ---- */

struct rdma_conn_param ipoib__verbs_rc_parameters(const struct ipoib__verbs_rc *rc)
{
	return (struct rdma_conn_param){
		.private_data = rc->attributes.private_data,
		.private_data_len = (uint8_t)rc->attributes.private_length,
		.responder_resources = READS,
		.initiator_depth = READS,
		.flow_control = 1,
		.retry_count = rc->attributes.retry_count,
		.rnr_retry_count = rc->attributes.rnr_retry,
		.srq = 1,
		.qp_num = rc->qp->qp_num,
	};
}

int ipoib__verbs_rc_modify(struct ipoib__verbs_rc *rc, enum ibv_qp_state state)
{
	struct ibv_qp_attr attr = { .qp_state = state };
	int mask, status;

	status = ipoib__verbs_status(rdma_init_qp_attr(rc->id, &attr, &mask));
	if (status < 0)
		return status;
	if (state == IBV_QPS_RTR) {
		if (!rc->verbs->ethernet)
			mask &= ~MASK_OF_ROCE;
		attr.min_rnr_timer = RNR_TIMER;
	}
	if (state == IBV_QPS_RTS) {
		attr.retry_cnt = rc->attributes.retry_count;
		attr.rnr_retry = rc->attributes.rnr_retry;
		if (rc->attributes.ack_timeout != 0)
			attr.timeout = rc->attributes.ack_timeout;
		else if (rc->verbs->ethernet && attr.timeout < TIMEOUT_LEAST)
			attr.timeout = TIMEOUT_LEAST;
	}
	return ipoib__verbs_status(ibv_modify_qp(rc->qp, &attr, mask));
}

void ipoib__verbs_rc_note_decided(struct ipoib__verbs_rc *rc)
{
	if (ipoib__verbs_posted_decided(&rc->sends) && !ipoib__list_is_linked(&rc->decided))
		ipoib__list_push_back(&rc->ud->rc->decided, &rc->decided);
}

/* Makes the queue pair flush everything. */
static void stop_queue_pair(struct ipoib__verbs_rc *rc)
{
	struct ibv_qp_attr attr = { .qp_state = IBV_QPS_ERR };

	if (!rc->verbs->gone && ibv_modify_qp(rc->qp, &attr, IBV_QP_STATE) == 0)
		return;
	ipoib__verbs_posted_abandon(&rc->sends, -ECANCELED);
	ipoib__verbs_rc_note_decided(rc);
}

/* ---- up, and over ---- */

static void tell_user(struct ipoib__verbs_rc *rc)
{
	if (!ipoib__list_is_linked(&rc->telling))
		ipoib__list_push_back(&rc->verbs->rcs->telling, &rc->telling);
	ipoib__verbs_wake(rc->verbs);
}

void ipoib__verbs_rc_come_up(struct ipoib__verbs_rc *rc)
{
	rc->state = IPOIB__VERBS_RC_UP;
	rc->was_up = true;
	rc->tell_up = true;
	tell_user(rc);
}

void ipoib__verbs_rc_fail(struct ipoib__verbs_rc *rc, enum ipoib_connection_end why)
{
	bool asked = rc->state == IPOIB__VERBS_RC_RESOLVING || rc->state == IPOIB__VERBS_RC_ASKING;

	if (rc->state == IPOIB__VERBS_RC_FAILED)
		return;
	rc->state = IPOIB__VERBS_RC_FAILED;
	rc->tell_end = true;
	rc->refused = asked;
	rc->end_status = asked ? -ETIMEDOUT : why == IPOIB_CONNECTION_END_PEER ? -ECONNRESET : -EIO;
	rc->end_reason = asked ? 0 : (uint16_t)why;
	stop_queue_pair(rc);
	tell_user(rc);
}
