/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The cache half of path.h: what is kept, what is asked for when. window.c: whose turn it is.
 * flush.c: what is forgotten.
 */
#include "path/cache.h"

#include <errno.h>
#include <string.h>

static bool equal(const void *entry, const void *key, void *user)
{
	const struct ipoib__path *path = entry;

	(void)user;
	return memcmp(&path->dgid, key, sizeof(path->dgid)) == 0;
}

static uint64_t hash_of(const struct ipoib__paths *cache, const struct ipoib_gid *dgid)
{
	return ipoib__siphash(cache->key, dgid->raw, sizeof(dgid->raw));
}

static void remove_path(struct ipoib__paths *cache, struct ipoib__path *path)
{
	bool there;

	if (path->asked)
		ipoib__paths_take_back(cache, path);
	cache->hooks->end(cache->owner, path);
	ipoib__wheel_cancel(cache->wheel, &path->timer);
	ipoib__list_remove(&path->turn);
	ipoib__list_remove(&path->kept);
	ipoib__list_remove(&path->of_lid);
	there = ipoib__table_remove(&cache->table, path->hash, path);
	ipoib__assert(there);
	(void)there;
	ipoib__memory_put(cache->memory, path, cache->hooks->path_size);
}

static unsigned list_of_lid(uint16_t lid)
{
	return lid % IPOIB__PATH_LIDS; /* an SM gives them one after another */
}

static void note_lid(struct ipoib__paths *cache, struct ipoib__path *path)
{
	ipoib__list_remove(&path->of_lid);
	if (ipoib__path_usable(path))
		ipoib__list_push_back(&cache->lids[list_of_lid(path->record.dlid)], &path->of_lid);
}

static void step(struct ipoib__paths *cache, struct ipoib__path *path,
		 enum ipoib__path_event event, const struct ipoib_path_record *record, uint64_t now)
{
	uint64_t time = event == IPOIB__PATH_ANSWER ? IPOIB__PATH_AGE_NS :
						      ipoib__path_hold(path->failures + 1u);
	uint64_t drawn = ipoib__random_jitter(cache->random, time, IPOIB__PATH_JITTER);
	unsigned actions = ipoib__path_step(path, event, record, drawn, now);

	if (event != IPOIB__PATH_NEED && event != IPOIB__PATH_TIMER)
		note_lid(cache, path);
	if (path->users > 0)
		ipoib__wheel_arm(cache->wheel, &path->timer, path->deadline);
	if (actions & IPOIB__PATH_ASK)
		ipoib__paths_line_up(cache, path);
	if (actions & ~(unsigned)IPOIB__PATH_ASK)
		cache->hooks->act(cache->owner, path, actions, now);
}

unsigned ipoib__paths_ask(struct ipoib__paths *cache, unsigned most, uint64_t now)
{
	struct ipoib__path *path;
	unsigned count = 0;

	while (count < most && (path = ipoib__paths_next_turn(cache)) != NULL) {
		uint64_t question = cache->next_question++;
		int status = cache->hooks->ask(cache->owner, path, question);

		if (status == -EAGAIN) {
			ipoib__paths_keep_turn(cache, path);
			break;
		}
		path->asked_at = now;
		if (status < 0) {
			step(cache, path, IPOIB__PATH_SILENCE, NULL, now);
			continue;
		}
		ipoib__paths_question_out(cache, path, question);
		count++;
	}
	return count;
}

static void ask_next(struct ipoib__paths *cache, uint64_t now)
{
	ipoib__paths_ask(cache, IPOIB__PATH_WINDOW, now);
}

/* A used path has grown old, or an unused one has been kept for long enough. */
static void expire(struct ipoib__timer *timer, uint64_t now)
{
	struct ipoib__path *path = ipoib__container_of(timer, struct ipoib__path, timer);
	struct ipoib__paths *cache = path->cache;

	if (path->users > 0 && ipoib__paths_stale(cache, path)) {
		ipoib__paths_settle(cache, path, now);
		return;
	}
	if (path->users > 0) {
		step(cache, path, IPOIB__PATH_TIMER, NULL, now);
		return;
	}
	remove_path(cache, path);
	ask_next(cache, now); /* it may have had a place in the window */
}

void ipoib__paths_init(struct ipoib__paths *cache, struct ipoib__memory *memory,
		       struct ipoib__wheel *wheel, struct ipoib__random *random,
		       const uint8_t key[IPOIB__SIPHASH_KEY], uint32_t limit,
		       const struct ipoib__paths_hooks *hooks, void *owner)
{
	ipoib__assert(hooks->path_size >= sizeof(struct ipoib__path) && limit > 0);
	*cache = (struct ipoib__paths){ .memory = memory, .wheel = wheel, .random = random,
					.hooks = hooks, .owner = owner, .limit = limit,
					.news = IPOIB_NEVER };
	memcpy(cache->key, key, sizeof(cache->key));
	ipoib__table_init(&cache->table, memory, equal, NULL);
	ipoib__list_init(&cache->used);
	ipoib__list_init(&cache->idle);
	ipoib__list_init(&cache->turn);
	ipoib__list_init(&cache->strangers);
	ipoib__list_init(&cache->asked);
	ipoib__paths_flush_init(cache);
	for (size_t i = 0; i < IPOIB__PATH_LIDS; i++)
		ipoib__list_init(&cache->lids[i]);
}

void ipoib__paths_fini(struct ipoib__paths *cache)
{
	struct ipoib__list *first;

	ipoib__list_splice(&cache->idle, &cache->used);
	while ((first = ipoib__list_first(&cache->idle)) != NULL)
		remove_path(cache, ipoib__container_of(first, struct ipoib__path, kept));
	ipoib__wheel_cancel(cache->wheel, &cache->flush_timer);
	ipoib__table_fini(&cache->table);
}

struct ipoib__path *ipoib__paths_find(const struct ipoib__paths *cache,
				      const struct ipoib_gid *dgid)
{
	struct ipoib__path *path = ipoib__table_find(&cache->table, hash_of(cache, dgid), dgid);

	return path && !ipoib__paths_stale(cache, path) ? path : NULL;
}

/*
 * The longest idle one, of those that are not being asked for if there are any: to take
 * questions back for the sake of new ones would ask the SA as often as strangers want. No more
 * are asked than the window has.
 */
static struct ipoib__path *first_to_go(const struct ipoib__paths *cache)
{
	for (const struct ipoib__list *at = cache->idle.next; at != &cache->idle; at = at->next) {
		struct ipoib__path *path = ipoib__container_of(at, struct ipoib__path, kept);

		if (!path->asked)
			return path;
	}
	return cache->idle.next == &cache->idle ?
		       NULL :
		       ipoib__container_of(cache->idle.next, struct ipoib__path, kept);
}

/* An idle path gives way; one in use never does. */
static bool make_room(struct ipoib__paths *cache, uint64_t now)
{
	struct ipoib__path *first;

	if (ipoib__table_count(&cache->table) < cache->limit)
		return true;
	first = first_to_go(cache);
	if (!first)
		return false;
	remove_path(cache, first);
	ask_next(cache, now);
	return true;
}

struct ipoib__path *ipoib__paths_by_lid(const struct ipoib__paths *cache, uint16_t lid,
					const struct ipoib__path *after, unsigned *look)
{
	const struct ipoib__list *head = &cache->lids[list_of_lid(lid)];
	struct ipoib__list *at = after ? after->of_lid.next : head->next;

	for (; at != head && *look > 0; at = at->next) {
		struct ipoib__path *path = ipoib__container_of(at, struct ipoib__path, of_lid);

		(*look)--;
		if (path->record.dlid == lid && !ipoib__paths_stale(cache, path))
			return path;
	}
	return NULL;
}

static void keep_idle(struct ipoib__paths *cache, struct ipoib__path *path, uint64_t now)
{
	ipoib__list_remove(&path->kept);
	ipoib__list_push_back(&cache->idle, &path->kept);
	ipoib__wheel_arm(cache->wheel, &path->timer, now + IPOIB__PATH_IDLE_NS);
}

struct ipoib__path *ipoib__paths_get(struct ipoib__paths *cache, const struct ipoib_gid *dgid,
				     uint64_t now)
{
	uint64_t hash = hash_of(cache, dgid);
	struct ipoib__path *path = ipoib__table_find(&cache->table, hash, dgid);

	if (path) {
		ipoib__paths_settle(cache, path, now);
		return path;
	}
	if (!make_room(cache, now))
		return NULL;
	path = ipoib__memory_get(cache->memory, cache->hooks->path_size);
	if (!path)
		return NULL;
	path->dgid = *dgid;
	path->cache = cache;
	path->epoch = cache->epoch;
	path->hash = hash;
	path->deadline = IPOIB_NEVER;
	ipoib__list_init(&path->turn);
	ipoib__list_init(&path->kept);
	ipoib__list_init(&path->of_lid);
	ipoib__timer_init(&path->timer, expire);
	if (ipoib__table_insert(&cache->table, hash, path) < 0) {
		ipoib__memory_put(cache->memory, path, cache->hooks->path_size);
		return NULL;
	}
	keep_idle(cache, path, now);
	return path;
}

void ipoib__paths_hold(struct ipoib__paths *cache, struct ipoib__path *path)
{
	ipoib__assert(!ipoib__paths_stale(cache, path)); /* it was got a moment ago */
	if (path->users++ > 0)
		return;
	ipoib__list_remove(&path->kept);
	ipoib__list_push_back(&cache->used, &path->kept);
	ipoib__wheel_arm(cache->wheel, &path->timer, path->deadline);
}

void ipoib__paths_release(struct ipoib__paths *cache, struct ipoib__path *path, uint64_t now)
{
	ipoib__assert(path->users > 0);
	ipoib__paths_settle(cache, path, now);
	if (--path->users == 0)
		keep_idle(cache, path, now);
}

bool ipoib__paths_held(struct ipoib__path *path, uint64_t now)
{
	uint64_t news = path->cache->news;

	if (ipoib__paths_stale(path->cache, path))
		return false;
	if (news != IPOIB_NEVER && path->asked_at <= news)
		ipoib__path_proof(path, now);
	return path->state == IPOIB_PATH_FAILED && now < path->hold_until;
}

void ipoib__paths_news(struct ipoib__paths *cache, uint64_t now)
{
	cache->news = now;
}

void ipoib__paths_need(struct ipoib__paths *cache, struct ipoib__path *path, bool wanted,
		       uint64_t now)
{
	ipoib__paths_settle(cache, path, now);
	path->wanted = wanted;
	if (ipoib__paths_held(path, now))
		return;
	if (path->generation != cache->generation)
		path->doubted = true;
	if (wanted)
		ipoib__paths_move_up(cache, path);
	step(cache, path, IPOIB__PATH_NEED, NULL, now);
	ask_next(cache, now);
}

void ipoib__paths_answer(struct ipoib__paths *cache, struct ipoib__path *path,
			 const struct ipoib_path_record *record, int status, uint64_t now)
{
	ipoib__paths_question_over(cache, path);
	if (record)
		step(cache, path, IPOIB__PATH_ANSWER, record, now);
	else if (status == -ENOENT || status == -EACCES)
		step(cache, path, IPOIB__PATH_REFUSAL, NULL, now);
	else
		step(cache, path, IPOIB__PATH_SILENCE, NULL, now);
	ask_next(cache, now);
}

void ipoib__paths_doubt_all(struct ipoib__paths *cache)
{
	cache->generation++;
}

bool ipoib__paths_doubted(const struct ipoib__paths *cache, const struct ipoib__path *path)
{
	return path->doubted || path->generation != cache->generation;
}

struct ipoib__path *ipoib__paths_next(const struct ipoib__paths *cache, uint64_t *cursor)
{
	return ipoib__table_next(&cache->table, cursor);
}
