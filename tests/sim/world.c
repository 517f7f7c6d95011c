/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "sim/world.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/support.h"
#include "wire/icmp.h"
#include "wire/ip.h"

/* More steps than any test takes: a world that turns on the spot is a bug. */
#define STEPS_MAX UINT64_C(50000000)

/* ---- callbacks ---- */

static void note_icmp(struct host *host, const uint8_t *data, size_t length)
{
	struct ipoib__ipv4 header;
	int at = ipoib__ipv4_decode(&header, data, length);

	if (at > 0 && header.protocol == IPOIB__IP_PROTOCOL_ICMP &&
	    data[at] == IPOIB__ICMP_UNREACHABLE && data[at + 1] == IPOIB__ICMP_HOST_UNREACHABLE)
		host->unreachable++;
}

static void on_receive(struct ipoib_interface *interface, struct ipoib_buffer *const *packets,
		       size_t count, void *user)
{
	struct host *host = user;

	for (size_t i = 0; i < count; i++) {
		const uint8_t *data = ipoib_buffer_data(packets[i]);
		size_t length = ipoib_buffer_length(packets[i]);

		ck_assert_ptr_eq(host->interface, interface);
		host->received++;
		host->received_octets += length;
		host->last_cast = ipoib_buffer_cast(packets[i]);
		memset(host->last, 0, sizeof(host->last));
		memcpy(host->last, data, length < sizeof(host->last) ? length : sizeof(host->last));
		note_icmp(host, data, length);
		if (host->on_packet)
			host->on_packet(host, packets[i]);
	}
}

static void on_undelivered(struct ipoib_interface *interface, struct ipoib_buffer *packet,
			   const struct ipoib_undelivered *fate, void *user)
{
	struct host *host = user;

	ck_assert_ptr_eq(host->interface, interface);
	ck_assert_uint_lt(fate->reason, IPOIB_SEND_DROPS);
	host->undelivered[fate->reason]++;
	if (fate->reason == IPOIB_SEND_DROP_TOO_BIG)
		host->undelivered_mtu = fate->mtu;
	if (host->on_undelivered)
		host->on_undelivered(host, packet);
}

static void on_event(struct ipoib_interface *interface, const struct ipoib_event *event, void *user)
{
	struct host *host = user;

	ck_assert_ptr_eq(host->interface, interface);
	if (host->event_count < HOST_EVENTS)
		host->events[host->event_count++] = *event;
	if (host->on_event)
		host->on_event(host, event);
}

/* ---- making and ending ---- */

/* The same octets for the same seed and host. */
static int seeded(void *octets, size_t length, void *user)
{
	const struct host *host = user;
	struct ipoib__random random;
	uint8_t *to = octets;

	ipoib__random_seed(&random, support_seed() ^ (uint64_t)(host - host->world->hosts + 1));
	for (size_t i = 0; i < length; i++)
		to[i] = (uint8_t)ipoib__random_below(&random, 256);
	return 0;
}

static int make_fabric(struct world *world, size_t hosts, const struct world_options *options)
{
	struct ipoib_fabric_config config = IPOIB_FABRIC_CONFIG_INIT;

	config.hosts = (uint32_t)hosts;
	config.ports = options->ports ? options->ports : 1;
	config.mtu = options->mtu ? options->mtu : 2048;
	config.delay_ns = options->delay_ns;
	config.seed = support_seed();
	config.clock = support_clock;
	config.allocate = support_allocate;
	config.release = support_release;
	return ipoib_fabric_new(&world->fabric, &config);
}

static int make_context(struct host *host)
{
	struct ipoib_context_config config = IPOIB_CONTEXT_CONFIG_INIT;

	config.clock = support_clock;
	config.random = seeded;
	config.random_user = host;
	config.allocate = support_allocate;
	config.release = support_release;
	return ipoib_context_new(&host->context, &config);
}

static int open_interface(struct host *host, const struct world_options *options)
{
	struct ipoib_interface_config config = IPOIB_INTERFACE_CONFIG_INIT;

	if (options->config.size != 0)
		config = options->config;
	if (!options->probed) {
		config.acd = IPOIB_ACD_OFF;
		config.announcements = 0;
	}
	config.receive = on_receive;
	config.undelivered = on_undelivered;
	config.event = on_event;
	config.user = host;
	return ipoib_interface_open(&host->interface, host->transport, &config);
}

int host_reopen(struct host *host, const struct world_options *options)
{
	unsigned prefix_length = host->address.family == IPOIB_IPV6 ? 64 : 24;
	int status = open_interface(host, options);

	if (status == 0)
		status = ipoib_binding_open(&host->binding, host->interface, &host->address,
					    prefix_length);
	return status;
}

static int open_in_context(struct host *host, const struct world_options *options,
			   const char *port, const char *address)
{
	int status = ipoib_mock_open(&host->transport, host->context, host->world->fabric, port);

	host->address = ip_of(address);
	return status < 0 ? status : host_reopen(host, options);
}

int host_open_at(struct host *host, const struct world_options *options, const char *port,
		 const char *address)
{
	int status = make_context(host);

	return status < 0 ? status : open_in_context(host, options, port, address);
}

int host_open_beside(struct host *host, struct host *first, const struct world_options *options,
		     const char *port, const char *address)
{
	host->context = ipoib_context_ref(first->context);
	return open_in_context(host, options, port, address);
}

int host_open(struct host *host, const struct world_options *options, size_t number)
{
	char port[32], address[32];

	snprintf(port, sizeof(port), "host%zu/1", number);
	snprintf(address, sizeof(address), "10.0.0.%zu", number);
	return host_open_at(host, options, port, address);
}

void world_make_fabric(struct world *world, size_t hosts, const struct world_options *options)
{
	memset(world, 0, sizeof(*world));
	ck_assert_int_eq(make_fabric(world, hosts, options), 0);
}

void host_close(struct host *host)
{
	ipoib_binding_close(host->binding);
	ipoib_binding_close(host->second);
	ipoib_interface_close(host->interface);
	ipoib_transport_unref(host->transport);
	ipoib_context_unref(host->context);
	host->binding = NULL;
	host->second = NULL;
	host->interface = NULL;
	host->transport = NULL;
	host->context = NULL;
}

int world_try_make(struct world *world, size_t hosts, const struct world_options *options)
{
	static const struct world_options none;
	int status;

	ck_assert_uint_le(hosts, WORLD_HOSTS);
	memset(world, 0, sizeof(*world));
	if (!options)
		options = &none;
	status = make_fabric(world, hosts, options);
	for (size_t i = 0; i < hosts && status == 0; i++) {
		world->hosts[i].world = world;
		world->count = i + 1;
		status = host_open(&world->hosts[i], options, i + 1);
	}
	return status;
}

void world_make(struct world *world, size_t hosts, const struct world_options *options)
{
	ck_assert_int_eq(world_try_make(world, hosts, options), 0);
}

void world_end(struct world *world)
{
	for (size_t i = 0; i < world->count; i++)
		host_close(&world->hosts[i]);
	ipoib_fabric_close(world->fabric);
	world->fabric = NULL;
	world->count = 0;
}

/* ---- time ---- */

static uint64_t next_deadline(const struct world *world)
{
	uint64_t deadline = ipoib_fabric_deadline(world->fabric);

	for (size_t i = 0; i < world->count; i++) {
		uint64_t other = world->hosts[i].context ?
					 ipoib_context_deadline(world->hosts[i].context) :
					 IPOIB_NEVER;

		if (other < deadline)
			deadline = other;
	}
	return deadline;
}

bool world_step(struct world *world, uint64_t end)
{
	uint64_t deadline = next_deadline(world);

	if (deadline > end)
		return false;
	ck_assert_uint_lt(world->steps++, STEPS_MAX);
	if (deadline > support_now)
		support_now = deadline;
	ipoib_fabric_dispatch(world->fabric);
	for (size_t i = 0; i < world->count; i++)
		if (world->hosts[i].context &&
		    ipoib_context_deadline(world->hosts[i].context) <= support_now)
			ck_assert_int_eq(ipoib_context_dispatch(world->hosts[i].context), 0);
	world_check(world);
	return true;
}

void world_run(struct world *world, uint64_t nanoseconds)
{
	uint64_t end = support_now + nanoseconds;

	while (world_step(world, end))
		;
	support_now = end;
}

static bool all_up(const struct world *world)
{
	for (size_t i = 0; i < world->count; i++)
		if (!host_is_up(&world->hosts[i]))
			return false;
	return true;
}

void world_up(struct world *world)
{
	uint64_t end = support_now + 30 * SECOND;

	while (!all_up(world))
		ck_assert_msg(world_step(world, end), "not up after 30 s");
}

unsigned world_number(const char *variable, unsigned by_default)
{
	const char *text = getenv(variable);
	int number = text ? atoi(text) : 0;

	return number > 0 ? (unsigned)number : by_default;
}

int world_stories(int by_default)
{
	return (int)world_number("IPOIB_TEST_STORIES", (unsigned)by_default);
}

/* ---- the law ---- */

void host_check(const struct host *host)
{
	struct ipoib_statistics s = { .size = sizeof(s) };
	uint64_t sent, received;

	if (!host->interface || host->world->unchecked)
		return;
	ck_assert_int_eq(ipoib_interface_statistics(host->interface, &s), 0);
	sent = s.sent + s.queued;
	received = s.delivered + s.control_received;
	for (unsigned i = 0; i < IPOIB_DROPS_MAX; i++) {
		sent += s.send_dropped[i];
		received += s.receive_dropped[i];
	}
	ck_assert_uint_eq(s.accepted, sent);
	ck_assert_uint_eq(s.received, received);
}

void world_check(const struct world *world)
{
	struct ipoib_fabric_statistics f = { .size = sizeof(f) };

	for (size_t i = 0; i < world->count; i++)
		host_check(&world->hosts[i]);
	ck_assert_int_eq(ipoib_fabric_statistics(world->fabric, &f), 0);
	ck_assert_uint_eq(f.copies, f.delivered + f.in_flight + f.dropped_fault + f.dropped_link +
					    f.dropped_route + f.dropped_full + f.dropped_bad +
					    f.dropped_multicast + f.dropped_late);
}
