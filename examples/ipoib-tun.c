/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * ipoib-tun: IP over InfiniBand for unmodified programs, through TUN devices.
 *
 * One context in one libev loop drives all interfaces (tun_port.h), the control socket (control.h),
 * and the signals. This file opens them in an order in which each mistake is told before anything
 * of the system is changed, says `ready`, and ends them in the opposite order.
 */
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <ev.h>
#include <ipoib/ev.h>
#include <ipoib/ipoib.h>

#include "control.h"
#include "pcap_file.h"
#include "report.h"
#include "tun_command.h"
#include "tun_events.h"
#include "tun_json.h"
#include "tun_json_events.h"
#include "tun_options.h"
#include "tun_port.h"
#include "tun_told.h"

const char program_name[] = "ipoib-tun";

/* A fabric answers within milliseconds; after this people begin to wonder. */
#define PATIENCE_SECONDS 2.

struct tun_program {
	struct tun_options options;
	struct ev_loop *loop;
	struct ipoib_context *context;
	struct ipoib_ev *ev;
	struct pcap_file pcap;
	struct control control;
	struct ev_signal interrupt;
	struct ev_signal terminate;
	struct ev_timer patience;
	struct tun_port ports[TUN_INTERFACES_MAX];
	struct tun_port_owner owner; /* of the ports: this program */
	struct tun_told told;
	size_t opened; /* ports that tun_port_close() is due for */
	size_t ready;  /* ports that are up, with all their addresses */
	bool failed;
};

static void on_signal(struct ev_loop *loop, struct ev_signal *watcher, int events)
{
	(void)watcher;
	(void)events;
	ev_break(loop, EVBREAK_ALL);
}

static void on_patience(struct ev_loop *loop, struct ev_timer *watcher, int events)
{
	struct tun_program *program = watcher->data;

	(void)loop;
	(void)events;
	for (size_t i = 0; i < program->opened; i++) {
		struct tun_port *port = &program->ports[i];
		char text[TUN_WAIT_TEXT];

		if (!port->ready)
			report("interface %s: still waiting at port %s for %s", port->device.name,
			       port->options->port, tun_port_waits_for(port, text));
	}
}

static void on_news(struct tun_port *port, enum tun_port_news news, void *user)
{
	struct tun_program *program = user;

	(void)port;
	if (news == TUN_PORT_LOST) {
		program->failed = true;
		ev_break(program->loop, EVBREAK_ALL);
		return;
	}
	program->ready++;
	if (program->ready == program->options.interface_count) {
		ev_timer_stop(program->loop, &program->patience);
		announce_ready();
	}
}

static void on_event(struct tun_port *port, const struct ipoib_event *event, void *user)
{
	struct tun_program *program = user;

	tun_events_report(port, event, program->ports, program->opened);
	if (control_wanted(&program->control, TUN_TOPIC_EVENTS))
		control_publish(&program->control, TUN_TOPIC_EVENTS, tun_json_event(port, event));
}

static void on_change(struct tun_port *port, const struct ipoib_neighbour_change *change,
		      void *user)
{
	struct tun_program *program = user;

	if (control_wanted(&program->control, TUN_TOPIC_NEIGHBOURS))
		control_publish(&program->control, TUN_TOPIC_NEIGHBOURS,
				tun_json_change(port, change));
}

static json_t *on_request(const char *request, void *user)
{
	struct tun_program *program = user;
	json_t *answer = tun_command_answer(request, program->ports, program->opened);

	return answer ? answer : tun_json_answer(request, program->ports, program->opened);
}

static unsigned topics_of(const char *request, void *user)
{
	(void)user;
	if (strcmp(request, "monitor") == 0)
		return TUN_TOPIC_EVENTS | TUN_TOPIC_NEIGHBOURS;
	return strcmp(request, "neigh monitor") == 0 ? TUN_TOPIC_NEIGHBOURS : 0;
}

static int make_context(struct tun_program *program)
{
	struct ipoib_context_config config = IPOIB_CONTEXT_CONFIG_INIT;

	config.log = report_log;
	config.log_level = IPOIB_LOG_WARNING;
	program->loop = ev_loop_new(EVFLAG_AUTO);
	if (program->loop == NULL) {
		report("libev has no event loop for this system");
		return -ENOTSUP;
	}

	int error = ipoib_context_new(&program->context, &config);

	if (!error)
		error = ipoib_ev_new(&program->ev, program->loop, program->context);
	if (error)
		report("no context: %s", error_text(error));
	return error;
}

/* Not earlier than the loop: libev wants its signals in one loop. */
static void watch_signals(struct tun_program *program)
{
	ev_signal_init(&program->interrupt, on_signal, SIGINT);
	ev_signal_init(&program->terminate, on_signal, SIGTERM);
	ev_signal_start(program->loop, &program->interrupt);
	ev_signal_start(program->loop, &program->terminate);
	ev_timer_init(&program->patience, on_patience, PATIENCE_SECONDS, 5 * PATIENCE_SECONDS);
	program->patience.data = program;
	ev_timer_start(program->loop, &program->patience);
}

static int open_ports(struct tun_program *program)
{
	for (size_t i = 0; i < program->options.interface_count; i++) {
		program->opened = i + 1;

		int error = tun_port_open(&program->ports[i], &program->options.interfaces[i],
					  program->loop, program->context,
					  program->options.fabric, &program->owner);

		if (error)
			return error;
	}
	/* It is one system, so it is said once. */
	if (program->ports[0].addresses.ipv6 == TUN_IPV6_ABSENT)
		report("this system has no IPv6: the devices go without");
	return 0;
}

/* Ports first: a mistake there must leave the control socket and the capture of others alone. */
static int open_all(struct tun_program *program)
{
	int error;

	tun_told_open(&program->told, program->loop);
	error = open_ports(program);
	if (!error)
		error = control_open(&program->control, program->loop, program->options.control,
				     on_request, topics_of, program);
	if (!error)
		error = pcap_file_open(&program->pcap, program->options.pcap);
	for (size_t i = 0; !error && i < program->opened; i++)
		ipoib_interface_capture(program->ports[i].interface, program->pcap.capture);
	return error;
}

static void report_counters(const struct tun_port *port)
{
	struct ipoib_statistics s = { .size = sizeof(s) };
	uint64_t send_dropped = 0;
	uint64_t receive_dropped = 0;

	ipoib_interface_statistics(port->interface, &s);
	for (unsigned i = 0; i < IPOIB_DROPS_MAX; i++) {
		send_dropped += s.send_dropped[i];
		receive_dropped += s.receive_dropped[i];
	}
	report("interface %s: accepted %" PRIu64 " = sent %" PRIu64 " + dropped %" PRIu64
	       " + queued %" PRIu64 "; received %" PRIu64 " = delivered %" PRIu64
	       " + control %" PRIu64 " + dropped %" PRIu64,
	       port->device.name, s.accepted, s.sent, send_dropped, s.queued, s.received,
	       s.delivered, s.control_received, receive_dropped);
}

static void close_all(struct tun_program *program)
{
	control_close(&program->control);
	tun_told_close(&program->told);
	for (size_t i = program->opened; i-- > 0;) {
		if (program->ports[i].configured)
			report_counters(&program->ports[i]);
		tun_port_close(&program->ports[i]);
	}
	pcap_file_close(&program->pcap);
	ipoib_ev_close(program->ev);
	ipoib_context_unref(program->context);
	if (program->loop) {
		ev_timer_stop(program->loop, &program->patience);
		ev_signal_stop(program->loop, &program->interrupt);
		ev_signal_stop(program->loop, &program->terminate);
		ev_loop_destroy(program->loop);
	}
}

static int run(struct tun_program *program)
{
	int error = make_context(program);

	if (!error) {
		watch_signals(program);
		error = open_all(program);
	}
	if (!error)
		ev_run(program->loop, 0);
	return error;
}

int main(int argc, char **argv)
{
	struct tun_program *program;
	int status;

	report_begin();
	signal(SIGHUP, SIG_IGN); /* hosts depend on it: the end of a terminal is not its own */
	program = calloc(1, sizeof(*program));
	if (program == NULL) {
		report("%s", error_text(-ENOMEM));
		return EXIT_FAILURE;
	}
	program->control.fd = -1;
	program->owner = (struct tun_port_owner){ .news = on_news, .event = on_event,
						  .change = on_change, .told = &program->told,
						  .user = program };
	program->pcap = (struct pcap_file)PCAP_FILE_NONE;
	if (tun_options_read(&program->options, argc, argv, &status)) {
		int error = run(program);

		close_all(program);
		status = error || program->failed ? EXIT_FAILURE : EXIT_SUCCESS;
	}
	free(program);
	return status;
}
