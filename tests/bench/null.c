/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "null.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "support/refusing.h"

#define QUEUE_DEPTH 4096 /* deeper than any queue that a bench opens */
#define EVENTS_MAX 4096	 /* answers that wait to be fetched */
#define PAGE 4096
#define MTU 2048
/* An IPv4 packet of 92 octets, UDP; from 10.0.0.2 + k to 10.0.0.1. */
#define PACKET_LENGTH 92
#define ENCAP_LENGTH 4

struct null_port {
	struct ipoib_transport_event events[EVENTS_MAX];
	uint32_t first_event, event_count;
	uint64_t sends[QUEUE_DEPTH];
	uint32_t sends_first, sends_end;
	struct ipoib_ud_receive receives[QUEUE_DEPTH];
	uint32_t receives_first, receives_end;
	uint32_t arriving, senders, sender;
};

/* ---- the port ---- */

static void port_destroy(void *self)
{
	free(self);
}

static int query_port(void *self, struct ipoib_port_attributes *port)
{
	(void)self;
	*port = (struct ipoib_port_attributes){ .size = sizeof(*port),
						.name = "null/1",
						.gid = { { 0xfe, 0x80 } },
						.mtu = MTU,
						.lid = 1,
						.sm_lid = 1,
						.state = IPOIB_PORT_ACTIVE,
						.pkey_count = 1,
						.pkeys = { 0xffff } };
	port->gid.raw[15] = 1;
	return 0;
}

static uint64_t deadline(void *self)
{
	const struct null_port *port = self;

	return port->event_count > 0 ? 0 : IPOIB_NEVER;
}

static int next_event(void *self, struct ipoib_transport_event *event)
{
	struct null_port *port = self;

	if (port->event_count == 0)
		return 0;
	*event = port->events[port->first_event++ % EVENTS_MAX];
	port->event_count--;
	return 1;
}

static struct ipoib_transport_event *new_event(struct null_port *port)
{
	if (port->event_count == EVENTS_MAX)
		return NULL;
	return &port->events[(port->first_event + port->event_count++) % EVENTS_MAX];
}

static int path_query(void *self, uint64_t id, const struct ipoib_gid *gid, uint16_t pkey)
{
	struct ipoib_transport_event *event = new_event(self);

	if (!event)
		return -EAGAIN;
	*event = (struct ipoib_transport_event){
		.type = IPOIB_TRANSPORT_PATH,
		.id = id,
		.path = { .dgid = *gid, .dlid = null_lid(null_index(gid)), .slid = 1, .pkey = pkey,
			  .rate = 3, .mtu = MTU, .packet_life = 12 },
	};
	return 0;
}

static int multicast_join(void *self, uint64_t id, const struct ipoib_multicast_record *wanted)
{
	struct ipoib_transport_event *event = new_event(self);

	if (!event)
		return -EAGAIN;
	*event = (struct ipoib_transport_event){ .type = IPOIB_TRANSPORT_JOIN,
						 .id = id,
						 .multicast = *wanted };
	event->multicast.qkey = 0xb1b;
	event->multicast.mtu = MTU;
	event->multicast.mlid = 0xc000;
	event->multicast.rate = 3;
	return 0;
}

/* ---- memory and handles ---- */

static int memory_get(void *self, size_t length, struct ipoib_memory_region *region)
{
	void *memory = aligned_alloc(PAGE, (length + PAGE - 1) / PAGE * PAGE);

	(void)self;
	if (!memory)
		return -ENOMEM;
	*region = (struct ipoib_memory_region){ .address = memory, .length = length, .key = 1 };
	return 0;
}

static void memory_put(void *self, const struct ipoib_memory_region *region)
{
	(void)self;
	free(region->address);
}

static int ah_create(void *self, const struct ipoib_ah_attributes *attributes, void **handle)
{
	(void)attributes;
	*handle = self;
	return 0;
}

/* ---- the queue pair ---- */

static int ud_create(void *self, struct ipoib_ud_attributes *attributes, void **ud)
{
	if (attributes->send_depth > QUEUE_DEPTH || attributes->receive_depth > QUEUE_DEPTH)
		return -EINVAL;
	attributes->qpn = 0x48;
	*ud = self;
	return 0;
}

static int ud_set_qkey(void *self, void *ud, uint32_t qkey)
{
	(void)self;
	(void)ud;
	(void)qkey;
	return 0;
}

static int ud_attach(void *self, void *ud, const struct ipoib_gid *mgid, uint16_t mlid)
{
	(void)self;
	(void)ud;
	(void)mgid;
	(void)mlid;
	return 0;
}

static int ud_post_send(void *self, void *ud, const struct ipoib_ud_send *sends, size_t count)
{
	struct null_port *port = self;

	(void)ud;
	for (size_t i = 0; i < count; i++)
		port->sends[port->sends_end++ % QUEUE_DEPTH] = sends[i].cookie;
	return (int)count;
}

static int ud_post_receive(void *self, void *ud, const struct ipoib_ud_receive *receives,
			   size_t count)
{
	struct null_port *port = self;

	(void)ud;
	for (size_t i = 0; i < count; i++)
		port->receives[port->receives_end++ % QUEUE_DEPTH] = receives[i];
	return (int)count;
}

static void write_checksum(uint8_t *header)
{
	uint32_t sum = 0;

	header[10] = header[11] = 0;
	for (unsigned i = 0; i < 20; i += 2)
		sum += (uint32_t)header[i] << 8 | header[i + 1];
	sum = (sum >> 16) + (sum & 0xffff);
	sum = ~(sum + (sum >> 16)) & 0xffff;
	header[10] = (uint8_t)(sum >> 8);
	header[11] = (uint8_t)sum;
}

static void write_datagram(uint8_t *memory, uint32_t sender)
{
	static const uint8_t header[ENCAP_LENGTH + 20] = {
		0x08, 0x00, 0, 0, 0x45, 0, 0, PACKET_LENGTH, 0, 0, 0, 0, 64, 17, 0, 0,
		0, 0, 0, 0, 10, 0, 0, 1
	};
	struct ipoib_ip source = null_ip(sender);
	uint8_t *at = memory + IPOIB_GRH_LENGTH;

	memcpy(at, header, sizeof(header));
	memcpy(at + ENCAP_LENGTH + 12, source.raw, 4);
	write_checksum(at + ENCAP_LENGTH);
}

static struct ipoib_ud_completion received(struct null_port *port)
{
	const struct ipoib_ud_receive *receive =
		&port->receives[port->receives_first++ % QUEUE_DEPTH];
	uint32_t sender = port->sender++ % port->senders;

	write_datagram(receive->address, sender);
	port->arriving--;
	return (struct ipoib_ud_completion){
		.cookie = receive->cookie,
		.opcode = IPOIB_UD_RECEIVE,
		.length = IPOIB_GRH_LENGTH + ENCAP_LENGTH + PACKET_LENGTH,
		.source_qpn = null_qpn(sender),
		.source_lid = null_lid(sender),
	};
}

static int ud_poll(void *self, void *ud, struct ipoib_ud_completion *completions, size_t count)
{
	struct null_port *port = self;
	size_t n = 0;

	(void)ud;
	while (n < count && port->sends_first != port->sends_end)
		completions[n++] = (struct ipoib_ud_completion){
			.cookie = port->sends[port->sends_first++ % QUEUE_DEPTH],
			.opcode = IPOIB_UD_SEND,
		};
	while (n < count && port->arriving > 0 && port->receives_first != port->receives_end)
		completions[n++] = received(port);
	return (int)n;
}

static int ud_arm(void *self, void *ud)
{
	const struct null_port *port = self;

	(void)ud;
	return port->sends_first != port->sends_end ||
	       (port->arriving > 0 && port->receives_first != port->receives_end);
}

static struct ipoib_transport_ops null_ops(void)
{
	struct ipoib_transport_ops ops = refusing_ops();

	ops.destroy = port_destroy;
	ops.query_port = query_port;
	ops.deadline = deadline;
	ops.next_event = next_event;
	ops.memory_get = memory_get;
	ops.memory_put = memory_put;
	ops.ah_create = ah_create;
	ops.ud_create = ud_create;
	ops.ud_set_qkey = ud_set_qkey;
	ops.ud_attach = ud_attach;
	ops.ud_post_send = ud_post_send;
	ops.ud_post_receive = ud_post_receive;
	ops.ud_poll = ud_poll;
	ops.ud_arm = ud_arm;
	ops.path_query = path_query;
	ops.multicast_join = multicast_join;
	return ops;
}

struct null_port *null_port_new(struct ipoib_context *context, struct ipoib_transport **out)
{
	const struct ipoib_transport_ops ops = null_ops();
	struct null_port *port = calloc(1, sizeof(*port));

	if (port && ipoib_transport_new(out, context, &ops, port) < 0) {
		free(port);
		port = NULL;
	}
	return port;
}

void null_port_arrive(struct null_port *port, uint32_t count, uint32_t senders)
{
	port->senders = senders;
	port->arriving += count;
}
