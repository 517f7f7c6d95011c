/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* A neighbour that is held, and what its callback is told and does. */
#ifndef IPOIB_TESTS_INTERFACE_HANDLES_RIG_H
#define IPOIB_TESTS_INTERFACE_HANDLES_RIG_H

#include "interface/bench.h"

extern struct ipoib_neighbour *held;
extern struct ipoib_resolution last; /* that was told */
extern unsigned told;

/* What the callback does, besides taking note. */
enum handles_rig_does { HANDLES_NOTHING, HANDLES_UNREF, HANDLES_GET, HANDLES_CLOSE };
extern enum handles_rig_does does;

/* The bench is up, and nothing is held. */
void handles_up(const struct ipoib_interface_config *config);
int handles_get(const char *text);
/* What is known of the one that is held. */
int handles_status(void);
void handles_end(void);

#endif
