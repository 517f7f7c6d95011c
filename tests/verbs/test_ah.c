/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include <errno.h>
#include <string.h>

#include "support/support.h"
#include "verbs/ah.h"
#include "verbs/suites.h"

/* An adapter that counts what it has made. */
struct adapter {
	unsigned made, alive;
	int refuse;
};

static int create(void *owner, const struct ipoib_ah_attributes *attributes, void **handle)
{
	struct adapter *adapter = owner;

	(void)attributes;
	if (adapter->refuse < 0)
		return adapter->refuse;
	adapter->made++;
	adapter->alive++;
	*handle = adapter;
	return 0;
}

static void destroy(void *owner, void *handle)
{
	struct adapter *adapter = owner;

	ck_assert_ptr_eq(handle, adapter);
	ck_assert_uint_gt(adapter->alive, 0);
	adapter->alive--;
}

static struct adapter adapter;
static struct ipoib__verbs_ahs ahs;

static void set_up(void)
{
	static const uint8_t key[IPOIB__SIPHASH_KEY] = { 1 };
	const struct ipoib__verbs_ahs_hooks hooks = {
		.create = create,
		.destroy = destroy,
		.owner = &adapter,
	};

	support_setup();
	memset(&adapter, 0, sizeof(adapter));
	ipoib__verbs_ahs_init(&ahs, support_memory(), &hooks, key);
}

static void tear_down(void)
{
	ipoib__verbs_ahs_fini(&ahs);
	ck_assert_uint_eq(adapter.alive, 0);
	support_teardown();
}

static struct ipoib_ah_attributes to(uint8_t last)
{
	struct ipoib_ah_attributes attributes = {
		.dlid = 7, .sl = 1, .rate = 3, .global = 1, .hop_limit = 64,
	};

	attributes.dgid.raw[15] = last;
	return attributes;
}

static struct ipoib__verbs_ah *get(const struct ipoib_ah_attributes *attributes)
{
	struct ipoib__verbs_ah *ah;

	ck_assert_int_eq(ipoib__verbs_ahs_get(&ahs, attributes, &ah), 0);
	return ah;
}

START_TEST(equal_attributes_share_a_handle_until_the_last_gives_it_back)
{
	struct ipoib_ah_attributes attributes = to(1);
	struct ipoib__verbs_ah *a = get(&attributes), *b = get(&attributes);

	ck_assert_ptr_eq(a, b);
	ck_assert_uint_eq(adapter.made, 1);
	ipoib__verbs_ahs_put(&ahs, a);
	ck_assert_uint_eq(adapter.alive, 1);
	ipoib__verbs_ahs_put(&ahs, b);
	ck_assert_uint_eq(adapter.alive, 0);
}
END_TEST

START_TEST(each_attribute_tells_handles_apart)
{
	struct ipoib_ah_attributes attributes[9];
	struct ipoib__verbs_ah *ah[9];

	for (unsigned i = 0; i < 9; i++)
		attributes[i] = to(1);
	attributes[1].dlid++;
	attributes[2].sl++;
	attributes[3].rate++;
	attributes[4].global = 0;
	attributes[5].hop_limit++;
	attributes[6].traffic_class++;
	attributes[7].flow_label++;
	attributes[8].dgid.raw[0]++;
	for (unsigned i = 0; i < 9; i++)
		ah[i] = get(&attributes[i]);
	ck_assert_uint_eq(adapter.made, 9);
	for (unsigned i = 0; i < 9; i++)
		ipoib__verbs_ahs_put(&ahs, ah[i]);
}
END_TEST

START_TEST(without_a_grh_what_it_would_hold_does_not_count)
{
	struct ipoib_ah_attributes a = to(1), b = to(2);
	struct ipoib__verbs_ah *first, *second;

	a.global = b.global = 0;
	b.flow_label = 5;
	first = get(&a);
	second = get(&b);
	ck_assert_ptr_eq(first, second);
	ipoib__verbs_ahs_put(&ahs, first);
	ipoib__verbs_ahs_put(&ahs, second);
}
END_TEST

START_TEST(an_outdated_handle_serves_its_users_and_no_new_one)
{
	struct ipoib_ah_attributes attributes = to(1), other = to(2);
	struct ipoib__verbs_ah *old = get(&attributes), *stays = get(&other), *new;

	ipoib__verbs_ahs_outdate(&ahs, &attributes);
	ipoib__verbs_ahs_outdate(&ahs, &attributes);
	new = get(&attributes);
	ck_assert_ptr_ne(old, new);
	ck_assert_uint_eq(adapter.alive, 3);
	ck_assert_ptr_eq(get(&other), stays);
	ipoib__verbs_ahs_put(&ahs, old);
	ck_assert_uint_eq(adapter.alive, 2);
	ck_assert_ptr_eq(get(&attributes), new);
	ipoib__verbs_ahs_outdate_all(&ahs);
	for (unsigned i = 0; i < 2; i++) {
		ipoib__verbs_ahs_put(&ahs, new);
		ipoib__verbs_ahs_put(&ahs, stays);
	}
}
END_TEST

START_TEST(what_the_adapter_refuses_leaves_nothing)
{
	struct ipoib_ah_attributes attributes = to(1);
	struct ipoib__verbs_ah *ah;

	adapter.refuse = -ETIMEDOUT;
	ck_assert_int_eq(ipoib__verbs_ahs_get(&ahs, &attributes, &ah), -ETIMEDOUT);
	ck_assert_uint_eq(support_blocks(), 0);
	adapter.refuse = 0;
	for (long n = 1; n <= 2; n++) {
		support_fail_after(n, false);
		ck_assert_int_eq(ipoib__verbs_ahs_get(&ahs, &attributes, &ah), -ENOMEM);
		support_fail_after(0, false);
		ck_assert_uint_eq(adapter.alive, 0);
	}
	ipoib__verbs_ahs_put(&ahs, get(&attributes));
}
END_TEST

START_TEST(thousands_of_handles_come_and_go)
{
	struct ipoib__random *random = support_random();
	static struct ipoib__verbs_ah *ah[4096];

	memset(ah, 0, sizeof(ah));
	for (unsigned i = 0; i < 40000; i++) {
		unsigned at = (unsigned)ipoib__random_below(random, 4096);
		struct ipoib_ah_attributes attributes = to((uint8_t)(at / 2));

		attributes.dlid = (uint16_t)(at / 512);
		if (ah[at] != NULL)
			ipoib__verbs_ahs_put(&ahs, ah[at]);
		ah[at] = ah[at] == NULL ? get(&attributes) : NULL;
		if (ipoib__random_below(random, 64) == 0)
			ipoib__verbs_ahs_outdate(&ahs, &attributes);
	}
	for (unsigned i = 0; i < 4096; i++)
		if (ah[i] != NULL)
			ipoib__verbs_ahs_put(&ahs, ah[i]);
}
END_TEST

Suite *suite_ah(void)
{
	Suite *suite = suite_create("ah");
	TCase *tcase = tcase_create("ah");

	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_add_test(tcase, equal_attributes_share_a_handle_until_the_last_gives_it_back);
	tcase_add_test(tcase, each_attribute_tells_handles_apart);
	tcase_add_test(tcase, without_a_grh_what_it_would_hold_does_not_count);
	tcase_add_test(tcase, an_outdated_handle_serves_its_users_and_no_new_one);
	tcase_add_test(tcase, what_the_adapter_refuses_leaves_nothing);
	tcase_add_test(tcase, thousands_of_handles_come_and_go);
	suite_add_tcase(suite, tcase);
	return suite;
}
