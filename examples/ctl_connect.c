/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "ctl_connect.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "local_socket.h"
#include "report.h"

/* A program that answers at all answers at once. */
#define PATIENCE_SECONDS 5
/* Far more than 16 full neighbour tables; what is longer does not come from an ipoib-tun. */
#define ANSWER_MOST ((size_t)64 << 20)

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

/* free() may change errno. */
static char *give_up(char *text, int error)
{
	free(text);
	errno = error;
	return NULL;
}

/* Everything up to the end of the connection; free() ends it. NULL after errno was set. */
static char *receive_all(int fd, size_t *length)
{
	size_t room = 0;
	char *text = NULL;

	*length = 0;
	for (;;) {
		if (*length == room) {
			room = room ? 2 * room : 4096;

			char *more = room <= ANSWER_MOST ? realloc(text, room) : NULL;

			if (more == NULL)
				return give_up(text, room <= ANSWER_MOST ? ENOMEM : EMSGSIZE);
			text = more;
		}

		ssize_t count = recv(fd, text + *length, room - *length, 0);

		if (count == 0)
			return text;
		if (count > 0)
			*length += (size_t)count;
		else if (errno != EINTR)
			return give_up(text, errno);
	}
}

json_t *ctl_ask(const char *control, const char *request)
{
	int fd = ctl_connect(control, request);
	size_t length;

	if (fd < 0)
		return NULL;

	char *text = receive_all(fd, &length);
	int error = text ? 0 : -errno;

	close(fd);
	if (error) {
		report("--control %s: %s", control,
		       error == -EAGAIN ? "no answer" : error_text(error));
		return NULL;
	}

	json_t *document = json_loadb(text, length, 0, NULL);

	free(text);
	if (document == NULL)
		report("--control %s: the answer is not a whole JSON document; is it an ipoib-tun?",
		       control);
	return document;
}
