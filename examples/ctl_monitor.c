/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "ctl_monitor.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <jansson.h>

#include "ctl_connect.h"
#include "ctl_element.h"
#include "poll_loop.h"
#include "report.h"

/* Many times the longest event. */
#define LINE_ROOM 8192

struct monitor {
	const char *control;
	int fd;
	bool json;
	bool neighbours_only;
	char line[LINE_ROOM];
	size_t length;
};

/*
 * As `ip monitor neigh` has it; the second blank is where a link address would stand:
 *
 *      10.10.1.2 dev ipoib0 lladdr 80:00:00:48:fe:80:... REACHABLE
 *      Deleted 10.10.1.2 dev ipoib0 lladdr 80:00:00:48:fe:80:... STALE
 *      10.10.1.9 dev ipoib0  FAILED
 */
static void print_neighbour(const json_t *event)
{
	const char *link_address = ctl_string(event, "lladdr");

	if (json_is_true(json_object_get(event, "deleted")))
		printf("Deleted ");
	printf("%s dev %s ", ctl_string(event, "dst"), ctl_string(event, "dev"));
	if (*link_address)
		printf("lladdr %s", link_address);
	printf(" %s\n", ctl_string(event, "state"));
}

static bool is_head(const char *name)
{
	return strcmp(name, "time") == 0 || strcmp(name, "dev") == 0 ||
	       strcmp(name, "event") == 0 || strcmp(name, "monotonic_ns") == 0;
}

/* 2026-11-22T13:01:42.123Z ipoib0 up lid 3 ...: what an event says, in its order. */
static void print_event(json_t *event)
{
	printf("%s %s %s", ctl_string(event, "time"), ctl_string(event, "dev"),
	       ctl_string(event, "event"));
	for (void *at = json_object_iter(event); at; at = json_object_iter_next(event, at)) {
		const char *name = json_object_iter_key(at);
		json_t *value = json_object_iter_value(at);

		if (is_head(name))
			continue;
		printf(" %s", name);
		if (json_is_string(value))
			printf(" %s", json_string_value(value));
		else if (json_is_integer(value))
			printf(" %" JSON_INTEGER_FORMAT, json_integer_value(value));
	}
	printf("\n");
}

/* False when the stream cannot go on. */
static bool take_document(const struct monitor *monitor, json_t *document, const char *line)
{
	if (*ctl_string(document, "error")) {
		report("--control %s: %s", monitor->control, ctl_string(document, "error"));
		return false;
	}
	if (*ctl_string(document, "stream"))
		report("listening; SIGINT ends it");
	else if (monitor->json)
		printf("%s\n", line);
	else if (ctl_number(document, "lost") != 0)
		printf("%" JSON_INTEGER_FORMAT " events lost: they were not read in time\n",
		       ctl_number(document, "lost"));
	else if (monitor->neighbours_only)
		print_neighbour(document);
	else
		print_event(document);
	return true;
}

static bool take_line(const struct monitor *monitor, const char *line)
{
	json_t *document = json_loads(line, 0, NULL);
	bool good = json_is_object(document);

	if (!good)
		report("--control %s: a line that is no event; is it an ipoib-tun?",
		       monitor->control);
	else
		good = take_document(monitor, document, line);
	json_decref(document);
	if (fflush(stdout) != 0) {
		report("standard output: %s", error_text(-errno));
		good = false;
	}
	return good;
}

static bool take_lines(struct monitor *monitor)
{
	char *line = monitor->line;
	char *end;

	while ((end = memchr(line, '\n', monitor->length))) {
		*end = '\0';
		monitor->length -= (size_t)(end + 1 - line);
		if (!take_line(monitor, line))
			return false;
		line = end + 1;
	}
	memmove(monitor->line, line, monitor->length);
	if (monitor->length < LINE_ROOM)
		return true;
	report("--control %s: a line longer than any event; is it an ipoib-tun?",
	       monitor->control);
	return false;
}

static bool receive(struct monitor *monitor)
{
	ssize_t count = recv(monitor->fd, monitor->line + monitor->length,
			     LINE_ROOM - monitor->length, 0);

	if (count < 0 && (errno == EAGAIN || errno == EINTR))
		return true;
	if (count <= 0) {
		report("--control %s: the stream has ended: ipoib-tun has, or too many listen",
		       monitor->control);
		return false;
	}
	monitor->length += (size_t)count;
	return take_lines(monitor);
}

/* A poll_loop_pollfds. */
static int pollfds(const void *object, struct pollfd *fds, size_t count)
{
	const struct monitor *monitor = object;

	if (count > 0)
		fds[0] = (struct pollfd){ .fd = monitor->fd, .events = POLLIN };
	return 1;
}

int ctl_monitor(const char *control, const char *request, bool json)
{
	struct monitor monitor = { .control = control, .fd = -1, .json = json,
				   .neighbours_only = strcmp(request, "neigh monitor") == 0 };
	struct poll_loop loop;
	int error = poll_loop_open(&loop);
	bool good = !error;

	if (error)
		report("%s", error_text(error));
	if (good) {
		monitor.fd = ctl_connect(control, request);
		good = monitor.fd >= 0;
	}
	if (good)
		fcntl(monitor.fd, F_SETFL, O_NONBLOCK);
	while (good && !poll_loop_stopped(&loop)) {
		error = poll_loop_wait(&loop, pollfds, &monitor, UINT64_MAX, 0);
		if (error)
			report("cannot wait: %s", error_text(error));
		good = !error && receive(&monitor);
	}
	if (monitor.fd >= 0)
		close(monitor.fd);
	poll_loop_close(&loop);
	return good ? EXIT_SUCCESS : EXIT_FAILURE;
}
