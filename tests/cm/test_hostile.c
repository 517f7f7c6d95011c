/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* What a peer may send that makes no sense, and what is handed out of what does. */
#include <errno.h>
#include <string.h>

#include "cm/peer.h"
#include "cm/suites.h"

#define ROUNDS 20000

static void give(const uint8_t *mad, size_t length, uint16_t lid)
{
	const struct ipoib__cm_source source = { .lid = lid };
	/* of exactly this length, so that an octet read too far is seen */
	uint8_t *copy = ipoib__memory_get(support_memory(), length);

	if (length > 0)
		memcpy(copy, mad, length);
	ipoib__cm_receive(&cm, &source, copy, length);
	ipoib__memory_put(support_memory(), copy, length);
}

static const uint16_t kinds[] = {
	IPOIB__CM_REQ, IPOIB__CM_MRA,  IPOIB__CM_REJ,  IPOIB__CM_REP,
	IPOIB__CM_RTU, IPOIB__CM_DREQ, IPOIB__CM_DREP,
};

START_TEST(every_truncated_message_is_dropped_and_counted)
{
	uint32_t id = peer_reach(IPOIB__CM_REP_SENT);
	uint8_t mad[IPOIB__MAD_LENGTH] = { 0 };

	ck_assert_int_gt(ipoib__cm_encode(mad, sizeof(mad),
					  &(struct ipoib__mad){ .attribute = kinds[_i] }), 0);
	for (size_t length = 0; length < IPOIB__MAD_LENGTH; length++)
		give(mad, length, PEER_LID);
	ck_assert_uint_eq(cm.counters.malformed, IPOIB__MAD_LENGTH);
	ck_assert_int_eq(peer_state(id), IPOIB__CM_REP_SENT);
	ck_assert(!ipoib__cm_told(&cm));
}
END_TEST

START_TEST(other_classes_methods_and_attributes_are_dropped)
{
	static const struct {
		uint8_t at, value;
	} cases[] = {
		{ 0, 2 }, { 1, 3 }, { 2, 1 }, { 3, 1 }, { 3, 0x83 }, { 16, 1 }, { 17, 0x17 },
	};
	uint8_t mad[IPOIB__MAD_LENGTH];
	struct ipoib__cm_req req;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		peer_req(&req);
		peer_write(mad, IPOIB__CM_REQ, &req);
		mad[cases[i].at] = cases[i].value;
		give(mad, sizeof(mad), PEER_LID);
		ck_assert_uint_eq(cm.counters.malformed, i + 1);
	}
	ck_assert_uint_eq(ipoib__cm_deadline(&cm), IPOIB_NEVER);
}
END_TEST

START_TEST(a_request_without_sense_is_dropped)
{
	struct ipoib__cm_req req;

	for (unsigned i = 0; i < 5; i++) {
		peer_req(&req);
		if (i == 0)
			req.local_id = 0;
		else if (i == 4)
			req.primary.local_lid = 0xc000;
		else
			req.local_qpn = i == 3 ? IPOIB_QPN_MULTICAST : i - 1;
		peer_send(IPOIB__CM_REQ, &req);
		ck_assert_uint_eq(cm.counters.malformed, i + 1);
	}
	ck_assert_uint_eq(ipoib__cm_live(&cm), 0);
	ck_assert_uint_eq(ipoib__cm_deadline(&cm), IPOIB_NEVER);
}
END_TEST

START_TEST(a_request_that_cannot_be_granted_is_told_why)
{
	static const uint16_t reasons[] = {
		IPOIB__CM_REASON_SERVICE_ID, IPOIB__CM_REASON_TRANSPORT_TYPE,
		IPOIB__CM_REASON_PATH_MTU,
	};
	struct ipoib__cm_req req;
	struct ipoib__cm_rej rej;

	ipoib__cm_reject_data(&cm, "\x01\x02\x03", 3);
	for (unsigned i = 0; i < 3; i++) {
		peer_req(&req);
		if (i == 0)
			req.service_id++;
		else if (i == 1)
			req.transport_type = IPOIB__CM_TRANSPORT_UC;
		else
			req.path_mtu = 6;
		peer_send(IPOIB__CM_REQ, &req);
		peer_expire();
		ck_assert_uint_eq(peer_attribute(i), IPOIB__CM_REJ);
		ck_assert_int_gt(ipoib__cm_rej_decode(&rej, peer_mad(i) + 24, 232), 0);
		ck_assert_uint_eq(rej.reason, reasons[i]);
		ck_assert_uint_eq(rej.remote_id, PEER_ID);
		ck_assert_mem_eq(rej.private_data, "\x01\x02\x03\x00", 4);
		ck_assert_mem_eq(peer_mad(i) + 8, "\0\0\0\0\0\0\x12\x34", 8);
	}
	ck_assert_uint_eq(cm.counters.refused, 3);
	ck_assert(!ipoib__cm_told(&cm));
}
END_TEST

START_TEST(a_request_is_handed_out_whole)
{
	peer_say(IPOIB__CM_REQ, 0);
	struct ipoib__cm_event event = peer_event(IPOIB__CM_EVENT_REQUEST, 0);

	ck_assert_uint_eq(event.service_id, SERVICE);
	ck_assert_uint_eq(event.path.dlid, PEER_LID);
	ck_assert_uint_eq(event.path.slid, OUR_LID);
	ck_assert_uint_eq(event.path.dgid.raw[15], PEER_LID);
	ck_assert_uint_eq(event.path.sgid.raw[15], OUR_LID);
	ck_assert_uint_eq(event.path.pkey, 0xffff);
	ck_assert_uint_eq(event.path.sl, 3);
	ck_assert_uint_eq(event.path.rate, 7);
	ck_assert_uint_eq(event.path.mtu, 2048);
	ck_assert_uint_eq(event.path.packet_life, 17);
	ck_assert_uint_eq(event.remote_qpn, PEER_QPN);
	ck_assert_uint_eq(event.remote_psn, 0x123456);
	ck_assert_uint_eq(event.rnr_retry, 5);
	ck_assert_uint_eq(event.retry_count, 6);
	ck_assert(event.srq);
	ck_assert_uint_eq(event.private_length, IPOIB__CM_REQ_PRIVATE);
	ck_assert_mem_eq(event.private_data, "\0\0\0\x49\0\0\xff\xf4", 8);
}
END_TEST

START_TEST(a_reply_and_a_refusal_are_handed_out_whole)
{
	uint32_t id;
	struct ipoib__cm_event event;
	struct ipoib__cm_rej rej;

	ck_assert_int_eq(peer_connect(&id), 0);
	peer_say(IPOIB__CM_REP, id);
	event = peer_event(IPOIB__CM_EVENT_REPLY, 0);
	ck_assert_uint_eq(event.id, id);
	ck_assert_uint_eq(event.remote_qpn, PEER_QPN);
	ck_assert_uint_eq(event.remote_psn, 0x654321);
	ck_assert_uint_eq(event.rnr_retry, 4);
	ck_assert(event.srq);
	ck_assert_uint_eq(event.private_length, IPOIB__CM_REP_PRIVATE);
	ck_assert_mem_eq(event.private_data, "\0\0\0\x49\0\0\xff\xf4", 8);
	peer_rej(&rej, id, 24);
	peer_send(IPOIB__CM_REJ, &rej);
	event = peer_event(IPOIB__CM_EVENT_REFUSED, 0);
	ck_assert_uint_eq(event.reason, 24);
	ck_assert_uint_eq(event.private_length, IPOIB__CM_REJ_PRIVATE);
	ck_assert_mem_eq(event.private_data, "\0\0\0\x49\0\0\xff\xf4", 8);
}
END_TEST

START_TEST(a_request_says_what_linux_expects)
{
	struct ipoib__cm_req req;
	uint32_t id;

	ck_assert_int_eq(peer_connect(&id), 0);
	peer_expire();
	ck_assert_int_eq(ipoib__cm_req_decode(&req, peer_mad(0) + 24, 232), 232);
	ck_assert_uint_eq(req.local_id, id);
	ck_assert_uint_eq(req.service_id, SERVICE);
	ck_assert_uint_eq(req.local_ca_guid, OUR_GUID);
	ck_assert_uint_eq(req.local_qpn, OUR_QPN);
	ck_assert_uint_eq(req.responder_resources, 4);
	ck_assert_uint_eq(req.remote_response_timeout, 20);
	ck_assert_uint_eq(req.local_response_timeout, 20);
	ck_assert_uint_eq(req.starting_psn, 7);
	ck_assert_uint_eq(req.path_mtu, 4);
	ck_assert_uint_eq(req.max_cm_retries, 3);
	ck_assert(req.srq);
	ck_assert_uint_eq(req.primary.local_lid, OUR_LID);
	ck_assert_uint_eq(req.primary.remote_lid, PEER_LID);
	ck_assert_uint_eq(req.primary.ack_timeout, 19);
	ck_assert(req.primary.subnet_local);
	ck_assert_uint_eq(req.alternate.local_lid, 0);
}
END_TEST

START_TEST(nobody_speaks_for_another_port)
{
	uint32_t id = peer_reach(IPOIB__CM_TAKEN);
	struct ipoib__cm_req req;

	/* A queue pair that has a connection, claimed from elsewhere: not stale, another one. */
	peer_req(&req);
	req.local_id++;
	req.primary.local_lid = PEER_LID + 1;
	peer_send_from(PEER_LID + 1, IPOIB__CM_REQ, &req);
	ck_assert_uint_eq(cm.counters.stale, 0);
	ck_assert_int_eq(peer_state(id), IPOIB__CM_TAKEN);
	ck_assert_uint_ne(peer_event(IPOIB__CM_EVENT_REQUEST, 0).id, id);
}
END_TEST

/* Every message of a connection, in a state in which its peer's would be heard. */
static const struct {
	enum ipoib__cm_state state;
	uint16_t kind;
} spoken[] = {
	{ IPOIB__CM_REQ_SENT, IPOIB__CM_MRA },	{ IPOIB__CM_REQ_SENT, IPOIB__CM_REP },
	{ IPOIB__CM_REQ_SENT, IPOIB__CM_REJ },	{ IPOIB__CM_REP_SENT, IPOIB__CM_RTU },
	{ IPOIB__CM_REP_SENT, IPOIB__CM_REJ },	{ IPOIB__CM_REP_SENT, IPOIB__CM_REQ },
	{ IPOIB__CM_MADE, IPOIB__CM_DREQ },	{ IPOIB__CM_MADE, IPOIB__CM_REJ },
	{ IPOIB__CM_TAKEN, IPOIB__CM_DREQ },	{ IPOIB__CM_TAKEN, IPOIB__CM_REJ },
	{ IPOIB__CM_DREQ_SENT, IPOIB__CM_DREP },
};

static const struct ipoib_gid peer_gid = { { 0xfe, 0x80, [15] = PEER_LID } };
static const struct ipoib_gid other_gid = { { 0xfe, 0x80, [15] = 9 } };

/* From another LID; or from the peer's, which other functions of its adapter share, by the GRH. */
START_TEST(no_message_of_another_port_is_heard)
{
	const struct ipoib__cm_source elsewhere = { .lid = PEER_LID + 1 };
	const struct ipoib__cm_source beside = { .lid = PEER_LID, .gid = &other_gid };
	uint32_t id = peer_reach(spoken[_i].state);
	uint64_t heard = cm.counters.received + cm.counters.unexpected;

	peer_say_from(&beside, spoken[_i].kind, id);
	ck_assert_uint_eq(cm.counters.foreign, 1);
	ck_assert_uint_eq(cm.counters.stray, 1);
	if (spoken[_i].kind != IPOIB__CM_REQ) { /* that is a request of its own from there */
		peer_say_from(&elsewhere, spoken[_i].kind, id);
		ck_assert_uint_eq(cm.counters.foreign, 2);
	}
	ck_assert_uint_eq(cm.counters.received + cm.counters.unexpected, heard);
	ck_assert_int_eq(peer_state(id), spoken[_i].state);
	ck_assert(!ipoib__cm_told(&cm));
}
END_TEST

START_TEST(the_peer_is_heard_with_a_header_of_its_own)
{
	const struct ipoib__cm_source peer = { .lid = PEER_LID, .gid = &peer_gid };
	uint32_t id = peer_reach(IPOIB__CM_MADE);

	peer_say_from(&peer, IPOIB__CM_DREQ, id);
	ck_assert_uint_eq(cm.counters.foreign, 0);
	ck_assert_int_eq(peer_state(id), IPOIB__CM_TIMEWAIT);
}
END_TEST

/* What is asked for with a header is gone on with by it: behind a router all have one LID. */
START_TEST(what_came_with_a_header_goes_on_with_it)
{
	const struct ipoib__cm_source peer = { .lid = PEER_LID, .gid = &peer_gid };
	const struct ipoib__cm_source bare = { .lid = PEER_LID };
	struct ipoib__cm_event event;

	peer_say_from(&peer, IPOIB__CM_REQ, 0);
	event = peer_event(IPOIB__CM_EVENT_REQUEST, 0);
	ck_assert_uint_eq(event.source_lid, PEER_LID);
	ck_assert_mem_eq(&event.source_gid, &peer_gid, sizeof(peer_gid));
	ck_assert_int_eq(peer_accept(event.id), 0);
	peer_say_from(&bare, IPOIB__CM_RTU, event.id);
	ck_assert_int_eq(peer_state(event.id), IPOIB__CM_REP_SENT);
	ck_assert_uint_eq(cm.counters.foreign, 1);
	peer_say_from(&peer, IPOIB__CM_RTU, event.id);
	ck_assert_int_eq(peer_state(event.id), IPOIB__CM_TAKEN);
}
END_TEST

/* A request says where it is from; that it came from elsewhere is told beside. */
START_TEST(a_request_is_told_with_where_it_came_from)
{
	const struct ipoib__cm_source source = { .lid = PEER_LID + 1, .gid = &other_gid };
	struct ipoib__cm_event event;

	peer_say_from(&source, IPOIB__CM_REQ, 0);
	event = peer_event(IPOIB__CM_EVENT_REQUEST, 0);
	ck_assert_uint_eq(event.path.dlid, PEER_LID);
	ck_assert_uint_eq(event.source_lid, PEER_LID + 1);
	ck_assert_mem_eq(&event.path.dgid, &peer_gid, sizeof(peer_gid));
	ck_assert_mem_eq(&event.source_gid, &other_gid, sizeof(other_gid));
}
END_TEST

/* One that names the queue pair of a connection's peer, beside it, ends nothing. */
START_TEST(a_request_of_another_function_ends_no_connection)
{
	const struct ipoib__cm_source beside = { .lid = PEER_LID, .gid = &other_gid };
	uint32_t id = peer_reach(IPOIB__CM_TAKEN);
	uint8_t mad[IPOIB__MAD_LENGTH];
	struct ipoib__cm_req req;

	peer_req(&req);
	req.local_id++;
	peer_write(mad, IPOIB__CM_REQ, &req);
	ipoib__cm_receive(&cm, &beside, mad, sizeof(mad));
	ck_assert_int_eq(peer_state(id), IPOIB__CM_TAKEN);
	ck_assert_uint_eq(cm.counters.stale, 0);
	ck_assert_uint_eq(cm.counters.foreign, 1);
	ck_assert_uint_eq(cm.counters.refused, 1);
}
END_TEST

START_TEST(an_answer_goes_back_the_way_the_request_came)
{
	const struct ipoib_gid gid = { { 0xfe, 0x80, [15] = 9 } };
	const struct ipoib__cm_source source = { .lid = 5, .sl = 6, .gid = &gid };
	struct ipoib_ah_attributes to = ipoib__cm_way_back(&source);

	ck_assert_uint_eq(to.dlid, 5);
	ck_assert_uint_eq(to.sl, 6);
	ck_assert_uint_eq(to.global, 1);
	ck_assert_mem_eq(&to.dgid, &gid, sizeof(gid));
	const struct ipoib__cm_source local = { .lid = 5 };
	ck_assert_uint_eq(ipoib__cm_way_back(&local).global, 0);
}
END_TEST

/* Messages whose few interesting fields are near the truth, so that they reach deep. */
static void garble(struct ipoib__random *random, uint8_t mad[IPOIB__MAD_LENGTH], uint32_t id)
{
	uint16_t kind = kinds[ipoib__random_below(random, 7)];
	uint8_t *body = mad + IPOIB__MAD_HEADER_LENGTH;

	for (size_t i = 0; i < IPOIB__CM_MESSAGE_LENGTH; i++)
		body[i] = (uint8_t)ipoib__random_u64(random);
	ck_assert_int_gt(ipoib__cm_encode(mad, IPOIB__MAD_LENGTH,
					  &(struct ipoib__mad){ .attribute = kind }), 0);
	if (ipoib__random_below(random, 4) > 0) {
		memcpy(body, "\0\0\0\x77", 4);
		for (unsigned i = 0; i < 4; i++)
			body[4 + i] = (uint8_t)(id >> (24 - 8 * i));
		if (kind == IPOIB__CM_REQ)
			memcpy(body + 8, "\x10\0\0\0\0\0\0\x48\0\x02\xc9\x03\0\0\0\x02", 16);
		if (kind == IPOIB__CM_REQ)
			body[40] = 0;
	}
}

START_TEST(random_messages_harm_nobody)
{
	struct ipoib__random *random = support_random();
	uint8_t mad[IPOIB__MAD_LENGTH];
	struct ipoib__cm_event event;
	uint32_t id = 0;

	for (unsigned i = 0; i < ROUNDS; i++) {
		if (i % 16 == 0)
			(void)peer_connect(&id);
		garble(random, mad, id);
		give(mad, sizeof(mad), (uint16_t)(PEER_LID + ipoib__random_below(random, 2)));
		while (ipoib__cm_next(&cm, &event)) {
			id = event.id;
			if (event.type == IPOIB__CM_EVENT_REPLY)
				(void)ipoib__cm_ready(&cm, id);
			else if (event.type == IPOIB__CM_EVENT_REQUEST)
				(void)peer_accept(id);
		}
		peer_run(ipoib__random_below(random, SECOND / 4));
		ck_assert_uint_le(ipoib__cm_live(&cm), 8192);
	}
}
END_TEST

Suite *suite_hostile(void)
{
	Suite *suite = suite_create("cm hostile");
	TCase *tcase = tcase_create("hostile");

	tcase_add_checked_fixture(tcase, peer_setup, peer_teardown);
	tcase_set_timeout(tcase, 60);
	tcase_add_loop_test(tcase, every_truncated_message_is_dropped_and_counted, 0, 7);
	tcase_add_test(tcase, other_classes_methods_and_attributes_are_dropped);
	tcase_add_test(tcase, a_request_without_sense_is_dropped);
	tcase_add_test(tcase, a_request_that_cannot_be_granted_is_told_why);
	tcase_add_test(tcase, a_request_is_handed_out_whole);
	tcase_add_test(tcase, a_reply_and_a_refusal_are_handed_out_whole);
	tcase_add_test(tcase, a_request_says_what_linux_expects);
	tcase_add_test(tcase, nobody_speaks_for_another_port);
	tcase_add_loop_test(tcase, no_message_of_another_port_is_heard, 0,
			    sizeof(spoken) / sizeof(spoken[0]));
	tcase_add_test(tcase, the_peer_is_heard_with_a_header_of_its_own);
	tcase_add_test(tcase, what_came_with_a_header_goes_on_with_it);
	tcase_add_test(tcase, a_request_is_told_with_where_it_came_from);
	tcase_add_test(tcase, a_request_of_another_function_ends_no_connection);
	tcase_add_test(tcase, an_answer_goes_back_the_way_the_request_came);
	tcase_add_test(tcase, random_messages_harm_nobody);
	suite_add_tcase(suite, tcase);
	return suite;
}
