/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "interface/connected_rig.h"

#include <check.h>

static struct rail *const rail = &bench.rails[0];
static struct fake *const fake = &bench.fakes[0];

void connected_up(const struct ipoib_interface_config *config)
{
	const struct ipoib_interface_config usual = bench_connected();

	bench_up(config ? config : &usual);
	bench.flags = IPOIB_LINK_ADDRESS_RC;
}

struct fake_rc *connected_dial(void)
{
	for (uint32_t i = 0; i < 2; i++) {
		ck_assert_int_eq(rail_send(rail, PEER_IP, SMALL, i), 0);
		bench_run(100 * MILLISECOND);
	}
	ck_assert_ptr_nonnull(fake_rc_last(fake));
	return fake_rc_last(fake);
}

struct fake_rc *connected_connect(void)
{
	struct fake_rc *rc = connected_dial();

	fake_rc_up(fake, rc, PEER_QPN, TAKES);
	bench_settle();
	return rc;
}
