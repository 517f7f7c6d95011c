/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Sends go to the adapter as one list for each burst: it is rung for once. What it would lose in
 * silence, or not take, does not reach it: on RoCE a datagram longer than the MTU vanishes with a
 * successful completion.
 */
#include <errno.h>

#include "verbs/status.h"
#include "verbs/ud.h"
#include "verbs/verbs.h"

struct burst {
	struct ibv_send_wr requests[IPOIB__VERBS_POLL];
	struct ibv_sge pieces[IPOIB__VERBS_POLL];
	size_t count;
};

/* 0, or with which status a send comes back without having been posted. */
static int status_of_refusal(const struct ipoib__verbs_ud *ud, const struct ipoib_ud_send *send)
{
	if (ud->state != IPOIB__VERBS_READY)
		return -ECANCELED;
	if (send->length > ud->verbs->port.mtu)
		return -EMSGSIZE;
	return ud->verbs->port.state == IPOIB_PORT_ACTIVE ? 0 : -EIO;
}

static void add_send(struct burst *burst, struct ipoib__verbs_ud *ud,
		     const struct ipoib_ud_send *send)
{
	const struct ipoib__verbs_ah *ah = send->ah;
	struct ibv_send_wr *request = &burst->requests[burst->count];
	struct ibv_sge *piece = &burst->pieces[burst->count];
	uint32_t number = ipoib__verbs_posted_put(&ud->sends, send->cookie, NULL);

	*piece = (struct ibv_sge){
		.addr = (uintptr_t)send->address,
		.length = send->length,
		.lkey = (uint32_t)send->key,
	};
	request->wr_id = (uint64_t)number << 8 | IPOIB__VERBS_UD_SEND;
	request->next = NULL;
	request->sg_list = piece;
	request->num_sge = 1;
	request->opcode = IBV_WR_SEND;
	request->send_flags = send->length <= ud->inline_max ? IBV_SEND_INLINE : 0;
	if (ipoib__verbs_posted_signal(&ud->sends, false))
		request->send_flags |= IBV_SEND_SIGNALED;
	request->wr.ud.ah = ah->handle;
	request->wr.ud.remote_qpn = send->remote_qpn;
	request->wr.ud.remote_qkey = send->remote_qkey;
	if (burst->count > 0)
		burst->requests[burst->count - 1].next = request;
	burst->count++;
}

/* How many of the sends are with the adapter, or come back: those before the one it refused. */
static size_t list_refused(struct ipoib__verbs_ud *ud, const struct ibv_send_wr *bad,
			   uint32_t first)
{
	uint32_t number = (uint32_t)(bad->wr_id >> 8);

	ipoib__verbs_posted_withdraw(&ud->sends, number);
	/* Those it took may lack the one that says so for them: they come back flushed. */
	ipoib__verbs_ud_stop(ud);
	return number - first;
}

static int post_burst(struct ipoib__verbs_ud *ud, const struct ipoib_ud_send *sends, size_t count)
{
	struct ibv_send_wr *bad = NULL;
	uint32_t first = ud->sends.put;
	struct burst burst;
	size_t taken;
	int status;

	burst.count = 0;
	for (taken = 0; taken < count && !ipoib__verbs_posted_full(&ud->sends); taken++) {
		status = status_of_refusal(ud, &sends[taken]);
		if (status == 0)
			add_send(&burst, ud, &sends[taken]);
		else
			ipoib__verbs_posted_put_ours(&ud->sends, sends[taken].cookie, NULL, status);
	}
	/* Those that the adapter does not know of cause no event: the wake-up is ours. */
	if (burst.count < taken)
		ipoib__verbs_wake(ud->verbs);
	if (burst.count == 0)
		return (int)taken;
	(void)ipoib__verbs_posted_signal(&ud->sends, true);
	burst.requests[burst.count - 1].send_flags |= IBV_SEND_SIGNALED;
	status = ipoib__verbs_status(ibv_post_send(ud->qp, burst.requests, &bad));
	if (status == 0)
		return (int)taken;
	taken = list_refused(ud, bad != NULL ? bad : burst.requests, first);
	return taken > 0 ? (int)taken : status;
}

int ipoib__verbs_ud_post_send(struct ipoib__verbs_ud *ud, const struct ipoib_ud_send *sends,
			      size_t count)
{
	size_t posted = 0;

	while (posted < count) {
		size_t burst =
			count - posted < IPOIB__VERBS_POLL ? count - posted : IPOIB__VERBS_POLL;
		int status = post_burst(ud, sends + posted, burst);

		if (status < 0)
			return posted > 0 ? (int)posted : status;
		posted += (size_t)status;
		if ((size_t)status < burst)
			break;
	}
	return (int)posted;
}
