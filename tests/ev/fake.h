/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * A context with one transport that can do nothing but be ready: a pipe is its descriptor, and it
 * has a deadline. Both are turned by hand.
 */
#ifndef IPOIB_TESTS_EV_FAKE_H
#define IPOIB_TESTS_EV_FAKE_H

#include <stdint.h>

#include <ipoib/context.h>
#include <ipoib/transport.h>

struct fake {
	struct ipoib_context *context;
	struct ipoib_transport *transport;
	int ends[2]; /* of the pipe */
	uint64_t deadline;
	unsigned processed; /* calls of process() */
	unsigned octets;    /* read from the pipe */
	unsigned expired;   /* deadlines that have come */
	uint64_t expired_at;
	/* Called at the end of process(), from inside ipoib_context_dispatch(). */
	void (*hook)(struct fake *fake, void *user);
	void *hook_user;
};

void fake_open(struct fake *fake);
void fake_close(struct fake *fake);

/* Makes the pipe readable. */
void fake_write(struct fake *fake);

/* Closes the pipe and opens another, which may get the same descriptors. */
void fake_reopen_pipe(struct fake *fake);

/* Sets the deadline and wakes the context. */
void fake_set_deadline(struct fake *fake, uint64_t deadline);

#endif
