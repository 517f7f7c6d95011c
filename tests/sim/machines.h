/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Machines with two ports ("rails") in one partition, so that every broadcast reaches all of
 * them, and a subnet on each rail. A machine is one context with two transports.
 *
 *     10.1.0.1 +-----------+ 10.2.0.1        10.1.0.2 +-----------+ 10.2.0.2
 *    host1/1 --| machine 1 |-- host1/2      host2/1 --| machine 2 |-- host2/2
 *              +-----------+                          +-----------+
 *
 * A weak machine answers, and asks, as Linux does out of the box: arp_ignore=0, arp_announce=0.
 */
#ifndef IPOIB_TESTS_MACHINES_H
#define IPOIB_TESTS_MACHINES_H

#include "base/random.h"
#include "sim/world.h"

#define RAILS 2

/* How machines are made: two rails, small queues, the defaults else. */
struct world_options machine_options(uint8_t mode);
struct world_options machine_weak(struct world_options options);

/* A fabric for so many machines; each is opened by the test. Machines and rails count from 0. */
void machines_begin(struct world *world, size_t machines, const struct world_options *options);
void machine_open(struct world *world, unsigned machine, const struct world_options *options);
struct host *machine_rail(struct world *world, unsigned machine, unsigned rail);
/* "host1/2" for machine 0, rail 1. */
const char *machine_port(unsigned machine, unsigned rail);
void machine_link(struct world *world, unsigned machine, unsigned rail, bool up);
/* Packets that have reached a machine on either rail. */
uint64_t machine_received(struct world *world, unsigned machine);

/*
 * A packet of a machine that leaves by one rail with the other rail's source, as a routing table
 * may want it, and for which the next hop is asked anew, by broadcast: with arp_announce=0 the
 * question says that the address is at this port. `rail` is where the address belongs.
 */
int machine_ask_wrongly(struct world *world, unsigned machine, unsigned to, unsigned rail);
/* The same by the right rail. */
int machine_ask_rightly(struct world *world, unsigned machine, unsigned to, unsigned rail);
/* All neighbours of a host are asked by broadcast, as after unicasts that nobody answered. */
void host_ask_all(struct host *host);

/* Random numbers of the n-th story. */
void story_seed(struct ipoib__random *random, int number);
void lose_frames(struct world *world, struct ipoib__random *random, uint32_t most_ppm);
void lose_no_frames(struct world *world);

/* ---- the witness of moves ---- */

/* What one host was told of one neighbour. */
struct watched {
	struct ipoib_ip ip;
	uint64_t moves;    /* any MOVED event */
	uint64_t changes;  /* of those: another GID */
	uint64_t last_change; /* IPOIB_NEVER */
	uint64_t least_apart; /* nanoseconds between two changes; IPOIB_NEVER */
	uint64_t flux, pending, accepted, refused; /* FLUX events */
};

#define WATCHED 32

struct watch {
	struct watched seen[RAILS][WATCHED];
	size_t count[RAILS];
	uint64_t same_link[RAILS];
	uint64_t failed;
};

/* Only one machine is watched at a time; what was seen before is forgotten. */
const struct watch *watch_machine(struct world *world, unsigned machine);
uint64_t watch_changes(const struct watch *watch);
uint64_t watch_moves(const struct watch *watch);
uint64_t watch_flux(const struct watch *watch);

#endif
