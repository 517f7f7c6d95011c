/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "conformance/rc_rig.h"

#include <string.h>

#define RETRIES 7
#define PRIVATE 12

/* From a to b, and from b to a. */
static struct ipoib_path_record there, back;

static struct ipoib_path_record *path_from(const struct side *side)
{
	return side == &a ? &there : &back;
}

uint64_t service_of(const struct side *side)
{
	return SERVICE | side->qpn;
}

void rc_setup(void)
{
	rig_setup();
	there = side_path(&a, &b);
	back = side_path(&b, &a);
	ck_assert_int_eq(a.ops->rc_listen(a.self, a.ud, service_of(&a)), 0);
	ck_assert_int_eq(b.ops->rc_listen(b.self, b.ud, service_of(&b)), 0);
}

void rc_teardown(void)
{
	rig_teardown();
}

/* ---- setting up ---- */

static uint8_t private_octet(const struct side *side, unsigned at)
{
	return (uint8_t)((side == &a ? 0x40 : 0x90) + at);
}

struct ipoib_rc_attributes rc_attributes(const struct side *side, const struct side *to,
					 uint64_t connection)
{
	struct ipoib_rc_attributes attributes = {
		.connection = connection,
		.service_id = service_of(to),
		.path = *path_from(side),
		.send_depth = DEPTH,
		.private_length = PRIVATE,
		.retry_count = RETRIES,
		.rnr_retry = RETRIES,
	};

	for (unsigned i = 0; i < PRIVATE; i++)
		attributes.private_data[i] = private_octet(side, i);
	return attributes;
}

void check_private(const struct ipoib_rc_event *event, const struct side *from)
{
	ck_assert_uint_ge(event->private_length, PRIVATE);
	ck_assert_uint_le(event->private_length, IPOIB_RC_PRIVATE_MAX);
	for (unsigned i = 0; i < event->private_length; i++)
		ck_assert_uint_eq(event->private_data[i],
				  i < PRIVATE ? private_octet(from, i) : 0);
}

struct end rc_ask(struct side *from, struct side *to, uint64_t connection)
{
	struct ipoib_rc_attributes attributes = rc_attributes(from, to, connection);
	struct end end = { .side = from, .connection = connection };

	ck_assert_int_eq(from->ops->rc_connect(from->self, from->ud, &attributes, &end.rc), 0);
	ck_assert_ptr_nonnull(end.rc);
	return end;
}

struct end rc_take(struct side *side, uint64_t connection)
{
	struct ipoib_transport_event request = side_event(side, IPOIB_TRANSPORT_RC_REQUEST);
	const struct side *other = side == &a ? &b : &a;
	struct ipoib_rc_attributes attributes = rc_attributes(side, other, connection);
	struct end end = { .side = side, .connection = connection };

	attributes.service_id = 0;
	memset(&attributes.path, 0, sizeof(attributes.path));
	ck_assert_int_eq(side->ops->rc_accept(side->self, side->ud, request.rc.request,
					      &attributes, &end.rc), 0);
	ck_assert_ptr_nonnull(end.rc);
	return end;
}

void side_reject(struct side *side, uint64_t request, uint16_t reason)
{
	struct ipoib_rc_attributes attributes = rc_attributes(side, side, 0);

	side->ops->rc_reject(side->self, request, reason, attributes.private_data, PRIVATE);
}

struct ipoib_transport_event end_up(struct end *end)
{
	struct ipoib_transport_event event = side_event(end->side, IPOIB_TRANSPORT_RC_UP);

	ck_assert_uint_eq(event.id, end->connection);
	ck_assert_int_eq(event.status, 0);
	return event;
}

void rc_pair(struct end *made, struct end *taken)
{
	*made = rc_ask(&a, &b, UINT64_C(0xa000000000000001));
	*taken = rc_take(&b, UINT64_C(0xb000000000000002));
	(void)end_up(made);
	(void)end_up(taken);
}

void end_destroy(struct end *end)
{
	end->side->ops->rc_destroy(end->side->self, end->rc);
	end->rc = NULL;
}

/* ---- messages ---- */

int end_post(struct end *end, unsigned slot, uint32_t length)
{
	struct ipoib_ud_send as = side_send(end->side, end->side, NULL, slot, length);
	struct ipoib_rc_send send = {
		.cookie = slot,
		.address = as.address,
		.length = length,
		.key = as.key,
	};

	return end->side->ops->rc_post_send(end->side->self, end->rc, &send, 1);
}

void side_rooms(struct side *side, unsigned first, unsigned count, uint32_t length)
{
	for (unsigned i = 0; i < count; i++) {
		struct ipoib_ud_receive receive = {
			.cookie = DEPTH + first + i,
			.address = side_slot(side, DEPTH + first + i),
			.length = length,
			.key = side->region.key,
		};

		ck_assert_int_eq(side->ops->rc_post_receive(side->self, side->ud, &receive, 1), 1);
	}
}

void check_that_messages_pass(struct end *from, struct end *to, unsigned slot, uint32_t length)
{
	struct ipoib_ud_completion done;

	side_rooms(to->side, slot, 1, IPOIB_RC_MESSAGE_MAX);
	ck_assert_int_eq(end_post(from, slot, length), 1);
	done = side_done(to->side, IPOIB_RC_RECEIVE);
	ck_assert_int_eq(done.status, 0);
	ck_assert_uint_eq(done.cookie, DEPTH + slot);
	ck_assert_uint_eq(done.length, length);
	ck_assert_uint_eq(done.connection, to->connection);
	check_octets(side_slot(to->side, DEPTH + slot), slot, length);
	done = side_done(from->side, IPOIB_RC_SEND);
	ck_assert_int_eq(done.status, 0);
	ck_assert_uint_eq(done.cookie, slot);
	ck_assert_uint_eq(done.connection, from->connection);
}
