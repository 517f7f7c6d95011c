/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "interface/interface.h"

#include <errno.h>
#include <limits.h>

#include "wire/mgid.h"

#define MS UINT64_C(1000000)

static bool pkey_taken(const struct ipoib_transport *transport, uint16_t pkey)
{
	for (struct ipoib__list *at = transport->interfaces.next; at != &transport->interfaces;
	     at = at->next) {
		struct ipoib_interface *other =
			ipoib__container_of(at, struct ipoib_interface, link);

		if (!other->closed && other->config.pkey == pkey)
			return true;
	}
	return false;
}

static void init_lists(struct ipoib_interface *interface)
{
	ipoib__list_init(&interface->link);
	ipoib__list_init(&interface->ending);
	ipoib__list_init(&interface->uses);
	ipoib__list_init(&interface->sourceless);
	ipoib__list_init(&interface->group_uses);
	ipoib__list_init(&interface->waiting);
	ipoib__list_init(&interface->refused);
	ipoib__list_init(&interface->crowded);
	ipoib__list_init(&interface->rooms);
	ipoib__list_init(&interface->handles);
	ipoib__list_init(&interface->handles_due);
	ipoib__list_init(&interface->fates);
	ipoib__list_init(&interface->asking);
	ipoib__list_init(&interface->retired);
	ipoib__list_init(&interface->retiring);
	ipoib__queue_init(&interface->backlog);
	ipoib__queue_init(&interface->errors);
	ipoib__timer_init(&interface->age_timer, ipoib__waiting_expire);
	ipoib__timer_init(&interface->refill_timer, ipoib__receive_refill_due);
	ipoib__timer_init(&interface->port_timer, ipoib__link_port_due);
	ipoib__timer_init(&interface->limits_timer, ipoib__peers_limit_due);
	ipoib__timer_init(&interface->source_timer, ipoib__source_due);
}

static void init_modules(struct ipoib_interface *interface)
{
	struct ipoib_context *context = interface->context;
	uint32_t limit = interface->config.neighbours_max;
	const struct ipoib__neighbour_parameters parameters =
		ipoib__interface_parameters(&interface->config);

	ipoib__bindings_init(&interface->bindings);
	ipoib__adjacencies_init(&interface->adjacencies, &context->memory, context->key);
	ipoib__neighbours_init(&interface->neighbours, &context->memory, &context->wheel,
			       &context->random, context->key, &parameters,
			       &ipoib__interface_neighbours_hooks, interface);
	/* Every neighbour may be a port of its own, and some ask without being neighbours. */
	ipoib__paths_init(&interface->paths, &context->memory, &context->wheel, &context->random,
			  context->key, limit + limit / 4 + 16, &ipoib__interface_paths_hooks,
			  interface);
	ipoib__groups_init(&interface->groups, &context->memory, &context->wheel, &context->random,
			   &ipoib__interface_groups_hooks, interface);
	ipoib__connections_init(&interface->connections, &context->memory, &context->wheel,
				&context->random, context->key, interface->config.connections_max,
				limit + interface->config.connections_max,
				interface->config.queue_age_ms * MS,
				&ipoib__interface_connections_hooks, interface);
}

static int open_queue_pair(struct ipoib_interface *interface)
{
	struct ipoib_transport *transport = interface->transport;
	struct ipoib_ud_attributes attributes = {
		.pkey = interface->config.pkey,
		.send_depth = interface->config.send_depth,
		.receive_depth = interface->config.receive_depth,
	};
	int status;

	if (interface->config.mode == IPOIB_MODE_CONNECTED) {
		attributes.connected_depth = interface->config.connected_depth;
		attributes.connections_max = interface->config.connections_max;
	}
	status = transport->ops->ud_create(transport->self, &attributes, &interface->ud);
	if (status < 0)
		return status;
	interface->qpn = attributes.qpn;
	status = ipoib__channel_listen(interface);
	if (status < 0)
		transport->ops->ud_destroy(transport->self, interface->ud);
	return status;
}

/* The broadcast group is made with the interface: everything else may take it for granted. */
static int open_broadcast(struct ipoib_interface *interface, uint64_t now)
{
	struct ipoib_gid mgid =
		ipoib__mgid_broadcast(interface->config.scope, interface->config.pkey);
	struct ipoib__group *group;

	return ipoib__interface_group(interface, &mgid, now, &group);
}

/* The way back of open: the other modules are empty then. */
static void unmake(struct ipoib_interface *interface)
{
	struct ipoib_context *context = interface->context;

	ipoib__ring_fini(&interface->events);
	if (interface->config.neighbour)
		ipoib__ring_fini(&interface->changes);
	ipoib__memory_put(&context->memory, interface, sizeof(*interface));
}

static int make_rings(struct ipoib_interface *interface)
{
	struct ipoib__memory *memory = &interface->context->memory;
	int status = ipoib__ring_init(&interface->events, memory, sizeof(struct ipoib_event),
				      IPOIB__EVENTS_MAX);

	if (status == 0 && interface->config.neighbour)
		status = ipoib__ring_init(&interface->changes, memory,
					  sizeof(struct ipoib_neighbour_change),
					  IPOIB__CHANGES_MAX);
	return status;
}

static bool has_number(const struct ipoib_transport *transport, uint32_t number)
{
	for (const struct ipoib__list *at = transport->interfaces.next;
	     at != &transport->interfaces; at = at->next)
		if (ipoib__container_of(at, struct ipoib_interface, link)->number == number)
			return true;
	return false;
}

/* The next that none has: after 16 million interfaces they begin again. */
static uint32_t unused_number(struct ipoib_transport *transport)
{
	do
		transport->last_number = transport->last_number % IPOIB__NUMBER_MAX + 1;
	while (has_number(transport, transport->last_number));
	return transport->last_number;
}

static struct ipoib_interface *make(struct ipoib_transport *transport,
				    const struct ipoib_interface_config *config)
{
	struct ipoib_context *context = transport->context;
	struct ipoib_interface *interface =
		ipoib__memory_get(&context->memory, sizeof(*interface));

	if (!interface)
		return NULL;
	interface->transport = transport;
	interface->context = context;
	interface->config = *config;
	interface->number = unused_number(transport);
	init_lists(interface);
	init_modules(interface);
	if (make_rings(interface) < 0) {
		unmake(interface);
		return NULL;
	}
	return interface;
}

int ipoib_interface_open(struct ipoib_interface **out, struct ipoib_transport *transport,
			 const struct ipoib_interface_config *config)
{
	struct ipoib_interface_config c;
	struct ipoib_interface *interface;
	uint64_t now = ipoib__context_now(transport->context);
	int status = ipoib__interface_configure(&c, config);

	if (status < 0)
		return status;
	if (pkey_taken(transport, c.pkey))
		return -EBUSY;
	interface = make(transport, &c);
	if (!interface)
		return -ENOMEM;
	interface->port.size = sizeof(interface->port);
	status = ipoib_transport_port(transport, &interface->port);
	if (status == 0)
		status = open_broadcast(interface, now);
	if (status == 0)
		status = open_queue_pair(interface);
	if (status < 0) {
		ipoib__groups_fini(&interface->groups);
		unmake(interface);
		return status;
	}
	ipoib__interface_stock(interface, true);
	ipoib_transport_ref(transport);
	ipoib__list_push_back(&transport->interfaces, &interface->link);
	transport->context->again = true;
	*out = interface;
	return 0;
}

static void take_back(struct ipoib_interface *interface, struct ipoib_buffer *buffer)
{
	buffer->poster = NULL;
	if (buffer->outgoing) {
		interface->sends_out--;
		ipoib__answer_dropped(interface, buffer, IPOIB_SEND_DROP_CLOSED);
		return;
	}
	buffer->taken = false;
	ipoib__buffer_unref(buffer);
}

/* What is posted comes back now: the contract of ud_destroy. */
static void take_back_posted(struct ipoib_interface *interface)
{
	struct ipoib_transport *transport = interface->transport;

	transport->ops->ud_destroy(transport->self, interface->ud);
	ipoib__pool_posted(&transport->pool, interface, take_back);
	ipoib__pool_posted(&transport->large, interface, take_back);
	ipoib__regions_posted(transport, interface, take_back);
}

/* Nobody is told any more. */
static void drop_answers(struct ipoib_interface *interface)
{
	struct ipoib__list *first;

	ipoib__list_splice(&interface->fates, &interface->errors.packets);
	while ((first = ipoib__list_pop_front(&interface->fates)) != NULL) {
		struct ipoib_buffer *buffer =
			ipoib__container_of(first, struct ipoib_buffer, link);

		buffer->taken = false;
		ipoib_buffer_unref(buffer);
	}
}

static void drop_bindings(struct ipoib_interface *interface)
{
	struct ipoib__list *first;

	while ((first = ipoib__list_first(&interface->bindings.list)) != NULL) {
		struct ipoib__binding *binding =
			ipoib__container_of(first, struct ipoib__binding, link);

		ipoib__bindings_remove(&interface->bindings, binding);
		ipoib__wheel_cancel(&interface->context->wheel,
				    &ipoib__binding_of(binding)->timer);
		ipoib__binding_of(binding)->interface = NULL;
	}
}

/* From the outside in: what waits, who it waits for, what it would go by. */
void ipoib__interface_free(struct ipoib_interface *interface)
{
	struct ipoib_transport *transport = interface->transport;
	struct ipoib__wheel *wheel = &interface->context->wheel;

	ipoib__assert(interface->closed);
	ipoib__waiting_drop_all(interface, IPOIB_SEND_DROP_CLOSED);
	ipoib__connections_fini(&interface->connections, interface->context->last);
	ipoib__groups_fini(&interface->groups);
	take_back_posted(interface);
	ipoib__neighbours_fini(&interface->neighbours);
	ipoib__adjacencies_fini(&interface->adjacencies);
	ipoib__paths_fini(&interface->paths);
	ipoib__ahs_sweep(interface, UINT_MAX);
	ipoib__assert(interface->sends_out == 0 && ipoib__list_empty(&interface->retiring));
	drop_answers(interface);
	drop_bindings(interface);
	ipoib__handles_leave(interface);
	ipoib__assert(interface->statistics.queued == 0 && interface->waiting_count == 0 &&
		      interface->waiting_control == 0);
	ipoib__wheel_cancel(wheel, &interface->age_timer);
	ipoib__wheel_cancel(wheel, &interface->refill_timer);
	ipoib__wheel_cancel(wheel, &interface->port_timer);
	ipoib__wheel_cancel(wheel, &interface->limits_timer);
	ipoib__wheel_cancel(wheel, &interface->source_timer);
	ipoib__list_remove(&interface->asking);
	ipoib__list_remove(&interface->link);
	ipoib__forget_buffers(interface);
	ipoib__interface_stock(interface, false);
	unmake(interface);
	ipoib_transport_unref(transport);
}

void ipoib_interface_close(struct ipoib_interface *interface)
{
	struct ipoib_context *context;

	if (!interface)
		return;
	ipoib__assert(!interface->closed);
	context = interface->context;
	interface->closed = true;
	context->ended = true;
	ipoib__context_reap(context);
}

/* One turn: what sends have asked for, what has arrived or gone out, what is to be told. */
unsigned ipoib__interface_run(struct ipoib_interface *interface, unsigned budget, bool polls,
			      uint64_t now)
{
	unsigned taken;

	if (interface->closed)
		return 0;
	if (!interface->started) {
		/* One that was closed a moment ago may be about to leave the same groups. */
		if (interface->context->ended) {
			interface->context->again = true;
			return 0;
		}
		interface->started = true;
		ipoib__link_start(interface, now);
	}
	ipoib__link_run(interface, now);
	ipoib__addresses_run(interface, now);
	if (!ipoib__list_empty(&interface->group_uses))
		ipoib__group_uses(interface, IPOIB__DISPATCH_USES, now);
	if (!ipoib__list_empty(&interface->uses))
		ipoib__resolve_uses(interface, IPOIB__DISPATCH_USES, now);
	if (!ipoib__receive_full(interface))
		ipoib__receive_refill(interface);
	taken = ipoib__receive_poll(interface, budget, polls, now);
	if (interface->closed)
		return taken;
	/* Drained: what the peer was told has arrived is not lost. */
	if (taken < budget && !ipoib__list_empty(&interface->ending))
		ipoib__channel_ends(interface, now);
	if (interface->backlog.count > 0)
		ipoib__post_backlog(interface, now);
	if (!ipoib__list_empty(&interface->retired) || !ipoib__list_empty(&interface->retiring))
		ipoib__ahs_sweep(interface, IPOIB__DISPATCH_RETIRED);
	if (interface->want_room)
		ipoib__tell_room(interface, now);
	if (interface->want_buffers)
		ipoib__tell_buffers(interface, now);
	if (ipoib__answer_waits(interface))
		ipoib__answer_run(interface, now);
	return taken;
}

void ipoib_interface_capture(struct ipoib_interface *interface, struct ipoib_capture *capture)
{
	interface->capture = capture;
}
