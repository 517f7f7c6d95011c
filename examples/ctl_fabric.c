/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "ctl_fabric.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <jansson.h>

#include "ctl_element.h"
#include "fabric_command.h"
#include "local_socket.h"
#include "options.h"
#include "report.h"

static const char usage[] =
	"Usage: ipoib-ctl fabric --socket PATH [-j] COMMAND...\n"
	"Injects faults into a running ipoib-fabric, and looks at it.\n"
	"\n"
	"  --socket PATH     the socket that ipoib-fabric was given with --socket\n"
	"  -j, --json        the answer as JSON\n"
	"  -h, --help        this text\n"
	"  -V, --version     the version\n"
	"\n"
	"PORT is host1/1, host1/2, ..., or process1, ... without a name; all is every port, and\n"
	"sm the frames of the subnet manager. Commands:\n"
	"  link PORT|all up|down             takes links down, or brings them up\n"
	"  lids                              every port gets another LID\n"
	"  lid PORT [LID]                    one port gets another LID, and only it is told\n"
	"  sm restart                        another subnet manager takes over: groups are gone\n"
	"  sm move                           the same, and every port gets another LID\n"
	"  sm stop|start                     it dies; it returns, and has forgotten the groups\n"
	"  reregister [PORT]                 ports are asked to register with the SA again\n"
	"  pkey PORT|all set INDEX VALUE     one entry of P_Key tables; 0 empties it\n"
	"  pkey PORT|all table V,V,...       whole P_Key tables\n"
	"  gid PORT GID                      another GID\n"
	"  gid PORT|all prefix PREFIX        another subnet prefix\n"
	"  loss PORT|all|sm PPM|PERCENT%     frames lost\n"
	"  duplicate PORT|all|sm PPM|PERCENT%\n"
	"                                    frames delivered twice\n"
	"  reorder PORT|all|sm PPM|PERCENT% [MICROSECONDS]\n"
	"                                    frames held back (1000 microseconds)\n"
	"  delay PORT|all|sm MICROSECONDS [JITTER]\n"
	"                                    frames that take so long, and up to the jitter more\n"
	"  cm-loss PORT|all|sm PPM|PERCENT% [KIND,KIND,...]\n"
	"                                    connection messages lost: req, mra, rej, rep, rtu,\n"
	"                                    dreq, drep, or each of them\n"
	"  sa silent|busy|slow MILLISECONDS|normal\n"
	"                                    how the subnet administrator answers\n"
	"  status                            ports and counters\n";

enum { OPTION_SOCKET = 1, OPTION_JSON };

static const struct option_row rows[] = {
	{ OPTION_SOCKET, "socket", 0, true },
	{ OPTION_JSON, "json", 'j', false },
	OPTION_ROWS_COMMON,
	{ 0, NULL, 0, false },
};

/* A program that answers at all answers at once. */
#define PATIENCE_SECONDS 5

struct fabric_options {
	const char *socket;
	bool json;
	char line[FABRIC_LINE_ROOM]; /* the command, with its line's end */
};

/* ---- the command line ---- */

static int hint(void)
{
	fprintf(stderr, "Try '%s fabric --help'.\n", program_name);
	return EXIT_USAGE;
}

static bool add_word(struct fabric_options *chosen, const char *word)
{
	size_t length = strlen(chosen->line), more = strlen(word);

	/* A blank before it, a line's end and a zero behind it. */
	if (word[strcspn(word, " \t\r\n")] != '\0' || more == 0) {
		report("\"%s\" is no word of a command", word);
		return false;
	}
	if (length + more + 3 > sizeof(chosen->line)) {
		report("the command is longer than any is");
		return false;
	}
	snprintf(chosen->line + length, sizeof(chosen->line) - length, "%s%s", length ? " " : "",
		 word);
	return true;
}

static bool take_option(struct fabric_options *chosen, int id, const char *value)
{
	switch (id) {
	case OPTION_SOCKET:
		chosen->socket = value;
		return true;
	case OPTION_JSON:
		chosen->json = true;
		return true;
	default:
		return add_word(chosen, value);
	}
}

static bool check(struct fabric_options *chosen)
{
	struct fabric_command command;
	char error[FABRIC_ERROR_ROOM];

	if (chosen->socket == NULL)
		report("--socket PATH is missing: the socket that ipoib-fabric was given");
	else if (chosen->line[0] == '\0')
		report("a command is missing: link, lids, lid, sm, reregister, pkey, gid, loss, "
		       "duplicate, reorder, delay, cm-loss, sa or status");
	else if (!fabric_command_read(&command, chosen->line, error))
		report("%s", error);
	else
		return true;
	return false;
}

/* Returns true, or false with the exit status. */
static bool read_options(struct fabric_options *chosen, int argc, char **argv, int *status)
{
	struct options options;
	int id;

	*chosen = (struct fabric_options){ .socket = NULL };
	options_begin(&options, rows, usage, argc, argv);
	while ((id = options_next(&options)) != OPTIONS_END) {
		if (id == OPTIONS_EXIT) {
			*status = options.status;
			return false;
		}
		if (!take_option(chosen, id, options.value)) {
			*status = hint();
			return false;
		}
	}
	*status = EXIT_SUCCESS;
	if (check(chosen)) {
		strcat(chosen->line, "\n");
		return true;
	}
	*status = hint();
	return false;
}

/* ---- asking ---- */

static int open_control(const char *socket_path)
{
	struct timeval patience = { .tv_sec = PATIENCE_SECONDS };
	char path[FABRIC_PATH_ROOM];
	int fd = fabric_control_path(path, socket_path) ? local_connect(path) : -ENAMETOOLONG;

	if (fd == -ENOENT)
		report("--socket %s: there is no control socket %s; was an ipoib-fabric started "
		       "with \"--socket %s\"?",
		       socket_path, path, socket_path);
	else if (fd == -ECONNREFUSED)
		report("--socket %s: nobody listens at %s; ipoib-fabric has ended", socket_path,
		       path);
	else if (fd < 0)
		report("--socket %s: %s", socket_path, error_text(fd));
	if (fd >= 0) {
		setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
		setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
	}
	return fd;
}

/* The document, or NULL after a message. */
static json_t *ask(const struct fabric_options *chosen)
{
	int fd = open_control(chosen->socket);
	FILE *stream = fd < 0 ? NULL : fdopen(fd, "r");
	size_t length = strlen(chosen->line);
	json_t *document = NULL;

	if (stream == NULL) {
		if (fd >= 0)
			close(fd);
		return NULL;
	}
	/* Shorter than any socket's buffer: it goes at once or not at all. */
	if (send(fd, chosen->line, length, MSG_NOSIGNAL) == (ssize_t)length)
		document = json_loadf(stream, 0, NULL);
	if (!json_is_object(document)) {
		report("--socket %s: no whole answer; is it an ipoib-fabric, and does it run?",
		       chosen->socket);
		json_decref(document);
		document = NULL;
	}
	fclose(stream);
	return document;
}

/* ---- text ---- */

static json_int_t fault(const json_t *element, const char *name)
{
	return ctl_number(json_object_get(element, "faults"), name);
}

static void print_fault(const json_t *element, const char *name, const char *text,
			const char *unit)
{
	json_int_t value = fault(element, name);

	if (value > 0)
		printf(" %s %" JSON_INTEGER_FORMAT "%s", text, value, unit);
}

static void print_cm_kinds(const json_t *faults)
{
	const json_t *kinds = json_object_get(faults, "cm_kinds");

	for (size_t i = 0; i < json_array_size(kinds); i++)
		printf("%s%s", i ? "," : " ", json_string_value(json_array_get(kinds, i)));
}

/* Only what is not as it should be. */
static void print_faults(const json_t *element)
{
	const json_t *faults = json_object_get(element, "faults");

	print_fault(element, "loss_ppm", "loss", "ppm");
	print_fault(element, "duplicate_ppm", "duplicate", "ppm");
	print_fault(element, "reorder_ppm", "reorder", "ppm");
	print_fault(element, "delay_us", "delay", "us");
	print_fault(element, "jitter_us", "jitter", "us");
	print_fault(element, "cm_loss_ppm", "cm-loss", "ppm");
	if (fault(element, "cm_loss_ppm") > 0)
		print_cm_kinds(faults);
	if (json_is_true(json_object_get(faults, "sa_silent")))
		fputs(" sa silent", stdout);
	if (json_is_true(json_object_get(faults, "sa_busy")))
		fputs(" sa busy", stdout);
	print_fault(element, "sa_delay_us", "sa slow", "us");
}

static void print_port(const json_t *port)
{
	const json_t *pkeys = json_object_get(port, "pkeys");

	printf("%s %s %s lid %" JSON_INTEGER_FORMAT " gid %s mtu %" JSON_INTEGER_FORMAT " pkeys ",
	       ctl_string(port, "port"),
	       json_is_true(json_object_get(port, "attached")) ? "attached" : "free",
	       json_is_true(json_object_get(port, "up")) ? "up" : "down", ctl_number(port, "lid"),
	       ctl_string(port, "gid"), ctl_number(port, "mtu"));
	for (size_t i = 0; i < json_array_size(pkeys); i++)
		printf("%s%s", i ? "," : "", json_string_value(json_array_get(pkeys, i)));
	if (json_array_size(pkeys) == 0)
		fputs("none", stdout);
	print_faults(port);
	putchar('\n');
}

static void print_counters(const json_t *counters)
{
	static const char *const names[] = { "frames",	  "copies", "delivered",
					     "in_flight", "mads",   "groups" };
	static const char *const reasons[] = { "fault", "link", "route", "full", "bad",
					       "multicast", "late" };
	const json_t *dropped = json_object_get(counters, "dropped");

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		printf("%s%s %" JSON_INTEGER_FORMAT, i ? " " : "", names[i],
		       ctl_number(counters, names[i]));
	fputs("\ndropped:", stdout);
	for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++)
		printf(" %s %" JSON_INTEGER_FORMAT, reasons[i], ctl_number(dropped, reasons[i]));
	putchar('\n');
}

static void print_status(const json_t *document)
{
	const json_t *manager = json_object_get(document, "sm");
	const json_t *ports = json_object_get(document, "ports");

	if (json_is_true(json_object_get(manager, "running")))
		printf("sm lid %" JSON_INTEGER_FORMAT, ctl_number(manager, "lid"));
	else if (json_is_true(json_object_get(manager, "external")))
		fputs("sm not seen", stdout);
	else
		fputs("sm dead", stdout);
	print_faults(manager);
	putchar('\n');
	print_counters(json_object_get(document, "counters"));
	for (size_t i = 0; i < json_array_size(ports); i++)
		print_port(json_array_get(ports, i));
}

/* ---- the whole ---- */

/* A command that was done has nothing to say but as JSON. */
static bool print(const struct fabric_options *chosen, const json_t *document)
{
	if (json_object_get(document, "error") != NULL) {
		report("%s", ctl_string(document, "error"));
		return false;
	}
	if (chosen->json) {
		json_dumpf(document, stdout, JSON_INDENT(2));
		putchar('\n');
	} else if (json_object_get(document, "ports") != NULL) {
		print_status(document);
	}
	return true;
}

int ctl_fabric(int argc, char **argv)
{
	struct fabric_options chosen;
	int status;

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
