/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "support/refusing.h"

#include <errno.h>

static void destroy(void *self)
{
	(void)self;
}

static int query_port(void *self, struct ipoib_port_attributes *port)
{
	(void)self;
	*port = (struct ipoib_port_attributes){ .size = sizeof(*port) };
	return 0;
}

static void process(void *self, uint64_t now)
{
	(void)self, (void)now;
}

static uint64_t deadline(void *self)
{
	(void)self;
	return IPOIB_NEVER;
}

static int next_event(void *self, struct ipoib_transport_event *event)
{
	(void)self, (void)event;
	return 0;
}

static int memory_get(void *self, size_t length, struct ipoib_memory_region *region)
{
	(void)self, (void)length, (void)region;
	return -ENOTSUP;
}

static int memory_register(void *self, void *address, size_t length,
			   struct ipoib_memory_region *region)
{
	(void)self, (void)address, (void)length, (void)region;
	return -ENOTSUP;
}

static void memory_put(void *self, const struct ipoib_memory_region *region)
{
	(void)self, (void)region;
}

static int ah_create(void *self, const struct ipoib_ah_attributes *attributes, void **ah)
{
	(void)self, (void)attributes, (void)ah;
	return -ENOTSUP;
}

/* An address handle, a queue pair, a connection. */
static void destroy_nothing(void *self, void *object)
{
	(void)self, (void)object;
}

static int ud_create(void *self, struct ipoib_ud_attributes *attributes, void **ud)
{
	(void)self, (void)attributes, (void)ud;
	return -ENOTSUP;
}

static int ud_set_qkey(void *self, void *ud, uint32_t qkey)
{
	(void)self, (void)ud, (void)qkey;
	return -ENOTSUP;
}

static int ud_attach(void *self, void *ud, const struct ipoib_gid *mgid, uint16_t mlid)
{
	(void)self, (void)ud, (void)mgid, (void)mlid;
	return -ENOTSUP;
}

static void ud_detach(void *self, void *ud, const struct ipoib_gid *mgid, uint16_t mlid)
{
	(void)self, (void)ud, (void)mgid, (void)mlid;
}

static int ud_post_send(void *self, void *ud, const struct ipoib_ud_send *sends, size_t count)
{
	(void)self, (void)ud, (void)sends, (void)count;
	return -ENOTSUP;
}

/* Of both receive queues. */
static int post_receive(void *self, void *ud, const struct ipoib_ud_receive *receives, size_t count)
{
	(void)self, (void)ud, (void)receives, (void)count;
	return -ENOTSUP;
}

static int ud_poll(void *self, void *ud, struct ipoib_ud_completion *completions, size_t count)
{
	(void)self, (void)ud, (void)completions, (void)count;
	return 0;
}

static int ud_arm(void *self, void *ud)
{
	(void)self, (void)ud;
	return 0;
}

static int rc_listen(void *self, void *ud, uint64_t service_id)
{
	(void)self, (void)ud, (void)service_id;
	return -ENOTSUP;
}

static int rc_connect(void *self, void *ud, const struct ipoib_rc_attributes *attributes, void **rc)
{
	(void)self, (void)ud, (void)attributes, (void)rc;
	return -ENOTSUP;
}

static int rc_accept(void *self, void *ud, uint64_t request,
		     const struct ipoib_rc_attributes *attributes, void **rc)
{
	(void)self, (void)ud, (void)request, (void)attributes, (void)rc;
	return -ENOTSUP;
}

static void rc_reject(void *self, uint64_t request, uint16_t reason, const void *private_data,
		      size_t private_length)
{
	(void)self, (void)request, (void)reason, (void)private_data, (void)private_length;
}

static int rc_post_send(void *self, void *rc, const struct ipoib_rc_send *sends, size_t count)
{
	(void)self, (void)rc, (void)sends, (void)count;
	return -ENOTSUP;
}

static int path_query(void *self, uint64_t id, const struct ipoib_gid *dgid, uint16_t pkey)
{
	(void)self, (void)id, (void)dgid, (void)pkey;
	return -ENOTSUP;
}

static int multicast_join(void *self, uint64_t id, const struct ipoib_multicast_record *wanted)
{
	(void)self, (void)id, (void)wanted;
	return -ENOTSUP;
}

static void multicast_leave(void *self, const struct ipoib_multicast_record *group)
{
	(void)self, (void)group;
}

static void cancel(void *self, uint64_t id)
{
	(void)self, (void)id;
}

struct ipoib_transport_ops refusing_ops(void)
{
	return (struct ipoib_transport_ops){
		.size = sizeof(struct ipoib_transport_ops),
		.destroy = destroy,
		.query_port = query_port,
		.process = process,
		.deadline = deadline,
		.next_event = next_event,
		.memory_get = memory_get,
		.memory_put = memory_put,
		.memory_register = memory_register,
		.ah_create = ah_create,
		.ah_destroy = destroy_nothing,
		.ud_create = ud_create,
		.ud_destroy = destroy_nothing,
		.ud_set_qkey = ud_set_qkey,
		.ud_attach = ud_attach,
		.ud_detach = ud_detach,
		.ud_post_send = ud_post_send,
		.ud_post_receive = post_receive,
		.ud_poll = ud_poll,
		.ud_arm = ud_arm,
		.rc_listen = rc_listen,
		.rc_connect = rc_connect,
		.rc_accept = rc_accept,
		.rc_reject = rc_reject,
		.rc_destroy = destroy_nothing,
		.rc_post_send = rc_post_send,
		.rc_post_receive = post_receive,
		.path_query = path_query,
		.multicast_join = multicast_join,
		.multicast_leave = multicast_leave,
		.cancel = cancel,
	};
}
