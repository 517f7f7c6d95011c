/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "base/list.h"

#include "base/suites.h"
#include "support/support.h"

struct item {
	int before; /* so that the link is not where the object begins */
	struct ipoib__list link;
	int name;
};

static struct ipoib__list head;
static struct item items[4];

static void setup(void)
{
	support_setup();
	ipoib__list_init(&head);
	for (int i = 0; i < 4; i++) {
		items[i].name = i;
		ipoib__list_init(&items[i].link);
	}
}

/* Whether a list has the items of these names in this order, forwards and backwards. */
static bool list_is(const struct ipoib__list *list, const char *names)
{
	const struct ipoib__list *at = list->next;

	for (; *names; names++, at = at->next) {
		if (at == list || at->next->prev != at)
			return false;
		if (ipoib__container_of(at, struct item, link)->name != *names - '0')
			return false;
	}
	return at == list && list->next->prev == list;
}

START_TEST(nodes_are_pushed_to_both_ends_and_popped_from_the_front)
{
	ck_assert(ipoib__list_empty(&head));
	ck_assert_ptr_null(ipoib__list_first(&head));
	ck_assert_ptr_null(ipoib__list_pop_front(&head));

	ipoib__list_push_back(&head, &items[1].link);
	ipoib__list_push_back(&head, &items[2].link);
	ipoib__list_push_front(&head, &items[0].link);
	ck_assert(list_is(&head, "012"));
	ck_assert_ptr_eq(ipoib__list_first(&head), &items[0].link);

	ck_assert_ptr_eq(ipoib__list_pop_front(&head), &items[0].link);
	ck_assert(!ipoib__list_is_linked(&items[0].link));
	ck_assert(list_is(&head, "12"));
}
END_TEST

START_TEST(a_node_is_removed_from_anywhere_and_twice)
{
	for (int i = 0; i < 4; i++)
		ipoib__list_push_back(&head, &items[i].link);

	ipoib__list_remove(&items[1].link);
	ck_assert(list_is(&head, "023"));
	ipoib__list_remove(&items[1].link);
	ck_assert(list_is(&head, "023"));
	ck_assert(!ipoib__list_is_linked(&items[1].link));
	ipoib__list_remove(&items[3].link);
	ipoib__list_remove(&items[0].link);
	ck_assert(list_is(&head, "2"));
	ck_assert(ipoib__list_is_linked(&items[2].link));
	ipoib__list_remove(&items[2].link);
	ck_assert(ipoib__list_empty(&head));
}
END_TEST

START_TEST(a_splice_moves_all_in_order_to_the_end)
{
	struct ipoib__list other;

	ipoib__list_init(&other);
	ipoib__list_splice(&head, &other);
	ck_assert(list_is(&head, ""));

	ipoib__list_push_back(&other, &items[2].link);
	ipoib__list_push_back(&other, &items[3].link);
	ipoib__list_splice(&head, &other);
	ck_assert(list_is(&head, "23"));
	ck_assert(ipoib__list_empty(&other));

	ipoib__list_push_back(&other, &items[0].link);
	ipoib__list_push_back(&other, &items[1].link);
	ipoib__list_splice(&head, &other);
	ck_assert(list_is(&head, "2301"));
	ck_assert(list_is(&other, ""));
}
END_TEST

START_TEST(the_node_that_is_visited_may_be_removed)
{
	struct ipoib__list *at, *following;
	int visited = 0;

	for (int i = 0; i < 4; i++)
		ipoib__list_push_back(&head, &items[i].link);
	ipoib__list_for_each_safe(at, following, &head) {
		if (visited++ % 2 == 0)
			ipoib__list_remove(at);
	}
	ck_assert_int_eq(visited, 4);
	ck_assert(list_is(&head, "13"));
}
END_TEST

Suite *suite_list(void)
{
	Suite *suite = suite_create("list");
	TCase *tcase = tcase_create("list");

	tcase_add_checked_fixture(tcase, setup, support_teardown);
	tcase_add_test(tcase, nodes_are_pushed_to_both_ends_and_popped_from_the_front);
	tcase_add_test(tcase, a_node_is_removed_from_anywhere_and_twice);
	tcase_add_test(tcase, a_splice_moves_all_in_order_to_the_end);
	tcase_add_test(tcase, the_node_that_is_visited_may_be_removed);
	suite_add_tcase(suite, tcase);
	return suite;
}
