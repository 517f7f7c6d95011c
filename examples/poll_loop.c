/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "poll_loop.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

/* Room to begin with: our pipe and the one descriptor of a context. */
#define FIRST_ROOM 8

/* A signal handler has no argument to find its pipe by. */
static volatile sig_atomic_t signal_fd = -1;

static void on_signal(int number)
{
	int saved = errno;
	ssize_t ignored = write(signal_fd, "", 1); /* a full pipe says it already */

	(void)ignored;
	(void)number;
	errno = saved;
}

/* nohup(1), and programs that outlive their terminal, have set SIGHUP to be ignored before. */
static void catch_signals(void (*handler)(int number))
{
	struct sigaction action = { .sa_handler = handler };
	struct sigaction before;

	sigemptyset(&action.sa_mask);
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	if (sigaction(SIGHUP, NULL, &before) == 0 && before.sa_handler != SIG_IGN)
		sigaction(SIGHUP, &action, NULL);
}

int poll_loop_open(struct poll_loop *loop)
{
	int ends[2];

	*loop = (struct poll_loop){ .stop_fd = -1 };
	loop->fds = calloc(FIRST_ROOM, sizeof(*loop->fds));
	if (loop->fds == NULL)
		return -ENOMEM;
	loop->room = FIRST_ROOM;
	if (pipe(ends) != 0)
		return -errno;
	for (int i = 0; i < 2; i++) {
		fcntl(ends[i], F_SETFD, FD_CLOEXEC);
		fcntl(ends[i], F_SETFL, O_NONBLOCK);
	}
	loop->stop_fd = ends[0];
	signal_fd = ends[1];
	catch_signals(on_signal);
	return 0;
}

void poll_loop_close(struct poll_loop *loop)
{
	/* What is left to be done takes no time; a second Ctrl-C must not find a closed pipe. */
	catch_signals(SIG_IGN);
	if (loop->stop_fd >= 0) {
		close(loop->stop_fd);
		close(signal_fd);
		signal_fd = -1;
	}
	free(loop->fds);
	*loop = (struct poll_loop){ .stop_fd = -1 };
}

/* Rounded up: waking a millisecond late is better than spinning until the deadline. */
static int timeout_ms(uint64_t deadline, uint64_t now)
{
	if (deadline == UINT64_MAX)
		return -1;
	if (deadline <= now)
		return 0;

	uint64_t ms = (deadline - now - 1) / 1000000 + 1;

	return ms > INT_MAX ? INT_MAX : (int)ms;
}

/* Entry 0 is our pipe; the object's entries follow, as many as there are. */
static int gather(struct poll_loop *loop, poll_loop_pollfds *pollfds, const void *object)
{
	for (;;) {
		int count = pollfds(object, loop->fds + 1, loop->room - 1);

		if (count < 0 || (size_t)count < loop->room)
			return count;

		size_t room = (size_t)count + FIRST_ROOM;
		struct pollfd *fds = realloc(loop->fds, room * sizeof(*fds));

		if (fds == NULL)
			return -ENOMEM;
		loop->fds = fds;
		loop->room = room;
	}
}

int poll_loop_wait(struct poll_loop *loop, poll_loop_pollfds *pollfds, const void *object,
		   uint64_t deadline, uint64_t now)
{
	int count = gather(loop, pollfds, object);

	if (count < 0)
		return count;
	loop->fds[0] = (struct pollfd){ .fd = loop->stop_fd, .events = POLLIN };
	if (poll(loop->fds, (nfds_t)count + 1, timeout_ms(deadline, now)) < 0 && errno != EINTR)
		return -errno;
	return 0;
}

bool poll_loop_stopped(const struct poll_loop *loop)
{
	struct pollfd entry = { .fd = loop->stop_fd, .events = POLLIN };

	return poll(&entry, 1, 0) > 0;
}
