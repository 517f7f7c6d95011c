/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Streams of the control socket: one line an event, as text or as the JSON that it came as, until
 * SIGINT or SIGTERM.
 */
#ifndef EXAMPLES_CTL_MONITOR_H
#define EXAMPLES_CTL_MONITOR_H

#include <stdbool.h>

/* Returns the exit status: that of a success after a signal only. */
int ctl_monitor(const char *control, const char *request, bool json);

#endif
