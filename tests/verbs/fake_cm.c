/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#define _DEFAULT_SOURCE

#include "verbs/fake_cm.h"

#include <arpa/inet.h>
#include <errno.h>
#include <ifaddrs.h>
#include <stdlib.h>
#include <string.h>

#include "support/support.h"
#include "verbs/adapter.h"

struct fake_cm fake_cm;

static struct ibv_device ours = { .name = "test0" }, another = { .name = "test1" };
static struct ibv_context elsewhere = { .device = &another };
static struct sockaddr_in sockets[FAKE_CM_ADDRESSES];
static struct ifaddrs list[FAKE_CM_ADDRESSES];

void fake_cm_open(struct ipoib__verbs *verbs)
{
	memset(&fake_cm, 0, sizeof(fake_cm));
	adapter.context.device = &ours;
	ck_assert_ptr_eq(verbs->device, &adapter.context);
}

void fake_cm_host(const char *text, uint8_t port, uint16_t pkey)
{
	ck_assert_uint_lt(fake_cm.address_count, FAKE_CM_ADDRESSES);
	fake_cm.addresses[fake_cm.address_count++] =
		(struct fake_cm_address){ .text = text, .port = port, .pkey = pkey };
}

void fake_cm_event(enum rdma_cm_event_type type, int status, const struct rdma_ud_param *ud)
{
	struct rdma_cm_event event = { .id = fake_cm.last, .event = type, .status = status };
	struct ipoib__verbs_cm *cm = fake_cm.last->context;

	if (ud != NULL)
		event.param.ud = *ud;
	cm->handle(cm, &event);
}

/* ---- the host ---- */

int getifaddrs(struct ifaddrs **out)
{
	memset(list, 0, sizeof(list));
	for (size_t i = 0; i < fake_cm.address_count; i++) {
		const char *text = fake_cm.addresses[i].text;

		sockets[i] = (struct sockaddr_in){ .sin_family = AF_INET };
		if (text != NULL) {
			ck_assert_int_eq(inet_pton(AF_INET, text, &sockets[i].sin_addr), 1);
			list[i].ifa_addr = (struct sockaddr *)(void *)&sockets[i];
		}
		if (i + 1 < fake_cm.address_count)
			list[i].ifa_next = &list[i + 1];
	}
	*out = fake_cm.address_count > 0 ? list : NULL;
	return 0;
}

void freeifaddrs(struct ifaddrs *addresses)
{
	ck_assert(addresses == NULL || addresses == list);
}

/* ---- librdmacm ---- */

static int refused(int *with)
{
	int error = *with;

	*with = 0;
	errno = error;
	return error != 0 ? -1 : 0;
}

int rdma_create_id(struct rdma_event_channel *channel, struct rdma_cm_id **out, void *context,
		   enum rdma_port_space space)
{
	if (refused(&fake_cm.refuse_create) < 0)
		return -1;
	*out = calloc(1, sizeof(**out));
	ck_assert_ptr_nonnull(*out);
	(*out)->channel = channel;
	(*out)->context = context;
	(*out)->ps = space;
	fake_cm.alive++;
	return 0;
}

int rdma_destroy_id(struct rdma_cm_id *id)
{
	if (fake_cm.last == id)
		fake_cm.last = NULL;
	fake_cm.alive--;
	free(id);
	return 0;
}

int rdma_bind_addr(struct rdma_cm_id *id, struct sockaddr *address)
{
	const struct sockaddr_in *four = (const struct sockaddr_in *)(const void *)address;
	const struct fake_cm_address *to;

	if (id->ps != RDMA_PS_IPOIB) /* an id that listens */
		return 0;
	to = &fake_cm.addresses[four - sockets];
	if (to->port == 0) { /* no RDMA there */
		errno = ENODEV;
		return -1;
	}
	id->verbs = to->elsewhere ? &elsewhere : &adapter.context;
	id->port_num = to->port;
	id->route.addr.addr.ibaddr.pkey = htons(to->pkey);
	return 0;
}

int rdma_join_multicast(struct rdma_cm_id *id, struct sockaddr *address, void *context)
{
	ck_assert_ptr_null(context);
	/* Joins of this port space are counted with the kernel's own. */
	ck_assert_int_eq(id->ps, RDMA_PS_IPOIB);
	if (refused(&fake_cm.refuse_join) < 0)
		return -1;
	fake_cm.to = *(const struct sockaddr_ib *)(const void *)address;
	fake_cm.last = id;
	fake_cm.joins++;
	return 0;
}

int rdma_resolve_addr(struct rdma_cm_id *id, struct sockaddr *from, struct sockaddr *to,
		      int milliseconds)
{
	ck_assert_int_gt(milliseconds, 0);
	if (refused(&fake_cm.refuse_resolve) < 0)
		return -1;
	fake_cm.from = *(const struct sockaddr_ib *)(const void *)from;
	fake_cm.to = *(const struct sockaddr_ib *)(const void *)to;
	fake_cm.last = id;
	id->verbs = &adapter.context;
	id->port_num = 1;
	return 0;
}

int rdma_resolve_route(struct rdma_cm_id *id, int milliseconds)
{
	ck_assert_int_gt(milliseconds, 0);
	ck_assert_ptr_eq(id, fake_cm.last);
	if (refused(&fake_cm.refuse_resolve) < 0)
		return -1;
	fake_cm.routes++;
	return 0;
}
