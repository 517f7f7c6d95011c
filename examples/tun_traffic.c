/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "tun_traffic.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "report.h"

/* The least length of a header, and where in it the destination stands. */
#define IPV4_HEADER 20
#define IPV4_DESTINATION 16
#define IPV6_HEADER 40
#define IPV6_DESTINATION 24

static bool is_ipv4(const uint8_t *packet, size_t length)
{
	return length >= IPV4_HEADER && packet[0] >> 4 == 4;
}

static bool is_ip(const uint8_t *packet, size_t length)
{
	return is_ipv4(packet, length) || (length >= IPV6_HEADER && packet[0] >> 4 == 6);
}

static struct ipoib_ip destination_of(const uint8_t *packet, size_t length)
{
	return is_ipv4(packet, length) ? ipoib_ip_from_ipv4(packet + IPV4_DESTINATION) :
					 ipoib_ip_from_ipv6(packet + IPV6_DESTINATION);
}

static bool is_group(const struct ipoib_ip *ip)
{
	return ip->family == IPOIB_IPV4 ? ip->raw[0] >> 4 == 0xe : ip->raw[0] == 0xff;
}

static void write_packet(struct tun_port *port, const uint8_t *data, size_t length)
{
	if (write(port->device.fd, data, length) == (ssize_t)length) {
		port->counters.written++;
		tun_told_packet(port->owner->told, port, data, length);
	} else {
		port->counters.write_failed++;
	}
}

/* Returns 1 and the packet, 0 when there is none, or a negative errno. */
static int read_packet(struct tun_port *port, struct ipoib_packet *packet)
{
	if (port->spare == NULL) {
		int error = ipoib_interface_buffer(port->interface, &port->spare);

		if (error)
			return error;
	}

	uint8_t *data = ipoib_buffer_data(port->spare);
	ssize_t length = read(port->device.fd, data, ipoib_buffer_room(port->spare));

	if (length < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : -errno;
	ipoib_buffer_set_length(port->spare, (size_t)length);
	*packet = (struct ipoib_packet){ .buffer = port->spare };
	return 1;
}

/* On a link without routers of its own every destination is a neighbour, or a group. */
static void take_packet(struct tun_port *port, struct ipoib_packet *packet)
{
	const uint8_t *data = ipoib_buffer_data(packet->buffer);
	size_t length = ipoib_buffer_length(packet->buffer);

	packet->next_hop = destination_of(data, length);
	if (is_group(&packet->next_hop))
		tun_groups_look(&port->groups, data, length);
	port->spare = NULL;
	port->counters.read++;
}

/*
 * Fills the burst behind the packets that wait. Returns 0, -ENOMEM when the buffers are used up, or
 * another negative errno when the device is lost.
 */
static int read_burst(struct tun_port *port, size_t *count)
{
	for (unsigned reads = 0; reads < TUN_BURST && *count < TUN_BURST; reads++) {
		struct ipoib_packet *packet = &port->burst[*count];
		int result = read_packet(port, packet);

		if (result <= 0)
			return result;
		if (is_ip(ipoib_buffer_data(packet->buffer),
			  ipoib_buffer_length(packet->buffer))) {
			take_packet(port, packet);
			++*count;
		} else {
			port->counters.read_other++;
		}
	}
	return 0;
}

/* Whether a packet is kept for another try. */
static bool is_kept(struct tun_port *port, const struct ipoib_packet *packet)
{
	if (packet->status != -EAGAIN)
		return false;
	if (!tun_blocked_has(&port->blocked, &packet->next_hop))
		return true;
	port->counters.read_blocked++;
	return false;
}

/*
 * Hands the burst over. What is answered -EAGAIN stays, in its order, but for next hops that have
 * been without room for a while. Any other refusal is the packet's fate: the library has counted
 * it, and has answered it by ICMP where that is due.
 */
static void send_burst(struct tun_port *port, size_t count)
{
	int accepted = ipoib_interface_send(port->interface, port->burst, count);

	port->waiting = 0;
	for (size_t i = 0; i < count; i++) {
		if (is_kept(port, &port->burst[i]))
			port->burst[port->waiting++] = port->burst[i];
		else if (port->burst[i].status != 0)
			ipoib_buffer_unref(port->burst[i].buffer);
	}
	if (accepted > 0 || port->waiting == 0)
		ev_timer_stop(port->loop, &port->patience);
	if (port->waiting > 0 && !ev_is_active(&port->patience)) {
		ev_timer_set(&port->patience, TUN_PATIENCE_SECONDS, 0.);
		ev_timer_start(port->loop, &port->patience);
	}
}

static void on_readable(struct ev_loop *loop, struct ev_io *watcher, int events)
{
	struct tun_port *port = watcher->data;
	size_t count = port->waiting;
	int error = read_burst(port, &count);

	(void)events;
	if (count > 0)
		send_burst(port, count);
	if (error == 0 && port->waiting == 0)
		return;
	ev_io_stop(loop, &port->readable);
	if (error == -ENOMEM) {
		port->counters.read_starved++; /* until IPOIB_EVENT_BUFFERS */
	} else if (error) {
		report("interface %s: the device cannot be read any more: %s", port->device.name,
		       error_text(error));
		port->owner->news(port, TUN_PORT_LOST, port->owner->user);
	}
}

void tun_traffic_resume(struct tun_port *port)
{
	if (!port->configured || port->device.fd < 0)
		return;
	if (port->waiting > 0)
		send_burst(port, port->waiting);
	if (port->waiting == 0)
		ev_io_start(port->loop, &port->readable);
}

void tun_traffic_room(struct tun_port *port, const struct ipoib_ip *hop)
{
	tun_blocked_room(&port->blocked, hop);
	tun_traffic_resume(port);
}

/* None of those that wait has found room for so long: others are not to wait for its next hops. */
static void on_patience(struct ev_loop *loop, struct ev_timer *watcher, int events)
{
	struct tun_port *port = watcher->data;

	(void)loop;
	(void)events;
	for (size_t i = 0; i < port->waiting; i++)
		tun_blocked_add(&port->blocked, &port->burst[i].next_hop);
	tun_traffic_resume(port);
}

void tun_traffic_init(struct tun_port *port)
{
	ev_io_init(&port->readable, on_readable, port->device.fd, EV_READ);
	port->readable.data = port;
	ev_timer_init(&port->patience, on_patience, TUN_PATIENCE_SECONDS, 0.);
	port->patience.data = port;
}

void tun_traffic_start(struct tun_port *port)
{
	ev_io_start(port->loop, &port->readable);
}

void tun_traffic_stop(struct tun_port *port)
{
	ev_io_stop(port->loop, &port->readable);
	ev_timer_stop(port->loop, &port->patience);
	for (size_t i = 0; i < port->waiting; i++)
		ipoib_buffer_unref(port->burst[i].buffer);
	port->waiting = 0;
	ipoib_buffer_unref(port->spare);
	port->spare = NULL;
}

void tun_traffic_receive(struct ipoib_interface *interface, struct ipoib_buffer *const *packets,
			 size_t count, void *user)
{
	struct tun_port *port = user;

	(void)interface;
	for (size_t i = 0; i < count; i++) {
		const uint8_t *data = ipoib_buffer_data(packets[i]);
		size_t length = ipoib_buffer_length(packets[i]);

		if (is_ip(data, length))
			write_packet(port, data, length);
		else
			port->counters.write_other++;
	}
}
