/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Trees that no kernel makes, and some that one does. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "audit/suites.h"
#include "audit/files.h"
#include "support/support.h"

/* Every file of an interface that is read; each is spoilt in turn. */
static const char *const files[] = {
	"sys/class/net/ib1/type",
	"sys/class/net/ib1/flags",
	"sys/class/net/ib1/operstate",
	"sys/class/net/ib1/carrier",
	"sys/class/net/ib1/mtu",
	"sys/class/net/ib1/mode",
	"sys/class/net/ib1/umcast",
	"sys/class/net/ib1/pkey",
	"sys/class/net/ib1/address",
	"sys/class/net/ib1/dev_port",
	"sys/class/net/ib1/device",
	"sys/class/net/ib1/device/infiniband",
	"sys/class/net/ib1/device/driver",
	"sys/class/net/ib1/parent",
	"sys/class/net/ib1/master",
	"sys/class/net/ib1/broadcast",
	"sys/class/net/ib1/bonding",
	"sys/class/net/ib1/bonding/mode",
	"sys/class/net/ib1/bonding/fail_over_mac",
	"sys/class/net/ib1/bonding/num_grat_arp",
	"sys/class/net/ib1/ifindex",
	"sys/class/net/ib1/iflink",
	"sys/class/infiniband",
	"sys/class/infiniband/mlx4_0/ports/2/state",
	"sys/class/infiniband/mlx4_0/ports/2/sm_lid",
	"sys/class/infiniband/mlx4_0/ports/2/pkeys",
	"sys/class/infiniband/mlx4_0/ports/2/pkeys/0",
	"proc/sys/net/ipv4/conf/all",
	"proc/sys/net/ipv4/conf/all/arp_filter",
	"proc/sys/net/ipv4/conf/ib1",
	"proc/sys/net/ipv4/conf/ib1/arp_ignore",
	"proc/sys/net/ipv4/neigh/default/gc_thresh3",
	"proc/net/route",
	"proc/net/stat/arp_cache",
	"proc/buddyinfo",
	"proc/sys/vm/min_free_kbytes",
	"proc/sys/kernel/osrelease",
	"boot/config-1",
	"ip-link",
};
#define FILES (sizeof(files) / sizeof(files[0]))

static void two_ports(void)
{
	tree_host();
	tree_ib("ib0", 1);
	tree_ib("ib1", 2);
	tree_subnet("ib0", 1, 0);
	tree_subnet("ib1", 2, 0);
	tree_write("entries\n00000001\n", "proc/net/stat/arp_cache");
	tree_write("1\n", "proc/sys/kernel/osrelease");
}

/* Whatever it finds: it ends, with findings that are whole and in order. */
static size_t audit_whatever(void)
{
	struct ipoib_audit *audit = tree_audit();
	struct ipoib_audit_finding finding = { .size = sizeof(finding) };
	struct ipoib_audit_interface interface = { .size = sizeof(interface) };
	size_t count = ipoib_audit_count(audit);
	uint32_t severity = IPOIB_AUDIT_ERROR;

	for (size_t i = 0; i < count; i++) {
		ck_assert_int_eq(ipoib_audit_finding(audit, i, &finding), 0);
		ck_assert_uint_le(finding.severity, severity);
		severity = finding.severity;
		ck_assert_ptr_nonnull(ipoib_audit_severity_name(severity));
		ck_assert_uint_gt(strlen(finding.id), 0);
		ck_assert_uint_gt(strlen(finding.subject), 0);
		ck_assert_uint_gt(strlen(finding.text), 0);
		ck_assert_uint_gt(strlen(finding.remedy), 0);
	}
	ck_assert_int_eq(ipoib_audit_finding(audit, count, &finding), -ENOENT);
	for (size_t i = 0; i < ipoib_audit_interface_count(audit); i++)
		ck_assert_int_eq(ipoib_audit_interface(audit, i, &interface), 0);
	ipoib_audit_close(audit);
	return count;
}

START_TEST(a_file_that_is_a_directory_a_pipe_or_a_circle_does_no_harm)
{
	two_ports();
	const char *file = files[_i];
	char path[256], last[64];

	tree_remove("%s", file);
	(void)audit_whatever();
	tree_directory("%s", file);
	(void)audit_whatever();
	tree_directory("%s/x", file);
	(void)audit_whatever();

	tree_remove("%s", file);
	snprintf(path, sizeof(path), "%s/%s", tree_root(), file);
	snprintf(last, sizeof(last), "%s", strrchr(path, '/') + 1);
	ck_assert(mkfifo(path, 0666) == 0 || errno == ENOENT);
	(void)audit_whatever();

	tree_remove("%s", file);
	tree_link(last, "%s", file);
	(void)audit_whatever();

	tree_remove("%s", file);
	tree_link("/dev/zero", "%s", file);
	(void)audit_whatever();
}
END_TEST

START_TEST(any_octets_in_a_file_do_no_harm)
{
	static const char *const texts[] = {
		"", "\n", " ", "x", "-1", "0x", "0xg", "99999999999999999999", "4294967295",
		"4294967296", "0xffffffff", "1 2", "\001\377", "%s%n", "ib1", "ib0", "../../x",
		"00:01", "80:00:00:48:fe:80:00:00:00:00:00:00:00:02:c9:03:00:00:00:02:00",
		"ib0\t\t\t\t\t\t\t\t", "ib0 G 0 1 0 0 0 0", "ib1 000A0A0A 00000000 1 0 0 0 1",
		"$(reboot)", "active-backup", "connected", "datagram 1"
	};

	two_ports();
	const char *file = files[_i];

	tree_remove("%s", file);
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		tree_write(texts[i], "%s", file);
		(void)audit_whatever();
	}
}
END_TEST

START_TEST(random_octets_in_a_file_do_no_harm)
{
	struct ipoib__random *random = support_random();
	char path[256];

	two_ports();
	tree_remove("%s", files[_i]);
	tree_write("", "%s", files[_i]);
	snprintf(path, sizeof(path), "%s/%s", tree_root(), files[_i]);
	for (unsigned round = 0; round < 20; round++) {
		FILE *file = fopen(path, "w");
		uint64_t length = ipoib__random_u64(random) % 300;

		ck_assert_ptr_nonnull(file);
		while (length-- > 0)
			fputc((int)(ipoib__random_u64(random) & 0xff), file);
		fclose(file);
		(void)audit_whatever();
	}
}
END_TEST

START_TEST(ten_megabytes_in_a_file_do_no_harm)
{
	char path[256];

	two_ports();
	tree_remove("%s", files[_i]);
	tree_write("", "%s", files[_i]);
	snprintf(path, sizeof(path), "%s/%s", tree_root(), files[_i]);
	ck_assert_int_eq(truncate(path, 10 << 20), 0);
	(void)audit_whatever();
}
END_TEST

START_TEST(a_value_without_a_lines_end_is_read)
{
	two_ports();
	tree_write("0", "proc/sys/net/ipv4/conf/ib1/arp_ignore");
	tree_found(IPOIB_AUDIT_ERROR, "arp-ignore", "ib1", NULL);
}
END_TEST

START_TEST(what_cannot_be_read_is_said_and_not_guessed)
{
	two_ports();
	tree_remove("proc/sys/net/ipv4/conf/ib1/arp_ignore");
	tree_attribute("ib1", "mtu", "lots");
	const char *text = tree_found(IPOIB_AUDIT_NOTE, "unreadable", "ib1", NULL);

	ck_assert_ptr_nonnull(strstr(text, ": mtu, arp_ignore"));
	tree_absent("arp-ignore");
	tree_remove("proc/net/route");
	text = tree_found(IPOIB_AUDIT_NOTE, "unreadable", "host", NULL);
	ck_assert_ptr_nonnull(strstr(text, "/proc/net/route"));
}
END_TEST

START_TEST(a_routing_table_without_end_is_said_to_be_unread)
{
	char path[256];

	two_ports();
	snprintf(path, sizeof(path), "%s/proc/net/route", tree_root());
	ck_assert_int_eq(truncate(path, 65 << 20), 0);
	tree_found(IPOIB_AUDIT_NOTE, "unreadable", "host", NULL);
}
END_TEST

START_TEST(more_subnets_than_any_host_has_are_said_to_be_unread)
{
	two_ports();
	FILE *file;
	char path[256];

	snprintf(path, sizeof(path), "%s/proc/net/route", tree_root());
	file = fopen(path, "a");
	ck_assert_ptr_nonnull(file);
	for (unsigned i = 0; i < 4200; i++)
		fprintf(file, "ib%u\t%08X\t00000000\t0001\t0\t0\t0\tFFFFFF00\n", i & 1, i << 8);
	fclose(file);
	tree_found(IPOIB_AUDIT_NOTE, "unreadable", "host", NULL);
}
END_TEST

START_TEST(links_stay_below_the_root)
{
	two_ports();
	/* outside, as many levels up as there can be, stands a file that would be read */
	tree_remove("sys/class/net/ib1/mtu");
	tree_link("../../../../../../../../../../../../../../etc/hostname",
		  "sys/class/net/ib1/mtu");
	tree_found(IPOIB_AUDIT_NOTE, "unreadable", "ib1", NULL);
	tree_write("4092\n", "etc/hostname");
	tree_found(IPOIB_AUDIT_WARNING, "mtu-mismatch", "ib0", "ip link set ib0 mtu 4092\n");
	/* absolute links are the root's, too, directories in their midst as well */
	tree_remove("sys/class/net/ib1/mtu");
	tree_link("/elsewhere/net/mtu", "sys/class/net/ib1/mtu");
	tree_link("/etc", "elsewhere/net");
	tree_write("2043\n", "etc/mtu");
	tree_remove("etc/hostname");
	tree_directory("elsewhere");
	tree_found(IPOIB_AUDIT_WARNING, "mtu-mismatch", "ib1", "ip link set ib1 mtu 2044\n");
}
END_TEST

START_TEST(interfaces_are_links_in_sysfs)
{
	tree_host();
	tree_ib("x", 1);
	tree_remove("sys/class/net/x/type");
	tree_sysctl("ib7", "arp_ignore", 8);
	tree_link("../../devices/pci0000:00/net/ib7", "sys/class/net/ib7");
	tree_write("32\n", "sys/devices/pci0000:00/net/ib7/type");
	tree_write("0x1003\n", "sys/devices/pci0000:00/net/ib7/flags");
	tree_found(IPOIB_AUDIT_ERROR, "arp-silent", "ib7", NULL);
}
END_TEST

START_TEST(names_that_a_shell_would_run_are_left_out)
{
	static const char *const names[] = { "$(reboot)", "a;b", "-rf", "a'b", "a\"b", "a b",
					     "a\nb", "seventeen-octets-" };

	two_ports();
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		tree_attribute(names[i], "type", "32");
		tree_attribute(names[i], "flags", "0x1003");
	}
	const char *text = tree_found(IPOIB_AUDIT_NOTE, "odd-name", "host", NULL);
	struct ipoib_audit *audit = tree_audit();

	ck_assert_ptr_nonnull(strstr(text, "8 network interfaces were left out"));
	ck_assert_uint_eq(ipoib_audit_interface_count(audit), 2);
	ipoib_audit_close(audit);
	/* nor do they come in by what an interface says of itself */
	tree_attribute("ib1", "parent", "$(reboot)");
	tree_attribute("ib1", "operstate", "lowerlayerdown");
	tree_absent("child-down");
}
END_TEST

START_TEST(five_thousand_interfaces_are_too_many)
{
	tree_host();
	for (unsigned i = 0; i < 5000; i++) {
		tree_write("32\n", "sys/class/net/ib%04u/type", i);
		tree_write("0x1003\n", "sys/class/net/ib%04u/flags", i);
		tree_write("0xffff\n", "sys/class/net/ib%04u/pkey", i);
	}
	tree_found(IPOIB_AUDIT_WARNING, "too-many-interfaces", "host", NULL);
	struct ipoib_audit *audit = tree_audit();
	struct ipoib_audit_interface interface = { .size = sizeof(interface) };
	size_t count = ipoib_audit_interface_count(audit);

	ck_assert_uint_eq(count, 1024);
	ck_assert_int_eq(ipoib_audit_interface(audit, count - 1, &interface), 0);
	ck_assert_str_eq(interface.name, "ib1023");
	ipoib_audit_close(audit);
}
END_TEST

Suite *suite_hostile(void)
{
	Suite *suite = suite_create("hostile");
	TCase *tcase = tcase_create("hostile");

	tcase_set_timeout(tcase, 120); /* thousands of files, under valgrind too */
	tcase_add_checked_fixture(tcase, tree_setup, tree_teardown);
	tcase_add_loop_test(tcase, a_file_that_is_a_directory_a_pipe_or_a_circle_does_no_harm, 0,
			    (int)FILES);
	tcase_add_loop_test(tcase, any_octets_in_a_file_do_no_harm, 0, (int)FILES);
	tcase_add_loop_test(tcase, random_octets_in_a_file_do_no_harm, 0, (int)FILES);
	tcase_add_loop_test(tcase, ten_megabytes_in_a_file_do_no_harm, 0, (int)FILES);
	tcase_add_test(tcase, a_value_without_a_lines_end_is_read);
	tcase_add_test(tcase, what_cannot_be_read_is_said_and_not_guessed);
	tcase_add_test(tcase, a_routing_table_without_end_is_said_to_be_unread);
	tcase_add_test(tcase, more_subnets_than_any_host_has_are_said_to_be_unread);
	tcase_add_test(tcase, links_stay_below_the_root);
	tcase_add_test(tcase, interfaces_are_links_in_sysfs);
	tcase_add_test(tcase, names_that_a_shell_would_run_are_left_out);
	tcase_add_test(tcase, five_thousand_interfaces_are_too_many);
	suite_add_tcase(suite, tcase);
	return suite;
}
