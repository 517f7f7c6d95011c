/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* The counters of an interface: every one by its name, and the law that they obey. */
#ifndef EXAMPLES_CTL_STATS_H
#define EXAMPLES_CTL_STATS_H

#include <stdbool.h>

#include <jansson.h>

/* As ctl_text: one element of the document, false when a counter contradicts the law. */
bool ctl_stats_text(const json_t *element);

#endif
