/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * A connection manager that the test is: the calls of librdmacm that paths and groups on InfiniBand
 * use, and the addresses of a host. They are defined in fake_cm.c and so go before the libraries'.
 * Events are the test's to make.
 */
#ifndef IPOIB_TESTS_VERBS_FAKE_CM_H
#define IPOIB_TESTS_VERBS_FAKE_CM_H

#include <stdbool.h>
#include <stdint.h>

#include <infiniband/ib.h>
#include <rdma/rdma_cma.h>

#include "verbs/cm.h"
#include "verbs/verbs.h"

#define FAKE_CM_ADDRESSES 4

/* An address of the host, and where the kernel binds who binds to it. */
struct fake_cm_address {
	const char *text;  /* NULL: an interface without an address */
	bool elsewhere;    /* of another adapter */
	uint8_t port;
	uint16_t pkey;
};

struct fake_cm {
	struct fake_cm_address addresses[FAKE_CM_ADDRESSES];
	size_t address_count;
	unsigned alive;           /* ids */
	unsigned joins, routes;   /* calls */
	struct rdma_cm_id *last;  /* the youngest id that joined or resolves */
	struct sockaddr_ib from, to; /* of the last question, or the last join */
	int refuse_create, refuse_join, refuse_resolve; /* errno of the next; 0: none */
};

extern struct fake_cm fake_cm;

/* Nothing is there yet; ids that are "ours" get this device. */
void fake_cm_open(struct ipoib__verbs *verbs);
void fake_cm_host(const char *text, uint8_t port, uint16_t pkey);
/* An event of the youngest id. */
void fake_cm_event(enum rdma_cm_event_type type, int status, const struct rdma_ud_param *ud);

#endif
