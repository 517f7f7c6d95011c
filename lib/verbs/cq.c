/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "verbs/cq.h"

#include <errno.h>

#include "base/assert.h"
#include "verbs/status.h"

/* Events taken in one turn: a flood must not hold the caller. */
#define EVENTS 64
/* Acknowledging takes a lock: it is done for this many at once, and at the end of the queue. */
#define ACKNOWLEDGE 64

/* ---- the channel ---- */

int ipoib__verbs_cq_channel_open(struct ipoib__verbs_cq_channel *channel,
				 struct ibv_context *device)
{
	channel->channel = ibv_create_comp_channel(device);
	if (channel->channel == NULL)
		return ipoib__verbs_errno();
	return ipoib__verbs_nonblocking(channel->channel->fd);
}

void ipoib__verbs_cq_channel_close(struct ipoib__verbs_cq_channel *channel)
{
	if (channel->channel != NULL)
		(void)ibv_destroy_comp_channel(channel->channel);
	channel->channel = NULL;
}

static void disarm(struct ipoib__verbs_cq *cq)
{
	if (cq->armed)
		cq->channel->armed--;
	cq->armed = false;
}

void ipoib__verbs_cq_channel_process(struct ipoib__verbs_cq_channel *channel)
{
	for (unsigned i = 0; i < EVENTS && channel->armed > 0 && !channel->dead; i++) {
		struct ipoib__verbs_cq *cq;
		struct ibv_cq *queue;
		void *context;

		if (ibv_get_cq_event(channel->channel, &queue, &context) != 0)
			return;
		cq = context;
		disarm(cq);
		if (++cq->events >= ACKNOWLEDGE) {
			ibv_ack_cq_events(queue, cq->events);
			cq->events = 0;
		}
	}
}

/* ---- a queue ---- */

int ipoib__verbs_cq_init(struct ipoib__verbs_cq *cq, struct ipoib__verbs_cq_channel *channel,
			 struct ibv_context *device, uint32_t places, uint32_t places_max)
{
	if (places > places_max)
		return -EINVAL;
	cq->channel = channel;
	cq->places = places;
	cq->places_max = places_max;
	cq->queue = ibv_create_cq(device, (int)places, cq, channel->channel, 0);
	return cq->queue == NULL ? ipoib__verbs_errno() : 0;
}

/* Its own events are taken and acknowledged first: ending waits for that. */
void ipoib__verbs_cq_fini(struct ipoib__verbs_cq *cq)
{
	if (cq->queue == NULL)
		return;
	ipoib__verbs_cq_channel_process(cq->channel);
	disarm(cq);
	ibv_ack_cq_events(cq->queue, cq->events);
	(void)ibv_destroy_cq(cq->queue);
	cq->queue = NULL;
}

int ipoib__verbs_cq_reserve(struct ipoib__verbs_cq *cq, uint32_t more)
{
	uint32_t most = cq->places_max, wanted = cq->places + more;

	if (more > most || wanted > most)
		return -ENOMEM;
	if (wanted > (uint32_t)cq->queue->cqe &&
	    ibv_resize_cq(cq->queue, (int)(wanted > most / 2 ? most : 2 * wanted)) != 0)
		return -ENOMEM;
	cq->places = wanted;
	return 0;
}

void ipoib__verbs_cq_release(struct ipoib__verbs_cq *cq, uint32_t less)
{
	ipoib__assert(less <= cq->places);
	cq->places -= less;
}

/* ---- completions ---- */

static void poll_adapter(struct ipoib__verbs_cq *cq)
{
	int count = ibv_poll_cq(cq->queue, IPOIB__VERBS_POLL, cq->wc);

	cq->next = 0;
	cq->count = count > 0 ? (unsigned)count : 0;
}

bool ipoib__verbs_cq_take(struct ipoib__verbs_cq *cq, struct ibv_wc *wc)
{
	if (cq->next == cq->count && !cq->channel->dead)
		poll_adapter(cq);
	if (cq->next == cq->count)
		return false;
	*wc = cq->wc[cq->next++];
	return true;
}

int ipoib__verbs_cq_arm(struct ipoib__verbs_cq *cq)
{
	if (cq->next < cq->count)
		return 1;
	if (cq->channel->dead)
		return 0;
	if (!cq->armed) {
		if (ibv_req_notify_cq(cq->queue, 0) != 0)
			return -EIO;
		cq->armed = true;
		cq->channel->armed++;
	}
	poll_adapter(cq);
	return cq->count > 0;
}
