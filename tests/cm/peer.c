/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "cm/peer.h"

#include <string.h>

struct ipoib__cm cm;
unsigned peer_heard;
int peer_user;
static uint8_t kept[PEER_KEPT][IPOIB__MAD_LENGTH];

static void emit(void *owner, const struct ipoib_ah_attributes *to,
		 const uint8_t mad[IPOIB__MAD_LENGTH])
{
	ck_assert_ptr_eq(owner, &peer_heard);
	ck_assert_uint_ne(to->dlid, 0);
	memcpy(kept[peer_heard++ % PEER_KEPT], mad, IPOIB__MAD_LENGTH);
}

void peer_setup(void)
{
	const struct ipoib__cm_config config = {
		.ca_guid = OUR_GUID,
		.emit = emit,
		.owner = &peer_heard,
	};
	struct ipoib__random random;

	support_setup();
	peer_heard = 0;
	ipoib__random_seed(&random, support_seed());
	ck_assert_int_eq(ipoib__cm_init(&cm, support_memory(), &random, &config), 0);
	ck_assert_int_eq(ipoib__cm_listen(&cm, SERVICE, &peer_user), 0);
}

void peer_teardown(void)
{
	ipoib__cm_fini(&cm);
	support_teardown();
}

const uint8_t *peer_mad(unsigned n)
{
	ck_assert_uint_lt(n, peer_heard);
	return kept[n % PEER_KEPT];
}

uint16_t peer_attribute(unsigned n)
{
	struct ipoib__mad header;

	ck_assert_int_gt(ipoib__cm_decode(&header, peer_mad(n), IPOIB__MAD_LENGTH), 0);
	return header.attribute;
}

/* ---- messages ---- */

void peer_req(struct ipoib__cm_req *req)
{
	*req = (struct ipoib__cm_req){
		.local_id = PEER_ID,
		.service_id = SERVICE,
		.local_ca_guid = PEER_GUID,
		.local_qpn = PEER_QPN,
		.starting_psn = 0x123456,
		.pkey = 0xffff,
		.path_mtu = 4,
		.rnr_retry = 5,
		.retry_count = 6,
		.srq = true,
		.primary = {
			.local_lid = PEER_LID,
			.remote_lid = OUR_LID,
			.local_gid = { { 0xfe, 0x80, [15] = PEER_LID } },
			.remote_gid = { { 0xfe, 0x80, [15] = OUR_LID } },
			.rate = 7,
			.sl = 3,
			.subnet_local = true,
			.ack_timeout = 18,
		},
		.private_data = { 0, 0, 0, 0x49, 0, 0, 0xff, 0xf4 },
	};
}

void peer_rep(struct ipoib__cm_rep *rep, uint32_t id)
{
	*rep = (struct ipoib__cm_rep){
		.local_id = PEER_ID,
		.remote_id = id,
		.local_qpn = PEER_QPN,
		.starting_psn = 0x654321,
		.rnr_retry = 4,
		.srq = true,
		.local_ca_guid = PEER_GUID,
		.private_data = { 0, 0, 0, 0x49, 0, 0, 0xff, 0xf4 },
	};
}

void peer_rej(struct ipoib__cm_rej *rej, uint32_t id, uint16_t reason)
{
	*rej = (struct ipoib__cm_rej){
		.local_id = PEER_ID,
		.remote_id = id,
		.reason = reason,
		.private_data = { 0, 0, 0, 0x49, 0, 0, 0xff, 0xf4 },
	};
}

void peer_write(uint8_t mad[IPOIB__MAD_LENGTH], uint16_t attribute, const void *message)
{
	const struct ipoib__mad header = { .attribute = attribute, .transaction = 0x1234 };
	uint8_t *body = mad + IPOIB__MAD_HEADER_LENGTH;
	size_t room = IPOIB__CM_MESSAGE_LENGTH;
	int length = 0;

	ck_assert_int_gt(ipoib__cm_encode(mad, IPOIB__MAD_LENGTH, &header), 0);
	if (attribute == IPOIB__CM_REQ)
		length = ipoib__cm_req_encode(body, room, message);
	else if (attribute == IPOIB__CM_MRA)
		length = ipoib__cm_mra_encode(body, room, message);
	else if (attribute == IPOIB__CM_REJ)
		length = ipoib__cm_rej_encode(body, room, message);
	else if (attribute == IPOIB__CM_REP)
		length = ipoib__cm_rep_encode(body, room, message);
	else if (attribute == IPOIB__CM_RTU)
		length = ipoib__cm_rtu_encode(body, room, message);
	else if (attribute == IPOIB__CM_DREQ)
		length = ipoib__cm_dreq_encode(body, room, message);
	else if (attribute == IPOIB__CM_DREP)
		length = ipoib__cm_drep_encode(body, room, message);
	ck_assert_int_eq(length, IPOIB__CM_MESSAGE_LENGTH);
}

static void send_by(const struct ipoib__cm_source *source, uint16_t attribute, const void *message)
{
	uint8_t mad[IPOIB__MAD_LENGTH];

	peer_write(mad, attribute, message);
	ipoib__cm_receive(&cm, source, mad, sizeof(mad));
}

void peer_send_from(uint16_t lid, uint16_t attribute, const void *message)
{
	const struct ipoib__cm_source source = { .lid = lid };

	send_by(&source, attribute, message);
}

void peer_send(uint16_t attribute, const void *message)
{
	peer_send_from(PEER_LID, attribute, message);
}

void peer_say(uint16_t attribute, uint32_t id)
{
	const struct ipoib__cm_source source = { .lid = PEER_LID };

	peer_say_from(&source, attribute, id);
}

void peer_say_from(const struct ipoib__cm_source *source, uint16_t attribute, uint32_t id)
{
	const struct ipoib__cm_mra mra = { PEER_ID, id, 0, 21, { 0 } };
	const struct ipoib__cm_rtu rtu = { PEER_ID, id, { 0 } };
	const struct ipoib__cm_dreq dreq = { PEER_ID, id, OUR_QPN, { 0 } };
	const struct ipoib__cm_drep drep = { PEER_ID, id, { 0 } };
	struct ipoib__cm_req req;
	struct ipoib__cm_rep rep;
	struct ipoib__cm_rej rej;
	const void *message = &drep;

	peer_req(&req);
	peer_rep(&rep, id);
	peer_rej(&rej, id, IPOIB__CM_REASON_CONSUMER);
	if (attribute == IPOIB__CM_REQ)
		message = &req;
	else if (attribute == IPOIB__CM_MRA)
		message = &mra;
	else if (attribute == IPOIB__CM_REJ)
		message = &rej;
	else if (attribute == IPOIB__CM_REP)
		message = &rep;
	else if (attribute == IPOIB__CM_RTU)
		message = &rtu;
	else if (attribute == IPOIB__CM_DREQ)
		message = &dreq;
	send_by(source, attribute, message);
}

/* ---- time and states ---- */

void peer_expire(void)
{
	ipoib__cm_expire(&cm, support_now);
}

void peer_run(uint64_t span)
{
	uint64_t end = support_now + span;

	for (;;) {
		uint64_t due = ipoib__cm_deadline(&cm);
		if (due > end)
			break;
		if (due > support_now)
			support_now = due;
		peer_expire();
	}
	support_now = end;
}

int peer_connect(uint32_t *id)
{
	static const uint8_t private_data[8] = { 0, 0, 0, 0x48, 0, 0, 0xff, 0xf4 };
	struct ipoib__cm_connect connect = {
		.service_id = SERVICE,
		.path = {
			.dgid = { { 0xfe, 0x80, [15] = PEER_LID } },
			.sgid = { { 0xfe, 0x80, [15] = OUR_LID } },
			.dlid = PEER_LID,
			.slid = OUR_LID,
			.pkey = 0xffff,
			.mtu = 2048,
			.packet_life = 18,
		},
		.queue_pair = { .qpn = OUR_QPN, .psn = 7, .srq = true },
		.private_data = private_data,
		.private_length = sizeof(private_data),
	};

	return ipoib__cm_connect(&cm, &connect, &peer_user, id);
}

int peer_accept(uint32_t id)
{
	const struct ipoib__cm_queue_pair queue_pair = { .qpn = OUR_QPN, .psn = 9 };

	return ipoib__cm_accept(&cm, id, &queue_pair, "REP", 3, &peer_user);
}

static uint32_t make(enum ipoib__cm_state state)
{
	uint32_t id;

	ck_assert_int_eq(peer_connect(&id), 0);
	peer_expire();
	if (state == IPOIB__CM_REQ_SENT)
		return id;
	peer_say(IPOIB__CM_REP, id);
	(void)peer_event(IPOIB__CM_EVENT_REPLY, 0);
	if (state != IPOIB__CM_REP_RECEIVED)
		ck_assert_int_eq(ipoib__cm_ready(&cm, id), 0);
	return id;
}

uint32_t peer_reach(enum ipoib__cm_state state)
{
	uint32_t id;

	if (state == IPOIB__CM_REQ_SENT || state == IPOIB__CM_REP_RECEIVED ||
	    state == IPOIB__CM_MADE) {
		id = make(state);
	} else {
		peer_say(IPOIB__CM_REQ, 0);
		id = peer_event(IPOIB__CM_EVENT_REQUEST, 0).id;
		if (state != IPOIB__CM_REQ_RECEIVED)
			ck_assert_int_eq(peer_accept(id), 0);
		if (state != IPOIB__CM_REQ_RECEIVED && state != IPOIB__CM_REP_SENT) {
			peer_say(IPOIB__CM_RTU, id);
			(void)peer_event(IPOIB__CM_EVENT_UP, 0);
		}
		if (state == IPOIB__CM_DREQ_SENT || state == IPOIB__CM_TIMEWAIT)
			ipoib__cm_close(&cm, id);
		if (state == IPOIB__CM_TIMEWAIT)
			peer_say(IPOIB__CM_DREP, id);
	}
	peer_expire();
	ck_assert_int_eq(peer_state(id), state);
	return id;
}

enum ipoib__cm_state peer_state(uint32_t id)
{
	struct ipoib__cm_connection *connection = ipoib__cm_find(&cm, id);

	return connection != NULL ? connection->state : IPOIB__CM_GONE;
}

struct ipoib__cm_event peer_event(enum ipoib__cm_event_type type, int status)
{
	struct ipoib__cm_event event;

	ck_assert(ipoib__cm_next(&cm, &event));
	ck_assert_int_eq(event.type, type);
	ck_assert_int_eq(event.status, status);
	ck_assert_ptr_eq(event.user, &peer_user);
	ck_assert(!ipoib__cm_told(&cm));
	return event;
}
