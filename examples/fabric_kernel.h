/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* --kernel-port DEVICE[=PORT]: ports of the kernel's among those of a fabric. */
#ifndef FABRIC_KERNEL_H
#define FABRIC_KERNEL_H

#include <stdbool.h>
#include <stddef.h>

#include <ipoib/mock.h>

/* More virtual ports than anybody gives one machine. */
#define KERNEL_PORTS_MAX 64
/* Octets of a device's path, with its end. */
#define KERNEL_PORT_PATH 256

struct kernel_ports {
	const char *given[KERNEL_PORTS_MAX];
	size_t count;
};

/* One more; false after saying what is wrong with it. */
bool kernel_ports_add(struct kernel_ports *ports, const char *text);

/* Attaches them all, in order. Returns 0, or a negative errno after saying what is wrong. */
int kernel_ports_attach(const struct kernel_ports *ports, struct ipoib_fabric *fabric);

#endif
