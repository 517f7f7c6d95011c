/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "local_socket.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "report.h"

/* How often it is told that descriptors are short. */
#define TELL_NS UINT64_C(60000000000)

static int make_socket(const char *path, struct sockaddr_un *address)
{
	size_t length = strlen(path);

	*address = (struct sockaddr_un){ .sun_family = AF_UNIX };
	if (length == 0)
		return -ENOENT;
	if (length >= sizeof(address->sun_path))
		return -ENAMETOOLONG;
	memcpy(address->sun_path, path, length + 1);

	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	if (fd < 0)
		return -errno;
	fcntl(fd, F_SETFD, FD_CLOEXEC);
	return fd;
}

static int fail(int fd, int error)
{
	close(fd);
	return error;
}

int local_connect(const char *path)
{
	struct sockaddr_un address;
	int fd = make_socket(path, &address);

	if (fd < 0)
		return fd;
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)) != 0)
		return fail(fd, -errno);
	return fd;
}

/* Takes away the socket of a program that is no more. Returns 0 when the name is free now. */
static int remove_stale(const char *path)
{
	struct stat status;

	if (lstat(path, &status) != 0)
		return errno == ENOENT ? 0 : -errno;
	if (!S_ISSOCK(status.st_mode))
		return -ENOTSOCK;

	int fd = local_connect(path);

	if (fd >= 0)
		return fail(fd, -EADDRINUSE);
	if (fd != -ECONNREFUSED)
		return -EADDRINUSE; /* somebody may be there: a full backlog, say */
	return unlink(path) == 0 ? 0 : -errno;
}

int local_listen(const char *path, int backlog)
{
	struct sockaddr_un address;
	int fd = make_socket(path, &address);

	if (fd < 0)
		return fd;

	int error = remove_stale(path);

	if (error)
		return fail(fd, error);
	if (bind(fd, (struct sockaddr *)&address, sizeof(address)) != 0)
		return fail(fd, -errno);
	if (listen(fd, backlog) != 0) {
		error = -errno;
		unlink(path);
		return fail(fd, error);
	}
	fcntl(fd, F_SETFL, O_NONBLOCK);
	return fd;
}

void local_spare_keep(struct local_spare *spare, int listener)
{
	if (spare->fd < 0 && listener >= 0)
		spare->fd = fcntl(listener, F_DUPFD_CLOEXEC, 0);
}

void local_spare_close(struct local_spare *spare)
{
	if (spare->fd >= 0)
		close(spare->fd);
	spare->fd = -1;
}

static void tell_shortage(struct local_spare *spare, int error)
{
	struct timespec time = { .tv_sec = 0 };

	clock_gettime(CLOCK_MONOTONIC, &time);

	uint64_t now = (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec;

	if (spare->told_ns != 0 && now - spare->told_ns < TELL_NS)
		return;
	spare->told_ns = now;
	report("no descriptor is left for the control socket (%s): one request is answered at a "
	       "time; allow more of them (ulimit -n, LimitNOFILE=)",
	       error_text(error));
}

int local_accept(struct local_spare *spare, int listener, bool *on_spare)
{
	int fd = accept(listener, NULL, NULL);

	*on_spare = false;
	if (fd >= 0)
		return fd;
	if (errno != EMFILE && errno != ENFILE && errno != ENOBUFS && errno != ENOMEM)
		return -EAGAIN;
	tell_shortage(spare, -errno);
	if (spare->fd < 0)
		return -EMFILE;
	local_spare_close(spare);
	fd = accept(listener, NULL, NULL);
	*on_spare = fd >= 0;
	if (fd < 0)
		local_spare_keep(spare, listener);
	return fd >= 0 ? fd : -EMFILE;
}
