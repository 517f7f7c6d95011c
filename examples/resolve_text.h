/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* What ipoib-resolve prints of a neighbour. */
#ifndef EXAMPLES_RESOLVE_TEXT_H
#define EXAMPLES_RESOLVE_TEXT_H

#include <jansson.h>

#include <ipoib/neighbour.h>

/* A line on standard output. */
void resolve_text_print(const struct ipoib_resolution *resolution);

/* An object; NULL without memory. */
json_t *resolve_json(const struct ipoib_resolution *resolution);

#endif
