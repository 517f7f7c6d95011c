/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "audit/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/assert.h"

/* The longest sentence of the rules has 350 octets, the names in it 15 each. */
#define PIECE_MAX 1024
#define ROOM_FIRST 512

void ipoib__audit_text_init(struct ipoib__audit_text *text, struct ipoib__memory *memory)
{
	*text = (struct ipoib__audit_text){ .memory = memory };
}

void ipoib__audit_text_end(struct ipoib__audit_text *text)
{
	ipoib__memory_put(text->memory, text->at, text->room);
	ipoib__audit_text_init(text, text->memory);
}

static bool grow(struct ipoib__audit_text *text, size_t more)
{
	size_t room = text->room ? text->room : ROOM_FIRST;

	while (room < text->length + more + 1)
		room *= 2;
	if (room == text->room)
		return true;

	char *at = ipoib__memory_get(text->memory, room);

	if (!at)
		return false;
	if (text->length > 0)
		memcpy(at, text->at, text->length);
	ipoib__memory_put(text->memory, text->at, text->room);
	text->at = at;
	text->room = room;
	return true;
}

void ipoib__audit_text_add(struct ipoib__audit_text *text, const char *format, ...)
{
	char piece[PIECE_MAX];
	va_list arguments;

	va_start(arguments, format);
	int length = vsnprintf(piece, sizeof(piece), format, arguments);
	va_end(arguments);
	ipoib__assert(length >= 0 && (size_t)length < sizeof(piece));

	if (text->failed || !grow(text, (size_t)length)) {
		text->failed = true;
		return;
	}
	memcpy(text->at + text->length, piece, (size_t)length + 1);
	text->length += (size_t)length;
}
