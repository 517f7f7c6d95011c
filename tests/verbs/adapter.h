/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * An adapter that the test is: one UD queue pair with its completion queue, under the real
 * functions of lib/verbs. The calls of libibverbs that are functions are defined in adapter.c and
 * so go before the library's; those that are in its header come here through the context's
 * operations.
 *
 * It keeps to the rules of the states: in SQE and ERR what is sent is flushed, in ERR what is
 * posted to receive as well, and a transition that there is not is refused.
 */
#ifndef IPOIB_TESTS_VERBS_ADAPTER_H
#define IPOIB_TESTS_VERBS_ADAPTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "verbs/ud.h"
#include "verbs/verbs.h"

#define ADAPTER_DEPTH 256

struct adapter_request {
	uint64_t id;
	bool signalled;
	bool inlined;
	uint32_t length;
};

struct adapter {
	struct ibv_context context;
	struct ibv_qp qp;
	struct ibv_cq cq;
	bool qp_alive, cq_alive;
	enum ibv_qp_state state;
	uint16_t pkey_index;
	uint32_t qkey;
	struct adapter_request sends[ADAPTER_DEPTH], receives[ADAPTER_DEPTH];
	unsigned send_count, receive_count; /* posted, not completed; the oldest is at 0 */
	struct ibv_wc done[2 * ADAPTER_DEPTH];
	unsigned done_count;
	bool armed, fired;
	unsigned rings;	     /* calls that posted sends */
	unsigned acknowledged;
	unsigned attached;
	int refuse_modify;   /* errno of the next change of state; 0: none */
	int refuse_send_at;  /* the n-th request of the next post is refused; 0: none */
	int refuse_create;   /* likewise of queue pairs with inline data */
};

extern struct adapter adapter;

/* An adapter, and a port of it that is active, with the P_Keys 0xffff and 0x8001, MTU 2048. */
void adapter_open(struct ipoib__verbs *verbs);
/* Everything that was made was ended. */
void adapter_close(struct ipoib__verbs *verbs);

/* The adapter tells of this completion. */
void adapter_complete(const struct ibv_wc *wc);
/* The oldest count sends complete, the last of them with this status. */
void adapter_sent(unsigned count, enum ibv_wc_status status);
/* The oldest receive completes. */
void adapter_received(enum ibv_wc_status status, uint32_t length);
/* The queue pair stops in this state: what must be flushed is. */
void adapter_stops(enum ibv_qp_state state);

#endif
