/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Connected mode, each operation of the transport and each allocation failing in turn: once, and
 * for ever after. While it lasts nothing crashes and the law holds; when it is over, a connection
 * comes up and carries packets.
 */
#include <errno.h>

#include "interface/connected_rig.h"
#include "interface/suites.h"
#include "support/support.h"
#include "wire/arp.h"
#include "wire/encap.h"

static struct rail *const rail = &bench.rails[0];
static struct fake *const fake = &bench.fakes[0];

static void answer_all(void)
{
	for (size_t i = 0; i < fake->rc_count; i++)
		if (fake->rcs[i]->alive && !fake->rcs[i]->up)
			fake_rc_up(fake, fake->rcs[i], PEER_QPN, TAKES);
}

static void traffic(void)
{
	for (uint32_t i = 0; i < 6; i++) {
		rail_send(rail, PEER_IP, i % 2 ? LARGE : SMALL, i);
		bench_run(SECOND);
		if (i == 2 && fake_ud(fake) && fake_ud(fake)->listen_count == 2)
			fake_rc_ask(fake, fake_ud(fake)->listens[0], PEER, TAKES);
		answer_all();
		bench_settle();
	}
}

/* Whatever has failed: once it does no more, a connection comes up and carries packets. */
static void check_recovered(long n)
{
	uint64_t before;

	for (uint32_t i = 0; i < 6; i++) { /* holds and negative answers pass */
		bench_run(81 * SECOND);
		rail_send(rail, PEER_IP, SMALL, i);
		bench_run(SECOND);
		answer_all();
		bench_settle();
	}
	ck_assert_msg(fake_rc_last(fake) != NULL, "no connection after failure %ld", n);
	before = rail_statistics(rail).sent_connected;
	ck_assert_int_eq(rail_send(rail, PEER_IP, LARGE, 9), 0);
	bench_settle();
	ck_assert_uint_eq(rail_statistics(rail).sent_connected, before + 1);
	ck_assert_uint_eq(rail_statistics(rail).queued, 0);
}

static bool try_up(void)
{
	const struct ipoib_interface_config config = bench_connected();
	struct ipoib_ip address = ip("10.0.0.1");

	fake->starving = true;
	bench.flags = IPOIB_LINK_ADDRESS_RC;
	return rail_try_open(rail, fake, &config) == 0 &&
	       ipoib_binding_open(&rail->binding, rail->interface, &address, 24) == 0;
}

START_TEST(each_call_for_connections_failing)
{
	enum fake_op op = (enum fake_op)(FAKE_RC_LISTEN + _i / 2);
	long calls, n = 0;

	do {
		n++;
		bench_open();
		fake_fail(fake, op, n, _i % 2);
		if (try_up())
			traffic();
		calls = fake->faults[op].calls;
		fake_mend(fake);
		if (rail->binding)
			check_recovered(n);
		bench_close();
	} while (calls >= n && n < 20);
	ck_assert_int_gt(n, 1);
}
END_TEST

START_TEST(each_allocation_failing)
{
	long asked, n = 0;

	do {
		bool opened;

		n++;
		asked = support_allocations();
		support_fail_after(n, _i);
		opened = bench_try_open() == 0;
		if (opened && try_up())
			traffic();
		asked = support_allocations() - asked;
		support_fail_after(0, false);
		if (opened && rail->binding)
			check_recovered(n);
		bench_close();
		ck_assert_uint_eq(support_blocks(), 0);
	} while (asked >= n);
	ck_assert_int_gt(n, 10);
}
END_TEST

/* A question of the peer for our address, from an address of its own. */
static void hear(const char *sender, uint8_t flags)
{
	uint8_t octets[IPOIB__ENCAP_LENGTH + IPOIB__ARP_LENGTH];
	size_t length = arp_octets(octets, 1, PEER, sender, "10.0.0.1");

	octets[IPOIB__ENCAP_LENGTH + 8] = flags; /* of the sender's link address */
	ck_assert(rail_hear_octets(rail, PEER, octets, length));
	bench_settle();
}

/* Two addresses of the peer share its connection, and one of them may have got no path. */
START_TEST(a_peer_heard_without_memory_changes_its_mode_and_hangs_up)
{
	const struct ipoib_interface_config config = bench_connected();

	bench_up(&config);
	bench.flags = IPOIB_LINK_ADDRESS_RC;
	support_fail_after(_i + 1, false);
	hear(PEER_IP, 0);
	support_fail_after(0, false);
	hear(PEER_IP, IPOIB_LINK_ADDRESS_RC);
	hear("10.0.0.3", IPOIB_LINK_ADDRESS_RC);
	fake_rc_ask(fake, fake_ud(fake)->listens[1], PEER, TAKES); /* for both directions */
	bench_settle();
	answer_all();
	bench_settle();
	fake_rc_down(fake, fake_rc_last(fake), -EIO);
	bench_settle();
	ck_assert_int_eq(rail_send(rail, PEER_IP, SMALL, 1), 0);
	bench_run(SECOND);
	ck_assert_uint_eq(rail_statistics(rail).sent, 1);
	bench_close();
}
END_TEST

Suite *suite_connected_faults(void)
{
	Suite *suite = suite_create("connected_faults");
	TCase *tcase = tcase_create("connected_faults");

	tcase_add_checked_fixture(tcase, support_setup, support_teardown);
	tcase_set_timeout(tcase, 300); /* for valgrind */
	tcase_add_loop_test(tcase, each_call_for_connections_failing, 0,
			    2 * (FAKE_OPS - FAKE_RC_LISTEN));
	tcase_add_loop_test(tcase, each_allocation_failing, 0, 2);
	tcase_add_loop_test(tcase, a_peer_heard_without_memory_changes_its_mode_and_hangs_up, 0,
			    8);
	suite_add_tcase(suite, tcase);
	return suite;
}
