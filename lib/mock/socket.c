/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "mock/socket.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

int ipoib__socket_prepare(int fd)
{
	int flags = fcntl(fd, F_GETFL);

	if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0 ||
	    fcntl(fd, F_SETFD, FD_CLOEXEC) < 0)
		return -errno;
	return 0;
}

int ipoib__socket_open(void)
{
	int fd = socket(AF_UNIX, SOCK_SEQPACKET, 0);
	int status;

	if (fd < 0)
		return -errno;
	status = ipoib__socket_prepare(fd);
	if (status == 0)
		return fd;
	close(fd);
	return status;
}

void ipoib__socket_buffer(int fd, int octets)
{
	(void)setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &octets, sizeof(octets));
}

int ipoib__socket_address(struct sockaddr_un *address, const char *path)
{
	if (strlen(path) >= sizeof(address->sun_path))
		return -ENAMETOOLONG;
	memset(address, 0, sizeof(*address));
	address->sun_family = AF_UNIX;
	memcpy(address->sun_path, path, strlen(path) + 1);
	return 0;
}

int ipoib__socket_connect(int fd, const struct sockaddr_un *address)
{
	if (connect(fd, (const struct sockaddr *)address, sizeof(*address)) == 0)
		return 0;
	if (errno == ENOENT)
		return -ECONNREFUSED;
	if (errno == EPROTOTYPE)
		return -EPROTO;
	return errno == EWOULDBLOCK || errno == EINTR ? -EAGAIN : -errno;
}

int ipoib__socket_send(int fd, const void *head, size_t head_length, const void *tail,
		       size_t tail_length)
{
	struct iovec parts[2] = {
		{ .iov_base = (void *)(uintptr_t)head, .iov_len = head_length },
		{ .iov_base = (void *)(uintptr_t)tail, .iov_len = tail_length },
	};
	struct msghdr message = { .msg_iov = parts, .msg_iovlen = tail_length > 0 ? 2 : 1 };
	ssize_t sent;

	do
		sent = sendmsg(fd, &message, MSG_NOSIGNAL);
	while (sent < 0 && errno == EINTR);
	if (sent >= 0)
		return 0;
	return errno == EWOULDBLOCK || errno == ENOBUFS ? -EAGAIN : -errno;
}

static ssize_t receive(int fd, struct msghdr *message)
{
	ssize_t length;

	do
		length = recvmsg(fd, message, 0);
	while (length < 0 && errno == EINTR);
	return length;
}

int ipoib__socket_receive(int fd, void *bytes, size_t room)
{
	struct iovec part = { .iov_base = bytes, .iov_len = room };
	struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1 };
	ssize_t length = receive(fd, &message);

	/* The other end closed without reading all: Linux says that first, then what it sent. */
	if (length < 0 && errno == ECONNRESET)
		length = receive(fd, &message);
	if (length < 0)
		return errno == EWOULDBLOCK ? -EAGAIN : -EPIPE;
	if (length == 0)
		return -EPIPE;
	return message.msg_flags & MSG_TRUNC ? 0 : (int)length;
}
