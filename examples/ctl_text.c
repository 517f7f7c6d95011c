/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "ctl_text.h"

#include <stdio.h>
#include <string.h>

#include "ctl_element.h"
#include "ctl_stats.h"

static bool is_true(const json_t *element, const char *name)
{
	return json_is_true(json_object_get(element, name));
}

/* Milliseconds as seconds; "-" for what never was. */
static void print_seconds(const json_t *element, const char *name)
{
	const json_t *value = json_object_get(element, name);

	if (json_is_integer(value))
		printf("%" JSON_INTEGER_FORMAT, json_integer_value(value) / 1000);
	else
		printf("-");
}

/* " NAME N", only if N is not what goes without saying. */
static void print_unless(const json_t *element, const char *name, json_int_t usual)
{
	json_int_t value = ctl_number(element, name);

	if (value != usual)
		printf(" %s %" JSON_INTEGER_FORMAT, name, value);
}

/* 10.10.1.2 dev ipoib0 lladdr 00:00:00:48:fe:80:... used 0/0/0 probes 1 REACHABLE */
static bool print_neighbour(const json_t *element)
{
	const char *link_address = ctl_string(element, "lladdr");

	printf("%s dev %s", ctl_string(element, "dst"), ctl_string(element, "dev"));
	if (*link_address)
		printf(" lladdr %s", link_address);
	printf(" used ");
	print_seconds(element, "used_ms");
	printf("/");
	print_seconds(element, "confirmed_ms");
	printf("/");
	print_seconds(element, "updated_ms");
	printf(" probes %" JSON_INTEGER_FORMAT, ctl_number(element, "probes"));
	print_unless(element, "mtu", 0);
	if (ctl_number(element, "mtu_told") != 0) {
		printf(" told %" JSON_INTEGER_FORMAT "/", ctl_number(element, "mtu_told"));
		print_seconds(element, "mtu_told_ms");
	}
	print_unless(element, "dlid", 0);
	print_unless(element, "queued", 0);
	print_unless(element, "moves", 0);
	print_unless(element, "flux", 0);
	if (*ctl_string(element, "claimed"))
		printf(" claimed %s", ctl_string(element, "claimed"));
	printf(" %s\n", ctl_string(element, "state"));
	return true;
}

/* 10.10.1.1/24 dev ipoib0 scope global conflicts 1 with 00:00:00:48:fe:80:... retry 3 CONFLICT */
static bool print_binding(const json_t *element)
{
	printf("%s dev %s scope %s", ctl_string(element, "address"), ctl_string(element, "dev"),
	       ctl_string(element, "scope"));
	print_unless(element, "conflicts", 0);
	print_unless(element, "defences", 0);
	if (*ctl_string(element, "conflicting"))
		printf(" with %s", ctl_string(element, "conflicting"));
	if (strcmp(ctl_string(element, "state"), "CONFLICT") == 0) {
		printf(" retry ");
		print_seconds(element, "retry_ms");
	}
	printf(" %s\n", ctl_string(element, "state"));
	return true;
}

/*
 * 10.10.1.2 dev ipoib0 lladdr 00:00:00:48:fe:80:... flux 3 refused 2 minute 1 moves 1 REACHABLE
 *     12 s ago, 2 times: ARP reply for 00:00:00:49:fe:80:... against 00:00:00:48:...: refused
 */
static bool print_flux(const json_t *element)
{
	const json_t *history = json_object_get(element, "history");

	printf("%s dev %s lladdr %s flux %" JSON_INTEGER_FORMAT " refused %" JSON_INTEGER_FORMAT
	       " minute %" JSON_INTEGER_FORMAT " moves %" JSON_INTEGER_FORMAT " %s\n",
	       ctl_string(element, "dst"), ctl_string(element, "dev"),
	       ctl_string(element, "lladdr"), ctl_number(element, "flux"),
	       ctl_number(element, "flux_refused"), ctl_number(element, "flux_minute"),
	       ctl_number(element, "moves"), ctl_string(element, "state"));
	for (size_t i = 0; i < json_array_size(history); i++) {
		const json_t *record = json_array_get(history, i);

		printf("    ");
		print_seconds(record, "age_ms");
		printf(" s ago, %" JSON_INTEGER_FORMAT " times: %s for %s against %s: %s\n",
		       ctl_number(record, "count"), ctl_string(record, "claim"),
		       ctl_string(record, "claimed"), ctl_string(record, "held"),
		       ctl_string(record, "verdict"));
	}
	return true;
}

/* 00:00:00:48:fe:80:... dev ipoib0 out mtu 65520 neighbours 1 outstanding 0 used 0 UP */
static bool print_connection(const json_t *element)
{
	printf("%s dev %s %s", ctl_string(element, "peer"), ctl_string(element, "dev"),
	       ctl_string(element, "direction"));
	if (strcmp(ctl_string(element, "service"), "linux") != 0)
		printf(" service %s", ctl_string(element, "service"));
	print_unless(element, "mtu", 0);
	print_unless(element, "neighbours", 0);
	printf(" outstanding %" JSON_INTEGER_FORMAT " used ", ctl_number(element, "outstanding"));
	print_seconds(element, "used_ms");
	if (ctl_number(element, "failures") != 0) {
		printf(" failures %" JSON_INTEGER_FORMAT " hold ", ctl_number(element, "failures"));
		print_seconds(element, "hold_ms");
	}
	if (json_is_string(json_object_get(element, "ended"))) {
		printf(" ended %s ", ctl_string(element, "ended"));
		print_seconds(element, "ended_ms");
		printf(" ago");
	}
	printf(" %s\n", ctl_string(element, "state"));
	return true;
}

/* fe80::2:c903:0:12 dev ipoib0 dlid 3 mtu 2048 rate 10000 Mbit/s sl 0 neighbours 1 age 12 VALID */
static bool print_path(const json_t *element)
{
	printf("%s dev %s", ctl_string(element, "dgid"), ctl_string(element, "dev"));
	if (ctl_number(element, "dlid") != 0)
		printf(" dlid %" JSON_INTEGER_FORMAT " mtu %" JSON_INTEGER_FORMAT
		       " rate %" JSON_INTEGER_FORMAT "Mbit sl %" JSON_INTEGER_FORMAT,
		       ctl_number(element, "dlid"), ctl_number(element, "mtu"),
		       ctl_number(element, "rate_mbps"), ctl_number(element, "sl"));
	print_unless(element, "hop_limit", 0);
	printf(" neighbours %" JSON_INTEGER_FORMAT " age ", ctl_number(element, "neighbours"));
	print_seconds(element, "age_ms");
	if (ctl_number(element, "failures") != 0) {
		printf(" failures %" JSON_INTEGER_FORMAT " hold ", ctl_number(element, "failures"));
		print_seconds(element, "hold_ms");
	}
	printf(" %s\n", ctl_string(element, "state"));
	return true;
}

/*
 * ff12:401b:ffff::ffff:ffff dev ipoib0 mlid 0xc000 qkey 0xb1b mtu 2048 members 0 broadcast JOINED
 */
static bool print_group(const json_t *element)
{
	printf("%s dev %s", ctl_string(element, "mgid"), ctl_string(element, "dev"));
	if (ctl_number(element, "mlid") != 0)
		printf(" mlid 0x%04x qkey 0x%x mtu %" JSON_INTEGER_FORMAT,
		       (unsigned)ctl_number(element, "mlid"),
		       (unsigned)ctl_number(element, "qkey"), ctl_number(element, "mtu"));
	printf(" members %" JSON_INTEGER_FORMAT, ctl_number(element, "members"));
	if (is_true(element, "broadcast"))
		printf(" broadcast");
	if (is_true(element, "send_only"))
		printf(" send-only");
	print_unless(element, "queued", 0);
	if (ctl_number(element, "failures") != 0) {
		printf(" failures %" JSON_INTEGER_FORMAT " retry ",
		       ctl_number(element, "failures"));
		print_seconds(element, "retry_ms");
	}
	printf(" %s\n", ctl_string(element, "state"));
	return true;
}

/* The end of a line: " limited" or " none"; of a full member nothing is to be said. */
static void print_membership(const char *membership)
{
	if (*membership && strcmp(membership, "full") != 0)
		printf(" %s", membership);
	printf("\n");
}

/* Those that are out of those that there may be; of an ipoib-tun that does not tell, nothing. */
static void print_buffers(const json_t *element)
{
	if (ctl_number(element, "buffers") == 0)
		return;
	printf("    buffers %" JSON_INTEGER_FORMAT "/%" JSON_INTEGER_FORMAT,
	       ctl_number(element, "buffers_out"), ctl_number(element, "buffers"));
	if (ctl_number(element, "connected_buffers") != 0)
		printf(" connected %" JSON_INTEGER_FORMAT "/%" JSON_INTEGER_FORMAT,
		       ctl_number(element, "connected_buffers_out"),
		       ctl_number(element, "connected_buffers"));
	printf("\n");
}

/* In the manner of `ip address`. */
static bool print_interface(const json_t *element)
{
	const json_t *addresses = json_object_get(element, "addresses");

	printf("%s: <%s%s> mtu %" JSON_INTEGER_FORMAT " port %s\n", ctl_string(element, "dev"),
	       is_true(element, "up") ? "UP" : "DOWN",
	       is_true(element, "port_active") ? ",PORT_ACTIVE" : "", ctl_number(element, "mtu"),
	       ctl_string(element, "port"));
	printf("    link/infiniband %s\n", ctl_string(element, "lladdr"));
	printf("    gid %s lid %" JSON_INTEGER_FORMAT " sm_lid %" JSON_INTEGER_FORMAT
	       " qpn 0x%06x pkey 0x%04x",
	       ctl_string(element, "gid"), ctl_number(element, "lid"),
	       ctl_number(element, "sm_lid"), (unsigned)ctl_number(element, "qpn"),
	       (unsigned)ctl_number(element, "pkey"));
	print_membership(ctl_string(element, "membership"));
	printf("    broadcast %s mlid 0x%04x qkey 0x%x mtu %" JSON_INTEGER_FORMAT
	       " sl %" JSON_INTEGER_FORMAT " rate %" JSON_INTEGER_FORMAT "Mbit\n",
	       ctl_string(element, "broadcast"), (unsigned)ctl_number(element, "mlid"),
	       (unsigned)ctl_number(element, "qkey"), ctl_number(element, "group_mtu"),
	       ctl_number(element, "sl"), ctl_number(element, "rate_mbps"));
	printf("    mode %s neighbours %" JSON_INTEGER_FORMAT "\n", ctl_string(element, "mode"),
	       ctl_number(element, "neighbours"));
	print_buffers(element);
	for (size_t i = 0; i < json_array_size(addresses); i++) {
		const char *text = json_string_value(json_array_get(addresses, i));

		printf("    %s %s\n", text && strchr(text, ':') ? "inet6" : "inet",
		       text ? text : "");
	}
	return true;
}

ctl_text *ctl_text_for(const char *request)
{
	static const struct {
		const char *request;
		ctl_text *text;
	} rows[] = {
		{ "neigh", print_neighbour },     { "conn", print_connection },
		{ "path", print_path },           { "multicast", print_group },
		{ "interface", print_interface }, { "stats", ctl_stats_text },
		{ "address", print_binding },     { "flux", print_flux },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (strcmp(rows[i].request, request) == 0)
			return rows[i].text;
	return NULL;
}
