/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "mock/device.h"

#include <errno.h>

#ifdef __linux__

#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* The module's requests are numbered by the size of what they carry: the first attach message. */
struct image {
	uint8_t octets[IPOIB__ATTACH_SIZE_FIRST];
};

#define GET_PORT   _IOR('V', 1, struct image)
#define SET_PORT   _IOW('V', 2, struct image)
#define REREGISTER _IO('V', 3)

static int get_port(int fd, struct ipoib__attach *info)
{
	struct image image = { { 0 } };

	if (ioctl(fd, GET_PORT, &image) < 0)
		return -errno;
	return ipoib__attach_decode(info, image.octets, sizeof(image.octets)) < 0 ? -EPROTO : 0;
}

static int set_port(int fd, const struct ipoib__attach *info)
{
	struct image image;
	int length = ipoib__attach_encode(image.octets, sizeof(image.octets), info);

	if (length < 0)
		return length;
	return ioctl(fd, SET_PORT, &image) < 0 ? -errno : 0;
}

static int reregister(int fd)
{
	return ioctl(fd, REREGISTER) < 0 ? -errno : 0;
}

static int read_frame(int fd, void *bytes, size_t room)
{
	ssize_t length;

	do
		length = read(fd, bytes, room);
	while (length < 0 && errno == EINTR);
	if (length < 0)
		return errno == EWOULDBLOCK ? -EAGAIN : -errno;
	return length == 0 ? -ENODEV : (int)length;
}

/* A frame goes whole or not at all. */
static int write_frame(int fd, const void *bytes, size_t length)
{
	ssize_t written;

	do
		written = write(fd, bytes, length);
	while (written < 0 && errno == EINTR);
	if (written < 0)
		return errno == EWOULDBLOCK ? -EAGAIN : -errno;
	return (size_t)written == length ? 0 : -EIO;
}

static const struct ipoib__device_ops operations = {
	.get_port = get_port,
	.set_port = set_port,
	.reregister = reregister,
	.read = read_frame,
	.write = write_frame,
};

int ipoib__device_open(const char *path, const struct ipoib__device_ops **ops)
{
	int fd = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);

	*ops = &operations;
	return fd < 0 ? -errno : fd;
}

#else

int ipoib__device_open(const char *path, const struct ipoib__device_ops **ops)
{
	(void)path;
	*ops = NULL;
	return -ENOTSUP;
}

#endif
