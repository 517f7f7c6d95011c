/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * What became of the requests of ipoib-ping, and the lines that say so, in the words of ping(8).
 *
 * Times are kept here and not in the packets: an answer cannot lie about when it was asked for.
 */
#ifndef EXAMPLES_PING_RECORD_H
#define EXAMPLES_PING_RECORD_H

#include <stdbool.h>
#include <stdint.h>

#include "ping_packet.h"

struct ping_options;

/* Sequence numbers have 16 bits; older requests are forgotten. */
#define PING_SEQUENCES 65536

struct ping_record {
	const struct ping_options *options;
	uint64_t transmitted;
	uint64_t received;
	uint64_t duplicates;
	uint64_t corrupted;
	uint64_t errors;
	uint64_t first_ns; /* when the first request was sent */
	uint64_t least_us; /* round trips */
	uint64_t most_us;
	uint64_t sum_us;
	uint64_t square_sum_us;
	uint64_t sent_ns[PING_SEQUENCES]; /* 0: not sent, or failed */
	bool answered[PING_SEQUENCES];
};

/* Returns NULL without memory; free() ends it. */
struct ping_record *ping_record_new(const struct ping_options *options);

/* "PING 10.10.1.1 (10.10.1.1) 56(84) bytes of data." */
void ping_record_begin(const struct ping_record *record);

/* A request was handed over, or tried. */
void ping_record_sent(struct ping_record *record, uint16_t sequence, uint64_t now);

/* An answer to one of ours: "64 bytes from 10.10.1.1: icmp_seq=1 ttl=64 time=0.123 ms". */
void ping_record_reply(struct ping_record *record, const struct ping_echo *echo, uint64_t now);

/* Requests that went nowhere. */
void ping_record_unreachable(struct ping_record *record, uint16_t sequence);
void ping_record_too_long(struct ping_record *record, uint32_t mtu);
void ping_record_failed(struct ping_record *record, const char *why);

/* The statistics. */
void ping_record_end(const struct ping_record *record, uint64_t now);

#endif
