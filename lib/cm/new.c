/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* A connection begins: room for it, a communication ID of its own, its timer. */
#include "cm/connection.h"

#include <errno.h>

/* Frees the one that ended first, of those that have nothing left to tell. */
static bool make_room(struct ipoib__cm *cm)
{
	struct ipoib__list *link, *following;

	ipoib__list_for_each_safe (link, following, &cm->timewait) {
		struct ipoib__cm_connection *oldest =
			ipoib__container_of(link, struct ipoib__cm_connection, timewait_link);

		if (oldest->event.type != 0)
			continue;
		ipoib__cm_connection_free(oldest);
		return true;
	}
	return false;
}

/* 0 stands for "not known" in messages. */
static uint32_t free_id(struct ipoib__cm *cm)
{
	uint32_t id;

	do
		id = cm->next_id++;
	while (id == 0 || ipoib__cm_find(cm, id) != NULL);
	return id;
}

int ipoib__cm_connection_new(struct ipoib__cm_connection **out, struct ipoib__cm *cm)
{
	struct ipoib__cm_connection *connection;

	if (ipoib__table_count(&cm->by_id) >= IPOIB__CM_CONNECTIONS_MAX && !make_room(cm))
		return -EAGAIN;
	connection = ipoib__memory_get(cm->memory, sizeof(*connection));
	if (connection == NULL)
		return -ENOMEM;
	connection->cm = cm;
	connection->id = free_id(cm);
	connection->event.id = connection->id;
	ipoib__list_init(&connection->touched_link);
	ipoib__list_init(&connection->told_link);
	ipoib__list_init(&connection->timewait_link);
	ipoib__timer_init(&connection->timer, ipoib__cm_timer);
	int status = ipoib__cm_index_id(connection);
	if (status < 0) {
		ipoib__memory_put(cm->memory, connection, sizeof(*connection));
		return status;
	}
	*out = connection;
	return 0;
}
