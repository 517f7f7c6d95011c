/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "interface/interface.h"

#include <errno.h>

#include "base/sized.h"

IPOIB__FIRST_VERSION(OPS_FIRST, struct ipoib_transport_ops, memory_register, 248);
IPOIB__FIRST_VERSION(PORT_FIRST, struct ipoib_port_attributes, pkeys, 360);

/*
 * Every operation is required: a transport that lacks one would be found out at the worst moment.
 */
static int check_ops(const struct ipoib_transport_ops *ops)
{
	if (!ops->destroy || !ops->query_port || !ops->process || !ops->deadline ||
	    !ops->next_event || !ops->memory_get || !ops->memory_put || !ops->ah_create ||
	    !ops->ah_destroy || !ops->ud_create || !ops->ud_destroy || !ops->ud_set_qkey ||
	    !ops->ud_attach || !ops->ud_detach || !ops->ud_post_send || !ops->ud_post_receive ||
	    !ops->ud_poll || !ops->ud_arm || !ops->path_query || !ops->multicast_join ||
	    !ops->multicast_leave || !ops->cancel || !ops->rc_listen || !ops->rc_connect ||
	    !ops->rc_accept || !ops->rc_reject || !ops->rc_destroy || !ops->rc_post_send ||
	    !ops->rc_post_receive || !ops->memory_register)
		return -EINVAL;
	return 0;
}

int ipoib_transport_new(struct ipoib_transport **out, struct ipoib_context *context,
			const struct ipoib_transport_ops *ops, void *self)
{
	struct ipoib_transport_ops known = { .size = 0 };
	struct ipoib_transport *transport;
	int status = ipoib__sized_in(&known, sizeof(known), OPS_FIRST, ops, ops->size);

	if (status < 0 || (status = check_ops(&known)) < 0)
		return status;
	transport = ipoib__memory_get(&context->memory, sizeof(*transport));
	if (!transport)
		return -ENOMEM;
	transport->context = context;
	transport->known = known;
	transport->ops = &transport->known;
	transport->self = self;
	transport->references = 1;
	ipoib__list_init(&transport->link);
	ipoib__list_init(&transport->interfaces);
	ipoib__list_init(&transport->regions);
	ipoib__list_init(&transport->askers);
	ipoib__timer_init(&transport->askers_timer, ipoib__ask_due);
	ipoib__pool_init(&transport->pool, IPOIB__BUFFER_OCTETS, IPOIB__SLAB_BUFFERS);
	ipoib__pool_init(&transport->large, IPOIB__LARGE_OCTETS, IPOIB__SLAB_LARGE);
	ipoib__list_push_back(&context->transports, &transport->link);
	context->references++;
	context->again = true;
	*out = transport;
	return 0;
}

struct ipoib_transport *ipoib_transport_ref(struct ipoib_transport *transport)
{
	transport->references++;
	return transport;
}

void ipoib_transport_unref(struct ipoib_transport *transport)
{
	struct ipoib_context *context;

	if (!transport)
		return;
	ipoib__assert(transport->references > 0);
	if (--transport->references > 0)
		return;
	context = transport->context;
	context->ended = true;
	ipoib__context_reap(context);
}

int ipoib_transport_port(const struct ipoib_transport *transport,
			 struct ipoib_port_attributes *attributes)
{
	struct ipoib_port_attributes full = { .size = sizeof(full) };
	int status;

	if (attributes->size < PORT_FIRST)
		return -EINVAL;
	status = transport->ops->query_port(transport->self, &full);
	return status < 0 ? status
			  : ipoib__sized_out(attributes, attributes->size, PORT_FIRST, &full,
					     sizeof(full));
}

int ipoib_transport_watch(struct ipoib_transport *transport, int fd, short events)
{
	return ipoib__poller_watch(&transport->context->poller, fd, events);
}

void ipoib_transport_unwatch(struct ipoib_transport *transport, int fd)
{
	ipoib__poller_unwatch(&transport->context->poller, fd);
}

void ipoib_transport_wake(struct ipoib_transport *transport)
{
	transport->context->again = true;
}

static void destroy(struct ipoib_transport *transport)
{
	struct ipoib_context *context = transport->context;

	ipoib__wheel_cancel(&context->wheel, &transport->askers_timer);
	ipoib__pool_fini(transport, &transport->pool);
	ipoib__pool_fini(transport, &transport->large);
	transport->ops->destroy(transport->self);
	ipoib__list_remove(&transport->link);
	ipoib__memory_put(&context->memory, transport, sizeof(*transport));
	ipoib__context_release(context);
}

/* The caller has let go of it, and no buffer is outside of its pools: they outlive its handle. */
void ipoib__transport_reap(struct ipoib_transport *transport)
{
	if (transport->references == 0 && transport->pool.out == 0 && transport->large.out == 0)
		destroy(transport);
}
