/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "cm/connection.h"

#include <errno.h>
#include <string.h>

#include "base/assert.h"
#include "wire/ib_units.h"

int ipoib__cm_init(struct ipoib__cm *cm, struct ipoib__memory *memory, struct ipoib__random *random,
		   const struct ipoib__cm_config *config)
{
	*cm = (struct ipoib__cm){ .memory = memory, .config = *config };
	if (cm->config.response_timeout == 0)
		cm->config.response_timeout = IPOIB__CM_RESPONSE_TIMEOUT;
	ipoib__assert(cm->config.response_timeout >= IPOIB__CM_RESPONSE_TIMEOUT_LEAST &&
		      cm->config.response_timeout <= 31);
	ipoib__list_init(&cm->touched);
	ipoib__list_init(&cm->told);
	ipoib__list_init(&cm->timewait);
	ipoib__wheel_init(&cm->wheel, 0);
	ipoib__cm_index_init(cm, random);
	cm->next_transaction = (uint32_t)ipoib__random_u64(random);
	return ipoib__ring_init(&cm->answers, memory, sizeof(struct ipoib__cm_answer),
				IPOIB__CM_ANSWERS_MAX);
}

void ipoib__cm_fini(struct ipoib__cm *cm)
{
	ipoib__cm_index_fini(cm);
	ipoib__ring_fini(&cm->answers);
}

/* ---- services ---- */

int ipoib__cm_listen(struct ipoib__cm *cm, uint64_t service_id, void *user)
{
	for (unsigned i = 0; i < cm->service_count; i++)
		if (cm->services[i].service_id == service_id)
			return -EADDRINUSE;
	if (cm->service_count >= IPOIB__CM_SERVICES_MAX)
		return -ENOSPC;
	cm->services[cm->service_count++] = (struct ipoib__cm_service){ service_id, user };
	return 0;
}

void ipoib__cm_unlisten(struct ipoib__cm *cm, void *user)
{
	struct ipoib__cm_connection *connection;
	uint64_t cursor = 0;
	unsigned kept = 0;

	for (unsigned i = 0; i < cm->service_count; i++)
		if (cm->services[i].user != user)
			cm->services[kept++] = cm->services[i];
	cm->service_count = kept;
	while ((connection = ipoib__table_next(&cm->by_id, &cursor)) != NULL) {
		if (connection->state == IPOIB__CM_REQ_RECEIVED && connection->event.user == user)
			ipoib__cm_reject(cm, connection->id, IPOIB__CM_REASON_SERVICE_ID,
					 cm->reject_data, sizeof(cm->reject_data));
	}
}

void ipoib__cm_reject_data(struct ipoib__cm *cm, const void *private_data, size_t length)
{
	ipoib__assert(length <= sizeof(cm->reject_data));
	memset(cm->reject_data, 0, sizeof(cm->reject_data));
	if (length > 0)
		memcpy(cm->reject_data, private_data, length);
}

/* ---- connections ---- */

static struct ipoib_ah_attributes way_to(const struct ipoib_path_record *path)
{
	struct ipoib_ah_attributes to = { .dlid = path->dlid, .sl = path->sl, .rate = path->rate };

	if (path->hop_limit > 1) {
		to.global = 1;
		to.hop_limit = path->hop_limit;
		to.traffic_class = path->traffic_class;
		to.flow_label = path->flow_label;
		to.dgid = path->dgid;
	}
	return to;
}

int ipoib__cm_connect(struct ipoib__cm *cm, const struct ipoib__cm_connect *connect, void *user,
		      uint32_t *id)
{
	struct ipoib__cm_connection *connection;

	if (connect->private_length > IPOIB__CM_REQ_PRIVATE ||
	    ipoib__mtu_from_octets(connect->path.mtu) == 0)
		return -EINVAL;
	int status = ipoib__cm_connection_new(&connection, cm);
	if (status < 0)
		return status;
	connection->active = true;
	connection->to = way_to(&connect->path);
	connection->local_qpn = connect->queue_pair.qpn;
	connection->transaction = cm->next_transaction++;
	connection->event.user = user;
	connection->event.path = connect->path;
	connection->event.service_id = connect->service_id;
	ipoib__cm_write_req(connection, connect);
	ipoib__cm_begin(connection, IPOIB__CM_REQ_SENT);
	connection->owed = true;
	*id = connection->id;
	return 0;
}

int ipoib__cm_ready(struct ipoib__cm *cm, uint32_t id)
{
	struct ipoib__cm_connection *connection = ipoib__cm_find(cm, id);

	if (connection == NULL ||
	    (ipoib__cm_step(connection, IPOIB__CM_IN_READY) & IPOIB__CM_DO_IGNORE))
		return -ENOENT;
	return 0;
}

int ipoib__cm_accept(struct ipoib__cm *cm, uint32_t id,
		     const struct ipoib__cm_queue_pair *queue_pair, const void *private_data,
		     size_t private_length, void *user)
{
	struct ipoib__cm_connection *connection = ipoib__cm_find(cm, id);

	if (private_length > IPOIB__CM_REP_PRIVATE)
		return -EINVAL;
	if (connection == NULL ||
	    (ipoib__cm_step(connection, IPOIB__CM_IN_ACCEPT) & IPOIB__CM_DO_IGNORE))
		return -ENOENT;
	connection->local_qpn = queue_pair->qpn;
	connection->event.user = user;
	ipoib__cm_write_rep(connection, queue_pair, private_data, private_length);
	return 0;
}

void ipoib__cm_reject(struct ipoib__cm *cm, uint32_t id, uint16_t reason, const void *private_data,
		      size_t private_length)
{
	struct ipoib__cm_connection *connection = ipoib__cm_find(cm, id);

	if (connection == NULL ||
	    (ipoib__cm_step(connection, IPOIB__CM_IN_REJECT) & IPOIB__CM_DO_IGNORE))
		return;
	if (private_length > IPOIB__CM_REJ_PRIVATE)
		private_length = IPOIB__CM_REJ_PRIVATE;
	ipoib__cm_write_rej(connection, connection->last,
			    connection->active ? IPOIB__CM_ANSWERS_REP : IPOIB__CM_ANSWERS_REQ,
			    reason, private_data, private_length);
}

void ipoib__cm_established(struct ipoib__cm *cm, uint32_t id)
{
	struct ipoib__cm_connection *connection = ipoib__cm_find(cm, id);

	if (connection != NULL)
		(void)ipoib__cm_step(connection, IPOIB__CM_IN_DATA);
}

void ipoib__cm_close(struct ipoib__cm *cm, uint32_t id)
{
	struct ipoib__cm_connection *connection = ipoib__cm_find(cm, id);

	if (connection == NULL)
		return;
	(void)ipoib__cm_step(connection, IPOIB__CM_IN_CLOSE);
	connection->event.user = NULL;
	ipoib__cm_hush(connection);
}

unsigned ipoib__cm_live(const struct ipoib__cm *cm)
{
	return (unsigned)ipoib__table_count(&cm->by_id) - cm->ended;
}

/* ---- events ---- */

bool ipoib__cm_told(const struct ipoib__cm *cm)
{
	return !ipoib__list_empty(&cm->told);
}

bool ipoib__cm_next(struct ipoib__cm *cm, struct ipoib__cm_event *event)
{
	struct ipoib__list *link = ipoib__list_first(&cm->told);
	struct ipoib__cm_connection *connection;

	if (link == NULL)
		return false;
	connection = ipoib__container_of(link, struct ipoib__cm_connection, told_link);
	*event = connection->event;
	ipoib__cm_hush(connection);
	return true;
}
