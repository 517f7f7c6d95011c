/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Questions to the kernel, for paths and groups: each is answered by one event of the transport.
 * The memory of the answer is got when it is asked, so that an answer is never lost.
 */
#ifndef IPOIB__VERBS_QUESTION_H
#define IPOIB__VERBS_QUESTION_H

#include <stdbool.h>
#include <stdint.h>

#include <ipoib/transport.h>

#include "base/list.h"
#include "verbs/cm.h"

/* Questions whose answer was not taken: as many as the SA client has. */
#define IPOIB__VERBS_QUESTIONS_MAX 128

struct ipoib__verbs;

/* A question and its answer. */
struct ipoib__verbs_question {
	struct ipoib__list link; /* of asked or answered */
	struct ipoib__verbs_cm cm;
	struct ipoib__verbs *verbs;
	struct rdma_cm_id *id; /* NULL: nothing to wait for */
	struct ipoib_transport_event event;
};

/* Memory for a question; NULL, and *status, when there is none or there are too many. */
struct ipoib__verbs_question *ipoib__verbs_ask(struct ipoib__verbs *verbs, uint32_t type,
					       uint64_t id, int *status);
/* The question of this number that is not answered yet; NULL: there is none. */
struct ipoib__verbs_question *ipoib__verbs_asked(const struct ipoib__verbs *verbs, uint64_t id);
/* The answer stands in question->event. */
void ipoib__verbs_answer(struct ipoib__verbs_question *question);
/* Takes the oldest answer, if there is one. */
bool ipoib__verbs_next_answer(struct ipoib__verbs *verbs, struct ipoib_transport_event *event);
/* Takes a question back, answered or not. Whether there was one of this number. */
bool ipoib__verbs_take_back(struct ipoib__verbs *verbs, uint64_t id);
/* Takes all of them back. */
void ipoib__verbs_questions_end(struct ipoib__verbs *verbs);

#endif
