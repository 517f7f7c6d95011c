/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Children that netlink made: sysfs has none of their attributes. */
#include <stdio.h>
#include <string.h>

#include "audit/mend.h"
#include "audit/suites.h"
#include "audit/files.h"
#include "support/support.h"

#define PARTITIONS "# where the subnet manager runs, in OpenSM's partitions.conf:\n"

static void with_child(void)
{
	tree_host();
	tree_ib("ib0", 1);
	tree_netlink_child("ib0.8002", "ib0", 1, 0x8002);
}

static void with_large_child(void)
{
	with_child();
	tree_attribute("ib0.8002", "mtu", "65520");
	tree_route("ib0.8002", 0xe0000000u, 4, 0);
}

static struct ipoib_audit_interface seen(const char *name)
{
	static char mode[16], parent[16];
	struct ipoib_audit *audit = tree_audit();
	struct ipoib_audit_interface interface = { .size = sizeof(interface) };

	for (size_t i = 0; ipoib_audit_interface(audit, i, &interface) == 0; i++)
		if (strcmp(interface.name, name) == 0)
			break;
	ck_assert_str_eq(interface.name, name);
	snprintf(mode, sizeof(mode), "%s", interface.mode);
	snprintf(parent, sizeof(parent), "%s", interface.parent);
	interface.mode = mode;
	interface.parent = parent;
	ipoib_audit_close(audit);
	return interface;
}

START_TEST(a_mode_that_only_netlink_knows_is_said_to_be_unread)
{
	with_large_child();
	const char *text = tree_found(
		IPOIB_AUDIT_NOTE, "unreadable", "ib0.8002",
		"# run ipoib-audit as root, where /sys and /proc are the host's own\n"
		"# or copy the output of \"ip -d link show\" there, as the file ip-link beside "
		"sys and proc\n");

	ck_assert_ptr_nonnull(strstr(text, ": mode (of children made by"));
	tree_absent("mtu-datagram");
	tree_absent("no-connected-mode");
	struct ipoib_audit_interface child = seen("ib0.8002");

	ck_assert_str_eq(child.mode, "");
	ck_assert_str_eq(child.parent, "ib0");
	ck_assert_uint_eq(child.pkey, 0x8002);
	ck_assert_uint_eq(child.port, 1);
}
END_TEST

START_TEST(what_ip_link_tells_stands_in_for_attributes)
{
	with_large_child();
	tree_link_details("ib0.8002", "ib0", "pkey  0x8002 mode  connected umcast  0000");
	tree_clean();
	ck_assert_str_eq(seen("ib0.8002").mode, "connected");
	tree_write("", "ip-link");
	tree_link_details("ib0.8002", "ib0", "pkey  0x8002 mode  datagram umcast  0001");
	tree_found(IPOIB_AUDIT_ERROR, "mtu-datagram", "ib0.8002",
		   "ip link set ib0.8002 mtu 2044\n# or, if all hosts of the subnet do: "
		   "ip link set ib0.8002 type ipoib mode connected\n");
	tree_found(IPOIB_AUDIT_NOTE, "umcast", "ib0.8002",
		   "ip link set ib0.8002 type ipoib umcast 0\n");
	mend("mtu-datagram");
	tree_absent("no-connected-mode");
}
END_TEST

/* "ip -o -d link show" writes an interface on one line, with backslashes. */
START_TEST(lines_of_one_interface_may_be_one_line)
{
	with_large_child();
	char line[1200];
	const char *padding = "gso_max_size 65536 gso_max_segs 65535 tso_max_size 65536 ";

	snprintf(line, sizeof(line),
		 "1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536 qdisc noqueue state UNKNOWN\\    "
		 "link/loopback 00:00:00:00:00:00 brd 00:00:00:00:00:00\n"
		 "8: ib0.8002@ib0: <BROADCAST,MULTICAST,UP> mtu 65520 mode DEFAULT\\    "
		 "link/infiniband 80:00 brd 00:ff %s%s%s%s%s%s promiscuity 0 minmtu 0 maxmtu "
		 "0 \\    ipoib pkey  0x8002 mode  connected umcast  0000 addrgenmode eui64\n",
		 padding, padding, padding, padding, padding, padding);
	tree_attribute("ib0.8002", "ifindex", "8");
	tree_write(line, "ip-link");
	tree_clean();
}
END_TEST

START_TEST(what_is_told_of_another_interface_is_not_taken)
{
	with_large_child();
	tree_link_details("ib0.8002", "ib0", "pkey  0x8002 mode  connected umcast  0000");
	/* an interface of this name and another index is that of another network namespace */
	tree_attribute("ib0.8002", "ifindex", "3");
	tree_found(IPOIB_AUDIT_NOTE, "unreadable", "ib0.8002", NULL);
	tree_write("3: ib0.8003@ib0: <>\n    ipoib pkey  0x8003 mode  connected\n", "ip-link");
	tree_found(IPOIB_AUDIT_NOTE, "unreadable", "ib0.8002", NULL);
	/* attributes know better */
	tree_attribute("ib0", "ifindex", "4");
	tree_write("4: ib0: <UP>\n    ipoib pkey  0x9999 mode  connected umcast  0001\n",
		   "ip-link");
	ck_assert_str_eq(seen("ib0").mode, "datagram");
	ck_assert_uint_eq(seen("ib0").pkey, 0xffff);
	tree_absent("umcast");
}
END_TEST

START_TEST(its_missing_pkey_is_found)
{
	with_child();
	tree_link_details("ib0.8002", "ib0", "pkey  0x8002 mode  datagram umcast  0000");
	tree_clean();
	tree_pkey(1, 2, 0);
	tree_found(IPOIB_AUDIT_ERROR, "pkey-missing", "ib0.8002",
		   PARTITIONS "#   ipoib0002=0x0002, ipoib : 0x0002c90300000001=full;\n");
	tree_pkey(1, 9, 0x0002);
	tree_found(IPOIB_AUDIT_WARNING, "pkey-limited", "ib0.8002", NULL);
}
END_TEST

START_TEST(its_duplicate_pkey_is_found_whatever_made_the_other)
{
	with_child();
	tree_child("ib0.8001", "ib0", 1, 0x8001);
	tree_netlink_child("second", "ib0", 1, 0x8001);
	tree_netlink_child("third", "ib0", 1, 0x8002);
	tree_found(IPOIB_AUDIT_WARNING, "pkey-duplicate", "second", "ip link delete second\n");
	tree_found(IPOIB_AUDIT_WARNING, "pkey-duplicate", "third", "ip link delete third\n");
	mend("pkey-duplicate");
	tree_absent("pkey-missing");
}
END_TEST

START_TEST(its_parent_that_is_down_is_found)
{
	with_child();
	tree_attribute("ib0.8002", "operstate", "lowerlayerdown");
	tree_attribute("ib0.8002", "carrier", "0");
	tree_attribute("ib0", "flags", "0x1002");
	tree_found(IPOIB_AUDIT_ERROR, "child-down", "ib0.8002", "ip link set ib0 up\n");
	tree_absent("no-carrier");
	mend("child-down");
}
END_TEST

START_TEST(a_parent_in_another_network_namespace_is_not_looked_for_here)
{
	with_child();
	tree_link_details("ib0.8002", "if7", "pkey  0x8002 mode  datagram umcast  0000");
	tree_attribute("ib0.8002", "operstate", "lowerlayerdown");
	/* ib0 has this index here, and is another interface */
	ck_assert_str_eq(seen("ib0.8002").parent, "");
	const char *text = tree_found(IPOIB_AUDIT_ERROR, "child-down", "ib0.8002",
				      "# where its parent is: ip link set PARENT up\n");

	ck_assert_ptr_nonnull(strstr(text, "not in this network namespace"));
	/* nor is one that has the index and another port, or where no interface has the index */
	tree_remove("ip-link");
	tree_attribute("ib0", "dev_port", "0x1");
	ck_assert_str_eq(seen("ib0.8002").parent, "");
	tree_attribute("ib0", "dev_port", "0x0");
	ck_assert_str_eq(seen("ib0.8002").parent, "ib0");
	tree_attribute("ib0", "ifindex", "77777");
	ck_assert_str_eq(seen("ib0.8002").parent, "");
}
END_TEST

START_TEST(a_child_cannot_do_what_its_port_cannot)
{
	with_child();
	tree_remove("sys/class/net/ib0/mode");
	tree_link_details("ib0.8002", "ib0", "pkey  0x8002 mode  datagram umcast  0000");
	tree_absent("unreadable");
	tree_attribute("ib0.8002", "mtu", "4093");
	/* no word of connected mode */
	tree_found(IPOIB_AUDIT_ERROR, "mtu-datagram", "ib0.8002",
		   "ip link set ib0.8002 mtu 2044\n");
}
END_TEST

START_TEST(modes_of_both_kinds_are_held_against_each_other)
{
	with_child();
	tree_ib("ib1", 2);
	tree_child("ib1.8002", "ib1", 2, 0x8002);
	tree_attribute("ib1.8002", "mode", "connected");
	tree_attribute("ib1.8002", "mtu", "65520");
	tree_route("ib1.8002", 0xe0000000u, 4, 0);
	tree_absent("mode-mixed");
	tree_absent("mtu-mismatch");
	tree_link_details("ib0.8002", "ib0", "pkey  0x8002 mode  datagram umcast  0000");
	tree_found(IPOIB_AUDIT_WARNING, "mode-mixed", "ib0.8002",
		   "ip link set ib0.8002 type ipoib mode connected\n"
		   "ip link set ib0.8002 mtu 65520\n");
	tree_route("ib0.8002", 0xe0000000u, 4, 0);
	mend("mode-mixed");
	tree_clean();
}
END_TEST

START_TEST(any_octets_of_ip_link_do_no_harm)
{
	static const char *const lines[] = {
		"8:", "8: ", "8: :", ":", "8 x", "8: ib0.8002", "8: ib0.8002@",
		"8: ib0.8002@ib0: ipoib", "8: ib0.8002@ib0: ipoib pkey",
		"8: ib0.8002@ib0: ipoib pkey 99999999999 mode x umcast",
		"8: ib0.8002@ib0: ipoib mode mode mode mode",
		"8: a-name-that-no-interface-can-have@x: ipoib mode connected",
		"4294967296: ib0.8002@ib0: ipoib pkey 0x12345 mode connected",
	};
	struct ipoib__random *random = support_random();

	with_child();
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		tree_write(lines[i], "ip-link");
		tree_found(IPOIB_AUDIT_NOTE, "unreadable", "ib0.8002", NULL);
	}
	for (unsigned round = 0; round < 200; round++) {
		char text[] = "8: ib0.8002@ib0: <UP>\n    ipoib pkey 0x8002 mode datagram "
			      "umcast 0000\n";

		for (unsigned n = 0; n < 4; n++) {
			uint64_t value = ipoib__random_u64(random);

			text[value % (sizeof(text) - 1)] = (char)(1 + (value >> 32) % 255);
		}
		tree_write(text, "ip-link");
		ipoib_audit_close(tree_audit());
	}
}
END_TEST

Suite *suite_child(void)
{
	Suite *suite = suite_create("child");
	TCase *tcase = tcase_create("child");

	tcase_set_timeout(tcase, 60);
	tcase_add_checked_fixture(tcase, tree_setup, tree_teardown);
	tcase_add_test(tcase, a_mode_that_only_netlink_knows_is_said_to_be_unread);
	tcase_add_test(tcase, what_ip_link_tells_stands_in_for_attributes);
	tcase_add_test(tcase, lines_of_one_interface_may_be_one_line);
	tcase_add_test(tcase, what_is_told_of_another_interface_is_not_taken);
	tcase_add_test(tcase, its_missing_pkey_is_found);
	tcase_add_test(tcase, its_duplicate_pkey_is_found_whatever_made_the_other);
	tcase_add_test(tcase, its_parent_that_is_down_is_found);
	tcase_add_test(tcase, a_parent_in_another_network_namespace_is_not_looked_for_here);
	tcase_add_test(tcase, a_child_cannot_do_what_its_port_cannot);
	tcase_add_test(tcase, modes_of_both_kinds_are_held_against_each_other);
	tcase_add_test(tcase, any_octets_of_ip_link_do_no_harm);
	suite_add_tcase(suite, tcase);
	return suite;
}
