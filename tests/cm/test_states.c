/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Every message in every state, what each call of the owner means, and what time does (I38). */
#include <errno.h>
#include <string.h>

#include "cm/peer.h"
#include "cm/suites.h"

#define MESSAGES 7

static const uint16_t messages[MESSAGES] = {
	IPOIB__CM_REQ, IPOIB__CM_MRA,  IPOIB__CM_REJ,  IPOIB__CM_REP,
	IPOIB__CM_RTU, IPOIB__CM_DREQ, IPOIB__CM_DREP,
};

/* What comes of a message: the next state, the answer (0: none), the event (0: none). */
struct result {
	enum ipoib__cm_state next;
	uint16_t answer;
	unsigned event;
};

#define STAY(state) { IPOIB__CM_##state, 0, 0 }
#define ENDS(answer, event) { IPOIB__CM_TIMEWAIT, answer, event }
#define REFUSED IPOIB__CM_EVENT_REFUSED
#define DOWN IPOIB__CM_EVENT_DOWN

/* Columns: REQ, MRA, REJ, REP, RTU, DREQ, DREP. */
static const struct result results[IPOIB__CM_STATES][MESSAGES] = {
	[IPOIB__CM_REQ_SENT] = {
		/* a REQ of the peer has nothing to do with ours: a connection of its own */
		STAY(REQ_SENT), STAY(REQ_SENT), ENDS(0, REFUSED),
		{ IPOIB__CM_REP_RECEIVED, 0, IPOIB__CM_EVENT_REPLY }, STAY(REQ_SENT),
		ENDS(IPOIB__CM_DREP, REFUSED), STAY(REQ_SENT),
	},
	[IPOIB__CM_REP_RECEIVED] = {
		/* that queue pair has a connection already: stale */
		ENDS(IPOIB__CM_REJ, REFUSED), STAY(REP_RECEIVED), ENDS(0, REFUSED),
		STAY(REP_RECEIVED), STAY(REP_RECEIVED), ENDS(IPOIB__CM_DREP, REFUSED),
		STAY(REP_RECEIVED),
	},
	[IPOIB__CM_REQ_RECEIVED] = {
		STAY(REQ_RECEIVED), STAY(REQ_RECEIVED), ENDS(0, 0),
		/* it is not ours to have a REP: refused */
		{ IPOIB__CM_REQ_RECEIVED, IPOIB__CM_REJ, 0 }, STAY(REQ_RECEIVED),
		STAY(REQ_RECEIVED), STAY(REQ_RECEIVED),
	},
	[IPOIB__CM_REP_SENT] = {
		{ IPOIB__CM_REP_SENT, IPOIB__CM_REP, 0 }, STAY(REP_SENT), ENDS(0, DOWN),
		{ IPOIB__CM_REP_SENT, IPOIB__CM_REJ, 0 },
		{ IPOIB__CM_TAKEN, 0, IPOIB__CM_EVENT_UP }, ENDS(IPOIB__CM_DREP, DOWN),
		STAY(REP_SENT),
	},
	[IPOIB__CM_MADE] = {
		{ IPOIB__CM_DREQ_SENT, IPOIB__CM_DREQ, DOWN }, STAY(MADE), ENDS(0, DOWN),
		{ IPOIB__CM_MADE, IPOIB__CM_RTU, 0 }, STAY(MADE), ENDS(IPOIB__CM_DREP, DOWN),
		STAY(MADE),
	},
	[IPOIB__CM_TAKEN] = {
		STAY(TAKEN), STAY(TAKEN), ENDS(0, DOWN),
		{ IPOIB__CM_TAKEN, IPOIB__CM_REJ, 0 }, STAY(TAKEN),
		ENDS(IPOIB__CM_DREP, DOWN), STAY(TAKEN),
	},
	[IPOIB__CM_DREQ_SENT] = {
		{ IPOIB__CM_DREQ_SENT, IPOIB__CM_REJ, 0 }, STAY(DREQ_SENT), ENDS(0, 0),
		{ IPOIB__CM_DREQ_SENT, IPOIB__CM_REJ, 0 },
		{ IPOIB__CM_DREQ_SENT, IPOIB__CM_DREQ, 0 }, ENDS(IPOIB__CM_DREP, 0), ENDS(0, 0),
	},
	[IPOIB__CM_TIMEWAIT] = {
		ENDS(IPOIB__CM_REJ, 0), ENDS(0, 0), ENDS(0, 0), ENDS(IPOIB__CM_REJ, 0),
		ENDS(IPOIB__CM_REJ, 0), ENDS(IPOIB__CM_DREP, 0), ENDS(0, 0),
	},
};

/* Takes the events; returns the type of the one of this connection, 0 when there was none. */
static unsigned event_of(uint32_t id)
{
	struct ipoib__cm_event event;
	unsigned type = 0;

	while (ipoib__cm_next(&cm, &event))
		if (event.id == id)
			type = event.type;
	return type;
}

START_TEST(every_message_in_every_state_has_one_result)
{
	enum ipoib__cm_state state = (enum ipoib__cm_state)(_i / MESSAGES + 1);
	const struct result *want = &results[state][_i % MESSAGES];
	uint32_t id = peer_reach(state);
	unsigned before = peer_heard;

	peer_say(messages[_i % MESSAGES], id);
	ck_assert_int_eq(peer_state(id), want->next);
	ck_assert_uint_eq(event_of(id), want->event);
	peer_expire();
	if (want->answer == 0)
		ck_assert_uint_eq(peer_heard, before);
	else
		ck_assert_uint_eq(peer_attribute(peer_heard - 1), want->answer);
}
END_TEST

/* An ID, a LID or a queue pair that is not the peer's. */
START_TEST(a_message_that_does_not_fit_changes_nothing)
{
	enum ipoib__cm_state state = (enum ipoib__cm_state)(_i + 1);
	uint32_t id = peer_reach(state);
	struct ipoib__cm_req req;
	struct ipoib__cm_rep rep;
	struct ipoib__cm_rej rej;
	struct ipoib__cm_rtu rtu = { PEER_ID + 1, id, { 0 } };
	struct ipoib__cm_dreq dreq = { PEER_ID, id, OUR_QPN + 1, { 0 } };
	struct ipoib__cm_drep drep = { PEER_ID, id + 1, { 0 } };

	peer_req(&req);
	peer_rep(&rep, id);
	peer_rej(&rej, id, IPOIB__CM_REASON_CONSUMER);
	req.local_qpn++;
	if (!ipoib__cm_find(&cm, id)->active)
		peer_send(IPOIB__CM_REQ, &req); /* the same ID for another queue pair */
	peer_send_from(PEER_LID + 1, IPOIB__CM_REP, &rep);
	peer_send_from(PEER_LID + 1, IPOIB__CM_REJ, &rej);
	peer_send(IPOIB__CM_RTU, &rtu);
	peer_send(IPOIB__CM_DREQ, &dreq);
	peer_send(IPOIB__CM_DREP, &drep);
	dreq.remote_qpn = OUR_QPN;
	peer_send_from(PEER_LID + 1, IPOIB__CM_DREQ, &dreq);
	if (state != IPOIB__CM_REQ_SENT) {
		dreq.local_id++;
		peer_send(IPOIB__CM_DREQ, &dreq);
		rep.local_id++;
		peer_send(IPOIB__CM_REP, &rep);
		rej.local_id++;
		peer_send(IPOIB__CM_REJ, &rej);
	}
	ck_assert_int_eq(peer_state(id), state);
	ck_assert_uint_ge(cm.counters.stray, 5);
	ck_assert(!ipoib__cm_told(&cm));
}
END_TEST

START_TEST(no_state_lasts_for_ever_but_up)
{
	enum ipoib__cm_state state = (enum ipoib__cm_state)(_i + 1);
	uint32_t id = peer_reach(state);
	struct ipoib__cm_event event;

	peer_run(120 * SECOND);
	if (state == IPOIB__CM_MADE || state == IPOIB__CM_TAKEN) {
		ck_assert_int_eq(peer_state(id), state);
		return;
	}
	ck_assert_uint_eq(ipoib__cm_live(&cm), 0);
	if (ipoib__cm_next(&cm, &event)) {
		ck_assert(event.status == -ETIMEDOUT || event.status == -EIO);
		ck_assert_uint_eq(cm.counters.timeouts, 1);
	}
	ck_assert_int_eq(peer_state(id), IPOIB__CM_GONE);
	ck_assert_uint_eq(ipoib__table_count(&cm.by_id), 0);
	ck_assert_uint_eq(ipoib__cm_deadline(&cm), IPOIB_NEVER);
}
END_TEST

START_TEST(closing_is_quiet_in_every_state)
{
	enum ipoib__cm_state state = (enum ipoib__cm_state)(_i + 1);
	uint32_t id = peer_reach(state);

	ipoib__cm_close(&cm, id);
	ipoib__cm_close(&cm, id);
	ck_assert_uint_eq(ipoib__cm_ready(&cm, id), -ENOENT);
	ck_assert_int_eq(peer_accept(id), -ENOENT);
	ipoib__cm_reject(&cm, id, 28, NULL, 0);
	ipoib__cm_established(&cm, id);
	peer_run(60 * SECOND);
	ck_assert(!ipoib__cm_told(&cm));
	ck_assert_uint_eq(ipoib__table_count(&cm.by_id), 0);
}
END_TEST

START_TEST(an_event_that_was_not_taken_survives_timewait)
{
	uint32_t id = peer_reach(IPOIB__CM_MADE);

	peer_say(IPOIB__CM_DREQ, id);
	peer_run(60 * SECOND);
	ck_assert_int_eq(peer_state(id), IPOIB__CM_GONE);
	ck_assert_uint_eq(peer_event(IPOIB__CM_EVENT_DOWN, -ECONNRESET).id, id);
	ck_assert_uint_eq(ipoib__table_count(&cm.by_id), 0);
}
END_TEST

START_TEST(a_withdrawn_request_is_not_told)
{
	struct ipoib__cm_rej rej;

	peer_say(IPOIB__CM_REQ, 0);
	ck_assert(ipoib__cm_told(&cm));
	/* "timeout" names the connection by the peer's GUID: it never learned our ID */
	peer_rej(&rej, 0, IPOIB__CM_REASON_TIMEOUT);
	peer_send(IPOIB__CM_REJ, &rej);
	ck_assert(ipoib__cm_told(&cm));
	rej.info_length = 8;
	memcpy(rej.info, "\x00\x02\xc9\x03\x00\x00\x00\x02", 8);
	peer_send(IPOIB__CM_REJ, &rej);
	ck_assert(!ipoib__cm_told(&cm));
	ck_assert_uint_eq(ipoib__cm_live(&cm), 0);
}
END_TEST

START_TEST(a_peer_that_asks_for_time_gets_it_once_and_not_for_ever)
{
	uint32_t id = peer_reach(IPOIB__CM_REQ_SENT);

	peer_say(IPOIB__CM_MRA, id); /* 4.096 us * 2^21: 8.6 s */
	peer_run(8 * SECOND);
	ck_assert_uint_eq(peer_heard, 1);
	peer_run(SECOND);
	ck_assert_uint_eq(peer_heard, 2);
	for (unsigned i = 0; i < 60; i++) {
		peer_say(IPOIB__CM_MRA, id);
		peer_run(SECOND);
	}
	(void)peer_event(IPOIB__CM_EVENT_REFUSED, -ETIMEDOUT);
	ck_assert_uint_eq(peer_heard, 3); /* a REJ: we gave up */
	ck_assert_uint_eq(peer_attribute(2), IPOIB__CM_REJ);
}
END_TEST

START_TEST(a_silent_peer_costs_four_requests_and_fifteen_seconds)
{
	uint32_t id = peer_reach(IPOIB__CM_REQ_SENT);
	struct ipoib__cm_rej rej;

	peer_run(IPOIB__CM_SILENCE - SECOND);
	ck_assert_uint_eq(peer_heard, 4);
	for (unsigned i = 0; i < 4; i++)
		ck_assert_mem_eq(peer_mad(i), peer_mad(0), IPOIB__MAD_LENGTH);
	ck_assert(!ipoib__cm_told(&cm));
	peer_run(2 * SECOND);
	ck_assert_uint_eq(peer_event(IPOIB__CM_EVENT_REFUSED, -ETIMEDOUT).id, id);
	ck_assert_uint_eq(peer_heard, 5);
	ck_assert_int_gt(ipoib__cm_rej_decode(&rej, peer_mad(4) + 24, 232), 0);
	ck_assert_uint_eq(rej.reason, IPOIB__CM_REASON_TIMEOUT);
	ck_assert_uint_eq(rej.info_length, 8);
	ck_assert_mem_eq(rej.info, "\x00\x02\xc9\x03\x00\x00\x00\x01", 8);
	ck_assert_uint_eq(rej.local_id, id);
}
END_TEST

Suite *suite_states(void)
{
	Suite *suite = suite_create("cm states");
	TCase *tcase = tcase_create("states");
	const int states = IPOIB__CM_STATES - 1;

	tcase_add_checked_fixture(tcase, peer_setup, peer_teardown);
	tcase_add_loop_test(tcase, every_message_in_every_state_has_one_result, 0,
			    states * MESSAGES);
	tcase_add_loop_test(tcase, a_message_that_does_not_fit_changes_nothing, 0, states);
	tcase_add_loop_test(tcase, no_state_lasts_for_ever_but_up, 0, states);
	tcase_add_loop_test(tcase, closing_is_quiet_in_every_state, 0, states);
	tcase_add_test(tcase, an_event_that_was_not_taken_survives_timewait);
	tcase_add_test(tcase, a_withdrawn_request_is_not_told);
	tcase_add_test(tcase, a_peer_that_asks_for_time_gets_it_once_and_not_for_ever);
	tcase_add_test(tcase, a_silent_peer_costs_four_requests_and_fifteen_seconds);
	suite_add_tcase(suite, tcase);
	return suite;
}
