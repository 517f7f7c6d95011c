/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The simulated subnet from within: one switch, its ports, the subnet manager (SM) and the subnet
 * administrator (SA).
 *
 * 1. A frame enters by ipoib__fabric_input(): from a port of this process while it posts, from a
 *    socket while the fabric is dispatched, from the SA when it answers.
 * 2. The switch checks it, shows it to the capture, and routes it: by LID to one port, by MLID to
 *    the members of the group, to the SM's LID to the SA. Each copy meets the faults of its sender.
 * 3. A copy for a port of this process or for the SA always goes through the queue, even
 *    without a delay, and arrives when the fabric is dispatched: nothing is ever delivered into
 *    a caller. A copy for a socket is written at once when there is no delay.
 * 4. Every copy ends in one counter: copies = delivered + in_flight + the sum of dropped_*.
 *    What the SA takes is delivered; what is malformed or has no route is a copy of one.
 *
 * 5. Which SM there is decides where frames go and what ports are: fabric_manager.h. With an
 *    external one there is no SA, and fabric_external.h has the routes.
 *
 * What is attached to a port is reached by a table, too: fabric_endnode.h. So the ports, and the
 * switch upon them, know no manager, socket or adapter; these stand above, and fabric.c on top.
 *
 * LIDs: the ports have consecutive ones, which move as a block when they are assigned anew; one
 * that was given a LID of its own leaves the block until then. The SM has one of the two highest.
 */
#ifndef IPOIB__MOCK_FABRIC_H
#define IPOIB__MOCK_FABRIC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <sys/socket.h>
#include <sys/types.h>
#include <sys/un.h>

#include <ipoib/mock.h>
#include <ipoib/transport.h>
#include <ipoib/types.h>

#include "base/list.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/poller.h"
#include "base/random.h"
#include "mock/fabric_group.h"
#include "mock/fabric_queue.h"
#include "mock/frame.h"
#include "mock/sma.h"

struct ipoib__port;
struct ipoib__device;
struct ipoib__endnode;
struct ipoib__fabric_manager;
struct ipoib__peer_ops;

#define IPOIB__FABRIC_HOSTS_MAX 1024
#define IPOIB__FABRIC_PORTS_MAX 8
/* Processes that attach without the name of a port: peers of tests, one descriptor each. */
#define IPOIB__FABRIC_ANONYMOUS_MAX 64
/* Ports with a name when the SM is somebody else: a switch has no more ports. */
#define IPOIB__FABRIC_EXTERNAL_MAX (IPOIB__SMA_PORTS_MAX - IPOIB__FABRIC_ANONYMOUS_MAX)
/*
 * The port number of the SM, which is not among the ports; with an SM that is somebody else, of the
 * switch's own agent.
 */
#define IPOIB__FABRIC_SM	UINT32_MAX
#define IPOIB__FABRIC_LID_FIRST 1
/* The SM's LIDs, one after the other when a new one takes over. */
#define IPOIB__FABRIC_SM_LID_A 0xbfff
#define IPOIB__FABRIC_SM_LID_B 0xbffe
/* The highest that a port may have. */
#define IPOIB__FABRIC_LID_LAST 0xbffd
/* The partition that every port is in from the start, and whose broadcast group always stays. */
#define IPOIB__FABRIC_PKEY 0xffff
/* Octets that wait for a peer which does not read: a few of the longest frames, many datagrams. */
#define IPOIB__FABRIC_BACKLOG (UINT32_C(4) << 20)
/* Management datagrams that wait for it: answers to all that its port may ask at a time. */
#define IPOIB__FABRIC_BACKLOG_MANAGEMENT 1024
/* Multicasts that wait for it. What it reads late is late for their senders too. */
#define IPOIB__FABRIC_BACKLOG_CASTS 256
/* Of them, written before it is the unicasts' turn. */
#define IPOIB__FABRIC_CASTS_TURN 32
/* Frames read from one peer before the next one's turn, and from all in one turn. */
#define IPOIB__FABRIC_READS 64
#define IPOIB__FABRIC_READS_TURN 1024
/* How long a peer may take to say what port it wants to be. */
#define IPOIB__FABRIC_HELLO_NS UINT64_C(1000000000)
/* How late the fabric may be with a question to the SA: those who ask wait for a second. */
#define IPOIB__FABRIC_QUESTION_NS UINT64_C(1000000000)
/* Deliveries of one dispatch: a few milliseconds of work. */
#define IPOIB__FABRIC_BUDGET 4096

/* A port of this process: what the fabric and open.c know of each other. */
struct ipoib__local {
	struct ipoib__port *port;
	struct ipoib_fabric *fabric; /* NULL: it has gone */
	uint32_t index;
};

/*
 * What waits for a peer, in lanes, so that an answer of the SA does not wait for what every port
 * sends to all. A later lane never delays an earlier one; each keeps its order.
 */
enum ipoib__lane {
	IPOIB__LANE_MANAGEMENT = 0,
	IPOIB__LANE_UNICAST,
	IPOIB__LANE_CAST,
	IPOIB__LANES,
};

/* A process at the socket, or a device of the kernel's: fabric_peer.h. */
struct ipoib__peer {
	struct ipoib__list link;
	const struct ipoib__peer_ops *ops;
	int fd;
	struct ipoib__device *device; /* NULL: a process */
	bool attached;
	bool broken;	 /* to be closed */
	bool info_due;	 /* the port's state has to be told */
	bool waiting;	 /* POLLOUT is watched for */
	uint32_t index;	 /* of its port, when attached */
	uint32_t size;	 /* of the attach message that it knows */
	uint32_t events; /* to be told with the port's state */
	uint64_t opened;
	size_t backlog_octets; /* of unicasts */
	uint32_t backlog_count[IPOIB__LANES];
	struct ipoib__list backlog[IPOIB__LANES]; /* struct waiting of fabric_peer.c */
	struct ipoib__list flush; /* has got multicasts in this turn */
};

struct ipoib__listener {
	int fd; /* -1: none */
	struct sockaddr_un address;
	/* The socket's file, so that no other is removed at the end. */
	dev_t device;
	ino_t inode;
	uint64_t resume; /* when to watch it again after no descriptor was left; IPOIB_NEVER */
};

struct ipoib__fabric_port {
	char name[32];
	bool up; /* as ipoib_fabric_set_link() left it */
	struct ipoib_gid gid;
	uint16_t lid;
	uint32_t mtu;
	uint32_t pkey_count;
	uint16_t pkeys[IPOIB_FABRIC_PKEYS_MAX]; /* 0 beyond the count */
	struct ipoib_fabric_faults faults;
	struct ipoib__list casting; /* has multicasts that wait to be copied, fabric_cast.h: */
	struct ipoib__list casts;
	uint32_t cast_count;
	/*
	 * With an SM that is somebody else: the agent of a program's port; of a device's the LIDs
	 * and the state alone, as they were looked at last.
	 */
	struct ipoib__sma_port agent;
	/* NULL: nothing is attached. Else it is of one of the two. */
	const struct ipoib__endnode *endnode;
	struct ipoib__local *local;
	struct ipoib__peer *peer;
};

struct ipoib_fabric {
	struct ipoib__memory memory;
	struct ipoib__log log;
	struct ipoib__random random;
	struct ipoib_fabric_config config;
	struct ipoib_fabric_faults faults; /* of frames that the SM sends */
	struct ipoib__fabric_port *ports;  /* named ones first */
	uint32_t named;
	uint32_t port_count;
	uint16_t lid_first;
	uint16_t lid_next; /* where to look for one that is free */
	bool lids_moved;   /* a port may be outside the block */
	bool gids_moved;   /* a GID may not tell its port's place in the table */
	uint16_t sm_lid;
	bool sm_dead;
	const struct ipoib__fabric_manager *manager;
	/* With an external SM: */
	struct ipoib__sma_switch *sma;
	uint64_t trap_at; /* IPOIB_NEVER: none is due */
	uint64_t trap_transaction;
	struct ipoib__fabric_groups groups;
	struct ipoib__fabric_queue queue;
	struct ipoib__list casting; /* ports, in turn */
	struct ipoib__list flush;   /* peers */
	struct ipoib_capture *capture;
	struct ipoib_fabric_statistics statistics; /* the gauges are computed when asked for */
	uint64_t backlog_frames;		   /* of all peers */

	struct ipoib__poller poller;
	struct ipoib__list peers;
	struct ipoib__listener listener;
	/* IPOIB__FRAME_MAX octets each: to receive into, and for what a device is sent. */
	uint8_t *buffer;
	uint8_t *outgoing;
};

/* ---- fabric_port.c ---- */

int ipoib__fabric_ports_init(struct ipoib_fabric *fabric);
void ipoib__fabric_ports_fini(struct ipoib_fabric *fabric);
uint64_t ipoib__fabric_now(const struct ipoib_fabric *fabric);
/* NULL: there is none. A port that is down or not attached is found by its name alone. */
struct ipoib__fabric_port *ipoib__fabric_port_by_name(struct ipoib_fabric *fabric,
						      const char *name);
struct ipoib__fabric_port *ipoib__fabric_port_by_lid(struct ipoib_fabric *fabric, uint16_t lid);
struct ipoib__fabric_port *ipoib__fabric_port_by_gid(struct ipoib_fabric *fabric,
						     const struct ipoib_gid *gid);
uint32_t ipoib__fabric_port_index(const struct ipoib_fabric *fabric,
				  const struct ipoib__fabric_port *port);
bool ipoib__fabric_port_attached(const struct ipoib__fabric_port *port);
/* A device is attached, to which GUID and P_Keys belong. */
bool ipoib__fabric_port_is_device(const struct ipoib__fabric_port *port);
/* Whether a frame from or to the port is an SMP of the agent that the fabric keeps for it. */
bool ipoib__fabric_agent_takes(const struct ipoib_fabric *fabric,
			       const struct ipoib__fabric_port *port,
			       const struct ipoib__frame *frame);
/* Attached, and its link is up. */
bool ipoib__fabric_port_alive(const struct ipoib__fabric_port *port);
void ipoib__fabric_port_attributes(const struct ipoib_fabric *fabric,
				   const struct ipoib__fabric_port *port,
				   struct ipoib_port_attributes *attributes);
/* Whether a P_Key's partition is in the port's table, in which form; a full one is preferred. */
bool ipoib__fabric_port_pkey(const struct ipoib__fabric_port *port, uint16_t pkey, uint16_t *entry);
/* Tells whoever is attached what the port is now; events are those of mock/attach.h. */
void ipoib__fabric_port_tell(struct ipoib_fabric *fabric, struct ipoib__fabric_port *port,
			     uint32_t events);
/* What was attached has gone: memberships go with it. */
void ipoib__fabric_port_detach(struct ipoib_fabric *fabric, struct ipoib__fabric_port *port);

/* ---- fabric_sm.c ---- */

/* Tells every port. */
void ipoib__fabric_tell_all(struct ipoib_fabric *fabric, uint32_t events);
/* Whether a port other than this one has the GUID. */
bool ipoib__fabric_guid_taken(const struct ipoib_fabric *fabric,
			      const struct ipoib__fabric_port *by_other, const uint8_t *guid);

/* ---- fabric_partition.c ---- */

/* Gives a port, or every one (NULL), a table, and tells nobody. -ENOMEM: nothing has changed. */
int ipoib__fabric_pkeys_set(struct ipoib_fabric *fabric, struct ipoib__fabric_port *port,
			    const uint16_t *pkeys, size_t count);

/* ---- fabric_switch.c ---- */

/* A frame enters. payload has frame->length octets. */
void ipoib__fabric_input(struct ipoib_fabric *fabric, uint32_t from,
			 const struct ipoib__frame *frame, const void *payload);
/* Something entered that is no frame. */
void ipoib__fabric_bad(struct ipoib_fabric *fabric);
/* Delivers what has arrived by now. */
void ipoib__fabric_deliver(struct ipoib_fabric *fabric, uint64_t now);

/* ---- fabric_faults.c ---- */

/* Whether the frame is a connection message of a kind that may be lost. */
bool ipoib__faults_hit_cm(const struct ipoib_fabric_faults *faults,
			  const struct ipoib__frame *frame, const void *payload);

/* ---- open.c ---- */

/* The fabric ends, and the ports of this process have none any more. */
void ipoib__fabric_locals_fini(struct ipoib_fabric *fabric);

/* ---- fabric_socket.c ---- */

void ipoib__fabric_socket_fini(struct ipoib_fabric *fabric);
/* Reads and writes what is ready, and closes what is broken or late. */
void ipoib__fabric_socket_dispatch(struct ipoib_fabric *fabric, uint64_t now);
/* When a peer that said nothing is late; IPOIB_NEVER. */
uint64_t ipoib__fabric_socket_deadline(const struct ipoib_fabric *fabric);

#endif
