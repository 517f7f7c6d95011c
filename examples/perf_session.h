/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * What the two ends of ipoib-perf say to each other. Both are machines without I/O: they are told
 * what came and what time it is, and answer what is to be sent.
 *
 *      client                                  server
 *      HELLO (terms) ------------------------> checks them; lets one client in at a time
 *            <-------------------------------- ACCEPT (terms that hold), or REFUSE
 *      WARM, of full size -------------------> until both sides are ready: neighbour, path and, in
 *            <-------------------------------- WARMED     connected mode, a connection each way
 *      DATA ... -----------------------------> ACK each quarter of a window; if both send, DATA
 *            or
 *      PING ---------------------------------> PONG, at once
 *      DONE ---------------------------------> when the fate of each packet is known
 *            <-------------------------------- RESULT
 *      HELLO with the next size, or BYE -----> BYE
 *
 * Whatever expects an answer is repeated until it comes. Each size is a run with a number of its
 * own, which starts at random: what is left of another one is known by it and ignored.
 */
#ifndef EXAMPLES_PERF_SESSION_H
#define EXAMPLES_PERF_SESSION_H

#include <stdbool.h>
#include <stdint.h>

#include "perf_packet.h"

/* Between two questions; and the silence after which to give up: a slow subnet takes seconds. */
#define PERF_REPEAT_NS UINT64_C(200000000)
#define PERF_SILENCE_NS UINT64_C(10000000000)

/* What an adapter may hold for one queue pair here (ipoib_interface(3)), both directions beside. */
#define PERF_WINDOW_MOST 4096
#define PERF_BATCH_MOST 256
#define PERF_SECONDS_MOST 86400

/* What is to be done; message and, of data, the sequence of the first packet. */
struct perf_action {
	struct perf_message message;
	struct ipoib_ip to;
	uint32_t size;  /* octets of UDP payload; 0: what the type needs */
	uint32_t count; /* packets of it, with sequences that count up: PERF_DATA; else 1 */
};

/* Whether terms make sense in themselves; of a hostile peer they need not. */
bool perf_terms_fit(const struct perf_terms *terms);

#endif
