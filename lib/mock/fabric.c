/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "mock/fabric.h"

#include <errno.h>
#include <string.h>

#include "base/sized.h"
#include "mock/fabric_cast.h"
#include "mock/fabric_manager.h"
#include "mock/fabric_peer.h"

/* The smallest versions of the configuration and of the counters. */
IPOIB__FIRST_VERSION(CONFIG_FIRST, struct ipoib_fabric_config, clock_user, 104);
IPOIB__FIRST_VERSION(STATISTICS_FIRST, struct ipoib_fabric_statistics, ports_attached, 96);

/* ---- making and ending ---- */

static int config_check(const struct ipoib_fabric_config *config)
{
	if (config->hosts < 1 || config->hosts > IPOIB__FABRIC_HOSTS_MAX || config->ports < 1 ||
	    config->ports > IPOIB__FABRIC_PORTS_MAX || config->clock == NULL ||
	    (config->mtu != 2048 && config->mtu != 4096) || config->reserved != 0 ||
	    config->external_sm > 1 || config->reserved2 != 0 ||
	    (config->external_sm && config->hosts * config->ports > IPOIB__FABRIC_EXTERNAL_MAX) ||
	    (config->allocate == NULL) != (config->release == NULL))
		return -EINVAL;
	return 0;
}

static void fabric_free(struct ipoib_fabric *fabric)
{
	struct ipoib__memory memory = fabric->memory;

	ipoib__fabric_socket_fini(fabric);
	ipoib__fabric_cast_fini(fabric);
	ipoib__fabric_locals_fini(fabric);
	ipoib__fabric_ports_fini(fabric);
	fabric->manager->fini(fabric);
	ipoib__fabric_groups_fini(&fabric->groups);
	ipoib__fabric_queue_fini(&fabric->queue);
	ipoib__poller_fini(&fabric->poller);
	ipoib__memory_put(&memory, fabric, sizeof(*fabric));
}

static int fabric_fill(struct ipoib_fabric *fabric)
{
	int status = ipoib__fabric_ports_init(fabric);

	return status < 0 ? status : fabric->manager->init(fabric);
}

int ipoib_fabric_new(struct ipoib_fabric **out, const struct ipoib_fabric_config *given)
{
	struct ipoib_fabric_config config = IPOIB_FABRIC_CONFIG_INIT;
	struct ipoib__memory memory;
	struct ipoib_fabric *fabric;
	int status = ipoib__sized_in(&config, sizeof(config), CONFIG_FIRST, given, given->size);

	if (status == 0)
		status = config_check(&config);
	if (status < 0)
		return status;
	ipoib__memory_init(&memory, config.allocate, config.release, config.allocator_user);
	fabric = ipoib__memory_get(&memory, sizeof(*fabric));
	if (fabric == NULL)
		return -ENOMEM;

	fabric->memory = memory;
	fabric->config = config;
	fabric->manager = config.external_sm ? &ipoib__fabric_external : &ipoib__fabric_internal;
	fabric->log = (struct ipoib__log){ config.log, config.log_level, config.log_user };
	ipoib__random_seed(&fabric->random, config.seed);
	ipoib__list_init(&fabric->peers);
	ipoib__list_init(&fabric->casting);
	ipoib__list_init(&fabric->flush);
	fabric->listener.fd = -1;
	fabric->listener.resume = IPOIB_NEVER;
	fabric->trap_at = IPOIB_NEVER;
	ipoib__fabric_groups_init(&fabric->groups, &fabric->memory);
	ipoib__fabric_queue_init(&fabric->queue, &fabric->memory);
	status = ipoib__poller_init(&fabric->poller, &fabric->memory);
	if (status < 0) {
		ipoib__memory_put(&memory, fabric, sizeof(*fabric));
		return status;
	}
	status = fabric_fill(fabric);
	if (status < 0) {
		fabric_free(fabric);
		return status;
	}
	*out = fabric;
	return 0;
}

void ipoib_fabric_close(struct ipoib_fabric *fabric)
{
	if (fabric != NULL)
		fabric_free(fabric);
}

/* ---- the loop ---- */

uint64_t ipoib_fabric_deadline(const struct ipoib_fabric *fabric)
{
	uint64_t queue = ipoib__fabric_queue_deadline(&fabric->queue);
	uint64_t socket = ipoib__fabric_socket_deadline(fabric);
	uint64_t manager = fabric->manager->deadline(fabric);
	uint64_t cast = ipoib__fabric_cast_deadline(fabric);

	if (cast < queue)
		queue = cast;
	if (manager < queue)
		queue = manager;
	return queue < socket ? queue : socket;
}

int ipoib_fabric_pollfds(const struct ipoib_fabric *fabric, struct pollfd *fds, size_t count)
{
	return ipoib__poller_pollfds(&fabric->poller, fds, count);
}

int ipoib_fabric_dispatch(struct ipoib_fabric *fabric)
{
	uint64_t now = ipoib__fabric_now(fabric);

	ipoib__fabric_socket_dispatch(fabric, now);
	fabric->manager->dispatch(fabric, now);
	ipoib__fabric_cast_run(fabric, now);
	ipoib__fabric_deliver(fabric, now);
	ipoib__fabric_peers_flush(fabric);
	return 0;
}

/* ---- knobs and counters ---- */

void ipoib_fabric_capture(struct ipoib_fabric *fabric, struct ipoib_capture *capture)
{
	fabric->capture = capture;
}

int ipoib_fabric_statistics(const struct ipoib_fabric *fabric,
			    struct ipoib_fabric_statistics *statistics)
{
	struct ipoib_fabric_statistics counters = fabric->statistics;

	counters.size = sizeof(counters);
	counters.in_flight = fabric->queue.count + fabric->backlog_frames;
	counters.ports_attached = 0;
	for (uint32_t i = 0; i < fabric->port_count; i++)
		if (ipoib__fabric_port_attached(&fabric->ports[i]))
			counters.ports_attached++;
	counters.groups = fabric->manager->groups(fabric);
	return ipoib__sized_out(statistics, statistics->size, STATISTICS_FIRST, &counters,
				sizeof(counters));
}
