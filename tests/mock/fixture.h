/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * A fabric with attached ports, driven by hand through the transport operations: no context, a
 * virtual clock, and the conservation law checked after every step.
 */
#ifndef IPOIB_TESTS_MOCK_FIXTURE_H
#define IPOIB_TESTS_MOCK_FIXTURE_H

#include <ipoib/mock.h>
#include <ipoib/transport.h>

#include "mock/hca.h"
#include "mock/port.h"
#include "support/support.h"

#define NODE_DEPTH 8
#define NODE_SLOT  4200 /* octets for one datagram: 40 and the largest MTU, and some */
#define NODE_QKEY  UINT32_C(0x0b1b)

/* A port with one UD queue pair and a region of NODE_DEPTH slots to send and as many to receive. */
struct node {
	struct ipoib__port *port;
	void *ud;
	uint32_t qpn;
	struct ipoib_memory_region region;
};

extern const struct ipoib_transport_ops *const ops;

/* hosts with one port each; the defaults otherwise. */
struct ipoib_fabric *fixture_fabric(uint32_t hosts);
struct ipoib_fabric *fixture_fabric_of(const struct ipoib_fabric_config *config);
/* The defaults with the test's clock and allocator. */
struct ipoib_fabric_config fixture_config(void);
/* The C library's allocator: the one of the test is for one thread. */
struct ipoib__memory fixture_memory(void);
struct ipoib_fabric_statistics fixture_statistics(const struct ipoib_fabric *fabric);
/* Checks the law and closes. */
void fixture_close(struct ipoib_fabric *fabric);

/* Attaches; node_close() ends it. */
void node_open(struct node *node, struct ipoib_fabric *fabric, const char *name);
void node_wrap(struct node *node, struct ipoib__port *port);
void node_close(struct node *node);

/* Processes all open nodes and the fabric until nothing is due at support_now. */
void fixture_settle(struct ipoib_fabric *fabric);
/* The same while time passes from deadline to deadline. */
void fixture_advance(struct ipoib_fabric *fabric, uint64_t nanoseconds);

struct ipoib_port_attributes node_attributes(const struct node *node);
/* The next event; fails the test when there is none. */
struct ipoib_transport_event node_event(struct node *node);
/* Takes every event, and returns how many of this type there were. */
unsigned node_events(struct node *node, uint32_t type);

/* Joins and waits for the answer; returns its status. out may be NULL. */
int node_join(struct node *node, struct ipoib_fabric *fabric,
	      const struct ipoib_multicast_record *wanted, struct ipoib_multicast_record *out);
/* Joins the broadcast group, and attaches the queue pair to it. */
void node_join_broadcast(struct node *node, struct ipoib_fabric *fabric,
			 struct ipoib_multicast_record *out);
struct ipoib_multicast_record record_broadcast(void);

/* Address handles to a port and to a group. */
void *node_ah(struct node *node, const struct node *to, bool global);
void *node_ah_group(struct node *node, const struct ipoib_multicast_record *group);

uint8_t *node_send_slot(struct node *node, unsigned slot);
uint8_t *node_receive_slot(struct node *node, unsigned slot);
/* Posts one send of length octets from a slot; the cookie is the slot. Returns as the operation. */
int node_send(struct node *node, void *ah, uint32_t qpn, unsigned slot, uint32_t length);
struct ipoib_ud_send node_send_request(struct node *node, void *ah, uint32_t qpn, unsigned slot,
				       uint32_t length);
int node_receive(struct node *node, unsigned slot, uint32_t length);
/* Takes one completion and checks what it is of; fails the test when there is none. */
struct ipoib_ud_completion node_completion(struct node *node, unsigned opcode, int status);
void node_no_completion(struct node *node);

#endif
