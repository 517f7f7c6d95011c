/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include <string.h>

#include "audit/mend.h"
#include "audit/suites.h"
#include "audit/files.h"
#include "support/support.h"

static void two_ports(void)
{
	tree_host();
	tree_ib("ib0", 1);
	tree_ib("ib1", 2);
}

static void set_sm(unsigned port, const char *lid)
{
	tree_write(lid, "sys/class/infiniband/mlx4_0/ports/%u/sm_lid", port);
}

START_TEST(two_ports_with_one_guid_are_found)
{
	two_ports();
	tree_attribute("ib1", "address",
		       "80:00:00:49:fe:80:00:00:00:00:00:00:00:02:c9:03:00:00:00:01");
	const char *text = tree_found(IPOIB_AUDIT_ERROR, "guid-duplicate", "ib1", NULL);

	ck_assert_ptr_nonnull(strstr(text, "ib0 and ib1, on two ports, tell the same GUID "
					   "0x0002c90300000001"));
	/* interfaces of one port rightly have one, children and a second one of the port's own */
	tree_attribute("ib1", "dev_port", "0x0");
	tree_absent("guid-duplicate");
	tree_child("ib0.8001", "ib0", 1, 0x8001);
	tree_absent("guid-duplicate");
}
END_TEST

START_TEST(a_guid_of_zero_is_found)
{
	two_ports();
	for (unsigned port = 1; port <= 2; port++)
		tree_attribute(port == 1 ? "ib0" : "ib1", "address",
			       "80:00:00:48:fe:80:00:00:00:00:00:00:00:00:00:00:00:00:00:00");
	tree_found(IPOIB_AUDIT_ERROR, "guid-zero", "ib0", NULL);
	const char *text = tree_found(IPOIB_AUDIT_ERROR, "guid-zero", "ib1", NULL);

	ck_assert_ptr_nonnull(strstr(text, "virtual function"));
	tree_absent("guid-duplicate");
}
END_TEST

START_TEST(two_subnets_behind_one_prefix_are_found_and_are_no_domain)
{
	two_ports();
	tree_sysctl("ib0", "arp_ignore", 0);
	set_sm(1, "0x1\n");
	set_sm(2, "0x7\n");
	const char *text = tree_found(
		IPOIB_AUDIT_WARNING, "prefix-shared", "ib1",
		"# where the subnet manager of ib1 runs, in opensm.conf, then all ports of that "
		"subnet are to be brought up again:\n"
		"#   subnet_prefix 0xfec0000000000007\n");

	ck_assert_ptr_nonnull(strstr(text, "LIDs 1 and 7"));
	ck_assert_ptr_nonnull(strstr(text, "0xfe80000000000000 (the default)"));
	tree_absent("arp-ignore");
	tree_subnet("ib0", 1, 0);
	tree_subnet("ib1", 2, 0);
	tree_absent("pkey-shared");
	/* what it is called then: two subnets with a prefix each */
	tree_attribute("ib1", "address",
		       "80:00:00:48:fe:c0:00:00:00:00:00:07:00:02:c9:03:00:00:00:02");
	tree_clean();
}
END_TEST

START_TEST(one_subnet_manager_has_one_subnet)
{
	two_ports();
	tree_sysctl("ib0", "arp_ignore", 0);
	set_sm(1, "0x1\n");
	set_sm(2, "0x1\n");
	tree_found(IPOIB_AUDIT_ERROR, "arp-ignore", "ib0", NULL);
	tree_absent("prefix-shared");
	/* a port that is not configured yet, or any more, tells nothing */
	set_sm(2, "0x7\n");
	tree_write("2: INIT\n", "sys/class/infiniband/mlx4_0/ports/2/state");
	tree_absent("prefix-shared");
	tree_write("4: ACTIVE\n", "sys/class/infiniband/mlx4_0/ports/2/state");
	set_sm(2, "0x0\n");
	tree_absent("prefix-shared");
	set_sm(2, "0x7\n");
	tree_found(IPOIB_AUDIT_WARNING, "prefix-shared", "ib1", NULL);
}
END_TEST

START_TEST(children_share_the_fate_of_their_ports)
{
	two_ports();
	set_sm(1, "0x1\n");
	set_sm(2, "0x7\n");
	tree_child("ib0.8001", "ib0", 1, 0x8001);
	tree_child("ib1.8001", "ib1", 2, 0x8001);
	tree_sysctl("ib0.8001", "arp_ignore", 0);
	tree_absent("arp-ignore");
	tree_found(IPOIB_AUDIT_WARNING, "prefix-shared", "ib1", NULL);
}
END_TEST

Suite *suite_port(void)
{
	Suite *suite = suite_create("port");
	TCase *tcase = tcase_create("port");

	tcase_add_checked_fixture(tcase, tree_setup, tree_teardown);
	tcase_add_test(tcase, two_ports_with_one_guid_are_found);
	tcase_add_test(tcase, a_guid_of_zero_is_found);
	tcase_add_test(tcase, two_subnets_behind_one_prefix_are_found_and_are_no_domain);
	tcase_add_test(tcase, one_subnet_manager_has_one_subnet);
	tcase_add_test(tcase, children_share_the_fate_of_their_ports);
	suite_add_tcase(suite, tcase);
	return suite;
}
