/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * ipoib-perf: throughput and latency between two IPoIB interfaces.
 *
 * 1. Attach the port, open the interface, bind the address; wait until it is up.
 * 2. The server waits; the client, which names it, asks for one run after the other
 *    (perf_session.h). Packets come through callbacks (perf_traffic.h).
 * 3. While packets are measured the interface is polled, or slept upon (-e); before and between it
 *    is always slept upon.
 * 4. The client prints a row for each run.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include <ipoib/transport.h>

#include "partition.h"
#include "perf.h"
#include "perf_failure.h"
#include "perf_traffic.h"
#include "report.h"

const char program_name[] = "ipoib-perf";

#define SECOND_NS UINT64_C(1000000000)
/* A fabric answers within milliseconds: after these, people are told, and the client gives up. */
#define PATIENCE_NS (2 * SECOND_NS)
#define GIVE_UP_NS (10 * SECOND_NS)
/* Completions of one poll; and how often a program that polls looks for signals. */
#define POLL_BUDGET 64
#define SIGNALS_NS UINT64_C(10000000)
/* Turns of a program that polls from one look at the clock to the next. */
#define TURNS 16
/* Room on the queue pair beside the windows of both directions: control, ARP, other peers. */
#define DEPTH_SPARE 384
/* The same on connections, whose buffers have 64 KiB each. */
#define CONNECTED_SPARE 32
/*
 * Clients come one after the other from one port, each with another queue pair: faster than the
 * usual ten seconds in which a neighbour is believed to have restarted once.
 */
#define FLUX_HOLD_MS 100

static const char *port_name(const struct perf *perf)
{
	return attachment_name(&perf->options.attachment);
}

static void end(struct perf *perf, int status)
{
	perf->ended = true;
	perf->status = status;
}

/* ---- what is due ---- */

/* Returns when to look again. */
static uint64_t wait_for_up(struct perf *perf, uint64_t now)
{
	if (now < perf->begun_ns + PATIENCE_NS)
		return perf->begun_ns + PATIENCE_NS;
	if (!perf->patience_lost)
		report("still waiting for port %s to come up", port_name(perf));
	perf->patience_lost = true;
	if (perf->is_server)
		return IPOIB_NEVER;
	if (now < perf->begun_ns + GIVE_UP_NS)
		return perf->begun_ns + GIVE_UP_NS;
	report("port %s did not come up in %d seconds", port_name(perf),
	       (int)(GIVE_UP_NS / SECOND_NS));
	end(perf, EXIT_FAILURE);
	return now;
}

static void begin_table(struct perf *perf)
{
	if (perf->table_begun || perf->client.state < PERF_CLIENT_STREAM ||
	    perf->client.state > PERF_CLIENT_REPORT)
		return;
	perf->table_begun = true;
	perf_table_begin(&perf->table, stdout, perf->options.json, &perf->client.terms, perf->mtu);
}

static void report_failure(const struct perf *perf)
{
	char text[PARTITION_TEXT];

	perf_failure_report(&perf->client);
	if (perf->client.failure == PERF_FAILED_UNREACHABLE &&
	    partition_is_limited(perf->interface))
		report("%s", partition_text(perf->interface, text));
}

static void step_client(struct perf *perf, uint64_t now)
{
	struct perf_client *client = &perf->client;

	begin_table(perf);
	if (client->state == PERF_CLIENT_REPORT) {
		uint32_t size = 0;

		perf_table_row(&perf->table, client);
		if (ferror(stdout)) {
			report("standard output cannot be written any more");
			perf_traffic_goodbye(perf);
			end(perf, EXIT_FAILURE);
			return;
		}
		if (perf->next_size < perf->options.size_count)
			size = perf->options.sizes[perf->next_size++];
		perf_client_continue(client, size, now);
		perf_traffic_drain(perf, now);
	}
	if (client->state != PERF_CLIENT_ENDED)
		return;
	if (client->failure != PERF_NO_FAILURE) {
		report_failure(perf);
		perf_traffic_goodbye(perf);
	}
	end(perf, client->failure == PERF_NO_FAILURE ? EXIT_SUCCESS : EXIT_FAILURE);
}

static void step_server(struct perf *perf)
{
	struct perf_server *server = &perf->server;
	char client[IPOIB_IP_TEXT];

	if (server->lost) {
		server->lost = false;
		report("the client at %s has fallen silent",
		       ipoib_ip_format(&server->client, client));
		if (!perf->options.keep)
			end(perf, EXIT_FAILURE);
	}
	if (perf->saying_goodbye && server->state == PERF_SERVER_IDLE && !perf->options.keep)
		end(perf, EXIT_SUCCESS);
	perf->saying_goodbye = server->state == PERF_SERVER_FAREWELL;
}

static uint64_t due_of(const struct perf *perf, uint64_t now)
{
	uint64_t due = perf->is_server ? perf_server_due(&perf->server, now) :
					 perf_client_due(&perf->client, now);

	if (perf->pending.count > 0 && perf->retry_ns < due)
		return perf->retry_ns;
	return due;
}

/* Does what is due now. Returns when something is due next. */
static uint64_t step(struct perf *perf, uint64_t now)
{
	if (!perf->was_up)
		return wait_for_up(perf, now);
	perf_traffic_drain(perf, now);
	if (perf->is_server)
		step_server(perf);
	else
		step_client(perf, now);
	return due_of(perf, now);
}

/* ---- the loop ---- */

/* Whether to poll: while packets are measured, unless one of the two wants to sleep. */
static bool is_busy(const struct perf *perf)
{
	const struct perf_server *server = &perf->server;

	if (perf->options.terms.event || !perf->was_up)
		return false;
	if (perf->is_server)
		return server->state == PERF_SERVER_SERVING && !server->terms.event;
	return perf->client.state != PERF_CLIENT_HELLO;
}

static int context_pollfds(const void *object, struct pollfd *fds, size_t count)
{
	return ipoib_context_pollfds(object, fds, count);
}

/* The clock of the context. */
static uint64_t cached_clock(void *user)
{
	return perf_now(user);
}

static int sleep_until(struct perf *perf, uint64_t due_ns)
{
	uint64_t deadline_ns = ipoib_context_deadline(perf->context);
	int error = poll_loop_wait(&perf->loop, context_pollfds, perf->context,
				   due_ns < deadline_ns ? due_ns : deadline_ns, perf_now(perf));

	perf_read_clock(perf);
	if (error)
		report("cannot wait for packets: %s", error_text(error));
	else
		ipoib_context_dispatch(perf->context);
	return error;
}

static int run(struct perf *perf)
{
	uint64_t looked_ns = 0;

	for (;;) {
		bool busy = is_busy(perf);
		uint64_t now = perf_now(perf);

		if (!busy || ++perf->turns >= TURNS)
			now = perf_read_clock(perf);

		uint64_t due_ns = step(perf, now);

		if (perf->ended)
			return perf->status;
		if (!busy || now - looked_ns >= SIGNALS_NS) {
			if (poll_loop_stopped(&perf->loop))
				break;
			looked_ns = now;
		}
		if (busy)
			ipoib_interface_poll(perf->interface, POLL_BUDGET);
		else if (sleep_until(perf, due_ns) != 0)
			return EXIT_FAILURE;
	}
	perf_traffic_goodbye(perf);
	return perf->is_server ? EXIT_SUCCESS : EXIT_FAILURE;
}

/* ---- the interface ---- */

static void begin(struct perf *perf)
{
	struct ipoib_interface_info info = { .size = sizeof(info) };
	uint64_t now = perf_now(perf);
	uint32_t number;

	ipoib_interface_info(perf->interface, &info);
	perf->was_up = true;
	perf->mtu = info.mtu;
	if (perf->is_server) {
		perf->server = (struct perf_server){ .mode = perf->options.terms.mode,
						     .mtu = info.mtu,
						     .window = perf->options.terms.window };
		announce_ready();
	} else if (!perf_options_fit(&perf->options, info.mtu) ||
		   ipoib_random_system(&number, sizeof(number), NULL) != 0) {
		end(perf, EXIT_FAILURE);
	} else {
		perf->options.terms.size = perf->options.sizes[perf->next_size++];
		perf_client_begin(&perf->client, &perf->options.server, &perf->options.terms,
				  number, now);
	}
}

static void on_event(struct ipoib_interface *interface, const struct ipoib_event *event, void *user)
{
	struct perf *perf = user;
	char text[IPOIB_LINK_ADDRESS_TEXT];

	(void)interface;
	if (event->type == IPOIB_EVENT_ADDRESS_READY && !perf->was_up)
		begin(perf);
	else if (event->type == IPOIB_EVENT_ADDRESS_CONFLICT)
		report("our address is used by %s as well",
		       ipoib_link_address_format(&event->link_address, text));
	else if (event->type == IPOIB_EVENT_DOWN && perf->was_up)
		report("port %s is down%s%s", port_name(perf), event->status ? ": " : "",
		       event->status ? error_text(event->status) : "");
	else if (event->type == IPOIB_EVENT_DEVICE_GONE) {
		report("the adapter of port %s is gone", port_name(perf));
		end(perf, EXIT_FAILURE);
	}
}

static int open_interface(struct perf *perf)
{
	struct ipoib_interface_config config = IPOIB_INTERFACE_CONFIG_INIT;
	uint32_t window = perf->options.terms.window;

	config.receive = perf_traffic_receive;
	config.undelivered = perf_traffic_undelivered;
	config.event = on_event;
	config.user = perf;
	config.mode = perf->options.terms.mode;
	config.acd = IPOIB_ACD_FAST; /* who measures does not wait for seven seconds */
	config.flux_hold_ms = FLUX_HOLD_MS;
	config.send_depth = DEPTH_SPARE + 2 * window;
	config.receive_depth = DEPTH_SPARE + 2 * window;
	config.connected_depth = CONNECTED_SPARE + 2 * window;
	config.connection_depth = CONNECTED_SPARE + 2 * window;

	int error = ipoib_interface_open(&perf->interface, perf->transport, &config);

	if (!error)
		error = ipoib_binding_open(&perf->binding, perf->interface,
					   &perf->options.address.ip,
					   perf->options.address.prefix_length);
	if (error)
		report("port %s: the interface cannot be opened: %s", port_name(perf),
		       error_text(error));
	return error;
}

static int open_all(struct perf *perf)
{
	struct ipoib_context_config config = IPOIB_CONTEXT_CONFIG_INIT;

	config.log = report_log;
	config.log_level = IPOIB_LOG_ERROR;
	config.clock = cached_clock;
	config.clock_user = perf;
	perf->is_server = perf->options.server.family == 0;

	int error = poll_loop_open(&perf->loop);

	perf_read_clock(perf);
	if (!error)
		error = ipoib_context_new(&perf->context, &config);
	if (error) {
		report("%s", error_text(error));
		return error;
	}
	perf->begun_ns = perf_now(perf);
	error = attachment_open(&perf->transport, perf->context, &perf->options.attachment);
	return error ? error : open_interface(perf);
}

static void close_all(struct perf *perf)
{
	if (perf->table_begun)
		perf_table_end(&perf->table);
	ipoib_binding_close(perf->binding);
	ipoib_interface_close(perf->interface);
	ipoib_transport_unref(perf->transport);
	ipoib_context_unref(perf->context);
	poll_loop_close(&perf->loop);
}

int main(int argc, char **argv)
{
	struct perf *perf;
	int status;

	report_begin();
	perf = calloc(1, sizeof(*perf));
	if (perf == NULL) {
		report("%s", error_text(-ENOMEM));
		return EXIT_FAILURE;
	}
	perf->loop.stop_fd = -1;
	if (perf_options_read(&perf->options, argc, argv, &status)) {
		status = open_all(perf) == 0 ? run(perf) : EXIT_FAILURE;
		close_all(perf);
	}
	free(perf);
	return status;
}
