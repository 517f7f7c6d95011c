/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "ev/fake.h"

#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "support/refusing.h"
#include "support/support.h"

static void destroy(void *self)
{
	struct fake *fake = self;

	close(fake->ends[0]);
	close(fake->ends[1]);
}

static void process(void *self, uint64_t now)
{
	struct fake *fake = self;
	uint8_t octet;

	fake->processed++;
	while (read(fake->ends[0], &octet, 1) == 1)
		fake->octets++;
	if (fake->deadline <= now) {
		fake->deadline = IPOIB_NEVER;
		fake->expired++;
		fake->expired_at = now;
	}
	if (fake->hook)
		fake->hook(fake, fake->hook_user);
}

static uint64_t deadline(void *self)
{
	return ((struct fake *)self)->deadline;
}

static void open_pipe(struct fake *fake)
{
	ck_assert_int_eq(pipe(fake->ends), 0);
	ck_assert_int_eq(fcntl(fake->ends[0], F_SETFL, O_NONBLOCK), 0);
}

void fake_open(struct fake *fake)
{
	struct ipoib_context_config config = IPOIB_CONTEXT_CONFIG_INIT;
	struct ipoib_transport_ops ops = refusing_ops();

	ops.destroy = destroy;
	ops.process = process;
	ops.deadline = deadline;
	memset(fake, 0, sizeof(*fake));
	config.allocate = support_allocate;
	config.release = support_release;
	fake->deadline = IPOIB_NEVER;
	open_pipe(fake);
	ck_assert_int_eq(ipoib_context_new(&fake->context, &config), 0);
	ck_assert_int_eq(ipoib_transport_new(&fake->transport, fake->context, &ops, fake), 0);
	ck_assert_int_eq(ipoib_transport_watch(fake->transport, fake->ends[0], POLLIN), 0);
}

void fake_close(struct fake *fake)
{
	ipoib_transport_unwatch(fake->transport, fake->ends[0]);
	ipoib_transport_unref(fake->transport);
	ipoib_context_unref(fake->context);
}

void fake_write(struct fake *fake)
{
	ck_assert_int_eq(write(fake->ends[1], "", 1), 1);
}

void fake_reopen_pipe(struct fake *fake)
{
	ipoib_transport_unwatch(fake->transport, fake->ends[0]);
	close(fake->ends[0]);
	close(fake->ends[1]);
	open_pipe(fake);
	ck_assert_int_eq(ipoib_transport_watch(fake->transport, fake->ends[0], POLLIN), 0);
}

void fake_set_deadline(struct fake *fake, uint64_t at)
{
	fake->deadline = at;
	ipoib_transport_wake(fake->transport);
}
