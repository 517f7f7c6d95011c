/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The entries of the set: how one is found, counted, stepped and removed. Whether there is room for
 * what is done here is not asked: room.c.
 */
#include "connection/set.h"

/* Entries looked at, from the one that ended first, for one that may be forgotten. */
#define FORGET_LOOK 16

/* ---- by peer and by id ---- */

static bool equal(const void *entry, const void *key, void *user)
{
	const struct ipoib__connection *c = entry;

	(void)user;
	return ipoib_link_address_same_peer(&c->peer, key);
}

/* The flags octet is not part of who somebody is. */
static uint64_t hash_of(const struct ipoib__connections *set, const struct ipoib_link_address *peer)
{
	return ipoib__siphash(set->key, peer->raw + 1, sizeof(peer->raw) - 1);
}

static bool has_id(const void *entry, const void *key, void *user)
{
	const struct ipoib__connection *c = entry;

	(void)user;
	return c->id == *(const uint64_t *)key;
}

static uint64_t hash_of_id(const struct ipoib__connections *set, uint64_t id)
{
	return ipoib__siphash(set->key, &id, sizeof(id));
}

void ipoib__connections_tables_init(struct ipoib__connections *set)
{
	ipoib__table_init(&set->made, set->memory, equal, NULL);
	ipoib__table_init(&set->ids, set->memory, has_id, NULL);
}

struct ipoib__connection *ipoib__connections_find(const struct ipoib__connections *set,
						  const struct ipoib_link_address *peer)
{
	return ipoib__table_find(&set->made, hash_of(set, peer), peer);
}

struct ipoib__connection *ipoib__connections_by_id(const struct ipoib__connections *set,
						   uint64_t id)
{
	return ipoib__table_find(&set->ids, hash_of_id(set, id), &id);
}

/* Numbers begin again after 2^40, and none is used twice. */
static int give_id(struct ipoib__connections *set, struct ipoib__connection *c)
{
	do
		c->id = set->next_id++ & ((UINT64_C(1) << IPOIB__CONNECTION_ID_BITS) - 1);
	while (ipoib__connections_by_id(set, c->id));
	return ipoib__table_insert(&set->ids, hash_of_id(set, c->id), c);
}

/*
 * A number that no event of an earlier connection of this entry carries. It takes the place of the
 * old one, so that there is always room for it.
 */
static void renew_id(struct ipoib__connections *set, struct ipoib__connection *c)
{
	int status;

	ipoib__table_remove(&set->ids, hash_of_id(set, c->id), c);
	status = give_id(set, c);
	ipoib__assert(status == 0);
	(void)status;
}

/* ---- by the order of use ---- */

static void enter_side(struct ipoib__connections *set, struct ipoib__connection *c)
{
	c->side = (uint8_t)ipoib__connection_side(c);
	ipoib__list_push_back(&set->recent[c->side], &c->recent);
	set->existing++;
	set->of_side[c->side]++;
}

static void leave_side(struct ipoib__connections *set, struct ipoib__connection *c)
{
	ipoib__list_remove(&c->recent);
	set->existing--;
	set->of_side[c->side]--;
}

/* Puts an entry where its state belongs: by the order of use, or among those that do not exist. */
static void place(struct ipoib__connections *set, struct ipoib__connection *c, bool existed,
		  uint64_t now)
{
	bool exists = ipoib__connection_exists(c);

	if (exists == existed && (!exists || c->side == ipoib__connection_side(c)))
		return;
	if (existed)
		leave_side(set, c);
	else
		ipoib__list_remove(&c->recent);
	if (exists) {
		enter_side(set, c);
		ipoib__list_remove(&c->turn); /* a peer's own may have come first */
	} else {
		ipoib__list_push_back(&set->others, &c->recent);
		ipoib__turns_freed(set, now);
	}
}

/* ---- one entry ---- */

static void remove_entry(struct ipoib__connections *set, struct ipoib__connection *c, bool made,
			 bool existed)
{
	set->hooks->end(set->owner, c);
	ipoib__wheel_cancel(set->wheel, &c->timer);
	if (existed)
		leave_side(set, c);
	ipoib__list_remove(&c->recent);
	ipoib__list_remove(&c->turn);
	ipoib__table_remove(&set->ids, hash_of_id(set, c->id), c);
	if (made)
		ipoib__table_remove(&set->made, c->hash, c);
	ipoib__memory_put(set->memory, c, set->hooks->size);
}

void ipoib__connections_forget(struct ipoib__connections *set, struct ipoib__connection *c)
{
	remove_entry(set, c, true, false);
}

void ipoib__connections_news(struct ipoib__connections *set, uint64_t now)
{
	set->news = now;
}

bool ipoib__connections_held(const struct ipoib__connection *c, uint64_t now)
{
	return c->state == IPOIB__CONNECTION_HELD && now < c->hold_until &&
	       c->held_at >= c->set->news;
}

static bool is_made(const struct ipoib__connection *c)
{
	return c->state != IPOIB__CONNECTION_TAKEN;
}

void ipoib__connections_run(struct ipoib__connections *set, struct ipoib__connection *c,
			    enum ipoib__connection_event event, uint32_t mtu, uint64_t now)
{
	uint64_t hold = ipoib__random_jitter(set->random,
					     ipoib__connection_hold(ipoib__connection_blame(c)),
					     IPOIB__CONNECTION_JITTER);
	bool existed = ipoib__connection_exists(c);
	bool made = is_made(c);
	unsigned actions;

	if (now < c->hold_until && !ipoib__connections_held(c, now))
		c->hold_until = now;
	actions = ipoib__connection_step(c, event, mtu, hold, now);
	if (actions & IPOIB__CONNECTION_FORGET) {
		if (actions & IPOIB__CONNECTION_HANG_UP)
			set->hooks->act(set->owner, c, IPOIB__CONNECTION_HANG_UP, now);
		remove_entry(set, c, made, existed);
		ipoib__turns_freed(set, now);
		return;
	}
	place(set, c, existed, now);
	ipoib__wheel_arm(set->wheel, &c->timer, c->deadline);
	if (actions & IPOIB__CONNECTION_HANG_UP)
		set->hooks->act(set->owner, c, IPOIB__CONNECTION_HANG_UP, now);
	if ((actions & IPOIB__CONNECTION_DIAL) || event == IPOIB__CONNECTION_ADOPT)
		renew_id(set, c);
	actions &= ~(unsigned)IPOIB__CONNECTION_HANG_UP;
	if (actions != 0)
		set->hooks->act(set->owner, c, actions, now);
}

static void expire(struct ipoib__timer *timer, uint64_t now)
{
	struct ipoib__connection *c = ipoib__container_of(timer, struct ipoib__connection, timer);

	ipoib__connections_run(c->set, c, IPOIB__CONNECTION_TIMER, 0, now);
}

void ipoib__connections_drop(struct ipoib__connections *set, struct ipoib__connection *c,
			     uint64_t now)
{
	unsigned actions = IPOIB__CONNECTION_HANG_UP;

	if (c->state == IPOIB__CONNECTION_TAKEN) {
		set->hooks->act(set->owner, c, actions, now);
		remove_entry(set, c, false, true);
		ipoib__turns_freed(set, now);
		return;
	}
	actions |= c->state == IPOIB__CONNECTION_UP ? IPOIB__CONNECTION_LOST :
						      IPOIB__CONNECTION_GIVE_UP;
	c->state = IPOIB__CONNECTION_IDLE;
	c->both = false;
	c->again = false;
	c->lost_until = 0;
	c->deadline = now + IPOIB__CONNECTION_FORGET_NS;
	place(set, c, true, now);
	ipoib__wheel_arm(set->wheel, &c->timer, c->deadline);
	set->hooks->act(set->owner, c, actions, now);
}

/*
 * What is remembered of those that are not connected is bounded too: a peer that calls itself
 * by another queue pair each time must not fill the memory.
 */
static bool forget_one(struct ipoib__connections *set)
{
	for (unsigned i = 0; i < FORGET_LOOK; i++) {
		struct ipoib__list *first = ipoib__list_first(&set->others);

		if (!first)
			return false;
		if (ipoib__connection_at(first)->users == 0) {
			ipoib__connections_forget(set, ipoib__connection_at(first));
			return true;
		}
		ipoib__list_remove(first);
		ipoib__list_push_back(&set->others, first);
	}
	return false;
}

static struct ipoib__connection *make(struct ipoib__connections *set,
				      const struct ipoib_link_address *peer, uint64_t now)
{
	struct ipoib__connection *c = ipoib__memory_get(set->memory, set->hooks->size);

	if (!c)
		return NULL;
	c->peer = *peer;
	c->peer.raw[0] = 0;
	c->state = IPOIB__CONNECTION_IDLE;
	c->deadline = now + IPOIB__CONNECTION_FORGET_NS;
	c->used = now;
	c->touched = now;
	c->grace = set->age;
	c->set = set;
	c->hash = hash_of(set, peer);
	ipoib__list_init(&c->recent);
	ipoib__list_init(&c->turn);
	ipoib__timer_init(&c->timer, expire);
	return c;
}

struct ipoib__connection *ipoib__connections_get(struct ipoib__connections *set,
						 const struct ipoib_link_address *peer,
						 uint64_t now)
{
	struct ipoib__connection *c = ipoib__connections_find(set, peer);

	if (c)
		return c;
	if (ipoib__table_count(&set->made) >= set->entries && !forget_one(set))
		return NULL;
	c = make(set, peer, now);
	if (!c)
		return NULL;
	if (ipoib__table_insert(&set->made, c->hash, c) < 0)
		goto free_entry;
	if (give_id(set, c) < 0)
		goto remove_entry;
	ipoib__list_push_back(&set->others, &c->recent);
	ipoib__wheel_arm(set->wheel, &c->timer, c->deadline);
	return c;

remove_entry:
	ipoib__table_remove(&set->made, c->hash, c);
free_entry:
	ipoib__memory_put(set->memory, c, set->hooks->size);
	return NULL;
}

struct ipoib__connection *ipoib__connections_add_taken(struct ipoib__connections *set,
						       const struct ipoib_link_address *peer,
						       uint64_t now)
{
	struct ipoib__connection *c = make(set, peer, now);

	if (!c)
		return NULL;
	if (give_id(set, c) < 0) {
		ipoib__memory_put(set->memory, c, set->hooks->size);
		return NULL;
	}
	c->state = IPOIB__CONNECTION_TAKEN;
	c->deadline = now + IPOIB__CONNECTION_IDLE_TAKEN_NS;
	enter_side(set, c);
	ipoib__wheel_arm(set->wheel, &c->timer, c->deadline);
	return c;
}
