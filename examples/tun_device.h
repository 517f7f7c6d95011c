/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * A TUN device of Linux: IP packets of the system on a descriptor, one packet a read or write. This
 * and tun_netlink.h are the files of the programs that know Linux.
 */
#ifndef EXAMPLES_TUN_DEVICE_H
#define EXAMPLES_TUN_DEVICE_H

#include <stdbool.h>
#include <stdint.h>

struct ipoib_ip;
struct subnet_address;

/* Octets of a device's name, its terminating zero included (IFNAMSIZ). */
#define TUN_NAME_ROOM 16

struct tun_device {
	int fd; /* non-blocking; -1: there is none */
	char name[TUN_NAME_ROOM];
};

/* Whether a device can have addresses of IPv6. */
enum tun_ipv6 {
	TUN_IPV6_THERE = 1,
	TUN_IPV6_ABSENT,   /* the system knows nothing of it */
	TUN_IPV6_DISABLED, /* by net.ipv6.conf.NAME.disable_ipv6 */
};

enum tun_ipv6 tun_device_ipv6(const struct tun_device *device);

/* Whether the system takes this as the name of a device. */
bool tun_device_name_ok(const char *name);

/*
 * Makes a device, down and without an address; it is gone once it is closed. All of these return 0,
 * or a negative errno after a message.
 */
int tun_device_open(struct tun_device *device, const char *name);
int tun_device_set_mtu(const struct tun_device *device, uint32_t mtu);
/* The system does not probe it. One that is there already, or is not there, is no error. */
int tun_device_add_address(const struct tun_device *device, const struct subnet_address *address);
int tun_device_remove_address(const struct tun_device *device,
			      const struct subnet_address *address);
/* Before the device is set up: the system gives it no IPv6 address of its own. */
int tun_device_no_link_local(const struct tun_device *device);
int tun_device_set_up(const struct tun_device *device);

/*
 * The system forgets what an ICMPv6 error has told it of the path MTU to a destination; the source
 * is where that error went, its family 0 if that is not known. Of a refusal it says nothing.
 */
int tun_device_forget_mtu(const struct tun_device *device, const struct ipoib_ip *destination,
			  const struct ipoib_ip *source);

void tun_device_close(struct tun_device *device);

#endif
