/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * A host of the simulated subnet: an SA client by libibumad, in real time, in a process of its own.
 * Not a Check program: Check forks, and a forked child that exits says goodbye for its parent here.
 */
#ifndef IPOIB_TESTS_SUBNET_HOST_H
#define IPOIB_TESTS_SUBNET_HOST_H

#include <stdbool.h>
#include <stdint.h>

#include "base/memory.h"
#include "base/random.h"
#include "subnet/require.h"
#include "verbs/umad.h"

#define HOST_DEVICE "ibsim0"
#define MS	    UINT64_C(1000000)
#define SECOND	    (1000 * MS)

struct host {
	struct ipoib__memory memory;
	struct ipoib__random random;
	struct ipoib__umad *umad;
	unsigned most_in_flight;
	bool watched; /* its descriptor can be, as a simulator's cannot */
};

/* modules stands for /sys/module; NULL: an empty one, for ibsim0 has none of the kernel beside. */
void host_open(struct host *host, const char *modules);
/* Port 1 of a device of the kernel's; modules NULL: /sys/module. */
void host_open_device(struct host *host, const char *device, const char *modules);
/* Everything that was allocated must be given back by then. */
void host_close(struct host *host);
uint64_t host_now(void);

/* Processes, then sleeps until an answer, a deadline or a moment has come. */
void host_step(struct host *host);
void host_run(struct host *host, uint64_t nanoseconds);
/* The next answer; fails when none comes within the client's own time. */
struct ipoib_transport_event host_event(struct host *host);

/* Ask and wait; the status of the answer. out may be NULL. */
int host_path(struct host *host, const struct ipoib_gid *dgid, uint16_t pkey,
	      struct ipoib_path_record *out);
int host_join(struct host *host, const struct ipoib_multicast_record *wanted,
	      struct ipoib_multicast_record *out);
/* Leaves, and waits until the SA has answered; false: it did not. */
bool host_leave(struct host *host, const struct ipoib_multicast_record *group);

/*
 * Where the port stands now. sysfs of a simulated port never changes: the port itself is asked, by
 * a datagram of no hops, for which smpquery is at hand.
 */
void host_reread(struct host *host);
void host_read_lids(struct ipoib__umad_port *port);
/* A verb of ib-fabric. */
void host_fabric(const char *verb);

/* The GID of hostN. */
struct ipoib_gid host_gid(unsigned number);
/* An IPv4 group's MGID in the default partition, with a number in it; a record that may make it. */
struct ipoib_multicast_record host_group(uint32_t number);
struct ipoib_multicast_record host_broadcast(void);
/* Members of a group as saquery sees them, all of them without a group. */
unsigned host_saquery_members(const struct ipoib_gid *mgid);

#endif
