/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Forgetting everything: path.h point 5. What is put in order goes to the end of its list, and so
 * does what is new; stale paths are the first of both lists, and a walk needs no place mark.
 */
#include "path/cache.h"

static struct ipoib__list *list_of(struct ipoib__paths *cache, const struct ipoib__path *path)
{
	return path->users > 0 ? &cache->used : &cache->idle;
}

void ipoib__paths_settle(struct ipoib__paths *cache, struct ipoib__path *path, uint64_t now)
{
	unsigned actions;

	if (!ipoib__paths_stale(cache, path))
		return;
	ipoib__assert(!path->asked);
	path->epoch = cache->epoch;
	ipoib__list_remove(&path->turn);
	ipoib__list_remove(&path->of_lid);
	ipoib__list_remove(&path->kept);
	ipoib__list_push_back(list_of(cache, path), &path->kept);
	actions = ipoib__path_step(path, IPOIB__PATH_FLUSH, NULL, 0, now);
	if (path->users > 0)
		ipoib__wheel_arm(cache->wheel, &path->timer, path->deadline);
	cache->hooks->act(cache->owner, path, actions, now);
}

/* The first of a list if it is stale, or NULL: then none is. */
static struct ipoib__path *first_stale(const struct ipoib__paths *cache,
				       const struct ipoib__list *kept)
{
	struct ipoib__list *first = ipoib__list_first(kept);
	struct ipoib__path *path =
		first ? ipoib__container_of(first, struct ipoib__path, kept) : NULL;

	return path && ipoib__paths_stale(cache, path) ? path : NULL;
}

static void settle_some(struct ipoib__paths *cache, uint64_t now)
{
	struct ipoib__path *path = NULL;

	for (unsigned i = 0; i <= IPOIB__PATH_FLUSH_TURN; i++) {
		path = first_stale(cache, &cache->used);
		if (!path)
			path = first_stale(cache, &cache->idle);
		if (!path || i == IPOIB__PATH_FLUSH_TURN)
			break;
		ipoib__paths_settle(cache, path, now);
	}
	cache->flushing = path != NULL;
	ipoib__wheel_arm(cache->wheel, &cache->flush_timer, path ? now : IPOIB_NEVER);
}

static void flush_due(struct ipoib__timer *timer, uint64_t now)
{
	settle_some(ipoib__container_of(timer, struct ipoib__paths, flush_timer), now);
}

void ipoib__paths_flush_init(struct ipoib__paths *cache)
{
	ipoib__list_init(&cache->passed);
	ipoib__timer_init(&cache->flush_timer, flush_due);
}

void ipoib__paths_flush(struct ipoib__paths *cache, uint64_t now)
{
	struct ipoib__list *first;
	bool under_way = cache->flushing;

	while ((first = ipoib__list_first(&cache->asked)) != NULL)
		ipoib__paths_take_back(cache, ipoib__container_of(first, struct ipoib__path, turn));
	ipoib__list_splice(&cache->passed, &cache->turn);
	ipoib__list_splice(&cache->passed, &cache->strangers);
	cache->epoch++;
	cache->flushing = true;
	if (!under_way) /* else in the next turns, or many events in one would not be bounded */
		settle_some(cache, now);
}
