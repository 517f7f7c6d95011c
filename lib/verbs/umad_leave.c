/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * What is read, with the names that the kernel's IPoIB gives it:
 *
 *	NET/ib0/type                        32
 *	NET/ib0/device/infiniband/mlx5_0    there, when it is of this device
 *	NET/ib0/dev_port                    0: port 1
 *	NET/ib0/pkey                        0xffff
 *	NET/ib0.8001/parent                 ib0: of a child, which has no device of its own
 */
#include "verbs/umad_leave.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"

/* ARPHRD_INFINIBAND. */
#define TYPE_INFINIBAND 32
#define PKEY_PARTITION	0x7fff
/* Room for a path; one that is longer is not the kernel's. */
#define PATH_ROOM 512
/* Room for a name or a number in a file. */
#define TEXT_ROOM 64

bool ipoib__umad_netdev_is_beside(const struct ipoib__umad_netdev *netdev, uint16_t pkey)
{
	if (!netdev->infiniband || (netdev->placed && !netdev->same_port))
		return false;
	return !netdev->has_pkey || ((netdev->pkey ^ pkey) & PKEY_PARTITION) == 0;
}

/* ---- reading ---- */

static int path_of(char out[PATH_ROOM], const char *format, ...) IPOIB__PRINTF(2, 3);

static int path_of(char out[PATH_ROOM], const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	int length = vsnprintf(out, PATH_ROOM, format, arguments);
	va_end(arguments);
	return length < 0 || length >= PATH_ROOM ? -ENAMETOOLONG : 0;
}

/* The first word of a small file. */
static bool read_word(char out[TEXT_ROOM], const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	ssize_t length;

	if (fd < 0)
		return false;
	do
		length = read(fd, out, TEXT_ROOM - 1);
	while (length < 0 && errno == EINTR);
	close(fd);
	if (length <= 0)
		return false;
	out[length] = '\0';
	out[strcspn(out, " \t\n")] = '\0';
	return out[0] != '\0';
}

static bool read_text(char out[TEXT_ROOM], const char *net, const char *name, const char *file)
{
	char path[PATH_ROOM];

	return path_of(path, "%s/%s/%s", net, name, file) == 0 && read_word(out, path);
}

static bool read_number(unsigned long *out, const char *net, const char *name, const char *file)
{
	char text[TEXT_ROOM], *end;

	if (!read_text(text, net, name, file))
		return false;
	*out = strtoul(text, &end, 0);
	return *end == '\0';
}

static void read_place(struct ipoib__umad_netdev *netdev, const char *net, const char *name,
		       const char *device, unsigned port)
{
	char path[PATH_ROOM];
	struct stat status;
	unsigned long number;

	if (path_of(path, "%s/%s/device/infiniband", net, name) < 0 || stat(path, &status) < 0)
		return;
	/* Older kernels have the port in dev_id alone, in hexadecimal. */
	if (!read_number(&number, net, name, "dev_port") &&
	    !read_number(&number, net, name, "dev_id"))
		return;
	if (path_of(path, "%s/%s/device/infiniband/%s", net, name, device) < 0)
		return;
	netdev->placed = true;
	netdev->same_port = stat(path, &status) == 0 && number + 1 == port;
}

static struct ipoib__umad_netdev read_netdev(const char *net, const char *name, const char *device,
					     unsigned port)
{
	struct ipoib__umad_netdev netdev = { .infiniband = false };
	char parent[TEXT_ROOM];
	unsigned long number;

	netdev.infiniband = read_number(&number, net, name, "type") && number == TYPE_INFINIBAND;
	if (!netdev.infiniband)
		return netdev;
	netdev.has_pkey = read_number(&number, net, name, "pkey") && number <= UINT16_MAX;
	netdev.pkey = netdev.has_pkey ? (uint16_t)number : 0;
	read_place(&netdev, net, name, device, port);
	if (!netdev.placed && read_text(parent, net, name, "parent") && strchr(parent, '/') == NULL)
		read_place(&netdev, net, parent, device, port);
	return netdev;
}

bool ipoib__umad_may_leave(const char *net, const char *device, unsigned port, uint16_t pkey)
{
	DIR *directory = opendir(net);
	const struct dirent *entry;
	bool allowed = true;

	if (directory == NULL)
		return false;
	errno = 0;
	while (allowed && (entry = readdir(directory)) != NULL) {
		struct ipoib__umad_netdev netdev;

		if (entry->d_name[0] == '.')
			continue;
		netdev = read_netdev(net, entry->d_name, device, port);
		allowed = !ipoib__umad_netdev_is_beside(&netdev, pkey);
		errno = 0;
	}
	if (errno != 0)
		allowed = false;
	closedir(directory);
	return allowed;
}
