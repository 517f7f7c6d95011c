/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Questions to the SA of a fabric as bare MADs, past the SA client. */
#ifndef IPOIB_TESTS_MOCK_ASKER_H
#define IPOIB_TESTS_MOCK_ASKER_H

#include "mock/fabric.h"
#include "mock/fixture.h"
#include "wire/sa.h"
#include "wire/sa_mcmember.h"

/* No answer came. */
#define ASKER_SILENCE 0xffff

/* Two hosts; the first one asks, and its answers are not the SA client's. */
extern struct ipoib_fabric *asker_fabric;
extern struct node asker_a, asker_b;
/* The last answer. */
extern uint8_t asker_reply[IPOIB__MAD_LENGTH];

void asker_setup(void);
void asker_teardown(void);

/* Asks, and returns the status of the answer, or ASKER_SILENCE. */
uint16_t asker_ask(uint8_t method, uint16_t attribute, uint64_t mask, const void *data,
		   size_t length);

/* The masks with which Linux's IPoIB joins a group that is there, and makes one. */
#define ASKER_JOIN   UINT64_C(0x10083)
#define ASKER_CREATE UINT64_C(0x173f7)

/* Asks about a group; the group of the last answer. */
uint16_t asker_group(uint8_t method, uint64_t mask, const struct ipoib__sa_mcmember *member);
struct ipoib__sa_mcmember asker_replied_group(void);
/* The broadcast group, joined by the first host as a full member; another group of the link. */
struct ipoib__sa_mcmember asker_broadcast(void);
struct ipoib__sa_mcmember asker_new_group(void);

#endif
