/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* The pure half of connection.h. */
#include "connection/connection.h"

#include <string.h>

#include <ipoib/interface.h>

#include "wire/encap.h"

/* A peer that stands still for a second, and as much again until it has worked off what waits. */
#define SILENCE_NS UINT64_C(2000000000)
/*
 * 268 ms: adapters may take four times as long as they are told, and a program that answers in its
 * loop stands still at times.
 */
#define TIMEOUT_LEAST 16
#define RECEIVE_MTU_MAX (UINT32_C(1) << 31) /* RFC 4755 section 5: an RC message has no more */

uint64_t ipoib__connection_hold(unsigned failures)
{
	uint64_t hold = IPOIB__CONNECTION_HOLD_NS;

	for (unsigned i = 1; i < failures && hold < IPOIB__CONNECTION_HOLD_MAX_NS; i++)
		hold *= 2;
	return hold < IPOIB__CONNECTION_HOLD_MAX_NS ? hold : IPOIB__CONNECTION_HOLD_MAX_NS;
}

unsigned ipoib__connection_blame(const struct ipoib__connection *c)
{
	return c->failures + 1u > c->ends ? c->failures + 1u : c->ends;
}

bool ipoib__connection_exists(const struct ipoib__connection *c)
{
	return c->state == IPOIB__CONNECTION_DIALLING || c->state == IPOIB__CONNECTION_UP ||
	       c->state == IPOIB__CONNECTION_TAKEN;
}

bool ipoib__connection_yields(const struct ipoib_link_address *local,
			      const struct ipoib_link_address *peer)
{
	/* Octet 0 is the flags; the most significant octet is compared first. */
	return memcmp(local->raw + 1, peer->raw + 1, sizeof(local->raw) - 1) < 0;
}

uint32_t ipoib__connection_mtu(uint32_t receive_mtu, uint32_t own)
{
	uint32_t mtu;

	if (receive_mtu < IPOIB__CONNECTION_MTU_LEAST || receive_mtu > RECEIVE_MTU_MAX)
		return 0;
	mtu = receive_mtu - IPOIB__ENCAP_LENGTH;
	if (mtu > IPOIB_MTU_CONNECTED)
		mtu = IPOIB_MTU_CONNECTED;
	return mtu < own ? mtu : own;
}

static unsigned timeout_of(uint8_t packet_life)
{
	unsigned there_and_back = packet_life + 1u;

	if (there_and_back < TIMEOUT_LEAST)
		return TIMEOUT_LEAST;
	return there_and_back < IPOIB__CONNECTION_TIMEOUT_MAX ? there_and_back :
								IPOIB__CONNECTION_TIMEOUT_MAX;
}

struct ipoib__connection_patience
ipoib__connection_patience(uint8_t packet_life, struct ipoib__connection_patience wanted)
{
	struct ipoib__connection_patience out = wanted;

	if (out.timeout == 0)
		out.timeout = (uint8_t)timeout_of(packet_life);
	if (out.retries != 0)
		return out;
	out.retries = 1; /* one message that is lost is no reason to end it */
	while (out.retries < IPOIB__CONNECTION_RETRIES_MAX &&
	       (out.retries + UINT64_C(1)) * (UINT64_C(4096) << out.timeout) < SILENCE_NS)
		out.retries++;
	return out;
}

static unsigned on_want(struct ipoib__connection *c, uint64_t now)
{
	if (c->state != IPOIB__CONNECTION_IDLE &&
	    (c->state != IPOIB__CONNECTION_HELD || now < c->hold_until))
		return 0;
	c->state = IPOIB__CONNECTION_DIALLING;
	c->deadline = IPOIB_NEVER; /* the CM has time limits of its own */
	return IPOIB__CONNECTION_DIAL;
}

static unsigned on_answer(struct ipoib__connection *c, uint32_t mtu, uint64_t now)
{
	if (c->state != IPOIB__CONNECTION_DIALLING)
		return 0;
	c->state = IPOIB__CONNECTION_UP;
	c->again = false;
	c->failures = 0;
	c->lost_until = 0;
	c->mtu = mtu;
	c->used = now;
	c->since = now;
	c->deadline = now + IPOIB__CONNECTION_IDLE_MADE_NS;
	return IPOIB__CONNECTION_USABLE;
}

bool ipoib__connection_in_grace(const struct ipoib__connection *c, uint64_t now)
{
	return c->state == IPOIB__CONNECTION_HELD && now < c->lost_until;
}

/* While something waits for it the end of the hold is an event; else the next packet notices. */
static void set_deadline(struct ipoib__connection *c, uint64_t now)
{
	if (!ipoib__connection_in_grace(c, now)) {
		c->lost_until = 0;
		c->deadline = now + IPOIB__CONNECTION_FORGET_NS;
		return;
	}
	c->deadline = c->lost_until;
	if (now < c->hold_until && c->hold_until < c->lost_until)
		c->deadline = c->hold_until;
}

/*
 * Proof ends a hold, once a second: a peer that asks and hangs up costs a REQ a second at most.
 */
static void believe(struct ipoib__connection *c, uint64_t now)
{
	uint64_t earliest = c->proven == 0 ? now : c->proven + IPOIB__CONNECTION_PROOF_NS;

	if (earliest < now)
		earliest = now;
	if (earliest >= c->hold_until)
		return;
	c->hold_until = earliest;
	c->proven = earliest;
}

static void hold_back(struct ipoib__connection *c, uint64_t hold, uint64_t now)
{
	if (c->failures < UINT8_MAX)
		c->failures++;
	c->state = IPOIB__CONNECTION_HELD;
	c->again = false;
	c->both = false;
	c->held_at = now;
	c->hold_until = now + hold;
	if (c->proof != 0 && now - c->proof < IPOIB__CONNECTION_PROVEN_NS)
		believe(c, now);
	set_deadline(c, now);
}

static unsigned on_proof(struct ipoib__connection *c, uint64_t now)
{
	c->proof = now;
	if (c->state != IPOIB__CONNECTION_HELD || now >= c->hold_until)
		return 0;
	believe(c, now);
	set_deadline(c, now);
	return 0;
}

/* The next packet may dial again. */
static unsigned on_unused(struct ipoib__connection *c, uint64_t now)
{
	c->state = IPOIB__CONNECTION_IDLE;
	c->both = false;
	c->deadline = now + IPOIB__CONNECTION_FORGET_NS;
	return IPOIB__CONNECTION_HANG_UP | IPOIB__CONNECTION_LOST;
}

/*
 * One that was up has ended, however (point 3). The first of a row is made again at once; a peer
 * that goes on so is held as one that refuses.
 */
static unsigned on_lost(struct ipoib__connection *c, uint64_t hold, uint64_t now)
{
	c->lost_until = now + c->grace;
	if (now - c->since >= IPOIB__CONNECTION_PROVEN_NS)
		c->ends = 0;
	if (c->ends < UINT8_MAX)
		c->ends++;
	if (c->ends == 1)
		return on_unused(c, now);
	hold_back(c, hold, now);
	return IPOIB__CONNECTION_HANG_UP | IPOIB__CONNECTION_LOST | IPOIB__CONNECTION_FAILED;
}

static unsigned on_failure(struct ipoib__connection *c, uint64_t hold, uint64_t now)
{
	if (c->state == IPOIB__CONNECTION_TAKEN)
		return IPOIB__CONNECTION_HANG_UP | IPOIB__CONNECTION_FORGET;
	if (!ipoib__connection_exists(c))
		return 0;
	if (c->state == IPOIB__CONNECTION_UP)
		return on_lost(c, hold, now) | IPOIB__CONNECTION_FAILED;
	hold_back(c, hold, now);
	return IPOIB__CONNECTION_HANG_UP | IPOIB__CONNECTION_GIVE_UP | IPOIB__CONNECTION_FAILED;
}

/* That is an answer: nothing waits any more for what the peer does not want. */
static unsigned on_refused(struct ipoib__connection *c, uint64_t hold, uint64_t now)
{
	if (c->state == IPOIB__CONNECTION_DIALLING)
		c->lost_until = 0;
	return on_failure(c, hold, now);
}

static unsigned on_ended(struct ipoib__connection *c, uint64_t hold, uint64_t now)
{
	return c->state == IPOIB__CONNECTION_UP ? on_lost(c, hold, now) : on_failure(c, hold, now);
}

static unsigned on_no_room(struct ipoib__connection *c, uint64_t hold, uint64_t now)
{
	if (ipoib__connection_exists(c))
		return 0;
	hold_back(c, hold, now);
	return IPOIB__CONNECTION_GIVE_UP | IPOIB__CONNECTION_FAILED;
}

/*
 * The other service ID, at once and without a hold: the peer has answered. The second time it
 * is a failure.
 */
static unsigned on_unknown(struct ipoib__connection *c, uint64_t hold, uint64_t now)
{
	if (c->state != IPOIB__CONNECTION_DIALLING || c->rfc) {
		c->rfc = false; /* the peer may have been replaced by one of the other kind */
		return on_refused(c, hold, now);
	}
	c->rfc = true;
	return IPOIB__CONNECTION_HANG_UP | IPOIB__CONNECTION_DIAL;
}

/*
 * At once and without a hold, but once: a process that was restarted meets the memory of its
 * former self.
 */
static unsigned on_stale(struct ipoib__connection *c, uint64_t hold, uint64_t now)
{
	if (c->state != IPOIB__CONNECTION_DIALLING || c->again)
		return on_failure(c, hold, now);
	c->again = true;
	return IPOIB__CONNECTION_HANG_UP | IPOIB__CONNECTION_DIAL;
}

/*
 * What goes to the old one is lost. By the new one, at once: that is no failure. One that the peer
 * makes is the peer's to make.
 */
static unsigned on_moved(struct ipoib__connection *c, uint64_t now)
{
	if (c->state == IPOIB__CONNECTION_UP)
		return on_unused(c, now);
	if (c->state != IPOIB__CONNECTION_DIALLING || c->both)
		return 0;
	return IPOIB__CONNECTION_HANG_UP | IPOIB__CONNECTION_DIAL;
}

/* Ours, if it is being made, gives way (point 4). What becomes of the peer's is told by ANSWER. */
static unsigned on_adopt(struct ipoib__connection *c, uint64_t now)
{
	unsigned actions = ipoib__connection_exists(c) ? IPOIB__CONNECTION_HANG_UP : 0;

	c->state = IPOIB__CONNECTION_DIALLING;
	c->both = true;
	c->rfc = true;
	c->used = now;
	c->deadline = IPOIB_NEVER;
	return actions;
}

/* What waits may ask again now, or waits no longer; or else nothing needs the entry. */
static unsigned on_timer_of_none(struct ipoib__connection *c, uint64_t now)
{
	bool waited = c->state == IPOIB__CONNECTION_HELD && c->lost_until != 0;

	set_deadline(c, now);
	if (waited)
		return IPOIB__CONNECTION_GIVE_UP;
	return c->users == 0 ? IPOIB__CONNECTION_FORGET : 0;
}

static unsigned on_timer(struct ipoib__connection *c, uint64_t now)
{
	uint64_t idle = c->state == IPOIB__CONNECTION_TAKEN || c->both ?
				IPOIB__CONNECTION_IDLE_TAKEN_NS :
				IPOIB__CONNECTION_IDLE_MADE_NS;

	if (!ipoib__connection_exists(c))
		return on_timer_of_none(c, now);
	if (now - c->used < idle) { /* it was used meanwhile (I31) */
		c->deadline = c->used + idle;
		return 0;
	}
	return c->state == IPOIB__CONNECTION_TAKEN ? on_failure(c, 0, now) : on_unused(c, now);
}

unsigned ipoib__connection_step(struct ipoib__connection *c, enum ipoib__connection_event event,
				uint32_t mtu, uint64_t hold, uint64_t now)
{
	switch (event) {
	case IPOIB__CONNECTION_WANT:
		return on_want(c, now);
	case IPOIB__CONNECTION_ANSWER:
		return on_answer(c, mtu, now);
	case IPOIB__CONNECTION_UNKNOWN:
		return on_unknown(c, hold, now);
	case IPOIB__CONNECTION_STALE:
		return on_stale(c, hold, now);
	case IPOIB__CONNECTION_FAILURE:
		return on_failure(c, hold, now);
	case IPOIB__CONNECTION_ENDED:
		return on_ended(c, hold, now);
	case IPOIB__CONNECTION_ADOPT:
		return on_adopt(c, now);
	case IPOIB__CONNECTION_TIMER:
		return on_timer(c, now);
	case IPOIB__CONNECTION_NO_ROOM:
		return on_no_room(c, hold, now);
	case IPOIB__CONNECTION_REFUSED:
		return on_refused(c, hold, now);
	case IPOIB__CONNECTION_MOVED:
		return on_moved(c, now);
	case IPOIB__CONNECTION_PROOF:
		return on_proof(c, now);
	}
	return 0;
}
