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

START_TEST(a_strict_host_has_no_findings)
{
	two_ports();
	tree_clean();
}
END_TEST

START_TEST(arp_flux_is_found_on_each_port_that_answers_for_the_other)
{
	two_ports();
	tree_sysctl("ib0", "arp_ignore", 0);
	tree_sysctl("ib1", "arp_ignore", 0);
	tree_found(IPOIB_AUDIT_ERROR, "arp-ignore", "ib0", "net/ipv4/conf/ib0/arp_ignore = 1\n");
	tree_found(IPOIB_AUDIT_ERROR, "arp-ignore", "ib1", "net/ipv4/conf/ib1/arp_ignore = 1\n");
	mend("arp-ignore");
	tree_clean();
}
END_TEST

START_TEST(a_level_of_conf_all_counts_when_it_is_higher)
{
	two_ports();
	tree_sysctl("ib0", "arp_ignore", 0);
	tree_sysctl("all", "arp_ignore", 2);
	tree_clean();
	/* 3 answers on every port again, and hides the interface's own 1 */
	tree_sysctl("ib0", "arp_ignore", 1);
	tree_sysctl("all", "arp_ignore", 3);
	tree_found(IPOIB_AUDIT_ERROR, "arp-ignore", "ib0", "net/ipv4/conf/all/arp_ignore = 1\n");
	mend("arp-ignore");
	tree_clean();
}
END_TEST

START_TEST(levels_that_the_kernel_does_not_know_bind_nothing)
{
	two_ports();
	for (unsigned level = 3; level <= 9; level++) {
		tree_sysctl("ib1", "arp_ignore", level);
		if (level == 8)
			tree_absent("arp-ignore");
		else
			tree_found(IPOIB_AUDIT_ERROR, "arp-ignore", "ib1",
				   "net/ipv4/conf/ib1/arp_ignore = 1\n");
	}
}
END_TEST

START_TEST(one_port_alone_may_answer_for_everything)
{
	tree_host();
	tree_ib("ib0", 1);
	tree_sysctl("ib0", "arp_ignore", 0);
	tree_sysctl("ib0", "arp_announce", 0);
	tree_sysctl("ib0", "arp_notify", 0);
	tree_sysctl("ib0", "rp_filter", 1);
	tree_clean();
}
END_TEST

START_TEST(ports_of_other_domains_are_no_rivals)
{
	two_ports();
	tree_sysctl("ib0", "arp_ignore", 0);
	/* another subnet prefix: another fabric */
	tree_attribute("ib1", "address",
		       "80:00:00:48:fe:80:00:00:00:00:00:01:00:02:c9:03:00:00:00:02");
	tree_clean();
	tree_ib("ib2", 3);
	tree_found(IPOIB_AUDIT_ERROR, "arp-ignore", "ib0", NULL);
	/* another P_Key */
	tree_attribute("ib2", "pkey", "0x8001");
	tree_pkey(3, 1, 0x8001);
	tree_clean();
	/* not up */
	tree_attribute("ib2", "pkey", "0xffff");
	tree_attribute("ib2", "flags", "0x1002");
	tree_clean();
}
END_TEST

START_TEST(full_and_limited_members_of_a_pkey_are_one_domain)
{
	two_ports();
	tree_attribute("ib1", "pkey", "0x7fff");
	tree_sysctl("ib0", "arp_ignore", 0);
	tree_found(IPOIB_AUDIT_ERROR, "arp-ignore", "ib0", NULL);
}
END_TEST

START_TEST(names_with_dots_are_written_with_slashes)
{
	two_ports();
	tree_child("ib0.8001", "ib0", 1, 0x8001);
	tree_child("ib1.8001", "ib1", 2, 0x8001);
	tree_sysctl("ib0.8001", "arp_ignore", 0);
	tree_found(IPOIB_AUDIT_ERROR, "arp-ignore", "ib0.8001",
		   "net/ipv4/conf/ib0.8001/arp_ignore = 1\n");
	mend("arp-ignore");
	tree_clean();
}
END_TEST

START_TEST(requests_with_a_foreign_sender_are_found)
{
	two_ports();
	for (unsigned level = 0; level <= 1; level++) {
		tree_sysctl("ib1", "arp_announce", level);
		tree_found(IPOIB_AUDIT_WARNING, "arp-announce", "ib1",
			   "net/ipv4/conf/ib1/arp_announce = 2\n");
	}
	mend("arp-announce");
	tree_clean();
}
END_TEST

START_TEST(an_interface_that_answers_nobody_is_found)
{
	tree_host();
	tree_ib("ib0", 1);
	tree_sysctl("all", "arp_ignore", 8);
	tree_found(IPOIB_AUDIT_ERROR, "arp-silent", "ib0", "net/ipv4/conf/all/arp_ignore = 1\n");
	mend("arp-silent");
	tree_clean();
}
END_TEST

START_TEST(unsolicited_arp_that_makes_neighbours_is_found)
{
	tree_host();
	tree_ib("ib0", 1);
	tree_sysctl("all", "arp_accept", 1);
	tree_sysctl("ib0", "arp_accept", 2);
	tree_found(IPOIB_AUDIT_WARNING, "arp-accept", "ib0",
		   "net/ipv4/conf/all/arp_accept = 0\nnet/ipv4/conf/ib0/arp_accept = 0\n");
	mend("arp-accept");
	tree_clean();
}
END_TEST

START_TEST(deafness_to_moved_addresses_is_found)
{
	tree_host();
	tree_ib("ib0", 1);
	tree_sysctl("all", "drop_gratuitous_arp", 1);
	tree_found(IPOIB_AUDIT_WARNING, "drop-gratuitous-arp", "ib0",
		   "net/ipv4/conf/all/drop_gratuitous_arp = 0\n");
	mend("drop-gratuitous-arp");
	tree_clean();
}
END_TEST

START_TEST(fail_over_without_announcement_is_noted)
{
	two_ports();
	tree_sysctl("ib0", "arp_notify", 0);
	tree_found(IPOIB_AUDIT_NOTE, "arp-notify", "ib0", "net/ipv4/conf/ib0/arp_notify = 1\n");
	mend("arp-notify");
	tree_clean();
}
END_TEST

START_TEST(strictness_for_all_interfaces_is_noted_where_others_exist)
{
	tree_host();
	tree_ib("ib0", 1);
	tree_sysctl("all", "arp_ignore", 1);
	tree_sysctl("all", "arp_announce", 2);
	tree_sysctl("ib0", "arp_ignore", 0);
	tree_clean();
	tree_attribute("eth0", "type", "1");
	tree_found(IPOIB_AUDIT_NOTE, "arp-all", "host",
		   "net/ipv4/conf/ib0/arp_ignore = 1\nnet/ipv4/conf/all/arp_ignore = 0\n"
		   "net/ipv4/conf/ib0/arp_announce = 2\nnet/ipv4/conf/all/arp_announce = 0\n");
	mend("arp-all");
	tree_clean();
}
END_TEST

START_TEST(ports_that_gave_their_addresses_to_children_are_noted_at_most)
{
	two_ports();
	tree_sysctl("ib0", "arp_ignore", 0);
	tree_sysctl("ib1", "arp_announce", 0);
	tree_child("ib0.8001", "ib0", 1, 0x8001);
	tree_child("ib1.8002", "ib1", 2, 0x8002);
	tree_subnet("ib0.8001", 1, 0);
	tree_subnet("ib1.8002", 2, 0);
	const char *text = tree_found(IPOIB_AUDIT_NOTE, "arp-ignore", "ib0",
				      "net/ipv4/conf/ib0/arp_ignore = 1\n");

	ck_assert_ptr_nonnull(strstr(text, "none by the main routing table"));
	tree_found(IPOIB_AUDIT_NOTE, "arp-announce", "ib1", "net/ipv4/conf/ib1/arp_announce = 2\n");
	mend("arp-ignore");
	mend("arp-announce");
	tree_clean();
}
END_TEST

START_TEST(a_port_without_address_answers_for_one_that_has_some)
{
	two_ports();
	tree_sysctl("ib0", "arp_ignore", 0);
	tree_sysctl("ib1", "arp_ignore", 0);
	tree_subnet("ib1", 1, 0);
	tree_found(IPOIB_AUDIT_ERROR, "arp-ignore", "ib0", NULL);
	tree_found(IPOIB_AUDIT_NOTE, "arp-ignore", "ib1", NULL);
	/* of several the one with an address is named, wherever it stands */
	tree_ib("ib2", 3);
	tree_subnet("ib2", 1, 0);
	const char *text = tree_found(IPOIB_AUDIT_ERROR, "arp-ignore", "ib1", NULL);

	ck_assert_ptr_nonnull(strstr(text, "ib1 and ib2 are in one"));
	/* where the table shows no subnet at all, addresses have routes that are not seen */
	tree_write("Iface\n", "proc/net/route");
	tree_found(IPOIB_AUDIT_ERROR, "arp-ignore", "ib1", NULL);
}
END_TEST

Suite *suite_arp(void)
{
	Suite *suite = suite_create("arp");
	TCase *tcase = tcase_create("arp");

	tcase_add_checked_fixture(tcase, tree_setup, tree_teardown);
	tcase_add_test(tcase, a_strict_host_has_no_findings);
	tcase_add_test(tcase, arp_flux_is_found_on_each_port_that_answers_for_the_other);
	tcase_add_test(tcase, a_level_of_conf_all_counts_when_it_is_higher);
	tcase_add_test(tcase, levels_that_the_kernel_does_not_know_bind_nothing);
	tcase_add_test(tcase, one_port_alone_may_answer_for_everything);
	tcase_add_test(tcase, ports_of_other_domains_are_no_rivals);
	tcase_add_test(tcase, full_and_limited_members_of_a_pkey_are_one_domain);
	tcase_add_test(tcase, names_with_dots_are_written_with_slashes);
	tcase_add_test(tcase, requests_with_a_foreign_sender_are_found);
	tcase_add_test(tcase, an_interface_that_answers_nobody_is_found);
	tcase_add_test(tcase, unsolicited_arp_that_makes_neighbours_is_found);
	tcase_add_test(tcase, deafness_to_moved_addresses_is_found);
	tcase_add_test(tcase, fail_over_without_announcement_is_noted);
	tcase_add_test(tcase, strictness_for_all_interfaces_is_noted_where_others_exist);
	tcase_add_test(tcase, ports_that_gave_their_addresses_to_children_are_noted_at_most);
	tcase_add_test(tcase, a_port_without_address_answers_for_one_that_has_some);
	suite_add_tcase(suite, tcase);
	return suite;
}
