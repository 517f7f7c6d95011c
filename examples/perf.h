/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* What a running ipoib-perf consists of. */
#ifndef EXAMPLES_PERF_H
#define EXAMPLES_PERF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <ipoib/ipoib.h>

#include "perf_client.h"
#include "perf_options.h"
#include "perf_server.h"
#include "perf_table.h"
#include "poll_loop.h"

struct ipoib_transport;

struct perf {
	struct perf_options options;
	struct poll_loop loop;
	struct ipoib_context *context;
	struct ipoib_transport *transport;
	struct ipoib_interface *interface;
	struct ipoib_binding *binding;

	bool is_server;
	struct perf_client client; /* one of the two is in use */
	struct perf_server server;

	/*
	 * The time, for the library as well: a program that polls reads the clock once for many
	 * turns, because on some machines that is dearer than a packet.
	 */
	uint64_t now_ns;
	unsigned turns; /* since it was read */

	bool was_up;
	uint64_t begun_ns;
	bool patience_lost;
	uint32_t mtu;
	size_t next_size; /* index of the size that comes next */

	struct perf_action pending; /* there was no room for it; count 0: none */
	uint64_t retry_ns;          /* when to try it again */

	struct perf_table table;
	bool table_begun;
	bool saying_goodbye;        /* the server's last client has done so */
	bool ended;
	int status;
};

static inline uint64_t perf_now(const struct perf *perf)
{
	return perf->now_ns;
}

static inline uint64_t perf_read_clock(struct perf *perf)
{
	perf->turns = 0;
	perf->now_ns = ipoib_clock_monotonic(NULL);
	return perf->now_ns;
}

#endif
