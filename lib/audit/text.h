/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Text that grows. Failure is sticky: once there was no memory nothing more is added, and who asks
 * at the end is told.
 */
#ifndef IPOIB__AUDIT_TEXT_H
#define IPOIB__AUDIT_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/log.h"
#include "base/memory.h"

struct ipoib__audit_text {
	struct ipoib__memory *memory;
	char *at; /* NULL while nothing was added */
	size_t length;
	size_t room;
	bool failed;
};

void ipoib__audit_text_init(struct ipoib__audit_text *text, struct ipoib__memory *memory);
void ipoib__audit_text_end(struct ipoib__audit_text *text);

/* Adds what is shorter than a path and a sentence; longer pieces are a bug. */
void ipoib__audit_text_add(struct ipoib__audit_text *text, const char *format, ...)
	IPOIB__PRINTF(2, 3);

#endif
