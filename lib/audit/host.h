/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * What was read of a host: facts only, judged elsewhere (rules.h).
 *
 *	1  names of all network interfaces, sorted; of those, the IPoIB ones	host_read.c
 *	2  of each its attributes and its sysctls	interface.c, sysctl.c
 *	3  of children that have no attributes, what netlink tells; parents	link_info.h, child.c
 *	4  of each its port: state, P_Key table; a child takes its parent's	port.c
 *	5  subnets by the main routing table, neighbour tables	net.c
 *	6  the kernel's configuration, its free memory	kernel.c
 */
#ifndef IPOIB__AUDIT_HOST_H
#define IPOIB__AUDIT_HOST_H

#include <stdbool.h>
#include <stdint.h>

#include <ipoib/types.h>

#include "audit/tree.h"
#include "base/memory.h"

/* IFNAMSIZ of Linux: a name with its terminating zero. */
#define IPOIB__AUDIT_NAME 16
/* Of IPoIB interfaces that are examined: pairs of them are compared, and no host has so many. */
#define IPOIB__AUDIT_INTERFACES_MAX 1024
/* Of network interfaces of any kind, so that memory is bounded; container hosts have thousands. */
#define IPOIB__AUDIT_NAMES_MAX 65536
/* Of subnets on IPoIB interfaces, so that memory is bounded: four for each of them. */
#define IPOIB__AUDIT_SUBNETS_MAX 4096
/* Entries of a P_Key table: an adapter has 128 at most, the index has 16 bits. */
#define IPOIB__AUDIT_PKEYS_MAX 1024

/* A P_Key without the bit that says full member. */
#define IPOIB__AUDIT_PKEY_BITS 0x7fffu
#define IPOIB__AUDIT_PKEY_FULL 0x8000u

/* A number that may be unreadable. */
struct ipoib__audit_number {
	uint32_t value;
	bool known;
};

/* Of net/ipv4/conf; the order of the names in sysctl.c. */
enum ipoib__audit_sysctl {
	IPOIB__AUDIT_ARP_IGNORE,
	IPOIB__AUDIT_ARP_ANNOUNCE,
	IPOIB__AUDIT_ARP_FILTER,
	IPOIB__AUDIT_ARP_NOTIFY,
	IPOIB__AUDIT_ARP_ACCEPT,
	IPOIB__AUDIT_RP_FILTER,
	IPOIB__AUDIT_DROP_GRATUITOUS,
	IPOIB__AUDIT_SYSCTLS,
};

enum ipoib__audit_mode {
	IPOIB__AUDIT_MODE_NONE,	   /* there is no such thing: datagrams alone */
	IPOIB__AUDIT_MODE_UNKNOWN, /* there is one, and it could not be read */
	IPOIB__AUDIT_MODE_DATAGRAM,
	IPOIB__AUDIT_MODE_CONNECTED,
};

/* "4: ACTIVE" of an IB port. */
#define IPOIB__AUDIT_PORT_DOWN 1
#define IPOIB__AUDIT_PORT_INIT 2
#define IPOIB__AUDIT_PORT_ACTIVE 4

struct ipoib__audit_bond {
	bool is_bond;
	char mode[IPOIB__AUDIT_VALUE]; /* the word before the number: "active-backup" */
	char fail_over_mac[IPOIB__AUDIT_VALUE];
	struct ipoib__audit_number repeats; /* num_grat_arp */
};

struct ipoib__audit_interface {
	char name[IPOIB__AUDIT_NAME];
	char parent[IPOIB__AUDIT_NAME];
	char master[IPOIB__AUDIT_NAME]; /* a bond */
	char driver[IPOIB__AUDIT_VALUE];
	char device[IPOIB__AUDIT_VALUE];
	char operstate[IPOIB__AUDIT_VALUE];
	struct ipoib__audit_number port; /* of device, from 1 */
	struct ipoib__audit_number mtu;
	struct ipoib__audit_number pkey;
	struct ipoib__audit_number carrier;
	struct ipoib__audit_number umcast;
	struct ipoib__audit_number index; /* ifindex */
	struct ipoib__audit_number link;  /* iflink: of a child its parent's index, else its own */
	enum ipoib__audit_mode mode;
	bool has_attributes; /* mode in sysfs; children that netlink made have none */
	bool has_own_pkey;   /* told, and not taken from the broadcast address */
	bool is_child;
	bool has_foreign_link; /* link is an index of another network namespace */
	bool admin_up;
	bool has_address;
	struct ipoib_link_address address;
	struct ipoib__audit_bond bond;
	struct ipoib__audit_number sysctl[IPOIB__AUDIT_SYSCTLS]; /* its own, not the effective */

	struct ipoib__audit_number port_state; /* IPOIB__AUDIT_PORT_... */
	struct ipoib__audit_number sm_lid;     /* the subnet manager's */
	uint16_t *pkeys; /* the port's table, without empty entries; NULL when unreadable */
	size_t n_pkeys;
	size_t parent_index; /* of parent, when has_parent */
	bool has_parent;

	uint32_t first_subnet; /* of the host's subnets, which are in the order of interfaces */
	uint32_t n_subnets;
	bool has_multicast_route; /* 224.0.0.0/4 */
};

/* A route to a link: what an address with its prefix makes. Network order turned to host order. */
struct ipoib__audit_subnet {
	uint32_t interface; /* index */
	uint32_t network;
	uint32_t mask;
	uint32_t metric;
	uint32_t order; /* line in the routing table */
};

/* A table of neighbours of the kernel, of one family. */
struct ipoib__audit_table {
	struct ipoib__audit_number thresholds[3];
	struct ipoib__audit_number entries; /* of all network namespaces */
	struct ipoib__audit_number overflows;
};

enum ipoib__audit_option {
	IPOIB__AUDIT_OPTION_UNKNOWN, /* the configuration could not be read */
	IPOIB__AUDIT_OPTION_OFF,
	IPOIB__AUDIT_OPTION_ON,
};

struct ipoib__audit_host {
	struct ipoib__memory *memory;
	struct ipoib__audit_tree tree;
	bool is_running; /* the root is this machine's: its kernel can be asked */

	struct ipoib__audit_interface *interfaces; /* sorted by name */
	size_t n_interfaces;
	size_t room_interfaces;
	bool has_others;    /* interfaces that are neither IPoIB nor a loopback */
	bool has_too_many;  /* IPoIB interfaces that were left out */
	uint32_t odd_names; /* left out: names that no shell line may hold */
	struct ipoib__audit_number all[IPOIB__AUDIT_SYSCTLS]; /* conf/all */

	struct ipoib__audit_subnet *subnets;
	size_t n_subnets;
	size_t room_subnets;
	bool has_routes; /* the routing table could be read, all of it */

	struct ipoib__audit_table ipv4, ipv6;

	enum ipoib__audit_option connected_mode; /* CONFIG_INFINIBAND_IPOIB_CM */
	/* Free blocks of 128 KiB, what larger ones can be cut into counted; pages of 4 KiB. */
	struct ipoib__audit_number blocks;
	struct ipoib__audit_number min_free; /* KiB */
};

/* Reads all of it; 0, or a negative errno when there is nothing to judge. */
int ipoib__audit_host_read(struct ipoib__audit_host *host, struct ipoib__memory *memory,
			   const char *root);
void ipoib__audit_host_end(struct ipoib__audit_host *host);

/* Another interface, whose name comes behind all others; it fits. NULL: no memory. */
struct ipoib__audit_interface *ipoib__audit_host_add(struct ipoib__audit_host *host,
						     const char *name);
/* The interface of this name, or NULL. */
struct ipoib__audit_interface *ipoib__audit_host_find(const struct ipoib__audit_host *host,
						      const char *name);

/* Parts of the reading. */
void ipoib__audit_read_interface(const struct ipoib__audit_tree *tree,
				 struct ipoib__audit_interface *interface);
void ipoib__audit_read_sysctls(const struct ipoib__audit_tree *tree, const char *name,
			       struct ipoib__audit_number out[IPOIB__AUDIT_SYSCTLS]);
int ipoib__audit_read_port(const struct ipoib__audit_host *host,
			   struct ipoib__audit_interface *interface);
int ipoib__audit_read_routes(struct ipoib__audit_host *host);
void ipoib__audit_read_tables(struct ipoib__audit_host *host);
void ipoib__audit_read_kernel(struct ipoib__audit_host *host);
/* Children: who is one, and what netlink tells of them; then, of their parents' ports. */
void ipoib__audit_read_children(struct ipoib__audit_host *host);
void ipoib__audit_take_after_parents(struct ipoib__audit_host *host);

const char *ipoib__audit_sysctl_name(enum ipoib__audit_sysctl sysctl);

/*
 * What the kernel goes by: the greater of all and the interface's own, which for switches is the
 * same as either of them. Unknown when one of them is.
 */
struct ipoib__audit_number ipoib__audit_effective(const struct ipoib__audit_host *host,
						  const struct ipoib__audit_interface *interface,
						  enum ipoib__audit_sysctl sysctl);

#endif
