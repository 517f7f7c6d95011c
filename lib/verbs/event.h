/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* What a device tells beside completions. */
#ifndef IPOIB__VERBS_EVENT_H
#define IPOIB__VERBS_EVENT_H

#include <stdint.h>

struct ipoib__verbs;

/* Takes asynchronous events, and looks for changes that cause none. */
void ipoib__verbs_events(struct ipoib__verbs *verbs, uint64_t now);
/* The device is gone for good: ends what is on it, and tells so once. */
void ipoib__verbs_gone(struct ipoib__verbs *verbs);

#endif
