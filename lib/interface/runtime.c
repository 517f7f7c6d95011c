/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * What everything else stands on: the context's clock, allocator, log and poller, its references,
 * and when ended objects may be freed. What there is to be freed only the floors above know; they
 * have left a hook here (context.c).
 */
#include "interface/interface.h"

/* The allocator lives in what it has allocated: a copy gives that back. */
void ipoib__context_unmake(struct ipoib_context *context)
{
	struct ipoib__memory memory = context->memory;

	ipoib__memory_put(&memory, context, sizeof(*context));
	ipoib__assert(memory.in_use == 0);
}

static void free_context(struct ipoib_context *context)
{
	ipoib__poller_fini(&context->poller);
	ipoib__context_unmake(context);
}

struct ipoib_context *ipoib_context_ref(struct ipoib_context *context)
{
	context->references++;
	return context;
}

void ipoib__context_release(struct ipoib_context *context)
{
	ipoib__assert(context->references > 0);
	if (--context->references == 0)
		free_context(context);
}

void ipoib_context_unref(struct ipoib_context *context)
{
	if (context)
		ipoib__context_release(context);
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

/*
 * Nothing on the stack uses what was ended: outside of dispatch at once, else when that is over.
 */
void ipoib__context_reap(struct ipoib_context *context)
{
	if (context->depth == 0 && context->ended)
		context->reap(context);
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
 * What follows from a use, asking and dialling, happens in the next turn: state moves nowhere else.
 */
void ipoib__note_use(struct ipoib_interface *interface, struct ipoib__list *uses,
		     struct ipoib__list *use)
{
	if (ipoib__list_is_linked(use))
		return;
	ipoib__list_push_back(uses, use);
	interface->context->again = true;
}
