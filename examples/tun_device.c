/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "tun_device.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

/* <net/if.h> hides struct ifreq from POSIX programs, and does not go together with this one. */
#include <linux/if.h>
#include <linux/if_tun.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>

#include "options.h"
#include "report.h"

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

/*
 * RTM_NEWADDR with what `ip address add A.B.C.D/L` says. SIOCSIFADDR would do for one address, but
 * a second one would need an alias with a name of its own.
 *
 *      | nlmsghdr | ifaddrmsg | rtattr IFA_LOCAL: 4 octets | rtattr IFA_ADDRESS: 4 octets |
 */
struct address_request {
	struct nlmsghdr header;
	struct ifaddrmsg message;
	struct {
		struct rtattr attribute;
		uint8_t octets[4];
	} local, peer;
};

/* The answer repeats the request's header behind its own. */
struct address_answer {
	struct nlmsghdr header;
	struct nlmsgerr error;
	uint8_t rest[256];
};

static int ask_kernel(int fd, const struct address_request *request)
{
	struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };
	struct address_answer answer;
	ssize_t count = sendto(fd, request, sizeof(*request), 0, (struct sockaddr *)&kernel,
			       sizeof(kernel));

	if (count >= 0)
		count = recv(fd, &answer, sizeof(answer), 0);
	if (count < 0)
		return -errno;
	if ((size_t)count < offsetof(struct address_answer, rest) ||
	    answer.header.nlmsg_type != NLMSG_ERROR)
		return -EPROTO;
	return answer.error.error;
}

static int device_index(const struct tun_device *device, int *index)
{
	struct ifreq request = request_for(device->name);
	int error = change(device, SIOCGIFINDEX, &request, "cannot find the device");

	*index = request.ifr_ifindex;
	return error;
}

int tun_device_add_address(const struct tun_device *device, const struct subnet_address *address)
{
	struct address_request request = {
		.header = { .nlmsg_len = sizeof(request),
			    .nlmsg_type = RTM_NEWADDR,
			    .nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL },
		.message = { .ifa_family = AF_INET,
			     .ifa_prefixlen = (unsigned char)address->prefix_length },
		.local.attribute = { .rta_len = RTA_LENGTH(4), .rta_type = IFA_LOCAL },
		.peer.attribute = { .rta_len = RTA_LENGTH(4), .rta_type = IFA_ADDRESS },
	};
	int index;
	int error = device_index(device, &index);

	if (error)
		return error;
	request.message.ifa_index = (unsigned)index;
	memcpy(request.local.octets, address->ip.raw, 4);
	memcpy(request.peer.octets, address->ip.raw, 4);

	int fd = socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE);

	error = fd < 0 ? -errno : ask_kernel(fd, &request);
	if (fd >= 0)
		close(fd);
	if (error) {
		char text[IPOIB_IP_TEXT];

		report("interface %s: cannot give the device the address %s/%u: %s", device->name,
		       ipoib_ip_format(&address->ip, text), address->prefix_length,
		       error_text(error));
	}
	return error;
}

void tun_device_close(struct tun_device *device)
{
	if (device->fd >= 0)
		close(device->fd);
	device->fd = -1;
}
