/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * One set of tests for both pollers: what they promise is the same but for the descriptor of the
 * set.
 */
#include "base/poller.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/suites.h"
#include "support/support.h"

#define PAIRS 20

static struct ipoib__poller poller;
static int pairs[PAIRS][2]; /* what is written to [1] is read from [0] */

static void setup(void)
{
	support_setup();
	ck_assert_int_eq(ipoib__poller_init(&poller, support_memory()), 0);
	for (int i = 0; i < PAIRS; i++)
		ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, pairs[i]), 0);
}

static void teardown(void)
{
	for (int i = 0; i < PAIRS; i++) {
		close(pairs[i][0]);
		close(pairs[i][1]);
	}
	ipoib__poller_fini(&poller);
	support_teardown();
}

static void feed(int i)
{
	ck_assert_int_eq(write(pairs[i][1], "x", 1), 1);
}

static void drain(int i)
{
	char byte;

	ck_assert_int_eq(read(pairs[i][0], &byte, 1), 1);
}

/* The events reported for a descriptor in one look at everything; 0 when it is not reported. */
static short reported(int fd)
{
	int fds[2 * PAIRS];
	short revents[2 * PAIRS];
	short found = 0;
	int n = ipoib__poller_ready(&poller, fds, revents, 2 * PAIRS);

	ck_assert_int_ge(n, 0);
	for (int i = 0; i < n; i++) {
		ck_assert_int_ne(revents[i], 0);
		if (fds[i] != fd)
			continue;
		ck_assert_msg(found == 0, "descriptor %d is reported twice", fd);
		found = revents[i];
	}
	return found;
}

START_TEST(readiness_is_a_level)
{
	int fd = pairs[0][0];

	ck_assert_int_eq(reported(fd), 0);
	ck_assert_int_eq(ipoib__poller_watch(&poller, fd, POLLIN), 0);
	ck_assert_int_eq(reported(fd), 0);
	feed(0);
	ck_assert_int_eq(reported(fd), POLLIN);
	ck_assert_int_eq(reported(fd), POLLIN);
	drain(0);
	ck_assert_int_eq(reported(fd), 0);
}
END_TEST

START_TEST(what_is_watched_for_can_be_changed)
{
	int fd = pairs[0][0];

	feed(0);
	ck_assert_int_eq(ipoib__poller_watch(&poller, fd, POLLOUT), 0);
	ck_assert_int_eq(reported(fd), POLLOUT);
	ck_assert_int_eq(ipoib__poller_watch(&poller, fd, POLLIN | POLLOUT), 0);
	ck_assert_int_eq(reported(fd), POLLIN | POLLOUT);
	ck_assert_int_eq(ipoib__poller_watch(&poller, fd, 0), 0);
	ck_assert_int_eq(reported(fd), 0);
}
END_TEST

START_TEST(a_hangup_comes_unasked)
{
	int fd = pairs[0][0];

	ck_assert_int_eq(ipoib__poller_watch(&poller, fd, 0), 0);
	close(pairs[0][1]);
	ck_assert_int_eq(reported(fd), POLLHUP);
	pairs[0][1] = dup(pairs[1][1]); /* for the teardown */
}
END_TEST

START_TEST(what_is_not_watched_is_not_reported)
{
	int fd = pairs[0][0];

	feed(0);
	ck_assert_int_eq(ipoib__poller_unwatch(&poller, fd), -ENOENT);
	ck_assert_int_eq(ipoib__poller_watch(&poller, fd, POLLIN), 0);
	ck_assert_int_eq(ipoib__poller_unwatch(&poller, fd), 0);
	ck_assert_int_eq(reported(fd), 0);
	ck_assert_int_eq(ipoib__poller_unwatch(&poller, fd), -ENOENT);
	ck_assert_int_eq(ipoib__poller_watch(&poller, fd, POLLIN), 0);
	ck_assert_int_eq(reported(fd), POLLIN);
}
END_TEST

START_TEST(a_closed_descriptor_is_not_reported)
{
	int fd = dup(pairs[0][0]);

	feed(0);
	feed(1);
	ck_assert_int_eq(ipoib__poller_watch(&poller, fd, POLLIN), 0);
	ck_assert_int_eq(ipoib__poller_watch(&poller, pairs[1][0], POLLIN), 0);
	ck_assert_int_eq(ipoib__poller_unwatch(&poller, fd), 0);
	close(fd);
	ck_assert_int_eq(reported(fd), 0);
	ck_assert_int_eq(reported(pairs[1][0]), POLLIN);
}
END_TEST

START_TEST(a_descriptor_closed_while_watched_is_not_reported)
{
	int fd = pairs[0][0];

	feed(0);
	feed(1);
	ck_assert_int_eq(ipoib__poller_watch(&poller, fd, POLLIN), 0);
	ck_assert_int_eq(ipoib__poller_watch(&poller, pairs[1][0], POLLIN), 0);
	close(fd);
	ck_assert_int_eq(reported(fd), 0);
	ck_assert_int_eq(reported(pairs[1][0]), POLLIN);

	/* the number names another file now, which can be watched */
	ck_assert_int_eq(dup2(pairs[2][0], fd), fd);
	ck_assert_int_eq(ipoib__poller_watch(&poller, fd, POLLIN), 0);
	ck_assert_int_eq(reported(fd), 0);
	feed(2);
	ck_assert_int_eq(reported(fd), POLLIN);
	ck_assert_int_eq(ipoib__poller_unwatch(&poller, fd), 0);
	ck_assert_int_eq(reported(fd), 0);
}
END_TEST

START_TEST(an_unwatched_number_whose_file_lives_on_is_not_reported)
{
	int fd = pairs[0][0];
	int copy = dup(fd);

	feed(0);
	ck_assert_int_eq(ipoib__poller_watch(&poller, fd, POLLIN), 0);
	close(fd);
	ck_assert_int_eq(ipoib__poller_unwatch(&poller, fd), 0);
	ck_assert_int_eq(reported(fd), 0);
	ck_assert_int_eq(dup2(copy, fd), fd);
	close(copy);
}
END_TEST

START_TEST(no_descriptor_starves_behind_a_small_array)
{
	unsigned seen[PAIRS] = { 0 };
	int fds[3];
	short revents[3];

	for (int i = 0; i < PAIRS; i++) {
		ck_assert_int_eq(ipoib__poller_watch(&poller, pairs[i][0], POLLIN), 0);
		feed(i);
	}
	for (int round = 0; round < 70; round++) { /* 210 reports for 20 descriptors */
		ck_assert_int_eq(ipoib__poller_ready(&poller, fds, revents, 3), 3);
		for (int k = 0; k < 3; k++)
			for (int i = 0; i < PAIRS; i++)
				seen[i] += pairs[i][0] == fds[k];
	}
	for (int i = 0; i < PAIRS; i++) {
		ck_assert_uint_ge(seen[i], 10);
		ck_assert_uint_le(seen[i], 11);
	}
	ck_assert_int_eq(ipoib__poller_ready(&poller, fds, revents, 0), 0);
}
END_TEST

START_TEST(wrong_events_and_descriptors_are_refused)
{
	ck_assert_int_eq(ipoib__poller_watch(&poller, pairs[0][0], POLLHUP), -EINVAL);
	ck_assert_int_eq(ipoib__poller_watch(&poller, pairs[0][0], POLLIN | POLLERR), -EINVAL);
	ck_assert_int_eq(ipoib__poller_watch(&poller, -1, POLLIN), -EBADF);
	ck_assert_int_eq(ipoib__poller_watch(&poller, 1 << 20, POLLIN), -EBADF);
	feed(0);
	ck_assert_int_eq(reported(pairs[0][0]), 0);
}
END_TEST

START_TEST(without_memory_nothing_changes)
{
	int i = 0, r = 0;

	support_fail_after(2, true);
	for (; i < PAIRS && r == 0; i++)
		r = ipoib__poller_watch(&poller, pairs[i][0], POLLIN);
	ck_assert_int_eq(r, -ENOMEM);
	ck_assert_int_gt(i, 1);
	for (int k = 0; k < i; k++)
		feed(k);
	ck_assert_int_eq(reported(pairs[0][0]), POLLIN);
	ck_assert_int_eq(reported(pairs[i - 2][0]), POLLIN);
	ck_assert_int_eq(reported(pairs[i - 1][0]), 0);

	support_fail_after(0, false);
	ck_assert_int_eq(ipoib__poller_watch(&poller, pairs[i - 1][0], POLLIN), 0);
	ck_assert_int_eq(reported(pairs[i - 1][0]), POLLIN);
}
END_TEST

START_TEST(no_more_than_the_bound_are_watched)
{
	struct rlimit before, raised;
	static int copies[IPOIB__POLLER_WATCHED_MAX + 1];

	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &before), 0);
	raised = before;
	raised.rlim_cur = IPOIB__POLLER_WATCHED_MAX + 200;
	if (before.rlim_cur < raised.rlim_cur)
		ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &raised), 0);

	for (int i = 0; i <= IPOIB__POLLER_WATCHED_MAX; i++) {
		copies[i] = dup(pairs[0][0]);
		ck_assert_int_ge(copies[i], 0);
		ck_assert_int_eq(ipoib__poller_watch(&poller, copies[i], POLLIN),
				 i < IPOIB__POLLER_WATCHED_MAX ? 0 : -ENOSPC);
	}
	ck_assert_int_eq(ipoib__poller_watch(&poller, copies[5], POLLOUT), 0);
	for (int i = 0; i <= IPOIB__POLLER_WATCHED_MAX; i++) {
		ck_assert_int_eq(ipoib__poller_unwatch(&poller, copies[i]),
				 i < IPOIB__POLLER_WATCHED_MAX ? 0 : -ENOENT);
		close(copies[i]);
	}
	setrlimit(RLIMIT_NOFILE, &before);
}
END_TEST

START_TEST(the_set_is_one_descriptor_or_says_that_it_is_none)
{
	int fd = ipoib__poller_fd(&poller);

	if (!poller_has_descriptor) {
		ck_assert_int_eq(fd, -ENOTSUP);
		return;
	}
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(fcntl(fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
	for (int i = 0; i < PAIRS; i++)
		ck_assert_int_eq(ipoib__poller_watch(&poller, pairs[i][0], POLLIN), 0);
	ck_assert_int_eq(ipoib__poller_fd(&poller), fd);
}
END_TEST

START_TEST(a_poll_of_the_caller_wakes_when_a_watched_descriptor_is_ready)
{
	struct pollfd out[PAIRS + 1];
	int n = ipoib__poller_pollfds(&poller, out, PAIRS + 1);

	ck_assert_int_eq(n, poller_has_descriptor ? 1 : 0);
	ck_assert_int_eq(poll(out, (nfds_t)n, 0), 0);
	for (int i = 0; i < PAIRS; i++)
		ck_assert_int_eq(ipoib__poller_watch(&poller, pairs[i][0], POLLIN), 0);
	n = ipoib__poller_pollfds(&poller, out, PAIRS + 1);
	ck_assert_int_eq(n, poller_has_descriptor ? 1 : PAIRS);
	ck_assert_int_eq(poll(out, (nfds_t)n, 0), 0);
	feed(7);
	ck_assert_int_eq(poll(out, (nfds_t)n, 0), 1);
	drain(7);
	ck_assert_int_eq(poll(out, (nfds_t)n, 0), 0);

	/* a short array is filled as far as it goes, and the number is still the whole */
	memset(out, 0, sizeof(out));
	ck_assert_int_eq(ipoib__poller_pollfds(&poller, NULL, 0), n);
	ck_assert_int_eq(ipoib__poller_pollfds(&poller, out, 1), n);
	ck_assert_int_eq(out[0].events, POLLIN);
	ck_assert_int_eq(out[1].events, 0);
}
END_TEST

START_TEST(any_history_of_watches_reports_what_is_ready)
{
	struct ipoib__random *random = support_random();
	bool watched[PAIRS] = { false }, fed[PAIRS] = { false };

	for (int step = 0; step < 5000; step++) {
		int i = (int)ipoib__random_below(random, PAIRS);
		int fd = pairs[i][0];

		if (ipoib__random_below(random, 2) == 0) {
			fed[i] ? drain(i) : feed(i);
			fed[i] = !fed[i];
		} else if (watched[i] && ipoib__random_below(random, 2) == 0) {
			ck_assert_int_eq(ipoib__poller_unwatch(&poller, fd), 0);
			watched[i] = false;
		} else {
			ck_assert_int_eq(ipoib__poller_watch(&poller, fd, POLLIN), 0);
			watched[i] = true;
		}
		i = (int)ipoib__random_below(random, PAIRS);
		ck_assert_int_eq(reported(pairs[i][0]), watched[i] && fed[i] ? POLLIN : 0);
	}
}
END_TEST

Suite *suite_poller(void)
{
	Suite *suite = suite_create("poller");
	TCase *tcase = tcase_create("poller");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_set_timeout(tcase, 60); /* for valgrind */
	tcase_add_test(tcase, readiness_is_a_level);
	tcase_add_test(tcase, what_is_watched_for_can_be_changed);
	tcase_add_test(tcase, a_hangup_comes_unasked);
	tcase_add_test(tcase, what_is_not_watched_is_not_reported);
	tcase_add_test(tcase, a_closed_descriptor_is_not_reported);
	tcase_add_test(tcase, a_descriptor_closed_while_watched_is_not_reported);
	tcase_add_test(tcase, an_unwatched_number_whose_file_lives_on_is_not_reported);
	tcase_add_test(tcase, no_descriptor_starves_behind_a_small_array);
	tcase_add_test(tcase, wrong_events_and_descriptors_are_refused);
	tcase_add_test(tcase, without_memory_nothing_changes);
	tcase_add_test(tcase, no_more_than_the_bound_are_watched);
	tcase_add_test(tcase, the_set_is_one_descriptor_or_says_that_it_is_none);
	tcase_add_test(tcase, a_poll_of_the_caller_wakes_when_a_watched_descriptor_is_ready);
	tcase_add_test(tcase, any_history_of_watches_reports_what_is_ready);
	suite_add_tcase(suite, tcase);
	return suite;
}
