/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "verbs/rc_rig.h"

#include "support/support.h"
#include "verbs/adapter.h"
#include "verbs/fake_cm.h"
#include "verbs/fake_rc.h"
#include "verbs/rc.h"

struct rc_rig rc_rig;

void rc_rig_open(void)
{
	struct ipoib_ud_attributes attributes = {
		.pkey = 0x8001,
		.send_depth = RC_DEPTH,
		.receive_depth = RC_DEPTH,
		.connected_depth = RC_DEPTH,
		.connections_max = RC_CONNECTIONS,
	};

	support_setup();
	adapter_open(&rc_rig.verbs);
	fake_cm_open(&rc_rig.verbs);
	fake_rc_open(&rc_rig.verbs);
	rc_rig.verbs.port.gid = (struct ipoib_gid){ .raw = { 0xfe, 0x80, [15] = 0x11 } };
	ck_assert_int_eq(ipoib__verbs_rc_open(&rc_rig.verbs), 0);
	ck_assert_int_eq(ipoib__verbs_ud_create(&rc_rig.verbs, &attributes, &rc_rig.ud), 0);
}

void rc_rig_close(void)
{
	ipoib__verbs_ud_destroy(rc_rig.ud);
	ipoib__verbs_rc_close(&rc_rig.verbs);
	ck_assert_uint_eq(fake_cm.alive, 0);
	fake_rc_close();
	adapter_close(&rc_rig.verbs);
	support_teardown();
}

struct ipoib_rc_attributes rc_attributes(uint64_t name)
{
	return (struct ipoib_rc_attributes){
		.connection = name,
		.service_id = RC_SERVICE,
		.path = { .dgid = { .raw = { 0xfe, 0x80, [15] = 0x22 } },
			  .dlid = 7,
			  .pkey = 0x8001,
			  .mtu = 2048 },
		.send_depth = RC_DEPTH,
		.private_length = 8,
		.private_data = { 0, 0, 0, 0x48, 0, 0, 8, 0 },
	};
}

struct ipoib_transport_event rc_tells(uint32_t type, uint64_t name)
{
	struct ipoib_transport_event event;

	ck_assert_uint_eq(ipoib__verbs_rc_deadline(&rc_rig.verbs), 0);
	ck_assert(ipoib__verbs_rc_next_event(&rc_rig.verbs, &event));
	ck_assert_uint_eq(event.type, type);
	ck_assert_uint_eq(event.id, name);
	return event;
}

void rc_tells_nothing(void)
{
	struct ipoib_transport_event event;

	ck_assert_uint_ne(ipoib__verbs_rc_deadline(&rc_rig.verbs), 0);
	ck_assert(!ipoib__verbs_rc_next_event(&rc_rig.verbs, &event));
}

struct ipoib__verbs_rc *rc_ask(uint64_t name)
{
	struct ipoib_rc_attributes wanted = rc_attributes(name);
	void *rc;

	ck_assert_int_eq(ipoib__verbs_rc_connect(&rc_rig.verbs, rc_rig.ud, &wanted, &rc), 0);
	return rc;
}

struct ipoib__verbs_rc *rc_send_request(uint64_t name)
{
	struct ipoib__verbs_rc *rc = rc_ask(name);

	fake_rc_event(rc->id, RDMA_CM_EVENT_ADDR_RESOLVED, 0, NULL, 0);
	fake_rc_event(rc->id, RDMA_CM_EVENT_ROUTE_RESOLVED, 0, NULL, 0);
	return rc;
}

struct ipoib__verbs_rc *rc_connected(uint64_t name)
{
	struct ipoib__verbs_rc *rc = rc_send_request(name);

	fake_rc_event(rc->id, RDMA_CM_EVENT_CONNECT_RESPONSE, 0, "reply", 5);
	(void)rc_tells(IPOIB_TRANSPORT_RC_UP, name);
	return rc;
}

struct ipoib__verbs_rc_service *rc_listening(void)
{
	ck_assert_int_eq(ipoib__verbs_rc_listen(&rc_rig.verbs, rc_rig.ud, RC_SERVICE), 0);
	return ipoib__container_of(ipoib__list_first(&rc_rig.ud->rc->services),
				   struct ipoib__verbs_rc_service, link);
}

struct ipoib__verbs_rc *rc_accepted(uint64_t request, uint64_t name)
{
	struct ipoib_rc_attributes answer = rc_attributes(name);
	void *rc;

	ck_assert_int_eq(ipoib__verbs_rc_accept(&rc_rig.verbs, rc_rig.ud, request, &answer, &rc),
			 0);
	return rc;
}
