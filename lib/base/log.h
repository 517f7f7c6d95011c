/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The log sink of a context. The library prints nothing itself: without a sink, or for a level
 * above the one asked for, nothing is even formatted. A message is one line without its end; longer
 * ones are cut.
 */
#ifndef IPOIB__BASE_LOG_H
#define IPOIB__BASE_LOG_H

#include <stddef.h>

/*
 * A message with its terminating zero: room for two 20-octet link addresses and a sentence around
 * them.
 */
#define IPOIB__LOG_MESSAGE 512

struct ipoib__log {
	void (*write)(int level, const char *message, void *user); /* NULL: nobody listens */
	/* The least urgent level wanted: IPOIB_LOG_ERROR (1) ... IPOIB_LOG_DEBUG (4); 0: none. */
	int level;
	void *user;
};

#if defined(__GNUC__)
#define IPOIB__PRINTF(text, first) __attribute__((format(printf, text, first)))
#else
#define IPOIB__PRINTF(text, first)
#endif

/* NULL for the log is accepted and silent. */
void ipoib__log_write(const struct ipoib__log *log, int level, const char *format, ...)
	IPOIB__PRINTF(3, 4);

#endif
