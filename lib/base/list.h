/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * An intrusive, circular, doubly linked list. The head is a node without an object around it; an
 * empty list is a head that points at itself, and so does a node that is on no list. A node is
 * initialised once and is then always either on one list or linked to itself: removing it twice
 * does no harm.
 *
 *	head <-> first <-> ... <-> last <-> head
 */
#ifndef IPOIB__BASE_LIST_H
#define IPOIB__BASE_LIST_H

#include <stdbool.h>
#include <stddef.h>

#include "base/assert.h"

struct ipoib__list {
	struct ipoib__list *next;
	struct ipoib__list *prev;
};

/* The object of which *pointer is the member of that name. */
#define ipoib__container_of(pointer, type, member) \
	((type *)(void *)((char *)(pointer)-offsetof(type, member)))

/*
 * Visits each node; next is the caller's second variable. The body may remove pos, and only pos.
 * Where a callback might remove others, move the nodes to a private list and pop them one by one
 * instead.
 */
#define ipoib__list_for_each_safe(pos, following, head)                     \
	for ((pos) = (head)->next, (following) = (pos)->next; (pos) != (head); \
	     (pos) = (following), (following) = (pos)->next)

static inline void ipoib__list_init(struct ipoib__list *list)
{
	list->next = list;
	list->prev = list;
}

/* Whether a head has no nodes. */
static inline bool ipoib__list_empty(const struct ipoib__list *head)
{
	return head->next == head;
}

/* Whether a node is on a list. */
static inline bool ipoib__list_is_linked(const struct ipoib__list *node)
{
	return node->next != node;
}

static inline void ipoib__list_push_back(struct ipoib__list *head, struct ipoib__list *node)
{
	ipoib__assert(!ipoib__list_is_linked(node));
	node->prev = head->prev;
	node->next = head;
	head->prev->next = node;
	head->prev = node;
}

static inline void ipoib__list_push_front(struct ipoib__list *head, struct ipoib__list *node)
{
	ipoib__list_push_back(head->next, node); /* before the first is after the head */
}

/* Takes a node off its list, if it is on one, and leaves it linked to itself. */
static inline void ipoib__list_remove(struct ipoib__list *node)
{
	node->prev->next = node->next;
	node->next->prev = node->prev;
	ipoib__list_init(node);
}

/* The first node, or NULL. */
static inline struct ipoib__list *ipoib__list_first(const struct ipoib__list *head)
{
	return ipoib__list_empty(head) ? NULL : head->next;
}

/* Takes the first node off the list; NULL when there is none. */
static inline struct ipoib__list *ipoib__list_pop_front(struct ipoib__list *head)
{
	struct ipoib__list *node = ipoib__list_first(head);

	if (node)
		ipoib__list_remove(node);
	return node;
}

/* Moves all nodes of one list, in order, to the end of another. */
static inline void ipoib__list_splice(struct ipoib__list *head, struct ipoib__list *from)
{
	ipoib__assert(head != from);
	if (ipoib__list_empty(from))
		return;

	from->next->prev = head->prev;
	from->prev->next = head;
	head->prev->next = from->next;
	head->prev = from->prev;
	ipoib__list_init(from);
}

#endif
