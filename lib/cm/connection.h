/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * One connection of the communication manager, inside. A file calls only those above it here.
 *
 *	index.c    where connections are kept and found
 *	machine.c  what an input means in a state: a table, pure
 *	message.c  what is sent: pure, but for the transaction number
 *	act.c      does what the machine says
 *	expire.c   time to inputs, and messages out
 *	new.c      how a connection begins
 *	arrival.c  what every MAD that arrives needs: its connection, its count, its refusal
 *	request.c  the REQ to a connection
 *	receive.c  the other MADs to inputs
 *	agent.c    the owner's calls to inputs, and events
 */
#ifndef IPOIB__CM_CONNECTION_H
#define IPOIB__CM_CONNECTION_H

#include "cm/cm.h"
#include "wire/cm_rep.h"
#include "wire/cm_req.h"
#include "wire/cm_small.h"

/* InfiniBand 1.4 section 12.9.7, without what alternate paths and datagrams need. */
enum ipoib__cm_state {
	IPOIB__CM_GONE = 0,	/* to be freed */
	IPOIB__CM_REQ_SENT,	/* made */
	IPOIB__CM_REP_RECEIVED, /* made: the owner's turn */
	IPOIB__CM_REQ_RECEIVED, /* taken: the owner's turn */
	IPOIB__CM_REP_SENT,	/* taken */
	IPOIB__CM_MADE,		/* up */
	IPOIB__CM_TAKEN,	/* up */
	IPOIB__CM_DREQ_SENT,
	IPOIB__CM_TIMEWAIT,
	IPOIB__CM_STATES,
};

enum ipoib__cm_input {
	/* the peer */
	IPOIB__CM_IN_REQ = 0, /* the same once more */
	IPOIB__CM_IN_MRA,
	IPOIB__CM_IN_REJ,
	IPOIB__CM_IN_REP, /* the first, or the same once more */
	IPOIB__CM_IN_RTU,
	IPOIB__CM_IN_DREQ,
	IPOIB__CM_IN_DREP,
	/* the owner */
	IPOIB__CM_IN_READY,
	IPOIB__CM_IN_ACCEPT,
	IPOIB__CM_IN_REJECT,
	IPOIB__CM_IN_DATA,
	IPOIB__CM_IN_CLOSE,
	/* time, and the manager itself */
	IPOIB__CM_IN_REPEAT,  /* no answer yet */
	IPOIB__CM_IN_GIVE_UP, /* no answer, and time is over */
	IPOIB__CM_IN_STALE,   /* the peer has forgotten it */
	IPOIB__CM_INPUTS,
};

enum ipoib__cm_action {
	IPOIB__CM_DO_SEND = 1 << 0,	/* what was sent last, once more */
	IPOIB__CM_DO_RTU = 1 << 1,	/* write this message and send it */
	IPOIB__CM_DO_DREQ = 1 << 2,
	IPOIB__CM_DO_TIMEOUT = 1 << 3, /* REJ: we gave up waiting */
	IPOIB__CM_DO_NO = 1 << 4,	/* REJ: not wanted */
	IPOIB__CM_DO_ANSWER = 1 << 5,	/* REP, REJ or DREP: what it says is the caller's */
	IPOIB__CM_DO_REFUSE = 1 << 6,	/* the REJ that was sent already, or one that says stale */
	IPOIB__CM_DO_ALSO_REJ = 1 << 7, /* a REJ besides what else is sent */
	IPOIB__CM_DO_EXTEND = 1 << 8,	/* wait for as long as the MRA says */
	IPOIB__CM_DO_REPLY = 1 << 9,	/* tell the owner */
	IPOIB__CM_DO_UP = 1 << 10,
	IPOIB__CM_DO_REFUSED = 1 << 11,
	IPOIB__CM_DO_DOWN = 1 << 12,
	IPOIB__CM_DO_WITHDRAW = 1 << 13, /* an event that was not taken is void */
	IPOIB__CM_DO_IGNORE = 1 << 14,	 /* it means nothing here: count it */
};

struct ipoib__cm_step {
	enum ipoib__cm_state next;
	unsigned actions; /* enum ipoib__cm_action */
};

struct ipoib__cm_connection {
	struct ipoib__list touched_link;
	struct ipoib__list told_link;
	struct ipoib__list timewait_link;
	struct ipoib__timer timer;
	struct ipoib__cm *cm;
	enum ipoib__cm_state state;
	bool active;	    /* made by us */
	bool remote_known;  /* remote_id counts */
	bool in_remote_id;  /* of the tables */
	bool in_queue_pair;
	bool owed;	    /* last is to be sent */
	bool begin;	    /* the state is new: its time begins with the next expire() */
	bool over;	    /* it is counted among those that have ended */
	uint32_t id, remote_id;
	uint64_t remote_guid;
	uint32_t local_qpn, remote_qpn;
	uint64_t transaction; /* of the REQ: all answers carry it */
	unsigned sends;	      /* of last, since the state began */
	uint64_t extension;   /* of the next waiting, by MRA; 0: none */
	uint64_t started;     /* when the state's time began */
	uint64_t give_up;     /* when it ends */
	struct ipoib_ah_attributes to;
	uint8_t last[IPOIB__MAD_LENGTH];
	struct ipoib__cm_event event; /* type 0: nothing to tell */
};

/* A message to somebody that we have no connection with. */
struct ipoib__cm_answer {
	struct ipoib_ah_attributes to;
	uint8_t mad[IPOIB__MAD_LENGTH];
};

/* ---- index.c ---- */

void ipoib__cm_index_init(struct ipoib__cm *cm, struct ipoib__random *random);
void ipoib__cm_index_fini(struct ipoib__cm *cm);
void ipoib__cm_connection_free(struct ipoib__cm_connection *connection);
struct ipoib__cm_connection *ipoib__cm_find(const struct ipoib__cm *cm, uint32_t id);
struct ipoib__cm_connection *ipoib__cm_find_remote_id(const struct ipoib__cm *cm, uint64_t guid,
						      uint16_t lid, uint32_t remote_id);
struct ipoib__cm_connection *ipoib__cm_find_queue_pair(const struct ipoib__cm *cm, uint64_t guid,
						       uint16_t lid, uint32_t qpn);
/* Its ID is chosen; remote_guid and remote_id, remote_qpn, are known now. -ENOMEM, -ENOSPC. */
int ipoib__cm_index_id(struct ipoib__cm_connection *connection);
int ipoib__cm_index_remote_id(struct ipoib__cm_connection *connection);
int ipoib__cm_index_queue_pair(struct ipoib__cm_connection *connection);
void ipoib__cm_unindex_queue_pair(struct ipoib__cm_connection *connection);

/* ---- machine.c ---- */

struct ipoib__cm_step ipoib__cm_machine(enum ipoib__cm_state state, enum ipoib__cm_input input);

/* ---- message.c: these write a whole MAD ---- */

void ipoib__cm_write_req(struct ipoib__cm_connection *connection,
			 const struct ipoib__cm_connect *connect);
void ipoib__cm_write_rej(const struct ipoib__cm_connection *connection,
			 uint8_t mad[IPOIB__MAD_LENGTH], uint8_t answers, uint16_t reason,
			 const void *private_data, size_t length);
void ipoib__cm_write_rep(struct ipoib__cm_connection *connection,
			 const struct ipoib__cm_queue_pair *queue_pair, const void *private_data,
			 size_t length);
void ipoib__cm_write_rtu(struct ipoib__cm_connection *connection);
void ipoib__cm_write_dreq(struct ipoib__cm_connection *connection);
void ipoib__cm_write_drep(struct ipoib__cm_connection *connection, uint64_t transaction);
/* A REJ besides what the connection sends. */
void ipoib__cm_also_rej(struct ipoib__cm_connection *connection);
/* To the sender of a message that is for no connection: a REJ, a DREP. IDs and reason count. */
void ipoib__cm_refuse(struct ipoib__cm *cm, const struct ipoib__cm_source *source,
		      uint64_t transaction, const struct ipoib__cm_rej *rej);
void ipoib__cm_confirm_end(struct ipoib__cm *cm, const struct ipoib__cm_source *source,
			   uint64_t transaction, const struct ipoib__cm_dreq *dreq);
/* The way back to where a MAD came from. */
struct ipoib_ah_attributes ipoib__cm_way_back(const struct ipoib__cm_source *source);

/* ---- act.c ---- */

/*
 * Returns what was done. Only GIVE_UP may free the connection. What the caller has to add to a
 * message or an event it may do afterwards: nothing is sent or taken before.
 */
unsigned ipoib__cm_step(struct ipoib__cm_connection *connection, enum ipoib__cm_input input);
/* It is to be looked at by the next expire(). */
void ipoib__cm_touch(struct ipoib__cm_connection *connection);
/* A new connection enters its first state. */
void ipoib__cm_begin(struct ipoib__cm_connection *connection, enum ipoib__cm_state state);
/* An event that was not taken is replaced: what came later says more. */
void ipoib__cm_tell(struct ipoib__cm_connection *connection, enum ipoib__cm_event_type type,
		    int status);
/* Its event, if there is one, is not told; one that only waited for that is freed. */
void ipoib__cm_hush(struct ipoib__cm_connection *connection);

/* ---- expire.c ---- */

/* The timer of a connection. */
void ipoib__cm_timer(struct ipoib__timer *timer, uint64_t now);

/* ---- new.c ---- */

/* A connection with an ID of its own; an ended one makes room. -EAGAIN, -ENOMEM. */
int ipoib__cm_connection_new(struct ipoib__cm_connection **out, struct ipoib__cm *cm);

/* ---- arrival.c ---- */

/* A MAD on its way through here. */
struct ipoib__cm_arrival {
	const struct ipoib__cm_source *source;
	uint64_t transaction;
	const uint8_t *message;
	size_t length;
};

/* The same if the message is from the port of its peer; else it is counted, and NULL. */
struct ipoib__cm_connection *ipoib__cm_of_peer(struct ipoib__cm_connection *connection,
					       const struct ipoib__cm_source *source);
bool ipoib__cm_qpn_is_sane(uint32_t qpn);
/* ipoib__cm_step() for what came from the peer: it is counted. */
unsigned ipoib__cm_hear(struct ipoib__cm_connection *connection, enum ipoib__cm_input input);
void ipoib__cm_answer_rej(struct ipoib__cm *cm, const struct ipoib__cm_arrival *arrival,
			  uint32_t local_id, uint32_t remote_id, uint8_t answers, uint16_t reason);
void ipoib__cm_private_data(struct ipoib__cm_event *event, const void *bytes, size_t length);

/* ---- request.c ---- */

/* Returns false when it makes no sense. */
bool ipoib__cm_receive_req(struct ipoib__cm *cm, const struct ipoib__cm_arrival *arrival);

#endif
