/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The control socket: a local stream socket. A client sends one line, the request; it gets one JSON
 * document and a line's end; then the connection is closed. An unknown request gets
 * {"error": "..."}.
 *
 * No client can hold up the loop, or shut others out: nothing blocks, a request has a greatest
 * length, a connection has a time limit, and when CONTROL_CLIENTS_MAX are connected the oldest
 * gives way.
 */
#ifndef EXAMPLES_CONTROL_H
#define EXAMPLES_CONTROL_H

#include <stddef.h>
#include <stdint.h>

#include <ev.h>
#include <jansson.h>

/* Administrators and a collector or two; each costs a descriptor and its answer. */
#define CONTROL_CLIENTS_MAX 16
/* Far longer than any request is. */
#define CONTROL_REQUEST_ROOM 64

/* Makes the answer to a request; NULL when there is no such request. The caller ends it. */
typedef json_t *control_answer(const char *request, void *user);

struct control;

/* A connection; fd is -1 where there is none. */
struct control_client {
	struct control *control;
	struct ev_io io;
	struct ev_timer limit;
	int fd;
	uint64_t number; /* of the connection; the lowest is the oldest */
	char request[CONTROL_REQUEST_ROOM];
	size_t request_length;
	char *answer; /* of json_dumps() */
	size_t answer_length;
	size_t answer_sent;
};

struct control {
	struct ev_loop *loop;
	control_answer *answer;
	void *user;
	const char *path;
	int fd; /* -1: there is no control socket */
	struct ev_io io;
	uint64_t connections;
	struct control_client clients[CONTROL_CLIENTS_MAX];
};

/*
 * Listens at path; does nothing when path is NULL. A socket that nobody listens at any more is
 * replaced. Returns 0, or a negative errno after a message; control_close() is due in both cases.
 */
int control_open(struct control *control, struct ev_loop *loop, const char *path,
		 control_answer *answer, void *user);
void control_close(struct control *control);

#endif
