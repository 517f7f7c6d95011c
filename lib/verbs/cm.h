/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * rdma_cm_ids, the kernel's handles for the resolution of addresses and paths, memberships and
 * connections. Their events come on one channel.
 */
#ifndef IPOIB__VERBS_CM_H
#define IPOIB__VERBS_CM_H

#include <stdbool.h>

#include <rdma/rdma_cma.h>

struct ipoib__verbs;

/*
 * The handler of an rdma_cm_id's events: the context of the id points at one. The event is a copy
 * and acknowledged already, so the id may be destroyed in the handler. A connection request comes
 * to the handler of the id that listens, with an id of its own that has the same context.
 */
struct ipoib__verbs_cm {
	void (*handle)(struct ipoib__verbs_cm *cm, const struct rdma_cm_event *event);
};

/* A negative errno. */
int ipoib__verbs_cm_open(struct ipoib__verbs *verbs);
/* All ids were destroyed. A channel that was not opened may be closed. */
void ipoib__verbs_cm_close(struct ipoib__verbs *verbs);
/* Takes events and hands each to the handler of its id. */
void ipoib__verbs_cm_process(struct ipoib__verbs *verbs);
/* Whether the kernel has bound an id to our port. */
bool ipoib__verbs_cm_is_ours(const struct ipoib__verbs *verbs, const struct rdma_cm_id *id);

#endif
