/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "perf_client.h"

#include <ipoib/interface.h>

/* After this time a ping is lost; after so many in a row the server is. */
#define PING_NS UINT64_C(1000000000)
#define PINGS_LOST_MOST 10
/* A server that has gone after its last answer need not hear us. */
#define GOODBYES 3

static void set_state(struct perf_client *client, enum perf_client_state state, uint64_t now)
{
	client->state = state;
	client->due_ns = now;
	client->give_up_ns = now + PERF_SILENCE_NS;
	client->repeats = 0;
}

static void fail(struct perf_client *client, enum perf_failure failure)
{
	client->failure = failure;
	client->state = PERF_CLIENT_ENDED;
}

void perf_client_begin(struct perf_client *client, const struct ipoib_ip *server,
		       const struct perf_terms *wanted, uint32_t run, uint64_t now)
{
	*client = (struct perf_client){ .server = *server, .wanted = *wanted, .run = run };
	set_state(client, PERF_CLIENT_HELLO, now);
}

void perf_client_continue(struct perf_client *client, uint32_t size, uint64_t now)
{
	if (size == 0) {
		set_state(client, PERF_CLIENT_BYE, now);
		return;
	}
	client->run++;
	client->wanted.size = size;
	client->ready = false;
	set_state(client, PERF_CLIENT_HELLO, now);
}

void perf_client_too_big(struct perf_client *client, uint32_t mtu)
{
	bool connects = client->state == PERF_CLIENT_WARM &&
			client->terms.mode == IPOIB_MODE_CONNECTED;

	/* A connection that was refused a moment ago may come up at the next try. */
	if (client->state == PERF_CLIENT_ENDED || connects)
		return;
	client->number = mtu;
	fail(client, PERF_FAILED_TOO_BIG);
}

void perf_client_unreachable(struct perf_client *client)
{
	if (client->state == PERF_CLIENT_HELLO && !client->greeted)
		fail(client, PERF_FAILED_UNREACHABLE);
}

/* ---- what comes ---- */

static void take_accept(struct perf_client *client, const struct perf_message *accept, uint64_t now)
{
	const struct perf_terms *terms = &accept->terms;
	const struct perf_terms *wanted = &client->wanted;

	/* A server may lessen the window and the batch, and nothing else. */
	if (!perf_terms_fit(terms) || terms->window > wanted->window ||
	    terms->batch > wanted->batch || terms->size != wanted->size ||
	    terms->count != wanted->count || terms->latency != wanted->latency ||
	    terms->both != wanted->both)
		return;
	client->greeted = true;
	client->terms = *terms;
	perf_receiver_begin(&client->receiver, terms->window);
	set_state(client, PERF_CLIENT_WARM, now);
}

static void take_refusal(struct perf_client *client, uint32_t reason, uint32_t number)
{
	client->reason = reason;
	client->number = number;
	fail(client, PERF_FAILED_REFUSED);
}

static void begin_run(struct perf_client *client, uint64_t now)
{
	const struct perf_terms *terms = &client->terms;

	if (!terms->latency) {
		perf_sender_begin(&client->sender, terms->count, terms->duration_ns,
				  terms->window, terms->batch, now);
		set_state(client, PERF_CLIENT_STREAM, now);
		return;
	}
	perf_histogram_clear(&client->times);
	client->pings = 0;
	client->pings_lost = 0;
	client->lost_in_a_row = 0;
	client->waiting = false;
	client->begun_ns = now;
	set_state(client, PERF_CLIENT_PING, now);
}

/* Only the answer to the last one; what comes too late is lost, as ib_send_lat would have it. */
static void take_pong(struct perf_client *client, const struct perf_message *pong, uint64_t now)
{
	if (!client->waiting || pong->sequence != client->pings || pong->time != client->ping_ns ||
	    pong->size != client->terms.size)
		return;
	client->waiting = false;
	client->lost_in_a_row = 0;
	client->ended_ns = now;
	perf_histogram_add(&client->times, (now - client->ping_ns) / 2);
}

static void take_result(struct perf_client *client, const struct perf_message *result, uint64_t now)
{
	if (result->received > client->sender.sent)
		return;
	client->give_up_ns = now + PERF_SILENCE_NS;
	if (!result->finished)
		return;
	client->server_received = result->received;
	client->server_duplicates = result->duplicates;
	client->server_sent = result->sent;
	set_state(client, PERF_CLIENT_REPORT, now);
}

/* While both send and afterwards, until the server has sent all. */
static void take_stream(struct perf_client *client, const struct perf_message *message,
			uint64_t now)
{
	if (message->type == PERF_ACK) {
		if (perf_sender_ack(&client->sender, message->through, message->received, now))
			client->give_up_ns = now + PERF_SILENCE_NS;
	} else if (message->type == PERF_DATA) {
		if (client->terms.both && message->size == client->terms.size)
			perf_receiver_data(&client->receiver, message->sequence, now);
	} else if (message->type == PERF_PROBE) {
		perf_receiver_probe(&client->receiver, message->sequence);
	} else if (message->type == PERF_RESULT && client->state == PERF_CLIENT_DONE) {
		take_result(client, message, now);
	}
}

void perf_client_take(struct perf_client *client, const struct perf_message *message, uint64_t now)
{
	if (message->run != client->run || !ipoib_ip_equal(&message->source, &client->server))
		return;
	if (message->version != PERF_VERSION) {
		if (client->state == PERF_CLIENT_HELLO)
			take_refusal(client, PERF_REFUSED_VERSION, message->version);
		return;
	}
	switch (client->state) {
	case PERF_CLIENT_HELLO:
		if (message->type == PERF_ACCEPT)
			take_accept(client, message, now);
		else if (message->type == PERF_REFUSE)
			take_refusal(client, message->reason, message->number);
		return;
	case PERF_CLIENT_WARM:
		if (message->type != PERF_WARMED || message->size != client->terms.size)
			return;
		if (message->sequence == 1 && client->ready)
			begin_run(client, now);
		return;
	case PERF_CLIENT_PING:
		if (message->type == PERF_PONG)
			take_pong(client, message, now);
		return;
	case PERF_CLIENT_STREAM:
	case PERF_CLIENT_DONE:
		take_stream(client, message, now);
		return;
	case PERF_CLIENT_BYE:
		if (message->type == PERF_BYE)
			client->state = PERF_CLIENT_ENDED;
		return;
	default:
		return;
	}
}

/* ---- what is to be sent ---- */

static bool act(const struct perf_client *client, struct perf_action *action, uint8_t type,
		uint64_t sequence)
{
	*action = (struct perf_action){
		.message = { .version = PERF_VERSION, .type = type, .run = client->run,
			     .sequence = sequence },
		.to = client->server,
		.count = 1,
	};
	return true;
}

/* A question that is repeated until its answer comes. */
static bool ask(struct perf_client *client, struct perf_action *action, uint8_t type, uint64_t now)
{
	if (now < client->due_ns)
		return false;
	client->due_ns = now + PERF_REPEAT_NS;
	client->repeats++;
	act(client, action, type, 0);
	if (type == PERF_HELLO)
		action->message.terms = client->wanted;
	else if (type == PERF_WARM)
		action->size = client->terms.size;
	else if (type == PERF_DONE)
		action->message.sequence = client->sender.sent;
	return true;
}

static bool next_stream(struct perf_client *client, uint64_t now, struct perf_action *action)
{
	struct perf_sender *sender = &client->sender;
	uint32_t room = perf_sender_room(sender, now);

	if (room > 0) {
		act(client, action, PERF_DATA, sender->sent);
		action->size = client->terms.size;
		action->count = room;
		return true;
	}
	if (perf_sender_probe(sender, now))
		return act(client, action, PERF_PROBE, sender->sent);
	if (!perf_sender_finished(sender, now))
		return false;
	set_state(client, PERF_CLIENT_DONE, now);
	return ask(client, action, PERF_DONE, now);
}

static bool pings_are_over(const struct perf_client *client, uint64_t now)
{
	const struct perf_terms *terms = &client->terms;

	return terms->count > 0 ? client->pings >= terms->count :
				  now >= client->begun_ns + terms->duration_ns;
}

static bool next_ping(struct perf_client *client, uint64_t now, struct perf_action *action)
{
	if (client->waiting && now < client->ping_ns + PING_NS)
		return false;
	if (client->waiting) {
		client->pings_lost++;
		client->waiting = false;
		if (++client->lost_in_a_row == PINGS_LOST_MOST) {
			fail(client, PERF_FAILED_SILENCE);
			return false;
		}
	}
	if (pings_are_over(client, now)) {
		set_state(client, PERF_CLIENT_REPORT, now);
		return false;
	}
	client->pings++;
	client->waiting = true;
	client->ping_ns = now;
	act(client, action, PERF_PING, client->pings);
	action->message.time = now;
	action->size = client->terms.size;
	return true;
}

static bool is_over(struct perf_client *client, uint64_t now)
{
	if (client->state == PERF_CLIENT_BYE && client->repeats == GOODBYES &&
	    now >= client->due_ns)
		client->state = PERF_CLIENT_ENDED;
	if (client->state >= PERF_CLIENT_REPORT || client->state == PERF_CLIENT_PING)
		return client->state == PERF_CLIENT_REPORT || client->state == PERF_CLIENT_ENDED;
	if (now < client->give_up_ns)
		return false;
	if (!client->greeted)
		fail(client, PERF_FAILED_NO_ANSWER);
	else
		fail(client, client->state == PERF_CLIENT_WARM ? PERF_FAILED_NOT_READY :
								 PERF_FAILED_SILENCE);
	return true;
}

bool perf_client_next(struct perf_client *client, uint64_t now, struct perf_action *action)
{
	if (is_over(client, now))
		return false;
	if (client->receiver.owed) {
		client->receiver.owed = false;
		client->receiver.told = client->receiver.through;
		act(client, action, PERF_ACK, 0);
		action->message.through = client->receiver.through;
		action->message.received = client->receiver.received;
		return true;
	}
	switch (client->state) {
	case PERF_CLIENT_HELLO:
		return ask(client, action, PERF_HELLO, now);
	case PERF_CLIENT_WARM:
		return ask(client, action, PERF_WARM, now);
	case PERF_CLIENT_STREAM:
		return next_stream(client, now, action);
	case PERF_CLIENT_PING:
		return next_ping(client, now, action);
	case PERF_CLIENT_DONE:
		return ask(client, action, PERF_DONE, now);
	case PERF_CLIENT_BYE:
		return ask(client, action, PERF_BYE, now);
	default:
		return false;
	}
}

uint64_t perf_client_due(const struct perf_client *client, uint64_t now)
{
	uint64_t due = client->give_up_ns;
	uint64_t other;

	switch (client->state) {
	case PERF_CLIENT_PING:
		return client->waiting ? client->ping_ns + PING_NS : now;
	case PERF_CLIENT_STREAM:
		other = perf_sender_due(&client->sender, now);
		break;
	case PERF_CLIENT_REPORT:
	case PERF_CLIENT_ENDED:
		return now;
	default:
		other = client->due_ns;
		break;
	}
	return other < due ? other : due;
}
