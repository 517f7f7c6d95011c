/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include <string.h>

#include "audit/mend.h"
#include "audit/suites.h"
#include "audit/files.h"
#include "support/support.h"

#define PARTITIONS "# where the subnet manager runs, in OpenSM's partitions.conf:\n"

static void one_port(void)
{
	tree_host();
	tree_ib("ib0", 1);
}

START_TEST(a_pkey_that_the_port_does_not_have_is_found)
{
	one_port();
	tree_child("ib0.8001", "ib0", 1, 0x8001);
	tree_clean();
	tree_pkey(1, 1, 0);
	tree_found(IPOIB_AUDIT_ERROR, "pkey-missing", "ib0.8001",
		   PARTITIONS "#   ipoib0001=0x0001, ipoib : 0x0002c90300000001=full;\n");
	/* a carrier that is missing needs no second reason */
	tree_attribute("ib0.8001", "carrier", "0");
	tree_absent("no-carrier");
	tree_attribute("ib0.8001", "carrier", "1");
	tree_pkey(1, 7, 0x8001);
	tree_clean();
}
END_TEST

START_TEST(a_limited_member_is_found_though_the_interface_shows_a_full_one)
{
	one_port();
	tree_pkey(1, 0, 0x7fff);
	const char *text = tree_found(IPOIB_AUDIT_WARNING, "pkey-limited", "ib0",
				      PARTITIONS "#   Default=0x7fff, ipoib : ALL=full;\n");

	ck_assert_ptr_nonnull(strstr(text, "0x7fff"));
	ck_assert_ptr_nonnull(strstr(text, "0xffff"));
	/* both forms in the table: the full one counts, wherever it stands */
	tree_pkey(1, 5, 0xffff);
	tree_clean();
}
END_TEST

START_TEST(two_interfaces_with_one_pkey_on_one_port_are_found)
{
	one_port();
	tree_child("ib0.ffff", "ib0", 1, 0xffff);
	tree_found(IPOIB_AUDIT_WARNING, "pkey-duplicate", "ib0.ffff",
		   "ip link delete ib0.ffff\n");
	tree_child("another", "ib0", 1, 0xffff);
	tree_found(IPOIB_AUDIT_WARNING, "pkey-duplicate", "ib0.ffff", NULL);
	tree_found(IPOIB_AUDIT_WARNING, "pkey-duplicate", "another", "ip link delete another\n");
	mend("pkey-duplicate");
	tree_clean();
	/* of two children the first stays */
	tree_child("ib0.8001", "ib0", 1, 0x8001);
	tree_child("second", "ib0", 1, 0x8001);
	tree_found(IPOIB_AUDIT_WARNING, "pkey-duplicate", "second", "ip link delete second\n");
	mend("pkey-duplicate");
	tree_clean();
	struct ipoib_audit *audit = tree_audit();

	ck_assert_uint_eq(ipoib_audit_interface_count(audit), 2);
	ipoib_audit_close(audit);
}
END_TEST

START_TEST(a_child_whose_parent_is_down_is_found)
{
	one_port();
	tree_child("ib0.8001", "ib0", 1, 0x8001);
	tree_attribute("ib0.8001", "operstate", "lowerlayerdown");
	tree_attribute("ib0.8001", "carrier", "0");
	tree_attribute("ib0", "flags", "0x1002");
	tree_found(IPOIB_AUDIT_ERROR, "child-down", "ib0.8001", "ip link set ib0 up\n");
	tree_absent("no-carrier");
	mend("child-down");
	tree_attribute("ib0.8001", "operstate", "up");
	tree_attribute("ib0.8001", "carrier", "1");
	tree_clean();
}
END_TEST

START_TEST(a_child_whose_parent_is_not_here_is_told_so)
{
	tree_host();
	tree_ib("ib1", 2);
	tree_child("ib0.8001", "ib0", 1, 0x8001);
	tree_attribute("ib0.8001", "operstate", "lowerlayerdown");
	const char *text = tree_found(IPOIB_AUDIT_ERROR, "child-down", "ib0.8001",
				      "ip link set ib0 up\n");

	ck_assert_ptr_nonnull(strstr(text, "not in this network namespace"));
}
END_TEST

START_TEST(a_broadcast_group_that_cannot_be_joined_is_found)
{
	one_port();
	tree_attribute("ib0", "carrier", "0");
	tree_attribute("ib0", "operstate", "down");
	tree_found(IPOIB_AUDIT_ERROR, "no-carrier", "ib0",
		   PARTITIONS "#   Default=0x7fff, ipoib : ALL=full;\n"
			      "#   (rate= and mtu= behind ipoib: not above the slowest port's)\n");
	tree_attribute("ib0", "flags", "0x1002");
	tree_clean();
	tree_attribute("ib0", "flags", "0x1003");
	tree_attribute("ib0", "carrier", "1");
	tree_clean();
}
END_TEST

START_TEST(ports_without_subnet_manager_or_link_are_found)
{
	one_port();
	tree_write("2: INIT\n", "sys/class/infiniband/mlx4_0/ports/1/state");
	tree_attribute("ib0", "carrier", "0");
	tree_found(IPOIB_AUDIT_ERROR, "port-init", "ib0",
		   "# on one host of the fabric, unless a switch does it:\n"
		   "systemctl enable --now opensm\n");
	tree_absent("no-carrier");
	tree_write("1: DOWN\n", "sys/class/infiniband/mlx4_0/ports/1/state");
	tree_found(IPOIB_AUDIT_WARNING, "port-down", "ib0",
		   "# look at the cable and at the switch's port, or:\nip link set ib0 down\n");
	mend("port-down");
	tree_clean();
}
END_TEST

START_TEST(umcast_is_noted)
{
	one_port();
	tree_attribute("ib0", "umcast", "1");
	tree_found(IPOIB_AUDIT_NOTE, "umcast", "ib0", "echo 0 > /sys/class/net/ib0/umcast\n");
	mend("umcast");
	tree_clean();
}
END_TEST

Suite *suite_link(void)
{
	Suite *suite = suite_create("link");
	TCase *tcase = tcase_create("link");

	tcase_add_checked_fixture(tcase, tree_setup, tree_teardown);
	tcase_add_test(tcase, a_pkey_that_the_port_does_not_have_is_found);
	tcase_add_test(tcase, a_limited_member_is_found_though_the_interface_shows_a_full_one);
	tcase_add_test(tcase, two_interfaces_with_one_pkey_on_one_port_are_found);
	tcase_add_test(tcase, a_child_whose_parent_is_down_is_found);
	tcase_add_test(tcase, a_child_whose_parent_is_not_here_is_told_so);
	tcase_add_test(tcase, a_broadcast_group_that_cannot_be_joined_is_found);
	tcase_add_test(tcase, ports_without_subnet_manager_or_link_are_found);
	tcase_add_test(tcase, umcast_is_noted);
	suite_add_tcase(suite, tcase);
	return suite;
}
