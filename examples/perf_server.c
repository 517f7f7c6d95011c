/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "perf_server.h"

/* How long the last answer of a session may have to be repeated. */
#define FAREWELL_NS (2 * PERF_REPEAT_NS)

static void answer_with(struct perf_action *answer, const struct perf_message *question,
			uint8_t type)
{
	*answer = (struct perf_action){
		.message = { .version = PERF_VERSION, .type = type, .run = question->run,
			     .sequence = question->sequence, .time = question->time },
		.to = question->source,
		.count = 1,
	};
}

static bool refuse(struct perf_action *answer, const struct perf_message *hello,
		   enum perf_refusal reason, uint32_t number)
{
	answer_with(answer, hello, PERF_REFUSE);
	answer->message.reason = reason;
	answer->message.number = number;
	return true;
}

/* ---- a session begins ---- */

static void begin_run(struct perf_server *server, const struct perf_message *hello, uint64_t now)
{
	server->state = PERF_SERVER_SERVING;
	server->client = hello->source;
	server->run = hello->run;
	server->terms = hello->terms;
	if (server->terms.window > server->window)
		server->terms.window = server->window;
	if (server->terms.batch > 1 && server->terms.batch > server->terms.window / 2)
		server->terms.batch = server->terms.window > 1 ? server->terms.window / 2 : 1;
	server->sending = false;
	server->ready = false;
	server->lost = false;
	server->heard_ns = now;
	perf_receiver_begin(&server->receiver, server->terms.window);
}

static bool is_new(const struct perf_server *server, const struct perf_message *hello)
{
	return server->state != PERF_SERVER_SERVING || server->run != hello->run;
}

static bool take_hello(struct perf_server *server, const struct perf_message *hello, uint64_t now,
		       struct perf_action *answer)
{
	if (server->state == PERF_SERVER_SERVING &&
	    !ipoib_ip_equal(&server->client, &hello->source))
		return refuse(answer, hello, PERF_REFUSED_BUSY, 0);
	if (!perf_terms_fit(&hello->terms))
		return refuse(answer, hello, PERF_REFUSED_TERMS, 0);
	if (hello->terms.mode != server->mode)
		return refuse(answer, hello, PERF_REFUSED_MODE, server->mode);
	if (hello->terms.size + PERF_IP_HEADERS > server->mtu)
		return refuse(answer, hello, PERF_REFUSED_SIZE, server->mtu);
	if (is_new(server, hello))
		begin_run(server, hello, now);
	answer_with(answer, hello, PERF_ACCEPT);
	answer->message.terms = server->terms;
	return true;
}

/* ---- a run ---- */

/* The first packet of a run that both send in starts ours. */
static void take_data(struct perf_server *server, const struct perf_message *data, uint64_t now)
{
	const struct perf_terms *terms = &server->terms;

	perf_receiver_data(&server->receiver, data->sequence, now);
	if (!terms->both || server->sending)
		return;
	server->sending = true;
	perf_sender_begin(&server->sender, terms->count, terms->duration_ns, terms->window,
			  terms->batch, now);
}

static bool answer_warm(struct perf_server *server, const struct perf_message *warm,
			struct perf_action *answer)
{
	answer_with(answer, warm, PERF_WARMED);
	answer->message.sequence = server->ready;
	answer->size = server->terms.size;
	return true;
}

static bool answer_ping(struct perf_server *server, const struct perf_message *ping,
			struct perf_action *answer)
{
	if (!server->terms.latency || ping->size != server->terms.size)
		return false;
	answer_with(answer, ping, PERF_PONG);
	answer->size = server->terms.size;
	return true;
}

static bool answer_done(struct perf_server *server, const struct perf_message *done, uint64_t now,
			struct perf_action *answer)
{
	answer_with(answer, done, PERF_RESULT);
	answer->message.received = server->receiver.received;
	answer->message.duplicates = server->receiver.duplicates;
	answer->message.sent = server->sending ? server->sender.sent : 0;
	/* When none of the client's packets has come there was no run to send in. */
	answer->message.finished = !server->sending || perf_sender_finished(&server->sender, now);
	return true;
}

static bool answer_bye(struct perf_server *server, const struct perf_message *bye,
		       struct perf_action *answer)
{
	server->state = PERF_SERVER_FAREWELL;
	answer_with(answer, bye, PERF_BYE);
	return true;
}

static bool take_in_run(struct perf_server *server, const struct perf_message *message,
			uint64_t now, struct perf_action *answer)
{
	server->heard_ns = now;
	switch (message->type) {
	case PERF_DATA:
		if (message->size == server->terms.size)
			take_data(server, message, now);
		return false;
	case PERF_ACK:
		if (server->sending)
			perf_sender_ack(&server->sender, message->through, message->received, now);
		return false;
	case PERF_PROBE:
		perf_receiver_probe(&server->receiver, message->sequence);
		return false;
	case PERF_WARM:
		return answer_warm(server, message, answer);
	case PERF_PING:
		return answer_ping(server, message, answer);
	case PERF_DONE:
		return answer_done(server, message, now, answer);
	case PERF_BYE:
		return answer_bye(server, message, answer);
	default:
		return false;
	}
}

bool perf_server_take(struct perf_server *server, const struct perf_message *message, uint64_t now,
		      struct perf_action *answer)
{
	if (message->version != PERF_VERSION)
		return message->type == PERF_HELLO &&
		       refuse(answer, message, PERF_REFUSED_VERSION, PERF_VERSION);
	if (message->type == PERF_HELLO)
		return take_hello(server, message, now, answer);
	if (server->state == PERF_SERVER_IDLE || message->run != server->run ||
	    !ipoib_ip_equal(&server->client, &message->source))
		return false;
	if (server->state == PERF_SERVER_FAREWELL)
		return message->type == PERF_BYE && answer_bye(server, message, answer);
	return take_in_run(server, message, now, answer);
}

/* ---- what is to be sent by itself ---- */

static void act(const struct perf_server *server, struct perf_action *action, uint8_t type)
{
	*action = (struct perf_action){
		.message = { .version = PERF_VERSION, .type = type, .run = server->run },
		.to = server->client,
		.count = 1,
	};
}

static bool next_data(struct perf_server *server, uint64_t now, struct perf_action *action)
{
	uint32_t room = perf_sender_room(&server->sender, now);

	if (room > 0) {
		act(server, action, PERF_DATA);
		action->message.sequence = server->sender.sent;
		action->size = server->terms.size;
		action->count = room;
		return true;
	}
	if (!perf_sender_probe(&server->sender, now))
		return false;
	act(server, action, PERF_PROBE);
	action->message.sequence = server->sender.sent;
	return true;
}

bool perf_server_next(struct perf_server *server, uint64_t now, struct perf_action *action)
{
	if (server->state == PERF_SERVER_FAREWELL && now >= server->heard_ns + FAREWELL_NS)
		server->state = PERF_SERVER_IDLE;
	if (server->state != PERF_SERVER_SERVING)
		return false;
	if (now >= server->heard_ns + PERF_SILENCE_NS) {
		server->state = PERF_SERVER_IDLE;
		server->lost = true;
		return false;
	}
	if (server->receiver.owed) {
		server->receiver.owed = false;
		server->receiver.told = server->receiver.through;
		act(server, action, PERF_ACK);
		action->message.through = server->receiver.through;
		action->message.received = server->receiver.received;
		return true;
	}
	return server->sending && next_data(server, now, action);
}

uint64_t perf_server_due(const struct perf_server *server, uint64_t now)
{
	uint64_t due = server->heard_ns + PERF_SILENCE_NS;

	if (server->state == PERF_SERVER_IDLE)
		return UINT64_MAX;
	if (server->state == PERF_SERVER_FAREWELL)
		return server->heard_ns + FAREWELL_NS;
	if (server->sending && perf_sender_due(&server->sender, now) < due)
		due = perf_sender_due(&server->sender, now);
	return due;
}
