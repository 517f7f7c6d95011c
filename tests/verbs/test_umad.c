/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* What umad.c adds to the SA client: where MADs go, and which are taken for answers. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support/support.h"
#include "verbs/fake_channel.h"
#include "verbs/suites.h"
#include "verbs/umad.h"

#define MS UINT64_C(1000000)

static struct ipoib__umad *umad;
static char modules[64]; /* of the kernel: none, to begin with */
static struct ipoib__random generator;
static const struct ipoib_gid dgid = { { 0xfe, 0x80, [15] = 2 } };

static int open_umad(void)
{
	const struct ipoib__umad_config config = {
		.memory = support_memory(),
		.random = &generator,
		.device = "fake0",
		.port = 1,
		.modules = modules,
	};

	umad = NULL;
	return ipoib__umad_open(&umad, &config);
}

static void setup(void)
{
	support_setup();
	fake_channel_reset();
	ipoib__random_seed(&generator, support_seed());
	strcpy(modules, "modules-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(modules));
	ck_assert_int_eq(open_umad(), 0);
}

static void teardown(void)
{
	ipoib__umad_close(umad);
	ck_assert(!fake_channel.open);
	(void)rmdir(modules);
	support_teardown();
}

/* By then it has been repeated once, whatever the jitter. */
#define REPEATED_NS (IPOIB__SA_PATH_LIMIT / 2)

static void ask(uint64_t id)
{
	ck_assert_int_eq(ipoib__umad_path(umad, id, &dgid, 0xffff), 0);
}

static struct ipoib_multicast_record group(void)
{
	return (struct ipoib_multicast_record){
		.mgid = { { 0xff, 0x12, 0x40, 0x1b, 0xff, 0xff, [15] = 9 } },
		.pkey = 0xffff,
		.join_state = IPOIB_JOIN_FULL_MEMBER,
	};
}

static void process(void)
{
	ipoib__umad_process(umad, support_now);
}

static void expect_status(uint64_t id, int status)
{
	struct ipoib_transport_event event;

	process();
	ck_assert(ipoib__umad_next_event(umad, &event));
	ck_assert_uint_eq(event.id, id);
	ck_assert_int_eq(event.status, status);
}

/* All the time that a question for a path has, and a bit more for the last repetition. */
static void let_time_out(void)
{
	for (uint64_t step = 0; step < 110; step++) {
		process();
		support_advance(IPOIB__SA_PATH_LIMIT / 100);
	}
}

START_TEST(what_fails_at_opening_leaves_nothing_behind)
{
	struct ipoib__umad *first = umad;

	fake_channel.port_status = -ENODEV;
	ck_assert_int_eq(open_umad(), -ENODEV);
	fake_channel.port_status = 0;
	fake_channel.open_status = -EACCES;
	ck_assert_int_eq(open_umad(), -EACCES);
	fake_channel.open_status = 0;
	support_fail_after(1, false);
	ck_assert_int_eq(open_umad(), -ENOMEM);
	support_fail_after(0, false);
	ck_assert_uint_eq(support_blocks(), 1);
	ipoib__umad_close(NULL);
	umad = first;
}
END_TEST

START_TEST(an_answer_is_awaited_a_little_less_than_it_is_asked_again)
{
	struct ipoib_multicast_record wanted = group();

	ask(1);
	ck_assert_int_eq(ipoib__umad_join(umad, 2, &wanted), 0);
	process();
	ck_assert_uint_eq(fake_channel.sent, 2);
	for (unsigned i = 0; i < 2; i++) {
		uint64_t limit = i == 0 ? IPOIB__SA_PATH_LIMIT : IPOIB__SA_JOIN_LIMIT;
		uint64_t spacing = limit / IPOIB__SA_SENDS * (100 - IPOIB__SA_JITTER) / 100;

		ck_assert_uint_lt(fake_channel.milliseconds[i] * MS, spacing);
		ck_assert_uint_gt(fake_channel.milliseconds[i] * MS, spacing - spacing / 4);
	}
}
END_TEST

START_TEST(a_mad_come_back_is_no_answer)
{
	ask(1);
	process();
	fake_channel_return(0);
	process();
	ck_assert_uint_eq(ipoib__umad_counters(umad).unanswered, 1);
	ck_assert_uint_eq(ipoib__umad_counters(umad).sa.stray, 0);
	ck_assert_uint_eq(ipoib__umad_in_flight(umad), 1);
	fake_channel_answer(0, 0x0300, 1);
	expect_status(1, -ENOENT);
}
END_TEST

START_TEST(only_the_subnet_manager_answers)
{
	ask(1);
	process();
	fake_channel_answer(0, 0x0300, 2);
	process();
	ck_assert_uint_eq(ipoib__umad_counters(umad).foreign, 1);
	ck_assert_uint_eq(ipoib__umad_in_flight(umad), 1);
	fake_channel_answer(0, 0x0300, 1);
	expect_status(1, -ENOENT);
}
END_TEST

START_TEST(a_subnet_manager_that_moved_is_asked_where_it_is)
{
	struct ipoib__umad_port port = *ipoib__umad_port(umad);

	ask(1);
	process();
	port.sm_lid = 9;
	ipoib__umad_set_port(umad, &port);
	support_advance(REPEATED_NS);
	process();
	ck_assert_uint_eq(fake_channel.lids[0], 1);
	ck_assert_uint_eq(fake_channel.lids[1], 9);
	fake_channel_answer(0, 0x0300, 1); /* the old one has come to it at last */
	process();
	ck_assert_uint_eq(ipoib__umad_in_flight(umad), 1);
	fake_channel_answer(1, 0x0300, 9);
	expect_status(1, -ENOENT);
}
END_TEST

START_TEST(without_a_subnet_manager_questions_time_out)
{
	struct ipoib__umad_port port = *ipoib__umad_port(umad);

	port.sm_lid = 0;
	ipoib__umad_set_port(umad, &port);
	ask(1);
	let_time_out();
	expect_status(1, -ETIMEDOUT);
	ck_assert_uint_eq(fake_channel.sent, 0);
	ck_assert_uint_eq(ipoib__umad_counters(umad).unsent, IPOIB__SA_SENDS);
}
END_TEST

START_TEST(what_the_channel_does_not_take_is_sent_again)
{
	fake_channel.send_status = -EIO;
	ask(1);
	process();
	ck_assert_uint_eq(ipoib__umad_counters(umad).unsent, 1);
	fake_channel.send_status = 0;
	support_advance(REPEATED_NS);
	process();
	fake_channel_answer(0, 0x0300, 1);
	expect_status(1, -ENOENT);
}
END_TEST

START_TEST(a_device_that_is_gone_is_left_alone)
{
	ask(1);
	process();
	fake_channel.device_gone = true;
	process();
	ck_assert(ipoib__umad_is_broken(umad));
	fake_channel.device_gone = false; /* whatever it would say */
	fake_channel_answer(0, 0x0300, 1);
	let_time_out();
	expect_status(1, -ETIMEDOUT);
	ck_assert_uint_eq(fake_channel.sent, 1);
	ck_assert_uint_eq(fake_channel.arrived, 0);
}
END_TEST

START_TEST(a_flood_is_taken_in_turns)
{
	ask(1);
	process();
	for (unsigned i = 0; i < FAKE_ARRIVES; i++)
		fake_channel_answer(0, 0x0300, 2);
	process();
	ck_assert_uint_lt(fake_channel.arrived, FAKE_ARRIVES);
	ck_assert_uint_eq(ipoib__umad_deadline(umad), 0);
	for (unsigned i = 0; i < 4; i++)
		process();
	ck_assert_uint_eq(fake_channel.arrived, FAKE_ARRIVES);
	ck_assert_uint_ne(ipoib__umad_deadline(umad), 0);
}
END_TEST

START_TEST(who_cannot_be_watched_is_looked_at_while_it_matters)
{
	ipoib__umad_set_polled(umad);
	ck_assert_uint_eq(ipoib__umad_deadline(umad), IPOIB_NEVER);
	ask(1);
	ck_assert_uint_eq(ipoib__umad_deadline(umad), 0);
	process();
	ck_assert_uint_eq(ipoib__umad_deadline(umad), support_now + MS);
	fake_channel_answer(0, 0x0300, 1);
	expect_status(1, -ENOENT);
	process();
	ck_assert_uint_eq(ipoib__umad_deadline(umad), IPOIB_NEVER);
	ck_assert_int_eq(ipoib__umad_fd(umad), FAKE_FD);
}
END_TEST

START_TEST(leaves_are_sent_at_the_end)
{
	struct ipoib_multicast_record wanted = group();
	struct ipoib__mad mad;

	ask(1);
	ipoib__umad_leave(umad, &wanted);
	ipoib__umad_close(umad);
	umad = NULL;
	ck_assert_uint_eq(fake_channel.sent, 1);
	ck_assert_int_gt(ipoib__mad_decode(&mad, fake_channel.mads[0], IPOIB__MAD_LENGTH), 0);
	ck_assert_uint_eq(mad.method, IPOIB__MAD_DELETE);
}
END_TEST

START_TEST(no_leave_is_sent_while_the_kernels_ipoib_is_there)
{
	struct ipoib_multicast_record wanted = group();
	char path[128];

	snprintf(path, sizeof(path), "%s/ib_ipoib", modules);
	ck_assert_int_eq(mkdir(path, 0700), 0);
	ipoib__umad_leave(umad, &wanted);
	ck_assert_uint_eq(ipoib__umad_counters(umad).kept, 1);
	ck_assert_uint_eq(ipoib__umad_in_flight(umad), 0);
	ck_assert_int_eq(rmdir(path), 0);
	ipoib__umad_leave(umad, &wanted);
	ck_assert_uint_eq(ipoib__umad_counters(umad).kept, 1);
	process();
	ck_assert_uint_eq(fake_channel.sent, 1);
}
END_TEST

/* It may be there all the same. */
START_TEST(no_leave_is_sent_by_one_who_cannot_look)
{
	struct ipoib_multicast_record wanted = group();

	ck_assert_int_eq(rmdir(modules), 0);
	ipoib__umad_leave(umad, &wanted);
	ck_assert_uint_eq(ipoib__umad_counters(umad).kept, 1);
}
END_TEST

Suite *suite_umad(void)
{
	Suite *suite = suite_create("umad");
	TCase *tcase = tcase_create("umad");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, what_fails_at_opening_leaves_nothing_behind);
	tcase_add_test(tcase, an_answer_is_awaited_a_little_less_than_it_is_asked_again);
	tcase_add_test(tcase, a_mad_come_back_is_no_answer);
	tcase_add_test(tcase, only_the_subnet_manager_answers);
	tcase_add_test(tcase, a_subnet_manager_that_moved_is_asked_where_it_is);
	tcase_add_test(tcase, without_a_subnet_manager_questions_time_out);
	tcase_add_test(tcase, what_the_channel_does_not_take_is_sent_again);
	tcase_add_test(tcase, a_device_that_is_gone_is_left_alone);
	tcase_add_test(tcase, a_flood_is_taken_in_turns);
	tcase_add_test(tcase, who_cannot_be_watched_is_looked_at_while_it_matters);
	tcase_add_test(tcase, leaves_are_sent_at_the_end);
	tcase_add_test(tcase, no_leave_is_sent_while_the_kernels_ipoib_is_there);
	tcase_add_test(tcase, no_leave_is_sent_by_one_who_cannot_look);
	suite_add_tcase(suite, tcase);
	return suite;
}
