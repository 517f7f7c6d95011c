/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The communication manager of one port: reliable connections are set up and ended by exchanging
 * MADs (wire/cm.h). It does no I/O, reads no clock and knows no queue pairs: numbers and first
 * packet numbers (PSNs) of queue pairs are handed in and out. Its owner has the queue pairs.
 *
 * 1. The owner's calls only record, because the operations of a transport carry no time;
 *    ipoib__cm_deadline() is then 0, which is now. ipoib__cm_receive() does likewise: emit() is
 *    called by ipoib__cm_expire() alone, and may call everything here but _expire() and _fini().
 * 2. Making a connection: ipoib__cm_connect() sends a REQ. A REPLY event says what the peer's queue
 *    pair is; the owner makes its own ready to send and calls ipoib__cm_ready(). Or it does not
 *    like the reply: ipoib__cm_reject(). Or a REFUSED event comes instead.
 * 3. Taking one: ipoib__cm_listen(). A REQUEST event says who asks; the owner calls
 *    ipoib__cm_accept() with a queue pair that is ready to receive, or ipoib__cm_reject(). After
 *    the first an UP event follows, or a DOWN event. The first message on the queue pair may
 *    overtake the peer's RTU: the owner then calls ipoib__cm_established().
 * 4. Ending one, in whatever state: ipoib__cm_close(). The peer is told (DREQ or REJ), repeatedly
 *    if need be; the owner hears nothing of it any more. When the peer ends it: a DOWN event.
 * 5. What was sent and not answered is sent again, until the silence has lasted too long. Then the
 *    peer is told that we gave up, so that it does not keep its half.
 * 6. A connection that has ended stays for a while (timewait): it answers what is repeated or late
 *    as it was answered before. What is for nobody is refused, so that a half that was forgotten
 *    by one side is ended by the other as soon as it speaks.
 * 7. A REQ or REP from a queue pair that we have a connection with says that the peer has
 *    forgotten the old one: it is rejected as stale and the old one ends, DREQ and all, as
 *    InfiniBand 1.4 section 12.9.8.3.1 says and as Linux does. The peer asks again, and succeeds.
 * 8. Only what fits is heard: both communication IDs, the port that it came from (its LID, and its
 *    GID where a GRH goes with it), in a DREQ the queue pair, and a state in which it means
 *    something. The rest is counted and dropped.
 *
 * What no manager can see is a half of which the peer lost every farewell: nothing is ever said on
 * it. The owner's queue pair says so (retries exceeded), or its idle time.
 */
#ifndef IPOIB__CM_H
#define IPOIB__CM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <ipoib/transport.h>
#include <ipoib/types.h>

#include "base/hash.h"
#include "base/list.h"
#include "base/memory.h"
#include "base/random.h"
#include "base/ring.h"
#include "base/table.h"
#include "base/wheel.h"
#include "wire/cm.h"

/* Connections of a port, ended ones included: some 900 octets each. */
#define IPOIB__CM_CONNECTIONS_MAX 8192
/* Of these, ended ones: the oldest goes first, duplicates are rare that long after. */
#define IPOIB__CM_TIMEWAIT_MAX 1024
/* Of these, requests that the owner has not answered: it answers at once, a flood does not wait. */
#define IPOIB__CM_REQUESTS_MAX 128
/* Service IDs: two for each interface of a port, and more interfaces than there are P_Keys. */
#define IPOIB__CM_SERVICES_MAX 512
/* Refusals to peers that we have no connection with, sent by the next expire(). */
#define IPOIB__CM_ANSWERS_MAX 64

/* 4.096 us * 2^20 = 4.3 s for an answer, as Linux's IPoIB gives and wants. */
#define IPOIB__CM_RESPONSE_TIMEOUT 20
/* 67 ms: faster repetitions are a flood, and the timers have ticks of a millisecond. */
#define IPOIB__CM_RESPONSE_TIMEOUT_LEAST 14
/*
 * A peer that has been silent for so long is given up. Linux's IPoIB waits for 69 s, and all that
 * time a neighbour is in limbo; three repetitions lost in a row are a verdict.
 */
#define IPOIB__CM_SILENCE UINT64_C(15000000000)
/* A peer that asks for more time, by MRA, gets no more than this in all. */
#define IPOIB__CM_PATIENCE UINT64_C(60000000000)
/* How long the owner may think about a request or a reply: it should not think at all. */
#define IPOIB__CM_OWNER_LIMIT UINT64_C(5000000000)
/* Farewells: the peer should answer at once, and it matters little if it does not. */
#define IPOIB__CM_DREQ_SENDS 3
#define IPOIB__CM_DREQ_INTERVAL UINT64_C(1000000000)
/* After its end a connection stays for two repetitions of a peer with our timeout, and some. */
#define IPOIB__CM_LINGER UINT64_C(10000000000)

struct ipoib__cm_counters {
	uint64_t sent;	     /* MADs, repetitions included */
	uint64_t resent;     /* repetitions, because time was over or the peer repeated itself */
	uint64_t received;   /* MADs that meant something */
	uint64_t malformed;  /* MADs that make no sense */
	uint64_t stray;	     /* for no connection of ours, from another LID, with other IDs */
	uint64_t foreign;    /* of those: for one of ours, from another port than its peer's */
	uint64_t unexpected; /* for one of ours, but not in this state: late, repeated */
	uint64_t refused;    /* REQs for which there was no service, room or memory */
	uint64_t stale;	     /* REQs and REPs of queue pairs that we have a connection with */
	uint64_t timeouts;   /* connections of which we gave up the peer */
	uint64_t unanswered; /* refusals for which there was no room: the peer will repeat itself */
};

struct ipoib__cm_config {
	uint64_t ca_guid;	  /* of the adapter, in host order */
	/* IPOIB__CM_RESPONSE_TIMEOUT_LEAST to 31; 0: IPOIB__CM_RESPONSE_TIMEOUT */
	uint8_t response_timeout;
	/*
	 * Sends a MAD to IPOIB__CM_QPN of a port with IPOIB__CM_QKEY. Nobody hears of it when it is
	 * lost, as on a wire.
	 */
	void (*emit)(void *owner, const struct ipoib_ah_attributes *to,
		     const uint8_t mad[IPOIB__MAD_LENGTH]);
	void *owner;
};

struct ipoib__cm_service {
	uint64_t service_id;
	void *user;
};

struct ipoib__cm {
	struct ipoib__memory *memory;
	struct ipoib__cm_config config;
	uint8_t key[IPOIB__SIPHASH_KEY];
	uint32_t next_id;
	uint32_t next_transaction;
	unsigned requests; /* not answered by the owner */
	unsigned ended;	    /* connections that are over, those in timewait included */
	unsigned timewaits; /* on the list */
	struct ipoib__table by_id;	   /* all connections, by our communication ID */
	struct ipoib__table by_remote_id;  /* taken ones, by CA GUID and the peer's ID */
	struct ipoib__table by_queue_pair; /* those not ended, by CA GUID and the peer's QPN */
	struct ipoib__wheel wheel;
	struct ipoib__list touched;  /* a message or a timer is owed */
	struct ipoib__list told;     /* an event waits to be taken, oldest first */
	struct ipoib__list timewait; /* oldest first */
	struct ipoib__ring answers;  /* see IPOIB__CM_ANSWERS_MAX */
	struct ipoib__cm_service services[IPOIB__CM_SERVICES_MAX];
	unsigned service_count;
	uint8_t reject_data[IPOIB__CM_REJ_PRIVATE];
	struct ipoib__cm_counters counters;
};

/* What a queue pair of ours is to the peer. */
struct ipoib__cm_queue_pair {
	uint32_t qpn; /* 24 bits */
	uint32_t psn; /* 24 bits: what the peer shall begin to send with */
	uint8_t rnr_retry; /* 3 bits: what we ask of the peer, as the next */
	uint8_t retry_count; /* 3 bits; connect() only */
	bool srq;
};

struct ipoib__cm_connect {
	uint64_t service_id;
	struct ipoib_path_record path;
	struct ipoib__cm_queue_pair queue_pair;
	const void *private_data;
	size_t private_length; /* at most IPOIB__CM_REQ_PRIVATE */
};

enum ipoib__cm_event_type {
	IPOIB__CM_EVENT_REQUEST = 1, /* user is the service's; all members but reason count */
	IPOIB__CM_EVENT_REPLY,	     /* what is of the peer's queue pair, and private data */
	IPOIB__CM_EVENT_UP,	     /* a taken connection; nothing else */
	/* A made one: status 0, with reason and private data, or -ETIMEDOUT. It is over. */
	IPOIB__CM_EVENT_REFUSED,
	/* One that was up or accepted: -ECONNRESET (the peer), -EIO (no RTU came). It is over. */
	IPOIB__CM_EVENT_DOWN,
};

struct ipoib__cm_event {
	enum ipoib__cm_event_type type;
	int status;
	uint32_t id; /* the connection's, or of one that is asked for: our communication ID */
	void *user;  /* as handed in */
	uint64_t service_id;
	/*
	 * The way back to the peer: its port is dgid and dlid. Of a peer in our subnet hop_limit is
	 * 0; packet_life is one less than the ack timeout that the peer found right.
	 */
	struct ipoib_path_record path;
	uint32_t remote_qpn;
	uint32_t remote_psn; /* what our queue pair begins to send with */
	uint8_t rnr_retry;   /* what the peer asks of our queue pair, as the next */
	uint8_t retry_count; /* request only */
	bool srq;
	/* request only: where its MAD came from, whatever path says; the GRH's GID, or zeros */
	uint16_t source_lid;
	struct ipoib_gid source_gid;
	uint16_t reason; /* IPOIB__CM_REASON_... */
	uint16_t private_length;
	uint8_t private_data[IPOIB_RC_PRIVATE_MAX]; /* as the peer sent it: hostile */
};

/* Where a MAD came from. */
struct ipoib__cm_source {
	uint16_t lid;
	uint8_t sl;
	const struct ipoib_gid *gid; /* the source GID of its GRH; NULL: it came without */
};

/*
 * The first communication ID is random: a restarted manager must not take what is for its
 * predecessor for its own. -ENOMEM; a manager that was not initialised is not to be ended.
 */
int ipoib__cm_init(struct ipoib__cm *cm, struct ipoib__memory *memory,
		   struct ipoib__random *random, const struct ipoib__cm_config *config);
/*
 * Forgets everything and tells nobody: an owner that wants to say farewell closes its connections
 * and calls ipoib__cm_expire() once more before.
 */
void ipoib__cm_fini(struct ipoib__cm *cm);

/* Takes requests for a service. -EADDRINUSE: somebody does already. -ENOSPC. */
int ipoib__cm_listen(struct ipoib__cm *cm, uint64_t service_id, void *user);
/* Ends every service of this user, and refuses its requests that were not answered. */
void ipoib__cm_unlisten(struct ipoib__cm *cm, void *user);
/*
 * The private data of refusals that the manager makes by itself (RFC 4755 section 3.2 wants them
 * in every REJ); zeros without. length is at most IPOIB__CM_REJ_PRIVATE.
 */
void ipoib__cm_reject_data(struct ipoib__cm *cm, const void *private_data, size_t length);

/*
 * Makes a connection; its events carry id and user. -EAGAIN: IPOIB__CM_CONNECTIONS_MAX are there.
 * -EINVAL: a path of no MTU, or too much private data. -ENOMEM.
 */
int ipoib__cm_connect(struct ipoib__cm *cm, const struct ipoib__cm_connect *connect, void *user,
		      uint32_t *id);
/* After a REPLY: ready to send. -ENOENT: the connection has ended meanwhile, an event says so. */
int ipoib__cm_ready(struct ipoib__cm *cm, uint32_t id);
/*
 * After a REQUEST: ready to receive. -ENOENT: the peer has withdrawn it, or its time was over.
 * -EINVAL: more private data than IPOIB__CM_REP_PRIVATE.
 */
int ipoib__cm_accept(struct ipoib__cm *cm, uint32_t id,
		     const struct ipoib__cm_queue_pair *queue_pair, const void *private_data,
		     size_t private_length, void *user);
/*
 * After a REQUEST or a REPLY: refuses it, and no event follows. Private data beyond
 * IPOIB__CM_REJ_PRIVATE is cut off. Unknown ones are no error.
 */
void ipoib__cm_reject(struct ipoib__cm *cm, uint32_t id, uint16_t reason,
		      const void *private_data, size_t private_length);
/* After accept(): the peer has sent something on the connection. An UP event follows, once. */
void ipoib__cm_established(struct ipoib__cm *cm, uint32_t id);
/* Ends a connection; no event of it follows. Unknown ones are no error. */
void ipoib__cm_close(struct ipoib__cm *cm, uint32_t id);

/* A MAD of this class has arrived at IPOIB__CM_QPN. */
void ipoib__cm_receive(struct ipoib__cm *cm, const struct ipoib__cm_source *source,
		       const void *mad, size_t length);
/* When ipoib__cm_expire() has something to do: 0 is now, IPOIB_NEVER never. */
uint64_t ipoib__cm_deadline(const struct ipoib__cm *cm);
/* Sends what is due, and ends what has had its time. */
void ipoib__cm_expire(struct ipoib__cm *cm, uint64_t now);

/* Takes the oldest event. Returns false when there is none. */
bool ipoib__cm_next(struct ipoib__cm *cm, struct ipoib__cm_event *event);
/* Whether there is one. */
bool ipoib__cm_told(const struct ipoib__cm *cm);
/* Connections that have not ended. */
unsigned ipoib__cm_live(const struct ipoib__cm *cm);

#endif
