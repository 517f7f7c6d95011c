/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * UD queue pairs.
 *
 *	poll.c				completions
 *	ud.c				making and ending them, and their groups
 *	ud_send.c  ud_receive.c		posting
 *	ud_state.c			one that has stopped, and how it is mended
 *
 * What is posted is kept in a ring (posted.h) until it completes. The number of a work request has
 * its kind in the low octet, above it the place in the ring.
 */
#ifndef IPOIB__VERBS_UD_H
#define IPOIB__VERBS_UD_H

#include <stddef.h>
#include <stdint.h>

#include <infiniband/verbs.h>

#include <ipoib/transport.h>

#include "base/list.h"
#include "verbs/cq.h"
#include "verbs/posted.h"

/* Places of one queue: every adapter has as many, and the interface asks for no more. */
#define IPOIB__VERBS_DEPTH_MAX 16384
/*
 * Octets that are put into the work request itself, where the adapter allows it: ARP, TCP
 * acknowledgements and the like, which are then sent without the adapter reading our memory.
 */
#define IPOIB__VERBS_INLINE 128

struct ipoib__verbs;
struct ipoib__verbs_rc_ud;

/* What a work request is, in the low octet of its number. */
enum ipoib__verbs_kind {
	IPOIB__VERBS_UD_SEND = 1,
	IPOIB__VERBS_UD_RECEIVE,
	IPOIB__VERBS_RC_SEND,
	IPOIB__VERBS_RC_RECEIVE,
};

enum ipoib__verbs_state {
	IPOIB__VERBS_READY = 0,
	/* The send queue has stopped (SQE): mended when all that was posted is flushed. */
	IPOIB__VERBS_SEND_ERROR,
	/* The whole queue pair has stopped: mended when its receives are flushed, too. */
	IPOIB__VERBS_ERROR,
	/* It could not be mended, or the device is gone: what is posted is flushed here. */
	IPOIB__VERBS_DEAD,
};

/* A group that the queue pair is attached to. */
struct ipoib__verbs_attached {
	struct ipoib__list link;
	struct ipoib_gid mgid;
	uint16_t mlid;
};

struct ipoib__verbs_ud {
	struct ipoib__list link;
	struct ipoib__verbs *verbs;
	struct ibv_qp *qp;
	struct ipoib__verbs_cq cq; /* of all that it and its connections send and receive */
	enum ipoib__verbs_state state;
	uint16_t pkey;
	uint16_t pkey_index;
	uint32_t qkey;
	uint32_t inline_max;
	struct ipoib_ud_attributes attributes;
	struct ipoib__verbs_posted sends;
	struct ipoib__verbs_posted receives;
	struct ipoib__list groups; /* struct ipoib__verbs_attached */
	struct ipoib__verbs_rc_ud *rc; /* what connections keep of it: rc.h */
};

/* ---- ud.c ---- */

/*
 * Sets attributes->qpn. -EINVAL: more than the adapter has; -ENOENT: the P_Key is not
 * in the table; -ENODEV: the device is gone; -ENOMEM; any other negative errno.
 */
int ipoib__verbs_ud_create(struct ipoib__verbs *verbs, struct ipoib_ud_attributes *attributes,
			   struct ipoib__verbs_ud **out);
void ipoib__verbs_ud_destroy(struct ipoib__verbs_ud *ud);
int ipoib__verbs_ud_set_qkey(struct ipoib__verbs_ud *ud, uint32_t qkey);
int ipoib__verbs_ud_attach(struct ipoib__verbs_ud *ud, const struct ipoib_gid *mgid,
			   uint16_t mlid);
void ipoib__verbs_ud_detach(struct ipoib__verbs_ud *ud, const struct ipoib_gid *mgid,
			    uint16_t mlid);

/* ---- ud_state.c ---- */

/* From a queue pair that was just made, or reset, to one that sends and receives. */
int ipoib__verbs_ud_start(struct ipoib__verbs_ud *ud);
/* A send or receive has failed, or the adapter says so: finds out what has stopped. */
void ipoib__verbs_ud_look(struct ipoib__verbs_ud *ud);
/* Stops it, so that everything posted is flushed and the queue pair then made anew. */
void ipoib__verbs_ud_stop(struct ipoib__verbs_ud *ud);
/* Mends it when nothing is in the way any more. Called whenever completions were taken. */
void ipoib__verbs_ud_mend(struct ipoib__verbs_ud *ud);
/* Nothing will complete any more: what is posted is flushed here. */
void ipoib__verbs_ud_dead(struct ipoib__verbs_ud *ud);
/* The P_Key table has changed: follows its entry. */
void ipoib__verbs_ud_follow_pkey(struct ipoib__verbs_ud *ud);

/* ---- ud_send.c, ud_receive.c, poll.c ---- */

int ipoib__verbs_ud_post_send(struct ipoib__verbs_ud *ud, const struct ipoib_ud_send *sends,
			      size_t count);
int ipoib__verbs_ud_post_receive(struct ipoib__verbs_ud *ud,
				 const struct ipoib_ud_receive *receives, size_t count);
int ipoib__verbs_ud_poll(struct ipoib__verbs_ud *ud, struct ipoib_ud_completion *completions,
			 size_t count);
/* 1: there may be completions already. */
int ipoib__verbs_ud_arm(struct ipoib__verbs_ud *ud);

#endif
