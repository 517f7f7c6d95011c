/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "verbs/posted.h"

#include <errno.h>

#include "base/assert.h"

/*
 * Of a long burst, every so many are signalled: fewer completions, but their places must come back
 * before the queue runs dry.
 */
#define SIGNAL_EVERY 16

int ipoib__verbs_posted_init(struct ipoib__verbs_posted *posted, struct ipoib__memory *memory,
			     uint32_t depth)
{
	uint32_t places = 1;

	ipoib__assert(depth >= 1 && depth <= UINT32_C(1) << 31);
	while (places < depth)
		places *= 2;
	*posted = (struct ipoib__verbs_posted){ .memory = memory };
	posted->places = ipoib__memory_get_array(memory, places, sizeof(*posted->places));
	if (posted->places == NULL)
		return -ENOMEM;
	posted->mask = places - 1;
	posted->depth = depth;
	return 0;
}

void ipoib__verbs_posted_fini(struct ipoib__verbs_posted *posted)
{
	if (posted->places != NULL)
		ipoib__memory_put(posted->memory, posted->places,
				  ((size_t)posted->mask + 1) * sizeof(*posted->places));
	posted->places = NULL;
}

static struct ipoib__verbs_posted_place *place(const struct ipoib__verbs_posted *posted,
					       uint32_t number)
{
	return &posted->places[number & posted->mask];
}

bool ipoib__verbs_posted_full(const struct ipoib__verbs_posted *posted)
{
	return posted->put - posted->take >= posted->depth;
}

uint32_t ipoib__verbs_posted_put(struct ipoib__verbs_posted *posted, uint64_t cookie,
				 void *address)
{
	ipoib__assert(!ipoib__verbs_posted_full(posted) && posted->held == 0);
	*place(posted, posted->put) = (struct ipoib__verbs_posted_place){
		.cookie = cookie,
		.address = address,
	};
	posted->hardware++;
	posted->quiet++;
	return posted->put++;
}

void ipoib__verbs_posted_put_ours(struct ipoib__verbs_posted *posted, uint64_t cookie,
				  void *address, int32_t status)
{
	ipoib__assert(!ipoib__verbs_posted_full(posted));
	*place(posted, posted->put) = (struct ipoib__verbs_posted_place){
		.cookie = cookie,
		.address = address,
		.status = status,
		.ours = true,
	};
	posted->put++;
}

void ipoib__verbs_posted_hold(struct ipoib__verbs_posted *posted, uint64_t cookie, void *address,
			      uint32_t length, uint64_t key)
{
	ipoib__assert(!ipoib__verbs_posted_full(posted));
	*place(posted, posted->put) = (struct ipoib__verbs_posted_place){
		.cookie = cookie,
		.address = address,
		.length = length,
		.key = key,
	};
	posted->put++;
	posted->held++;
}

const struct ipoib__verbs_posted_place *
ipoib__verbs_posted_held(const struct ipoib__verbs_posted *posted, uint32_t *number)
{
	if (posted->held == 0)
		return NULL;
	*number = posted->put - posted->held;
	return place(posted, *number);
}

void ipoib__verbs_posted_release(struct ipoib__verbs_posted *posted)
{
	posted->held--;
	posted->hardware++;
}

void ipoib__verbs_posted_withdraw(struct ipoib__verbs_posted *posted, uint32_t number)
{
	while (posted->put != number) {
		posted->put--;
		if (place(posted, posted->put)->ours)
			continue;
		posted->hardware--;
		if (posted->quiet > 0)
			posted->quiet--;
	}
}

bool ipoib__verbs_posted_signal(struct ipoib__verbs_posted *posted, bool last)
{
	if (!last && posted->quiet < SIGNAL_EVERY && posted->quiet < (posted->depth + 1) / 2)
		return false;
	posted->quiet = 0;
	return true;
}

static void decide(struct ipoib__verbs_posted *posted, uint32_t number, int32_t status)
{
	struct ipoib__verbs_posted_place *at = place(posted, number);

	if (at->ours)
		return;
	at->status = status;
	posted->hardware--;
}

bool ipoib__verbs_posted_completed(struct ipoib__verbs_posted *posted, uint32_t number,
				   int32_t status)
{
	if (number - posted->known >= posted->put - posted->held - posted->known ||
	    place(posted, number)->ours)
		return false;
	while (posted->known != number)
		decide(posted, posted->known++, 0);
	decide(posted, posted->known++, status);
	if (posted->quiet > posted->hardware)
		posted->quiet = posted->hardware;
	return true;
}

void ipoib__verbs_posted_abandon(struct ipoib__verbs_posted *posted, int32_t status)
{
	while (posted->known != posted->put - posted->held)
		decide(posted, posted->known++, status);
	posted->quiet = 0;
}

bool ipoib__verbs_posted_decided(const struct ipoib__verbs_posted *posted)
{
	return posted->take != posted->put &&
	       (posted->take != posted->known || place(posted, posted->take)->ours);
}

bool ipoib__verbs_posted_take(struct ipoib__verbs_posted *posted,
			      struct ipoib__verbs_posted_place *out)
{
	if (!ipoib__verbs_posted_decided(posted))
		return false;
	*out = *place(posted, posted->take);
	if (posted->take == posted->known) /* it never reached the adapter */
		posted->known++;
	posted->take++;
	return true;
}
