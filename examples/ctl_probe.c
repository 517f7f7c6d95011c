/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "ctl_probe.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include <ipoib/context.h>
#include <ipoib/types.h>
#include <jansson.h>

#include "ctl_connect.h"
#include "ctl_element.h"
#include "report.h"

#define MS UINT64_C(1000000)
/* Between two looks. */
#define LOOK_NS (50 * MS)
/* Three questions by unicast and three by multicast take seven seconds; and a slow machine. */
#define PATIENCE_NS (20000 * MS)

struct probe {
	struct ipoib_ip ip;
	char text[64], dev[32];
};

/* ipoib-tun has understood it: it is what it should be. */
static bool read_request(struct probe *probe, const char *request)
{
	return sscanf(request, "neigh probe %63s dev %31s", probe->text, probe->dev) == 2 &&
	       ipoib_ip_parse(&probe->ip, probe->text) == 0;
}

/* Its entry in the neighbour table, or NULL. */
static const json_t *entry_of(const struct probe *probe, const json_t *document)
{
	const json_t *element;
	size_t i;

	json_array_foreach(document, i, element) {
		struct ipoib_ip ip;

		if (ipoib_ip_parse(&ip, ctl_string(element, "dst")) == 0 &&
		    ipoib_ip_equal(&ip, &probe->ip) &&
		    strcmp(ctl_string(element, "dev"), probe->dev) == 0)
			return element;
	}
	return NULL;
}

/* Whether it has answered since it was asked, so many milliseconds ago. */
static bool has_answered(const json_t *entry, uint64_t ago)
{
	const json_t *confirmed = json_object_get(entry, "confirmed_ms");

	return strcmp(ctl_string(entry, "state"), "REACHABLE") == 0 &&
	       json_is_integer(confirmed) && (uint64_t)json_integer_value(confirmed) <= ago;
}

/* 10.10.1.2 dev ipoib0 lladdr 00:00:00:48:fe:80:... answers after 1 ms */
static void print_answer(const struct probe *probe, const json_t *entry, uint64_t ago, bool json)
{
	uint64_t after = ago - (uint64_t)ctl_number(entry, "confirmed_ms");

	if (json) {
		json_t *document = json_pack("[{s:O, s:O, s:O, s:I}]", "dst",
					     json_object_get(entry, "dst"), "dev",
					     json_object_get(entry, "dev"), "lladdr",
					     json_object_get(entry, "lladdr"), "after_ms",
					     (json_int_t)after);

		json_dumpf(document, stdout, JSON_INDENT(2));
		putchar('\n');
		json_decref(document);
		return;
	}
	printf("%s dev %s lladdr %s answers after %llu ms\n", probe->text, probe->dev,
	       ctl_string(entry, "lladdr"), (unsigned long long)after);
}

/* One look: 1: it has answered, and that is printed; 0: not yet; -1: it will not. */
static int look(const struct probe *probe, const char *control, bool json, uint64_t begun)
{
	json_t *document = ctl_ask(control, "neigh");
	uint64_t ago = (ipoib_clock_monotonic(NULL) - begun) / MS;
	const json_t *entry;
	int status = 0;

	if (document == NULL)
		return -1;
	entry = entry_of(probe, document);
	if (entry != NULL && has_answered(entry, ago)) {
		print_answer(probe, entry, ago, json);
		status = 1;
	} else if (entry == NULL || strcmp(ctl_string(entry, "state"), "FAILED") == 0) {
		report("%s dev %s: no answer", probe->text, probe->dev);
		status = -1;
	}
	json_decref(document);
	return status;
}

bool ctl_probe_wait(const char *control, const char *request, bool json, uint64_t begun)
{
	const struct timespec pause = { .tv_nsec = (long)LOOK_NS };
	struct probe probe;

	if (!read_request(&probe, request)) {
		report("\"%s\" is not neigh probe IP dev NAME", request);
		return false;
	}
	do {
		nanosleep(&pause, NULL);

		int status = look(&probe, control, json, begun);

		if (status != 0)
			return status > 0;
	} while (ipoib_clock_monotonic(NULL) - begun < PATIENCE_NS);
	report("%s dev %s: no answer for %llu s", probe.text, probe.dev,
	       (unsigned long long)(PATIENCE_NS / (1000 * MS)));
	return false;
}
