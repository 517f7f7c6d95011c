/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * What the completions of a queue pair come to. A send is told in its turn: a completion of one
 * says that those before it went well, and some never reach the adapter (posted.h).
 */
#include <errno.h>
#include <string.h>

#include "verbs/rc.h"
#include "verbs/status.h"
#include "verbs/ud.h"
#include "verbs/verbs.h"

static bool take_send(struct ipoib__verbs_ud *ud, struct ipoib_ud_completion *completion)
{
	struct ipoib__verbs_posted_place place;

	if (!ipoib__verbs_posted_take(&ud->sends, &place))
		return false;
	*completion = (struct ipoib_ud_completion){
		.cookie = place.cookie,
		.status = place.status,
		.opcode = IPOIB_UD_SEND,
	};
	return true;
}

static void send_completed(struct ipoib__verbs_ud *ud, const struct ibv_wc *wc)
{
	int status = ipoib__verbs_wc_status(wc);

	ipoib__verbs_posted_completed(&ud->sends, (uint32_t)(wc->wr_id >> 8), status);
	if (status < 0 && ud->state == IPOIB__VERBS_READY)
		ipoib__verbs_ud_look(ud);
}

/*
 * What is sent to a group comes from the port's IPv6 GID, whichever GID names the port. In a copy
 * that comes back the name takes its place, so that the receiver knows the port for its own.
 */
static void name_ourselves(const struct ipoib__verbs_ud *ud, const struct ibv_wc *wc, uint8_t *room)
{
	const struct ipoib__verbs *verbs = ud->verbs;

	if (wc->src_qp == ud->qp->qp_num &&
	    ipoib__verbs_gids_has(&verbs->gids, room + IPOIB__VERBS_GRH_SOURCE))
		memcpy(room + IPOIB__VERBS_GRH_SOURCE, verbs->port.gid.raw,
		       sizeof(verbs->port.gid.raw));
}

static void describe_receive(const struct ipoib__verbs_ud *ud, const struct ibv_wc *wc,
			     uint8_t *room, struct ipoib_ud_completion *completion)
{
	completion->sl = wc->sl;
	completion->length = wc->byte_len;
	completion->source_qpn = wc->src_qp;
	completion->source_lid = ud->verbs->ethernet ? 0 : wc->slid;
	completion->has_grh = (wc->wc_flags & IBV_WC_GRH) != 0;
	if (!ud->verbs->ethernet || !completion->has_grh)
		return;
	completion->has_grh = ipoib__verbs_grh_mend(room);
	if (completion->has_grh)
		name_ourselves(ud, wc, room);
}

static bool receive_completed(struct ipoib__verbs_ud *ud, const struct ibv_wc *wc,
			      struct ipoib_ud_completion *completion)
{
	int status = ipoib__verbs_wc_status(wc);
	struct ipoib__verbs_posted_place place;

	if (status == 0 && wc->byte_len < IPOIB_GRH_LENGTH)
		status = -EIO;
	if (!ipoib__verbs_posted_completed(&ud->receives, (uint32_t)(wc->wr_id >> 8), status) ||
	    !ipoib__verbs_posted_take(&ud->receives, &place))
		return false;
	*completion = (struct ipoib_ud_completion){
		.cookie = place.cookie,
		.status = status,
		.opcode = IPOIB_UD_RECEIVE,
	};
	if (status == 0)
		describe_receive(ud, wc, place.address, completion);
	else
		ipoib__verbs_ud_look(ud);
	return true;
}

static bool wc_completed(struct ipoib__verbs_ud *ud, const struct ibv_wc *wc,
			 struct ipoib_ud_completion *completion)
{
	switch (wc->wr_id & 0xff) {
	case IPOIB__VERBS_UD_SEND:
		send_completed(ud, wc);
		return false; /* it is taken in its turn, with those before it */
	case IPOIB__VERBS_UD_RECEIVE:
		return receive_completed(ud, wc, completion);
	default:
		return ipoib__verbs_rc_completed(ud, wc, completion);
	}
}

int ipoib__verbs_ud_poll(struct ipoib__verbs_ud *ud, struct ipoib_ud_completion *completions,
			 size_t count)
{
	size_t taken = 0;
	struct ibv_wc wc;

	while (taken < count) {
		if (take_send(ud, &completions[taken]) ||
		    ipoib__verbs_rc_take(ud, &completions[taken])) {
			taken++;
			continue;
		}
		if (!ipoib__verbs_cq_take(&ud->cq, &wc))
			break;
		if (wc_completed(ud, &wc, &completions[taken]))
			taken++;
	}
	if (ud->state != IPOIB__VERBS_READY)
		ipoib__verbs_ud_mend(ud);
	return (int)taken;
}

int ipoib__verbs_ud_arm(struct ipoib__verbs_ud *ud)
{
	if (ipoib__verbs_posted_decided(&ud->sends) || ipoib__verbs_rc_decided(ud))
		return 1;
	return ipoib__verbs_cq_arm(&ud->cq);
}
