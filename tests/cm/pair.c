/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "cm/pair.h"

#include <string.h>

/* MADs on the wire. */
#define WIRE_MAX 4096

struct flight {
	uint64_t at;
	uint64_t order; /* equal times: as they were sent */
	struct side *to;
	uint16_t from;
	uint8_t mad[IPOIB__MAD_LENGTH];
};

struct side left, right;
unsigned (*pair_copies)(struct side *from, const uint8_t mad[IPOIB__MAD_LENGTH]);
uint64_t (*pair_delay)(unsigned copy);
unsigned pair_sent;
static struct flight wire[WIRE_MAX];
static unsigned wire_count;
static uint64_t wire_order;

static void emit(void *owner, const struct ipoib_ah_attributes *to,
		 const uint8_t mad[IPOIB__MAD_LENGTH])
{
	struct side *from = owner;
	struct side *other = from == &left ? &right : &left;
	unsigned copies = pair_copies != NULL ? pair_copies(from, mad) : 1;

	ck_assert_uint_eq(to->dlid, other->lid);
	pair_sent++;
	for (unsigned i = 0; i < copies; i++) {
		ck_assert_uint_lt(wire_count, WIRE_MAX);
		struct flight *flight = &wire[wire_count++];
		flight->at = support_now + (pair_delay != NULL ? pair_delay(i) : 0);
		flight->order = wire_order++;
		flight->to = other;
		flight->from = from->lid;
		memcpy(flight->mad, mad, sizeof(flight->mad));
	}
}

static void side_open(struct side *side, uint16_t lid, struct ipoib__random *random)
{
	const struct ipoib__cm_config config = {
		.ca_guid = lid,
		.emit = emit,
		.owner = side,
	};

	memset(side, 0, sizeof(*side));
	side->lid = lid;
	side->next_qpn = lid * 0x1000u;
	ck_assert_int_eq(ipoib__cm_init(&side->cm, support_memory(), random, &config), 0);
	ck_assert_int_eq(ipoib__cm_listen(&side->cm, PAIR_SERVICE, side), 0);
}

void pair_open(uint64_t seed)
{
	struct ipoib__random random;

	wire_count = 0;
	pair_sent = 0;
	pair_copies = NULL;
	pair_delay = NULL;
	ipoib__random_seed(&random, seed);
	side_open(&left, 1, &random);
	side_open(&right, 2, &random);
}

void pair_close(void)
{
	ipoib__cm_fini(&left.cm);
	ipoib__cm_fini(&right.cm);
}

void pair_setup(void)
{
	support_setup();
	pair_open(support_seed());
}

void pair_teardown(void)
{
	pair_close();
	support_teardown();
}

/* ---- owners ---- */

static struct half *half_new(struct side *side, bool active)
{
	struct half *half = &side->halves[side->half_count];

	ck_assert_uint_lt(side->half_count, PAIR_HALVES);
	side->half_count++;
	*half = (struct half){ .active = active, .qpn = side->next_qpn++ };
	return half;
}

struct half *pair_connect(struct side *from)
{
	return pair_connect_to(from, PAIR_SERVICE);
}

struct half *pair_connect_to(struct side *from, uint64_t service_id)
{
	struct half *half = half_new(from, true);
	struct ipoib__cm_connect connect = {
		.service_id = service_id,
		.path = { .dlid = from == &left ? 2 : 1, .slid = from->lid, .mtu = 2048 },
		.queue_pair = { .qpn = half->qpn, .psn = half->qpn },
	};

	if (ipoib__cm_connect(&from->cm, &connect, half, &half->id) < 0)
		half->over = true;
	return half;
}

void pair_end(struct side *side, struct half *half)
{
	ipoib__cm_close(&side->cm, half->id);
	half->up = false;
	half->over = true;
}

static void on_request(struct side *side, const struct ipoib__cm_event *event)
{
	unsigned mood = side->mood != NULL ? side->mood(side) : OWNER_ACCEPTS;

	ck_assert_ptr_eq(event->user, side);
	ck_assert_uint_eq(event->remote_psn, event->remote_qpn);
	if (mood == OWNER_SLEEPS)
		return;
	if (mood == OWNER_REJECTS || side->half_count == PAIR_HALVES) {
		ipoib__cm_reject(&side->cm, event->id, IPOIB__CM_REASON_CONSUMER, "no", 2);
		return;
	}
	struct half *half = half_new(side, false);
	const struct ipoib__cm_queue_pair queue_pair = { .qpn = half->qpn, .psn = half->qpn };

	half->id = event->id;
	half->remote_qpn = event->remote_qpn;
	if (ipoib__cm_accept(&side->cm, event->id, &queue_pair, "yes", 3, half) < 0)
		half->over = true;
}

static void on_reply(struct side *side, struct half *half, const struct ipoib__cm_event *event)
{
	unsigned mood = side->mood != NULL ? side->mood(side) : OWNER_ACCEPTS;

	ck_assert(half->active && !half->over && !half->up);
	ck_assert_uint_eq(event->remote_psn, event->remote_qpn);
	half->remote_qpn = event->remote_qpn;
	if (mood == OWNER_SLEEPS)
		return; /* a REFUSED event follows when its time is over */
	if (mood == OWNER_ACCEPTS && ipoib__cm_ready(&side->cm, half->id) == 0) {
		half->up = true;
		half->ups++;
		return;
	}
	ipoib__cm_reject(&side->cm, half->id, IPOIB__CM_REASON_CONSUMER, NULL, 0);
	half->over = true;
}

static void on_event(struct side *side, const struct ipoib__cm_event *event)
{
	struct half *half = event->user;

	if (event->type == IPOIB__CM_EVENT_REQUEST) {
		on_request(side, event);
		return;
	}
	ck_assert_uint_eq(half->id, event->id);
	ck_assert(!half->over);
	if (event->type == IPOIB__CM_EVENT_REPLY) {
		on_reply(side, half, event);
	} else if (event->type == IPOIB__CM_EVENT_UP) {
		half->up = true;
		half->ups++;
	} else {
		half->up = false;
		half->over = true;
		half->ends++;
		half->status = event->status;
		half->reason = event->reason;
		memcpy(half->private_data, event->private_data, sizeof(half->private_data));
		ipoib__cm_close(&side->cm, half->id);
	}
	ck_assert_uint_le(half->ups, 1);
}

/* ---- time ---- */

static struct flight *earliest(void)
{
	struct flight *first = NULL;

	for (unsigned i = 0; i < wire_count; i++)
		if (first == NULL || wire[i].at < first->at ||
		    (wire[i].at == first->at && wire[i].order < first->order))
			first = &wire[i];
	return first;
}

static void deliver(struct flight *flight)
{
	const struct ipoib__cm_source source = { .lid = flight->from };
	struct flight taken = *flight;

	*flight = wire[--wire_count];
	ipoib__cm_receive(&taken.to->cm, &source, taken.mad, sizeof(taken.mad));
}

static void serve(struct side *side)
{
	struct ipoib__cm_event event;

	while (ipoib__cm_next(&side->cm, &event))
		on_event(side, &event);
	ipoib__cm_expire(&side->cm, support_now);
}

void pair_run(uint64_t span)
{
	uint64_t end = support_now + span;

	for (;;) {
		struct flight *flight = earliest();
		uint64_t due = flight != NULL ? flight->at : IPOIB_NEVER;

		if (ipoib__cm_deadline(&left.cm) < due)
			due = ipoib__cm_deadline(&left.cm);
		if (ipoib__cm_deadline(&right.cm) < due)
			due = ipoib__cm_deadline(&right.cm);
		if (ipoib__cm_told(&left.cm) || ipoib__cm_told(&right.cm))
			due = 0;
		if (due > end)
			break;
		if (due > support_now)
			support_now = due;
		if (flight != NULL && flight->at <= support_now)
			deliver(flight);
		serve(&left);
		serve(&right);
	}
	support_now = end;
}

/* ---- what came of it ---- */

static bool has_other_half(const struct half *half, const struct side *other)
{
	for (unsigned i = 0; i < other->half_count; i++) {
		const struct half *mate = &other->halves[i];

		if (mate->up && mate->qpn == half->remote_qpn && mate->remote_qpn == half->qpn)
			return true;
	}
	return false;
}

static unsigned alone(const struct side *side, const struct side *other)
{
	unsigned count = 0;

	for (unsigned i = 0; i < side->half_count; i++)
		if (side->halves[i].up && !has_other_half(&side->halves[i], other))
			count++;
	return count;
}

unsigned pair_half_open(void)
{
	return alone(&left, &right) + alone(&right, &left);
}

unsigned pair_up(const struct side *side)
{
	unsigned count = 0;

	for (unsigned i = 0; i < side->half_count; i++)
		if (side->halves[i].up)
			count++;
	return count;
}
