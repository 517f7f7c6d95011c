/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include <string.h>

#include "base/sized.h"
#include "mock/port_cm.h"
#include "wire/mad.h"

/* ---- between the adapter, the SA client and the link ---- */

static int port_output(void *self, const struct ipoib__frame *frame, const void *payload)
{
	struct ipoib__port *port = self;

	return port->link->output(port, frame, payload);
}

/* Who is in process() sees by itself what has come, unless he asked to be told. */
static void port_wake(void *self, bool armed)
{
	struct ipoib__port *port = self;

	if (port->transport != NULL && (armed || !port->processing))
		ipoib_transport_wake(port->transport);
}

/*
 * Of the services the SA is known, whose answers come from where it is, and the communication
 * manager of every port.
 */
static bool port_mad(void *self, const struct ipoib__frame *frame, const void *mad)
{
	struct ipoib__port *port = self;
	struct ipoib__mad header;

	if (ipoib__mad_decode(&header, mad, frame->length) < 0)
		return false;
	if (header.management_class == IPOIB__MAD_CLASS_CM) {
		ipoib__port_cm_mad(port, frame, mad);
		port_wake(port, false);
		return true;
	}
	if (header.management_class != IPOIB__MAD_CLASS_SA || frame->slid != port->hca.port.sm_lid)
		return false;
	ipoib__sa_receive(&port->sa, mad, frame->length);
	return true;
}

static void port_emit(void *self, const uint8_t mad[IPOIB__MAD_LENGTH])
{
	struct ipoib__port *port = self;

	ipoib__hca_send_mad(&port->hca, mad);
}

static void port_established(void *self, struct ipoib__hca_rc *rc)
{
	struct ipoib__port *port = self;

	ipoib__cm_established(&port->cm, rc->cm_id);
	port_wake(port, false);
}

int ipoib__port_init(struct ipoib__port *port, const struct ipoib__port_link *link,
		     const struct ipoib_port_attributes *attributes, uint64_t seed)
{
	struct ipoib__hca_owner owner = {
		.output = port_output,
		.mad = port_mad,
		.established = port_established,
		.wake = port_wake,
		.self = port,
	};

	port->link = link;
	port->transport = NULL;
	port->processing = false;
	ipoib__random_seed(&port->random, seed);
	ipoib__hca_init(&port->hca, &port->memory, &owner, attributes);
	ipoib__sa_init(&port->sa, &port->memory, &port->random, port_emit, port);
	return ipoib__port_cm_init(port);
}

void ipoib__port_fini(struct ipoib__port *port)
{
	ipoib__port_cm_fini(port);
	ipoib__sa_fini(&port->sa);
	ipoib__hca_fini(&port->hca);
}

int ipoib__port_transport(struct ipoib_transport **out, struct ipoib_context *context,
			  struct ipoib__port *port)
{
	int status = ipoib_transport_new(out, context, &ipoib__port_ops, port);

	if (status < 0) {
		port->link->destroy(port);
		return status;
	}
	port->transport = *out;
	return 0;
}

/* ---- the operations ---- */

static void op_destroy(void *self)
{
	struct ipoib__port *port = self;

	ipoib__cm_expire(&port->cm, port->hca.now); /* the farewells of what was ended before */
	port->link->destroy(port);
}

static int op_query_port(void *self, struct ipoib_port_attributes *attributes)
{
	const struct ipoib__port *port = self;

	return ipoib__sized_out(attributes, attributes->size, IPOIB__MOCK_PORT_FIRST,
				&port->hca.port, sizeof(port->hca.port));
}

static void op_process(void *self, uint64_t now)
{
	struct ipoib__port *port = self;

	port->processing = true;
	ipoib__hca_rc_clock(&port->hca, now);
	port->link->process(port, now);
	ipoib__sa_expire(&port->sa, now);
	ipoib__cm_expire(&port->cm, now);
	ipoib__hca_resume(&port->hca);
	ipoib__hca_rc_tick(&port->hca);
	port->processing = false;
}

static uint64_t earlier(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static uint64_t op_deadline(void *self)
{
	const struct ipoib__port *port = self;
	uint64_t link = port->link->deadline(port);
	uint64_t sa = ipoib__sa_deadline(&port->sa);
	uint64_t cm = ipoib__cm_deadline(&port->cm);
	uint64_t rc = ipoib__hca_rc_deadline(&port->hca);

	if (port->hca.port_changed || port->hca.reregister || ipoib__sa_answered(&port->sa) ||
	    ipoib__cm_told(&port->cm))
		return 0;
	return earlier(earlier(link, sa), earlier(cm, rc));
}

static int op_next_event(void *self, struct ipoib_transport_event *event)
{
	struct ipoib__port *port = self;

	return ipoib__hca_next_event(&port->hca, event) || ipoib__port_cm_next_event(port, event) ||
	       ipoib__sa_next(&port->sa, event);
}

static int op_memory_get(void *self, size_t length, struct ipoib_memory_region *region)
{
	struct ipoib__port *port = self;

	return ipoib__hca_memory_get(&port->hca, length, region);
}

static int op_memory_register(void *self, void *address, size_t length,
			      struct ipoib_memory_region *region)
{
	struct ipoib__port *port = self;

	return ipoib__hca_memory_register(&port->hca, address, length, region);
}

static void op_memory_put(void *self, const struct ipoib_memory_region *region)
{
	struct ipoib__port *port = self;

	ipoib__hca_memory_put(&port->hca, region);
}

static int op_ah_create(void *self, const struct ipoib_ah_attributes *attributes, void **ah)
{
	struct ipoib__port *port = self;
	struct ipoib__hca_ah *made;
	int status = ipoib__hca_ah_create(&port->hca, attributes, &made);

	if (status == 0)
		*ah = made;
	return status;
}

static void op_ah_destroy(void *self, void *ah)
{
	struct ipoib__port *port = self;

	ipoib__hca_ah_destroy(ah, &port->hca);
}

static int op_ud_create(void *self, struct ipoib_ud_attributes *attributes, void **ud)
{
	struct ipoib__port *port = self;
	struct ipoib__hca_ud *made;
	int status = ipoib__hca_ud_create(&port->hca, attributes, &made);

	if (status == 0)
		*ud = made;
	return status;
}

static void op_ud_destroy(void *self, void *ud)
{
	ipoib__port_cm_forget(self, ud);
	ipoib__hca_ud_destroy(ud);
}

static int op_ud_set_qkey(void *self, void *ud, uint32_t qkey)
{
	(void)self;
	((struct ipoib__hca_ud *)ud)->qkey = qkey;
	return 0;
}

static int op_ud_attach(void *self, void *ud, const struct ipoib_gid *mgid, uint16_t mlid)
{
	(void)self;
	return ipoib__hca_ud_attach(ud, mgid, mlid);
}

static void op_ud_detach(void *self, void *ud, const struct ipoib_gid *mgid, uint16_t mlid)
{
	(void)self;
	ipoib__hca_ud_detach(ud, mgid, mlid);
}

static int op_ud_post_send(void *self, void *ud, const struct ipoib_ud_send *sends, size_t count)
{
	(void)self;
	return ipoib__hca_ud_post_send(ud, sends, count);
}

static int op_ud_post_receive(void *self, void *ud, const struct ipoib_ud_receive *receives,
			      size_t count)
{
	(void)self;
	return ipoib__hca_ud_post_receive(ud, receives, count);
}

static int op_ud_poll(void *self, void *ud, struct ipoib_ud_completion *completions, size_t count)
{
	(void)self;
	return ipoib__hca_ud_poll(ud, completions, count);
}

static int op_ud_arm(void *self, void *ud)
{
	(void)self;
	return ipoib__hca_ud_arm(ud) ? 1 : 0;
}

static int op_rc_listen(void *self, void *ud, uint64_t service_id)
{
	return ipoib__port_rc_listen(self, ud, service_id);
}

static int op_rc_connect(void *self, void *ud, const struct ipoib_rc_attributes *attributes,
			 void **rc)
{
	int status = ipoib__port_rc_connect(self, ud, attributes, rc);

	port_wake(self, false);
	return status;
}

static int op_rc_accept(void *self, void *ud, uint64_t request,
			const struct ipoib_rc_attributes *attributes, void **rc)
{
	int status = ipoib__port_rc_accept(self, ud, request, attributes, rc);

	port_wake(self, false);
	return status;
}

static void op_rc_reject(void *self, uint64_t request, uint16_t reason, const void *private_data,
			 size_t private_length)
{
	ipoib__port_rc_reject(self, request, reason, private_data, private_length);
	port_wake(self, false);
}

static void op_rc_destroy(void *self, void *rc)
{
	ipoib__port_rc_destroy(self, rc);
	port_wake(self, false);
}

static int op_rc_post_send(void *self, void *rc, const struct ipoib_rc_send *sends, size_t count)
{
	(void)self;
	return ipoib__hca_rc_post_send(rc, sends, count);
}

static int op_rc_post_receive(void *self, void *ud, const struct ipoib_ud_receive *receives,
			      size_t count)
{
	(void)self;
	return ipoib__hca_rc_post_receive(ud, receives, count);
}

static int op_path_query(void *self, uint64_t id, const struct ipoib_gid *dgid, uint16_t pkey)
{
	struct ipoib__port *port = self;
	int status = ipoib__sa_path(&port->sa, id, dgid, &port->hca.port.gid, pkey);

	port_wake(port, false);
	return status;
}

static int op_multicast_join(void *self, uint64_t id, const struct ipoib_multicast_record *wanted)
{
	struct ipoib__port *port = self;
	int status = ipoib__sa_join(&port->sa, id, wanted, &port->hca.port.gid);

	port_wake(port, false);
	return status;
}

static void op_multicast_leave(void *self, const struct ipoib_multicast_record *group)
{
	struct ipoib__port *port = self;

	ipoib__sa_leave(&port->sa, group, &port->hca.port.gid);
	port_wake(port, false);
}

static void op_cancel(void *self, uint64_t id)
{
	struct ipoib__port *port = self;

	ipoib__sa_cancel(&port->sa, id);
}

const struct ipoib_transport_ops ipoib__port_ops = {
	.size = sizeof(struct ipoib_transport_ops),
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
	.ud_set_qkey = op_ud_set_qkey,
	.ud_attach = op_ud_attach,
	.ud_detach = op_ud_detach,
	.ud_post_send = op_ud_post_send,
	.ud_post_receive = op_ud_post_receive,
	.ud_poll = op_ud_poll,
	.ud_arm = op_ud_arm,
	.rc_listen = op_rc_listen,
	.rc_connect = op_rc_connect,
	.rc_accept = op_rc_accept,
	.rc_reject = op_rc_reject,
	.rc_destroy = op_rc_destroy,
	.rc_post_send = op_rc_post_send,
	.rc_post_receive = op_rc_post_receive,
	.path_query = op_path_query,
	.multicast_join = op_multicast_join,
	.multicast_leave = op_multicast_leave,
	.cancel = op_cancel,
	.memory_register = op_memory_register,
};
