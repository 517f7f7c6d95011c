/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* The command line of ipoib-perf: what to attach to, and options with the letters of perftest. */
#ifndef EXAMPLES_PERF_OPTIONS_H
#define EXAMPLES_PERF_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "attachment.h"
#include "options.h"
#include "perf_session.h"

/* Sizes of one command line; -a makes fewer. */
#define PERF_SIZES_MOST 32
/* The least of -a: a power of two that has room for our header. */
#define PERF_SIZE_FIRST 32

struct perf_options {
	struct attachment attachment;
	struct subnet_address address; /* ours; prefix length 0: not given */
	struct ipoib_ip server;        /* family 0: not given, we are the server */
	uint32_t sizes[PERF_SIZES_MOST];
	size_t size_count;             /* 0: -a, or what fits */
	bool all;
	struct perf_terms terms;       /* its size left open */
	bool json;
	bool keep;                     /* the server does not end with its first client */
	bool of_client;                /* an option that the server has no use for was given */
};

/* Returns true, or false with the exit status; everything is said then. */
bool perf_options_read(struct perf_options *chosen, int argc, char **argv, int *status);

/* Fills in the sizes that an MTU allows; false after a message that says what the MTU is. */
bool perf_options_fit(struct perf_options *chosen, uint32_t mtu);

#endif
