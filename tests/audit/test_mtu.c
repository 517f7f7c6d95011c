/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include <stdio.h>
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

static void make_connected(const char *name, const char *mtu)
{
	tree_attribute(name, "mode", "connected");
	tree_attribute(name, "mtu", mtu);
	tree_route(name, 0xe0000000u, 4, 0);
}

START_TEST(mtus_that_differ_in_one_domain_are_found)
{
	two_ports();
	tree_attribute("ib0", "mtu", "4092");
	tree_found(IPOIB_AUDIT_WARNING, "mtu-mismatch", "ib1", "ip link set ib1 mtu 4092\n");
	mend("mtu-mismatch");
	tree_clean();
	tree_attribute("ib1", "mtu", "1500");
	tree_attribute("ib1", "pkey", "0x8001");
	tree_pkey(2, 1, 0x8001);
	tree_clean();
}
END_TEST

START_TEST(no_mtu_is_proposed_that_the_mode_does_not_carry)
{
	two_ports();
	tree_attribute("ib0", "mtu", "65520");
	tree_absent("mtu-mismatch");
	mend("mtu-datagram");
	tree_clean();
}
END_TEST

START_TEST(a_large_mtu_in_datagram_mode_is_found)
{
	tree_host();
	tree_ib("ib0", 1);
	tree_attribute("ib0", "mtu", "4092");
	tree_clean();
	tree_attribute("ib0", "mtu", "4093");
	tree_found(IPOIB_AUDIT_ERROR, "mtu-datagram", "ib0",
		   "ip link set ib0 mtu 2044\n# or, if all hosts of the subnet do: "
		   "echo connected > /sys/class/net/ib0/mode\n");
	mend("mtu-datagram");
	tree_clean();
}
END_TEST

START_TEST(an_mtu_beyond_connected_mode_is_found)
{
	tree_host();
	tree_ib("ib0", 1);
	make_connected("ib0", "65520");
	tree_clean();
	tree_attribute("ib0", "mtu", "65521");
	tree_found(IPOIB_AUDIT_ERROR, "mtu-connected", "ib0", "ip link set ib0 mtu 65520\n");
	mend("mtu-connected");
	tree_clean();
}
END_TEST

START_TEST(a_small_mtu_in_connected_mode_is_noted)
{
	tree_host();
	tree_ib("ib0", 1);
	make_connected("ib0", "2044");
	tree_found(IPOIB_AUDIT_NOTE, "mtu-connected-small", "ib0", "ip link set ib0 mtu 65520\n");
	mend("mtu-connected-small");
	tree_clean();
	tree_attribute("ib0", "mtu", "4093");
	tree_clean();
}
END_TEST

START_TEST(multicast_that_is_longer_than_a_datagram_is_noted)
{
	tree_host();
	tree_ib("ib0", 1);
	tree_attribute("ib0", "mode", "connected");
	tree_attribute("ib0", "mtu", "65520");
	tree_found(IPOIB_AUDIT_NOTE, "mtu-multicast", "ib0",
		   "ip route append 224.0.0.0/4 dev ib0 mtu lock 2044\n");
	mend("mtu-multicast");
	tree_clean();
}
END_TEST

START_TEST(modes_that_differ_in_one_domain_are_found)
{
	two_ports();
	make_connected("ib0", "65520");
	tree_found(IPOIB_AUDIT_WARNING, "mode-mixed", "ib1",
		   "echo connected > /sys/class/net/ib1/mode\nip link set ib1 mtu 65520\n");
	tree_route("ib1", 0xe0000000u, 4, 0);
	mend("mode-mixed");
	tree_clean();
}
END_TEST

START_TEST(where_one_port_cannot_connect_the_other_does_not)
{
	two_ports();
	make_connected("ib0", "65520");
	tree_remove("sys/class/net/ib1/mode");
	tree_found(IPOIB_AUDIT_WARNING, "mode-mixed", "ib1",
		   "echo datagram > /sys/class/net/ib0/mode\n");
	mend("mode-mixed");
}
END_TEST

START_TEST(a_driver_without_connected_mode_is_named)
{
	tree_host();
	tree_ib("ib0", 1);
	tree_remove("sys/class/net/ib0/mode");
	tree_remove("sys/class/net/ib0/device/driver");
	tree_link("../../../../bus/pci/drivers/hfi1", "sys/class/net/ib0/device/driver");
	tree_directory("sys/bus/pci/drivers/hfi1");
	const char *text = tree_found(IPOIB_AUDIT_NOTE, "no-connected-mode", "ib0",
				      "# set every host that ib0 talks to to datagram mode, "
				      "there:\n"
				      "#   echo datagram > /sys/class/net/INTERFACE/mode\n");

	ck_assert_ptr_nonnull(strstr(text, "the driver of ib0, hfi1,"));
	tree_attribute("ib0", "mode", "datagram");
	tree_clean();
}
END_TEST

START_TEST(enhanced_ipoib_has_the_attribute_and_not_the_mode)
{
	tree_host();
	tree_ib("ib0", 1);
	tree_remove("sys/class/net/ib0/device/driver");
	tree_directory("sys/bus/pci/drivers/mlx5_core");
	/* absolute, and still below the root of the audit */
	tree_link("/sys/bus/pci/drivers/mlx5_core", "sys/class/net/ib0/device/driver");
	const char *text = tree_found(IPOIB_AUDIT_NOTE, "no-connected-mode", "ib0",
				      "# set every host that ib0 talks to to datagram mode, "
				      "there:\n"
				      "#   echo datagram > /sys/class/net/INTERFACE/mode\n"
				      "# with NVIDIA's own drivers only, in "
				      "/etc/modprobe.d/ib_ipoib.conf: options ib_ipoib "
				      "ipoib_enhanced=0\n");

	ck_assert_ptr_nonnull(strstr(text, "mlx5_core"));
	make_connected("ib0", "65520");
	tree_clean();
}
END_TEST

static void set_driver(const char *name, const char *driver)
{
	char target[64];

	snprintf(target, sizeof(target), "../../../../bus/pci/drivers/%s", driver);
	tree_directory("sys/bus/pci/drivers/%s", driver);
	tree_remove("sys/class/net/%s/device/driver", name);
	tree_link(target, "sys/class/net/%s/device/driver", name);
}

START_TEST(omni_path_carries_ten_kib_in_datagram_mode)
{
	two_ports();
	set_driver("ib0", "hfi1");
	set_driver("ib1", "hfi1");
	tree_attribute("ib0", "mtu", "10236");
	tree_attribute("ib1", "mtu", "10236");
	tree_clean();
	tree_attribute("ib1", "mtu", "10237");
	const char *text = tree_found(IPOIB_AUDIT_ERROR, "mtu-datagram", "ib1",
				      "ip link set ib1 mtu 10236\n# or, if all hosts of the subnet "
				      "do: echo connected > /sys/class/net/ib1/mode\n");

	ck_assert_ptr_nonnull(strstr(text, "carries 10236 octets at most"));
	mend("mtu-datagram");
	tree_attribute("ib1", "mtu", "2044");
	tree_found(IPOIB_AUDIT_WARNING, "mtu-mismatch", "ib1", "ip link set ib1 mtu 10236\n");
	mend("mtu-mismatch");
	tree_clean();
}
END_TEST

START_TEST(connected_mode_of_omni_path_gains_nothing_below_ten_kib)
{
	tree_host();
	tree_ib("ib0", 1);
	set_driver("ib0", "hfi1");
	make_connected("ib0", "65520");
	tree_clean();
	tree_remove("proc/net/route");
	tree_write("Iface\n", "proc/net/route");
	tree_found(IPOIB_AUDIT_NOTE, "mtu-multicast", "ib0",
		   "ip route append 224.0.0.0/4 dev ib0 mtu lock 2044\n");
	tree_attribute("ib0", "mtu", "10236");
	tree_absent("mtu-multicast");
	tree_found(IPOIB_AUDIT_NOTE, "mtu-connected-small", "ib0", "ip link set ib0 mtu 65520\n");
}
END_TEST

static const char without_cm[] = "# set every host that ib0 talks to to datagram mode, there:\n"
				 "#   echo datagram > /sys/class/net/INTERFACE/mode\n"
				 "# or run a kernel with CONFIG_INFINIBAND_IPOIB_CM=y\n";

START_TEST(a_kernel_without_connected_mode_is_named_and_not_the_driver)
{
	tree_host();
	tree_ib("ib0", 1);
	tree_remove("sys/class/net/ib0/mode");
	const char *text =
		tree_found(IPOIB_AUDIT_NOTE, "no-connected-mode", "ib0", without_cm);

	ck_assert_ptr_nonnull(strstr(text, "kernel was built without CONFIG_INFINIBAND_IPOIB_CM"));
	ck_assert_ptr_null(strstr(text, "driver"));
	/* another port that has the mode acquits the kernel */
	tree_ib("ib1", 2);
	text = tree_found(IPOIB_AUDIT_NOTE, "no-connected-mode", "ib0", NULL);
	ck_assert_ptr_nonnull(strstr(text, "the driver of ib0, mlx4_core,"));
}
END_TEST

START_TEST(the_kernels_configuration_decides_where_it_can_be_read)
{
	tree_host();
	tree_ib("ib0", 1);
	tree_remove("sys/class/net/ib0/mode");
	set_driver("ib0", "mlx5_core");
	tree_write("6.1.0-13-amd64\n", "proc/sys/kernel/osrelease");
	tree_write("CONFIG_INFINIBAND_IPOIB=m\n# CONFIG_INFINIBAND_IPOIB_CM is not set\n",
		   "boot/config-6.1.0-13-amd64");
	tree_found(IPOIB_AUDIT_NOTE, "no-connected-mode", "ib0", without_cm);
	tree_append("CONFIG_INFINIBAND_IPOIB_CM=y\n", "boot/config-6.1.0-13-amd64");
	const char *text = tree_found(IPOIB_AUDIT_NOTE, "no-connected-mode", "ib0", NULL);

	ck_assert_ptr_nonnull(strstr(text, "the driver of ib0, mlx5_core,"));
	set_driver("ib0", "mlx4_core");
	text = tree_found(IPOIB_AUDIT_NOTE, "no-connected-mode", "ib0", NULL);
	ck_assert_ptr_nonnull(strstr(text, "the driver of ib0, mlx4_core,"));
	/* a file that is no configuration says nothing */
	tree_write("nothing\n", "boot/config-6.1.0-13-amd64");
	tree_found(IPOIB_AUDIT_NOTE, "no-connected-mode", "ib0", without_cm);
}
END_TEST

static const char scarce[] =
	"Node 0, zone      DMA    0    0    0    0    0    0    0    0  900  900  900 \n"
	"Node 0, zone   Normal 90112 40210 5210  120    3    1    0    2    0    0    0 \n";

START_TEST(memory_without_large_blocks_is_noted_at_the_largest_mtu)
{
	tree_host();
	tree_ib("ib0", 1);
	make_connected("ib0", "65520");
	tree_write("67584\n", "proc/sys/vm/min_free_kbytes");
	tree_clean();
	tree_write(scarce, "proc/buddyinfo");
	const char *text = tree_found(IPOIB_AUDIT_NOTE, "memory-order", "ib0",
				      "ip link set ib0 mtu 64000\n"
				      "# or keep it, and have the kernel keep more memory free: a "
				      "larger vm/min_free_kbytes than 67584\n");

	ck_assert_ptr_nonnull(strstr(text, "has 9 such pieces free"));
	mend("memory-order");
	tree_clean();
	/* larger blocks can be cut */
	tree_attribute("ib0", "mtu", "65520");
	tree_append("Node 1, zone   Normal 0 0 0 0 0 0 0 0 0 0 2\n", "proc/buddyinfo");
	tree_clean();
	/* pages that are not of 4 KiB have more orders, and other sizes */
	tree_write("Node 0, zone   Normal 0 0 0 0 0 0 0 0 0 0 0 0 0 0\n", "proc/buddyinfo");
	tree_clean();
}
END_TEST

START_TEST(memory_is_no_matter_of_datagrams)
{
	two_ports();
	tree_write(scarce, "proc/buddyinfo");
	tree_clean();
	make_connected("ib0", "64000");
	make_connected("ib1", "64000");
	tree_clean();
}
END_TEST

Suite *suite_mtu(void)
{
	Suite *suite = suite_create("mtu");
	TCase *tcase = tcase_create("mtu");

	tcase_add_checked_fixture(tcase, tree_setup, tree_teardown);
	tcase_add_test(tcase, mtus_that_differ_in_one_domain_are_found);
	tcase_add_test(tcase, no_mtu_is_proposed_that_the_mode_does_not_carry);
	tcase_add_test(tcase, a_large_mtu_in_datagram_mode_is_found);
	tcase_add_test(tcase, an_mtu_beyond_connected_mode_is_found);
	tcase_add_test(tcase, a_small_mtu_in_connected_mode_is_noted);
	tcase_add_test(tcase, multicast_that_is_longer_than_a_datagram_is_noted);
	tcase_add_test(tcase, modes_that_differ_in_one_domain_are_found);
	tcase_add_test(tcase, where_one_port_cannot_connect_the_other_does_not);
	tcase_add_test(tcase, a_driver_without_connected_mode_is_named);
	tcase_add_test(tcase, enhanced_ipoib_has_the_attribute_and_not_the_mode);
	tcase_add_test(tcase, omni_path_carries_ten_kib_in_datagram_mode);
	tcase_add_test(tcase, connected_mode_of_omni_path_gains_nothing_below_ten_kib);
	tcase_add_test(tcase, a_kernel_without_connected_mode_is_named_and_not_the_driver);
	tcase_add_test(tcase, the_kernels_configuration_decides_where_it_can_be_read);
	tcase_add_test(tcase, memory_without_large_blocks_is_noted_at_the_largest_mtu);
	tcase_add_test(tcase, memory_is_no_matter_of_datagrams);
	suite_add_tcase(suite, tcase);
	return suite;
}
