/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Destroying an id waits until its events are acknowledged. So each is copied, acknowledged, and
 * only then handed on: the handler may destroy the id.
 */
#include "verbs/cm.h"

#include <string.h>

#include "verbs/status.h"
#include "verbs/verbs.h"

/* Events taken in one turn: a flood must not hold the caller. */
#define EVENTS 64
/* Private data of connection events is never longer: its length is an octet. */
#define PRIVATE_MAX 256

int ipoib__verbs_cm_open(struct ipoib__verbs *verbs)
{
	verbs->cm = rdma_create_event_channel();
	if (verbs->cm == NULL)
		return ipoib__verbs_errno();
	return ipoib__verbs_nonblocking(verbs->cm->fd);
}

void ipoib__verbs_cm_close(struct ipoib__verbs *verbs)
{
	if (verbs->cm != NULL)
		rdma_destroy_event_channel(verbs->cm);
	verbs->cm = NULL;
}

static bool has_connection_data(enum rdma_cm_event_type type)
{
	return type == RDMA_CM_EVENT_CONNECT_REQUEST || type == RDMA_CM_EVENT_CONNECT_RESPONSE ||
	       type == RDMA_CM_EVENT_REJECTED || type == RDMA_CM_EVENT_ESTABLISHED;
}

static void hand_on(struct rdma_cm_event *event)
{
	struct ipoib__verbs_cm *cm = event->id->context;
	struct rdma_cm_event copy = *event;
	uint8_t private_data[PRIVATE_MAX];

	if (has_connection_data(event->event) && event->param.conn.private_data != NULL) {
		memcpy(private_data, event->param.conn.private_data,
		       event->param.conn.private_data_len);
		copy.param.conn.private_data = private_data;
	}
	(void)rdma_ack_cm_event(event);
	cm->handle(cm, &copy);
}

void ipoib__verbs_cm_process(struct ipoib__verbs *verbs)
{
	for (unsigned i = 0; i < EVENTS && verbs->cm != NULL; i++) {
		struct rdma_cm_event *event;

		if (rdma_get_cm_event(verbs->cm, &event) != 0)
			return;
		hand_on(event);
	}
}

bool ipoib__verbs_cm_is_ours(const struct ipoib__verbs *verbs, const struct rdma_cm_id *id)
{
	return id->verbs != NULL && id->port_num == verbs->number &&
	       strcmp(ibv_get_device_name(id->verbs->device),
		      ibv_get_device_name(verbs->device->device)) == 0;
}
