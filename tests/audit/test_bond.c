/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include <string.h>

#include "audit/mend.h"
#include "audit/suites.h"
#include "audit/files.h"
#include "support/support.h"

/* ib0 and ib1 below bond0, as it should be. */
static void bonded(void)
{
	tree_host();
	tree_ib("ib0", 1);
	tree_ib("ib1", 2);
	tree_child("bond0", "", 1, 0xffff);
	tree_remove("sys/class/net/bond0/parent");
	tree_remove("sys/class/net/bond0/mode");
	tree_remove("sys/class/net/bond0/pkey");
	tree_attribute("bond0", "broadcast",
		       "00:ff:ff:ff:ff:12:40:1b:ff:ff:00:00:00:00:00:00:ff:ff:ff:ff");
	tree_attribute("bond0", "bonding/mode", "active-backup 1");
	tree_attribute("bond0", "bonding/fail_over_mac", "active 1");
	tree_attribute("bond0", "bonding/num_grat_arp", "5");
	tree_link("../bond0", "sys/class/net/ib0/master");
	tree_link("../bond0", "sys/class/net/ib1/master");
}

static void connected(const char *name)
{
	tree_attribute(name, "mode", "connected");
	tree_attribute(name, "mtu", "65520");
}

START_TEST(a_bond_of_two_ports_has_no_findings)
{
	bonded();
	/* ports answer for nothing themselves */
	tree_sysctl("ib0", "arp_ignore", 0);
	tree_sysctl("ib1", "arp_announce", 0);
	tree_sysctl("bond0", "arp_ignore", 0);
	tree_clean();
}
END_TEST

START_TEST(a_bond_and_a_port_beside_it_are_rivals)
{
	bonded();
	tree_ib("ib2", 3);
	tree_sysctl("bond0", "arp_ignore", 0);
	const char *text = tree_found(IPOIB_AUDIT_ERROR, "arp-ignore", "bond0",
				      "net/ipv4/conf/bond0/arp_ignore = 1\n");

	ck_assert_ptr_nonnull(strstr(text, "bond0 and ib2 are in one broadcast domain"));
	mend("arp-ignore");
	tree_clean();
	tree_subnet("bond0", 1, 0);
	tree_subnet("ib2", 2, 0);
	tree_remove("sys/class/net/ib2/master");
	tree_found(IPOIB_AUDIT_WARNING, "pkey-shared", "ib2", NULL);
}
END_TEST

START_TEST(a_bond_in_a_domain_with_others_gets_children_of_its_ports)
{
	bonded();
	tree_ib("a0", 3);
	tree_subnet("a0", 1, 0);
	tree_subnet("bond0", 2, 0);
	tree_found(IPOIB_AUDIT_WARNING, "pkey-shared", "bond0",
		   "# where the subnet manager runs, in OpenSM's partitions.conf, for all hosts "
		   "of this subnet:\n"
		   "#   ipoib0001=0x0001, ipoib : ALL=full;\n"
		   "echo 0x8001 > /sys/class/net/ib0/create_child\n"
		   "echo 0x8001 > /sys/class/net/ib1/create_child\n"
		   "# then a bond of these, with the addresses of bond0\n");
}
END_TEST

static const char rebuilt[] = "ip link set bond0 down\n"
			      "echo -ib0 > /sys/class/net/bond0/bonding/slaves\n"
			      "echo -ib1 > /sys/class/net/bond0/bonding/slaves\n"
			      "echo active-backup > /sys/class/net/bond0/bonding/mode\n"
			      "echo active > /sys/class/net/bond0/bonding/fail_over_mac\n"
			      "echo +ib0 > /sys/class/net/bond0/bonding/slaves\n"
			      "echo +ib1 > /sys/class/net/bond0/bonding/slaves\n"
			      "ip link set bond0 up\n";

START_TEST(modes_other_than_active_backup_are_found)
{
	bonded();
	tree_attribute("bond0", "bonding/mode", "balance-rr 0");
	const char *text = tree_found(IPOIB_AUDIT_ERROR, "bond-mode", "bond0", rebuilt);

	ck_assert_ptr_nonnull(strstr(text, "mode balance-rr,"));
	mend("bond-mode");
	tree_clean();
}
END_TEST

START_TEST(link_addresses_that_are_to_move_are_found)
{
	bonded();
	tree_attribute("bond0", "bonding/fail_over_mac", "none 0");
	tree_found(IPOIB_AUDIT_ERROR, "bond-fail-over-mac", "bond0", rebuilt);
	mend("bond-fail-over-mac");
	tree_clean();
}
END_TEST

START_TEST(one_announcement_alone_is_noted)
{
	bonded();
	tree_attribute("bond0", "bonding/num_grat_arp", "1");
	tree_found(IPOIB_AUDIT_NOTE, "bond-announce", "bond0",
		   "echo 5 > /sys/class/net/bond0/bonding/num_grat_arp\n");
	mend("bond-announce");
	tree_clean();
}
END_TEST

START_TEST(ports_that_are_not_all_connected_are_found)
{
	bonded();
	connected("ib0");
	tree_attribute("bond0", "mtu", "65520");
	tree_attribute("ib1", "mtu", "65520");
	tree_route("bond0", 0xe0000000u, 4, 0);
	tree_found(IPOIB_AUDIT_ERROR, "bond-connected", "ib1",
		   "echo connected > /sys/class/net/ib1/mode\n");
	tree_absent("mode-mixed");
	mend("bond-connected");
	tree_clean();
}
END_TEST

START_TEST(a_port_that_cannot_connect_holds_the_bond_down)
{
	bonded();
	connected("ib0");
	tree_attribute("bond0", "mtu", "65520");
	tree_remove("sys/class/net/ib1/mode");
	tree_found(IPOIB_AUDIT_ERROR, "bond-connected", "ib1",
		   "# ib1 has no connected mode, so that the bond cannot:\n"
		   "ip link set bond0 mtu 2044\n"
		   "echo datagram > /sys/class/net/ib0/mode\n");
	mend("bond-connected");
}
END_TEST

START_TEST(a_port_with_another_mtu_is_found)
{
	bonded();
	tree_attribute("ib1", "mtu", "1500");
	tree_found(IPOIB_AUDIT_WARNING, "bond-mtu", "ib1", "ip link set ib1 mtu 2044\n");
	tree_absent("mtu-mismatch");
	mend("bond-mtu");
	tree_clean();
}
END_TEST

START_TEST(ports_in_other_partitions_are_found)
{
	bonded();
	tree_child("ib1.8002", "ib1", 2, 0x8002);
	tree_remove("sys/class/net/ib1/master");
	tree_link("../bond0", "sys/class/net/ib1.8002/master");
	const char *text = tree_found(IPOIB_AUDIT_ERROR, "bond-pkey", "ib1.8002",
				      "echo -ib1.8002 > /sys/class/net/bond0/bonding/slaves\n"
				      "echo +ib1 > /sys/class/net/bond0/bonding/slaves\n");

	ck_assert_ptr_nonnull(strstr(text, "P_Key 0x8002 and ib0, another port of bond0, 0xffff"));
	mend("bond-pkey");
	tree_clean();
	/* a full and a limited member are in one */
	tree_attribute("ib1", "pkey", "0x7fff");
	tree_absent("bond-pkey");
}
END_TEST

START_TEST(a_port_without_the_partition_gets_a_child_in_it)
{
	bonded();
	tree_child("ib0.8001", "ib0", 1, 0x8001);
	tree_remove("sys/class/net/ib0/master");
	tree_link("../bond0", "sys/class/net/ib0.8001/master");
	tree_attribute("bond0", "broadcast",
		       "00:ff:ff:ff:ff:12:40:1b:80:01:00:00:00:00:00:00:ff:ff:ff:ff");
	tree_found(IPOIB_AUDIT_ERROR, "bond-pkey", "ib1",
		   "echo -ib1 > /sys/class/net/bond0/bonding/slaves\n"
		   "echo 0x8001 > /sys/class/net/ib1/create_child\n"
		   "echo +ib1.8001 > /sys/class/net/bond0/bonding/slaves\n");
	mend("bond-pkey");
	tree_clean();
}
END_TEST

/* bond1 over the children of P_Key 0x8001, bond2 over those of 0x8002. */
START_TEST(bonds_over_the_partitions_of_two_ports_have_no_findings)
{
	static const char *const names[2][2] = { { "ib0.8001", "ib1.8001" },
						 { "ib0.8002", "ib1.8002" } };

	tree_host();
	for (unsigned port = 1; port <= 2; port++) {
		tree_ib(port == 1 ? "ib0" : "ib1", port);
		for (unsigned i = 0; i < 2; i++)
			tree_child(names[i][port - 1], port == 1 ? "ib0" : "ib1", port,
				   0x8001 + i);
	}
	for (unsigned i = 0; i < 2; i++) {
		const char *bond = i == 0 ? "bond1" : "bond2";

		tree_child(bond, "", 1, 0x8001 + i);
		tree_remove("sys/class/net/%s/parent", bond);
		tree_remove("sys/class/net/%s/mode", bond);
		tree_attribute(bond, "bonding/mode", "active-backup 1");
		tree_attribute(bond, "bonding/fail_over_mac", "active 1");
		tree_attribute(bond, "bonding/num_grat_arp", "5");
		tree_subnet(bond, i + 1, 0);
		for (unsigned port = 0; port < 2; port++)
			tree_link(i == 0 ? "../bond1" : "../bond2", "sys/class/net/%s/master",
				  names[i][port]);
	}
	tree_clean();
}
END_TEST

Suite *suite_bond(void)
{
	Suite *suite = suite_create("bond");
	TCase *tcase = tcase_create("bond");

	tcase_add_checked_fixture(tcase, tree_setup, tree_teardown);
	tcase_add_test(tcase, a_bond_of_two_ports_has_no_findings);
	tcase_add_test(tcase, a_bond_and_a_port_beside_it_are_rivals);
	tcase_add_test(tcase, a_bond_in_a_domain_with_others_gets_children_of_its_ports);
	tcase_add_test(tcase, modes_other_than_active_backup_are_found);
	tcase_add_test(tcase, link_addresses_that_are_to_move_are_found);
	tcase_add_test(tcase, one_announcement_alone_is_noted);
	tcase_add_test(tcase, ports_that_are_not_all_connected_are_found);
	tcase_add_test(tcase, a_port_that_cannot_connect_holds_the_bond_down);
	tcase_add_test(tcase, a_port_with_another_mtu_is_found);
	tcase_add_test(tcase, ports_in_other_partitions_are_found);
	tcase_add_test(tcase, a_port_without_the_partition_gets_a_child_in_it);
	tcase_add_test(tcase, bonds_over_the_partitions_of_two_ports_have_no_findings);
	suite_add_tcase(suite, tcase);
	return suite;
}
