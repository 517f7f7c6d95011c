/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* --pcap FILE: an ipoib_capture that writes to a file. */
#ifndef EXAMPLES_PCAP_FILE_H
#define EXAMPLES_PCAP_FILE_H

#include <stddef.h>
#include <stdint.h>

struct ipoib_capture;

struct pcap_file {
	const char *path;
	int fd;
	struct ipoib_capture *capture; /* NULL: there is none */

	/* Into a pipe: packets do not wait for its reader. */
	uint64_t lost; /* records for which it had no room */
	uint8_t *rest; /* of the last record; NULL: it went out whole */
	size_t rest_length;
};

/* A file that was never opened, for pcap_file_close(). */
#define PCAP_FILE_NONE { .path = NULL, .fd = -1, .capture = NULL }

/*
 * Makes the file anew and a capture that writes to it; does nothing when path is NULL. Returns 0,
 * or a negative errno after a message.
 *
 * A pipe (FIFO) is opened once somebody reads it. A record for which it has no room is lost and
 * counted; one that went in with its beginning is finished before the next.
 */
int pcap_file_open(struct pcap_file *file, const char *path);

/* Says what was lost, if anything was. Whoever records to the capture must have stopped. */
void pcap_file_close(struct pcap_file *file);

#endif
