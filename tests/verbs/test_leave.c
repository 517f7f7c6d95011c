/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Who may send a leave: decided on what a folder like /sys/class/net says. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support/support.h"
#include "verbs/suites.h"
#include "verbs/umad_leave.h"

#define PATH_ROOM 256

static char net[64];

/* In the folder. */
static void run(const char *command)
{
	char line[PATH_ROOM];

	snprintf(line, sizeof(line), "cd %s && %s", net, command);
	ck_assert_int_eq(system(line), 0);
}

static void setup(void)
{
	support_setup();
	strcpy(net, "/tmp/ipoib-leave-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(net));
}

static void teardown(void)
{
	run("rm -r \"$PWD\"");
	support_teardown();
}

/* NET/NAME/FILE says TEXT; NULL: there is no such file. */
static void write_file(const char *name, const char *file, const char *text)
{
	char path[PATH_ROOM];
	FILE *out;

	snprintf(path, sizeof(path), "%s/%s/%s", net, name, file);
	if (text == NULL) {
		ck_assert_int_eq(unlink(path), 0);
		return;
	}
	out = fopen(path, "w");
	ck_assert_ptr_nonnull(out);
	ck_assert_int_ge(fputs(text, out), 0);
	ck_assert_int_eq(fclose(out), 0);
}

/* An IPoIB interface of mlx5_0, port 1; NULL: one that does not tell its device. */
static void interface_of(const char *name, const char *device, const char *pkey)
{
	char path[PATH_ROOM];

	snprintf(path, sizeof(path), "mkdir -p %s%s%s", name,
		 device != NULL ? "/device/infiniband/" : "", device != NULL ? device : "");
	run(path);
	write_file(name, "type", "32\n");
	write_file(name, "pkey", pkey);
	if (device != NULL)
		write_file(name, "dev_port", "0\n");
}

static bool may_leave(uint16_t pkey)
{
	return ipoib__umad_may_leave(net, "mlx5_0", 1, pkey);
}

START_TEST(the_decision_is_a_yes_only_without_doubt)
{
	static const struct {
		struct ipoib__umad_netdev netdev;
		bool beside;
	} cases[] = {
		{ { .infiniband = false }, false },
		{ { .infiniband = false, .placed = true, .same_port = true }, false },
		{ { .infiniband = true, .placed = true, .same_port = true, .has_pkey = true,
		    .pkey = 0xffff },
		  true },
		{ { .infiniband = true, .placed = true, .same_port = true, .has_pkey = true,
		    .pkey = 0x7fff },
		  true },
		{ { .infiniband = true, .placed = true, .same_port = true, .has_pkey = true,
		    .pkey = 0x8001 },
		  false },
		{ { .infiniband = true, .placed = true, .has_pkey = true, .pkey = 0xffff }, false },
		{ { .infiniband = true, .has_pkey = true, .pkey = 0xffff }, true },
		{ { .infiniband = true, .placed = true, .same_port = true }, true },
		{ { .infiniband = true }, true },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		ck_assert_int_eq(ipoib__umad_netdev_is_beside(&cases[i].netdev, 0xffff),
				 cases[i].beside);
}
END_TEST

START_TEST(other_interfaces_do_not_matter)
{
	ck_assert(may_leave(0xffff));
	run("mkdir -p lo eth0/device/net");
	write_file("lo", "type", "772\n");
	write_file("eth0", "type", "1\n");
	interface_of("ib4", "mlx5_1", "0xffff\n");
	ck_assert(may_leave(0xffff));
}
END_TEST

START_TEST(the_kernels_interface_on_port_and_partition_forbids_it)
{
	interface_of("ib0", "mlx5_0", "0xffff\n");
	ck_assert(!may_leave(0xffff));
	ck_assert(!may_leave(0x7fff));
	ck_assert(may_leave(0x8001));
	write_file("ib0", "dev_port", "1\n"); /* port 2 */
	ck_assert(may_leave(0xffff));
	write_file("ib0", "dev_port", NULL);
	ck_assert(!may_leave(0xffff)); /* it could be any */
	write_file("ib0", "dev_id", "0x1\n");
	ck_assert(may_leave(0xffff));
	write_file("ib0", "dev_id", "0x0\n");
	ck_assert(!may_leave(0xffff));
}
END_TEST

START_TEST(a_child_is_where_its_parent_is)
{
	interface_of("ib0", "mlx5_0", "0xffff\n");
	interface_of("ib0.8001", NULL, "0x8001\n");
	write_file("ib0.8001", "parent", "ib0\n");
	ck_assert(!may_leave(0x8001));
	interface_of("ib4", "mlx5_1", "0xffff\n");
	write_file("ib0.8001", "parent", "ib4\n");
	ck_assert(may_leave(0x8001));
	write_file("ib0.8001", "parent", "../ib4\n"); /* no name of an interface */
	ck_assert(!may_leave(0x8001));
	write_file("ib0.8001", "parent", NULL);
	ck_assert(!may_leave(0x8001));
}
END_TEST

START_TEST(what_cannot_be_read_is_a_no)
{
	ck_assert(!ipoib__umad_may_leave("/nowhere/at/all", "mlx5_0", 1, 0xffff));
	interface_of("ib0", "mlx5_0", "nonsense\n");
	ck_assert(!may_leave(0x8001)); /* any partition */
	write_file("ib0", "pkey", "0x1ffff\n");
	ck_assert(!may_leave(0x8001));
	write_file("ib0", "pkey", "");
	ck_assert(!may_leave(0x8001));
	write_file("ib0", "pkey", "0xffff\n");
	ck_assert(may_leave(0x8001));
}
END_TEST

Suite *suite_leave(void)
{
	Suite *suite = suite_create("leave");
	TCase *tcase = tcase_create("leave");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, the_decision_is_a_yes_only_without_doubt);
	tcase_add_test(tcase, other_interfaces_do_not_matter);
	tcase_add_test(tcase, the_kernels_interface_on_port_and_partition_forbids_it);
	tcase_add_test(tcase, a_child_is_where_its_parent_is);
	tcase_add_test(tcase, what_cannot_be_read_is_a_no);
	suite_add_tcase(suite, tcase);
	return suite;
}
