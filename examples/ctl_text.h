/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* The documents of the control socket as text, in the manner of `ip -s neigh` and its friends. */
#ifndef EXAMPLES_CTL_TEXT_H
#define EXAMPLES_CTL_TEXT_H

#include <stdbool.h>

#include <jansson.h>

/* Each prints one element of a document. False when a counter contradicts the conservation law. */
typedef bool ctl_text(const json_t *element);

/* NULL for what is no request. */
ctl_text *ctl_text_for(const char *request);

#endif
