/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "subnet/rail.h"

#include <errno.h>
#include <string.h>
#include <time.h>

/* ---- the transport: the SA ---- */

static void op_destroy(void *self)
{
	struct rail *rail = self;

	host_run(&rail->host, SECOND / 5); /* the leaves of what was closed */
	host_close(&rail->host);
}

static int op_query_port(void *self, struct ipoib_port_attributes *attributes)
{
	*attributes = ((struct rail *)self)->port;
	return 0;
}

static void op_process(void *self, uint64_t now)
{
	struct host *host = &((struct rail *)self)->host;

	ipoib__umad_process(host->umad, now);
	if (ipoib__umad_in_flight(host->umad) > host->most_in_flight)
		host->most_in_flight = ipoib__umad_in_flight(host->umad);
}

static uint64_t op_deadline(void *self)
{
	struct rail *rail = self;

	return rail->port_changed || rail->reregister ? 0 : ipoib__umad_deadline(rail->host.umad);
}

static int op_next_event(void *self, struct ipoib_transport_event *event)
{
	struct rail *rail = self;

	memset(event, 0, sizeof(*event));
	if (rail->port_changed) {
		rail->port_changed = false;
		event->type = IPOIB_TRANSPORT_PORT;
		return 1;
	}
	if (rail->reregister) {
		rail->reregister = false;
		event->type = IPOIB_TRANSPORT_REREGISTER;
		return 1;
	}
	return ipoib__umad_next_event(rail->host.umad, event);
}

static int op_path_query(void *self, uint64_t id, const struct ipoib_gid *dgid, uint16_t pkey)
{
	return ipoib__umad_path(((struct rail *)self)->host.umad, id, dgid, pkey);
}

static int op_join(void *self, uint64_t id, const struct ipoib_multicast_record *wanted)
{
	return ipoib__umad_join(((struct rail *)self)->host.umad, id, wanted);
}

static void op_leave(void *self, const struct ipoib_multicast_record *group)
{
	ipoib__umad_leave(((struct rail *)self)->host.umad, group);
}

static void op_cancel(void *self, uint64_t id)
{
	ipoib__umad_cancel(((struct rail *)self)->host.umad, id);
}

/* ---- the transport: no data path ---- */

static int op_memory_get(void *self, size_t length, struct ipoib_memory_region *region)
{
	void *memory = ipoib__memory_get(&((struct rail *)self)->host.memory, length);

	*region = (struct ipoib_memory_region){ .address = memory, .length = length };
	return memory == NULL ? -ENOMEM : 0;
}

static void op_memory_put(void *self, const struct ipoib_memory_region *region)
{
	ipoib__memory_put(&((struct rail *)self)->host.memory, region->address, region->length);
}

static int op_ah_create(void *self, const struct ipoib_ah_attributes *attributes, void **ah)
{
	require(attributes->dlid != 0);
	*ah = self;
	return 0;
}

static void op_ah_destroy(void *self, void *ah)
{
	require(self == ah);
}

static int op_ud_create(void *self, struct ipoib_ud_attributes *attributes, void **ud)
{
	attributes->qpn = 0x48;
	*ud = self;
	return 0;
}

static void op_ud_destroy(void *self, void *ud)
{
	require(self == ud);
}

static int op_set_qkey(void *self, void *ud, uint32_t qkey)
{
	(void)qkey;
	return self == ud ? 0 : -EINVAL;
}

static int op_attach(void *self, void *ud, const struct ipoib_gid *mgid, uint16_t mlid)
{
	(void)mgid;
	return self == ud && mlid >= 0xc000 ? 0 : -EINVAL;
}

static void op_detach(void *self, void *ud, const struct ipoib_gid *mgid, uint16_t mlid)
{
	(void)self, (void)ud, (void)mgid, (void)mlid;
}

static int op_post_send(void *self, void *ud, const struct ipoib_ud_send *sends, size_t count)
{
	struct rail *rail = ud;
	size_t posted;

	(void)self;
	for (posted = 0; posted < count && rail->sends < RAIL_SENDS; posted++)
		rail->cookies[(rail->first + rail->sends++) % RAIL_SENDS] = sends[posted].cookie;
	return (int)posted;
}

static int op_post_receive(void *self, void *ud, const struct ipoib_ud_receive *receives,
			   size_t count)
{
	(void)self, (void)ud, (void)receives;
	return (int)count;
}

static int op_poll(void *self, void *ud, struct ipoib_ud_completion *completions, size_t count)
{
	struct rail *rail = ud;
	size_t taken;

	(void)self;
	for (taken = 0; taken < count && rail->sends > 0; taken++) {
		completions[taken] = (struct ipoib_ud_completion){
			.cookie = rail->cookies[rail->first],
			.opcode = IPOIB_UD_SEND,
		};
		rail->first = (rail->first + 1) % RAIL_SENDS;
		rail->sends--;
	}
	return (int)taken;
}

static int op_arm(void *self, void *ud)
{
	(void)self;
	return ((struct rail *)ud)->sends > 0;
}

static int op_listen(void *self, void *ud, uint64_t service_id)
{
	(void)self, (void)ud, (void)service_id;
	return -ENOTSUP;
}

static int op_connect(void *self, void *ud, const struct ipoib_rc_attributes *attributes, void **rc)
{
	(void)self, (void)ud, (void)attributes, (void)rc;
	return -ENOTSUP;
}

static int op_accept(void *self, void *ud, uint64_t request,
		     const struct ipoib_rc_attributes *attributes, void **rc)
{
	(void)self, (void)ud, (void)request, (void)attributes, (void)rc;
	return -ENOTSUP;
}

static void op_reject(void *self, uint64_t request, uint16_t reason, const void *private_data,
		      size_t private_length)
{
	(void)self, (void)request, (void)reason, (void)private_data, (void)private_length;
}

static void op_rc_destroy(void *self, void *rc)
{
	(void)self, (void)rc;
}

static int op_rc_post_send(void *self, void *rc, const struct ipoib_rc_send *sends, size_t count)
{
	(void)self, (void)rc, (void)sends, (void)count;
	return -ENOTSUP;
}

static const struct ipoib_transport_ops ops = {
	.size = sizeof(ops),
	.destroy = op_destroy,
	.query_port = op_query_port,
	.process = op_process,
	.deadline = op_deadline,
	.next_event = op_next_event,
	.memory_get = op_memory_get,
	.memory_put = op_memory_put,
	.ah_create = op_ah_create,
	.ah_destroy = op_ah_destroy,
	.ud_create = op_ud_create,
	.ud_destroy = op_ud_destroy,
	.ud_set_qkey = op_set_qkey,
	.ud_attach = op_attach,
	.ud_detach = op_detach,
	.ud_post_send = op_post_send,
	.ud_post_receive = op_post_receive,
	.ud_poll = op_poll,
	.ud_arm = op_arm,
	.rc_listen = op_listen,
	.rc_connect = op_connect,
	.rc_accept = op_accept,
	.rc_reject = op_reject,
	.rc_destroy = op_rc_destroy,
	.rc_post_send = op_rc_post_send,
	.rc_post_receive = op_post_receive,
	.path_query = op_path_query,
	.multicast_join = op_join,
	.multicast_leave = op_leave,
	.cancel = op_cancel,
};

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
