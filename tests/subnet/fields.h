/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* The records of the SA as lists of named fields, to be read from text and printed. */
#ifndef IPOIB_TESTS_SUBNET_FIELDS_H
#define IPOIB_TESTS_SUBNET_FIELDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "subnet/answers.h"
#include "wire/sa.h"
#include "wire/sa_class_port_info.h"
#include "wire/sa_mcmember.h"
#include "wire/sa_path.h"

union record {
	struct ipoib__sa_path path;
	struct ipoib__sa_mcmember member;
	struct ipoib__sa_class_port_info info;
};

struct record_kind {
	const char *name;
	uint16_t attribute;
	const struct field *fields; /* one without a name ends them */
	int (*encode)(void *bytes, size_t room, const union record *record);
	int (*decode)(union record *record, const void *bytes, size_t length);
};

/* NULL: none of this name. */
const struct record_kind *record_kind_named(const char *name);
/* Sets "FIELD=VALUE". false: no such field, or no such value. */
bool record_set(const struct record_kind *kind, union record *record, const char *assignment,
		const struct answerer *answerer);
/* Prints every field, each as "NAME.FIELD VALUE". */
void record_print(const struct record_kind *kind, const union record *record, const char *name,
		  const struct answerer *answerer);

#endif
