/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "tun_options.h"

#include <stdio.h>
#include <string.h>

#include "report.h"

/* One --interface with all its addresses is far below this. */
#define SPECIFICATION_MOST 1024

static const char usage[] =
	"Usage: ipoib-tun --fabric PATH\n"
	"                 --interface NAME,port=PORT,address=A.B.C.D/L[,address=...]\n"
	"                             [,pkey=0xffff][,mode=datagram|connected][,mtu=N]\n"
	"                 [--interface ...] [--control PATH] [--pcap FILE]\n"
	"IP over InfiniBand for unmodified programs: a TUN device for each interface.\n"
	"\n"
	"  --fabric PATH     the socket of an ipoib-fabric\n"
	"  --interface ...   a TUN device NAME at a port such as host1/1, with its\n"
	"                    addresses; its MTU is mtu=, or what the fabric gives, or\n"
	"                    65520 in connected mode\n"
	"  --control PATH    a socket for ipoib-ctl\n"
	"  --pcap FILE       records what the interfaces send and receive, for Wireshark\n"
	"  -h, --help        this text\n"
	"  -V, --version     the version\n"
	"\n"
	"It prints \"ready\" on a line when every interface is up, and ends on SIGINT or\n"
	"SIGTERM.\n";

enum { OPTION_FABRIC = 1, OPTION_INTERFACE, OPTION_CONTROL, OPTION_PCAP };

static const struct option_row rows[] = {
	{ OPTION_FABRIC, "fabric", 0, true },
	{ OPTION_INTERFACE, "interface", 0, true },
	{ OPTION_CONTROL, "control", 0, true },
	{ OPTION_PCAP, "pcap", 0, true },
	OPTION_ROWS_COMMON,
	{ 0, NULL, 0, false },
};

static bool take_address(struct tun_interface_options *interface, const char *what,
			 const char *text)
{
	if (interface->address_count == TUN_ADDRESSES_MAX) {
		report("%s: more than %d addresses", what, TUN_ADDRESSES_MAX);
		return false;
	}
	if (!read_address(what, text, &interface->addresses[interface->address_count]))
		return false;
	interface->address_count++;
	return true;
}

static bool take_pkey(struct tun_interface_options *interface, const char *what, const char *text)
{
	uint64_t pkey;

	if (!read_number(what, text, 0, 0xffff, &pkey))
		return false;
	if ((pkey & 0x8000) == 0 || (pkey & 0x7fff) == 0) {
		report("%s: P_Key %s is not a full member's; IPoIB needs one from 0x8001 to 0xffff",
		       what, text);
		return false;
	}
	interface->pkey = (uint16_t)pkey;
	return true;
}

static bool take_port(struct tun_interface_options *interface, const char *what, const char *text)
{
	size_t length = strlen(text);

	if (interface->port[0] != '\0') {
		report("%s: two ports, %s and %s; an interface has one", what, interface->port,
		       text);
		return false;
	}
	if (length == 0 || length >= sizeof(interface->port)) {
		report("%s: \"%s\" is not the name of a port, such as host1/1", what, text);
		return false;
	}
	memcpy(interface->port, text, length + 1);
	return true;
}

static bool take_mtu(struct tun_interface_options *interface, const char *what, const char *text)
{
	uint64_t mtu;

	if (!read_number(what, text, IPOIB_MTU_MIN, IPOIB_MTU_CONNECTED, &mtu))
		return false;
	interface->mtu = (uint32_t)mtu;
	return true;
}

static bool take_part(struct tun_interface_options *interface, const char *what, const char *part)
{
	const char *equals = strchr(part, '=');
	size_t length = equals ? (size_t)(equals - part) : strlen(part);

	if (equals && length == 4 && memcmp(part, "port", 4) == 0)
		return take_port(interface, what, equals + 1);
	if (equals && length == 7 && memcmp(part, "address", 7) == 0)
		return take_address(interface, what, equals + 1);
	if (equals && length == 4 && memcmp(part, "pkey", 4) == 0)
		return take_pkey(interface, what, equals + 1);
	if (equals && length == 4 && memcmp(part, "mode", 4) == 0)
		return read_mode(what, equals + 1, &interface->mode);
	if (equals && length == 3 && memcmp(part, "mtu", 3) == 0)
		return take_mtu(interface, what, equals + 1);
	report("%s: \"%s\" is not port=, address=, pkey=, mode= or mtu=", what, part);
	return false;
}

/* What an interface must have, once all its parts are read. */
static bool is_complete(const struct tun_interface_options *interface, const char *what)
{
	if (interface->port[0] == '\0')
		report("%s: port= is missing, such as port=host1/1", what);
	else if (interface->address_count == 0)
		report("%s: address= is missing, such as address=10.10.1.1/24", what);
	else
		return true;
	return false;
}

static bool read_interface(struct tun_interface_options *interface, const char *text)
{
	char copy[SPECIFICATION_MOST];
	char what[sizeof("--interface ") + TUN_NAME_ROOM];
	size_t length = strlen(text);

	if (length >= sizeof(copy)) {
		report("--interface: longer than %zu octets", sizeof(copy) - 1);
		return false;
	}
	memcpy(copy, text, length + 1);
	*interface = (struct tun_interface_options){ .pkey = 0xffff };

	char *rest = strchr(copy, ',');

	if (rest)
		*rest++ = '\0';
	if (!tun_device_name_ok(copy)) {
		report("--interface: \"%s\" is not the name of a device: 1 to %d characters "
		       "without '/', ':', '%%' and blanks",
		       copy, TUN_NAME_ROOM - 1);
		return false;
	}
	memcpy(interface->name, copy, strlen(copy) + 1);
	snprintf(what, sizeof(what), "--interface %s", interface->name);
	while (rest) {
		char *part = rest;

		rest = strchr(part, ',');
		if (rest)
			*rest++ = '\0';
		if (!take_part(interface, what, part))
			return false;
	}
	return is_complete(interface, what);
}

/* An address that stands twice, in one interface or in two. */
static bool share_address(const struct tun_interface_options *a,
			  const struct tun_interface_options *b)
{
	for (size_t i = 0; i < a->address_count; i++)
		for (size_t j = a == b ? i + 1 : 0; j < b->address_count; j++)
			if (ipoib_ip_equal(&a->addresses[i].ip, &b->addresses[j].ip)) {
				char text[IPOIB_IP_TEXT];

				report("--interface %s: address %s is given twice (the other is of "
				       "%s)",
				       b->name, ipoib_ip_format(&b->addresses[j].ip, text),
				       a->name);
				return true;
			}
	return false;
}

static bool is_distinct(const struct tun_options *chosen,
			const struct tun_interface_options *added)
{
	for (const struct tun_interface_options *other = chosen->interfaces; other < added;
	     other++) {
		if (strcmp(other->name, added->name) == 0) {
			report("--interface %s: two interfaces of this name", added->name);
			return false;
		}
		if (strcmp(other->port, added->port) == 0) {
			report("--interface %s: port %s is the port of %s already", added->name,
			       added->port, other->name);
			return false;
		}
		if (share_address(other, added))
			return false;
	}
	return !share_address(added, added);
}

static bool take_interface(struct tun_options *chosen, const char *text)
{
	if (chosen->interface_count == TUN_INTERFACES_MAX) {
		report("more than %d interfaces", TUN_INTERFACES_MAX);
		return false;
	}

	struct tun_interface_options *interface = &chosen->interfaces[chosen->interface_count];

	if (!read_interface(interface, text) || !is_distinct(chosen, interface))
		return false;
	chosen->interface_count++;
	return true;
}

static bool take_option(struct tun_options *chosen, int id, const char *value)
{
	switch (id) {
	case OPTION_FABRIC:
		chosen->fabric = value;
		return true;
	case OPTION_CONTROL:
		chosen->control = value;
		return true;
	case OPTION_PCAP:
		chosen->pcap = value;
		return true;
	case OPTION_INTERFACE:
		return take_interface(chosen, value);
	default:
		report("\"%s\" is not an option; there are no other arguments", value);
		return false;
	}
}

bool tun_options_read(struct tun_options *chosen, int argc, char **argv, int *status)
{
	struct options options;
	int id;

	*chosen = (struct tun_options){ .fabric = NULL };
	options_begin(&options, rows, usage, argc, argv);
	while ((id = options_next(&options)) != OPTIONS_END) {
		if (id == OPTIONS_EXIT) {
			*status = options.status;
			return false;
		}
		if (!take_option(chosen, id, options.value)) {
			*status = options_hint();
			return false;
		}
	}
	if (chosen->fabric == NULL || chosen->fabric[0] == '\0') {
		report("--fabric PATH is missing: where does the fabric listen?");
	} else if (chosen->interface_count == 0) {
		report("no --interface, such as --interface ipoib0,port=host1/1,"
		       "address=10.10.1.1/24");
	} else {
		return true;
	}
	*status = options_hint();
	return false;
}
