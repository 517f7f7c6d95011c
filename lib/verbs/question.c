/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "verbs/question.h"

#include <errno.h>

#include "verbs/verbs.h"

struct ipoib__verbs_question *ipoib__verbs_ask(struct ipoib__verbs *verbs, uint32_t type,
					       uint64_t id, int *status)
{
	struct ipoib__verbs_question *question;

	*status = -EAGAIN;
	if (verbs->questions >= IPOIB__VERBS_QUESTIONS_MAX)
		return NULL;
	*status = -ENOMEM;
	question = ipoib__memory_get(&verbs->memory, sizeof(*question));
	if (question == NULL)
		return NULL;
	*status = 0;
	question->verbs = verbs;
	question->event.type = type;
	question->event.id = id;
	ipoib__list_init(&question->link);
	ipoib__list_push_back(&verbs->asked, &question->link);
	verbs->questions++;
	return question;
}

static void end_id(struct ipoib__verbs_question *question)
{
	if (question->id != NULL)
		(void)rdma_destroy_id(question->id);
	question->id = NULL;
}

static struct ipoib__verbs_question *question_find(const struct ipoib__list *questions, uint64_t id)
{
	for (struct ipoib__list *at = questions->next; at != questions; at = at->next) {
		struct ipoib__verbs_question *question =
			ipoib__container_of(at, struct ipoib__verbs_question, link);

		if (question->event.id == id)
			return question;
	}
	return NULL;
}

struct ipoib__verbs_question *ipoib__verbs_asked(const struct ipoib__verbs *verbs, uint64_t id)
{
	return question_find(&verbs->asked, id);
}

void ipoib__verbs_answer(struct ipoib__verbs_question *question)
{
	struct ipoib__verbs *verbs = question->verbs;

	end_id(question);
	ipoib__list_remove(&question->link);
	ipoib__list_push_back(&verbs->answered, &question->link);
	ipoib__verbs_wake(verbs);
}

static void question_end(struct ipoib__verbs_question *question)
{
	struct ipoib__verbs *verbs = question->verbs;

	end_id(question);
	ipoib__list_remove(&question->link);
	verbs->questions--;
	ipoib__memory_put(&verbs->memory, question, sizeof(*question));
}

bool ipoib__verbs_next_answer(struct ipoib__verbs *verbs, struct ipoib_transport_event *event)
{
	struct ipoib__list *first = ipoib__list_first(&verbs->answered);
	struct ipoib__verbs_question *question;

	if (first == NULL)
		return false;
	question = ipoib__container_of(first, struct ipoib__verbs_question, link);
	*event = question->event;
	question_end(question);
	return true;
}

bool ipoib__verbs_take_back(struct ipoib__verbs *verbs, uint64_t id)
{
	struct ipoib__verbs_question *question = question_find(&verbs->asked, id);

	if (question == NULL)
		question = question_find(&verbs->answered, id);
	if (question != NULL)
		question_end(question);
	return question != NULL;
}

static void questions_end(struct ipoib__list *questions)
{
	struct ipoib__list *first;

	while ((first = ipoib__list_first(questions)) != NULL)
		question_end(ipoib__container_of(first, struct ipoib__verbs_question, link));
}

void ipoib__verbs_questions_end(struct ipoib__verbs *verbs)
{
	questions_end(&verbs->asked);
	questions_end(&verbs->answered);
}
