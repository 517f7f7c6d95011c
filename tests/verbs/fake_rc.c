/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "verbs/fake_rc.h"

#include <errno.h>
#include <string.h>

#include "support/support.h"
#include "verbs/adapter.h"
#include "verbs/fake_cm.h"

struct fake_rc fake_rc;

/* ---- queue pairs ---- */

static struct fake_rc_pair *pair_of(const struct ibv_qp *qp)
{
	for (size_t i = 0; i < FAKE_RC_PAIRS; i++)
		if (&fake_rc.pairs[i].qp == qp)
			return &fake_rc.pairs[i];
	return NULL;
}

bool fake_rc_owns(const struct ibv_qp *qp)
{
	return pair_of(qp) != NULL;
}

struct fake_rc_pair *fake_rc_youngest(void)
{
	struct fake_rc_pair *youngest = NULL;

	for (size_t i = 0; i < FAKE_RC_PAIRS; i++) {
		struct fake_rc_pair *pair = &fake_rc.pairs[i];

		if (pair->alive && (youngest == NULL || pair->qp.qp_num > youngest->qp.qp_num))
			youngest = pair;
	}
	ck_assert_ptr_nonnull(youngest);
	return youngest;
}

struct ibv_qp *fake_rc_create(const struct ibv_qp_init_attr *attr)
{
	static uint32_t next_number = FAKE_RC_QPN;
	size_t i = 0;

	ck_assert_ptr_eq(attr->srq, &fake_rc.srq);
	while (i < FAKE_RC_PAIRS && fake_rc.pairs[i].alive)
		i++;
	ck_assert_uint_lt(i, FAKE_RC_PAIRS);
	fake_rc.pairs[i] = (struct fake_rc_pair){
		.qp = { .context = &adapter.context, .qp_num = next_number++ },
		.alive = true,
		.state = IBV_QPS_RESET,
	};
	return &fake_rc.pairs[i].qp;
}

int fake_rc_destroy(struct ibv_qp *qp)
{
	pair_of(qp)->alive = false;
	return 0;
}

static void flush(struct fake_rc_pair *pair)
{
	for (unsigned i = 0; i < pair->send_count; i++)
		adapter_complete(&(struct ibv_wc){
			.wr_id = pair->sends[i],
			.qp_num = pair->qp.qp_num,
			.status = IBV_WC_WR_FLUSH_ERR,
		});
	pair->send_count = 0;
}

int fake_rc_modify(struct ibv_qp *qp, const struct ibv_qp_attr *attr)
{
	struct fake_rc_pair *pair = pair_of(qp);

	ck_assert(attr->qp_state == IBV_QPS_ERR || attr->qp_state > pair->state);
	pair->state = attr->qp_state;
	if (pair->state == IBV_QPS_ERR)
		flush(pair);
	return 0;
}

int fake_rc_post_send(struct ibv_qp *qp, const struct ibv_send_wr *wr)
{
	struct fake_rc_pair *pair = pair_of(qp);

	for (; wr != NULL; wr = wr->next) {
		ck_assert_uint_lt(pair->send_count, FAKE_RC_DEPTH);
		pair->sends[pair->send_count++] = wr->wr_id;
	}
	if (pair->state == IBV_QPS_ERR)
		flush(pair);
	return 0;
}

void fake_rc_sent(struct fake_rc_pair *pair, enum ibv_wc_status status)
{
	ck_assert_uint_gt(pair->send_count, 0);
	adapter_complete(&(struct ibv_wc){
		.wr_id = pair->sends[status == IBV_WC_SUCCESS ? pair->send_count - 1 : 0],
		.qp_num = pair->qp.qp_num,
		.status = status,
	});
	if (status != IBV_WC_SUCCESS)
		memmove(pair->sends, pair->sends + 1, --pair->send_count * sizeof(pair->sends[0]));
	else
		pair->send_count = 0;
}

/* ---- the shared receive queue ---- */

struct ibv_srq *ibv_create_srq(struct ibv_pd *pd, struct ibv_srq_init_attr *attr)
{
	(void)pd;
	ck_assert_uint_le(attr->attr.max_wr, FAKE_RC_DEPTH);
	fake_rc.srq = (struct ibv_srq){ .context = &adapter.context };
	fake_rc.srq_alive = true;
	return &fake_rc.srq;
}

int ibv_destroy_srq(struct ibv_srq *srq)
{
	ck_assert_ptr_eq(srq, &fake_rc.srq);
	fake_rc.srq_alive = false;
	return 0;
}

static int post_srq_recv(struct ibv_srq *srq, struct ibv_recv_wr *wr, struct ibv_recv_wr **bad)
{
	int refusal = fake_rc.refuse_receive;

	ck_assert_ptr_eq(srq, &fake_rc.srq);
	fake_rc.refuse_receive = 0;
	if (refusal != 0) {
		*bad = wr;
		return refusal;
	}
	for (; wr != NULL; wr = wr->next) {
		ck_assert_uint_lt(fake_rc.receive_count, FAKE_RC_DEPTH);
		fake_rc.receives[fake_rc.receive_count++] = wr->wr_id;
	}
	return 0;
}

void fake_rc_received(uint32_t qpn, enum ibv_wc_status status, uint32_t length)
{
	ck_assert_uint_gt(fake_rc.receive_count, 0);
	adapter_complete(&(struct ibv_wc){
		.wr_id = fake_rc.receives[0],
		.qp_num = qpn,
		.status = status,
		.byte_len = length,
	});
	memmove(fake_rc.receives, fake_rc.receives + 1,
		--fake_rc.receive_count * sizeof(fake_rc.receives[0]));
}

/* ---- librdmacm ---- */

static void keep(const void *data, uint8_t length)
{
	fake_rc.private_length = length;
	if (length > 0)
		memcpy(fake_rc.private_data, data, length);
}

int rdma_init_qp_attr(struct rdma_cm_id *id, struct ibv_qp_attr *attr, int *mask)
{
	ck_assert_ptr_nonnull(id);
	(void)attr;
	*mask = IBV_QP_STATE;
	return 0;
}

int rdma_set_option(struct rdma_cm_id *id, int level, int name, void *value, size_t length)
{
	ck_assert_ptr_nonnull(id);
	ck_assert_int_eq(level, RDMA_OPTION_IB);
	ck_assert_int_eq(name, RDMA_OPTION_IB_PATH);
	ck_assert_ptr_nonnull(value);
	ck_assert_uint_gt(length, 0);
	fake_rc.paths++;
	return 0;
}

int rdma_connect(struct rdma_cm_id *id, struct rdma_conn_param *param)
{
	ck_assert_ptr_nonnull(id);
	fake_rc.connects++;
	fake_rc.param = *param;
	keep(param->private_data, param->private_data_len);
	return 0;
}

int rdma_establish(struct rdma_cm_id *id)
{
	ck_assert_ptr_nonnull(id);
	fake_rc.establishes++;
	return 0;
}

int rdma_listen(struct rdma_cm_id *id, int backlog)
{
	ck_assert_ptr_nonnull(id);
	ck_assert_int_gt(backlog, 0);
	fake_rc.listens++;
	return 0;
}

int rdma_accept(struct rdma_cm_id *id, struct rdma_conn_param *param)
{
	ck_assert_ptr_nonnull(id);
	fake_rc.accepts++;
	fake_rc.param = *param;
	keep(param->private_data, param->private_data_len);
	return 0;
}

int rdma_reject(struct rdma_cm_id *id, const void *data, uint8_t length)
{
	ck_assert_ptr_nonnull(id);
	fake_rc.rejects++;
	keep(data, length);
	return 0;
}

int rdma_disconnect(struct rdma_cm_id *id)
{
	ck_assert_ptr_nonnull(id);
	fake_rc.disconnects++;
	errno = fake_rc.refuse_disconnect;
	fake_rc.refuse_disconnect = 0;
	return errno != 0 ? -1 : 0;
}

int rdma_notify(struct rdma_cm_id *id, enum ibv_event_type event)
{
	ck_assert_ptr_nonnull(id);
	ck_assert_int_eq(event, IBV_EVENT_COMM_EST);
	fake_rc.notifies++;
	return 0;
}

/* ---- what the peer does ---- */

void fake_rc_event(struct rdma_cm_id *id, enum rdma_cm_event_type type, int status,
		   const void *data, uint8_t length)
{
	struct rdma_cm_event event = { .id = id, .event = type, .status = status };
	struct ipoib__verbs_cm *cm = id->context;

	event.param.conn.private_data = data;
	event.param.conn.private_data_len = length;
	cm->handle(cm, &event);
}

struct rdma_cm_id *fake_rc_request(struct rdma_cm_id *listener, const void *data, uint8_t length)
{
	struct rdma_cm_id *id;

	ck_assert_int_eq(rdma_create_id(NULL, &id, listener->context, listener->ps), 0);
	id->verbs = &adapter.context;
	id->port_num = 1;
	fake_rc_event(id, RDMA_CM_EVENT_CONNECT_REQUEST, 0, data, length);
	return id;
}

void fake_rc_open(struct ipoib__verbs *verbs)
{
	memset(&fake_rc, 0, sizeof(fake_rc));
	adapter.context.ops.post_srq_recv = post_srq_recv;
	verbs->limits.max_srq_wr = FAKE_RC_DEPTH;
}

void fake_rc_close(void)
{
	for (size_t i = 0; i < FAKE_RC_PAIRS; i++)
		ck_assert(!fake_rc.pairs[i].alive);
	ck_assert(!fake_rc.srq_alive);
}
