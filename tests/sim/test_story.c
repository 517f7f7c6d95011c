/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The story that this library exists for.
 *
 * A storage target has two ports and serves two subnets, one on each. Three clients have two
 * ports each as well. All eight ports are in one partition, so every broadcast reaches all of
 * them. The clients are as Linux is out of the box (arp_ignore=0): each answers for any of its
 * addresses on any of its ports. So the target gets two answers to every question, and its
 * neighbours flip between the clients' ports.
 *
 *        10.1.0.1 +--------+ 10.2.0.1          "who has 10.1.0.2?"
 *    host1/1 -----| target |----- host1/2      port 1 of client 2: "I, at port 1"
 *                 +--------+                   port 2 of client 2: "I, at port 2"
 *     clients 2, 3, 4: 10.1.0.n and 10.2.0.n, both on both of their ports
 *
 * Everything runs in connected mode at an MTU of 40950 or 65520. Segments of 4188 bytes, one
 * block of 4 KiB and its headers, are in flight all the time; and at every flip there is a
 * moment when the new connection is not made yet. On the machine of the story such a segment
 * then went to a queue pair that carries 2044, and the machine panicked.
 *
 * Here, whatever flips and dies: nothing longer than it takes is ever posted on a queue pair;
 * every packet has its fate; when the faults end, segments flow in every direction again; and
 * nothing leaks.
 *
 * IPOIB_TEST_STORIES says how often the story is told, each time from other numbers.
 */
#include <stdio.h>
#include <string.h>

#include "interface/interface.h"
#include "mock/port.h"
#include "sim/suites.h"
#include "sim/witness.h"
#include "sim/world.h"
#include "support/support.h"

#define STORIES_DEFAULT 50
#define PORTS 8
#define CLIENTS 3
#define SEGMENT 4188
#define TURNS 60
/* The longest hold times of paths and connections (128 s and a quarter) are over. */
#define HEALING (170 * SECOND)

struct story {
	struct world world;
	struct world_options options;
	struct ipoib__random *random;
};

/* ---- who there is ---- */

/* Of the target on a rail (0, 1), and of a client (0 to 2) on a rail. */
static struct host *target(struct story *story, unsigned rail)
{
	return &story->world.hosts[rail];
}

static struct host *client(struct story *story, unsigned number, unsigned rail)
{
	return &story->world.hosts[2 + 2 * number + rail];
}

static void open_port(struct story *story, unsigned machine, unsigned rail)
{
	struct host *host = &story->world.hosts[2 * machine + rail];
	char port[32], address[32], other[32];
	struct ipoib_ip second;

	host->world = &story->world;
	snprintf(port, sizeof(port), "host%u/%u", machine + 1, rail + 1);
	snprintf(address, sizeof(address), "10.%u.0.%u", rail + 1, machine + 1);
	ck_assert_int_eq(host_open_at(host, &story->options, port, address), 0);
	witness_put(host);
	if (machine == 0)
		return; /* the target is strict: each address on its own port */
	snprintf(other, sizeof(other), "10.%u.0.%u", 2 - rail, machine + 1);
	second = ip_of(other);
	ck_assert_int_eq(ipoib_binding_open(&host->second, host->interface, &second, 24), 0);
}

static void begin(struct story *story, struct ipoib__random *random)
{
	memset(story, 0, sizeof(*story));
	story->random = random;
	story->options.ports = 2;
	story->options.config = (struct ipoib_interface_config)IPOIB_INTERFACE_CONFIG_INIT;
	story->options.config.mode = IPOIB_MODE_CONNECTED;
	story->options.config.mtu = ipoib__random_below(random, 2) ? 40950 : 65520;
	story->options.config.receive_depth = 32;
	story->options.config.connected_depth = 8;
	world_make_fabric(&story->world, 1 + CLIENTS, &story->options);
	story->world.count = PORTS;
	for (unsigned machine = 0; machine <= CLIENTS; machine++)
		for (unsigned rail = 0; rail < 2; rail++)
			open_port(story, machine, rail);
	world_up(&story->world);
}

/* ---- what happens ---- */

static size_t segment(struct story *story)
{
	switch (ipoib__random_below(story->random, 4)) {
	case 0:
		return 100;
	case 1:
		return 20000 + ipoib__random_below(story->random, 20000);
	default:
		return SEGMENT;
	}
}

/* Reads and writes: segments both ways between the target and each client, on both rails. */
static void traffic(struct story *story)
{
	for (unsigned number = 0; number < CLIENTS; number++)
		for (unsigned rail = 0; rail < 2; rail++) {
			struct host *t = target(story, rail), *c = client(story, number, rail);

			for (unsigned i = 0; i < 3; i++) {
				host_send(t, &c->address, segment(story));
				host_send(c, &t->address, segment(story));
			}
		}
}

/*
 * A client asks, as Linux does with arp_announce=0, out of the other port: "10.1.0.n is here",
 * on rail 2.
 */
static void announce_wrongly(struct story *story)
{
	unsigned number = (unsigned)ipoib__random_below(story->random, CLIENTS);
	unsigned rail = (unsigned)ipoib__random_below(story->random, 2);

	host_send(client(story, number, 1 - rail), &target(story, rail)->address, SEGMENT);
}

/* A neighbour of the target is asked for anew, and two answers come: the flip. */
static void flip(struct story *story)
{
	struct host *t = target(story, (unsigned)ipoib__random_below(story->random, 2));
	const struct ipoib__question everybody = { .to = NULL, .wanted = true };
	struct ipoib__neighbour *n;
	uint64_t cursor = 0;

	while ((n = ipoib__neighbours_next(&t->interface->neighbours, &cursor)) != NULL)
		ipoib__arp_ask(t->interface, (struct ipoib__peer *)(void *)n, &everybody,
			       support_now);
}

static void kill_a_link(struct story *story, bool up)
{
	char port[32];

	snprintf(port, sizeof(port), "host%u/%u",
		 1 + (unsigned)ipoib__random_below(story->random, 1 + CLIENTS),
		 1 + (unsigned)ipoib__random_below(story->random, 2));
	ck_assert_int_eq(ipoib_fabric_set_link(story->world.fabric, port, up), 0);
}

static void lose_frames(struct story *story, uint32_t ppm)
{
	const struct ipoib_fabric_faults faults = {
		.size = sizeof(faults),
		.loss_ppm = ppm,
		.duplicate_ppm = ppm / 4,
		.jitter_ns = ppm ? 200000 : 0,
	};

	ck_assert_int_eq(ipoib_fabric_set_faults(story->world.fabric, NULL, &faults), 0);
}

/* A client's process dies, and comes back with other queue pairs. */
static void restart_a_client(struct story *story)
{
	unsigned machine = 1 + (unsigned)ipoib__random_below(story->random, CLIENTS);
	unsigned rail = (unsigned)ipoib__random_below(story->random, 2);

	host_close(&story->world.hosts[2 * machine + rail]);
	open_port(story, machine, rail);
}

static void something_happens(struct story *story)
{
	switch (ipoib__random_below(story->random, 12)) {
	case 0:
		kill_a_link(story, false);
		break;
	case 1:
	case 2:
		kill_a_link(story, true);
		break;
	case 3:
		lose_frames(story, (uint32_t)ipoib__random_below(story->random, 100000));
		break;
	case 4:
		restart_a_client(story);
		break;
	case 5:
		ipoib_fabric_restart_sm(story->world.fabric);
		break;
	case 6:
	case 7:
		announce_wrongly(story);
		break;
	default:
		flip(story);
		break;
	}
}

/* ---- what must hold ---- */

static void heal(struct story *story)
{
	char port[32];

	lose_frames(story, 0);
	for (unsigned i = 0; i < PORTS; i++) {
		snprintf(port, sizeof(port), "host%u/%u", 1 + i / 2, 1 + i % 2);
		ck_assert_int_eq(ipoib_fabric_set_link(story->world.fabric, port, true), 0);
	}
	world_run(&story->world, HEALING);
}

static uint64_t received_by(struct story *story, unsigned number)
{
	return client(story, number, 0)->received + client(story, number, 1)->received;
}

/* The client is one machine: what reaches either of its ports has reached it. */
static void segments_flow_again(struct story *story)
{
	for (unsigned number = 0; number < CLIENTS; number++)
		for (unsigned rail = 0; rail < 2; rail++) {
			struct host *t = target(story, rail), *c = client(story, number, rail);
			uint64_t at_client = received_by(story, number), at_target = t->received;

			for (unsigned i = 0; i < 10; i++) {
				ck_assert_int_eq(host_send(t, &c->address, SEGMENT), 0);
				ck_assert_int_eq(host_send(c, &t->address, SEGMENT), 0);
				world_run(&story->world, 50 * MILLISECOND);
			}
			world_run(&story->world, 2 * SECOND);
			ck_assert_uint_eq(received_by(story, number), at_client + 10);
			ck_assert_uint_eq(t->received, at_target + 10);
		}
}

static void nothing_was_posted_that_did_not_fit(struct story *story)
{
	ck_assert_uint_gt(witness_count(), 0);
	for (unsigned i = 0; i < PORTS; i++) {
		struct host *host = &story->world.hosts[i];
		const struct ipoib__port *port = host->transport->self;

		ck_assert_uint_eq(port->hca.counters.rc_receives_failed, 0);
		ck_assert_uint_eq(port->hca.counters.receives_failed, 0);
		ck_assert_uint_eq(host_statistics(host).queued, 0);
	}
}

START_TEST(a_packet_never_meets_a_queue_pair_that_cannot_take_it)
{
	struct ipoib__random *random = support_random();
	struct story story;

	for (int skip = 0; skip < _i; skip++) /* each story its own numbers */
		ipoib__random_seed(random, ipoib__random_u64(random));
	begin(&story, random);
	for (unsigned turn = 0; turn < TURNS; turn++) {
		traffic(&story);
		if (ipoib__random_below(random, 3) == 0)
			something_happens(&story);
		world_run(&story.world, ipoib__random_below(random, 200 * MILLISECOND));
	}
	heal(&story);
	segments_flow_again(&story);
	nothing_was_posted_that_did_not_fit(&story);
	world_end(&story.world);
}
END_TEST

Suite *suite_story(void)
{
	Suite *suite = suite_create("story");
	TCase *tcase = tcase_create("story");

	tcase_add_checked_fixture(tcase, support_setup, support_teardown);
	tcase_set_timeout(tcase, 120);
	tcase_add_loop_test(tcase, a_packet_never_meets_a_queue_pair_that_cannot_take_it, 0,
			    world_stories(STORIES_DEFAULT));
	suite_add_tcase(suite, tcase);
	return suite;
}
