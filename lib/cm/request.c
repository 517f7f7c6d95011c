/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* The REQ: a repetition, a peer that has forgotten an old connection, or a new connection. */
#include "cm/connection.h"

#include "wire/ib_units.h"

/* Unicast LIDs end here. */
#define MLID_FIRST 0xc000

static bool req_is_sane(const struct ipoib__cm_req *req)
{
	return req->local_id != 0 && ipoib__cm_qpn_is_sane(req->local_qpn) &&
	       req->primary.local_lid < MLID_FIRST;
}

/* The path as we shall use it: the peer's "local" is the other end. */
static struct ipoib_path_record path_of(const struct ipoib__cm_req *req)
{
	const struct ipoib__cm_path *primary = &req->primary;

	return (struct ipoib_path_record){
		.dgid = primary->local_gid,
		.sgid = primary->remote_gid,
		.dlid = primary->local_lid,
		.slid = primary->remote_lid,
		.pkey = req->pkey,
		.sl = primary->sl,
		.rate = primary->rate,
		.hop_limit = primary->subnet_local ? 0 : primary->hop_limit,
		.traffic_class = primary->traffic_class,
		.packet_life = primary->ack_timeout > 0 ? (uint8_t)(primary->ack_timeout - 1) : 0,
		.flow_label = primary->flow_label,
		.mtu = ipoib__mtu_to_octets(req->path_mtu),
	};
}

static void request_event(struct ipoib__cm_event *event, const struct ipoib__cm_source *source,
			  const struct ipoib__cm_req *req, void *user)
{
	event->user = user;
	event->source_lid = source->lid;
	event->source_gid = source->gid != NULL ? *source->gid : (struct ipoib_gid){ { 0 } };
	event->service_id = req->service_id;
	event->path = path_of(req);
	event->remote_qpn = req->local_qpn;
	event->remote_psn = req->starting_psn;
	event->rnr_retry = req->rnr_retry;
	event->retry_count = req->retry_count;
	event->srq = req->srq;
	ipoib__cm_private_data(event, req->private_data, sizeof(req->private_data));
}

/* Returns the reason why there is no connection, or 0. */
static uint16_t request_new(struct ipoib__cm *cm, const struct ipoib__cm_arrival *arrival,
			    const struct ipoib__cm_req *req, void *user)
{
	struct ipoib__cm_connection *connection;

	if (cm->requests >= IPOIB__CM_REQUESTS_MAX || ipoib__cm_connection_new(&connection, cm) < 0)
		return IPOIB__CM_REASON_NO_RESOURCES;
	connection->to = ipoib__cm_way_back(arrival->source);
	connection->remote_known = true;
	connection->remote_id = req->local_id;
	connection->remote_guid = req->local_ca_guid;
	connection->remote_qpn = req->local_qpn;
	connection->transaction = arrival->transaction;
	if (ipoib__cm_index_remote_id(connection) < 0 ||
	    ipoib__cm_index_queue_pair(connection) < 0) {
		ipoib__cm_connection_free(connection);
		return IPOIB__CM_REASON_NO_RESOURCES;
	}
	ipoib__cm_begin(connection, IPOIB__CM_REQ_RECEIVED);
	ipoib__cm_tell(connection, IPOIB__CM_EVENT_REQUEST, 0);
	request_event(&connection->event, arrival->source, req, user);
	cm->counters.received++;
	return 0;
}

static const struct ipoib__cm_service *service_of(const struct ipoib__cm *cm, uint64_t service_id)
{
	for (unsigned i = 0; i < cm->service_count; i++)
		if (cm->services[i].service_id == service_id)
			return &cm->services[i];
	return NULL;
}

/* Returns the reason for a refusal, or 0. */
static uint16_t judge_request(struct ipoib__cm *cm, const struct ipoib__cm_arrival *arrival,
			      const struct ipoib__cm_req *req)
{
	struct ipoib__cm_connection *old = ipoib__cm_find_queue_pair(
		cm, req->local_ca_guid, arrival->source->lid, req->local_qpn);
	const struct ipoib__cm_service *service = service_of(cm, req->service_id);

	if (old != NULL && ipoib__cm_of_peer(old, arrival->source) == NULL)
		return IPOIB__CM_REASON_CONSUMER;
	if (old != NULL) {
		cm->counters.stale++;
		(void)ipoib__cm_step(old, IPOIB__CM_IN_STALE);
		return IPOIB__CM_REASON_STALE_CONNECTION;
	}
	if (service == NULL)
		return IPOIB__CM_REASON_SERVICE_ID;
	if (req->transport_type != IPOIB__CM_TRANSPORT_RC)
		return IPOIB__CM_REASON_TRANSPORT_TYPE;
	if (ipoib__mtu_to_octets(req->path_mtu) == 0)
		return IPOIB__CM_REASON_PATH_MTU;
	return request_new(cm, arrival, req, service->user);
}

bool ipoib__cm_receive_req(struct ipoib__cm *cm, const struct ipoib__cm_arrival *arrival)
{
	struct ipoib__cm_connection *connection;
	struct ipoib__cm_req req;

	if (ipoib__cm_req_decode(&req, arrival->message, arrival->length) < 0 || !req_is_sane(&req))
		return false;
	connection =
		ipoib__cm_find_remote_id(cm, req.local_ca_guid, arrival->source->lid, req.local_id);
	if (connection != NULL) {
		/* The same ID for something else, or of another port: it is not a repetition. */
		if (connection->remote_qpn == req.local_qpn &&
		    ipoib__cm_of_peer(connection, arrival->source) != NULL)
			(void)ipoib__cm_hear(connection, IPOIB__CM_IN_REQ);
		else
			cm->counters.stray++;
		return true;
	}
	uint16_t reason = judge_request(cm, arrival, &req);
	if (reason != 0) {
		cm->counters.refused++;
		ipoib__cm_answer_rej(cm, arrival, 0, req.local_id, IPOIB__CM_ANSWERS_REQ, reason);
	}
	return true;
}
