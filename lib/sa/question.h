/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * One question to the SA as a MAD, and what its answer means. Pure functions: when to send is
 * client.c's.
 */
#ifndef IPOIB__SA_QUESTION_H
#define IPOIB__SA_QUESTION_H

#include "sa/sa.h"
#include "wire/sa.h"

enum ipoib__sa_kind {
	IPOIB__SA_KIND_PATH = 1,
	IPOIB__SA_KIND_JOIN,
	IPOIB__SA_KIND_LEAVE,
};

struct ipoib__sa_question {
	struct ipoib__list link;
	enum ipoib__sa_kind kind;
	uint32_t transaction;
	unsigned sends;	    /* 0: it waits */
	uint64_t next_send; /* or, after the last send, give_up */
	uint64_t give_up;   /* when its time is over, from its first send on */
	struct ipoib_gid port_gid;
	/* path or multicast: what is wanted; after the answer what was answered */
	struct ipoib_transport_event event;
};

/* Writes the question as a whole MAD. */
void ipoib__sa_question_encode(const struct ipoib__sa_question *question,
			       uint8_t mad[IPOIB__MAD_LENGTH]);

/* Whether a MAD is the response to the question, whatever it says. */
bool ipoib__sa_question_matches(const struct ipoib__sa_question *question,
				const struct ipoib__sa *response);

/*
 * Reads the response into question->event: the record and the status, which is one of
 * struct ipoib_transport_event's.
 */
void ipoib__sa_question_answer(struct ipoib__sa_question *question,
			       const struct ipoib__sa *response, const void *data, size_t length);

#endif
