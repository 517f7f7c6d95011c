/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include <stdio.h>
#include <string.h>

#include "fabric_apply.h"
#include "fabric_value.h"

static json_t *number(uint64_t value)
{
	return json_integer((json_int_t)value);
}

static json_t *counters(const struct ipoib_fabric *fabric)
{
	struct ipoib_fabric_statistics s = { .size = sizeof(s) };

	ipoib_fabric_statistics(fabric, &s);
	return json_pack("{s:o, s:o, s:o, s:o, s:{s:o, s:o, s:o, s:o, s:o, s:o, s:o}, "
			 "s:o, s:o, s:o}",
			 "frames", number(s.frames), "copies", number(s.copies), "delivered",
			 number(s.delivered), "in_flight", number(s.in_flight), "dropped", "fault",
			 number(s.dropped_fault), "link", number(s.dropped_link), "route",
			 number(s.dropped_route), "full", number(s.dropped_full), "bad",
			 number(s.dropped_bad), "multicast", number(s.dropped_multicast), "late",
			 number(s.dropped_late), "mads", number(s.mads), "ports_attached",
			 number(s.ports_attached), "groups", number(s.groups));
}

static json_t *pkey_table(const struct ipoib_port_attributes *port)
{
	json_t *table = json_array();

	for (uint32_t i = 0; i < port->pkey_count; i++) {
		char text[8];

		snprintf(text, sizeof(text), "0x%04x", (unsigned)port->pkeys[i]);
		json_array_append_new(table, json_string(text));
	}
	return table;
}

static json_t *cm_kinds(uint32_t kinds)
{
	json_t *list = json_array();
	const char *name;

	for (unsigned bit = 0; (name = fabric_value_cm_name(bit)) != NULL; bit++)
		if (kinds & UINT32_C(1) << bit)
			json_array_append_new(list, json_string(name));
	return list;
}

/* Times in microseconds, as the commands have them. */
static json_t *faults_of(struct ipoib_fabric *fabric, const char *name)
{
	struct ipoib_fabric_faults f = { .size = sizeof(f) };

	if (ipoib_fabric_get_faults(fabric, name, &f) != 0)
		return NULL;
	return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:b, s:b, s:o, s:o, s:o}", "loss_ppm",
			 number(f.loss_ppm), "duplicate_ppm", number(f.duplicate_ppm),
			 "reorder_ppm", number(f.reorder_ppm), "reorder_us",
			 number(f.reorder_ns / 1000), "delay_us", number(f.delay_ns / 1000),
			 "jitter_us", number(f.jitter_ns / 1000), "sa_silent", (int)f.sa_silent,
			 "sa_busy", (int)f.sa_busy, "sa_delay_us", number(f.sa_delay_ns / 1000),
			 "cm_loss_ppm", number(f.cm_loss_ppm), "cm_kinds", cm_kinds(f.cm_kinds));
}

static json_t *port_of(struct ipoib_fabric *fabric, const struct ipoib_port_attributes *port,
		       bool attached)
{
	char gid[IPOIB_IP_TEXT];

	return json_pack("{s:s, s:b, s:b, s:i, s:s, s:i, s:o, s:o}", "port", port->name, "attached",
			 (int)attached, "up", port->state == IPOIB_PORT_ACTIVE, "lid",
			 (int)port->lid, "gid", ipoib_gid_format(&port->gid, gid), "mtu",
			 (int)port->mtu, "pkeys", pkey_table(port), "faults",
			 faults_of(fabric, port->name));
}

/* Places for processes without a port's name are shown while somebody has them. */
static json_t *ports(struct ipoib_fabric *fabric)
{
	struct ipoib_port_attributes port = { .size = sizeof(port) };
	json_t *list = json_array();
	int attached;

	for (uint32_t i = 0; (attached = ipoib_fabric_port(fabric, i, &port)) >= 0; i++)
		if (attached || strncmp(port.name, "process", 7) != 0)
			json_array_append_new(list, port_of(fabric, &port, attached));
	return list;
}

json_t *fabric_status(struct ipoib_fabric *fabric, bool external_sm)
{
	uint16_t lid = ipoib_fabric_sm_lid(fabric);

	return json_pack("{s:{s:b, s:b, s:i, s:o}, s:o, s:o}", "sm", "external", (int)external_sm,
			 "running", lid != 0, "lid", (int)lid, "faults",
			 faults_of(fabric, FABRIC_MANAGER), "counters", counters(fabric), "ports",
			 ports(fabric));
}
