/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "interface/bench.h"

#include <check.h>
#include <errno.h>
#include <string.h>

#include "support/support.h"
#include "wire/arp.h"
#include "wire/encap.h"
#include "wire/icmp.h"
#include "wire/ip.h"

/* More steps than any test takes: a context that turns on the spot is a bug. */
#define STEPS_MAX 2000000

struct bench bench;

/* ---- callbacks ---- */

static void note_icmp(struct rail *rail, const uint8_t *data, size_t length)
{
	struct ipoib__ipv4 header;
	int at = ipoib__ipv4_decode(&header, data, length);

	if (ipoib__ip_version(data, length) == 6)
		return;
	ck_assert_int_gt(at, 0);
	if (header.protocol != IPOIB__IP_PROTOCOL_ICMP || data[at] != IPOIB__ICMP_UNREACHABLE)
		return;
	rail->icmp[data[at + 1] == IPOIB__ICMP_FRAGMENTATION_NEEDED]++;
	rail->icmp_mtu = (uint32_t)data[at + 6] << 8 | data[at + 7];
}

static void on_receive(struct ipoib_interface *interface, struct ipoib_buffer *const *packets,
		       size_t count, void *user)
{
	struct rail *rail = user;

	ck_assert(rail->interface == interface || rail->interface == NULL);
	ck_assert(count > 0 && count <= 64);
	for (size_t i = 0; i < count; i++) {
		size_t length = ipoib_buffer_length(packets[i]);

		rail->told++;
		rail->received++;
		rail->last_cast = ipoib_buffer_cast(packets[i]);
		rail->last_length = length;
		note_icmp(rail, ipoib_buffer_data(packets[i]), length);
		if (rail->on_receive)
			rail->on_receive(rail, packets[i]);
	}
}

static void on_undelivered(struct ipoib_interface *interface, struct ipoib_buffer *packet,
			   const struct ipoib_undelivered *fate, void *user)
{
	struct rail *rail = user;

	ck_assert_ptr_eq(rail->interface, interface);
	ck_assert_uint_eq(fate->size, sizeof(*fate));
	ck_assert_uint_lt(fate->reason, IPOIB_SEND_DROPS);
	rail->told++;
	rail->undelivered[fate->reason]++;
	ck_assert((fate->mtu != 0) == (fate->reason == IPOIB_SEND_DROP_TOO_BIG));
	if (fate->mtu != 0)
		rail->undelivered_mtu = fate->mtu;
	if (rail->on_undelivered)
		rail->on_undelivered(rail, packet);
}

static void on_event(struct ipoib_interface *interface, const struct ipoib_event *event, void *user)
{
	struct rail *rail = user;

	ck_assert_ptr_eq(rail->interface, interface);
	ck_assert_uint_eq(event->size, sizeof(*event));
	rail->told++;
	if (rail->event_count < BENCH_EVENTS)
		rail->events[rail->event_count++] = *event;
	if (rail->on_event)
		rail->on_event(rail, event);
}

/* ---- peers ---- */

/* A peer answers a request for 10.0.0.n, 2 <= n <= 99, from its own link address. */
static void answer_arp(struct fake *fake, struct fake_ud *ud, const struct fake_sent *sent,
		       void *user)
{
	const uint8_t *arp = sent->head + IPOIB__ENCAP_LENGTH;
	uint8_t octets[IPOIB__ENCAP_LENGTH + IPOIB__ARP_LENGTH];
	struct ipoib__arp request, reply = { .operation = IPOIB__ARP_REPLY };
	struct ipoib_gid gid;
	uint8_t n;

	(void)user;
	if (bench.silent || sent->length != sizeof(octets) ||
	    ipoib__arp_decode(&request, arp, IPOIB__ARP_LENGTH) < 0 ||
	    request.operation != IPOIB__ARP_REQUEST)
		return;
	n = request.target_ip[3];
	if (n < 2 || n > 99)
		return;
	gid = fake_gid(n);
	reply.sender_link = ipoib_link_address_make(bench.flags, 0x100u + n, &gid);
	memcpy(reply.sender_ip, request.target_ip, 4);
	reply.target_link = request.sender_link;
	memcpy(reply.target_ip, request.sender_ip, 4);
	ipoib__encap_encode(octets, sizeof(octets),
			    &(struct ipoib__encap){ .type = IPOIB__TYPE_ARP });
	ipoib__arp_encode(octets + IPOIB__ENCAP_LENGTH, IPOIB__ARP_LENGTH, &reply);
	fake_deliver(fake, ud, &(struct fake_arrival){ .source_qpn = 0x100u + n, .source_lid = n },
		     octets, sizeof(octets));
}

/* ---- making and ending ---- */

static int seeded(void *octets, size_t length, void *user)
{
	uint64_t seed = support_seed();

	(void)user;
	memset(octets, 0, length);
	memcpy(octets, &seed, length < sizeof(seed) ? length : sizeof(seed));
	return 0;
}

int bench_try_fake(void)
{
	struct fake *fake = &bench.fakes[bench.fake_count];
	int status;

	ck_assert_uint_lt(bench.fake_count, BENCH_FAKES);
	status = fake_open(fake, bench.context, (uint16_t)(0x1001 + bench.fake_count));
	if (status < 0)
		return status;
	fake->on_sent = answer_arp;
	bench.fake_count++;
	return 0;
}

int bench_try_open(void)
{
	struct ipoib_context_config config = IPOIB_CONTEXT_CONFIG_INIT;
	int status;

	memset(&bench, 0, sizeof(bench));
	config.clock = support_clock;
	config.random = seeded;
	config.allocate = support_allocate;
	config.release = support_release;
	status = ipoib_context_new(&bench.context, &config);
	return status < 0 ? status : bench_try_fake();
}

void bench_open(void)
{
	ck_assert_int_eq(bench_try_open(), 0);
}

int rail_try_open(struct rail *rail, struct fake *fake, const struct ipoib_interface_config *config)
{
	struct ipoib_interface_config c = IPOIB_INTERFACE_CONFIG_INIT;

	if (config)
		c = *config;
	memset(rail, 0, sizeof(*rail));
	rail->bench = &bench;
	rail->fake = fake;
	c.receive = on_receive;
	c.undelivered = on_undelivered;
	c.event = on_event;
	c.user = rail;
	if (!bench.probed) {
		c.acd = IPOIB_ACD_OFF;
		c.announcements = 0;
	}
	return ipoib_interface_open(&rail->interface, fake->transport, &c);
}

void rail_open(struct rail *rail, struct fake *fake, const struct ipoib_interface_config *config)
{
	ck_assert_int_eq(rail_try_open(rail, fake, config), 0);
}

void rail_bind(struct rail *rail, const char *text)
{
	struct ipoib_ip address = ip(text);

	ck_assert_int_eq(ipoib_binding_open(&rail->binding, rail->interface, &address, 24), 0);
}

void rail_close(struct rail *rail)
{
	struct ipoib_interface *interface = rail->interface;

	ipoib_binding_close(rail->binding);
	rail->binding = NULL;
	rail->interface = NULL;
	ipoib_interface_close(interface);
}

struct ipoib_interface_config bench_connected(void)
{
	struct ipoib_interface_config config = IPOIB_INTERFACE_CONFIG_INIT;

	config.mode = IPOIB_MODE_CONNECTED;
	config.send_depth = 64;
	config.receive_depth = 64;
	config.neighbours_max = 64;
	config.queue_packets = 8;
	config.queue_packets_total = 32;
	config.queue_age_ms = 60000;
	config.connected_depth = 16;
	config.connection_depth = 8;
	config.connections_max = 8;
	return config;
}

void bench_up(const struct ipoib_interface_config *config)
{
	bench_open();
	rail_open(&bench.rails[0], &bench.fakes[0], config);
	rail_bind(&bench.rails[0], "10.0.0.1");
	bench_settle();
	ck_assert(rail_is_up(&bench.rails[0]));
}

void bench_close(void)
{
	for (size_t i = 0; i < BENCH_RAILS; i++)
		rail_close(&bench.rails[i]);
	for (size_t i = 0; i < bench.fake_count; i++) {
		ipoib_transport_unref(bench.fakes[i].transport);
		bench.fakes[i].transport = NULL;
	}
	ipoib_context_unref(bench.context);
	bench.context = NULL;
}

/* ---- time, and the law ---- */

static void check_rail(const struct rail *rail)
{
	struct ipoib_statistics s = rail_statistics(rail);
	uint64_t sent = s.sent + s.queued, received = s.delivered + s.control_received;

	for (unsigned i = 0; i < IPOIB_DROPS_MAX; i++) {
		sent += s.send_dropped[i];
		received += s.receive_dropped[i];
	}
	ck_assert_uint_eq(s.accepted, sent);
	ck_assert_uint_eq(s.received, received);
	ck_assert_uint_lt(s.queued, UINT32_MAX);
}

void bench_check(void)
{
	for (size_t i = 0; i < BENCH_RAILS; i++)
		if (bench.rails[i].interface)
			check_rail(&bench.rails[i]);
}

static bool step(uint64_t end)
{
	uint64_t deadline = ipoib_context_deadline(bench.context);

	if (deadline > end)
		return false;
	ck_assert_uint_lt(bench.steps++, STEPS_MAX);
	if (deadline > support_now)
		support_now = deadline;
	ck_assert_int_eq(ipoib_context_dispatch(bench.context), 0);
	bench_check();
	return true;
}

void bench_run(uint64_t nanoseconds)
{
	uint64_t end = support_now + nanoseconds;

	while (bench.context && step(end))
		;
	support_now = end;
}

void bench_settle(void)
{
	bench_run(0);
}
