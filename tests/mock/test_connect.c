/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * A port of a fabric in "another process". Only its first attaching blocks, so that alone needs
 * somebody else: a thread that dispatches the fabric meanwhile, and has ended when the test goes
 * on by hand.
 */
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "mock/fabric.h"
#include "mock/fixture.h"
#include "mock/socket.h"
#include "mock/suites.h"

static struct ipoib_fabric *fabric;
static char folder[64], path[80];

static void listen_again(void)
{
	struct ipoib_fabric_config config = fixture_config();

	fabric = NULL;
	ck_assert_int_eq(ipoib_fabric_new(&fabric, &config), 0);
	ck_assert_int_eq(ipoib_fabric_listen(fabric, path), 0);
}

static void setup(void)
{
	support_setup();
	strcpy(folder, "/tmp/ipoib-test-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/fabric", folder);
	ipoib_fabric_close(fixture_fabric(1)); /* no nodes are left of another test */
	listen_again();
}

static void teardown(void)
{
	fixture_close(fabric);
	ck_assert_int_eq(rmdir(folder), 0);
	support_teardown();
}

struct attempt {
	const char *name;
	struct ipoib__port *port;
	int status;
	int done; /* written by the thread, read after it was joined or polled with a lock */
	pthread_mutex_t lock;
};

static int connect_to(struct ipoib__port **port, const char *socket)
{
	return ipoib__port_connect(port, fixture_memory(), socket, "host1/1", 1);
}

static void *attempt_run(void *user)
{
	struct attempt *attempt = user;

	attempt->status =
		ipoib__port_connect(&attempt->port, fixture_memory(), path, attempt->name, 1);
	pthread_mutex_lock(&attempt->lock);
	attempt->done = 1;
	pthread_mutex_unlock(&attempt->lock);
	return NULL;
}

static bool attempt_done(struct attempt *attempt)
{
	pthread_mutex_lock(&attempt->lock);
	bool done = attempt->done;
	pthread_mutex_unlock(&attempt->lock);
	return done;
}

static int connect_port(struct ipoib__port **port, const char *name)
{
	struct attempt attempt = { .name = name, .lock = PTHREAD_MUTEX_INITIALIZER };
	pthread_t thread;

	ck_assert_int_eq(pthread_create(&thread, NULL, attempt_run, &attempt), 0);
	while (!attempt_done(&attempt)) {
		struct timespec pause = { .tv_nsec = 1000000 };

		ipoib_fabric_dispatch(fabric);
		nanosleep(&pause, NULL);
	}
	pthread_join(thread, NULL);
	*port = attempt.port;
	return attempt.status;
}

static void connect_node(struct node *node, const char *name)
{
	struct ipoib__port *port;

	ck_assert_int_eq(connect_port(&port, name), 0);
	node_wrap(node, port);
}

START_TEST(two_processes_exchange_datagrams)
{
	struct ipoib_multicast_record group;
	struct node a, b;
	void *ah, *all;

	connect_node(&a, "host1/1");
	connect_node(&b, "host2/1");
	ck_assert_str_eq(node_attributes(&b).name, "host2/1");
	ck_assert_uint_eq(node_attributes(&b).state, IPOIB_PORT_ACTIVE);
	ah = node_ah(&a, &b, true);
	for (unsigned i = 0; i < NODE_DEPTH; i++)
		ck_assert_int_eq(node_receive(&b, i, NODE_SLOT), 1);
	memcpy(node_send_slot(&a, 0), "hello", 5);
	ck_assert_int_eq(node_send(&a, ah, b.qpn, 0, 5), 1);
	node_completion(&a, IPOIB_UD_SEND, 0);
	fixture_settle(fabric);
	ck_assert_uint_eq(node_completion(&b, IPOIB_UD_RECEIVE, 0).length, 45);
	ck_assert_mem_eq(node_receive_slot(&b, 0) + 40, "hello", 5);
	node_join_broadcast(&a, fabric, &group);
	node_join_broadcast(&b, fabric, &group);
	all = node_ah_group(&a, &group);
	ck_assert_int_eq(node_send(&a, all, IPOIB_QPN_MULTICAST, 0, 9), 1);
	fixture_settle(fabric);
	node_completion(&a, IPOIB_UD_SEND, 0);
	ck_assert_uint_eq(node_completion(&b, IPOIB_UD_RECEIVE, 0).has_grh, 1);
	ops->ah_destroy(a.port, ah);
	ops->ah_destroy(a.port, all);
	node_close(&a);
	node_close(&b);
	fixture_settle(fabric);
	ck_assert_uint_eq(fixture_statistics(fabric).ports_attached, 0);
}
END_TEST

START_TEST(errors_of_connecting_have_their_numbers)
{
	struct ipoib__port *port, *again;
	char longer[200];

	ck_assert_int_eq(connect_port(&port, "host1/1"), 0);
	ck_assert_int_eq(connect_port(&again, "host1/1"), -EBUSY);
	ck_assert_int_eq(connect_port(&again, "host9/1"), -ENOENT);
	ck_assert_int_eq(connect_port(&again, "host1"), -ENOENT);
	ck_assert_int_eq(connect_port(&again, "host1/0"), -ENOENT);
	ck_assert_int_eq(connect_port(&again, "host1/1x"), -ENOENT);
	ck_assert_int_eq(connect_port(&again, "host1/999"), -ENOENT);
	ck_assert_int_eq(connect_port(&again, "/1"), -ENOENT);
	ck_assert_int_eq(connect_port(&again, "averyveryverylongname/1"), -ENOENT);
	ops->destroy(port);
	fixture_settle(fabric);
	memset(longer, 'a', sizeof(longer));
	longer[sizeof(longer) - 1] = '\0';
	ck_assert_int_eq(connect_to(&port, longer), -ENAMETOOLONG);
	snprintf(longer, sizeof(longer), "%s/nobody", folder);
	ck_assert_int_eq(connect_to(&port, longer), -ECONNREFUSED);
}
END_TEST

START_TEST(a_listener_that_does_not_answer_is_not_waited_for_long)
{
	struct ipoib__port *port;
	struct sockaddr_un address;
	char mute[100];
	int fd = ipoib__socket_open();

	snprintf(mute, sizeof(mute), "%s/mute", folder);
	ck_assert_int_eq(ipoib__socket_address(&address, mute), 0);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	ck_assert_int_eq(listen(fd, 1), 0);
	ck_assert_int_eq(connect_to(&port, mute), -ETIMEDOUT);
	close(fd);
	unlink(mute);
}
END_TEST

/* Lets the port find a fabric again: its tries are its own business, its time is ours. */
static void find_again(struct node *node)
{
	for (unsigned i = 0; i < 400 && node_attributes(node).state != IPOIB_PORT_ACTIVE; i++) {
		fixture_settle(fabric);
		support_advance(10000000);
	}
	fixture_settle(fabric);
	ck_assert_uint_eq(node_attributes(node).state, IPOIB_PORT_ACTIVE);
}

START_TEST(a_fabric_that_dies_is_found_again_when_it_returns)
{
	struct ipoib_multicast_record group;
	struct node a, b;
	uint64_t first;
	uint32_t qpn;
	void *ah;

	connect_node(&a, "host1/1");
	connect_node(&b, "host2/1");
	qpn = b.qpn;
	ah = node_ah(&a, &b, false);
	ipoib_fabric_close(fabric);
	ops->process(a.port, support_now);
	ops->process(b.port, support_now);
	ck_assert_uint_eq(node_attributes(&a).state, IPOIB_PORT_DOWN);
	ck_assert_uint_eq(node_event(&a).type, IPOIB_TRANSPORT_PORT);
	ck_assert_uint_eq(node_event(&b).type, IPOIB_TRANSPORT_PORT);
	ck_assert_int_eq(node_send(&a, ah, qpn, 0, 8), 1);
	node_completion(&a, IPOIB_UD_SEND, -EIO);
	/* The tries become rarer, up to one a second and a quarter. */
	first = ops->deadline(a.port);
	ck_assert_uint_gt(first, support_now);
	ck_assert_uint_le(first, support_now + 62500000);
	for (unsigned i = 0; i < 20; i++) {
		support_now = ops->deadline(a.port);
		ops->process(a.port, support_now);
	}
	ck_assert_uint_ge(ops->deadline(a.port), support_now + 750000000);
	ck_assert_uint_le(ops->deadline(a.port), support_now + 1250000000);

	listen_again();
	find_again(&a);
	find_again(&b);
	ck_assert_uint_eq(node_event(&a).type, IPOIB_TRANSPORT_PORT);
	ck_assert_uint_eq(node_event(&a).type, IPOIB_TRANSPORT_REREGISTER);
	(void)node_events(&b, 0);
	ck_assert_uint_eq(b.qpn, qpn);
	ck_assert_int_eq(node_receive(&b, 0, NODE_SLOT), 1);
	ck_assert_int_eq(node_send(&a, ah, qpn, 0, 8), 1);
	fixture_settle(fabric);
	node_completion(&a, IPOIB_UD_SEND, 0);
	node_completion(&b, IPOIB_UD_RECEIVE, 0);
	node_join_broadcast(&a, fabric, &group);
	ops->ah_destroy(a.port, ah);
	node_close(&a);
	node_close(&b);
	fixture_settle(fabric);
}
END_TEST

START_TEST(a_port_that_somebody_else_took_meanwhile_waits_for_it)
{
	struct ipoib__port *thief;
	struct node a;

	connect_node(&a, "host1/1");
	ipoib_fabric_close(fabric);
	ops->process(a.port, support_now);
	listen_again();
	ck_assert_int_eq(ipoib__port_open(&thief, fabric, "host1/1"), 0);
	for (unsigned i = 0; i < 100; i++) {
		fixture_settle(fabric);
		support_advance(50000000);
	}
	ck_assert_uint_eq(node_attributes(&a).state, IPOIB_PORT_DOWN);
	ops->destroy(thief);
	find_again(&a);
	node_close(&a);
	fixture_settle(fabric);
}
END_TEST

START_TEST(a_full_socket_holds_sends_back_and_loses_none)
{
	struct ipoib_ud_completion done[NODE_DEPTH];
	unsigned posted = 0, completed = 0, quiet = 0;
	struct node a;
	void *ah;

	connect_node(&a, "host1/1");
	struct ipoib_ah_attributes to = { .dlid = 2 };
	ck_assert_int_eq(ops->ah_create(a.port, &to, &ah), 0);
	while (quiet < 3) { /* nobody reads */
		int n = node_send(&a, ah, 5, posted % NODE_DEPTH, 2048);

		posted += (unsigned)n;
		n = ops->ud_poll(a.port, a.ud, done, NODE_DEPTH);
		completed += (unsigned)n;
		quiet = n == 0 ? quiet + 1 : 0;
	}
	while (node_send(&a, ah, 5, posted % NODE_DEPTH, 2048) == 1)
		posted++;
	ck_assert_uint_eq(posted, completed + NODE_DEPTH);
	for (unsigned i = 0; i < 50 && completed < posted; i++) {
		fixture_settle(fabric);
		completed += (unsigned)ops->ud_poll(a.port, a.ud, done, NODE_DEPTH);
	}
	fixture_settle(fabric);
	ck_assert_uint_eq(completed, posted);
	for (unsigned i = 0; i < 1000 && fixture_statistics(fabric).frames < posted; i++)
		fixture_settle(fabric);
	ck_assert_uint_eq(fixture_statistics(fabric).frames, posted);
	ops->ah_destroy(a.port, ah);
	node_close(&a);
	fixture_settle(fabric);
}
END_TEST

START_TEST(a_hostile_fabric_harms_no_port)
{
	struct ipoib__random *random = support_random();
	struct node a;

	connect_node(&a, "host1/1");
	int fd = fabric->ports[0].peer->fd;
	for (unsigned round = 0; round < 3000; round++) {
		uint8_t bytes[5000];
		size_t length = 1 + (size_t)ipoib__random_below(random, round % 9 ? 400 : 4999);
		struct ipoib__frame frame = { .operation = IPOIB__FRAME_UD,
					      .dlid = node_attributes(&a).lid,
					      .dqpn = round % 2 ? a.qpn : 1 };

		for (size_t i = 0; i < length; i++)
			bytes[i] = (uint8_t)ipoib__random_u64(random);
		if (round % 3 == 0)
			(void)ipoib__frame_encode(bytes, length, &frame);
		if (round % 3 == 1 && length >= 144)
			memcpy(bytes, &(uint32_t){ (uint32_t)length }, 4);
		while (ipoib__socket_send(fd, bytes, length, NULL, 0) == -EAGAIN)
			ops->process(a.port, support_now);
		ops->process(a.port, support_now);
		(void)node_events(&a, 0);
	}
	node_close(&a);
	fixture_settle(fabric);
}
END_TEST

Suite *suite_connect(void)
{
	Suite *suite = suite_create("connect");
	TCase *tcase = tcase_create("connect");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, two_processes_exchange_datagrams);
	tcase_add_test(tcase, errors_of_connecting_have_their_numbers);
	tcase_add_test(tcase, a_listener_that_does_not_answer_is_not_waited_for_long);
	tcase_add_test(tcase, a_fabric_that_dies_is_found_again_when_it_returns);
	tcase_add_test(tcase, a_port_that_somebody_else_took_meanwhile_waits_for_it);
	tcase_add_test(tcase, a_full_socket_holds_sends_back_and_loses_none);
	tcase_add_test(tcase, a_hostile_fabric_harms_no_port);
	suite_add_tcase(suite, tcase);
	return suite;
}
