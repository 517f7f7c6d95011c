/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Three hosts on a fabric in virtual time, in a state in which the library has something to tell of
 * everything: a neighbour that is said to be elsewhere, a path, a connection, a packet that did not
 * arrive.
 */
#ifndef IPOIB_TESTS_SCENE_H
#define IPOIB_TESTS_SCENE_H

#include <stddef.h>
#include <stdint.h>

#include <ipoib/ipoib.h>
#include <ipoib/mock.h>
#include <ipoib/transport.h>

extern struct scene {
	struct ipoib_fabric *fabric;
	struct ipoib_context *context;
	struct ipoib_transport *transport;
	struct ipoib_interface *interface;
	struct ipoib_binding *binding;
	struct ipoib_capture *capture;
	struct ipoib_audit *audit;
	struct ipoib_ip other; /* the neighbour */
	size_t event, change, undelivered; /* sizes that callbacks were told */
} scene;

/* What may be given to the library on that scene. */
extern struct ipoib_interface_config scene_second;
extern struct ipoib_region_config scene_region;
extern const struct ipoib_capture_config scene_capture;
extern const struct ipoib_capture_packet scene_packet;
extern const struct ipoib_transport_ops scene_ops;
/* An IGMP report of one group. */
extern const uint8_t scene_report[32];

void scene_open(const char *audit_root);
void scene_close(void);

#endif
