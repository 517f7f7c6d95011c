/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The system's clock and random source, for callers who name them. The library reads neither by
 * itself.
 */
#include <errno.h>
#include <fcntl.h>
#include <time.h>
#include <unistd.h>

#include <ipoib/context.h>

uint64_t ipoib_clock_monotonic(void *user)
{
	struct timespec now = { 0, 0 };

	(void)user;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * UINT64_C(1000000000) + (uint64_t)now.tv_nsec;
}

static int read_all(int fd, uint8_t *octets, size_t length)
{
	while (length > 0) {
		ssize_t n = read(fd, octets, length);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			return -EIO;
		octets += n;
		length -= (size_t)n;
	}
	return 0;
}

int ipoib_random_system(void *octets, size_t length, void *user)
{
	int fd = open("/dev/urandom", O_RDONLY | O_CLOEXEC);
	int status;

	(void)user;
	if (fd < 0)
		return -errno;
	status = read_all(fd, octets, length);
	close(fd);
	return status;
}
