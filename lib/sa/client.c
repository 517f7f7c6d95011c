/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "sa/sa.h"

#include <errno.h>
#include <string.h>

#include "base/assert.h"
#include "sa/question.h"
#include "wire/ib_units.h"
#include "wire/sa.h"

static struct ipoib__sa_question *question_of(struct ipoib__list *link)
{
	return ipoib__container_of(link, struct ipoib__sa_question, link);
}

void ipoib__sa_init(struct ipoib__sa_client *client, struct ipoib__memory *memory,
		    struct ipoib__random *random,
		    void (*emit)(void *owner, const uint8_t mad[IPOIB__MAD_LENGTH]), void *owner)
{
	*client = (struct ipoib__sa_client){
		.memory = memory,
		.emit = emit,
		.owner = owner,
		.next_transaction = (uint32_t)ipoib__random_u64(random),
		.deadline = IPOIB_NEVER,
	};
	ipoib__random_seed(&client->random, ipoib__random_u64(random));
	ipoib__list_init(&client->asked);
	ipoib__list_init(&client->answered);
}

/* ---- questions come and go ---- */

static void question_free(struct ipoib__sa_client *client, struct ipoib__sa_question *question)
{
	if (question->kind == IPOIB__SA_KIND_LEAVE)
		client->leaves--;
	else
		client->questions--;
	ipoib__list_remove(&question->link);
	ipoib__memory_put(client->memory, question, sizeof(*question));
}

void ipoib__sa_fini(struct ipoib__sa_client *client)
{
	struct ipoib__list *link;

	ipoib__list_splice(&client->asked, &client->answered);
	while ((link = ipoib__list_first(&client->asked)) != NULL)
		question_free(client, question_of(link));
	client->in_flight = 0;
	client->deadline = IPOIB_NEVER;
}

static int question_new(struct ipoib__sa_question **out, struct ipoib__sa_client *client,
			enum ipoib__sa_kind kind, const struct ipoib_gid *port_gid)
{
	unsigned *count = &client->questions;
	unsigned limit = IPOIB__SA_QUESTIONS_MAX;

	if (kind == IPOIB__SA_KIND_LEAVE) {
		count = &client->leaves;
		limit = IPOIB__SA_LEAVES_MAX;
	}
	if (*count >= limit)
		return -EAGAIN;
	struct ipoib__sa_question *question = ipoib__memory_get(client->memory, sizeof(*question));
	if (question == NULL)
		return -ENOMEM;

	(*count)++;
	client->counters.asked++;
	question->kind = kind;
	question->transaction = client->next_transaction++;
	question->port_gid = *port_gid;
	ipoib__list_init(&question->link);
	ipoib__list_push_back(&client->asked, &question->link);
	client->deadline = 0;
	*out = question;
	return 0;
}

int ipoib__sa_path(struct ipoib__sa_client *client, uint64_t id, const struct ipoib_gid *dgid,
		   const struct ipoib_gid *sgid, uint16_t pkey)
{
	struct ipoib__sa_question *question;
	int status = question_new(&question, client, IPOIB__SA_KIND_PATH, sgid);

	if (status < 0)
		return status;
	question->event.type = IPOIB_TRANSPORT_PATH;
	question->event.id = id;
	question->event.path.dgid = *dgid;
	question->event.path.sgid = *sgid;
	question->event.path.pkey = pkey;
	return 0;
}

int ipoib__sa_join(struct ipoib__sa_client *client, uint64_t id,
		   const struct ipoib_multicast_record *wanted, const struct ipoib_gid *port_gid)
{
	struct ipoib__sa_question *question;

	if (wanted->create && ipoib__mtu_from_octets(wanted->mtu) == 0)
		return -EINVAL;
	int status = question_new(&question, client, IPOIB__SA_KIND_JOIN, port_gid);
	if (status < 0)
		return status;
	question->event.type = IPOIB_TRANSPORT_JOIN;
	question->event.id = id;
	question->event.multicast = *wanted;
	return 0;
}

void ipoib__sa_leave(struct ipoib__sa_client *client, const struct ipoib_multicast_record *group,
		     const struct ipoib_gid *port_gid)
{
	struct ipoib__sa_question *question;

	if (question_new(&question, client, IPOIB__SA_KIND_LEAVE, port_gid) < 0) {
		client->counters.unasked_leaves++;
		return;
	}
	question->event.multicast = *group;
	question->event.multicast.create = 0;
}

static void cancel_in(struct ipoib__sa_client *client, struct ipoib__list *head, uint64_t id)
{
	struct ipoib__list *link, *following;

	ipoib__list_for_each_safe (link, following, head) {
		struct ipoib__sa_question *question = question_of(link);

		if (question->kind == IPOIB__SA_KIND_LEAVE || question->event.id != id)
			continue;
		if (head == &client->asked && question->sends > 0)
			client->in_flight--;
		question_free(client, question);
		client->deadline = 0; /* another question may take its place */
	}
}

void ipoib__sa_cancel(struct ipoib__sa_client *client, uint64_t id)
{
	cancel_in(client, &client->asked, id);
	cancel_in(client, &client->answered, id);
}

/* ---- answers ---- */

/* The question has its status; a leave has nobody who waits for it. */
static void question_end(struct ipoib__sa_client *client, struct ipoib__sa_question *question)
{
	ipoib__assert(question->sends > 0 && client->in_flight > 0);
	client->in_flight--;
	if (question->kind == IPOIB__SA_KIND_LEAVE) {
		question_free(client, question);
		return;
	}
	ipoib__list_remove(&question->link);
	ipoib__list_push_back(&client->answered, &question->link);
}

static struct ipoib__sa_question *question_for(struct ipoib__sa_client *client,
					       const struct ipoib__sa *response)
{
	struct ipoib__list *link, *following;

	ipoib__list_for_each_safe (link, following, &client->asked) {
		struct ipoib__sa_question *question = question_of(link);

		if (question->sends > 0 && ipoib__sa_question_matches(question, response))
			return question;
	}
	return NULL;
}

void ipoib__sa_receive(struct ipoib__sa_client *client, const void *mad, size_t length)
{
	struct ipoib__sa_question *question = NULL;
	struct ipoib__sa response;
	int headers = ipoib__sa_decode(&response, mad, length);

	if (headers >= 0)
		question = question_for(client, &response);
	if (question == NULL) {
		client->counters.stray++;
		return;
	}
	client->counters.answered++;
	ipoib__sa_question_answer(question, &response, (const uint8_t *)mad + headers,
				  length - (size_t)headers);
	question_end(client, question);
	client->deadline = 0;
}

bool ipoib__sa_answered(const struct ipoib__sa_client *client)
{
	return !ipoib__list_empty(&client->answered);
}

bool ipoib__sa_next(struct ipoib__sa_client *client, struct ipoib_transport_event *event)
{
	struct ipoib__list *link = ipoib__list_first(&client->answered);

	if (link == NULL)
		return false;
	*event = question_of(link)->event;
	question_free(client, question_of(link));
	return true;
}

/* ---- time ---- */

static uint64_t later(uint64_t now, uint64_t span)
{
	return now > IPOIB_NEVER - span ? IPOIB_NEVER : now + span;
}

/* When to look at it again; one that is sent late for the last time has a moment still. */
static uint64_t question_next(struct ipoib__sa_client *client,
			      const struct ipoib__sa_question *question, uint64_t limit,
			      uint64_t now)
{
	uint64_t spacing = limit / IPOIB__SA_SENDS;

	if (question->sends < IPOIB__SA_SENDS)
		return later(now,
			     ipoib__random_jitter(&client->random, spacing, IPOIB__SA_JITTER));
	return question->give_up > later(now, spacing / 2) ? question->give_up :
							     later(now, spacing / 2);
}

static void question_send(struct ipoib__sa_client *client, struct ipoib__sa_question *question,
			  uint64_t now)
{
	uint64_t limit =
		question->kind == IPOIB__SA_KIND_PATH ? IPOIB__SA_PATH_LIMIT : IPOIB__SA_JOIN_LIMIT;
	uint8_t mad[IPOIB__MAD_LENGTH];

	if (question->sends++ == 0) {
		client->in_flight++;
		question->give_up = later(now, limit);
	} else {
		client->counters.resent++;
	}
	question->next_send = question_next(client, question, limit, now);
	client->counters.sent++;
	ipoib__sa_question_encode(question, mad);
	client->emit(client->owner, mad);
}

/* Whether an older question about the same group has no answer yet. */
static bool group_is_busy(const struct ipoib__sa_client *client,
			  const struct ipoib__sa_question *question)
{
	const struct ipoib_gid *mgid = &question->event.multicast.mgid;

	if (question->kind == IPOIB__SA_KIND_PATH)
		return false;
	for (struct ipoib__list *link = client->asked.next; link != &question->link;
	     link = link->next) {
		const struct ipoib__sa_question *older = question_of(link);

		if (older->kind != IPOIB__SA_KIND_PATH &&
		    memcmp(&older->event.multicast.mgid, mgid, sizeof(*mgid)) == 0)
			return true;
	}
	return false;
}

/* Ends or sends one question; returns when it wants to be looked at again. */
static uint64_t question_expire(struct ipoib__sa_client *client,
				struct ipoib__sa_question *question, uint64_t now)
{
	if (question->sends == 0) {
		if (client->in_flight >= IPOIB__SA_IN_FLIGHT_MAX || group_is_busy(client, question))
			return IPOIB_NEVER; /* the end of another one calls it */
	} else if (question->next_send > now) {
		return question->next_send;
	} else if (question->sends >= IPOIB__SA_SENDS) {
		client->counters.timeouts++;
		question->event.status = -ETIMEDOUT;
		question_end(client, question);
		return 0; /* others may take its place */
	}
	question_send(client, question, now);
	return question->next_send;
}

void ipoib__sa_expire(struct ipoib__sa_client *client, uint64_t now)
{
	struct ipoib__list *link, *following;

	if (client->deadline > now)
		return;
	client->deadline = IPOIB_NEVER;
	ipoib__list_for_each_safe (link, following, &client->asked) {
		uint64_t due = question_expire(client, question_of(link), now);

		if (due < client->deadline)
			client->deadline = due;
	}
}

uint64_t ipoib__sa_deadline(const struct ipoib__sa_client *client)
{
	return client->deadline;
}

/* ---- the end ---- */

void ipoib__sa_farewell(struct ipoib__sa_client *client)
{
	struct ipoib__list *link, *following;

	ipoib__list_for_each_safe (link, following, &client->asked) {
		struct ipoib__sa_question *question = question_of(link);

		if (question->sends > 0)
			continue;
		/* Behind a join of the same group, if there is one: the SA takes them in order. */
		if (question->kind == IPOIB__SA_KIND_LEAVE &&
		    client->in_flight < IPOIB__SA_IN_FLIGHT_MAX)
			question_send(client, question, 0);
		else if (question->kind == IPOIB__SA_KIND_LEAVE)
			client->counters.unasked_leaves++;
	}
	ipoib__sa_fini(client);
}
