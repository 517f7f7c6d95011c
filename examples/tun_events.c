/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "tun_events.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "partition.h"
#include "report.h"
#include "tun_port.h"

/* A link address in full, and its GID in the form that `ibstat` and `sminfo` speak. */
struct port_text {
	char text[IPOIB_LINK_ADDRESS_TEXT + sizeof(" (port )") + IPOIB_IP_TEXT];
};

static struct port_text port_text(const struct ipoib_link_address *address)
{
	struct ipoib_gid gid = ipoib_link_address_gid(address);
	struct port_text out;
	char lladdr[IPOIB_LINK_ADDRESS_TEXT];
	char port[IPOIB_IP_TEXT];

	snprintf(out.text, sizeof(out.text), "%s (port %s)",
		 ipoib_link_address_format(address, lladdr), ipoib_gid_format(&gid, port));
	return out;
}

static struct ipoib_interface_info info_of(const struct tun_port *port)
{
	struct ipoib_interface_info info = { .size = sizeof(info) };

	ipoib_interface_info(port->interface, &info);
	return info;
}

/* Other groups fail as their senders like; without the broadcast group nothing works. */
static void say_join_failed(const struct tun_port *port, const struct ipoib_event *event)
{
	struct ipoib_interface_info info = info_of(port);
	char text[IPOIB_IP_TEXT];

	if (memcmp(&event->gid, &info.broadcast, sizeof(event->gid)) == 0)
		report("interface %s: the broadcast group %s cannot be joined: %s; it is tried "
		       "again",
		       port->device.name, ipoib_gid_format(&event->gid, text),
		       error_text(event->status));
}

static void say_moved(const struct tun_port *port, const struct ipoib_event *event)
{
	char ip[IPOIB_IP_TEXT];

	report("interface %s: neighbour %s has moved from %s to %s", port->device.name,
	       ipoib_ip_format(&event->ip, ip), port_text(&event->old_link_address).text,
	       port_text(&event->link_address).text);
}

static const char *fate_of(uint32_t verdict)
{
	switch (verdict) {
	case IPOIB_FLUX_ACCEPTED:
		return "believed; it has moved";
	case IPOIB_FLUX_REFUSED:
		return "refused; it stays where it was";
	default:
		return "not decided yet; traffic stays where it was";
	}
}

/* Data goes on for as long as that host has such routes: the first packet is worth a line. */
static void say_flux_in_data(const struct tun_port *port, const struct ipoib_event *event)
{
	char ip[IPOIB_IP_TEXT];

	if (event->count > 1)
		return;
	report("interface %s: neighbour %s is known at %s, and sends from %s, LID %u, which is "
	       "another port: nothing moves; if it is a host with two ports, its routes send by "
	       "the one what belongs to the other: give it a routing table for each port, or each "
	       "subnet a P_Key of its own",
	       port->device.name, ipoib_ip_format(&event->ip, ip),
	       port_text(&event->old_link_address).text, port_text(&event->link_address).text,
	       (unsigned)event->lid);
}

/*
 * The remedy is on the other side: a host that answers on one port for the addresses of another.
 * Flux may go on for months: of claims that wait for their verdict the first is worth a line.
 */
static void say_flux(const struct tun_port *port, const struct ipoib_event *event)
{
	const char *claim = ipoib_claim_name(event->detail);
	char ip[IPOIB_IP_TEXT];

	if (event->detail == IPOIB_CLAIM_DATA) {
		say_flux_in_data(port, event);
		return;
	}
	if (event->verdict == IPOIB_FLUX_PENDING && event->count > 1)
		return;
	report("interface %s: neighbour %s is known at %s, and a packet (%s) says that it is at "
	       "%s: %s (%u in the last minute); if it is a host with two ports, set arp_ignore=1 "
	       "and arp_announce=2 there, or give each subnet a P_Key of its own",
	       port->device.name, ipoib_ip_format(&event->ip, ip),
	       port_text(&event->old_link_address).text, claim ? claim : "?",
	       port_text(&event->link_address).text, fate_of(event->verdict),
	       (unsigned)event->count);
}

static void say_conflict(const struct tun_port *port, const struct ipoib_event *event)
{
	struct ipoib_interface_info info = info_of(port);
	char ip[IPOIB_IP_TEXT];

	report("interface %s: address %s of %s is used by %s as well: %s; give one of the two "
	       "another address",
	       port->device.name, ipoib_ip_format(&event->ip, ip),
	       port_text(&info.link_address).text, port_text(&event->link_address).text,
	       event->status == 0 ? "it is kept, and defended" :
				    "it is not used here until the other has left it");
}

static const struct tun_port *port_at(const struct tun_port *ports, size_t count,
				      const struct ipoib_link_address *address)
{
	for (size_t i = 0; i < count; i++) {
		struct ipoib_interface_info info = { .size = sizeof(info) };

		if (ports[i].interface == NULL ||
		    ipoib_interface_info(ports[i].interface, &info) != 0)
			continue;
		if (ipoib_link_address_same_peer(&info.link_address, address))
			return &ports[i];
	}
	return NULL;
}

static void say_same_link(const struct tun_port *port, const struct ipoib_event *event,
			  const struct tun_port *ports, size_t count)
{
	const struct tun_port *other = port_at(ports, count, &event->link_address);
	struct ipoib_interface_info info = info_of(port);

	report("interface %s: its port %s %s and %s %s %s are on one link, so ARP for the "
	       "addresses of each is heard by the other; nothing is answered by the wrong one "
	       "unless arp_ignore= says so; a P_Key per subnet (pkey=) keeps them apart",
	       port->device.name, port->options->port, port_text(&info.link_address).text,
	       other ? other->device.name : "another interface", other ? other->options->port : "",
	       port_text(&event->link_address).text);
}

static bool in_subnet(const struct ipoib_ip *ip, const struct subnet_address *address)
{
	unsigned octets = address->prefix_length / 8;
	unsigned bits = address->prefix_length % 8;

	if (ip->family != address->ip.family || memcmp(ip->raw, address->ip.raw, octets) != 0)
		return false;
	return bits == 0 || (ip->raw[octets] ^ address->ip.raw[octets]) >> (8 - bits) == 0;
}

/* The address of another port whose subnet has this one. */
static const struct tun_port *port_in_subnet(const struct tun_port *ports, size_t count,
					     const struct tun_port *port,
					     const struct ipoib_ip *ip)
{
	for (size_t i = 0; i < count; i++) {
		const struct tun_interface_options *options = ports[i].options;

		if (&ports[i] == port || ports[i].interface == NULL)
			continue;
		for (size_t j = 0; j < options->address_count; j++)
			if (in_subnet(ip, &options->addresses[j]))
				return &ports[i];
	}
	return NULL;
}

static void say_same_subnet(const struct tun_port *port, const struct ipoib_event *event,
			    const struct tun_port *ports, size_t count)
{
	const struct tun_port *other = port_in_subnet(ports, count, port, &event->ip);
	struct ipoib_interface_info mine = info_of(port);
	struct ipoib_interface_info info = other ? info_of(other) : mine;
	char ip[IPOIB_IP_TEXT];

	report("interface %s: address %s of port %s %s is in the subnet of an address of %s%s%s, "
	       "so the system sends by one of the two what came by the other; give each port a "
	       "subnet of its own",
	       port->device.name, ipoib_ip_format(&event->ip, ip), port->options->port,
	       port_text(&mine.link_address).text, other ? other->device.name : "another interface",
	       other ? ", " : "", other ? port_text(&info.link_address).text : "");
}

static void say_path_stale(const struct tun_port *port, const struct ipoib_event *event)
{
	char gid[IPOIB_IP_TEXT];

	report("interface %s: port %s has LID %u now, and its path record said another; the subnet "
	       "manager has moved it and told nobody here",
	       port->device.name, ipoib_gid_format(&event->gid, gid), (unsigned)event->lid);
}

static void say_foreign(const struct tun_port *port, const struct ipoib_event *event)
{
	report("interface %s: a request for a connection says that it is from %s, and came from "
	       "LID %u, another port: refused (%u in all)",
	       port->device.name, port_text(&event->link_address).text, (unsigned)event->lid,
	       (unsigned)event->count);
}

static const char *end_text(uint32_t why)
{
	switch (why) {
	case IPOIB_CONNECTION_END_PEER:
		return "the peer has ended it";
	case IPOIB_CONNECTION_END_RETRIES:
		return "the peer acknowledges nothing any more";
	case IPOIB_CONNECTION_END_RNR:
		return "the peer has no room to receive (RNR)";
	case IPOIB_CONNECTION_END_PORT:
		return "the port went down";
	default:
		return "its queue pair has failed, here or at the peer";
	}
}

static void say_lost(const struct tun_port *port, const struct ipoib_event *event)
{
	char ip[IPOIB_IP_TEXT];

	report("interface %s: the connection to %s, %s, was lost: %s; it is made again when there "
	       "is something to send, and what is too long for a datagram waits for that",
	       port->device.name, event->ip.family ? ipoib_ip_format(&event->ip, ip) : "a peer",
	       port_text(&event->link_address).text, end_text(event->detail));
}

static void say_membership(const struct tun_port *port, const struct ipoib_event *event)
{
	char text[PARTITION_TEXT];

	if (event->membership == IPOIB_PKEY_MEMBERSHIP_LIMITED)
		report("interface %s: %s", port->device.name,
		       partition_text(port->interface, text));
	else
		report("interface %s: port %s is a full member of partition 0x%04x now",
		       port->device.name, port->options->port, (unsigned)port->options->pkey);
}

void tun_events_report(const struct tun_port *port, const struct ipoib_event *event,
		       const struct tun_port *ports, size_t count)
{
	switch (event->type) {
	case IPOIB_EVENT_JOIN_FAILED:
		say_join_failed(port, event);
		break;
	case IPOIB_EVENT_NEIGHBOUR_MOVED:
		say_moved(port, event);
		break;
	case IPOIB_EVENT_NEIGHBOUR_FLUX:
		say_flux(port, event);
		break;
	case IPOIB_EVENT_ADDRESS_CONFLICT:
		say_conflict(port, event);
		break;
	case IPOIB_EVENT_SAME_LINK:
		say_same_link(port, event, ports, count);
		break;
	case IPOIB_EVENT_SAME_SUBNET:
		say_same_subnet(port, event, ports, count);
		break;
	case IPOIB_EVENT_PATH_STALE:
		say_path_stale(port, event);
		break;
	case IPOIB_EVENT_CONNECTION_FOREIGN:
		say_foreign(port, event);
		break;
	case IPOIB_EVENT_CONNECTION_LOST:
		say_lost(port, event);
		break;
	case IPOIB_EVENT_MEMBERSHIP:
		say_membership(port, event);
		break;
	default:
		break; /* the port says the rest itself, or `ipoib-ctl monitor` does */
	}
}
