/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* The command line of ipoib-tun. */
#ifndef EXAMPLES_TUN_OPTIONS_H
#define EXAMPLES_TUN_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <ipoib/interface.h>

#include "options.h"
#include "tun_device.h"

/* More rails than any host has; the command line would be hard to read with more. */
#define TUN_INTERFACES_MAX 16
/* Fewer than ipoib_binding_open() takes, and more than a command line should have. */
#define TUN_ADDRESSES_MAX 16
/* A port's name with its terminating zero, as in struct ipoib_interface_info. */
#define TUN_PORT_ROOM 64

/* What stands behind --interface; tun_specification.h reads it. */
struct tun_interface_options {
	char name[TUN_NAME_ROOM];
	char port[TUN_PORT_ROOM]; /* of the fabric, or, when it is a device, of an adapter */
	bool is_device;
	struct subnet_address addresses[TUN_ADDRESSES_MAX];
	size_t address_count;
	uint16_t pkey;
	uint8_t mode; /* enum ipoib_mode */
	uint32_t mtu; /* 0: what the mode gives */
	uint32_t connected_depth;
	uint8_t arp_ignore;   /* enum ipoib_arp_ignore */
	uint8_t arp_announce; /* enum ipoib_arp_announce */
	uint8_t flux;         /* enum ipoib_flux_policy */
	uint8_t acd;          /* enum ipoib_acd */
	uint8_t defend;       /* enum ipoib_defend */
	uint32_t flux_hold_ms;
	uint32_t connections_max;
	uint32_t connection_timeout; /* 0: by the path, as the library does */
	uint32_t connection_retries; /* the same */
	uint32_t gc_thresh1; /* 0: the library's share of gc_thresh3 */
	uint32_t gc_thresh2; /* the same */
	uint32_t gc_thresh3; /* neighbours_max */
	uint32_t queue_packets;
	uint32_t queue_packets_total;
	uint32_t queue_age_ms;
};

struct tun_options {
	const char *fabric;
	const char *control; /* NULL: no control socket */
	const char *pcap;    /* NULL: no capture */
	struct tun_interface_options interfaces[TUN_INTERFACES_MAX];
	size_t interface_count;
};

/* Returns true, or false with the exit status; everything is said then. */
bool tun_options_read(struct tun_options *chosen, int argc, char **argv, int *status);

#endif
