/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "perf_traffic.h"

#include <errno.h>

/* How soon is tried again for which there was no room and no event comes: a millisecond. */
#define RETRY_NS UINT64_C(1000000)

/* ---- out ---- */

static int fill(struct perf *perf, struct ipoib_packet *packet, const struct perf_action *action,
		const struct perf_message *message)
{
	const struct perf_ends ends = { .own = perf->options.address.ip, .peer = action->to };
	int error = ipoib_interface_buffer(perf->interface, &packet->buffer);

	if (error)
		return error;
	packet->next_hop = action->to;
	/* A pool of datagrams has room for every control packet, and for what the MTU allows. */
	size_t length = perf_packet_write(ipoib_buffer_data(packet->buffer), message, &ends,
					  action->size);

	error = ipoib_buffer_set_length(packet->buffer, length);
	if (error)
		ipoib_buffer_unref(packet->buffer);
	return error;
}

/* What is refused for good, and not for want of room. */
static void refused(struct perf *perf, const struct perf_action *action,
		    const struct ipoib_packet *packet)
{
	if (perf->is_server)
		return;
	if (packet->status == -EMSGSIZE && action->size > 0)
		perf_client_too_big(&perf->client, packet->mtu);
	else if (packet->status == -EHOSTUNREACH)
		perf_client_unreachable(&perf->client);
}

/* A burst; returns how many packets of the action were taken. */
static uint32_t send_burst(struct perf *perf, const struct perf_action *action)
{
	struct ipoib_packet packets[PERF_BATCH_MOST];
	struct perf_message message = action->message;
	uint32_t count = 0;
	uint32_t accepted = 0;

	while (count < action->count && count < PERF_BATCH_MOST &&
	       fill(perf, &packets[count], action, &message) == 0) {
		message.sequence++;
		count++;
	}
	ipoib_interface_send(perf->interface, packets, count);
	while (accepted < count && packets[accepted].status == 0)
		accepted++;
	if (accepted < count)
		refused(perf, action, &packets[accepted]);
	/* Behind the first that was refused others may have been taken: they are not sent twice. */
	for (uint32_t i = accepted; i < count; i++) {
		if (packets[i].status != 0)
			ipoib_buffer_unref(packets[i].buffer);
		else
			accepted = i + 1;
	}
	return accepted;
}

static void wait_for_room(struct perf *perf, const struct perf_action *action, uint32_t accepted)
{
	perf->pending = *action;
	perf->pending.message.sequence += accepted;
	perf->pending.count -= accepted;
	perf->retry_ns = perf_now(perf) + RETRY_NS;
}

static struct perf_sender *sender_of(struct perf *perf)
{
	return perf->is_server ? &perf->server.sender : &perf->client.sender;
}

static bool perform(struct perf *perf, const struct perf_action *action, uint64_t now)
{
	uint32_t accepted;

	/* Counted before it is sent, because an answer may come from within. */
	if (action->message.type == PERF_DATA && perf->pending.count == 0)
		perf_sender_sent(sender_of(perf), action->count, now);
	accepted = send_burst(perf, action);
	if (accepted < action->count) {
		wait_for_room(perf, action, accepted);
		return false;
	}
	perf->pending.count = 0;
	return true;
}

/* What waits for room goes first; of a run that is over it goes nowhere. */
static bool send_pending(struct perf *perf, uint64_t now)
{
	uint32_t run = perf->is_server ? perf->server.run : perf->client.run;
	struct perf_action action = perf->pending;

	if (action.count > 0 && action.message.run != run)
		perf->pending.count = 0;
	return perf->pending.count == 0 || perform(perf, &action, now);
}

static bool next(struct perf *perf, uint64_t now, struct perf_action *action)
{
	return perf->is_server ? perf_server_next(&perf->server, now, action) :
				 perf_client_next(&perf->client, now, action);
}

void perf_traffic_drain(struct perf *perf, uint64_t now)
{
	struct perf_action action;

	if (!perf->was_up || !send_pending(perf, now))
		return;
	while (next(perf, now, &action) && perform(perf, &action, now))
		;
}

void perf_traffic_goodbye(struct perf *perf)
{
	const struct perf_action action = {
		.message = { .version = PERF_VERSION, .type = PERF_BYE, .run = perf->client.run },
		.to = perf->client.server,
		.count = 1,
	};

	if (!perf->is_server && perf->client.greeted)
		send_burst(perf, &action);
}

/* ---- in ---- */

/* Whether packets to a neighbour go the way that the mode promises: by a connection that is up. */
static bool is_ready(const struct perf *perf, const struct ipoib_ip *ip)
{
	struct ipoib_neighbour_info neighbour = { .size = sizeof(neighbour) };
	struct ipoib_connection_info connection = { .size = sizeof(connection) };
	uint64_t cursor = 0;

	if (perf->options.terms.mode == IPOIB_MODE_DATAGRAM)
		return true;
	if (ipoib_neighbour_find(perf->interface, ip, &neighbour) != 0)
		return false;
	while (ipoib_connection_next(perf->interface, &cursor, &connection) == 1)
		if (connection.state == IPOIB_CONNECTION_UP &&
		    ipoib_link_address_same_peer(&connection.peer, &neighbour.link_address))
			return true;
	return false;
}

/* An answer for which there is no room is left: its question comes again. */
static void take_of_client(struct perf *perf, const struct perf_message *message, uint64_t now)
{
	struct perf_action answer;

	if (message->type == PERF_WARM)
		perf->server.ready = is_ready(perf, &message->source);
	if (!perf_server_take(&perf->server, message, now, &answer))
		return;
	if (send_burst(perf, &answer) < answer.count && perf->pending.count == 0)
		wait_for_room(perf, &answer, 0);
}

static void take(struct perf *perf, const struct perf_message *message, uint64_t now)
{
	if (perf->is_server) {
		take_of_client(perf, message, now);
		return;
	}
	if (message->type == PERF_WARMED)
		perf->client.ready = is_ready(perf, &perf->client.server);
	perf_client_take(&perf->client, message, now);
}

void perf_traffic_receive(struct ipoib_interface *interface, struct ipoib_buffer *const *packets,
			  size_t count, void *user)
{
	struct perf *perf = user;
	/* Who measures wants to know when it came; who answers, to answer. */
	uint64_t now = perf->is_server ? perf_now(perf) : perf_read_clock(perf);
	struct perf_message message;

	(void)interface;
	if (!perf->was_up)
		return;
	for (size_t i = 0; i < count; i++)
		if (perf_packet_parse(ipoib_buffer_data(packets[i]),
				      ipoib_buffer_length(packets[i]), &message) &&
		    ipoib_ip_equal(&message.destination, &perf->options.address.ip))
			take(perf, &message, now);
	perf_traffic_drain(perf, now);
}

void perf_traffic_undelivered(struct ipoib_interface *interface, struct ipoib_buffer *packet,
			      const struct ipoib_undelivered *fate, void *user)
{
	struct perf *perf = user;
	struct perf_message message;

	(void)interface;
	if (perf->is_server ||
	    !perf_packet_parse(ipoib_buffer_data(packet), ipoib_buffer_length(packet),
				   &message) ||
	    message.run != perf->client.run)
		return;
	if (fate->reason == IPOIB_SEND_DROP_TOO_BIG)
		perf_client_too_big(&perf->client, fate->mtu);
	else if (fate->reason == IPOIB_SEND_DROP_UNREACHABLE ||
		 fate->reason == IPOIB_SEND_DROP_NO_PATH)
		perf_client_unreachable(&perf->client);
}
