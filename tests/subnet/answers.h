/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Asks a subnet administrator what questions.txt lists, in its order, and prints the answers field
 * by field: "NAME.FIELD VALUE". GIDs and LIDs are printed as the names of their hosts, so that two
 * subnets can be compared. Each administrator has a program of its own, which brings a struct
 * answerer: answers_mock.c the one of lib/mock, answers_opensm.c the real one.
 */
#ifndef IPOIB_TESTS_SUBNET_ANSWERS_H
#define IPOIB_TESTS_SUBNET_ANSWERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <ipoib/types.h>

#include "wire/mad.h"

/* Hosts that questions may name, from host1, which asks. */
#define ANSWERS_HOSTS 4

struct answerer {
	struct ipoib_gid gid[ANSWERS_HOSTS];
	uint16_t lid[ANSWERS_HOSTS];
	/* The length of the answer, a MAD at most; 0: there is none. */
	size_t (*ask)(const uint8_t mad[IPOIB__MAD_LENGTH], uint8_t answer[IPOIB__MAD_LENGTH]);
};

/* Reads the questions, asks, and prints. 0; 1 when the file is not understood. */
int answers_run(const struct answerer *answerer, const char *questions);

#endif
