/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Groups on RoCE. */
#ifndef IPOIB__VERBS_JOIN_H
#define IPOIB__VERBS_JOIN_H

#include <stdint.h>

#include <ipoib/transport.h>

struct ipoib__verbs;

/* Errors as multicast_join() of the transport has them. */
int ipoib__verbs_join(struct ipoib__verbs *verbs, uint64_t id,
		      const struct ipoib_multicast_record *wanted);
void ipoib__verbs_leave(struct ipoib__verbs *verbs, const struct ipoib_gid *mgid);
/* Leaves all groups. */
void ipoib__verbs_joins_free(struct ipoib__verbs *verbs);

#endif
