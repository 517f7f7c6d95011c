/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * ipoib-ctl: what a running ipoib-tun knows. It sends one line to the control socket, reads one
 * JSON document (control.h), and prints it as it is or as text; ctl_monitor.h reads streams.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <ipoib/context.h>
#include <jansson.h>

#include "ctl_connect.h"
#include "ctl_element.h"
#include "ctl_fabric.h"
#include "ctl_monitor.h"
#include "ctl_probe.h"
#include "ctl_text.h"
#include "options.h"
#include "report.h"

const char program_name[] = "ipoib-ctl";

static const char usage[] =
	"Usage: ipoib-ctl --control PATH REQUEST [-j]\n"
	"What a running ipoib-tun knows of its interfaces, and what happens there.\n"
	"\n"
	"  --control PATH    the socket that ipoib-tun was given with --control\n"
	"  neigh             neighbours, the state and the MTU of each\n"
	"  neigh add IP LLADDR dev NAME\n"
	"                    enters a permanent neighbour\n"
	"  neigh probe IP dev NAME\n"
	"                    asks a neighbour whether it is there, and waits for its answer\n"
	"  neigh del IP dev NAME\n"
	"                    removes a neighbour\n"
	"  neigh flush [all] dev NAME\n"
	"                    removes all, but for permanent ones unless all is said\n"
	"  neigh monitor     changes of neighbours as they happen, until SIGINT\n"
	"  monitor           everything as it happens, until SIGINT\n"
	"  address           addresses, and who else uses them\n"
	"  flux              neighbours that were said to be at another port\n"
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

#define REQUESTS "neigh, address, conn, flux, interface, monitor, multicast, path or stats"

struct ctl_options {
	const char *control;
	char request[CTL_REQUEST_ROOM]; /* its words with a blank between each two */
	bool json;
};

/* What a request is to this program. */
static bool is_stream(const char *request)
{
	return strcmp(request, "monitor") == 0 || strcmp(request, "neigh monitor") == 0;
}

static bool is_probe(const char *request)
{
	return strncmp(request, "neigh probe ", 12) == 0;
}

static bool is_change(const char *request)
{
	return is_probe(request) || strncmp(request, "neigh add ", 10) == 0 ||
	       strncmp(request, "neigh del ", 10) == 0 || strncmp(request, "neigh flush ", 12) == 0;
}

/* A word with a blank or a line's end in it would be two for ipoib-tun. */
static bool add_word(struct ctl_options *chosen, const char *word)
{
	size_t used = strlen(chosen->request);
	size_t length = strlen(word);

	if (length == 0 || word[strcspn(word, " \t\r\n")] != '\0') {
		report("\"%s\" is not a word", word);
		return false;
	}
	if (used + 1 + length >= sizeof(chosen->request)) {
		report("the request is longer than any can be");
		return false;
	}
	snprintf(chosen->request + used, sizeof(chosen->request) - used, "%s%s", used ? " " : "",
		 word);
	return true;
}

static bool take_option(void *options, int id, const char *value)
{
	struct ctl_options *chosen = options;

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
	if (chosen->request[0] != '\0' && strncmp(chosen->request, "neigh", 5) != 0) {
		report("two requests, %s and %s; ask for one at a time", chosen->request, value);
		return false;
	}
	if (chosen->request[0] == '\0' && ctl_text_for(value) == NULL && !is_stream(value)) {
		report("\"%s\" is not " REQUESTS, value);
		return false;
	}
	return add_word(chosen, value);
}

/* The words that may follow neigh; ipoib-tun knows the rest better. */
static bool is_request(const char *request)
{
	if (request[0] == '\0')
		report("ask for " REQUESTS);
	else if (strncmp(request, "neigh ", 6) == 0 && !is_stream(request) && !is_change(request))
		report("\"%s\" is not neigh alone, neigh monitor, neigh add IP LLADDR dev NAME, "
		       "neigh probe IP dev NAME, neigh del IP dev NAME or neigh flush [all] "
		       "dev NAME",
		       request);
	else
		return true;
	return false;
}

static bool read_options(struct ctl_options *chosen, int argc, char **argv, int *status)
{
	*chosen = (struct ctl_options){ .control = NULL };
	if (!options_read(rows, usage, argc, argv, take_option, chosen, status))
		return false;
	if (chosen->control == NULL)
		report("--control PATH is missing: the socket that ipoib-tun was given");
	else if (is_request(chosen->request))
		return true;
	*status = options_hint();
	return false;
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
	if (is_change(chosen->request))
		return true;
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

	report_begin();
	if (argc > 1 && strcmp(argv[1], "fabric") == 0)
		return ctl_fabric(argc - 1, argv + 1);
	if (!read_options(&chosen, argc, argv, &status))
		return status;

	if (is_stream(chosen.request))
		return ctl_monitor(chosen.control, chosen.request, chosen.json);

	uint64_t begun = ipoib_clock_monotonic(NULL);
	json_t *document = ctl_ask(chosen.control, chosen.request);
	bool good = document != NULL && print(&chosen, document);

	json_decref(document);
	if (good && is_probe(chosen.request))
		good = ctl_probe_wait(chosen.control, chosen.request, chosen.json, begun);
	if (fflush(stdout) != 0) {
		report("standard output: %s", error_text(-errno));
		good = false;
	}
	return good ? EXIT_SUCCESS : EXIT_FAILURE;
}
