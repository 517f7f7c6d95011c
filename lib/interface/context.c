/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The top of the floor: a context, its turn, and what is freed after it. A turn reads what the
 * transports have to tell, lets timers go off after that, gives each interface its turn, and frees
 * last what was ended meanwhile.
 */
#include "interface/interface.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "base/sized.h"

IPOIB__FIRST_VERSION(CONFIG_FIRST, struct ipoib_context_config, random_user, 88);

/*
 * Octets drawn from the caller's random source: the key of the tables, and the seed of the
 * generator.
 */
struct drawn {
	uint8_t key[IPOIB__SIPHASH_KEY];
	uint64_t seed;
};

static int check_config(const struct ipoib_context_config *config)
{
	if (!config->clock || !config->random)
		return -EINVAL;
	if (!config->allocate != !config->release)
		return -EINVAL;
	return 0;
}

/* ---- end of life ---- */

/* Frees closed interfaces and regions, and then the transport itself if nothing uses it. */
static void reap_transport(struct ipoib_transport *transport)
{
	struct ipoib__list *at, *next;

	ipoib__list_for_each_safe(at, next, &transport->interfaces) {
		struct ipoib_interface *interface =
			ipoib__container_of(at, struct ipoib_interface, link);

		if (interface->closed)
			ipoib__interface_free(interface);
	}
	ipoib__regions_reap(transport);
	ipoib__transport_reap(transport);
}

/*
 * The runtime's hook. Freeing one thing may end another (the last buffer of a transport): then once
 * more, and not from within.
 */
static void context_reap(struct ipoib_context *context)
{
	struct ipoib__list *at, *next;

	context->depth = 1;
	/* the last transport lets go of the context while its list is walked */
	context->references++;
	while (context->ended) {
		context->ended = false;
		ipoib__list_for_each_safe(at, next, &context->transports)
			reap_transport(ipoib__container_of(at, struct ipoib_transport, link));
	}
	context->depth = 0;
	ipoib__context_release(context);
}

/* ---- making ---- */

static struct ipoib_context *make(const struct ipoib_context_config *config)
{
	struct ipoib__memory memory;
	struct ipoib_context *context;

	ipoib__memory_init(&memory, config->allocate, config->release, config->allocator_user);
	context = ipoib__memory_get(&memory, sizeof(*context));
	if (!context)
		return NULL;
	context->memory = memory;
	context->log = (struct ipoib__log){ .write = config->log, .level = config->log_level,
					    .user = config->log_user };
	context->clock = config->clock;
	context->clock_user = config->clock_user;
	context->reap = context_reap;
	context->references = 1;
	context->unheard = IPOIB_NEVER;
	ipoib__list_init(&context->transports);
	return context;
}

int ipoib_context_new(struct ipoib_context **out, const struct ipoib_context_config *config)
{
	struct ipoib_context_config c = { .size = 0 };
	struct ipoib_context *context;
	struct drawn drawn;
	int status = ipoib__sized_in(&c, sizeof(c), CONFIG_FIRST, config, config->size);

	if (status < 0 || (status = check_config(&c)) < 0)
		return status;
	status = c.random(&drawn, sizeof(drawn), c.random_user);
	if (status < 0)
		return status;
	context = make(&c);
	if (!context)
		return -ENOMEM;
	memcpy(context->key, drawn.key, sizeof(context->key));
	ipoib__random_seed(&context->random, drawn.seed);
	context->last = c.clock(c.clock_user);
	ipoib__wheel_init(&context->wheel, context->last);
	status = ipoib__poller_init(&context->poller, &context->memory);
	if (status < 0) {
		ipoib__context_unmake(context);
		return status;
	}
	*out = context;
	return 0;
}

/* ---- a turn ---- */

uint64_t ipoib_context_deadline(const struct ipoib_context *context)
{
	uint64_t deadline = ipoib__wheel_deadline(&context->wheel);

	if (context->again)
		return context->last;
	for (struct ipoib__list *at = context->transports.next; at != &context->transports;
	     at = at->next) {
		const struct ipoib_transport *transport =
			ipoib__container_of(at, struct ipoib_transport, link);
		uint64_t other = transport->ops->deadline(transport->self);

		if (other < deadline)
			deadline = other;
	}
	return deadline;
}

/*
 * Answers carry the number of the interface that asked; the rest concerns all interfaces of the
 * port.
 */
static void hand_on(struct ipoib_transport *transport, const struct ipoib_transport_event *event,
		    uint64_t now)
{
	for (struct ipoib__list *at = transport->interfaces.next; at != &transport->interfaces;
	     at = at->next) {
		struct ipoib_interface *interface =
			ipoib__container_of(at, struct ipoib_interface, link);

		if (!interface->closed)
			ipoib__link_event(interface, event, now);
	}
}

static void run_transport(struct ipoib_transport *transport, uint64_t now)
{
	struct ipoib_transport_event event;
	bool answered = false;
	unsigned n;

	transport->ops->process(transport->self, now);
	for (n = 0; n < IPOIB__DISPATCH_EVENTS; n++) {
		/* What a transport does not know of a request, it leaves alone. */
		memset(&event.path, 0, sizeof(event.path));
		if (transport->ops->next_event(transport->self, &event) == 0)
			break;
		answered |= event.type == IPOIB_TRANSPORT_PATH ||
			    event.type == IPOIB_TRANSPORT_JOIN;
		hand_on(transport, &event, now);
	}
	if (n == IPOIB__DISPATCH_EVENTS)
		transport->context->again = true;
	if (answered) /* which has made room */
		ipoib__ask_waiting(transport, now);
}

static void run_transports(struct ipoib_context *context, const struct ipoib_transport *but,
			   uint64_t now)
{
	for (struct ipoib__list *at = context->transports.next; at != &context->transports;
	     at = at->next) {
		struct ipoib_transport *transport =
			ipoib__container_of(at, struct ipoib_transport, link);

		if (transport != but)
			run_transport(transport, now);
	}
}

/* One turn of each interface but one (or NULL). Whether all that had arrived has been read. */
static bool run_interfaces(struct ipoib_context *context, const struct ipoib_interface *but,
			   uint64_t now)
{
	struct ipoib__list *t, *i;
	bool all = true;

	/* Callbacks may append to both lists; nothing is unlinked before the reaping. */
	for (t = context->transports.next; t != &context->transports; t = t->next) {
		struct ipoib_transport *transport =
			ipoib__container_of(t, struct ipoib_transport, link);

		for (i = transport->interfaces.next; i != &transport->interfaces; i = i->next) {
			struct ipoib_interface *interface =
				ipoib__container_of(i, struct ipoib_interface, link);

			if (interface != but &&
			    ipoib__interface_run(interface, IPOIB__DISPATCH_PACKETS, false, now) ==
				    IPOIB__DISPATCH_PACKETS)
				all = false;
		}
	}
	return all;
}

/*
 * Who is late (the process was not scheduled, the machine was suspended) finds answers and
 * deadlines at once. What has arrived is heard first, on every interface: a silence that was broken
 * is none, be it of a neighbour, of the one who has an address that is being probed, or of a
 * connection's peer. Timers wait while there is more to read, but not long: a flood must not stop
 * them.
 */
static void context_expire(struct ipoib_context *context, bool heard_all, uint64_t now)
{
	if (!heard_all && context->unheard == IPOIB_NEVER)
		context->unheard = now;
	if (!heard_all && now - context->unheard < IPOIB__HEAR_NS) {
		context->again = true;
		return;
	}
	context->unheard = IPOIB_NEVER;
	if (ipoib__wheel_advance(&context->wheel, now, IPOIB__DISPATCH_TIMERS) ==
	    IPOIB__DISPATCH_TIMERS)
		context->again = true;
}

/* Packets that lie in the caller's own memory and are his again. */
static void tell_released(struct ipoib_context *context)
{
	for (struct ipoib__list *at = context->transports.next; at != &context->transports;
	     at = at->next)
		ipoib__regions_run(ipoib__container_of(at, struct ipoib_transport, link));
}

int ipoib_context_dispatch(struct ipoib_context *context)
{
	uint64_t now;

	if (!ipoib__context_enter(context))
		return -EDEADLK;
	context->again = false;
	now = ipoib__context_now(context);
	run_transports(context, NULL, now);
	if (ipoib__wheel_due(&context->wheel, now))
		context_expire(context, run_interfaces(context, NULL, now), now);
	run_interfaces(context, NULL, now);
	tell_released(context);
	ipoib__context_leave(context);
	return 0;
}

static bool hear_others(struct ipoib_context *context, const struct ipoib_interface *interface,
			uint64_t now)
{
	run_transports(context, interface->transport, now);
	return run_interfaces(context, interface, now);
}

/*
 * While packets come, a caller of this polls on, and needs no waking. Should it sleep instead, it
 * finds the deadline in the past, and the dispatch that follows asks to be woken.
 */
int ipoib_interface_poll(struct ipoib_interface *interface, unsigned budget)
{
	struct ipoib_context *context = interface->context;
	uint64_t now;
	unsigned taken = 0;
	bool all;

	if (!ipoib__context_enter(context))
		return -EDEADLK;
	now = ipoib__context_now(context);
	run_transport(interface->transport, now);
	/* Timers are the context's: what has arrived anywhere comes before them. */
	if (ipoib__wheel_due(&context->wheel, now)) {
		taken = ipoib__interface_run(interface, budget, true, now);
		all = hear_others(context, interface, now) && (taken < budget || budget == 0);
		context_expire(context, all, now);
	}
	taken += ipoib__interface_run(interface, budget - taken, true, now);
	tell_released(context);
	if (ipoib__polled_lately(interface, now))
		context->again = true;
	ipoib__context_leave(context);
	return (int)taken;
}
