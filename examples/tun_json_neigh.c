/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "tun_json_neigh.h"

#include "tun_json_values.h"
#include "tun_port.h"

/* What both documents have of a neighbour, besides its address. */
static json_t *flux_of(const struct ipoib_neighbour_info *info)
{
	return json_pack("{s:I, s:I, s:I, s:I, s:o, s:o, s:o}", "moves", (json_int_t)info->moves,
			 "flux", (json_int_t)info->flux, "flux_refused",
			 (json_int_t)info->flux_refused, "flux_minute",
			 (json_int_t)info->flux_minute, "claimed", tun_json_lladdr(&info->claimed),
			 "hold_ms", tun_json_ms(info->hold_ns), "old_lladdr",
			 tun_json_lladdr(&info->old_link_address));
}

/* The MTU that the system above goes by, and since when; null where it goes by the device's. */
static json_t *told_of(const struct tun_port *port, const struct ipoib_ip *ip)
{
	uint64_t age_ns = IPOIB_NEVER;
	const struct tun_told_entry *told = tun_told_find(port->owner->told, port, ip, &age_ns);

	return json_pack("{s:o, s:o}", "mtu_told",
			 told ? json_integer((json_int_t)told->mtu) : json_null(), "mtu_told_ms",
			 tun_json_ms(age_ns));
}

static json_t *particulars_of(const struct tun_port *port, const struct ipoib_neighbour_info *info)
{
	json_t *object = flux_of(info);
	json_t *told = told_of(port, &info->ip);

	if (object && told)
		json_object_update(object, told);
	json_decref(told);
	return object;
}

static void append(json_t *array, json_t *object, json_t *more)
{
	if (object && more)
		json_object_update(object, more);
	json_decref(more);
	json_array_append_new(array, object);
}

void tun_json_add_neighbours(json_t *array, const struct tun_port *port)
{
	struct ipoib_neighbour_info info = { .size = sizeof(info) };
	uint64_t cursor = 0;
	char ip[IPOIB_IP_TEXT];

	while (ipoib_neighbour_next(port->interface, &cursor, &info) == 1)
		append(array,
		       json_pack("{s:s, s:s, s:o, s:o, s:b, s:i, s:i, s:i, s:i, s:o, s:o, s:o}",
				 "dst", ipoib_ip_format(&info.ip, ip), "dev", port->device.name,
				 "lladdr", tun_json_lladdr(&info.link_address), "state",
				 tun_json_name(ipoib_neighbour_state_name(info.state)), "permanent",
				 info.state == IPOIB_NEIGHBOUR_PERMANENT, "probes",
				 (int)info.probes, "queued", (int)info.queued, "mtu",
				 (int)info.mtu, "dlid", (int)info.dlid, "used_ms",
				 tun_json_ms(info.used_ns), "confirmed_ms",
				 tun_json_ms(info.confirmed_ns), "updated_ms",
				 tun_json_ms(info.updated_ns)),
		       particulars_of(port, &info));
}

static json_t *history_of(const struct tun_port *port, const struct ipoib_ip *ip)
{
	struct ipoib_flux_record record = { .size = sizeof(record) };
	json_t *array = json_array();
	uint64_t cursor = 0;

	while (ipoib_neighbour_flux_next(port->interface, ip, &cursor, &record) == 1)
		json_array_append_new(
			array, json_pack("{s:o, s:I, s:o, s:o, s:o, s:o}", "age_ms",
					 tun_json_ms(record.age_ns), "count",
					 (json_int_t)record.count, "claim",
					 tun_json_name(ipoib_claim_name(record.claim)), "verdict",
					 tun_json_name(ipoib_flux_verdict_name(record.verdict)),
					 "held", tun_json_lladdr(&record.held), "claimed",
					 tun_json_lladdr(&record.claimed)));
	return array;
}

/* Only those that have a history: the others have nothing to tell. */
void tun_json_add_flux(json_t *array, const struct tun_port *port)
{
	struct ipoib_neighbour_info info = { .size = sizeof(info) };
	uint64_t cursor = 0;
	char ip[IPOIB_IP_TEXT];

	while (ipoib_neighbour_next(port->interface, &cursor, &info) == 1) {
		if (info.flux == 0)
			continue;
		append(array,
		       json_pack("{s:s, s:s, s:o, s:o, s:o}", "dst", ipoib_ip_format(&info.ip, ip),
				 "dev", port->device.name, "lladdr",
				 tun_json_lladdr(&info.link_address), "state",
				 tun_json_name(ipoib_neighbour_state_name(info.state)), "history",
				 history_of(port, &info.ip)),
		       flux_of(&info));
	}
}
