/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * ipoib-ping: ping through the library, without a TUN device and without root.
 *
 * 1. Attach the port, open the interface, bind the address; wait until it is up.
 * 2. Send a request each interval; the library finds the neighbour. Answers, undeliverable requests
 *    and the requests of others come through callbacks (ping_traffic.h).
 * 3. Once all requests are sent: end with the last answer, or, as ping does, when what is missing
 *    has had the time of two round trips; when nobody has answered at all, the time of -W.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include <ipoib/ipoib.h>
#include <ipoib/transport.h>

#include "ping.h"
#include "ping_traffic.h"
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
		report("still waiting for port %s to come up", ping_port(ping));
		ping->patience_lost = true;
	}
	if (!ping->patience_lost)
		return ping->begun_ns + PATIENCE_NS;
	if (ping->options.listen)
		return IPOIB_NEVER;
	if (now < ping->begun_ns + GIVE_UP_NS)
		return ping->begun_ns + GIVE_UP_NS;
	report("port %s did not come up in %d seconds", ping_port(ping),
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
		ping_traffic_request(ping, now);
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
		uint64_t due_ns = step(ping, ping_now(ping));

		if (due_ns == 0)
			break;

		uint64_t deadline_ns = ipoib_context_deadline(ping->context);
		int error = poll_loop_wait(&ping->loop, context_pollfds, ping->context,
					   due_ns < deadline_ns ? due_ns : deadline_ns,
					   ping_now(ping));

		if (error) {
			report("cannot wait for packets: %s", error_text(error));
			return EXIT_OTHER;
		}
		ipoib_context_dispatch(ping->context);
		if (ferror(stdout)) {
			report("standard output cannot be written any more");
			return EXIT_OTHER;
		}
	}
	if (!ping->was_up)
		return EXIT_OTHER;
	if (ping->options.listen)
		return EXIT_ANSWERED;
	ping_record_end(ping->record, ping_now(ping));
	return ping->record->received > 0 ? EXIT_ANSWERED : EXIT_SILENCE;
}

static int open_interface(struct ping *ping)
{
	struct ipoib_interface_config config = IPOIB_INTERFACE_CONFIG_INIT;

	config.receive = ping_traffic_receive;
	config.undelivered = ping_traffic_undelivered;
	config.event = ping_traffic_event;
	config.user = ping;
	config.mode = ping->options.mode;
	config.acd = IPOIB_ACD_FAST; /* who pings does not wait for seven seconds */
	config.fragment = 1; /* what has DF clear: answers, and requests as -M says */

	int error = ipoib_interface_open(&ping->interface, ping->transport, &config);

	if (!error)
		error = ipoib_binding_open(&ping->binding, ping->interface,
					   &ping->options.address.ip,
					   ping->options.address.prefix_length);
	if (error)
		report("port %s: the interface cannot be opened: %s", ping_port(ping),
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
	ping->begun_ns = ping_now(ping);
	error = attachment_open(&ping->transport, ping->context, &ping->options.attachment);
	return error ? error : open_interface(ping);
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
	struct ping *ping;
	int status;

	report_begin();
	ping = calloc(1, sizeof(*ping));
	if (ping == NULL) {
		report("%s", error_text(-ENOMEM));
		return EXIT_OTHER;
	}
	ping->loop.stop_fd = -1;
	if (ping_options_read(&ping->options, argc, argv, &status)) {
		/* Line by line even into a pipe, as ping does. */
		setvbuf(stdout, NULL, _IOLBF, 0);
		status = open_all(ping) == 0 ? run(ping) : EXIT_OTHER;
		close_all(ping);
	}
	free(ping);
	return status;
}
