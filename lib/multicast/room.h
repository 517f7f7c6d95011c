/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* What the two halves of the set know of each other: set.c joins groups, room.c keeps them. */
#ifndef IPOIB__MULTICAST_ROOM_H
#define IPOIB__MULTICAST_ROOM_H

#include "multicast/multicast.h"

/* Leaves a group, ends it and frees it. */
void ipoib__groups_remove(struct ipoib__groups *set, struct ipoib__group *group);
/* The timer of a group. */
void ipoib__groups_expire(struct ipoib__timer *timer, uint64_t now);

#endif
