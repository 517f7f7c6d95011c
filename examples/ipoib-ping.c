/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * ipoib-ping: ping through the library, without a TUN device and without root.
 *
 * 1. Attach the port, open the interface, bind the address; wait until it is up.
 * 2. Send a request each interval; the library finds the neighbour. Answers, undeliverable requests
 *    and the requests of others come through callbacks.
 * 3. Once all requests are sent: end with the last answer, or, as ping does, when what is missing
 *    has had the time of two round trips; when nobody has answered at all, the time of -W.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <ipoib/ipoib.h>
#include <ipoib/mock.h>
#include <ipoib/transport.h>

#include "ping_options.h"
#include "ping_packet.h"
#include "ping_record.h"
#include "poll_loop.h"
#include "report.h"

const char program_name[] = "ipoib-ping";

/* Exit statuses of ping(8); 2 is EXIT_USAGE too. */
#define EXIT_ANSWERED 0
#define EXIT_SILENCE 1
#define EXIT_OTHER 2

#define SECOND_NS UINT64_C(1000000000)
/* A fabric answers within milliseconds: after these, people are told, and ping gives up. */
#define PATIENCE_NS (2 * SECOND_NS)
#define GIVE_UP_NS (10 * SECOND_NS)
/* How soon a request is tried again for which there was no room. */
#define RETRY_NS (SECOND_NS / 1000)

struct ping {
	struct ping_options options;
	struct ping_record *record;
	struct poll_loop loop;
	struct ipoib_context *context;
	struct ipoib_transport *transport;
	struct ipoib_interface *interface;
	struct ipoib_binding *binding;
	uint16_t identifier;
	bool up;
	bool was_up;
	uint64_t begun_ns;
	bool patience_lost;
	uint64_t next_ns; /* when the next request is due */
	uint64_t last_ns; /* when the last one was sent */
};

static uint64_t now_of(const struct ping *ping)
{
	return ipoib_context_now(ping->context);
}

/* ---- what comes in ---- */

static void answer_request(struct ping *ping, const struct ping_echo *request)
{
	struct ipoib_packet packet = { .next_hop = request->source };
	struct ping_echo reply = *request;

	if (!ipoib_ip_equal(&request->destination, &ping->options.address.ip))
		return;
	reply.type = PING_REPLY;
	reply.source = request->destination;
	reply.destination = request->source;
	/* A lost answer is a lost packet: who asked will ask again. */
	if (ipoib_interface_buffer(ping->interface, &packet.buffer) != 0)
		return;
	if (ipoib_buffer_set_length(packet.buffer, PING_HEADERS + request->data_length) == 0) {
		uint8_t *data = ipoib_buffer_data(packet.buffer);

		memcpy(data + PING_HEADERS, request->data, request->data_length);
		ping_packet_write(data, &reply);
		if (ipoib_interface_send(ping->interface, &packet, 1) == 1)
			return;
	}
	ipoib_buffer_unref(packet.buffer);
}

static bool is_ours(const struct ping *ping, const struct ping_echo *echo)
{
	return !ping->options.listen && echo->identifier == ping->identifier;
}

static void on_receive(struct ipoib_interface *interface, struct ipoib_buffer *const *packets,
		       size_t count, void *user)
{
	struct ping *ping = user;
	struct ping_echo echo;

	(void)interface;
	for (size_t i = 0; i < count; i++) {
		if (!ping_packet_parse(ipoib_buffer_data(packets[i]),
				       ipoib_buffer_length(packets[i]), &echo))
			continue;
		if (echo.type == PING_REQUEST)
			answer_request(ping, &echo);
		else if (is_ours(ping, &echo) &&
			 ipoib_ip_equal(&echo.source, &ping->options.destination))
			ping_record_reply(ping->record, &echo, now_of(ping));
	}
}

static void on_undelivered(struct ipoib_interface *interface, struct ipoib_buffer *packet,
			   const struct ipoib_undelivered *fate, void *user)
{
	struct ping *ping = user;
	struct ping_echo echo;
	char why[80];

	(void)interface;
	if (!ping_packet_parse(ipoib_buffer_data(packet), ipoib_buffer_length(packet), &echo) ||
	    echo.type != PING_REQUEST || !is_ours(ping, &echo))
		return;
	switch (fate->reason) {
	case IPOIB_SEND_DROP_UNREACHABLE:
	case IPOIB_SEND_DROP_NO_PATH:
		ping_record_unreachable(ping->record, echo.sequence);
		return;
	case IPOIB_SEND_DROP_TOO_BIG:
		ping_record_too_long(ping->record, fate->mtu);
		return;
	case IPOIB_SEND_DROP_CLOSED:
		return; /* the statistics are printed already; it counts as lost */
	default:
		snprintf(why, sizeof(why), "icmp_seq=%u not sent: %s", (unsigned)echo.sequence,
			 ipoib_send_drop_name(fate->reason));
		ping_record_failed(ping->record, why);
	}
}

static void on_event(struct ipoib_interface *interface, const struct ipoib_event *event,
		     void *user)
{
	struct ping *ping = user;

	(void)interface;
	if (event->type == IPOIB_EVENT_UP) {
		if (ping->was_up)
			report("port %s is back", ping->options.port);
		else if (ping->options.listen)
			announce_ready();
		else
			ping_record_begin(ping->record);
		ping->up = true;
		ping->was_up = true;
	} else if (event->type == IPOIB_EVENT_DOWN) {
		if (ping->up)
			report("port %s is down%s%s", ping->options.port,
			       event->status ? ": " : "",
			       event->status ? error_text(event->status) : "");
		ping->up = false;
	}
}

/* ---- what goes out ---- */

static uint32_t mtu_of(const struct ping *ping)
{
	struct ipoib_interface_info info = { .size = sizeof(info) };

	ipoib_interface_info(ping->interface, &info);
	return info.mtu;
}

/* Puts a request into a buffer and hands it over. Returns 0 or a negative errno, with the MTU. */
static int hand_over(struct ping *ping, uint16_t sequence, uint32_t *mtu)
{
	struct ping_echo echo = {
		.type = PING_REQUEST,
		.identifier = ping->identifier,
		.sequence = sequence,
		.source = ping->options.address.ip,
		.destination = ping->options.destination,
		.data_length = ping->options.size,
	};
	struct ipoib_packet packet = { .next_hop = echo.destination };

	if (ipoib_interface_buffer(ping->interface, &packet.buffer) != 0)
		return -EAGAIN; /* packets on their way hold the pool; they come back */
	*mtu = mtu_of(ping);
	packet.status = ipoib_buffer_set_length(packet.buffer, PING_HEADERS + echo.data_length);
	if (packet.status == 0) {
		ping_packet_write(ipoib_buffer_data(packet.buffer), &echo);
		if (ipoib_interface_send(ping->interface, &packet, 1) == 1)
			return 0;
		if (packet.status == -EMSGSIZE)
			*mtu = packet.mtu;
	}
	ipoib_buffer_unref(packet.buffer);
	return packet.status;
}

static void send_request(struct ping *ping, uint64_t now)
{
	uint16_t sequence = (uint16_t)(ping->record->transmitted + 1);
	uint32_t mtu = 0;

	/* Noted before it is sent, because an answer may come from within. */
	uint64_t transmitted = ping->record->transmitted;

	ping_record_sent(ping->record, sequence, now);

	int error = hand_over(ping, sequence, &mtu);

	if (error == -EAGAIN) {
		ping->record->transmitted = transmitted;
		ping->next_ns = now + RETRY_NS;
		return;
	}
	ping->last_ns = now;
	/* The rhythm is kept, but what was missed is not sent in a burst. */
	ping->next_ns += ping->options.interval_ns;
	if (ping->next_ns <= now)
		ping->next_ns = now + ping->options.interval_ns;
	if (error == -EMSGSIZE)
		ping_record_too_long(ping->record, mtu);
	else if (error == -EHOSTUNREACH)
		ping_record_unreachable(ping->record, sequence);
	else if (error)
		ping_record_failed(ping->record, error_text(error));
}

/* ---- the loop ---- */

static bool all_sent(const struct ping *ping)
{
	return ping->options.count > 0 && ping->record->transmitted >= ping->options.count;
}

/* When to end, all requests being sent. */
static uint64_t end_of(const struct ping *ping)
{
	const struct ping_record *record = ping->record;
	uint64_t wait_ns = ping->options.linger_ns;

	if (record->received + record->errors >= record->transmitted)
		return 0;
	if (record->received > 0) {
		wait_ns = 2 * record->most_us * 1000;
		if (wait_ns < ping->options.interval_ns)
			wait_ns = ping->options.interval_ns;
	}
	return ping->last_ns + wait_ns;
}

/* Before the first time up. Returns when to look again; 0: the end. */
static uint64_t wait_for_up(struct ping *ping, uint64_t now)
{
	if (!ping->patience_lost && now >= ping->begun_ns + PATIENCE_NS) {
		report("still waiting for port %s to come up", ping->options.port);
		ping->patience_lost = true;
	}
	if (!ping->patience_lost)
		return ping->begun_ns + PATIENCE_NS;
	if (ping->options.listen)
		return IPOIB_NEVER;
	if (now < ping->begun_ns + GIVE_UP_NS)
		return ping->begun_ns + GIVE_UP_NS;
	report("port %s did not come up in %d seconds", ping->options.port,
	       (int)(GIVE_UP_NS / SECOND_NS));
	return 0;
}

/* Does what is due now. Returns when something is due next; 0: the end. */
static uint64_t step(struct ping *ping, uint64_t now)
{
	if (!ping->was_up)
		return wait_for_up(ping, now);
	if (ping->options.listen)
		return IPOIB_NEVER;
	if (ping->next_ns == 0)
		ping->next_ns = now;
	if (!all_sent(ping) && now >= ping->next_ns)
		send_request(ping, now);
	if (!all_sent(ping))
		return ping->next_ns;

	uint64_t end_ns = end_of(ping);

	return end_ns > now ? end_ns : 0;
}

static int context_pollfds(const void *object, struct pollfd *fds, size_t count)
{
	return ipoib_context_pollfds(object, fds, count);
}

static int run(struct ping *ping)
{
	while (!poll_loop_stopped(&ping->loop)) {
		uint64_t due_ns = step(ping, now_of(ping));

		if (due_ns == 0)
			break;

		uint64_t deadline_ns = ipoib_context_deadline(ping->context);
		int error = poll_loop_wait(&ping->loop, context_pollfds, ping->context,
					   due_ns < deadline_ns ? due_ns : deadline_ns,
					   now_of(ping));

		if (error) {
			report("cannot wait for packets: %s", error_text(error));
			return EXIT_OTHER;
		}
		ipoib_context_dispatch(ping->context);
	}
	if (!ping->was_up)
		return EXIT_OTHER;
	if (ping->options.listen)
		return EXIT_ANSWERED;
	ping_record_end(ping->record, now_of(ping));
	return ping->record->received > 0 ? EXIT_ANSWERED : EXIT_SILENCE;
}

static int open_interface(struct ping *ping)
{
	struct ipoib_interface_config config = IPOIB_INTERFACE_CONFIG_INIT;

	config.receive = on_receive;
	config.undelivered = on_undelivered;
	config.event = on_event;
	config.user = ping;

	int error = ipoib_interface_open(&ping->interface, ping->transport, &config);

	if (!error)
		error = ipoib_binding_open(&ping->binding, ping->interface,
					   &ping->options.address.ip,
					   ping->options.address.prefix_length);
	if (error)
		report("port %s: the interface cannot be opened: %s", ping->options.port,
		       error_text(error));
	return error;
}

static int open_all(struct ping *ping)
{
	struct ipoib_context_config config = IPOIB_CONTEXT_CONFIG_INIT;

	config.log = report_log;
	config.log_level = IPOIB_LOG_ERROR;
	ping->record = ping_record_new(&ping->options);

	int error = ping->record ? poll_loop_open(&ping->loop) : -ENOMEM;

	if (!error)
		error = ipoib_random_system(&ping->identifier, sizeof(ping->identifier), NULL);
	if (!error)
		error = ipoib_context_new(&ping->context, &config);
	if (error) {
		report("%s", error_text(error));
		return error;
	}
	ping->begun_ns = now_of(ping);
	error = ipoib_mock_connect(&ping->transport, ping->context, ping->options.fabric,
				   ping->options.port);
	if (error) {
		report_connect(ping->options.fabric, ping->options.port, error);
		return error;
	}
	return open_interface(ping);
}

static void close_all(struct ping *ping)
{
	ipoib_binding_close(ping->binding);
	ipoib_interface_close(ping->interface);
	ipoib_transport_unref(ping->transport);
	ipoib_context_unref(ping->context);
	poll_loop_close(&ping->loop);
	free(ping->record);
}

int main(int argc, char **argv)
{
	struct ping ping = { .loop = { .stop_fd = -1 } };
	int status;

	if (!ping_options_read(&ping.options, argc, argv, &status))
		return status;
	/* Line by line even into a pipe, as ping does. */
	setvbuf(stdout, NULL, _IOLBF, 0);
	status = open_all(&ping) == 0 ? run(&ping) : EXIT_OTHER;
	close_all(&ping);
	return status;
}
