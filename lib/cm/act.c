/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Does what the machine says: places and counts, messages, events. */
#include "cm/connection.h"

#include <errno.h>

#include "base/assert.h"
#include "base/bytes.h"

void ipoib__cm_touch(struct ipoib__cm_connection *connection)
{
	if (!ipoib__list_is_linked(&connection->touched_link))
		ipoib__list_push_back(&connection->cm->touched, &connection->touched_link);
}

void ipoib__cm_tell(struct ipoib__cm_connection *connection, enum ipoib__cm_event_type type,
		    int status)
{
	struct ipoib__cm_event *event = &connection->event;

	event->type = type;
	event->status = status;
	event->reason = 0;
	event->private_length = 0;
	if (!ipoib__list_is_linked(&connection->told_link))
		ipoib__list_push_back(&connection->cm->told, &connection->told_link);
}

void ipoib__cm_hush(struct ipoib__cm_connection *connection)
{
	ipoib__list_remove(&connection->told_link);
	connection->event.type = 0;
	if (connection->state == IPOIB__CM_GONE)
		ipoib__cm_connection_free(connection);
}

/* Time in timewait is over; an event that was not taken keeps the rest. */
static void leave_timewait(struct ipoib__cm_connection *connection)
{
	ipoib__assert(connection->state == IPOIB__CM_TIMEWAIT);
	if (connection->event.type == 0) {
		ipoib__cm_connection_free(connection);
		return;
	}
	ipoib__list_remove(&connection->timewait_link);
	connection->cm->timewaits--;
	connection->state = IPOIB__CM_GONE;
	ipoib__list_remove(&connection->touched_link);
	ipoib__wheel_cancel(&connection->cm->wheel, &connection->timer);
}

static void enter_timewait(struct ipoib__cm_connection *connection)
{
	struct ipoib__cm *cm = connection->cm;

	if (cm->timewaits >= IPOIB__CM_TIMEWAIT_MAX)
		leave_timewait(ipoib__container_of(ipoib__list_first(&cm->timewait),
						   struct ipoib__cm_connection, timewait_link));
	ipoib__list_push_back(&cm->timewait, &connection->timewait_link);
	cm->timewaits++;
	connection->over = true;
	cm->ended++;
}

void ipoib__cm_begin(struct ipoib__cm_connection *connection, enum ipoib__cm_state state)
{
	struct ipoib__cm *cm = connection->cm;

	if (connection->state == IPOIB__CM_REQ_RECEIVED)
		cm->requests--;
	if (state == IPOIB__CM_REQ_RECEIVED)
		cm->requests++;
	/* From now on a REQ of the same queue pair is no sign of a peer that has forgotten. */
	if (state == IPOIB__CM_DREQ_SENT || state == IPOIB__CM_TIMEWAIT)
		ipoib__cm_unindex_queue_pair(connection);
	if (state == IPOIB__CM_TIMEWAIT)
		enter_timewait(connection);
	connection->state = state;
	connection->begin = true;
	connection->owed = false;
	connection->sends = 0;
	connection->extension = 0;
	ipoib__cm_touch(connection);
}

static uint8_t answers_of(enum ipoib__cm_input input, const struct ipoib__cm_connection *connection)
{
	if (input == IPOIB__CM_IN_REQ)
		return IPOIB__CM_ANSWERS_REQ;
	if (input == IPOIB__CM_IN_REP)
		return IPOIB__CM_ANSWERS_REP;
	if (input == IPOIB__CM_IN_RTU)
		return IPOIB__CM_ANSWERS_OTHER;
	return connection->active ? IPOIB__CM_ANSWERS_REP : IPOIB__CM_ANSWERS_REQ;
}

static bool last_is_rej(const struct ipoib__cm_connection *connection)
{
	struct ipoib__mad mad;

	return ipoib__cm_decode(&mad, connection->last, sizeof(connection->last)) > 0 &&
	       mad.attribute == IPOIB__CM_REJ;
}

static void write_messages(struct ipoib__cm_connection *connection, enum ipoib__cm_input input,
			   unsigned actions)
{
	struct ipoib__cm *cm = connection->cm;
	uint16_t reason = 0;
	uint8_t answers = answers_of(input, connection);

	if (actions & IPOIB__CM_DO_RTU)
		ipoib__cm_write_rtu(connection);
	if (actions & IPOIB__CM_DO_DREQ)
		ipoib__cm_write_dreq(connection);
	if (actions & IPOIB__CM_DO_ALSO_REJ)
		ipoib__cm_also_rej(connection);
	if (actions & IPOIB__CM_DO_NO)
		reason = IPOIB__CM_REASON_CONSUMER;
	if (actions & IPOIB__CM_DO_TIMEOUT) {
		reason = IPOIB__CM_REASON_TIMEOUT;
		answers = IPOIB__CM_ANSWERS_OTHER; /* nothing came that it could answer */
	}
	if ((actions & IPOIB__CM_DO_REFUSE) && !last_is_rej(connection))
		reason = IPOIB__CM_REASON_STALE_CONNECTION;
	if (reason != 0)
		ipoib__cm_write_rej(connection, connection->last, answers, reason, cm->reject_data,
				    sizeof(cm->reject_data));
	if (actions &
	    (IPOIB__CM_DO_SEND | IPOIB__CM_DO_RTU | IPOIB__CM_DO_DREQ | IPOIB__CM_DO_TIMEOUT |
	     IPOIB__CM_DO_NO | IPOIB__CM_DO_ANSWER | IPOIB__CM_DO_REFUSE))
		connection->owed = true;
}

static void tell(struct ipoib__cm_connection *connection, enum ipoib__cm_input input,
		 unsigned actions)
{
	bool silence = input == IPOIB__CM_IN_GIVE_UP;

	if (silence && (actions & (IPOIB__CM_DO_REFUSED | IPOIB__CM_DO_DOWN)))
		connection->cm->counters.timeouts++;
	if (actions & IPOIB__CM_DO_WITHDRAW)
		ipoib__cm_hush(connection);
	if (actions & IPOIB__CM_DO_REPLY)
		ipoib__cm_tell(connection, IPOIB__CM_EVENT_REPLY, 0);
	if (actions & IPOIB__CM_DO_UP)
		ipoib__cm_tell(connection, IPOIB__CM_EVENT_UP, 0);
	if (actions & IPOIB__CM_DO_DOWN)
		ipoib__cm_tell(connection, IPOIB__CM_EVENT_DOWN, silence ? -EIO : -ECONNRESET);
	if (actions & IPOIB__CM_DO_REFUSED) {
		ipoib__cm_tell(connection, IPOIB__CM_EVENT_REFUSED, silence ? -ETIMEDOUT : 0);
		/* A REJ says more; a peer that says DREQ, or forgets, had enough of waiting. */
		connection->event.reason = IPOIB__CM_REASON_TIMEOUT;
	}
}

unsigned ipoib__cm_step(struct ipoib__cm_connection *connection, enum ipoib__cm_input input)
{
	struct ipoib__cm_step step = ipoib__cm_machine(connection->state, input);

	if (step.actions & IPOIB__CM_DO_IGNORE)
		return step.actions;
	if (step.next == IPOIB__CM_GONE) {
		leave_timewait(connection);
		return step.actions;
	}
	if (step.next != connection->state)
		ipoib__cm_begin(connection, step.next);
	write_messages(connection, input, step.actions);
	tell(connection, input, step.actions);
	ipoib__cm_touch(connection);
	return step.actions;
}
