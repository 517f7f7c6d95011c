/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "verbs/adapter.h"

#include <errno.h>
#include <string.h>

#include "support/support.h"
#include "verbs/fake_rc.h"

struct adapter adapter;

void adapter_complete(const struct ibv_wc *wc)
{
	ck_assert_uint_lt(adapter.done_count, 2 * ADAPTER_DEPTH);
	adapter.done[adapter.done_count++] = *wc;
	adapter.fired = adapter.fired || adapter.armed;
	adapter.armed = false;
}

static void complete(uint64_t id, enum ibv_wc_status status, uint32_t length)
{
	adapter_complete(&(struct ibv_wc){
		.wr_id = id,
		.status = status,
		.byte_len = length,
		.src_qp = 7,
		.slid = 9,
		.sl = 3,
	});
}

static struct adapter_request take(struct adapter_request *queue, unsigned *count)
{
	struct adapter_request oldest = queue[0];

	ck_assert_uint_gt(*count, 0);
	memmove(queue, queue + 1, --*count * sizeof(*queue));
	return oldest;
}

void adapter_sent(unsigned count, enum ibv_wc_status status)
{
	for (unsigned i = 0; i < count; i++) {
		struct adapter_request send = take(adapter.sends, &adapter.send_count);
		bool failed = i == count - 1 && status != IBV_WC_SUCCESS;

		if (send.signalled || failed)
			complete(send.id, failed ? status : IBV_WC_SUCCESS, 0);
	}
}

void adapter_received(enum ibv_wc_status status, uint32_t length)
{
	complete(take(adapter.receives, &adapter.receive_count).id, status, length);
}

static void flush(void)
{
	while (adapter.send_count > 0)
		complete(take(adapter.sends, &adapter.send_count).id, IBV_WC_WR_FLUSH_ERR, 0);
	while (adapter.state == IBV_QPS_ERR && adapter.receive_count > 0)
		complete(take(adapter.receives, &adapter.receive_count).id, IBV_WC_WR_FLUSH_ERR,
			 0);
}

void adapter_stops(enum ibv_qp_state state)
{
	adapter.state = state;
	flush();
}

/* ---- what libibverbs has in its header ---- */

static int post_send(struct ibv_qp *qp, struct ibv_send_wr *wr, struct ibv_send_wr **bad)
{
	if (fake_rc_owns(qp))
		return fake_rc_post_send(qp, wr);
	ck_assert_ptr_eq(qp, &adapter.qp);
	adapter.rings++;
	for (int n = 1; wr != NULL; wr = wr->next, n++) {
		if (n == adapter.refuse_send_at) {
			adapter.refuse_send_at = 0;
			*bad = wr;
			return ENOMEM;
		}
		ck_assert_uint_lt(adapter.send_count, ADAPTER_DEPTH);
		adapter.sends[adapter.send_count++] = (struct adapter_request){
			.id = wr->wr_id,
			.signalled = (wr->send_flags & IBV_SEND_SIGNALED) != 0,
			.inlined = (wr->send_flags & IBV_SEND_INLINE) != 0,
			.length = wr->sg_list->length,
		};
	}
	if (adapter.state != IBV_QPS_RTS)
		flush();
	return 0;
}

static int post_recv(struct ibv_qp *qp, struct ibv_recv_wr *wr, struct ibv_recv_wr **bad)
{
	ck_assert_ptr_eq(qp, &adapter.qp);
	(void)bad;
	for (; wr != NULL; wr = wr->next) {
		ck_assert_uint_lt(adapter.receive_count, ADAPTER_DEPTH);
		adapter.receives[adapter.receive_count++] = (struct adapter_request){
			.id = wr->wr_id,
			.length = wr->sg_list->length,
		};
	}
	if (adapter.state == IBV_QPS_ERR)
		flush();
	return 0;
}

static int poll_cq(struct ibv_cq *cq, int room, struct ibv_wc *wc)
{
	unsigned count = adapter.done_count < (unsigned)room ? adapter.done_count : (unsigned)room;

	ck_assert_ptr_eq(cq, &adapter.cq);
	memcpy(wc, adapter.done, count * sizeof(*wc));
	adapter.done_count -= count;
	memmove(adapter.done, adapter.done + count, adapter.done_count * sizeof(*wc));
	return (int)count;
}

/* As Soft-RoCE does it: what is there already does not fire. */
static int req_notify_cq(struct ibv_cq *cq, int solicited_only)
{
	(void)solicited_only;
	ck_assert_ptr_eq(cq, &adapter.cq);
	adapter.armed = true;
	return 0;
}

/* ---- what libibverbs has as functions ---- */

struct ibv_cq *ibv_create_cq(struct ibv_context *context, int cqe, void *cq_context,
			     struct ibv_comp_channel *channel, int comp_vector)
{
	(void)comp_vector;
	(void)channel;
	adapter.cq = (struct ibv_cq){
		.context = context,
		.cq_context = cq_context,
		.cqe = cqe,
	};
	adapter.cq_alive = true;
	return &adapter.cq;
}

int ibv_resize_cq(struct ibv_cq *cq, int cqe)
{
	cq->cqe = cqe;
	return 0;
}

int ibv_destroy_cq(struct ibv_cq *cq)
{
	ck_assert_ptr_eq(cq, &adapter.cq);
	adapter.cq_alive = false;
	return 0;
}

int ibv_get_cq_event(struct ibv_comp_channel *channel, struct ibv_cq **cq, void **cq_context)
{
	(void)channel;
	if (!adapter.fired) {
		errno = EAGAIN;
		return -1;
	}
	adapter.fired = false;
	*cq = &adapter.cq;
	*cq_context = adapter.cq.cq_context;
	return 0;
}

void ibv_ack_cq_events(struct ibv_cq *cq, unsigned int nevents)
{
	ck_assert_ptr_eq(cq, &adapter.cq);
	adapter.acknowledged += nevents;
}

struct ibv_qp *ibv_create_qp(struct ibv_pd *pd, struct ibv_qp_init_attr *attr)
{
	(void)pd;
	if (attr->qp_type == IBV_QPT_RC)
		return fake_rc_create(attr);
	if (adapter.refuse_create != 0 && attr->cap.max_inline_data > 0) {
		errno = adapter.refuse_create;
		return NULL;
	}
	adapter.qp = (struct ibv_qp){ .context = &adapter.context, .qp_num = 0x48 };
	adapter.state = IBV_QPS_RESET;
	adapter.qp_alive = true;
	return &adapter.qp;
}

int ibv_destroy_qp(struct ibv_qp *qp)
{
	if (fake_rc_owns(qp))
		return fake_rc_destroy(qp);
	ck_assert_ptr_eq(qp, &adapter.qp);
	ck_assert_uint_eq(adapter.attached, 0);
	adapter.qp_alive = false;
	return 0;
}

int ibv_query_qp(struct ibv_qp *qp, struct ibv_qp_attr *attr, int mask,
		 struct ibv_qp_init_attr *made)
{
	(void)qp;
	(void)mask;
	(void)made;
	attr->qp_state = adapter.state;
	return 0;
}

static bool there_is(enum ibv_qp_state from, enum ibv_qp_state to)
{
	if (to == IBV_QPS_RESET || to == IBV_QPS_ERR)
		return true;
	return (from == IBV_QPS_RESET && to == IBV_QPS_INIT) ||
	       (from == IBV_QPS_INIT && to == IBV_QPS_RTR) ||
	       (from == IBV_QPS_RTR && to == IBV_QPS_RTS) ||
	       (from == IBV_QPS_RTS && to == IBV_QPS_RTS) ||
	       (from == IBV_QPS_SQE && to == IBV_QPS_RTS);
}

int ibv_modify_qp(struct ibv_qp *qp, struct ibv_qp_attr *attr, int mask)
{
	int refusal = adapter.refuse_modify;

	if (fake_rc_owns(qp))
		return fake_rc_modify(qp, attr);
	ck_assert_ptr_eq(qp, &adapter.qp);
	adapter.refuse_modify = 0;
	if (refusal != 0)
		return refusal;
	if (!there_is(adapter.state, attr->qp_state))
		return EINVAL;
	if (attr->qp_state == IBV_QPS_RESET) {
		adapter.send_count = 0;
		adapter.receive_count = 0;
	}
	if (mask & IBV_QP_PKEY_INDEX)
		adapter.pkey_index = attr->pkey_index;
	if (mask & IBV_QP_QKEY)
		adapter.qkey = attr->qkey;
	adapter_stops(attr->qp_state);
	return 0;
}

int ibv_attach_mcast(struct ibv_qp *qp, const union ibv_gid *gid, uint16_t lid)
{
	(void)qp;
	(void)gid;
	ck_assert_uint_ge(lid, 0xc000);
	adapter.attached++;
	return 0;
}

int ibv_detach_mcast(struct ibv_qp *qp, const union ibv_gid *gid, uint16_t lid)
{
	(void)qp;
	(void)gid;
	(void)lid;
	adapter.attached--;
	return 0;
}

/* ---- a port of it ---- */

void adapter_open(struct ipoib__verbs *verbs)
{
	struct ipoib_context_config config = IPOIB_CONTEXT_CONFIG_INIT;

	memset(&adapter, 0, sizeof(adapter));
	memset(verbs, 0, sizeof(*verbs));
	adapter.context.ops.post_send = post_send;
	adapter.context.ops.post_recv = post_recv;
	adapter.context.ops.poll_cq = poll_cq;
	adapter.context.ops.req_notify_cq = req_notify_cq;
	config.allocate = support_allocate;
	config.release = support_release;
	config.clock = support_clock;
	ck_assert_int_eq(ipoib_context_new(&verbs->context, &config), 0);
	verbs->memory = *support_memory();
	verbs->memory.in_use = 0;
	verbs->device = &adapter.context;
	verbs->number = 1;
	verbs->limits.max_qp_wr = 4096;
	verbs->limits.max_cqe = 8192;
	verbs->limits.phys_port_cnt = 1;
	verbs->gids.named = -1;
	verbs->port = (struct ipoib_port_attributes){
		.size = sizeof(verbs->port),
		.name = "test0/1",
		.mtu = 2048,
		.lid = 5,
		.state = IPOIB_PORT_ACTIVE,
		.pkey_count = 2,
		.pkeys = { 0xffff, 0x8001 },
	};
	ipoib__list_init(&verbs->asked);
	ipoib__list_init(&verbs->answered);
	ipoib__list_init(&verbs->holds);
	ipoib__list_init(&verbs->uds);
}

void adapter_close(struct ipoib__verbs *verbs)
{
	ck_assert(ipoib__list_empty(&verbs->uds));
	ck_assert(!adapter.qp_alive);
	ck_assert(!adapter.cq_alive);
	ck_assert_uint_eq(verbs->memory.in_use, 0);
	ipoib_context_unref(verbs->context);
}
