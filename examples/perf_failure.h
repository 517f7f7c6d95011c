/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Why a session of ipoib-perf ended early, and what would be right. */
#ifndef EXAMPLES_PERF_FAILURE_H
#define EXAMPLES_PERF_FAILURE_H

struct perf_client;

/* Of a client that has ended with a failure. */
void perf_failure_report(const struct perf_client *client);

#endif
