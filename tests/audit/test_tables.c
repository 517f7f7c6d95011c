/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include <stdio.h>
#include <string.h>

#include "audit/mend.h"
#include "audit/suites.h"
#include "audit/files.h"
#include "support/support.h"

static void one_port(void)
{
	tree_host();
	tree_ib("ib0", 1);
}

/* As the kernel prints it: a line for each processor, of hexadecimal numbers. */
static void statistics(const char *table, unsigned entries, unsigned overflows)
{
	char line[256];

	tree_write("entries  allocs   destroys hash_grows lookups  hits     res_failed "
		   "rcv_probes_mcast rcv_probes_ucast periodic_gc_runs forced_gc_runs "
		   "unresolved_discards table_fulls\n",
		   "proc/net/stat/%s", table);
	for (unsigned cpu = 0; cpu < 2; cpu++) {
		snprintf(line, sizeof(line),
			 "%08x 00000001 00000000 00000002 00000003 00000004 00000000 "
			 "00000000         00000000         00000005         00000000       "
			 "00000000            %08x\n",
			 entries, cpu == 0 ? overflows : 0);
		tree_append(line, "proc/net/stat/%s", table);
	}
}

START_TEST(subnets_with_more_room_than_the_table_are_noted)
{
	one_port();
	tree_route("ib0", 0x0a0a0000u, 22, 0); /* 1024: as many as there may be */
	tree_clean();
	tree_ib("ib1", 2);
	tree_route("ib1", 0x0a0a0000u, 22, 0); /* the same hosts once more */
	tree_absent("gc-thresh");
	tree_remove("sys/class/net/ib1");
	tree_route("ib0", 0x0a0b0000u, 21, 0);
	const char *text = tree_found(IPOIB_AUDIT_NOTE, "gc-thresh", "host",
				      "net/ipv4/neigh/default/gc_thresh1 = 1024\n"
				      "net/ipv4/neigh/default/gc_thresh2 = 2048\n"
				      "net/ipv4/neigh/default/gc_thresh3 = 4096\n");

	ck_assert_ptr_nonnull(strstr(text, "network namespaces of the kernel together"));
	mend("gc-thresh");
	tree_clean();
}
END_TEST

START_TEST(many_interfaces_fill_the_default_table)
{
	tree_host();
	tree_ib("ib0", 1);
	for (unsigned i = 1; i <= 5; i++) {
		char name[16];

		snprintf(name, sizeof(name), "ib0.800%u", i);
		tree_child(name, "ib0", 1, 0x8000 + i);
		tree_subnet(name, i, 0);
	}
	tree_found(IPOIB_AUDIT_NOTE, "gc-thresh", "host", NULL);
	mend("gc-thresh");
	tree_clean();
}
END_TEST

START_TEST(more_neighbours_than_a_fabric_has_are_not_asked_for)
{
	one_port();
	tree_route("ib0", 0x0a000000u, 8, 0);
	tree_found(IPOIB_AUDIT_NOTE, "gc-thresh", "host",
		   "net/ipv4/neigh/default/gc_thresh1 = 16384\n"
		   "net/ipv4/neigh/default/gc_thresh2 = 32768\n"
		   "net/ipv4/neigh/default/gc_thresh3 = 65536\n");
	mend("gc-thresh");
	tree_clean();
}
END_TEST

START_TEST(a_table_that_fills_is_found)
{
	one_port();
	statistics("arp_cache", 512, 0);
	tree_clean();
	statistics("arp_cache", 513, 0);
	tree_found(IPOIB_AUDIT_WARNING, "gc-thresh-full", "host",
		   "net/ipv4/neigh/default/gc_thresh1 = 1024\n"
		   "net/ipv4/neigh/default/gc_thresh2 = 2048\n"
		   "net/ipv4/neigh/default/gc_thresh3 = 4096\n");
	mend("gc-thresh-full");
	tree_clean();
}
END_TEST

START_TEST(a_table_that_has_overflown_is_an_error)
{
	one_port();
	tree_write("1024\n", "proc/sys/net/ipv6/neigh/default/gc_thresh3");
	statistics("ndisc_cache", 1000, 17);
	const char *text = tree_found(IPOIB_AUDIT_ERROR, "gc-thresh-full", "host",
				      "net/ipv6/neigh/default/gc_thresh1 = 1024\n"
				      "net/ipv6/neigh/default/gc_thresh2 = 2048\n"
				      "net/ipv6/neigh/default/gc_thresh3 = 4096\n");

	ck_assert_ptr_nonnull(strstr(text, "has 1000 entries of the 1024"));
	ck_assert_ptr_nonnull(strstr(text, "has refused 17:"));
	mend("gc-thresh-full");
	tree_clean();
}
END_TEST

START_TEST(thresholds_out_of_all_proportion_end_at_the_largest_number)
{
	one_port();
	tree_write("4294967295\n", "proc/sys/net/ipv4/neigh/default/gc_thresh3");
	statistics("arp_cache", 0xffffffffu, 0xffffffffu);
	tree_found(IPOIB_AUDIT_ERROR, "gc-thresh-full", "host",
		   "net/ipv4/neigh/default/gc_thresh1 = 268435456\n"
		   "net/ipv4/neigh/default/gc_thresh2 = 536870912\n"
		   "net/ipv4/neigh/default/gc_thresh3 = 1073741824\n");
}
END_TEST

START_TEST(a_host_without_ipoib_has_nothing_to_say)
{
	tree_host();
	tree_attribute("eth0", "type", "1");
	tree_sysctl("all", "arp_ignore", 1);
	tree_remove("proc/net");
	tree_remove("proc/sys/net/ipv4/neigh");
	tree_clean();
}
END_TEST

Suite *suite_tables(void)
{
	Suite *suite = suite_create("tables");
	TCase *tcase = tcase_create("tables");

	tcase_add_checked_fixture(tcase, tree_setup, tree_teardown);
	tcase_add_test(tcase, subnets_with_more_room_than_the_table_are_noted);
	tcase_add_test(tcase, many_interfaces_fill_the_default_table);
	tcase_add_test(tcase, more_neighbours_than_a_fabric_has_are_not_asked_for);
	tcase_add_test(tcase, a_table_that_fills_is_found);
	tcase_add_test(tcase, a_table_that_has_overflown_is_an_error);
	tcase_add_test(tcase, thresholds_out_of_all_proportion_end_at_the_largest_number);
	tcase_add_test(tcase, a_host_without_ipoib_has_nothing_to_say);
	suite_add_tcase(suite, tcase);
	return suite;
}
