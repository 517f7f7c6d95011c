/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Faults on demand, delays, bounds, and that the same seed gives the same run. */
#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "base/hash.h"
#include "mock/fabric.h"
#include "mock/fixture.h"
#include "mock/suites.h"

#define SENDS 2000

struct tally {
	unsigned arrived;
	unsigned disordered;
	uint64_t trace; /* a hash over what arrived when */
};

static struct ipoib_fabric_faults no_faults(void)
{
	return (struct ipoib_fabric_faults){ .size = sizeof(struct ipoib_fabric_faults) };
}

static void take_arrivals(struct node *b, struct tally *tally, uint32_t *highest)
{
	static const uint8_t key[IPOIB__SIPHASH_KEY];
	struct ipoib_ud_completion done;
	uint32_t number;

	while (ops->ud_poll(b->port, b->ud, &done, 1) == 1) {
		unsigned slot = (unsigned)done.cookie - 100;

		ck_assert_int_eq(done.status, 0);
		memcpy(&number, node_receive_slot(b, slot) + 40, sizeof(number));
		uint64_t words[3] = { tally->trace, number, support_now };
		tally->trace = ipoib__siphash(key, words, sizeof(words));
		tally->arrived++;
		if (number < *highest)
			tally->disordered++;
		else
			*highest = number;
		ck_assert_int_eq(node_receive(b, slot, NODE_SLOT), 1);
	}
}

/* Sends numbered datagrams, one each microsecond, through a fabric with these faults. */
static struct tally run(const struct ipoib_fabric_config *config,
			const struct ipoib_fabric_faults *faults)
{
	struct ipoib_fabric *fabric = fixture_fabric_of(config);
	struct tally tally = { 0 };
	uint32_t highest = 0;
	struct node a, b;
	void *ah;

	support_now = 0;
	node_open(&a, fabric, "host1/1");
	node_open(&b, fabric, "host2/1");
	ck_assert_int_eq(ipoib_fabric_set_faults(fabric, NULL, faults), 0);
	ah = node_ah(&a, &b, false);
	for (unsigned i = 0; i < NODE_DEPTH; i++)
		ck_assert_int_eq(node_receive(&b, i, NODE_SLOT), 1);
	for (uint32_t i = 0; i < SENDS; i++) {
		memcpy(node_send_slot(&a, 0), &i, sizeof(i));
		ck_assert_int_eq(node_send(&a, ah, b.qpn, 0, sizeof(i)), 1);
		node_completion(&a, IPOIB_UD_SEND, 0);
		fixture_advance(fabric, 1000);
		take_arrivals(&b, &tally, &highest);
	}
	for (unsigned i = 0; i < 10000; i++) {
		fixture_advance(fabric, 1000);
		take_arrivals(&b, &tally, &highest);
	}
	struct ipoib_fabric_statistics s = fixture_statistics(fabric);
	ck_assert_uint_eq(s.in_flight, 0);
	ck_assert_uint_eq(s.frames, SENDS);
	ck_assert_uint_eq(s.delivered, tally.arrived);
	ck_assert_uint_eq(s.copies - s.dropped_fault, tally.arrived);
	ops->ah_destroy(a.port, ah);
	node_close(&a);
	node_close(&b);
	fixture_close(fabric);
	return tally;
}

START_TEST(without_faults_everything_arrives_in_order)
{
	struct ipoib_fabric_config config = fixture_config();
	struct ipoib_fabric_faults faults = no_faults();
	struct tally tally = run(&config, &faults);

	ck_assert_uint_eq(tally.arrived, SENDS);
	ck_assert_uint_eq(tally.disordered, 0);
}
END_TEST

START_TEST(loss_takes_about_what_was_asked)
{
	struct ipoib_fabric_config config = fixture_config();
	struct ipoib_fabric_faults faults = no_faults();
	struct tally tally;

	faults.loss_ppm = 250000;
	tally = run(&config, &faults);
	ck_assert_uint_gt(tally.arrived, SENDS * 65 / 100);
	ck_assert_uint_lt(tally.arrived, SENDS * 85 / 100);
	ck_assert_uint_eq(tally.disordered, 0);
}
END_TEST

START_TEST(duplicates_arrive_twice)
{
	struct ipoib_fabric_config config = fixture_config();
	struct ipoib_fabric_faults faults = no_faults();

	faults.duplicate_ppm = 1000000;
	ck_assert_uint_eq(run(&config, &faults).arrived, 2 * SENDS);
}
END_TEST

START_TEST(held_back_frames_arrive_later)
{
	struct ipoib_fabric_config config = fixture_config();
	struct ipoib_fabric_faults faults = no_faults();
	struct tally tally;

	faults.reorder_ppm = 100000;
	faults.reorder_ns = 3500;
	tally = run(&config, &faults);
	ck_assert_uint_eq(tally.arrived, SENDS);
	ck_assert_uint_gt(tally.disordered, SENDS / 20);
}
END_TEST

START_TEST(the_same_seed_gives_the_same_run)
{
	struct ipoib_fabric_config config = fixture_config();
	struct ipoib_fabric_faults faults = no_faults();
	struct tally first, again, other;

	config.delay_ns = 2500;
	faults.loss_ppm = 100000;
	faults.duplicate_ppm = 100000;
	faults.jitter_ns = 3000;
	first = run(&config, &faults);
	again = run(&config, &faults);
	ck_assert_mem_eq(&first, &again, sizeof(first));
	config.seed++;
	other = run(&config, &faults);
	ck_assert_uint_ne(first.trace, other.trace);
}
END_TEST

START_TEST(a_delay_is_kept_to_the_nanosecond)
{
	struct ipoib_fabric_config config = fixture_config();
	struct ipoib_fabric *fabric;
	struct node a, b;
	void *ah;

	config.delay_ns = 1234;
	fabric = fixture_fabric_of(&config);
	node_open(&a, fabric, "host1/1");
	node_open(&b, fabric, "host2/1");
	ah = node_ah(&a, &b, false);
	ck_assert_int_eq(node_receive(&b, 0, NODE_SLOT), 1);
	ck_assert_int_eq(node_send(&a, ah, b.qpn, 0, 8), 1);
	ck_assert_uint_eq(ipoib_fabric_deadline(fabric), 1234);
	support_advance(1233);
	fixture_settle(fabric);
	node_no_completion(&b);
	support_advance(1);
	fixture_settle(fabric);
	node_completion(&b, IPOIB_UD_RECEIVE, 0);
	node_completion(&a, IPOIB_UD_SEND, 0);
	/* A port that has gone when the frame arrives is counted as a dead link. */
	ck_assert_int_eq(node_send(&a, ah, b.qpn, 0, 8), 1);
	node_completion(&a, IPOIB_UD_SEND, 0);
	node_close(&b);
	fixture_advance(fabric, 2000);
	ck_assert_uint_eq(fixture_statistics(fabric).dropped_link, 1);
	ops->ah_destroy(a.port, ah);
	node_close(&a);
	fixture_close(fabric);
}
END_TEST

START_TEST(a_delay_is_of_the_frames_that_a_port_sends)
{
	struct ipoib_fabric *fabric = fixture_fabric(2);
	struct ipoib_fabric_faults faults = no_faults(), read = no_faults();
	struct ipoib_gid gid;
	struct node a, b;
	void *ah;

	node_open(&a, fabric, "host1/1");
	node_open(&b, fabric, "host2/1");
	faults.delay_ns = 700;
	faults.sa_delay_ns = 5000;
	ck_assert_int_eq(ipoib_fabric_set_faults(fabric, "host1/1", &faults), 0);
	ck_assert_int_eq(ipoib_fabric_get_faults(fabric, "host1/1", &read), 0);
	ck_assert_mem_eq(&read, &faults, sizeof(read));
	ck_assert_int_eq(ipoib_fabric_get_faults(fabric, "host2/1", &read), 0);
	ck_assert_uint_eq(read.delay_ns, 0);
	ck_assert_int_eq(ipoib_fabric_get_faults(fabric, "host3/1", &read), -ENOENT);
	ah = node_ah(&a, &b, false);
	ck_assert_int_eq(node_send(&a, ah, b.qpn, 0, 8), 1);
	node_completion(&a, IPOIB_UD_SEND, 0);
	ck_assert_uint_eq(ipoib_fabric_deadline(fabric), support_now + 700);
	fixture_advance(fabric, 700);
	ck_assert_uint_eq(ipoib_fabric_deadline(fabric), IPOIB_NEVER);
	/* The SA takes its time, and its answer is not the port's frame. */
	gid = node_attributes(&b).gid;
	ck_assert_int_eq(ops->path_query(a.port, 1, &gid, 0xffff), 0);
	fixture_advance(fabric, 5699);
	ck_assert_uint_eq(node_events(&a, IPOIB_TRANSPORT_PATH), 0);
	fixture_advance(fabric, 1);
	ck_assert_uint_eq(node_events(&a, IPOIB_TRANSPORT_PATH), 1);
	ops->ah_destroy(a.port, ah);
	node_close(&a);
	node_close(&b);
	fixture_close(fabric);
}
END_TEST

START_TEST(the_frames_of_the_manager_have_faults_of_their_own)
{
	struct ipoib_fabric *fabric = fixture_fabric(2);
	struct ipoib_fabric_faults faults = no_faults(), older;
	struct ipoib_gid gid;
	struct node a, b;
	void *ah;

	node_open(&a, fabric, "host1/1");
	node_open(&b, fabric, "host2/1");
	faults.loss_ppm = 1000000;
	ck_assert_int_eq(ipoib_fabric_set_faults(fabric, "sm", &faults), 0);
	gid = node_attributes(&b).gid;
	ck_assert_int_eq(ops->path_query(a.port, 1, &gid, 0xffff), 0);
	fixture_settle(fabric);
	ck_assert_uint_eq(fixture_statistics(fabric).dropped_fault, 1);
	ah = node_ah(&a, &b, false);
	ck_assert_int_eq(node_send(&a, ah, b.qpn, 0, 8), 1);
	node_completion(&a, IPOIB_UD_SEND, 0);
	ck_assert_uint_eq(fixture_statistics(fabric).dropped_fault, 1);
	/* An older caller's structure ends before the delays. */
	older = no_faults();
	older.size = offsetof(struct ipoib_fabric_faults, delay_ns);
	older.delay_ns = 77;
	ck_assert_int_eq(ipoib_fabric_set_faults(fabric, NULL, &older), 0);
	ck_assert_int_eq(ipoib_fabric_get_faults(fabric, "sm", &faults), 0);
	ck_assert_uint_eq(faults.loss_ppm, 0);
	ck_assert_uint_eq(faults.delay_ns, 0);
	ck_assert_int_eq(ipoib_fabric_get_faults(fabric, "sm", &older), 0);
	ck_assert_uint_eq(older.delay_ns, 77);
	older.size--;
	ck_assert_int_eq(ipoib_fabric_get_faults(fabric, "sm", &older), -EINVAL);
	ops->ah_destroy(a.port, ah);
	node_close(&a);
	node_close(&b);
	fixture_close(fabric);
}
END_TEST

START_TEST(what_is_on_its_way_is_bounded)
{
	struct ipoib_fabric_config config = fixture_config();
	struct ipoib_fabric_statistics s;
	struct ipoib_fabric *fabric;
	struct node a, b;
	void *ah;

	config.delay_ns = 1000000000;
	fabric = fixture_fabric_of(&config);
	node_open(&a, fabric, "host1/1");
	node_open(&b, fabric, "host2/1");
	ah = node_ah(&a, &b, false);
	for (unsigned i = 0; i < 40000; i++) {
		ck_assert_int_eq(node_send(&a, ah, b.qpn, 0, 2048), 1);
		node_completion(&a, IPOIB_UD_SEND, 0);
	}
	s = fixture_statistics(fabric);
	ck_assert_uint_gt(s.dropped_full, 0);
	ck_assert_uint_lt(s.in_flight * 2048, IPOIB__FABRIC_QUEUE_OCTETS);
	ck_assert_uint_lt(support_memory()->in_use, 2 * IPOIB__FABRIC_QUEUE_OCTETS);
	ops->ah_destroy(a.port, ah);
	node_close(&a);
	node_close(&b);
	fixture_close(fabric);
}
END_TEST

START_TEST(without_memory_a_frame_is_dropped_and_counted)
{
	struct ipoib_fabric *fabric = fixture_fabric(2);
	struct node a, b;
	void *ah;

	node_open(&a, fabric, "host1/1");
	node_open(&b, fabric, "host2/1");
	ah = node_ah(&a, &b, false);
	for (long n = 1; n <= 2; n++) { /* the parcel, then the queue itself */
		support_fail_after(n, false);
		ck_assert_int_eq(node_send(&a, ah, b.qpn, 0, 8), 1);
		support_fail_after(0, false);
		node_completion(&a, IPOIB_UD_SEND, 0);
		ck_assert_uint_eq(fixture_statistics(fabric).dropped_full, (uint64_t)n);
	}
	ops->ah_destroy(a.port, ah);
	node_close(&a);
	node_close(&b);
	fixture_close(fabric);
}
END_TEST

START_TEST(faults_out_of_range_are_refused)
{
	struct ipoib_fabric *fabric = fixture_fabric(2);
	struct ipoib_fabric_faults faults = no_faults();

	faults.loss_ppm = 1000001;
	ck_assert_int_eq(ipoib_fabric_set_faults(fabric, NULL, &faults), -EINVAL);
	faults = no_faults();
	ck_assert_int_eq(ipoib_fabric_set_faults(fabric, "host7/1", &faults), -ENOENT);
	faults.size = 4;
	ck_assert_int_eq(ipoib_fabric_set_faults(fabric, NULL, &faults), -EINVAL);
	fixture_close(fabric);
}
END_TEST

Suite *suite_faults(void)
{
	Suite *suite = suite_create("faults");
	TCase *tcase = tcase_create("faults");

	tcase_add_checked_fixture(tcase, support_setup, support_teardown);
	tcase_set_timeout(tcase, 120);
	tcase_add_test(tcase, without_faults_everything_arrives_in_order);
	tcase_add_test(tcase, loss_takes_about_what_was_asked);
	tcase_add_test(tcase, duplicates_arrive_twice);
	tcase_add_test(tcase, held_back_frames_arrive_later);
	tcase_add_test(tcase, the_same_seed_gives_the_same_run);
	tcase_add_test(tcase, a_delay_is_kept_to_the_nanosecond);
	tcase_add_test(tcase, a_delay_is_of_the_frames_that_a_port_sends);
	tcase_add_test(tcase, the_frames_of_the_manager_have_faults_of_their_own);
	tcase_add_test(tcase, what_is_on_its_way_is_bounded);
	tcase_add_test(tcase, without_memory_a_frame_is_dropped_and_counted);
	tcase_add_test(tcase, faults_out_of_range_are_refused);
	suite_add_tcase(suite, tcase);
	return suite;
}
