/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "interface/interface.h"

#include <errno.h>

#include "base/sized.h"
#include "wire/mgid.h"

/* Adapters of today take 16 Ki to 32 Ki work requests per queue pair. */
#define DEPTH_MAX 16384
/* Of the neighbour table: sixteen million entries are more than an IPv4 /8 has hosts. */
#define NEIGHBOURS_MAX (1u << 24)
#define QUEUE_MAX (1u << 20)
/* A packet that waited a minute is of no use to any transport protocol. */
#define QUEUE_AGE_MAX_MS 60000

static bool in_range(uint32_t value, uint32_t low, uint32_t high)
{
	return value >= low && value <= high;
}

/* The configuration is collected by the caller and judged here, once, all of it. */
static int check(const struct ipoib_interface_config *config)
{
	if (!(config->pkey & IPOIB__PKEY_FULL_MEMBER) || config->pkey == IPOIB__PKEY_FULL_MEMBER)
		return -EINVAL;
	if (!in_range(config->scope, 1, 14)) /* 0 and 15 are reserved, RFC 4291 section 2.7 */
		return -EINVAL;
	if (!in_range(config->send_depth, 1, DEPTH_MAX) ||
	    !in_range(config->receive_depth, 1, DEPTH_MAX))
		return -EINVAL;
	if (!in_range(config->neighbours_max, 1, NEIGHBOURS_MAX) ||
	    !in_range(config->queue_packets, 1, QUEUE_MAX) ||
	    !in_range(config->queue_packets_total, 1, QUEUE_MAX) ||
	    !in_range(config->queue_age_ms, 1, QUEUE_AGE_MAX_MS))
		return -EINVAL;
	if (config->mtu != 0 && !in_range(config->mtu, IPOIB_MTU_MIN, IPOIB_MTU_CONNECTED))
		return -EINVAL;
	if (config->mode > IPOIB_MODE_CONNECTED)
		return -EINVAL;
	if (!in_range(config->connected_depth, 1, DEPTH_MAX) ||
	    !in_range(config->connection_depth, 1, DEPTH_MAX) ||
	    !in_range(config->connections_max, 1, DEPTH_MAX))
		return -EINVAL;
	return 0;
}

int ipoib__interface_configure(struct ipoib_interface_config *out,
			       const struct ipoib_interface_config *in)
{
	const struct ipoib_interface_config defaults = IPOIB_INTERFACE_CONFIG_INIT;
	int status;

	*out = defaults;
	status = ipoib__sized_in(out, sizeof(*out), sizeof(*out), in, in->size);
	return status < 0 ? status : check(out);
}

/*
 * Buffers that one interface may need at once: what is posted for receiving, as much again on
 * its way through the caller, what is posted for sending, what waits, and a burst for the
 * caller to fill.
 */
uint32_t ipoib__interface_buffers(const struct ipoib_interface_config *config)
{
	return 2 * config->receive_depth + config->send_depth + config->queue_packets_total +
	       2 * IPOIB__SLAB_BUFFERS;
}

/*
 * The same of those for connections: what is posted, on its way through the caller, and one
 * connection's worth.
 */
uint32_t ipoib__interface_large_buffers(const struct ipoib_interface_config *config)
{
	if (config->mode != IPOIB_MODE_CONNECTED)
		return 0;
	return 2 * config->connected_depth + 2 * config->connection_depth +
	       config->queue_packets_total + 2 * IPOIB__SLAB_LARGE;
}
