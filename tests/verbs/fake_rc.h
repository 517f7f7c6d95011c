/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Reliable connections that the test is: queue pairs and a shared receive queue beside the UD queue
 * pair of adapter.h, and the calls of librdmacm that connections use. Ids are those of fake_cm.h;
 * what the peer does is the test's to say.
 */
#ifndef IPOIB_TESTS_VERBS_FAKE_RC_H
#define IPOIB_TESTS_VERBS_FAKE_RC_H

#include <stdbool.h>
#include <stdint.h>

#include <infiniband/verbs.h>
#include <rdma/rdma_cma.h>

#include "verbs/verbs.h"

#define FAKE_RC_PAIRS 4
#define FAKE_RC_DEPTH 64
/* The number of the first queue pair. */
#define FAKE_RC_QPN 0x100

struct fake_rc_pair {
	struct ibv_qp qp;
	bool alive;
	enum ibv_qp_state state;
	uint64_t sends[FAKE_RC_DEPTH]; /* their numbers; the oldest is at 0 */
	unsigned send_count;
};

struct fake_rc {
	struct fake_rc_pair pairs[FAKE_RC_PAIRS];
	struct ibv_srq srq;
	bool srq_alive;
	uint64_t receives[FAKE_RC_DEPTH];
	unsigned receive_count;
	/* Calls. */
	unsigned paths, connects, establishes, listens, accepts, rejects, disconnects, notifies;
	struct rdma_conn_param param; /* of the last REQ or REP; its private data are: */
	uint8_t private_data[256];    /* also those of the last REJ */
	uint8_t private_length;
	int refuse_receive, refuse_disconnect; /* errno of the next; 0: none */
};

extern struct fake_rc fake_rc;

void fake_rc_open(struct ipoib__verbs *verbs);
void fake_rc_close(void);

/* The youngest queue pair that is alive. */
struct fake_rc_pair *fake_rc_youngest(void);
/* All sends of a queue pair complete; of those that went well the last one says so for all. */
void fake_rc_sent(struct fake_rc_pair *pair, enum ibv_wc_status status);
/* The oldest receive completes, for the queue pair of this number. */
void fake_rc_received(uint32_t qpn, enum ibv_wc_status status, uint32_t length);

/* An event of an id. The data are private data, NULL without any. */
void fake_rc_event(struct rdma_cm_id *id, enum rdma_cm_event_type type, int status,
		   const void *data, uint8_t length);
/* A request that comes to an id that listens; its own id. */
struct rdma_cm_id *fake_rc_request(struct rdma_cm_id *listener, const void *data, uint8_t length);

/* For adapter.c: whether a queue pair is one of a connection, and what is done with those. */
bool fake_rc_owns(const struct ibv_qp *qp);
struct ibv_qp *fake_rc_create(const struct ibv_qp_init_attr *attr);
int fake_rc_destroy(struct ibv_qp *qp);
int fake_rc_modify(struct ibv_qp *qp, const struct ibv_qp_attr *attr);
int fake_rc_post_send(struct ibv_qp *qp, const struct ibv_send_wr *wr);

#endif
