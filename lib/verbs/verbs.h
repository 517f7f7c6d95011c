/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * A port of a real adapter as a transport, over rdma-core.
 *
 * A file uses those below it only:
 *
 *	open.c  list.c			the public calls
 *	transport.c			the operations, and the turn
 *	device.c  event.c		the device, opened and ended; its asynchronous events
 *	ud.h  rc.h			queue pairs of datagrams; reliable connections
 *	subnet.c  umad.h		InfiniBand: paths and groups, by the SA
 *	route.c  hold.c			the same by the kernel, and beside it
 *	resolve.c  join.c		RoCE: paths and groups, without an SA
 *	question.c  cm.c		what is asked of the kernel, and its rdma_cm_ids
 *	port.c  memory.c		attributes and tables of the port; registered memory
 *	verbs.c				log and wake-up
 *	cq.h  posted.h  ah.h		completion queues; rings of what is posted; address handles
 *	gid.h  address.h  pkey.h  name.h  status.h
 *
 * 1. The device context is ours alone, by ibv_open_device(): nothing is shared with another
 *    transport, asynchronous events included.
 * 2. All descriptors are non-blocking and watched by the context; there is no thread. What is
 *    asked by a question is answered by an event, of which the memory is got when it is asked.
 * 3. What the adapter writes to us (completions, events) is checked like what a peer writes: an
 *    adapter may come with any driver.
 */
#ifndef IPOIB__VERBS_H
#define IPOIB__VERBS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <infiniband/verbs.h>

#include <ipoib/transport.h>
#include <ipoib/verbs.h>

#include "base/list.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/random.h"
#include "verbs/ah.h"
#include "verbs/cq.h"
#include "verbs/gid.h"

struct ipoib__umad;
struct ipoib__verbs_joins;
struct ipoib__verbs_rc_set;
struct rdma_event_channel;

struct ipoib__verbs {
	struct ipoib__memory memory;
	struct ipoib_context *context;
	struct ipoib_transport *transport; /* NULL until there is one */
	struct ipoib_verbs_config config;  /* its port is not kept */

	struct ibv_context *device;
	struct ibv_pd *pd;
	struct ipoib__verbs_cq_channel channel; /* of all completion queues */
	struct rdma_event_channel *cm;		/* of all rdma_cm_ids */
	struct ibv_device_attr limits;

	/* As read last; port.c. */
	uint8_t number; /* the port's, from 1 */
	bool ethernet;	/* RoCE */
	uint8_t rate;	/* the SA's encoding */
	struct ipoib_port_attributes port;
	struct ipoib__verbs_gids gids;
	uint64_t look_at; /* RoCE: when the MTU is looked at again; 0: at once */

	/* What next_event() has to tell. */
	bool port_changed;
	bool port_unknown; /* it could not be read after a change: it is tried again when asked */
	bool reregister;
	bool failed; /* it refuses what it took before: the next turn declares it gone */
	bool gone;   /* the device is dead: nothing is asked of it any more */
	bool gone_told;
	uint64_t looked; /* when events of the device and of connections were last looked for */
	struct ipoib__list asked; /* struct ipoib__verbs_question, question.h */
	struct ipoib__list answered;
	unsigned questions;

	struct ipoib__list holds; /* InfiniBand: memberships that the kernel counts, hold.h */
	struct ipoib__list uds;	  /* struct ipoib__verbs_ud, ud.h */
	struct ipoib__verbs_ahs ahs;
	struct ipoib__verbs_joins *joins; /* RoCE; join.c */
	struct ipoib__umad *umad;	  /* InfiniBand; NULL: it may not be asked */
	struct ipoib__random random;
	struct ipoib__verbs_rc_set *rcs;  /* rc.h */
};

/* The turn comes at once: there is something to do, or to be told. */
void ipoib__verbs_wake(struct ipoib__verbs *verbs);
void ipoib__verbs_log(const struct ipoib__verbs *verbs, int level, const char *format, ...)
	IPOIB__PRINTF(3, 4);

#endif
