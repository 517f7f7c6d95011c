/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* What was measured, as perftest prints it, or as JSON. */
#ifndef EXAMPLES_PERF_TABLE_H
#define EXAMPLES_PERF_TABLE_H

#include <stdint.h>
#include <stdio.h>

#include "perf_client.h"

/* What is known of one run; both directions together where both sent. */
struct perf_figures {
	uint32_t size;       /* octets of UDP payload */
	uint64_t iterations; /* packets sent */
	uint64_t received;
	uint64_t lost;
	uint64_t duplicates;
	double seconds;      /* of the longer direction */
	double packets;      /* a second, counted where they arrive */
	double peak;
};

/* Of a run in PERF_CLIENT_REPORT. */
void perf_figures(struct perf_figures *figures, const struct perf_client *client);

/* A table goes out line by line, JSON as one object. */
struct perf_table {
	FILE *to;
	bool json;
	bool begun; /* a row is there already */
};

void perf_table_begin(struct perf_table *table, FILE *to, bool json, const struct perf_terms *terms,
		      uint32_t mtu);
void perf_table_row(struct perf_table *table, const struct perf_client *client);
void perf_table_end(struct perf_table *table);

#endif
