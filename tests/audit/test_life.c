/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "audit/suites.h"
#include "audit/files.h"
#include "support/support.h"

static struct ipoib_audit_config config_of_tree(void)
{
	struct ipoib_audit_config config = IPOIB_AUDIT_CONFIG_INIT;

	config.root = tree_root();
	config.allocate = support_allocate;
	config.release = support_release;
	return config;
}

/* Something of every kind: findings, a bond, a child, subnets. */
static void spoilt_host(void)
{
	tree_host();
	tree_ib("ib0", 1);
	tree_ib("ib1", 2);
	tree_child("ib1.8001", "ib1", 2, 0x8001);
	tree_attribute("eth0", "type", "1");
	tree_attribute("ib0", "mode", "connected");
	tree_sysctl("ib0", "arp_ignore", 0);
	tree_sysctl("ib1", "arp_ignore", 0);
	tree_sysctl("all", "arp_announce", 1);
	tree_subnet("ib0", 1, 0);
	tree_subnet("ib1", 1, 0);
	tree_subnet("ib1", 2, 0);
}

static int try(const struct ipoib_audit_config *config)
{
	struct ipoib_audit *audit = NULL;
	int status = ipoib_audit_new(&audit, config);

	ck_assert((status == 0) == (audit != NULL));
	ipoib_audit_close(audit);
	return status;
}

START_TEST(configurations_that_are_wrong_are_refused)
{
	struct {
		struct ipoib_audit_config config;
		unsigned char news[8]; /* with no padding before it */
	} newer = { config_of_tree(), { 0 } };
	struct ipoib_audit *none = NULL;

	tree_host();
	newer.config.size = sizeof(newer);
	ck_assert_int_eq(try(&newer.config), 0);
	newer.news[0] = 1;
	ck_assert_int_eq(try(&newer.config), -E2BIG);
	newer.config.size =
		support_size_up_to(struct ipoib_audit_config, allocator_user) - 1;
	ck_assert_int_eq(try(&newer.config), -EINVAL);
	newer.config = config_of_tree();
	newer.config.allocate = NULL;
	ck_assert_int_eq(try(&newer.config), -EINVAL);
	newer.config = config_of_tree();
	newer.config.release = NULL;
	ck_assert_int_eq(try(&newer.config), -EINVAL);
	ck_assert_int_eq(ipoib_audit_new(&none, NULL), -EINVAL);
	ck_assert_int_eq(ipoib_audit_new(NULL, &newer.config), -EINVAL);
	ck_assert_ptr_null(none);
	ipoib_audit_close(NULL);
}
END_TEST

START_TEST(a_root_that_is_none_is_told)
{
	struct ipoib_audit_config config = config_of_tree();

	ck_assert_int_eq(try(&config), -ENOENT);
	tree_directory("sys/class/net");
	ck_assert_int_eq(try(&config), -ENOENT);
	tree_directory("proc/sys/net/ipv4");
	ck_assert_int_eq(try(&config), 0);
	tree_remove("sys/class/net");
	ck_assert_int_eq(try(&config), -ENOENT);
	tree_write("", "sys/class/net");
	ck_assert_int_eq(try(&config), -ENOTDIR);
	tree_remove("sys/class/net");
	tree_link("net", "sys/class/net");
	ck_assert_int_eq(try(&config), -ELOOP);
	config.root = "/dev/null";
	ck_assert_int_eq(try(&config), -ENOTDIR);
	config.root = "/nowhere/at/all";
	ck_assert_int_eq(try(&config), -ENOENT);
}
END_TEST

START_TEST(a_directory_that_may_not_be_read_is_told)
{
	struct ipoib_audit_config config = config_of_tree();
	char path[256];

	tree_host();
	strcpy(path, tree_root());
	strcat(path, "/sys/class/net");
	chmod(path, 0);
	ck_assert_int_eq(try(&config), geteuid() == 0 ? 0 : -EACCES);
}
END_TEST

START_TEST(the_systems_allocator_serves_who_brings_none)
{
	struct ipoib_audit_config config = config_of_tree();

	spoilt_host();
	config.allocate = NULL;
	config.release = NULL;
	ck_assert_int_eq(try(&config), 0);
	ck_assert_int_eq(support_allocations(), 0);
}
END_TEST

/* Fails the n-th allocation. Whether the audit could be made in spite of it. */
static bool made_with_failing_allocation(long n, bool for_ever)
{
	struct ipoib_audit_config config = config_of_tree();

	support_fail_after(n, for_ever);
	int status = try(&config);

	support_fail_after(0, false);
	ck_assert(status == 0 || status == -ENOMEM);
	ck_assert_uint_eq(support_blocks(), 0);
	return status == 0;
}

START_TEST(each_allocation_that_fails_is_told)
{
	long n = 1;

	spoilt_host();
	while (!made_with_failing_allocation(n, false)) {
		ck_assert(!made_with_failing_allocation(n, true));
		n++;
	}
	ck_assert_int_gt(n, 10);
}
END_TEST

START_TEST(the_same_host_gives_the_same_findings_in_the_same_order)
{
	spoilt_host();
	struct ipoib_audit *first = tree_audit(), *second = tree_audit();
	struct ipoib_audit_finding a = { .size = sizeof(a) }, b = { .size = sizeof(b) };

	ck_assert_uint_gt(ipoib_audit_count(first), 5);
	ck_assert_uint_eq(ipoib_audit_count(first), ipoib_audit_count(second));
	for (size_t i = 0; i < ipoib_audit_count(first); i++) {
		ck_assert_int_eq(ipoib_audit_finding(first, i, &a), 0);
		ck_assert_uint_eq(a.severity == IPOIB_AUDIT_ERROR, i < 2); /* the gravest first */
		ck_assert_int_eq(ipoib_audit_finding(second, i, &b), 0);
		ck_assert_str_eq(a.id, b.id);
		ck_assert_str_eq(a.subject, b.subject);
		ck_assert_str_eq(a.text, b.text);
		ck_assert_str_eq(a.remedy, b.remedy);
	}
	ipoib_audit_close(first);
	ipoib_audit_close(second);
}
END_TEST

START_TEST(an_interface_is_told_as_it_was_seen)
{
	spoilt_host();
	struct ipoib_audit *audit = tree_audit();
	struct ipoib_audit_interface seen = { .size = sizeof(seen) };

	ck_assert_uint_eq(ipoib_audit_interface_count(audit), 3);
	ck_assert_int_eq(ipoib_audit_interface(audit, 0, &seen), 0);
	ck_assert_str_eq(seen.name, "ib0");
	ck_assert_str_eq(seen.mode, "connected");
	ck_assert_str_eq(seen.driver, "mlx4_core");
	ck_assert_str_eq(seen.device, "mlx4_0");
	ck_assert_str_eq(seen.operstate, "up");
	ck_assert_str_eq(seen.parent, "");
	ck_assert_str_eq(seen.master, "");
	ck_assert_uint_eq(seen.mtu, 2044);
	ck_assert_uint_eq(seen.port, 1);
	ck_assert_uint_eq(seen.pkey, 0xffff);
	ck_assert(seen.admin_up && !seen.is_bond && seen.has_address);
	ck_assert_uint_eq(ipoib_link_address_qpn(&seen.address), 0x48);
	ck_assert_int_eq(ipoib_audit_interface(audit, 2, &seen), 0);
	ck_assert_str_eq(seen.name, "ib1.8001");
	ck_assert_str_eq(seen.parent, "ib1");
	ck_assert_str_eq(seen.device, "mlx4_0");
	ck_assert_uint_eq(seen.port, 2);
	ck_assert_uint_eq(seen.pkey, 0x8001);
	ck_assert_int_eq(ipoib_audit_interface(audit, 3, &seen), -ENOENT);
	seen.size = support_size_up_to(struct ipoib_audit_interface, address);
	ck_assert_int_eq(ipoib_audit_interface(audit, 0, &seen), 0);
	seen.size--;
	ck_assert_int_eq(ipoib_audit_interface(audit, 0, &seen), -EINVAL);

	struct ipoib_audit_finding finding = {
		.size = support_size_up_to(struct ipoib_audit_finding, remedy) - 1,
	};

	ck_assert_int_eq(ipoib_audit_finding(audit, 0, &finding), -EINVAL);
	ipoib_audit_close(audit);
}
END_TEST

START_TEST(severities_have_names)
{
	ck_assert_str_eq(ipoib_audit_severity_name(IPOIB_AUDIT_NOTE), "note");
	ck_assert_str_eq(ipoib_audit_severity_name(IPOIB_AUDIT_WARNING), "warning");
	ck_assert_str_eq(ipoib_audit_severity_name(IPOIB_AUDIT_ERROR), "error");
	ck_assert_ptr_null(ipoib_audit_severity_name(0));
	ck_assert_ptr_null(ipoib_audit_severity_name(4));
}
END_TEST

Suite *suite_life(void)
{
	Suite *suite = suite_create("life");
	TCase *tcase = tcase_create("life");

	tcase_set_timeout(tcase, 60);
	tcase_add_checked_fixture(tcase, tree_setup, tree_teardown);
	tcase_add_test(tcase, configurations_that_are_wrong_are_refused);
	tcase_add_test(tcase, a_root_that_is_none_is_told);
	tcase_add_test(tcase, a_directory_that_may_not_be_read_is_told);
	tcase_add_test(tcase, the_systems_allocator_serves_who_brings_none);
	tcase_add_test(tcase, each_allocation_that_fails_is_told);
	tcase_add_test(tcase, the_same_host_gives_the_same_findings_in_the_same_order);
	tcase_add_test(tcase, an_interface_is_told_as_it_was_seen);
	tcase_add_test(tcase, severities_have_names);
	suite_add_tcase(suite, tcase);
	return suite;
}
