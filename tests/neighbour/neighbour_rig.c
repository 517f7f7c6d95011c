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

static void act(void *owner, struct ipoib__neighbour *n, unsigned actions, uint64_t now)
{
	static const struct {
		unsigned action;
		const char *name;
	} names[] = {
		{ IPOIB__NEIGHBOUR_ASK_BROADCAST, "ask" },
		{ IPOIB__NEIGHBOUR_ASK_UNICAST, "probe" },
		{ IPOIB__NEIGHBOUR_RESOLVED, "resolved" },
		{ IPOIB__NEIGHBOUR_MOVED, "moved" },
		{ IPOIB__NEIGHBOUR_UNREACHED, "unreached" },
		{ IPOIB__NEIGHBOUR_FORGET, "forget" },
	};

	rig_check(owner == &rig && actions != 0);
	if (rig.on_act) {
		rig.on_act(n, actions);
		return;
	}
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (actions & names[i].action)
			tell(now, names[i].name);
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

void rig_start(uint32_t limit)
{
	static const uint8_t key[IPOIB__SIPHASH_KEY] = { 1, 2, 3 };

	memset(&rig, 0, sizeof(rig));
	ipoib__wheel_init(&rig.wheel, support_now);
	ipoib__neighbours_init(&rig.table, support_memory(), &rig.wheel, support_random(), key,
			       limit, &hooks, &rig);
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

void rig_use(struct ipoib__neighbour *n)
{
	ipoib__neighbours_step(&rig.table, n, IPOIB__NEIGHBOUR_USE, NULL, support_now);
}

void rig_answer(struct ipoib__neighbour *n, const struct ipoib_link_address *address)
{
	ipoib__neighbours_step(&rig.table, n, IPOIB__NEIGHBOUR_ANSWER, address, support_now);
}
