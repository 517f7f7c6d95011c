/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * A UD queue pair that has stopped, and how it is mended.
 *
 *	       send failed                    all sends flushed
 *	READY ------------> SEND_ERROR (SQE) -------------------> READY
 *	  |
 *	  |  receive failed, P_Key moved      all flushed, P_Key in the table
 *	  +-------------------> ERROR ------------------------------> READY
 *	                          |   the adapter refuses
 *	                          +-----------------------> DEAD
 *
 * A queue pair keeps its number through all this: it is part of our link address.
 */
#include <errno.h>

#include "verbs/pkey.h"
#include "verbs/status.h"
#include "verbs/ud.h"
#include "verbs/verbs.h"

/* Not in the table: no queue pair is to run with whatever has taken the place. */
#define PKEY_NOWHERE UINT16_MAX

static int modify_qp(struct ipoib__verbs_ud *ud, struct ibv_qp_attr *attr, int mask)
{
	return ipoib__verbs_status(ibv_modify_qp(ud->qp, attr, mask));
}

static int to_init(struct ipoib__verbs_ud *ud)
{
	struct ibv_qp_attr attr = {
		.qp_state = IBV_QPS_INIT,
		.pkey_index = ud->pkey_index,
		.port_num = ud->verbs->number,
		.qkey = ud->qkey,
	};

	return modify_qp(ud, &attr, IBV_QP_STATE | IBV_QP_PKEY_INDEX | IBV_QP_PORT | IBV_QP_QKEY);
}

static int to_ready(struct ipoib__verbs_ud *ud)
{
	struct ibv_qp_attr attr = { .qp_state = IBV_QPS_RTR };
	int status = modify_qp(ud, &attr, IBV_QP_STATE);

	if (status < 0)
		return status;
	attr = (struct ibv_qp_attr){ .qp_state = IBV_QPS_RTS };
	return modify_qp(ud, &attr, IBV_QP_STATE | IBV_QP_SQ_PSN);
}

int ipoib__verbs_ud_start(struct ipoib__verbs_ud *ud)
{
	int status = to_init(ud);

	return status < 0 ? status : to_ready(ud);
}

/* Receives that came while it was stopped, now to the adapter. */
static int post_held(struct ipoib__verbs_ud *ud)
{
	const struct ipoib__verbs_posted_place *held;
	uint32_t number;

	while ((held = ipoib__verbs_posted_held(&ud->receives, &number)) != NULL) {
		struct ibv_sge piece = {
			.addr = (uintptr_t)held->address,
			.length = held->length,
			.lkey = (uint32_t)held->key,
		};
		struct ibv_recv_wr request = {
			.wr_id = (uint64_t)number << 8 | IPOIB__VERBS_UD_RECEIVE,
			.sg_list = &piece,
			.num_sge = 1,
		};
		struct ibv_recv_wr *bad;
		int status = ipoib__verbs_status(ibv_post_recv(ud->qp, &request, &bad));

		if (status < 0)
			return status;
		ipoib__verbs_posted_release(&ud->receives);
	}
	return 0;
}

static int restart_qp(struct ipoib__verbs_ud *ud)
{
	struct ibv_qp_attr attr = { .qp_state = IBV_QPS_RESET };
	int status = modify_qp(ud, &attr, IBV_QP_STATE);

	if (status == 0)
		status = to_init(ud);
	if (status == 0)
		status = post_held(ud);
	return status < 0 ? status : to_ready(ud);
}

/* SQE leads back to RTS at once. */
static int resume_sends(struct ipoib__verbs_ud *ud)
{
	struct ibv_qp_attr attr = { .qp_state = IBV_QPS_RTS, .cur_qp_state = IBV_QPS_SQE };

	return modify_qp(ud, &attr, IBV_QP_STATE | IBV_QP_CUR_STATE);
}

void ipoib__verbs_ud_dead(struct ipoib__verbs_ud *ud)
{
	ud->state = IPOIB__VERBS_DEAD;
	ipoib__verbs_posted_abandon(&ud->sends, -ECANCELED);
	ipoib__verbs_wake(ud->verbs);
}

static void give_up(struct ipoib__verbs_ud *ud)
{
	ipoib__verbs_log(ud->verbs, IPOIB_LOG_ERROR, "a queue pair cannot be mended");
	ipoib__verbs_ud_dead(ud);
}

static bool can_restart(const struct ipoib__verbs_ud *ud)
{
	return ud->state == IPOIB__VERBS_ERROR && ud->sends.hardware == 0 &&
	       ud->receives.hardware == 0 && ud->pkey_index != PKEY_NOWHERE;
}

void ipoib__verbs_ud_mend(struct ipoib__verbs_ud *ud)
{
	int status;

	if (ud->state == IPOIB__VERBS_SEND_ERROR && ud->sends.hardware == 0)
		status = resume_sends(ud);
	else if (can_restart(ud))
		status = restart_qp(ud);
	else
		return;
	if (status < 0)
		give_up(ud);
	else
		ud->state = IPOIB__VERBS_READY;
}

void ipoib__verbs_ud_stop(struct ipoib__verbs_ud *ud)
{
	struct ibv_qp_attr attr = { .qp_state = IBV_QPS_ERR };

	if (ud->state == IPOIB__VERBS_DEAD || ud->state == IPOIB__VERBS_ERROR)
		return;
	if (modify_qp(ud, &attr, IBV_QP_STATE) < 0)
		give_up(ud);
	else
		ud->state = IPOIB__VERBS_ERROR;
}

void ipoib__verbs_ud_look(struct ipoib__verbs_ud *ud)
{
	struct ibv_qp_init_attr made;
	struct ibv_qp_attr attr;

	if (ud->state == IPOIB__VERBS_DEAD || ud->state == IPOIB__VERBS_ERROR)
		return;
	if (ibv_query_qp(ud->qp, &attr, IBV_QP_STATE, &made) != 0)
		ipoib__verbs_ud_stop(ud);
	else if (attr.qp_state == IBV_QPS_ERR)
		ud->state = IPOIB__VERBS_ERROR;
	else if (attr.qp_state == IBV_QPS_SQE)
		ud->state = IPOIB__VERBS_SEND_ERROR;
}

/*
 * A queue pair knows its P_Key by the place in the table. A place that has another P_Key now would
 * make it speak in another partition, so it is stopped at once.
 */
void ipoib__verbs_ud_follow_pkey(struct ipoib__verbs_ud *ud)
{
	uint16_t index;

	if (!ipoib__verbs_pkey_find(&ud->verbs->port, ud->pkey, &index))
		index = PKEY_NOWHERE;
	if (index == ud->pkey_index)
		return;
	ud->pkey_index = index;
	ipoib__verbs_ud_stop(ud);
	ipoib__verbs_ud_mend(ud);
}
