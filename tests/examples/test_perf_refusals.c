/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include <ipoib/interface.h>

#include "examples/examples.h"
#include "examples/perf_rig.h"
#include "support/support.h"

START_TEST(nobody_there_is_told_after_a_while)
{
	struct perf_terms terms = perf_rig_terms();

	rig.cut = true;
	perf_rig_begin(&terms);
	perf_rig_play(perf_rig_no_more);
	ck_assert_int_eq(rig.client.failure, PERF_FAILED_NO_ANSWER);
	ck_assert_uint_eq(rig.now, 1000 * MS + PERF_SILENCE_NS);
}
END_TEST

START_TEST(a_peer_that_dies_is_noticed_by_either_side)
{
	struct perf_terms terms = perf_rig_terms();
	struct perf_action action;

	terms.latency = _i == 1;
	terms.batch = 1;
	perf_rig_begin(&terms);
	while (rig.client.state != PERF_CLIENT_STREAM && rig.client.state != PERF_CLIENT_PING) {
		perf_rig_drain();
		perf_rig_step();
	}
	rig.cut = true;
	perf_rig_play(perf_rig_no_more);
	ck_assert_int_eq(rig.client.failure, PERF_FAILED_SILENCE);
	rig.now += PERF_SILENCE_NS;
	ck_assert(!perf_server_next(&rig.server, rig.now, &action));
	ck_assert_int_eq(rig.server.state, PERF_SERVER_IDLE);
	ck_assert(rig.server.lost);
	ck_assert_uint_eq(perf_server_due(&rig.server, rig.now), UINT64_MAX);
}
END_TEST

static void is_refused(const struct perf_terms *terms, uint32_t reason, uint32_t number)
{
	perf_rig_begin(terms);
	perf_rig_play(perf_rig_no_more);
	ck_assert_int_eq(rig.client.failure, PERF_FAILED_REFUSED);
	ck_assert_uint_eq(rig.client.reason, reason);
	ck_assert_uint_eq(rig.client.number, number);
	ck_assert_int_eq(rig.server.state, PERF_SERVER_IDLE);
}

START_TEST(terms_that_do_not_fit_the_server_are_refused)
{
	struct perf_terms terms = perf_rig_terms();

	terms.mode = IPOIB_MODE_CONNECTED;
	is_refused(&terms, PERF_REFUSED_MODE, IPOIB_MODE_DATAGRAM);
	terms = perf_rig_terms();
	terms.size = RIG_MTU - PERF_IP_HEADERS + 1;
	is_refused(&terms, PERF_REFUSED_SIZE, RIG_MTU);
	terms = perf_rig_terms();
	terms.batch = 65;
	is_refused(&terms, PERF_REFUSED_TERMS, 0);
}
END_TEST

START_TEST(terms_without_a_sense_are_none)
{
	struct perf_terms terms = perf_rig_terms();

	ck_assert(perf_terms_fit(&terms));
#define UNFIT(change)                                                                              \
	do {                                                                                       \
		terms = perf_rig_terms();                                                          \
		change;                                                                            \
		ck_assert_msg(!perf_terms_fit(&terms), "%s is taken", #change);                    \
	} while (0)
	UNFIT(terms.mode = 2);
	UNFIT(terms.size = PERF_HEADER - 1);
	UNFIT(terms.size = PERF_SIZE_MOST + 1);
	UNFIT(terms.window = 0);
	UNFIT(terms.window = PERF_WINDOW_MOST + 1);
	UNFIT(terms.batch = 0);
	UNFIT(terms.batch = PERF_BATCH_MOST + 1);
	UNFIT(terms.latency = terms.both = true);
	UNFIT(terms.count = 0);
	UNFIT(terms.duration_ns = 1);
	UNFIT((terms.count = 0, terms.duration_ns = UINT64_MAX));
#undef UNFIT
}
END_TEST

START_TEST(another_version_is_told_from_both_sides)
{
	struct perf_terms terms = perf_rig_terms();
	struct perf_message hello = { .version = PERF_VERSION + 1, .type = PERF_HELLO, .run = 5,
				      .source = rig.client_ip };
	struct perf_action answer;

	ck_assert(perf_server_take(&rig.server, &hello, rig.now, &answer));
	ck_assert_uint_eq(answer.message.type, PERF_REFUSE);
	ck_assert_uint_eq(answer.message.reason, PERF_REFUSED_VERSION);
	ck_assert_uint_eq(answer.message.number, PERF_VERSION);
	hello.type = PERF_DATA;
	ck_assert(!perf_server_take(&rig.server, &hello, rig.now, &answer));

	struct perf_message refuse = { .version = PERF_VERSION + 1, .type = PERF_REFUSE, .run = 77,
				       .source = rig.server_ip };

	perf_rig_begin(&terms);
	perf_client_take(&rig.client, &refuse, rig.now);
	ck_assert_int_eq(rig.client.failure, PERF_FAILED_REFUSED);
	ck_assert_uint_eq(rig.client.reason, PERF_REFUSED_VERSION);
	ck_assert_uint_eq(rig.client.number, PERF_VERSION + 1);
}
END_TEST

START_TEST(a_second_client_is_told_that_the_server_is_busy)
{
	static const uint8_t c[4] = { 10, 0, 0, 3 };
	struct perf_message hello = { .version = PERF_VERSION, .type = PERF_HELLO, .run = 5,
				      .terms = perf_rig_terms(), .source = rig.client_ip };
	struct perf_action answer;

	ck_assert(perf_server_take(&rig.server, &hello, rig.now, &answer));
	ck_assert_uint_eq(answer.message.type, PERF_ACCEPT);
	hello.source = ipoib_ip_from_ipv4(c);
	hello.run = 6;
	ck_assert(perf_server_take(&rig.server, &hello, rig.now, &answer));
	ck_assert_uint_eq(answer.message.reason, PERF_REFUSED_BUSY);
	ck_assert(ipoib_ip_equal(&answer.to, &hello.source));
	ck_assert_uint_eq(rig.server.run, 5);
	/* Nor can it end the first one's session, or ask for its packets. */
	hello.type = PERF_BYE;
	hello.run = 5;
	ck_assert(!perf_server_take(&rig.server, &hello, rig.now, &answer));
	ck_assert_int_eq(rig.server.state, PERF_SERVER_SERVING);
}
END_TEST

START_TEST(an_answer_with_other_terms_is_ignored)
{
	struct perf_terms terms = perf_rig_terms();
	struct perf_message accept = { .version = PERF_VERSION, .type = PERF_ACCEPT, .run = 77,
				       .terms = terms, .source = rig.server_ip };

	perf_rig_begin(&terms);
	accept.terms.window = 4096;
	perf_client_take(&rig.client, &accept, rig.now);
	accept.terms = terms;
	accept.terms.size = 65507;
	perf_client_take(&rig.client, &accept, rig.now);
	accept.terms = terms;
	accept.run = 78;
	perf_client_take(&rig.client, &accept, rig.now);
	accept.run = 77;
	accept.source = rig.client_ip;
	perf_client_take(&rig.client, &accept, rig.now);
	ck_assert_int_eq(rig.client.state, PERF_CLIENT_HELLO);
	accept.source = rig.server_ip;
	perf_client_take(&rig.client, &accept, rig.now);
	ck_assert_int_eq(rig.client.state, PERF_CLIENT_WARM);
}
END_TEST

START_TEST(what_is_too_long_ends_it_unless_a_connection_is_awaited)
{
	struct perf_terms terms = perf_rig_terms();

	terms.mode = IPOIB_MODE_CONNECTED;
	rig.server.mode = IPOIB_MODE_CONNECTED;
	perf_rig_begin(&terms);
	while (rig.client.state != PERF_CLIENT_WARM) {
		perf_rig_drain();
		perf_rig_step();
	}
	perf_client_too_big(&rig.client, 2044);
	ck_assert_int_eq(rig.client.state, PERF_CLIENT_WARM);
	while (rig.client.state != PERF_CLIENT_STREAM) {
		perf_rig_drain();
		perf_rig_step();
	}
	perf_client_too_big(&rig.client, 2044);
	ck_assert_int_eq(rig.client.failure, PERF_FAILED_TOO_BIG);
	ck_assert_uint_eq(rig.client.number, 2044);
}
END_TEST

/* Whatever comes in whatever order, no machine asserts, answers more than once or ends wrongly. */
START_TEST(random_messages_do_no_harm)
{
	struct perf_terms terms = perf_rig_terms();
	struct perf_action action;

	terms.both = true;
	perf_rig_begin(&terms);
	for (unsigned i = 0; i < 100000; i++) {
		struct perf_message message = {
			.version = PERF_VERSION,
			.type = (uint8_t)ipoib__random_below(support_random(), PERF_BYE + 2),
			.run = RIG_RUN + (uint32_t)ipoib__random_below(support_random(), 2),
			.sequence = ipoib__random_u64(support_random()) >>
				    ipoib__random_below(support_random(), 64),
			.terms = terms,
			.received = ipoib__random_below(support_random(), 1000),
			.through = ipoib__random_below(support_random(), 1000),
			.sent = ipoib__random_u64(support_random()),
			.finished = ipoib__random_below(support_random(), 2),
			.size = 64,
		};

		rig.now += ipoib__random_below(support_random(), MS);
		message.source = rig.client_ip;
		perf_server_take(&rig.server, &message, rig.now, &action);
		message.source = rig.server_ip;
		rig.client.ready = true;
		perf_client_take(&rig.client, &message, rig.now);
		perf_rig_drain();
		perf_rig_clear_line();
		if (rig.client.state == PERF_CLIENT_REPORT)
			perf_client_continue(&rig.client, 64, rig.now);
		else if (rig.client.state == PERF_CLIENT_ENDED)
			perf_rig_begin(&terms);
		ck_assert_uint_le(rig.client.sender.sent - rig.client.sender.through, 128);
		ck_assert_uint_le(rig.server.sender.sent - rig.server.sender.through, 128);
	}
}
END_TEST

Suite *suite_perf_refusals(void)
{
	Suite *suite = suite_create("perf_refusals");
	TCase *tcase = tcase_create("refusals");

	tcase_add_checked_fixture(tcase, perf_rig_setup, support_teardown);
	tcase_add_test(tcase, nobody_there_is_told_after_a_while);
	tcase_add_loop_test(tcase, a_peer_that_dies_is_noticed_by_either_side, 0, 2);
	tcase_add_test(tcase, terms_that_do_not_fit_the_server_are_refused);
	tcase_add_test(tcase, terms_without_a_sense_are_none);
	tcase_add_test(tcase, another_version_is_told_from_both_sides);
	tcase_add_test(tcase, a_second_client_is_told_that_the_server_is_busy);
	tcase_add_test(tcase, an_answer_with_other_terms_is_ignored);
	tcase_add_test(tcase, what_is_too_long_ends_it_unless_a_connection_is_awaited);
	tcase_add_test(tcase, random_messages_do_no_harm);
	suite_add_tcase(suite, tcase);
	return suite;
}
