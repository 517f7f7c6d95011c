/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* The decision for single packets: the table of mtu.h, cell by cell. */
#include "mtu/mtu.h"
#include "mtu/suites.h"
#include "support/support.h"

#define DATAGRAM 2044
#define CONNECTION 16380
#define INTERFACE 65520

#define NONE IPOIB__MTU_NO_CONNECTION
#define WANTED IPOIB__MTU_WANTED
#define BEING_MADE IPOIB__MTU_CONNECTING
#define UP IPOIB__MTU_CONNECTED

#define BY_DATAGRAM IPOIB__MTU_DATAGRAM
#define BY_CONNECTION IPOIB__MTU_CONNECTION
#define WAITS IPOIB__MTU_WAIT
#define TOO_BIG IPOIB__MTU_TOO_BIG /* or cut, where that is allowed */

static const struct row {
	enum ipoib__mtu_link link;
	size_t length;
	enum ipoib__mtu_way way;
	uint32_t mtu;
} table[] = {
	{ NONE, 20, BY_DATAGRAM, DATAGRAM },
	{ NONE, 2044, BY_DATAGRAM, DATAGRAM },
	{ NONE, 2045, TOO_BIG, DATAGRAM },
	{ NONE, 65520, TOO_BIG, DATAGRAM },
	{ WANTED, 20, BY_DATAGRAM, DATAGRAM },
	{ WANTED, 2044, BY_DATAGRAM, DATAGRAM },
	{ WANTED, 2045, WAITS, INTERFACE },
	{ WANTED, 65520, WAITS, INTERFACE },
	{ WANTED, 65521, TOO_BIG, INTERFACE },
	{ BEING_MADE, 20, BY_DATAGRAM, DATAGRAM },
	{ BEING_MADE, 2044, BY_DATAGRAM, DATAGRAM },
	{ BEING_MADE, 2045, WAITS, INTERFACE },
	{ BEING_MADE, 65520, WAITS, INTERFACE },
	{ BEING_MADE, 65521, TOO_BIG, INTERFACE },
	{ UP, 20, BY_CONNECTION, CONNECTION },
	{ UP, 2044, BY_CONNECTION, CONNECTION },
	{ UP, 4188, BY_CONNECTION, CONNECTION },
	{ UP, 16380, BY_CONNECTION, CONNECTION },
	{ UP, 16381, TOO_BIG, CONNECTION },
	{ UP, SIZE_MAX, TOO_BIG, CONNECTION },
};

static struct ipoib__mtu_path path_of(enum ipoib__mtu_link link)
{
	return (struct ipoib__mtu_path){ .link = link,
					 .datagram = DATAGRAM,
					 .connection = CONNECTION,
					 .interface = INTERFACE };
}

START_TEST(every_cell_of_the_table_is_as_it_is_written)
{
	const struct row *row = &table[_i];
	struct ipoib__mtu_path path = path_of(row->link);

	for (unsigned how = 0; how < 4; how++) {
		bool fragile = how & 1;
		enum ipoib__mtu_way way = row->way;
		struct ipoib__mtu_verdict verdict;

		path.may_fragment = how & 2;
		if (way == TOO_BIG && path.may_fragment && !fragile)
			way = IPOIB__MTU_FRAGMENT;
		verdict = ipoib__mtu_decide(&path, row->length, fragile);
		ck_assert_int_eq(verdict.way, way);
		ck_assert_uint_eq(verdict.mtu, row->mtu);
	}
}
END_TEST

START_TEST(the_mtu_of_a_peer_follows_its_connection)
{
	struct ipoib__mtu_path path = path_of(NONE);

	ck_assert_uint_eq(ipoib__mtu_of_peer(&path), DATAGRAM);
	path.link = WANTED;
	ck_assert_uint_eq(ipoib__mtu_of_peer(&path), INTERFACE);
	path.link = BEING_MADE;
	ck_assert_uint_eq(ipoib__mtu_of_peer(&path), INTERFACE);
	path.link = UP;
	ck_assert_uint_eq(ipoib__mtu_of_peer(&path), CONNECTION);
}
END_TEST

START_TEST(nothing_is_longer_than_the_interface_says)
{
	for (int link = NONE; link <= UP; link++) {
		struct ipoib__mtu_path path = path_of((enum ipoib__mtu_link)link);

		path.interface = 1500;
		ck_assert_uint_eq(ipoib__mtu_of_peer(&path), 1500);
		ck_assert_int_eq(ipoib__mtu_decide(&path, 1501, true).way, TOO_BIG);
		ck_assert_uint_eq(ipoib__mtu_decide(&path, 1501, true).mtu, 1500);
		ck_assert_uint_eq(ipoib__mtu_decide(&path, 1500, true).mtu, 1500);
		ck_assert_int_eq(ipoib__mtu_decide(&path, 1500, true).way,
				 link == UP ? BY_CONNECTION : BY_DATAGRAM);
	}
}
END_TEST

/* I3: whatever is decided, the way takes the packet. */
START_TEST(a_packet_is_never_given_to_what_does_not_take_it)
{
	struct ipoib__random *numbers = support_random();

	for (unsigned i = 0; i < 100000; i++) {
		struct ipoib__mtu_path path = {
			.link = (enum ipoib__mtu_link)ipoib__random_below(numbers, 4),
			.datagram = (uint32_t)ipoib__random_below(numbers, 4093),
			.connection = (uint32_t)ipoib__random_below(numbers, 65536),
			.interface = (uint32_t)ipoib__random_below(numbers, 65536),
			.may_fragment = ipoib__random_below(numbers, 2),
		};
		size_t length = (size_t)ipoib__random_below(numbers, 70000);
		bool fragile = ipoib__random_below(numbers, 2);
		struct ipoib__mtu_verdict v = ipoib__mtu_decide(&path, length, fragile);
		bool ok = true;

		switch (v.way) {
		case IPOIB__MTU_DATAGRAM:
			ok = length <= path.datagram && length <= v.mtu && path.link != UP;
			break;
		case IPOIB__MTU_CONNECTION:
			ok = length <= path.connection && length <= v.mtu && path.link == UP;
			break;
		case IPOIB__MTU_WAIT:
			ok = length > path.datagram && length <= v.mtu && path.link != UP &&
			     path.link != NONE;
			break;
		case IPOIB__MTU_FRAGMENT:
			ok = length > v.mtu && path.may_fragment && !fragile;
			break;
		case IPOIB__MTU_TOO_BIG:
			ok = length > v.mtu && (fragile || !path.may_fragment);
			break;
		}
		ck_assert_msg(ok, "link %d, %zu octets: way %d", (int)path.link, length,
			      (int)v.way);
		ck_assert_uint_le(v.mtu, path.interface);
	}
}
END_TEST

Suite *suite_decide(void)
{
	Suite *suite = suite_create("decide");
	TCase *tcase = tcase_create("decide");

	tcase_add_checked_fixture(tcase, support_setup, support_teardown);
	tcase_set_timeout(tcase, 120); /* for valgrind */
	tcase_add_loop_test(tcase, every_cell_of_the_table_is_as_it_is_written, 0,
			    sizeof(table) / sizeof(table[0]));
	tcase_add_test(tcase, the_mtu_of_a_peer_follows_its_connection);
	tcase_add_test(tcase, nothing_is_longer_than_the_interface_says);
	tcase_add_test(tcase, a_packet_is_never_given_to_what_does_not_take_it);
	suite_add_tcase(suite, tcase);
	return suite;
}
