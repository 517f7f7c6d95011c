/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * A kernel port: a port of the virtual HCA (the Linux module vhca), whose wire is a character
 * device. It is one more port of the fabric, and to the fabric one more peer:
 *
 * 1. The device is opened, which only one process can do, and asked what the port is.
 * 2. A port of the fabric takes over its GUID and its P_Keys, which only the module's parameters
 *    can change. What it was before comes back when the device goes.
 * 3. The device is told LIDs, state, MTU and subnet prefix, now and whenever they change, where a
 *    process is sent an attach message.
 *    When the SM is not the fabric's, the device has an agent of its own: it is told whether the
 *    link is there, and asked for the rest.
 * 4. One read is one frame that the kernel sends, one write is one frame that it receives; the
 *    frames are those of mock/frame.h.
 *
 * The structure of its requests is the attach message in its first form (mock/attach.h).
 */
#ifndef IPOIB__MOCK_DEVICE_H
#define IPOIB__MOCK_DEVICE_H

#include <stddef.h>
#include <stdint.h>

#include <ipoib/mock.h>

#include "mock/attach.h"

/* What is done with an open device; tests have one of their own. 0 or a negative errno. */
struct ipoib__device_ops {
	int (*get_port)(int fd, struct ipoib__attach *info);
	int (*set_port)(int fd, const struct ipoib__attach *info);
	int (*reregister)(int fd);
	/* The length of one frame; -EAGAIN: there is none; another error is the end. */
	int (*read)(int fd, void *bytes, size_t room);
	/* -EAGAIN: no room now. */
	int (*write)(int fd, const void *bytes, size_t length);
};

/* Its path as it stands in messages, which may be cut. */
#define IPOIB__DEVICE_NAME 64

struct ipoib__device {
	const struct ipoib__device_ops *ops;
	char name[IPOIB__DEVICE_NAME];
	uint8_t mtu; /* code, as the device had it */
	/* What the fabric's port has again without it. */
	uint8_t guid[8];
	uint32_t pkey_count;
	uint16_t pkeys[IPOIB_FABRIC_PKEYS_MAX];
};

/* ---- device.c: the one file that knows the module's requests ---- */

/* Opens one; -ENOTSUP where there is no such module. */
int ipoib__device_open(const char *path, const struct ipoib__device_ops **ops);

/* ---- fabric_device.c ---- */

/*
 * Attaches an open device; port as in ipoib_fabric_attach_device(). From here on the descriptor is
 * the fabric's, which closes it after an error too.
 */
int ipoib__fabric_device_attach(struct ipoib_fabric *fabric, int fd,
				const struct ipoib__device_ops *ops, const char *name,
				const char *port);

#endif
