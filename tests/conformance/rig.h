/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * What <ipoib/transport.h> promises, held against a transport: two ports of one subnet, a and b,
 * driven by the operations alone, as lib/interface drives them. The same tests run against the
 * simulated fabric in virtual time (main.c) and against real verbs in real time (device.c): what
 * differs is a struct world.
 *
 * Completions and events are taken after each process() and kept until a test looks at them. What a
 * test waits for comes within WAIT_NS; what must not come has not come after QUIET_NS.
 */
#ifndef IPOIB_TESTS_CONFORMANCE_RIG_H
#define IPOIB_TESTS_CONFORMANCE_RIG_H

#include <check.h>
#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <ipoib/context.h>
#include <ipoib/port.h>
#include <ipoib/transport.h>

#define MILLISECOND UINT64_C(1000000)
#define SECOND UINT64_C(1000000000)
/* The longest a manager or an SA may take, and then some. */
#define WAIT_NS (100 * SECOND)
/* Of a context: one, or each that it uses where the system has no descriptor for several. */
#define DESCRIPTORS 16
/* Many round trips, of an emulated machine too. */
#define QUIET_NS (300 * MILLISECOND)

#define DEPTH 16
#define CONNECTIONS 4
/* A slot holds the longest message, and the room for a GRH. */
#define SLOT 65600
/* The first DEPTH are to send from; receives have twice as many, so that none is reused at once. */
#define SLOTS (3 * DEPTH)
#define KEPT 256
#define QKEY UINT32_C(0x0b1b)
#define PKEY 0xffff
/* Linux's service IDs for IPoIB: this, and a number of a queue pair. */
#define SERVICE UINT64_C(0x1000000000000000)
/* Reasons of the IBA's. */
#define REASON_NO_RESOURCES 3
#define REASON_SERVICE_ID 8
#define REASON_CONSUMER 28

struct side {
	struct ipoib_context *context;
	struct ipoib_transport *transport;
	const struct ipoib_transport_ops *ops;
	void *self;
	struct ipoib_port_attributes port;
	void *ud;
	uint32_t qpn;
	struct ipoib_memory_region region;
	struct ipoib_transport_event events[KEPT];
	unsigned event_count;
	struct ipoib_ud_completion done[KEPT];
	unsigned done_count;
	uint64_t next_question;
};

/* Where the two ports are, and how time passes there. */
struct world {
	/* Before and after each test. */
	void (*begin)(void);
	void (*end)(void);
	struct ipoib_context_config (*config)(void);
	/* A transport of the port; which is 0 or 1. */
	int (*open)(struct ipoib_transport **out, struct ipoib_context *context, unsigned which);
	/* Lets the next thing happen, or time pass: some time, and never later than `end`. */
	void (*pass)(uint64_t end);
};

extern const struct world *world;
extern struct side a, b;

/* Fixtures: with a queue pair and a region on each side, or with the ports alone. */
void rig_setup(void);
void rig_setup_bare(void);
void rig_teardown(void);

/* ---- time ---- */

uint64_t rig_now(void);
/* Takes what there is from both sides, now. */
void rig_take(void);
/* Lets so much time pass, and takes what comes meanwhile. */
void rig_run(uint64_t nanoseconds);
/* The same until there are so many completions of a side, or WAIT_NS are over. */
void rig_wait_done(struct side *side, unsigned count);
/* What to watch for the side's context; returns how many. */
int side_pollfds(const struct side *side, struct pollfd fds[DESCRIPTORS]);

/* ---- what a side was told ---- */

/* Waits for the oldest event of this type and takes it out; the test fails when none comes. */
struct ipoib_transport_event side_event(struct side *side, uint32_t type);
/* How many of this type are kept. */
unsigned side_events(const struct side *side, uint32_t type);
/* Waits for the oldest completion of this kind and takes it out. */
struct ipoib_ud_completion side_done(struct side *side, uint8_t opcode);
unsigned side_dones(const struct side *side, uint8_t opcode);
void side_forget(struct side *side);

/* ---- datagrams ---- */

struct ipoib_ud_attributes side_ud_attributes(void);
uint8_t *side_slot(const struct side *side, unsigned slot);
/* The path from one side to the other, asked for. */
struct ipoib_path_record side_path(struct side *from, const struct side *to);
struct ipoib_ah_attributes ah_attributes(const struct side *from,
					 const struct ipoib_path_record *path);
void *side_ah(struct side *from, const struct side *to);
/* To be posted: a datagram of `length` octets that say which it is. */
struct ipoib_ud_send side_send(struct side *from, const struct side *to, void *ah, unsigned slot,
			       uint32_t length);
/* Posts one send; the cookie is the slot. */
void side_post(struct side *from, const struct side *to, void *ah, unsigned slot, uint32_t length);
/* Posts receives into the slots from DEPTH + first on; the cookies are the slots. */
void side_receives(struct side *side, unsigned first, unsigned count);
/* The octets are what side_send() of that slot and length put there. */
void check_octets(const uint8_t *octets, unsigned slot, uint32_t length);
/* Sends one datagram from a to b that arrives: everything is in order. */
void check_that_datagrams_pass(void *ah, unsigned slot);

#endif
