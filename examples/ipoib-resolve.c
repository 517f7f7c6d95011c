/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * ipoib-resolve: link addresses, paths and MTUs, as a program that has queue pairs of its own needs
 * them.
 *
 * 1. Attach the port, open the interface, bind the address, hold each neighbour. All of it may be
 *    done before the link is up: the library asks when it can.
 * 2. Wait until each is resolved or given up, or the time is over, and print them in their order.
 * 3. With --monitor print each as it is told instead, and use them every few seconds, so that the
 *    library looks whether they are still there.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include <ipoib/ipoib.h>
#include <ipoib/transport.h>

#include "poll_loop.h"
#include "report.h"
#include "resolve_options.h"
#include "resolve_text.h"

const char program_name[] = "ipoib-resolve";

#define EXIT_NOT_ALL 1
#define EXIT_OTHER 2
#define USE_NS UINT64_C(5000000000)

struct resolve {
	struct resolve_options options;
	struct poll_loop loop;
	struct ipoib_context *context;
	struct ipoib_transport *transport;
	struct ipoib_interface *interface;
	struct ipoib_binding *binding;
	struct ipoib_neighbour *neighbours[RESOLVE_MOST];
	uint64_t end_ns; /* of the wait */
	uint64_t use_ns; /* the next one */
	bool failed;     /* standard output, or memory */
};

static uint64_t now_of(const struct resolve *resolve)
{
	return ipoib_context_now(resolve->context);
}

/* ---- what is printed ---- */

static void print_json(struct resolve *resolve, json_t *value)
{
	size_t flags = resolve->options.monitor ? JSON_COMPACT : JSON_INDENT(1);

	if (value == NULL || json_dumpf(value, stdout, flags) != 0 || putchar('\n') == EOF)
		resolve->failed = true;
	json_decref(value);
}

static void on_resolved(struct ipoib_neighbour *neighbour,
			const struct ipoib_resolution *resolution, void *user)
{
	struct resolve *resolve = user;

	(void)neighbour;
	if (!resolve->options.monitor)
		return;
	if (resolve->options.json)
		print_json(resolve, resolve_json(resolution));
	else
		resolve_text_print(resolution);
	fflush(stdout);
}

static void on_event(struct ipoib_interface *interface, const struct ipoib_event *event, void *user)
{
	char ip[IPOIB_IP_TEXT], link_address[IPOIB_LINK_ADDRESS_TEXT];

	(void)interface;
	(void)user;
	if (event->type == IPOIB_EVENT_ADDRESS_CONFLICT)
		report("address %s is used by %s as well", ipoib_ip_format(&event->ip, ip),
		       ipoib_link_address_format(&event->link_address, link_address));
}

static struct ipoib_resolution resolution_of(const struct resolve *resolve, size_t i)
{
	struct ipoib_resolution resolution = { .size = sizeof(resolution) };

	ipoib_neighbour_resolution(resolve->neighbours[i], &resolution);
	return resolution;
}

/* Prints all; whether all are resolved. */
static bool print_all(struct resolve *resolve)
{
	json_t *all = resolve->options.json ? json_array() : NULL;
	bool good = true;

	for (size_t i = 0; i < resolve->options.count; i++) {
		struct ipoib_resolution resolution = resolution_of(resolve, i);

		good = good && resolution.status == 0;
		if (!resolve->options.json)
			resolve_text_print(&resolution);
		else if (json_array_append_new(all, resolve_json(&resolution)) != 0)
			resolve->failed = true;
	}
	if (resolve->options.json)
		print_json(resolve, all);
	return good;
}

/* ---- the loop ---- */

/* Each is resolved, or was given up. */
static bool all_settled(const struct resolve *resolve)
{
	for (size_t i = 0; i < resolve->options.count; i++) {
		struct ipoib_resolution resolution = resolution_of(resolve, i);

		if (resolution.status != 0 && resolution.status != -EHOSTUNREACH)
			return false;
	}
	return true;
}

static void use_all(struct resolve *resolve, uint64_t now)
{
	if (now < resolve->use_ns)
		return;
	resolve->use_ns = now + USE_NS;
	for (size_t i = 0; i < resolve->options.count; i++)
		ipoib_neighbour_use(resolve->neighbours[i]);
}

/* When something is due next; 0: the end. */
static uint64_t step(struct resolve *resolve)
{
	uint64_t now = now_of(resolve);

	if (resolve->options.monitor) {
		use_all(resolve, now);
		return resolve->use_ns;
	}
	return now >= resolve->end_ns || all_settled(resolve) ? 0 : resolve->end_ns;
}

static int context_pollfds(const void *object, struct pollfd *fds, size_t count)
{
	return ipoib_context_pollfds(object, fds, count);
}

/* 0, or a negative errno after a message. */
static int run(struct resolve *resolve)
{
	uint64_t due_ns, deadline_ns;
	int error;

	while (!poll_loop_stopped(&resolve->loop) && !resolve->failed &&
	       (due_ns = step(resolve)) != 0) {
		deadline_ns = ipoib_context_deadline(resolve->context);
		error = poll_loop_wait(&resolve->loop, context_pollfds, resolve->context,
				       due_ns < deadline_ns ? due_ns : deadline_ns,
				       now_of(resolve));
		if (error) {
			report("cannot wait for answers: %s", error_text(error));
			return error;
		}
		ipoib_context_dispatch(resolve->context);
		if (ferror(stdout))
			resolve->failed = true;
	}
	return 0;
}

/* ---- opening ---- */

static int hold(struct resolve *resolve, size_t i)
{
	const struct ipoib_ip *target = &resolve->options.targets[i];
	char ip[IPOIB_IP_TEXT];
	int error = ipoib_neighbour_get(&resolve->neighbours[i], resolve->interface, target,
					on_resolved, resolve);

	if (error == -EINVAL)
		report("%s cannot be a neighbour: it is our own address, or not a host's",
		       ipoib_ip_format(target, ip));
	else if (error)
		report("%s cannot be resolved: %s", ipoib_ip_format(target, ip),
		       error_text(error));
	return error;
}

static int open_interface(struct resolve *resolve)
{
	struct ipoib_interface_config config = IPOIB_INTERFACE_CONFIG_INIT;
	int error;

	config.event = on_event;
	config.user = resolve;
	config.mode = resolve->options.mode;
	config.acd = IPOIB_ACD_FAST;
	error = ipoib_interface_open(&resolve->interface, resolve->transport, &config);
	if (!error)
		error = ipoib_binding_open(&resolve->binding, resolve->interface,
					   &resolve->options.address.ip,
					   resolve->options.address.prefix_length);
	if (error)
		report("port %s: the interface cannot be opened: %s",
		       attachment_name(&resolve->options.attachment), error_text(error));
	for (size_t i = 0; !error && i < resolve->options.count; i++)
		error = hold(resolve, i);
	return error;
}

static int open_all(struct resolve *resolve)
{
	struct ipoib_context_config config = IPOIB_CONTEXT_CONFIG_INIT;
	int error = poll_loop_open(&resolve->loop);

	config.log = report_log;
	config.log_level = IPOIB_LOG_ERROR;
	if (!error)
		error = ipoib_context_new(&resolve->context, &config);
	if (error) {
		report("%s", error_text(error));
		return error;
	}
	error = attachment_open(&resolve->transport, resolve->context,
				&resolve->options.attachment);
	if (!error)
		error = open_interface(resolve);
	resolve->end_ns = now_of(resolve) + resolve->options.wait_ns;
	resolve->use_ns = now_of(resolve) + USE_NS;
	return error;
}

static void close_all(struct resolve *resolve)
{
	for (size_t i = 0; i < resolve->options.count; i++)
		ipoib_neighbour_unref(resolve->neighbours[i]);
	ipoib_binding_close(resolve->binding);
	ipoib_interface_close(resolve->interface);
	ipoib_transport_unref(resolve->transport);
	ipoib_context_unref(resolve->context);
	poll_loop_close(&resolve->loop);
}

static int finish(struct resolve *resolve)
{
	bool all = resolve->options.monitor || print_all(resolve);

	if (fflush(stdout) == EOF || resolve->failed) {
		report("standard output cannot be written any more");
		return EXIT_OTHER;
	}
	return all ? EXIT_SUCCESS : EXIT_NOT_ALL;
}

int main(int argc, char **argv)
{
	struct resolve resolve = { .loop.stop_fd = -1 };
	int status = EXIT_OTHER;

	report_begin();
	if (!resolve_options_read(&resolve.options, argc, argv, &status))
		return status;
	status = open_all(&resolve) == 0 && run(&resolve) == 0 ? finish(&resolve) : EXIT_OTHER;
	close_all(&resolve);
	return status;
}
