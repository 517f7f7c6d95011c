/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The subnet administrator (SA) of a real port: lib/sa's client on a channel of management
 * datagrams (MADs) that libibumad opens.
 *
 * 1. ipoib__umad_open() opens the channel and reads where the port stands in its subnet. Without
 *    the right to open it the answer is -EACCES: on most systems it is root's.
 * 2. Questions are recorded, sent, repeated and ended as sa.h says: at most IPOIB__SA_IN_FLIGHT_MAX
 *    at once, each -ETIMEDOUT when its time is over.
 * 3. ipoib__umad_process() is called when the descriptor is readable or the deadline has come. A
 *    descriptor that cannot be watched (a simulator's) is polled: ipoib__umad_set_polled().
 * 4. Who sees an event of the port (LID, SM, GID, P_Key) tells with ipoib__umad_set_port(). From
 *    then on the new subnet manager is asked, and answers of the old one are strays.
 *
 * A leave is not sent while the kernel's own IPoIB is loaded. The SA knows one membership for a
 * whole port, and the kernel counts those who joined through it; a raw leave would take its
 * interface out of the group. Which interfaces it has cannot be asked: one that a container was
 * given shows nowhere else. The price is a member too many until the port goes down.
 */
#ifndef IPOIB__VERBS_UMAD_H
#define IPOIB__VERBS_UMAD_H

#include <stdbool.h>
#include <stdint.h>

#include <ipoib/transport.h>

#include "base/memory.h"
#include "base/random.h"
#include "sa/sa.h"

struct ipoib__umad;

struct ipoib__umad_config {
	struct ipoib__memory *memory;
	struct ipoib__random *random;
	const char *device; /* "mlx5_0" */
	unsigned port;
	const char *modules; /* where the system lists its modules; NULL: /sys/module */
};

/* Where the port stands in its subnet. */
struct ipoib__umad_port {
	struct ipoib_gid gid;	/* GID 0, as whom the SA knows the port */
	uint16_t lid;
	uint16_t sm_lid;	/* 0: no subnet manager yet; nothing is sent */
	uint8_t sm_sl;
	uint16_t pkey_index;	/* of the default partition, where the SA is */
	bool global;		/* a GRH goes with every MAD */
};

struct ipoib__umad_counters {
	struct ipoib__sa_counters sa;
	uint64_t unsent;     /* MADs that the channel did not take, or that had no SM to go to */
	uint64_t unanswered; /* MADs that came back: nobody answered them in time */
	uint64_t foreign;    /* MADs that came from elsewhere than the SM */
	uint64_t kept;	     /* leaves that were not sent for the kernel's sake */
};

/*
 * 0; -ENODEV (no such device or port, or the system has no MADs for it); -EACCES; -ENOTSUP (its
 * link is no InfiniBand); -ENOMEM; -EIO. Memory, random and the strings must outlive it.
 */
int ipoib__umad_open(struct ipoib__umad **out, const struct ipoib__umad_config *config);
/* NULL is accepted. Leaves that wait are sent, once; everything else is forgotten. */
void ipoib__umad_close(struct ipoib__umad *umad);

/* The port as the system describes it now; errors as above. Reads some hundred files. */
int ipoib__umad_read_port(struct ipoib__umad_port *out, const char *device, unsigned port);
const struct ipoib__umad_port *ipoib__umad_port(const struct ipoib__umad *umad);
void ipoib__umad_set_port(struct ipoib__umad *umad, const struct ipoib__umad_port *port);

/* The descriptor to watch for reading. */
int ipoib__umad_fd(const struct ipoib__umad *umad);
/* The device is gone: do not watch the descriptor any more, it is readable for ever. */
bool ipoib__umad_is_broken(const struct ipoib__umad *umad);
/* It cannot be watched: the deadline then comes often enough while an answer is awaited. */
void ipoib__umad_set_polled(struct ipoib__umad *umad);
/* Takes what has come, bounded; sends what is due; ends what has had its time. Never blocks. */
void ipoib__umad_process(struct ipoib__umad *umad, uint64_t now);
/* When that is wanted though nothing is readable: 0 is now, IPOIB_NEVER never. */
uint64_t ipoib__umad_deadline(const struct ipoib__umad *umad);

/* As the operations of a transport; errors as sa.h's. */
int ipoib__umad_path(struct ipoib__umad *umad, uint64_t id, const struct ipoib_gid *dgid,
		     uint16_t pkey);
int ipoib__umad_join(struct ipoib__umad *umad, uint64_t id,
		     const struct ipoib_multicast_record *wanted);
void ipoib__umad_leave(struct ipoib__umad *umad, const struct ipoib_multicast_record *group);
void ipoib__umad_cancel(struct ipoib__umad *umad, uint64_t id);
/* Takes the oldest answer: a PATH or JOIN event. false: there is none. */
bool ipoib__umad_next_event(struct ipoib__umad *umad, struct ipoib_transport_event *event);

/* Questions that were sent and not answered. */
unsigned ipoib__umad_in_flight(const struct ipoib__umad *umad);
struct ipoib__umad_counters ipoib__umad_counters(const struct ipoib__umad *umad);

#endif
