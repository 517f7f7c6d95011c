/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Reliable connections of the fake: their operations, and what peers do to them. */
#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "interface/fake.h"
#include "wire/encap.h"
#include "wire/ipoib_cm.h"

/* ---- operations ---- */

int fake_rc_listen(void *self, void *handle, uint64_t service_id)
{
	struct fake *fake = self;
	struct fake_ud *ud = handle;

	if (fake_fails(fake, FAKE_RC_LISTEN))
		return -ENOMEM;
	if (fake->takes_none)
		return -ENOTSUP;
	ck_assert(ud->alive);
	ck_assert_uint_gt(ud->attributes.connected_depth, 0);
	ck_assert_uint_lt(ud->listen_count, FAKE_LISTENS);
	ud->listens[ud->listen_count++] = service_id;
	return 0;
}

static int make(struct fake *fake, struct fake_ud *ud, uint64_t request,
		const struct ipoib_rc_attributes *attributes, void **out)
{
	struct fake_rc *rc;

	ck_assert(ud->alive);
	ck_assert_uint_lt(fake->rc_count, FAKE_RCS);
	ck_assert_msg(fake->rcs_alive < ud->attributes.connections_max, "too many connections");
	ck_assert_uint_le(attributes->send_depth, FAKE_QUEUE);
	for (size_t i = 0; i < fake->rc_count; i++)
		ck_assert_msg(fake->rcs[i]->attributes.connection != attributes->connection,
			      "two connections have had the same name");
	rc = calloc(1, sizeof(*rc));
	ck_assert_ptr_nonnull(rc);
	rc->ud = ud;
	rc->alive = true;
	rc->request = request;
	rc->attributes = *attributes;
	fake->rcs[fake->rc_count++] = rc;
	fake->rcs_alive++;
	*out = rc;
	return 0;
}

int fake_rc_connect(void *self, void *handle, const struct ipoib_rc_attributes *attributes,
		    void **out)
{
	if (fake_fails(self, FAKE_RC_CONNECT))
		return -ENOMEM;
	ck_assert_uint_le(attributes->private_length, 92);
	ck_assert_uint_ne(attributes->service_id, 0);
	ck_assert_uint_ne(attributes->path.dlid, 0);
	return make(self, handle, 0, attributes, out);
}

int fake_rc_accept(void *self, void *handle, uint64_t request,
		   const struct ipoib_rc_attributes *attributes, void **out)
{
	struct fake *fake = self;

	if (fake_fails(fake, FAKE_RC_ACCEPT))
		return -ENOMEM;
	ck_assert(request >= 1 && request <= fake->request_count);
	ck_assert_int_eq(fake->requests[request - 1].state, FAKE_REQUEST_OPEN);
	fake->requests[request - 1].state = FAKE_REQUEST_TAKEN;
	return make(fake, handle, request, attributes, out);
}

void fake_rc_reject(void *self, uint64_t request, uint16_t reason, const void *private_data,
		    size_t private_length)
{
	struct fake *fake = self;

	(void)private_data;
	ck_assert(request >= 1 && request <= fake->request_count);
	ck_assert_int_eq(fake->requests[request - 1].state, FAKE_REQUEST_OPEN);
	ck_assert_uint_le(private_length, 148); /* what a REJ takes */
	fake->requests[request - 1].state = FAKE_REQUEST_REFUSED;
	fake->requests[request - 1].reason = reason;
}

/* Receives that have completed hold memory of the library: they are still to be told. */
static void forget_completions(struct fake_rc *rc)
{
	struct fake_ud *ud = rc->ud;
	size_t kept = 0;

	for (size_t i = 0; i < ud->completion_count; i++)
		if (ud->completions[i].opcode != IPOIB_RC_SEND ||
		    ud->completions[i].connection != rc->attributes.connection)
			ud->completions[kept++] = ud->completions[i];
	ud->completion_count = kept;
}

void fake_rc_destroy(void *self, void *handle)
{
	struct fake *fake = self;
	struct fake_rc *rc = handle;

	ck_assert(rc->alive && rc->ud->alive);
	forget_completions(rc);
	for (size_t i = 0; i < fake->event_count; i++)
		if (fake->events[i].type >= IPOIB_TRANSPORT_RC_UP &&
		    fake->events[i].id == rc->attributes.connection)
			fake->events[i].type = 0;
	rc->alive = rc->up = false;
	fake->rcs_alive--;
}

int fake_rc_post_send(void *self, void *handle, const struct ipoib_rc_send *sends, size_t count)
{
	struct fake *fake = self;
	struct fake_rc *rc = handle;

	ck_assert(rc->alive);
	if (fake_fails(fake, FAKE_RC_POST_SEND))
		return -EIO;
	if (!rc->up)
		return -ENOTCONN;
	for (size_t i = 0; i < count; i++) {
		ck_assert_uint_lt(rc->send_count, rc->attributes.send_depth);
		ck_assert_uint_gt(sends[i].length, IPOIB__ENCAP_LENGTH);
		ck_assert_uint_le(sends[i].length, IPOIB_RC_MESSAGE_MAX);
		ck_assert_msg(sends[i].length <= rc->receive_mtu,
			      "%u octets were posted where the peer takes %u (I3)",
			      (unsigned)sends[i].length, (unsigned)rc->receive_mtu);
		fake_check_memory(fake, sends[i].address, sends[i].length, sends[i].key);
		rc->sends[rc->send_count++] = (struct fake_work){
			.cookie = sends[i].cookie,
			.address = (uint8_t *)(uintptr_t)sends[i].address,
			.length = sends[i].length,
		};
	}
	return (int)count;
}

int fake_rc_post_receive(void *self, void *handle, const struct ipoib_ud_receive *receives,
			 size_t count)
{
	struct fake *fake = self;
	struct fake_ud *ud = handle;

	if (fake_fails(fake, FAKE_RC_POST_RECEIVE))
		return -EIO;
	ck_assert(ud->alive);
	for (size_t i = 0; i < count; i++) {
		ck_assert_uint_lt(ud->rc_receive_count, ud->attributes.connected_depth);
		ck_assert_uint_ge(receives[i].length, IPOIB_RC_MESSAGE_MAX);
		fake_check_memory(fake, receives[i].address, receives[i].length, receives[i].key);
		ud->rc_receives[ud->rc_receive_count++] = (struct fake_work){
			.cookie = receives[i].cookie,
			.address = receives[i].address,
			.length = receives[i].length,
		};
	}
	return (int)count;
}

/* ---- what peers do ---- */

struct fake_rc *fake_rc_last(struct fake *fake)
{
	for (size_t i = fake->rc_count; i > 0; i--)
		if (fake->rcs[i - 1]->alive)
			return fake->rcs[i - 1];
	return NULL;
}

static void put_private(struct ipoib_rc_event *event, uint32_t qpn, uint32_t receive_mtu)
{
	const struct ipoib__cm_private theirs = { .qpn = qpn, .receive_mtu = receive_mtu };

	ck_assert_int_gt(ipoib__cm_private_encode(event->private_data, sizeof(event->private_data),
						  &theirs),
			 0);
	event->private_length = IPOIB__CM_PRIVATE_LENGTH;
}

void fake_rc_up(struct fake *fake, struct fake_rc *rc, uint32_t qpn, uint32_t receive_mtu)
{
	struct ipoib_transport_event event = { .type = IPOIB_TRANSPORT_RC_UP,
					       .id = rc->attributes.connection };

	ck_assert(rc->alive && !rc->up);
	rc->up = true;
	rc->receive_mtu = receive_mtu;
	if (rc->request != 0) {
		rc->receive_mtu = fake->requests[rc->request - 1].receive_mtu;
	} else {
		event.rc.gid = rc->attributes.path.dgid;
		put_private(&event.rc, qpn, receive_mtu);
	}
	fake_event(fake, &event);
}

void fake_rc_refuse(struct fake *fake, struct fake_rc *rc, uint16_t reason)
{
	struct ipoib_transport_event event = { .type = IPOIB_TRANSPORT_RC_REFUSED,
					       .status = reason == 0 ? -ETIMEDOUT : 0,
					       .id = rc->attributes.connection };

	ck_assert(rc->alive && !rc->up);
	event.rc.reason = reason;
	fake_event(fake, &event);
}

void fake_rc_down_for(struct fake *fake, struct fake_rc *rc, int status, unsigned reason)
{
	struct ipoib_transport_event event = { .type = IPOIB_TRANSPORT_RC_DOWN,
					       .status = status,
					       .id = rc->attributes.connection };

	ck_assert(rc->alive);
	rc->up = false;
	event.rc.reason = (uint16_t)reason;
	fake_event(fake, &event);
}

void fake_rc_down(struct fake *fake, struct fake_rc *rc, int status)
{
	fake_rc_down_for(fake, rc, status, IPOIB_CONNECTION_END_NONE);
}

uint64_t fake_rc_request(struct fake *fake, uint64_t service_id, uint16_t peer,
			 const void *private_data, size_t private_length)
{
	struct ipoib_transport_event event = { .type = IPOIB_TRANSPORT_RC_REQUEST };

	ck_assert_uint_lt(fake->request_count, FAKE_REQUESTS);
	ck_assert_uint_le(private_length, sizeof(event.rc.private_data));
	fake->requests[fake->request_count++].state = FAKE_REQUEST_OPEN;
	event.rc.request = fake->request_count;
	event.rc.service_id = service_id;
	event.rc.gid = fake_gid(peer);
	event.rc.lid = peer;
	if (!fake->request_hidden)
		event.path.dlid = fake->request_lid != 0 ? fake->request_lid : peer;
	event.rc.private_length = (uint16_t)private_length;
	memcpy(event.rc.private_data, private_data, private_length);
	fake_event(fake, &event);
	return fake->request_count;
}

uint64_t fake_rc_ask(struct fake *fake, uint64_t service_id, uint16_t peer, uint32_t receive_mtu)
{
	struct ipoib_rc_event data = { 0 };
	uint64_t request;

	put_private(&data, 0x100u + peer, receive_mtu);
	request = fake_rc_request(fake, service_id, peer, data.private_data, data.private_length);
	fake->requests[request - 1].receive_mtu = receive_mtu;
	return request;
}

void fake_rc_complete(struct fake *fake, struct fake_rc *rc, size_t n, int32_t status)
{
	while (n-- > 0 && rc->send_count > 0) {
		struct fake_work work = rc->sends[0];
		const struct ipoib_ud_completion completion = {
			.cookie = work.cookie,
			.status = status,
			.opcode = IPOIB_RC_SEND,
			.connection = rc->attributes.connection,
		};
		struct fake_rc_sent *sent = &fake->rc_sent[fake->rc_sent_count % FAKE_SENT];

		rc->send_count--;
		memmove(rc->sends, rc->sends + 1, rc->send_count * sizeof(work));
		fake_completed(fake, rc->ud, &completion);
		if (status != 0)
			continue;
		fake->rc_sent_count++;
		sent->connection = completion.connection;
		sent->length = work.length;
		memcpy(sent->head, work.address, work.length < FAKE_HEAD ? work.length : FAKE_HEAD);
	}
}

bool fake_rc_deliver(struct fake *fake, struct fake_rc *rc, const void *octets, size_t length,
		     int32_t status)
{
	struct fake_ud *ud = rc->ud;
	struct fake_work work = ud->rc_receives[0];
	const struct ipoib_ud_completion completion = {
		.cookie = work.cookie,
		.status = status,
		.opcode = IPOIB_RC_RECEIVE,
		.length = (uint32_t)length,
		.connection = rc->attributes.connection,
	};

	ck_assert(rc->up);
	if (ud->rc_receive_count == 0)
		return false;
	ck_assert_uint_le(length, work.length);
	ud->rc_receive_count--;
	memmove(ud->rc_receives, ud->rc_receives + 1, ud->rc_receive_count * sizeof(work));
	memcpy(work.address, octets, length);
	fake_completed(fake, ud, &completion);
	return true;
}
