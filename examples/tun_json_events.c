/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "tun_json_events.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "report.h"
#include "tun_json_values.h"
#include "tun_port.h"

/* "2026-11-22T13:01:42.123Z", as people compare it with other logs. */
#define TIME_TEXT 32

/*
 * The beginning of every line. The library's clock is monotonic and orders events to the
 * nanosecond; the system's is read here, as a callback comes at once.
 */
static json_t *begin(const char *what, const struct tun_port *port, uint64_t monotonic)
{
	struct timespec now = { .tv_sec = 0 };
	struct tm utc = { .tm_year = 0 };
	char date[TIME_TEXT] = "";
	char text[TIME_TEXT + sizeof(".123Z")];

	clock_gettime(CLOCK_REALTIME, &now);
	gmtime_r(&now.tv_sec, &utc);
	strftime(date, sizeof(date), "%Y-%m-%dT%H:%M:%S", &utc);
	snprintf(text, sizeof(text), "%s.%03uZ", date, (unsigned)(now.tv_nsec / 1000000) % 1000);
	return json_pack("{s:s, s:I, s:s, s:s}", "time", text, "monotonic_ns",
			 (json_int_t)monotonic, "event", what, "dev", port->device.name);
}

static void add_text(json_t *object, const char *name, const char *text)
{
	if (text)
		json_object_set_new(object, name, json_string(text));
}

static void add_number(json_t *object, const char *name, uint64_t value)
{
	if (value != 0)
		json_object_set_new(object, name, json_integer((json_int_t)value));
}

static void add_ip(json_t *object, const struct ipoib_ip *ip)
{
	char text[IPOIB_IP_TEXT];

	if (ip->family != 0)
		add_text(object, "dst", ipoib_ip_format(ip, text));
}

static void add_gid(json_t *object, const struct ipoib_gid *gid)
{
	static const struct ipoib_gid none;
	char text[IPOIB_IP_TEXT];

	if (memcmp(gid, &none, sizeof(none)) != 0)
		add_text(object, "gid", ipoib_gid_format(gid, text));
}

static void add_lladdr(json_t *object, const char *name, const struct ipoib_link_address *address)
{
	static const struct ipoib_link_address none;
	char text[IPOIB_LINK_ADDRESS_TEXT];

	if (memcmp(address, &none, sizeof(none)) != 0)
		add_text(object, name, ipoib_link_address_format(address, text));
}

json_t *tun_json_event(const struct tun_port *port, const struct ipoib_event *event)
{
	const char *name = ipoib_event_name(event->type);
	json_t *object = begin(name ? name : "?", port, event->time);

	add_ip(object, &event->ip);
	add_gid(object, &event->gid);
	add_lladdr(object, "lladdr", &event->link_address);
	add_lladdr(object, "old_lladdr", &event->old_link_address);
	if (event->type == IPOIB_EVENT_CONNECTION_LOST)
		add_text(object, "reason", ipoib_connection_end_name(event->detail));
	else if (event->detail)
		add_text(object, "claim", ipoib_claim_name(event->detail));
	if (event->verdict)
		add_text(object, "verdict", ipoib_flux_verdict_name(event->verdict));
	add_number(object, "count", event->count);
	add_number(object, "mtu", event->mtu);
	add_number(object, "lid", event->lid);
	add_number(object, "sm_lid", event->sm_lid);
	if (event->type == IPOIB_EVENT_MEMBERSHIP) {
		add_number(object, "pkey", port->options->pkey);
		add_text(object, "membership", ipoib_pkey_membership_name(event->membership));
	}
	if (event->status)
		add_text(object, "status", error_text(event->status));
	return object;
}

json_t *tun_json_change(const struct tun_port *port, const struct ipoib_neighbour_change *change)
{
	json_t *object = begin("neighbour", port, change->time);

	add_ip(object, &change->ip);
	add_lladdr(object, "lladdr", &change->link_address);
	add_text(object, "state", ipoib_neighbour_state_name(change->state));
	if (change->type == IPOIB_NEIGHBOUR_REMOVED)
		json_object_set_new(object, "deleted", json_true());
	return object;
}
