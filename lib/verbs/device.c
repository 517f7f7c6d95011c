/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The device of a transport with all that is made once for it: opened in order, before there is a
 * transport, and ended with it, whether all was opened or not.
 */
#include "verbs/device.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "verbs/join.h"
#include "verbs/name.h"
#include "verbs/port.h"
#include "verbs/question.h"
#include "verbs/rc.h"
#include "verbs/status.h"
#include "verbs/subnet.h"
#include "verbs/verbs.h"

/* Octets for the names of devices in a message: as many as fit. */
#define NAMES 256

/* ---- the context's memory ---- */

static void *context_allocate(size_t size, void *context)
{
	return ipoib_context_allocate(context, size);
}

static void context_release(void *pointer, size_t size, void *context)
{
	ipoib_context_free(context, pointer, size);
}

/* ---- the device ---- */

static void say_which(const struct ipoib__verbs *verbs, struct ibv_device *const *devices)
{
	char names[NAMES] = "";
	size_t length = 0;

	for (size_t i = 0; devices[i] != NULL && length < sizeof(names); i++)
		length += (size_t)snprintf(names + length, sizeof(names) - length, " %s",
					   ibv_get_device_name(devices[i]));
	ipoib__verbs_log(verbs, IPOIB_LOG_ERROR, "no such device; there are:%s",
			 length == 0 ? " none" : names);
}

static int open_one(struct ipoib__verbs *verbs, struct ibv_device *device)
{
	int status;

	errno = 0;
	verbs->device = ibv_open_device(device);
	if (verbs->device != NULL)
		return 0;
	status = ipoib__verbs_errno();
	ipoib__verbs_log(verbs, IPOIB_LOG_ERROR, "the device cannot be opened");
	if (status == -EPERM)
		return -EACCES;
	return status == -ENOENT ? -ENODEV : status;
}

static int open_named(struct ipoib__verbs *verbs, const char *name)
{
	struct ibv_device **devices = ibv_get_device_list(NULL);
	int status = -ENODEV;
	size_t i = 0;

	/* Without any RDMA in the kernel there is no list. */
	if (devices == NULL) {
		ipoib__verbs_log(verbs, IPOIB_LOG_ERROR, "this system has no RDMA devices");
		return -ENODEV;
	}
	while (devices[i] != NULL && strcmp(ibv_get_device_name(devices[i]), name) != 0)
		i++;
	if (devices[i] != NULL)
		status = open_one(verbs, devices[i]);
	else
		say_which(verbs, devices);
	ibv_free_device_list(devices);
	return status;
}

static int check_port(struct ipoib__verbs *verbs)
{
	struct ibv_port_attr attr;
	int status = ipoib__verbs_status(ibv_query_device(verbs->device, &verbs->limits));
	enum ipoib_verbs_link link;

	if (status < 0)
		return status;
	if (verbs->number > verbs->limits.phys_port_cnt) {
		ipoib__verbs_log(verbs, IPOIB_LOG_ERROR, "the device has no such port, but 1 to %d",
				 (int)verbs->limits.phys_port_cnt);
		return -ENODEV;
	}
	status = ipoib__verbs_status(ibv_query_port(verbs->device, verbs->number, &attr));
	if (status < 0)
		return status;
	link = ipoib__verbs_port_link(verbs->device->device, &attr);
	verbs->ethernet = link == IPOIB_VERBS_LINK_ROCE;
	if (link != IPOIB_VERBS_LINK_OTHER)
		return 0;
	ipoib__verbs_log(verbs, IPOIB_LOG_ERROR, "this link layer is not supported");
	return -ENOTSUP;
}

static int read_port(struct ipoib__verbs *verbs)
{
	int status = ipoib__verbs_port_read(verbs);

	if (status < 0)
		return status;
	if (verbs->config.gid_index >= 0 && ipoib__verbs_gids_named(&verbs->gids) == NULL) {
		ipoib__verbs_log(verbs, IPOIB_LOG_ERROR, "there is no GID of this index");
		return -ENOENT;
	}
	return 0;
}

/* What is needed whatever is asked later. */
static int open_parts(struct ipoib__verbs *verbs)
{
	int status;

	verbs->pd = ibv_alloc_pd(verbs->device);
	if (verbs->pd == NULL)
		return ipoib__verbs_errno();
	status = ipoib__verbs_cq_channel_open(&verbs->channel, verbs->device);
	if (status == 0)
		status = ipoib__verbs_nonblocking(verbs->device->async_fd);
	if (status == 0)
		status = ipoib__verbs_cm_open(verbs);
	if (status == 0 && !verbs->ethernet)
		status = ipoib__verbs_subnet_open(verbs);
	if (status == 0)
		status = ipoib__verbs_rc_open(verbs);
	return status;
}

/* ---- address handles ---- */

static int ah_create(void *owner, const struct ipoib_ah_attributes *attributes, void **handle)
{
	struct ipoib__verbs *verbs = owner;
	const struct ipoib__verbs_gid *source =
		ipoib__verbs_gids_source(&verbs->gids, &attributes->dgid);
	struct ibv_ah_attr attr = {
		.dlid = verbs->ethernet ? 0 : attributes->dlid,
		.sl = attributes->sl,
		/* The port's own rate needs no brake. */
		.static_rate = attributes->rate == verbs->rate ? 0 : attributes->rate,
		.is_global = attributes->global,
		.port_num = verbs->number,
	};

	if (verbs->gone)
		return -ENODEV;
	if (attributes->global) {
		if (source == NULL)
			return -ENOENT;
		memcpy(attr.grh.dgid.raw, attributes->dgid.raw, sizeof(attr.grh.dgid.raw));
		attr.grh.sgid_index = (uint8_t)source->index;
		attr.grh.hop_limit = attributes->hop_limit;
		attr.grh.traffic_class = attributes->traffic_class;
		attr.grh.flow_label = attributes->flow_label;
	}
	*handle = ibv_create_ah(verbs->pd, &attr);
	return *handle == NULL ? ipoib__verbs_errno() : 0;
}

static void ah_destroy(void *owner, void *handle)
{
	(void)owner;
	(void)ibv_destroy_ah(handle);
}

/* ---- descriptors ---- */

int ipoib__verbs_watch(struct ipoib__verbs *verbs)
{
	struct ipoib_transport *transport = verbs->transport;
	int status = ipoib_transport_watch(transport, verbs->device->async_fd, POLLIN);

	if (status == 0)
		status = ipoib_transport_watch(transport, verbs->channel.channel->fd, POLLIN);
	if (status == 0)
		status = ipoib_transport_watch(transport, verbs->cm->fd, POLLIN);
	return status < 0 ? status : ipoib__verbs_subnet_watch(verbs);
}

static void unwatch(struct ipoib__verbs *verbs)
{
	if (verbs->transport == NULL)
		return;
	ipoib_transport_unwatch(verbs->transport, verbs->device->async_fd);
	ipoib_transport_unwatch(verbs->transport, verbs->channel.channel->fd);
	ipoib_transport_unwatch(verbs->transport, verbs->cm->fd);
}

/* ---- making and ending ---- */

void ipoib__verbs_free(struct ipoib__verbs *verbs)
{
	struct ipoib__memory memory;

	unwatch(verbs);
	ipoib__verbs_rc_close(verbs);
	ipoib__verbs_subnet_close(verbs);
	ipoib__verbs_questions_end(verbs);
	ipoib__verbs_cm_close(verbs);
	ipoib__verbs_joins_free(verbs);
	ipoib__verbs_ahs_fini(&verbs->ahs);
	ipoib__verbs_cq_channel_close(&verbs->channel);
	if (verbs->pd != NULL)
		(void)ibv_dealloc_pd(verbs->pd);
	if (verbs->device != NULL)
		(void)ibv_close_device(verbs->device);
	memory = verbs->memory;
	ipoib__memory_put(&memory, verbs, sizeof(*verbs));
}

static int allocate_transport(struct ipoib__verbs **out, struct ipoib_context *context,
			      const struct ipoib__verbs_name *name)
{
	struct ipoib__verbs_ahs_hooks hooks = { .create = ah_create, .destroy = ah_destroy };
	struct {
		uint8_t key[IPOIB__SIPHASH_KEY];
		uint64_t seed;
	} secret;
	struct ipoib__memory memory;
	struct ipoib__verbs *verbs;
	int status = ipoib_random_system(&secret, sizeof(secret), NULL);

	if (status < 0)
		return status;
	ipoib__memory_init(&memory, context_allocate, context_release, context);
	verbs = ipoib__memory_get(&memory, sizeof(*verbs));
	if (verbs == NULL)
		return -ENOMEM;
	verbs->memory = memory;
	verbs->context = context;
	verbs->number = name->port;
	verbs->gids.named = -1;
	verbs->port.size = sizeof(verbs->port);
	snprintf(verbs->port.name, sizeof(verbs->port.name), "%.*s/%u",
		 (int)sizeof(verbs->port.name) - 5, name->device, (unsigned)name->port);
	ipoib__list_init(&verbs->asked);
	ipoib__list_init(&verbs->answered);
	ipoib__list_init(&verbs->holds);
	ipoib__list_init(&verbs->uds);
	hooks.owner = verbs;
	ipoib__verbs_ahs_init(&verbs->ahs, &verbs->memory, &hooks, secret.key);
	ipoib__random_seed(&verbs->random, secret.seed);
	*out = verbs;
	return 0;
}

static int open_all(struct ipoib__verbs *verbs, const struct ipoib__verbs_name *name)
{
	int status = open_named(verbs, name->device);

	if (status == 0)
		status = check_port(verbs);
	if (status == 0)
		status = read_port(verbs);
	if (status == 0)
		status = open_parts(verbs);
	return status;
}

int ipoib__verbs_new(struct ipoib__verbs **out, struct ipoib_context *context,
		     const struct ipoib_verbs_config *config, const struct ipoib__verbs_name *name)
{
	struct ipoib__verbs *verbs;
	int status = allocate_transport(&verbs, context, name);

	if (status < 0)
		return status;
	verbs->config = *config;
	verbs->config.port = NULL;
	status = open_all(verbs, name);
	if (status < 0)
		ipoib__verbs_free(verbs);
	else
		*out = verbs;
	return status;
}
