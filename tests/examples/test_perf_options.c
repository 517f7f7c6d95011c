/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include <ipoib/interface.h>

#include "examples/examples.h"
#include "perf_options.h"
#include "support/support.h"

#define ARGUMENTS_MOST 24

static struct perf_options chosen;
static int status;

/* A command line behind what each needs; NULL ends it. */
static bool read_line(const char *const *extra)
{
	static char *line[ARGUMENTS_MOST] = {
		(char *)(uintptr_t)"ipoib-perf", (char *)(uintptr_t)"--fabric",
		(char *)(uintptr_t)"/f",	 (char *)(uintptr_t)"--port",
		(char *)(uintptr_t)"host2/1",	 (char *)(uintptr_t)"--address",
		(char *)(uintptr_t)"10.0.0.2/24",
	};
	int count = 7;

	status = -1;
	while (*extra != NULL && count < ARGUMENTS_MOST)
		line[count++] = (char *)(uintptr_t)*extra++;
	return perf_options_read(&chosen, count, line, &status);
}

#define READ(...) read_line((const char *const[]){ __VA_ARGS__, NULL })

START_TEST(what_is_not_said_has_a_default)
{
	ck_assert(READ("10.0.0.1"));
	ck_assert_uint_eq(chosen.terms.mode, IPOIB_MODE_DATAGRAM);
	ck_assert_uint_eq(chosen.terms.count, 1000);
	ck_assert_uint_eq(chosen.terms.window, 128);
	ck_assert_uint_eq(chosen.terms.batch, 16);
	ck_assert(!chosen.terms.event && !chosen.terms.both && !chosen.terms.latency);
	ck_assert(perf_options_fit(&chosen, 2044));
	ck_assert_uint_eq(chosen.size_count, 1);
	ck_assert_uint_eq(chosen.sizes[0], 2016);
}
END_TEST

START_TEST(every_option_has_its_effect)
{
	ck_assert(READ("-m", "rc", "-s", "64,2048", "-s65492", "-n", "7", "-b", "--batch=4",
		       "--window", "8", "-e", "--json", "10.0.0.1"));
	ck_assert_uint_eq(chosen.terms.mode, IPOIB_MODE_CONNECTED);
	ck_assert_uint_eq(chosen.size_count, 3);
	ck_assert_uint_eq(chosen.sizes[1], 2048);
	ck_assert_uint_eq(chosen.sizes[2], 65492);
	ck_assert_uint_eq(chosen.terms.count, 7);
	ck_assert_uint_eq(chosen.terms.window, 8);
	ck_assert_uint_eq(chosen.terms.batch, 4);
	ck_assert(chosen.terms.both && chosen.terms.event && chosen.json);
	ck_assert(READ("-D", "2", "--latency", "--poll", "10.0.0.1"));
	ck_assert_uint_eq(chosen.terms.count, 0);
	ck_assert_uint_eq(chosen.terms.duration_ns, UINT64_C(2000000000));
	ck_assert_uint_eq(chosen.terms.batch, 1);
	ck_assert(chosen.terms.latency && !chosen.terms.event);
	ck_assert(READ("--keep"));
	ck_assert(chosen.keep);
	ck_assert_uint_eq(chosen.server.family, 0);
}
END_TEST

START_TEST(all_sizes_are_powers_of_two_and_the_largest)
{
	ck_assert(READ("-a", "10.0.0.1"));
	ck_assert(perf_options_fit(&chosen, 2044));
	ck_assert_uint_eq(chosen.size_count, 7);
	ck_assert_uint_eq(chosen.sizes[0], 32);
	ck_assert_uint_eq(chosen.sizes[5], 1024);
	ck_assert_uint_eq(chosen.sizes[6], 2016);
	for (uint32_t mtu = 68; mtu <= 65535; mtu += 13) {
		ck_assert(READ("-a", "10.0.0.1"));
		ck_assert(perf_options_fit(&chosen, mtu));
		ck_assert_uint_eq(chosen.sizes[chosen.size_count - 1], mtu - PERF_IP_HEADERS);
		ck_assert(READ("--latency", "10.0.0.1"));
		ck_assert(perf_options_fit(&chosen, mtu));
		ck_assert_uint_le(chosen.sizes[0], mtu - PERF_IP_HEADERS);
	}
}
END_TEST

START_TEST(a_batch_is_at_most_half_of_the_window)
{
	ck_assert(READ("--window", "10", "10.0.0.1"));
	ck_assert_uint_eq(chosen.terms.batch, 5);
	ck_assert(READ("--window", "1", "--batch", "8", "10.0.0.1"));
	ck_assert_uint_eq(chosen.terms.batch, 1);
	chosen.terms.size = 64;
	ck_assert(perf_terms_fit(&chosen.terms));
}
END_TEST

START_TEST(what_does_not_fit_the_mtu_is_refused)
{
	ck_assert(READ("-s", "2016,2017", "10.0.0.1"));
	ck_assert(!perf_options_fit(&chosen, 2044));
	ck_assert(perf_options_fit(&chosen, 2045));
}
END_TEST

START_TEST(what_makes_no_sense_is_refused)
{
	ck_assert(!READ("-m", "uc", "10.0.0.1"));
	ck_assert_int_eq(status, EXIT_USAGE);
	ck_assert(!READ("-s", "23", "10.0.0.1"));
	ck_assert(!READ("-s", "65508", "10.0.0.1"));
	ck_assert(!READ("-s", "64,,128", "10.0.0.1"));
	ck_assert(!READ("-s", "", "10.0.0.1"));
	ck_assert(!READ("-s", "123456789012345678901234567890", "10.0.0.1"));
	ck_assert(!READ("-s", "64,64,64,64,64,64,64,64,64,64,64,64,64,64,64,64,64,64,64,64,64,64,"
			      "64,64,64,64,64,64,64,64,64,64,64", "10.0.0.1"));
	ck_assert(!READ("-n", "0", "10.0.0.1"));
	ck_assert(!READ("-D", "0", "10.0.0.1"));
	ck_assert(!READ("-n", "5", "-D", "1", "10.0.0.1"));
	ck_assert(!READ("-a", "-s", "64", "10.0.0.1"));
	ck_assert(!READ("--latency", "-b", "10.0.0.1"));
	ck_assert(!READ("--batch", "257", "10.0.0.1"));
	ck_assert(!READ("--window", "4097", "10.0.0.1"));
	ck_assert(!READ("--keep", "10.0.0.1"));
	ck_assert(!READ("-a"));
	ck_assert(!READ("10.0.0.1", "10.0.0.3"));
	ck_assert(!READ("10.0.0.2"));
	ck_assert(!READ("10.0.1.1"));
	ck_assert(!READ("fe80::1"));
	ck_assert(!READ("--device", "rxe0/1", "10.0.0.1"));
	ck_assert_int_eq(status, EXIT_USAGE);
}
END_TEST

Suite *suite_perf_options(void)
{
	Suite *suite = suite_create("perf_options");
	TCase *tcase = tcase_create("options");

	tcase_add_checked_fixture(tcase, support_setup, support_teardown);
	tcase_add_test(tcase, what_is_not_said_has_a_default);
	tcase_add_test(tcase, every_option_has_its_effect);
	tcase_add_test(tcase, all_sizes_are_powers_of_two_and_the_largest);
	tcase_add_test(tcase, a_batch_is_at_most_half_of_the_window);
	tcase_add_test(tcase, what_does_not_fit_the_mtu_is_refused);
	tcase_add_test(tcase, what_makes_no_sense_is_refused);
	suite_add_tcase(suite, tcase);
	return suite;
}
