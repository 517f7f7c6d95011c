/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* How ports of adapters are called: "mlx5_0/1", device and port. */
#ifndef IPOIB__VERBS_NAME_H
#define IPOIB__VERBS_NAME_H

#include <stddef.h>
#include <stdint.h>

/* Of a device's name, the terminating zero included; rdma-core's own limit. */
#define IPOIB__VERBS_DEVICE 64

struct ipoib__verbs_name {
	char device[IPOIB__VERBS_DEVICE];
	uint8_t port;
};

/* -EINVAL: not written like one. Without a number it is port 1. */
int ipoib__verbs_name_parse(struct ipoib__verbs_name *out, const char *text);

#endif
