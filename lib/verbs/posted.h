/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * What was posted on one queue of an adapter and has not come back: a ring in the order of posting.
 *
 * 1. Each work request has a number, which is its place in the ring and the upper part of the
 *    number that the adapter knows it by. An adapter completes the requests of a queue in order,
 *    and need not say so for each: a completion of one says that those before it went well.
 * 2. A request may never reach the adapter: it is too long, or the queue has stopped. It is entered
 *    with its status, and comes back in its turn, after those before it.
 * 3. A receive for a queue that has stopped is held, and given to the adapter when the queue is
 *    mended: were it sent back, its owner would post it again at once, and so for ever.
 * 4. A place is free again when its completion is taken.
 */
#ifndef IPOIB__VERBS_POSTED_H
#define IPOIB__VERBS_POSTED_H

#include <stdbool.h>
#include <stdint.h>

#include "base/memory.h"

struct ipoib__verbs_posted_place {
	uint64_t cookie;
	void *address;
	uint64_t key;	 /* of a held one */
	uint32_t length; /* of a held one */
	int32_t status;	 /* when decided */
	bool ours;	 /* it does not reach the adapter */
};

struct ipoib__verbs_posted {
	struct ipoib__memory *memory;
	struct ipoib__verbs_posted_place *places;
	uint32_t mask;	/* places - 1, a power of two */
	uint32_t depth; /* places that may be taken */
	/* Numbers, modulo 2^32: take <= known <= put. */
	uint32_t put;	/* of the next one to be posted */
	uint32_t known; /* the adapter has decided all of its own before this one */
	uint32_t take;	/* of the next one to come back */
	uint32_t hardware; /* posted to the adapter, and not decided */
	uint32_t quiet;	   /* of them, those after the last one that will say so */
	uint32_t held;	   /* the youngest so many wait to be posted to the adapter */
};

/* -ENOMEM. */
int ipoib__verbs_posted_init(struct ipoib__verbs_posted *posted, struct ipoib__memory *memory,
			     uint32_t depth);
void ipoib__verbs_posted_fini(struct ipoib__verbs_posted *posted);

bool ipoib__verbs_posted_full(const struct ipoib__verbs_posted *posted);
/* Enters a request; there is room for it. Returns its number. */
uint32_t ipoib__verbs_posted_put(struct ipoib__verbs_posted *posted, uint64_t cookie,
				 void *address);
/* Enters one that comes back with this status, without the adapter. */
void ipoib__verbs_posted_put_ours(struct ipoib__verbs_posted *posted, uint64_t cookie,
				  void *address, int32_t status);
/* Enters one that is held. */
void ipoib__verbs_posted_hold(struct ipoib__verbs_posted *posted, uint64_t cookie, void *address,
			      uint32_t length, uint64_t key);
/* The oldest one held, and its number, to be posted now; NULL: none. */
const struct ipoib__verbs_posted_place *
ipoib__verbs_posted_held(const struct ipoib__verbs_posted *posted, uint32_t *number);
/* It was posted. */
void ipoib__verbs_posted_release(struct ipoib__verbs_posted *posted);
/* The adapter took none of those from this number on: they were never entered. */
void ipoib__verbs_posted_withdraw(struct ipoib__verbs_posted *posted, uint32_t number);
/*
 * Whether the one just entered shall be signalled, that is, completed explicitly: the last of a
 * burst, so that none waits for the next burst, and every so many of a long one.
 */
bool ipoib__verbs_posted_signal(struct ipoib__verbs_posted *posted, bool last);
/* The adapter has completed one. False: it is none of those that it has. */
bool ipoib__verbs_posted_completed(struct ipoib__verbs_posted *posted, uint32_t number,
				   int32_t status);
/* The adapter will complete nothing any more: what it has comes back with this status. */
void ipoib__verbs_posted_abandon(struct ipoib__verbs_posted *posted, int32_t status);
/* Whether _take() would give one. */
bool ipoib__verbs_posted_decided(const struct ipoib__verbs_posted *posted);
/* Takes the oldest one, if it is decided. */
bool ipoib__verbs_posted_take(struct ipoib__verbs_posted *posted,
			      struct ipoib__verbs_posted_place *out);

#endif
