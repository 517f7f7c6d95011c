/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The transport takes so many questions to the SA and no more, and all interfaces of the port ask
 * by it. What it does not take now (-EAGAIN) is no failure: the interface gets in line, and while
 * there is a line each interface asks one question when its turn comes (round-robin).
 */
#include "interface/interface.h"

#include <errno.h>

/* Room may come without an event of ours: another question was taken back. */
#define RETRY_NS UINT64_C(10000000)

/* Of an id: what paths and groups number their questions with. */
#define QUESTION_BITS 39
/* Joins and path queries are numbered by two modules, and must not have an id in common. */
#define QUESTION_JOIN (UINT64_C(1) << QUESTION_BITS)
_Static_assert(IPOIB__NUMBER_BITS + 1 + QUESTION_BITS == 64, "an id is made of these");
_Static_assert(sizeof(((struct ipoib__paths *)0)->next_question) * 8 <= QUESTION_BITS &&
		       sizeof(((struct ipoib__groups *)0)->next_question) * 8 <= QUESTION_BITS,
	       "a question's number is not cut");

uint64_t ipoib__question_id(const struct ipoib_interface *interface, bool join, uint64_t question)
{
	return (uint64_t)interface->number << (QUESTION_BITS + 1) | (join ? QUESTION_JOIN : 0) |
	       question;
}

/* Whether an answer is to a question of this interface; of its id is left what the module knows. */
bool ipoib__question_ours(const struct ipoib_interface *interface, uint64_t id, uint64_t *question)
{
	*question = id & (QUESTION_JOIN - 1);
	return id >> (QUESTION_BITS + 1) == interface->number;
}

static void wait(struct ipoib_interface *interface)
{
	struct ipoib_transport *transport = interface->transport;
	struct ipoib_context *context = interface->context;

	transport->asker_refused = true;
	if (!ipoib__list_is_linked(&interface->asking))
		ipoib__list_push_back(&transport->askers, &interface->asking);
	if (!ipoib__timer_armed(&transport->askers_timer))
		ipoib__wheel_arm(&context->wheel, &transport->askers_timer,
				 context->last + RETRY_NS);
}

/* Whether the interface may ask now; else it is in line, and asking is answered -EAGAIN. */
bool ipoib__ask_turn(struct ipoib_interface *interface)
{
	const struct ipoib_transport *transport = interface->transport;

	if (ipoib__list_empty(&transport->askers) || transport->asker == interface)
		return true;
	wait(interface);
	return false;
}

/* What the transport said to a question. */
int ipoib__ask_result(struct ipoib_interface *interface, int status)
{
	if (status == -EAGAIN)
		wait(interface);
	return status;
}

/* Joins come first: paths are of no use to a link that is down. */
static bool ask_one(struct ipoib_transport *transport, struct ipoib_interface *interface,
		    uint64_t now)
{
	bool asked;

	transport->asker = interface;
	transport->asker_refused = false;
	asked = ipoib__groups_ask(&interface->groups, 1, now) > 0 ||
		(!transport->asker_refused && ipoib__paths_ask(&interface->paths, 1, now) > 0);
	transport->asker = NULL;
	return asked;
}

/* Lets those in line ask, one question each in turn, until there is no room or no question left. */
void ipoib__ask_waiting(struct ipoib_transport *transport, uint64_t now)
{
	struct ipoib__list *first;

	while ((first = ipoib__list_first(&transport->askers)) != NULL) {
		struct ipoib_interface *interface =
			ipoib__container_of(first, struct ipoib_interface, asking);
		bool asked = !interface->closed && ask_one(transport, interface, now);

		if (!asked && !interface->closed && transport->asker_refused)
			return;
		ipoib__list_remove(first);
		if (asked)
			ipoib__list_push_back(&transport->askers, first);
	}
}

void ipoib__ask_due(struct ipoib__timer *timer, uint64_t now)
{
	struct ipoib_transport *transport =
		ipoib__container_of(timer, struct ipoib_transport, askers_timer);

	ipoib__ask_waiting(transport, now);
	if (!ipoib__list_empty(&transport->askers) && !ipoib__timer_armed(timer))
		ipoib__wheel_arm(&transport->context->wheel, timer, now + RETRY_NS);
}
