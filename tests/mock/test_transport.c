/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* The public calls: ports as transports of a context. */
#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <ipoib/context.h>

#include "mock/client.h"
#include "mock/suites.h"

static struct ipoib_context *context;

static void setup_with(struct ipoib_context_config config)
{
	client_setup();
	config.clock = support_clock;
	ck_assert_int_eq(ipoib_context_new(&context, &config), 0);
}

static void setup(void)
{
	struct ipoib_context_config config = IPOIB_CONTEXT_CONFIG_INIT;

	config.allocate = support_allocate;
	config.release = support_release;
	setup_with(config);
}

/* The test's allocator is for one thread, and there it is the fabric's. */
static void setup_for_threads(void)
{
	struct ipoib_context_config config = IPOIB_CONTEXT_CONFIG_INIT;

	setup_with(config);
}

static void teardown(void)
{
	ipoib_context_unref(context);
	client_teardown();
}

START_TEST(a_port_of_this_process_is_a_transport)
{
	struct ipoib_port_attributes port = { .size = sizeof(port) };
	struct ipoib_transport *transport, *again;

	ck_assert_int_eq(ipoib_mock_open(&transport, context, client_fabric, "host2/1"), 0);
	ck_assert_int_eq(ipoib_transport_port(transport, &port), 0);
	ck_assert_str_eq(port.name, "host2/1");
	ck_assert_uint_eq(port.lid, 2);
	ck_assert_int_eq(ipoib_mock_open(&again, context, client_fabric, "host2/1"), -EBUSY);
	ck_assert_int_eq(ipoib_mock_open(&again, context, client_fabric, "host2"), -ENOENT);
	/* An event wakes the context, once. */
	ck_assert_int_eq(ipoib_context_dispatch(context), 0);
	ck_assert_uint_gt(ipoib_context_deadline(context), support_now);
	ipoib_fabric_reassign_lids(client_fabric);
	ck_assert_uint_le(ipoib_context_deadline(context), support_now);
	for (unsigned i = 0; i < 3; i++)
		ck_assert_int_eq(ipoib_context_dispatch(context), 0);
	ck_assert_uint_gt(ipoib_context_deadline(context), support_now);
	ipoib_transport_unref(transport);
	ck_assert_uint_eq(fixture_statistics(client_fabric).ports_attached, 0);
}
END_TEST

START_TEST(each_allocation_of_opening_may_fail)
{
	struct ipoib_transport *transport = NULL;
	long n = 0;
	int status;

	do {
		support_fail_after(++n, false);
		status = ipoib_mock_open(&transport, context, client_fabric, "host1/1");
		support_fail_after(0, false);
		ck_assert_uint_eq(fixture_statistics(client_fabric).ports_attached, status == 0);
	} while (status == -ENOMEM);
	ck_assert_int_eq(status, 0);
	ck_assert_int_gt(n, 2);
	ipoib_transport_unref(transport);
}
END_TEST

struct loop {
	pthread_t thread;
	pthread_mutex_t lock;
	bool stop;
};

static void *loop_run(void *user)
{
	struct loop *loop = user;
	bool stop = false;

	while (!stop) {
		struct timespec pause = { .tv_nsec = 1000000 };

		ipoib_fabric_dispatch(client_fabric);
		nanosleep(&pause, NULL);
		pthread_mutex_lock(&loop->lock);
		stop = loop->stop;
		pthread_mutex_unlock(&loop->lock);
	}
	return NULL;
}

/* The fabric runs in a thread only as long as this call waits for it. */
static int connect_public(struct ipoib_transport **transport, const char *name)
{
	struct loop loop = { .lock = PTHREAD_MUTEX_INITIALIZER };
	int status;

	ck_assert_int_eq(ipoib_fabric_dispatch(client_fabric), 0);
	ck_assert_int_eq(pthread_create(&loop.thread, NULL, loop_run, &loop), 0);
	status = ipoib_mock_connect(transport, context, client_path, name);
	pthread_mutex_lock(&loop.lock);
	loop.stop = true;
	pthread_mutex_unlock(&loop.lock);
	pthread_join(loop.thread, NULL);
	return status;
}

static void *allocate_some(size_t size, void *left)
{
	return (*(long *)left)-- > 0 ? malloc(size) : NULL;
}

static void release_some(void *pointer, size_t size, void *left)
{
	(void)size;
	(void)left;
	free(pointer);
}

/* The context's allocations alone: the fabric runs beside it. */
START_TEST(each_allocation_of_connecting_may_fail)
{
	struct ipoib_context_config config = IPOIB_CONTEXT_CONFIG_INIT;
	struct ipoib_context *before = context;
	struct ipoib_transport *transport = NULL;
	long left = LONG_MAX, n = 0;
	int status;

	config.allocate = allocate_some;
	config.release = release_some;
	config.allocator_user = &left;
	ck_assert_int_eq(ipoib_context_new(&context, &config), 0);
	do {
		left = n++;
		status = connect_public(&transport, "host1/1");
		fixture_settle(client_fabric);
	} while (status == -ENOMEM);
	ck_assert_int_eq(status, 0);
	ck_assert_int_gt(n, 3);
	ipoib_transport_unref(transport);
	ipoib_context_unref(context);
	context = before;
	fixture_settle(client_fabric);
}
END_TEST

START_TEST(a_port_of_another_process_is_a_transport)
{
	struct ipoib_port_attributes port = { .size = sizeof(port) };
	struct ipoib_transport *transport, *again;
	uint16_t lid;

	ck_assert_int_eq(connect_public(&transport, "host1/1"), 0);
	ck_assert_int_eq(connect_public(&again, "host1/1"), -EBUSY);
	ck_assert_int_eq(ipoib_transport_port(transport, &port), 0);
	lid = port.lid;
	ck_assert_uint_eq(port.state, IPOIB_PORT_ACTIVE);
	/* What the fabric says makes the context's descriptor ready, and is read. */
	ipoib_fabric_reassign_lids(client_fabric);
	ck_assert_int_eq(ipoib_context_dispatch(context), 0);
	ck_assert_int_eq(ipoib_transport_port(transport, &port), 0);
	ck_assert_uint_ne(port.lid, lid);
	ipoib_transport_unref(transport);
	fixture_settle(client_fabric);
	ck_assert_uint_eq(fixture_statistics(client_fabric).ports_attached, 0);
}
END_TEST

Suite *suite_transport(void)
{
	Suite *suite = suite_create("transport");
	TCase *tcase = tcase_create("transport");
	TCase *threads = tcase_create("transport of another process");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, a_port_of_this_process_is_a_transport);
	tcase_add_test(tcase, each_allocation_of_opening_may_fail);
	tcase_add_test(tcase, each_allocation_of_connecting_may_fail);
	suite_add_tcase(suite, tcase);
	tcase_add_checked_fixture(threads, setup_for_threads, teardown);
	tcase_set_timeout(threads, 60);
	tcase_add_test(threads, a_port_of_another_process_is_a_transport);
	suite_add_tcase(suite, threads);
	return suite;
}
