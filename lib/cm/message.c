/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "cm/connection.h"

#include <string.h>

#include "base/assert.h"
#include "base/bytes.h"
#include "wire/ib_units.h"

/* What Linux's IPoIB says; IPoIB never reads from a peer's memory, so neither ever counts. */
#define RESPONDER_RESOURCES 4
#define INITIATOR_DEPTH	    0
/* 4.096 us * 2^15 = 134 ms: how long we may take to acknowledge, as Linux says of adapters. */
#define ACK_DELAY	 15
#define TIMEOUT_CODE_MAX 31
#define CM_RETRIES_MAX	 15

static void write_header(uint8_t mad[IPOIB__MAD_LENGTH], uint16_t attribute, uint64_t transaction)
{
	const struct ipoib__mad header = { .attribute = attribute, .transaction = transaction };

	ipoib__assert(ipoib__cm_encode(mad, IPOIB__MAD_LENGTH, &header) ==
		      IPOIB__MAD_HEADER_LENGTH);
}

/* Where the message goes. */
static uint8_t *body(uint8_t mad[IPOIB__MAD_LENGTH])
{
	return mad + IPOIB__MAD_HEADER_LENGTH;
}

static void copy(void *to, const void *from, size_t length)
{
	if (length > 0)
		memcpy(to, from, length);
}

static struct ipoib__cm_path path_encode(const struct ipoib_path_record *path)
{
	uint8_t ack_timeout = TIMEOUT_CODE_MAX;

	if (path->packet_life < TIMEOUT_CODE_MAX)
		ack_timeout = (uint8_t)(path->packet_life + 1); /* there and back */
	return (struct ipoib__cm_path){
		.local_lid = path->slid,
		.remote_lid = path->dlid,
		.local_gid = path->sgid,
		.remote_gid = path->dgid,
		.flow_label = path->flow_label & 0xfffff,
		.rate = path->rate & 0x3f,
		.traffic_class = path->traffic_class,
		.hop_limit = path->hop_limit,
		.sl = path->sl & 0xf,
		.subnet_local = path->hop_limit <= 1,
		.ack_timeout = ack_timeout,
	};
}

void ipoib__cm_write_req(struct ipoib__cm_connection *connection,
			 const struct ipoib__cm_connect *connect)
{
	const struct ipoib__cm *cm = connection->cm;
	uint64_t retries = IPOIB__CM_SILENCE / ipoib__life_to_ns(cm->config.response_timeout);
	struct ipoib__cm_req req = {
		.local_id = connection->id,
		.service_id = connect->service_id,
		.local_ca_guid = cm->config.ca_guid,
		.local_qpn = connect->queue_pair.qpn,
		.responder_resources = RESPONDER_RESOURCES,
		.initiator_depth = INITIATOR_DEPTH,
		.remote_response_timeout = cm->config.response_timeout,
		.transport_type = IPOIB__CM_TRANSPORT_RC,
		.starting_psn = connect->queue_pair.psn,
		.local_response_timeout = cm->config.response_timeout,
		.retry_count = connect->queue_pair.retry_count,
		.pkey = connect->path.pkey,
		.path_mtu = ipoib__mtu_from_octets(connect->path.mtu),
		.rnr_retry = connect->queue_pair.rnr_retry,
		.max_cm_retries = (uint8_t)(retries < CM_RETRIES_MAX ? retries : CM_RETRIES_MAX),
		.srq = connect->queue_pair.srq,
		.primary = path_encode(&connect->path),
	};

	copy(req.private_data, connect->private_data, connect->private_length);
	write_header(connection->last, IPOIB__CM_REQ, connection->transaction);
	ipoib__assert(ipoib__cm_req_encode(body(connection->last), IPOIB__CM_MESSAGE_LENGTH,
					   &req) == IPOIB__CM_MESSAGE_LENGTH);
}

void ipoib__cm_write_rep(struct ipoib__cm_connection *connection,
			 const struct ipoib__cm_queue_pair *queue_pair, const void *private_data,
			 size_t length)
{
	struct ipoib__cm_rep rep = {
		.local_id = connection->id,
		.remote_id = connection->remote_id,
		.local_qpn = queue_pair->qpn,
		.starting_psn = queue_pair->psn,
		.responder_resources = RESPONDER_RESOURCES,
		.initiator_depth = INITIATOR_DEPTH,
		.target_ack_delay = ACK_DELAY,
		.rnr_retry = queue_pair->rnr_retry,
		.srq = queue_pair->srq,
		.local_ca_guid = connection->cm->config.ca_guid,
	};

	copy(rep.private_data, private_data, length);
	write_header(connection->last, IPOIB__CM_REP, connection->transaction);
	ipoib__assert(ipoib__cm_rep_encode(body(connection->last), IPOIB__CM_MESSAGE_LENGTH,
					   &rep) == IPOIB__CM_MESSAGE_LENGTH);
}

static void put_rej(uint8_t mad[IPOIB__MAD_LENGTH], uint64_t transaction,
		    const struct ipoib__cm_rej *rej)
{
	write_header(mad, IPOIB__CM_REJ, transaction);
	ipoib__assert(ipoib__cm_rej_encode(body(mad), IPOIB__CM_MESSAGE_LENGTH, rej) ==
		      IPOIB__CM_MESSAGE_LENGTH);
}

void ipoib__cm_write_rej(const struct ipoib__cm_connection *connection,
			 uint8_t mad[IPOIB__MAD_LENGTH], uint8_t answers, uint16_t reason,
			 const void *private_data, size_t length)
{
	struct ipoib__cm_rej rej = {
		.local_id = connection->id,
		.remote_id = connection->remote_known ? connection->remote_id : 0,
		.answers = answers,
		.reason = reason,
	};
	struct ipoib__writer w;

	if (reason == IPOIB__CM_REASON_TIMEOUT) {
		/* The peer's ID is not known: our GUID tells it which of its own it is. */
		rej.info_length = sizeof(uint64_t);
		ipoib__writer_init(&w, rej.info, sizeof(rej.info));
		ipoib__write_u64(&w, connection->cm->config.ca_guid);
	}
	copy(rej.private_data, private_data, length);
	put_rej(mad, connection->transaction, &rej);
}

void ipoib__cm_write_rtu(struct ipoib__cm_connection *connection)
{
	const struct ipoib__cm_rtu rtu = {
		.local_id = connection->id,
		.remote_id = connection->remote_id,
	};

	write_header(connection->last, IPOIB__CM_RTU, connection->transaction);
	ipoib__assert(ipoib__cm_rtu_encode(body(connection->last), IPOIB__CM_MESSAGE_LENGTH,
					   &rtu) == IPOIB__CM_MESSAGE_LENGTH);
}

void ipoib__cm_write_dreq(struct ipoib__cm_connection *connection)
{
	const struct ipoib__cm_dreq dreq = {
		.local_id = connection->id,
		.remote_id = connection->remote_id,
		.remote_qpn = connection->remote_qpn,
	};

	write_header(connection->last, IPOIB__CM_DREQ, connection->cm->next_transaction++);
	ipoib__assert(ipoib__cm_dreq_encode(body(connection->last), IPOIB__CM_MESSAGE_LENGTH,
					    &dreq) == IPOIB__CM_MESSAGE_LENGTH);
}

static void put_drep(uint8_t mad[IPOIB__MAD_LENGTH], uint64_t transaction, uint32_t local_id,
		     uint32_t remote_id)
{
	const struct ipoib__cm_drep drep = { .local_id = local_id, .remote_id = remote_id };

	write_header(mad, IPOIB__CM_DREP, transaction);
	ipoib__assert(ipoib__cm_drep_encode(body(mad), IPOIB__CM_MESSAGE_LENGTH, &drep) ==
		      IPOIB__CM_MESSAGE_LENGTH);
}

void ipoib__cm_write_drep(struct ipoib__cm_connection *connection, uint64_t transaction)
{
	put_drep(connection->last, transaction, connection->id, connection->remote_id);
}

/* ---- to those that we have no connection with, and besides ---- */

struct ipoib_ah_attributes ipoib__cm_way_back(const struct ipoib__cm_source *source)
{
	struct ipoib_ah_attributes to = { .dlid = source->lid, .sl = source->sl };

	if (source->gid != NULL) {
		to.global = 1;
		to.hop_limit = UINT8_MAX; /* through as many routers as it came */
		to.dgid = *source->gid;
	}
	return to;
}

static void push(struct ipoib__cm *cm, const struct ipoib__cm_answer *answer)
{
	if (!ipoib__ring_push(&cm->answers, answer))
		cm->counters.unanswered++;
}

void ipoib__cm_also_rej(struct ipoib__cm_connection *connection)
{
	struct ipoib__cm *cm = connection->cm;
	struct ipoib__cm_answer answer = { .to = connection->to };

	ipoib__cm_write_rej(connection, answer.mad, IPOIB__CM_ANSWERS_REQ,
			    IPOIB__CM_REASON_CONSUMER, cm->reject_data, sizeof(cm->reject_data));
	push(cm, &answer);
}

void ipoib__cm_refuse(struct ipoib__cm *cm, const struct ipoib__cm_source *source,
		      uint64_t transaction, const struct ipoib__cm_rej *rej)
{
	struct ipoib__cm_answer answer = { .to = ipoib__cm_way_back(source) };
	struct ipoib__cm_rej whole = *rej;

	memcpy(whole.private_data, cm->reject_data, sizeof(whole.private_data));
	put_rej(answer.mad, transaction, &whole);
	push(cm, &answer);
}

void ipoib__cm_confirm_end(struct ipoib__cm *cm, const struct ipoib__cm_source *source,
			   uint64_t transaction, const struct ipoib__cm_dreq *dreq)
{
	struct ipoib__cm_answer answer = { .to = ipoib__cm_way_back(source) };

	put_drep(answer.mad, transaction, dreq->remote_id, dreq->local_id);
	push(cm, &answer);
}
