/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* A completion queue and the channel that wakes for it, on an adapter that is this test. */
#include <errno.h>

#include "support/support.h"
#include "verbs/adapter.h"
#include "verbs/suites.h"

#define PLACES	   8
#define PLACES_MAX 20

static struct ipoib__verbs verbs;
static struct ipoib__verbs_cq_channel *channel;
static struct ipoib__verbs_cq cq;

static void set_up(void)
{
	support_setup();
	adapter_open(&verbs);
	channel = &verbs.channel;
	cq = (struct ipoib__verbs_cq){ .queue = NULL };
	ck_assert_int_eq(ipoib__verbs_cq_init(&cq, channel, verbs.device, PLACES, PLACES_MAX), 0);
}

static void tear_down(void)
{
	ipoib__verbs_cq_fini(&cq);
	ck_assert_uint_eq(channel->armed, 0);
	adapter_close(&verbs);
	support_teardown();
}

static void complete_one(uint64_t id)
{
	adapter_complete(&(struct ibv_wc){ .wr_id = id });
}

static void takes(uint64_t id)
{
	struct ibv_wc wc;

	ck_assert(ipoib__verbs_cq_take(&cq, &wc));
	ck_assert_uint_eq(wc.wr_id, id);
}

static void takes_nothing(void)
{
	struct ibv_wc wc;

	ck_assert(!ipoib__verbs_cq_take(&cq, &wc));
}

START_TEST(a_queue_is_armed_until_it_has_woken)
{
	ck_assert_int_eq(ipoib__verbs_cq_arm(&cq), 0);
	ck_assert_int_eq(ipoib__verbs_cq_arm(&cq), 0);
	ck_assert_uint_eq(channel->armed, 1);
	complete_one(1);
	ipoib__verbs_cq_channel_process(channel);
	ck_assert(!cq.armed);
	ck_assert_uint_eq(channel->armed, 0);
	takes(1);
	takes_nothing();
}
END_TEST

START_TEST(what_is_there_when_a_queue_is_armed_is_told_at_once)
{
	complete_one(1);
	complete_one(2);
	ck_assert_int_eq(ipoib__verbs_cq_arm(&cq), 1);
	takes(1);
	ck_assert_int_eq(ipoib__verbs_cq_arm(&cq), 1);
	takes(2);
	ck_assert_int_eq(ipoib__verbs_cq_arm(&cq), 0);
	ck_assert_uint_eq(channel->armed, 1);
}
END_TEST

START_TEST(the_channel_is_not_read_while_no_queue_is_armed)
{
	adapter.fired = true;
	ipoib__verbs_cq_channel_process(channel);
	ck_assert(adapter.fired);
	ck_assert_int_eq(ipoib__verbs_cq_arm(&cq), 0);
	ipoib__verbs_cq_channel_process(channel);
	ck_assert(!adapter.fired);
}
END_TEST

START_TEST(a_device_that_is_dead_is_asked_nothing)
{
	ck_assert_int_eq(ipoib__verbs_cq_arm(&cq), 0);
	complete_one(1);
	channel->dead = true;
	ipoib__verbs_cq_channel_process(channel);
	ck_assert(adapter.fired);
	takes_nothing();
	ck_assert_int_eq(ipoib__verbs_cq_arm(&cq), 0);
	ck_assert_uint_eq(adapter.done_count, 1);
}
END_TEST

/* Destroying a queue waits until its events are acknowledged. */
START_TEST(what_a_queue_was_woken_by_is_acknowledged_at_its_end)
{
	for (unsigned i = 0; i < 3; i++) {
		ck_assert_int_eq(ipoib__verbs_cq_arm(&cq), 0);
		complete_one(i);
		if (i < 2)
			ipoib__verbs_cq_channel_process(channel);
		takes(i);
	}
	ck_assert_uint_eq(adapter.acknowledged, 0);
	ipoib__verbs_cq_fini(&cq);
	ck_assert_uint_eq(adapter.acknowledged, 3);
	ck_assert(!adapter.cq_alive);
	ipoib__verbs_cq_fini(&cq); /* there is none any more */
}
END_TEST

START_TEST(places_are_those_that_the_adapter_has)
{
	ck_assert_int_eq(ipoib__verbs_cq_reserve(&cq, PLACES), 0);
	ck_assert_int_eq(adapter.cq.cqe, PLACES_MAX); /* twice as many are more than there are */
	ck_assert_int_eq(ipoib__verbs_cq_reserve(&cq, PLACES_MAX - 2 * PLACES + 1), -ENOMEM);
	ck_assert_int_eq(ipoib__verbs_cq_reserve(&cq, PLACES_MAX - 2 * PLACES), 0);
	ck_assert_int_eq(ipoib__verbs_cq_reserve(&cq, 1), -ENOMEM);
	ipoib__verbs_cq_release(&cq, 1);
	ck_assert_int_eq(ipoib__verbs_cq_reserve(&cq, 1), 0);
	ipoib__verbs_cq_fini(&cq);
	ck_assert_int_eq(
		ipoib__verbs_cq_init(&cq, channel, verbs.device, PLACES_MAX + 1, PLACES_MAX),
		-EINVAL);
}
END_TEST

Suite *suite_cq(void)
{
	Suite *suite = suite_create("cq");
	TCase *tcase = tcase_create("cq");

	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_add_test(tcase, a_queue_is_armed_until_it_has_woken);
	tcase_add_test(tcase, what_is_there_when_a_queue_is_armed_is_told_at_once);
	tcase_add_test(tcase, the_channel_is_not_read_while_no_queue_is_armed);
	tcase_add_test(tcase, a_device_that_is_dead_is_asked_nothing);
	tcase_add_test(tcase, what_a_queue_was_woken_by_is_acknowledged_at_its_end);
	tcase_add_test(tcase, places_are_those_that_the_adapter_has);
	suite_add_tcase(suite, tcase);
	return suite;
}
