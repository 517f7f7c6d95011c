/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "subnet/rail.h"

#include <string.h>
#include <time.h>

/* ---- the interface ---- */

static void on_receive(struct ipoib_interface *interface, struct ipoib_buffer *const *packets,
		       size_t count, void *user)
{
	(void)interface, (void)packets, (void)count, (void)user;
}

static void on_undelivered(struct ipoib_interface *interface, struct ipoib_buffer *packet,
			   const struct ipoib_undelivered *fate, void *user)
{
	(void)interface, (void)packet, (void)fate;
	((struct rail *)user)->undelivered++;
}

static void on_event(struct ipoib_interface *interface, const struct ipoib_event *event, void *user)
{
	struct rail *rail = user;

	(void)interface;
	rail->ups += event->type == IPOIB_EVENT_UP;
	rail->downs += event->type == IPOIB_EVENT_DOWN;
}

static void set_attributes(struct rail *rail)
{
	const struct ipoib__umad_port *port = ipoib__umad_port(rail->host.umad);

	rail->port = (struct ipoib_port_attributes){
		.size = sizeof(rail->port),
		.name = HOST_DEVICE "/1",
		.gid = port->gid,
		.mtu = 2048,
		.lid = port->lid,
		.sm_lid = port->sm_lid,
		.state = IPOIB_PORT_ACTIVE,
		.pkey_count = 2,
		.pkeys = { 0xffff, 0x8001 },
	};
}

void rail_open(struct rail *rail, uint32_t neighbours_max)
{
	struct ipoib_context_config context = IPOIB_CONTEXT_CONFIG_INIT;
	struct ipoib_interface_config config = IPOIB_INTERFACE_CONFIG_INIT;
	const struct ipoib_transport_ops ops = rail_ops();

	memset(rail, 0, sizeof(*rail));
	host_open(&rail->host, NULL);
	set_attributes(rail);
	require_equal(ipoib_context_new(&rail->context, &context), 0);
	require_equal(ipoib_transport_new(&rail->transport, rail->context, &ops, rail), 0);
	config.receive = on_receive;
	config.undelivered = on_undelivered;
	config.event = on_event;
	config.user = rail;
	config.neighbours_max = neighbours_max;
	config.queue_packets_total = neighbours_max;
	config.acd = IPOIB_ACD_OFF;
	require_equal(ipoib_interface_open(&rail->interface, rail->transport, &config), 0);
}

void rail_close(struct rail *rail)
{
	ipoib_interface_close(rail->interface);
	ipoib_transport_unref(rail->transport);
	ipoib_context_unref(rail->context);
}

void rail_step(struct rail *rail)
{
	const struct timespec pause = { .tv_nsec = (long)(MS / 5) };

	require_equal(ipoib_context_dispatch(rail->context), 0);
	if (ipoib_context_deadline(rail->context) > host_now())
		(void)nanosleep(&pause, NULL);
}

void rail_until(struct rail *rail, bool (*condition)(struct rail *rail), unsigned seconds)
{
	uint64_t end = host_now() + seconds * SECOND;

	while (!condition(rail)) {
		require(host_now() < end);
		rail_step(rail);
	}
}

static struct ipoib_interface_info info_of(struct rail *rail)
{
	struct ipoib_interface_info info = { .size = sizeof(info) };

	require_equal(ipoib_interface_info(rail->interface, &info), 0);
	return info;
}

bool rail_is_up(struct rail *rail)
{
	return info_of(rail).up;
}

void rail_reread(struct rail *rail)
{
	host_reread(&rail->host);
	set_attributes(rail);
	rail->port_changed = rail->reregister = true;
	ipoib_transport_wake(rail->transport);
}

/* ---- neighbours ---- */

static struct ipoib_ip address_of(unsigned number)
{
	const uint8_t octets[4] = { 10, 1, (uint8_t)(number >> 8), (uint8_t)number };

	return ipoib_ip_from_ipv4(octets);
}

void rail_neighbour(struct rail *rail, unsigned number)
{
	struct ipoib_gid gid = host_gid(number);
	struct ipoib_link_address link_address = ipoib_link_address_make(0, 0x100 + number, &gid);
	struct ipoib_ip ip = address_of(number);

	require_equal(ipoib_neighbour_add(rail->interface, &ip, &link_address), 0);
}

bool rail_send(struct rail *rail, unsigned number)
{
	/* UDP to the discard port, no data. */
	static const uint8_t packet[28] = { 0x45, 0, 0, 28, 0, 0, 0x40, 0, 64, 17, 0, 0, 10, 1, 255,
					    1,	  10, 1, 0, 0, 0, 9, 0, 9, 0, 8, 0, 0 };
	struct ipoib_packet send = { .next_hop = address_of(number) };

	if (ipoib_interface_buffer(rail->interface, &send.buffer) < 0)
		return false;
	require_equal(ipoib_buffer_set_length(send.buffer, sizeof(packet)), 0);
	memcpy(ipoib_buffer_data(send.buffer), packet, sizeof(packet));
	if (ipoib_interface_send(rail->interface, &send, 1) == 1)
		return true;
	ipoib_buffer_unref(send.buffer);
	return false;
}

unsigned rail_paths(struct rail *rail)
{
	struct ipoib_path_info info = { .size = sizeof(info) };
	uint64_t cursor = 0;
	unsigned valid = 0;

	while (ipoib_path_next(rail->interface, &cursor, &info) == 1)
		valid += info.state == IPOIB_PATH_VALID || info.state == IPOIB_PATH_REFRESH;
	return valid;
}
