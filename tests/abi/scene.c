/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "scene.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SECOND UINT64_C(1000000000)
#define HOSTS  3
#define LONG   5000 /* octets of a packet that goes by a connection */

struct host {
	struct ipoib_context *context;
	struct ipoib_transport *transport;
	struct ipoib_interface *interface;
	struct ipoib_binding *binding;
};

struct scene scene;
static struct host hosts[HOSTS];
static uint64_t now = 1;
static uint8_t memory[8192];

static void must(int status, const char *what)
{
	if (status >= 0)
		return;
	printf("%s: %s\n", what, strerror(-status));
	exit(1);
}

static uint64_t read_clock(void *user)
{
	(void)user;
	return now;
}

static int write_nowhere(const void *octets, size_t length, void *user)
{
	(void)octets;
	(void)length;
	(void)user;
	return 0;
}

static void take_event(struct ipoib_interface *of, const struct ipoib_event *event, void *user)
{
	(void)of;
	(void)user;
	scene.event = event->size;
}

static void take_change(struct ipoib_interface *of, const struct ipoib_neighbour_change *change,
			void *user)
{
	(void)of;
	(void)user;
	scene.change = change->size;
}

static void take_undelivered(struct ipoib_interface *of, struct ipoib_buffer *packet,
			     const struct ipoib_undelivered *fate, void *user)
{
	(void)of;
	(void)packet;
	(void)user;
	scene.undelivered = fate->size;
}

static uint64_t earlier(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static void run(uint64_t length)
{
	uint64_t end = now + length;

	while (now < end) {
		uint64_t next = earlier(end, ipoib_fabric_deadline(scene.fabric));

		for (unsigned i = 0; i < HOSTS; i++)
			if (hosts[i].context)
				next = earlier(next, ipoib_context_deadline(hosts[i].context));
		now = next > now ? next : now + 1;
		ipoib_fabric_dispatch(scene.fabric);
		for (unsigned i = 0; i < HOSTS; i++)
			if (hosts[i].context)
				ipoib_context_dispatch(hosts[i].context);
	}
}

static void host_open(struct host *host, const char *port, const char *address)
{
	struct ipoib_context_config context = IPOIB_CONTEXT_CONFIG_INIT;
	struct ipoib_interface_config config = IPOIB_INTERFACE_CONFIG_INIT;
	struct ipoib_ip ip;

	context.clock = read_clock;
	config.mode = IPOIB_MODE_CONNECTED;
	config.event = take_event;
	config.neighbour = take_change;
	config.undelivered = take_undelivered;
	must(ipoib_context_new(&host->context, &context), "context");
	must(ipoib_mock_open(&host->transport, host->context, scene.fabric, port), port);
	must(ipoib_interface_open(&host->interface, host->transport, &config), "interface");
	must(ipoib_ip_parse(&ip, address), address);
	must(ipoib_binding_open(&host->binding, host->interface, &ip, 24), address);
	run(10 * SECOND);
}

static void host_close(struct host *host)
{
	ipoib_binding_close(host->binding);
	ipoib_interface_close(host->interface);
	ipoib_transport_unref(host->transport);
	ipoib_context_unref(host->context);
	host->context = NULL;
}

/* RFC 1071 */
static void put_checksum(uint8_t *header)
{
	uint32_t sum = 0;

	for (unsigned i = 0; i < 20; i += 2)
		sum += (uint32_t)header[i] << 8 | header[i + 1];
	sum = (sum & 0xffff) + (sum >> 16);
	sum = ~((sum & 0xffff) + (sum >> 16));
	header[10] = (uint8_t)(sum >> 8);
	header[11] = (uint8_t)sum;
}

static void send_to(struct host *host, const char *address, size_t length)
{
	struct ipoib_packet packet = { .mtu = 0 };
	struct ipoib_ip from;
	uint8_t *data;

	must(ipoib_ip_parse(&from, "10.0.0.1"), "own address");
	must(ipoib_ip_parse(&packet.next_hop, address), address);
	must(ipoib_interface_buffer(host->interface, &packet.buffer), "buffer");
	must(ipoib_buffer_set_length(packet.buffer, length), "length");
	data = ipoib_buffer_data(packet.buffer);
	memset(data, 0, length);
	data[0] = 0x45;
	data[2] = (uint8_t)(length >> 8);
	data[3] = (uint8_t)length;
	data[8] = 64;
	data[9] = 253; /* RFC 3692: for experiments */
	memcpy(data + 12, from.raw, 4);
	memcpy(data + 16, packet.next_hop.raw, 4);
	put_checksum(data);
	if (ipoib_interface_send(host->interface, &packet, 1) != 1)
		must(packet.status, "send");
	run(6 * SECOND);
}

/* ---- what may be given ---- */

static void end_nothing(void *self)
{
	(void)self;
}

#define NEVER (void *)(uintptr_t)end_nothing /* an operation that is not called here */

struct ipoib_interface_config scene_second = IPOIB_INTERFACE_CONFIG_INIT;
struct ipoib_region_config scene_region = IPOIB_REGION_CONFIG_INIT;
const struct ipoib_capture_config scene_capture = { .write = write_nowhere };
const struct ipoib_capture_packet scene_packet = {
	.slid = 1, .dlid = 2, .pkey = 0xffff, .payload = memory, .length = 64,
};
const struct ipoib_transport_ops scene_ops = {
	.destroy = end_nothing, .query_port = NEVER, .process = NEVER, .deadline = NEVER,
	.next_event = NEVER, .memory_get = NEVER, .memory_put = NEVER, .ah_create = NEVER,
	.ah_destroy = NEVER, .ud_create = NEVER, .ud_destroy = NEVER, .ud_set_qkey = NEVER,
	.ud_attach = NEVER, .ud_detach = NEVER, .ud_post_send = NEVER, .ud_post_receive = NEVER,
	.ud_poll = NEVER, .ud_arm = NEVER, .rc_listen = NEVER, .rc_connect = NEVER,
	.rc_accept = NEVER, .rc_reject = NEVER, .rc_destroy = NEVER, .rc_post_send = NEVER,
	.rc_post_receive = NEVER, .path_query = NEVER, .multicast_join = NEVER,
	.multicast_leave = NEVER, .cancel = NEVER, .memory_register = NEVER,
};
const uint8_t scene_report[32] = {
	0x46, 0, 0, 32, 0, 0, 0, 0, 1, 2, 0x29, 0xd3, 10, 0, 0, 1, 239, 1, 2, 3,
	0x94, 4, 0, 0, /* router alert */
	0x16, 0, 0xf8, 0xfa, 239, 1, 2, 3,
};

/* ---- the story ---- */

static void publish(const char *audit_root)
{
	struct ipoib_audit_config audit = IPOIB_AUDIT_CONFIG_INIT;
	struct ipoib_capture_config capture = scene_capture;

	scene.context = hosts[0].context;
	scene.transport = hosts[0].transport;
	scene.interface = hosts[0].interface;
	scene.binding = hosts[0].binding;
	must(ipoib_ip_parse(&scene.other, "10.0.0.2"), "other");
	audit.root = audit_root;
	must(ipoib_audit_new(&scene.audit, &audit), "audit");
	capture.size = sizeof(capture);
	must(ipoib_capture_new(&scene.capture, &capture), "capture");
	scene_second.pkey = 0x8001;
	scene_region.address = memory;
	scene_region.length = sizeof(memory);
}

void scene_open(const char *audit_root)
{
	const uint16_t pkeys[] = { 0xffff, 0x8001 };
	struct ipoib_fabric_config config = IPOIB_FABRIC_CONFIG_INIT;

	config.clock = read_clock;
	config.hosts = HOSTS;
	must(ipoib_fabric_new(&scene.fabric, &config), "fabric");
	must(ipoib_fabric_set_pkeys(scene.fabric, NULL, pkeys, 2), "P_Keys");
	host_open(&hosts[0], "host1/1", "10.0.0.1");
	host_open(&hosts[1], "host2/1", "10.0.0.2");
	send_to(&hosts[0], "10.0.0.2", LONG);
	send_to(&hosts[0], "10.0.0.99", 100); /* there is none */
	host_close(&hosts[1]);
	host_open(&hosts[2], "host3/1", "10.0.0.2");
	publish(audit_root);
}

void scene_close(void)
{
	ipoib_capture_close(scene.capture);
	ipoib_audit_close(scene.audit);
	host_close(&hosts[2]);
	host_close(&hosts[0]);
	ipoib_fabric_close(scene.fabric);
}
