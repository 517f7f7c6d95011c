/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Questions to the SA of a fabric as bare MADs, past the SA client. */
#ifndef IPOIB_TESTS_MOCK_ASKER_H
#define IPOIB_TESTS_MOCK_ASKER_H

#include "mock/fabric.h"
#include "mock/fixture.h"
#include "wire/sa.h"

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

#endif
