/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Local (Unix) stream sockets. Both return a descriptor, or a negative errno. */
#ifndef EXAMPLES_LOCAL_SOCKET_H
#define EXAMPLES_LOCAL_SOCKET_H

int local_connect(const char *path);

/*
 * Listens, without blocking. A socket file that nobody listens at is replaced; -EADDRINUSE when
 * somebody does, -ENOTSOCK when the file is something else.
 */
int local_listen(const char *path, int backlog);

#endif
