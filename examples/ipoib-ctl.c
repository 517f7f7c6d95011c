/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * ipoib-ctl: what a running ipoib-tun knows. It sends one line to the control socket, reads one
 * JSON document (control.h), and prints it as it is or as text.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <jansson.h>

#include "ctl_fabric.h"
#include "ctl_text.h"
#include "local_socket.h"
#include "options.h"
#include "report.h"

const char program_name[] = "ipoib-ctl";

static const char usage[] =
	"Usage: ipoib-ctl --control PATH neigh|conn|path|multicast|stats|interface [-j]\n"
	"What a running ipoib-tun knows of its interfaces.\n"
	"\n"
	"  --control PATH    the socket that ipoib-tun was given with --control\n"
	"  neigh             neighbours, the state and the MTU of each\n"
	"  conn              connections\n"
	"  path              path records\n"
	"  multicast         multicast groups\n"
	"  stats             all counters, and the conservation law with its numbers\n"
	"  interface         addresses, port, MTU\n"
	"\n"
	"  ipoib-ctl fabric --help   faults for a running ipoib-fabric\n"
	"\n"
	"  -j, --json        as JSON\n"
	"  -h, --help        this text\n"
	"  -V, --version     the version\n";

enum { OPTION_CONTROL = 1, OPTION_JSON };

static const struct option_row rows[] = {
	{ OPTION_CONTROL, "control", 0, true },
	{ OPTION_JSON, "json", 'j', false },
	OPTION_ROWS_COMMON,
	{ 0, NULL, 0, false },
};

/* A program that answers at all answers at once. */
#define PATIENCE_SECONDS 5
/* Far more than 16 full neighbour tables; what is longer does not come from an ipoib-tun. */
#define ANSWER_MOST ((size_t)64 << 20)

struct ctl_options {
	const char *control;
	const char *request;
	bool json;
};

static bool take_option(struct ctl_options *chosen, int id, const char *value)
{
	switch (id) {
	case OPTION_CONTROL:
		chosen->control = value;
		return true;
	case OPTION_JSON:
		chosen->json = true;
		return true;
	default:
		break;
	}
	if (chosen->request != NULL) {
		report("two requests, %s and %s; ask for one at a time", chosen->request, value);
		return false;
	}
	if (ctl_text_for(value) == NULL) {
		report("\"%s\" is not neigh, conn, path, multicast, stats or interface", value);
		return false;
	}
	chosen->request = value;
	return true;
}

static bool read_options(struct ctl_options *chosen, int argc, char **argv, int *status)
{
	struct options options;
	int id;

	*chosen = (struct ctl_options){ .control = NULL };
	options_begin(&options, rows, usage, argc, argv);
	while ((id = options_next(&options)) != OPTIONS_END) {
		if (id == OPTIONS_EXIT) {
			*status = options.status;
			return false;
		}
		if (!take_option(chosen, id, options.value)) {
			*status = options_hint();
			return false;
		}
	}
	if (chosen->control == NULL)
		report("--control PATH is missing: the socket that ipoib-tun was given");
	else if (chosen->request == NULL)
		report("ask for neigh, conn, path, multicast, stats or interface");
	else
		return true;
	*status = options_hint();
	return false;
}

static int open_control(const char *path)
{
	struct timeval patience = { .tv_sec = PATIENCE_SECONDS };
	int fd = local_connect(path);

	if (fd == -ENOENT)
		report("--control %s: there is no such socket; was ipoib-tun started with "
		       "\"--control %s\"?",
		       path, path);
	else if (fd == -ECONNREFUSED)
		report("--control %s: nobody listens there; ipoib-tun has ended", path);
	else if (fd < 0)
		report("--control %s: %s", path, error_text(fd));
	if (fd >= 0) {
		setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
		setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
	}
	return fd;
}

static int send_request(int fd, const char *request)
{
	char line[64];
	size_t length = (size_t)snprintf(line, sizeof(line), "%s\n", request);

	/* Shorter than any socket's buffer: it goes at once or not at all. */
	return send(fd, line, length, MSG_NOSIGNAL) == (ssize_t)length ? 0 : -errno;
}

/* free() may change errno. */
static char *give_up(char *text, int error)
{
	free(text);
	errno = error;
	return NULL;
}

/* Everything up to the end of the connection; free() ends it. NULL after errno was set. */
static char *receive_all(int fd, size_t *length)
{
	size_t room = 0;
	char *text = NULL;

	*length = 0;
	for (;;) {
		if (*length == room) {
			room = room ? 2 * room : 4096;

			char *more = room <= ANSWER_MOST ? realloc(text, room) : NULL;

			if (more == NULL)
				return give_up(text, room <= ANSWER_MOST ? ENOMEM : EMSGSIZE);
			text = more;
		}

		ssize_t count = recv(fd, text + *length, room - *length, 0);

		if (count == 0)
			return text;
		if (count > 0)
			*length += (size_t)count;
		else if (errno != EINTR)
			return give_up(text, errno);
	}
}

/* The document, or NULL after a message. */
static json_t *ask(const struct ctl_options *chosen)
{
	int fd = open_control(chosen->control);
	char *text = NULL;
	size_t length;

	if (fd < 0)
		return NULL;

	int error = send_request(fd, chosen->request);

	if (!error) {
		text = receive_all(fd, &length);
		if (text == NULL)
			error = -errno;
	}
	close(fd);
	if (error) {
		report("--control %s: %s", chosen->control,
		       error == -EAGAIN ? "no answer" : error_text(error));
		return NULL;
	}

	json_t *document = json_loadb(text, length, 0, NULL);

	free(text);
	if (document == NULL)
		report("--control %s: the answer is not a whole JSON document; is it an ipoib-tun?",
		       chosen->control);
	return document;
}

/* Text, or JSON as it came; false when there is something that must not be. */
static bool print(const struct ctl_options *chosen, const json_t *document)
{
	ctl_text *text = ctl_text_for(chosen->request);
	bool good = true;

	if (!json_is_array(document)) {
		report("--control %s: %s", chosen->control,
		       *ctl_string(document, "error") ? ctl_string(document, "error") :
							"an answer of another kind");
		return false;
	}
	if (chosen->json) {
		json_dumpf(document, stdout, JSON_INDENT(2));
		putchar('\n');
		return true;
	}
	for (size_t i = 0; i < json_array_size(document); i++)
		good = text(json_array_get(document, i)) && good;
	return good;
}

int main(int argc, char **argv)
{
	struct ctl_options chosen;
	int status;

	if (argc > 1 && strcmp(argv[1], "fabric") == 0)
		return ctl_fabric(argc - 1, argv + 1);
	if (!read_options(&chosen, argc, argv, &status))
		return status;

	json_t *document = ask(&chosen);
	bool good = document != NULL && print(&chosen, document);

	json_decref(document);
	if (fflush(stdout) != 0) {
		report("standard output: %s", error_text(-errno));
		good = false;
	}
	return good ? EXIT_SUCCESS : EXIT_FAILURE;
}
