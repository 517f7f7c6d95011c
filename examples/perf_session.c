/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "perf_session.h"

#include <ipoib/interface.h>

/* A burst of more than half a window would wait for acknowledgements that nobody owes yet. */
static bool batch_fits(const struct perf_terms *terms)
{
	return terms->batch == 1 || terms->batch <= terms->window / 2;
}

bool perf_terms_fit(const struct perf_terms *terms)
{
	return terms->mode <= IPOIB_MODE_CONNECTED && terms->size >= PERF_HEADER &&
	       terms->size <= PERF_SIZE_MOST && terms->window >= 1 &&
	       terms->window <= PERF_WINDOW_MOST && terms->batch >= 1 &&
	       terms->batch <= PERF_BATCH_MOST && batch_fits(terms) &&
	       !(terms->latency && terms->both) &&
	       (terms->count == 0) == (terms->duration_ns != 0) &&
	       terms->duration_ns <= PERF_SECONDS_MOST * UINT64_C(1000000000);
}
