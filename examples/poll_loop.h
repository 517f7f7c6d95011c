/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The smallest loop around a context or a fabric: poll(2), and a pipe that signals write to.
 *
 *      while (!poll_loop_stopped(&loop)) {
 *              poll_loop_wait(&loop, pollfds, object, deadline, now);
 *              dispatch(object);
 *      }
 */
#ifndef EXAMPLES_POLL_LOOP_H
#define EXAMPLES_POLL_LOOP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct pollfd;

struct poll_loop {
	int stop_fd;        /* readable once a signal asked for the end */
	struct pollfd *fds; /* grows with what the library watches */
	size_t room;
};

/* The shape of ipoib_context_pollfds() and ipoib_fabric_pollfds(). */
typedef int poll_loop_pollfds(const void *object, struct pollfd *fds, size_t count);

/*
 * Catches SIGINT, SIGTERM and, unless it is ignored, SIGHUP. Returns 0 or a negative errno. One
 * loop a program.
 */
int poll_loop_open(struct poll_loop *loop);
void poll_loop_close(struct poll_loop *loop);

/*
 * Waits until a descriptor is ready, the deadline (nanoseconds; UINT64_MAX for never) has come, or
 * a signal asks for the end. Returns 0, or a negative errno when it cannot wait at all.
 */
int poll_loop_wait(struct poll_loop *loop, poll_loop_pollfds *pollfds, const void *object,
		   uint64_t deadline, uint64_t now);

/* Whether a signal has asked for the end. */
bool poll_loop_stopped(const struct poll_loop *loop);

#endif
