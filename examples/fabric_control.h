/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The control socket of ipoib-fabric (fabric_command.h has what is said there), for a loop around
 * poll(2).
 *
 * No client can hold up the fabric or shut others out: nothing blocks, a command has a greatest
 * length, a connection has a time limit, and when FABRIC_CLIENTS_MAX are connected the oldest gives
 * way. When no descriptor is left, commands are taken one after the other on a spare one.
 */
#ifndef EXAMPLES_FABRIC_CONTROL_H
#define EXAMPLES_FABRIC_CONTROL_H

#include <poll.h>
#include <stddef.h>
#include <stdint.h>

#include "fabric_command.h"
#include "local_socket.h"

/* People and a test or two; each costs a descriptor and its answer. */
#define FABRIC_CLIENTS_MAX 8

/* A connection; fd is -1 where there is none. */
struct fabric_client {
	int fd;
	uint64_t until;
	char line[FABRIC_LINE_ROOM];
	size_t line_length;
	char *answer; /* of json_dumps() */
	size_t answer_length;
	size_t answer_sent;
};

struct fabric_control {
	struct ipoib_fabric *fabric;
	bool external_sm; /* the fabric has no subnet manager of its own */
	int fd;		  /* -1: there is no control socket */
	struct local_spare spare;
	uint64_t resume; /* accepting goes on then; 0: it goes on now */
	char path[FABRIC_PATH_ROOM];
	struct fabric_client clients[FABRIC_CLIENTS_MAX];
};

/*
 * Listens beside the fabric's own socket. A socket that nobody listens at any more is replaced.
 * Returns 0, or a negative errno after a message; fabric_control_close() is due in both cases.
 */
int fabric_control_open(struct fabric_control *control, struct ipoib_fabric *fabric,
			const char *fabric_socket);
void fabric_control_close(struct fabric_control *control);

/* In poll(2)'s array: as many entries as this, always. */
#define FABRIC_CONTROL_POLLFDS (1 + FABRIC_CLIENTS_MAX)
void fabric_control_pollfds(const struct fabric_control *control,
			    struct pollfd fds[FABRIC_CONTROL_POLLFDS]);
/* Does what is due, after poll(2) has filled in the same entries. */
void fabric_control_dispatch(struct fabric_control *control,
			     const struct pollfd fds[FABRIC_CONTROL_POLLFDS], uint64_t now);
/* When a client is late; UINT64_MAX. */
uint64_t fabric_control_deadline(const struct fabric_control *control);

#endif
