/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "audit/files.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support/support.h"

static char root[64];

const char *tree_root(void)
{
	return root;
}

void tree_setup(void)
{
	strcpy(root, "/tmp/ipoib-audit-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(root));
	support_setup();
}

void tree_teardown(void)
{
	char command[256];

	snprintf(command, sizeof(command), "chmod -R u+rwX %s; rm -rf %s", root, root);
	if (root[0] != '\0' && system(command) != 0)
		fprintf(stderr, "%s is left\n", root);
	root[0] = '\0';
	support_teardown();
}

static char *below_root(char path[1024], const char *format, va_list arguments)
	__attribute__((format(printf, 2, 0)));

static char *below_root(char path[1024], const char *format, va_list arguments)
{
	int length = snprintf(path, 1024, "%s/", root);

	vsnprintf(path + length, 1024 - (size_t)length, format, arguments);
	return path;
}

static void make_folders(char *path)
{
	for (char *slash = strchr(path + strlen(root) + 1, '/'); slash;
	     slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		mkdir(path, 0777);
		*slash = '/';
	}
}

static void put(const char *path, const char *how, const char *text)
{
	FILE *file = fopen(path, how);

	ck_assert_msg(file != NULL, "%s cannot be made", path);
	fputs(text, file);
	fclose(file);
}

void tree_write(const char *text, const char *format, ...)
{
	char path[1024];
	va_list arguments;

	va_start(arguments, format);
	make_folders(below_root(path, format, arguments));
	va_end(arguments);
	put(path, "w", text);
}

void tree_append(const char *text, const char *format, ...)
{
	char path[1024];
	va_list arguments;

	va_start(arguments, format);
	make_folders(below_root(path, format, arguments));
	va_end(arguments);
	put(path, "a", text);
}

void tree_directory(const char *format, ...)
{
	char path[1024];
	va_list arguments;

	va_start(arguments, format);
	make_folders(below_root(path, format, arguments));
	va_end(arguments);
	mkdir(path, 0777);
}

void tree_link(const char *target, const char *format, ...)
{
	char path[1024];
	va_list arguments;

	va_start(arguments, format);
	make_folders(below_root(path, format, arguments));
	va_end(arguments);
	ck_assert_int_eq(symlink(target, path), 0);
}

void tree_remove(const char *format, ...)
{
	char path[1024], command[1100];
	va_list arguments;

	va_start(arguments, format);
	below_root(path, format, arguments);
	va_end(arguments);
	snprintf(command, sizeof(command), "rm -rf '%s'", path);
	ck_assert_int_eq(system(command), 0);
}

void tree_attribute(const char *name, const char *attribute, const char *value)
{
	tree_write(value, "sys/class/net/%s/%s", name, attribute);
	tree_append("\n", "sys/class/net/%s/%s", name, attribute);
}

void tree_sysctl(const char *name, const char *sysctl, unsigned value)
{
	char line[32];

	snprintf(line, sizeof(line), "%u\n", value);
	tree_write(line, "proc/sys/net/ipv4/conf/%s/%s", name, sysctl);
}

static void sysctls(const char *name, unsigned ignore, unsigned announce, unsigned notify)
{
	tree_sysctl(name, "arp_ignore", ignore);
	tree_sysctl(name, "arp_announce", announce);
	tree_sysctl(name, "arp_notify", notify);
	tree_sysctl(name, "arp_filter", 0);
	tree_sysctl(name, "arp_accept", 0);
	tree_sysctl(name, "rp_filter", 0);
	tree_sysctl(name, "drop_gratuitous_arp", 0);
}

void tree_host(void)
{
	sysctls("all", 0, 0, 0);
	tree_write("128\n", "proc/sys/net/ipv4/neigh/default/gc_thresh1");
	tree_write("512\n", "proc/sys/net/ipv4/neigh/default/gc_thresh2");
	tree_write("1024\n", "proc/sys/net/ipv4/neigh/default/gc_thresh3");
	tree_write("Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\n",
		   "proc/net/route");
	tree_attribute("lo", "type", "772");
}

void tree_pkey(unsigned port, unsigned index, unsigned pkey)
{
	char line[16];

	snprintf(line, sizeof(line), "0x%04x\n", pkey);
	tree_write(line, "sys/class/infiniband/mlx4_0/ports/%u/pkeys/%u", port, index);
}

static void make_interface(const char *name, unsigned port, unsigned pkey)
{
	char text[256];

	tree_attribute(name, "type", "32");
	tree_attribute(name, "flags", "0x1003");
	tree_attribute(name, "operstate", "up");
	tree_attribute(name, "carrier", "1");
	tree_attribute(name, "mtu", "2044");
	tree_attribute(name, "mode", "datagram");
	tree_attribute(name, "umcast", "0");
	snprintf(text, sizeof(text), "0x%04x", pkey);
	tree_attribute(name, "pkey", text);
	snprintf(text, sizeof(text),
		 "80:00:00:48:fe:80:00:00:00:00:00:00:00:02:c9:03:00:00:00:%02x", port & 0xff);
	tree_attribute(name, "address", text);
	snprintf(text, sizeof(text), "0x%x", port - 1);
	tree_attribute(name, "dev_port", text);
	sysctls(name, 1, 2, 1);
}

void tree_ib(const char *name, unsigned port)
{
	make_interface(name, port, 0xffff);
	tree_directory("sys/bus/pci/drivers/mlx4_core/");
	tree_directory("sys/class/net/%s/device/infiniband/mlx4_0/", name);
	tree_link("../../../../bus/pci/drivers/mlx4_core", "sys/class/net/%s/device/driver",
		  name);
	tree_write("4: ACTIVE\n", "sys/class/infiniband/mlx4_0/ports/%u/state", port);
	tree_pkey(port, 0, 0xffff);
	tree_pkey(port, 1, 0);
}

void tree_child(const char *name, const char *parent, unsigned port, unsigned pkey)
{
	make_interface(name, port, pkey);
	tree_attribute(name, "parent", parent);
	tree_pkey(port, pkey & 0x7f, pkey);
}

/* Any numbers do that differ: the sum of the octets of names that differ in their digits. */
static unsigned index_of(const char *name)
{
	unsigned sum = 0;

	while (*name)
		sum = 10 * sum % 100000 + (unsigned char)*name++;
	return sum;
}

static void set_index(const char *name, const char *attribute, const char *of)
{
	char text[16];

	snprintf(text, sizeof(text), "%u", index_of(of));
	tree_attribute(name, attribute, text);
}

void tree_netlink_child(const char *name, const char *parent, unsigned port, unsigned pkey)
{
	static const char *const missing[] = { "mode", "pkey", "umcast", "parent" };
	char broadcast[64];

	tree_child(name, parent, port, pkey);
	for (size_t i = 0; i < sizeof(missing) / sizeof(missing[0]); i++)
		tree_remove("sys/class/net/%s/%s", name, missing[i]);
	snprintf(broadcast, sizeof(broadcast),
		 "00:ff:ff:ff:ff:12:40:1b:%02x:%02x:00:00:00:00:00:00:ff:ff:ff:ff", pkey >> 8,
		 pkey & 0xff);
	tree_attribute(name, "broadcast", broadcast);
	set_index(name, "ifindex", name);
	set_index(name, "iflink", parent);
	set_index(parent, "ifindex", parent);
	set_index(parent, "iflink", parent);
}

void tree_link_details(const char *name, const char *parent, const char *details)
{
	char text[512];

	snprintf(text, sizeof(text),
		 "%u: %s@%s: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 2044 qdisc mq state UP mode "
		 "DEFAULT group default qlen 256\n"
		 "    link/infiniband 80:00:00:49 brd 00:ff:ff:ff promiscuity 0 \n"
		 "    ipoib %s addrgenmode eui64 numtxqueues 1\n",
		 index_of(name), name, parent, details);
	tree_append(text, "ip-link");
}

/* As the kernel prints it: the number that the octets of an address make in memory. */
void tree_route(const char *name, uint32_t network, unsigned length, unsigned metric)
{
	char line[128];
	uint32_t mask = length == 0 ? 0 : UINT32_MAX << (32 - length);

	snprintf(line, sizeof(line),
		 "%s\t%08" PRIX32 "\t00000000\t0001\t0\t0\t%u\t%08" PRIX32 "\t0\t0\t0\n", name,
		 (uint32_t)htonl(network), metric, (uint32_t)htonl(mask));
	tree_append(line, "proc/net/route");
}

void tree_subnet(const char *name, unsigned subnet, unsigned metric)
{
	tree_route(name, 0x0a0a0000u + (subnet << 8), 24, metric);
}

struct ipoib_audit *tree_audit(void)
{
	struct ipoib_audit_config config = IPOIB_AUDIT_CONFIG_INIT;
	struct ipoib_audit *audit = NULL;

	config.root = root;
	config.allocate = support_allocate;
	config.release = support_release;
	ck_assert_int_eq(ipoib_audit_new(&audit, &config), 0);
	return audit;
}

const char *tree_found(uint32_t severity, const char *id, const char *subject, const char *remedy)
{
	static char text[2048];
	struct ipoib_audit *audit = tree_audit();
	struct ipoib_audit_finding finding = { .size = sizeof(finding) };
	unsigned count = 0;

	for (size_t i = 0; ipoib_audit_finding(audit, i, &finding) == 0; i++) {
		if (strcmp(finding.id, id) != 0 || strcmp(finding.subject, subject) != 0)
			continue;
		count++;
		ck_assert_uint_eq(finding.severity, severity);
		if (remedy)
			ck_assert_str_eq(finding.remedy, remedy);
		ck_assert_ptr_null(strchr(finding.text, '\n'));
		ck_assert_uint_lt(strlen(finding.text), sizeof(text));
		strcpy(text, finding.text);
	}
	ipoib_audit_close(audit);
	ck_assert_msg(count == 1, "%s of %s: %u findings", id, subject, count);
	return text;
}

void tree_absent(const char *id)
{
	struct ipoib_audit *audit = tree_audit();
	struct ipoib_audit_finding finding = { .size = sizeof(finding) };
	char found[IPOIB_LINK_ADDRESS_TEXT] = "";

	for (size_t i = 0; ipoib_audit_finding(audit, i, &finding) == 0; i++)
		if (strcmp(finding.id, id) == 0)
			snprintf(found, sizeof(found), "%s", finding.subject);
	ipoib_audit_close(audit);
	ck_assert_msg(found[0] == '\0', "%s of %s was found", id, found);
}

void tree_clean(void)
{
	struct ipoib_audit *audit = tree_audit();
	struct ipoib_audit_finding finding = { .size = sizeof(finding) };
	char found[1024] = "";

	if (ipoib_audit_finding(audit, 0, &finding) == 0)
		snprintf(found, sizeof(found), "%s: %s", finding.id, finding.text);
	ipoib_audit_close(audit);
	ck_assert_msg(found[0] == '\0', "%s", found);
}
