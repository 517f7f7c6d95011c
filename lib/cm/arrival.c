/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* What every MAD that arrives needs, whatever it says: cm.h point 8. */
#include "cm/connection.h"

#include <string.h>

/* Queue pairs 0 and 1 are for management, and the last number is the multicast's. */
bool ipoib__cm_qpn_is_sane(uint32_t qpn)
{
	return qpn > 1 && qpn != IPOIB_QPN_MULTICAST;
}

unsigned ipoib__cm_hear(struct ipoib__cm_connection *connection, enum ipoib__cm_input input)
{
	struct ipoib__cm_counters *counters = &connection->cm->counters;
	unsigned actions = ipoib__cm_step(connection, input);

	if (actions & IPOIB__CM_DO_IGNORE)
		counters->unexpected++;
	else
		counters->received++;
	return actions;
}

void ipoib__cm_answer_rej(struct ipoib__cm *cm, const struct ipoib__cm_arrival *arrival,
			  uint32_t local_id, uint32_t remote_id, uint8_t answers, uint16_t reason)
{
	const struct ipoib__cm_rej rej = {
		.local_id = local_id,
		.remote_id = remote_id,
		.answers = answers,
		.reason = reason,
	};

	ipoib__cm_refuse(cm, arrival->source, arrival->transaction, &rej);
}

/*
 * Ports behind one router have one LID, and so have the functions of one adapter: the GID of a GRH
 * tells them apart. What we send with a GRH is answered with one.
 */
static bool is_peer(const struct ipoib__cm_connection *connection,
		    const struct ipoib__cm_source *source)
{
	const struct ipoib_gid *gid =
		connection->to.global ? &connection->to.dgid : &connection->event.path.dgid;

	if (connection->to.dlid != source->lid)
		return false;
	if (source->gid == NULL)
		return !connection->to.global;
	return memcmp(source->gid, gid, sizeof(*gid)) == 0;
}

struct ipoib__cm_connection *ipoib__cm_of_peer(struct ipoib__cm_connection *connection,
					       const struct ipoib__cm_source *source)
{
	if (connection == NULL || is_peer(connection, source))
		return connection;
	connection->cm->counters.foreign++;
	return NULL;
}

void ipoib__cm_private_data(struct ipoib__cm_event *event, const void *bytes, size_t length)
{
	memcpy(event->private_data, bytes, length);
	event->private_length = (uint16_t)length;
}
