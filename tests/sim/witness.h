/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The witness: between the library and its transport, it sees what is really posted, and fails
 * the test for a packet that is longer than its queue pair takes (I3).
 */
#ifndef IPOIB_TESTS_WITNESS_H
#define IPOIB_TESTS_WITNESS_H

#include "sim/world.h"

void witness_put(struct host *host);
/* Posts seen since the program began. */
uint64_t witness_count(void);

#endif
