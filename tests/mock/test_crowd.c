/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Many processes at one fabric that all look for each other at once, and read slower than the
 * others ask. Each asks for each other one by a broadcast, every second until it is answered; the
 * one that is meant asks the SA for the way back first, and gives up after a second.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "mock/fabric_cast.h"
#include "mock/fixture.h"
#include "mock/hello.h"
#include "mock/socket.h"
#include "mock/suites.h"
#include "wire/mgid.h"
#include "wire/sa.h"

#define HOSTS	   40
#define SECOND	   UINT64_C(1000000000)
#define TURN	   (SECOND / 100)
#define READS	   5  /* of a host in a turn: 500 frames a second, and 1560 are meant for it */
#define DISPATCHES 4  /* of the fabric in a turn */
#define LIMIT	   30 /* seconds until all have found each other */
#define OCTETS	   64

enum { ASK = 1, ANSWER };

struct host {
	int fd;
	uint16_t lid;
	bool path[HOSTS], reached[HOSTS];
	uint64_t asked[HOSTS]; /* of the SA, when; 0: not */
};

static struct ipoib_fabric *fabric;
static struct host hosts[HOSTS];
static char folder[64];
static uint16_t mlid;

/* ---- hosts come and go ---- */

static void attach(struct host *host, unsigned number, const struct sockaddr_un *address)
{
	struct ipoib__fabric_group *group;
	struct ipoib_port_attributes port = { .size = sizeof(port) };
	struct ipoib__attach hello;
	struct ipoib_gid mgid = ipoib__mgid_broadcast(2, 0xffff);
	char name[32];

	snprintf(name, sizeof(name), "host%u/1", number);
	memset(host, 0, sizeof(*host));
	host->fd = ipoib__socket_open();
	ck_assert_int_eq(ipoib__socket_connect(host->fd, address), 0);
	ck_assert_int_eq(ipoib__hello_init(&hello, name), 0);
	ck_assert_int_eq(ipoib__hello_send(host->fd, &hello), 0);
	fixture_settle(fabric);
	ck_assert_int_eq(ipoib__hello_answer(host->fd, &port), 0);
	host->lid = port.lid;
	group = ipoib__fabric_group_by_mgid(&fabric->groups, &mgid);
	mlid = group->record.mlid;
	ck_assert_int_eq(ipoib__fabric_group_join(&fabric->groups, group, number - 1,
						  IPOIB__JOIN_FULL_MEMBER), 0);
}

static void setup(void)
{
	struct sockaddr_un address;
	char path[80];

	support_setup();
	support_now = SECOND;
	strcpy(folder, "/tmp/ipoib-test-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/fabric", folder);
	fabric = fixture_fabric(HOSTS);
	ck_assert_int_eq(ipoib_fabric_listen(fabric, path), 0);
	ck_assert_int_eq(ipoib__socket_address(&address, path), 0);
	for (unsigned i = 0; i < HOSTS; i++)
		attach(&hosts[i], i + 1, &address);
}

static void teardown(void)
{
	for (unsigned i = 0; i < HOSTS; i++)
		close(hosts[i].fd);
	fixture_close(fabric);
	ck_assert_int_eq(rmdir(folder), 0);
	support_teardown();
}

/* ---- frames ---- */

/* What finds no room in the socket is lost, as on a busy host. */
static void send_frame(const struct host *host, const struct ipoib__frame *frame,
		       const uint8_t *payload)
{
	uint8_t header[IPOIB__FRAME_HEADER];
	int status;

	ck_assert_int_eq(ipoib__frame_encode(header, sizeof(header), frame), IPOIB__FRAME_HEADER);
	status = ipoib__socket_send(host->fd, header, sizeof(header), payload, frame->length);
	ck_assert(status == 0 || status == -EAGAIN);
}

static void say(const struct host *host, uint16_t dlid, uint8_t what, unsigned whom)
{
	const struct ipoib__frame frame = {
		.operation = IPOIB__FRAME_UD,
		.slid = host->lid,
		.dlid = dlid,
		.sqpn = 0x48,
		.dqpn = dlid == mlid ? IPOIB_QPN_MULTICAST : 0x48,
		.pkey = 0xffff,
		.length = OCTETS,
	};
	uint8_t payload[OCTETS] = { what, (uint8_t)(host - hosts), (uint8_t)whom };

	send_frame(host, &frame, payload);
}

/* A question to the SA, any; its transaction says what for. */
static void ask_sa(struct host *host, unsigned peer)
{
	const struct ipoib__frame frame = {
		.operation = IPOIB__FRAME_UD,
		.slid = host->lid,
		.dlid = fabric->sm_lid,
		.sqpn = IPOIB__QPN_SERVICES,
		.dqpn = IPOIB__QPN_SERVICES,
		.qkey = IPOIB__QKEY_SERVICES,
		.pkey = 0xffff,
		.length = IPOIB__MAD_LENGTH,
	};
	const struct ipoib__sa sa = {
		.mad = { .method = IPOIB__MAD_GET,
			 .attribute = IPOIB__SA_CLASS_PORT_INFO,
			 .transaction = peer },
	};
	uint8_t mad[IPOIB__MAD_LENGTH];

	if (host->asked[peer] != 0 && support_now - host->asked[peer] < SECOND)
		return;
	host->asked[peer] = support_now;
	ck_assert_int_gt(ipoib__sa_encode(mad, sizeof(mad), &sa, NULL, 0), 0);
	send_frame(host, &frame, mad);
}

/* ---- a host ---- */

static void reach(struct host *host, unsigned peer)
{
	host->reached[peer] = true;
	say(host, hosts[peer].lid, ANSWER, peer);
}

static void hear_sa(struct host *host, const uint8_t *mad)
{
	struct ipoib__sa sa;
	unsigned peer;

	ck_assert_int_gt(ipoib__sa_decode(&sa, mad, IPOIB__MAD_LENGTH), 0);
	peer = (unsigned)sa.mad.transaction;
	if (host->path[peer] || support_now - host->asked[peer] >= SECOND)
		return;
	host->path[peer] = true;
	reach(host, peer);
}

static void hear(struct host *host, const struct ipoib__frame *frame, const uint8_t *payload)
{
	if (frame->dqpn == IPOIB__QPN_SERVICES)
		hear_sa(host, payload);
	else if (payload[0] == ASK && payload[2] != host - hosts)
		return;
	else if (!host->path[payload[1]])
		ask_sa(host, payload[1]);
	else if (payload[0] == ASK)
		reach(host, payload[1]);
	else
		host->reached[payload[1]] = true;
}

static void read_some(struct host *host)
{
	uint8_t message[4096];
	struct ipoib__frame frame;

	for (unsigned i = 0; i < READS; i++) {
		int length = ipoib__socket_receive(host->fd, message, sizeof(message));

		if (length == -EAGAIN)
			return;
		ck_assert_int_gt(length, 0);
		if (ipoib__frame_decode(&frame, message, (size_t)length) > 0)
			hear(host, &frame, message + IPOIB__FRAME_HEADER);
	}
}

static unsigned ask_all(const struct host *host)
{
	unsigned left = 0;

	for (unsigned peer = 0; peer < HOSTS; peer++) {
		if (&hosts[peer] == host || host->reached[peer])
			continue;
		say(host, mlid, ASK, peer);
		left++;
	}
	return left;
}

/* ---- the world ---- */

/* A turn is short whatever waits: who asks the fabric how it is waits for no more than this. */
static void dispatch(void)
{
	uint64_t before = fixture_statistics(fabric).copies;

	ck_assert_int_eq(ipoib_fabric_dispatch(fabric), 0);
	ck_assert_uint_le(fixture_statistics(fabric).copies - before,
			  IPOIB__FABRIC_CAST_COPIES + IPOIB__FABRIC_READS_TURN + HOSTS);
}

static void turn(void)
{
	support_now += TURN;
	for (unsigned i = 0; i < DISPATCHES; i++)
		dispatch();
	for (unsigned i = 0; i < HOSTS; i++)
		read_some(&hosts[i]);
}

START_TEST(all_find_each_other_though_all_ask_at_once)
{
	unsigned left = 1;

	for (unsigned second = 0; second < LIMIT && left > 0; second++) {
		left = 0;
		for (unsigned i = 0; i < HOSTS; i++)
			left += ask_all(&hosts[i]);
		for (unsigned i = 0; i < SECOND / TURN; i++)
			turn();
	}
	ck_assert_uint_eq(left, 0);
}
END_TEST

/* What waited too long, or beyond the share of a port, is dropped before it is copied. */
START_TEST(a_port_that_asks_too_much_has_its_share)
{
	const unsigned asked = 3 * IPOIB__FABRIC_CASTS_MAX;
	struct ipoib_fabric_statistics statistics;
	uint64_t copies = fixture_statistics(fabric).copies;

	for (unsigned i = 0; i < asked; i++)
		say(&hosts[0], mlid, ASK, 1);
	for (unsigned i = 0; i < 3; i++)
		dispatch();
	statistics = fixture_statistics(fabric);
	ck_assert_uint_gt(statistics.dropped_multicast, 0);
	ck_assert_uint_eq(statistics.dropped_late, 0);
	ck_assert_uint_le(fabric->ports[0].cast_count, IPOIB__FABRIC_CASTS_MAX);
	support_now += IPOIB__FABRIC_CAST_AGE_NS;
	dispatch();
	statistics = fixture_statistics(fabric);
	ck_assert_uint_gt(statistics.dropped_late, 0);
	ck_assert_uint_eq(ipoib_fabric_deadline(fabric), IPOIB_NEVER);
	ck_assert_uint_eq(statistics.copies - copies,
			  statistics.delivered + statistics.in_flight +
				  statistics.dropped_multicast + statistics.dropped_late);
}
END_TEST

/* One busy port in front, and another's single question is not behind all of its own. */
START_TEST(ports_take_turns)
{
	uint8_t message[4096];
	struct ipoib__frame frame;
	unsigned before = 0;

	for (unsigned i = 0; i < IPOIB__FABRIC_CASTS_MAX; i++)
		say(&hosts[0], mlid, ASK, 2);
	dispatch();
	say(&hosts[1], mlid, ASK, 2);
	dispatch();
	dispatch();
	do {
		ck_assert_int_gt(ipoib__socket_receive(hosts[2].fd, message, sizeof(message)), 0);
		ck_assert_int_gt(ipoib__frame_decode(&frame, message, sizeof(message)), 0);
		before++;
	} while (frame.slid != hosts[1].lid);
	ck_assert_uint_lt(before, IPOIB__FABRIC_CASTS_MAX);
}
END_TEST

/* The SA is silent to a question that it hears a second late: who asked has asked anew. */
START_TEST(a_question_that_is_late_is_not_answered)
{
	uint8_t message[4096];
	struct ipoib_fabric_faults faults = { .size = sizeof(faults), .delay_ns = TURN };

	ck_assert_int_eq(ipoib_fabric_set_faults(fabric, "host1/1", &faults), 0);
	ask_sa(&hosts[0], 1);
	dispatch();
	support_now += TURN + IPOIB__FABRIC_QUESTION_NS;
	dispatch();
	ck_assert_uint_eq(fixture_statistics(fabric).dropped_late, 1);
	ck_assert_uint_eq(fixture_statistics(fabric).mads, 0);
	ck_assert_int_eq(ipoib__socket_receive(hosts[0].fd, message, sizeof(message)), -EAGAIN);
	ask_sa(&hosts[0], 2);
	dispatch();
	support_now += TURN + IPOIB__FABRIC_QUESTION_NS - 1;
	dispatch();
	ck_assert_uint_eq(fixture_statistics(fabric).mads, 1);
	dispatch();
	ck_assert_int_gt(ipoib__socket_receive(hosts[0].fd, message, sizeof(message)), 0);
}
END_TEST

Suite *suite_crowd(void)
{
	Suite *suite = suite_create("crowd");
	TCase *tcase = tcase_create("crowd");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, all_find_each_other_though_all_ask_at_once);
	tcase_add_test(tcase, a_port_that_asks_too_much_has_its_share);
	tcase_add_test(tcase, ports_take_turns);
	tcase_add_test(tcase, a_question_that_is_late_is_not_answered);
	suite_add_tcase(suite, tcase);
	return suite;
}
