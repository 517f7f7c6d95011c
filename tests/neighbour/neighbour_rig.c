/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "neighbour/neighbour_rig.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "support/support.h"

struct rig rig;

static void tell(uint64_t now, const char *what)
{
	int n = snprintf(rig.story + rig.length, sizeof(rig.story) - rig.length, "%" PRIu64 " %s; ",
			 now / S, what);

	rig.length += (size_t)n;
	ck_assert_uint_lt(rig.length, sizeof(rig.story));
}

/* Questions of trials, with the time within the second; a timer fires a tick late. */
static void tell_trial(unsigned actions, uint64_t now)
{
	static const struct {
		unsigned action;
		const char *name;
	} names[] = {
		{ IPOIB__NEIGHBOUR_ASK_KNOWN, "known" },
		{ IPOIB__NEIGHBOUR_ASK_CLAIMED, "claimed" },
		{ IPOIB__NEIGHBOUR_ASK_OLD, "old" },
		{ IPOIB__NEIGHBOUR_ASK_PATH, "path" },
		{ IPOIB__NEIGHBOUR_JUDGE, "judge" },
	};
	char what[40];

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (!(actions & names[i].action))
			continue;
		snprintf(what, sizeof(what), "+%u %s", (unsigned)(now % S / (10 * MS) * 10),
			 names[i].name);
		tell(now, what);
	}
}

static void act(void *owner, struct ipoib__neighbour *n, unsigned actions, uint64_t now)
{
	static const struct {
		unsigned action;
		const char *name;
	} names[] = {
		{ IPOIB__NEIGHBOUR_ASK_MULTICAST, "ask" },
		{ IPOIB__NEIGHBOUR_ASK_UNICAST, "probe" },
		{ IPOIB__NEIGHBOUR_PREFIX, "prefix" },
		{ IPOIB__NEIGHBOUR_RESOLVED, "resolved" },
		{ IPOIB__NEIGHBOUR_MOVED, "moved" },
		{ IPOIB__NEIGHBOUR_UNREACHED, "unreached" },
		{ IPOIB__NEIGHBOUR_FLAGS, "flags" },
	};

	static const char *const verdicts[] = { "?", "claim", "accepted", "refused" };

	rig_check(owner == &rig && actions != 0);
	if (rig.on_act) {
		rig.on_act(n, actions);
		return;
	}
	rig_check(!(actions & IPOIB__NEIGHBOUR_FORGET));
	if (actions & IPOIB__NEIGHBOUR_FLUX)
		tell(now, verdicts[n->verdict]);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (actions & names[i].action)
			tell(now, names[i].name);
	if (rig.trials)
		tell_trial(actions, now);
}

static bool busy(void *owner, const struct ipoib__neighbour *n)
{
	rig_check(owner == &rig);
	return ((const struct rig_entry *)(const void *)n)->busy;
}

static void end(void *owner, struct ipoib__neighbour *n, bool evicted)
{
	char text[IPOIB_IP_TEXT], what[80];

	rig_check(owner == &rig);
	if (rig.on_end) {
		rig.on_end(n, evicted);
		return;
	}
	snprintf(what, sizeof(what), "%s %s", evicted ? "evict" : "end",
		 ipoib_ip_format(&n->ip, text));
	tell(support_now, what);
}

static const struct ipoib__neighbours_hooks hooks = {
	.entry_size = sizeof(struct rig_entry),
	.act = act,
	.busy = busy,
	.end = end,
};

struct ipoib__neighbour_parameters rig_parameters(uint32_t limit)
{
	return (struct ipoib__neighbour_parameters){
		.retransmit = 1 * S,
		.reachable = 30 * S,
		.delay = 5 * S,
		.flux_hold = 10 * S,
		.stale = 60 * S,
		.unicast_probes = 3,
		.multicast_probes = 3,
		.flux = IPOIB_FLUX_ACCEPT,
		.thresh1 = limit,
		.thresh2 = limit,
		.limit = limit,
	};
}

void rig_start(uint32_t limit)
{
	struct ipoib__neighbour_parameters parameters = rig_parameters(limit);

	rig_start_with(&parameters);
}

void rig_start_with(const struct ipoib__neighbour_parameters *parameters)
{
	static const uint8_t key[IPOIB__SIPHASH_KEY] = { 1, 2, 3 };

	memset(&rig, 0, sizeof(rig));
	ipoib__wheel_init(&rig.wheel, support_now);
	ipoib__neighbours_init(&rig.table, support_memory(), &rig.wheel, support_random(), key,
			       parameters, &hooks, &rig);
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

const char *rig_story(void)
{
	static char told[sizeof(rig.story)];

	memcpy(told, rig.story, rig.length + 1);
	rig.length = 0;
	rig.story[0] = '\0';
	return told;
}

struct ipoib_ip rig_ip(unsigned last_octet)
{
	return ipoib_ip_from_ipv4((const uint8_t[4]){ 10, 0, 0, (uint8_t)last_octet });
}

struct ipoib_link_address rig_address(uint8_t flags, uint32_t qpn, uint8_t port)
{
	const struct ipoib_gid gid = { { 0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 2, 0xc9, 3, 0, 0, 0,
					 port } };

	return ipoib_link_address_make(flags, qpn, &gid);
}

struct ipoib__neighbour *rig_make(unsigned last_octet, bool wanted)
{
	struct ipoib_ip ip = rig_ip(last_octet);
	struct ipoib__neighbour *n = NULL;

	rig_check(ipoib__neighbours_make(&rig.table, &ip, wanted, support_now, &n) == 0);
	return n;
}

struct ipoib__neighbour *rig_find(unsigned last_octet)
{
	struct ipoib_ip ip = rig_ip(last_octet);

	return ipoib__neighbours_find(&rig.table, &ip);
}

void rig_happen(struct ipoib__neighbour *n, const struct ipoib__neighbour_event *event)
{
	ipoib__neighbours_step(&rig.table, n, event, support_now);
}

void rig_step(struct ipoib__neighbour *n, enum ipoib__neighbour_event_type type,
	      const struct ipoib_link_address *address)
{
	const struct ipoib__neighbour_event event = { .type = type, .address = address };

	rig_happen(n, &event);
}

void rig_use(struct ipoib__neighbour *n)
{
	rig_step(n, IPOIB__NEIGHBOUR_USE, NULL);
}

void rig_answer(struct ipoib__neighbour *n, const struct ipoib_link_address *address)
{
	rig_step(n, IPOIB__NEIGHBOUR_ANSWER, address);
}

struct ipoib__neighbour *rig_start_at(const struct ipoib_link_address *address,
				      enum ipoib_flux_policy policy)
{
	struct ipoib__neighbour_parameters parameters = rig_parameters(10);
	struct ipoib__neighbour *n;

	parameters.flux = (uint8_t)policy;
	rig_start_with(&parameters);
	n = rig_make(1, true);
	rig_use(n);
	rig_answer(n, address);
	ck_assert_str_eq(rig_story(), "0 ask; 0 resolved; ");
	return n;
}
