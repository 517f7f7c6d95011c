/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * One direction of a run: a sender that keeps a window of packets under way, and a receiver that
 * counts what comes and says so.
 *
 * 1. The sender hands over bursts while there is room in the window for a whole one.
 * 2. The receiver acknowledges by PERF_ACK a quarter of a window at a time: a fabric keeps the
 *    order, so what is older than the youngest that came has come or is lost. No packet is sent
 *    twice.
 * 3. A sender that has sent all, or hears nothing for a while, asks by PERF_PROBE, which comes
 *    behind everything sent before it: the answer frees what was lost at the end of the window. So
 *    a loss costs time, and the receiver is never given more than a window.
 */
#ifndef EXAMPLES_PERF_FLOW_H
#define EXAMPLES_PERF_FLOW_H

#include <stdbool.h>
#include <stdint.h>

/* How far apart two packets may come and a duplicate still be known; more than any window. */
#define PERF_SEEN 65536

struct perf_sender {
	/* what was agreed */
	uint64_t count;      /* packets; 0: until end_ns */
	uint32_t window;
	uint32_t batch;

	uint64_t begun_ns;   /* when the first was handed over; 0: not yet */
	uint64_t end_ns;     /* by time: when to stop */
	uint64_t sent;
	uint64_t through;    /* of those: came, or are lost */
	uint64_t received;   /* of those: came */
	uint64_t heard_ns;   /* when the receiver last said something new */
	uint64_t last_ns;    /* when it last said that more has come */
	uint64_t probe_ns;   /* when to ask */
	bool asked;          /* about the last ones, which nothing that comes later tells of */

	/* the best interval, for the peak */
	uint64_t mark_ns;
	uint64_t mark_received;
	double peak;         /* packets a second; 0: no interval was long enough */
};

void perf_sender_begin(struct perf_sender *sender, uint64_t count, uint64_t duration_ns,
		       uint32_t window, uint32_t batch, uint64_t now);

/* How many packets are to be handed over now: a whole burst, what is left of the count, or none. */
uint32_t perf_sender_room(const struct perf_sender *sender, uint64_t now);

/* So many were taken by the interface. */
void perf_sender_sent(struct perf_sender *sender, uint32_t count, uint64_t now);

/* What the receiver said. Returns false when it makes no sense. */
bool perf_sender_ack(struct perf_sender *sender, uint64_t through, uint64_t received, uint64_t now);

/* Whether to ask now; it is then not to be asked again for a while. */
bool perf_sender_probe(struct perf_sender *sender, uint64_t now);

/* When perf_sender_probe() or, by time, perf_sender_finished() will answer otherwise. */
uint64_t perf_sender_due(const struct perf_sender *sender, uint64_t now);

/* Whether all are sent, and the fate of each is known. */
bool perf_sender_finished(const struct perf_sender *sender, uint64_t now);

struct perf_receiver {
	uint32_t every;      /* packets from one acknowledgement to the next */
	uint64_t through;    /* the youngest sequence that came, plus one */
	uint64_t received;
	uint64_t duplicates;
	uint64_t told;       /* through, when it was last acknowledged */
	bool owed;           /* an acknowledgement is due */
	uint64_t first_ns;
	uint64_t last_ns;
	uint64_t seen[PERF_SEEN / 64]; /* a bit for each of the last sequences */
};

void perf_receiver_begin(struct perf_receiver *receiver, uint32_t window);
void perf_receiver_data(struct perf_receiver *receiver, uint64_t sequence, uint64_t now);

/* Everything that was sent before has come, or will not: so many. */
void perf_receiver_probe(struct perf_receiver *receiver, uint64_t sent);

#endif
