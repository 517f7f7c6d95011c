/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Local sockets that keep messages apart (SOCK_SEQPACKET), without blocking and without signals.
 * Both ends of the attach protocol use them.
 */
#ifndef IPOIB__MOCK_SOCKET_H
#define IPOIB__MOCK_SOCKET_H

#include <stddef.h>
#include <sys/un.h>

/* A new socket that does not block and is closed on exec; returns it or a negative errno. */
int ipoib__socket_open(void);
/* Makes a descriptor so. */
int ipoib__socket_prepare(int fd);
/* Asks for a larger send buffer; without it there is the system's. */
void ipoib__socket_buffer(int fd, int octets);
/* The address of a path; -ENAMETOOLONG. */
int ipoib__socket_address(struct sockaddr_un *address, const char *path);
/*
 * -EAGAIN: the other side has not taken earlier ones yet. -ECONNREFUSED: nobody listens there, or
 * there is no such socket. -EPROTO: a socket of another type.
 */
int ipoib__socket_connect(int fd, const struct sockaddr_un *address);
/* Sends one message in two parts; -EAGAIN: no room now; another error: it will never go. */
int ipoib__socket_send(int fd, const void *head, size_t head_length, const void *tail,
		       size_t tail_length);
/* The length of one message; 0: it was longer than room; -EAGAIN: none; -EPIPE: the end. */
int ipoib__socket_receive(int fd, void *bytes, size_t room);

#endif
