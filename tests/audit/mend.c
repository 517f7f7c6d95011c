/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "audit/mend.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "audit/files.h"
#include "support/support.h"

/* Every remedy of one id; 1,000 interfaces have more, and no test mends them. */
static char script[65536];

static void collect(const char *id)
{
	struct ipoib_audit *audit = tree_audit();
	struct ipoib_audit_finding finding = { .size = sizeof(finding) };
	size_t length = 0;

	script[0] = '\0';
	for (size_t i = 0; ipoib_audit_finding(audit, i, &finding) == 0; i++) {
		if (strcmp(finding.id, id) != 0)
			continue;
		ck_assert_uint_lt(length + strlen(finding.remedy), sizeof(script));
		strcpy(script + length, finding.remedy);
		length += strlen(finding.remedy);
	}
	ipoib_audit_close(audit);
	ck_assert_msg(length > 0, "%s was not found", id);
}

static void make_child(const char *parent, const char *pkey)
{
	char name[32];
	unsigned number = (unsigned)strtoul(pkey, NULL, 16);

	snprintf(name, sizeof(name), "%.8s.%04x", parent, number);
	tree_child(name, parent, (unsigned)parent[strlen(parent) - 1] - '0' + 1, number);
}

/* "+ib1" and "-ib1": a port joins the bond and leaves it, which its link to the bond shows. */
static bool mend_bond(const char *path, const char *value)
{
	char bond[32], target[64];

	if (sscanf(path, "sys/class/net/%31[^/]/bonding/slaves", bond) != 1 ||
	    !strstr(path, "/slaves"))
		return false;
	tree_remove("sys/class/net/%s/master", value + 1);
	snprintf(target, sizeof(target), "../%s", bond);
	if (value[0] == '+')
		tree_link(target, "sys/class/net/%s/master", value + 1);
	return true;
}

static bool mend_by_echo(const char *line)
{
	char value[64], path[256], parent[32];

	if (sscanf(line, "echo %63s > /%255s", value, path) != 2)
		return false;
	if (mend_bond(path, value))
		return true;
	if (sscanf(path, "sys/class/net/%31[^/]/create_child", parent) == 1 &&
	    strstr(path, "/create_child"))
		make_child(parent, value);
	else
		tree_write(value, "%s", path);
	return true;
}

static bool mend_by_ip(const char *line)
{
	char name[32], value[32], details[64];

	if (sscanf(line, "ip link set %31s type ipoib %63[^\n]", name, details) == 2) {
		tree_link_details(name, "ib0", details);
	} else if (sscanf(line, "ip link set %31s mtu %31s", name, value) == 2) {
		tree_attribute(name, "mtu", value);
	} else if (sscanf(line, "ip link set %31s %31s", name, value) == 2) {
		tree_attribute(name, "flags", strcmp(value, "up") == 0 ? "0x1003" : "0x1002");
		tree_attribute(name, "operstate", value);
	} else if (sscanf(line, "ip link delete %31s", name) == 1) {
		tree_remove("sys/class/net/%s", name);
	} else if (sscanf(line, "ip route append 224.0.0.0/4 dev %31s mtu lock 2044", name) == 1) {
		tree_route(name, 0xe0000000u, 4, 0);
	} else {
		return false;
	}
	return true;
}

static bool mend_by_sysctl(const char *line)
{
	char path[256], value[32];

	if (sscanf(line, "net/%255s = %31s", path, value) != 2)
		return false;
	tree_write(value, "proc/sys/net/%s", path);
	return true;
}

void mend(const char *id)
{
	collect(id);
	for (char *line = script, *end; (end = strchr(line, '\n')) != NULL; line = end + 1) {
		*end = '\0';
		ck_assert_msg(line[0] == '#' || mend_by_echo(line) || mend_by_ip(line) ||
				      mend_by_sysctl(line),
			      "nobody understands: %s", line);
	}
	tree_absent(id);
}
