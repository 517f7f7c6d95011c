/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "tun_options.h"

#include <string.h>

#include "report.h"
#include "tun_specification.h"

static const char usage[] =
	"Usage: ipoib-tun [--fabric PATH]\n"
	"                 --interface NAME,port=PORT|device=PORT,address=ADDRESS/L\n"
	"                             [,address=...]\n"
	"                             [,pkey=0xffff][,mode=datagram|connected][,mtu=N]\n"
	"                             [,connected_depth=N][,connections_max=N]\n"
	"                             [,connection_timeout=N][,connection_retries=N]\n"
	"                             [,queue_packets=N][,queue_packets_total=N]\n"
	"                             [,queue_age=SECONDS]\n"
	"                             [,gc_thresh1=N][,gc_thresh2=N][,gc_thresh3=N]\n"
	"                             [,arp_ignore=0|1|2|3|8][,arp_announce=0|1|2]\n"
	"                             [,flux=confirm|accept|pin|hold][,flux_hold=SECONDS]\n"
	"                             [,acd=fast|rfc|off][,defend=always|once|never]\n"
	"                 [--interface ...] [--control PATH] [--pcap FILE]\n"
	"IP over InfiniBand for unmodified programs: a TUN device for each interface.\n"
	"\n"
	"  --fabric PATH     the socket of an ipoib-fabric, for port=\n"
	"  --interface ...   a TUN device NAME at a port of the fabric such as host1/1,\n"
	"                    or of an adapter such as rxe0/1 (device=), with its\n"
	"                    addresses of IPv4 and IPv6; its MTU is mtu=, or what the\n"
	"                    fabric gives, or 65520 in connected mode; limits, who is\n"
	"                    answered, which neighbours are believed and how its\n"
	"                    addresses are probed and defended is told in ipoib-tun(1)\n"
	"  --control PATH    a socket for ipoib-ctl\n"
	"  --pcap FILE       records what the interfaces send and receive, for Wireshark\n"
	"  -h, --help        this text\n"
	"  -V, --version     the version\n"
	"\n"
	"It prints \"ready\" on a line when every interface is up and every address in\n"
	"use, and ends on SIGINT or SIGTERM.\n";

enum { OPTION_FABRIC = 1, OPTION_INTERFACE, OPTION_CONTROL, OPTION_PCAP };

static const struct option_row rows[] = {
	{ OPTION_FABRIC, "fabric", 0, true },
	{ OPTION_INTERFACE, "interface", 0, true },
	{ OPTION_CONTROL, "control", 0, true },
	{ OPTION_PCAP, "pcap", 0, true },
	OPTION_ROWS_COMMON,
	{ 0, NULL, 0, false },
};

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

	if (!tun_specification_read(interface, text) || !is_distinct(chosen, interface))
		return false;
	chosen->interface_count++;
	return true;
}

static bool take_option(void *options, int id, const char *value)
{
	struct tun_options *chosen = options;

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

/* A fabric is for its ports, and those are for a fabric. */
static bool is_complete(const struct tun_options *chosen)
{
	bool has_fabric = chosen->fabric != NULL && chosen->fabric[0] != '\0';
	bool wants_fabric = chosen->interface_count == 0;

	for (size_t i = 0; i < chosen->interface_count; i++)
		wants_fabric = wants_fabric || !chosen->interfaces[i].is_device;
	if (!has_fabric && wants_fabric)
		report("--fabric PATH is missing: where does the fabric listen?");
	else if (has_fabric && !wants_fabric)
		report("--fabric %s, and no interface with a port= of it: leave it out",
		       chosen->fabric);
	else if (chosen->interface_count == 0)
		report("no --interface, such as --interface ipoib0,port=host1/1,"
		       "address=10.10.1.1/24");
	else
		return true;
	return false;
}

bool tun_options_read(struct tun_options *chosen, int argc, char **argv, int *status)
{
	*chosen = (struct tun_options){ .fabric = NULL };
	if (!options_read(rows, usage, argc, argv, take_option, chosen, status))
		return false;
	if (is_complete(chosen))
		return true;
	*status = options_hint();
	return false;
}
