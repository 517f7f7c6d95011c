/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* The command line of ipoib-resolve. */
#ifndef EXAMPLES_RESOLVE_OPTIONS_H
#define EXAMPLES_RESOLVE_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "attachment.h"
#include "options.h"

/* As many as a command line is read by a person; the neighbour table holds more. */
#define RESOLVE_MOST 256

struct resolve_options {
	struct attachment attachment;
	struct subnet_address address; /* ours; prefix length 0: not given */
	uint8_t mode;                  /* enum ipoib_mode */
	bool json;
	bool monitor;                  /* goes on, and tells what changes */
	uint64_t wait_ns;              /* for all of them */
	struct ipoib_ip targets[RESOLVE_MOST];
	size_t count;
};

/* Returns true, or false with the exit status; everything is said then. */
bool resolve_options_read(struct resolve_options *chosen, int argc, char **argv, int *status);

#endif
