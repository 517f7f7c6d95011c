/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The window of path.h point 2: which paths are in the SA's hands, and whose turn is next. A path
 * stands in one of two lines, or among the asked ones, or in none of them.
 */
#include "path/cache.h"

static struct ipoib__list *line_of(struct ipoib__paths *cache, const struct ipoib__path *path)
{
	return path->stranger ? &cache->strangers : &cache->turn;
}

void ipoib__paths_line_up(struct ipoib__paths *cache, struct ipoib__path *path)
{
	if (ipoib__list_is_linked(&path->turn))
		return;
	path->stranger = !path->wanted;
	ipoib__list_push_back(line_of(cache, path), &path->turn);
}

void ipoib__paths_move_up(struct ipoib__paths *cache, struct ipoib__path *path)
{
	if (!path->stranger || path->asked || !ipoib__list_is_linked(&path->turn))
		return;
	path->stranger = false;
	ipoib__list_remove(&path->turn);
	ipoib__list_push_back(line_of(cache, path), &path->turn);
}

struct ipoib__path *ipoib__paths_next_turn(struct ipoib__paths *cache)
{
	struct ipoib__list *first;

	if (cache->outstanding >= IPOIB__PATH_WINDOW)
		return NULL;
	first = ipoib__list_pop_front(&cache->turn);
	if (!first && cache->outstanding_strangers < IPOIB__PATH_WINDOW_STRANGERS)
		first = ipoib__list_pop_front(&cache->strangers);
	return first ? ipoib__container_of(first, struct ipoib__path, turn) : NULL;
}

void ipoib__paths_keep_turn(struct ipoib__paths *cache, struct ipoib__path *path)
{
	ipoib__list_push_front(line_of(cache, path), &path->turn);
}

void ipoib__paths_question_out(struct ipoib__paths *cache, struct ipoib__path *path,
				uint64_t question)
{
	path->question = question;
	path->generation = cache->generation;
	path->asked = true;
	ipoib__list_push_back(&cache->asked, &path->turn);
	cache->outstanding++;
	cache->outstanding_strangers += path->stranger;
}

struct ipoib__path *ipoib__paths_by_question(const struct ipoib__paths *cache, uint64_t question)
{
	for (struct ipoib__list *at = cache->asked.next; at != &cache->asked; at = at->next) {
		struct ipoib__path *path = ipoib__container_of(at, struct ipoib__path, turn);

		if (path->question == question)
			return path;
	}
	return NULL;
}

void ipoib__paths_question_over(struct ipoib__paths *cache, struct ipoib__path *path)
{
	ipoib__assert(path->asked && cache->outstanding > 0);
	cache->outstanding--;
	cache->outstanding_strangers -= path->stranger;
	path->asked = false;
	ipoib__list_remove(&path->turn);
}

void ipoib__paths_take_back(struct ipoib__paths *cache, struct ipoib__path *path)
{
	cache->hooks->cancel(cache->owner, path->question);
	ipoib__paths_question_over(cache, path);
}
