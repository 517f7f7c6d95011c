/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* What happens, as lines of the streams of the control socket. */
#ifndef EXAMPLES_TUN_JSON_EVENTS_H
#define EXAMPLES_TUN_JSON_EVENTS_H

#include <jansson.h>

struct ipoib_event;
struct ipoib_neighbour_change;
struct tun_port;

/* Topics of streams. */
#define TUN_TOPIC_EVENTS 1u     /* what interfaces tell */
#define TUN_TOPIC_NEIGHBOURS 2u /* changes of their neighbour tables */

/* Members that an event does not speak of are left out. NULL without memory. */
json_t *tun_json_event(const struct tun_port *port, const struct ipoib_event *event);
json_t *tun_json_change(const struct tun_port *port, const struct ipoib_neighbour_change *change);

#endif
