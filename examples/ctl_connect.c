/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "ctl_connect.h"

#include <errno.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "local_socket.h"
#include "report.h"

/* A program that answers at all answers at once. */
#define PATIENCE_SECONDS 5

static int open_control(const char *path)
{
	struct timeval patience = { .tv_sec = PATIENCE_SECONDS };
	int fd = local_connect(path);

	if (fd == -ENOENT)
		report("--control %s: there is no such socket; was ipoib-tun started with "
		       "\"--control %s\"?",
		       path, path);
	else if (fd == -ECONNREFUSED)
		report("--control %s: nobody listens there; ipoib-tun has ended", path);
	else if (fd < 0)
		report("--control %s: %s", path, error_text(fd));
	if (fd >= 0) {
		setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
		setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
	}
	return fd;
}

int ctl_connect(const char *control, const char *request)
{
	char line[CTL_REQUEST_ROOM + 1];
	size_t length = (size_t)snprintf(line, sizeof(line), "%s\n", request);
	int fd = open_control(control);

	/* Shorter than any socket's buffer: it goes at once or not at all. */
	if (fd >= 0 && send(fd, line, length, MSG_NOSIGNAL) != (ssize_t)length) {
		int error = -errno;

		report("--control %s: %s", control,
		       error == -EAGAIN ? "no answer" : error_text(error));
		close(fd);
		return error;
	}
	return fd;
}
