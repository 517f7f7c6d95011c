/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Messages to people: one line each, on standard error, beginning with the program's name. */
#ifndef EXAMPLES_REPORT_H
#define EXAMPLES_REPORT_H

#if defined(__GNUC__)
#define PRINTF_LIKE(text, first) __attribute__((format(printf, text, first)))
#else
#define PRINTF_LIKE(text, first)
#endif

/* Each program defines its own. */
extern const char program_name[];

void report(const char *format, ...) PRINTF_LIKE(1, 2);

/* The log hook of contexts and fabrics. */
void report_log(int level, const char *message, void *user);

/* The text of a negative errno as the library returns it. */
const char *error_text(int error);

/* Says why a port could not be had: the answers of ipoib_mock_connect(). */
void report_connect(const char *fabric, const char *port, int error);

/* Prints "ready" on a line of its own, for whoever waits for it on a pipe. */
void announce_ready(void);

#endif
