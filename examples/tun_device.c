/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "tun_device.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

/* <net/if.h> hides struct ifreq from POSIX programs, and does not go together with this one. */
#include <linux/if.h>
#include <linux/if_tun.h>

#include "options.h"
#include "report.h"
#include "tun_netlink.h"

#define TUN_PATH "/dev/net/tun"

_Static_assert(TUN_NAME_ROOM == IFNAMSIZ, "a name must fit where the kernel keeps it");

/* The kernel's rules (dev_valid_name), and no "%": TUNSETIFF would number the device. */
bool tun_device_name_ok(const char *name)
{
	size_t length = strlen(name);

	if (length == 0 || length >= IFNAMSIZ)
		return false;
	if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
		return false;
	for (; *name != '\0'; name++)
		if (*name == '/' || *name == ':' || *name == '%' || !isgraph((unsigned char)*name))
			return false;
	return true;
}

static struct ifreq request_for(const char *name)
{
	struct ifreq request = { .ifr_flags = 0 };

	memcpy(request.ifr_name, name, strlen(name) + 1);
	return request;
}

static void report_open(const char *name, int error)
{
	if (error == -EPERM || error == -EACCES)
		report("interface %s: no permission to make a TUN device: run as root, or with "
		       "CAP_NET_ADMIN",
		       name);
	else if (error == -EBUSY)
		report("interface %s: a device of this name is in use; choose another name", name);
	else if (error == -EINVAL)
		report("interface %s: a device of this name is there and is no TUN device; choose "
		       "another name",
		       name);
	else if (error == -ENOENT || error == -ENODEV || error == -ENXIO)
		report("interface %s: there is no " TUN_PATH ": load the module tun, or "
		       "\"mknod " TUN_PATH " c 10 200\"",
		       name);
	else
		report("interface %s: no TUN device: %s", name, error_text(error));
}

int tun_device_open(struct tun_device *device, const char *name)
{
	struct ifreq request = request_for(name);
	int error = 0;

	memcpy(device->name, request.ifr_name, sizeof(device->name));
	device->fd = open(TUN_PATH, O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (device->fd < 0) {
		error = -errno;
	} else {
		request.ifr_flags = IFF_TUN | IFF_NO_PI;
		if (ioctl(device->fd, TUNSETIFF, &request) != 0) {
			error = -errno;
			tun_device_close(device);
		}
	}
	if (error)
		report_open(name, error);
	return error;
}

/* The ioctls of devices go through any socket. */
static int change(const struct tun_device *device, unsigned long what, struct ifreq *request,
		  const char *meaning)
{
	int fd = socket(AF_INET, SOCK_DGRAM, 0);
	int error = 0;

	if (fd < 0 || ioctl(fd, what, request) != 0)
		error = -errno;
	if (fd >= 0)
		close(fd);
	if (error)
		report("interface %s: %s: %s", device->name, meaning, error_text(error));
	return error;
}

int tun_device_set_mtu(const struct tun_device *device, uint32_t mtu)
{
	struct ifreq request = request_for(device->name);

	request.ifr_mtu = (int)mtu;
	return change(device, SIOCSIFMTU, &request, "cannot set the MTU of the device");
}

int tun_device_set_up(const struct tun_device *device)
{
	struct ifreq request = request_for(device->name);
	int error = change(device, SIOCGIFFLAGS, &request, "cannot read the flags of the device");

	if (error)
		return error;
	request.ifr_flags = (short)(request.ifr_flags | IFF_UP);
	return change(device, SIOCSIFFLAGS, &request, "cannot set the device up");
}

static int device_index(const struct tun_device *device, int *index)
{
	struct ifreq request = request_for(device->name);
	int error = change(device, SIOCGIFINDEX, &request, "cannot find the device");

	*index = request.ifr_ifindex;
	return error;
}

/* What became of a request about an address. */
static int told(const struct tun_device *device, const struct subnet_address *address, int error,
		const char *what)
{
	char text[IPOIB_IP_TEXT];

	if (error)
		report("interface %s: cannot %s the address %s/%u: %s", device->name, what,
		       ipoib_ip_format(&address->ip, text), address->prefix_length,
		       error_text(error));
	return error;
}

int tun_device_add_address(const struct tun_device *device, const struct subnet_address *address)
{
	int index;
	int error = device_index(device, &index);

	if (error)
		return error;
	return told(device, address, netlink_add_address(index, address), "give the device");
}

int tun_device_remove_address(const struct tun_device *device,
			      const struct subnet_address *address)
{
	int index;
	int error = device_index(device, &index);

	if (error)
		return error;
	return told(device, address, netlink_remove_address(index, address),
		    "take from the device");
}

enum tun_ipv6 tun_device_ipv6(const struct tun_device *device)
{
	char path[sizeof("/proc/sys/net/ipv6/conf//disable_ipv6") + TUN_NAME_ROOM];
	char digit = '0';

	if (access("/proc/sys/net/ipv6", F_OK) != 0)
		return TUN_IPV6_ABSENT;
	snprintf(path, sizeof(path), "/proc/sys/net/ipv6/conf/%s/disable_ipv6", device->name);

	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return TUN_IPV6_ABSENT;
	if (read(fd, &digit, 1) != 1)
		digit = '1';
	close(fd);
	return digit == '0' ? TUN_IPV6_THERE : TUN_IPV6_DISABLED;
}

int tun_device_no_link_local(const struct tun_device *device)
{
	int index;
	int error = device_index(device, &index);

	if (error)
		return error;
	error = netlink_no_link_local(index);
	if (error)
		report("interface %s: cannot keep the system from an IPv6 address of its own: %s",
		       device->name, error_text(error));
	return error;
}

int tun_device_forget_mtu(const struct tun_device *device, const struct ipoib_ip *destination,
			  const struct ipoib_ip *source)
{
	int index;
	int error = device_index(device, &index);

	if (!error)
		error = netlink_forget_mtu(index, destination->raw,
					   source->family == IPOIB_IPV6 ? source->raw : NULL);
	return error == -ESRCH ? 0 : error; /* it has expired, or is gone with its route */
}

void tun_device_close(struct tun_device *device)
{
	if (device->fd >= 0)
		close(device->fd);
	device->fd = -1;
}
