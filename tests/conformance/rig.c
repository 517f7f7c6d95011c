/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "conformance/rig.h"

#include <string.h>

#include "interface/interface.h"

/* Events and completions taken at a time: more are there than a test makes. */
#define BATCH 32

struct side a, b;

/* ---- time ---- */

uint64_t rig_now(void)
{
	return ipoib_context_now(a.context);
}

static void take(struct side *side)
{
	int got;

	if (side->transport == NULL)
		return;
	side->ops->process(side->self, rig_now());
	while (side->ops->next_event(side->self, &side->events[side->event_count]) == 1)
		ck_assert_uint_lt(++side->event_count, KEPT);
	if (side->ud == NULL)
		return;
	do {
		ck_assert_uint_le(side->done_count + BATCH, KEPT);
		got = side->ops->ud_poll(side->self, side->ud, &side->done[side->done_count],
					 BATCH);
		ck_assert_int_ge(got, 0);
		side->done_count += (unsigned)got;
	} while (got > 0);
}

void rig_take(void)
{
	take(&a);
	take(&b);
}

void rig_run(uint64_t nanoseconds)
{
	uint64_t end = rig_now() + nanoseconds;

	rig_take();
	while (rig_now() < end) {
		world->pass(end);
		rig_take();
	}
}

void rig_wait_done(struct side *side, unsigned count)
{
	uint64_t end = rig_now() + WAIT_NS;

	rig_take();
	while (side->done_count < count && rig_now() < end) {
		world->pass(end);
		rig_take();
	}
	ck_assert_msg(side->done_count >= count, "%u completions instead of %u", side->done_count,
		      count);
}

/* ---- what a side was told ---- */

static bool event_take(struct side *side, uint32_t type, struct ipoib_transport_event *event)
{
	for (unsigned i = 0; i < side->event_count; i++) {
		if (side->events[i].type != type)
			continue;
		*event = side->events[i];
		side->event_count--;
		memmove(&side->events[i], &side->events[i + 1],
			(side->event_count - i) * sizeof(side->events[0]));
		return true;
	}
	return false;
}

struct ipoib_transport_event side_event(struct side *side, uint32_t type)
{
	uint64_t end = rig_now() + WAIT_NS;
	struct ipoib_transport_event event;

	rig_take();
	while (!event_take(side, type, &event)) {
		ck_assert_msg(rig_now() < end, "no event of type %u", type);
		world->pass(end);
		rig_take();
	}
	return event;
}

unsigned side_events(const struct side *side, uint32_t type)
{
	unsigned count = 0;

	for (unsigned i = 0; i < side->event_count; i++)
		count += side->events[i].type == type;
	return count;
}

static bool done_take(struct side *side, uint8_t opcode, struct ipoib_ud_completion *done)
{
	for (unsigned i = 0; i < side->done_count; i++) {
		if (side->done[i].opcode != opcode)
			continue;
		*done = side->done[i];
		side->done_count--;
		memmove(&side->done[i], &side->done[i + 1],
			(side->done_count - i) * sizeof(side->done[0]));
		return true;
	}
	return false;
}

int side_pollfds(const struct side *side, struct pollfd fds[DESCRIPTORS])
{
	int count = ipoib_context_pollfds(side->context, fds, DESCRIPTORS);

	ck_assert_int_ge(count, 0);
	ck_assert_int_le(count, DESCRIPTORS);
	return count;
}

struct ipoib_ud_completion side_done(struct side *side, uint8_t opcode)
{
	uint64_t end = rig_now() + WAIT_NS;
	struct ipoib_ud_completion done;

	rig_take();
	while (!done_take(side, opcode, &done)) {
		ck_assert_msg(rig_now() < end, "no completion of opcode %u", opcode);
		world->pass(end);
		rig_take();
	}
	return done;
}

unsigned side_dones(const struct side *side, uint8_t opcode)
{
	unsigned count = 0;

	for (unsigned i = 0; i < side->done_count; i++)
		count += side->done[i].opcode == opcode;
	return count;
}

void side_forget(struct side *side)
{
	side->event_count = 0;
	side->done_count = 0;
}

/* ---- the two sides ---- */

static void side_open(struct side *side, unsigned which)
{
	struct ipoib_context_config config = world->config();

	memset(side, 0, sizeof(*side));
	ck_assert_int_eq(ipoib_context_new(&side->context, &config), 0);
	ck_assert_int_eq(world->open(&side->transport, side->context, which), 0);
	side->ops = side->transport->ops;
	side->self = side->transport->self;
	side->port.size = sizeof(side->port);
	ck_assert_int_eq(side->ops->query_port(side->self, &side->port), 0);
}

struct ipoib_ud_attributes side_ud_attributes(void)
{
	return (struct ipoib_ud_attributes){
		.pkey = PKEY,
		.send_depth = DEPTH,
		.receive_depth = DEPTH,
		.connected_depth = DEPTH,
		.connections_max = CONNECTIONS,
	};
}

static void side_equip(struct side *side)
{
	struct ipoib_ud_attributes ud = side_ud_attributes();

	ck_assert_int_eq(side->ops->ud_create(side->self, &ud, &side->ud), 0);
	side->qpn = ud.qpn;
	ck_assert_int_eq(side->ops->ud_set_qkey(side->self, side->ud, QKEY), 0);
	ck_assert_int_eq(side->ops->memory_get(side->self, (size_t)SLOT * SLOTS, &side->region), 0);
}

static void side_close(struct side *side)
{
	if (side->ud != NULL)
		side->ops->ud_destroy(side->self, side->ud);
	if (side->region.length > 0)
		side->ops->memory_put(side->self, &side->region);
	ipoib_transport_unref(side->transport);
	ipoib_context_unref(side->context);
	memset(side, 0, sizeof(*side));
}

void rig_setup_bare(void)
{
	world->begin();
	side_open(&a, 0);
	side_open(&b, 1);
	rig_run(MILLISECOND);
}

void rig_setup(void)
{
	rig_setup_bare();
	side_equip(&a);
	side_equip(&b);
	side_forget(&a);
	side_forget(&b);
}

void rig_teardown(void)
{
	side_close(&a);
	side_close(&b);
	world->end();
}

/* ---- datagrams ---- */

uint8_t *side_slot(const struct side *side, unsigned slot)
{
	ck_assert_uint_lt(slot, SLOTS);
	return (uint8_t *)side->region.address + (size_t)slot * SLOT;
}

struct ipoib_path_record side_path(struct side *from, const struct side *to)
{
	struct ipoib_transport_event event;
	uint64_t id = ++from->next_question;

	ck_assert_int_eq(from->ops->path_query(from->self, id, &to->port.gid, PKEY), 0);
	event = side_event(from, IPOIB_TRANSPORT_PATH);
	ck_assert_int_eq(event.status, 0);
	ck_assert_uint_eq(event.id, id);
	return event.path;
}

struct ipoib_ah_attributes ah_attributes(const struct side *from,
					 const struct ipoib_path_record *path)
{
	return (struct ipoib_ah_attributes){
		.dlid = path->dlid,
		.sl = path->sl,
		.rate = path->rate,
		.global = from->port.grh_required,
		.hop_limit = path->hop_limit,
		.traffic_class = path->traffic_class,
		.flow_label = path->flow_label,
		.dgid = path->dgid,
	};
}

void *side_ah(struct side *from, const struct side *to)
{
	struct ipoib_path_record path = side_path(from, to);
	struct ipoib_ah_attributes attributes = ah_attributes(from, &path);
	void *ah = NULL;

	ck_assert_int_eq(from->ops->ah_create(from->self, &attributes, &ah), 0);
	return ah;
}

static uint8_t octet(unsigned slot, uint32_t at)
{
	return (uint8_t)(slot * 37 + at * 11 + (at >> 8));
}

struct ipoib_ud_send side_send(struct side *from, const struct side *to, void *ah, unsigned slot,
			       uint32_t length)
{
	uint8_t *octets = side_slot(from, slot);

	ck_assert_uint_le(length, SLOT);
	for (uint32_t i = 0; i < length; i++)
		octets[i] = octet(slot, i);
	return (struct ipoib_ud_send){
		.cookie = slot,
		.address = octets,
		.length = length,
		.remote_qpn = to->qpn,
		.remote_qkey = QKEY,
		.key = from->region.key,
		.ah = ah,
	};
}

void side_post(struct side *from, const struct side *to, void *ah, unsigned slot, uint32_t length)
{
	struct ipoib_ud_send send = side_send(from, to, ah, slot, length);

	ck_assert_int_eq(from->ops->ud_post_send(from->self, from->ud, &send, 1), 1);
}

void side_receives(struct side *side, unsigned first, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		struct ipoib_ud_receive receive = {
			.cookie = DEPTH + first + i,
			.address = side_slot(side, DEPTH + first + i),
			.length = IPOIB_GRH_LENGTH + side->port.mtu,
			.key = side->region.key,
		};

		memset(receive.address, 0, receive.length);
		ck_assert_int_eq(side->ops->ud_post_receive(side->self, side->ud, &receive, 1), 1);
	}
}

void check_octets(const uint8_t *octets, unsigned slot, uint32_t length)
{
	for (uint32_t i = 0; i < length; i++)
		if (octets[i] != octet(slot, i))
			ck_abort_msg("octet %u of %u is not what was sent", i, length);
}

void check_that_datagrams_pass(void *ah, unsigned slot)
{
	struct ipoib_ud_completion done;

	side_receives(&b, slot, 1);
	side_post(&a, &b, ah, slot, 100);
	done = side_done(&a, IPOIB_UD_SEND);
	ck_assert_int_eq(done.status, 0);
	ck_assert_uint_eq(done.cookie, slot);
	done = side_done(&b, IPOIB_UD_RECEIVE);
	ck_assert_int_eq(done.status, 0);
	ck_assert_uint_eq(done.cookie, DEPTH + slot);
	ck_assert_uint_eq(done.length, IPOIB_GRH_LENGTH + 100);
	check_octets(side_slot(&b, DEPTH + slot) + IPOIB_GRH_LENGTH, slot, 100);
}
