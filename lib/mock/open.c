/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* A port in the fabric's own process: its link is a call, either way. */
#include <errno.h>

#include "base/assert.h"
#include "mock/attach.h"
#include "mock/fabric_endnode.h"
#include "mock/fabric_manager.h"
#include "mock/hca_rc.h"
#include "mock/port.h"

struct open_port {
	struct ipoib__port port;
	struct ipoib__local local;
};

/* ---- from the port to the fabric ---- */

static struct open_port *open_port_of(struct ipoib__port *port)
{
	return ipoib__container_of(port, struct open_port, port);
}

static int open_output(struct ipoib__port *port, const struct ipoib__frame *frame,
		       const void *payload)
{
	const struct ipoib__local *local = &open_port_of(port)->local;

	/* Without a fabric the port is down, and nothing is sent. */
	ipoib__assert(local->fabric != NULL);
	ipoib__fabric_input(local->fabric, local->index, frame, payload);
	return 0;
}

/* The fabric's own dispatch delivers. */
static void open_process(struct ipoib__port *port, uint64_t now)
{
	(void)port;
	(void)now;
}

static uint64_t open_deadline(const struct ipoib__port *port)
{
	(void)port;
	return IPOIB_NEVER;
}

static void open_destroy(struct ipoib__port *port)
{
	struct open_port *own = open_port_of(port);
	struct ipoib_fabric *fabric = own->local.fabric;
	struct ipoib__memory memory;

	if (fabric != NULL)
		ipoib__fabric_port_detach(fabric, &fabric->ports[own->local.index]);
	ipoib__port_fini(port);
	memory = port->memory;
	ipoib__memory_put(&memory, own, sizeof(*own));
}

static const struct ipoib__port_link open_link = {
	.output = open_output,
	.process = open_process,
	.deadline = open_deadline,
	.destroy = open_destroy,
};

/* ---- from the fabric to the port ---- */

static void local_tell(struct ipoib_fabric *fabric, struct ipoib__fabric_port *port,
		       uint32_t events)
{
	struct ipoib__hca *hca = &port->local->port->hca;
	struct ipoib_port_attributes attributes;

	ipoib__fabric_port_attributes(fabric, port, &attributes);
	ipoib__hca_set_port(hca, &attributes);
	if (events & IPOIB__ATTACH_REREGISTER)
		ipoib__hca_reregister(hca);
}

static void local_unicast(struct ipoib_fabric *fabric, struct ipoib__fabric_port *port,
			  const struct ipoib__frame *frame, const void *payload, uint64_t now)
{
	struct ipoib__hca *hca = &port->local->port->hca;

	fabric->statistics.delivered++;
	ipoib__hca_rc_clock(hca, now);
	ipoib__hca_receive(hca, frame, payload);
}

static void local_multicast(struct ipoib_fabric *fabric, struct ipoib__fabric_port *port,
			    struct ipoib__parcel *parcel, uint64_t now)
{
	local_unicast(fabric, port, &parcel->frame, parcel->payload, now);
}

static const struct ipoib__endnode endnode_local = {
	.tell = local_tell,
	.unicast = local_unicast,
	.multicast = local_multicast,
};

void ipoib__fabric_locals_fini(struct ipoib_fabric *fabric)
{
	for (uint32_t i = 0; fabric->ports != NULL && i < fabric->port_count; i++) {
		struct ipoib__fabric_port *port = &fabric->ports[i];

		if (port->local == NULL)
			continue;
		port->up = false;
		port->local->fabric = NULL;
		local_tell(fabric, port, 0);
	}
}

/* ---- opening ---- */

int ipoib__port_open(struct ipoib__port **out, struct ipoib_fabric *fabric, const char *name)
{
	struct ipoib__fabric_port *port = ipoib__fabric_port_by_name(fabric, name);
	struct ipoib_port_attributes attributes;
	struct ipoib__memory memory;
	struct open_port *own;
	int status;

	/* Those that follow are of processes which bring their own GUID. */
	if (port == NULL || ipoib__fabric_port_index(fabric, port) >= fabric->named)
		return -ENOENT;
	if (ipoib__fabric_port_attached(port))
		return -EBUSY;
	/* The port may outlive the fabric, so it has the allocator for itself. */
	ipoib__memory_init(&memory, fabric->config.allocate, fabric->config.release,
			   fabric->config.allocator_user);
	own = ipoib__memory_get(&memory, sizeof(*own));
	if (own == NULL)
		return -ENOMEM;
	own->port.memory = memory;
	own->local = (struct ipoib__local){
		.port = &own->port,
		.fabric = fabric,
		.index = ipoib__fabric_port_index(fabric, port),
	};
	ipoib__fabric_port_attributes(fabric, port, &attributes);
	status = ipoib__port_init(&own->port, &open_link, &attributes,
				  ipoib__random_u64(&fabric->random));
	if (status < 0) {
		ipoib__memory_put(&memory, own, sizeof(*own));
		return status;
	}
	port->endnode = &endnode_local;
	port->local = &own->local;
	fabric->manager->attached(fabric, port);
	ipoib__log_write(&fabric->log, IPOIB_LOG_INFO, "%s: attached, LID %u", name,
			 (unsigned)port->lid);
	*out = &own->port;
	return 0;
}

int ipoib_mock_open(struct ipoib_transport **out, struct ipoib_context *context,
		    struct ipoib_fabric *fabric, const char *name)
{
	struct ipoib__port *port;
	int status = ipoib__port_open(&port, fabric, name);

	return status < 0 ? status : ipoib__port_transport(out, context, port);
}
