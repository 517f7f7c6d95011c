/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
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
	context->references = 1;
	context->unheard = IPOIB_NEVER;
	ipoib__list_init(&context->transports);
	return context;
}

/* The allocator lives in what it has allocated: a copy gives that back. */
static void release_memory(struct ipoib_context *context)
{
	struct ipoib__memory memory = context->memory;

	ipoib__memory_put(&memory, context, sizeof(*context));
	ipoib__assert(memory.in_use == 0);
}

static void free_context(struct ipoib_context *context)
{
	ipoib__poller_fini(&context->poller);
	release_memory(context);
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
		release_memory(context);
		return status;
	}
	*out = context;
	return 0;
}

struct ipoib_context *ipoib_context_ref(struct ipoib_context *context)
{
	context->references++;
	return context;
}

void ipoib_context_unref(struct ipoib_context *context)
{
	if (context)
		ipoib__context_release(context);
}

void ipoib__context_release(struct ipoib_context *context)
{
	ipoib__assert(context->references > 0);
	if (--context->references == 0)
		free_context(context);
}

void *ipoib_context_allocate(struct ipoib_context *context, size_t size)
{
	return ipoib__memory_get(&context->memory, size);
}

void ipoib_context_free(struct ipoib_context *context, void *pointer, size_t size)
{
	ipoib__memory_put(&context->memory, pointer, size);
}

void ipoib_context_log(struct ipoib_context *context, int level, const char *message)
{
	ipoib__log_write(&context->log, level, "%s", message);
}

int ipoib_context_fd(const struct ipoib_context *context)
{
	return ipoib__poller_fd(&context->poller);
}

int ipoib_context_pollfds(const struct ipoib_context *context, struct pollfd *fds, size_t count)
{
	return ipoib__poller_pollfds(&context->poller, fds, count);
}

/*
 * A clock that steps back does not make the library's time do so: timers and ages would go wrong.
 */
uint64_t ipoib__context_now(struct ipoib_context *context)
{
	uint64_t now = context->clock(context->clock_user);

	if (now > context->last)
		context->last = now;
	return context->last;
}

uint64_t ipoib_context_now(const struct ipoib_context *context)
{
	return context->clock(context->clock_user);
}

uint64_t ipoib_context_deadline(const struct ipoib_context *context)
{
	uint64_t deadline = ipoib__wheel_deadline(&context->wheel);

	if (context->again)
		return context->last;
	for (struct ipoib__list *at = context->transports.next; at != &context->transports;
	     at = at->next) {
		uint64_t other = ipoib__transport_deadline(
			ipoib__container_of(at, struct ipoib_transport, link));

		if (other < deadline)
			deadline = other;
	}
	return deadline;
}

/* The reference keeps the context while callbacks end everything else. */
bool ipoib__context_enter(struct ipoib_context *context)
{
	if (context->depth > 0)
		return false;
	context->depth = 1;
	context->references++;
	return true;
}

void ipoib__context_leave(struct ipoib_context *context)
{
	context->depth = 0;
	ipoib__context_reap(context);
	ipoib__context_release(context);
}

/*
 * Frees what was ended; outside of dispatch, where nothing on the stack can be using it.
 * Freeing one thing may end another (the last buffer of a transport): then once more, and not
 * from within.
 */
void ipoib__context_reap(struct ipoib_context *context)
{
	struct ipoib__list *at, *next;

	if (context->depth > 0 || !context->ended)
		return;
	context->depth = 1;
	/* the last transport lets go of the context while its list is walked */
	context->references++;
	while (context->ended) {
		context->ended = false;
		ipoib__list_for_each_safe(at, next, &context->transports)
			ipoib__transport_reap(
				ipoib__container_of(at, struct ipoib_transport, link));
	}
	context->depth = 0;
	ipoib__context_release(context);
}

/* Packets that lie in the caller's own memory and are his again. */
void ipoib__context_released(struct ipoib_context *context)
{
	for (struct ipoib__list *at = context->transports.next; at != &context->transports;
	     at = at->next)
		ipoib__regions_run(ipoib__container_of(at, struct ipoib_transport, link));
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

static void run_transports(struct ipoib_context *context, const struct ipoib_transport *but,
			   uint64_t now)
{
	for (struct ipoib__list *at = context->transports.next; at != &context->transports;
	     at = at->next) {
		struct ipoib_transport *transport =
			ipoib__container_of(at, struct ipoib_transport, link);

		if (transport != but)
			ipoib__transport_run(transport, now);
	}
}

bool ipoib__context_hear_others(struct ipoib_context *context,
				const struct ipoib_interface *interface, uint64_t now)
{
	run_transports(context, interface->transport, now);
	return run_interfaces(context, interface, now);
}

/*
 * Who is late (the process was not scheduled, the machine was suspended) finds answers and
 * deadlines at once. What has arrived is heard first, on every interface: a silence that was broken
 * is none, be it of a neighbour, of the one who has an address that is being probed, or of a
 * connection's peer. Timers wait while there is more to read, but not long: a flood must not stop
 * them.
 */
void ipoib__context_expire(struct ipoib_context *context, bool heard_all, uint64_t now)
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

int ipoib_context_dispatch(struct ipoib_context *context)
{
	uint64_t now;

	if (!ipoib__context_enter(context))
		return -EDEADLK;
	context->again = false;
	now = ipoib__context_now(context);
	run_transports(context, NULL, now);
	if (ipoib__wheel_deadline(&context->wheel) <= now)
		ipoib__context_expire(context, run_interfaces(context, NULL, now), now);
	run_interfaces(context, NULL, now);
	ipoib__context_released(context);
	ipoib__context_leave(context);
	return 0;
}
