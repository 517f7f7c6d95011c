/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "examples/examples.h"
#include "perf_flow.h"
#include "support/support.h"

#define MS UINT64_C(1000000)
#define WINDOW 128
#define BATCH 16

static struct perf_sender sender;
static struct perf_receiver receiver;

static void setup(void)
{
	support_setup();
	perf_sender_begin(&sender, 1000, 0, WINDOW, BATCH, 0);
	perf_receiver_begin(&receiver, WINDOW);
}

/* ---- the sender ---- */

START_TEST(no_more_than_a_window_is_under_way)
{
	uint32_t room;

	while ((room = perf_sender_room(&sender, 1)) > 0) {
		ck_assert_uint_eq(room, BATCH);
		perf_sender_sent(&sender, room, 1);
	}
	ck_assert_uint_eq(sender.sent, WINDOW);
	ck_assert(perf_sender_ack(&sender, BATCH - 1, BATCH - 1, 2));
	ck_assert_uint_eq(perf_sender_room(&sender, 2), 0);
	ck_assert(perf_sender_ack(&sender, BATCH, BATCH, 3));
	ck_assert_uint_eq(perf_sender_room(&sender, 3), BATCH);
}
END_TEST

START_TEST(the_last_burst_is_what_is_left)
{
	perf_sender_begin(&sender, 20, 0, WINDOW, BATCH, 0);
	perf_sender_sent(&sender, perf_sender_room(&sender, 1), 1);
	ck_assert_uint_eq(perf_sender_room(&sender, 1), 4);
	perf_sender_sent(&sender, 4, 1);
	ck_assert_uint_eq(perf_sender_room(&sender, 1), 0);
	ck_assert(!perf_sender_finished(&sender, 1));
}
END_TEST

START_TEST(the_last_packets_are_asked_about_at_once_and_then_in_turn)
{
	perf_sender_begin(&sender, 3, 0, WINDOW, BATCH, 0);
	perf_sender_sent(&sender, 3, 1);
	ck_assert(perf_sender_probe(&sender, 1));
	ck_assert(!perf_sender_probe(&sender, 2));
	ck_assert_uint_gt(perf_sender_due(&sender, 2), 100 * MS);
	ck_assert(perf_sender_probe(&sender, perf_sender_due(&sender, 2)));
	ck_assert(perf_sender_ack(&sender, 3, 2, 300 * MS));
	ck_assert(perf_sender_finished(&sender, 300 * MS));
	ck_assert(!perf_sender_probe(&sender, 900 * MS));
	ck_assert_uint_eq(sender.received, 2);
}
END_TEST

START_TEST(a_window_that_is_lost_is_asked_about)
{
	while (perf_sender_room(&sender, 1) > 0)
		perf_sender_sent(&sender, BATCH, 1);
	ck_assert(!perf_sender_probe(&sender, 100 * MS));
	ck_assert(perf_sender_probe(&sender, perf_sender_due(&sender, 100 * MS)));
	ck_assert(perf_sender_ack(&sender, WINDOW, 0, 300 * MS));
	ck_assert_uint_eq(perf_sender_room(&sender, 300 * MS), BATCH);
}
END_TEST

START_TEST(an_acknowledgement_that_lies_is_not_believed)
{
	perf_sender_sent(&sender, BATCH, 1);
	ck_assert(!perf_sender_ack(&sender, BATCH + 1, 1, 2));
	ck_assert(!perf_sender_ack(&sender, 4, 5, 2));
	ck_assert(!perf_sender_ack(&sender, UINT64_MAX, UINT64_MAX, 2));
	ck_assert_uint_eq(sender.through, 0);
	ck_assert_uint_eq(sender.received, 0);
	/* One that comes late takes nothing back. */
	ck_assert(perf_sender_ack(&sender, 8, 8, 3));
	ck_assert(perf_sender_ack(&sender, 4, 4, 4));
	ck_assert_uint_eq(sender.through, 8);
	ck_assert_uint_eq(sender.last_ns, 3);
}
END_TEST

START_TEST(by_time_it_ends_when_the_time_is_over)
{
	perf_sender_begin(&sender, 0, 10 * MS, WINDOW, BATCH, 5 * MS);
	ck_assert_uint_eq(perf_sender_due(&sender, 5 * MS), 15 * MS);
	perf_sender_sent(&sender, BATCH, 6 * MS);
	ck_assert_uint_eq(perf_sender_room(&sender, 14 * MS), BATCH);
	ck_assert_uint_eq(perf_sender_room(&sender, 15 * MS), 0);
	/* Nothing is due in the past: who sleeps until then would not sleep. */
	ck_assert_uint_gt(perf_sender_due(&sender, 15 * MS), 15 * MS);
	ck_assert(perf_sender_probe(&sender, 15 * MS));
	ck_assert(perf_sender_ack(&sender, BATCH, BATCH, 16 * MS));
	ck_assert(perf_sender_finished(&sender, 16 * MS));
}
END_TEST

START_TEST(the_peak_is_that_of_the_best_interval)
{
	perf_sender_begin(&sender, 100000, 0, 1000, 1, 0);
	perf_sender_sent(&sender, 900, 1);
	perf_sender_ack(&sender, 100, 100, 1 + 10 * MS);
	perf_sender_ack(&sender, 400, 400, 1 + 20 * MS);
	perf_sender_ack(&sender, 500, 500, 1 + 30 * MS);
	ck_assert(sender.peak > 29999 && sender.peak < 30001);
}
END_TEST

/* ---- the receiver ---- */

START_TEST(an_acknowledgement_is_owed_each_quarter_of_a_window)
{
	for (uint64_t i = 0; i < WINDOW / 4 - 1; i++)
		perf_receiver_data(&receiver, i, 1);
	ck_assert(!receiver.owed);
	perf_receiver_data(&receiver, WINDOW / 4 - 1, 1);
	ck_assert(receiver.owed);
}
END_TEST

START_TEST(whatever_the_window_and_the_batch_a_full_window_is_acknowledged)
{
	for (uint32_t window = 1; window <= 300; window++)
		for (uint32_t batch = 1; batch == 1 || batch <= window / 2; batch++) {
			perf_sender_begin(&sender, 100000, 0, window, batch, 0);
			perf_receiver_begin(&receiver, window);
			for (uint32_t room; (room = perf_sender_room(&sender, 1)) > 0;)
				perf_sender_sent(&sender, room, 1);
			for (uint64_t i = 0; i < sender.sent; i++)
				perf_receiver_data(&receiver, i, 1);
			ck_assert_msg(receiver.owed, "window %u, batch %u", window, batch);
		}
}
END_TEST

START_TEST(a_packet_that_comes_twice_is_counted_once)
{
	for (unsigned round = 0; round < 2; round++)
		for (uint64_t i = 0; i < 100; i++)
			perf_receiver_data(&receiver, i, 1);
	ck_assert_uint_eq(receiver.received, 100);
	ck_assert_uint_eq(receiver.duplicates, 100);
	ck_assert_uint_eq(receiver.through, 100);
}
END_TEST

START_TEST(a_packet_that_comes_late_is_counted)
{
	perf_receiver_data(&receiver, 5, 1);
	perf_receiver_data(&receiver, 2, 2);
	perf_receiver_data(&receiver, 2, 3);
	ck_assert_uint_eq(receiver.received, 2);
	ck_assert_uint_eq(receiver.duplicates, 1);
	ck_assert_uint_eq(receiver.through, 6);
	ck_assert_uint_eq(receiver.last_ns, 2);
}
END_TEST

START_TEST(leaps_and_the_end_of_the_numbers_do_no_harm)
{
	perf_receiver_data(&receiver, 3, 1);
	perf_receiver_data(&receiver, UINT64_C(1) << 62, 1);
	perf_receiver_data(&receiver, 3, 1); /* too long ago to be known */
	ck_assert_uint_eq(receiver.duplicates, 1);
	perf_receiver_data(&receiver, UINT64_MAX, 1);
	perf_receiver_data(&receiver, UINT64_MAX - 1, 1);
	ck_assert_uint_eq(receiver.received, 3);
	perf_receiver_probe(&receiver, UINT64_MAX);
	ck_assert_uint_eq(receiver.through, UINT64_MAX);
	ck_assert(receiver.owed);
}
END_TEST

START_TEST(a_question_settles_what_is_missing)
{
	perf_receiver_data(&receiver, 0, 1);
	perf_receiver_probe(&receiver, 10);
	ck_assert(receiver.owed);
	ck_assert_uint_eq(receiver.through, 10);
	ck_assert_uint_eq(receiver.received, 1);
	/* and what comes after all is counted nevertheless */
	perf_receiver_data(&receiver, 4, 1);
	ck_assert_uint_eq(receiver.received, 2);
}
END_TEST

START_TEST(random_packets_are_counted_as_a_plain_list_counts_them)
{
	static bool seen[PERF_SEEN];
	uint64_t received = 0;
	uint64_t duplicates = 0;

	for (unsigned i = 0; i < 40000; i++) {
		uint64_t sequence = ipoib__random_below(support_random(), PERF_SEEN);

		if (seen[sequence])
			duplicates++;
		else
			received++;
		seen[sequence] = true;
		perf_receiver_data(&receiver, sequence, i);
	}
	ck_assert_uint_eq(receiver.received, received);
	ck_assert_uint_eq(receiver.duplicates, duplicates);
}
END_TEST

Suite *suite_perf_flow(void)
{
	Suite *suite = suite_create("perf_flow");
	TCase *out = tcase_create("sender");
	TCase *in = tcase_create("receiver");

	tcase_add_checked_fixture(out, setup, support_teardown);
	tcase_add_test(out, no_more_than_a_window_is_under_way);
	tcase_add_test(out, the_last_burst_is_what_is_left);
	tcase_add_test(out, the_last_packets_are_asked_about_at_once_and_then_in_turn);
	tcase_add_test(out, a_window_that_is_lost_is_asked_about);
	tcase_add_test(out, an_acknowledgement_that_lies_is_not_believed);
	tcase_add_test(out, by_time_it_ends_when_the_time_is_over);
	tcase_add_test(out, the_peak_is_that_of_the_best_interval);
	suite_add_tcase(suite, out);
	tcase_add_checked_fixture(in, setup, support_teardown);
	tcase_add_test(in, an_acknowledgement_is_owed_each_quarter_of_a_window);
	tcase_add_test(in, whatever_the_window_and_the_batch_a_full_window_is_acknowledged);
	tcase_add_test(in, a_packet_that_comes_twice_is_counted_once);
	tcase_add_test(in, a_packet_that_comes_late_is_counted);
	tcase_add_test(in, leaps_and_the_end_of_the_numbers_do_no_harm);
	tcase_add_test(in, a_question_settles_what_is_missing);
	tcase_add_test(in, random_packets_are_counted_as_a_plain_list_counts_them);
	suite_add_tcase(suite, in);
	return suite;
}
