/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "mock/rc_rig.h"

#include <errno.h>
#include <string.h>

/* Turns at one instant after which something never comes to rest. */
#define TURNS_MAX 100000

struct rig rig;

/* ---- frames ---- */

static int pass(struct end *end, const struct ipoib__frame *frame, const void *payload)
{
	return end->output(end->port, frame, payload);
}

static void hold(struct end *end, const struct ipoib__frame *frame, const void *payload)
{
	ck_assert_uint_le(frame->length, sizeof(rig.held_payload));
	rig.holding = true;
	rig.held_by = end;
	rig.held = *frame;
	if (frame->length > 0)
		memcpy(rig.held_payload, payload, frame->length);
}

static void release_held(void)
{
	if (!rig.holding)
		return;
	rig.holding = false;
	(void)pass(rig.held_by, &rig.held, rig.held_payload);
}

static int rig_output(void *self, const struct ipoib__frame *frame, const void *payload)
{
	struct end *end = rig.a.port == self ? &rig.a : &rig.b;
	int status = 0;

	rig.trace = (rig.trace ^ frame->psn ^ ((uint64_t)frame->operation << 32) ^ support_now) *
		    UINT64_C(0x100000001b3);
	if (rig.frames++ != rig.victim || rig.fate == RIG_PASS) {
		status = pass(end, frame, payload);
		release_held();
	} else if (rig.fate == RIG_REPEAT) {
		status = pass(end, frame, payload);
		if (status == 0)
			(void)pass(end, frame, payload);
	} else if (rig.fate == RIG_HOLD) {
		hold(end, frame, payload);
	}
	return status;
}

/* ---- ends ---- */

struct ipoib__hca_counters *counters_of(struct end *end)
{
	return &end->port->hca.counters;
}

static uint8_t *slot_of(struct end *end, unsigned slot)
{
	return (uint8_t *)end->region.address + (size_t)slot * RIG_SLOT;
}

static void answer(struct end *end, const struct ipoib_transport_event *event)
{
	static const uint8_t why[3] = { 9, 9, 9 };

	end->requests++;
	end->told = event->rc;
	end->request = event->rc.request;
	if (end->answer == RIG_REJECT)
		ops->rc_reject(end->port, event->rc.request, 28, why, sizeof(why));
	else if (end->answer == RIG_ACCEPT && end->rc == NULL)
		(void)ops->rc_accept(end->port, end->ud, event->rc.request, &end->attributes,
				     &end->rc);
}

static void take_event(struct end *end, const struct ipoib_transport_event *event)
{
	switch (event->type) {
	case IPOIB_TRANSPORT_RC_REQUEST:
		answer(end, event);
		break;
	case IPOIB_TRANSPORT_RC_UP:
		ck_assert_ptr_nonnull(end->rc);
		ck_assert_uint_eq(event->id, end->attributes.connection);
		end->ups++;
		end->told = event->rc;
		break;
	case IPOIB_TRANSPORT_RC_REFUSED:
		ck_assert_ptr_nonnull(end->rc);
		end->refusals++;
		end->refused_status = event->status;
		end->told = event->rc;
		break;
	case IPOIB_TRANSPORT_RC_DOWN:
		ck_assert_ptr_nonnull(end->rc);
		ck_assert_uint_eq(event->id, end->attributes.connection);
		end->downs++;
		end->down_status = event->status;
		break;
	default:
		break;
	}
}

static void check_message(struct end *end, const struct ipoib_ud_completion *done)
{
	const uint8_t *octets = slot_of(end, (unsigned)done->cookie);

	ck_assert_uint_eq(done->connection, end->attributes.connection);
	for (uint32_t i = 0; i < done->length; i++)
		if (octets[i] != (uint8_t)(end->arrived + i))
			ck_abort_msg("message %u is not the next one, or damaged at %u of %u",
				     end->arrived, i, done->length);
	end->arrived++;
	end->length = done->length;
}

static void take_completion(struct end *end, const struct ipoib_ud_completion *done)
{
	if (done->opcode == IPOIB_RC_RECEIVE) {
		end->posted--;
		end->busy[done->cookie] = false;
		end->last = *done;
		if (done->status == 0)
			check_message(end, done);
		else
			end->bad_receives++;
		return;
	}
	ck_assert_uint_eq(done->opcode, IPOIB_RC_SEND);
	ck_assert_uint_eq(done->connection, end->attributes.connection);
	/* Sends complete in the order of their posting. */
	ck_assert_uint_eq(done->cookie, end->completed + end->failed + end->flushed);
	if (done->status == 0) {
		ck_assert_uint_eq(end->failed + end->flushed, 0);
		end->completed++;
	} else if (done->status == -ECANCELED) {
		end->flushed++;
	} else {
		end->failed++;
		end->failed_status = done->status;
	}
}

void end_take(struct end *end)
{
	struct ipoib_ud_completion done;
	struct ipoib_transport_event event;

	while (ops->next_event(end->port, &event) == 1)
		take_event(end, &event);
	while (ops->ud_poll(end->port, end->ud, &done, 1) == 1)
		take_completion(end, &done);
	if (!end->starved)
		end_fill(end);
}

/* Twice as many slots as receives: one is not used again at once. */
static unsigned free_slot(struct end *end)
{
	do
		end->cursor = (end->cursor + 1) % (2 * RIG_DEPTH);
	while (end->busy[RIG_DEPTH + end->cursor]);
	return RIG_DEPTH + end->cursor;
}

void end_fill(struct end *end)
{
	while (end->posted < RIG_DEPTH) {
		unsigned slot = free_slot(end);
		struct ipoib_ud_receive receive = {
			.cookie = slot,
			.address = slot_of(end, slot),
			.length = end->room,
			.key = end->region.key,
		};

		ck_assert_int_eq(ops->rc_post_receive(end->port, end->ud, &receive, 1), 1);
		end->busy[slot] = true;
		end->posted++;
	}
}

void end_wrap(struct end *end, struct ipoib__port *port)
{
	struct ipoib_ud_attributes ud = {
		.pkey = 0xffff,
		.send_depth = 1,
		.receive_depth = 1,
		.connected_depth = RIG_DEPTH,
		.connections_max = 2,
	};

	memset(end, 0, sizeof(*end));
	end->port = port;
	end->room = IPOIB_RC_MESSAGE_MAX;
	end->attributes = (struct ipoib_rc_attributes){
		.connection = 0x1234567800000000 | (uintptr_t)(end == &rig.a),
		.send_depth = RIG_DEPTH,
		.private_length = 8,
		.retry_count = 7,
		.rnr_retry = 7,
		.private_data = "\0abcdefg",
	};
	ck_assert_int_eq(ops->ud_create(port, &ud, &end->ud), 0);
	end->qpn = ud.qpn;
	ck_assert_int_eq(ops->memory_get(port, (size_t)RIG_SLOT * 3 * RIG_DEPTH, &end->region), 0);
	ck_assert_int_eq(ops->rc_listen(port, end->ud, RIG_SERVICE), 0);
	end->output = port->hca.owner.output;
	port->hca.owner.output = rig_output;
}

void end_destroy(struct end *end)
{
	if (end->rc != NULL)
		ops->rc_destroy(end->port, end->rc);
	end->rc = NULL;
}

void end_close(struct end *end)
{
	if (end->port == NULL)
		return;
	end_destroy(end);
	ops->ud_destroy(end->port, end->ud);
	ops->memory_put(end->port, &end->region);
	ops->destroy(end->port);
	end->port = NULL;
}

int end_connect(struct end *end, const struct end *to)
{
	struct ipoib_rc_attributes *attributes = &end->attributes;

	attributes->service_id = RIG_SERVICE;
	attributes->path = (struct ipoib_path_record){
		.dgid = to->port->hca.port.gid,
		.sgid = end->port->hca.port.gid,
		.dlid = to->port->hca.port.lid,
		.slid = end->port->hca.port.lid,
		.pkey = 0xffff,
		.mtu = 2048,
		.rate = 3,
		.packet_life = 14,
	};
	return ops->rc_connect(end->port, end->ud, attributes, &end->rc);
}

int end_send(struct end *end, uint32_t length)
{
	unsigned slot = end->sent % RIG_DEPTH;
	struct ipoib_rc_send send = {
		.cookie = end->sent,
		.address = slot_of(end, slot),
		.length = length,
		.key = end->region.key,
	};
	int posted;

	/* Without a place in the queue the slot is another message's still. */
	bool free = end->sent - end->completed - end->failed - end->flushed < RIG_DEPTH;

	for (uint32_t i = 0; free && i < length && i < RIG_SLOT; i++)
		slot_of(end, slot)[i] = (uint8_t)(end->sent + i);
	posted = ops->rc_post_send(end->port, end->rc, &send, 1);
	if (posted == 1)
		end->sent++;
	return posted;
}

/* ---- the world ---- */

static uint64_t deadline(void)
{
	uint64_t next = rig.fabric == NULL ? IPOIB_NEVER : ipoib_fabric_deadline(rig.fabric);

	for (int i = 0; i < 2; i++) {
		struct ipoib__port *port = i == 0 ? rig.a.port : rig.b.port;

		if (port != NULL && ops->deadline(port) < next)
			next = ops->deadline(port);
	}
	return next;
}

static void turn(struct end *end)
{
	if (end->port == NULL)
		return;
	ops->process(end->port, support_now);
	end_take(end);
}

/* What grows whenever something happens. */
static uint64_t activity(void)
{
	uint64_t sum = rig.frames;

	if (rig.fabric != NULL) {
		struct ipoib_fabric_statistics statistics = fixture_statistics(rig.fabric);

		sum += statistics.frames + statistics.copies + statistics.delivered;
	}
	return sum;
}

void rig_run(uint64_t nanoseconds)
{
	uint64_t end = support_now + nanoseconds, last = UINT64_MAX;
	unsigned turns = 0, quiet = 0;

	for (;;) {
		uint64_t next;

		turn(&rig.a);
		turn(&rig.b);
		if (rig.fabric != NULL)
			ck_assert_int_eq(ipoib_fabric_dispatch(rig.fabric), 0);
		next = deadline();
		ck_assert_uint_lt(turns++, TURNS_MAX);
		/* What stands in a socket has no deadline. */
		quiet = activity() == last ? quiet + 1 : 0;
		last = activity();
		if (next <= support_now || quiet < 2)
			continue;
		if (support_now >= end)
			return;
		support_now = next < end ? next : end;
		turns = 0;
	}
}

void rig_make(uint64_t seed)
{
	struct ipoib_fabric_config config = fixture_config();
	struct ipoib__port *port = NULL;

	config.seed = seed;
	memset(&rig, 0, sizeof(rig));
	rig.fabric = fixture_fabric_of(&config);
	ck_assert_int_eq(ipoib__port_open(&port, rig.fabric, "host1/1"), 0);
	end_wrap(&rig.a, port);
	ck_assert_int_eq(ipoib__port_open(&port, rig.fabric, "host2/1"), 0);
	end_wrap(&rig.b, port);
	rig.victim = UINT64_MAX;
	rig_run(0);
}

void rig_end(void)
{
	end_close(&rig.a);
	end_close(&rig.b);
	if (rig.fabric != NULL)
		fixture_close(rig.fabric);
	rig.fabric = NULL;
}

void rig_setup(void)
{
	support_setup();
	rig_make(support_seed());
}

void rig_teardown(void)
{
	rig_end();
	support_teardown();
}

void rig_connect(void)
{
	ck_assert_int_eq(end_connect(&rig.a, &rig.b), 0);
	rig_run(RIG_MILLISECOND);
	ck_assert_uint_eq(rig.a.ups, 1);
	ck_assert_uint_eq(rig.b.ups, 1);
}
