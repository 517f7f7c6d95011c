/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* The client's side of a session (perf_session.h): a run for each size, and then goodbye. */
#ifndef EXAMPLES_PERF_CLIENT_H
#define EXAMPLES_PERF_CLIENT_H

#include "perf_flow.h"
#include "perf_histogram.h"
#include "perf_session.h"

enum perf_client_state {
	PERF_CLIENT_HELLO,
	PERF_CLIENT_WARM,
	PERF_CLIENT_STREAM,
	PERF_CLIENT_PING,
	PERF_CLIENT_DONE,
	PERF_CLIENT_REPORT, /* a run is over: perf_client_continue() goes on */
	PERF_CLIENT_BYE,
	PERF_CLIENT_ENDED,
};

/* Why a session ended early. */
enum perf_failure {
	PERF_NO_FAILURE,
	PERF_FAILED_NO_ANSWER,  /* nobody has answered the first HELLO */
	PERF_FAILED_UNREACHABLE, /* there is no such neighbour */
	PERF_FAILED_SILENCE,    /* the server has fallen silent */
	PERF_FAILED_NOT_READY,  /* packets of this size do not go the way that the mode promises */
	PERF_FAILED_TOO_BIG,    /* number: the MTU to the server */
	PERF_FAILED_REFUSED,    /* reason, number: the server's */
};

struct perf_client {
	struct ipoib_ip server;
	struct perf_terms wanted; /* of the run; its size is the next one's */
	bool ready;               /* whether packets to the server go the way of the mode */

	enum perf_client_state state;
	uint32_t run;
	struct perf_terms terms;  /* that hold */
	struct perf_sender sender;
	struct perf_receiver receiver;
	uint64_t due_ns;          /* when to ask again */
	uint64_t give_up_ns;
	unsigned repeats;
	bool greeted;             /* the server has answered in this session */

	/* ping-pong */
	uint64_t pings;
	uint64_t pings_lost;
	uint64_t lost_in_a_row;
	uint64_t ping_ns;         /* when the last was sent */
	bool waiting;             /* for its answer */
	uint64_t begun_ns;
	uint64_t ended_ns;
	struct perf_histogram times; /* half of each round trip, nanoseconds */

	/* what the server told at the end */
	uint64_t server_received;
	uint64_t server_duplicates;
	uint64_t server_sent;

	enum perf_failure failure;
	uint32_t reason;
	uint32_t number;
};

/* The first run; its number is random. */
void perf_client_begin(struct perf_client *client, const struct ipoib_ip *server,
		       const struct perf_terms *wanted, uint32_t run, uint64_t now);

/* In PERF_CLIENT_REPORT: the next run with this size, or, with 0, goodbye. */
void perf_client_continue(struct perf_client *client, uint32_t size, uint64_t now);

void perf_client_take(struct perf_client *client, const struct perf_message *message, uint64_t now);

/* The next thing to be sent; false: nothing now. */
bool perf_client_next(struct perf_client *client, uint64_t now, struct perf_action *action);

/* A packet of this run was refused, or dropped, as too long for the way. */
void perf_client_too_big(struct perf_client *client, uint32_t mtu);

/* The first question could not be delivered: nobody has the server's address. */
void perf_client_unreachable(struct perf_client *client);

/* When to ask perf_client_next() though nothing has come. */
uint64_t perf_client_due(const struct perf_client *client, uint64_t now);

#endif
