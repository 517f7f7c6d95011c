/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* MADs to inputs: which connection one is for, and what else of it counts. */
#include "cm/connection.h"

#include "base/bytes.h"
#include "wire/ib_units.h"

/*
 * The connection that a message is for. The peer's ID must be the one we know; before the first
 * answer we know none.
 */
static struct ipoib__cm_connection *find(const struct ipoib__cm *cm,
					 const struct ipoib__cm_arrival *arrival, uint32_t id,
					 uint32_t remote_id)
{
	struct ipoib__cm_connection *connection = ipoib__cm_find(cm, id);

	if (connection == NULL ||
	    (connection->remote_known && connection->remote_id != remote_id))
		return NULL;
	return ipoib__cm_of_peer(connection, arrival->source);
}

/* ---- REP ---- */

static void reply_event(struct ipoib__cm_event *event, const struct ipoib__cm_rep *rep)
{
	event->remote_qpn = rep->local_qpn;
	event->remote_psn = rep->starting_psn;
	event->rnr_retry = rep->rnr_retry;
	event->srq = rep->srq;
	ipoib__cm_private_data(event, rep->private_data, sizeof(rep->private_data));
}

/* Whether the queue pair of a first REP belongs to a connection that the peer has forgotten. */
static bool rep_is_stale(struct ipoib__cm *cm, const struct ipoib__cm_arrival *arrival,
			 const struct ipoib__cm_rep *rep)
{
	struct ipoib__cm_connection *old = ipoib__cm_of_peer(
		ipoib__cm_find_queue_pair(cm, rep->local_ca_guid, arrival->source->lid,
					  rep->local_qpn),
		arrival->source);

	if (old == NULL)
		return false;
	cm->counters.stale++;
	(void)ipoib__cm_step(old, IPOIB__CM_IN_STALE);
	return true;
}

static void first_rep(struct ipoib__cm_connection *connection,
		      const struct ipoib__cm_arrival *arrival, const struct ipoib__cm_rep *rep)
{
	struct ipoib__cm *cm = connection->cm;

	if (rep_is_stale(cm, arrival, rep)) {
		ipoib__cm_answer_rej(cm, arrival, rep->remote_id, rep->local_id,
				     IPOIB__CM_ANSWERS_REP, IPOIB__CM_REASON_STALE_CONNECTION);
		/* Who asked hears of it at once; Linux would go on asking until its time is up. */
		if (ipoib__cm_hear(connection, IPOIB__CM_IN_REJ) & IPOIB__CM_DO_REFUSED)
			connection->event.reason = IPOIB__CM_REASON_STALE_CONNECTION;
		return;
	}
	connection->remote_known = true;
	connection->remote_id = rep->local_id;
	connection->remote_guid = rep->local_ca_guid;
	connection->remote_qpn = rep->local_qpn;
	(void)ipoib__cm_hear(connection, IPOIB__CM_IN_REP);
	/* Without memory for it a stale REQ will not be known as such: no harm is done. */
	(void)ipoib__cm_index_queue_pair(connection);
	reply_event(&connection->event, rep);
}

static bool receive_rep(struct ipoib__cm *cm, const struct ipoib__cm_arrival *arrival)
{
	struct ipoib__cm_connection *connection;
	struct ipoib__cm_rep rep;

	if (ipoib__cm_rep_decode(&rep, arrival->message, arrival->length) < 0 ||
	    rep.local_id == 0 || !ipoib__cm_qpn_is_sane(rep.local_qpn))
		return false;
	connection = find(cm, arrival, rep.remote_id, rep.local_id);
	if (connection == NULL || !connection->active) {
		/* It keeps half a connection that we do not: it shall end it. */
		cm->counters.stray++;
		ipoib__cm_answer_rej(cm, arrival, rep.remote_id, rep.local_id,
				     IPOIB__CM_ANSWERS_REP, IPOIB__CM_REASON_COMMUNICATION_ID);
	} else if (connection->state == IPOIB__CM_REQ_SENT) {
		first_rep(connection, arrival, &rep);
	} else {
		connection->remote_known = true; /* of one that was given up and now is refused */
		connection->remote_id = rep.local_id;
		(void)ipoib__cm_hear(connection, IPOIB__CM_IN_REP);
	}
	return true;
}

/* ---- the others ---- */

/* Of a refusal by time-out the peer may know its own ID only, and its adapter. */
static struct ipoib__cm_connection *find_rejected(const struct ipoib__cm *cm,
						  const struct ipoib__cm_arrival *arrival,
						  const struct ipoib__cm_rej *rej)
{
	struct ipoib__reader r;

	if (rej->reason != IPOIB__CM_REASON_TIMEOUT || rej->remote_id != 0)
		return find(cm, arrival, rej->remote_id, rej->local_id);
	if (rej->info_length < sizeof(uint64_t))
		return NULL;
	ipoib__reader_init(&r, rej->info, sizeof(rej->info));
	return ipoib__cm_of_peer(ipoib__cm_find_remote_id(cm, ipoib__read_u64(&r),
							  arrival->source->lid, rej->local_id),
				 arrival->source);
}

static bool receive_rej(struct ipoib__cm *cm, const struct ipoib__cm_arrival *arrival)
{
	struct ipoib__cm_connection *connection;
	struct ipoib__cm_rej rej;

	if (ipoib__cm_rej_decode(&rej, arrival->message, arrival->length) < 0)
		return false;
	connection = find_rejected(cm, arrival, &rej);
	if (connection == NULL) {
		cm->counters.stray++;
		return true;
	}
	if (ipoib__cm_hear(connection, IPOIB__CM_IN_REJ) & IPOIB__CM_DO_REFUSED) {
		connection->event.reason = rej.reason;
		ipoib__cm_private_data(&connection->event, rej.private_data,
				       sizeof(rej.private_data));
	}
	return true;
}

static bool receive_mra(struct ipoib__cm *cm, const struct ipoib__cm_arrival *arrival)
{
	struct ipoib__cm_connection *connection;
	struct ipoib__cm_mra mra;

	if (ipoib__cm_mra_decode(&mra, arrival->message, arrival->length) < 0)
		return false;
	connection = find(cm, arrival, mra.remote_id, mra.local_id);
	if (connection == NULL)
		cm->counters.stray++;
	else if (ipoib__cm_hear(connection, IPOIB__CM_IN_MRA) & IPOIB__CM_DO_EXTEND)
		connection->extension = ipoib__life_to_ns(mra.service_timeout);
	return true;
}

static bool receive_rtu(struct ipoib__cm *cm, const struct ipoib__cm_arrival *arrival)
{
	struct ipoib__cm_connection *connection;
	struct ipoib__cm_rtu rtu;

	if (ipoib__cm_rtu_decode(&rtu, arrival->message, arrival->length) < 0)
		return false;
	connection = find(cm, arrival, rtu.remote_id, rtu.local_id);
	if (connection != NULL) {
		(void)ipoib__cm_hear(connection, IPOIB__CM_IN_RTU);
		return true;
	}
	/* It believes that a connection is up, and we know nothing of it. */
	cm->counters.stray++;
	ipoib__cm_answer_rej(cm, arrival, rtu.remote_id, rtu.local_id, IPOIB__CM_ANSWERS_OTHER,
			     IPOIB__CM_REASON_COMMUNICATION_ID);
	return true;
}

static bool receive_dreq(struct ipoib__cm *cm, const struct ipoib__cm_arrival *arrival)
{
	struct ipoib__cm_connection *connection;
	struct ipoib__cm_dreq dreq;

	if (ipoib__cm_dreq_decode(&dreq, arrival->message, arrival->length) < 0)
		return false;
	connection = find(cm, arrival, dreq.remote_id, dreq.local_id);
	if (connection == NULL) {
		cm->counters.stray++;
		ipoib__cm_confirm_end(cm, arrival->source, arrival->transaction, &dreq);
		return true;
	}
	if (dreq.remote_qpn != connection->local_qpn) {
		cm->counters.stray++;
		return true;
	}
	if (ipoib__cm_hear(connection, IPOIB__CM_IN_DREQ) & IPOIB__CM_DO_ANSWER) {
		connection->remote_known = true;
		connection->remote_id = dreq.local_id;
		ipoib__cm_write_drep(connection, arrival->transaction);
	}
	return true;
}

static bool receive_drep(struct ipoib__cm *cm, const struct ipoib__cm_arrival *arrival)
{
	struct ipoib__cm_connection *connection;
	struct ipoib__cm_drep drep;

	if (ipoib__cm_drep_decode(&drep, arrival->message, arrival->length) < 0)
		return false;
	connection = find(cm, arrival, drep.remote_id, drep.local_id);
	if (connection == NULL)
		cm->counters.stray++;
	else
		(void)ipoib__cm_hear(connection, IPOIB__CM_IN_DREP);
	return true;
}

static bool dispatch(struct ipoib__cm *cm, const struct ipoib__cm_arrival *arrival,
		     uint16_t attribute)
{
	switch (attribute) {
	case IPOIB__CM_REQ:
		return ipoib__cm_receive_req(cm, arrival);
	case IPOIB__CM_MRA:
		return receive_mra(cm, arrival);
	case IPOIB__CM_REJ:
		return receive_rej(cm, arrival);
	case IPOIB__CM_REP:
		return receive_rep(cm, arrival);
	case IPOIB__CM_RTU:
		return receive_rtu(cm, arrival);
	case IPOIB__CM_DREQ:
		return receive_dreq(cm, arrival);
	case IPOIB__CM_DREP:
		return receive_drep(cm, arrival);
	default:
		return false;
	}
}

void ipoib__cm_receive(struct ipoib__cm *cm, const struct ipoib__cm_source *source, const void *mad,
		       size_t length)
{
	struct ipoib__mad header;
	int consumed = ipoib__cm_decode(&header, mad, length);

	if (consumed < 0) {
		cm->counters.malformed++;
		return;
	}
	const struct ipoib__cm_arrival arrival = {
		.source = source,
		.transaction = header.transaction,
		.message = (const uint8_t *)mad + consumed,
		.length = length - (size_t)consumed,
	};
	if (!dispatch(cm, &arrival, header.attribute))
		cm->counters.malformed++;
}
