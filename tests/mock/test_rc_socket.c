/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Reliable connections between processes: the longest messages, and a process that dies. */
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "mock/rc_rig.h"
#include "mock/suites.h"

#define MESSAGES 64
/* A machine with many tests on it may be slow; a lost connection is not. */
#define PATIENCE (20 * RIG_SECOND)

static char folder[64], path[80];

static void setup(void)
{
	struct ipoib_fabric_config config;

	support_setup();
	memset(&rig, 0, sizeof(rig));
	rig.victim = UINT64_MAX;
	config = fixture_config();
	rig.fabric = fixture_fabric_of(&config);
	strcpy(folder, "/tmp/ipoib-test-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/fabric", folder);
	ck_assert_int_eq(ipoib_fabric_listen(rig.fabric, path), 0);
}

static void teardown(void)
{
	rig_end();
	ck_assert_int_eq(rmdir(folder), 0);
	support_teardown();
}

/* ---- attaching blocks, so somebody else must dispatch the fabric meanwhile ---- */

struct attempt {
	const char *name;
	struct ipoib__port *port;
	pthread_mutex_t lock;
	bool done;
};

static void *attempt_run(void *user)
{
	struct attempt *attempt = user;
	int status = ipoib__port_connect(&attempt->port, fixture_memory(), path, attempt->name, 1);

	pthread_mutex_lock(&attempt->lock);
	attempt->done = true;
	pthread_mutex_unlock(&attempt->lock);
	return status == 0 ? attempt : NULL;
}

static bool is_done(struct attempt *attempt)
{
	pthread_mutex_lock(&attempt->lock);
	bool done = attempt->done;

	pthread_mutex_unlock(&attempt->lock);
	return done;
}

static void attach(struct end *end, const char *name)
{
	struct attempt attempt = { .name = name, .lock = PTHREAD_MUTEX_INITIALIZER };
	void *result = NULL;
	pthread_t thread;

	ck_assert_int_eq(pthread_create(&thread, NULL, attempt_run, &attempt), 0);
	while (!is_done(&attempt)) {
		ck_assert_int_eq(ipoib_fabric_dispatch(rig.fabric), 0);
		(void)poll(NULL, 0, 1);
	}
	ck_assert_int_eq(pthread_join(thread, &result), 0);
	ck_assert_ptr_nonnull(result);
	end_wrap(end, attempt.port);
}

START_TEST(the_longest_messages_pass_sockets_both_ways)
{
	attach(&rig.a, "host1/1");
	attach(&rig.b, "host2/1");
	rig_connect();
	while (rig.a.sent < MESSAGES) {
		while (rig.a.sent < MESSAGES && end_send(&rig.a, IPOIB_RC_MESSAGE_MAX) == 1)
			;
		while (rig.b.sent < MESSAGES && end_send(&rig.b, IPOIB_RC_MESSAGE_MAX) == 1)
			;
		rig_run(RIG_MILLISECOND);
	}
	rig_run(RIG_SECOND);
	ck_assert_uint_eq(rig.a.completed, MESSAGES);
	ck_assert_uint_eq(rig.b.completed, MESSAGES);
	ck_assert_uint_eq(rig.a.arrived, MESSAGES);
	ck_assert_uint_eq(rig.b.arrived, MESSAGES);
	ck_assert_uint_eq(rig.b.length, IPOIB_RC_MESSAGE_MAX);
	ck_assert_uint_eq(fixture_statistics(rig.fabric).dropped_full, 0);
	ck_assert_uint_eq(counters_of(&rig.a)->rc_repeated, 0);
}
END_TEST

START_TEST(a_connection_over_sockets_ends_with_its_farewell)
{
	attach(&rig.a, "host1/1");
	attach(&rig.b, "host2/1");
	rig_connect();
	/* The process ends at once: no more process() after the end of the connection. */
	end_close(&rig.a);
	rig_run(RIG_MILLISECOND);
	ck_assert_uint_eq(rig.b.downs, 1);
	ck_assert_int_eq(rig.b.down_status, -ECONNRESET);
}
END_TEST

/* ---- another process ---- */

static void tick(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	support_now = (uint64_t)now.tv_sec * RIG_SECOND + (uint64_t)now.tv_nsec;
}

/* The other process: host2/1, until it is killed. */
static void other_process(void)
{
	struct ipoib__memory memory;
	struct ipoib__port *port;

	ipoib__memory_init(&memory, NULL, NULL, NULL);
	if (ipoib__port_connect(&port, memory, path, "host2/1", 1) < 0)
		_exit(1);
	end_wrap(&rig.b, port);
	for (;;) {
		tick();
		ops->process(port, support_now);
		end_take(&rig.b);
		(void)poll(NULL, 0, 1);
	}
}

/* Goes on until so many sends have an end, or the connection is down. */
static void go_on(unsigned completed)
{
	uint64_t until;

	tick();
	until = support_now + PATIENCE;
	while (rig.a.completed < completed && rig.a.downs == 0 && support_now < until) {
		tick();
		ops->process(rig.a.port, support_now);
		end_take(&rig.a);
		while (rig.a.ups == 1 && rig.a.sent < completed &&
		       end_send(&rig.a, IPOIB_RC_MESSAGE_MAX) == 1)
			;
		ck_assert_int_eq(ipoib_fabric_dispatch(rig.fabric), 0);
		(void)poll(NULL, 0, 1);
	}
}

START_TEST(a_process_that_dies_is_noticed_by_its_silence)
{
	struct ipoib__port *port = NULL;
	int status;
	pid_t child = fork();

	ck_assert_int_ge(child, 0);
	if (child == 0)
		other_process();
	ck_assert_int_eq(ipoib__port_open(&port, rig.fabric, "host1/1"), 0);
	end_wrap(&rig.a, port);
	rig.a.attributes.path = (struct ipoib_path_record){ .dlid = 2, .mtu = 2048 };
	rig.a.attributes.service_id = RIG_SERVICE;
	while (fixture_statistics(rig.fabric).ports_attached < 2) {
		tick();
		ck_assert_int_eq(ipoib_fabric_dispatch(rig.fabric), 0);
		(void)poll(NULL, 0, 1);
	}
	(void)poll(NULL, 0, 50);
	ck_assert_int_eq(ops->rc_connect(rig.a.port, rig.a.ud, &rig.a.attributes, &rig.a.rc), 0);
	go_on(MESSAGES);
	ck_assert_uint_eq(rig.a.completed, MESSAGES);
	ck_assert_int_eq(kill(child, SIGKILL), 0);
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	go_on(MESSAGES + 2);
	ck_assert_uint_eq(rig.a.downs, 1);
	ck_assert_int_eq(rig.a.down_status, -EIO);
	ck_assert_uint_eq(rig.a.failed, 1);
	ck_assert_uint_eq(rig.a.flushed, 1);
}
END_TEST

Suite *suite_rc_socket(void)
{
	Suite *suite = suite_create("rc socket");
	TCase *tcase = tcase_create("rc socket");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_set_timeout(tcase, 120);
	tcase_add_test(tcase, the_longest_messages_pass_sockets_both_ways);
	tcase_add_test(tcase, a_connection_over_sockets_ends_with_its_farewell);
	tcase_add_test(tcase, a_process_that_dies_is_noticed_by_its_silence);
	suite_add_tcase(suite, tcase);
	return suite;
}
