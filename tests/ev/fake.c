/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "ev/fake.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "support/support.h"

static void destroy(void *self)
{
	struct fake *fake = self;

	close(fake->ends[0]);
	close(fake->ends[1]);
}

static int query_port(void *self, struct ipoib_port_attributes *attributes)
{
	(void)self;
	memset(attributes, 0, sizeof(*attributes));
	attributes->size = sizeof(*attributes);
	return 0;
}

static void process(void *self, uint64_t now)
{
	struct fake *fake = self;
	uint8_t octet;

	fake->processed++;
	while (read(fake->ends[0], &octet, 1) == 1)
		fake->octets++;
	if (fake->deadline <= now) {
		fake->deadline = IPOIB_NEVER;
		fake->expired++;
		fake->expired_at = now;
	}
	if (fake->hook)
		fake->hook(fake, fake->hook_user);
}

static uint64_t deadline(void *self)
{
	return ((struct fake *)self)->deadline;
}

static int next_event(void *self, struct ipoib_transport_event *event)
{
	(void)self;
	(void)event;
	return 0;
}

/* Without an interface nobody calls the others. */

static int memory_get(void *self, size_t length, struct ipoib_memory_region *region)
{
	(void)self;
	(void)length;
	(void)region;
	return -ENOTSUP;
}

static int memory_register(void *self, void *address, size_t length,
			   struct ipoib_memory_region *region)
{
	(void)address;
	return memory_get(self, length, region);
}

static void memory_put(void *self, const struct ipoib_memory_region *region)
{
	(void)self;
	(void)region;
}

static int ah_create(void *self, const struct ipoib_ah_attributes *attributes, void **ah)
{
	(void)self;
	(void)attributes;
	(void)ah;
	return -ENOTSUP;
}

static void destroy_nothing(void *self, void *object)
{
	(void)self;
	(void)object;
}

static int ud_create(void *self, struct ipoib_ud_attributes *attributes, void **ud)
{
	(void)self;
	(void)attributes;
	(void)ud;
	return -ENOTSUP;
}

static int ud_set_qkey(void *self, void *ud, uint32_t qkey)
{
	(void)self;
	(void)ud;
	(void)qkey;
	return -ENOTSUP;
}

static int ud_attach(void *self, void *ud, const struct ipoib_gid *mgid, uint16_t mlid)
{
	(void)self;
	(void)ud;
	(void)mgid;
	(void)mlid;
	return -ENOTSUP;
}

static void ud_detach(void *self, void *ud, const struct ipoib_gid *mgid, uint16_t mlid)
{
	(void)ud_attach(self, ud, mgid, mlid);
}

static int ud_post_send(void *self, void *ud, const struct ipoib_ud_send *sends, size_t count)
{
	(void)self;
	(void)ud;
	(void)sends;
	(void)count;
	return -ENOTSUP;
}

static int ud_post_receive(void *self, void *ud, const struct ipoib_ud_receive *receives,
			   size_t count)
{
	(void)self;
	(void)ud;
	(void)receives;
	(void)count;
	return -ENOTSUP;
}

static int ud_poll(void *self, void *ud, struct ipoib_ud_completion *completions, size_t count)
{
	(void)self;
	(void)ud;
	(void)completions;
	(void)count;
	return 0;
}

static int ud_arm(void *self, void *ud)
{
	(void)self;
	(void)ud;
	return 0;
}

static int rc_listen(void *self, void *ud, uint64_t service_id)
{
	(void)self;
	(void)ud;
	(void)service_id;
	return -ENOTSUP;
}

static int rc_connect(void *self, void *ud, const struct ipoib_rc_attributes *attributes,
		      void **rc)
{
	(void)self;
	(void)ud;
	(void)attributes;
	(void)rc;
	return -ENOTSUP;
}

static int rc_accept(void *self, void *ud, uint64_t request,
		     const struct ipoib_rc_attributes *attributes, void **rc)
{
	(void)request;
	return rc_connect(self, ud, attributes, rc);
}

static void rc_reject(void *self, uint64_t request, uint16_t reason, const void *private_data,
		      size_t private_length)
{
	(void)self;
	(void)request;
	(void)reason;
	(void)private_data;
	(void)private_length;
}

static int rc_post_send(void *self, void *rc, const struct ipoib_rc_send *sends, size_t count)
{
	(void)self;
	(void)rc;
	(void)sends;
	(void)count;
	return -ENOTSUP;
}

static int path_query(void *self, uint64_t id, const struct ipoib_gid *dgid, uint16_t pkey)
{
	(void)self;
	(void)id;
	(void)dgid;
	(void)pkey;
	return -ENOTSUP;
}

static int multicast_join(void *self, uint64_t id, const struct ipoib_multicast_record *wanted)
{
	(void)self;
	(void)id;
	(void)wanted;
	return -ENOTSUP;
}

static void multicast_leave(void *self, const struct ipoib_multicast_record *group)
{
	(void)self;
	(void)group;
}

static void cancel(void *self, uint64_t id)
{
	(void)self;
	(void)id;
}

static const struct ipoib_transport_ops ops = {
	.size = sizeof(ops),
	.destroy = destroy,
	.query_port = query_port,
	.process = process,
	.deadline = deadline,
	.next_event = next_event,
	.memory_get = memory_get,
	.memory_register = memory_register,
	.memory_put = memory_put,
	.ah_create = ah_create,
	.ah_destroy = destroy_nothing,
	.ud_create = ud_create,
	.ud_destroy = destroy_nothing,
	.ud_set_qkey = ud_set_qkey,
	.ud_attach = ud_attach,
	.ud_detach = ud_detach,
	.ud_post_send = ud_post_send,
	.ud_post_receive = ud_post_receive,
	.ud_poll = ud_poll,
	.ud_arm = ud_arm,
	.rc_listen = rc_listen,
	.rc_connect = rc_connect,
	.rc_accept = rc_accept,
	.rc_reject = rc_reject,
	.rc_destroy = destroy_nothing,
	.rc_post_send = rc_post_send,
	.rc_post_receive = ud_post_receive,
	.path_query = path_query,
	.multicast_join = multicast_join,
	.multicast_leave = multicast_leave,
	.cancel = cancel,
};

static void open_pipe(struct fake *fake)
{
	ck_assert_int_eq(pipe(fake->ends), 0);
	ck_assert_int_eq(fcntl(fake->ends[0], F_SETFL, O_NONBLOCK), 0);
}

void fake_open(struct fake *fake)
{
	struct ipoib_context_config config = IPOIB_CONTEXT_CONFIG_INIT;

	memset(fake, 0, sizeof(*fake));
	config.allocate = support_allocate;
	config.release = support_release;
	fake->deadline = IPOIB_NEVER;
	open_pipe(fake);
	ck_assert_int_eq(ipoib_context_new(&fake->context, &config), 0);
	ck_assert_int_eq(ipoib_transport_new(&fake->transport, fake->context, &ops, fake), 0);
	ck_assert_int_eq(ipoib_transport_watch(fake->transport, fake->ends[0], POLLIN), 0);
}

void fake_close(struct fake *fake)
{
	ipoib_transport_unwatch(fake->transport, fake->ends[0]);
	ipoib_transport_unref(fake->transport);
	ipoib_context_unref(fake->context);
}

void fake_write(struct fake *fake)
{
	ck_assert_int_eq(write(fake->ends[1], "", 1), 1);
}

void fake_reopen_pipe(struct fake *fake)
{
	ipoib_transport_unwatch(fake->transport, fake->ends[0]);
	close(fake->ends[0]);
	close(fake->ends[1]);
	open_pipe(fake);
	ck_assert_int_eq(ipoib_transport_watch(fake->transport, fake->ends[0], POLLIN), 0);
}

void fake_set_deadline(struct fake *fake, uint64_t at)
{
	fake->deadline = at;
	ipoib_transport_wake(fake->transport);
}
