/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Reliable connections over librdmacm and queue pairs of our own device context.
 *
 *	made:	RESOLVING --address, route--> ASKING --REP: ready, RTU--> UP
 *	taken:	request --rc_accept(): ready, REP--> ANSWERED --RTU--> UP
 *	all:	... --refused, silence, the peer's end, an error--> FAILED
 *
 * A file uses those below it only:
 *
 *	rc.c				what the rest of the transport sees of connections
 *	rc_ask.c  rc_queue.c		asking for one; messages and their completions
 *	rc_cm.c  rc_leave.c		answering a request, events; farewells
 *	rc_make.c  rc_listen.c		finding, making, ending one; services and requests
 *	rc_state.c			the state of one, and of its queue pair
 *
 * 1. librdmacm never sees the queue pairs: it says what their attributes are, and the files here
 *    set them. Its device contexts are not ours.
 * 2. On RoCE a connection is asked for by the IP address in the peer's GID, and by a port that
 *    comes of the number of its UD queue pair (rc_private.h). That port is ours from the making of
 *    the queue pair on: when another has it, the queue pair gets another number.
 *    On InfiniBand it is asked for by GID and service ID, with the path that the SA gave.
 * 3. Receives are a shared receive queue's, one for each UD queue pair; they survive connections.
 *    What an adapter still tells of a queue pair that was destroyed is dropped, and a receive
 *    among it is posted again.
 * 4. A failed queue pair is made to flush what it has, and is kept until it is destroyed. We do not
 *    wait for its last work request: with a shared receive queue nothing says when that was.
 * 5. Destroying a connection ends its queue pair at once. Its farewell is waited for apart, because
 *    it is repeated when it is lost; librdmacm's own ending sends it once. While the link is down
 *    nothing is said, and a moment longer, until the network device has its addresses again: it
 *    would not arrive, and Soft-RoCE's queue pair 1 receives no message of the communication
 *    manager any more after it has failed to send one.
 */
#ifndef IPOIB__VERBS_RC_PARTS_H
#define IPOIB__VERBS_RC_PARTS_H

#include "base/table.h"
#include "verbs/cm.h"
#include "verbs/rc.h"
#include "verbs/rc_private.h"
#include "verbs/status.h"
#include "verbs/verbs.h"

/* Connections of one queue pair, as of the simulated adapter. */
#define IPOIB__VERBS_CONNECTIONS_MAX 8192
/* Requests not answered yet: the user answers at once, so that only a flood has to wait. */
#define IPOIB__VERBS_REQUESTS_MAX 128
/* Farewells waited for, a minute each where a peer has died; the oldest goes unanswered. */
#define IPOIB__VERBS_LEAVING_MAX 64
/* Service IDs of one queue pair: there are two in the RFC's world. */
#define IPOIB__VERBS_SERVICES_MAX 16

struct ipoib__verbs_rc_set {
	struct ipoib__table table;   /* connections by the number of their queue pair */
	struct ipoib__list telling;  /* connections with an event */
	struct ipoib__list requests; /* struct ipoib__verbs_rc_request */
	struct ipoib__list leaving;  /* connections that were destroyed */
	unsigned request_count;
	unsigned leaving_count;
	bool link_back;	      /* the link is back, and silent ones wait to say their farewells: */
	uint64_t farewell_at; /* at this time; 0: not known yet */
	uint64_t next_request;
	uint32_t next_serial;
};

/* A request of a peer for a connection. */
struct ipoib__verbs_rc_request {
	struct ipoib__list link;
	struct ipoib__verbs_cm cm;
	struct ipoib__verbs_ud *ud;
	struct rdma_cm_id *id;
	bool told;
	struct ipoib_rc_event event;
};

/* What is listened for. */
struct ipoib__verbs_rc_service {
	struct ipoib__list link;
	struct ipoib__verbs_cm cm;
	struct ipoib__verbs_ud *ud;
	struct rdma_cm_id *id; /* InfiniBand */
	uint64_t service_id;
};

/* A receive of the shared queue. */
struct ipoib__verbs_rc_slot {
	uint64_t cookie;
	void *address;
	uint64_t key;
	uint32_t length;
	bool posted;
};

/* What connections keep of a UD queue pair. */
struct ipoib__verbs_rc_ud {
	struct ipoib__verbs_cm cm; /* RoCE: of the one that listens */
	struct ipoib__verbs_ud *ud;
	struct rdma_cm_id *id; /* RoCE: holds the port */
	struct ipoib_gid bound;
	bool listening;
	struct ipoib__list services;
	unsigned service_count;
	struct ipoib__list connections;
	uint32_t connection_count;
	struct ipoib__list decided; /* connections of which sends are to be taken */
	struct ibv_srq *srq;
	struct ipoib__verbs_rc_slot *slots;
	uint32_t *free; /* numbers of slots */
	uint32_t free_count;
};

enum ipoib__verbs_rc_state {
	IPOIB__VERBS_RC_RESOLVING = 1,
	IPOIB__VERBS_RC_ASKING,
	IPOIB__VERBS_RC_ANSWERED,
	IPOIB__VERBS_RC_UP,
	IPOIB__VERBS_RC_FAILED,
};

struct ipoib__verbs_rc {
	struct ipoib__list link;    /* of the UD queue pair, or of those that leave */
	struct ipoib__list decided;
	struct ipoib__list telling;
	struct ipoib__verbs_cm cm;
	struct ipoib__verbs *verbs;
	struct ipoib__verbs_ud *ud;
	struct rdma_cm_id *id; /* NULL: it has ended */
	struct ibv_qp *qp;
	uint32_t serial; /* 24 bits; numbers of queue pairs are used again */
	uint32_t inline_max;
	enum ipoib__verbs_rc_state state;
	bool was_up;
	bool silent; /* it leaves, and waits for the link to say so */
	bool tell_up;
	bool tell_end;
	bool refused; /* the end is a refusal, or silence: it was never up */
	int32_t end_status;
	uint16_t end_reason; /* enum ipoib_connection_end, of one that was not refused */
	struct ipoib_rc_event told; /* with the answer, yes or no */
	struct ipoib_rc_attributes attributes;
	struct ipoib__verbs_posted sends;
};

/* ---- rc_state.c ---- */

/* What goes with a request or an answer. */
struct rdma_conn_param ipoib__verbs_rc_parameters(const struct ipoib__verbs_rc *rc);
/* Sets the queue pair to a state, with what librdmacm knows for it. */
int ipoib__verbs_rc_modify(struct ipoib__verbs_rc *rc, enum ibv_qp_state state);
/* Some of its sends may have been decided: they are taken when completions are polled. */
void ipoib__verbs_rc_note_decided(struct ipoib__verbs_rc *rc);
/* It is up, and the user is told. */
void ipoib__verbs_rc_come_up(struct ipoib__verbs_rc *rc);
/*
 * It is over: nothing is sent or received any more, and the user is told, once: -ECONNRESET when
 * the peer has ended it, else -EIO; one that was asked for and not answered is told as refused.
 */
void ipoib__verbs_rc_fail(struct ipoib__verbs_rc *rc, enum ipoib_connection_end why);

/* ---- rc_make.c ---- */

void ipoib__verbs_rc_table_init(struct ipoib__verbs_rc_set *set, struct ipoib__memory *memory);
struct ipoib__verbs_rc *ipoib__verbs_rc_find(const struct ipoib__verbs *verbs, uint32_t qpn);
/* A connection with its queue pair, in no state yet, and without a handler of events. */
int ipoib__verbs_rc_new(struct ipoib__verbs_ud *ud, const struct ipoib_rc_attributes *attributes,
			struct ipoib__verbs_rc **out);
/* Whatever it has posted is the user's again, and nothing of it is told any more. */
void ipoib__verbs_rc_end_queue_pair(struct ipoib__verbs_rc *rc);
/* Ends its queue pair, if it has one still, and frees it; its id was ended, or goes another way. */
void ipoib__verbs_rc_free(struct ipoib__verbs_rc *rc);

/* ---- rc_leave.c ---- */

/* The port's state has changed: those that could not say their farewells may say them. */
void ipoib__verbs_rc_leaving_port(struct ipoib__verbs *verbs);
/* Ends all of them, with what they wait for. */
void ipoib__verbs_rc_leaving_end(struct ipoib__verbs *verbs);

/* ---- rc_listen.c ---- */

int ipoib__verbs_rc_bind(struct ipoib__verbs_ud *ud);
void ipoib__verbs_rc_unlisten(struct ipoib__verbs_ud *ud);
/* The port has another GID, perhaps. */
void ipoib__verbs_rc_rebind(struct ipoib__verbs_ud *ud);
void ipoib__verbs_rc_request_end(struct ipoib__verbs *verbs,
				 struct ipoib__verbs_rc_request *request);
/* Refuses what an id asks for. */
void ipoib__verbs_rc_refuse(const struct ipoib__verbs *verbs, struct rdma_cm_id *id,
			    uint16_t reason, const void *data, size_t length);

/* ---- rc_cm.c ---- */

/* An event of a connection that is not being asked for, and does not leave. */
void ipoib__verbs_rc_handle(struct ipoib__verbs_cm *cm, const struct rdma_cm_event *event);

/* ---- rc_queue.c ---- */

int ipoib__verbs_rc_srq_init(struct ipoib__verbs_ud *ud);
void ipoib__verbs_rc_srq_fini(struct ipoib__verbs_ud *ud);

#endif
