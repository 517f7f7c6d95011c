/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The list of findings. A rule opens one with its sentence and adds lines of the remedy to it, to
 * the last one always. Failure of memory is sticky and asked for once, at the end.
 */
#ifndef IPOIB__AUDIT_FINDINGS_H
#define IPOIB__AUDIT_FINDINGS_H

#include <stdint.h>

#include "audit/host.h"
#include "audit/text.h"

struct ipoib__audit_entry {
	uint32_t severity; /* enum ipoib_audit_severity */
	const char *id;
	char subject[IPOIB__AUDIT_NAME];
	struct ipoib__audit_text text;
	struct ipoib__audit_text remedy;
};

struct ipoib__audit_findings {
	struct ipoib__memory *memory;
	struct ipoib__audit_entry *entries;
	size_t count;
	size_t room;
	bool failed;
};

void ipoib__audit_findings_init(struct ipoib__audit_findings *list, struct ipoib__memory *memory);
void ipoib__audit_findings_end(struct ipoib__audit_findings *list);

/* A new finding; id outlives the list. */
void ipoib__audit_found(struct ipoib__audit_findings *list, uint32_t severity, const char *id,
			const char *subject, const char *format, ...) IPOIB__PRINTF(5, 6);
/* More of its sentence. */
void ipoib__audit_say(struct ipoib__audit_findings *list, const char *format, ...)
	IPOIB__PRINTF(2, 3);
/* A line of its remedy, without the line's end. */
void ipoib__audit_mend(struct ipoib__audit_findings *list, const char *format, ...)
	IPOIB__PRINTF(2, 3);

/*
 * The gravest first, then by subject, id and sentence: an order that hangs on nothing else. Returns
 * 0, or -ENOMEM when something is missing.
 */
int ipoib__audit_findings_finish(struct ipoib__audit_findings *list);

#endif
