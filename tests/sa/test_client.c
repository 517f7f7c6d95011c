/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* When questions are sent, repeated, ended and forgotten. */
#include <errno.h>
#include <string.h>

#include "sa/bench.h"
#include "sa/suites.h"

/* A third of the time that a question has, a quarter of that less or more. */
static void is_a_spacing(uint64_t time)
{
	const uint64_t third = IPOIB__SA_PATH_LIMIT / IPOIB__SA_SENDS;

	ck_assert_uint_ge(time, third - third / 4);
	ck_assert_uint_le(time, third + third / 4);
}

START_TEST(asking_records_and_expiring_sends)
{
	ck_assert_uint_eq(ipoib__sa_deadline(&client), IPOIB_NEVER);
	ck_assert_int_eq(bench_ask_path(1), 0);
	ck_assert_uint_eq(bench_sent, 0);
	ck_assert_uint_eq(ipoib__sa_deadline(&client), 0);
	bench_expire();
	ck_assert_uint_eq(bench_sent, 1);
	is_a_spacing(ipoib__sa_deadline(&client));
}
END_TEST

START_TEST(a_question_is_repeated_and_then_times_out)
{
	uint64_t begin = support_now;

	ck_assert_int_eq(bench_ask_path(1), 0);
	for (unsigned i = 0; i < IPOIB__SA_SENDS; i++) {
		bench_expire();
		ck_assert_uint_eq(bench_sent, i + 1);
		ck_assert_mem_eq(bench_mad(i), bench_mad(0), IPOIB__MAD_LENGTH);
		uint64_t spacing = ipoib__sa_deadline(&client) - support_now;
		if (i + 1 < IPOIB__SA_SENDS)
			is_a_spacing(spacing);
		support_advance(spacing - 1);
		bench_expire();
		ck_assert_uint_eq(bench_sent, i + 1);
		support_advance(1);
	}
	ck_assert(!ipoib__sa_answered(&client));
	bench_expire();
	bench_event(IPOIB_TRANSPORT_PATH, 1, -ETIMEDOUT);
	ck_assert_uint_eq(support_now - begin, IPOIB__SA_PATH_LIMIT);
	ck_assert_uint_eq(bench_sent, IPOIB__SA_SENDS);
	bench_expire();
	ck_assert_uint_eq(ipoib__sa_deadline(&client), IPOIB_NEVER);
	ck_assert_uint_eq(client.counters.timeouts, 1);
}
END_TEST

/* Those that were asked together are not repeated together. */
START_TEST(repetitions_are_spread)
{
	const uint64_t third = IPOIB__SA_PATH_LIMIT / IPOIB__SA_SENDS;
	unsigned before;

	for (unsigned i = 0; i < IPOIB__SA_IN_FLIGHT_MAX; i++)
		ck_assert_int_eq(bench_ask_path(i), 0);
	bench_expire();
	before = bench_sent;
	for (uint64_t at = third - third / 4; at <= third + third / 4; at += third / 20) {
		support_advance(at - support_now);
		bench_expire();
		ck_assert_uint_le(bench_sent - before, IPOIB__SA_IN_FLIGHT_MAX / 2);
		before = bench_sent;
	}
	support_advance(third);
	bench_expire();
	ck_assert_uint_ge(client.counters.resent, IPOIB__SA_IN_FLIGHT_MAX);
}
END_TEST

START_TEST(late_and_repeated_answers_are_harmless)
{
	struct ipoib__sa_path path = bench_path();

	ck_assert_int_eq(bench_ask_path(1), 0);
	bench_expire();
	bench_answer_path(0, &path);
	bench_answer_path(0, &path);
	bench_event(IPOIB_TRANSPORT_PATH, 1, 0);
	bench_answer_path(0, &path);
	ck_assert(!ipoib__sa_answered(&client));
	ck_assert_uint_eq(client.counters.stray, 2);
	support_advance(IPOIB__SA_PATH_LIMIT);
	bench_expire();
	ck_assert_uint_eq(bench_sent, 1);
}
END_TEST

START_TEST(answers_to_two_questions_come_in_the_order_of_arrival)
{
	struct ipoib__sa_path path = bench_path();
	struct ipoib_transport_event event;

	ck_assert_int_eq(bench_ask_path(1), 0);
	ck_assert_int_eq(bench_ask_path(2), 0);
	bench_expire();
	ck_assert_uint_ne(bench_request(0).mad.transaction, bench_request(1).mad.transaction);
	bench_answer_path(1, &path);
	bench_answer_path(0, &path);
	ck_assert(ipoib__sa_next(&client, &event));
	ck_assert_uint_eq(event.id, 2);
	bench_event(IPOIB_TRANSPORT_PATH, 1, 0);
}
END_TEST

START_TEST(a_cancelled_question_has_no_answer)
{
	struct ipoib__sa_path path = bench_path();

	ck_assert_int_eq(bench_ask_path(1), 0);
	ipoib__sa_cancel(&client, 1); /* before it was sent */
	bench_expire();
	ck_assert_uint_eq(bench_sent, 0);
	ck_assert_int_eq(bench_ask_path(2), 0);
	bench_expire();
	ipoib__sa_cancel(&client, 2); /* in flight */
	bench_answer_path(0, &path);
	ck_assert_int_eq(bench_ask_path(3), 0);
	bench_expire();
	bench_answer_path(1, &path);
	ipoib__sa_cancel(&client, 3); /* answered */
	ipoib__sa_cancel(&client, 4); /* unknown */
	ck_assert(!ipoib__sa_answered(&client));
	ck_assert_uint_eq(client.questions, 0);
	ck_assert_uint_eq(client.in_flight, 0);
}
END_TEST

START_TEST(questions_are_bounded_and_only_some_are_in_flight)
{
	struct ipoib__sa_path path = bench_path();

	for (unsigned i = 0; i < IPOIB__SA_QUESTIONS_MAX; i++)
		ck_assert_int_eq(bench_ask_path(i), 0);
	ck_assert_int_eq(bench_ask_path(999), -EAGAIN);
	ck_assert_int_eq(bench_ask_join(999, 0), -EAGAIN);
	bench_expire();
	ck_assert_uint_eq(bench_sent, IPOIB__SA_IN_FLIGHT_MAX);
	bench_answer_path(0, &path);
	ck_assert_int_eq(bench_ask_path(999), -EAGAIN); /* the answer was not taken */
	bench_event(IPOIB_TRANSPORT_PATH, 0, 0);
	bench_expire();
	ck_assert_uint_eq(bench_sent, IPOIB__SA_IN_FLIGHT_MAX + 1);
	ck_assert_int_eq(bench_ask_path(999), 0);
	for (uint64_t time = 0; time < 3 * IPOIB__SA_PATH_LIMIT; time += 100000000) {
		support_advance(100000000);
		bench_expire();
	}
	ck_assert_uint_eq(client.in_flight, 0);
	ck_assert_uint_eq(client.counters.timeouts, IPOIB__SA_QUESTIONS_MAX);
}
END_TEST

START_TEST(questions_about_one_group_wait_for_each_other)
{
	struct ipoib_multicast_record group = bench_group();
	struct ipoib__sa_mcmember member = bench_member();

	ipoib__sa_leave(&client, &group, &bench_sgid);
	ck_assert_int_eq(bench_ask_join(1, 0), 0);
	group.mgid.raw[15]++;
	ipoib__sa_leave(&client, &group, &bench_sgid);
	bench_expire();
	ck_assert_uint_eq(bench_sent, 2); /* both leaves */
	ck_assert_uint_eq(bench_request(0).mad.method, IPOIB__MAD_DELETE);
	ck_assert_uint_eq(bench_request(1).mad.method, IPOIB__MAD_DELETE);
	bench_answer(0, 0, NULL, 0);
	ck_assert(!ipoib__sa_answered(&client));
	bench_expire();
	ck_assert_uint_eq(bench_request(2).mad.method, IPOIB__MAD_SET);
	bench_answer_member(2, &member);
	bench_event(IPOIB_TRANSPORT_JOIN, 1, 0);
	ck_assert_uint_eq(client.leaves, 1);
}
END_TEST

START_TEST(leaves_are_bounded_and_need_no_answer)
{
	struct ipoib_multicast_record group = bench_group();

	for (unsigned i = 0; i <= IPOIB__SA_LEAVES_MAX; i++) {
		group.mgid.raw[10] = (uint8_t)(i >> 8);
		group.mgid.raw[11] = (uint8_t)i;
		ipoib__sa_leave(&client, &group, &bench_sgid);
	}
	ck_assert_uint_eq(client.counters.unasked_leaves, 1);
	ck_assert_int_eq(bench_ask_path(1), 0);
	while (client.leaves > 0) {
		bench_expire();
		support_advance(IPOIB__SA_JOIN_LIMIT / IPOIB__SA_SENDS);
	}
	bench_expire();
	/* The path's question may have ended meanwhile. */
	ck_assert_uint_eq(client.counters.timeouts - ipoib__sa_answered(&client),
			  IPOIB__SA_LEAVES_MAX);
}
END_TEST

START_TEST(leaves_that_wait_are_sent_at_the_end)
{
	struct ipoib_multicast_record group = bench_group();

	ck_assert_int_eq(bench_ask_path(1), 0);
	ck_assert_int_eq(bench_ask_join(2, 0), 0);
	bench_expire();
	ck_assert_int_eq(bench_ask_path(3), 0);
	ipoib__sa_leave(&client, &group, &bench_sgid); /* behind the join */
	for (unsigned i = 0; i < IPOIB__SA_IN_FLIGHT_MAX; i++) {
		group.mgid.raw[11] = (uint8_t)(i + 1);
		ipoib__sa_leave(&client, &group, &bench_sgid);
	}
	ipoib__sa_farewell(&client);
	ck_assert_uint_eq(bench_sent, IPOIB__SA_IN_FLIGHT_MAX);
	for (unsigned i = 2; i < bench_sent; i++)
		ck_assert_uint_eq(bench_request(i).mad.method, IPOIB__MAD_DELETE);
	ck_assert_uint_eq(client.counters.unasked_leaves, 3);
	ck_assert_uint_eq(client.questions, 0);
	ck_assert_uint_eq(client.leaves, 0);
	ck_assert_uint_eq(support_blocks(), 0);
}
END_TEST

START_TEST(no_memory_is_an_answer_to_the_one_who_asks)
{
	struct ipoib_multicast_record group = bench_group();

	support_fail_after(1, true);
	ck_assert_int_eq(bench_ask_path(1), -ENOMEM);
	ck_assert_int_eq(bench_ask_join(1, 1), -ENOMEM);
	ipoib__sa_leave(&client, &group, &bench_sgid);
	support_fail_after(0, false);
	ck_assert_uint_eq(client.counters.unasked_leaves, 1);
	ck_assert_int_eq(bench_ask_path(1), 0);
}
END_TEST

START_TEST(the_first_transaction_is_random)
{
	struct ipoib__sa_client other;

	ipoib__sa_init(&other, support_memory(), support_random(), NULL, NULL);
	ck_assert_uint_ne(other.next_transaction, client.next_transaction);
}
END_TEST

START_TEST(the_end_of_time_is_no_overflow)
{
	support_now = IPOIB_NEVER - 10;
	ck_assert_int_eq(bench_ask_path(1), 0);
	bench_expire();
	ck_assert_uint_eq(ipoib__sa_deadline(&client), IPOIB_NEVER);
}
END_TEST

Suite *suite_client(void)
{
	Suite *suite = suite_create("sa client");
	TCase *tcase = tcase_create("client");

	tcase_add_checked_fixture(tcase, bench_setup, bench_teardown);
	tcase_add_test(tcase, asking_records_and_expiring_sends);
	tcase_add_test(tcase, a_question_is_repeated_and_then_times_out);
	tcase_add_test(tcase, repetitions_are_spread);
	tcase_add_test(tcase, late_and_repeated_answers_are_harmless);
	tcase_add_test(tcase, answers_to_two_questions_come_in_the_order_of_arrival);
	tcase_add_test(tcase, a_cancelled_question_has_no_answer);
	tcase_add_test(tcase, questions_are_bounded_and_only_some_are_in_flight);
	tcase_add_test(tcase, questions_about_one_group_wait_for_each_other);
	tcase_add_test(tcase, leaves_are_bounded_and_need_no_answer);
	tcase_add_test(tcase, leaves_that_wait_are_sent_at_the_end);
	tcase_add_test(tcase, no_memory_is_an_answer_to_the_one_who_asks);
	tcase_add_test(tcase, the_first_transaction_is_random);
	tcase_add_test(tcase, the_end_of_time_is_no_overflow);
	suite_add_tcase(suite, tcase);
	return suite;
}
