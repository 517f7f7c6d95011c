/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The table half of neighbour.h: which entries are there, their timers, what is remembered. Which
 * give way, and when, is in collect.c; how one goes is in remove.c.
 */
#include "neighbour/collect.h"

#include <errno.h>
#include <string.h>

#include "wire/ip.h"

static bool equal(const void *entry, const void *key, void *user)
{
	const struct ipoib__neighbour *n = entry;

	(void)user;
	return ipoib__ip_same(&n->ip, key);
}

void ipoib__neighbours_init(struct ipoib__neighbours *table, struct ipoib__memory *memory,
			    struct ipoib__wheel *wheel, struct ipoib__random *random,
			    const uint8_t key[IPOIB__SIPHASH_KEY],
			    const struct ipoib__neighbour_parameters *parameters,
			    const struct ipoib__neighbours_hooks *hooks, void *owner)
{
	ipoib__assert(hooks->entry_size >= sizeof(struct ipoib__neighbour));
	ipoib__assert(parameters->limit > 0 && parameters->thresh1 <= parameters->thresh2 &&
		      parameters->thresh2 <= parameters->limit);
	ipoib__assert(parameters->unicast_probes > 0 && parameters->multicast_probes > 0);
	table->memory = memory;
	table->wheel = wheel;
	table->random = random;
	table->hooks = hooks;
	table->owner = owner;
	table->parameters = *parameters;
	table->key = ipoib__hash_key(key);
	ipoib__table_init(&table->table, memory, equal, NULL);
	ipoib__list_init(&table->recent);
	ipoib__list_init(&table->permanent);
	table->permanent_count = 0;
	table->collected = 0;
	ipoib__neighbours_collect_init(table);
}

void ipoib__neighbours_fini(struct ipoib__neighbours *table)
{
	ipoib__neighbours_flush(table, true);
	ipoib__wheel_cancel(table->wheel, &table->collect);
	ipoib__table_fini(&table->table);
}

size_t ipoib__neighbours_count(const struct ipoib__neighbours *table)
{
	return ipoib__table_count(&table->table);
}

struct ipoib__neighbour *ipoib__neighbours_find(const struct ipoib__neighbours *table,
						const struct ipoib_ip *ip)
{
	uint64_t hash = ipoib__ip_hash(&table->key, ip);
	struct ipoib__neighbour *n = ipoib__table_candidate(&table->table, hash);

	/* That another one has this hash as well is next to impossible. */
	if (!n || ipoib__ip_same(&n->ip, ip))
		return n;
	return ipoib__table_find(&table->table, hash, ip);
}

static void expire(struct ipoib__timer *timer, uint64_t now)
{
	const struct ipoib__neighbour_event event = { .type = IPOIB__NEIGHBOUR_TIMER };
	struct ipoib__neighbour *n = ipoib__container_of(timer, struct ipoib__neighbour, timer);

	ipoib__neighbours_step(n->table, n, &event, now);
}

static struct ipoib__neighbour *new_entry(struct ipoib__neighbours *table,
					  const struct ipoib_ip *ip, uint64_t now)
{
	struct ipoib__neighbour *n =
		ipoib__memory_get(table->memory, table->hooks->entry_size);

	if (!n)
		return NULL;
	n->ip = *ip;
	n->state = IPOIB__NEIGHBOUR_NEW;
	n->due = IPOIB_NEVER;
	n->deadline = IPOIB_NEVER;
	n->confirmed = IPOIB_NEVER;
	n->used = IPOIB_NEVER;
	n->updated = now;
	n->touched = now;
	n->table = table;
	n->hash = ipoib__ip_hash(&table->key, ip);
	ipoib__list_init(&n->recent);
	ipoib__timer_init(&n->timer, expire);
	return n;
}

/*
 * Memory first, and only then who has to give way for it: what cannot be made must cost nobody
 * his entry. So the table holds one more than its limit for a moment.
 */
int ipoib__neighbours_make(struct ipoib__neighbours *table, const struct ipoib_ip *ip, bool wanted,
			   uint64_t now, struct ipoib__neighbour **out)
{
	struct ipoib__neighbour *n;
	int status;

	if (!wanted && ipoib__table_count(&table->table) >= ipoib__neighbours_share(table))
		return -ENOBUFS;
	n = new_entry(table, ip, now);
	if (!n)
		return -ENOMEM;
	status = ipoib__table_insert(&table->table, n->hash, n);
	if (status < 0)
		goto free_entry;
	if (!ipoib__neighbours_make_room(table, wanted, now)) {
		status = -ENOBUFS;
		goto remove_entry;
	}
	ipoib__list_push_back(&table->recent, &n->recent);
	ipoib__neighbours_collect_later(table, now);
	*out = n;
	return 0;

remove_entry:
	ipoib__table_remove(&table->table, n->hash, n);
free_entry:
	ipoib__memory_put(table->memory, n, table->hooks->entry_size);
	return status == -ENOSPC ? -ENOBUFS : status;
}

int ipoib__neighbours_fix(struct ipoib__neighbours *table, struct ipoib__neighbour *n,
			  const struct ipoib_link_address *address, uint64_t now)
{
	const struct ipoib__neighbour_event event = { .type = IPOIB__NEIGHBOUR_FIX,
						      .address = address };

	if (n->state != IPOIB_NEIGHBOUR_PERMANENT &&
	    table->permanent_count >= ipoib__neighbours_share(table))
		return -ENOBUFS;
	ipoib__neighbours_step(table, n, &event, now);
	return 0;
}

/* The random part of an event: spread, so that those learned together are not asked together. */
static struct ipoib__neighbour_event drawn(struct ipoib__neighbours *table,
					   const struct ipoib__neighbour_event *event)
{
	struct ipoib__neighbour_event filled = *event;

	if (event->type == IPOIB__NEIGHBOUR_ANSWER || event->type == IPOIB__NEIGHBOUR_WEAK_ANSWER ||
	    event->type == IPOIB__NEIGHBOUR_CONFIRM || event->type == IPOIB__NEIGHBOUR_RIGHT)
		/* RFC 4861 section 6.3.2: 0.5 to 1.5 */
		filled.reachable = ipoib__random_jitter(table->random, table->parameters.reachable,
							50);
	return filled;
}

/* What of an entry is compared after a step. */
struct before {
	uint64_t deadline;
	uint64_t fluxes;
	struct ipoib_link_address held;
	struct ipoib_link_address claimed;
	uint8_t state;
};

/* What a step found out about claims. Without memory for a history the counters count. */
static void remember(struct ipoib__neighbours *table, struct ipoib__neighbour *n,
		     const struct before *before, uint64_t now)
{
	if (!n->history)
		n->history = ipoib__memory_get(table->memory, sizeof(*n->history));
	if (!n->history)
		return;
	if (n->fluxes != before->fluxes)
		ipoib__neighbour_note(n->history, n,
				      n->verdict == IPOIB_FLUX_REFUSED ? &n->link_address :
									 &before->held,
				      &n->last_claimed, now);
	else
		ipoib__neighbour_decided(n->history, n, &before->claimed);
}

/* Permanent entries are not in the order of use: nobody who looks for room need pass them. */
static void make_permanent(struct ipoib__neighbours *table, struct ipoib__neighbour *n)
{
	ipoib__list_remove(&n->recent);
	ipoib__list_push_back(&table->permanent, &n->recent);
	table->permanent_count++;
}

void ipoib__neighbours_step(struct ipoib__neighbours *table, struct ipoib__neighbour *n,
			    const struct ipoib__neighbour_event *event, uint64_t now)
{
	const struct ipoib__neighbour_event filled = drawn(table, event);
	const struct before before = { .deadline = n->deadline,
				       .fluxes = n->fluxes,
				       .held = n->link_address,
				       .claimed = n->claimed,
				       .state = n->state };
	unsigned actions = ipoib__neighbour_step(n, &table->parameters, &filled, now);

	if (actions & IPOIB__NEIGHBOUR_FORGET) {
		ipoib__neighbours_remove(table, n, false);
		return;
	}
	if (n->deadline != before.deadline || !ipoib__timer_armed(&n->timer))
		ipoib__wheel_arm(table->wheel, &n->timer, n->deadline);
	if (n->state == IPOIB_NEIGHBOUR_PERMANENT && before.state != IPOIB_NEIGHBOUR_PERMANENT)
		make_permanent(table, n);
	if (actions & IPOIB__NEIGHBOUR_FLUX)
		remember(table, n, &before, now);
	else if ((actions & IPOIB__NEIGHBOUR_PREFIX) && n->history &&
		 n->verdict == IPOIB_FLUX_ACCEPTED)
		ipoib__neighbour_decided(n->history, n, &before.claimed);
	if (actions != 0)
		table->hooks->act(table->owner, n, actions, now);
}

void ipoib__neighbours_prefix(struct ipoib__neighbours *table, const uint8_t prefix[8])
{
	memcpy(table->parameters.prefix, prefix, sizeof(table->parameters.prefix));
}

struct ipoib__neighbour *ipoib__neighbours_next(const struct ipoib__neighbours *table,
						uint64_t *cursor)
{
	return ipoib__table_next(&table->table, cursor);
}
