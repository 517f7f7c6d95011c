/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "tun_json.h"

#include <string.h>

#include "tun_json_neigh.h"
#include "tun_json_stats.h"
#include "tun_json_values.h"
#include "tun_port.h"

static void add_paths(json_t *array, const struct tun_port *port)
{
	struct ipoib_path_info info = { .size = sizeof(info) };
	uint64_t cursor = 0;
	char gid[IPOIB_IP_TEXT];

	while (ipoib_path_next(port->interface, &cursor, &info) == 1)
		json_array_append_new(
			array,
			json_pack("{s:s, s:s, s:o, s:i, s:i, s:i, s:i, s:i, s:i, s:i, s:o, s:o}",
				  "dgid", ipoib_gid_format(&info.dgid, gid), "dev",
				  port->device.name, "state",
				  tun_json_name(ipoib_path_state_name(info.state)), "dlid",
				  (int)info.dlid, "mtu", (int)info.mtu, "rate_mbps",
				  (int)info.rate_mbps, "sl", (int)info.sl, "hop_limit",
				  (int)info.hop_limit, "failures", (int)info.failures,
				  "neighbours", (int)info.neighbours, "age_ms",
				  tun_json_ms(info.age_ns), "hold_ms",
				  tun_json_ms(info.hold_ns)));
}

/* Seen from here: who made it is who sends by it, unless it is for both. */
static const char *direction_of(const struct ipoib_connection_info *info)
{
	if (info->both)
		return "both";
	return info->state == IPOIB_CONNECTION_TAKEN ? "in" : "out";
}

static json_t *end_of(const struct ipoib_connection_info *info)
{
	return info->ended == IPOIB_CONNECTION_END_NONE ?
		       json_null() :
		       tun_json_name(ipoib_connection_end_name(info->ended));
}

static void add_connections(json_t *array, const struct tun_port *port)
{
	struct ipoib_connection_info info = { .size = sizeof(info) };
	uint64_t cursor = 0;
	char peer[IPOIB_LINK_ADDRESS_TEXT];

	while (ipoib_connection_next(port->interface, &cursor, &info) == 1)
		json_array_append_new(
			array,
			json_pack("{s:s, s:s, s:o, s:s, s:s, s:i, s:i, s:i, s:i, s:o, s:o, s:o, "
				  "s:o}",
				  "peer", ipoib_link_address_format(&info.peer, peer), "dev",
				  port->device.name, "state",
				  tun_json_name(ipoib_connection_state_name(info.state)),
				  "direction", direction_of(&info), "service",
				  info.rfc ? "rfc4755" : "linux", "mtu", (int)info.mtu,
				  "neighbours", (int)info.neighbours, "outstanding",
				  (int)info.outstanding, "failures", (int)info.failures,
				  "used_ms", tun_json_ms(info.used_ns), "hold_ms",
				  tun_json_ms(info.hold_ns), "ended",
				  end_of(&info), "ended_ms", tun_json_ms(info.ended_ns)));
}

static void add_groups(json_t *array, const struct tun_port *port)
{
	struct ipoib_multicast_info info = { .size = sizeof(info) };
	uint64_t cursor = 0;
	char gid[IPOIB_IP_TEXT];

	while (ipoib_multicast_next(port->interface, &cursor, &info) == 1)
		json_array_append_new(
			array,
			json_pack("{s:s, s:s, s:o, s:i, s:I, s:i, s:i, s:b, s:b, s:i, s:i, s:o}",
				  "mgid", ipoib_gid_format(&info.mgid, gid), "dev",
				  port->device.name, "state",
				  tun_json_name(ipoib_multicast_state_name(info.state)), "mlid",
				  (int)info.mlid, "qkey", (json_int_t)info.qkey, "mtu",
				  (int)info.mtu, "members", (int)info.members, "send_only",
				  (int)info.send_only, "broadcast", (int)info.broadcast,
				  "failures", (int)info.failures, "queued", (int)info.queued,
				  "retry_ms", tun_json_ms(info.retry_ns)));
}

static const char *scope_name(uint8_t scope)
{
	switch (scope) {
	case IPOIB_SCOPE_LINK:
		return "link";
	case IPOIB_SCOPE_HOST:
		return "host";
	default:
		return "global";
	}
}

static void add_bindings(json_t *array, const struct tun_port *port)
{
	struct ipoib_binding_info info = { .size = sizeof(info) };
	uint64_t cursor = 0;
	char ip[IPOIB_IP_TEXT];

	while (ipoib_binding_info_next(port->interface, &cursor, &info) == 1)
		json_array_append_new(
			array, json_pack("{s:o, s:s, s:s, s:o, s:I, s:I, s:o, s:o}", "address",
					 json_sprintf("%s/%u", ipoib_ip_format(&info.address, ip),
						      (unsigned)info.prefix_length),
					 "dev", port->device.name, "scope", scope_name(info.scope),
					 "state",
					 tun_json_name(ipoib_binding_state_name(info.state)),
					 "conflicts", (json_int_t)info.conflicts, "defences",
					 (json_int_t)info.defences, "retry_ms",
					 tun_json_ms(info.retry_ns), "conflicting",
					 tun_json_lladdr(&info.conflicting)));
}

/* "10.10.1.1/24", as they were bound. */
static json_t *addresses_of(const struct tun_port *port)
{
	json_t *array = json_array();
	uint64_t cursor = 0;
	struct ipoib_ip ip;
	unsigned prefix_length;
	char text[IPOIB_IP_TEXT];

	while (ipoib_binding_next(port->interface, &cursor, &ip, &prefix_length) == 1)
		json_array_append_new(
			array, json_sprintf("%s/%u", ipoib_ip_format(&ip, text), prefix_length));
	return array;
}

/* Of the transport's pools, which its interfaces share. */
static json_t *buffers_of(const struct ipoib_interface_info *info)
{
	return json_pack("{s:I, s:I, s:I, s:I}", "buffers", (json_int_t)info->buffers,
			 "buffers_out", (json_int_t)info->buffers_out, "connected_buffers",
			 (json_int_t)info->connected_buffers, "connected_buffers_out",
			 (json_int_t)info->connected_buffers_out);
}

static void add_interface(json_t *array, const struct tun_port *port)
{
	struct ipoib_interface_info info = { .size = sizeof(info) };
	char gid[IPOIB_IP_TEXT];
	char broadcast[IPOIB_IP_TEXT];
	char lladdr[IPOIB_LINK_ADDRESS_TEXT];

	ipoib_interface_info(port->interface, &info);

	json_t *object = json_pack(
		"{s:s, s:s, s:b, s:b, s:s, s:i, s:i, s:s, s:s, s:s, s:o}", "dev",
		port->device.name, "port", info.port, "up", (int)info.up, "port_active",
		(int)info.port_active, "mode",
		port->options->mode == IPOIB_MODE_CONNECTED ? "connected" : "datagram", "mtu",
		(int)info.mtu, "group_mtu", (int)info.group_mtu, "lladdr",
		ipoib_link_address_format(&info.link_address, lladdr), "gid",
		ipoib_gid_format(&info.gid, gid), "broadcast",
		ipoib_gid_format(&info.broadcast, broadcast), "addresses", addresses_of(port));
	json_t *numbers = json_pack(
		"{s:i, s:I, s:i, s:o, s:i, s:i, s:i, s:i, s:i, s:i}", "qpn", (int)info.qpn, "qkey",
		(json_int_t)info.qkey, "pkey", (int)info.pkey, "membership",
		tun_json_name(ipoib_pkey_membership_name(info.membership)), "lid", (int)info.lid,
		"sm_lid", (int)info.sm_lid, "mlid", (int)info.mlid, "sl", (int)info.sl, "rate_mbps",
		(int)info.rate_mbps, "neighbours", (int)info.neighbours);

	json_t *buffers = buffers_of(&info);

	if (object && numbers && buffers) {
		json_object_update(object, numbers);
		json_object_update(object, buffers);
	}
	json_decref(numbers);
	json_decref(buffers);
	json_array_append_new(array, object);
}

json_t *tun_json_answer(const char *request, struct tun_port *ports, size_t count)
{
	static const struct {
		const char *request;
		void (*add)(json_t *array, const struct tun_port *port);
	} rows[] = {
		{ "neigh", tun_json_add_neighbours }, { "conn", add_connections },
		{ "path", add_paths },                { "multicast", add_groups },
		{ "interface", add_interface },       { "stats", tun_json_add_statistics },
		{ "address", add_bindings },          { "flux", tun_json_add_flux },
	};

	for (size_t row = 0; row < sizeof(rows) / sizeof(rows[0]); row++) {
		if (strcmp(rows[row].request, request) != 0)
			continue;

		json_t *array = json_array();

		for (size_t i = 0; array && i < count; i++)
			rows[row].add(array, &ports[i]);
		return array;
	}
	return NULL;
}
