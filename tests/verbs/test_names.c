/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include <errno.h>
#include <string.h>

#include "support/support.h"
#include "verbs/name.h"
#include "verbs/pkey.h"
#include "verbs/suites.h"

START_TEST(a_port_is_written_as_device_and_number)
{
	static const char *const bad[] = {
		"", "/1", "rxe0/", "rxe0/0", "rxe0/255", "rxe0/1000", "rxe0/-1", "rxe0/1x",
		"rxe0/ 1", "rxe0/1/1",
	};
	struct ipoib__verbs_name name;

	ck_assert_int_eq(ipoib__verbs_name_parse(&name, "rxe0"), 0);
	ck_assert_str_eq(name.device, "rxe0");
	ck_assert_uint_eq(name.port, 1);
	ck_assert_int_eq(ipoib__verbs_name_parse(&name, "mlx5_0/254"), 0);
	ck_assert_str_eq(name.device, "mlx5_0");
	ck_assert_uint_eq(name.port, 254);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ck_assert_int_eq(ipoib__verbs_name_parse(&name, bad[i]), -EINVAL);
	ck_assert_int_eq(ipoib__verbs_name_parse(&name, NULL), -EINVAL);
}
END_TEST

START_TEST(a_name_longer_than_any_device_has_is_refused)
{
	struct ipoib__verbs_name name;
	char text[128];

	for (size_t length = 1; length < sizeof(text); length++) {
		memset(text, 'a', length);
		text[length] = 0;
		ck_assert_int_eq(ipoib__verbs_name_parse(&name, text),
				 length < IPOIB__VERBS_DEVICE ? 0 : -EINVAL);
	}
}
END_TEST

static bool finds(const struct ipoib_port_attributes *port, uint16_t pkey, uint16_t at)
{
	uint16_t index;

	return ipoib__verbs_pkey_find(port, pkey, &index) && index == at;
}

START_TEST(a_partition_is_found_whatever_its_membership)
{
	const struct ipoib_port_attributes port = {
		.pkey_count = 5,
		.pkeys = { 0xffff, 0x0001, 0x8001, 0, 0x0002 },
	};
	uint16_t index;

	ck_assert(finds(&port, 0xffff, 0));
	ck_assert(finds(&port, 0x7fff, 0));
	ck_assert(finds(&port, 0x8001, 2));
	ck_assert(finds(&port, 0x0001, 2));
	ck_assert(finds(&port, 0x8002, 4));
	ck_assert(!ipoib__verbs_pkey_find(&port, 0x8003, &index));
	ck_assert(!ipoib__verbs_pkey_find(&port, 0x8000, &index));
	ck_assert(!ipoib__verbs_pkey_find(&port, 0, &index));
}
END_TEST

START_TEST(a_partition_that_moves_is_found_at_its_new_place)
{
	struct ipoib_port_attributes port = { .pkey_count = 2, .pkeys = { 0xffff, 0x8001 } };
	uint16_t index;

	ck_assert(finds(&port, 0x8001, 1));
	port.pkeys[1] = 0x8002;
	ck_assert(!ipoib__verbs_pkey_find(&port, 0x8001, &index));
	port.pkeys[0] = 0x8001;
	ck_assert(finds(&port, 0x8001, 0));
	port.pkey_count = 0;
	ck_assert(!ipoib__verbs_pkey_find(&port, 0x8001, &index));
	port.pkey_count = UINT32_MAX;
	ck_assert(!ipoib__verbs_pkey_find(&port, 0x8003, &index));
}
END_TEST

Suite *suite_names(void)
{
	Suite *suite = suite_create("names");
	TCase *tcase = tcase_create("names");

	tcase_add_checked_fixture(tcase, support_setup, support_teardown);
	tcase_add_test(tcase, a_port_is_written_as_device_and_number);
	tcase_add_test(tcase, a_name_longer_than_any_device_has_is_refused);
	tcase_add_test(tcase, a_partition_is_found_whatever_its_membership);
	tcase_add_test(tcase, a_partition_that_moves_is_found_at_its_new_place);
	suite_add_tcase(suite, tcase);
	return suite;
}
