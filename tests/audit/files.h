/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Hosts made of files: a temporary directory with the parts of /sys and /proc that an audit reads.
 * A host as tree_host() and tree_ib() make it has no findings; a test spoils one thing.
 */
#ifndef IPOIB_TESTS_AUDIT_FILES_H
#define IPOIB_TESTS_AUDIT_FILES_H

#include <ipoib/audit.h>

/* The checked fixture: support's, around an empty directory that is removed at the end. */
void tree_setup(void);
void tree_teardown(void);
const char *tree_root(void);

/* Below the root; folders are made as they are needed. */
void tree_write(const char *text, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
void tree_append(const char *text, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
void tree_directory(const char *format, ...) __attribute__((format(printf, 1, 2)));
void tree_link(const char *target, const char *format, ...) __attribute__((format(printf, 2, 3)));
void tree_remove(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* conf/all, thresholds, an empty routing table, and the loopback. */
void tree_host(void);
/* An IPoIB interface on a port of mlx4_0: strict, datagram mode, MTU 2044, P_Key 0xffff, up. */
void tree_ib(const char *name, unsigned port);
/* A child of it with a P_Key, which is added to the port's table. */
void tree_child(const char *name, const char *parent, unsigned port, unsigned pkey);
/* The same made by netlink: without the attributes of IPoIB, with indices; the parent gets one. */
void tree_netlink_child(const char *name, const char *parent, unsigned port, unsigned pkey);
/* What "ip -d link show" prints of such a child: "pkey  0x8002 mode  connected umcast  0000" */
void tree_link_details(const char *name, const char *parent, const char *details);
void tree_attribute(const char *name, const char *attribute, const char *value);
void tree_sysctl(const char *name, const char *sysctl, unsigned value);
void tree_pkey(unsigned port, unsigned index, unsigned pkey);
/* A route to the link of an interface, for 10.10.SUBNET.0/24. */
void tree_subnet(const char *name, unsigned subnet, unsigned metric);
void tree_route(const char *name, uint32_t network, unsigned length, unsigned metric);

/* Audits the tree and asserts that it can be; ipoib_audit_close() ends it. */
struct ipoib_audit *tree_audit(void);
/* Asserts that there is this finding, once, with this remedy; NULL: with any. Returns its text. */
const char *tree_found(uint32_t severity, const char *id, const char *subject, const char *remedy);
/* Asserts that there is none of this id. */
void tree_absent(const char *id);
/* Asserts that there is no finding at all. */
void tree_clean(void);

#endif
