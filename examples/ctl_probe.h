/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* "neigh probe IP dev NAME": the neighbour has been asked, and what comes of it is looked for. */
#ifndef EXAMPLES_CTL_PROBE_H
#define EXAMPLES_CTL_PROBE_H

#include <stdbool.h>
#include <stdint.h>

/* Nanoseconds, monotonic: taken before the neighbour was asked. */
uint64_t ctl_probe_clock(void);

/* Prints the answer, as text or as JSON; false after a message: there was none. */
bool ctl_probe_wait(const char *control, const char *request, bool json, uint64_t begun);

#endif
