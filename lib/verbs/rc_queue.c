/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Messages and their completions. The number of a work request says what has completed:
 *
 *	 63        40 39         8 7     0
 *	| serial     | number     | kind  |	a send: of the connection, and in its queue
 *	| 0          | slot       | kind  |	a receive of the shared queue
 */
#include <errno.h>

#include "base/assert.h"
#include "verbs/rc_parts.h"

#define SERIAL_SHIFT 40

struct sends {
	struct ibv_send_wr requests[IPOIB__VERBS_POLL];
	struct ibv_sge pieces[IPOIB__VERBS_POLL];
	size_t count;
};

struct receives {
	struct ibv_recv_wr requests[IPOIB__VERBS_POLL];
	struct ibv_sge pieces[IPOIB__VERBS_POLL];
	size_t count;
};

/* ---- sending ---- */

static void add_send(struct sends *burst, struct ipoib__verbs_rc *rc,
		     const struct ipoib_rc_send *send)
{
	struct ibv_send_wr *request = &burst->requests[burst->count];
	struct ibv_sge *piece = &burst->pieces[burst->count];
	uint32_t number = ipoib__verbs_posted_put(&rc->sends, send->cookie, NULL);

	*piece = (struct ibv_sge){
		.addr = (uintptr_t)send->address,
		.length = send->length,
		.lkey = (uint32_t)send->key,
	};
	request->wr_id =
		(uint64_t)rc->serial << SERIAL_SHIFT | (uint64_t)number << 8 | IPOIB__VERBS_RC_SEND;
	request->next = NULL;
	request->sg_list = piece;
	request->num_sge = 1;
	request->opcode = IBV_WR_SEND;
	request->send_flags = send->length <= rc->inline_max ? IBV_SEND_INLINE : 0;
	if (ipoib__verbs_posted_signal(&rc->sends, false))
		request->send_flags |= IBV_SEND_SIGNALED;
	if (burst->count > 0)
		burst->requests[burst->count - 1].next = request;
	burst->count++;
}

static uint32_t number_of(uint64_t wr_id)
{
	return (uint32_t)(wr_id >> 8);
}

static int post_sends(struct ipoib__verbs_rc *rc, const struct ipoib_rc_send *sends, size_t count)
{
	uint32_t first = rc->sends.put, number;
	struct ibv_send_wr *bad = NULL;
	struct sends burst;
	int status;

	burst.count = 0;
	while (burst.count < count && !ipoib__verbs_posted_full(&rc->sends))
		add_send(&burst, rc, &sends[burst.count]);
	if (burst.count == 0)
		return 0;
	(void)ipoib__verbs_posted_signal(&rc->sends, true);
	burst.requests[burst.count - 1].send_flags |= IBV_SEND_SIGNALED;
	status = ipoib__verbs_status(ibv_post_send(rc->qp, burst.requests, &bad));
	if (status == 0)
		return (int)burst.count;
	number = bad != NULL ? number_of(bad->wr_id) : first;
	ipoib__verbs_posted_withdraw(&rc->sends, number);
	/* Those it took may lack the one that says so for them: they come back flushed. */
	ipoib__verbs_rc_fail(rc, IPOIB_CONNECTION_END_ERROR);
	return number != first ? (int)(number - first) : status;
}

/* These sends come back in their turn, behind those that the adapter flushes. */
static int post_flushed(struct ipoib__verbs_rc *rc, const struct ipoib_rc_send *sends, size_t count)
{
	size_t posted = 0;

	while (posted < count && !ipoib__verbs_posted_full(&rc->sends))
		ipoib__verbs_posted_put_ours(&rc->sends, sends[posted++].cookie, NULL, -ECANCELED);
	ipoib__verbs_rc_note_decided(rc);
	ipoib__verbs_wake(rc->verbs);
	return (int)posted;
}

int ipoib__verbs_rc_post_send(struct ipoib__verbs *verbs, void *self,
			      const struct ipoib_rc_send *sends, size_t count)
{
	struct ipoib__verbs_rc *rc = self;
	size_t posted = 0;

	(void)verbs;
	if (!rc->was_up)
		return -ENOTCONN;
	while (posted < count && rc->state != IPOIB__VERBS_RC_FAILED) {
		size_t burst =
			count - posted < IPOIB__VERBS_POLL ? count - posted : IPOIB__VERBS_POLL;
		int status = post_sends(rc, sends + posted, burst);

		if (status < 0)
			return posted > 0 ? (int)posted : status;
		posted += (size_t)status;
		if ((size_t)status < burst)
			return (int)posted;
	}
	if (posted < count)
		posted += (size_t)post_flushed(rc, sends + posted, count - posted);
	return (int)posted;
}

/* ---- the shared receive queue ---- */

int ipoib__verbs_rc_srq_init(struct ipoib__verbs_ud *ud)
{
	struct ipoib__verbs_rc_ud *own = ud->rc;
	uint32_t depth = ud->attributes.connected_depth;
	struct ibv_srq_init_attr attr = { .srq_context = ud,
					  .attr = { .max_wr = depth, .max_sge = 1 } };

	own->slots = ipoib__memory_get_array(&ud->verbs->memory, depth, sizeof(*own->slots));
	own->free = ipoib__memory_get_array(&ud->verbs->memory, depth, sizeof(*own->free));
	if (own->slots == NULL || own->free == NULL)
		return -ENOMEM;
	while (own->free_count < depth) {
		own->free[own->free_count] = depth - 1 - own->free_count;
		own->free_count++;
	}
	own->srq = ibv_create_srq(ud->verbs->pd, &attr);
	return own->srq == NULL ? ipoib__verbs_errno() : 0;
}

void ipoib__verbs_rc_srq_fini(struct ipoib__verbs_ud *ud)
{
	struct ipoib__verbs_rc_ud *own = ud->rc;
	uint32_t depth = ud->attributes.connected_depth;

	if (own->srq != NULL)
		(void)ibv_destroy_srq(own->srq);
	ipoib__memory_put(&ud->verbs->memory, own->slots, depth * sizeof(*own->slots));
	ipoib__memory_put(&ud->verbs->memory, own->free, depth * sizeof(*own->free));
}

static void add_slot(struct receives *burst, struct ipoib__verbs_rc_ud *own, uint32_t number)
{
	struct ibv_recv_wr *request = &burst->requests[burst->count];
	struct ibv_sge *piece = &burst->pieces[burst->count];
	struct ipoib__verbs_rc_slot *slot = &own->slots[number];

	slot->posted = true;
	*piece = (struct ibv_sge){
		.addr = (uintptr_t)slot->address,
		.length = slot->length,
		.lkey = (uint32_t)slot->key,
	};
	*request = (struct ibv_recv_wr){
		.wr_id = (uint64_t)number << 8 | IPOIB__VERBS_RC_RECEIVE,
		.sg_list = piece,
		.num_sge = 1,
	};
	if (burst->count > 0)
		burst->requests[burst->count - 1].next = request;
	burst->count++;
}

/* Frees the slots from `bad` on again; returns how many the adapter has taken before it. */
static size_t take_slots_back(struct receives *burst, struct ipoib__verbs_rc_ud *own,
			      const struct ibv_recv_wr *bad)
{
	size_t taken = bad != NULL ? (size_t)(bad - burst->requests) : 0;

	for (size_t i = burst->count; i > taken; i--) {
		uint32_t number = number_of(burst->requests[i - 1].wr_id);

		own->slots[number].posted = false;
		own->free[own->free_count++] = number;
	}
	return taken;
}

static int post_receives(struct ipoib__verbs_rc_ud *own, const struct ipoib_ud_receive *receives,
			 size_t count)
{
	struct ibv_recv_wr *bad = NULL;
	struct receives burst;
	size_t taken;
	int status;

	burst.count = 0;
	while (burst.count < count && own->free_count > 0) {
		const struct ipoib_ud_receive *receive = &receives[burst.count];
		uint32_t number = own->free[--own->free_count];

		own->slots[number] = (struct ipoib__verbs_rc_slot){
			.cookie = receive->cookie,
			.address = receive->address,
			.key = receive->key,
			.length = receive->length,
		};
		add_slot(&burst, own, number);
	}
	if (burst.count == 0)
		return 0;
	status = ipoib__verbs_status(ibv_post_srq_recv(own->srq, burst.requests, &bad));
	if (status == 0)
		return (int)burst.count;
	taken = take_slots_back(&burst, own, bad);
	return taken > 0 ? (int)taken : status;
}

int ipoib__verbs_rc_post_receive(struct ipoib__verbs *verbs, struct ipoib__verbs_ud *ud,
				 const struct ipoib_ud_receive *receives, size_t count)
{
	size_t posted = 0;

	(void)verbs;
	if (ud->rc == NULL)
		return -EOPNOTSUPP;
	while (posted < count) {
		size_t burst =
			count - posted < IPOIB__VERBS_POLL ? count - posted : IPOIB__VERBS_POLL;
		int status = post_receives(ud->rc, receives + posted, burst);

		if (status < 0)
			return posted > 0 ? (int)posted : status;
		posted += (size_t)status;
		if ((size_t)status < burst)
			break;
	}
	return (int)posted;
}

/* ---- completions ---- */

static enum ipoib_connection_end end_of_status(const struct ibv_wc *wc)
{
	switch (wc->status) {
	case IBV_WC_RETRY_EXC_ERR:
		return IPOIB_CONNECTION_END_RETRIES;
	case IBV_WC_RNR_RETRY_EXC_ERR:
		return IPOIB_CONNECTION_END_RNR;
	default:
		return IPOIB_CONNECTION_END_ERROR;
	}
}

static void send_completed(struct ipoib__verbs_ud *ud, const struct ibv_wc *wc)
{
	struct ipoib__verbs_rc *rc = ipoib__verbs_rc_find(ud->verbs, wc->qp_num);
	int status = ipoib__verbs_wc_status(wc);

	if (rc == NULL || rc->ud != ud || rc->serial != wc->wr_id >> SERIAL_SHIFT)
		return; /* it was destroyed meanwhile */
	(void)ipoib__verbs_posted_completed(&rc->sends, number_of(wc->wr_id), status);
	ipoib__verbs_rc_note_decided(rc);
	if (status < 0)
		ipoib__verbs_rc_fail(rc, end_of_status(wc));
}

/* A message for a connection that was destroyed meanwhile: its receive is for the next one. */
static void post_again(struct ipoib__verbs_rc_ud *own, uint32_t number)
{
	struct ibv_recv_wr *bad = NULL;
	struct receives one;

	one.count = 0;
	add_slot(&one, own, number);
	if (ibv_post_srq_recv(own->srq, one.requests, &bad) == 0)
		return;
	own->ud->verbs->failed = true; /* it had this very place before */
	ipoib__verbs_wake(own->ud->verbs);
}

static bool receive_completed(struct ipoib__verbs_ud *ud, const struct ibv_wc *wc,
			      struct ipoib_ud_completion *completion)
{
	struct ipoib__verbs_rc *rc = ipoib__verbs_rc_find(ud->verbs, wc->qp_num);
	uint32_t number = number_of(wc->wr_id);
	struct ipoib__verbs_rc_ud *own = ud->rc;

	if (own == NULL || number >= ud->attributes.connected_depth || !own->slots[number].posted)
		return false;
	own->slots[number].posted = false;
	if (rc == NULL || rc->ud != ud) {
		post_again(own, number);
		return false;
	}
	*completion = (struct ipoib_ud_completion){
		.cookie = own->slots[number].cookie,
		.status = ipoib__verbs_wc_status(wc),
		.opcode = IPOIB_RC_RECEIVE,
		.connection = rc->attributes.connection,
	};
	own->free[own->free_count++] = number;
	if (completion->status < 0)
		ipoib__verbs_rc_fail(rc, IPOIB_CONNECTION_END_ERROR);
	else
		completion->length = wc->byte_len;
	/* The peer's RTU is late, or lost. */
	if (rc->state == IPOIB__VERBS_RC_ANSWERED)
		(void)rdma_notify(rc->id, IBV_EVENT_COMM_EST);
	return true;
}

bool ipoib__verbs_rc_completed(struct ipoib__verbs_ud *ud, const struct ibv_wc *wc,
			       struct ipoib_ud_completion *completion)
{
	if ((wc->wr_id & 0xff) == IPOIB__VERBS_RC_RECEIVE)
		return receive_completed(ud, wc, completion);
	if ((wc->wr_id & 0xff) == IPOIB__VERBS_RC_SEND)
		send_completed(ud, wc);
	return false; /* a send is taken in its turn, with those before it */
}

bool ipoib__verbs_rc_decided(const struct ipoib__verbs_ud *ud)
{
	return ud->rc != NULL && !ipoib__list_empty(&ud->rc->decided);
}

bool ipoib__verbs_rc_take(struct ipoib__verbs_ud *ud, struct ipoib_ud_completion *completion)
{
	struct ipoib__list *first = ud->rc != NULL ? ipoib__list_first(&ud->rc->decided) : NULL;
	struct ipoib__verbs_posted_place place;
	struct ipoib__verbs_rc *rc;
	bool taken;

	if (first == NULL)
		return false;
	rc = ipoib__container_of(first, struct ipoib__verbs_rc, decided);
	taken = ipoib__verbs_posted_take(&rc->sends, &place);
	ipoib__assert(taken);
	if (!ipoib__verbs_posted_decided(&rc->sends))
		ipoib__list_remove(&rc->decided);
	*completion = (struct ipoib_ud_completion){
		.cookie = place.cookie,
		.status = place.status,
		.opcode = IPOIB_RC_SEND,
		.connection = rc->attributes.connection,
	};
	return true;
}
