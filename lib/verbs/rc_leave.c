/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Connections that the user has destroyed: the queue pair has ended, and the farewell is waited
 * for. rc_parts.h has the story.
 */
#include "verbs/rc.h"
#include "verbs/rc_parts.h"

/* From a link that is back to the addresses of its network device. */
#define FAREWELL_NS UINT64_C(3000000000)

static void end_farewell(struct ipoib__verbs_rc *rc)
{
	if (ipoib__list_is_linked(&rc->link)) {
		ipoib__list_remove(&rc->link);
		rc->verbs->rcs->leaving_count--;
	}
	if (rc->id != NULL)
		(void)rdma_destroy_id(rc->id);
	rc->id = NULL;
	ipoib__verbs_rc_free(rc);
}

/* Any event is the answer to the farewell, or the end of waiting for it. */
static void farewell_handle(struct ipoib__verbs_cm *cm, const struct rdma_cm_event *event)
{
	(void)event;
	end_farewell(ipoib__container_of(cm, struct ipoib__verbs_rc, cm));
}

/* Whether there is something to wait for: the answer to a farewell, or the link. */
static bool has_to_wait(struct ipoib__verbs_rc *rc)
{
	rc->silent = rc->verbs->port.state != IPOIB_PORT_ACTIVE;
	return rc->silent || (rc->was_up && rdma_disconnect(rc->id) == 0);
}

/* A connection that was never up says no farewell: ending its id refuses what was asked for. */
static void begin_farewell(struct ipoib__verbs_rc *rc)
{
	struct ipoib__verbs_rc_set *set = rc->verbs->rcs;

	if (rc->id == NULL || rc->verbs->gone || !has_to_wait(rc)) {
		end_farewell(rc);
		return;
	}
	if (set->leaving_count >= IPOIB__VERBS_LEAVING_MAX)
		end_farewell(ipoib__container_of(ipoib__list_first(&set->leaving),
						 struct ipoib__verbs_rc, link));
	rc->cm.handle = farewell_handle;
	ipoib__list_push_back(&set->leaving, &rc->link);
	set->leaving_count++;
}

void ipoib__verbs_rc_destroy(struct ipoib__verbs *verbs, void *self)
{
	struct ipoib__verbs_rc *rc = self;

	(void)verbs;
	ipoib__verbs_rc_end_queue_pair(rc);
	begin_farewell(rc);
}

void ipoib__verbs_rc_leaving_end(struct ipoib__verbs *verbs)
{
	struct ipoib__list *first;

	while ((first = ipoib__list_first(&verbs->rcs->leaving)) != NULL)
		end_farewell(ipoib__container_of(first, struct ipoib__verbs_rc, link));
}

/* ---- the link was down ---- */

void ipoib__verbs_rc_leaving_port(struct ipoib__verbs *verbs)
{
	struct ipoib__verbs_rc_set *set = verbs->rcs;

	set->link_back =
		verbs->port.state == IPOIB_PORT_ACTIVE && !ipoib__list_empty(&set->leaving);
	set->farewell_at = 0;
}

/* The link is back: the farewells that could not be said are said now. */
static void say_farewells(struct ipoib__verbs *verbs)
{
	struct ipoib__list *at, *next, *leaving = &verbs->rcs->leaving;

	ipoib__list_for_each_safe (at, next, leaving) {
		struct ipoib__verbs_rc *rc = ipoib__container_of(at, struct ipoib__verbs_rc, link);

		if (!rc->silent)
			continue;
		rc->silent = false;
		if (!rc->was_up || rdma_disconnect(rc->id) != 0)
			end_farewell(rc);
	}
}

void ipoib__verbs_rc_process(struct ipoib__verbs *verbs, uint64_t now)
{
	struct ipoib__verbs_rc_set *set = verbs->rcs;

	if (!set->link_back)
		return; /* all other timers are the kernel's: they end in events of the ids */
	if (set->farewell_at == 0)
		set->farewell_at = now + FAREWELL_NS;
	if (now < set->farewell_at)
		return;
	set->link_back = false;
	say_farewells(verbs);
}
