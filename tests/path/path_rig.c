/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "path/path_rig.h"

#include <errno.h>
#include <string.h>

#include "support/support.h"

struct rig rig;

static unsigned number_of(const struct ipoib__path *path)
{
	return (unsigned)path->dgid.raw[14] << 8 | path->dgid.raw[15];
}

static int ask(void *owner, struct ipoib__path *path, uint64_t question)
{
	rig_check(owner == &rig && question < RIG_QUESTIONS && !rig.seen[question]);
	rig_check(!path->asked);
	if (rig.ask_room > 0 && rig.n_open >= rig.ask_room)
		return -EAGAIN;
	rig.seen[question] = true;
	if (rig.ask_fails) {
		rig.n_refused_asks++;
		return -ENOBUFS;
	}
	rig.open[question] = true;
	rig.n_open++;
	rig.asked[rig.n_asked++] = number_of(path);
	return 0;
}

static void close_question(uint64_t question)
{
	rig_check(rig.open[question]);
	rig.open[question] = false;
	rig.n_open--;
}

static void cancel(void *owner, uint64_t question)
{
	rig_check(owner == &rig);
	close_question(question);
	rig.n_cancelled++;
}

static void act(void *owner, struct ipoib__path *path, unsigned actions, uint64_t now)
{
	rig_check(owner == &rig && now == support_now);
	switch (actions) {
	case IPOIB__PATH_USABLE:
		rig_check(ipoib__path_usable(path));
		rig.usable++;
		break;
	case IPOIB__PATH_LOST:
		rig_check(!ipoib__path_usable(path));
		rig.lost++;
		break;
	case IPOIB__PATH_FLUSHED:
		rig_check(!ipoib__path_usable(path));
		rig.flushed++;
		break;
	default:
		ck_abort_msg("actions %u", actions);
	}
}

static void end(void *owner, struct ipoib__path *path)
{
	rig_check(owner == &rig && !path->asked);
	rig.ended_numbers[rig.ended++] = number_of(path);
	if (rig.on_end)
		rig.on_end(number_of(path));
}

static const struct ipoib__paths_hooks hooks = {
	.path_size = sizeof(struct rig_path),
	.ask = ask,
	.act = act,
	.cancel = cancel,
	.end = end,
};

void rig_start(uint32_t limit)
{
	static const uint8_t key[IPOIB__SIPHASH_KEY] = { 1, 2, 3 };

	memset(&rig, 0, sizeof(rig));
	ipoib__wheel_init(&rig.wheel, support_now);
	ipoib__paths_init(&rig.cache, support_memory(), &rig.wheel, support_random(), key, limit,
			  &hooks, &rig);
}

void rig_run_until(uint64_t now)
{
	uint64_t deadline;

	while ((deadline = ipoib__wheel_deadline(&rig.wheel)) <= now) {
		if (deadline > support_now)
			support_now = deadline;
		ipoib__wheel_advance(&rig.wheel, support_now, UINT32_MAX);
	}
	support_now = now;
	ipoib__wheel_advance(&rig.wheel, now, UINT32_MAX);
}

struct ipoib_gid rig_gid(unsigned number)
{
	return (struct ipoib_gid){ { 0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 2, 0xc9, 3, 0, 0,
				     (uint8_t)(number >> 8), (uint8_t)number } };
}

struct ipoib_path_record rig_record(unsigned number, uint16_t dlid)
{
	return (struct ipoib_path_record){ .dgid = rig_gid(number), .dlid = dlid, .mtu = 2048 };
}

struct ipoib__path *rig_find(unsigned number)
{
	struct ipoib_gid gid = rig_gid(number);

	return ipoib__paths_find(&rig.cache, &gid);
}

struct ipoib__path *rig_get(unsigned number, bool held)
{
	struct ipoib_gid gid = rig_gid(number);
	struct ipoib__path *path = ipoib__paths_get(&rig.cache, &gid, support_now);

	rig_check(path != NULL);
	if (held)
		ipoib__paths_hold(&rig.cache, path);
	return path;
}

void rig_need(unsigned number)
{
	struct ipoib__path *path = rig_find(number);

	/* who holds on to a path has packets for it */
	ipoib__paths_need(&rig.cache, path, path->users > 0, support_now);
}

static struct ipoib__path *take_question(unsigned number)
{
	struct ipoib__path *path = rig_find(number);

	rig_check(path != NULL && path->asked);
	rig_check(ipoib__paths_by_question(&rig.cache, path->question) == path);
	close_question(path->question);
	return path;
}

void rig_answer(unsigned number, uint16_t dlid)
{
	struct ipoib_path_record record = rig_record(number, dlid);

	ipoib__paths_answer(&rig.cache, take_question(number), &record, 0, support_now);
}

void rig_fail(unsigned number, int status)
{
	ipoib__paths_answer(&rig.cache, take_question(number), NULL, status, support_now);
}

struct ipoib__path *rig_valid(unsigned number)
{
	struct ipoib__path *path = rig_get(number, true);

	rig_need(number);
	rig_answer(number, 7);
	return path;
}

static unsigned length_of(const struct ipoib__list *list)
{
	unsigned length = 0;

	for (const struct ipoib__list *at = list->next; at != list; at = at->next)
		length++;
	return length;
}

static void check_path(const struct ipoib__path *path)
{
	bool pending = path->state == IPOIB_PATH_QUERYING || path->state == IPOIB_PATH_REFRESH;

	rig_check(pending == ipoib__list_is_linked(&path->turn));
	rig_check(!path->asked || pending);
	rig_check(!path->asked || rig.open[path->question]);
	rig_check(ipoib__list_is_linked(&path->kept));
	/* an unused one is on its way out, a used one grows old */
	rig_check(ipoib__timer_armed(&path->timer) ==
		  (path->users == 0 || path->deadline != IPOIB_NEVER));
}

void rig_check_cache(void)
{
	struct ipoib__path *path;
	uint64_t cursor = 0;
	unsigned asked = 0, strangers = 0, pending = 0, used = 0, count = 0;
	bool full;

	while ((path = ipoib__paths_next(&rig.cache, &cursor)) != NULL) {
		check_path(path);
		asked += path->asked;
		strangers += path->asked && path->stranger;
		pending += ipoib__list_is_linked(&path->turn);
		used += path->users > 0;
		count++;
	}
	rig_check(count <= rig.cache.limit);
	rig_check(asked == rig.cache.outstanding && asked == rig.n_open);
	rig_check(asked <= IPOIB__PATH_WINDOW);
	rig_check(length_of(&rig.cache.asked) == asked);
	rig_check(strangers == rig.cache.outstanding_strangers);
	rig_check(strangers <= IPOIB__PATH_WINDOW_STRANGERS);
	rig_check(length_of(&rig.cache.turn) + length_of(&rig.cache.strangers) ==
		  pending - asked);
	rig_check(length_of(&rig.cache.used) == used);
	rig_check(length_of(&rig.cache.idle) == count - used);
	/* nothing waits while there is room in the window, or in the strangers' part of it */
	full = asked == IPOIB__PATH_WINDOW;
	rig_check(full || ipoib__list_empty(&rig.cache.turn));
	rig_check(full || strangers == IPOIB__PATH_WINDOW_STRANGERS ||
		  ipoib__list_empty(&rig.cache.strangers));
}
