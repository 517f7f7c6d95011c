/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* The whole interface against the real SA: it comes up, resolves, and survives. */
#include <inttypes.h>
#include <ipoib/multicast.h>

#include "subnet/rail.h"
#include "subnet/suites.h"

static struct rail rail;
static unsigned wanted; /* paths */

static bool has_paths(struct rail *of)
{
	return rail_paths(of) >= wanted;
}

static struct ipoib_statistics statistics_of(const struct rail *of)
{
	struct ipoib_statistics statistics = { .size = sizeof(statistics) };

	require_equal(ipoib_interface_statistics(of->interface, &statistics), 0);
	return statistics;
}

static bool members_are_back(struct rail *of)
{
	(void)of;
	return host_saquery_members(NULL) == wanted;
}

/* ---- up, a group, a neighbour, another SM, down ---- */

void part_interface(void)
{
	struct ipoib_multicast_record broadcast = host_broadcast();
	struct ipoib_multicast *group;
	struct ipoib_ip ip;
	unsigned members;

	require_equal(host_saquery_members(NULL), 0);
	rail_open(&rail, 256);
	rail_until(&rail, rail_is_up, 5);
	require_equal(host_saquery_members(&broadcast.mgid), 1);
	require_equal(ipoib_ip_parse(&ip, "239.1.2.3"), 0);
	require_equal(ipoib_multicast_join(&group, rail.interface, &ip), 0);
	members = host_saquery_members(NULL);
	wanted = members + 1;
	rail_until(&rail, members_are_back, 5);

	for (unsigned i = 2; i <= 4; i++) {
		rail_neighbour(&rail, i);
		require(rail_send(&rail, i));
	}
	wanted = 3;
	rail_until(&rail, has_paths, 5);

	/* All that the SA knew of us is gone, and so is the SA. */
	host_fabric("sm-restart sm2");
	require_equal(host_saquery_members(NULL), 0);
	rail_reread(&rail);
	wanted = members + 1;
	rail_until(&rail, members_are_back, 10);
	require(rail_is_up(&rail));
	require_equal(rail.ups, 1);
	require_equal(rail.downs, 0);
	require(rail_send(&rail, 2));

	ipoib_multicast_leave(group);
	rail_close(&rail);
	require_equal(host_saquery_members(NULL), 0);
}

/* ---- a third of the answers lost ---- */

void part_loss(void)
{
	const unsigned hosts = 200;

	rail_open(&rail, 512);
	rail_until(&rail, rail_is_up, 60);
	for (unsigned i = 2; i <= hosts; i++)
		rail_neighbour(&rail, i);
	uint64_t begun = host_now(), end = begun + 60 * SECOND;
	/* Whoever has packets goes on sending them: that is what asks again. */
	for (uint64_t next = 0; rail_paths(&rail) < hosts - 1;) {
		require(host_now() < end);
		if (host_now() >= next) {
			for (unsigned i = 2; i <= hosts; i++)
				(void)rail_send(&rail, i);
			next = host_now() + SECOND / 5;
		}
		rail_step(&rail);
	}
	struct ipoib__umad_counters counters = ipoib__umad_counters(rail.host.umad);
	printf("loss: %u paths in %" PRIu64 " ms: %" PRIu64 " sent, %" PRIu64
	       " of them again, %" PRIu64 " given up and asked anew, %" PRIu64 " late answers\n",
	       hosts - 1, (host_now() - begun) / MS, counters.sa.sent, counters.sa.resent,
	       counters.sa.timeouts, counters.sa.stray);
	require(counters.sa.resent > 0);
	rail_close(&rail);
}

/* ---- a thousand neighbours at once ---- */

void part_crowd(void)
{
	const unsigned hosts = 1000;
	uint64_t begun;

	rail_open(&rail, 4096);
	rail_until(&rail, rail_is_up, 5);
	for (unsigned i = 2; i <= hosts; i++)
		rail_neighbour(&rail, i);
	rail.host.most_in_flight = 0;
	begun = host_now();
	for (unsigned i = 2; i <= hosts; i++)
		require(rail_send(&rail, i));
	wanted = hosts - 1;
	rail_until(&rail, has_paths, 30);
	struct ipoib__umad_counters counters = ipoib__umad_counters(rail.host.umad);
	printf("crowd: %u paths in %" PRIu64 " ms, at most %u in flight, %" PRIu64 " sent again\n",
	       wanted, (host_now() - begun) / MS, rail.host.most_in_flight, counters.sa.resent);
	require(rail.host.most_in_flight > 1);
	require(rail.host.most_in_flight <= 32); /* the window of lib/path */
	require_equal(rail.undelivered, 0);
	require_equal((long long)statistics_of(&rail).queued, 0);
	rail_close(&rail);
}
