/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * What a device tells beside completions: asynchronous events.
 *
 * Every event is acknowledged as soon as it is read: ending what it is about waits for that.
 */
#include "verbs/event.h"

#include <errno.h>

#include "verbs/port.h"
#include "verbs/rc.h"
#include "verbs/subnet.h"
#include "verbs/ud.h"
#include "verbs/verbs.h"

/* Events taken in one turn: a flood must not hold the caller. */
#define EVENTS 64
/* How long a changed MTU may go unnoticed. */
#define LOOK_NS UINT64_C(5000000000)

void ipoib__verbs_gone(struct ipoib__verbs *verbs)
{
	if (verbs->gone)
		return;
	verbs->gone = true;
	verbs->channel.dead = true;
	verbs->port.state = IPOIB_PORT_DOWN;
	for (struct ipoib__list *at = verbs->uds.next; at != &verbs->uds; at = at->next)
		ipoib__verbs_ud_dead(ipoib__container_of(at, struct ipoib__verbs_ud, link));
	ipoib__verbs_rc_port(verbs);
	/* Dead descriptors are ready for ever. */
	ipoib_transport_unwatch(verbs->transport, verbs->device->async_fd);
	ipoib_transport_unwatch(verbs->transport, verbs->channel.channel->fd);
	ipoib__verbs_wake(verbs);
}

/* ---- asynchronous events ---- */

static void device_gone(struct ipoib__verbs *verbs)
{
	if (!verbs->gone)
		ipoib__verbs_log(verbs, IPOIB_LOG_ERROR, "the adapter has failed or is gone");
	ipoib__verbs_gone(verbs);
}

static void port_event(struct ipoib__verbs *verbs, enum ibv_event_type type)
{
	int status;

	if (type == IBV_EVENT_CLIENT_REREGISTER)
		verbs->reregister = true;
	status = ipoib__verbs_port_read(verbs);
	/* A driver that cannot take a device from its users tells of its end only in this way. */
	if (status == -ENODEV || status == -EIO) {
		device_gone(verbs);
		return;
	}
	verbs->port_unknown = status < 0;
	verbs->port_changed = true;
	ipoib__verbs_subnet_port(verbs);
	for (struct ipoib__list *at = verbs->uds.next; at != &verbs->uds; at = at->next)
		ipoib__verbs_ud_follow_pkey(ipoib__container_of(at, struct ipoib__verbs_ud, link));
	ipoib__verbs_rc_port(verbs);
}

static struct ipoib__verbs_ud *ud_of(const struct ipoib__verbs *verbs, const struct ibv_qp *qp)
{
	for (struct ipoib__list *at = verbs->uds.next; at != &verbs->uds; at = at->next) {
		struct ipoib__verbs_ud *ud = ipoib__container_of(at, struct ipoib__verbs_ud, link);

		if (ud->qp == qp)
			return ud;
	}
	return NULL;
}

static void queue_event(struct ipoib__verbs *verbs, const struct ibv_async_event *event)
{
	struct ipoib__verbs_ud *ud = ud_of(verbs, event->element.qp);

	if (ud != NULL)
		ipoib__verbs_ud_look(ud);
	else
		ipoib__verbs_rc_async(verbs, event);
}

static void async_event(struct ipoib__verbs *verbs, const struct ibv_async_event *event)
{
	switch (event->event_type) {
	case IBV_EVENT_CLIENT_REREGISTER:
	case IBV_EVENT_PORT_ACTIVE:
	case IBV_EVENT_PORT_ERR:
	case IBV_EVENT_LID_CHANGE:
	case IBV_EVENT_PKEY_CHANGE:
	case IBV_EVENT_GID_CHANGE:
	case IBV_EVENT_SM_CHANGE:
		if (event->element.port_num == verbs->number)
			port_event(verbs, event->event_type);
		break;
	case IBV_EVENT_DEVICE_FATAL:
		device_gone(verbs);
		break;
	case IBV_EVENT_QP_FATAL:
	case IBV_EVENT_QP_REQ_ERR:
	case IBV_EVENT_QP_ACCESS_ERR:
		queue_event(verbs, event);
		break;
	case IBV_EVENT_COMM_EST:
	case IBV_EVENT_QP_LAST_WQE_REACHED:
		ipoib__verbs_rc_async(verbs, event);
		break;
	case IBV_EVENT_CQ_ERR:
		/* There is room for everything that is posted: this is the adapter's fault. */
		ipoib__verbs_log(verbs, IPOIB_LOG_ERROR, "a completion queue has failed");
		ipoib__verbs_gone(verbs);
		break;
	case IBV_EVENT_SRQ_ERR:
		ipoib__verbs_log(verbs, IPOIB_LOG_ERROR, "a shared receive queue has failed");
		ipoib__verbs_gone(verbs);
		break;
	default:
		break;
	}
}

/*
 * The MTU of a RoCE port is its network device's, and not every driver tells when that changes.
 * What is longer would vanish.
 */
static void look_at_mtu(struct ipoib__verbs *verbs, uint64_t now)
{
	if (!verbs->ethernet || now < verbs->look_at)
		return;
	verbs->look_at = now + LOOK_NS;
	if (ipoib__verbs_port_differs(verbs))
		port_event(verbs, IBV_EVENT_GID_CHANGE);
}

void ipoib__verbs_events(struct ipoib__verbs *verbs, uint64_t now)
{
	look_at_mtu(verbs, now);
	for (unsigned i = 0; i < EVENTS && !verbs->gone; i++) {
		struct ibv_async_event event;

		if (ibv_get_async_event(verbs->device, &event) != 0) {
			if (errno == EIO || errno == ENODEV)
				device_gone(verbs);
			return;
		}
		ibv_ack_async_event(&event);
		async_event(verbs, &event);
	}
}
