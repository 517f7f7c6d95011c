/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * A line of questions.txt:
 *
 *	NAME METHOD RECORD mask=MASK FIELD=VALUE ...
 *
 * METHOD is get, table, set or delete, RECORD one of fields.c. A GID or LID may be host1 ... host4.
 */
#include "subnet/answers.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "subnet/fields.h"

#define LINE_ROOM  512
#define WORD_BREAK " \t\n"
/* Of an RMPP segment's length, the SA's header. */
#define SA_HEADER_IN_RMPP 20

struct question {
	const char *name;
	const struct record_kind *kind;
	struct ipoib__sa sa;
	union record record;
};

static bool method_named(uint8_t *method, const char *name)
{
	static const struct {
		const char *name;
		uint8_t method;
	} methods[] = {
		{ "get", IPOIB__MAD_GET },
		{ "table", IPOIB__MAD_GET_TABLE },
		{ "set", IPOIB__MAD_SET },
		{ "delete", IPOIB__MAD_DELETE },
	};

	for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++) {
		if (strcmp(methods[i].name, name) == 0) {
			*method = methods[i].method;
			return true;
		}
	}
	return false;
}

/* Cuts the line. false: it is not understood. */
static bool question_read(struct question *out, char *line, const struct answerer *answerer)
{
	const char *method, *kind;

	*out = (struct question){ .name = strtok(line, WORD_BREAK) };
	method = strtok(NULL, WORD_BREAK);
	kind = strtok(NULL, WORD_BREAK);
	if (kind == NULL || !method_named(&out->sa.mad.method, method))
		return false;
	out->kind = record_kind_named(kind);
	if (out->kind == NULL)
		return false;
	out->sa.mad.attribute = out->kind->attribute;
	for (const char *word; (word = strtok(NULL, WORD_BREAK)) != NULL;) {
		if (strncmp(word, "mask=", 5) == 0)
			out->sa.component_mask = strtoull(word + 5, NULL, 0);
		else if (!record_set(out->kind, &out->record, word, answerer))
			return false;
	}
	return true;
}

static bool question_encode(struct question *question, uint8_t mad[IPOIB__MAD_LENGTH],
			    uint32_t number)
{
	uint8_t data[IPOIB__SA_DATA_LENGTH];
	int length = 0;

	if (question->kind->encode != NULL)
		length = question->kind->encode(data, sizeof(data), &question->record);
	question->sa.mad.transaction = number;
	return length >= 0 && ipoib__sa_encode(mad, IPOIB__MAD_LENGTH, &question->sa, data,
					       (size_t)length) > 0;
}

/* How many records a table has, by what its first segment says. */
static void print_table(const char *name, const struct ipoib__sa *sa)
{
	unsigned size = sa->attribute_offset * 8u;
	uint32_t length = sa->rmpp.length;

	printf("%s.attribute_offset %u\n", name, sa->attribute_offset);
	if (sa->rmpp.segment == 1 && size > 0 && length >= SA_HEADER_IN_RMPP)
		printf("%s.first_has %u\n", name, (length - SA_HEADER_IN_RMPP) / size);
}

static void answer_print(const struct question *question, const uint8_t *answer, size_t length,
			 const struct answerer *answerer)
{
	const char *name = question->name;
	union record record;
	struct ipoib__sa sa;
	int headers = ipoib__sa_decode(&sa, answer, length);

	if (length == 0) {
		printf("%s.answer none\n", name);
		return;
	}
	if (headers < 0 || (uint32_t)sa.mad.transaction != question->sa.mad.transaction) {
		printf("%s.answer strange\n", name);
		return;
	}
	printf("%s.method 0x%02x\n", name, sa.mad.method);
	printf("%s.status 0x%04x\n", name, sa.mad.status);
	if (sa.mad.status != 0)
		return;
	if (sa.mad.method == IPOIB__MAD_GET_TABLE_RESPONSE)
		print_table(name, &sa);
	else if (question->kind->decode != NULL &&
		 question->kind->decode(&record, answer + headers, length - (size_t)headers) > 0)
		record_print(question->kind, &record, name, answerer);
}

int answers_run(const struct answerer *answerer, const char *questions)
{
	uint8_t mad[IPOIB__MAD_LENGTH], answer[IPOIB__MAD_LENGTH];
	FILE *file = fopen(questions, "r");
	char line[LINE_ROOM];
	int status = file == NULL;

	for (uint32_t number = 1; status == 0; number++) {
		struct question question;

		if (fgets(line, sizeof(line), file) == NULL)
			break;
		if (line[strspn(line, WORD_BREAK)] == '\0' || line[0] == '#')
			continue;
		if (!question_read(&question, line, answerer) ||
		    !question_encode(&question, mad, number)) {
			fprintf(stderr, "%s:%u: not understood\n", questions, number);
			status = 1;
			break;
		}
		size_t length = answerer->ask(mad, answer);
		answer_print(&question, answer, length, answerer);
	}
	if (file != NULL)
		fclose(file);
	return status;
}
