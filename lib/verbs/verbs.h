/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * A port of a real adapter as a transport, over rdma-core.
 *
 *	libipoib --ipoib_transport_ops--> transport.c
 *	   |  open.c device.c port.c event.c memory.c the device: attributes, events, memory
 *	   |  verbs.c status.c                        what all of them use: log, wake-up, errors
 *	   |  ud.c ud_send.c ud_receive.c poll.c      datagrams: queue pairs
 *	   |  cq.c                                    completions, and being woken for them
 *	   |  ah.c                                    address handles, shared where they are equal
 *	   |  channel.c resolve.c join.c              RoCE: paths and groups, without an SA
 *	   |  rc.c rc_...                             reliable connections
 *	   |  subnet.c umad...                        InfiniBand: the SA
 *
 * 1. The device context is ours alone, by ibv_open_device(): nothing is shared with another
 *    transport, asynchronous events included.
 * 2. All descriptors are non-blocking and watched by the context; there is no thread. What is
 *    asked by a question is answered by an event, of which the memory is got when it is asked.
 * 3. What the adapter writes to us (completions, events) is checked like what a peer writes: an
 *    adapter may come with any driver.
 */
#ifndef IPOIB__VERBS_H
#define IPOIB__VERBS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <infiniband/verbs.h>
#include <rdma/rdma_cma.h>

#include <ipoib/transport.h>
#include <ipoib/verbs.h>

#include "base/list.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/random.h"
#include "verbs/ah.h"
#include "verbs/cq.h"
#include "verbs/gid.h"
#include "verbs/posted.h"
#include "verbs/status.h"

/* Places of one queue; every adapter has as many, and the interface asks for no more. */
#define IPOIB__VERBS_DEPTH_MAX 16384
/* Asynchronous and connection events taken in one turn: a flood must not hold the caller. */
#define IPOIB__VERBS_EVENTS 64
/* Questions not answered or not taken: as many as the SA client takes for InfiniBand. */
#define IPOIB__VERBS_QUESTIONS_MAX 128
/*
 * Octets that are put into the work request itself, where the adapter allows it: ARP, TCP
 * acknowledgements and the like, which are then sent without the adapter reading our memory.
 */
#define IPOIB__VERBS_INLINE 128

struct ipoib__umad;
struct ipoib__verbs;
struct ipoib__verbs_joins;
struct ipoib__verbs_name;
struct ipoib__verbs_rc_set;

/*
 * Of whom a completion is; the low octet of its work request's number. The rest of the number is
 * the owner's.
 */
enum ipoib__verbs_kind {
	IPOIB__VERBS_UD_SEND = 1,
	IPOIB__VERBS_UD_RECEIVE,
	IPOIB__VERBS_RC_SEND,
	IPOIB__VERBS_RC_RECEIVE,
};

/*
 * Who is told of the events of an rdma_cm_id: its context points at one. The event is a copy and
 * acknowledged already, so the id may be destroyed in the handler. A connection request comes to
 * the handler of the id that listens, with an id of its own that has the same context.
 */
struct ipoib__verbs_cm {
	void (*handle)(struct ipoib__verbs_cm *cm, const struct rdma_cm_event *event);
};

/* A question and its answer. */
struct ipoib__verbs_question {
	struct ipoib__list link; /* of asked or answered */
	struct ipoib__verbs_cm cm;
	struct ipoib__verbs *verbs;
	struct rdma_cm_id *id; /* NULL: nothing to wait for */
	struct ipoib_transport_event event;
};

struct ipoib__verbs {
	struct ipoib__memory memory;
	struct ipoib_context *context;
	struct ipoib_transport *transport; /* NULL until there is one */
	struct ipoib_verbs_config config;  /* its port is not kept */

	struct ibv_context *device;
	struct ibv_pd *pd;
	struct ipoib__verbs_cq_channel channel; /* of all completion queues */
	struct rdma_event_channel *cm;		/* of all rdma_cm_ids; channel.c */
	struct ibv_device_attr limits;

	/* As read last; port.c. */
	uint8_t number; /* the port's, from 1 */
	bool ethernet;	/* RoCE */
	uint8_t rate;	/* the SA's encoding */
	struct ipoib_port_attributes port;
	struct ipoib__verbs_gids gids;
	uint64_t look_at; /* RoCE: when the MTU is looked at again; 0: at once */

	/* What next_event() has to tell. */
	bool port_changed;
	bool port_unknown; /* it could not be read after a change: it is tried again when asked */
	bool reregister;
	bool failed; /* it refuses what it took before: the next turn declares it gone */
	bool gone;   /* the device is dead: nothing is asked of it any more */
	bool gone_told;
	uint64_t looked; /* when events of the device and of connections were last looked for */
	struct ipoib__list asked; /* struct ipoib__verbs_question */
	struct ipoib__list answered;
	unsigned questions;

	struct ipoib__list holds; /* InfiniBand; hold.h */
	struct ipoib__list uds;
	struct ipoib__verbs_ahs ahs;
	struct ipoib__verbs_joins *joins; /* RoCE; join.c */
	struct ipoib__umad *umad;	  /* InfiniBand; NULL: it may not be asked */
	struct ipoib__random random;
	struct ipoib__verbs_rc_set *rcs;  /* rc.h */
};

/* ---- UD queue pairs ---- */

enum ipoib__verbs_state {
	IPOIB__VERBS_READY = 0,
	/* The send queue has stopped (SQE): mended when all that was posted is flushed. */
	IPOIB__VERBS_SEND_ERROR,
	/* The whole queue pair has stopped: mended when its receives are flushed, too. */
	IPOIB__VERBS_ERROR,
	/* It could not be mended, or the device is gone: everything is flushed by ourselves. */
	IPOIB__VERBS_DEAD,
};

/* A group that the queue pair is attached to. */
struct ipoib__verbs_attached {
	struct ipoib__list link;
	struct ipoib_gid mgid;
	uint16_t mlid;
};

struct ipoib__verbs_ud {
	struct ipoib__list link;
	struct ipoib__verbs *verbs;
	struct ibv_qp *qp;
	struct ipoib__verbs_cq cq; /* of all that it and its connections send and receive */
	enum ipoib__verbs_state state;
	uint16_t pkey;
	uint16_t pkey_index;
	uint32_t qkey;
	uint32_t inline_max;
	struct ipoib_ud_attributes attributes;
	struct ipoib__verbs_posted sends;
	struct ipoib__verbs_posted receives;
	struct ipoib__list groups; /* struct ipoib__verbs_attached */
	struct ipoib__verbs_rc_ud *rc; /* what connections keep of it: rc.h */
};

/* ---- verbs.c ---- */

/* The turn comes at once: there is something to do, or to be told. */
void ipoib__verbs_wake(struct ipoib__verbs *verbs);
void ipoib__verbs_log(const struct ipoib__verbs *verbs, int level, const char *format, ...)
	IPOIB__PRINTF(3, 4);

/* ---- device.c ---- */

/* The transport's part is not there yet. -EACCES, -ENODEV, -ENOTSUP, -ENOENT: no such GID. */
int ipoib__verbs_new(struct ipoib__verbs **out, struct ipoib_context *context,
		     const struct ipoib_verbs_config *config,
		     const struct ipoib__verbs_name *name);
void ipoib__verbs_free(struct ipoib__verbs *verbs);
/* Has its descriptors watched: verbs->transport is set. */
int ipoib__verbs_watch(struct ipoib__verbs *verbs);

/* ---- port.c ---- */

/* Reads the attributes and tables of the port. */
int ipoib__verbs_port_read(struct ipoib__verbs *verbs);
/* Whether its MTU is not what was read last. */
bool ipoib__verbs_port_differs(struct ipoib__verbs *verbs);
/* What ibv_query_port() says, as a struct ipoib_port_attributes has it. */
uint32_t ipoib__verbs_port_mtu(const struct ibv_port_attr *attr);
uint8_t ipoib__verbs_port_state(const struct ibv_port_attr *attr);
enum ipoib_verbs_link ipoib__verbs_port_link(const struct ibv_device *device,
					     const struct ibv_port_attr *attr);
int ipoib__verbs_port_gids(struct ipoib__verbs_gids *gids, struct ibv_context *device,
			   uint8_t number, const struct ibv_port_attr *attr);
uint32_t ipoib__verbs_port_pkeys(uint16_t *pkeys, struct ibv_context *device, uint8_t number,
				 const struct ibv_port_attr *attr);

/* ---- event.c ---- */

/* Takes what the device says beside completions, and looks for what it does not say. */
void ipoib__verbs_events(struct ipoib__verbs *verbs, uint64_t now);
/* The device is gone for good: told once. */
void ipoib__verbs_gone(struct ipoib__verbs *verbs);

/* ---- channel.c ---- */

int ipoib__verbs_channel_open(struct ipoib__verbs *verbs);
void ipoib__verbs_channel_close(struct ipoib__verbs *verbs);
/* Takes the events of rdma_cm_ids and hands them on. */
void ipoib__verbs_channel_process(struct ipoib__verbs *verbs);
/* Whether the kernel has bound an id to our port. */
bool ipoib__verbs_is_ours(const struct ipoib__verbs *verbs, const struct rdma_cm_id *id);
/* Memory for a question; NULL, and *status, when there is none or there are too many. */
struct ipoib__verbs_question *ipoib__verbs_ask(struct ipoib__verbs *verbs, uint32_t type,
					       uint64_t id, int *status);
/* The answer stands in question->event. */
void ipoib__verbs_answer(struct ipoib__verbs_question *question);
void ipoib__verbs_forget(struct ipoib__verbs_question *question);

/* ---- resolve.c: a path on RoCE ---- */

int ipoib__verbs_resolve(struct ipoib__verbs *verbs, uint64_t id, const struct ipoib_gid *dgid,
			 uint16_t pkey);

/* ---- join.c: a group on RoCE ---- */

int ipoib__verbs_join(struct ipoib__verbs *verbs, uint64_t id,
		      const struct ipoib_multicast_record *wanted);
void ipoib__verbs_leave(struct ipoib__verbs *verbs, const struct ipoib_gid *mgid);
void ipoib__verbs_joins_free(struct ipoib__verbs *verbs);

/* ---- subnet.c: InfiniBand ---- */

int ipoib__verbs_subnet_open(struct ipoib__verbs *verbs);
int ipoib__verbs_subnet_watch(struct ipoib__verbs *verbs);
void ipoib__verbs_subnet_close(struct ipoib__verbs *verbs);
void ipoib__verbs_subnet_process(struct ipoib__verbs *verbs, uint64_t now);
uint64_t ipoib__verbs_subnet_deadline(const struct ipoib__verbs *verbs);
bool ipoib__verbs_subnet_next_event(struct ipoib__verbs *verbs,
				    struct ipoib_transport_event *event);
/* The attributes of the port have changed. */
void ipoib__verbs_subnet_port(struct ipoib__verbs *verbs);
int ipoib__verbs_subnet_path(struct ipoib__verbs *verbs, uint64_t id,
			     const struct ipoib_gid *dgid, uint16_t pkey);
int ipoib__verbs_subnet_join(struct ipoib__verbs *verbs, uint64_t id,
			     const struct ipoib_multicast_record *wanted);
void ipoib__verbs_subnet_leave(struct ipoib__verbs *verbs,
			       const struct ipoib_multicast_record *group);
void ipoib__verbs_subnet_cancel(struct ipoib__verbs *verbs, uint64_t id);

/* ---- route.c: a path on InfiniBand, without management datagrams ---- */

int ipoib__verbs_route(struct ipoib__verbs *verbs, uint64_t id, const struct ipoib_gid *dgid,
		       uint16_t pkey);

/* ---- memory.c ---- */

int ipoib__verbs_memory_get(struct ipoib__verbs *verbs, size_t length,
			    struct ipoib_memory_region *region);
int ipoib__verbs_memory_register(struct ipoib__verbs *verbs, void *address, size_t length,
				 struct ipoib_memory_region *region);
void ipoib__verbs_memory_put(struct ipoib__verbs *verbs, const struct ipoib_memory_region *region);

/* ---- ud.c, ud_state.c ---- */

int ipoib__verbs_ud_create(struct ipoib__verbs *verbs, struct ipoib_ud_attributes *attributes,
			   struct ipoib__verbs_ud **out);
void ipoib__verbs_ud_destroy(struct ipoib__verbs_ud *ud);
int ipoib__verbs_ud_set_qkey(struct ipoib__verbs_ud *ud, uint32_t qkey);
int ipoib__verbs_ud_attach(struct ipoib__verbs_ud *ud, const struct ipoib_gid *mgid,
			   uint16_t mlid);
void ipoib__verbs_ud_detach(struct ipoib__verbs_ud *ud, const struct ipoib_gid *mgid,
			    uint16_t mlid);
/* From a queue pair that was just made, or reset, to one that sends and receives. */
int ipoib__verbs_ud_start(struct ipoib__verbs_ud *ud);
/* A send or receive has failed, or the adapter says so: finds out what has stopped. */
void ipoib__verbs_ud_look(struct ipoib__verbs_ud *ud);
/* Stops it, so that everything posted is flushed and the queue pair then made anew. */
void ipoib__verbs_ud_stop(struct ipoib__verbs_ud *ud);
/* Mends it when nothing is in the way any more. Called whenever completions were taken. */
void ipoib__verbs_ud_mend(struct ipoib__verbs_ud *ud);
/* Nothing will complete any more: what is posted is flushed by ourselves. */
void ipoib__verbs_ud_dead(struct ipoib__verbs_ud *ud);
/* The P_Key table has changed: follows its entry. */
void ipoib__verbs_ud_follow_pkey(struct ipoib__verbs_ud *ud);

/* ---- ud_send.c, ud_receive.c, poll.c ---- */

int ipoib__verbs_ud_post_send(struct ipoib__verbs_ud *ud, const struct ipoib_ud_send *sends,
			      size_t count);
int ipoib__verbs_ud_post_receive(struct ipoib__verbs_ud *ud,
				 const struct ipoib_ud_receive *receives, size_t count);
int ipoib__verbs_ud_poll(struct ipoib__verbs_ud *ud, struct ipoib_ud_completion *completions,
			 size_t count);
/* 1: there may be completions already. */
int ipoib__verbs_ud_arm(struct ipoib__verbs_ud *ud);

/* `self` of the operations is the struct ipoib__verbs. */
extern const struct ipoib_transport_ops ipoib__verbs_ops;

#endif
