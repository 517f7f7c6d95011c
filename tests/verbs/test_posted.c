/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include <errno.h>

#include "support/support.h"
#include "verbs/posted.h"
#include "verbs/suites.h"

static struct ipoib__verbs_posted posted;

static void set_up_depth(uint32_t depth)
{
	ck_assert_int_eq(ipoib__verbs_posted_init(&posted, support_memory(), depth), 0);
}

static void tear_down(void)
{
	ipoib__verbs_posted_fini(&posted);
}

static void takes(uint64_t cookie, int status)
{
	struct ipoib__verbs_posted_place place;

	ck_assert(ipoib__verbs_posted_take(&posted, &place));
	ck_assert_uint_eq(place.cookie, cookie);
	ck_assert_int_eq(place.status, status);
}

static void takes_nothing(void)
{
	struct ipoib__verbs_posted_place place;

	ck_assert(!ipoib__verbs_posted_decided(&posted));
	ck_assert(!ipoib__verbs_posted_take(&posted, &place));
}

START_TEST(a_signalled_completion_completes_those_before_it)
{
	set_up_depth(8);
	for (uint64_t i = 0; i < 5; i++)
		ck_assert_uint_eq(ipoib__verbs_posted_put(&posted, 100 + i, NULL), i);
	takes_nothing();
	ck_assert(ipoib__verbs_posted_completed(&posted, 3, 0));
	for (uint64_t i = 0; i < 4; i++)
		takes(100 + i, 0);
	takes_nothing();
	ck_assert_uint_eq(posted.hardware, 1);
	tear_down();
}
END_TEST

START_TEST(an_error_belongs_to_its_own_request)
{
	set_up_depth(8);
	for (uint64_t i = 0; i < 4; i++)
		ipoib__verbs_posted_put(&posted, i, NULL);
	ck_assert(ipoib__verbs_posted_completed(&posted, 2, -EIO));
	ck_assert(ipoib__verbs_posted_completed(&posted, 3, -ECANCELED));
	takes(0, 0);
	takes(1, 0);
	takes(2, -EIO);
	takes(3, -ECANCELED);
	takes_nothing();
	tear_down();
}
END_TEST

START_TEST(what_never_reached_the_adapter_comes_back_in_its_turn)
{
	set_up_depth(8);
	ipoib__verbs_posted_put(&posted, 1, NULL);
	ipoib__verbs_posted_put_ours(&posted, 2, NULL, -EMSGSIZE);
	ipoib__verbs_posted_put(&posted, 3, NULL);
	ipoib__verbs_posted_put_ours(&posted, 4, NULL, -EMSGSIZE);
	takes_nothing();
	ck_assert(ipoib__verbs_posted_completed(&posted, 0, 0));
	takes(1, 0);
	takes(2, -EMSGSIZE);
	takes_nothing();
	ck_assert(ipoib__verbs_posted_completed(&posted, 2, 0));
	takes(3, 0);
	takes(4, -EMSGSIZE);
	takes_nothing();
	ipoib__verbs_posted_put_ours(&posted, 5, NULL, -ECANCELED);
	takes(5, -ECANCELED);
	ipoib__verbs_posted_put(&posted, 6, NULL);
	ck_assert(ipoib__verbs_posted_completed(&posted, 5, 0));
	takes(6, 0);
	tear_down();
}
END_TEST

START_TEST(a_place_is_free_when_its_completion_was_taken)
{
	set_up_depth(3);
	for (uint64_t i = 0; i < 3; i++)
		ipoib__verbs_posted_put(&posted, i, NULL);
	ck_assert(ipoib__verbs_posted_full(&posted));
	ck_assert(ipoib__verbs_posted_completed(&posted, 2, 0));
	ck_assert(ipoib__verbs_posted_full(&posted));
	takes(0, 0);
	ck_assert(!ipoib__verbs_posted_full(&posted));
	tear_down();
}
END_TEST

START_TEST(a_completion_of_nothing_that_was_posted_is_refused)
{
	set_up_depth(4);
	ck_assert(!ipoib__verbs_posted_completed(&posted, 0, 0));
	ipoib__verbs_posted_put(&posted, 1, NULL);
	ipoib__verbs_posted_put_ours(&posted, 2, NULL, -EIO);
	ck_assert(!ipoib__verbs_posted_completed(&posted, 1, 0));
	ck_assert(!ipoib__verbs_posted_completed(&posted, 2, 0));
	ck_assert(!ipoib__verbs_posted_completed(&posted, UINT32_MAX, 0));
	ck_assert(ipoib__verbs_posted_completed(&posted, 0, 0));
	ck_assert(!ipoib__verbs_posted_completed(&posted, 0, 0));
	tear_down();
}
END_TEST

START_TEST(held_receives_wait_until_they_are_posted)
{
	const struct ipoib__verbs_posted_place *held;
	uint32_t number;
	char memory[2];

	set_up_depth(4);
	ck_assert(ipoib__verbs_posted_held(&posted, &number) == NULL);
	ipoib__verbs_posted_put(&posted, 1, memory);
	ipoib__verbs_posted_hold(&posted, 2, memory, 64, 7);
	ipoib__verbs_posted_hold(&posted, 3, memory + 1, 65, 8);
	ck_assert(!ipoib__verbs_posted_completed(&posted, 1, 0));
	ck_assert(ipoib__verbs_posted_completed(&posted, 0, -ECANCELED));
	takes(1, -ECANCELED);
	takes_nothing();
	ck_assert_uint_eq(posted.hardware, 0);
	held = ipoib__verbs_posted_held(&posted, &number);
	ck_assert_uint_eq(held->cookie, 2);
	ck_assert_uint_eq(held->length, 64);
	ck_assert_uint_eq(held->key, 7);
	ck_assert_uint_eq(number, 1);
	ipoib__verbs_posted_release(&posted);
	ck_assert_ptr_eq(ipoib__verbs_posted_held(&posted, &number)->address, memory + 1);
	ipoib__verbs_posted_release(&posted);
	ck_assert(ipoib__verbs_posted_held(&posted, &number) == NULL);
	ck_assert(ipoib__verbs_posted_completed(&posted, 2, 0));
	takes(2, 0);
	takes(3, 0);
	tear_down();
}
END_TEST

START_TEST(what_a_dead_adapter_had_comes_back)
{
	set_up_depth(4);
	ipoib__verbs_posted_put(&posted, 1, NULL);
	ipoib__verbs_posted_put_ours(&posted, 2, NULL, -EMSGSIZE);
	ipoib__verbs_posted_put(&posted, 3, NULL);
	ipoib__verbs_posted_abandon(&posted, -ECANCELED);
	takes(1, -ECANCELED);
	takes(2, -EMSGSIZE);
	takes(3, -ECANCELED);
	ck_assert_uint_eq(posted.hardware, 0);
	tear_down();
}
END_TEST

START_TEST(what_the_adapter_refused_was_never_entered)
{
	set_up_depth(8);
	ipoib__verbs_posted_put(&posted, 1, NULL);
	ipoib__verbs_posted_put_ours(&posted, 2, NULL, -EMSGSIZE);
	ipoib__verbs_posted_put(&posted, 3, NULL);
	ipoib__verbs_posted_withdraw(&posted, 2);
	ck_assert_uint_eq(posted.hardware, 1);
	ipoib__verbs_posted_withdraw(&posted, 0);
	ck_assert_uint_eq(posted.hardware, 0);
	takes_nothing();
	ck_assert_uint_eq(ipoib__verbs_posted_put(&posted, 4, NULL), 0);
	tear_down();
}
END_TEST

/* Every burst ends with a signalled one, or its last ones would wait for the next burst. */
START_TEST(the_last_of_a_burst_is_signalled_and_some_before_it)
{
	unsigned signalled = 0;

	set_up_depth(64);
	for (unsigned i = 0; i < 40; i++) {
		ipoib__verbs_posted_put(&posted, i, NULL);
		signalled += ipoib__verbs_posted_signal(&posted, i == 39);
	}
	ck_assert_uint_eq(signalled, 3);
	ck_assert_uint_eq(posted.quiet, 0);
	tear_down();
	for (uint32_t depth = 1; depth < 8; depth++) {
		unsigned quiet = 0;

		set_up_depth(depth);
		while (!ipoib__verbs_posted_full(&posted)) {
			ipoib__verbs_posted_put(&posted, 0, NULL);
			quiet = ipoib__verbs_posted_signal(&posted, false) ? 0 : quiet + 1;
		}
		ck_assert_uint_le(quiet, depth / 2);
		tear_down();
	}
}
END_TEST

/* ---- against a model: every request comes back once, in order, with its own status ---- */

struct model {
	int status[1024]; /* by number, modulo; 1: the adapter's, not decided */
	uint32_t put, known, take;
};

static void post_some(struct ipoib__random *random, struct model *model)
{
	uint64_t burst = ipoib__random_below(random, 20);

	for (uint64_t i = 0; i < burst && !ipoib__verbs_posted_full(&posted); i++) {
		bool ours = ipoib__random_below(random, 8) == 0;

		model->status[model->put % 1024] = ours ? -EMSGSIZE : 1;
		if (ours)
			ipoib__verbs_posted_put_ours(&posted, model->put, NULL, -EMSGSIZE);
		else
			ck_assert_uint_eq(ipoib__verbs_posted_put(&posted, model->put, NULL),
					  model->put);
		model->put++;
	}
}

static void complete_some(struct ipoib__random *random, struct model *model)
{
	uint32_t number;
	int status = ipoib__random_below(random, 4) == 0 ? -EIO : 0;

	if (model->known == model->put)
		return;
	number = model->known + (uint32_t)ipoib__random_below(random, model->put - model->known);
	if (model->status[number % 1024] != 1) {
		ck_assert(!ipoib__verbs_posted_completed(&posted, number, 0));
		return;
	}
	while (model->known <= number) {
		int *at = &model->status[model->known++ % 1024];

		if (*at == 1)
			*at = 0;
	}
	model->status[number % 1024] = status;
	ck_assert(ipoib__verbs_posted_completed(&posted, number, status));
}

static void take_some(struct ipoib__random *random, struct model *model)
{
	uint64_t count = ipoib__random_below(random, 20);

	for (uint64_t i = 0; i < count; i++) {
		struct ipoib__verbs_posted_place place;
		bool decided = model->take != model->put &&
			       model->status[model->take % 1024] != 1;

		ck_assert_int_eq(ipoib__verbs_posted_take(&posted, &place), decided);
		if (!decided)
			return;
		ck_assert_uint_eq(place.cookie, model->take);
		ck_assert_int_eq(place.status, model->status[model->take % 1024]);
		model->take++;
		if (model->known < model->take)
			model->known = model->take;
	}
}

START_TEST(each_request_comes_back_once_and_in_order)
{
	struct ipoib__random *random = support_random();
	struct model model = { .put = 0 };

	set_up_depth((uint32_t)ipoib__random_between(random, 1, 300));
	for (unsigned i = 0; i < 20000; i++) {
		uint32_t hardware = 0;

		post_some(random, &model);
		complete_some(random, &model);
		take_some(random, &model);
		for (uint32_t at = model.take; at != model.put; at++)
			hardware += model.status[at % 1024] == 1;
		ck_assert_uint_eq(posted.hardware, hardware);
	}
	tear_down();
}
END_TEST

START_TEST(no_memory_is_an_error)
{
	support_fail_after(1, false);
	ck_assert_int_eq(ipoib__verbs_posted_init(&posted, support_memory(), 8), -ENOMEM);
	ipoib__verbs_posted_fini(&posted);
}
END_TEST

Suite *suite_posted(void)
{
	Suite *suite = suite_create("posted");
	TCase *tcase = tcase_create("posted");

	tcase_add_checked_fixture(tcase, support_setup, support_teardown);
	tcase_add_test(tcase, a_signalled_completion_completes_those_before_it);
	tcase_add_test(tcase, an_error_belongs_to_its_own_request);
	tcase_add_test(tcase, what_never_reached_the_adapter_comes_back_in_its_turn);
	tcase_add_test(tcase, a_place_is_free_when_its_completion_was_taken);
	tcase_add_test(tcase, a_completion_of_nothing_that_was_posted_is_refused);
	tcase_add_test(tcase, held_receives_wait_until_they_are_posted);
	tcase_add_test(tcase, what_a_dead_adapter_had_comes_back);
	tcase_add_test(tcase, what_the_adapter_refused_was_never_entered);
	tcase_add_test(tcase, the_last_of_a_burst_is_signalled_and_some_before_it);
	tcase_add_test(tcase, each_request_comes_back_once_and_in_order);
	tcase_add_test(tcase, no_memory_is_an_error);
	suite_add_tcase(suite, tcase);
	return suite;
}
