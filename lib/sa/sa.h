/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * A client of the subnet administrator (SA): questions in, management datagrams (MADs) out,
 * MADs in, answers out. It does no I/O and reads no clock.
 *
 * 1. The owner asks: ipoib__sa_path(), _join(), _leave(). Asking only records, because the
 *    operations of a transport carry no time; ipoib__sa_deadline() is then 0, which is now.
 * 2. ipoib__sa_expire() sends what is due through emit(), at most IPOIB__SA_IN_FLIGHT_MAX
 *    questions at once, sends again what was not answered, and answers -ETIMEDOUT itself when a
 *    question's time is over. That time runs from the first sending.
 * 3. Questions about one group are asked one after the other: a leave that was lost and is
 *    sent again can so never end a younger join.
 * 4. ipoib__sa_receive() takes a MAD. Only a response with the class, method, attribute and
 *    transaction ID of a question in flight is one; everything else is counted and dropped, so late
 *    and repeated answers are harmless. An answer that contradicts the question is -EPROTO.
 * 5. ipoib__sa_next() hands out the answers, in the order of their arrival. A question and its
 *    answer are one piece of memory, allocated when it is asked: an answer cannot fail.
 *
 * A question that was cancelled may have reached the SA: who cancels a join leaves the group.
 */
#ifndef IPOIB__SA_H
#define IPOIB__SA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <ipoib/transport.h>
#include <ipoib/types.h>

#include "base/list.h"
#include "base/memory.h"
#include "base/random.h"
#include "wire/mad.h"

/* What the Linux kernel's IPoIB gives the SA for a path, and what it gives it for a join. */
#define IPOIB__SA_PATH_LIMIT UINT64_C(1000000000)
#define IPOIB__SA_JOIN_LIMIT UINT64_C(3000000000)
/*
 * Sends of one question, spread over its time: MADs are datagrams, and one lost is not yet
 * an SA that does not answer. More than that is a policy, and the owner's.
 */
#define IPOIB__SA_SENDS 3
/* Percent of their distance: hosts that ask together must not ask again together (I12). */
#define IPOIB__SA_JITTER 25
/* Questions waiting for an answer, or answered and not taken: some 300 octets each. */
#define IPOIB__SA_QUESTIONS_MAX 128
/* Leaves waiting for an answer: as many groups as an interface could be in at its end. */
#define IPOIB__SA_LEAVES_MAX 1024
/* Sent and not answered: beyond that an SA gains nothing, and some lock up at a hundred. */
#define IPOIB__SA_IN_FLIGHT_MAX 64

struct ipoib__sa_counters {
	uint64_t asked;
	uint64_t sent;		 /* MADs, repetitions included */
	uint64_t resent;	 /* repetitions */
	uint64_t answered;	 /* questions, by the SA */
	uint64_t timeouts;	 /* questions, by nobody */
	uint64_t stray;		 /* MADs that answer no question in flight */
	uint64_t unasked_leaves; /* no room or memory for them: the SA keeps a member too many */
};

struct ipoib__sa_client {
	struct ipoib__memory *memory;
	void (*emit)(void *owner, const uint8_t mad[IPOIB__MAD_LENGTH]);
	void *owner;
	struct ipoib__random random;
	uint32_t next_transaction;
	unsigned questions; /* paths and joins, asked or answered */
	unsigned leaves;
	unsigned in_flight;
	uint64_t deadline;
	struct ipoib__list asked; /* oldest first */
	struct ipoib__list answered;
	struct ipoib__sa_counters counters;
};

/* The first transaction ID is random: a restarted client must not take old answers for its own. */
void ipoib__sa_init(struct ipoib__sa_client *client, struct ipoib__memory *memory,
		    struct ipoib__random *random,
		    void (*emit)(void *owner, const uint8_t mad[IPOIB__MAD_LENGTH]), void *owner);
/* Forgets every question and answer. */
void ipoib__sa_fini(struct ipoib__sa_client *client);
/*
 * The same, but the leaves that were not sent yet are, as many as may be in flight: who is about to
 * close asks for them and has no time to wait. None is repeated.
 */
void ipoib__sa_farewell(struct ipoib__sa_client *client);

/*
 * Asks for a path from sgid, a GID of ours, to dgid. An answer with this id follows, unless it is
 * cancelled. -EAGAIN: IPOIB__SA_QUESTIONS_MAX are asked already. -ENOMEM.
 */
int ipoib__sa_path(struct ipoib__sa_client *client, uint64_t id, const struct ipoib_gid *dgid,
		   const struct ipoib_gid *sgid, uint16_t pkey);
/*
 * Joins a group as the port with this GID. Errors as above; also -EINVAL: the group may be created
 * (wanted->create) and its MTU is none.
 */
int ipoib__sa_join(struct ipoib__sa_client *client, uint64_t id,
		   const struct ipoib_multicast_record *wanted, const struct ipoib_gid *port_gid);
/* Leaves a group; MGID, P_Key and join_state count. No answer is handed out. */
void ipoib__sa_leave(struct ipoib__sa_client *client, const struct ipoib_multicast_record *group,
		     const struct ipoib_gid *port_gid);
/* Forgets the question with this id, or its answer. Unknown ones are no error. */
void ipoib__sa_cancel(struct ipoib__sa_client *client, uint64_t id);

/* A MAD of the SA's class has arrived, from the SA: that is the owner's to check. */
void ipoib__sa_receive(struct ipoib__sa_client *client, const void *mad, size_t length);
/* When ipoib__sa_expire() has something to do: 0 is now, IPOIB_NEVER never. */
uint64_t ipoib__sa_deadline(const struct ipoib__sa_client *client);
/* Sends what is due, and ends what has had its time. */
void ipoib__sa_expire(struct ipoib__sa_client *client, uint64_t now);

/* Takes the oldest answer: a PATH or JOIN event. Returns false when there is none. */
bool ipoib__sa_next(struct ipoib__sa_client *client, struct ipoib_transport_event *event);
/* Whether there is one. */
bool ipoib__sa_answered(const struct ipoib__sa_client *client);

#endif
