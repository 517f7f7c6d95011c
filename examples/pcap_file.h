/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* --pcap FILE: an ipoib_capture that writes to a file. */
#ifndef EXAMPLES_PCAP_FILE_H
#define EXAMPLES_PCAP_FILE_H

struct ipoib_capture;

struct pcap_file {
	const char *path;
	int fd;
	struct ipoib_capture *capture; /* NULL: there is none */
};

/* A file that was never opened, for pcap_file_close(). */
#define PCAP_FILE_NONE { .path = NULL, .fd = -1, .capture = NULL }

/*
 * Makes the file anew and a capture that writes to it; does nothing when path is NULL. Returns 0,
 * or a negative errno after a message.
 */
int pcap_file_open(struct pcap_file *file, const char *path);

/* Says what was lost, if anything was. Whoever records to the capture must have stopped. */
void pcap_file_close(struct pcap_file *file);

#endif
