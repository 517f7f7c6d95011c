/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Memberships that the kernel counts. The kernel keeps one count for each group of a port, and
 * sends the SA a leave when the last of its own has left. An rdma_cm_id that is bound to the
 * address of the kernel's IPoIB interface, and has joined the group, is one of its own: as long as
 * it lives, the kernel does not leave under us.
 */
#ifndef IPOIB__VERBS_HOLD_H
#define IPOIB__VERBS_HOLD_H

#include <stdint.h>

#include <ipoib/transport.h>

struct ipoib__verbs;

/*
 * The SA has accepted our own join: the kernel is asked to count us, too. Where it has no interface
 * in the partition, no leave of the kernel can end the membership; where it refuses, one may.
 */
void ipoib__verbs_hold(struct ipoib__verbs *verbs, const struct ipoib_multicast_record *group);
/* The same as a question: the kernel's join is the only one. Errors as multicast_join()'s. */
int ipoib__verbs_hold_join(struct ipoib__verbs *verbs, uint64_t id,
			   const struct ipoib_multicast_record *wanted);
void ipoib__verbs_hold_leave(struct ipoib__verbs *verbs, const struct ipoib_gid *mgid);
void ipoib__verbs_holds_free(struct ipoib__verbs *verbs);

#endif
