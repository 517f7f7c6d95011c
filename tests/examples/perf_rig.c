/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "examples/perf_rig.h"

#include <string.h>

#include "support/support.h"

#define ROOM 32768
/* More turns than any session here takes. */
#define STEPS_MOST 10000000

struct packet {
	uint64_t due_ns;
	bool to_server;
	struct perf_message message;
};

struct perf_rig rig;
const uint32_t perf_rig_no_more[] = { 0 };

static struct packet line[ROOM];
static size_t line_first;
static size_t line_last;

void perf_rig_setup(void)
{
	static const uint8_t a[4] = { 10, 0, 0, 1 };
	static const uint8_t b[4] = { 10, 0, 0, 2 };

	support_setup();
	memset(&rig, 0, sizeof(rig));
	rig.server_ip = ipoib_ip_from_ipv4(a);
	rig.client_ip = ipoib_ip_from_ipv4(b);
	rig.server.mtu = RIG_MTU;
	rig.server.window = 128;
	rig.now = 1000 * MS;
	line_first = 0;
	line_last = 0;
}

struct perf_terms perf_rig_terms(void)
{
	return (struct perf_terms){ .size = 64, .count = 1000, .window = 128, .batch = 16 };
}

void perf_rig_begin(const struct perf_terms *terms)
{
	perf_client_begin(&rig.client, &rig.server_ip, terms, RIG_RUN, rig.now);
}

void perf_rig_clear_line(void)
{
	line_first = line_last;
}

static void put(const struct perf_message *message, uint32_t size, bool to_server)
{
	struct packet *packet = &line[line_last++ % ROOM];

	ck_assert_uint_lt(line_last - line_first, ROOM);
	*packet = (struct packet){ .due_ns = rig.now + RIG_DELAY_NS, .to_server = to_server,
				   .message = *message };
	packet->message.source = to_server ? rig.client_ip : rig.server_ip;
	packet->message.destination = to_server ? rig.server_ip : rig.client_ip;
	packet->message.size = size ? size : perf_packet_size(message->type);
}

static void send_action(const struct perf_action *action, bool to_server)
{
	struct perf_message message = action->message;

	if (message.type == PERF_DATA)
		perf_sender_sent(to_server ? &rig.client.sender : &rig.server.sender,
				 action->count, rig.now);
	for (uint32_t i = 0; i < action->count; i++, message.sequence++) {
		if (rig.cut || ipoib__random_below(support_random(), 1000) < rig.lost_permille) {
			if (message.type == PERF_DATA)
				rig.data_lost++;
			continue;
		}
		put(&message, action->size, to_server);
		if (ipoib__random_below(support_random(), 1000) < rig.doubled_permille)
			put(&message, action->size, to_server);
	}
}

void perf_rig_drain(void)
{
	struct perf_action action;

	while (perf_client_next(&rig.client, rig.now, &action))
		send_action(&action, true);
	while (perf_server_next(&rig.server, rig.now, &action))
		send_action(&action, false);
}

static void deliver(const struct packet *packet)
{
	struct perf_action answer;

	if (!packet->to_server) {
		rig.client.ready = true;
		perf_client_take(&rig.client, &packet->message, rig.now);
		return;
	}
	rig.server.ready = true;
	if (perf_server_take(&rig.server, &packet->message, rig.now, &answer))
		send_action(&answer, false);
}

static uint64_t next_event(void)
{
	uint64_t due = perf_client_due(&rig.client, rig.now);
	uint64_t other = perf_server_due(&rig.server, rig.now);

	if (other < due)
		due = other;
	if (line_first != line_last && line[line_first % ROOM].due_ns < due)
		due = line[line_first % ROOM].due_ns;
	return due;
}

void perf_rig_step(void)
{
	uint64_t due = next_event();

	ck_assert_uint_ne(due, UINT64_MAX);
	if (due > rig.now)
		rig.now = due;
	while (line_first != line_last && line[line_first % ROOM].due_ns <= rig.now)
		deliver(&line[line_first++ % ROOM]);
}

void perf_rig_play(const uint32_t *sizes)
{
	for (unsigned long steps = 0; rig.client.state != PERF_CLIENT_ENDED; steps++) {
		ck_assert_uint_lt(steps, STEPS_MOST);
		perf_rig_drain();
		if (rig.client.state == PERF_CLIENT_REPORT) {
			ck_assert_uint_lt(rig.runs, RIG_RUNS_MOST);
			perf_figures(&rig.figures[rig.runs++], &rig.client);
			perf_client_continue(&rig.client, *sizes ? *sizes++ : 0, rig.now);
		} else if (rig.client.state != PERF_CLIENT_ENDED) {
			perf_rig_step();
		}
	}
}
