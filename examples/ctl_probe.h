/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* "neigh probe IP dev NAME": the neighbour has been asked, and what comes of it is looked for. */
#ifndef EXAMPLES_CTL_PROBE_H
#define EXAMPLES_CTL_PROBE_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Prints the answer, as text or as JSON; false after a message: there was none. begun: what
 * ipoib_clock_monotonic() said before the neighbour was asked.
 */
bool ctl_probe_wait(const char *control, const char *request, bool json, uint64_t begun);

#endif
