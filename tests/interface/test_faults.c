/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Each allocation failing in turn, and each call of each operation of the transport: once, and
 * for ever after. While it lasts nothing crashes, nothing leaks and the law holds; when it is
 * over, packets flow again in every direction.
 */
#include <errno.h>

#include "interface/bench.h"
#include "interface/suites.h"
#include "support/support.h"

static struct rail *const rail = &bench.rails[0];
static struct fake *const fake = &bench.fakes[0];

/* What a program does in a lifetime; every step may fail, and the next is tried all the same. */
struct life {
	struct ipoib_multicast *membership;
	struct ipoib_neighbour *held;
	bool opened;
};

static int open_all(void)
{
	int status = rail_try_open(rail, fake, NULL);
	struct ipoib_ip address = ip("10.0.0.1");

	if (status < 0)
		return status;
	return ipoib_binding_open(&rail->binding, rail->interface, &address, 24);
}

static void traffic(struct life *life)
{
	struct ipoib_ip group = ip("224.1.2.3"), four = ip("10.0.0.4");

	bench_settle();
	for (uint32_t i = 0; i < 3; i++) {
		rail_send(rail, "10.0.0.2", 100, i);
		rail_send(rail, "10.0.0.3", 100, i);
		rail_send(rail, "224.7.7.7", 100, i);
		rail_send(rail, "255.255.255.255", 100, i);
		if (!life->membership)
			ipoib_multicast_join(&life->membership, rail->interface, &group);
		if (!life->held)
			ipoib_neighbour_get(&life->held, rail->interface, &four, NULL, NULL);
		else
			ipoib_neighbour_use(life->held);
		if (fake_ud(fake)->receive_count > 0) {
			rail_hear(rail, 2, 100);
			rail_hear_arp(rail, 1, 9, "10.0.0.9", "10.0.0.1");
		}
		bench_run(500 * MILLISECOND);
	}
	fake_simple_event(fake, IPOIB_TRANSPORT_REREGISTER);
	bench_run(SECOND);
	fake->port.state = IPOIB_PORT_DOWN;
	fake_port_event(fake);
	bench_run(SECOND);
	fake->port.state = IPOIB_PORT_ACTIVE;
	fake_port_event(fake);
	bench_run(SECOND);
}

static void live(struct life *life)
{
	life->membership = NULL;
	life->held = NULL;
	life->opened = bench_try_open() == 0;
	if (!life->opened)
		return;
	fake->starving = true; /* slabs of buffers may be among what fails */
	if (open_all() == 0)
		traffic(life);
}

static uint64_t sent_after(const char *to)
{
	uint64_t before;

	/* Old hold times pass, 64 s and a quarter at most; then one packet must get through. */
	for (uint32_t i = 0; i < 3; i++) {
		rail_send(rail, to, 100, i);
		bench_run(81 * SECOND);
	}
	before = rail_statistics(rail).sent;
	ck_assert_int_eq(rail_send(rail, to, 100, 9), 0);
	bench_run(2 * SECOND);
	return rail_statistics(rail).sent - before;
}

static void check_held(struct life *life, const char *what, long n)
{
	struct ipoib_resolution resolution = { .size = sizeof(resolution) };
	struct ipoib_ip four = ip("10.0.0.4");

	if (!life->held)
		ck_assert_int_eq(ipoib_neighbour_get(&life->held, rail->interface, &four, NULL,
						     NULL),
				 0);
	ck_assert_int_eq(ipoib_neighbour_use(life->held), 0);
	bench_run(2 * SECOND);
	ck_assert_int_eq(ipoib_neighbour_resolution(life->held, &resolution), 0);
	ck_assert_msg(resolution.status == 0, "not resolved after %s %ld", what, n);
}

static void check_recovered(struct life *life, const char *what, long n)
{
	struct ipoib_ip group = ip("224.1.2.3");
	uint64_t received;

	bench_run(30 * SECOND);
	ck_assert_msg(rail_is_up(rail), "not up after %s %ld", what, n);
	if (!life->membership)
		ck_assert_int_eq(ipoib_multicast_join(&life->membership, rail->interface, &group),
				 0);
	ck_assert_msg(sent_after("10.0.0.2") == 1, "no unicast after %s %ld", what, n);
	ck_assert_msg(sent_after("224.7.7.7") == 1, "no multicast after %s %ld", what, n);
	ck_assert_msg(sent_after("255.255.255.255") == 1, "no broadcast after %s %ld", what, n);
	check_held(life, what, n);
	received = rail->received;
	ck_assert_msg(rail_hear(rail, 2, 100), "no receive buffer after %s %ld", what, n);
	bench_settle();
	ck_assert_uint_eq(rail->received, received + 1);
	fake->sent_count = 0;
	ck_assert(rail_hear_arp(rail, 1, 9, "10.0.0.9", "10.0.0.1"));
	bench_run(2 * SECOND);
	ck_assert_msg(arp_sent(fake, 2) == 1, "no ARP reply after %s %ld", what, n);
	ck_assert_msg(fake_ud(fake)->group_count >= 2, "no membership after %s %ld", what, n);
	ck_assert_uint_eq(rail_statistics(rail).queued, 0);
}

static void end(struct life *life)
{
	ipoib_multicast_leave(life->membership);
	ipoib_neighbour_unref(life->held);
	bench_close();
	ck_assert_uint_eq(support_blocks(), 0);
}

static void fail_allocations(bool for_ever)
{
	struct life life;
	long asked, n = 0;

	do {
		n++;
		asked = support_allocations();
		support_fail_after(n, for_ever);
		live(&life);
		asked = support_allocations() - asked;
		support_fail_after(0, false);
		if (life.opened && rail->interface && rail->binding)
			check_recovered(&life, "allocation", n);
		end(&life);
	} while (asked >= n);
	ck_assert_int_gt(n, 20);
}

START_TEST(each_allocation_failing_once)
{
	fail_allocations(false);
}
END_TEST

START_TEST(each_allocation_failing_for_ever_after)
{
	fail_allocations(true);
}
END_TEST

static const char *const op_names[FAKE_RC_LISTEN] = {
	"query_port", "memory_get", "ah_create",    "ud_create",  "ud_set_qkey",
	"ud_attach",  "post_send",  "post_receive", "path_query", "multicast_join",
};

static void fail_operation(enum fake_op op, bool for_ever)
{
	struct life life;
	long calls = 0, n = 0;

	do {
		n++;
		life.membership = NULL;
		life.held = NULL;
		bench_open();
		fake_fail(fake, op, n, for_ever);
		if (open_all() == 0)
			traffic(&life);
		calls = fake->faults[op].calls;
		fake_mend(fake);
		if (rail->interface)
			check_recovered(&life, op_names[op], n);
		end(&life);
	} while (calls >= n && n < 40);
	ck_assert_int_gt(n, 1);
}

START_TEST(each_call_of_an_operation_failing_once)
{
	fail_operation((enum fake_op)_i, false);
}
END_TEST

START_TEST(each_call_of_an_operation_failing_for_ever_after)
{
	fail_operation((enum fake_op)_i, true);
}
END_TEST

Suite *suite_faults(void)
{
	Suite *suite = suite_create("faults");
	TCase *tcase = tcase_create("faults");

	tcase_set_timeout(tcase, 300);
	tcase_add_checked_fixture(tcase, support_setup, support_teardown);
	tcase_add_test(tcase, each_allocation_failing_once);
	tcase_add_test(tcase, each_allocation_failing_for_ever_after);
	tcase_add_loop_test(tcase, each_call_of_an_operation_failing_once, 0,
			    FAKE_RC_LISTEN);
	tcase_add_loop_test(tcase, each_call_of_an_operation_failing_for_ever_after, 0,
			    FAKE_RC_LISTEN);
	suite_add_tcase(suite, tcase);
	return suite;
}
