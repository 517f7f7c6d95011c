/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* The life of one address; the drawing is in binding.h, the clauses in doc/addresses.md. */
#include "binding/binding.h"

#include <ipoib/interface.h>

#define MILLISECOND UINT64_C(1000000)
#define SECOND (1000 * MILLISECOND)

/*
 * How long an address waits after a conflict. A try costs the one who has the address an answer
 * or two, so ten seconds are no burden to him; and who clears the conflict up by hand does not
 * wait for longer than that. Ten of them in a row and RFC 5227's minute takes over.
 */
#define RETRY (10 * SECOND)

/* FAST is a tenth of the RFCs' times. What limits a rate stays as it is. */
#define FAST_DIVISOR 10

/* RFC 5227 section 1.1 */
static const struct ipoib__probe_parameters ipv4_parameters = {
	.probe_wait = 1 * SECOND,
	.probe_min = 1 * SECOND,
	.probe_max = 2 * SECOND,
	.announce_wait = 2 * SECOND,
	.announce_interval = 2 * SECOND,
	.defend_interval = 10 * SECOND,
	.rate_limit_interval = 60 * SECOND,
	.retry = RETRY,
	.probe_num = 3,
	.announce_num = 2,
	.max_conflicts = 10,
};

/*
 * RFC 4862 section 5.4.2 and RFC 4861 section 10: MAX_RTR_SOLICITATION_DELAY, then
 * DupAddrDetectTransmits of 1, then a RetransTimer in silence. Two unsolicited advertisements are
 * within MAX_NEIGHBOR_ADVERTISEMENT. Neither RFC limits tries and defences: RFC 5227's do.
 */
static const struct ipoib__probe_parameters ipv6_parameters = {
	.probe_wait = 1 * SECOND,
	.probe_min = 1 * SECOND,
	.probe_max = 1 * SECOND,
	.announce_wait = 1 * SECOND,
	.announce_interval = 1 * SECOND,
	.defend_interval = 10 * SECOND,
	.rate_limit_interval = 60 * SECOND,
	.retry = RETRY,
	.probe_num = 1,
	.announce_num = 2,
	.max_conflicts = 10,
};

struct ipoib__probe_parameters ipoib__probe_parameters(uint8_t acd, uint8_t defend, uint8_t family)
{
	struct ipoib__probe_parameters parameters =
		family == IPOIB_IPV6 ? ipv6_parameters : ipv4_parameters;

	parameters.defend = defend;
	if (acd == IPOIB_ACD_OFF)
		parameters.probe_num = 0;
	if (acd != IPOIB_ACD_FAST)
		return parameters;
	parameters.probe_wait /= FAST_DIVISOR;
	parameters.probe_min /= FAST_DIVISOR;
	parameters.probe_max /= FAST_DIVISOR;
	parameters.announce_wait /= FAST_DIVISOR;
	parameters.announce_interval /= FAST_DIVISOR;
	return parameters;
}

void ipoib__probe_init(struct ipoib__probe *probe)
{
	*probe = (struct ipoib__probe){
		.state = IPOIB_BINDING_WAITING,
		.deadline = IPOIB_NEVER,
		.conflicted = IPOIB_NEVER,
		.defended = IPOIB_NEVER,
		.tried = IPOIB_NEVER,
		.ready = IPOIB_NEVER,
	};
}

/* ---- time ---- */

/* Saturating: what would be after the end of time is never. */
static uint64_t after(uint64_t then, uint64_t delay)
{
	return delay < IPOIB_NEVER - then ? then + delay : IPOIB_NEVER;
}

/* How long ago something was; what never was is long ago. */
static uint64_t since(uint64_t then, uint64_t now)
{
	if (then == IPOIB_NEVER)
		return IPOIB_NEVER;
	return now > then ? now - then : 0;
}

/* ---- from a try to READY ---- */

/* The next announcement of the round, if there is one. */
static unsigned announce(struct ipoib__probe *probe,
			 const struct ipoib__probe_parameters *parameters, uint64_t now)
{
	probe->deadline = IPOIB_NEVER;
	if (probe->sent >= parameters->announce_num)
		return 0;
	probe->sent++;
	if (probe->sent < parameters->announce_num) {
		probe->deadline = after(now, probe->interval);
		probe->interval = after(probe->interval, probe->interval);
	}
	return IPOIB__PROBE_SEND_ANNOUNCEMENT;
}

static unsigned begin_round(struct ipoib__probe *probe,
			    const struct ipoib__probe_parameters *parameters, uint64_t now)
{
	probe->sent = 0;
	probe->interval = parameters->announce_interval;
	return announce(probe, parameters, now);
}

static unsigned become_ready(struct ipoib__probe *probe,
			     const struct ipoib__probe_parameters *parameters, uint64_t now)
{
	probe->state = IPOIB_BINDING_READY;
	probe->ready = now;
	return IPOIB__PROBE_READY | begin_round(probe, parameters, now);
}

/*
 * After MAX_CONFLICTS no link that comes and goes makes tries more frequent than RFC 5227
 * section 2.1.1 has them.
 */
static unsigned begin_try(struct ipoib__probe *probe,
			  const struct ipoib__probe_parameters *parameters,
			  struct ipoib__random *random, uint64_t now)
{
	if (probe->failed >= parameters->max_conflicts &&
	    since(probe->tried, now) < parameters->rate_limit_interval) {
		probe->state = IPOIB_BINDING_CONFLICT;
		probe->deadline = after(probe->tried, parameters->rate_limit_interval);
		return 0;
	}
	probe->tried = now;
	probe->sent = 0;
	if (parameters->probe_num == 0)
		return become_ready(probe, parameters, now);
	probe->state = IPOIB_BINDING_PROBING;
	probe->deadline = after(now, ipoib__random_between(random, 0, parameters->probe_wait));
	return 0;
}

static unsigned go_on_probing(struct ipoib__probe *probe,
			      const struct ipoib__probe_parameters *parameters,
			      struct ipoib__random *random, uint64_t now)
{
	uint64_t silence = parameters->announce_wait;

	if (probe->sent >= parameters->probe_num) /* it was quiet after the last one, too */
		return become_ready(probe, parameters, now);
	probe->sent++;
	if (probe->sent < parameters->probe_num)
		silence = ipoib__random_between(random, parameters->probe_min,
						parameters->probe_max);
	probe->deadline = after(now, silence);
	return IPOIB__PROBE_SEND_PROBE;
}

/* ---- conflicts ---- */

static unsigned note_conflict(struct ipoib__probe *probe, uint64_t now)
{
	if (probe->conflicts < UINT32_MAX)
		probe->conflicts++;
	probe->conflicted = now;
	return IPOIB__PROBE_CONFLICT;
}

static void give_up(struct ipoib__probe *probe, const struct ipoib__probe_parameters *parameters,
		    uint64_t now)
{
	if (probe->failed < UINT32_MAX)
		probe->failed++;
	probe->state = IPOIB_BINDING_CONFLICT;
	probe->deadline = after(now, probe->failed >= parameters->max_conflicts ?
					     parameters->rate_limit_interval :
					     parameters->retry);
}

/* RFC 5227 section 2.4: (a) never keeps it, (b) when it is the first one for a while, (c) always */
static bool is_kept(const struct ipoib__probe *probe,
		    const struct ipoib__probe_parameters *parameters, uint64_t now)
{
	switch (parameters->defend) {
	case IPOIB_DEFEND_NEVER:
		return false;
	case IPOIB_DEFEND_ONCE:
		return since(probe->conflicted, now) >= parameters->defend_interval;
	default:
		return true;
	}
}

/* Two who defend one address to the end must not do so in an endless loop (RFC 5227 2.4 c). */
static unsigned defend(struct ipoib__probe *probe,
		       const struct ipoib__probe_parameters *parameters, uint64_t now)
{
	if (since(probe->defended, now) < parameters->defend_interval)
		return 0;
	if (probe->defences < UINT32_MAX)
		probe->defences++;
	probe->defended = now;
	return IPOIB__PROBE_SEND_ANNOUNCEMENT;
}

static unsigned on_used_while_ready(struct ipoib__probe *probe,
				    const struct ipoib__probe_parameters *parameters,
				    uint64_t now)
{
	bool kept = is_kept(probe, parameters, now);
	unsigned actions = note_conflict(probe, now);

	if (kept)
		return actions | defend(probe, parameters, now);
	/* It worked for so long that this is a new quarrel and not the old one going on. */
	if (since(probe->ready, now) >= parameters->rate_limit_interval)
		probe->failed = 0;
	give_up(probe, parameters, now);
	return actions | IPOIB__PROBE_LOST;
}

/* ---- events ---- */

static unsigned on_up(struct ipoib__probe *probe, const struct ipoib__probe_parameters *parameters,
		      struct ipoib__random *random, uint64_t now)
{
	if (probe->up)
		return 0;
	probe->up = true;
	if (probe->state == IPOIB_BINDING_READY)
		return begin_round(probe, parameters, now);
	return begin_try(probe, parameters, random, now);
}

static unsigned on_down(struct ipoib__probe *probe)
{
	probe->up = false;
	probe->deadline = IPOIB_NEVER;
	if (probe->state == IPOIB_BINDING_PROBING)
		probe->state = IPOIB_BINDING_WAITING;
	return 0;
}

static unsigned on_timer(struct ipoib__probe *probe,
			 const struct ipoib__probe_parameters *parameters,
			 struct ipoib__random *random, uint64_t now)
{
	if (probe->deadline == IPOIB_NEVER || now < probe->deadline)
		return 0;
	switch (probe->state) {
	case IPOIB_BINDING_PROBING:
		return go_on_probing(probe, parameters, random, now);
	case IPOIB_BINDING_READY:
		return announce(probe, parameters, now);
	default:
		return begin_try(probe, parameters, random, now);
	}
}

/* A link that is down hears nobody: that was said before it went down, and is asked again. */
static unsigned on_claim(struct ipoib__probe *probe,
			 const struct ipoib__probe_parameters *parameters, bool used, uint64_t now)
{
	if (!probe->up)
		return 0;
	if (probe->state == IPOIB_BINDING_READY && used)
		return on_used_while_ready(probe, parameters, now);
	if (probe->state != IPOIB_BINDING_PROBING)
		return 0;
	give_up(probe, parameters, now);
	return note_conflict(probe, now);
}

unsigned ipoib__probe_step(struct ipoib__probe *probe,
			   const struct ipoib__probe_parameters *parameters,
			   enum ipoib__probe_event event, struct ipoib__random *random,
			   uint64_t now)
{
	switch (event) {
	case IPOIB__PROBE_UP:
		return on_up(probe, parameters, random, now);
	case IPOIB__PROBE_DOWN:
		return on_down(probe);
	case IPOIB__PROBE_TIMER:
		return on_timer(probe, parameters, random, now);
	case IPOIB__PROBE_USED:
		return on_claim(probe, parameters, true, now);
	case IPOIB__PROBE_WANTED:
		return on_claim(probe, parameters, false, now);
	case IPOIB__PROBE_ANNOUNCE:
		/* once at least, for somebody has a reason to want it */
		if (probe->state == IPOIB_BINDING_READY && probe->up)
			return begin_round(probe, parameters, now) |
			       IPOIB__PROBE_SEND_ANNOUNCEMENT;
		break;
	}
	return 0;
}
