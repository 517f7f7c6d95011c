/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "sa/bench.h"

#include <string.h>

struct ipoib__sa_client client;
unsigned bench_sent;
static uint8_t kept[BENCH_KEPT][IPOIB__MAD_LENGTH];

const struct ipoib_gid bench_sgid = { { 0xfe, 0x80, [15] = 1 } };
const struct ipoib_gid bench_dgid = { { 0xfe, 0x80, [15] = 2 } };
const struct ipoib_gid bench_mgid = { { 0xff, 0x12, 0x40, 0x1b, 0xff, 0xff, [15] = 9 } };

static void emit(void *owner, const uint8_t mad[IPOIB__MAD_LENGTH])
{
	ck_assert_ptr_eq(owner, &bench_sent);
	memcpy(kept[bench_sent++ % BENCH_KEPT], mad, IPOIB__MAD_LENGTH);
}

void bench_setup(void)
{
	struct ipoib__random random;

	support_setup();
	bench_sent = 0;
	ipoib__random_seed(&random, support_seed());
	ipoib__sa_init(&client, support_memory(), &random, emit, &bench_sent);
}

void bench_teardown(void)
{
	ipoib__sa_fini(&client);
	support_teardown();
}

const uint8_t *bench_mad(unsigned n)
{
	ck_assert_uint_lt(n, bench_sent);
	return kept[n % BENCH_KEPT];
}

struct ipoib__sa bench_request(unsigned n)
{
	struct ipoib__sa request;

	ck_assert_int_eq(ipoib__sa_decode(&request, bench_mad(n), IPOIB__MAD_LENGTH),
			 IPOIB__SA_HEADER_LENGTH);
	return request;
}

int bench_ask_path(uint64_t id)
{
	return ipoib__sa_path(&client, id, &bench_dgid, &bench_sgid, 0xffff);
}

struct ipoib_multicast_record bench_group(void)
{
	return (struct ipoib_multicast_record){
		.mgid = bench_mgid,
		.qkey = 0x0b1b,
		.mtu = 2048,
		.flow_label = 5,
		.pkey = 0xffff,
		.sl = 2,
		.rate = 3,
		.traffic_class = 7,
		.hop_limit = 1,
		.join_state = IPOIB_JOIN_FULL_MEMBER,
	};
}

int bench_ask_join(uint64_t id, uint8_t create)
{
	struct ipoib_multicast_record wanted = bench_group();

	wanted.create = create;
	return ipoib__sa_join(&client, id, &wanted, &bench_sgid);
}

void bench_expire(void)
{
	ipoib__sa_expire(&client, support_now);
}

struct ipoib__sa_path bench_path(void)
{
	return (struct ipoib__sa_path){
		.dgid = bench_dgid,
		.sgid = bench_sgid,
		.dlid = 12,
		.slid = 11,
		.numb_path = 1,
		.pkey = 0xffff,
		.sl = 1,
		.mtu = 4,
		.rate = 7,
		.life = 18,
	};
}

struct ipoib__sa_mcmember bench_member(void)
{
	return (struct ipoib__sa_mcmember){
		.mgid = bench_mgid,
		.port_gid = bench_sgid,
		.qkey = 0x0b1b,
		.mlid = 0xc001,
		.mtu = 4,
		.pkey = 0xffff,
		.rate = 3,
		.life = 18,
		.sl = 2,
		.scope = 0, /* as OpenSM has it of groups that a port has made */
		.join_state = 1,
	};
}

void bench_answer(unsigned n, uint16_t status, const void *data, size_t length)
{
	struct ipoib__sa sa = bench_request(n);
	uint8_t mad[IPOIB__MAD_LENGTH];

	sa.mad.method = sa.mad.method == IPOIB__MAD_DELETE ? IPOIB__MAD_DELETE_RESPONSE
							   : IPOIB__MAD_GET_RESPONSE;
	sa.mad.status = status;
	sa.mad.transaction |= UINT64_C(0xabcd) << 32; /* a kernel's half */
	ck_assert_int_eq(ipoib__sa_encode(mad, sizeof(mad), &sa, data, length), sizeof(mad));
	ipoib__sa_receive(&client, mad, sizeof(mad));
}

void bench_answer_path(unsigned n, const struct ipoib__sa_path *path)
{
	uint8_t data[IPOIB__SA_PATH_LENGTH];

	ck_assert_int_gt(ipoib__sa_path_encode(data, sizeof(data), path), 0);
	bench_answer(n, 0, data, sizeof(data));
}

void bench_answer_member(unsigned n, const struct ipoib__sa_mcmember *member)
{
	uint8_t data[IPOIB__SA_MCMEMBER_LENGTH];

	ck_assert_int_gt(ipoib__sa_mcmember_encode(data, sizeof(data), member), 0);
	bench_answer(n, 0, data, sizeof(data));
}

struct ipoib_transport_event bench_event(uint32_t type, uint64_t id, int status)
{
	struct ipoib_transport_event event;

	ck_assert(ipoib__sa_next(&client, &event));
	ck_assert_uint_eq(event.type, type);
	ck_assert_uint_eq(event.id, id);
	ck_assert_int_eq(event.status, status);
	ck_assert(!ipoib__sa_answered(&client));
	return event;
}
