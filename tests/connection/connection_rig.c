/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "connection/connection_rig.h"

#include <string.h>

#include "support/support.h"

struct rig rig;

static struct rig_connection *rig_of(const struct ipoib__connection *c)
{
	return (struct rig_connection *)(uintptr_t)c;
}

static void come(struct ipoib__connection *c)
{
	struct rig_connection *r = rig_of(c);

	rig_check(!r->there);
	rig_check(c->id > rig.id_last); /* never used before */
	rig.id_last = c->id;
	r->there = true;
	r->there_as = c->id;
	rig.n_there++;
}

static void go(struct ipoib__connection *c)
{
	struct rig_connection *r = rig_of(c);

	rig.n_hung_up++;
	rig.reaped = c;
	rig.n_there -= r->there;
	r->there = false;
}

static void act(void *owner, struct ipoib__connection *c, unsigned actions, uint64_t now)
{
	rig_check(owner == &rig && now == support_now && actions != 0);
	rig_check(!(actions & IPOIB__CONNECTION_FORGET));
	if (actions & IPOIB__CONNECTION_HANG_UP)
		go(c);
	rig_check(!(actions & IPOIB__CONNECTION_LOST) || !ipoib__connection_exists(c));
	rig_check(!(actions & IPOIB__CONNECTION_USABLE) || c->state == IPOIB__CONNECTION_UP);
	if (actions & IPOIB__CONNECTION_FAILED)
		rig_of(c)->ended_at = now;
	rig.n_lost += (actions & IPOIB__CONNECTION_LOST) != 0;
	rig.n_given_up += (actions & IPOIB__CONNECTION_GIVE_UP) != 0;
	rig.n_usable += (actions & IPOIB__CONNECTION_USABLE) != 0;
	if (!(actions & IPOIB__CONNECTION_DIAL))
		return;
	rig_check(c->state == IPOIB__CONNECTION_DIALLING);
	rig.n_dials++;
	if (!rig.dial_fails)
		come(c);
	if (rig.dial_fails || rig.refusing)
		ipoib__connections_step(&rig.set, c, IPOIB__CONNECTION_FAILURE, 0, now);
}

static bool busy(void *owner, const struct ipoib__connection *c)
{
	rig_check(owner == &rig);
	return rig_of(c)->busy;
}

static void end(void *owner, struct ipoib__connection *c)
{
	rig_check(owner == &rig && !rig_of(c)->there);
	rig.n_ended++;
}

static const struct ipoib__connections_hooks hooks = {
	.size = sizeof(struct rig_connection),
	.act = act,
	.busy = busy,
	.end = end,
};

void rig_start(uint32_t limit)
{
	static const uint8_t key[IPOIB__SIPHASH_KEY] = { 1, 2, 3 };

	memset(&rig, 0, sizeof(rig));
	ipoib__wheel_init(&rig.wheel, support_now);
	ipoib__connections_init(&rig.set, support_memory(), &rig.wheel, support_random(), key,
				limit, RIG_ENTRIES, RIG_AGE, &hooks, &rig);
}

void rig_fini(void)
{
	ipoib__connections_fini(&rig.set, support_now);
	rig_check(rig.n_there == 0);
	rig_check(rig.set.existing == 0);
	rig_check(ipoib__wheel_deadline(&rig.wheel) == IPOIB_NEVER);
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

struct ipoib_link_address rig_peer(unsigned number)
{
	struct ipoib_gid gid = { { 0xfe, 0x80 } };

	gid.raw[14] = (uint8_t)(number >> 8);
	gid.raw[15] = (uint8_t)number;
	return ipoib_link_address_make(IPOIB_LINK_ADDRESS_RC, 0x100 + number, &gid);
}

struct ipoib__connection *rig_get(unsigned number)
{
	struct ipoib_link_address peer = rig_peer(number);
	struct ipoib__connection *c = ipoib__connections_get(&rig.set, &peer, support_now);

	rig_check(c != NULL);
	return c;
}

struct ipoib__connection *rig_take(unsigned number)
{
	struct ipoib_link_address peer = rig_peer(number);
	struct ipoib__connection *c = ipoib__connections_take(&rig.set, &peer, support_now);

	if (c)
		come(c);
	return c;
}

void rig_step(struct ipoib__connection *c, enum ipoib__connection_event event)
{
	ipoib__connections_step(&rig.set, c, event, 1500, support_now);
	if (event == IPOIB__CONNECTION_ADOPT) /* as the floor above does when it has accepted */
		come(c);
}

void rig_want(unsigned number)
{
	rig_step(rig_get(number), IPOIB__CONNECTION_WANT);
}

struct ipoib__connection *rig_up(unsigned number)
{
	struct ipoib__connection *c = rig_get(number);

	rig_step(c, IPOIB__CONNECTION_WANT);
	rig_step(c, IPOIB__CONNECTION_ANSWER);
	rig_check(c->state == IPOIB__CONNECTION_UP);
	return c;
}

void rig_set_busy(struct ipoib__connection *c, bool is_busy)
{
	rig_of(c)->busy = is_busy;
}

unsigned rig_count(void)
{
	const struct ipoib__connection *at = NULL;
	unsigned n = 0;

	while ((at = ipoib__connections_next(&rig.set, at)) != NULL)
		n++;
	return n;
}

static void check_one(const struct ipoib__connection *c)
{
	bool exists = ipoib__connection_exists(c);

	rig_check(rig_of(c)->there == exists);
	rig_check(!exists || rig_of(c)->there_as == c->id);
	rig_check(ipoib__connections_by_id(&rig.set, c->id) == c);
	rig_check(c->peer.raw[0] == 0);
	rig_check((c->state == IPOIB__CONNECTION_TAKEN) ==
		  (ipoib__connections_find(&rig.set, &c->peer) != c));
	rig_check(ipoib__timer_armed(&c->timer) == (c->state != IPOIB__CONNECTION_DIALLING));
	rig_check(!c->both || exists);
	rig_check(c->state != IPOIB__CONNECTION_HELD || c->failures > 0);
	rig_check(c->state != IPOIB__CONNECTION_UP || c->failures == 0);
}

void rig_check_set(void)
{
	const struct ipoib__connection *c = NULL;
	unsigned existing = 0, of_peers = 0, listed = 0;
	uint64_t cursor = 0;

	while ((c = ipoib__connections_next(&rig.set, c)) != NULL) {
		check_one(c);
		existing += ipoib__connection_exists(c);
		of_peers += ipoib__connection_exists(c) &&
			    (c->both || c->state == IPOIB__CONNECTION_TAKEN);
	}
	while (ipoib__connections_walk(&rig.set, &cursor) != NULL)
		listed++;
	rig_check(listed == rig_count());
	rig_check(existing == rig.set.existing && existing == rig.n_there);
	rig_check(existing <= rig.set.limit);
	rig_check(rig.set.of_side[IPOIB__CONNECTION_PEERS] == of_peers &&
		  rig.set.of_side[IPOIB__CONNECTION_OURS] == existing - of_peers);
}

/* ---- one connection ---- */

struct ipoib__connection rig_one;

void rig_one_start(void)
{
	memset(&rig_one, 0, sizeof(rig_one));
	rig_one.state = IPOIB__CONNECTION_IDLE;
}

unsigned rig_one_step(enum ipoib__connection_event event, uint64_t now)
{
	return ipoib__connection_step(&rig_one, event, 1500, 10 * S, now);
}
