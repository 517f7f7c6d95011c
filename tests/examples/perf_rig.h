/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * A client and a server of ipoib-perf on a line of the test's own, which delays, loses and doubles
 * packets, in virtual time.
 */
#ifndef IPOIB_TESTS_PERF_RIG_H
#define IPOIB_TESTS_PERF_RIG_H

#include <check.h>

#include "perf_client.h"
#include "perf_server.h"
#include "perf_table.h"

#define MS UINT64_C(1000000)
#define RIG_DELAY_NS UINT64_C(20000)
#define RIG_MTU 65520
#define RIG_RUN 77
#define RIG_RUNS_MOST 8

struct perf_rig {
	struct perf_client client;
	struct perf_server server;
	struct ipoib_ip client_ip;
	struct ipoib_ip server_ip;
	uint64_t now;
	unsigned lost_permille;
	unsigned doubled_permille;
	bool cut; /* nothing passes any more */
	uint64_t data_lost;
	struct perf_figures figures[RIG_RUNS_MOST];
	size_t runs;
};

extern struct perf_rig rig;

/* The checked fixture; support_teardown() is its other half. */
void perf_rig_setup(void);

struct perf_terms perf_rig_terms(void);
void perf_rig_begin(const struct perf_terms *terms);

/* What the machines want sent now is put on the line. */
void perf_rig_drain(void);

/* One turn: time goes on to the next event. */
void perf_rig_step(void);

/* Until the client has ended: with the sizes in turn, of which 0 ends the list. */
void perf_rig_play(const uint32_t *sizes);

/* What is on the line vanishes. */
void perf_rig_clear_line(void);

extern const uint32_t perf_rig_no_more[];

#endif
