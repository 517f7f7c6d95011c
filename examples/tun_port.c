/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "tun_port.h"

#include <errno.h>
#include <string.h>

#include <ipoib/mock.h>
#include <ipoib/transport.h>

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

static bool configure_device(const struct tun_port *port, const struct ipoib_interface_info *info)
{
	if (tun_device_set_mtu(&port->device, info->mtu) != 0 ||
	    tun_device_set_up(&port->device) != 0)
		return false;
	for (size_t i = 0; i < port->options->address_count; i++)
		if (tun_device_add_address(&port->device, &port->options->addresses[i]) != 0)
			return false;
	return true;
}

static void on_first_up(struct tun_port *port)
{
	struct ipoib_interface_info info = info_of(port);

	if (!mtu_is_given(port, &info) || !configure_device(port, &info)) {
		port->tell(port, TUN_PORT_LOST, port->user);
		return;
	}
	port->configured = true;
	tun_traffic_start(port);
	port->tell(port, TUN_PORT_UP, port->user);
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
	tun_device_set_mtu(&port->device, mtu);
}

/* Other groups fail as their senders like; without the broadcast group nothing works. */
static void on_join_failed(const struct tun_port *port, const struct ipoib_event *event)
{
	struct ipoib_interface_info info = info_of(port);
	char text[IPOIB_IP_TEXT];

	if (memcmp(&event->gid, &info.broadcast, sizeof(event->gid)) == 0)
		report("interface %s: the broadcast group %s cannot be joined: %s; it is tried "
		       "again",
		       port->device.name, ipoib_gid_format(&event->gid, text),
		       error_text(event->status));
}

static void on_moved(const struct tun_port *port, const struct ipoib_event *event)
{
	char ip[IPOIB_IP_TEXT];
	char old[IPOIB_LINK_ADDRESS_TEXT];
	char new[IPOIB_LINK_ADDRESS_TEXT];

	report("interface %s: neighbour %s has moved from %s to %s", port->device.name,
	       ipoib_ip_format(&event->ip, ip),
	       ipoib_link_address_format(&event->old_link_address, old),
	       ipoib_link_address_format(&event->link_address, new));
}

static void on_event(struct ipoib_interface *interface, const struct ipoib_event *event,
		     void *user)
{
	struct tun_port *port = user;

	(void)interface;
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
		tun_traffic_resume(port);
		break;
	case IPOIB_EVENT_JOIN_FAILED:
		on_join_failed(port, event);
		break;
	case IPOIB_EVENT_NEIGHBOUR_MOVED:
		on_moved(port, event);
		break;
	case IPOIB_EVENT_DEVICE_GONE:
		report("interface %s: the adapter of port %s is gone", port->device.name,
		       port->options->port);
		port->tell(port, TUN_PORT_LOST, port->user);
		break;
	default:
		break; /* the neighbour table has it, and ipoib-ctl shows it */
	}
}

static int open_interface(struct tun_port *port)
{
	struct ipoib_interface_config config = IPOIB_INTERFACE_CONFIG_INIT;

	config.receive = tun_traffic_receive;
	config.event = on_event;
	config.user = port;
	config.pkey = port->options->pkey;
	config.mode = port->options->mode;
	config.mtu = port->options->mtu;
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

static int bind_addresses(struct tun_port *port)
{
	for (size_t i = 0; i < port->options->address_count; i++) {
		const struct subnet_address *address = &port->options->addresses[i];
		int error = ipoib_binding_open(&port->bindings[i], port->interface, &address->ip,
					       address->prefix_length);

		if (error) {
			char text[IPOIB_IP_TEXT];

			report("interface %s: address %s/%u: %s", port->options->name,
			       ipoib_ip_format(&address->ip, text), address->prefix_length,
			       error_text(error));
			return error;
		}
	}
	return 0;
}

int tun_port_open(struct tun_port *port, const struct tun_interface_options *options,
		  struct ev_loop *loop, struct ipoib_context *context, const char *fabric,
		  tun_port_tell *tell, void *user)
{
	*port = (struct tun_port){ .options = options, .loop = loop, .tell = tell, .user = user,
				   .device.fd = -1 };
	tun_traffic_init(port);

	int error = ipoib_mock_connect(&port->transport, context, fabric, options->port);

	if (error) {
		report_connect(fabric, options->port, error);
		return error;
	}
	error = open_interface(port);
	if (!error)
		error = bind_addresses(port);
	if (!error)
		error = tun_device_open(&port->device, options->name);
	if (!error)
		tun_traffic_init(port); /* again, with the descriptor of the device */
	return error;
}

void tun_port_close(struct tun_port *port)
{
	tun_traffic_stop(port);
	for (size_t i = 0; i < port->options->address_count; i++)
		ipoib_binding_close(port->bindings[i]);
	ipoib_interface_close(port->interface);
	ipoib_transport_unref(port->transport);
	tun_device_close(&port->device);
}

const char *tun_port_waits_for(const struct tun_port *port)
{
	return info_of(port).port_active ? "the broadcast group to be joined" : "the port's link";
}
