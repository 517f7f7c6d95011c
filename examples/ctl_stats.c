/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "ctl_stats.h"

#include <stdio.h>

#include "ctl_element.h"

static void print_counter(const char *prefix, const char *name, json_int_t value)
{
	int width = 28 - (int)snprintf(NULL, 0, "%s", prefix);

	printf("        %s%-*s %12" JSON_INTEGER_FORMAT "\n", prefix, width, name, value);
}

/*
 * Counters in the order in which the library declares them; an object in it is a group of its own.
 */
static void print_group(const json_t *element, const char *name)
{
	json_t *group = json_object_get(element, name);

	printf("    %s\n", name);
	for (void *at = json_object_iter(group); at; at = json_object_iter_next(group, at)) {
		json_t *value = json_object_iter_value(at);
		const char *key = json_object_iter_key(at);

		if (json_is_integer(value))
			print_counter("", key, json_integer_value(value));
		for (void *in = json_object_iter(value); in;
		     in = json_object_iter_next(value, in))
			print_counter("dropped: ", json_object_iter_key(in),
				      json_integer_value(json_object_iter_value(in)));
	}
}

static json_int_t sum_of(json_t *group)
{
	json_int_t sum = 0;

	for (void *at = json_object_iter(group); at; at = json_object_iter_next(group, at))
		sum += json_integer_value(json_object_iter_value(at));
	return sum;
}

/* <ipoib/statistics.h>: every packet ends in exactly one counter. */
static bool print_law(const json_t *element)
{
	const json_t *send = json_object_get(element, "send");
	const json_t *receive = json_object_get(element, "receive");
	json_int_t accepted = ctl_number(send, "accepted");
	json_int_t sent = ctl_number(send, "sent");
	json_int_t queued = ctl_number(send, "queued");
	json_int_t send_dropped = sum_of(json_object_get(send, "dropped"));
	json_int_t received = ctl_number(receive, "received");
	json_int_t delivered = ctl_number(receive, "delivered");
	json_int_t control = ctl_number(receive, "control_received");
	json_int_t receive_dropped = sum_of(json_object_get(receive, "dropped"));
	bool holds = accepted == sent + send_dropped + queued &&
		     received == delivered + control + receive_dropped;

	printf("    conservation law %s: accepted %" JSON_INTEGER_FORMAT
	       " = sent %" JSON_INTEGER_FORMAT " + dropped %" JSON_INTEGER_FORMAT
	       " + queued %" JSON_INTEGER_FORMAT "; received %" JSON_INTEGER_FORMAT
	       " = delivered %" JSON_INTEGER_FORMAT " + control %" JSON_INTEGER_FORMAT
	       " + dropped %" JSON_INTEGER_FORMAT "\n",
	       holds ? "holds" : "IS BROKEN", accepted, sent, send_dropped, queued, received,
	       delivered, control, receive_dropped);
	return holds;
}

bool ctl_stats_text(const json_t *element)
{
	printf("%s: <%s> mtu %" JSON_INTEGER_FORMAT " port %s\n", ctl_string(element, "dev"),
	       json_is_true(json_object_get(element, "up")) ? "UP" : "DOWN",
	       ctl_number(element, "mtu"), ctl_string(element, "port"));
	print_group(element, "send");
	print_group(element, "receive");
	print_group(element, "control");
	print_group(element, "device");
	print_group(element, "program");
	return print_law(element);
}
