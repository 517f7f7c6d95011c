/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "tun_json_stats.h"

#include "report.h"
#include "tun_port.h"

/* A counter of struct ipoib_statistics under its own name. */
struct counter {
	const char *name;
	size_t offset;
};

#define COUNTER(member) { #member, offsetof(struct ipoib_statistics, member) }

static const struct counter send_counters[] = {
	COUNTER(accepted),
	COUNTER(sent),
	COUNTER(sent_octets),
	COUNTER(sent_connected),
	COUNTER(fragmented),
	COUNTER(fragments),
	COUNTER(queued),
	COUNTER(refused_too_big),
	COUNTER(refused_no_room),
	COUNTER(refused_link_down),
	COUNTER(refused_unreachable),
	COUNTER(refused_other),
};

static const struct counter receive_counters[] = {
	COUNTER(received),
	COUNTER(received_connected),
	COUNTER(delivered),
	COUNTER(delivered_octets),
	COUNTER(control_received),
	COUNTER(receive_starved),
};

static const struct counter control_counters[] = {
	COUNTER(control_sent),
	COUNTER(control_failed),
	COUNTER(arp_requests_sent),
	COUNTER(arp_requests_received),
	COUNTER(arp_replies_sent),
	COUNTER(arp_replies_received),
	COUNTER(arp_malformed),
	COUNTER(neighbours_moved),
	COUNTER(path_queries),
	COUNTER(path_failures),
	COUNTER(joins),
	COUNTER(join_failures),
	COUNTER(connections_asked),
	COUNTER(connections_failed),
	COUNTER(connections_taken),
	COUNTER(connections_refused),
	COUNTER(connections_no_room),
	COUNTER(connections_gave_way),
	COUNTER(connections_waited),
	COUNTER(connections_unserved),
	COUNTER(icmp_errors),
	COUNTER(icmp_errors_limited),
	COUNTER(link_ups),
	COUNTER(events_lost),
	COUNTER(arp_ignored),
	COUNTER(announcements_sent),
	COUNTER(address_probes_sent),
	COUNTER(address_conflicts),
	COUNTER(own_heard),
	COUNTER(flux_claims),
	COUNTER(flux_refused),
	COUNTER(neighbours_collected),
	COUNTER(neighbours_refused),
	COUNTER(nd_solicitations_sent),
	COUNTER(nd_solicitations_received),
	COUNTER(nd_advertisements_sent),
	COUNTER(nd_advertisements_received),
	COUNTER(nd_malformed),
	COUNTER(nd_padded_at_end),
	COUNTER(paths_stale),
	COUNTER(connections_foreign),
};

static json_t *number(uint64_t value)
{
	return json_integer((json_int_t)value);
}

static json_t *group(const struct ipoib_statistics *statistics, const struct counter *counters,
		     size_t count)
{
	json_t *object = json_object();

	for (size_t i = 0; i < count; i++) {
		const char *at = (const char *)statistics + counters[i].offset;

		json_object_set_new(object, counters[i].name, number(*(const uint64_t *)at));
	}
	return object;
}

#define GROUP(statistics, counters)                                                                \
	group(statistics, counters, sizeof(counters) / sizeof((counters)[0]))

/*
 * Every reason that the library names. One that is younger than this program's headers has a name
 * too, because the library is the one that is asked.
 */
static json_t *drops(const uint64_t *counters, const char *(*name_of)(unsigned reason))
{
	json_t *object = json_object();

	for (unsigned reason = 0; reason < IPOIB_DROPS_MAX; reason++) {
		const char *name = name_of(reason);

		if (name)
			json_object_set_new(object, name, number(counters[reason]));
	}
	return object;
}

static json_t *device_of(const struct tun_port *port)
{
	const struct tun_port_counters *device = &port->counters;

	return json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "read",
			 (json_int_t)device->read, "read_other",
			 (json_int_t)device->read_other, "read_blocked",
			 (json_int_t)device->read_blocked, "read_starved",
			 (json_int_t)device->read_starved, "written",
			 (json_int_t)device->written, "write_failed",
			 (json_int_t)device->write_failed, "write_other",
			 (json_int_t)device->write_other, "groups", (json_int_t)port->groups.count,
			 "groups_refused", (json_int_t)port->groups.refused, "mtu_told",
			 (json_int_t)device->mtu_told, "mtu_taken_out",
			 (json_int_t)device->mtu_taken_out);
}

void tun_json_add_statistics(json_t *array, const struct tun_port *port)
{
	struct ipoib_statistics statistics = { .size = sizeof(statistics) };
	struct ipoib_interface_info info = { .size = sizeof(info) };

	ipoib_interface_statistics(port->interface, &statistics);
	ipoib_interface_info(port->interface, &info);

	json_t *send = GROUP(&statistics, send_counters);
	json_t *receive = GROUP(&statistics, receive_counters);

	json_object_set_new(send, "dropped", drops(statistics.send_dropped, ipoib_send_drop_name));
	json_object_set_new(receive, "dropped",
			    drops(statistics.receive_dropped, ipoib_receive_drop_name));
	json_array_append_new(
		array,
		json_pack("{s:s, s:s, s:b, s:i, s:o, s:o, s:o, s:o, s:{s:I}}", "dev",
			  port->device.name, "port", info.port, "up", (int)info.up, "mtu",
			  (int)info.mtu, "send", send, "receive", receive, "control",
			  GROUP(&statistics, control_counters), "device", device_of(port),
			  "program", "lines_lost", (json_int_t)report_lost()));
}
