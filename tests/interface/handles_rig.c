/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "interface/handles_rig.h"

#include <check.h>

#include "support/support.h"

static struct rail *const rail = &bench.rails[0];
static struct fake *const fake = &bench.fakes[0];

struct ipoib_neighbour *held;
struct ipoib_resolution last;
unsigned told;
enum handles_rig_does does;

static void on_resolved(struct ipoib_neighbour *neighbour,
			const struct ipoib_resolution *resolution, void *user)
{
	struct ipoib_ip other = ip("10.0.0.3");

	ck_assert_ptr_eq(user, &told);
	ck_assert_uint_eq(resolution->size, sizeof(*resolution));
	last = *resolution;
	told++;
	if (does == HANDLES_UNREF) {
		ipoib_neighbour_unref(neighbour);
		held = NULL;
	}
	if (does == HANDLES_GET && told == 1)
		ck_assert_int_eq(ipoib_neighbour_get(&held, rail->interface, &other, on_resolved,
						     &told),
				 0);
	if (does == HANDLES_CLOSE)
		rail_close(rail);
}

int handles_get(const char *text)
{
	struct ipoib_ip address = ip(text);

	return ipoib_neighbour_get(&held, rail->interface, &address, on_resolved, &told);
}

void handles_up(const struct ipoib_interface_config *config)
{
	told = 0;
	does = HANDLES_NOTHING;
	held = NULL;
	bench_up(config);
	fake->sent_count = 0;
}

void handles_end(void)
{
	ipoib_neighbour_unref(held);
	bench_close();
	ck_assert_uint_eq(support_blocks(), 0);
}

int handles_status(void)
{
	struct ipoib_resolution resolution = { .size = sizeof(resolution) };

	ck_assert_int_eq(ipoib_neighbour_resolution(held, &resolution), 0);
	return resolution.status;
}
