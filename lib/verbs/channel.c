/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Events of rdma_cm_ids, and the questions that they answer.
 *
 * Ending an id waits until its events are acknowledged. So each is copied, acknowledged, and only
 * then handed on: who gets it may end the id.
 */
#include <errno.h>
#include <string.h>

#include "base/assert.h"
#include "verbs/verbs.h"

/* Private data of connection events is never longer: its length is an octet. */
#define PRIVATE_MAX 256

int ipoib__verbs_channel_open(struct ipoib__verbs *verbs)
{
	verbs->cm = rdma_create_event_channel();
	if (verbs->cm == NULL)
		return ipoib__verbs_errno();
	return ipoib__verbs_nonblocking(verbs->cm->fd);
}

static void forget_all(struct ipoib__list *questions)
{
	struct ipoib__list *first;

	while ((first = ipoib__list_first(questions)) != NULL)
		ipoib__verbs_forget(
			ipoib__container_of(first, struct ipoib__verbs_question, link));
}

void ipoib__verbs_channel_close(struct ipoib__verbs *verbs)
{
	forget_all(&verbs->asked);
	forget_all(&verbs->answered);
	if (verbs->cm != NULL)
		rdma_destroy_event_channel(verbs->cm);
	verbs->cm = NULL;
}

static bool has_connection_data(enum rdma_cm_event_type type)
{
	return type == RDMA_CM_EVENT_CONNECT_REQUEST || type == RDMA_CM_EVENT_CONNECT_RESPONSE ||
	       type == RDMA_CM_EVENT_REJECTED || type == RDMA_CM_EVENT_ESTABLISHED;
}

static void take(struct rdma_cm_event *event)
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

void ipoib__verbs_channel_process(struct ipoib__verbs *verbs)
{
	for (unsigned i = 0; i < IPOIB__VERBS_EVENTS && verbs->cm != NULL; i++) {
		struct rdma_cm_event *event;

		if (rdma_get_cm_event(verbs->cm, &event) != 0)
			return;
		take(event);
	}
}

bool ipoib__verbs_is_ours(const struct ipoib__verbs *verbs, const struct rdma_cm_id *id)
{
	return id->verbs != NULL && id->port_num == verbs->number &&
	       strcmp(ibv_get_device_name(id->verbs->device),
		      ibv_get_device_name(verbs->device->device)) == 0;
}

/* ---- questions ---- */

struct ipoib__verbs_question *ipoib__verbs_ask(struct ipoib__verbs *verbs, uint32_t type,
					       uint64_t id, int *status)
{
	struct ipoib__verbs_question *question;

	*status = -EAGAIN;
	if (verbs->questions >= IPOIB__VERBS_QUESTIONS_MAX)
		return NULL;
	*status = -ENOMEM;
	question = ipoib__memory_get(&verbs->memory, sizeof(*question));
	if (question == NULL)
		return NULL;
	*status = 0;
	question->verbs = verbs;
	question->event.type = type;
	question->event.id = id;
	ipoib__list_init(&question->link);
	ipoib__list_push_back(&verbs->asked, &question->link);
	verbs->questions++;
	return question;
}

static void end_id(struct ipoib__verbs_question *question)
{
	if (question->id != NULL)
		(void)rdma_destroy_id(question->id);
	question->id = NULL;
}

void ipoib__verbs_answer(struct ipoib__verbs_question *question)
{
	struct ipoib__verbs *verbs = question->verbs;

	end_id(question);
	ipoib__list_remove(&question->link);
	ipoib__list_push_back(&verbs->answered, &question->link);
	ipoib__verbs_wake(verbs);
}

void ipoib__verbs_forget(struct ipoib__verbs_question *question)
{
	struct ipoib__verbs *verbs = question->verbs;

	end_id(question);
	ipoib__list_remove(&question->link);
	verbs->questions--;
	ipoib__memory_put(&verbs->memory, question, sizeof(*question));
}
