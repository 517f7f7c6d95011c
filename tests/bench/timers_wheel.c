/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* The library's own wheel; its clock moves only when timers are to expire. */
#include "timers.h"

#include <limits.h>
#include <stdlib.h>

#include "base/wheel.h"

struct own {
	struct ipoib__wheel wheel;
	uint64_t now;
	struct ipoib__timer timers[];
};

static void expired(struct ipoib__timer *timer, uint64_t now)
{
	(void)timer;
	(void)now;
}

static void *own_open(size_t count)
{
	struct own *own = malloc(sizeof(*own) + count * sizeof(*own->timers));

	if (!own)
		return NULL;
	own->now = UINT64_C(1000000000);
	ipoib__wheel_init(&own->wheel, own->now);
	for (size_t i = 0; i < count; i++)
		ipoib__timer_init(&own->timers[i], expired);
	return own;
}

static void own_arm(void *set, uint32_t timer, uint64_t after)
{
	struct own *own = set;

	ipoib__wheel_arm(&own->wheel, &own->timers[timer], own->now + after);
}

static void own_cancel(void *set, uint32_t timer)
{
	struct own *own = set;

	ipoib__wheel_cancel(&own->wheel, &own->timers[timer]);
}

/* Until a call neither fires nor moves any: the work of one is bounded (wheel.h). */
static uint64_t own_expire(void *set)
{
	struct own *own = set;
	uint64_t fired = 0;

	own->now += TIMERS_LONGEST_NS + (UINT64_C(1) << IPOIB__WHEEL_TICK_BITS);
	while (ipoib__wheel_deadline(&own->wheel) <= own->now)
		fired += ipoib__wheel_advance(&own->wheel, own->now, UINT_MAX);
	return fired;
}

const struct timers_peer timers_wheel = {
	.name = "libipoib",
	.open = own_open,
	.arm = own_arm,
	.rearm = own_arm,
	.cancel = own_cancel,
	.arm_due = own_arm,
	.expire = own_expire,
	.close = free,
};
