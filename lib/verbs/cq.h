/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Completion queues: one for each UD queue pair, for all that it and its connections send and
 * receive; and the completion channel of the port, through which the adapter wakes for them.
 *
 * 1. The order of ibv_get_cq_event(3) is kept: acknowledge, arm, poll once more. Arming a queue
 *    that has something does not fire on some adapters, hence the poll after it.
 * 2. A queue that is not armed causes no event. The channel is read only while a queue is armed:
 *    each look is a system call.
 * 3. A queue has a place for each completion that may be outstanding, so that it never overflows.
 */
#ifndef IPOIB__VERBS_CQ_H
#define IPOIB__VERBS_CQ_H

#include <stdbool.h>
#include <stdint.h>

#include <infiniband/verbs.h>

/* Completions taken from the adapter at once: a burst of the interface's is 64. */
#define IPOIB__VERBS_POLL 64

struct ipoib__verbs_cq_channel {
	struct ibv_comp_channel *channel;
	unsigned armed; /* queues that are */
	bool dead;	/* the device is gone: it is asked nothing any more */
};

struct ipoib__verbs_cq {
	struct ipoib__verbs_cq_channel *channel;
	struct ibv_cq *queue; /* NULL: not made */
	uint32_t places;      /* completions that may be outstanding */
	uint32_t places_max;  /* the adapter's limit */
	bool armed;
	unsigned events; /* taken from the channel and not yet acknowledged */
	/* Completions taken from the adapter and not yet looked at. */
	struct ibv_wc wc[IPOIB__VERBS_POLL];
	unsigned next;
	unsigned count;
};

/* A negative errno. */
int ipoib__verbs_cq_channel_open(struct ipoib__verbs_cq_channel *channel,
				 struct ibv_context *device);
/* Its queues were ended before. One that was not opened may be closed. */
void ipoib__verbs_cq_channel_close(struct ipoib__verbs_cq_channel *channel);
/* Takes the events of queues; what has completed is polled by the owner that was woken. */
void ipoib__verbs_cq_channel_process(struct ipoib__verbs_cq_channel *channel);

/* -EINVAL: the adapter has not as many places. */
int ipoib__verbs_cq_init(struct ipoib__verbs_cq *cq, struct ipoib__verbs_cq_channel *channel,
			 struct ibv_context *device, uint32_t places, uint32_t places_max);
/* Its queue pairs were ended before. One that was not made may be ended. */
void ipoib__verbs_cq_fini(struct ipoib__verbs_cq *cq);
/*
 * Room for more completions, those of a connection's sends; -ENOMEM when the adapter has no more.
 * Given back by _release().
 */
int ipoib__verbs_cq_reserve(struct ipoib__verbs_cq *cq, uint32_t more);
void ipoib__verbs_cq_release(struct ipoib__verbs_cq *cq, uint32_t less);
/* Takes the next completion, if there is one. */
bool ipoib__verbs_cq_take(struct ipoib__verbs_cq *cq, struct ibv_wc *wc);
/* 1: there are completions already. 0: the next one wakes. -EIO. */
int ipoib__verbs_cq_arm(struct ipoib__verbs_cq *cq);

#endif
