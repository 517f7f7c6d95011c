/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Events of the interfaces in words, on standard error: who, which port, what to do about it. */
#ifndef EXAMPLES_TUN_EVENTS_H
#define EXAMPLES_TUN_EVENTS_H

#include <stddef.h>

struct ipoib_event;
struct tun_port;

/*
 * Says what an administrator should hear at once; the rest is for `ipoib-ctl monitor`. The ports
 * are all there are, for events in which two of them meet.
 */
void tun_events_report(const struct tun_port *port, const struct ipoib_event *event,
		       const struct tun_port *ports, size_t count);

#endif
