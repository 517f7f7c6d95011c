/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "sim/machines.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

#include "interface/interface.h"
#include "support/support.h"

struct world_options machine_options(uint8_t mode)
{
	struct world_options options = { .ports = RAILS, .delay_ns = 5000, .probed = true };

	options.config = (struct ipoib_interface_config)IPOIB_INTERFACE_CONFIG_INIT;
	options.config.mode = mode;
	options.config.receive_depth = 32;
	options.config.send_depth = 64;
	options.config.connected_depth = 8;
	return options;
}

struct world_options machine_weak(struct world_options options)
{
	options.config.arp_ignore = IPOIB_ARP_IGNORE_NONE;
	options.config.arp_announce = IPOIB_ARP_ANNOUNCE_ANY;
	return options;
}

void machines_begin(struct world *world, size_t machines, const struct world_options *options)
{
	ck_assert_uint_le(RAILS * machines, WORLD_HOSTS);
	world_make_fabric(world, machines, options);
	world->count = RAILS * machines;
}

struct host *machine_rail(struct world *world, unsigned machine, unsigned rail)
{
	return &world->hosts[RAILS * machine + rail];
}

const char *machine_port(unsigned machine, unsigned rail)
{
	static char port[32];

	snprintf(port, sizeof(port), "host%u/%u", machine + 1, rail + 1);
	return port;
}

void machine_open(struct world *world, unsigned machine, const struct world_options *options)
{
	struct host *first = machine_rail(world, machine, 0);
	char address[32];

	for (unsigned rail = 0; rail < RAILS; rail++) {
		struct host *host = machine_rail(world, machine, rail);
		int status;

		host->world = world;
		snprintf(address, sizeof(address), "10.%u.0.%u", rail + 1, machine + 1);
		status = rail == 0 ? host_open_at(host, options, machine_port(machine, rail),
						  address) :
				     host_open_beside(host, first, options,
						      machine_port(machine, rail), address);
		ck_assert_int_eq(status, 0);
	}
}

void machine_link(struct world *world, unsigned machine, unsigned rail, bool up)
{
	ck_assert_int_eq(ipoib_fabric_set_link(world->fabric, machine_port(machine, rail), up), 0);
}

uint64_t machine_received(struct world *world, unsigned machine)
{
	uint64_t received = 0;

	for (unsigned rail = 0; rail < RAILS; rail++)
		received += machine_rail(world, machine, rail)->received;
	return received;
}

/* ---- what a weak machine does ---- */

static int ask_anew(struct host *from, const struct ipoib_ip *source, const struct ipoib_ip *to)
{
	ipoib_neighbour_remove(from->interface, to);
	return host_send_from(from, source, to, to, 100, NULL);
}

int machine_ask_wrongly(struct world *world, unsigned machine, unsigned to, unsigned rail)
{
	return ask_anew(machine_rail(world, machine, 1 - rail),
			&machine_rail(world, machine, rail)->address,
			&machine_rail(world, to, 1 - rail)->address);
}

int machine_ask_rightly(struct world *world, unsigned machine, unsigned to, unsigned rail)
{
	struct host *from = machine_rail(world, machine, rail);

	return ask_anew(from, &from->address, &machine_rail(world, to, rail)->address);
}

void host_ask_all(struct host *host)
{
	const struct ipoib__question everybody = { .to = NULL, .wanted = true };
	struct ipoib__neighbour *n;
	uint64_t cursor = 0;

	while ((n = ipoib__neighbours_next(&host->interface->neighbours, &cursor)) != NULL)
		ipoib__arp_ask(host->interface, (struct ipoib__peer *)(void *)n, &everybody,
			       support_now);
}

/* ---- chance ---- */

void story_seed(struct ipoib__random *random, int number)
{
	for (int skip = 0; skip < number; skip++)
		ipoib__random_seed(random, ipoib__random_u64(random));
}

void lose_frames(struct world *world, struct ipoib__random *random, uint32_t most_ppm)
{
	const struct ipoib_fabric_faults faults = {
		.size = sizeof(faults),
		.loss_ppm = (uint32_t)ipoib__random_below(random, most_ppm),
		.duplicate_ppm = (uint32_t)ipoib__random_below(random, most_ppm),
		.reorder_ppm = (uint32_t)ipoib__random_below(random, most_ppm),
		.reorder_ns = ipoib__random_below(random, 5 * MILLISECOND),
		.jitter_ns = ipoib__random_below(random, MILLISECOND),
	};

	ck_assert_int_eq(ipoib_fabric_set_faults(world->fabric, NULL, &faults), 0);
}

void lose_no_frames(struct world *world)
{
	const struct ipoib_fabric_faults none = { .size = sizeof(none) };

	ck_assert_int_eq(ipoib_fabric_set_faults(world->fabric, NULL, &none), 0);
}

/* ---- the witness of moves ---- */

static struct watch watch;

static struct watched *watched(unsigned rail, const struct ipoib_ip *ip)
{
	size_t *count = &watch.count[rail];

	for (size_t i = 0; i < *count; i++)
		if (ipoib_ip_equal(&watch.seen[rail][i].ip, ip))
			return &watch.seen[rail][i];
	ck_assert_uint_lt(*count, WATCHED);
	watch.seen[rail][*count] = (struct watched){ .ip = *ip, .last_change = IPOIB_NEVER,
						     .least_apart = IPOIB_NEVER };
	return &watch.seen[rail][(*count)++];
}

static bool same_gid(const struct ipoib_event *event)
{
	struct ipoib_gid old = ipoib_link_address_gid(&event->old_link_address);
	struct ipoib_gid new = ipoib_link_address_gid(&event->link_address);

	return memcmp(&old, &new, sizeof(old)) == 0;
}

static void note_move(struct watched *seen, const struct ipoib_event *event)
{
	seen->moves++;
	if (same_gid(event))
		return;
	seen->changes++;
	if (seen->last_change != IPOIB_NEVER &&
	    event->time - seen->last_change < seen->least_apart)
		seen->least_apart = event->time - seen->last_change;
	seen->last_change = event->time;
}

/* Each flux event names both ports and the packet (I14). */
static void note_flux(struct watched *seen, const struct ipoib_event *event)
{
	ck_assert(!same_gid(event));
	ck_assert_uint_ne(ipoib_link_address_qpn(&event->link_address), 0);
	ck_assert_uint_ne(ipoib_link_address_qpn(&event->old_link_address), 0);
	ck_assert_ptr_nonnull(ipoib_claim_name(event->detail));
	ck_assert_uint_ge(event->count, 1);
	seen->flux++;
	seen->pending += event->verdict == IPOIB_FLUX_PENDING;
	seen->accepted += event->verdict == IPOIB_FLUX_ACCEPTED;
	seen->refused += event->verdict == IPOIB_FLUX_REFUSED;
}

static void on_event(struct host *host, const struct ipoib_event *event)
{
	unsigned rail = (unsigned)(host - host->world->hosts) % RAILS;

	if (event->type == IPOIB_EVENT_NEIGHBOUR_MOVED)
		note_move(watched(rail, &event->ip), event);
	if (event->type == IPOIB_EVENT_NEIGHBOUR_FLUX)
		note_flux(watched(rail, &event->ip), event);
	watch.same_link[rail] += event->type == IPOIB_EVENT_SAME_LINK;
	watch.failed += event->type == IPOIB_EVENT_NEIGHBOUR_FAILED;
}

const struct watch *watch_machine(struct world *world, unsigned machine)
{
	memset(&watch, 0, sizeof(watch));
	for (size_t i = 0; i < world->count; i++)
		world->hosts[i].on_event = i / RAILS == machine ? on_event : NULL;
	return &watch;
}

static uint64_t sum(const struct watch *of, size_t member)
{
	uint64_t all = 0;

	for (unsigned rail = 0; rail < RAILS; rail++)
		for (size_t i = 0; i < of->count[rail]; i++)
			all += *(const uint64_t *)(const void *)((const char *)&of->seen[rail][i] +
								 member);
	return all;
}

uint64_t watch_changes(const struct watch *of)
{
	return sum(of, offsetof(struct watched, changes));
}

uint64_t watch_moves(const struct watch *of)
{
	return sum(of, offsetof(struct watched, moves));
}

uint64_t watch_flux(const struct watch *of)
{
	return sum(of, offsetof(struct watched, flux));
}
