/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "mock/fixture.h"

#include <string.h>

#include "wire/mgid.h"

#define NODES_MAX 16
/* Rounds after which a fabric that is still busy never comes to rest. */
#define ROUNDS_MAX 10000

const struct ipoib_transport_ops *const ops = &ipoib__port_ops;
static struct node *nodes[NODES_MAX];

/* ---- the fabric ---- */

struct ipoib_fabric_config fixture_config(void)
{
	struct ipoib_fabric_config config = IPOIB_FABRIC_CONFIG_INIT;

	config.allocate = support_allocate;
	config.release = support_release;
	config.clock = support_clock;
	config.seed = support_seed();
	return config;
}

struct ipoib_fabric *fixture_fabric_of(const struct ipoib_fabric_config *config)
{
	struct ipoib_fabric *fabric = NULL;

	memset(nodes, 0, sizeof(nodes));
	ck_assert_int_eq(ipoib_fabric_new(&fabric, config), 0);
	return fabric;
}

struct ipoib_fabric *fixture_fabric(uint32_t hosts)
{
	struct ipoib_fabric_config config = fixture_config();

	config.hosts = hosts;
	return fixture_fabric_of(&config);
}

struct ipoib__memory fixture_memory(void)
{
	struct ipoib__memory memory;

	ipoib__memory_init(&memory, NULL, NULL, NULL);
	return memory;
}

struct ipoib_fabric_statistics fixture_statistics(const struct ipoib_fabric *fabric)
{
	struct ipoib_fabric_statistics s = { .size = sizeof(s) };

	ck_assert_int_eq(ipoib_fabric_statistics(fabric, &s), 0);
	ck_assert_uint_eq(s.copies, s.delivered + s.in_flight + s.dropped_fault + s.dropped_link +
					    s.dropped_route + s.dropped_full + s.dropped_bad +
					    s.dropped_multicast + s.dropped_late);
	return s;
}

void fixture_close(struct ipoib_fabric *fabric)
{
	(void)fixture_statistics(fabric);
	ipoib_fabric_close(fabric);
}

/* ---- nodes ---- */

void node_wrap(struct node *node, struct ipoib__port *port)
{
	struct ipoib_ud_attributes attributes = {
		.pkey = 0xffff,
		.send_depth = NODE_DEPTH,
		.receive_depth = NODE_DEPTH,
	};
	unsigned i = 0;

	node->port = port;
	ck_assert_int_eq(ops->ud_create(port, &attributes, &node->ud), 0);
	node->qpn = attributes.qpn;
	ck_assert_int_eq(ops->ud_set_qkey(port, node->ud, NODE_QKEY), 0);
	ck_assert_int_eq(ops->memory_get(port, NODE_SLOT * 2 * NODE_DEPTH, &node->region), 0);
	while (nodes[i] != NULL)
		ck_assert_uint_lt(++i, NODES_MAX);
	nodes[i] = node;
}

void node_open(struct node *node, struct ipoib_fabric *fabric, const char *name)
{
	struct ipoib__port *port = NULL;

	ck_assert_int_eq(ipoib__port_open(&port, fabric, name), 0);
	node_wrap(node, port);
}

void node_close(struct node *node)
{
	for (unsigned i = 0; i < NODES_MAX; i++)
		if (nodes[i] == node)
			nodes[i] = NULL;
	ops->ud_destroy(node->port, node->ud);
	ops->memory_put(node->port, &node->region);
	ops->destroy(node->port);
}

struct ipoib_port_attributes node_attributes(const struct node *node)
{
	struct ipoib_port_attributes attributes = { .size = sizeof(attributes) };

	ck_assert_int_eq(ops->query_port(node->port, &attributes), 0);
	return attributes;
}

/* ---- time ---- */

static uint64_t nodes_deadline(void)
{
	uint64_t deadline = IPOIB_NEVER;

	for (unsigned i = 0; i < NODES_MAX; i++) {
		/* 0 may mean an event that only the test takes */
		if (nodes[i] != NULL && ops->deadline(nodes[i]->port) != 0 &&
		    ops->deadline(nodes[i]->port) < deadline)
			deadline = ops->deadline(nodes[i]->port);
	}
	return deadline;
}

void fixture_settle(struct ipoib_fabric *fabric)
{
	for (unsigned round = 0; round < ROUNDS_MAX; round++) {
		for (unsigned i = 0; i < NODES_MAX; i++)
			if (nodes[i] != NULL)
				ops->process(nodes[i]->port, support_now);
		ck_assert_int_eq(ipoib_fabric_dispatch(fabric), 0);
		(void)fixture_statistics(fabric);
		if (ipoib_fabric_deadline(fabric) > support_now && round > 1)
			return;
	}
	ck_abort_msg("the fabric does not come to rest");
}

void fixture_advance(struct ipoib_fabric *fabric, uint64_t nanoseconds)
{
	uint64_t end = support_now + nanoseconds;

	fixture_settle(fabric);
	while (support_now < end) {
		uint64_t next = ipoib_fabric_deadline(fabric);

		if (nodes_deadline() < next)
			next = nodes_deadline();
		support_now = next < end ? next : end;
		fixture_settle(fabric);
	}
}

/* ---- events ---- */

struct ipoib_transport_event node_event(struct node *node)
{
	struct ipoib_transport_event event;

	ck_assert_int_eq(ops->next_event(node->port, &event), 1);
	return event;
}

unsigned node_events(struct node *node, uint32_t type)
{
	struct ipoib_transport_event event;
	unsigned count = 0;

	while (ops->next_event(node->port, &event) == 1)
		if (event.type == type)
			count++;
	return count;
}

struct ipoib_multicast_record record_broadcast(void)
{
	struct ipoib_multicast_record record = {
		.mgid = ipoib__mgid_broadcast(2, 0xffff),
		.pkey = 0xffff,
		.join_state = IPOIB_JOIN_FULL_MEMBER,
	};

	return record;
}

int node_join(struct node *node, struct ipoib_fabric *fabric,
	      const struct ipoib_multicast_record *wanted, struct ipoib_multicast_record *out)
{
	struct ipoib_transport_event event;

	ck_assert_int_eq(ops->multicast_join(node->port, 77, wanted), 0);
	fixture_settle(fabric);
	event = node_event(node);
	ck_assert_uint_eq(event.type, IPOIB_TRANSPORT_JOIN);
	ck_assert_uint_eq(event.id, 77);
	if (out != NULL)
		*out = event.multicast;
	return event.status;
}

void node_join_broadcast(struct node *node, struct ipoib_fabric *fabric,
			 struct ipoib_multicast_record *out)
{
	struct ipoib_multicast_record wanted = record_broadcast();

	ck_assert_int_eq(node_join(node, fabric, &wanted, out), 0);
	ck_assert_int_eq(ops->ud_attach(node->port, node->ud, &out->mgid, out->mlid), 0);
}

/* ---- sending and receiving ---- */

void *node_ah(struct node *node, const struct node *to, bool global)
{
	struct ipoib_port_attributes port = node_attributes(to);
	struct ipoib_ah_attributes attributes = {
		.dlid = port.lid,
		.sl = 3,
		.global = global,
		.dgid = port.gid,
	};
	void *ah = NULL;

	ck_assert_int_eq(ops->ah_create(node->port, &attributes, &ah), 0);
	return ah;
}

void *node_ah_group(struct node *node, const struct ipoib_multicast_record *group)
{
	struct ipoib_ah_attributes attributes = {
		.dlid = group->mlid,
		.global = 1,
		.dgid = group->mgid,
	};
	void *ah = NULL;

	ck_assert_int_eq(ops->ah_create(node->port, &attributes, &ah), 0);
	return ah;
}

uint8_t *node_send_slot(struct node *node, unsigned slot)
{
	return (uint8_t *)node->region.address + (size_t)slot * NODE_SLOT;
}

uint8_t *node_receive_slot(struct node *node, unsigned slot)
{
	return node_send_slot(node, NODE_DEPTH + slot);
}

struct ipoib_ud_send node_send_request(struct node *node, void *ah, uint32_t qpn, unsigned slot,
				       uint32_t length)
{
	struct ipoib_ud_send send = {
		.cookie = slot,
		.address = node_send_slot(node, slot),
		.length = length,
		.remote_qpn = qpn,
		.remote_qkey = NODE_QKEY,
		.key = node->region.key,
		.ah = ah,
	};

	return send;
}

int node_send(struct node *node, void *ah, uint32_t qpn, unsigned slot, uint32_t length)
{
	struct ipoib_ud_send send = node_send_request(node, ah, qpn, slot, length);

	return ops->ud_post_send(node->port, node->ud, &send, 1);
}

int node_receive(struct node *node, unsigned slot, uint32_t length)
{
	struct ipoib_ud_receive receive = {
		.cookie = 100 + slot,
		.address = node_receive_slot(node, slot),
		.length = length,
		.key = node->region.key,
	};

	return ops->ud_post_receive(node->port, node->ud, &receive, 1);
}

struct ipoib_ud_completion node_completion(struct node *node, unsigned opcode, int status)
{
	struct ipoib_ud_completion completion;

	ck_assert_int_eq(ops->ud_poll(node->port, node->ud, &completion, 1), 1);
	ck_assert_uint_eq(completion.opcode, opcode);
	ck_assert_int_eq(completion.status, status);
	return completion;
}

void node_no_completion(struct node *node)
{
	struct ipoib_ud_completion completion;

	ck_assert_int_eq(ops->ud_poll(node->port, node->ud, &completion, 1), 0);
}
