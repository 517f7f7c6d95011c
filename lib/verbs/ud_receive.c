/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "verbs/status.h"
#include "verbs/ud.h"

struct burst {
	struct ibv_recv_wr requests[IPOIB__VERBS_POLL];
	struct ibv_sge pieces[IPOIB__VERBS_POLL];
	size_t count;
};

static void add_receive(struct burst *burst, struct ipoib__verbs_ud *ud,
			const struct ipoib_ud_receive *receive)
{
	struct ibv_recv_wr *request = &burst->requests[burst->count];
	struct ibv_sge *piece = &burst->pieces[burst->count];
	uint32_t number = ipoib__verbs_posted_put(&ud->receives, receive->cookie, receive->address);

	*piece = (struct ibv_sge){
		.addr = (uintptr_t)receive->address,
		.length = receive->length,
		.lkey = (uint32_t)receive->key,
	};
	*request = (struct ibv_recv_wr){
		.wr_id = (uint64_t)number << 8 | IPOIB__VERBS_UD_RECEIVE,
		.sg_list = piece,
		.num_sge = 1,
	};
	if (burst->count > 0)
		burst->requests[burst->count - 1].next = request;
	burst->count++;
}

/* Each receive has a completion of its own, so those before the one that was refused are safe. */
static int post_burst(struct ipoib__verbs_ud *ud, const struct ipoib_ud_receive *receives,
		      size_t count)
{
	struct ibv_recv_wr *bad = NULL;
	uint32_t first = ud->receives.put, number;
	struct burst burst;
	int status;

	burst.count = 0;
	while (burst.count < count && !ipoib__verbs_posted_full(&ud->receives))
		add_receive(&burst, ud, &receives[burst.count]);
	if (burst.count == 0)
		return 0;
	status = ipoib__verbs_status(ibv_post_recv(ud->qp, burst.requests, &bad));
	if (status == 0)
		return (int)burst.count;
	number = bad != NULL ? (uint32_t)(bad->wr_id >> 8) : first;
	ipoib__verbs_posted_withdraw(&ud->receives, number);
	return number != first ? (int)(number - first) : status;
}

static int hold_burst(struct ipoib__verbs_ud *ud, const struct ipoib_ud_receive *receives,
		      size_t count)
{
	size_t held = 0;

	while (held < count && !ipoib__verbs_posted_full(&ud->receives)) {
		const struct ipoib_ud_receive *receive = &receives[held++];

		ipoib__verbs_posted_hold(&ud->receives, receive->cookie, receive->address,
					 receive->length, receive->key);
	}
	return (int)held;
}

static int post_or_hold_burst(struct ipoib__verbs_ud *ud, const struct ipoib_ud_receive *receives,
			      size_t count)
{
	if (ud->state == IPOIB__VERBS_ERROR || ud->state == IPOIB__VERBS_DEAD)
		return hold_burst(ud, receives, count);
	return post_burst(ud, receives, count);
}

int ipoib__verbs_ud_post_receive(struct ipoib__verbs_ud *ud,
				 const struct ipoib_ud_receive *receives, size_t count)
{
	size_t posted = 0;

	while (posted < count) {
		size_t burst =
			count - posted < IPOIB__VERBS_POLL ? count - posted : IPOIB__VERBS_POLL;
		int status = post_or_hold_burst(ud, receives + posted, burst);

		if (status < 0)
			return posted > 0 ? (int)posted : status;
		posted += (size_t)status;
		if ((size_t)status < burst)
			break;
	}
	return (int)posted;
}
