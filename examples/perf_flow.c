/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "perf_flow.h"

#include <string.h>

/*
 * How long to wait for an acknowledgement: longer than a window takes on the slowest fabric that is
 * of interest, an emulated one, and no burden where nothing is lost.
 */
#define PROBE_NS UINT64_C(200000000)
/* An interval for the peak: long enough that reading the clock late does not make one. */
#define INTERVAL_NS UINT64_C(10000000)

/* ---- the sender ---- */

void perf_sender_begin(struct perf_sender *sender, uint64_t count, uint64_t duration_ns,
		       uint32_t window, uint32_t batch, uint64_t now)
{
	*sender = (struct perf_sender){
		.count = count,
		.window = window,
		.batch = batch,
		.end_ns = count > 0 ? UINT64_MAX : now + duration_ns,
		.heard_ns = now,
		.probe_ns = now + PROBE_NS,
	};
}

static bool all_sent(const struct perf_sender *sender, uint64_t now)
{
	return sender->count > 0 ? sender->sent >= sender->count : now >= sender->end_ns;
}

uint32_t perf_sender_room(const struct perf_sender *sender, uint64_t now)
{
	uint64_t room = sender->window - (sender->sent - sender->through);
	uint64_t wanted = sender->batch;

	if (all_sent(sender, now))
		return 0;
	if (sender->count > 0 && sender->count - sender->sent < wanted)
		wanted = sender->count - sender->sent;
	return room < wanted ? 0 : (uint32_t)wanted;
}

void perf_sender_sent(struct perf_sender *sender, uint32_t count, uint64_t now)
{
	if (sender->begun_ns == 0) {
		sender->begun_ns = now;
		sender->mark_ns = now;
	}
	sender->sent += count;
	sender->probe_ns = now + PROBE_NS;
}

static void note_interval(struct perf_sender *sender, uint64_t now)
{
	uint64_t length = now - sender->mark_ns;
	double rate;

	if (length < INTERVAL_NS)
		return;
	rate = (double)(sender->received - sender->mark_received) * 1e9 / (double)length;
	if (rate > sender->peak)
		sender->peak = rate;
	sender->mark_ns = now;
	sender->mark_received = sender->received;
}

/* Of a receiver that claims more than was sent nothing is believed; what is late is no news. */
bool perf_sender_ack(struct perf_sender *sender, uint64_t through, uint64_t received, uint64_t now)
{
	if (through > sender->sent || received > through)
		return false;
	if (through > sender->through)
		sender->through = through;
	if (received > sender->received) {
		sender->received = received;
		sender->last_ns = now;
		note_interval(sender, now);
	}
	sender->heard_ns = now;
	sender->probe_ns = now + PROBE_NS;
	return true;
}

bool perf_sender_probe(struct perf_sender *sender, uint64_t now)
{
	bool last = all_sent(sender, now) && !sender->asked;

	if (sender->through == sender->sent || (now < sender->probe_ns && !last))
		return false;
	sender->asked = sender->asked || last;
	sender->probe_ns = now + PROBE_NS;
	return true;
}

uint64_t perf_sender_due(const struct perf_sender *sender, uint64_t now)
{
	uint64_t due = sender->through == sender->sent ? UINT64_MAX : sender->probe_ns;

	return sender->end_ns > now && sender->end_ns < due ? sender->end_ns : due;
}

bool perf_sender_finished(const struct perf_sender *sender, uint64_t now)
{
	return all_sent(sender, now) && sender->through == sender->sent;
}

/* ---- the receiver ---- */

void perf_receiver_begin(struct perf_receiver *receiver, uint32_t window)
{
	memset(receiver, 0, sizeof(*receiver));
	receiver->every = window >= 4 ? window / 4 : 1;
}

static uint64_t *word_of(struct perf_receiver *receiver, uint64_t sequence)
{
	return &receiver->seen[sequence % PERF_SEEN / 64];
}

/*
 * Makes room for the sequences up to this one. A peer that leaps ahead costs no more than one that
 * goes all the way round.
 */
static void advance(struct perf_receiver *receiver, uint64_t sequence)
{
	if (sequence - receiver->through >= PERF_SEEN)
		memset(receiver->seen, 0, sizeof(receiver->seen));
	else
		for (uint64_t next = receiver->through; next <= sequence; next++)
			*word_of(receiver, next) &= ~(UINT64_C(1) << next % 64);
	receiver->through = sequence + 1;
}

void perf_receiver_data(struct perf_receiver *receiver, uint64_t sequence, uint64_t now)
{
	uint64_t bit = UINT64_C(1) << sequence % 64;

	if (sequence == UINT64_MAX)
		return; /* there is none behind it */
	if (sequence >= receiver->through)
		advance(receiver, sequence);
	else if (receiver->through - sequence > PERF_SEEN || *word_of(receiver, sequence) & bit) {
		receiver->duplicates++;
		return;
	}
	*word_of(receiver, sequence) |= bit;
	if (receiver->received++ == 0)
		receiver->first_ns = now;
	receiver->last_ns = now;
	if (receiver->through - receiver->told >= receiver->every)
		receiver->owed = true;
}

void perf_receiver_probe(struct perf_receiver *receiver, uint64_t sent)
{
	if (sent > receiver->through)
		advance(receiver, sent - 1);
	receiver->owed = true;
}
