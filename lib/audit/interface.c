/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* The attributes of one interface. What cannot be read is unknown, and never an error. */
#include <string.h>

#include "audit/host.h"

#define IFF_UP 0x1u
/* Of a broadcast link address, the P_Key: octets 4 and 5 of the MGID (RFC 4391 section 4). */
#define PKEY_IN_ADDRESS 8

static void number(const struct ipoib__audit_tree *tree, struct ipoib__audit_number *out,
		   const char *name, const char *attribute)
{
	out->known = ipoib__audit_tree_number(tree, &out->value, "sys/class/net/%s/%s", name,
					      attribute) == 0;
}

/* Names that the tree gives end up in commands: what no interface can be called is no name. */
static void name_from(char out[IPOIB__AUDIT_NAME], const char *text)
{
	if (strlen(text) < IPOIB__AUDIT_NAME && ipoib__audit_is_plain(text))
		memcpy(out, text, strlen(text) + 1);
}

static enum ipoib__audit_mode read_mode(const struct ipoib__audit_tree *tree,
					const struct ipoib__audit_interface *interface)
{
	char text[IPOIB__AUDIT_VALUE];
	const char *name = interface->name;

	if (!interface->has_attributes)
		return IPOIB__AUDIT_MODE_NONE;
	(void)ipoib__audit_tree_text(tree, text, "sys/class/net/%s/mode", name);
	if (strcmp(text, "datagram") == 0)
		return IPOIB__AUDIT_MODE_DATAGRAM;
	if (strcmp(text, "connected") == 0)
		return IPOIB__AUDIT_MODE_CONNECTED;
	return IPOIB__AUDIT_MODE_UNKNOWN;
}

/* "active-backup 1" */
static void first_word(char out[IPOIB__AUDIT_VALUE])
{
	out[strcspn(out, " ")] = '\0';
}

static void read_bond(const struct ipoib__audit_tree *tree,
		      struct ipoib__audit_interface *interface)
{
	struct ipoib__audit_bond *bond = &interface->bond;
	const char *name = interface->name;

	bond->is_bond = ipoib__audit_tree_exists(tree, "sys/class/net/%s/bonding", name);
	if (!bond->is_bond)
		return;
	(void)ipoib__audit_tree_text(tree, bond->mode, "sys/class/net/%s/bonding/mode", name);
	(void)ipoib__audit_tree_text(tree, bond->fail_over_mac,
				     "sys/class/net/%s/bonding/fail_over_mac", name);
	first_word(bond->mode);
	first_word(bond->fail_over_mac);
	number(tree, &bond->repeats, name, "bonding/num_grat_arp");
}

static void read_relatives(const struct ipoib__audit_tree *tree,
			   struct ipoib__audit_interface *interface)
{
	char text[IPOIB__AUDIT_VALUE];

	if (ipoib__audit_tree_text(tree, text, "sys/class/net/%s/parent", interface->name) == 0)
		name_from(interface->parent, text);
	/* A port of a bridge or a VRF has a master too, and its own addresses. */
	if (ipoib__audit_tree_exists(tree, "sys/class/net/%s/master/bonding", interface->name) &&
	    ipoib__audit_tree_target(tree, text, "sys/class/net/%s/master", interface->name) == 0)
		name_from(interface->master, text);
}

static void read_address(const struct ipoib__audit_tree *tree,
			 struct ipoib__audit_interface *interface)
{
	char text[IPOIB__AUDIT_VALUE];
	struct ipoib_link_address broadcast;

	interface->has_address = ipoib__audit_tree_text(tree, text, "sys/class/net/%s/address",
							interface->name) == 0 &&
				 ipoib_link_address_parse(&interface->address, text) == 0;
	number(tree, &interface->pkey, interface->name, "pkey");
	if (interface->pkey.known && interface->pkey.value > UINT16_MAX)
		interface->pkey.known = false;
	interface->has_own_pkey = interface->pkey.known;
	/* A bond has no such attribute, but the broadcast address of its first port. */
	if (!interface->pkey.known &&
	    ipoib__audit_tree_text(tree, text, "sys/class/net/%s/broadcast", interface->name) ==
		    0 &&
	    ipoib_link_address_parse(&broadcast, text) == 0) {
		interface->pkey.known = true;
		interface->pkey.value = (uint32_t)broadcast.raw[PKEY_IN_ADDRESS] << 8 |
					broadcast.raw[PKEY_IN_ADDRESS + 1];
	}
}

static void read_device(const struct ipoib__audit_tree *tree,
			struct ipoib__audit_interface *interface)
{
	if (ipoib__audit_tree_target(tree, interface->driver, "sys/class/net/%s/device/driver",
				     interface->name))
		interface->driver[0] = '\0';
	/* dev_id was the number of the port before there was dev_port; both count from 0. */
	number(tree, &interface->port, interface->name, "dev_port");
	if (!interface->port.known)
		number(tree, &interface->port, interface->name, "dev_id");
	if (interface->port.known && interface->port.value < UINT8_MAX)
		interface->port.value++;
	else
		interface->port.known = false;
}

void ipoib__audit_read_interface(const struct ipoib__audit_tree *tree,
				 struct ipoib__audit_interface *interface)
{
	struct ipoib__audit_number flags;
	const char *name = interface->name;

	(void)ipoib__audit_tree_text(tree, interface->operstate, "sys/class/net/%s/operstate",
				     name);
	number(tree, &flags, name, "flags");
	interface->admin_up =
		flags.known ? (flags.value & IFF_UP) != 0 : strcmp(interface->operstate, "up") == 0;
	number(tree, &interface->mtu, name, "mtu");
	number(tree, &interface->carrier, name, "carrier");
	number(tree, &interface->umcast, name, "umcast");
	number(tree, &interface->index, name, "ifindex");
	number(tree, &interface->link, name, "iflink");
	interface->has_attributes = ipoib__audit_tree_exists(tree, "sys/class/net/%s/mode", name);
	interface->mode = read_mode(tree, interface);
	read_address(tree, interface);
	read_relatives(tree, interface);
	read_device(tree, interface);
	read_bond(tree, interface);
	ipoib__audit_read_sysctls(tree, name, interface->sysctl);
}
