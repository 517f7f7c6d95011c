/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "cm/connection.h"

#include "base/assert.h"

#define SEND	  IPOIB__CM_DO_SEND
#define RTU	  IPOIB__CM_DO_RTU
#define DREQ	  IPOIB__CM_DO_DREQ
#define TIMEOUT	  IPOIB__CM_DO_TIMEOUT
#define NO	  IPOIB__CM_DO_NO
#define ANSWER	  IPOIB__CM_DO_ANSWER
#define REFUSE	  IPOIB__CM_DO_REFUSE
#define ALSO_REJ  IPOIB__CM_DO_ALSO_REJ
#define EXTEND	  IPOIB__CM_DO_EXTEND
#define T_REPLY	  IPOIB__CM_DO_REPLY
#define T_UP	  IPOIB__CM_DO_UP
#define T_REFUSED IPOIB__CM_DO_REFUSED
#define T_DOWN	  IPOIB__CM_DO_DOWN
#define WITHDRAW  IPOIB__CM_DO_WITHDRAW
#define IGNORE	  IPOIB__CM_DO_IGNORE

/* A rule, and the actions that it makes; what has no rule is ignored. */
struct rule {
	uint8_t next; /* enum ipoib__cm_state */
	bool set;
	unsigned actions;
};

#define TO(state, does) { .next = IPOIB__CM_##state, .set = true, .actions = (does) }
#define ON(input) [IPOIB__CM_IN_##input]

static const struct rule rules[IPOIB__CM_STATES][IPOIB__CM_INPUTS] = {
	[IPOIB__CM_REQ_SENT] = {
		ON(MRA) = TO(REQ_SENT, EXTEND),
		ON(REJ) = TO(TIMEWAIT, T_REFUSED),
		ON(REP) = TO(REP_RECEIVED, T_REPLY),
		/* its REPs were lost, and it gave up; its REJ was lost too */
		ON(DREQ) = TO(TIMEWAIT, ANSWER | T_REFUSED),
		/* a peer whose REP is on its way must not keep its half: "timeout" has our GUID */
		ON(CLOSE) = TO(TIMEWAIT, TIMEOUT),
		ON(REPEAT) = TO(REQ_SENT, SEND),
		ON(GIVE_UP) = TO(TIMEWAIT, TIMEOUT | T_REFUSED),
	},
	[IPOIB__CM_REP_RECEIVED] = {
		ON(REJ) = TO(TIMEWAIT, T_REFUSED),
		ON(DREQ) = TO(TIMEWAIT, ANSWER | T_REFUSED),
		ON(READY) = TO(MADE, RTU),
		ON(REJECT) = TO(TIMEWAIT, ANSWER | WITHDRAW),
		ON(CLOSE) = TO(TIMEWAIT, NO),
		ON(GIVE_UP) = TO(TIMEWAIT, NO | T_REFUSED),
		ON(STALE) = TO(TIMEWAIT, NO | T_REFUSED),
	},
	[IPOIB__CM_REQ_RECEIVED] = {
		ON(REJ) = TO(TIMEWAIT, WITHDRAW),
		ON(ACCEPT) = TO(REP_SENT, ANSWER | WITHDRAW),
		ON(REJECT) = TO(TIMEWAIT, ANSWER | WITHDRAW),
		ON(CLOSE) = TO(TIMEWAIT, NO),
		ON(GIVE_UP) = TO(TIMEWAIT, NO | WITHDRAW),
		ON(STALE) = TO(TIMEWAIT, NO | WITHDRAW),
	},
	[IPOIB__CM_REP_SENT] = {
		ON(REQ) = TO(REP_SENT, SEND),
		ON(MRA) = TO(REP_SENT, EXTEND),
		ON(REJ) = TO(TIMEWAIT, T_DOWN),
		ON(RTU) = TO(TAKEN, T_UP),
		ON(DREQ) = TO(TIMEWAIT, ANSWER | T_DOWN), /* the RTU was lost, or is late */
		ON(DATA) = TO(TAKEN, T_UP),
		/*
		 * Whether the peer has the REP is not known: one that has not hears the REJ, one
		 * that has hears the DREQ.
		 */
		ON(CLOSE) = TO(DREQ_SENT, DREQ | ALSO_REJ),
		ON(REPEAT) = TO(REP_SENT, SEND),
		ON(GIVE_UP) = TO(DREQ_SENT, DREQ | ALSO_REJ | T_DOWN),
		ON(STALE) = TO(DREQ_SENT, DREQ | T_DOWN),
	},
	[IPOIB__CM_MADE] = {
		ON(REJ) = TO(TIMEWAIT, T_DOWN),
		ON(REP) = TO(MADE, SEND), /* the RTU was lost */
		ON(DREQ) = TO(TIMEWAIT, ANSWER | T_DOWN),
		ON(CLOSE) = TO(DREQ_SENT, DREQ),
		ON(STALE) = TO(DREQ_SENT, DREQ | T_DOWN),
	},
	[IPOIB__CM_TAKEN] = {
		ON(REJ) = TO(TIMEWAIT, T_DOWN),
		ON(DREQ) = TO(TIMEWAIT, ANSWER | T_DOWN),
		ON(CLOSE) = TO(DREQ_SENT, DREQ),
		ON(STALE) = TO(DREQ_SENT, DREQ | T_DOWN),
	},
	[IPOIB__CM_DREQ_SENT] = {
		ON(REQ) = TO(DREQ_SENT, ALSO_REJ),
		ON(REJ) = TO(TIMEWAIT, 0),
		ON(RTU) = TO(DREQ_SENT, SEND), /* it believes that the connection is up */
		ON(DREQ) = TO(TIMEWAIT, ANSWER),
		ON(DREP) = TO(TIMEWAIT, 0),
		ON(REPEAT) = TO(DREQ_SENT, SEND),
		ON(GIVE_UP) = TO(TIMEWAIT, 0),
	},
	[IPOIB__CM_TIMEWAIT] = {
		ON(REQ) = TO(TIMEWAIT, REFUSE),
		ON(REP) = TO(TIMEWAIT, REFUSE),
		ON(RTU) = TO(TIMEWAIT, REFUSE),
		ON(DREQ) = TO(TIMEWAIT, ANSWER),
		ON(GIVE_UP) = TO(GONE, 0),
	},
};

struct ipoib__cm_step ipoib__cm_machine(enum ipoib__cm_state state, enum ipoib__cm_input input)
{
	ipoib__assert(state < IPOIB__CM_STATES && input < IPOIB__CM_INPUTS);
	const struct rule *rule = &rules[state][input];

	if (!rule->set)
		return (struct ipoib__cm_step){ state, IGNORE };
	return (struct ipoib__cm_step){ (enum ipoib__cm_state)rule->next, rule->actions };
}
