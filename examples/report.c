/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "report.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

/* Below PIPE_BUF (POSIX: 512, Linux: 4096): a pipe takes a line as a whole or not at all. */
#define LINE_ROOM 1024

/* How a line is kept from waiting for its reader. */
enum waiting {
	WAITS_NEVER = 0, /* a file, or a description of our own without blocking */
	WAITS_IN_SOCKET, /* said with each message */
	WAITS_IF_FULL,   /* asked for room before; others may take it in between */
};

/* Standard output or standard error. */
struct stream {
	int fd;
	enum waiting waiting;
	bool cut; /* the last line stands there in part */
};

static struct stream output = { .fd = STDOUT_FILENO };
static struct stream errors = { .fd = STDERR_FILENO };
static uint64_t lines_lost;  /* in all */
static uint64_t lines_owing; /* of those, not told yet */

/*
 * O_NONBLOCK belongs to the open file description, which the shell and other programs share:
 * pipes and terminals are opened once more. That fails where they belong to another user.
 */
static void stream_begin(struct stream *stream, const char *path)
{
	struct stat status;

	if (fstat(stream->fd, &status) != 0)
		return;
	if (S_ISSOCK(status.st_mode)) {
		stream->waiting = WAITS_IN_SOCKET;
	} else if (S_ISFIFO(status.st_mode) || S_ISCHR(status.st_mode)) {
		int fd = open(path, O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);

		if (fd >= 0)
			stream->fd = fd;
		else
			stream->waiting = WAITS_IF_FULL;
	}
}

/* What is opened next must not take the place of one that was closed: lines would go into it. */
static void fill_gaps(void)
{
	int fd;

	do
		fd = open("/dev/null", O_RDWR);
	while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd >= 0)
		close(fd);
}

void report_begin(void)
{
	signal(SIGPIPE, SIG_IGN);
	fill_gaps();
	stream_begin(&output, "/proc/self/fd/1");
	stream_begin(&errors, "/proc/self/fd/2");
}

static ssize_t stream_write(const struct stream *stream, const char *text, size_t length)
{
	struct pollfd entry = { .fd = stream->fd, .events = POLLOUT };

	switch (stream->waiting) {
	case WAITS_IN_SOCKET:
		return send(stream->fd, text, length, MSG_DONTWAIT | MSG_NOSIGNAL);
	case WAITS_IF_FULL:
		if (poll(&entry, 1, 0) != 1)
			return 0;
		break;
	default:
		break;
	}
	return write(stream->fd, text, length);
}

/* One write for one line, so that lines of several programs do not mix. */
static bool stream_take(struct stream *stream, const char *line)
{
	char text[LINE_ROOM + 2];
	size_t length = (size_t)snprintf(text, sizeof(text), "%s%s\n", stream->cut ? "\n" : "",
					 line);
	ssize_t count;

	do
		count = stream_write(stream, text, length);
	while (count < 0 && errno == EINTR);
	if (count > 0)
		stream->cut = (size_t)count < length;
	return count == (ssize_t)length;
}

static void lose_line(void)
{
	lines_lost++;
	lines_owing++;
}

uint64_t report_lost(void)
{
	return lines_lost;
}

void report_line(const char *line)
{
	char text[LINE_ROOM];

	if (lines_owing > 0) {
		snprintf(text, sizeof(text), "%s: %" PRIu64 " lines could not be written",
			 program_name, lines_owing);
		if (stream_take(&errors, text))
			lines_owing = 0;
	}
	/* Never out of order: what is behind a gap comes after it was told. */
	if (lines_owing > 0 || !stream_take(&errors, line))
		lose_line();
}

void report(const char *format, ...)
{
	char line[LINE_ROOM];
	va_list arguments;
	int used = snprintf(line, sizeof(line), "%s: ", program_name);

	va_start(arguments, format);
	vsnprintf(line + used, sizeof(line) - (size_t)used, format, arguments);
	va_end(arguments);
	report_line(line);
}

void report_log(int level, const char *message, void *user)
{
	(void)level;
	(void)user;
	report("%s", message);
}

const char *error_text(int error)
{
	return strerror(-error);
}

void report_connect(const char *fabric, const char *port, int error)
{
	switch (error) {
	case -ENOENT:
		report("port %s: the fabric at %s has no such port; ports are named host1/1, "
		       "host1/2, ..., as far as its --hosts and --ports go",
		       port, fabric);
		return;
	case -EBUSY:
		report("port %s: another program is attached to it at the fabric %s; choose "
		       "another port, or end that program",
		       port, fabric);
		return;
	case -ECONNREFUSED:
		report("fabric %s: nobody listens there; start one with "
		       "\"ipoib-fabric --socket %s\"",
		       fabric, fabric);
		return;
	case -ENAMETOOLONG:
		report("fabric %s: the name is too long for a socket; choose a shorter one",
		       fabric);
		return;
	case -ETIMEDOUT:
		report("fabric %s: no answer; is it an ipoib-fabric, and does it run?", fabric);
		return;
	case -EPROTO:
		report("fabric %s: what listens there is not an ipoib-fabric of this version",
		       fabric);
		return;
	default:
		report("port %s of fabric %s: %s", port, fabric, error_text(error));
	}
}

void announce_ready(void)
{
	if (!stream_take(&output, "ready"))
		lose_line();
}
