/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Messages to people: one line each, on standard error, beginning with the program's name.
 *
 * A program never waits for whoever reads them: a line for which the pipe, the socket or the
 * terminal has no room, or that fails in another way, is lost and counted, and the next that can be
 * written is preceded by the number of those that could not.
 */
#ifndef EXAMPLES_REPORT_H
#define EXAMPLES_REPORT_H

#if defined(__GNUC__)
#define PRINTF_LIKE(text, first) __attribute__((format(printf, text, first)))
#else
#define PRINTF_LIKE(text, first)
#endif

#include <stdint.h>

/* Each program defines its own. */
extern const char program_name[];

/*
 * Once, before anything is written. From here on a reader that has gone is no signal (SIGPIPE) but
 * an error of the write: whoever prints on standard output looks at it with ferror(3).
 */
void report_begin(void);

void report(const char *format, ...) PRINTF_LIKE(1, 2);
/* The same for a line that does not begin with the program's name; at most 1023 octets. */
void report_line(const char *line);

/* Lines that could not be written, since the beginning. */
uint64_t report_lost(void);

/* The log hook of contexts and fabrics. */
void report_log(int level, const char *message, void *user);

/* The text of a negative errno as the library returns it. */
const char *error_text(int error);

/* Says why a port could not be had: the answers of ipoib_mock_connect(). */
void report_connect(const char *fabric, const char *port, int error);

/* Prints "ready" on a line of standard output, for whoever waits for it on a pipe. */
void announce_ready(void);

#endif
