/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include <string.h>

#include "audit/mend.h"
#include "audit/suites.h"
#include "audit/files.h"
#include "support/support.h"

static void two_ports(unsigned first, unsigned second)
{
	tree_host();
	tree_ib("ib0", 1);
	tree_ib("ib1", 2);
	tree_subnet("ib0", first, 0);
	tree_subnet("ib1", second, 0);
}

START_TEST(two_subnets_on_one_pkey_get_a_pkey_each)
{
	two_ports(1, 2);
	const char *text = tree_found(IPOIB_AUDIT_WARNING, "pkey-shared", "ib1",
				      "# where the subnet manager runs, in OpenSM's "
				      "partitions.conf, for all hosts of this subnet:\n"
				      "#   ipoib0001=0x0001, ipoib : ALL=full;\n"
				      "echo 0x8001 > /sys/class/net/ib1/create_child\n"
				      "# then move the addresses of ib1 to the new interface\n");

	ck_assert_ptr_nonnull(strstr(text, "subnet 10.10.2.0/24 of ib1"));
	ck_assert_ptr_nonnull(strstr(text, "subnet 10.10.1.0/24 of ib0"));
	/* the addresses move with it */
	tree_write("Iface\n", "proc/net/route");
	tree_subnet("ib0", 1, 0);
	tree_subnet("ib1.8001", 2, 0);
	tree_child("ib1.8001", "ib1", 2, 0x8001);
	tree_clean();
}
END_TEST

START_TEST(a_pkey_that_the_port_has_and_nobody_uses_is_taken_first)
{
	two_ports(1, 2);
	tree_ib("ib2", 3);
	tree_subnet("ib2", 3, 0);
	tree_pkey(2, 1, 0x8002); /* in use */
	tree_pkey(2, 2, 0x0003); /* a limited member's */
	tree_pkey(2, 3, 0x8007);
	tree_pkey(3, 1, 0x8007); /* is given to ib1 by then */
	tree_child("ib0.8002", "ib0", 1, 0x8002);
	tree_found(IPOIB_AUDIT_WARNING, "pkey-shared", "ib1",
		   "echo 0x8007 > /sys/class/net/ib1/create_child\n"
		   "# then move the addresses of ib1 to the new interface\n");
	const char *text = tree_found(IPOIB_AUDIT_WARNING, "pkey-shared", "ib2", NULL);

	ck_assert_ptr_nonnull(strstr(text, "10.10.3.0/24 of ib2"));
}
END_TEST

START_TEST(a_child_of_a_child_is_made_at_the_port)
{
	two_ports(1, 2);
	tree_write("Iface\n", "proc/net/route");
	tree_child("ib0.8001", "ib0", 1, 0x8001);
	tree_child("ib1.8001", "ib1", 2, 0x8001);
	tree_pkey(2, 9, 0x8009);
	tree_subnet("ib0.8001", 1, 0);
	tree_subnet("ib1.8001", 2, 0);
	tree_found(IPOIB_AUDIT_WARNING, "pkey-shared", "ib1.8001",
		   "echo 0x8009 > /sys/class/net/ib1/create_child\n"
		   "# then move the addresses of ib1.8001 to the new interface\n");
}
END_TEST

START_TEST(one_subnet_on_two_ports_is_found_on_the_one_that_routing_leaves_out)
{
	two_ports(1, 1);
	const char *text = tree_found(
		IPOIB_AUDIT_WARNING, "subnet-shared", "ib1",
		"# give ib1 addresses of a subnet of its own, or make one bond (active-backup) of "
		"ib0 and ib1;\n"
		"# to keep both, with ADDRESS for each address of ib1:\n"
		"#   ip route add 10.10.1.0/24 dev ib1 src ADDRESS table 1002\n"
		"#   ip rule add from ADDRESS lookup 1002\n");

	ck_assert_ptr_nonnull(strstr(text, "what came in by ib1 is answered by ib0"));
	tree_absent("pkey-shared");
	/* a subnet of its own, on a P_Key of its own */
	tree_write("Iface\n", "proc/net/route");
	tree_child("ib1.8001", "ib1", 2, 0x8001);
	tree_subnet("ib0", 1, 0);
	tree_subnet("ib1.8001", 2, 0);
	tree_clean();
}
END_TEST

START_TEST(the_lesser_metric_is_the_route_that_is_taken)
{
	tree_host();
	tree_ib("ib0", 1);
	tree_ib("ib1", 2);
	tree_subnet("ib0", 1, 150);
	tree_subnet("ib1", 1, 100);
	tree_found(IPOIB_AUDIT_WARNING, "subnet-shared", "ib0", NULL);
}
END_TEST

START_TEST(routes_by_gateways_to_hosts_and_to_everywhere_make_no_subnet)
{
	two_ports(1, 1);
	tree_write("Iface\tDestination\tGateway\n"
		   "ib0\t000A0A0A\t010A0A0A\t0003\t0\t0\t0\t00FFFFFF\t0\t0\t0\n"
		   "ib1\t000A0A0A\t010A0A0A\t0003\t0\t0\t0\t00FFFFFF\t0\t0\t0\n"
		   "ib0\t000A0A0A\t00000000\t0000\t0\t0\t0\t00FFFFFF\t0\t0\t0\n"
		   "ib1\t000A0A0A\t00000000\t0000\t0\t0\t0\t00FFFFFF\t0\t0\t0\n",
		   "proc/net/route");
	tree_route("ib0", 0, 0, 0);
	tree_route("ib1", 0, 0, 0);
	tree_route("ib0", 0x0a0a0a0au, 32, 0);
	tree_route("ib1", 0x0a0a0a0au, 32, 0);
	tree_clean();
}
END_TEST

START_TEST(arp_filter_without_routes_for_the_port_silences_it)
{
	two_ports(1, 1);
	tree_sysctl("ib0", "arp_filter", 1);
	tree_sysctl("ib1", "arp_filter", 1);
	tree_sysctl("ib1", "arp_ignore", 0);
	const char *text = tree_found(
		IPOIB_AUDIT_ERROR, "arp-filter", "ib1",
		"net/ipv4/conf/ib1/arp_filter = 0\n"
		"net/ipv4/conf/ib1/arp_ignore = 1\n"
		"net/ipv4/conf/ib1/arp_announce = 2\n"
		"# or keep arp_filter, and with ADDRESS for each address of ib1:\n"
		"#   ip route add 10.10.1.0/24 dev ib1 src ADDRESS table 1002\n"
		"#   ip rule add from ADDRESS lookup 1002\n");

	ck_assert_ptr_nonnull(strstr(text, "to subnet 10.10.1.0/24 the main routing table sends by "
					   "ib0"));
	mend("arp-filter");
	mend("arp-filter-ignore");
}
END_TEST

START_TEST(arp_filter_of_conf_all_is_taken_back_too)
{
	two_ports(1, 1);
	tree_sysctl("all", "arp_filter", 1);
	tree_found(IPOIB_AUDIT_ERROR, "arp-filter", "ib1",
		   "net/ipv4/conf/all/arp_filter = 0\n"
		   "net/ipv4/conf/ib1/arp_ignore = 1\n"
		   "net/ipv4/conf/ib1/arp_announce = 2\n"
		   "# or keep arp_filter, and with ADDRESS for each address of ib1:\n"
		   "#   ip route add 10.10.1.0/24 dev ib1 src ADDRESS table 1002\n"
		   "#   ip rule add from ADDRESS lookup 1002\n");
	mend("arp-filter");
}
END_TEST

START_TEST(arp_filter_beside_arp_ignore_is_noted)
{
	two_ports(1, 2);
	tree_sysctl("ib0", "arp_filter", 1);
	tree_found(IPOIB_AUDIT_NOTE, "arp-filter-ignore", "ib0",
		   "net/ipv4/conf/ib0/arp_filter = 0\n");
	tree_absent("arp-filter");
	mend("arp-filter-ignore");
	/* a port alone in its domain has nothing to lose by it */
	tree_sysctl("ib0", "arp_filter", 1);
	tree_remove("sys/class/net/ib1");
	tree_clean();
}
END_TEST

START_TEST(arp_filter_alone_keeps_subnets_of_their_own_apart)
{
	two_ports(1, 2);
	tree_sysctl("ib0", "arp_ignore", 0);
	tree_found(IPOIB_AUDIT_ERROR, "arp-ignore", "ib0", NULL);
	tree_sysctl("ib0", "arp_filter", 1);
	tree_absent("arp-ignore");
	tree_absent("arp-filter");
}
END_TEST

START_TEST(strict_reverse_path_filters_are_found)
{
	two_ports(1, 1);
	tree_sysctl("all", "rp_filter", 1);
	tree_found(IPOIB_AUDIT_NOTE, "rp-filter", "ib0", "net/ipv4/conf/ib0/rp_filter = 2\n");
	tree_found(IPOIB_AUDIT_WARNING, "rp-filter", "ib1", "net/ipv4/conf/ib1/rp_filter = 2\n");
	mend("rp-filter");
	/* on P_Keys of their own strictness does no harm */
	tree_attribute("ib1", "pkey", "0x8001");
	tree_pkey(2, 1, 0x8001);
	tree_write("Iface\n", "proc/net/route");
	tree_subnet("ib0", 1, 0);
	tree_subnet("ib1", 2, 0);
	tree_sysctl("ib0", "rp_filter", 1);
	tree_sysctl("ib1", "rp_filter", 1);
	tree_clean();
}
END_TEST

Suite *suite_subnet(void)
{
	Suite *suite = suite_create("subnet");
	TCase *tcase = tcase_create("subnet");

	tcase_add_checked_fixture(tcase, tree_setup, tree_teardown);
	tcase_add_test(tcase, two_subnets_on_one_pkey_get_a_pkey_each);
	tcase_add_test(tcase, a_pkey_that_the_port_has_and_nobody_uses_is_taken_first);
	tcase_add_test(tcase, a_child_of_a_child_is_made_at_the_port);
	tcase_add_test(tcase, one_subnet_on_two_ports_is_found_on_the_one_that_routing_leaves_out);
	tcase_add_test(tcase, the_lesser_metric_is_the_route_that_is_taken);
	tcase_add_test(tcase, routes_by_gateways_to_hosts_and_to_everywhere_make_no_subnet);
	tcase_add_test(tcase, arp_filter_without_routes_for_the_port_silences_it);
	tcase_add_test(tcase, arp_filter_of_conf_all_is_taken_back_too);
	tcase_add_test(tcase, arp_filter_beside_arp_ignore_is_noted);
	tcase_add_test(tcase, arp_filter_alone_keeps_subnets_of_their_own_apart);
	tcase_add_test(tcase, strict_reverse_path_filters_are_found);
	suite_add_tcase(suite, tcase);
	return suite;
}
