/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The queue pairs of reliable connections (RC) of a simulated port, as strict as hardware. How two
 * of them find each other is port_cm.h's.
 *
 *	        ready()                      fail(): too many repetitions, a message that does not
 *	IDLE ------------> READY ----+       fit, a wrong key, the port down, the peer's farewell
 *	  |                          v
 *	  +----------------------> ERROR
 *
 * The requester:
 * 1. A message is one frame, and has one sequence number (PSN). Posted messages are sent while the
 *    window lets them, from the user's memory, and complete when the receiver has acknowledged them
 *    and not before (I23). An acknowledgement is one of everything up to its PSN.
 * 2. Silence is answered by going back to the oldest message and sending from there, retry_count
 *    times without progress; so is a NAK that says what is missing. A receiver without room (RNR)
 *    says how long to wait, and that is done rnr_retry times, 7 meaning for ever. After that the
 *    queue pair fails: its oldest message completes with -EIO, the others with -ECANCELED.
 * 3. A message that may not be sent (too long, wrong key) fails the queue pair when those before it
 *    are acknowledged.
 *
 * The responder:
 * 4. The expected message goes into the oldest receive of those that all connections of a UD queue
 *    pair share, to its first octet. An old one is acknowledged again, an early one is dropped and
 *    the missing one asked for, once.
 * 5. Without a posted receive: RNR. A receive that is too small (-EMSGSIZE) or not ours to write to
 *    (-EIO) fails the queue pair, and tells the requester. The shared receives stay.
 * 6. Answers are owed and not sent at once: one stands for many, and no frame is ever sent from
 *    within the arrival of another, also where a port is connected with itself.
 *
 * A failed queue pair says so in one event, and completes what is posted on it as flushed. Ending
 * it takes back its completions that were not taken; a receive among them is posted again.
 */
#ifndef IPOIB__MOCK_HCA_RC_H
#define IPOIB__MOCK_HCA_RC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <ipoib/transport.h>

#include "base/list.h"
#include "base/wheel.h"
#include "mock/hca.h"

#define IPOIB__RC_PSN UINT32_C(0xffffff)
/*
 * On their way to one peer at a time, messages and octets: eight senders of one port fill what the
 * fabric keeps for it (IPOIB__FABRIC_BACKLOG), and a few of the longest messages fill a pipe of
 * local sockets.
 */
#define IPOIB__RC_WINDOW	UINT64_C(64)
#define IPOIB__RC_WINDOW_OCTETS UINT64_C(524288)
/*
 * 4.096 us * 2^15 = 134 ms until silence is loss, where the user does not say: programs on one
 * machine answer within a turn of their loops, even when they are many.
 */
#define IPOIB__RC_TIMEOUT    15
#define IPOIB__RC_TIMEOUT_NS (UINT64_C(4096) << IPOIB__RC_TIMEOUT)
/* The code of 1.28 ms until a receive may be posted again: a turn of a loop, too. */
#define IPOIB__RC_RNR_TIMER 14
/* Of a retry count: as often as needed. */
#define IPOIB__RC_FOR_EVER 7

enum ipoib__rc_state {
	IPOIB__RC_IDLE = 1,
	IPOIB__RC_READY,
	IPOIB__RC_ERROR,
};

/* What a responder owes. */
enum ipoib__rc_answer {
	IPOIB__RC_NOTHING = 0,
	IPOIB__RC_ACK,
	IPOIB__RC_NAK_SEQUENCE,
	IPOIB__RC_NAK_RNR,
	IPOIB__RC_NAK_INVALID,
	IPOIB__RC_NAK_OPERATION,
};

/* The other end. Integers in host order. */
struct ipoib__rc_peer {
	uint32_t qpn;
	uint32_t psn; /* that it expects first */
	uint16_t lid;
	uint8_t sl;
};

struct ipoib__hca_rc {
	struct ipoib__list link;     /* ud->connections */
	struct ipoib__list working;  /* hca->working */
	struct ipoib__list starting; /* hca->starting */
	struct ipoib__list telling;  /* hca->telling */
	struct ipoib__timer timer;
	struct ipoib__hca_ud *ud;
	struct ipoib__hca *hca;
	uint64_t connection;
	uint32_t cm_id; /* the owner's */
	bool made;	/* and not taken */
	bool up;	/* may send */
	bool over;	/* its last event was told, or waits */
	enum ipoib__rc_state state;
	uint32_t qpn;
	struct ipoib__rc_peer peer;
	uint32_t event_type; /* while telling */
	int event_status;
	uint16_t event_reason;

	/* Requester: tail <= next <= sent <= head, numbers of messages since the beginning. */
	struct ipoib_rc_send *sends;
	uint32_t send_depth;
	uint32_t sends_open; /* posted, and their completions not taken */
	uint64_t head;	     /* posted */
	uint64_t sent;	     /* sent at least once */
	uint64_t next;	     /* to be sent */
	uint64_t tail;	     /* the oldest that is not acknowledged */
	uint64_t octets;     /* from tail to next */
	uint64_t timeout; /* of an acknowledgement, in ns */
	uint8_t retry_count, retries_left;
	uint8_t rnr_retry, rnr_left;
	bool rnr_waiting;

	/* Responder. */
	uint32_t expected_psn;
	bool naked; /* it was said what is missing */
	enum ipoib__rc_answer owed;
};

/* ---- hca_rc.c: what requester and responder share ---- */

/* It has a peer, and may receive; up: and send. */
void ipoib__hca_rc_ready(struct ipoib__hca_rc *rc, const struct ipoib__rc_peer *peer, bool up);
/* A taken connection may send, too. */
void ipoib__hca_rc_up(struct ipoib__hca_rc *rc);
/*
 * Stops it: the oldest send completes with `oldest`, the others are flushed, and an event tells
 * the user why: -ECONNRESET when the peer has ended it, else -EIO. Nothing happens to one that has
 * failed before.
 */
void ipoib__hca_rc_fail(struct ipoib__hca_rc *rc, int oldest, enum ipoib_connection_end why);
/* A posted message, by its number. */
struct ipoib_rc_send *ipoib__hca_rc_send_at(const struct ipoib__hca_rc *rc, uint64_t number);
/* The oldest message has its fate. */
void ipoib__hca_rc_complete(struct ipoib__hca_rc *rc, int status);
/* Completes everything posted: the oldest with this status, the others flushed. */
void ipoib__hca_rc_flush(struct ipoib__hca_rc *rc, int oldest);
/* The link is owed something. */
void ipoib__hca_rc_work(struct ipoib__hca_rc *rc);
/* A frame to the peer, of this operation. */
struct ipoib__frame ipoib__hca_rc_frame(const struct ipoib__hca_rc *rc, uint8_t operation,
					uint32_t psn);
/* Sends a frame; one for this port does not leave it. -EAGAIN. */
int ipoib__hca_rc_output(struct ipoib__hca_rc *rc, const struct ipoib__frame *frame,
			 const void *payload);
/* From b to a, modulo 2^24. */
int32_t ipoib__psn_distance(uint32_t a, uint32_t b);

/* ---- hca_rc_send.c: the requester ---- */

int ipoib__hca_rc_post_send(struct ipoib__hca_rc *rc, const struct ipoib_rc_send *sends,
			    size_t count);
/* Sends what the window lets; false: the link has no room. */
bool ipoib__hca_rc_send(struct ipoib__hca_rc *rc);
/* An acknowledgement has arrived, positive or negative. */
void ipoib__hca_rc_acknowledged(struct ipoib__hca_rc *rc, const struct ipoib__frame *frame);
void ipoib__hca_rc_expire(struct ipoib__timer *timer, uint64_t now);
/* What a code of an RNR timer means, in nanoseconds. */
uint64_t ipoib__rc_rnr_ns(uint8_t code);

/* ---- hca_rc_receive.c: the responder ---- */

int ipoib__hca_rc_post_receive(struct ipoib__hca_ud *ud, const struct ipoib_ud_receive *receives,
			       size_t count);
/* A message has arrived. */
void ipoib__hca_rc_message(struct ipoib__hca_rc *rc, const struct ipoib__frame *frame,
			   const void *payload);
/* Sends what is owed; false: the link has no room. */
bool ipoib__hca_rc_answer(struct ipoib__hca_rc *rc);

/* ---- hca_rc_port.c: the connections of a port ---- */

/* A table of them, for the port. */
void ipoib__hca_rc_init(struct ipoib__hca *hca);
/* -EINVAL: a number out of its range. -ENOSPC: connections_max are there. -ENOMEM. */
int ipoib__hca_rc_create(struct ipoib__hca_rc **out, struct ipoib__hca_ud *ud,
			 const struct ipoib_rc_attributes *attributes, uint32_t expected_psn);
void ipoib__hca_rc_destroy(struct ipoib__hca_rc *rc);
/* What time it is, before anything arrives. */
void ipoib__hca_rc_clock(struct ipoib__hca *hca, uint64_t now);
/* Runs the timers that are due, and starts new ones. */
void ipoib__hca_rc_tick(struct ipoib__hca *hca);
uint64_t ipoib__hca_rc_deadline(const struct ipoib__hca *hca);
/* Takes an RC_DOWN or RC_REFUSED event. */
bool ipoib__hca_rc_next_event(struct ipoib__hca *hca, struct ipoib_transport_event *event);
/* The contracts of the next are those of struct ipoib__hca_qp_type. */
bool ipoib__hca_rc_has(const struct ipoib__hca *hca, uint32_t qpn);
void ipoib__hca_rc_receive(struct ipoib__hca *hca, const struct ipoib__frame *frame,
			   const void *payload);
void ipoib__hca_rc_port_changed(struct ipoib__hca *hca);
void ipoib__hca_rc_resume(struct ipoib__hca *hca);

#endif
