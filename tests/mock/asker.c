/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "mock/asker.h"

#include <string.h>

#include "wire/mgid.h"

struct ipoib_fabric *asker_fabric;
struct node asker_a, asker_b;
uint8_t asker_reply[IPOIB__MAD_LENGTH];
static bool replied;

/* The MADs of these tests are not the SA client's: they are taken before it. */
static bool take_mad(void *self, const struct ipoib__frame *frame, const void *mad)
{
	(void)self;
	ck_assert_uint_eq(frame->length, sizeof(asker_reply));
	memcpy(asker_reply, mad, sizeof(asker_reply));
	replied = true;
	return true;
}

void asker_setup(void)
{
	support_setup();
	asker_fabric = fixture_fabric(2);
	node_open(&asker_a, asker_fabric, "host1/1");
	node_open(&asker_b, asker_fabric, "host2/1");
	asker_a.port->hca.owner.mad = take_mad;
}

void asker_teardown(void)
{
	node_close(&asker_a);
	node_close(&asker_b);
	fixture_close(asker_fabric);
	support_teardown();
}

/* Asks, and returns the status, or ASKER_SILENCE. */
uint16_t asker_ask(uint8_t method, uint16_t attribute, uint64_t mask, const void *data,
		   size_t length)
{
	uint8_t mad[IPOIB__MAD_LENGTH];
	struct ipoib__sa sa = {
		.mad = { .method = method, .attribute = attribute, .transaction = 0x1234 },
		.component_mask = mask,
	};

	ck_assert_int_gt(ipoib__sa_encode(mad, sizeof(mad), &sa, data, length), 0);
	replied = false;
	ipoib__hca_send_mad(&asker_a.port->hca, mad);
	fixture_settle(asker_fabric);
	if (!replied)
		return ASKER_SILENCE;
	ck_assert_int_gt(ipoib__sa_decode(&sa, asker_reply, sizeof(asker_reply)), 0);
	ck_assert_uint_eq(sa.mad.method, method == IPOIB__MAD_DELETE ? IPOIB__MAD_DELETE_RESPONSE
								     : IPOIB__MAD_GET_RESPONSE);
	ck_assert_uint_eq(sa.mad.transaction, 0x1234);
	ck_assert_uint_eq(sa.mad.attribute, attribute);
	return sa.mad.status;
}

uint16_t asker_group(uint8_t method, uint64_t mask, const struct ipoib__sa_mcmember *member)
{
	uint8_t data[IPOIB__SA_MCMEMBER_LENGTH];

	ck_assert_int_gt(ipoib__sa_mcmember_encode(data, sizeof(data), member), 0);
	return asker_ask(method, IPOIB__SA_MCMEMBER_RECORD, mask, data, sizeof(data));
}

struct ipoib__sa_mcmember asker_replied_group(void)
{
	struct ipoib__sa_mcmember member;

	ck_assert_int_gt(ipoib__sa_mcmember_decode(&member, asker_reply + IPOIB__SA_HEADER_LENGTH,
						   IPOIB__SA_DATA_LENGTH),
			 0);
	return member;
}

struct ipoib__sa_mcmember asker_broadcast(void)
{
	return (struct ipoib__sa_mcmember){
		.mgid = ipoib__mgid_broadcast(2, 0xffff),
		.port_gid = node_attributes(&asker_a).gid,
		.pkey = 0xffff,
		.join_state = 1,
	};
}

struct ipoib__sa_mcmember asker_new_group(void)
{
	struct ipoib__sa_mcmember group = asker_broadcast();

	group.mgid.raw[12] = group.mgid.raw[13] = 0;
	group.qkey = 0x0b1b;
	group.mtu = 4;
	group.mtu_selector = group.rate_selector = IPOIB__SA_EXACTLY;
	group.rate = 3;
	return group;
}
