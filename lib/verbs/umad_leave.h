/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Who may send the SA a leave. It knows one membership for a port, however many on the port want
 * the group; the kernel counts its own. So where the kernel's IPoIB has an interface on the same
 * port and partition, nobody else may leave any group of that partition.
 */
#ifndef IPOIB__VERBS_UMAD_LEAVE_H
#define IPOIB__VERBS_UMAD_LEAVE_H

#include <stdbool.h>
#include <stdint.h>

/* One network interface, as far as sysfs tells it. */
struct ipoib__umad_netdev {
	bool infiniband; /* its hardware type */
	bool placed;	 /* its device and port are known */
	bool same_port;	 /* and they are ours */
	bool has_pkey;
	uint16_t pkey;
};

/* Whether the interface may be in groups of the partition through our port; doubt is a yes. */
bool ipoib__umad_netdev_is_beside(const struct ipoib__umad_netdev *netdev, uint16_t pkey);

/*
 * Whether no interface below net (/sys/class/net) is. A directory that cannot be read is a no: who
 * does not see the interfaces must not act as if there were none.
 */
bool ipoib__umad_may_leave(const char *net, const char *device, unsigned port, uint16_t pkey);

#endif
