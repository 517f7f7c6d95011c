/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "verbs/transport.h"

#include <errno.h>
#include <string.h>

#include "base/sized.h"
#include "verbs/device.h"
#include "verbs/event.h"
#include "verbs/join.h"
#include "verbs/memory.h"
#include "verbs/port.h"
#include "verbs/question.h"
#include "verbs/rc.h"
#include "verbs/resolve.h"
#include "verbs/subnet.h"
#include "verbs/ud.h"
#include "verbs/verbs.h"

IPOIB__FIRST_VERSION(PORT_FIRST, struct ipoib_port_attributes, pkeys, 360);

/* How often a user that sleeps looks for other events than completions, and one that polls. */
#define LOOK_NS	       UINT64_C(100000)
#define POLLED_LOOK_NS UINT64_C(1000000)

static void op_destroy(void *self)
{
	ipoib__verbs_free(self);
}

static int op_query_port(void *self, struct ipoib_port_attributes *attributes)
{
	struct ipoib__verbs *verbs = self;
	int status;

	if (verbs->port_unknown && !verbs->gone) {
		status = ipoib__verbs_port_read(verbs);
		if (status < 0)
			return status;
		verbs->port_unknown = false;
	}
	return ipoib__sized_out(attributes, attributes->size, PORT_FIRST, &verbs->port,
				sizeof(verbs->port));
}

/*
 * Each look at a descriptor is a system call, and a user that polls comes here between any two
 * packets: then rare events are looked for less often. Such a user arms no queue, and it may be
 * busy for a millisecond anyway. One that a descriptor has woken comes again until that was read.
 */
static bool may_have_news(struct ipoib__verbs *verbs, uint64_t now)
{
	bool polled = !ipoib__list_empty(&verbs->uds) && verbs->channel.armed == 0;

	if (now > verbs->looked && now - verbs->looked < (polled ? POLLED_LOOK_NS : LOOK_NS))
		return false;
	verbs->looked = now;
	return true;
}

static void op_process(void *self, uint64_t now)
{
	struct ipoib__verbs *verbs = self;

	if (verbs->failed)
		ipoib__verbs_gone(verbs);
	if (may_have_news(verbs, now)) {
		ipoib__verbs_events(verbs, now);
		ipoib__verbs_cm_process(verbs);
		ipoib__verbs_subnet_process(verbs, now);
	}
	ipoib__verbs_cq_channel_process(&verbs->channel);
	ipoib__verbs_rc_process(verbs, now);
}

static uint64_t earlier(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static uint64_t op_deadline(void *self)
{
	const struct ipoib__verbs *verbs = self;
	uint64_t look = IPOIB_NEVER;

	if (verbs->port_changed || verbs->reregister || (verbs->failed && !verbs->gone) ||
	    (verbs->gone && !verbs->gone_told) || !ipoib__list_empty(&verbs->answered))
		return 0;
	if (verbs->ethernet && !verbs->gone)
		look = verbs->look_at;
	return earlier(look, earlier(ipoib__verbs_rc_deadline(verbs),
				     ipoib__verbs_subnet_deadline(verbs)));
}

static bool next_of_port(struct ipoib__verbs *verbs, struct ipoib_transport_event *event)
{
	memset(event, 0, sizeof(*event));
	if (verbs->gone && !verbs->gone_told) {
		verbs->gone_told = true;
		event->type = IPOIB_TRANSPORT_GONE;
	} else if (verbs->port_changed) {
		verbs->port_changed = false;
		event->type = IPOIB_TRANSPORT_PORT;
	} else if (verbs->reregister) {
		verbs->reregister = false;
		event->type = IPOIB_TRANSPORT_REREGISTER;
	} else {
		return false;
	}
	return true;
}

static int op_next_event(void *self, struct ipoib_transport_event *event)
{
	return next_of_port(self, event) || ipoib__verbs_next_answer(self, event) ||
	       ipoib__verbs_subnet_next_event(self, event) ||
	       ipoib__verbs_rc_next_event(self, event);
}

static int op_memory_get(void *self, size_t length, struct ipoib_memory_region *region)
{
	return ipoib__verbs_memory_get(self, length, region);
}

static int op_memory_register(void *self, void *address, size_t length,
			      struct ipoib_memory_region *region)
{
	return ipoib__verbs_memory_register(self, address, length, region);
}

static void op_memory_put(void *self, const struct ipoib_memory_region *region)
{
	ipoib__verbs_memory_put(self, region);
}

static int op_ah_create(void *self, const struct ipoib_ah_attributes *attributes, void **ah)
{
	struct ipoib__verbs *verbs = self;
	struct ipoib__verbs_ah *made;
	int status = ipoib__verbs_ahs_get(&verbs->ahs, attributes, &made);

	if (status == 0)
		*ah = made;
	return status;
}

static void op_ah_destroy(void *self, void *ah)
{
	struct ipoib__verbs *verbs = self;

	ipoib__verbs_ahs_put(&verbs->ahs, ah);
}

static int op_ud_create(void *self, struct ipoib_ud_attributes *attributes, void **ud)
{
	struct ipoib__verbs_ud *made;
	int status = ipoib__verbs_ud_create(self, attributes, &made);

	if (status == 0)
		*ud = made;
	return status;
}

static void op_ud_destroy(void *self, void *ud)
{
	(void)self;
	ipoib__verbs_ud_destroy(ud);
}

static int op_ud_set_qkey(void *self, void *ud, uint32_t qkey)
{
	(void)self;
	return ipoib__verbs_ud_set_qkey(ud, qkey);
}

static int op_ud_attach(void *self, void *ud, const struct ipoib_gid *mgid, uint16_t mlid)
{
	(void)self;
	return ipoib__verbs_ud_attach(ud, mgid, mlid);
}

static void op_ud_detach(void *self, void *ud, const struct ipoib_gid *mgid, uint16_t mlid)
{
	(void)self;
	ipoib__verbs_ud_detach(ud, mgid, mlid);
}

static int op_ud_post_send(void *self, void *ud, const struct ipoib_ud_send *sends, size_t count)
{
	(void)self;
	return ipoib__verbs_ud_post_send(ud, sends, count);
}

static int op_ud_post_receive(void *self, void *ud, const struct ipoib_ud_receive *receives,
			      size_t count)
{
	(void)self;
	return ipoib__verbs_ud_post_receive(ud, receives, count);
}

static int op_ud_poll(void *self, void *ud, struct ipoib_ud_completion *completions, size_t count)
{
	(void)self;
	return ipoib__verbs_ud_poll(ud, completions, count);
}

static int op_ud_arm(void *self, void *ud)
{
	(void)self;
	return ipoib__verbs_ud_arm(ud);
}

static int op_rc_listen(void *self, void *ud, uint64_t service_id)
{
	return ipoib__verbs_rc_listen(self, ud, service_id);
}

static int op_rc_connect(void *self, void *ud, const struct ipoib_rc_attributes *attributes,
			 void **rc)
{
	return ipoib__verbs_rc_connect(self, ud, attributes, rc);
}

static int op_rc_accept(void *self, void *ud, uint64_t request,
			const struct ipoib_rc_attributes *attributes, void **rc)
{
	return ipoib__verbs_rc_accept(self, ud, request, attributes, rc);
}

static void op_rc_reject(void *self, uint64_t request, uint16_t reason, const void *private_data,
			 size_t private_length)
{
	ipoib__verbs_rc_reject(self, request, reason, private_data, private_length);
}

static void op_rc_destroy(void *self, void *rc)
{
	ipoib__verbs_rc_destroy(self, rc);
}

static int op_rc_post_send(void *self, void *rc, const struct ipoib_rc_send *sends, size_t count)
{
	return ipoib__verbs_rc_post_send(self, rc, sends, count);
}

static int op_rc_post_receive(void *self, void *ud, const struct ipoib_ud_receive *receives,
			      size_t count)
{
	return ipoib__verbs_rc_post_receive(self, ud, receives, count);
}

static int op_path_query(void *self, uint64_t id, const struct ipoib_gid *dgid, uint16_t pkey)
{
	const struct ipoib__verbs *verbs = self;

	return verbs->ethernet ? ipoib__verbs_resolve(self, id, dgid, pkey)
			       : ipoib__verbs_subnet_path(self, id, dgid, pkey);
}

static int op_multicast_join(void *self, uint64_t id, const struct ipoib_multicast_record *wanted)
{
	const struct ipoib__verbs *verbs = self;

	return verbs->ethernet ? ipoib__verbs_join(self, id, wanted)
			       : ipoib__verbs_subnet_join(self, id, wanted);
}

static void op_multicast_leave(void *self, const struct ipoib_multicast_record *group)
{
	const struct ipoib__verbs *verbs = self;

	if (verbs->ethernet)
		ipoib__verbs_leave(self, &group->mgid);
	else
		ipoib__verbs_subnet_leave(self, group);
}

static void op_cancel(void *self, uint64_t id)
{
	struct ipoib__verbs *verbs = self;

	if (!ipoib__verbs_take_back(verbs, id))
		ipoib__verbs_subnet_cancel(verbs, id);
}

const struct ipoib_transport_ops ipoib__verbs_ops = {
	.size = sizeof(struct ipoib_transport_ops),
	.destroy = op_destroy,
	.query_port = op_query_port,
	.process = op_process,
	.deadline = op_deadline,
	.next_event = op_next_event,
	.memory_get = op_memory_get,
	.memory_register = op_memory_register,
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
};
