/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * What the kernel tells of an IPoIB interface by netlink and not in sysfs: mode, P_Key and umcast
 * of children that were made by "ip link add ... type ipoib" have no attributes there.
 *
 * The sources: the kernel for its own host (link_kernel.c); for a copy of a host the output of
 * "ip -d link show" as the file ip-link beside sys and proc (link_text.c).
 */
#ifndef IPOIB__AUDIT_LINK_INFO_H
#define IPOIB__AUDIT_LINK_INFO_H

#include "audit/host.h"

struct ipoib__audit_link_info {
	struct ipoib__audit_number index; /* of the interface */
	char name[IPOIB__AUDIT_NAME];
	bool has_foreign_link; /* its parent is in another network namespace */
	struct ipoib__audit_number pkey;
	struct ipoib__audit_number umcast;
	enum ipoib__audit_mode mode; /* _UNKNOWN where it is not told */
};

/*
 * Decodes one RTM_NEWLINK message; no length within it is trusted. Octet order is the
 * machine's, as netlink has it. Returns 0; -EBADMSG for what is none, or the errno of an error
 * message.
 */
int ipoib__audit_link_decode(struct ipoib__audit_link_info *out, const uint8_t *message,
			     size_t length);

/* Lets what was told of an interface stand in for attributes that it does not have. */
void ipoib__audit_take_link_info(struct ipoib__audit_interface *interface,
				 const struct ipoib__audit_link_info *info);

/* A descriptor, or a negative errno where there is no such thing. */
int ipoib__audit_link_open(void);
/* Asks the kernel for one interface; never waits. */
int ipoib__audit_link_ask(int fd, uint32_t index, struct ipoib__audit_link_info *out);

/* What the file ip-link says of the interfaces of the host, into all that it names. */
void ipoib__audit_read_link_text(struct ipoib__audit_host *host);

#endif
