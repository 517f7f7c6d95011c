/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "interface/interface.h"

#include <errno.h>

#include "base/sized.h"
#include "wire/mgid.h"

IPOIB__FIRST_VERSION(CONFIG_FIRST, struct ipoib_interface_config, reserved4, 144);

/* Adapters of today take 16 Ki to 32 Ki work requests per queue pair. */
#define DEPTH_MAX 16384
/* Of the neighbour table: sixteen million entries are more than an IPv4 /8 has hosts. */
#define NEIGHBOURS_MAX (1u << 24)
#define QUEUE_MAX (1u << 20)
/* Of a pool: four gigabytes of datagrams' size. */
#define BUFFERS_MAX (1u << 20)
/* Questions in a row; the machine counts twice as many in an octet. */
#define PROBES_MAX 100
/* Beyond a day a time is a mistake in its unit. */
#define TIME_MAX_MS 86400000u
/* A packet that waited a minute is of no use to any transport protocol. */
#define QUEUE_AGE_MAX_MS 60000

#define MS UINT64_C(1000000)

static bool in_range(uint32_t value, uint32_t low, uint32_t high)
{
	return value >= low && value <= high;
}

/* The kernel's proportions: 128 and 512 of 1024. */
static uint32_t first_threshold(const struct ipoib_interface_config *config)
{
	return config->gc_thresh1 ? config->gc_thresh1 : config->neighbours_max / 8;
}

static uint32_t second_threshold(const struct ipoib_interface_config *config)
{
	return config->gc_thresh2 ? config->gc_thresh2 : config->neighbours_max / 2;
}

static bool policies_good(const struct ipoib_interface_config *config)
{
	bool ignore = config->arp_ignore <= IPOIB_ARP_IGNORE_HOST ||
		      config->arp_ignore == IPOIB_ARP_IGNORE_ALL;

	return ignore && config->arp_announce <= IPOIB_ARP_ANNOUNCE_BEST &&
	       config->flux <= IPOIB_FLUX_HOLD && config->acd <= IPOIB_ACD_OFF &&
	       config->defend <= IPOIB_DEFEND_NEVER;
}

static bool neighbours_good(const struct ipoib_interface_config *config)
{
	uint32_t thresh1 = first_threshold(config);
	uint32_t thresh2 = second_threshold(config);

	return in_range(config->neighbours_max, 1, NEIGHBOURS_MAX) && thresh1 <= thresh2 &&
	       thresh2 <= config->neighbours_max &&
	       in_range(config->unicast_probes, 1, PROBES_MAX) &&
	       in_range(config->multicast_probes, 1, PROBES_MAX) &&
	       in_range(config->flux_hold_ms, 1, TIME_MAX_MS) &&
	       in_range(config->retransmit_ms, 1, TIME_MAX_MS) &&
	       in_range(config->reachable_ms, 1, TIME_MAX_MS) &&
	       in_range(config->delay_probe_ms, 1, TIME_MAX_MS) &&
	       in_range(config->gc_stale_ms, 1, TIME_MAX_MS);
}

/* Room for what is posted, for the reserves, and for a burst of the caller. */
static bool pools_good(const struct ipoib_interface_config *config)
{
	uint32_t least = config->receive_depth + ipoib__interface_reserve(config->receive_depth) +
			 IPOIB__RESERVE_CONTROL + IPOIB__BURST;
	uint32_t large = config->connected_depth +
			 ipoib__interface_reserve(config->connected_depth) +
			 config->connection_depth;

	return (config->buffers == 0 || in_range(config->buffers, least, BUFFERS_MAX)) &&
	       (config->connected_buffers == 0 ||
		in_range(config->connected_buffers, large, BUFFERS_MAX));
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
	if (!policies_good(config) || !neighbours_good(config))
		return -EINVAL;
	if (!in_range(config->queue_packets, 1, QUEUE_MAX) ||
	    !in_range(config->queue_packets_total, 1, QUEUE_MAX) ||
	    !in_range(config->queue_age_ms, 1, QUEUE_AGE_MAX_MS))
		return -EINVAL;
	if (config->mtu != 0 && !in_range(config->mtu, IPOIB_MTU_MIN, IPOIB_MTU_CONNECTED))
		return -EINVAL;
	if (config->mode > IPOIB_MODE_CONNECTED)
		return -EINVAL;
	if (!in_range(config->connected_depth, 1, DEPTH_MAX) ||
	    !in_range(config->connection_depth, 1, DEPTH_MAX) ||
	    !in_range(config->connections_max, 1, DEPTH_MAX) ||
	    config->connection_timeout > IPOIB__CONNECTION_TIMEOUT_MAX ||
	    config->connection_retries > IPOIB__CONNECTION_RETRIES_MAX)
		return -EINVAL;
	return pools_good(config) ? 0 : -EINVAL;
}

int ipoib__interface_configure(struct ipoib_interface_config *out,
			       const struct ipoib_interface_config *in)
{
	const struct ipoib_interface_config defaults = IPOIB_INTERFACE_CONFIG_INIT;
	int status;

	*out = defaults;
	status = ipoib__sized_in(out, sizeof(*out), CONFIG_FIRST, in, in->size);
	return status < 0 ? status : check(out);
}

static uint32_t round_up(uint32_t count, uint32_t unit)
{
	return (count + unit - 1) / unit * unit;
}

/*
 * Buffers that one interface may need at once: what is posted for receiving, as much again on
 * its way through the caller, what is posted for sending, what waits, and a burst for the
 * caller to fill.
 */
static uint32_t buffers(const struct ipoib_interface_config *config)
{
	uint32_t needed = 2 * config->receive_depth + config->send_depth +
			  config->queue_packets_total + 2 * IPOIB__SLAB_BUFFERS;

	if (config->buffers != 0)
		needed = config->buffers;
	return round_up(needed, IPOIB__SLAB_BUFFERS);
}

/*
 * The same of those for connections: what is posted, on its way through the caller, and one
 * connection's worth.
 */
static uint32_t large_buffers(const struct ipoib_interface_config *config)
{
	uint32_t needed = 2 * config->connected_depth + 2 * config->connection_depth +
			  config->queue_packets_total + 2 * IPOIB__SLAB_LARGE;

	if (config->mode != IPOIB_MODE_CONNECTED)
		return 0;
	if (config->connected_buffers != 0)
		needed = config->connected_buffers;
	return round_up(needed, IPOIB__SLAB_LARGE);
}

/* Receives that stay posted, of a queue of this depth, while the caller keeps what it was given. */
uint32_t ipoib__interface_reserve(uint32_t depth)
{
	uint32_t half = (depth + 1) / 2;

	return half < IPOIB__RESERVE_RECEIVE ? half : IPOIB__RESERVE_RECEIVE;
}

/* What an interface adds to the pools of its transport while it is open. */
void ipoib__interface_stock(struct ipoib_interface *interface, bool comes)
{
	const struct ipoib_interface_config *config = &interface->config;
	struct ipoib_transport *transport = interface->transport;
	uint32_t one = comes ? 1 : UINT32_MAX; /* or minus one */
	bool connected = config->mode == IPOIB_MODE_CONNECTED;

	transport->pool.limit += one * buffers(config);
	transport->pool.reserve_control += one * IPOIB__RESERVE_CONTROL;
	transport->pool.reserve_receive += one * ipoib__interface_reserve(config->receive_depth);
	transport->large.limit += one * large_buffers(config);
	if (connected)
		transport->large.reserve_receive +=
			one * ipoib__interface_reserve(config->connected_depth);
	if (comes) {
		ipoib__share_open(&interface->share, &transport->pool, buffers(config) / 2);
		ipoib__share_open(&interface->large_share, &transport->large,
				  large_buffers(config) / 2);
	} else {
		ipoib__share_close(&interface->share);
		ipoib__share_close(&interface->large_share);
	}
}

struct ipoib__neighbour_parameters
ipoib__interface_parameters(const struct ipoib_interface_config *config)
{
	return (struct ipoib__neighbour_parameters){
		.retransmit = config->retransmit_ms * MS,
		.reachable = config->reachable_ms * MS,
		.delay = config->delay_probe_ms * MS,
		.flux_hold = config->flux_hold_ms * MS,
		.stale = config->gc_stale_ms * MS,
		.unicast_probes = config->unicast_probes,
		.multicast_probes = config->multicast_probes,
		.flux = config->flux,
		.thresh1 = first_threshold(config),
		.thresh2 = second_threshold(config),
		.limit = config->neighbours_max,
	};
}
