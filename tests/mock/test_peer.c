/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Attached processes: honest, lying and slow ones. */
#include <unistd.h>

#include "mock/client.h"
#include "mock/fabric.h"
#include "mock/socket.h"
#include "mock/suites.h"

START_TEST(frames_that_lie_are_counted_and_lost)
{
	struct ipoib__attach answer;
	int fd = client_attach("host1", &answer);
	uint8_t octets[5000] = { 0 };
	struct ipoib__frame good = { .operation = IPOIB__FRAME_UD,
				     .slid = answer.lid,
				     .dlid = 2,
				     .dqpn = 72,
				     .pkey = 0xffff,
				     .length = 8 },
			    frame = good;
	uint64_t bad = 0;

	client_send(fd, &good, octets);
	ck_assert_uint_eq(fixture_statistics(client_fabric).dropped_bad, 0);
	ck_assert_uint_eq(fixture_statistics(client_fabric).dropped_route,
			  1); /* host2 is not there */
	frame.slid++;
	client_send(fd, &frame, octets);
	ck_assert_uint_eq(fixture_statistics(client_fabric).dropped_bad, ++bad);
	frame = good;
	frame.flags = IPOIB__FRAME_GRH; /* with another's GID */
	client_send(fd, &frame, octets);
	ck_assert_uint_eq(fixture_statistics(client_fabric).dropped_bad, ++bad);
	frame = good;
	frame.length = 2049;
	client_send(fd, &frame, octets);
	ck_assert_uint_eq(fixture_statistics(client_fabric).dropped_bad, ++bad);
	for (size_t length = 1; length < 200; length += 7) { /* no frames at all */
		ck_assert_int_eq(ipoib__socket_send(fd, octets, length, NULL, 0), 0);
		fixture_settle(client_fabric);
		ck_assert_uint_eq(fixture_statistics(client_fabric).dropped_bad, ++bad);
	}
	client_send(fd, &good, octets);
	ck_assert_uint_eq(fixture_statistics(client_fabric).dropped_route,
			  2); /* it is still attached */
	close(fd);
}
END_TEST

/* Five octets from queue pair 5 of an attached process. */
static struct ipoib__frame hello_frame(const struct ipoib__attach *from, struct node *to)
{
	return (struct ipoib__frame){ .operation = IPOIB__FRAME_UD,
				      .slid = from->lid,
				      .dlid = node_attributes(to).lid,
				      .dqpn = to->qpn,
				      .sqpn = 5,
				      .qkey = NODE_QKEY,
				      .pkey = 0xffff,
				      .length = 5 };
}

START_TEST(a_process_and_a_port_of_this_process_meet)
{
	struct ipoib__attach answer;
	struct ipoib__frame frame;
	uint8_t message[IPOIB__FRAME_HEADER + 2048];
	struct node b;
	void *ah;
	int fd;

	node_open(&b, client_fabric, "host2/1");
	fd = client_attach("host1", &answer);
	ck_assert_int_eq(node_receive(&b, 0, NODE_SLOT), 1);
	frame = hello_frame(&answer, &b);
	client_send(fd, &frame, "hello");
	ck_assert_uint_eq(node_completion(&b, IPOIB_UD_RECEIVE, 0).source_qpn, 5);
	struct ipoib_ah_attributes to = { .dlid = answer.lid };
	ck_assert_int_eq(ops->ah_create(b.port, &to, &ah), 0);
	ck_assert_int_eq(node_send(&b, ah, 5, 0, 100), 1);
	node_completion(&b, IPOIB_UD_SEND, 0);
	ck_assert_int_eq(ipoib__socket_receive(fd, message, sizeof(message)), 180);
	ck_assert_int_eq(ipoib__frame_decode(&frame, message, 180), 80);
	ck_assert_uint_eq(frame.dqpn, 5);
	ops->ah_destroy(b.port, ah);
	node_close(&b);
	close(fd);
}
END_TEST

START_TEST(a_process_that_does_not_read_loses_its_own_frames_only)
{
	struct ipoib_fabric_statistics s;
	struct ipoib__attach answer;
	struct ipoib__frame frame;
	uint8_t message[IPOIB__FRAME_HEADER + 2048];
	struct node b;
	unsigned read = 0;
	void *ah;
	int fd, length;

	node_open(&b, client_fabric, "host2/1");
	fd = client_attach("host1", &answer);
	struct ipoib_ah_attributes to = { .dlid = answer.lid };
	ck_assert_int_eq(ops->ah_create(b.port, &to, &ah), 0);
	do {
		ck_assert_int_eq(node_send(&b, ah, 5, 0, 2048), 1);
		node_completion(&b, IPOIB_UD_SEND, 0);
		s = fixture_statistics(client_fabric);
	} while (s.dropped_full == 0);
	ck_assert_uint_gt(s.in_flight, 100);
	ck_assert_uint_le((s.in_flight - 1) * 2048, IPOIB__FABRIC_BACKLOG);
	ck_assert_uint_lt(support_memory()->in_use, 2 * IPOIB__FABRIC_BACKLOG + (4u << 20));
	ipoib_fabric_reassign_lids(client_fabric); /* what must be told waits with the rest */
	for (unsigned quiet = 0; quiet < 3; quiet++) {
		while ((length = ipoib__socket_receive(fd, message, sizeof(message))) > 0) {
			quiet = 0;
			if (ipoib__frame_decode(&frame, message, (size_t)length) > 0)
				read++;
			else
				ck_assert_uint_eq((unsigned)length, IPOIB__ATTACH_SIZE);
		}
		fixture_settle(client_fabric);
	}
	s = fixture_statistics(client_fabric);
	ck_assert_uint_eq(s.in_flight, 0);
	ck_assert_uint_eq(s.delivered, read);
	ops->ah_destroy(b.port, ah);
	/* One that goes with a backlog: the rest is counted. */
	to.dlid = client_fabric->ports[0].lid;
	ck_assert_int_eq(ops->ah_create(b.port, &to, &ah), 0);
	do {
		ck_assert_int_eq(node_send(&b, ah, 5, 0, 2048), 1);
		node_completion(&b, IPOIB_UD_SEND, 0);
	} while (fixture_statistics(client_fabric).in_flight == 0);
	close(fd);
	fixture_settle(client_fabric);
	ck_assert_uint_eq(fixture_statistics(client_fabric).in_flight, 0);
	ops->ah_destroy(b.port, ah);
	node_close(&b);
}
END_TEST

/*
 * It ends without having read all, and before the fabric has read what it sent; and the fabric
 * writes to it once more before it reads.
 */
START_TEST(what_a_process_sent_before_it_ended_arrives)
{
	struct ipoib_ah_attributes to = { 0 };
	uint8_t header[IPOIB__FRAME_HEADER];
	struct ipoib__attach answer;
	struct ipoib__frame frame;
	struct node b;
	void *ah;
	int fd;

	node_open(&b, client_fabric, "host2/1");
	fd = client_attach("host1", &answer);
	to.dlid = answer.lid;
	ck_assert_int_eq(ops->ah_create(b.port, &to, &ah), 0);
	ck_assert_int_eq(node_send(&b, ah, 5, 0, 100), 1);
	node_completion(&b, IPOIB_UD_SEND, 0);
	ck_assert_int_eq(node_receive(&b, 0, NODE_SLOT), 1);
	frame = hello_frame(&answer, &b);
	ipoib__frame_encode(header, sizeof(header), &frame);
	ck_assert_int_eq(ipoib__socket_send(fd, header, sizeof(header), "hello", 5), 0);
	close(fd);
	if (_i) {
		ck_assert_int_eq(node_send(&b, ah, 5, 0, 100), 1);
		node_completion(&b, IPOIB_UD_SEND, 0);
		ck_assert_uint_eq(fixture_statistics(client_fabric).dropped_link, 1);
	}
	fixture_settle(client_fabric);
	ck_assert_uint_eq(node_completion(&b, IPOIB_UD_RECEIVE, 0).source_qpn, 5);
	ck_assert(!ipoib__fabric_port_attached(&client_fabric->ports[0]));
	ops->ah_destroy(b.port, ah);
	node_close(&b);
}
END_TEST

Suite *suite_peer(void)
{
	Suite *suite = suite_create("peer");
	TCase *tcase = tcase_create("peer");

	tcase_add_checked_fixture(tcase, client_setup, client_teardown);
	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, frames_that_lie_are_counted_and_lost);
	tcase_add_test(tcase, a_process_and_a_port_of_this_process_meet);
	tcase_add_loop_test(tcase, what_a_process_sent_before_it_ended_arrives, 0, 2);
	tcase_add_test(tcase, a_process_that_does_not_read_loses_its_own_frames_only);
	suite_add_tcase(suite, tcase);
	return suite;
}
