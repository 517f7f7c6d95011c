/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The set half of connection.h as its owner sees it. entries.c: what is found how, what is counted.
 * room.c: what has to go.
 */
#include "connection/set.h"

#include <string.h>

void ipoib__connections_init(struct ipoib__connections *set, struct ipoib__memory *memory,
			     struct ipoib__wheel *wheel, struct ipoib__random *random,
			     const uint8_t key[IPOIB__SIPHASH_KEY], uint32_t limit,
			     uint32_t entries, uint64_t age,
			     const struct ipoib__connections_hooks *hooks, void *owner)
{
	ipoib__assert(hooks->size >= sizeof(struct ipoib__connection));
	memset(set, 0, sizeof(*set));
	set->memory = memory;
	set->wheel = wheel;
	set->random = random;
	set->hooks = hooks;
	set->owner = owner;
	set->limit = limit;
	set->entries = entries;
	set->age = age;
	set->next_id = 1;
	memcpy(set->key, key, sizeof(set->key));
	ipoib__connections_tables_init(set);
	for (unsigned i = 0; i < IPOIB__CONNECTION_SIDES; i++)
		ipoib__list_init(&set->recent[i]);
	ipoib__list_init(&set->others);
	ipoib__turns_init(set);
}

void ipoib__connections_drop_all(struct ipoib__connections *set, uint64_t now)
{
	struct ipoib__list *first;

	ipoib__turns_clear(set);
	for (unsigned i = 0; i < IPOIB__CONNECTION_SIDES; i++)
		while ((first = ipoib__list_first(&set->recent[i])) != NULL)
			ipoib__connections_drop(set, ipoib__connection_at(first), now);
}

void ipoib__connections_fini(struct ipoib__connections *set, uint64_t now)
{
	struct ipoib__list *first;

	ipoib__connections_drop_all(set, now);
	while ((first = ipoib__list_first(&set->others)) != NULL)
		ipoib__connections_forget(set, ipoib__connection_at(first));
	ipoib__assert(set->existing == 0);
	ipoib__table_fini(&set->made);
	ipoib__table_fini(&set->ids);
}

struct ipoib__connection *ipoib__connections_take(struct ipoib__connections *set,
						  const struct ipoib_link_address *peer,
						  uint64_t now)
{
	if (!ipoib__connections_room(set, IPOIB__CONNECTION_PEERS, now))
		return NULL;
	return ipoib__connections_add_taken(set, peer, now);
}

void ipoib__connections_hold(struct ipoib__connection *c)
{
	c->users++;
}

void ipoib__connections_release(struct ipoib__connections *set, struct ipoib__connection *c,
				uint64_t now)
{
	ipoib__assert(c->users > 0);
	c->users--;
	if (c->users == 0 && !ipoib__connection_exists(c))
		ipoib__wheel_arm(set->wheel, &c->timer, now + IPOIB__CONNECTION_FORGET_NS);
}

void ipoib__connections_step(struct ipoib__connections *set, struct ipoib__connection *c,
			     enum ipoib__connection_event event, uint32_t mtu, uint64_t now)
{
	if (event != IPOIB__CONNECTION_WANT || ipoib__turns_may_dial(set, c, now))
		ipoib__connections_run(set, c, event, mtu, now);
}

void ipoib__connections_proof(struct ipoib__connections *set,
			      const struct ipoib_link_address *peer, uint64_t now)
{
	struct ipoib__connection *c = ipoib__connections_find(set, peer);

	if (c)
		ipoib__connections_run(set, c, IPOIB__CONNECTION_PROOF, 0, now);
}

void ipoib__connections_touch(struct ipoib__connections *set, struct ipoib__connection *c,
			      uint64_t now)
{
	c->used = now;
	if (now - c->touched < IPOIB__CONNECTION_TOUCH_NS || !ipoib__connection_exists(c))
		return;
	c->touched = now;
	ipoib__list_remove(&c->recent);
	ipoib__list_push_back(&set->recent[c->side], &c->recent);
}

struct ipoib__connection *ipoib__connections_next(const struct ipoib__connections *set,
						  const struct ipoib__connection *at)
{
	struct ipoib__list *next = at ? at->recent.next : set->recent[0].next;

	for (unsigned i = 0; i < IPOIB__CONNECTION_SIDES; i++)
		if (next == &set->recent[i])
			next = i + 1 < IPOIB__CONNECTION_SIDES ? set->recent[i + 1].next :
								 set->others.next;
	return next == &set->others ? NULL : ipoib__connection_at(next);
}

struct ipoib__connection *ipoib__connections_walk(const struct ipoib__connections *set,
						  uint64_t *cursor)
{
	return ipoib__table_next(&set->ids, cursor);
}
