/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The control socket: a local stream socket. A client sends one line, the request; it gets one JSON
 * document and a line's end; then the connection is closed. An unknown request gets
 * {"error": "..."}.
 *
 * Some requests are for a stream: the connection stays open, and each event is one line with one
 * JSON document, from {"stream": REQUEST} on, until the client closes its side. What a client does
 * not read in time is not kept: {"lost": N} stands where N events are missing.
 *
 * No client can hold up the loop, or shut others out: nothing blocks, a request has a greatest
 * length, a connection has a time limit unless it is a stream, a stream has a greatest backlog, and
 * when CONTROL_CLIENTS_MAX are connected the oldest gives way, a stream only to another if all are
 * streams. When the system or the program has no descriptor left, requests are answered one after
 * the other on a spare one, and the others wait.
 */
#ifndef EXAMPLES_CONTROL_H
#define EXAMPLES_CONTROL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <ev.h>
#include <jansson.h>

#include "local_socket.h"

/* Administrators and a collector or two; each costs a descriptor and its answer. */
#define CONTROL_CLIENTS_MAX 16
/* The longest is "neigh add" with an address of IPv6, a link address and a device: 140 octets. */
#define CONTROL_REQUEST_ROOM 256
/* Octets that wait for the client of a stream: some 200 events, more than one burst makes. */
#define CONTROL_STREAM_ROOM 65536

/* Makes the answer to a request; NULL when there is no such request. The caller ends it. */
typedef json_t *control_answer(const char *request, void *user);
/* The topics, bits of the owner's, that a request wants a stream of; 0 when it is no such one. */
typedef unsigned control_topics(const char *request, void *user);

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
	char *answer; /* of json_dumps(), or of CONTROL_STREAM_ROOM */
	size_t answer_length;
	size_t answer_sent;
	unsigned topics; /* 0: this is no stream */
	uint64_t lost;   /* events that have not been told of as lost */
	bool on_spare;   /* its descriptor is the last one that there is */
};

struct control {
	struct ev_loop *loop;
	control_answer *answer;
	control_topics *topics;
	void *user;
	const char *path;
	int fd; /* -1: there is no control socket */
	struct local_spare spare;
	struct ev_io io;
	struct ev_timer pause; /* accepting goes on then */
	uint64_t connections;
	struct control_client clients[CONTROL_CLIENTS_MAX];
};

/*
 * Listens at path; does nothing when path is NULL. A socket that nobody listens at any more is
 * replaced. Returns 0, or a negative errno after a message; control_close() is due in both cases.
 */
int control_open(struct control *control, struct ev_loop *loop, const char *path,
		 control_answer *answer, control_topics *topics, void *user);
void control_close(struct control *control);

/* Whether a stream of the topic is open: if not, an event need not be put into words. */
bool control_wanted(const struct control *control, unsigned topic);
/* Tells an event to the streams of its topic, and ends the document; NULL is one that is lost. */
void control_publish(struct control *control, unsigned topic, json_t *event);

/* control_stream.c: a connection whose request is a stream's. False without memory. */
bool control_stream_begin(struct control_client *client, unsigned topics);
/* Sends what waits; returns false when the connection is of no use any more. */
bool control_stream_send(struct control_client *client);

#endif
