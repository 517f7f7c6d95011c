/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Local (Unix) stream sockets. What returns a descriptor returns a negative errno else. */
#ifndef EXAMPLES_LOCAL_SOCKET_H
#define EXAMPLES_LOCAL_SOCKET_H

#include <stdbool.h>
#include <stdint.h>

int local_connect(const char *path);

/*
 * Listens, without blocking. A socket file that nobody listens at is replaced; -EADDRINUSE when
 * somebody does, -ENOTSOCK when the file is something else.
 */
int local_listen(const char *path, int backlog);

/*
 * A descriptor that a server keeps for the time when it can get no other. fd is -1 while a
 * connection has it.
 */
struct local_spare {
	int fd;
	uint64_t told_ns; /* the shortage was told then; 0: never */
};

#define LOCAL_SPARE_NONE { .fd = -1 }

/* Takes one if it is missing and can be had: at the beginning, and whenever a client was closed. */
void local_spare_keep(struct local_spare *spare, int listener);
void local_spare_close(struct local_spare *spare);

/*
 * Takes a connection; on_spare is set when that took the spare descriptor. -EAGAIN: there is none.
 * -EMFILE: there is one and no descriptor, which is told once a minute; the listener stays
 * readable, so look at it again only after a while.
 */
int local_accept(struct local_spare *spare, int listener, bool *on_spare);

#endif
