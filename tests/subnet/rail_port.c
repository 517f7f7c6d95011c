/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "subnet/rail.h"

#include <errno.h>
#include <string.h>

#include "support/refusing.h"

/* ---- the transport: the SA ---- */

static void op_destroy(void *self)
{
	struct rail *rail = self;

	/*
	 * The leaves of what was closed, and their answers: the simulator's library has a thread
	 * that falls over an answer to a port that is closed.
	 */
	host_run(&rail->host, SECOND / 5);
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

struct ipoib_transport_ops rail_ops(void)
{
	struct ipoib_transport_ops ops = refusing_ops();

	ops.destroy = op_destroy;
	ops.query_port = op_query_port;
	ops.process = op_process;
	ops.deadline = op_deadline;
	ops.next_event = op_next_event;
	ops.memory_get = op_memory_get;
	ops.memory_put = op_memory_put;
	ops.ah_create = op_ah_create;
	ops.ah_destroy = op_ah_destroy;
	ops.ud_create = op_ud_create;
	ops.ud_destroy = op_ud_destroy;
	ops.ud_set_qkey = op_set_qkey;
	ops.ud_attach = op_attach;
	ops.ud_post_send = op_post_send;
	ops.ud_post_receive = op_post_receive;
	ops.ud_poll = op_poll;
	ops.ud_arm = op_arm;
	ops.rc_post_receive = op_post_receive;
	ops.path_query = op_path_query;
	ops.multicast_join = op_join;
	ops.multicast_leave = op_leave;
	ops.cancel = op_cancel;
	return ops;
}
