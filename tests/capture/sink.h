/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Where the captures of these tests go, and what they are made of. */
#ifndef IPOIB_TESTS_CAPTURE_SINK_H
#define IPOIB_TESTS_CAPTURE_SINK_H

#include <stddef.h>
#include <stdint.h>

#include <ipoib/capture.h>

#define FILE_HEADER 24
#define RECORD_HEADER 32
#define GOLDEN_LENGTH 74

/* What was written, and writes that fail. */
struct sink {
	uint8_t octets[16384];
	size_t length;
	unsigned calls;
	unsigned fail_at; /* the call that fails, 1 is the first; 0: none */
	int status;	  /* what that call returns */
};

extern struct sink sink;

/* A checked setup: an empty sink in a fresh harness. */
void sink_setup(void);

/* A capture that goes to the sink, with the allocator of the harness. */
struct ipoib_capture_config sink_config(void);

/* A packet, and the record that it becomes at 1.5 s. */
struct ipoib_capture_packet golden_packet(void);
extern const uint8_t golden_record[GOLDEN_LENGTH];

/* Fails unless the capture has counted so many packets. */
void check_counts(const struct ipoib_capture *capture, uint64_t recorded, uint64_t failed);

#endif
