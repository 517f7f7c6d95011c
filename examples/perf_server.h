/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* The server's side of a session (perf_session.h). */
#ifndef EXAMPLES_PERF_SERVER_H
#define EXAMPLES_PERF_SERVER_H

#include "perf_flow.h"
#include "perf_session.h"

enum perf_server_state {
	PERF_SERVER_IDLE,     /* whoever comes is welcome */
	PERF_SERVER_SERVING,
	PERF_SERVER_FAREWELL, /* the client has said goodbye, and may have to be told so again */
};

struct perf_server {
	/* ours, filled in by the owner */
	uint8_t mode;
	uint32_t mtu;
	uint32_t window; /* the most */
	bool ready;      /* whether packets to the client go the way that the mode promises */

	enum perf_server_state state;
	struct ipoib_ip client;
	uint32_t run;
	struct perf_terms terms;
	bool sending;
	struct perf_sender sender;
	struct perf_receiver receiver;
	uint64_t heard_ns;
	bool lost;       /* the last session ended by silence */
};

/* A packet has come; returns whether to answer it, and how. */
bool perf_server_take(struct perf_server *server, const struct perf_message *message, uint64_t now,
		      struct perf_action *answer);

/* The next thing to be sent; false: nothing now. */
bool perf_server_next(struct perf_server *server, uint64_t now, struct perf_action *action);

/* When to ask perf_server_next() though nothing has come. */
uint64_t perf_server_due(const struct perf_server *server, uint64_t now);

#endif
