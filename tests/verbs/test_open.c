/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Opening a port that is not there, whatever adapters this machine may have. */
#include <errno.h>
#include <string.h>

#include <ipoib/verbs.h>

#include "support/support.h"
#include "verbs/status.h"
#include "verbs/suites.h"
#include "verbs/transport.h"
#include "verbs/verbs.h"

#define NOBODY "ipoib-nobody0"

static char said[1024];
static struct ipoib_context *context;

static void hear(int level, const char *message, void *user)
{
	(void)user;
	if (level == IPOIB_LOG_ERROR)
		strncat(said, message, sizeof(said) - strlen(said) - 1);
}

static void set_up(void)
{
	struct ipoib_context_config config = IPOIB_CONTEXT_CONFIG_INIT;

	support_setup();
	said[0] = 0;
	config.allocate = support_allocate;
	config.release = support_release;
	config.log = hear;
	config.log_level = IPOIB_LOG_DEBUG;
	ck_assert_int_eq(ipoib_context_new(&context, &config), 0);
}

static void tear_down(void)
{
	ipoib_context_unref(context);
	support_teardown();
}

static int open_port(const struct ipoib_verbs_config *config)
{
	struct ipoib_transport *transport = NULL;
	int status = ipoib_verbs_open(&transport, context, config);

	ck_assert_ptr_eq(transport, NULL);
	return status;
}

START_TEST(a_device_that_is_not_there_is_named_with_those_that_are)
{
	struct ipoib_verbs_config config = IPOIB_VERBS_CONFIG_INIT;

	config.port = NOBODY "/2";
	ck_assert_int_eq(open_port(&config), -ENODEV);
	ck_assert_ptr_eq(strstr(said, NOBODY "/2: "), said);
	ck_assert(strstr(said, "there are:") != NULL || strstr(said, "no RDMA devices") != NULL);
}
END_TEST

START_TEST(what_is_not_written_like_a_port_is_refused)
{
	struct ipoib_verbs_config config = IPOIB_VERBS_CONFIG_INIT;

	ck_assert_int_eq(open_port(&config), -EINVAL);
	config.port = NOBODY "/0";
	ck_assert_int_eq(open_port(&config), -EINVAL);
	config.port = NOBODY;
	config.gid_index = -2;
	ck_assert_int_eq(open_port(&config), -EINVAL);
	config.gid_index = -1;
	config.flags = UINT32_C(1) << 31;
	ck_assert_int_eq(open_port(&config), -EINVAL);
}
END_TEST

START_TEST(the_size_says_which_version_the_caller_knows)
{
	struct {
		struct ipoib_verbs_config config;
		unsigned char newer[8]; /* with no padding before it */
	} longer = { .config = IPOIB_VERBS_CONFIG_INIT };
	struct ipoib_verbs_config config = IPOIB_VERBS_CONFIG_INIT;

	config.port = NOBODY;
	config.size = support_size_up_to(struct ipoib_verbs_config, flags) - 1;
	ck_assert_int_eq(open_port(&config), -EINVAL);
	longer.config.port = NOBODY;
	longer.config.size = sizeof(longer);
	ck_assert_int_eq(open_port(&longer.config), -ENODEV);
	longer.newer[0] = 1;
	ck_assert_int_eq(open_port(&longer.config), -E2BIG);
}
END_TEST

static void end_nothing(void *self)
{
	(void)self;
}

/* The contract grows, and a transport that lacks an operation cannot be opened. */
START_TEST(every_operation_of_the_contract_is_there)
{
	struct ipoib_transport_ops ops = ipoib__verbs_ops;
	struct ipoib_transport *transport;

	ops.destroy = end_nothing;
	ck_assert_int_eq(ipoib_transport_new(&transport, context, &ops, NULL), 0);
	ipoib_transport_unref(transport);
}
END_TEST

START_TEST(no_memory_is_an_error)
{
	struct ipoib_verbs_config config = IPOIB_VERBS_CONFIG_INIT;

	config.port = NOBODY;
	support_fail_after(1, false);
	ck_assert_int_eq(open_port(&config), -ENOMEM);
}
END_TEST

static void count_port(const struct ipoib_verbs_port *port, void *user)
{
	ck_assert_uint_eq(port->size, sizeof(*port));
	ck_assert_str_ne(port->name, "");
	++*(int *)user;
}

START_TEST(each_port_that_there_is_is_told_once)
{
	int seen = 0;
	int count = ipoib_verbs_list(count_port, &seen);

	ck_assert_int_eq(count < 0 ? 0 : count, seen);
}
END_TEST

START_TEST(the_three_kinds_of_errors_become_one)
{
	struct ibv_wc wc = { .status = IBV_WC_SUCCESS };

	ck_assert_int_eq(ipoib__verbs_status(0), 0);
	ck_assert_int_eq(ipoib__verbs_status(EINVAL), -EINVAL);
	errno = ENOSPC;
	ck_assert_int_eq(ipoib__verbs_status(-1), -ENOSPC);
	ck_assert_int_eq(ipoib__verbs_errno(), -ENOSPC);
	errno = 0;
	ck_assert_int_eq(ipoib__verbs_status(-1), -EIO);
	ck_assert_int_eq(ipoib__verbs_wc_status(&wc), 0);
	wc.status = IBV_WC_WR_FLUSH_ERR;
	ck_assert_int_eq(ipoib__verbs_wc_status(&wc), -ECANCELED);
	wc.status = IBV_WC_LOC_LEN_ERR;
	ck_assert_int_eq(ipoib__verbs_wc_status(&wc), -EMSGSIZE);
	wc.status = IBV_WC_GENERAL_ERR;
	ck_assert_int_eq(ipoib__verbs_wc_status(&wc), -EIO);
}
END_TEST

Suite *suite_open(void)
{
	Suite *suite = suite_create("open");
	TCase *tcase = tcase_create("open");

	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_add_test(tcase, a_device_that_is_not_there_is_named_with_those_that_are);
	tcase_add_test(tcase, what_is_not_written_like_a_port_is_refused);
	tcase_add_test(tcase, the_size_says_which_version_the_caller_knows);
	tcase_add_test(tcase, every_operation_of_the_contract_is_there);
	tcase_add_test(tcase, no_memory_is_an_error);
	tcase_add_test(tcase, each_port_that_there_is_is_told_once);
	tcase_add_test(tcase, the_three_kinds_of_errors_become_one);
	suite_add_tcase(suite, tcase);
	return suite;
}
