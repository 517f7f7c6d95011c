/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Paths and groups on InfiniBand. On RoCE nothing is opened, and there is never an event. */
#ifndef IPOIB__VERBS_SUBNET_H
#define IPOIB__VERBS_SUBNET_H

#include <stdbool.h>
#include <stdint.h>

#include <ipoib/transport.h>

struct ipoib__verbs;

/* Without the right to send management datagrams it is open, and the kernel is asked. -ENOMEM. */
int ipoib__verbs_subnet_open(struct ipoib__verbs *verbs);
/* Has its descriptor watched: verbs->transport is set. */
int ipoib__verbs_subnet_watch(struct ipoib__verbs *verbs);
void ipoib__verbs_subnet_close(struct ipoib__verbs *verbs);
void ipoib__verbs_subnet_process(struct ipoib__verbs *verbs, uint64_t now);
uint64_t ipoib__verbs_subnet_deadline(const struct ipoib__verbs *verbs);
bool ipoib__verbs_subnet_next_event(struct ipoib__verbs *verbs,
				    struct ipoib_transport_event *event);
/* The attributes of the port have changed. */
void ipoib__verbs_subnet_port(struct ipoib__verbs *verbs);
/* The operations, as ipoib_transport_ops has them. */
int ipoib__verbs_subnet_path(struct ipoib__verbs *verbs, uint64_t id,
			     const struct ipoib_gid *dgid, uint16_t pkey);
int ipoib__verbs_subnet_join(struct ipoib__verbs *verbs, uint64_t id,
			     const struct ipoib_multicast_record *wanted);
void ipoib__verbs_subnet_leave(struct ipoib__verbs *verbs,
			       const struct ipoib_multicast_record *group);
void ipoib__verbs_subnet_cancel(struct ipoib__verbs *verbs, uint64_t id);

#endif
