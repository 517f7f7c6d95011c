/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Time: what it tells the machine, and the messages that are owed. */
#include "cm/connection.h"

#include <string.h>

#include "wire/ib_units.h"

static struct ipoib__cm_connection *connection_of(struct ipoib__list *link)
{
	return ipoib__container_of(link, struct ipoib__cm_connection, touched_link);
}

static uint64_t later(uint64_t now, uint64_t span)
{
	return now > IPOIB_NEVER - span ? IPOIB_NEVER : now + span;
}

static uint64_t least(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* How long a state may last. */
static uint64_t limit_of(const struct ipoib__cm_connection *connection)
{
	switch (connection->state) {
	case IPOIB__CM_REQ_SENT:
	case IPOIB__CM_REP_SENT:
		return IPOIB__CM_SILENCE;
	case IPOIB__CM_REP_RECEIVED:
	case IPOIB__CM_REQ_RECEIVED:
		return IPOIB__CM_OWNER_LIMIT;
	case IPOIB__CM_DREQ_SENT:
		return IPOIB__CM_DREQ_SENDS * IPOIB__CM_DREQ_INTERVAL;
	case IPOIB__CM_TIMEWAIT:
		return IPOIB__CM_LINGER;
	default:
		return IPOIB_NEVER;
	}
}

/* How long to wait for an answer before the message is sent again. */
static uint64_t interval_of(const struct ipoib__cm_connection *connection)
{
	switch (connection->state) {
	case IPOIB__CM_REQ_SENT:
	case IPOIB__CM_REP_SENT:
		return ipoib__life_to_ns(connection->cm->config.response_timeout);
	case IPOIB__CM_DREQ_SENT:
		return IPOIB__CM_DREQ_INTERVAL;
	default:
		return IPOIB_NEVER;
	}
}

/*
 * The peer has asked for time. Nothing is repeated until it is over, and then it has one interval
 * for its answer; but a peer cannot hold us for longer than our patience.
 */
static uint64_t extend(struct ipoib__cm_connection *connection, uint64_t now)
{
	uint64_t next = later(now, connection->extension);
	uint64_t give_up = least(later(next, interval_of(connection)),
				 later(connection->started, IPOIB__CM_PATIENCE));

	connection->extension = 0;
	if (give_up > connection->give_up)
		connection->give_up = give_up;
	return next;
}

static void set_timer(struct ipoib__cm_connection *connection, uint64_t now)
{
	uint64_t next;

	if (connection->begin) {
		connection->begin = false;
		connection->started = now;
		connection->give_up = later(now, limit_of(connection));
	}
	if (connection->extension > 0)
		next = extend(connection, now);
	else
		next = later(now, interval_of(connection));
	ipoib__wheel_arm(&connection->cm->wheel, &connection->timer,
			 least(next, connection->give_up));
}

/* What emit() calls may free the connection: it gets a copy, and comes last. */
static void attend(struct ipoib__cm_connection *connection, uint64_t now)
{
	struct ipoib__cm *cm = connection->cm;
	struct ipoib__cm_answer out = { .to = connection->to };

	set_timer(connection, now);
	if (!connection->owed)
		return;
	connection->owed = false;
	cm->counters.sent++;
	if (connection->sends++ > 0)
		cm->counters.resent++;
	memcpy(out.mad, connection->last, sizeof(out.mad));
	cm->config.emit(cm->config.owner, &out.to, out.mad);
}

void ipoib__cm_timer(struct ipoib__timer *timer, uint64_t now)
{
	struct ipoib__cm_connection *connection =
		ipoib__container_of(timer, struct ipoib__cm_connection, timer);

	(void)ipoib__cm_step(connection, now >= connection->give_up ? IPOIB__CM_IN_GIVE_UP
								    : IPOIB__CM_IN_REPEAT);
}

/* What emit() leads to waits for the next call, so that this one ends. */
void ipoib__cm_expire(struct ipoib__cm *cm, uint64_t now)
{
	struct ipoib__cm_answer answer;
	struct ipoib__list touched;
	struct ipoib__list *link;

	(void)ipoib__wheel_advance(&cm->wheel, now, IPOIB__WHEEL_MOVES);
	ipoib__list_init(&touched);
	ipoib__list_splice(&touched, &cm->touched);
	for (size_t i = ipoib__ring_count(&cm->answers); i > 0; i--) {
		if (!ipoib__ring_pop(&cm->answers, &answer))
			break;
		cm->counters.sent++;
		cm->config.emit(cm->config.owner, &answer.to, answer.mad);
	}
	while ((link = ipoib__list_pop_front(&touched)) != NULL)
		attend(connection_of(link), now);
}

uint64_t ipoib__cm_deadline(const struct ipoib__cm *cm)
{
	if (!ipoib__list_empty(&cm->touched) || ipoib__ring_count(&cm->answers) > 0)
		return 0;
	return ipoib__wheel_deadline(&cm->wheel);
}
