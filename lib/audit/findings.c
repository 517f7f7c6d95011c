/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "audit/findings.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/assert.h"

/* The longest sentence has 400 octets; a name in it up to 127. */
#define PIECE_ROOM 1024

void ipoib__audit_findings_init(struct ipoib__audit_findings *list, struct ipoib__memory *memory)
{
	*list = (struct ipoib__audit_findings){ .memory = memory };
}

void ipoib__audit_findings_end(struct ipoib__audit_findings *list)
{
	for (size_t i = 0; i < list->count; i++) {
		ipoib__audit_text_end(&list->entries[i].text);
		ipoib__audit_text_end(&list->entries[i].remedy);
	}
	ipoib__memory_put(list->memory, list->entries, list->room * sizeof(*list->entries));
	ipoib__audit_findings_init(list, list->memory);
}

static bool grow(struct ipoib__audit_findings *list)
{
	size_t room = list->room ? 2 * list->room : 16;
	void *entries = ipoib__memory_get_array(list->memory, room, sizeof(*list->entries));

	if (!entries)
		return false;
	if (list->count > 0)
		memcpy(entries, list->entries, list->count * sizeof(*list->entries));
	ipoib__memory_put(list->memory, list->entries, list->room * sizeof(*list->entries));
	list->entries = entries;
	list->room = room;
	return true;
}

static void format_piece(char piece[PIECE_ROOM], const char *format, va_list arguments)
	IPOIB__PRINTF(2, 0);

static void format_piece(char piece[PIECE_ROOM], const char *format, va_list arguments)
{
	int length = vsnprintf(piece, PIECE_ROOM, format, arguments);

	ipoib__assert(length >= 0 && length < PIECE_ROOM);
}

void ipoib__audit_found(struct ipoib__audit_findings *list, uint32_t severity, const char *id,
			const char *subject, const char *format, ...)
{
	char piece[PIECE_ROOM];
	va_list arguments;

	va_start(arguments, format);
	format_piece(piece, format, arguments);
	va_end(arguments);
	if (list->failed || (list->count == list->room && !grow(list))) {
		list->failed = true;
		return;
	}

	struct ipoib__audit_entry *entry = &list->entries[list->count++];

	ipoib__assert(strlen(subject) < sizeof(entry->subject));
	entry->severity = severity;
	entry->id = id;
	memcpy(entry->subject, subject, strlen(subject) + 1);
	ipoib__audit_text_init(&entry->text, list->memory);
	ipoib__audit_text_init(&entry->remedy, list->memory);
	ipoib__audit_text_add(&entry->text, "%s", piece);
}

void ipoib__audit_say(struct ipoib__audit_findings *list, const char *format, ...)
{
	char piece[PIECE_ROOM];
	va_list arguments;

	va_start(arguments, format);
	format_piece(piece, format, arguments);
	va_end(arguments);
	if (!list->failed)
		ipoib__audit_text_add(&list->entries[list->count - 1].text, "%s", piece);
}

void ipoib__audit_mend(struct ipoib__audit_findings *list, const char *format, ...)
{
	char piece[PIECE_ROOM];
	va_list arguments;

	va_start(arguments, format);
	format_piece(piece, format, arguments);
	va_end(arguments);
	if (list->failed)
		return;

	struct ipoib__audit_text *remedy = &list->entries[list->count - 1].remedy;

	ipoib__audit_text_add(remedy, "%s", piece);
	ipoib__audit_text_add(remedy, "\n");
}

static int compare(const struct ipoib__audit_entry *a, const struct ipoib__audit_entry *b)
{
	if (a->severity != b->severity)
		return a->severity > b->severity ? -1 : 1;

	int order = strcmp(a->subject, b->subject);

	if (order == 0)
		order = strcmp(a->id, b->id);
	return order != 0 ? order : strcmp(a->text.at, b->text.at);
}

static void exchange(struct ipoib__audit_entry *a, struct ipoib__audit_entry *b)
{
	struct ipoib__audit_entry c = *a;

	*a = *b;
	*b = c;
}

static void sift(struct ipoib__audit_entry *at, size_t root, size_t count)
{
	for (size_t child; (child = 2 * root + 1) < count; root = child) {
		if (child + 1 < count && compare(&at[child + 1], &at[child]) > 0)
			child++;
		if (compare(&at[root], &at[child]) >= 0)
			return;
		exchange(&at[root], &at[child]);
	}
}

int ipoib__audit_findings_finish(struct ipoib__audit_findings *list)
{
	if (list->failed)
		return -ENOMEM;
	for (size_t i = 0; i < list->count; i++)
		if (list->entries[i].text.failed || list->entries[i].remedy.failed)
			return -ENOMEM;
	for (size_t i = list->count / 2; i > 0; i--)
		sift(list->entries, i - 1, list->count);
	for (size_t i = list->count; i > 1; i--) {
		exchange(&list->entries[0], &list->entries[i - 1]);
		sift(list->entries, 0, i - 1);
	}
	return 0;
}
