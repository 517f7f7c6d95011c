/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "binding/binding.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "binding/suites.h"
#include "support/support.h"

static struct ipoib__bindings bindings;
static struct ipoib__binding made[IPOIB__BINDINGS_MAX + 1];

static void setup(void)
{
	support_setup();
	ipoib__bindings_init(&bindings);
}

static struct ipoib_ip ip(const char *text)
{
	struct ipoib_ip out;

	ck_assert_msg(ipoib_ip_parse(&out, text) == 0, "%s is no address", text);
	return out;
}

/* Binds an address as the n-th; returns what adding it returned. */
static int bind_nth(unsigned n, const char *text, uint8_t prefix_length)
{
	made[n].address = ip(text);
	made[n].prefix_length = prefix_length;
	return ipoib__bindings_add(&bindings, &made[n]);
}

START_TEST(an_address_that_a_host_may_have_can_be_bound)
{
	static const struct {
		const char *address;
		unsigned prefix_length;
	} good[] = {
		{ "10.0.0.1", 24 },	  { "10.0.0.1", 0 },	     { "10.0.0.1", 32 },
		{ "1.0.0.1", 8 },	  { "126.255.255.254", 8 },  { "128.0.0.1", 16 },
		{ "223.255.255.254", 24 }, { "169.254.7.9", 16 },    { "10.0.0.254", 24 },
		{ "10.0.0.255", 23 }, /* in the middle of 10.0.0.0/23 */
		{ "10.0.0.254", 31 }, /* RFC 3021: both are hosts */
		{ "10.0.0.255", 31 },
		{ "10.0.0.255", 32 }, /* a subnet of one has no broadcast */
		{ "10.0.0.2", 30 },	  { "10.1.2.0", 24 }, /* as Linux has it since 5.14 */
	};

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		struct ipoib_ip address = ip(good[i].address);

		ck_assert_msg(ipoib__binding_check(&address, good[i].prefix_length) == 0, "%s/%u",
			      good[i].address, good[i].prefix_length);
	}
}
END_TEST

START_TEST(an_address_that_no_host_may_have_is_refused)
{
	static const struct {
		const char *address;
		unsigned prefix_length;
	} bad[] = {
		{ "0.0.0.0", 0 },	  { "0.0.0.0", 32 },	     { "0.255.0.1", 8 },
		{ "127.0.0.1", 8 },	  { "127.255.0.1", 32 },     { "224.0.0.1", 24 },
		{ "239.1.2.3", 32 },	  { "240.0.0.1", 8 },	     { "255.255.255.255", 0 },
		{ "255.255.255.255", 32 }, { "10.0.0.255", 24 },     { "10.0.1.255", 23 },
		{ "10.0.0.3", 30 },	  { "10.255.255.255", 8 },   { "127.255.255.255", 1 },
		{ "10.0.0.1", 33 },	  { "10.0.0.1", 64 },	     { "10.0.0.1", 255 },
		{ "10.0.0.1", 256 },	  { "10.0.0.1", UINT_MAX },
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct ipoib_ip address = ip(bad[i].address);

		ck_assert_msg(ipoib__binding_check(&address, bad[i].prefix_length) == -EINVAL,
			      "%s/%u", bad[i].address, bad[i].prefix_length);
	}
}
END_TEST

START_TEST(an_ipv6_address_that_a_host_may_have_can_be_bound)
{
	static const char *const good[] = { "fe80::1", "2001:db8::1", "fd00::",	  "fe80::ffff:1",
					    "::2",     "::1:0:0",     "::fffe:1:2", "febf::1",
					    "2001:db8::ffff:10.0.0.255" };

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		struct ipoib_ip address = ip(good[i]);

		for (unsigned length = 0; length <= 128; length++)
			ck_assert_msg(ipoib__binding_check(&address, length) == 0, "%s/%u",
				      good[i], length);
		ck_assert_int_eq(ipoib__binding_check(&address, 129), -EINVAL);
		ck_assert_int_eq(ipoib__binding_check(&address, UINT_MAX), -EINVAL);
	}
}
END_TEST

START_TEST(an_ipv6_address_that_no_host_may_have_is_refused)
{
	static const char *const bad[] = { "::", "::1", "ff02::1", "ff00::", "ffff::1",
					   "ff02::1:ff00:1", "::ffff:10.0.0.1",
					   "::ffff:0:0", "::ffff:255.255.255.255" };

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct ipoib_ip address = ip(bad[i]);

		for (unsigned length = 0; length <= 130; length++)
			ck_assert_msg(ipoib__binding_check(&address, length) == -EINVAL, "%s/%u",
				      bad[i], length);
	}
}
END_TEST

START_TEST(what_is_of_neither_version_is_another_family)
{
	static const uint8_t families[] = { 0, 1, 2, 5, 7, 10, 255 };

	for (size_t i = 0; i < sizeof(families); i++) {
		struct ipoib_ip none = { .family = families[i], .raw = { 10, 0, 0, 1 } };

		ck_assert_int_eq(ipoib__binding_check(&none, 24), -EAFNOSUPPORT);
		ck_assert_int_eq(ipoib__binding_check(&none, 200), -EAFNOSUPPORT);
		ck_assert(!ipoib__binding_same_subnet(&none, &none, 0));
	}
}
END_TEST

/* Two addresses that differ in one bit are in one subnet exactly when it is behind the prefix. */
START_TEST(a_prefix_of_each_length_tells_subnets_apart_at_its_last_bit)
{
	static const char *const addresses[] = { "10.255.0.85", "2001:db8:5555:ff::aaaa:1" };

	for (unsigned i = 0; i < 2; i++) {
		struct ipoib_ip a = ip(addresses[i]);
		unsigned bits = a.family == IPOIB_IPV4 ? 32 : 128;

		for (unsigned bit = 0; bit < bits; bit++) {
			struct ipoib_ip b = a;

			b.raw[bit / 8] ^= (uint8_t)(0x80 >> bit % 8);
			for (unsigned length = 0; length <= bits; length++)
				ck_assert_msg(ipoib__binding_same_subnet(&a, &b, length) ==
						      (bit >= length),
					      "%s, bit %u, /%u", addresses[i], bit, length);
			/* a prefix that is too long is one of all bits, and reads nothing else */
			ck_assert(!ipoib__binding_same_subnet(&a, &b, UINT_MAX));
			ck_assert(ipoib__binding_same_subnet(&a, &a, UINT_MAX));
		}
	}
}
END_TEST

START_TEST(addresses_of_two_versions_are_in_no_subnet)
{
	struct ipoib_ip four = ip("10.0.0.1"), six = ip("a00:1::");

	for (unsigned length = 0; length <= 128; length++) {
		ck_assert(!ipoib__binding_same_subnet(&four, &six, length));
		ck_assert(!ipoib__binding_same_subnet(&six, &four, length));
	}
}
END_TEST

START_TEST(an_added_address_waits_for_its_link)
{
	memset(&made[0].probe, 0xff, sizeof(made[0].probe));
	ck_assert_int_eq(bind_nth(0, "10.0.0.1", 24), 0);
	ck_assert_uint_eq(made[0].probe.state, IPOIB_BINDING_WAITING);
	ck_assert(made[0].probe.deadline == IPOIB_NEVER && !made[0].probe.up);
	ck_assert_uint_eq(made[0].probe.conflicts, 0);
}
END_TEST

START_TEST(an_address_is_found_from_when_it_is_added_until_it_is_removed)
{
	struct ipoib_ip address = ip("10.0.0.1"), other = ip("10.0.0.2"), six = ip("a00:1::");

	ck_assert_ptr_null(ipoib__bindings_find(&bindings, &address));
	ck_assert_int_eq(bind_nth(0, "10.0.0.1", 24), 0);
	ck_assert_ptr_eq(ipoib__bindings_find(&bindings, &address), &made[0]);
	ck_assert_ptr_null(ipoib__bindings_find(&bindings, &other));
	ck_assert_ptr_null(ipoib__bindings_find(&bindings, &six)); /* the same octets, in IPv6 */
	ck_assert_uint_eq(bindings.count, 1);

	ipoib__bindings_remove(&bindings, &made[0]);
	ck_assert_ptr_null(ipoib__bindings_find(&bindings, &address));
	ck_assert_uint_eq(bindings.count, 0);
	ck_assert_int_eq(bind_nth(0, "10.0.0.1", 16), 0);
	ck_assert_uint_eq(bindings.count, 1);
}
END_TEST

START_TEST(an_address_is_bound_once_whatever_its_prefix)
{
	ck_assert_int_eq(bind_nth(0, "10.0.0.1", 24), 0);
	ck_assert_int_eq(bind_nth(1, "10.0.0.1", 24), -EADDRINUSE);
	ck_assert_int_eq(bind_nth(1, "10.0.0.1", 16), -EADDRINUSE);
	ck_assert_int_eq(bind_nth(1, "10.0.0.2", 24), 0);
	ck_assert_uint_eq(bindings.count, 2);
}
END_TEST

START_TEST(sixty_four_addresses_are_all_until_one_goes)
{
	char text[IPOIB_IP_TEXT];

	for (unsigned i = 0; i < IPOIB__BINDINGS_MAX; i++) {
		snprintf(text, sizeof(text), "10.0.%u.1", i);
		ck_assert_int_eq(bind_nth(i, text, 24), 0);
	}
	ck_assert_uint_eq(bindings.count, 64);
	ck_assert_int_eq(bind_nth(64, "10.1.0.1", 24), -ENOSPC);
	ck_assert_int_eq(bind_nth(64, "10.0.63.1", 24), -EADDRINUSE);
	ck_assert_uint_eq(bindings.count, 64);

	ipoib__bindings_remove(&bindings, &made[17]);
	ck_assert_int_eq(bind_nth(64, "10.1.0.1", 24), 0);
	ck_assert_uint_eq(bindings.count, 64);
	for (unsigned i = 0; i <= IPOIB__BINDINGS_MAX; i++)
		ck_assert_ptr_eq(ipoib__bindings_find(&bindings, &made[i].address),
				 i == 17 ? NULL : &made[i]);
}
END_TEST

static bool is_broadcast(const char *text)
{
	struct ipoib_ip address = ip(text);

	return ipoib__bindings_is_broadcast(&bindings, &address);
}

START_TEST(the_last_address_of_a_bound_subnet_is_its_broadcast)
{
	ck_assert(!is_broadcast("10.0.0.255"));
	bind_nth(0, "10.0.0.1", 24);
	bind_nth(1, "10.2.0.1", 22);
	bind_nth(2, "10.4.0.1", 30);
	bind_nth(3, "2001:db8::1", 120);
	ck_assert(!is_broadcast("2001:db8::ff")); /* IPv6 has none */
	ck_assert(is_broadcast("10.0.0.255"));
	ck_assert(!is_broadcast("10.0.0.254"));
	ck_assert(!is_broadcast("10.0.1.255"));
	ck_assert(!is_broadcast("10.0.0.0"));
	ck_assert(is_broadcast("10.2.3.255"));
	ck_assert(!is_broadcast("10.2.0.255"));
	ck_assert(is_broadcast("10.4.0.3"));
	ck_assert(!is_broadcast("255.255.255.255")); /* the limited broadcast is of no subnet */
	ck_assert(!is_broadcast("a00:ff::"));        /* octets of 10.0.0.255, in IPv6 */
	ipoib__bindings_remove(&bindings, &made[0]);
	ck_assert(!is_broadcast("10.0.0.255"));
}
END_TEST

START_TEST(a_subnet_of_two_or_one_has_no_broadcast)
{
	bind_nth(0, "10.0.0.0", 31);
	bind_nth(1, "10.0.1.255", 32);
	ck_assert(!is_broadcast("10.0.0.1"));
	ck_assert(!is_broadcast("10.0.1.255"));
	bind_nth(2, "10.0.1.1", 24); /* but in this one 10.0.1.255 is */
	ck_assert(is_broadcast("10.0.1.255"));
}
END_TEST

/* Of a /0 both broadcasts are one address. It goes to everybody either way. */
START_TEST(the_directed_broadcast_of_a_prefix_of_0_is_the_limited_one)
{
	bind_nth(0, "10.0.0.1", 0);
	ck_assert(is_broadcast("255.255.255.255"));
	ck_assert(!is_broadcast("10.255.255.255"));
}
END_TEST

Suite *suite_binding(void)
{
	Suite *suite = suite_create("binding");
	TCase *tcase = tcase_create("binding");

	tcase_add_checked_fixture(tcase, setup, support_teardown);
	tcase_add_test(tcase, an_address_that_a_host_may_have_can_be_bound);
	tcase_add_test(tcase, an_address_that_no_host_may_have_is_refused);
	tcase_add_test(tcase, an_ipv6_address_that_a_host_may_have_can_be_bound);
	tcase_add_test(tcase, an_ipv6_address_that_no_host_may_have_is_refused);
	tcase_add_test(tcase, what_is_of_neither_version_is_another_family);
	tcase_add_test(tcase, a_prefix_of_each_length_tells_subnets_apart_at_its_last_bit);
	tcase_add_test(tcase, addresses_of_two_versions_are_in_no_subnet);
	tcase_add_test(tcase, an_added_address_waits_for_its_link);
	tcase_add_test(tcase, an_address_is_found_from_when_it_is_added_until_it_is_removed);
	tcase_add_test(tcase, an_address_is_bound_once_whatever_its_prefix);
	tcase_add_test(tcase, sixty_four_addresses_are_all_until_one_goes);
	tcase_add_test(tcase, the_last_address_of_a_bound_subnet_is_its_broadcast);
	tcase_add_test(tcase, a_subnet_of_two_or_one_has_no_broadcast);
	tcase_add_test(tcase, the_directed_broadcast_of_a_prefix_of_0_is_the_limited_one);
	suite_add_tcase(suite, tcase);
	return suite;
}
