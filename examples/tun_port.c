/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "tun_port.h"

#include <errno.h>
#include <string.h>

#include <ipoib/transport.h>

#include "attachment.h"
#include "report.h"
#include "tun_traffic.h"

static struct ipoib_interface_info info_of(const struct tun_port *port)
{
	struct ipoib_interface_info info = { .size = sizeof(info) };

	ipoib_interface_info(port->interface, &info);
	return info;
}

/*
 * An MTU that the fabric cannot give is a mistake of the command line, not something to correct in
 * silence. Connections cut messages as they need it: with them any MTU is given.
 */
static bool mtu_is_given(const struct tun_port *port, const struct ipoib_interface_info *info)
{
	uint32_t most = info->group_mtu - 4; /* the IPoIB header, RFC 4391 section 6 */

	if (port->options->mode == IPOIB_MODE_CONNECTED || port->options->mtu <= most)
		return true;
	report("interface %s: mtu=%u is more than the fabric gives at port %s: %u (InfiniBand MTU "
	       "%u less 4); leave mtu= out, ask for %u at most, or for mode=connected",
	       port->device.name, (unsigned)port->options->mtu, port->options->port,
	       (unsigned)most, (unsigned)info->group_mtu, (unsigned)most);
	return false;
}

static bool configure_device(struct tun_port *port, const struct ipoib_interface_info *info)
{
	return tun_device_set_mtu(&port->device, info->mtu) == 0 &&
	       tun_addresses_first_up(&port->addresses, info->mtu, &info->gid) == 0 &&
	       tun_device_set_up(&port->device) == 0;
}

static void lose(struct tun_port *port)
{
	port->owner->news(port, TUN_PORT_LOST, port->owner->user);
}

/* An address is in use, or found to be another's, or the device is up. */
static void put_addresses(struct tun_port *port)
{
	char text[TUN_WAIT_TEXT];

	if (!port->configured)
		return;
	if (tun_addresses_put_ready(&port->addresses) != 0) {
		lose(port);
	} else if (!port->ready && !tun_addresses_wait_for(&port->addresses, text)) {
		port->ready = true;
		port->owner->news(port, TUN_PORT_READY, port->owner->user);
	}
}

static void on_first_up(struct tun_port *port)
{
	struct ipoib_interface_info info = info_of(port);

	if (!mtu_is_given(port, &info) || !configure_device(port, &info)) {
		lose(port);
		return;
	}
	port->configured = true;
	tun_traffic_start(port);
	put_addresses(port);
}

static void on_up(struct tun_port *port)
{
	port->up = true;
	if (!port->configured) {
		on_first_up(port);
		return;
	}
	report("interface %s: port %s is back; its %u neighbours were kept", port->device.name,
	       port->options->port, (unsigned)info_of(port).neighbours);
	tun_traffic_resume(port);
}

static void on_down(struct tun_port *port, int status)
{
	if (port->up)
		report("interface %s: port %s is down%s%s; the device and its %u neighbours are "
		       "kept until it is back",
		       port->device.name, port->options->port, status ? ": " : "",
		       status ? error_text(status) : "", (unsigned)info_of(port).neighbours);
	port->up = false;
	/* What waits here is refused now, and the refusal counted, instead of being sent late. */
	tun_traffic_resume(port);
}

static void on_mtu(struct tun_port *port, uint32_t mtu)
{
	if (!port->configured)
		return;
	report("interface %s: the MTU is %u now", port->device.name, (unsigned)mtu);
	/* First: below its least MTU the system would forget its addresses of IPv6 by itself. */
	tun_addresses_set_mtu(&port->addresses, mtu);
	tun_device_set_mtu(&port->device, mtu);
}

static void on_port(struct tun_port *port)
{
	struct ipoib_interface_info info = info_of(port);

	if (port->configured)
		tun_addresses_set_gid(&port->addresses, &info.gid);
}

static void on_address(struct tun_port *port, const struct ipoib_event *event)
{
	if (event->status != 0)
		tun_addresses_lost(&port->addresses, &event->ip);
	put_addresses(port);
}

static void on_event(struct ipoib_interface *interface, const struct ipoib_event *event,
		     void *user)
{
	struct tun_port *port = user;

	(void)interface;
	port->owner->event(port, event, port->owner->user);
	switch (event->type) {
	case IPOIB_EVENT_UP:
		on_up(port);
		break;
	case IPOIB_EVENT_DOWN:
		on_down(port, event->status);
		break;
	case IPOIB_EVENT_MTU:
		on_mtu(port, event->mtu);
		break;
	case IPOIB_EVENT_SEND_ROOM:
		tun_traffic_room(port, &event->ip);
		break;
	case IPOIB_EVENT_BUFFERS:
		tun_traffic_resume(port);
		break;
	case IPOIB_EVENT_PORT:
		on_port(port);
		break;
	case IPOIB_EVENT_NEIGHBOUR_MTU:
		tun_told_mtu(port->owner->told, port, &event->ip, event->mtu);
		break;
	case IPOIB_EVENT_ADDRESS_READY:
	case IPOIB_EVENT_ADDRESS_CONFLICT:
		on_address(port, event);
		break;
	case IPOIB_EVENT_DEVICE_GONE:
		report("interface %s: the adapter of port %s is gone", port->device.name,
		       port->options->port);
		lose(port);
		break;
	default:
		break; /* to be reported, not to be acted upon */
	}
}

static void on_change(struct ipoib_interface *interface,
		      const struct ipoib_neighbour_change *change, void *user)
{
	struct tun_port *port = user;

	(void)interface;
	port->owner->change(port, change, port->owner->user);
	tun_told_change(port->owner->told, port, change);
}

static int open_interface(struct tun_port *port)
{
	struct ipoib_interface_config config = IPOIB_INTERFACE_CONFIG_INIT;

	config.receive = tun_traffic_receive;
	config.event = on_event;
	config.neighbour = on_change;
	config.user = port;
	config.pkey = port->options->pkey;
	config.mode = port->options->mode;
	config.mtu = port->options->mtu;
	config.connected_depth = port->options->connected_depth;
	config.connections_max = port->options->connections_max;
	config.connection_timeout = (uint8_t)port->options->connection_timeout;
	config.connection_retries = (uint8_t)port->options->connection_retries;
	config.queue_packets = port->options->queue_packets;
	config.queue_packets_total = port->options->queue_packets_total;
	config.queue_age_ms = port->options->queue_age_ms;
	config.gc_thresh1 = port->options->gc_thresh1;
	config.gc_thresh2 = port->options->gc_thresh2;
	config.neighbours_max = port->options->gc_thresh3;
	config.arp_ignore = port->options->arp_ignore;
	config.arp_announce = port->options->arp_announce;
	config.flux = port->options->flux;
	config.flux_hold_ms = port->options->flux_hold_ms;
	config.acd = port->options->acd;
	config.defend = port->options->defend;
	/* So that programs hear "host unreachable" and "fragmentation needed" at once. */
	config.icmp_errors = 1;
	/*
	 * Who sends without DF does not listen to the latter; and between this device and a
	 * neighbour with less there is nobody else who could cut.
	 */
	config.fragment = 1;

	int error = ipoib_interface_open(&port->interface, port->transport, &config);

	if (error == -ENOENT)
		report("interface %s: P_Key 0x%04x is not in the table of port %s; a simulated "
		       "fabric has 0xffff alone",
		       port->options->name, (unsigned)port->options->pkey, port->options->port);
	else if (error)
		report("interface %s: cannot be opened at port %s: %s", port->options->name,
		       port->options->port, error_text(error));
	return error;
}

int tun_port_open(struct tun_port *port, const struct tun_interface_options *options,
		  struct ev_loop *loop, struct ipoib_context *context, const char *fabric,
		  const struct tun_port_owner *owner)
{
	*port = (struct tun_port){ .options = options, .loop = loop, .owner = owner,
				   .device.fd = -1 };
	tun_traffic_init(port);

	struct attachment attachment = { .fabric = fabric, .port = options->port };

	if (options->is_device)
		attachment = (struct attachment){ .device = options->port };

	int error = attachment_open(&port->transport, context, &attachment);

	if (error)
		return error;
	error = open_interface(port);
	if (!error)
		error = tun_device_open(&port->device, options->name);
	if (!error) {
		tun_traffic_init(port); /* again, with the descriptor of the device */
		tun_groups_open(&port->groups, port->interface);
		error = tun_addresses_open(&port->addresses, port->interface, &port->device,
					   options);
	}
	return error;
}

void tun_port_close(struct tun_port *port)
{
	tun_traffic_stop(port);
	tun_groups_close(&port->groups);
	tun_addresses_close(&port->addresses);
	ipoib_interface_close(port->interface);
	ipoib_transport_unref(port->transport);
	tun_device_close(&port->device);
}

const char *tun_port_waits_for(const struct tun_port *port, char text[TUN_WAIT_TEXT])
{
	if (!port->configured)
		return info_of(port).port_active ? "the broadcast group to be joined" :
						   "the port's link";
	return tun_addresses_wait_for(&port->addresses, text) ? text : "nothing";
}
